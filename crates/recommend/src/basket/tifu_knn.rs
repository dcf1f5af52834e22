//! What she usually buys, and what those buy who buy alike.

use patronage_core::{Csr, Fit, Purchases};

use super::baskets::of_all;
use super::tifu_model::TifuKnnModel;
use crate::error::{Error, require};

/// Next-basket recommendation from personal frequencies that fade, and from those of neighbours
/// (temporal-item-frequency-based user-kNN).
///
/// Baskets are put into groups of [`group_size`](Self::group_size), counted from the last; with `G`
/// groups, of which group `g` has `n(g)` baskets,
///
/// ```text
/// v(u) = 1/G Σ over groups g of r_g^(G − g) × 1/n(g) Σ over its baskets b of r_b^(n(g) − b) × items of b
/// score(j) = α v(u, j) + (1 − α) × [ (1 − ε) × mean over the k nearest customers n of v(n, j) + ε × mean over all of v(·, j) ]
/// ```
///
/// Nearest are those of the least Euclidean distance between their `v` (ties to the lower index);
/// a customer of training is not her own neighbour. The share `ε` for everybody orders what no
/// neighbour bought.
///
/// Fitting takes O(lines log lines of one customer); 8 bytes for each customer and item she bought,
/// twice. A request takes O(Σ over her items of their customers + items). Without a history the
/// neighbours are those who bought least, so everybody's mean decides instead.
///
/// # References
///
/// H. Hu, X. He, J. Gao, Z. Zhang (2020), "Modeling personalized item frequency information for
/// next-basket recommendation".
///
/// # Examples
///
/// ```
/// use patronage_core::{CustomerIdx, Fit, HistoryEntry, ItemFilter, ItemIdx, Line, Money, OrderIdx, PurchaseTable, Recommender, Request, Seen, Timestamp};
/// use patronage_recommend::TifuKnn;
///
/// // Customers 0 and 1 buy bread (0) and milk (1), customer 2 buys nails (2).
/// let mut table = PurchaseTable::builder();
/// for (customer, items) in [(0, vec![0, 1]), (1, vec![0, 1]), (2, vec![2])] {
///     for item in items {
///         table.push(CustomerIdx::new(customer), Line {
///             at: Timestamp::from_seconds(1),
///             order: OrderIdx::new(customer),
///             item: Some(ItemIdx::new(item)),
///             quantity: 1.0,
///             amount: Money::from_units(1),
///         });
///     }
/// }
/// let model = TifuKnn::new().k(2).fit(&table.build()?)?;
/// let history = HistoryEntry::from_items(&[ItemIdx::new(0)]);
/// let request = Request { history: &history, customer: None, as_of: Timestamp::from_seconds(9) };
/// let best = model.top_k(&request, 2, &ItemFilter::seen(Seen::Allow));
/// assert_eq!([best[0].item.get(), best[1].item.get()], [0, 1]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TifuKnn {
    pub(super) group_size: usize,
    pub(super) basket_decay: f64,
    pub(super) group_decay: f64,
    pub(super) k: usize,
    pub(super) alpha: f64,
    pub(super) everybody: f64,
}

impl Default for TifuKnn {
    fn default() -> Self {
        Self::new()
    }
}

impl TifuKnn {
    /// 300 neighbours, whose word weighs 0.3.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            group_size: 7,
            basket_decay: 0.9,
            group_decay: 0.7,
            k: 300,
            alpha: 0.7,
            everybody: 0.01,
        }
    }

    /// The number of baskets in a group; default 7, at least 1.
    #[must_use]
    pub const fn group_size(mut self, baskets: usize) -> Self {
        self.group_size = baskets;
        self
    }

    /// `r_b`, what is left of a basket with each later one of its group; default 0.9, in (0, 1].
    #[must_use]
    pub const fn basket_decay(mut self, decay: f64) -> Self {
        self.basket_decay = decay;
        self
    }

    /// `r_g`, what is left of a group with each later one; default 0.7, in (0, 1].
    #[must_use]
    pub const fn group_decay(mut self, decay: f64) -> Self {
        self.group_decay = decay;
        self
    }

    /// The number of neighbours; default 300, at least 1.
    #[must_use]
    pub const fn k(mut self, customers: usize) -> Self {
        self.k = customers;
        self
    }

    /// `α`, the weight of her own purchases; default 0.7, in [0, 1].
    #[must_use]
    pub const fn alpha(mut self, weight: f64) -> Self {
        self.alpha = weight;
        self
    }

    /// `ε`, the share of everybody in what neighbours say; default 0.01, in [0, 1].
    #[must_use]
    pub const fn everybody(mut self, share: f64) -> Self {
        self.everybody = share;
        self
    }

    pub(super) fn validate(&self) -> Result<(), Error> {
        require(self.group_size >= 1, "group_size", "at least 1", self.group_size as f64)?;
        require(self.k >= 1, "k", "at least 1", self.k as f64)?;
        let decays = [("basket_decay", self.basket_decay), ("group_decay", self.group_decay)];
        for (name, decay) in decays {
            require(decay > 0.0 && decay <= 1.0, name, "a number in (0, 1]", decay)?;
        }
        for (name, share) in [("alpha", self.alpha), ("everybody", self.everybody)] {
            require((0.0..=1.0).contains(&share), name, "a number in [0, 1]", share)?;
        }
        Ok(())
    }

    /// The vector of baskets in time order: ascending items with their weights.
    pub(super) fn vector(&self, baskets: &[Vec<u32>]) -> Vec<(u32, f32)> {
        let mut weighted: Vec<(u32, f64)> = Vec::new();
        let n_groups = baskets.len().div_ceil(self.group_size).max(1) as f64;
        // From the last group on, so that only the first may be smaller.
        let mut faded = 1.0;
        for group in baskets.rchunks(self.group_size) {
            let mut weight = faded / n_groups / group.len() as f64;
            for basket in group.iter().rev() {
                weighted.extend(basket.iter().map(|&item| (item, weight)));
                weight *= self.basket_decay;
            }
            faded *= self.group_decay;
        }
        weighted.sort_by_key(|&(item, _)| item);
        let same = weighted.chunk_by(|a, b| a.0 == b.0);
        same.map(|same| (same[0].0, same.iter().map(|&(_, w)| w).sum::<f64>() as f32)).collect()
    }
}

impl<P: Purchases + ?Sized> Fit<P> for TifuKnn {
    type Model = TifuKnnModel;
    type Error = Error;

    /// Weighs every customer's items.
    ///
    /// # Errors
    ///
    /// When a parameter is out of its range, or the purchases name no items.
    fn fit(&self, data: &P) -> Result<TifuKnnModel, Error> {
        self.validate()?;
        let (mut starts, mut columns, mut values) = (vec![0], Vec::new(), Vec::new());
        for baskets in of_all(data)? {
            for (item, weight) in self.vector(&baskets) {
                columns.push(item);
                values.push(weight);
            }
            starts.push(columns.len());
        }
        let vectors = Csr::new(data.n_items(), starts, columns, values)?;
        Ok(TifuKnnModel::build(*self, vectors))
    }
}
