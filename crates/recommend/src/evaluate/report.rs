//! What an evaluation found.

use std::fmt;

use super::bootstrap::Bootstrap;
use super::evaluation::Judged;
use super::metrics::Metric;
use crate::error::{Error, ErrorKind};

/// The mean of a metric over customers, with its uncertainty.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figure {
    /// What was measured.
    pub metric: Metric,
    /// Its mean over the customers judged.
    pub mean: f64,
    /// The bootstrap interval of the mean; `None` without resamples and for fewer than two customers.
    pub interval: Option<(f64, f64)>,
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:.4}", self.metric, self.mean)?;
        match self.interval {
            Some((low, high)) => write!(f, " [{low:.4}, {high:.4}]"),
            None => Ok(()),
        }
    }
}

/// What [`Evaluation`](crate::Evaluation) found: figures with intervals, and everybody it was not taken on.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    metrics: Vec<Metric>,
    figures: Vec<Figure>,
    coverage: Vec<(usize, f64)>,
    /// The cases judged, ascending.
    cases: Vec<usize>,
    /// One figure a metric for each of them.
    rows: Vec<Vec<f64>>,
    n_without_targets: usize,
    n_without_history: usize,
    n_targets: usize,
    n_targets_seen: usize,
    n_targets_unknown: usize,
    bootstrap: Bootstrap,
}

impl Report {
    pub(super) fn new(metrics: Vec<Metric>, n_without_targets: usize) -> Self {
        Self {
            metrics,
            figures: Vec::new(),
            coverage: Vec::new(),
            cases: Vec::new(),
            rows: Vec::new(),
            n_without_targets,
            n_without_history: 0,
            n_targets: 0,
            n_targets_seen: 0,
            n_targets_unknown: 0,
            bootstrap: Bootstrap { n_rounds: 0, level: 0.95, seed: 0 },
        }
    }

    pub(super) fn add(&mut self, case: usize, judged: &Judged) {
        self.n_targets_seen += judged.n_seen;
        self.n_targets_unknown += judged.n_unknown;
        self.n_without_history += usize::from(judged.without_history);
        self.n_without_targets += usize::from(judged.n_targets == 0);
        if let Some(figures) = &judged.figures {
            self.n_targets += judged.n_targets;
            self.cases.push(case);
            self.rows.push(figures.clone());
        }
    }

    pub(super) fn finish(&mut self, coverage: Vec<(usize, f64)>, bootstrap: Bootstrap) {
        self.coverage = coverage;
        self.bootstrap = bootstrap;
        let means = bootstrap.means(&self.rows);
        let n = self.rows.len() as f64;
        self.figures = (0..self.metrics.len())
            .map(|column| Figure {
                metric: self.metrics[column],
                mean: self.rows.iter().map(|row| row[column]).sum::<f64>() / n,
                interval: bootstrap.interval(&means[column]),
            })
            .collect();
    }

    /// The figures, in the order of the metrics asked for.
    #[must_use]
    pub fn figures(&self) -> &[Figure] {
        &self.figures
    }

    /// The mean of a metric, if it was asked for.
    #[must_use]
    pub fn mean(&self, metric: Metric) -> Option<f64> {
        self.figures.iter().find(|figure| figure.metric == metric).map(|figure| figure.mean)
    }

    /// The share of all items that stood among the first `k` of some customer, for each `k` of a metric.
    #[must_use]
    pub fn coverage(&self, k: usize) -> Option<f64> {
        self.coverage.iter().find(|(length, _)| *length == k).map(|(_, share)| *share)
    }

    /// The number of customers judged.
    #[must_use]
    pub fn n_customers(&self) -> usize {
        self.rows.len()
    }

    /// The number of customers not judged because they have no target (left).
    #[must_use]
    pub const fn n_without_targets(&self) -> usize {
        self.n_without_targets
    }

    /// The number of customers with targets whose history names no item the model knows.
    #[must_use]
    pub const fn n_without_history(&self) -> usize {
        self.n_without_history
    }

    /// The number of targets of the customers judged.
    #[must_use]
    pub const fn n_targets(&self) -> usize {
        self.n_targets
    }

    /// The number of targets taken out because they stand in the history.
    #[must_use]
    pub const fn n_targets_seen(&self) -> usize {
        self.n_targets_seen
    }

    /// The number of targets unknown to training; whether they were kept is the evaluation's parameter.
    #[must_use]
    pub const fn n_targets_unknown(&self) -> usize {
        self.n_targets_unknown
    }

    /// The cases judged and the figure of each, if the metric was asked for.
    #[must_use]
    pub fn per_customer(&self, metric: Metric) -> Option<Vec<(usize, f64)>> {
        let column = self.metrics.iter().position(|&m| m == metric)?;
        Some(self.cases.iter().zip(&self.rows).map(|(&case, row)| (case, row[column])).collect())
    }

    /// How much better this model is than `other` on the same customers, pair by pair.
    ///
    /// # Errors
    ///
    /// When a report lacks the metric, or the two were not taken on the same customers.
    pub fn compare(&self, other: &Self, metric: Metric) -> Result<Comparison, Error> {
        let missing = ErrorKind::Empty { what: "figures of the metric" };
        let (Some(ours), Some(theirs)) = (self.per_customer(metric), other.per_customer(metric))
        else {
            return Err(missing.into());
        };
        if self.cases != other.cases {
            let (what, expected, found) = ("the other report", self.cases.len(), other.cases.len());
            return Err(ErrorKind::Customers { what, expected, found }.into());
        }
        let rows: Vec<Vec<f64>> =
            ours.iter().zip(&theirs).map(|((_, ours), (_, theirs))| vec![ours - theirs]).collect();
        let difference = rows.iter().map(|row| row[0]).sum::<f64>() / rows.len() as f64;
        let rounds = self.bootstrap.means(&rows).swap_remove(0);
        let not_better = rounds.iter().filter(|&&mean| mean <= 0.0).count();
        let not_worse = rounds.iter().filter(|&&mean| mean >= 0.0).count();
        let p_value = 2.0 * (not_better.min(not_worse) + 1) as f64 / (rounds.len() + 1) as f64;
        let interval = self.bootstrap.interval(&rounds);
        Ok(Comparison { metric, difference, interval, p_value: p_value.min(1.0) })
    }
}

/// The difference of two models on the same customers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Comparison {
    /// What was measured.
    pub metric: Metric,
    /// The mean difference, above 0 where the first is better.
    pub difference: f64,
    /// The paired bootstrap interval of the difference; `None` without resamples and for fewer than two customers.
    pub interval: Option<(f64, f64)>,
    /// Two-sided: how often resampled customers contradict the sign, at least 2 / (resamples + 1); 1 where there is no interval.
    pub p_value: f64,
}
