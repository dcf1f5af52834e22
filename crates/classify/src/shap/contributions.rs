//! Contributions of columns to the scores of rows.

use ndarray::{Array2, ArrayView2};

use crate::error::{Error, ErrorKind};

/// What each column contributed to the score of each row, beside the base all rows share.
#[derive(Clone, Debug, PartialEq)]
pub struct Contributions {
    base: f64,
    values: Array2<f64>,
}

impl Contributions {
    pub(super) const fn new(base: f64, values: Array2<f64>) -> Self {
        Self { base, values }
    }

    /// The score that all rows start from.
    #[must_use]
    pub const fn base(&self) -> f64 {
        self.base
    }

    /// The contributions, of shape `(n_rows, n_columns)`.
    #[must_use]
    pub fn values(&self) -> ArrayView2<'_, f64> {
        self.values.view()
    }

    /// The scores: base and contributions together.
    #[must_use]
    pub fn scores(&self) -> Vec<f64> {
        self.values.rows().into_iter().map(|row| self.base + row.sum()).collect()
    }

    /// Each column's mean absolute contribution: how much it matters over these rows.
    #[must_use]
    pub fn importance(&self) -> Vec<f64> {
        let n = self.values.nrows().max(1) as f64;
        let columns = self.values.columns().into_iter();
        columns.map(|column| column.iter().map(|x| x.abs()).sum::<f64>() / n).collect()
    }

    /// The same summed back to source columns: `source_of` says for each column from which of
    /// `n_sources` it was derived. Contributions add, so that the sums are those of the sources.
    ///
    /// # Errors
    ///
    /// When there is not one source for each column, or one is not below `n_sources`.
    pub fn by_source(&self, source_of: &[usize], n_sources: usize) -> Result<Self, Error> {
        if source_of.len() != self.values.ncols() {
            let (what, expected) = ("sources", self.values.ncols());
            return Err(ErrorKind::Length { what, expected, found: source_of.len() }.into());
        }
        if let Some(&found) = source_of.iter().find(|&&source| source >= n_sources) {
            let kind =
                patronage_core::ErrorKind::OutOfRange { noun: "source", bound: n_sources, found };
            return Err(patronage_core::Error::from(kind).into());
        }
        let mut values = Array2::zeros((self.values.nrows(), n_sources));
        for (mut out, row) in values.rows_mut().into_iter().zip(self.values.rows()) {
            row.iter().zip(source_of).for_each(|(x, &source)| out[source] += x);
        }
        Ok(Self { base: self.base, values })
    }
}
