//! How much of the past the next segment depends on.

use std::collections::BTreeMap;

use super::history::SegmentHistory;
use super::problem::MigrationProblem;
use super::tables::{ChiSquareTest, Tables};
use crate::error::Error;

/// Tests of the order of a chain, by likelihood ratio, on customers present on consecutive dates.
///
/// [`first`](Self::first) tests whether the next segment depends on the present one at all;
/// [`second`](Self::second) whether, given the present one, it depends on the one before as well.
/// Where the second is significant one step back does not tell all: often because stayers and
/// movers mix. Degrees of freedom count only segments seen: `Σ_j (segments before j - 1)(segments
/// after j - 1)` for the second. With many customers small dependences are significant; compare
/// the statistic with its degrees of freedom.
///
/// # References
///
/// T. W. Anderson, L. A. Goodman (1957), Statistical inference about Markov chains, section 3.3.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct OrderTest {
    /// Independence against dependence on the present segment.
    pub first: ChiSquareTest,
    /// Dependence on the present segment alone against the one before as well.
    pub second: ChiSquareTest,
    /// The share of cells of the second test expected to hold fewer than 5; above a fifth its
    /// p-value is not to be trusted.
    pub sparse: f64,
}

impl OrderTest {
    pub(super) fn of(history: &SegmentHistory) -> Result<Self, Error> {
        let n_dates = history.dates().len();
        if n_dates < 3 {
            return Err(MigrationProblem::TooFewDates { expected: 3, found: n_dates }.into());
        }
        let n = history.names().len();
        let mut pairs = vec![0; n * n];
        // For each present segment, the moves from before to after.
        let mut triples: BTreeMap<usize, Vec<u64>> = BTreeMap::new();
        // The segment before of each row of the first date of a pair.
        let mut previous: Vec<Option<usize>> = vec![None; history.rows_of(0).len()];
        for t in 0..n_dates - 1 {
            let (first, second) = (history.rows_of(t), history.rows_of(t + 1));
            let mut next = vec![None; second.len()];
            history.pair(t, t + 1, |_, before, after| {
                let (Some(before), Some(after)) = (before, after) else { return };
                let segment = |row| history.segment_at(row).index();
                let (now, then) = (segment(before), segment(after));
                pairs[now * n + then] += 1;
                next[after - second.start] = Some(now);
                if let Some(earlier) = previous[before - first.start] {
                    triples.entry(now).or_insert_with(|| vec![0; n * n])[earlier * n + then] += 1;
                }
            });
            previous = next;
        }
        let (mut first, mut second) = (Tables::default(), Tables::default());
        first.add(&pairs, n);
        triples.values().for_each(|table| second.add(table, n));
        Ok(Self {
            first: first.likelihood_ratio(),
            second: second.likelihood_ratio(),
            sparse: second.sparse(),
        })
    }
}
