//! Columns that know the answer.

mod holdout;
mod report;

use patronage_core::{ClassIdx, Column, Labeled, Schema, Timestamp};

use crate::error::{Error, ErrorKind, parameter};
use crate::par::{self, Threads};
use holdout::{Holdout, Judged};
pub use report::{ColumnLeakage, LeakageReport, Suspicion};

/// Looks for columns that could not be known when the decision is taken.
///
/// Where the schema says when a column becomes known (`known_at`), one that becomes known after
/// the decision is refused. Of the others each is tried alone: a decision tree on that column is
/// judged on rows it never saw. A column is suspect when alone it reaches an area under the ROC
/// curve that is too good to be true, or most of the log loss that all columns together save. A
/// suspect is no proof: a column may be that good. With more than two classes the greatest
/// one-against-rest AUC counts.
///
/// Costs as many trees as there are columns and one, times the folds.
///
/// # Examples
///
/// ```
/// use ndarray::Array2;
/// use patronage_classify::LeakageCheck;
/// use patronage_core::{ClassIdx, Column, FeatureTable, Labeled, Schema};
///
/// let schema = Schema::new([Column::number("recency_days"), Column::number("refund")])?;
/// // Whoever left got the refund afterwards.
/// let left = |row: usize| row * 37 % 101 < 30;
/// let cells = Array2::from_shape_fn((200, 2), |(row, column)| match column {
///     0 => (row * 53 % 97) as f64,
///     _ => if left(row) { 20.0 + row as f64 } else { 0.0 },
/// });
/// let labels: Vec<ClassIdx> = (0..200).map(|row| ClassIdx::new(u32::from(left(row)))).collect();
/// let table = FeatureTable::new(schema, cells)?;
/// let report = LeakageCheck::new().check(&Labeled::new(&table, &labels)?)?;
/// let suspects: Vec<&str> = report.suspects().map(|column| column.column.as_str()).collect();
/// assert_eq!(suspects, ["refund"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # References
///
/// Kaufman, Rosset, Perlich and Stitelman, 2012, *Leakage in data mining: formulation, detection,
/// and avoidance*.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LeakageCheck {
    decision: Option<Timestamp>,
    roc_auc: f64,
    gain_share: f64,
    n_folds: usize,
    seed: u64,
}

impl Default for LeakageCheck {
    fn default() -> Self {
        Self::new()
    }
}

impl LeakageCheck {
    /// A check that suspects columns of a hold-out AUC of 0.95 or a share of gain of 0.9.
    #[must_use]
    pub const fn new() -> Self {
        Self { decision: None, roc_auc: 0.95, gain_share: 0.9, n_folds: 3, seed: 0 }
    }

    /// When the decision is taken; default none. Columns whose `known_at` lies after it are
    /// refused, those known by then are never suspects.
    #[must_use]
    pub const fn decision(mut self, decision: Timestamp) -> Self {
        self.decision = Some(decision);
        self
    }

    /// The hold-out ROC AUC at which a column alone is suspect; default `0.95`, in `(0.5, 1]`.
    #[must_use]
    pub const fn roc_auc(mut self, roc_auc: f64) -> Self {
        self.roc_auc = roc_auc;
        self
    }

    /// The share of gain at which a column alone is suspect; default `0.9`, in `(0, 1]`.
    #[must_use]
    pub const fn gain_share(mut self, gain_share: f64) -> Self {
        self.gain_share = gain_share;
        self
    }

    /// Folds of the hold-out; default `3`, at least `2`.
    #[must_use]
    pub const fn n_folds(mut self, n_folds: usize) -> Self {
        self.n_folds = n_folds;
        self
    }

    /// Seed of the folds; default `0`.
    #[must_use]
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    fn validate(&self) -> Result<(), Error> {
        if !(self.roc_auc > 0.5 && self.roc_auc <= 1.0) {
            return Err(parameter("roc_auc", "a number above 0.5, at most 1", self.roc_auc));
        }
        if !(self.gain_share > 0.0 && self.gain_share <= 1.0) {
            return Err(parameter("gain_share", "a number above 0, at most 1", self.gain_share));
        }
        Ok(())
    }

    /// Tries every column alone.
    ///
    /// # Errors
    ///
    /// When a parameter is out of range, a column becomes known after the decision, or a class has
    /// fewer rows than there are folds.
    pub fn check(&self, data: &Labeled<'_, ClassIdx>) -> Result<LeakageReport, Error> {
        self.validate()?;
        if let Some(decision) = self.decision {
            refuse_late_columns(data.schema(), decision)?;
        }
        let rows: Vec<u32> = (0..data.len()).map(|at| data.row_index(at) as u32).collect();
        let mut distinct = rows.clone();
        distinct.sort_unstable();
        distinct.dedup();
        let holdout = Holdout::new(data, &distinct, self)?;
        let n_columns = data.schema().len();
        let threads = Threads::for_work(n_columns * distinct.len() * 64);
        let all = holdout.all()?;
        let alone = par::map(n_columns, threads, |at| holdout.alone(at));
        let mut columns = Vec::with_capacity(n_columns);
        for (column, found) in data.schema().columns().iter().zip(alone) {
            let Judged { roc_auc, interval, saved } = found?;
            // What all save together, or this one alone where the tree on all does worse.
            let most = all.saved.max(saved);
            let gain_share = if most > 0.0 { (saved / most).max(0.0) } else { 0.0 };
            let known = self.decision.is_some() && column.known_at().is_some();
            let by_gain = n_columns > 1 && gain_share >= self.gain_share;
            let suspicion = match (roc_auc >= self.roc_auc, by_gain) {
                _ if known => Suspicion::None,
                (true, true) => Suspicion::AucAndGain,
                (true, false) => Suspicion::Auc,
                (false, true) => Suspicion::Gain,
                (false, false) => Suspicion::None,
            };
            let name = column.name().to_owned();
            columns.push(ColumnLeakage { column: name, roc_auc, interval, gain_share, suspicion });
        }
        Ok(LeakageReport {
            columns,
            roc_auc: self.roc_auc,
            gain_share: self.gain_share,
            all: all.roc_auc,
        })
    }

    /// The columns that hold at least the stated share of a model's own gain, such as
    /// `model.importance()` of trees, forests and boosting, each with its share.
    ///
    /// # Errors
    ///
    /// When a parameter is out of range, there is not one gain for each column, or a gain is
    /// negative or not finite.
    pub fn suspects_by_gain<'a>(
        &self,
        schema: &'a Schema,
        gains: &[f64],
    ) -> Result<Vec<(&'a str, f64)>, Error> {
        self.validate()?;
        if gains.len() != schema.len() {
            let (what, expected) = ("gains", schema.len());
            return Err(ErrorKind::Length { what, expected, found: gains.len() }.into());
        }
        if let Some(position) = gains.iter().position(|gain| !gain.is_finite() || *gain < 0.0) {
            let (what, expected, found) = ("gain", "a finite number, at least 0", gains[position]);
            return Err(ErrorKind::Number { what, position, expected, found }.into());
        }
        let total: f64 = gains.iter().sum();
        let named = schema.columns().iter().zip(gains);
        Ok(named
            .filter(|&(column, &gain)| {
                let known = column
                    .known_at()
                    .is_some_and(|known| self.decision.is_some_and(|decision| known <= decision));
                !known && total > 0.0 && gain / total >= self.gain_share
            })
            .map(|(column, &gain)| (column.name(), gain / total))
            .collect())
    }
}

/// Refuses a schema with a column that becomes known after the decision is taken.
///
/// # Errors
///
/// When there is such a column; the first is named, with both moments.
///
/// # Examples
///
/// ```
/// use patronage_classify::refuse_late_columns;
/// use patronage_core::{Column, Schema, Timestamp};
///
/// let (may, june) = (Timestamp::from_seconds(1_746_057_600), Timestamp::from_seconds(1_748_736_000));
/// let schema = Schema::new([Column::number("spend").known_from(may), Column::flag("left").known_from(june)])?;
/// assert_eq!(
///     refuse_late_columns(&schema, may).unwrap_err().to_string(),
///     r#"column "left": known from 2025-06-01T00:00:00Z, after the decision at 2025-05-01T00:00:00Z"#
/// );
/// assert!(refuse_late_columns(&schema, june).is_ok());
/// # Ok::<(), patronage_core::Error>(())
/// ```
pub fn refuse_late_columns(schema: &Schema, decision: Timestamp) -> Result<(), Error> {
    let late = |column: &&Column| column.known_at().is_some_and(|known_at| known_at > decision);
    match schema.columns().iter().find(late) {
        None => Ok(()),
        Some(column) => Err(ErrorKind::KnownTooLate {
            column: column.name().to_owned(),
            known_at: column.known_at().unwrap_or(decision),
            decision,
        }
        .into()),
    }
}
