//! What an evaluation found.

use std::fmt;

use patronage_core::Fingerprint;

use super::bootstrap::Bootstrap;
use super::catalogue::Lists;
use super::held_out::HeldOut;
use super::judge::Judged;
use super::metrics::{Metric, Source};

/// The mean of a metric over customers, with its uncertainty.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct Figure {
    /// What was measured.
    pub metric: Metric,
    /// Its mean over the customers judged, or what it is of all their lists together.
    pub mean: f64,
    /// The bootstrap interval over customers; `None` without resamples and for fewer than two customers.
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
    tally: Tally,
    bootstrap: Bootstrap,
}

/// What is counted while customers are judged.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tally {
    held_out: Fingerprint,
    /// The cases judged, ascending.
    pub(super) cases: Vec<usize>,
    /// One figure a metric for each of them.
    pub(super) rows: Vec<Vec<f64>>,
    n_without_targets: usize,
    n_without_history: usize,
    n_targets: usize,
    n_targets_seen: usize,
    n_targets_unknown: usize,
    n_customers_unknown: usize,
    item_unknown: Vec<bool>,
}

impl Tally {
    pub(super) fn new(held_out: &HeldOut) -> Self {
        Self {
            held_out: held_out.fingerprint(),
            cases: Vec::new(),
            rows: Vec::new(),
            n_without_targets: held_out.n_without_targets(),
            n_without_history: 0,
            n_targets: 0,
            n_targets_seen: 0,
            n_targets_unknown: 0,
            n_customers_unknown: 0,
            item_unknown: vec![false; held_out.n_items()],
        }
    }

    pub(super) fn add(&mut self, case: usize, judged: Judged) {
        self.n_targets_seen += judged.n_seen;
        self.n_targets_unknown += judged.unknown.len();
        self.n_without_history += usize::from(judged.without_history);
        self.n_customers_unknown += usize::from(judged.customer_unknown);
        self.n_without_targets += usize::from(judged.n_targets == 0);
        for item in judged.unknown {
            self.item_unknown[item.index()] = true;
        }
        if let Some(figures) = judged.figures {
            self.n_targets += judged.n_targets;
            self.cases.push(case);
            self.rows.push(figures);
        }
    }
}

impl Report {
    pub(super) fn new(
        metrics: &[Metric],
        tally: Tally,
        coverage: Vec<(usize, f64)>,
        lists: &Lists,
        bootstrap: Bootstrap,
    ) -> Self {
        let rounds = bootstrap.means(&tally.rows);
        let n = tally.rows.len() as f64;
        let figure = |(column, &metric): (usize, &Metric)| {
            let (mean, interval) = lists.figure(metric, &bootstrap).unwrap_or_else(|| {
                let sum: f64 = tally.rows.iter().map(|row| row[column]).sum();
                (sum / n, bootstrap.interval(&rounds[column]))
            });
            Figure { metric, mean, interval }
        };
        let figures = metrics.iter().enumerate().map(figure).collect();
        Self { metrics: metrics.to_vec(), figures, coverage, tally, bootstrap }
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
        self.tally.rows.len()
    }

    /// The number of customers not judged because they have no target (left).
    #[must_use]
    pub const fn n_without_targets(&self) -> usize {
        self.tally.n_without_targets
    }

    /// The number of customers with targets whose history names no item the model knows.
    #[must_use]
    pub const fn n_without_history(&self) -> usize {
        self.tally.n_without_history
    }

    /// The number of targets of the customers judged.
    #[must_use]
    pub const fn n_targets(&self) -> usize {
        self.tally.n_targets
    }

    /// The number of targets taken out because they stand in the history.
    #[must_use]
    pub const fn n_targets_seen(&self) -> usize {
        self.tally.n_targets_seen
    }

    /// The number of targets unknown to training; whether they were kept is the evaluation's parameter.
    #[must_use]
    pub const fn n_targets_unknown(&self) -> usize {
        self.tally.n_targets_unknown
    }

    /// The number of different items among the targets unknown to training.
    #[must_use]
    pub fn n_items_unknown(&self) -> usize {
        self.tally.item_unknown.iter().filter(|&&unknown| unknown).count()
    }

    /// The number of customers with targets whom training did not know: anonymous requests, and
    /// customers without an interaction in the training data the evaluation was given.
    #[must_use]
    pub const fn n_customers_unknown(&self) -> usize {
        self.tally.n_customers_unknown
    }

    /// The cases judged and the figure of each, if the metric was asked for and is one of single customers.
    #[must_use]
    pub fn per_customer(&self, metric: Metric) -> Option<Vec<(usize, f64)>> {
        if metric.source() == Source::Lists {
            return None;
        }
        let column = self.metrics.iter().position(|&m| m == metric)?;
        let Tally { cases, rows, .. } = &self.tally;
        Some(cases.iter().zip(rows).map(|(&case, row)| (case, row[column])).collect())
    }

    /// The cases judged, and of which.
    pub(super) fn cases(&self) -> (Fingerprint, &[usize]) {
        (self.tally.held_out, &self.tally.cases)
    }

    pub(super) const fn bootstrap(&self) -> Bootstrap {
        self.bootstrap
    }
}

impl fmt::Display for Report {
    /// One figure a line, then on whom it was taken and on whom it was not.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for figure in &self.figures {
            writeln!(f, "{figure}")?;
        }
        let Tally { n_without_targets, n_without_history, n_targets_seen, .. } = self.tally;
        let Tally { n_targets_unknown, n_customers_unknown, n_targets, .. } = self.tally;
        writeln!(f, "customers judged: {}, on {n_targets} targets", self.n_customers())?;
        writeln!(f, "customers without a target, not judged: {n_without_targets}")?;
        writeln!(f, "customers without a history: {n_without_history}")?;
        writeln!(f, "targets taken out, being in the history: {n_targets_seen}")?;
        let n_items = self.n_items_unknown();
        write!(f, "unknown to training: customers {n_customers_unknown}, ")?;
        write!(f, "targets {n_targets_unknown}, items {n_items}")
    }
}
