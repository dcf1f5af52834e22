//! Intervals over rows and rounds: overall, by segment, by customer.

use patronage_core::SegmentIdx;

use super::interval::{REACH, around, mean_and_variance, t_reach};
use super::{Decomposition, Loss, NumberPredictions, Predictions, TermIntervals, Terms};
use crate::error::{Error, ErrorKind};
use crate::metrics::Interval;
use crate::par::{self, Threads};

/// Rounds are left out in so many blocks, or one by one where there are fewer.
const MOST_BLOCKS: usize = 20;

/// The parts of a loss with what is not known about them.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct Estimate {
    /// Test rows behind it.
    pub n_rows: usize,
    /// The loss and its parts, for infinitely many rounds: few rounds spread too little about their
    /// own main prediction, which is corrected (but not for the 0-1 loss, whose main prediction
    /// jumps).
    pub terms: Terms,
    /// Their 95 % intervals.
    pub intervals: TermIntervals,
}

/// The parts of the loss of a segment's rows.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct SegmentEstimate {
    /// The segment.
    pub segment: SegmentIdx,
    /// The parts over its rows.
    pub estimate: Estimate,
}

macro_rules! estimates {
    ($($loss:ident: $kind:ty)?) => {
        /// The parts over all rows, with 95 % intervals over rows and rounds.
        ///
        /// The variance of each figure is that of other test rows (how much rows differ) plus that
        /// of other rounds (a jackknife that leaves out a block of rounds at a time, at most 20
        /// blocks); both hold the share that belongs to neither alone, so that intervals are
        /// rather too wide than too narrow. The truth meant is that of infinitely many rounds and
        /// test rows like these, on the training rows at hand.
        ///
        /// # Errors
        ///
        /// When there are fewer than two rounds or test rows, or as `decompose` fails.
        ///
        /// # References
        ///
        /// Efron and Stein, 1981, *The jackknife estimate of variance*.
        pub fn estimate(&self $(, $loss: $kind)?) -> Result<Estimate, Error> {
            super::interval::require_rows("intervals", self.truth.len())?;
            let one = vec![0; self.truth.len()];
            let found = self.grouped($($loss,)? &one, 1)?;
            found.into_iter().flatten().next().ok_or_else(|| no_rows())
        }

        /// The same for each segment that has rows, in their order; `segments` names that of each
        /// row. Of a segment of one row, only rounds are told from.
        ///
        /// # Errors
        ///
        /// As `estimate`, and when lengths differ.
        pub fn estimate_segments(
            &self,
            $($loss: $kind,)?
            segments: &[SegmentIdx],
        ) -> Result<Vec<SegmentEstimate>, Error> {
            let (what, expected, found) = ("segments", self.truth.len(), segments.len());
            if expected != found {
                return Err(ErrorKind::Length { what, expected, found }.into());
            }
            let mut known = segments.to_vec();
            known.sort_unstable();
            known.dedup();
            let groups: Vec<usize> = segments
                .iter()
                .map(|segment| known.binary_search(segment).unwrap_or_default())
                .collect();
            let found = self.grouped($($loss,)? &groups, known.len())?;
            let of = |(&segment, estimate): (&SegmentIdx, Option<Estimate>)| {
                Some(SegmentEstimate { segment, estimate: estimate? })
            };
            Ok(known.iter().zip(found).filter_map(of).collect())
        }

        /// The same for each row by itself, a customer, in their order: what other rounds would
        /// say of her, given the outcome seen.
        ///
        /// # Errors
        ///
        /// As `estimate`.
        pub fn estimate_rows(&self $(, $loss: $kind)?) -> Result<Vec<Estimate>, Error> {
            let mut unweighted = self.clone();
            unweighted.weights = None;
            let each: Vec<usize> = (0..self.truth.len()).collect();
            let found = unweighted.grouped($($loss,)? &each, each.len())?;
            Ok(found.into_iter().flatten().collect())
        }

        fn grouped(
            &self,
            $($loss: $kind,)?
            groups: &[usize],
            n_groups: usize,
        ) -> Result<Vec<Option<Estimate>>, Error> {
            let whole = self.decompose($($loss)?)?;
            let n_rounds = whole.n_rounds();
            if n_rounds < 2 {
                let (what, least, found) = ("rounds of an interval", 2, n_rounds);
                return Err(ErrorKind::FewRows { what, least, found }.into());
            }
            let n_blocks = n_rounds.min(MOST_BLOCKS);
            let left = par::map(n_blocks, Threads::Many, |block| {
                let kept: Vec<usize> = (0..n_rounds).filter(|r| r % n_blocks != block).collect();
                let part = self.of_rounds(&kept).decompose($($loss)?)?;
                Ok(means(&part, groups, n_groups))
            });
            let left = left.into_iter().collect::<Result<Vec<_>, Error>>()?;
            Ok(estimates(&whole, groups, n_groups, &left))
        }
    };
}

impl Predictions {
    estimates!(loss: Loss);
}

impl NumberPredictions {
    estimates!();
}

fn no_rows() -> Error {
    ErrorKind::NoRows { what: "decomposition" }.into()
}

/// The mean parts of each group: 0 for a group without weight.
fn means(of: &Decomposition, groups: &[usize], n_groups: usize) -> Vec<Terms> {
    let mut sums = vec![(Terms::default(), 0.0); n_groups];
    for (row, (&group, &terms)) in groups.iter().zip(of.rows()).enumerate() {
        let weight = of.weight(row);
        sums[group].0 = sums[group].0.plus(terms.scaled(weight));
        sums[group].1 += weight;
    }
    let mean = |(sum, total): (Terms, f64)| if total > 0.0 { sum.over(total) } else { sum };
    sums.into_iter().map(mean).collect()
}

fn estimates(
    whole: &Decomposition,
    groups: &[usize],
    n_groups: usize,
    left: &[Vec<Terms>],
) -> Vec<Option<Estimate>> {
    let mut rows: Vec<Vec<usize>> = vec![Vec::new(); n_groups];
    for (row, &group) in groups.iter().enumerate() {
        if whole.weight(row) > 0.0 {
            rows[group].push(row);
        }
    }
    let mut terms = means(whole, groups, n_groups);
    if whole.loss() != Loss::ZeroOne {
        let n = left.len() as f64;
        for (group, terms) in terms.iter_mut().enumerate() {
            let sum = left.iter().fold(Terms::default(), |sum, block| sum.plus(block[group]));
            // Tukey's jackknife, linear in the parts, so that they still add up.
            *terms = terms.scaled(n).plus(sum.scaled(-(n - 1.0) / n));
        }
    }
    let of = |group: usize| {
        let rows = &rows[group];
        let weights: Vec<f64> = rows.iter().map(|&row| whole.weight(row)).collect();
        let interval = |part: fn(&Terms) -> f64, least: f64| {
            let values = rows.iter().map(|&row| part(&whole.rows()[row]));
            let (_, of_rows) = mean_and_variance(values, Some(&weights));
            let of_rounds = jackknife(left.iter().map(|block| part(&block[group])));
            let middle = part(&terms[group]);
            let reach = reach(of_rows, rows.len(), of_rounds, left.len());
            let found = around(middle, (of_rows + of_rounds).sqrt(), reach);
            Interval { low: found.low.max(least.min(middle)), ..found }
        };
        // A net variance of the 0-1 loss may help; every other part is at least 0.
        let least = if whole.loss() == Loss::ZeroOne { f64::MIN } else { 0.0 };
        (!rows.is_empty()).then(|| Estimate {
            n_rows: rows.len(),
            terms: terms[group],
            intervals: TermIntervals {
                loss: interval(|terms| terms.loss, 0.0),
                bias: interval(|terms| terms.bias, 0.0),
                variance: interval(|terms| terms.variance, least),
            },
        })
    };
    (0..n_groups).map(of).collect()
}

/// The variance of a figure, from what it is without each of `n` blocks.
fn jackknife(left: impl ExactSizeIterator<Item = f64> + Clone) -> f64 {
    let n = left.len() as f64;
    let mean = left.clone().sum::<f64>() / n;
    left.map(|x| (x - mean).powi(2)).sum::<f64>() * (n - 1.0) / n
}

/// Student's quantile for a sum of two variances (Satterthwaite).
fn reach(of_rows: f64, n_rows: usize, of_rounds: f64, n_blocks: usize) -> f64 {
    let share = |variance: f64, n: usize| {
        if n > 1 { variance * variance / (n - 1) as f64 } else { 0.0 }
    };
    let spread = share(of_rows, n_rows) + share(of_rounds, n_blocks);
    if spread > 0.0 { t_reach((of_rows + of_rounds).powi(2) / spread) } else { REACH }
}
