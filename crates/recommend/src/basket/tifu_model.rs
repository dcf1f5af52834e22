//! Everybody's usual items, to be compared with those of whoever asks.

use patronage_core::{Csr, CustomerIdx, ItemIdx, Recommender, Request};

use super::baskets::of_history;
use super::tifu_knn::TifuKnn;
#[cfg(feature = "serde")]
use crate::error::Error;
use crate::explain::{Contribution, Explain, Explanation};

/// Everybody's weighted items, learnt by [`TifuKnn`](crate::TifuKnn).
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
    pub(super) fn build(of: TifuKnn, vectors: Csr<f32>) -> Self {
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
