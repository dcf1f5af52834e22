//! A learnt Markov chain of segments.

use patronage_core::{Date, SegmentIdx};

use super::chain::Population;
use super::forecast::{Forecast, SegmentForecast};
use super::homogeneity::Homogeneity;
use super::period::Period;
use super::persistence::Persistence;
use super::proportion::{Confidence, Proportion};
use super::steady::SteadyState;
use super::structure::ChainStructure;
use crate::error::Error;

/// A Markov chain of segments; made by [`MarkovChain`](crate::MarkovChain).
///
/// Holds the moves of each period, so that it can be tested and forecast with their uncertainty.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(try_from = "super::saved::Repr", into = "super::saved::Repr")
)]
pub struct MarkovChainModel {
    pub(super) names: Vec<String>,
    /// One more than periods.
    pub(super) dates: Vec<Date>,
    pub(super) period: Period,
    pub(super) population: Population,
    pub(super) smoothing: f64,
    pub(super) confidence: Confidence,
    /// Shape `(n_periods, n, n + 1)`, exits last.
    pub(super) counts: Vec<u64>,
    /// Shape `(n_periods, n)`.
    pub(super) entries: Vec<u64>,
    /// Customers of each segment on the last date.
    pub(super) sizes: Vec<u64>,
}

impl MarkovChainModel {
    /// The segments' names.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The number of segments.
    #[must_use]
    pub fn n_segments(&self) -> usize {
        self.names.len()
    }

    /// The dates the chain was learnt from, ascending.
    #[must_use]
    pub fn dates(&self) -> &[Date] {
        &self.dates
    }

    /// The number of steps it was learnt from.
    #[must_use]
    pub fn n_periods(&self) -> usize {
        self.dates.len() - 1
    }

    /// What a step is; never [`Period::Detect`].
    #[must_use]
    pub const fn period(&self) -> Period {
        self.period
    }

    /// Whether customers come and go.
    #[must_use]
    pub const fn population(&self) -> Population {
        self.population
    }

    /// The confidence of the intervals.
    #[must_use]
    pub const fn confidence(&self) -> Confidence {
        self.confidence
    }

    /// Customers of each segment on the last date.
    #[must_use]
    pub fn sizes(&self) -> &[u64] {
        &self.sizes
    }

    /// How many customer-periods went from one segment to another, or out (`None`).
    ///
    /// # Panics
    ///
    /// When there is no such segment.
    #[must_use]
    pub fn count(&self, from: SegmentIdx, to: Option<SegmentIdx>) -> u64 {
        let n = self.n_segments();
        let to = to.map_or(n, SegmentIdx::index);
        assert!(from.index() < n && to <= n, "a segment below {n}");
        self.pooled(from.index())[to]
    }

    /// The share of customer-periods that went from one segment to another, or out, without
    /// smoothing; `None` where nobody was followed. In a closed population exits are left out.
    ///
    /// # Panics
    ///
    /// When there is no such segment.
    #[must_use]
    pub fn probability(&self, from: SegmentIdx, to: Option<SegmentIdx>) -> Option<Proportion> {
        let count = self.count(from, to);
        let mut of: u64 = self.pooled(from.index()).iter().sum();
        if self.population == Population::Closed {
            let exits = self.count(from, None);
            if to.is_none() {
                return Proportion::wilson(0, of - exits, self.confidence);
            }
            of -= exits;
        }
        Proportion::wilson(count, of, self.confidence)
    }

    /// The transition probabilities with smoothing: for each segment before, the segments after
    /// and last the exits; `None` where nobody was followed and nothing was added.
    #[must_use]
    pub fn matrix(&self) -> Vec<Option<Vec<f64>>> {
        (0..self.n_segments()).map(|i| normalised(&self.weights(i))).collect()
    }

    /// How long customers stay in each segment.
    #[must_use]
    pub fn persistence(&self) -> Vec<Persistence> {
        Persistence::of(self)
    }

    /// Which segments lead to which, and which are never left.
    ///
    /// Judged by the moves seen (and smoothing), among customers who do not exit.
    #[must_use]
    pub fn structure(&self) -> ChainStructure {
        ChainStructure::of(&self.stayers())
    }

    /// Where the chain leads in the long run, among customers who do not exit.
    #[must_use]
    pub fn steady_state(&self) -> SteadyState {
        SteadyState::of(self)
    }

    /// Segment sizes over the next `periods`, from those of the last date, as [`Forecast::new`]
    /// makes them with the model's confidence.
    ///
    /// # Errors
    ///
    /// As [`Forecast::of`].
    pub fn forecast(&self, periods: u32) -> Result<SegmentForecast, Error> {
        Forecast::new(periods).confidence(self.confidence).of(self)
    }

    /// Whether the moves were alike in all periods.
    #[must_use]
    pub fn homogeneity(&self) -> Homogeneity {
        Homogeneity::of(self)
    }

    /// The moves of a segment in a period, exits last; in a closed population none exit.
    pub(super) fn moves(&self, period: usize, from: usize) -> Vec<u64> {
        let n = self.n_segments();
        let mut row = self.counts[(period * n + from) * (n + 1)..][..n + 1].to_vec();
        if self.population == Population::Closed {
            row[n] = 0;
        }
        row
    }

    /// The moves of a segment in all periods, exits last.
    fn pooled(&self, from: usize) -> Vec<u64> {
        let n = self.n_segments();
        let mut sum = vec![0; n + 1];
        for t in 0..self.n_periods() {
            let row = &self.counts[(t * n + from) * (n + 1)..][..n + 1];
            sum.iter_mut().zip(row).for_each(|(sum, count)| *sum += count);
        }
        sum
    }

    /// The moves of a segment with smoothing, exits last (none in a closed population).
    pub(super) fn weights(&self, from: usize) -> Vec<f64> {
        let n = self.n_segments();
        let mut weights: Vec<f64> = self.pooled(from).iter().map(|&count| count as f64).collect();
        weights[..n].iter_mut().for_each(|weight| *weight += self.smoothing);
        if self.population == Population::Closed {
            weights[n] = 0.0;
        }
        weights
    }

    /// The transition probabilities among customers who do not exit; a row of zeros where nobody
    /// was followed.
    pub(super) fn stayers(&self) -> Vec<Vec<f64>> {
        let n = self.n_segments();
        let row = |i| normalised(&self.weights(i)[..n]).unwrap_or_else(|| vec![0.0; n]);
        (0..n).map(row).collect()
    }
}

/// Weights as shares; `None` of nothing.
pub(super) fn normalised(weights: &[f64]) -> Option<Vec<f64>> {
    let sum: f64 = weights.iter().sum();
    (sum > 0.0).then(|| weights.iter().map(|weight| weight / sum).collect())
}
