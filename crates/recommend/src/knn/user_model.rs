//! Customers to be compared with whoever asks.

use patronage_core::{Csr, CustomerIdx, ItemIdx, Recommender, Request};

use super::user_knn::UserKnn;
use super::weighting::Similarity;
#[cfg(feature = "serde")]
use crate::error::Error;
use crate::explain::{Contribution, Explain, Explanation};
#[cfg(feature = "serde")]
use crate::history::HistoryRule;

/// Everybody's interactions, ready to be compared with; learnt by [`UserKnn`](crate::UserKnn).
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Repr", into = "Repr"))]
pub struct UserKnnModel {
    of: UserKnn,
    /// Weights as they were given.
    by_customer: Csr<f32>,
    /// Weights as the similarity has them, customers within items.
    by_item: Csr<f32>,
    /// How little an item that everybody has says; 1 where the similarity does not ask.
    idf: Vec<f64>,
    /// The mean over customers of their sums of weights.
    mean_sum: f64,
    /// Of each customer the length of her weighted row.
    norms: Vec<f64>,
}

/// A neighbour and how alike she is.
#[derive(Clone, Copy)]
struct Near {
    similarity: f64,
    customer: u32,
    /// What one unit of the dot product (or of the items in common) adds to the similarity.
    unit: f64,
}

impl UserKnnModel {
    pub(super) fn build(of: UserKnn, by_customer: Csr<f32>) -> Self {
        let n_customers = by_customer.n_rows();
        let by_item = by_customer.transpose();
        let idf = (0..by_item.n_rows()).map(|item| match of.similarity {
            Similarity::TfIdf | Similarity::Bm25 { .. } => {
                (n_customers as f64 / (1 + by_item.row(item).0.len()) as f64).ln()
            }
            _ => 1.0,
        });
        let idf: Vec<f64> = idf.collect();
        let sum = |row: usize| by_customer.row(row).1.iter().map(|&w| f64::from(w)).sum::<f64>();
        let sums: Vec<f64> = (0..n_customers).map(sum).collect();
        let mean_sum = sums.iter().sum::<f64>() / n_customers.max(1) as f64;
        let mut model =
            Self { of, by_customer, by_item: by_item.clone(), idf, mean_sum, norms: Vec::new() };
        let (starts, mut values) = (by_item.starts().to_vec(), Vec::new());
        let mut columns = Vec::with_capacity(by_item.n_entries());
        let mut squares = vec![0.0; n_customers];
        for item in 0..by_item.n_rows() {
            let (customers, weights) = by_item.row(item);
            for (&customer, &weight) in customers.iter().zip(weights) {
                let weight = model.weigh(item, f64::from(weight), sums[customer as usize]) as f32;
                squares[customer as usize] += f64::from(weight).powi(2);
                columns.push(customer);
                values.push(weight);
            }
        }
        // The same places, so that it cannot fail.
        if let Ok(weighted) = Csr::new(n_customers, starts, columns, values) {
            model.by_item = weighted;
        }
        model.norms = squares.into_iter().map(f64::sqrt).collect();
        model
    }

    /// What a weight counts in the similarity, with a customer whose weights sum up to `sum`.
    fn weigh(&self, item: usize, weight: f64, sum: f64) -> f64 {
        match self.of.similarity {
            Similarity::Cosine => weight,
            Similarity::Jaccard => 1.0,
            Similarity::TfIdf => weight.sqrt() * self.idf[item],
            Similarity::Bm25 { k1, b } => {
                let length =
                    if self.mean_sum > 0.0 { 1.0 - b + b * sum / self.mean_sum } else { 1.0 };
                self.idf[item] * (weight / (weight + k1 * length)) * (k1 + 1.0)
            }
        }
    }

    /// What the request's history weighs in the similarity.
    fn own(&self, request: &Request<'_>) -> Vec<(u32, f64)> {
        let mut own = self.of.rule.read(request, self.by_item.n_rows());
        own.retain(|&(_, weight)| self.of.counts(weight));
        let sum = own.iter().map(|&(_, weight)| f64::from(weight)).sum::<f64>();
        let weigh =
            |(item, weight): (u32, f32)| (item, self.weigh(item as usize, f64::from(weight), sum));
        own.into_iter().map(weigh).collect()
    }

    /// The nearest customers, ascending.
    fn near(&self, own: &[(u32, f64)], except: Option<CustomerIdx>) -> Vec<Near> {
        let mut sums = vec![(0.0_f64, 0_u32); self.by_customer.n_rows()];
        for &(item, weight) in own {
            let (customers, others) = self.by_item.row(item as usize);
            for (&customer, &other) in customers.iter().zip(others) {
                let (dot, both) = &mut sums[customer as usize];
                *dot += weight * f64::from(other);
                *both += 1;
            }
        }
        let length = own.iter().map(|&(_, w)| w * w).sum::<f64>().sqrt();
        let near = (0_u32..).zip(&sums).filter(|&(_, &(_, both))| both > 0);
        let mut near: Vec<Near> = near
            .filter(|&(customer, _)| except.is_none_or(|except| except.get() != customer))
            .map(|(customer, &(dot, both))| {
                let unit = match self.of.similarity {
                    Similarity::Bm25 { .. } => 1.0,
                    Similarity::Jaccard => {
                        let theirs = self.by_customer.row(customer as usize).0.len();
                        1.0 / (own.len() + theirs - both as usize) as f64
                    }
                    _ => 1.0 / (length * self.norms[customer as usize]),
                };
                let unit = unit * f64::from(both) / (f64::from(both) + self.of.shrinkage);
                // Of weights that cancel or vanish nothing is left to be alike by.
                let unit = if unit.is_finite() { unit } else { 0.0 };
                Near { similarity: dot * unit, customer, unit }
            })
            .filter(|near| near.similarity > 0.0 && near.similarity.is_finite())
            .collect();
        let k = self.of.n_neighbours;
        if near.len() > k {
            near.select_nth_unstable_by(k, |a, b| {
                b.similarity.total_cmp(&a.similarity).then(a.customer.cmp(&b.customer))
            });
            near.truncate(k);
            near.sort_unstable_by_key(|near| near.customer);
        }
        near
    }

    /// The `k` customers most alike, best first with their similarities, ties by ascending customer; at
    /// most as many as were asked for at fit.
    #[must_use]
    pub fn similar_customers(&self, request: &Request<'_>, k: usize) -> Vec<(CustomerIdx, f64)> {
        let mut near = self.near(&self.own(request), request.customer);
        near.sort_by(|a, b| b.similarity.total_cmp(&a.similarity));
        near.truncate(k);
        near.into_iter().map(|near| (CustomerIdx::new(near.customer), near.similarity)).collect()
    }

    /// Whether a customer has an item.
    fn has(&self, customer: u32, item: ItemIdx) -> bool {
        let (items, weights) = self.by_customer.row(customer as usize);
        items.binary_search(&item.get()).is_ok_and(|at| weights[at] > 0.0)
    }
}

impl Recommender for UserKnnModel {
    fn n_items(&self) -> usize {
        self.by_item.n_rows()
    }

    fn uses_customer(&self) -> bool {
        true
    }

    fn scores(&self, request: &Request<'_>, out: &mut [f32]) {
        let mut scores = vec![0.0; out.len()];
        for near in self.near(&self.own(request), request.customer) {
            let (items, weights) = self.by_customer.row(near.customer as usize);
            for (&item, &weight) in items.iter().zip(weights) {
                if weight > 0.0 {
                    scores[item as usize] += near.similarity;
                }
            }
        }
        for (out, score) in out.iter_mut().zip(scores) {
            *out = score.min(f64::from(f32::MAX)) as f32;
        }
    }
}

impl Explain for UserKnnModel {
    /// What each of her items adds to the similarities of those neighbours who have the item.
    fn explain(&self, request: &Request<'_>, item: ItemIdx) -> Explanation {
        let own = self.own(request);
        let near = self.near(&own, request.customer);
        let mut contributions = Vec::new();
        for near in near.into_iter().filter(|near| self.has(near.customer, item)) {
            for &(bought, weight) in &own {
                let (customers, others) = self.by_item.row(bought as usize);
                let Ok(at) = customers.binary_search(&near.customer) else { continue };
                let amount = weight * f64::from(others[at]) * near.unit;
                contributions.push(Contribution { item: ItemIdx::new(bought), amount });
            }
        }
        Explanation::new(0.0, contributions)
    }
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize, serde::Serialize)]
struct Repr {
    n_neighbours: usize,
    similarity: Similarity,
    shrinkage: f64,
    rule: HistoryRule,
    by_customer: Csr<f32>,
}

#[cfg(feature = "serde")]
impl From<UserKnnModel> for Repr {
    fn from(model: UserKnnModel) -> Self {
        let UserKnn { n_neighbours, similarity, shrinkage, rule } = model.of;
        Self { n_neighbours, similarity, shrinkage, rule, by_customer: model.by_customer }
    }
}

#[cfg(feature = "serde")]
impl TryFrom<Repr> for UserKnnModel {
    type Error = Error;

    fn try_from(repr: Repr) -> Result<Self, Error> {
        let Repr { n_neighbours, similarity, shrinkage, rule, by_customer } = repr;
        let of = UserKnn { n_neighbours, similarity, shrinkage, rule };
        of.validate()?;
        crate::error::require_saved_size(by_customer.n_columns(), by_customer.n_entries())?;
        let holds = by_customer.values().iter().all(|&w| w.is_finite() && of.counts(w));
        crate::error::require_saved(holds, "weights that count as interactions")?;
        Ok(Self::build(of, by_customer))
    }
}

#[cfg(feature = "serde")]
impl patronage_core::SavedModel for UserKnnModel {
    const TAG: &'static str = "recommend/user-knn";
    const VERSION: u32 = 1;
}
