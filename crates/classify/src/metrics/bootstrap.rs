//! How sure a figure is, by drawing the rows again.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::percentiles::{corrected, quantile};
use super::scored::Interval;
use crate::error::{Error, parameter};

/// The fewest rounds in which a figure must be defined for an interval to be drawn from them.
pub(super) const LEAST_ROUNDS: usize = 20;

/// From which rows a resample is drawn.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Strata {
    /// Rows with the outcome from those with it, and the others from the others: the number of
    /// each stays as it is, so every figure stays defined. The interval is for rows of this base
    /// rate.
    Outcome,
    /// All from all: the base rate varies too. Rounds in which a figure is not defined are left
    /// out.
    None,
}

/// How an interval is read from the figures of the resamples.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum BootstrapMethod {
    /// The percentiles of the resamples' figures.
    Percentile,
    /// Percentiles corrected for bias and for a spread that changes with the figure (BCa). The
    /// acceleration comes from leaving out one of at most 200 interleaved blocks of rows at a
    /// time, which up to 200 rows is leaving out one row at a time.
    Bca,
}

/// Intervals for any figure of [`Scored`](crate::Scored) rows, by resampling the rows.
///
/// Round r draws as many rows as there are, with repeats, from stream r of the seed: the same bits
/// on any number of threads. A row keeps its weight when it is drawn. Rows are sorted once, so a
/// round costs O(n_rows), whatever the figure. Quantiles are interpolated linearly between order
/// statistics.
///
/// # Examples
///
/// ```
/// use patronage_classify::{Bootstrap, Scored};
/// use patronage_core::ClassIdx;
///
/// let outcomes = [1, 0, 1, 1, 0, 0, 1, 0].map(ClassIdx::new);
/// let scored = Scored::new(&[0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2], &outcomes)?;
/// let interval = Bootstrap::new(500).interval(&scored, Scored::pr_auc)?;
/// let found = scored.pr_auc()?;
/// assert!(interval.low <= found && found <= interval.high);
/// # Ok::<(), patronage_classify::Error>(())
/// ```
///
/// # References
///
/// Efron, 1987, *Better bootstrap confidence intervals*. Efron and Tibshirani, 1993, *An
/// introduction to the bootstrap*, chapters 13 and 14.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bootstrap {
    n_rounds: usize,
    seed: u64,
    level: f64,
    strata: Strata,
    method: BootstrapMethod,
}

impl Default for Bootstrap {
    fn default() -> Self {
        Self::new(1000)
    }
}

impl Bootstrap {
    /// A bootstrap of this many rounds; at least `20`, `1000` is usual.
    #[must_use]
    pub const fn new(n_rounds: usize) -> Self {
        let (strata, method) = (Strata::Outcome, BootstrapMethod::Percentile);
        Self { n_rounds, seed: 0, level: 0.95, strata, method }
    }

    /// Seed of the draws; default `0`.
    #[must_use]
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Confidence of the intervals; default `0.95`, between 0 and 1.
    #[must_use]
    pub const fn level(mut self, level: f64) -> Self {
        self.level = level;
        self
    }

    /// From which rows resamples are drawn; default [`Strata::Outcome`].
    #[must_use]
    pub const fn strata(mut self, strata: Strata) -> Self {
        self.strata = strata;
        self
    }

    /// How intervals are read from the rounds; default [`BootstrapMethod::Percentile`].
    #[must_use]
    pub const fn method(mut self, method: BootstrapMethod) -> Self {
        self.method = method;
        self
    }

    pub(crate) const fn confidence(&self) -> f64 {
        self.level
    }

    pub(crate) const fn n_rounds(&self) -> usize {
        self.n_rounds
    }

    pub(super) const fn drawn_strata(&self) -> Strata {
        self.strata
    }

    pub(super) const fn drawn_method(&self) -> BootstrapMethod {
        self.method
    }

    /// The generator of a round.
    pub(crate) fn generator(&self, round: usize) -> ChaCha8Rng {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        rng.set_stream(round as u64);
        rng
    }

    pub(crate) fn validate(&self) -> Result<(), Error> {
        if self.n_rounds < LEAST_ROUNDS {
            return Err(parameter("n_rounds", "at least 20", self.n_rounds as f64));
        }
        if !(self.level > 0.0 && self.level < 1.0) {
            return Err(parameter("level", "a number between 0 and 1", self.level));
        }
        Ok(())
    }

    /// An interval for each figure.
    pub(super) fn read_all(
        &self,
        rounds: &[Vec<f64>],
        found: &[f64],
        jackknife: &[Vec<f64>],
    ) -> Vec<Interval> {
        let of_figure = |at: usize| {
            let mut values: Vec<f64> = rounds.iter().map(|round| round[at]).collect();
            values.sort_unstable_by(f64::total_cmp);
            let left_out: Vec<f64> = jackknife.iter().map(|of| of[at]).collect();
            self.read(&values, found[at], &left_out)
        };
        (0..found.len()).map(of_figure).collect()
    }

    /// The interval, from the sorted figures of the rounds.
    pub(crate) fn read(&self, sorted: &[f64], found: f64, left_out: &[f64]) -> Interval {
        let level = self.level;
        let (mut low, mut high) = (0.5 - level / 2.0, 0.5 + level / 2.0);
        if let Some(corrected) = corrected(sorted, found, left_out, [low, high]) {
            [low, high] = corrected;
        }
        Interval { low: quantile(sorted, low), high: quantile(sorted, high), level }
    }
}

#[cfg(test)]
mod tests {
    use patronage_core::ClassIdx;

    use super::super::scored::Scored;
    use super::*;

    #[test]
    fn bca_is_that_of_the_definition() {
        // numpy 2 and scipy 1.17.1: the formulas of Efron (1987) on these very numbers.
        let sorted: Vec<f64> = (0..101).map(|i| f64::from(i * i) / 1000.0).collect();
        let left_out = [1.0, 1.2, 0.7, 1.1, 1.05];
        let bootstrap = Bootstrap::new(101).level(0.9);
        let interval = bootstrap.read(&sorted, 2.0, &left_out);
        assert!((interval.low - 0.018140136591462956).abs() < 1e-9, "{interval:?}");
        assert!((interval.high - 8.81632658568898).abs() < 1e-9, "{interval:?}");
        let plain = bootstrap.read(&sorted, 2.0, &[]);
        assert!((plain.low - 0.025).abs() < 1e-12 && (plain.high - 9.025).abs() < 1e-12);
    }

    fn rows(n: u32) -> (Vec<f64>, Vec<ClassIdx>) {
        let scores = (0..n).map(|i| f64::from(i * 37 % 101) / 101.0).collect();
        let outcome = |i: u32| ClassIdx::new(u32::from((i * 37 % 101) + (i * 53 % 89) > 110));
        (scores, (0..n).map(outcome).collect())
    }

    #[test]
    fn for_the_auc_it_agrees_with_delong() {
        let (scores, outcomes) = rows(400);
        let scored = Scored::new(&scores, &outcomes).unwrap();
        let delong = scored.roc_auc_interval(0.95).unwrap();
        for method in [BootstrapMethod::Percentile, BootstrapMethod::Bca] {
            let bootstrap = Bootstrap::new(2000).method(method);
            let found = bootstrap.interval(&scored, Scored::roc_auc).unwrap();
            assert!((found.low - delong.low).abs() < 0.005, "{found:?} {delong:?}");
            assert!((found.high - delong.high).abs() < 0.005, "{found:?} {delong:?}");
        }
    }

    #[test]
    fn the_order_of_rows_does_not_matter() {
        let (scores, outcomes) = rows(90);
        let bootstrap = Bootstrap::new(50).strata(Strata::None).seed(3);
        let one = Scored::new(&scores, &outcomes).unwrap();
        let (scores, outcomes): (Vec<f64>, Vec<ClassIdx>) =
            scores.into_iter().zip(outcomes).rev().unzip();
        let other = Scored::new(&scores, &outcomes).unwrap();
        let found = [one, other].map(|s| bootstrap.interval(&s, Scored::brier).unwrap());
        assert_eq!(found[0], found[1]);
        assert!(found[0].low < found[0].high);
    }

    #[test]
    fn what_cannot_be_drawn_is_refused() {
        let (scores, outcomes) = rows(30);
        let scored = Scored::new(&scores, &outcomes).unwrap();
        for wrong in [Bootstrap::new(3), Bootstrap::new(50).level(1.0)] {
            assert!(wrong.interval(&scored, Scored::roc_auc).is_err());
        }
        let alone = Scored::new(&scores[..1], &outcomes[..1]).unwrap();
        assert!(Bootstrap::new(50).interval(&alone, Scored::roc_auc).is_err());
        let interval = Bootstrap::new(50).interval(&alone, Scored::brier).unwrap();
        assert_eq!(interval.low, interval.high);
    }
}
