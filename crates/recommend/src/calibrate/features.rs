//! What a probability is made of, beside the score.

use patronage_core::{ItemIdx, OrderIdx, Recommender, Request};

use crate::popularity::PopularityModel;

/// Columns: 1, score, popularity, seen, how often, breadth of the history, number of its baskets.
pub(super) const N: usize = 7;

/// What is taken from a request, a score and an item.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub(super) struct Features {
    /// The score that counts as one on the logarithmic scale; above 0.
    pub(super) scale: f64,
    /// The logarithm of each item's popularity over the mean; empty where it is not used.
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
            // An answer beyond the items the model scores has no place among them.
            let scored_as = model.scored_as(entry.item);
            if let Some(item) = scored_as.filter(|item| item.index() < model.n_items()) {
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

/// `ln((count + ½) / (mean count + ½))` of each item: what stays when everyone counts twice.
pub(super) fn log_popularity(popularity: &PopularityModel) -> Vec<f64> {
    let counts = popularity.popularity();
    let mean =
        counts.iter().map(|&count| f64::from(count)).sum::<f64>() / counts.len().max(1) as f64;
    counts.iter().map(|&count| ((f64::from(count) + 0.5) / (mean + 0.5)).ln()).collect()
}

impl Features {
    /// The columns for one item of a request: nondecreasing in the score, nothing else depends on it.
    pub(super) fn row(&self, context: &Context, item: ItemIdx, score: f32) -> [f64; N] {
        let count = context.count(item);
        [
            1.0,
            (f64::from(score) / self.scale).asinh(),
            self.popularity.get(item.index()).copied().unwrap_or(0.0),
            self.repeat(count)[0],
            self.repeat(count)[1],
            context.breadth,
            context.baskets,
        ]
    }

    /// Whether and how often an item was bought before.
    fn repeat(&self, count: u32) -> [f64; 2] {
        if self.repeats {
            [f64::from(u8::from(count > 0)), f64::from(count).ln_1p()]
        } else {
            [0.0; 2]
        }
    }

    /// The log odds of every item of a request, into `out`.
    ///
    /// What is the same for all items is added up once, and repeats are visited one by one.
    pub(super) fn log_odds(
        &self,
        beta: &[f64; N],
        context: &Context,
        scores: &[f32],
        out: &mut Vec<f64>,
    ) {
        let base = beta[0] + beta[5] * context.breadth + beta[6] * context.baskets;
        out.clear();
        out.extend(scores.iter().map(|&score| match score {
            0.0 => base,
            // No number says nothing, and is refused where it could be learnt from.
            _ if score.is_nan() => base,
            _ => base + beta[1] * (f64::from(score.clamp(f32::MIN, f32::MAX)) / self.scale).asinh(),
        }));
        for (z, popularity) in out.iter_mut().zip(&self.popularity) {
            *z += beta[2] * popularity;
        }
        for &(item, count) in &context.seen {
            let repeat = self.repeat(count);
            out[item.index()] += beta[3] * repeat[0] + beta[4] * repeat[1];
        }
    }
}
