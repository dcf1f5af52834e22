//! How far each column moved, and how sure that is.

use std::fmt;

use super::bins::Counts;
use crate::metrics::chi_squared_tail;

/// How large a population stability index is by the usual rule of thumb.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(rename_all = "snake_case")
)]
pub enum DriftSize {
    /// Below 0.1.
    Small,
    /// From 0.1, below 0.25.
    Moderate,
    /// From 0.25.
    Large,
}

/// One bin of a column.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct DriftBin {
    /// What falls into it.
    pub label: String,
    /// Its share of the first table.
    pub then: f64,
    /// Its share of the second.
    pub now: f64,
    /// Its part of the index.
    pub psi: f64,
}

/// How one column moved.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct ColumnDrift {
    /// The column's name.
    pub column: String,
    /// The population stability index.
    pub psi: f64,
    /// The chance of an index this large where nothing moved.
    pub p_value: f64,
    /// The same, corrected for the number of columns looked at (Holm).
    pub adjusted_p: f64,
    /// The bins that hold anything in either table.
    pub bins: Vec<DriftBin>,
}

impl ColumnDrift {
    /// How large the index is by the rule of thumb.
    #[must_use]
    pub fn size(&self) -> DriftSize {
        match self.psi {
            psi if psi < 0.1 => DriftSize::Small,
            psi if psi < 0.25 => DriftSize::Moderate,
            _ => DriftSize::Large,
        }
    }
}

impl fmt::Display for ColumnDrift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (psi, p) = (self.psi, self.adjusted_p);
        write!(f, "{:?}: PSI {psi:.4} over {} bins, p {p:.4}", self.column, self.bins.len())
    }
}

/// How the columns of a table moved, in the order of the schema.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct DriftReport {
    /// The columns.
    pub columns: Vec<ColumnDrift>,
    /// The level of the test.
    pub level: f64,
    /// The PSI below which a difference is too small to matter.
    pub least_psi: f64,
}

impl DriftReport {
    /// The columns that moved: surely (adjusted p below the level) and far enough to matter (PSI
    /// at least the least).
    pub fn drifted(&self) -> impl Iterator<Item = &ColumnDrift> {
        self.columns
            .iter()
            .filter(|column| column.adjusted_p < self.level && column.psi >= self.least_psi)
    }
}

/// The index and its test from the shares of bins.
pub(super) fn column(name: &str, labels: Vec<String>, counts: &Counts) -> ColumnDrift {
    let n_bins = counts.shares.len() as f64;
    let has_empty = counts.shares.iter().any(|of| of[0] <= 0.0 || of[1] <= 0.0);
    let softened = |share: f64, n: f64| {
        if has_empty { (share * n + 0.5) / (n + 0.5 * n_bins) } else { share }
    };
    let bins: Vec<DriftBin> = labels
        .into_iter()
        .zip(&counts.shares)
        .map(|(label, &[then, now])| {
            let (p, q) = (softened(then, counts.effective[0]), softened(now, counts.effective[1]));
            DriftBin { label, then, now, psi: (q - p) * (q / p).ln() }
        })
        .collect();
    let psi: f64 = bins.iter().map(|bin| bin.psi).sum();
    let scale = 1.0 / counts.effective[0] + 1.0 / counts.effective[1];
    let p_value = if bins.len() < 2 { 1.0 } else { chi_squared_tail(psi / scale, n_bins - 1.0) };
    ColumnDrift { column: name.to_owned(), psi, p_value, adjusted_p: p_value, bins }
}

/// Holm's correction over all columns.
pub(super) fn adjust(columns: &mut [ColumnDrift]) {
    let mut order: Vec<usize> = (0..columns.len()).collect();
    order.sort_by(|&a, &b| columns[a].p_value.total_cmp(&columns[b].p_value).then(a.cmp(&b)));
    let mut least = 0.0_f64;
    for (rank, &at) in order.iter().enumerate() {
        let corrected = columns[at].p_value * (columns.len() - rank) as f64;
        least = least.max(corrected.min(1.0));
        columns[at].adjusted_p = least;
    }
}
