//! Requests to item scores.

use std::cmp::Ordering;

use ndarray::ArrayViewMut2;

use crate::index::{CustomerIdx, ItemIdx, OrderIdx};
use crate::purchases::Lines;
use crate::time::Timestamp;

/// One interaction in a request's history.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HistoryEntry {
    /// The item.
    pub item: ItemIdx,
    /// How strongly, above 0 where it speaks for the item.
    pub weight: f32,
    /// When.
    pub at: Timestamp,
    /// In which basket.
    pub basket: OrderIdx,
}

impl HistoryEntry {
    /// The entries of order lines, one a line with weight 1, in time order; none where the lines name no items.
    #[must_use]
    pub fn from_lines(lines: Lines<'_>) -> Vec<Self> {
        let Some(items) = lines.items() else { return Vec::new() };
        (0..lines.len())
            .map(|i| Self {
                item: items[i],
                weight: 1.0,
                at: lines.at()[i],
                basket: lines.orders()[i],
            })
            .collect()
    }

    /// Entries of weight 1 for items in the order given, a second apart: an anonymous session.
    #[must_use]
    pub fn from_items(items: &[ItemIdx]) -> Vec<Self> {
        (0i64..)
            .zip(items)
            .map(|(second, &item)| Self {
                item,
                weight: 1.0,
                at: Timestamp::from_seconds(second),
                basket: OrderIdx::new(0),
            })
            .collect()
    }
}

/// For whom, knowing what, and as of when to recommend.
///
/// A customer who was never seen in training, or an anonymous session, has `customer: None`: an
/// ordinary case for every model.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// What she did before `as_of`, in time order; items may repeat.
    pub history: &'a [HistoryEntry],
    /// Who she is, if she was there when the model was fitted.
    pub customer: Option<CustomerIdx>,
    /// The moment of the request.
    pub as_of: Timestamp,
}

/// An item and its score.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScoredItem {
    /// The item.
    pub item: ItemIdx,
    /// Its score, higher is better; comparable within one answer only.
    pub score: f32,
}

/// What becomes of the items in the request's history.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Seen {
    /// They are not recommended.
    #[default]
    Exclude,
    /// They may be recommended again: replenishment wants them.
    Allow,
}

/// Which items may be answered; applied inside the search, so the list is never short while enough items pass.
#[derive(Clone, Copy, Default)]
pub struct ItemFilter<'a> {
    /// What becomes of items already in the history.
    pub seen: Seen,
    /// Only items for which this says yes.
    pub allow: Option<&'a (dyn Fn(ItemIdx) -> bool + Sync)>,
}

impl<'a> ItemFilter<'a> {
    /// Items seen before are excluded or allowed, and nothing else is filtered.
    #[must_use]
    pub const fn seen(seen: Seen) -> Self {
        Self { seen, allow: None }
    }

    /// The same filter, with only items for which `allow` says yes.
    #[must_use]
    pub const fn allow(mut self, allow: &'a (dyn Fn(ItemIdx) -> bool + Sync)) -> Self {
        self.allow = Some(allow);
        self
    }
}

impl std::fmt::Debug for ItemFilter<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ItemFilter")
            .field("seen", &self.seen)
            .field("allow", &self.allow.map(|_| "a predicate"))
            .finish()
    }
}

/// A model that scores every item for a request.
///
/// Scores are finite; ties rank by ascending item. Items of the history that the model does not
/// know are ignored. Total on any request, an empty history included. Outsiders may implement it.
pub trait Recommender: Send + Sync {
    /// The number of items the model scores.
    fn n_items(&self) -> usize;

    /// A score for every item, into a slice of length `n_items`.
    ///
    /// # Panics
    ///
    /// May panic when the slice is of another length.
    fn scores(&self, request: &Request<'_>, out: &mut [f32]);

    /// Whether the answer depends on [`Request::customer`] beyond the history (learnt factors,
    /// excluding her own row from her neighbours).
    fn uses_customer(&self) -> bool {
        false
    }

    /// The item as which an item of a history is scored: itself, or its group where a model scores
    /// groups of items; `None` where the model does not know it.
    ///
    /// It is how [`Seen::Exclude`] finds what was seen.
    fn scored_as(&self, item: ItemIdx) -> Option<ItemIdx> {
        (item.index() < self.n_items()).then_some(item)
    }

    /// Scores for many requests, into a matrix of shape `(n_requests, n_items)`, equal to
    /// [`scores`](Self::scores) of each within 1e-5 relative.
    ///
    /// # Panics
    ///
    /// When shapes do not fit.
    fn scores_batch(&self, requests: &[Request<'_>], mut out: ArrayViewMut2<'_, f32>) {
        assert_eq!(requests.len(), out.nrows(), "one row of scores for each request");
        let mut scores = vec![0.0; self.n_items()];
        for (request, mut out) in requests.iter().zip(out.rows_mut()) {
            self.scores(request, &mut scores);
            out.iter_mut().zip(&scores).for_each(|(out, &score)| *out = score);
        }
    }

    /// The `k` best items that pass the filter, best first, ties by ascending item.
    ///
    /// Shorter than `k` only when fewer items pass.
    fn top_k(&self, request: &Request<'_>, k: usize, filter: &ItemFilter<'_>) -> Vec<ScoredItem> {
        let mut scores = vec![0.0; self.n_items()];
        self.scores(request, &mut scores);
        let seen: Vec<HistoryEntry> = request
            .history
            .iter()
            .filter_map(|entry| Some(HistoryEntry { item: self.scored_as(entry.item)?, ..*entry }))
            .collect();
        top_k_of(&scores, &Request { history: &seen, ..*request }, k, filter)
    }
}

macro_rules! forward {
    () => {
        fn n_items(&self) -> usize {
            (**self).n_items()
        }

        fn scores(&self, request: &Request<'_>, out: &mut [f32]) {
            (**self).scores(request, out);
        }

        fn uses_customer(&self) -> bool {
            (**self).uses_customer()
        }

        fn scored_as(&self, item: ItemIdx) -> Option<ItemIdx> {
            (**self).scored_as(item)
        }

        fn scores_batch(&self, requests: &[Request<'_>], out: ArrayViewMut2<'_, f32>) {
            (**self).scores_batch(requests, out);
        }

        fn top_k(
            &self,
            request: &Request<'_>,
            k: usize,
            filter: &ItemFilter<'_>,
        ) -> Vec<ScoredItem> {
            (**self).top_k(request, k, filter)
        }
    };
}

impl<R: Recommender + ?Sized> Recommender for &R {
    forward!();
}

impl<R: Recommender + ?Sized> Recommender for Box<R> {
    forward!();
}

impl<R: Recommender + ?Sized> Recommender for std::sync::Arc<R> {
    forward!();
}

/// The `k` best of `scores` that pass the filter, best first, ties by ascending item.
///
/// O(items + k log k) on average.
#[must_use]
pub fn top_k_of(
    scores: &[f32],
    request: &Request<'_>,
    k: usize,
    filter: &ItemFilter<'_>,
) -> Vec<ScoredItem> {
    if k == 0 {
        return Vec::new();
    }
    let mut excluded: Vec<ItemIdx> = match filter.seen {
        Seen::Allow => Vec::new(),
        Seen::Exclude => request.history.iter().map(|entry| entry.item).collect(),
    };
    excluded.sort_unstable();
    excluded.dedup();
    let mut excluded = excluded.into_iter().peekable();
    let room = k.saturating_mul(4);
    let mut best: Vec<ScoredItem> = Vec::with_capacity(scores.len().min(room));
    let mut threshold: Option<ScoredItem> = None;
    for (item, &score) in ItemIdx::all(scores.len()).zip(scores) {
        while excluded.next_if(|&seen| seen < item).is_some() {}
        if excluded.peek() == Some(&item) {
            continue;
        }
        let candidate = ScoredItem { item, score };
        // Items ascend, so an equal score later never displaces one kept.
        if threshold.is_some_and(|threshold| rank(&candidate, &threshold) != Ordering::Less)
            || filter.allow.is_some_and(|allow| !allow(item))
        {
            continue;
        }
        best.push(candidate);
        if best.len() >= room {
            best.select_nth_unstable_by(k - 1, rank);
            best.truncate(k);
            threshold = best.get(k - 1).copied();
        }
    }
    best.sort_unstable_by(rank);
    best.truncate(k);
    best
}

/// The order of ranking: greater scores first, ties by ascending item; 0 and -0 tie, and a score that
/// is no number, which no model should give, comes last.
#[must_use]
pub fn rank(a: &ScoredItem, b: &ScoredItem) -> Ordering {
    // Adding 0 turns -0 into 0 and changes nothing else.
    let key = |score: f32| if score.is_nan() { f32::NEG_INFINITY } else { score + 0.0 };
    key(b.score).total_cmp(&key(a.score)).then_with(|| a.item.cmp(&b.item))
}

/// A model that predicts the rating a customer would give an item.
///
/// Ratings lie on the [`scale`](Self::scale). Total on any pair: unknown customers and items get
/// the model's best guess. Outsiders may implement it.
pub trait RatingPredictor: Send + Sync {
    /// The lowest and the highest rating.
    fn scale(&self) -> (f64, f64);

    /// The expected rating.
    fn rating(&self, customer: Option<CustomerIdx>, item: Option<ItemIdx>) -> f64;
}

impl<R: RatingPredictor + ?Sized> RatingPredictor for &R {
    fn scale(&self) -> (f64, f64) {
        (**self).scale()
    }

    fn rating(&self, customer: Option<CustomerIdx>, item: Option<ItemIdx>) -> f64 {
        (**self).rating(customer, item)
    }
}

impl<R: RatingPredictor + ?Sized> RatingPredictor for Box<R> {
    fn scale(&self) -> (f64, f64) {
        (**self).scale()
    }

    fn rating(&self, customer: Option<CustomerIdx>, item: Option<ItemIdx>) -> f64 {
        (**self).rating(customer, item)
    }
}

impl<R: RatingPredictor + ?Sized> RatingPredictor for std::sync::Arc<R> {
    fn scale(&self) -> (f64, f64) {
        (**self).scale()
    }

    fn rating(&self, customer: Option<CustomerIdx>, item: Option<ItemIdx>) -> f64 {
        (**self).rating(customer, item)
    }
}
