//! Results of a search as a table.

use super::space::Point;
use crate::metrics::Goal;

/// One point and its figures.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct Candidate {
    /// The parameters.
    pub point: Point,
    /// The figure of each split that was tried, in order.
    pub scores: Vec<f64>,
    /// Their mean.
    pub mean: f64,
    /// Their standard deviation over the root of their number; 0 where there is one alone.
    pub standard_error: f64,
    /// How complex the model is, by what the search was told: less is simpler.
    pub complexity: f64,
    /// Whether all splits were tried, with all rows or rounds; a candidate that fell behind was
    /// not.
    pub is_complete: bool,
    /// Rows or rounds of the last stage it took part in; `None` outside successive halving.
    pub resource: Option<usize>,
}

impl Candidate {
    pub(super) fn new(point: Point, complexity: f64) -> Self {
        Self {
            point,
            scores: Vec::new(),
            mean: f64::NAN,
            standard_error: 0.0,
            complexity,
            is_complete: false,
            resource: None,
        }
    }

    pub(super) fn judged(&mut self, scores: Vec<f64>) {
        let n = scores.len() as f64;
        self.mean = scores.iter().sum::<f64>() / n;
        let squares: f64 = scores.iter().map(|x| (x - self.mean) * (x - self.mean)).sum();
        self.standard_error = if n > 1.0 { (squares / (n - 1.0) / n).sqrt() } else { 0.0 };
        self.scores = scores;
    }
}

/// Every candidate of a search, in the order of the points.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct SearchTable {
    /// The name of the figure.
    pub measure: String,
    /// Whether more or less of it is better.
    pub goal: Goal,
    /// The candidates.
    pub candidates: Vec<Candidate>,
}

impl SearchTable {
    fn complete(&self) -> impl Iterator<Item = &Candidate> {
        self.candidates.iter().filter(|candidate| candidate.is_complete)
    }

    /// The candidate of the best mean among the complete; of equals the simplest, then the first.
    ///
    /// # Panics
    ///
    /// When no candidate is complete, which no search of this crate leaves.
    #[must_use]
    pub fn best(&self) -> &Candidate {
        let better = |best: &Candidate, other: &Candidate| {
            self.goal.prefers(other.mean, best.mean)
                || (other.mean == best.mean && other.complexity < best.complexity)
        };
        self.complete()
            .reduce(|best, other| if better(best, other) { other } else { best })
            .expect("a search completes at least one candidate")
    }

    /// The simplest candidate whose mean is within one standard error of the best (of equals the
    /// better, then the first): what the data cannot tell apart is decided for simplicity.
    ///
    /// # Panics
    ///
    /// As [`best`](Self::best).
    ///
    /// # References
    ///
    /// Breiman, Friedman, Olshen and Stone, 1984, *Classification and Regression Trees*, section
    /// 3.4.3.
    #[must_use]
    pub fn simplest_within_one_error(&self) -> &Candidate {
        let best = self.best();
        let limit = match self.goal {
            Goal::Maximize => best.mean - best.standard_error,
            Goal::Minimize => best.mean + best.standard_error,
        };
        self.complete()
            .filter(|candidate| !self.goal.prefers(limit, candidate.mean))
            .reduce(|chosen, other| {
                let simpler = other.complexity < chosen.complexity
                    || (other.complexity == chosen.complexity
                        && self.goal.prefers(other.mean, chosen.mean));
                if simpler { other } else { chosen }
            })
            .unwrap_or(best)
    }

    /// The candidates from the best mean down: complete ones first.
    #[must_use]
    pub fn ranked(&self) -> Vec<&Candidate> {
        let mut order: Vec<&Candidate> = self.candidates.iter().collect();
        order.sort_by(|a, b| {
            let by_mean = match self.goal {
                Goal::Maximize => b.mean.total_cmp(&a.mean),
                Goal::Minimize => a.mean.total_cmp(&b.mean),
            };
            b.is_complete
                .cmp(&a.is_complete)
                .then(b.resource.cmp(&a.resource))
                .then(by_mean)
                .then(a.complexity.total_cmp(&b.complexity))
        });
        order
    }
}
