//! Which items are on offer.

use patronage_core::{ItemFilter, ItemIdx, Recommender, Request, ScoredItem};

use super::quota::Quota;
use crate::error::{Error, ErrorKind, require_items};
use crate::evaluate::{Requests, for_each_list};
use crate::groups::Groups;

/// The items on offer: allow list, deny list, minimum margin, any predicate, and how many of each category one list may hold.
///
/// All of it is applied inside the search of any [`Recommender`], together with the
/// [`ItemFilter`] of the call (seen items excluded or not, a predicate of the moment): a list is
/// shorter than `k` only where no more items may be answered, and fast searches stay fast.
///
/// With a [`quota`](Self::quota) the list is the greedy one: down the ranking, passing over items
/// whose category is full. No other list within the quota has a higher score at any place, and none
/// is longer. Items of no category are not counted.
///
/// **Cost.** One byte an item. Without a quota one search of the model. With it a search for `2 k`
/// items, and one for four times as many as the last as long as the list is not full: at most
/// `log₄(items / k) + 2` searches, each without the categories already full.
///
/// **Degenerate input.** Items the model or the assortment does not know are not on offer, and may
/// stand in any list of items. An empty allow list leaves nothing.
///
/// ```
/// use patronage_core::{Csr, Fit, InteractionTable, ItemFilter, ItemIdx, Request, Timestamp};
/// use patronage_recommend::{Assortment, Groups, Popularity};
///
/// // Items 0, 1 and 2 are mugs, 3 and 4 plates; the lower the item, the more have it.
/// let bought: Vec<_> = (0..5).flat_map(|u| (0..=u).map(move |i| (u, i, 1.0))).collect();
/// let interactions = InteractionTable::new(Csr::from_entries(5, 5, &bought, |_, _| {})?)?;
/// let model = Popularity::new().fit(&interactions)?;
/// let groups = [0, 0, 0, 1, 1].map(|group| Some(ItemIdx::new(group)));
///
/// let assortment = Assortment::new(5)
///     .deny(&[ItemIdx::new(1)])
///     .minimum_margin(&[2.0, 2.0, 0.5, 2.0, 2.0], 0.4)?
///     .quota(Groups::new(groups.to_vec(), 2)?, 1)?;
/// let request = Request { history: &[], customer: None, as_of: Timestamp::from_seconds(0) };
/// let best = assortment.top_k(&model, &request, 3, &ItemFilter::default());
/// // One mug and one plate; nothing else is left.
/// assert_eq!(best.iter().map(|scored| scored.item.get()).collect::<Vec<_>>(), [0, 3]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # References
///
/// - J. Edmonds (1971), "Matroids and the greedy algorithm" (why greedy is best: quotas of disjoint
///   categories are a partition matroid).
#[derive(Clone, Debug, PartialEq)]
pub struct Assortment {
    on_offer: Vec<bool>,
    quota: Option<Quota>,
}

impl Assortment {
    /// All of `n_items` items, without a quota.
    #[must_use]
    pub fn new(n_items: usize) -> Self {
        Self { on_offer: vec![true; n_items], quota: None }
    }

    /// Of the items left, only those of this list.
    #[must_use]
    pub fn allow(mut self, items: &[ItemIdx]) -> Self {
        let mut allowed = vec![false; self.on_offer.len()];
        for item in items {
            if let Some(allowed) = allowed.get_mut(item.index()) {
                *allowed = true;
            }
        }
        self.on_offer.iter_mut().zip(allowed).for_each(|(on_offer, allowed)| *on_offer &= allowed);
        self
    }

    /// None of the items of this list, such as those out of stock.
    #[must_use]
    pub fn deny(mut self, items: &[ItemIdx]) -> Self {
        for item in items {
            if let Some(on_offer) = self.on_offer.get_mut(item.index()) {
                *on_offer = false;
            }
        }
        self
    }

    /// Of the items left, only those for which `holds` says yes; asked once for each, here.
    #[must_use]
    pub fn keep(mut self, mut holds: impl FnMut(ItemIdx) -> bool) -> Self {
        for (item, on_offer) in ItemIdx::all(self.on_offer.len()).zip(&mut self.on_offer) {
            *on_offer = *on_offer && holds(item);
        }
        self
    }

    /// Of the items left, only those whose margin, in currency units or as a share of the price, is at least `minimum`.
    ///
    /// # Errors
    ///
    /// When there is not one margin an item, or a margin or the minimum is no number.
    pub fn minimum_margin(self, margins: &[f64], minimum: f64) -> Result<Self, Error> {
        require_items("margins", self.on_offer.len(), margins.len())?;
        check_numbers("margin", margins)?;
        check_numbers("minimum margin", &[minimum])?;
        Ok(self.keep(|item| margins[item.index()] >= minimum))
    }

    /// At most `most` items of each group in one list (0 for none), in place of any former quota.
    ///
    /// # Errors
    ///
    /// When the groups are of another number of items.
    pub fn quota(self, groups: Groups, most: usize) -> Result<Self, Error> {
        let most = vec![most; groups.n_groups()];
        self.quotas(groups, most)
    }

    /// At most so many items of each group in one list, a number for each group, in place of any former quota.
    ///
    /// # Errors
    ///
    /// When the groups are of another number of items, or there is not one number a group.
    pub fn quotas(mut self, groups: Groups, most: Vec<usize>) -> Result<Self, Error> {
        require_items("groups", self.on_offer.len(), groups.n_items())?;
        if most.len() != groups.n_groups() {
            let (what, expected, found) = ("quotas of groups", groups.n_groups(), most.len());
            let kind = patronage_core::ErrorKind::Length { what, expected, found };
            return Err(patronage_core::Error::from(kind).into());
        }
        self.quota = Some(Quota { groups, most });
        Ok(self)
    }

    /// The number of items it was made for, on offer or not.
    #[must_use]
    pub fn n_items(&self) -> usize {
        self.on_offer.len()
    }

    /// The number of items on offer.
    #[must_use]
    pub fn n_on_offer(&self) -> usize {
        self.on_offer.iter().filter(|&&on_offer| on_offer).count()
    }

    /// Whether the item is on offer; `false` for one it does not know.
    ///
    /// As the predicate of an [`ItemFilter`] it goes into a model's own batch search, such as
    /// [`AlsModel::for_each_customer`](crate::AlsModel::for_each_customer).
    #[must_use]
    pub fn contains(&self, item: ItemIdx) -> bool {
        self.on_offer.get(item.index()).copied().unwrap_or(false)
    }

    /// The `k` best items on offer that pass the filter, within the quota: best first, ties by ascending item.
    ///
    /// Shorter than `k` only when no more items may be answered.
    #[must_use]
    pub fn top_k<R: Recommender + ?Sized>(
        &self,
        model: &R,
        request: &Request<'_>,
        k: usize,
        filter: &ItemFilter<'_>,
    ) -> Vec<ScoredItem> {
        let allow = |item| self.contains(item) && filter.allow.is_none_or(|allow| allow(item));
        let allowed = ItemFilter { allow: Some(&allow), ..*filter };
        match &self.quota {
            None => model.top_k(request, k, &allowed),
            Some(quota) => quota.top_k(model, request, k, &allowed),
        }
    }

    /// Calls `answer` with the index of each request and its [`top_k`](Self::top_k), in order.
    ///
    /// Requests are answered in parallel under feature `rayon`, a few thousand at a time: memory is
    /// that of as many lists, never customers × items.
    pub fn for_each_top_k<R: Recommender + ?Sized, Q: Requests + ?Sized>(
        &self,
        model: &R,
        requests: &Q,
        k: usize,
        filter: &ItemFilter<'_>,
        answer: impl FnMut(usize, &[ScoredItem]),
    ) {
        for_each_list(requests, |request| self.top_k(model, request, k, filter), answer);
    }
}

/// Refuses what is no number, with its place.
pub(crate) fn check_numbers(what: &'static str, numbers: &[f64]) -> Result<(), Error> {
    match numbers.iter().position(|number| number.is_nan()) {
        None => Ok(()),
        Some(position) => {
            let (expected, found) = ("a number", f64::NAN);
            let kind = patronage_core::ErrorKind::Number { what, position, expected, found };
            Err(ErrorKind::Core(kind.into()).into())
        }
    }
}
