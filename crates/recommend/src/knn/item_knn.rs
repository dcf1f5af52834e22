//! Item-based nearest neighbours.

use patronage_core::{Fit, Interactions, Recommender};

use super::model::ItemKnnModel;
use super::neighbours::neighbours;
use super::update::Change;
use super::weighting::{Similarity, weighted};
use crate::error::{Error, require, require_grown, require_items};
use crate::history::{HistoryRule, reads_history};

/// Item-based collaborative filtering: what is bought by the customers who bought what she bought.
///
/// ```text
/// score(j) = Σ over items i of the history that are among the k nearest neighbours of j of h(i) × s(i, j)
/// ```
///
/// with `s` the [`Similarity`] times the [`shrinkage`](Self::shrinkage) `c / (c + λ)`, `c` being
/// the number of customers who have both, and `h` the weight of the history's entries
/// ([`history`](Self::history), [`half_life`](Self::half_life)). Only similarities above 0 make
/// neighbours; ties go to the lower item. An item is not its own neighbour.
///
/// The customer is not used: whoever has a history is served, seen in training or not.
///
/// **Cost.** Time O(Σ over customers of (her items)²), in parallel over items under feature
/// `rayon`; memory a sum and a threshold for each item and thread, 16 to 32 bytes × k × items, and about 20
/// bytes an interaction: never items × items.
/// Customers with more than [`max_history`](Self::max_history) items (robots, resellers) are left
/// out of the similarities, and counted in [`ItemKnnModel::n_left_out`].
///
/// **Degenerate input.** Without interactions, or for an empty history, every score is 0. Fewer
/// than `k` items that share a customer are all neighbours.
///
/// ```
/// use patronage_core::{Csr, Fit, HistoryEntry, InteractionTable, ItemFilter, ItemIdx, Recommender, Request, Timestamp};
/// use patronage_recommend::ItemKnn;
///
/// // Customers 0 and 1 have items 0 and 1, customer 2 has items 1 and 2.
/// let bought = [(0, 0, 1.0), (0, 1, 1.0), (1, 0, 1.0), (1, 1, 1.0), (2, 1, 1.0), (2, 2, 1.0)];
/// let interactions = InteractionTable::new(Csr::from_entries(3, 3, &bought, |_, _| {})?)?;
/// let model = ItemKnn::new(50).fit(&interactions)?;
///
/// let history = HistoryEntry::from_items(&[ItemIdx::new(0)]);
/// let request = Request { history: &history, customer: None, as_of: Timestamp::from_seconds(9) };
/// let best = model.top_k(&request, 1, &ItemFilter::default());
/// assert_eq!(best[0].item, ItemIdx::new(1));
/// assert!((best[0].score - 2.0 / 6.0_f32.sqrt()).abs() < 1e-6);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # References
///
/// - B. Sarwar, G. Karypis, J. Konstan, J. Riedl (2001), "Item-based collaborative filtering recommendation algorithms".
/// - M. Deshpande, G. Karypis (2004), "Item-based top-N recommendation algorithms".
/// - Y. Koren (2008), "Factorization meets the neighborhood", equation 2 (shrinkage).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ItemKnn {
    n_neighbours: usize,
    similarity: Similarity,
    shrinkage: f64,
    max_history: usize,
    rule: HistoryRule,
}

impl ItemKnn {
    /// The `n_neighbours` nearest neighbours of each item (at least 1, usually 50 to 200), by cosine.
    #[must_use]
    pub const fn new(n_neighbours: usize) -> Self {
        Self {
            n_neighbours,
            similarity: Similarity::Cosine,
            shrinkage: 0.0,
            max_history: 10_000,
            rule: HistoryRule::BINARY,
        }
    }

    /// How alike two items are; default [`Similarity::Cosine`].
    #[must_use]
    pub const fn similarity(mut self, similarity: Similarity) -> Self {
        self.similarity = similarity;
        self
    }

    /// How many customers who have both it takes to believe half of a similarity; default `0`, at least 0.
    #[must_use]
    pub const fn shrinkage(mut self, customers: f64) -> Self {
        self.shrinkage = customers;
        self
    }

    /// Customers with more items than this are left out of the similarities; default `10_000`, at least 1.
    #[must_use]
    pub const fn max_history(mut self, items: usize) -> Self {
        self.max_history = items;
        self
    }

    reads_history!(rule);

    /// Fits anew what has changed since a former fit: the same model as [`fit`](Fit::fit), to the bit,
    /// for a part of the work.
    ///
    /// `former` is what the same estimator learnt from `before`; `data` may have more customers and
    /// items, after those of `before`, and other interactions of any customer. Where all weights are 1,
    /// with [`Similarity::Cosine`] or [`Similarity::Jaccard`], rows of customers are compared and
    /// neighbours found again only for items to which a customer came or which one left, and for the
    /// few others that this may have cost a neighbour; the rest are mended in place. Where customers left
    /// an item, all that share a customer with it are found again. Elsewhere it is a full fit.
    ///
    /// # Errors
    ///
    /// As [`fit`](Fit::fit); and when `former` or `before` has another number of items than the other,
    /// or `data` has fewer customers or items.
    pub fn update<I, J>(
        &self,
        data: &I,
        former: &ItemKnnModel,
        before: &J,
    ) -> Result<ItemKnnModel, Error>
    where
        I: Interactions + ?Sized,
        J: Interactions + ?Sized,
    {
        self.validate()?;
        require_items("the former model's data", former.n_items(), before.n_items())?;
        require_grown(before.n_customers(), before.n_items(), data)?;
        let (rows, n_left_out) = weighted(data, self.similarity, self.max_history)?;
        let (before, _) = weighted(before, self.similarity, self.max_history)?;
        let change = Change {
            before: &before,
            now: &rows,
            former: former.by_target(),
            similarity: self.similarity,
            shrinkage: self.shrinkage,
            k: self.n_neighbours.min(data.n_items().max(1)),
        };
        Ok(ItemKnnModel::new(change.neighbours(), self.rule, n_left_out))
    }

    fn validate(&self) -> Result<(), Error> {
        let k = self.n_neighbours;
        require(k >= 1, "n_neighbours", "at least 1", k as f64)?;
        let (shrinkage, max_history) = (self.shrinkage, self.max_history);
        let expected = "a finite number of at least 0";
        require(shrinkage.is_finite() && shrinkage >= 0.0, "shrinkage", expected, shrinkage)?;
        require(max_history >= 1, "max_history", "at least 1", max_history as f64)?;
        self.similarity.validate()?;
        self.rule.validate()
    }
}

impl<I: Interactions + ?Sized> Fit<I> for ItemKnn {
    type Model = ItemKnnModel;
    type Error = Error;

    /// Finds the neighbours.
    ///
    /// # Errors
    ///
    /// When a parameter is out of its range, or the data break the promises of [`Interactions`].
    fn fit(&self, data: &I) -> Result<ItemKnnModel, Error> {
        self.validate()?;
        let (rows, n_left_out) = weighted(data, self.similarity, self.max_history)?;
        let k = self.n_neighbours.min(data.n_items().max(1));
        let by_target = neighbours(&rows, self.similarity, self.shrinkage, k);
        Ok(ItemKnnModel::new(by_target, self.rule, n_left_out))
    }
}
