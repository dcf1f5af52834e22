//! User-based nearest neighbours.

use patronage_core::{Csr, CustomerIdx, Fit, Interactions, ItemIdx, Recommender, Request, Span};

use super::weighting::Similarity;
use crate::error::{Error, require};
use crate::explain::{Contribution, Explain, Explanation};
use crate::history::{HistoryRule, HistoryWeight};

/// User-based collaborative filtering: what is bought by the customers who buy as she does.
///
/// ```text
/// score(j) = Σ over the k customers v most similar to her of s(u, v) × [v has j]
/// ```
///
/// with `s` the [`Similarity`], the roles of customers and items changed (a term frequency is the
/// weight of an item with a customer, and items that everybody has say little), times the
/// [`shrinkage`](Self::shrinkage) `c / (c + λ)`, `c` being the number of items both have. Only
/// similarities above 0 make neighbours; ties go to the lower customer. A customer of training is not
/// her own neighbour.
///
/// Nothing is computed ahead: fitting is O(interactions), and a request costs O(Σ over her items of
/// their customers + customers + items of her neighbours). Memory is 16 bytes an interaction: never
/// customers × customers.
///
/// **Degenerate input.** For an empty history, or one of unknown items alone, every score is 0.
///
/// ```
/// use patronage_core::{Csr, Fit, HistoryEntry, InteractionTable, ItemFilter, ItemIdx, Recommender, Request, Timestamp};
/// use patronage_recommend::UserKnn;
///
/// // Customer 0 has items 0 and 1, customer 1 has items 0 and 2, customer 2 has item 3.
/// let bought = [(0, 0, 1.0), (0, 1, 1.0), (1, 0, 1.0), (1, 2, 1.0), (2, 3, 1.0)];
/// let interactions = InteractionTable::new(Csr::from_entries(3, 4, &bought, |_, _| {})?)?;
/// let model = UserKnn::new(50).fit(&interactions)?;
///
/// let history = HistoryEntry::from_items(&[ItemIdx::new(0), ItemIdx::new(1)]);
/// let request = Request { history: &history, customer: None, as_of: Timestamp::from_seconds(9) };
/// let best = model.top_k(&request, 1, &ItemFilter::default());
/// // Of customer 1, half of whose items she has.
/// assert_eq!((best[0].item.get(), best[0].score), (2, 0.5));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # References
///
/// - P. Resnick, N. Iacovou, M. Suchak, P. Bergstrom, J. Riedl (1994), "GroupLens: an open architecture
///   for collaborative filtering of netnews".
/// - F. Aiolli (2013), "Efficient top-N recommendation for very large scale binary rated datasets".
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct UserKnn {
    n_neighbours: usize,
    similarity: Similarity,
    shrinkage: f64,
    rule: HistoryRule,
}

impl UserKnn {
    /// The `n_neighbours` customers most alike (at least 1, usually 50 to 500), by cosine.
    #[must_use]
    pub const fn new(n_neighbours: usize) -> Self {
        Self {
            n_neighbours,
            similarity: Similarity::Cosine,
            shrinkage: 0.0,
            rule: HistoryRule { weight: HistoryWeight::Binary, half_life: None },
        }
    }

    /// How alike two customers are; default [`Similarity::Cosine`].
    #[must_use]
    pub const fn similarity(mut self, similarity: Similarity) -> Self {
        self.similarity = similarity;
        self
    }

    /// How many items in common it takes to believe half of a similarity; default `0`, at least 0.
    #[must_use]
    pub const fn shrinkage(mut self, items: f64) -> Self {
        self.shrinkage = items;
        self
    }

    /// What repeated purchases of one item weigh in a request; default [`HistoryWeight::Binary`].
    #[must_use]
    pub const fn history(mut self, weight: HistoryWeight) -> Self {
        self.rule.weight = weight;
        self
    }

    /// An entry of a request's history this long before its `as_of` counts half; by default none fades.
    #[must_use]
    pub const fn half_life(mut self, half_life: Span) -> Self {
        self.rule.half_life = Some(half_life);
        self
    }

    fn validate(&self) -> Result<(), Error> {
        let k = self.n_neighbours;
        require(k >= 1, "n_neighbours", "at least 1", k as f64)?;
        let (shrinkage, expected) = (self.shrinkage, "a finite number of at least 0");
        require(shrinkage.is_finite() && shrinkage >= 0.0, "shrinkage", expected, shrinkage)?;
        self.similarity.validate()?;
        self.rule.validate()
    }

    /// Whether a weight counts as an interaction.
    fn counts(&self, weight: f32) -> bool {
        weight > 0.0 || (weight < 0.0 && self.similarity == Similarity::Cosine)
    }
}

impl<I: Interactions + ?Sized> Fit<I> for UserKnn {
    type Model = UserKnnModel;
    type Error = Error;

    /// Takes the interactions in.
    ///
    /// # Errors
    ///
    /// When a parameter is out of its range, or the data break the promises of [`Interactions`].
    fn fit(&self, data: &I) -> Result<UserKnnModel, Error> {
        self.validate()?;
        let (mut starts, mut columns, mut values) = (vec![0], Vec::new(), Vec::new());
        for customer in CustomerIdx::all(data.n_customers()) {
            let row = data.row(customer);
            for (item, &weight) in row.items().iter().zip(row.weights()) {
                if self.counts(weight) {
                    columns.push(item.get());
                    values.push(weight);
                }
            }
            starts.push(columns.len());
        }
        Ok(UserKnnModel::build(*self, Csr::new(data.n_items(), starts, columns, values)?))
    }
}

/// Everybody's interactions, ready to be compared with; learnt by [`UserKnn`].
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
    fn build(of: UserKnn, by_customer: Csr<f32>) -> Self {
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
