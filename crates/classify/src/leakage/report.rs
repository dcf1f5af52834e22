//! What each column reaches alone.

use std::fmt;

use crate::metrics::Interval;

/// Why a column is suspect.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum Suspicion {
    /// It is not, or is known in time.
    None,
    /// It ranks too well alone.
    Auc,
    /// Alone it saves nearly all that can be saved.
    Gain,
    /// Both.
    AucAndGain,
}

/// What a column reaches alone, on rows never seen.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct ColumnLeakage {
    /// The column's name.
    pub column: String,
    /// The hold-out ROC AUC of a tree on this column alone.
    pub roc_auc: f64,
    /// Its 95 % interval (DeLong).
    pub interval: Option<Interval>,
    /// The hold-out log loss it saves alone over what all columns save together.
    pub gain_share: f64,
    /// Whether and why it is suspect.
    pub suspicion: Suspicion,
}

impl ColumnLeakage {
    /// Whether it is suspect.
    #[must_use]
    pub fn is_suspect(&self) -> bool {
        self.suspicion != Suspicion::None
    }
}

impl fmt::Display for ColumnLeakage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (auc, gain) = (self.roc_auc, 100.0 * self.gain_share);
        write!(
            f,
            "{:?}: alone a hold-out ROC AUC of {auc:.4} and {gain:.0} % of the gain",
            self.column
        )
    }
}

/// What every column reaches alone, in the order of the schema.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct LeakageReport {
    /// The columns.
    pub columns: Vec<ColumnLeakage>,
    /// The ROC AUC from which a column was suspected.
    pub roc_auc: f64,
    /// The share of gain from which a column was suspected.
    pub gain_share: f64,
    /// The hold-out ROC AUC of the same tree on all columns.
    pub all: f64,
}

impl LeakageReport {
    /// The suspects.
    pub fn suspects(&self) -> impl Iterator<Item = &ColumnLeakage> {
        self.columns.iter().filter(|column| column.is_suspect())
    }
}
