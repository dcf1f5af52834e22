//! One customer's answer, judged.

use patronage_core::{ItemFilter, ItemIdx, Recommender, ScoredItem, Seen};

use super::auc::{limited, shares_below};
use super::evaluation::{NoHistory, Unknown};
use super::facts::{Facts, Training};
use super::held_out::Case;
use super::metrics::{Metric, Source, discount, hits};

/// What became of one customer.
#[derive(Default)]
pub(super) struct Judged {
    /// One figure a metric, 0 for those of all lists together; `None` where she was not judged.
    pub(super) figures: Option<Vec<f64>>,
    pub(super) list: Vec<ItemIdx>,
    pub(super) n_targets: usize,
    pub(super) n_seen: usize,
    /// Targets unknown to training.
    pub(super) unknown: Vec<ItemIdx>,
    pub(super) without_history: bool,
    pub(super) customer_unknown: bool,
}

/// What all customers are judged by.
pub(super) struct Judge<'a> {
    pub(super) metrics: &'a [Metric],
    pub(super) facts: &'a Facts,
    pub(super) seen: Seen,
    pub(super) unknown: Unknown,
    pub(super) no_history: NoHistory,
    /// The power of popularity that propensities are in proportion to.
    pub(super) power: f64,
    /// The longest list any metric needs.
    pub(super) longest: usize,
}

impl Judge<'_> {
    pub(super) fn judge<R: Recommender + ?Sized>(
        &self,
        model: &R,
        scores: &mut [f32],
        case: Case<'_>,
    ) -> Judged {
        let training = self.facts.training.as_ref();
        let mut judged = Judged::default();
        let mut seen: Vec<ItemIdx> =
            case.request.history.iter().filter_map(|entry| model.scored_as(entry.item)).collect();
        seen.sort_unstable();
        seen.dedup();
        judged.without_history = seen.is_empty();
        judged.customer_unknown = match (case.request.customer, training) {
            (None, _) => true,
            (Some(customer), Some(training)) => !training.knows_customer(customer),
            (Some(_), None) => false,
        };
        let is_known = |item: ItemIdx| match training {
            Some(training) => training.knows(item),
            None => item.index() < model.n_items(),
        };
        let mut targets = Vec::with_capacity(case.targets.len());
        for &target in case.targets {
            if self.seen == Seen::Exclude && seen.binary_search(&target).is_ok() {
                judged.n_seen += 1;
                continue;
            }
            if !is_known(target) {
                judged.unknown.push(target);
                if self.unknown == Unknown::Drop {
                    continue;
                }
            }
            targets.push(target);
        }
        judged.n_targets = targets.len();
        let skipped = judged.without_history && self.no_history == NoHistory::Skip;
        if targets.is_empty() || skipped {
            return judged;
        }
        if self.seen == Seen::Allow {
            seen.clear();
        }
        let mut list = model.top_k(&case.request, self.longest, &ItemFilter::seen(self.seen));
        list.retain(|listed| listed.item.index() < scores.len());
        if self.needs_scores() {
            model.scores(&case.request, scores);
        }
        let answer =
            Answer { judge: self, hits: hits(&list, &targets), list, targets, seen, scores };
        // Adding 0 turns −0, the sum of nothing, into 0.
        let figures = self.metrics.iter().map(|&metric| answer.figure(metric) + 0.0);
        judged.figures = Some(figures.collect());
        judged.list = answer.list.into_iter().map(|scored| scored.item).collect();
        judged
    }

    fn needs_scores(&self) -> bool {
        self.metrics.iter().any(|metric| metric.source() == Source::Scores)
    }
}

/// One customer's list, and what it is held against.
struct Answer<'a> {
    judge: &'a Judge<'a>,
    list: Vec<ScoredItem>,
    hits: Vec<bool>,
    /// Ascending; without those seen.
    targets: Vec<ItemIdx>,
    /// What may not be recommended, ascending and distinct.
    seen: Vec<ItemIdx>,
    /// One an item; what they are is asked only where a metric needs them.
    scores: &'a [f32],
}

impl Answer<'_> {
    fn figure(&self, metric: Metric) -> f64 {
        if let Some(figure) = metric.of(&self.hits, self.targets.len()) {
            return figure;
        }
        let facts = self.judge.facts;
        match metric {
            Metric::Auc => self.auc(|_| 1.0),
            Metric::LimitedAuc(k) => {
                let n_items = self.scores.len();
                let n_known = self.targets.iter().filter(|t| t.index() < n_items).count();
                limited(&self.hits, k, n_known, self.targets.len(), n_items - self.seen.len())
            }
            Metric::Diversity(k) => {
                let features = facts.features.as_ref();
                features.map_or(0.0, |features| {
                    // A cosine of rounded rows may pass 1.
                    mean_over_pairs(self.first(k), |a, b| (1.0 - features.cosine(a, b)).max(0.0))
                })
            }
            Metric::Revenue(k) => self.worth(k, facts.prices.as_deref()),
            Metric::Margin(k) => self.worth(k, facts.margins.as_deref()),
            _ => facts.training.as_ref().map_or(0.0, |training| self.against(metric, training)),
        }
    }

    /// Figures against what was popular in training; 0 for those of all lists together.
    fn against(&self, metric: Metric, training: &Training) -> f64 {
        let inverse = |item: ItemIdx| training.inverse_propensity(item, self.judge.power);
        let weighed = |k: usize, gain: &dyn Fn(usize) -> f64| {
            let hits = self.hit_items(k).map(|(rank, item)| inverse(item) * gain(rank));
            let all: f64 = self.targets.iter().map(|&item| inverse(item)).sum();
            if all > 0.0 { (hits.sum::<f64>() / all).min(1.0) } else { 0.0 }
        };
        match metric {
            Metric::SnipsRecall(k) => weighed(k, &|_| 1.0),
            Metric::SnipsDcg(k) => weighed(k, &discount),
            Metric::SnipsAuc => self.auc(inverse),
            Metric::Novelty(k) => {
                let list = self.first(k);
                let bits = list.iter().map(|listed| training.self_information(listed.item));
                bits.sum::<f64>() / list.len().max(1) as f64
            }
            Metric::Serendipity(k) => {
                let may_be = |item: &&ItemIdx| {
                    item.index() < self.scores.len() && self.seen.binary_search(item).is_err()
                };
                let mut popular: Vec<ItemIdx> =
                    training.order().iter().filter(may_be).take(k).copied().collect();
                popular.sort_unstable();
                let surprising =
                    self.hit_items(k).filter(|(_, item)| popular.binary_search(item).is_err());
                surprising.count() as f64 / k as f64
            }
            _ => 0.0,
        }
    }

    fn first(&self, k: usize) -> &[ScoredItem] {
        &self.list[..k.min(self.list.len())]
    }

    /// The hits among the first `k` with their ranks.
    fn hit_items(&self, k: usize) -> impl Iterator<Item = (usize, ItemIdx)> {
        let ranked = (1..=k).zip(&self.list).zip(&self.hits);
        ranked.filter(|&(_, &hit)| hit).map(|((rank, listed), _)| (rank, listed.item))
    }

    fn worth(&self, k: usize, of: Option<&[f64]>) -> f64 {
        of.map_or(0.0, |of| self.hit_items(k).map(|(_, item)| of[item.index()]).sum())
    }

    fn auc(&self, weight: impl Fn(ItemIdx) -> f64) -> f64 {
        let shares = shares_below(self.scores, &self.seen, &self.targets);
        let (mut sum, mut all) = (0.0, 0.0);
        for (&target, share) in self.targets.iter().zip(shares) {
            let weight = weight(target);
            sum += weight * share;
            all += weight;
        }
        if all > 0.0 { sum / all } else { 0.0 }
    }
}

/// The mean of `of` over all pairs; 0 without a pair.
fn mean_over_pairs(list: &[ScoredItem], of: impl Fn(ItemIdx, ItemIdx) -> f64) -> f64 {
    let mut sum = 0.0;
    for (at, a) in list.iter().enumerate() {
        for b in &list[..at] {
            sum += of(a.item, b.item);
        }
    }
    let n_pairs = list.len() * list.len().saturating_sub(1) / 2;
    sum / n_pairs.max(1) as f64
}
