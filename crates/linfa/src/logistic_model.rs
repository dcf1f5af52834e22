//! What logistic regression learns.

use ndarray::{Array2, ArrayView2, ArrayViewMut2};
use patronage_core::{ClassIdx, Classifier, Schema, row_slice};

use crate::guard;
use crate::logistic::scores;
use crate::standard::Standard;

/// A fitted [`LogisticRegression`](crate::LogisticRegression).
///
/// Cells beyond ±1e140 are taken as ±1e140, so that every row has probabilities.
#[derive(Clone, Debug, PartialEq)]
pub struct LogisticRegressionModel {
    pub(crate) schema: Schema,
    pub(crate) n_classes: usize,
    /// The classes that occurred, ascending; others have probability 0.
    pub(crate) classes: Vec<ClassIdx>,
    pub(crate) standard: Standard,
    /// On standard units: a row for each column, then the intercepts; a column for each of `classes`.
    pub(crate) solution: ndarray16::Array2<f64>,
    pub(crate) gradient: f64,
    pub(crate) converged: bool,
}

impl LogisticRegressionModel {
    /// The classes that occurred, ascending: one score each.
    #[must_use]
    pub fn classes(&self) -> &[ClassIdx] {
        &self.classes
    }

    /// The coefficients in the columns' own units, of shape `(n_columns, classes().len())`.
    ///
    /// The score of a class is `intercept + Σ coefficient · cell`, and probabilities are the
    /// soft-max of scores. Of two classes the first has score 0 throughout.
    #[must_use]
    pub fn coefficients(&self) -> Array2<f64> {
        Array2::from_shape_fn((self.schema.len(), self.classes.len()), |(column, class)| {
            self.solution[[column, class]] / self.standard.scales[column]
        })
    }

    /// The intercept of each of [`classes`](Self::classes), in the columns' own units.
    #[must_use]
    pub fn intercepts(&self) -> Vec<f64> {
        let coefficients = self.coefficients();
        let intercept = |class: usize| {
            let moved = self.standard.centres.iter().zip(coefficients.column(class));
            self.solution[[self.schema.len(), class]] - moved.map(|(c, w)| c * w).sum::<f64>()
        };
        (0..self.classes.len()).map(intercept).collect()
    }

    /// Whether the gradient at the solution is within the tolerance.
    #[must_use]
    pub const fn converged(&self) -> bool {
        self.converged
    }

    /// The length of the gradient of the penalised loss at the solution, per row.
    #[must_use]
    pub const fn gradient(&self) -> f64 {
        self.gradient
    }

    fn fill(&self, row: &[f64], shares: &mut [f64], out: &mut [f64]) {
        assert_eq!(row.len(), self.schema.len(), "one cell for each column");
        let z = row.iter().enumerate().map(|(column, &cell)| self.standard.cell(column, cell));
        scores(self.solution.view(), z, shares);
        let equal = 1.0 / shares.len() as f64;
        guard::soft_max(shares, |_| equal);
        out.fill(0.0);
        self.classes.iter().zip(shares).for_each(|(class, share)| out[class.index()] = *share);
    }
}

impl Classifier for LogisticRegressionModel {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn n_classes(&self) -> usize {
        self.n_classes
    }

    fn probabilities(&self, row: &[f64], out: &mut [f64]) {
        self.fill(row, &mut vec![0.0; self.classes.len()], out);
    }

    fn probabilities_rows(&self, rows: ArrayView2<'_, f64>, mut out: ArrayViewMut2<'_, f64>) {
        assert_eq!(rows.nrows(), out.nrows(), "one row of probabilities for each row");
        let (mut shares, mut row_out) =
            (vec![0.0; self.classes.len()], vec![0.0; self.n_classes()]);
        let mut buffer = Vec::new();
        for (row, mut out) in rows.rows().into_iter().zip(out.rows_mut()) {
            self.fill(row_slice(row, &mut buffer), &mut shares, &mut row_out);
            out.iter_mut().zip(&row_out).for_each(|(out, &p)| *out = p);
        }
    }
}
