//! What she usually buys, and what those buy who buy alike.

use patronage_core::{Csr, CustomerIdx, Fit, ItemIdx, Purchases, Recommender, Request};

use super::baskets::{of_all, of_history};
use crate::error::{Error, require};
use crate::explain::{Contribution, Explain, Explanation};

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
    group_size: usize,
    basket_decay: f64,
    group_decay: f64,
    k: usize,
    alpha: f64,
    everybody: f64,
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

    fn validate(&self) -> Result<(), Error> {
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
    fn vector(&self, baskets: &[Vec<u32>]) -> Vec<(u32, f32)> {
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

/// Everybody's weighted items, learnt by [`TifuKnn`].
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Repr", into = "Repr"))]
pub struct TifuKnnModel {
    of: TifuKnn,
    vectors: Csr<f32>,
    by_item: Csr<f32>,
    /// The squared length of each customer's vector.
    squares: Vec<f64>,
    /// The mean of all customers' vectors.
    mean: Vec<f32>,
}

impl TifuKnnModel {
    fn build(of: TifuKnn, vectors: Csr<f32>) -> Self {
        let by_item = vectors.transpose();
        let square = |row: usize| vectors.row(row).1.iter().map(|&v| f64::from(v).powi(2)).sum();
        let squares = (0..vectors.n_rows()).map(square).collect();
        let n = vectors.n_rows().max(1) as f64;
        let sum = |item: usize| by_item.row(item).1.iter().map(|&v| f64::from(v)).sum::<f64>();
        let mean = (0..by_item.n_rows()).map(|item| (sum(item) / n) as f32).collect();
        Self { of, vectors, by_item, squares, mean }
    }

    /// The `k` nearest customers, best first, ties by ascending customer, each with `1 / (1 + distance)`;
    /// at most as many as were asked for at fit.
    #[must_use]
    pub fn similar_customers(&self, request: &Request<'_>, k: usize) -> Vec<(CustomerIdx, f64)> {
        let own = self.of.vector(&of_history(request.history, self.mean.len()));
        let mut near = self.nearest(&own, request.customer);
        near.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        near.truncate(k);
        let similarity = |square: f64| 1.0 / (1.0 + square.max(0.0).sqrt());
        near.into_iter().map(|(square, at)| (CustomerIdx::new(at), similarity(square))).collect()
    }

    /// The squared distances and indices of the nearest, in no order.
    fn nearest(&self, own: &[(u32, f32)], except: Option<CustomerIdx>) -> Vec<(f64, u32)> {
        let n = self.vectors.n_rows();
        let mut products = vec![0.0_f64; n];
        for &(item, weight) in own {
            let (customers, weights) = self.by_item.row(item as usize);
            for (&customer, &other) in customers.iter().zip(weights) {
                products[customer as usize] += f64::from(weight) * f64::from(other);
            }
        }
        let square: f64 = own.iter().map(|&(_, w)| f64::from(w).powi(2)).sum();
        let mut all: Vec<(f64, u32)> = (0..n as u32)
            .filter(|&at| except.is_none_or(|except| except.get() != at))
            .map(|at| (square + self.squares[at as usize] - 2.0 * products[at as usize], at))
            .collect();
        if all.len() > self.of.k {
            all.select_nth_unstable_by(self.of.k, |a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            all.truncate(self.of.k);
        }
        all
    }

    /// What others say of each item, times its weight.
    fn others(&self, own: &[(u32, f32)], except: Option<CustomerIdx>, out: &mut [f64]) {
        let weight = 1.0 - self.of.alpha;
        if weight == 0.0 {
            out.fill(0.0);
            return;
        }
        let everybody = if own.is_empty() { 1.0 } else { self.of.everybody };
        out.iter_mut().zip(&self.mean).for_each(|(out, &mean)| {
            *out = weight * everybody * f64::from(mean);
        });
        if everybody == 1.0 {
            return;
        }
        let mut near: Vec<u32> = self.nearest(own, except).into_iter().map(|(_, at)| at).collect();
        // In order of index, so that sums do not depend on the selection.
        near.sort_unstable();
        let each = weight * (1.0 - everybody) / near.len().max(1) as f64;
        for at in near {
            let (items, weights) = self.vectors.row(at as usize);
            for (&item, &other) in items.iter().zip(weights) {
                out[item as usize] += each * f64::from(other);
            }
        }
    }
}

impl Recommender for TifuKnnModel {
    fn n_items(&self) -> usize {
        self.mean.len()
    }

    fn uses_customer(&self) -> bool {
        true
    }

    fn scores(&self, request: &Request<'_>, out: &mut [f32]) {
        let own = self.of.vector(&of_history(request.history, self.mean.len()));
        let mut scores = vec![0.0; out.len()];
        self.others(&own, request.customer, &mut scores);
        for &(item, weight) in &own {
            scores[item as usize] += self.of.alpha * f64::from(weight);
        }
        out.iter_mut().zip(scores).for_each(|(out, score)| *out = score as f32);
    }
}

impl Explain for TifuKnnModel {
    /// Her own purchases of the item; the base is what others say.
    fn explain(&self, request: &Request<'_>, item: ItemIdx) -> Explanation {
        let own = self.of.vector(&of_history(request.history, self.mean.len()));
        let mut others = vec![0.0; self.mean.len()];
        self.others(&own, request.customer, &mut others);
        let at = own.binary_search_by_key(&item.get(), |&(item, _)| item);
        let amount = at.map_or(0.0, |at| self.of.alpha * f64::from(own[at].1));
        Explanation::new(others[item.index()], vec![Contribution { item, amount }])
    }
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize, serde::Serialize)]
struct Repr {
    group_size: usize,
    basket_decay: f64,
    group_decay: f64,
    k: usize,
    alpha: f64,
    everybody: f64,
    vectors: Csr<f32>,
}

#[cfg(feature = "serde")]
impl From<TifuKnnModel> for Repr {
    fn from(model: TifuKnnModel) -> Self {
        let TifuKnn { group_size, basket_decay, group_decay, k, alpha, everybody } = model.of;
        let vectors = model.vectors;
        Self { group_size, basket_decay, group_decay, k, alpha, everybody, vectors }
    }
}

#[cfg(feature = "serde")]
impl TryFrom<Repr> for TifuKnnModel {
    type Error = Error;

    fn try_from(repr: Repr) -> Result<Self, Error> {
        let Repr { group_size, basket_decay, group_decay, k, alpha, everybody, vectors } = repr;
        let of = TifuKnn { group_size, basket_decay, group_decay, k, alpha, everybody };
        of.validate()?;
        crate::error::require_saved_size(vectors.n_columns(), vectors.n_entries())?;
        let holds = vectors.values().iter().all(|&v| (0.0..=1e9).contains(&v));
        crate::error::require_saved(holds, "weights of at least 0")?;
        Ok(Self::build(of, vectors))
    }
}

#[cfg(feature = "serde")]
impl patronage_core::SavedModel for TifuKnnModel {
    const TAG: &'static str = "recommend/tifu-knn";
    const VERSION: u32 = 1;
}
