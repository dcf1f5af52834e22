//! What a ranked list is worth.

use std::fmt;

use patronage_core::{ItemIdx, ScoredItem};

/// A figure of the lists a model answers with.
///
/// Of one customer `hits` are her targets among the first `k`, `n` is the number of her targets, `r`
/// are ranks from 1, and `list` is the number of items listed, `k` unless fewer may be recommended.
/// Candidates are all items that may be recommended to her. The figure of a model is the mean over
/// customers; only [`Coverage`](Self::Coverage) and [`Gini`](Self::Gini) are of all lists together.
/// The name a figure is displayed by says `k`: `recall@20`.
///
/// What a figure needs beside the list is given to the [`Evaluation`](crate::Evaluation): the
/// training data for novelty, serendipity and the propensities, item features for diversity, prices
/// and margins.
///
/// # References
///
/// - K. Järvelin, J. Kekäläinen (2002), "Cumulated gain-based evaluation of IR techniques" (NDCG).
/// - T. Zhou et al. (2010), "Solving the apparent diversity-accuracy dilemma of recommender systems" (novelty as self-information).
/// - C.-N. Ziegler et al. (2005), "Improving recommendation lists through topic diversification" (intra-list diversity).
/// - M. Ge, C. Delgado-Battenfeld, D. Jannach (2010), "Beyond accuracy: evaluating recommender systems by coverage and serendipity".
/// - G. Shani, A. Gunawardana (2011), "Evaluating recommendation systems" (Gini index).
/// - L. Yang et al. (2018), "Unbiased offline recommender evaluation for missing-not-at-random implicit feedback" (self-normalised inverse propensities).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
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
    /// `auc`: the share of pairs of a target and another candidate in which the target scores more,
    /// equal scores counting half; 0.5 without another candidate. Targets the model does not score are last.
    Auc,
    /// `limited_auc@k`: the same when nothing is known of the order beyond the first `k`, where it counts half.
    LimitedAuc(usize),
    /// `snips_recall@k`: `Σ over hits of 1 / p` over `Σ over targets of 1 / p`, with `p` the propensity of the item.
    SnipsRecall(usize),
    /// `snips_dcg@k`: `Σ over hits of 1 / (p log₂(r + 1))` over `Σ over targets of 1 / p`.
    SnipsDcg(usize),
    /// `snips_auc`: the mean over targets, weighted by `1 / p`, of the share of candidates that are no target and score less.
    SnipsAuc,
    /// `novelty@k`: the mean over the list of `−log₂(customers with the item / customers)` in training,
    /// in bits; an item nobody had counts as one customer's.
    Novelty(usize),
    /// `diversity@k`: the mean over pairs of the list of 1 − the cosine of their features; 0 for fewer than two items.
    Diversity(usize),
    /// `serendipity@k`: hits that are not among the `k` candidates most popular in training, over `k`.
    Serendipity(usize),
    /// `revenue@k`: the sum of the prices of the hits, in the currency of the prices.
    Revenue(usize),
    /// `margin@k`: the sum of the margins of the hits, in the currency of the margins.
    Margin(usize),
    /// `coverage@k`: the share of the model's items that stand in some customer's list.
    Coverage(usize),
    /// `gini@k`: `Σ (2 j − m − 1) c_j / ((m − 1) Σ c)`, with `c` ascending how often each of the model's
    /// `m` items is listed: 0 when all are listed as often, 1 when there is only one.
    Gini(usize),
}

/// What a metric is taken from, beside the list.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Source {
    /// The places of the hits.
    Hits,
    /// And the number of candidates.
    Candidates,
    /// The scores of all candidates.
    Scores,
    /// How popular items are in training.
    Popularity,
    Features,
    Prices,
    Margins,
    /// The lists of all customers.
    Lists,
}

impl Metric {
    /// The length of the list; `None` for figures of the whole ranking.
    #[must_use]
    pub const fn k(self) -> Option<usize> {
        match self {
            Self::Auc | Self::SnipsAuc => None,
            Self::Recall(k)
            | Self::PlainRecall(k)
            | Self::Precision(k)
            | Self::HitRate(k)
            | Self::Ndcg(k)
            | Self::Map(k)
            | Self::Mrr(k)
            | Self::LimitedAuc(k)
            | Self::SnipsRecall(k)
            | Self::SnipsDcg(k)
            | Self::Novelty(k)
            | Self::Diversity(k)
            | Self::Serendipity(k)
            | Self::Revenue(k)
            | Self::Margin(k)
            | Self::Coverage(k)
            | Self::Gini(k) => Some(k),
        }
    }

    /// The name without `k`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Recall(_) => "recall",
            Self::PlainRecall(_) => "plain_recall",
            Self::Precision(_) => "precision",
            Self::HitRate(_) => "hr",
            Self::Ndcg(_) => "ndcg",
            Self::Map(_) => "map",
            Self::Mrr(_) => "mrr",
            Self::Auc => "auc",
            Self::LimitedAuc(_) => "limited_auc",
            Self::SnipsRecall(_) => "snips_recall",
            Self::SnipsDcg(_) => "snips_dcg",
            Self::SnipsAuc => "snips_auc",
            Self::Novelty(_) => "novelty",
            Self::Diversity(_) => "diversity",
            Self::Serendipity(_) => "serendipity",
            Self::Revenue(_) => "revenue",
            Self::Margin(_) => "margin",
            Self::Coverage(_) => "coverage",
            Self::Gini(_) => "gini",
        }
    }

    pub(crate) const fn source(self) -> Source {
        match self {
            Self::Recall(_)
            | Self::PlainRecall(_)
            | Self::Precision(_)
            | Self::HitRate(_)
            | Self::Ndcg(_)
            | Self::Map(_)
            | Self::Mrr(_) => Source::Hits,
            Self::LimitedAuc(_) => Source::Candidates,
            Self::Auc | Self::SnipsAuc => Source::Scores,
            Self::SnipsRecall(_) | Self::SnipsDcg(_) | Self::Novelty(_) | Self::Serendipity(_) => {
                Source::Popularity
            }
            Self::Diversity(_) => Source::Features,
            Self::Revenue(_) => Source::Prices,
            Self::Margin(_) => Source::Margins,
            Self::Coverage(_) | Self::Gini(_) => Source::Lists,
        }
    }

    /// The figure of one list: `hits[r - 1]` says whether the item of rank `r` is a target.
    ///
    /// Ranks beyond the list are no hits. Without targets, or for `k = 0`, the figure is 0. `None`
    /// for metrics that need more than the hits: those after [`Mrr`](Self::Mrr).
    ///
    /// ```
    /// use patronage_recommend::Metric;
    ///
    /// let hits = [false, true, true];
    /// assert_eq!(Metric::Recall(2).of(&hits, 3), Some(0.5));
    /// assert_eq!(Metric::PlainRecall(3).of(&hits, 4), Some(0.5));
    /// assert_eq!(Metric::Mrr(3).of(&hits, 4), Some(0.5));
    /// assert_eq!(Metric::Map(3).of(&hits, 2), Some((1.0 / 2.0 + 2.0 / 3.0) / 2.0));
    /// assert_eq!(Metric::Auc.of(&hits, 2), None);
    /// ```
    #[must_use]
    pub fn of(self, hits: &[bool], n_targets: usize) -> Option<f64> {
        let k = match (self.source(), self.k()) {
            (Source::Hits, Some(k)) => k,
            _ => return None,
        };
        let ideal = k.min(n_targets);
        if ideal == 0 {
            return Some(0.0);
        }
        let ranks = || (1..=k).zip(hits).filter(|&(_, &hit)| hit).map(|(rank, _)| rank);
        let n_hits = ranks().count() as f64;
        let figure = match self {
            Self::Recall(_) => n_hits / ideal as f64,
            Self::PlainRecall(_) => n_hits / n_targets as f64,
            Self::Precision(_) => n_hits / k as f64,
            Self::HitRate(_) => f64::from(u8::from(n_hits > 0.0)),
            Self::Ndcg(_) => {
                ranks().map(discount).sum::<f64>() / (1..=ideal).map(discount).sum::<f64>()
            }
            Self::Map(_) => {
                let precisions = ranks().enumerate().map(|(n, rank)| (n + 1) as f64 / rank as f64);
                precisions.sum::<f64>() / ideal as f64
            }
            Self::Mrr(_) => ranks().next().map_or(0.0, |rank| 1.0 / rank as f64),
            _ => return None,
        };
        // A sum of nothing is −0.
        Some(figure + 0.0)
    }
}

/// What a hit at `rank` is worth.
pub(super) fn discount(rank: usize) -> f64 {
    1.0 / (rank as f64 + 1.0).log2()
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.k() {
            Some(k) => write!(f, "{}@{k}", self.name()),
            None => f.write_str(self.name()),
        }
    }
}

/// Which places of the list are hits; `targets` ascend. An item answered twice is one hit.
pub(crate) fn hits(list: &[ScoredItem], targets: &[ItemIdx]) -> Vec<bool> {
    let mut found = vec![false; targets.len()];
    let mut is_new = |at: usize| !std::mem::replace(&mut found[at], true);
    list.iter().map(|listed| targets.binary_search(&listed.item).is_ok_and(&mut is_new)).collect()
}

/// The metric of a list against ascending targets, for a metric of the hits alone.
pub(crate) fn judge(metric: Metric, list: &[ScoredItem], targets: &[ItemIdx]) -> Option<f64> {
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
            let found = metric.of(&hits, n_targets).unwrap();
            assert!((found - expected).abs() < 1e-15, "{metric}: {found}");
            let none = metric.of(&[false; 4], n_targets).unwrap();
            assert!(none == 0.0 && none.is_sign_positive(), "{metric}: {none}");
        }
    }

    #[test]
    fn the_name_says_k() {
        assert_eq!(Metric::Ndcg(100).to_string(), "ndcg@100");
        assert_eq!(Metric::PlainRecall(20).to_string(), "plain_recall@20");
        assert_eq!(Metric::SnipsAuc.to_string(), "snips_auc");
    }
}
