//! What a probability is made of, beside the score.

use patronage_core::{ItemIdx, OrderIdx, Recommender, Request};

/// Columns: 1, score, popularity, seen, how often, breadth of the history, number of its baskets.
pub(super) const N: usize = 7;

/// What is taken from a request, a score and an item.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub(super) struct Features {
    /// The score that counts as one on the logarithmic scale; above 0.
    pub(super) scale: f64,
    /// The logarithm of each item's popularity; empty where it is not used.
    pub(super) popularity: Vec<f64>,
    /// Whether purchases of the same item count.
    pub(super) repeats: bool,
}

/// What is the same for all items of one request.
pub(super) struct Context {
    /// The items of the history as they are scored, ascending, and how often.
    seen: Vec<(ItemIdx, u32)>,
    breadth: f64,
    baskets: f64,
}

impl Context {
    pub(super) fn new<R: Recommender + ?Sized>(model: &R, request: &Request<'_>) -> Self {
        let mut items = Vec::with_capacity(request.history.len());
        let mut baskets: Vec<OrderIdx> = Vec::with_capacity(request.history.len());
        for entry in request.history {
            if let Some(item) = model.scored_as(entry.item) {
                items.push(item);
                baskets.push(entry.basket);
            }
        }
        items.sort_unstable();
        baskets.sort_unstable();
        baskets.dedup();
        let seen: Vec<(ItemIdx, u32)> =
            items.chunk_by(|a, b| a == b).map(|same| (same[0], same.len() as u32)).collect();
        let breadth = (seen.len() as f64).ln_1p();
        Self { seen, breadth, baskets: (baskets.len() as f64).ln_1p() }
    }

    /// The items of the history as they are scored, ascending.
    pub(super) fn seen(&self) -> impl Iterator<Item = ItemIdx> {
        self.seen.iter().map(|&(item, _)| item)
    }

    pub(super) fn has(&self, item: ItemIdx) -> bool {
        self.count(item) > 0
    }

    fn count(&self, item: ItemIdx) -> u32 {
        self.seen.binary_search_by_key(&item, |&(item, _)| item).map_or(0, |at| self.seen[at].1)
    }
}

impl Features {
    /// The columns for one item of a request: nondecreasing in the score, nothing else depends on it.
    pub(super) fn row(&self, context: &Context, item: ItemIdx, score: f32) -> [f64; N] {
        let count = if self.repeats { f64::from(context.count(item)) } else { 0.0 };
        [
            1.0,
            (f64::from(score) / self.scale).asinh(),
            self.popularity.get(item.index()).copied().unwrap_or(0.0),
            f64::from(u8::from(count > 0.0)),
            count.ln_1p(),
            context.breadth,
            context.baskets,
        ]
    }
}
