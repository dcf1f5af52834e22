//! What a ranked list is worth to one customer.

use std::fmt;

use patronage_core::{ItemIdx, ScoredItem};

/// A figure of one customer's list of `k` items against her targets, higher is better, in `[0, 1]`.
///
/// `hits` are the targets among the first `k`, `n` the number of targets, `r` ranks from 1. The
/// name it is displayed by says `k`: `recall@20`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Metric {
    /// `recall@k`: hits over `min(k, n)`, so that a perfect list reaches 1.
    Recall(usize),
    /// `plain_recall@k`: hits over `n`.
    PlainRecall(usize),
    /// `precision@k`: hits over `k`.
    Precision(usize),
    /// `hr@k`: 1 if there is any hit.
    HitRate(usize),
    /// `ndcg@k`: `Σ over hits of 1 / log₂(r + 1)` over the same sum for the first `min(k, n)` ranks.
    Ndcg(usize),
    /// `map@k`: `Σ over hits of precision@r` over `min(k, n)`.
    Map(usize),
    /// `mrr@k`: `1 / r` of the first hit, 0 without one.
    Mrr(usize),
}

impl Metric {
    /// The length of the list.
    #[must_use]
    pub const fn k(self) -> usize {
        match self {
            Self::Recall(k)
            | Self::PlainRecall(k)
            | Self::Precision(k)
            | Self::HitRate(k)
            | Self::Ndcg(k)
            | Self::Map(k)
            | Self::Mrr(k) => k,
        }
    }

    /// The figure of one list: `hits[r - 1]` says whether the item of rank `r` is a target.
    ///
    /// Ranks beyond the list are no hits. Without targets, or for `k = 0`, the figure is 0.
    ///
    /// ```
    /// use patronage_recommend::Metric;
    ///
    /// let hits = [false, true, true];
    /// assert_eq!(Metric::Recall(2).of(&hits, 3), 0.5);
    /// assert_eq!(Metric::PlainRecall(3).of(&hits, 4), 0.5);
    /// assert_eq!(Metric::Mrr(3).of(&hits, 4), 0.5);
    /// assert_eq!(Metric::Map(3).of(&hits, 2), (1.0 / 2.0 + 2.0 / 3.0) / 2.0);
    /// ```
    #[must_use]
    pub fn of(self, hits: &[bool], n_targets: usize) -> f64 {
        let k = self.k();
        let ideal = k.min(n_targets);
        if ideal == 0 {
            return 0.0;
        }
        let ranks = || (1..=k).zip(hits).filter(|&(_, &hit)| hit).map(|(rank, _)| rank);
        let n_hits = ranks().count() as f64;
        match self {
            Self::Recall(_) => n_hits / ideal as f64,
            Self::PlainRecall(_) => n_hits / n_targets as f64,
            Self::Precision(_) => n_hits / k as f64,
            Self::HitRate(_) => f64::from(u8::from(n_hits > 0.0)),
            Self::Ndcg(_) => {
                let gain = |rank: usize| 1.0 / (rank as f64 + 1.0).log2();
                ranks().map(gain).sum::<f64>() / (1..=ideal).map(gain).sum::<f64>()
            }
            Self::Map(_) => {
                let precisions = ranks().enumerate().map(|(n, rank)| (n + 1) as f64 / rank as f64);
                precisions.sum::<f64>() / ideal as f64
            }
            Self::Mrr(_) => ranks().next().map_or(0.0, |rank| 1.0 / rank as f64),
        }
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Recall(_) => "recall",
            Self::PlainRecall(_) => "plain_recall",
            Self::Precision(_) => "precision",
            Self::HitRate(_) => "hr",
            Self::Ndcg(_) => "ndcg",
            Self::Map(_) => "map",
            Self::Mrr(_) => "mrr",
        };
        write!(f, "{name}@{}", self.k())
    }
}

/// Which places of the list are hits; `targets` ascend.
pub(crate) fn hits(list: &[ScoredItem], targets: &[ItemIdx]) -> Vec<bool> {
    list.iter().map(|scored| targets.binary_search(&scored.item).is_ok()).collect()
}

/// The metric of a list against ascending targets.
pub(crate) fn judge(metric: Metric, list: &[ScoredItem], targets: &[ItemIdx]) -> f64 {
    metric.of(&hits(list, targets), targets.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let hits = [true, false, true, false];
        let log = |r: f64| 1.0 / (r + 1.0f64).log2();
        for (metric, n_targets, expected) in [
            (Metric::Recall(4), 3, 2.0 / 3.0),
            (Metric::Recall(2), 3, 0.5),
            (Metric::PlainRecall(2), 3, 1.0 / 3.0),
            (Metric::Precision(4), 3, 0.5),
            (Metric::Precision(10), 3, 0.2),
            (Metric::HitRate(1), 3, 1.0),
            (Metric::Ndcg(4), 3, (log(1.0) + log(3.0)) / (log(1.0) + log(2.0) + log(3.0))),
            (Metric::Map(4), 3, (1.0 + 2.0 / 3.0) / 3.0),
            (Metric::Mrr(4), 3, 1.0),
            (Metric::Mrr(4), 0, 0.0),
            (Metric::Precision(0), 3, 0.0),
        ] {
            let found = metric.of(&hits, n_targets);
            assert!((found - expected).abs() < 1e-15, "{metric}: {found}");
        }
    }

    #[test]
    fn the_name_says_k() {
        assert_eq!(Metric::Ndcg(100).to_string(), "ndcg@100");
        assert_eq!(Metric::PlainRecall(20).to_string(), "plain_recall@20");
    }
}
