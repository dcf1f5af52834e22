//! What a search found.

use std::fmt;

use super::space::Point;
use crate::error::Error;
use crate::evaluate::{Comparison, Figure, Metric, Report};

/// One point tried, and what it reached.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Trial {
    /// The parameters.
    pub point: Point,
    /// How many rounds it was given; `None` where rounds were not counted.
    pub n_rounds: Option<usize>,
    /// Whether it was given as many as any.
    pub is_complete: bool,
    /// How it was judged; `None` where no model could be fitted.
    pub report: Option<Report>,
    /// Why no model could be fitted.
    pub failure: Option<String>,
}

impl Trial {
    pub(super) const fn new(point: Point, n_rounds: Option<usize>) -> Self {
        Self { point, n_rounds, is_complete: false, report: None, failure: None }
    }

    fn figure(&self, metric: Metric) -> Option<Figure> {
        let figures = self.report.as_ref()?.figures();
        figures.iter().find(|figure| figure.metric == metric).copied()
    }
}

/// The trials that reached something, best first, incomplete ones behind complete ones.
pub(super) fn ranking(metric: Metric, trials: &[Trial]) -> Vec<usize> {
    let reached = |at: usize| Some((at, trials[at].figure(metric)?.mean));
    let mut order: Vec<(usize, f64)> = (0..trials.len()).filter_map(reached).collect();
    order.sort_by(|&(a, a_mean), &(b, b_mean)| {
        let complete = trials[b].is_complete.cmp(&trials[a].is_complete);
        complete.then(b_mean.total_cmp(&a_mean))
    });
    order.into_iter().map(|(at, _)| at).collect()
}

/// All trials of a search by one metric.
#[derive(Clone, Debug, PartialEq)]
pub struct SearchTable {
    pub(super) metric: Metric,
    pub(super) trials: Vec<Trial>,
    pub(super) best: usize,
}

impl SearchTable {
    /// Every trial, in the order of the points.
    #[must_use]
    pub fn trials(&self) -> &[Trial] {
        &self.trials
    }

    /// The metric that was maximised.
    #[must_use]
    pub const fn metric(&self) -> Metric {
        self.metric
    }

    /// The best of the complete trials, the first of equals.
    #[must_use]
    pub fn best(&self) -> &Trial {
        &self.trials[self.best]
    }

    /// The metric of a trial with its interval; `None` where it failed.
    #[must_use]
    pub fn figure(&self, trial: usize) -> Option<Figure> {
        self.trials.get(trial)?.figure(self.metric)
    }

    /// The positions of the trials that reached something, best first; ties in the order of the points, incomplete ones behind complete ones.
    #[must_use]
    pub fn ranking(&self) -> Vec<usize> {
        ranking(self.metric, &self.trials)
    }

    /// How far the best is ahead of another trial, customer by customer; `None` where that failed.
    ///
    /// The best of many is ahead by chance too: correct the p-values with [`holm`](crate::holm),
    /// and judge what was chosen on customers the search did not see.
    ///
    /// # Errors
    ///
    /// When the metric is one of all lists together, or models served other customers.
    pub fn ahead_of(&self, trial: usize) -> Result<Option<Comparison>, Error> {
        let other = self.trials.get(trial).and_then(|trial| trial.report.as_ref());
        match (self.best().report.as_ref(), other) {
            (Some(best), Some(other)) => best.compare(other, self.metric).map(Some),
            _ => Ok(None),
        }
    }
}

impl fmt::Display for SearchTable {
    /// The trials best first, then those that failed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} trials by {}", self.trials.len(), self.metric)?;
        for at in self.ranking() {
            let Trial { point, n_rounds, .. } = &self.trials[at];
            if let Some(figure) = self.figure(at) {
                write!(f, "\n{figure}: {point}")?;
            }
            if let Some(n_rounds) = n_rounds {
                write!(f, ", {n_rounds} rounds")?;
            }
        }
        for Trial { point, failure, .. } in &self.trials {
            if let Some(failure) = failure {
                write!(f, "\nfailed: {point}: {failure}")?;
            }
        }
        Ok(())
    }
}
