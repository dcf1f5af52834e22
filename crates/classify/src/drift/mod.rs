//! Whether the rows of today are still those of yesterday.

mod bins;
mod report;
mod two_sample;

use ndarray::ArrayView1;
use patronage_core::{Features, Label, Labeled, Schema};

use crate::error::{Error, ErrorKind, parameter};
use crate::par::{self, Threads};
pub use report::{ColumnDrift, DriftBin, DriftReport, DriftSize};
pub use two_sample::{TwoSampleTest, two_sample_test};

/// Compares the columns of two tables by their population stability index (PSI).
///
/// ```text
/// PSI = sum over bins of (share now - share then) · ln(share now / share then)
/// ```
///
/// Bins come from the first table: quantiles of numbers and dates (a bin a value where there are
/// few), levels of categories and flags, one for missing cells; what the first table does not know
/// (a level, a value of a column of few values) is a bin of its own. Where the two tables are
/// samples of one population, `PSI / (1/n + 1/m)` is about chi-squared with one degree of freedom
/// less than there are bins; that gives the test, and [Holm's correction](ColumnDrift::adjusted_p)
/// allows for the number of columns. With weights, n and m are effective sizes `(Σw)² / Σw²`.
///
/// Where a bin is empty on either side, half a row is added to every bin of both, so that the
/// index is finite. O(n_columns · n_rows log n_rows).
///
/// # Examples
///
/// ```
/// use ndarray::Array2;
/// use patronage_classify::Drift;
/// use patronage_core::{Column, FeatureTable, Schema};
///
/// let schema = Schema::new([Column::number("recency_days")])?;
/// let then = Array2::from_shape_fn((500, 1), |(i, _)| (i % 100) as f64);
/// let now = &then + 30.0;
/// let then = FeatureTable::new(schema.clone(), then)?;
/// let report = Drift::new().compare(&then, &FeatureTable::new(schema, now)?)?;
/// assert!(report.columns[0].psi > 0.25 && report.columns[0].adjusted_p < 0.001);
/// assert_eq!(report.drifted().count(), 1);
/// assert_eq!(Drift::new().compare(&then, &then)?.drifted().count(), 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # References
///
/// Yurdakul and Naranjo, 2020, *Statistical properties of the population stability index*. Holm,
/// 1979, *A simple sequentially rejective multiple test procedure*.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Drift {
    n_bins: usize,
    least_expected: f64,
    level: f64,
    least_psi: f64,
}

impl Default for Drift {
    fn default() -> Self {
        Self::new()
    }
}

impl Drift {
    /// Ten bins, tested at 5 %.
    #[must_use]
    pub const fn new() -> Self {
        Self { n_bins: 10, least_expected: 5.0, level: 0.05, least_psi: 0.1 }
    }

    /// Most bins of a number or date, beside those for missing and unknown; default `10`, at least
    /// `2`.
    #[must_use]
    pub const fn n_bins(mut self, n_bins: usize) -> Self {
        self.n_bins = n_bins;
        self
    }

    /// Rows a bin should have in the smaller table, since the test is an approximation for many;
    /// default `5`, at least `0`. Numbers get fewer bins, rare levels are pooled.
    #[must_use]
    pub const fn least_expected(mut self, least_expected: f64) -> Self {
        self.least_expected = least_expected;
        self
    }

    /// Chance of calling any column drifted when none is; default `0.05`, between 0 and 1.
    #[must_use]
    pub const fn level(mut self, level: f64) -> Self {
        self.level = level;
        self
    }

    /// The PSI below which a difference is too small to matter, however sure it is; default `0.1`,
    /// at least `0`.
    #[must_use]
    pub const fn least_psi(mut self, least_psi: f64) -> Self {
        self.least_psi = least_psi;
        self
    }

    fn validate(&self) -> Result<(), Error> {
        if self.n_bins < 2 {
            return Err(parameter("n_bins", "at least 2", self.n_bins as f64));
        }
        for (name, found) in
            [("least_expected", self.least_expected), ("least_psi", self.least_psi)]
        {
            if !(found >= 0.0 && found.is_finite()) {
                return Err(parameter(name, "a finite number, at least 0", found));
            }
        }
        if !(self.level > 0.0 && self.level < 1.0) {
            return Err(parameter("level", "a number between 0 and 1", self.level));
        }
        Ok(())
    }

    /// Compares the columns of `now` with those of `then`.
    ///
    /// # Errors
    ///
    /// When a parameter is out of range, schemas differ, or a table has no row.
    pub fn compare<A: Features + ?Sized, B: Features + ?Sized>(
        &self,
        then: &A,
        now: &B,
    ) -> Result<DriftReport, Error> {
        then.schema().check(now.schema())?;
        let (then_cells, now_cells) = (then.values(), now.values());
        self.run(
            then.schema(),
            &|column| then_cells.index_axis(ndarray::Axis(1), column).iter().map(unit).collect(),
            &|column| now_cells.index_axis(ndarray::Axis(1), column).iter().map(unit).collect(),
            [then_cells.nrows(), now_cells.nrows()],
        )
    }

    /// The same for labelled rows, those that take part, with their weights; labels are not used.
    ///
    /// # Errors
    ///
    /// As [`compare`](Self::compare), where a table has no row of positive weight.
    pub fn compare_labeled<Y: Label, Z: Label>(
        &self,
        then: &Labeled<'_, Y>,
        now: &Labeled<'_, Z>,
    ) -> Result<DriftReport, Error> {
        then.schema().check(now.schema())?;
        self.run(
            then.schema(),
            &|column| cells(then, column),
            &|column| cells(now, column),
            [then.len(), now.len()],
        )
    }

    fn run(
        &self,
        schema: &Schema,
        then: &(dyn Fn(usize) -> Vec<(f64, f64)> + Sync),
        now: &(dyn Fn(usize) -> Vec<(f64, f64)> + Sync),
        [n_then, n_now]: [usize; 2],
    ) -> Result<DriftReport, Error> {
        self.validate()?;
        let threads = Threads::for_work(schema.len() * (n_then + n_now) * 16);
        let columns = par::map(schema.len(), threads, |at| {
            let (then, now) = (then(at), now(at));
            for rows in [&then, &now] {
                if !rows.iter().any(|row| row.1 > 0.0) {
                    return Err(ErrorKind::NoRows { what: "drift" }.into());
                }
            }
            let column = &schema.columns()[at];
            let (labels, counts) = bins::count(column.kind(), &then, &now, self);
            Ok(report::column(column.name(), labels, &counts))
        });
        let mut columns = columns.into_iter().collect::<Result<Vec<_>, Error>>()?;
        if columns.is_empty() && (n_then == 0 || n_now == 0) {
            return Err(ErrorKind::NoRows { what: "drift" }.into());
        }
        report::adjust(&mut columns);
        Ok(DriftReport { columns, level: self.level, least_psi: self.least_psi })
    }
}

fn unit(cell: &f64) -> (f64, f64) {
    (*cell, 1.0)
}

/// The cells of a column with the weights of their rows.
fn cells<Y: Label>(rows: &Labeled<'_, Y>, column: usize) -> Vec<(f64, f64)> {
    let of_table: ArrayView1<'_, f64> = rows.table().index_axis_move(ndarray::Axis(1), column);
    (0..rows.len()).map(|at| (of_table[rows.row_index(at)], rows.weight(at))).collect()
}
