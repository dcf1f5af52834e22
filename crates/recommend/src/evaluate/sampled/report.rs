//! What a sampled evaluation found.

use std::fmt;

/// A figure of the place of one target among drawn items; `r` is its rank from 1.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub enum SampledMetric {
    /// `hr@k`: 1 if `r` is at most `k`.
    HitRate(usize),
    /// `ndcg@k`: `1 / log₂(r + 1)` if `r` is at most `k`, otherwise 0.
    Ndcg(usize),
    /// `mrr`: `1 / r`.
    Mrr,
}

impl SampledMetric {
    pub(super) const fn k(self) -> usize {
        match self {
            Self::HitRate(k) | Self::Ndcg(k) => k,
            Self::Mrr => usize::MAX,
        }
    }

    /// The figure of a target with `above` items above it.
    pub(super) fn of(self, above: usize) -> f64 {
        if above >= self.k() {
            return 0.0;
        }
        match self {
            Self::HitRate(_) => 1.0,
            Self::Ndcg(_) => 1.0 / (above as f64 + 2.0).log2(),
            Self::Mrr => 1.0 / (above as f64 + 1.0),
        }
    }
}

impl fmt::Display for SampledMetric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HitRate(k) => write!(f, "hr@{k}"),
            Self::Ndcg(k) => write!(f, "ndcg@{k}"),
            Self::Mrr => f.write_str("mrr"),
        }
    }
}

/// The mean of a sampled metric, which says so in its name: `hr@10 (1 vs 99)`.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct SampledFigure {
    /// What was measured.
    pub metric: SampledMetric,
    /// Against how many drawn items each target was ranked.
    pub n_negatives: usize,
    /// The mean over customers of the mean over a customer's targets.
    pub mean: f64,
    /// The bootstrap interval over customers; `None` without resamples and for fewer than two customers.
    pub interval: Option<(f64, f64)>,
}

impl SampledFigure {
    /// The name, such as `hr@10 (1 vs 99)`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{} (1 vs {})", self.metric, self.n_negatives)
    }
}

impl fmt::Display for SampledFigure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (1 vs {}) {:.4}", self.metric, self.n_negatives, self.mean)?;
        match self.interval {
            Some((low, high)) => write!(f, " [{low:.4}, {high:.4}]"),
            None => Ok(()),
        }
    }
}

/// What [`SampledEvaluation`](crate::SampledEvaluation) found.
///
/// It is not a [`Report`](crate::Report), cannot be compared with one, and is displayed with a
/// [warning](Self::WARNING).
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct SampledReport {
    pub(super) figures: Vec<SampledFigure>,
    pub(super) n_customers: usize,
    pub(super) n_targets: usize,
    pub(super) n_short: usize,
    pub(super) n_left_out: usize,
}

impl SampledReport {
    /// What everybody who reads the figures should know.
    pub const WARNING: &'static str = "sampled metrics: each target is ranked against a few drawn items only; \
        the figures are far above those of the full ranking, and can order models otherwise than it does: \
        do not choose models by them (Krichene and Rendle 2020)";

    /// The figures, in the order of the metrics asked for.
    #[must_use]
    pub fn figures(&self) -> &[SampledFigure] {
        &self.figures
    }

    /// The mean of a metric, if it was asked for.
    #[must_use]
    pub fn mean(&self, metric: SampledMetric) -> Option<f64> {
        self.figures.iter().find(|figure| figure.metric == metric).map(|figure| figure.mean)
    }

    /// The number of customers judged.
    #[must_use]
    pub const fn n_customers(&self) -> usize {
        self.n_customers
    }

    /// The number of targets ranked.
    #[must_use]
    pub const fn n_targets(&self) -> usize {
        self.n_targets
    }

    /// The number of targets ranked against fewer items than asked for, there being no more, or some named twice.
    #[must_use]
    pub const fn n_short(&self) -> usize {
        self.n_short
    }

    /// The number of targets not ranked because they stand in the history.
    #[must_use]
    pub const fn n_left_out(&self) -> usize {
        self.n_left_out
    }
}

impl fmt::Display for SampledReport {
    /// One figure a line, then on whom it was taken, then the warning.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for figure in &self.figures {
            writeln!(f, "{figure}")?;
        }
        let Self { n_customers, n_targets, n_short, n_left_out, .. } = self;
        writeln!(f, "customers judged: {n_customers}, on {n_targets} targets")?;
        writeln!(f, "targets ranked against fewer items: {n_short}")?;
        writeln!(f, "targets left out, being in the history: {n_left_out}")?;
        write!(f, "warning: {}", Self::WARNING)
    }
}
