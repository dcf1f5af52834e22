//! A chain of recommenders: what the first cannot fill, the next does.

use patronage_core::{ItemFilter, ItemIdx, Recommender, Request, ScoredItem, rank};

use crate::error::{Error, ErrorKind, require, require_items};

/// One place of a list, and which link of the chain filled it.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Filled {
    /// The item.
    pub item: ItemIdx,
    /// Its score by the link that filled the place; comparable among places of one link only.
    pub score: f32,
    /// The position of the link in the chain, from 0.
    pub link: usize,
}

/// A fallback chain in the making.
///
/// Each link fills as many places as it has something to say on: with the items it scores above
/// its threshold (0 unless said otherwise, for a model that scores 0 what it knows nothing of), by its
/// score. What is left goes to the next link, and the last one takes every item, whatever its score:
/// the list is full wherever enough items pass the filter.
///
/// ```
/// use patronage_core::{Csr, Fit, HistoryEntry, InteractionTable, ItemFilter, ItemIdx, Request, Timestamp};
/// use patronage_recommend::{Fallback, ItemKnn, Popularity};
///
/// let bought = [(0, 0, 1.0), (0, 1, 1.0), (1, 2, 1.0), (2, 2, 1.0), (2, 3, 1.0)];
/// let interactions = InteractionTable::new(Csr::from_entries(3, 4, &bought, |_, _| {})?)?;
/// let chain = Fallback::new()
///     .link(ItemKnn::new(10).fit(&interactions)?)
///     .link(Popularity::new().fit(&interactions)?)
///     .build()?;
/// let history = HistoryEntry::from_items(&[ItemIdx::new(0)]);
/// let request = Request { history: &history, customer: None, as_of: Timestamp::from_seconds(9) };
/// let list = chain.fill(&request, 3, &ItemFilter::default());
/// let places: Vec<_> = list.iter().map(|place| (place.item.get(), place.link)).collect();
/// assert_eq!(places, [(1, 0), (2, 1), (3, 1)]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # References
///
/// - R. Burke (2002), "Hybrid recommender systems: survey and experiments" (cascades and switches).
#[derive(Default)]
pub struct Fallback<'a> {
    links: Vec<Link<'a>>,
}

struct Link<'a> {
    model: Box<dyn Recommender + 'a>,
    above: f32,
}

impl<'a> Fallback<'a> {
    /// No link yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a link, which fills places with items it scores above 0.
    #[must_use]
    pub fn link(self, model: impl Recommender + 'a) -> Self {
        self.link_above(model, 0.0)
    }

    /// Adds a link, which fills places with items it scores above `threshold`, a finite number.
    #[must_use]
    pub fn link_above(mut self, model: impl Recommender + 'a, threshold: f32) -> Self {
        self.links.push(Link { model: Box::new(model), above: threshold });
        self
    }

    /// The chain.
    ///
    /// # Errors
    ///
    /// When there is no link, links are of different numbers of items, or a threshold is not finite.
    pub fn build(self) -> Result<FallbackModel<'a>, Error> {
        let Some(first) = self.links.first() else {
            return Err(ErrorKind::Empty { what: "links of a fallback chain" }.into());
        };
        let n_items = first.model.n_items();
        for link in &self.links {
            require_items("links of a fallback chain", n_items, link.model.n_items())?;
            let above = f64::from(link.above);
            require(above.is_finite(), "threshold", "a finite number", above)?;
        }
        Ok(FallbackModel { n_items, links: self.links })
    }
}

impl std::fmt::Debug for Fallback<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let above: Vec<f32> = self.links.iter().map(|link| link.above).collect();
        f.debug_struct("Fallback").field("above", &above).finish()
    }
}

/// A chain of recommenders, made by [`Fallback`].
///
/// As a [`Recommender`] it ranks all items as its links do, one after another; an item's score is the
/// number of items that rank lower, plus 1 (exact up to 2²⁴ items). A request costs one of every link
/// that is needed and O(items log items); [`fill`](Self::fill) asks each link for no more than is missing.
pub struct FallbackModel<'a> {
    n_items: usize,
    links: Vec<Link<'a>>,
}

impl FallbackModel<'_> {
    /// The number of links.
    #[must_use]
    pub const fn n_links(&self) -> usize {
        self.links.len()
    }

    /// The `k` best items that pass the filter, each with the link that filled its place: the items of
    /// [`top_k`](Recommender::top_k) in the same order.
    ///
    /// Shorter than `k` only when fewer items pass.
    #[must_use]
    pub fn fill(&self, request: &Request<'_>, k: usize, filter: &ItemFilter<'_>) -> Vec<Filled> {
        let k = k.min(self.n_items);
        let mut list: Vec<Filled> = Vec::with_capacity(k);
        let mut taken = vec![false; self.n_items];
        for (position, link) in self.links.iter().enumerate() {
            if list.len() == k {
                break;
            }
            let is_last = position + 1 == self.links.len();
            let open = |item: ItemIdx| {
                !taken[item.index()] && filter.allow.is_none_or(|allow| allow(item))
            };
            let open = ItemFilter { allow: Some(&open), ..*filter };
            let found = link.model.top_k(request, k - list.len(), &open);
            for ScoredItem { item, score } in found {
                if is_last || score > link.above {
                    taken[item.index()] = true;
                    list.push(Filled { item, score, link: position });
                }
            }
        }
        list
    }
}

impl std::fmt::Debug for FallbackModel<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let above: Vec<f32> = self.links.iter().map(|link| link.above).collect();
        f.debug_struct("FallbackModel")
            .field("n_items", &self.n_items)
            .field("above", &above)
            .finish()
    }
}

impl Recommender for FallbackModel<'_> {
    fn n_items(&self) -> usize {
        self.n_items
    }

    fn scores(&self, request: &Request<'_>, out: &mut [f32]) {
        let mut left: Vec<ItemIdx> = ItemIdx::all(self.n_items).collect();
        let mut scores = vec![0.0; self.n_items];
        for (position, link) in self.links.iter().enumerate() {
            if left.is_empty() {
                break;
            }
            link.model.scores(request, &mut scores);
            let is_last = position + 1 == self.links.len();
            let n_left = left.len();
            let mut said = Vec::new();
            left.retain(|&item| {
                let score = scores[item.index()];
                let says = is_last || score > link.above;
                if says {
                    said.push(ScoredItem { item, score });
                }
                !says
            });
            said.sort_unstable_by(rank);
            for (place, scored) in said.iter().enumerate() {
                out[scored.item.index()] = (n_left - place) as f32;
            }
        }
    }

    fn uses_customer(&self) -> bool {
        self.links.iter().any(|link| link.model.uses_customer())
    }

    fn scored_as(&self, item: ItemIdx) -> Option<ItemIdx> {
        self.links.first().and_then(|link| link.model.scored_as(item))
    }
}
