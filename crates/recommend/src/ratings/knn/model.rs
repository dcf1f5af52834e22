//! Neighbours that speak for ratings, learnt.

use patronage_core::{Csr, CustomerIdx, ItemIdx, Request, ScoredItem, rank};

#[cfg(feature = "serde")]
use super::saved::Repr;
use super::similarity::{RatingSimilarity, Sides, greatest};
use super::{Centre, Neighbours, RatingKnn};
use crate::ratings::baseline::Biases;
use crate::ratings::data::{Ratings, row};
use crate::ratings::scale::RatingScale;
use crate::ratings::serve::{Tasting, serve};

/// How the model was asked to be.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub(super) struct Manner {
    pub(super) k: usize,
    pub(super) scale: RatingScale,
    pub(super) neighbours: Neighbours,
    pub(super) similarity: RatingSimilarity,
    pub(super) centre: Centre,
    pub(super) min_support: u32,
    pub(super) most_similar: usize,
    /// Of the baseline, for customers who did not train.
    pub(super) regularisation: f64,
}

/// Ratings and similarities, learnt by [`RatingKnn`].
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Repr", into = "Repr"))]
pub struct RatingKnnModel {
    pub(super) manner: Manner,
    pub(super) ratings: Ratings,
    pub(super) biases: Biases,
    /// Of each customer or item, those similar to it: index and similarity, ascending by index.
    pub(super) similar: Vec<Vec<(u32, f32)>>,
    /// Mean and standard deviation of each customer's or item's ratings, on the side that is compared.
    spread: Vec<(f64, f64)>,
    /// For customers who did not train.
    sides: Option<std::sync::Arc<Sides>>,
}

impl PartialEq for RatingKnnModel {
    fn eq(&self, other: &Self) -> bool {
        // All else follows from these.
        self.manner == other.manner
            && self.ratings.by_customer == other.ratings.by_customer
            && self.biases == other.biases
            && self.similar == other.similar
    }
}

impl std::fmt::Debug for Sides {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sides").finish_non_exhaustive()
    }
}

/// Mean and standard deviation of a row; of one that does not vary, the deviation is `overall`.
fn spread(
    rated: impl ExactSizeIterator<Item = (usize, f64)> + Clone,
    overall: (f64, f64),
) -> (f64, f64) {
    let n = rated.len() as f64;
    if n == 0.0 {
        return overall;
    }
    let mean = rated.clone().map(|(_, rating)| rating).sum::<f64>() / n;
    let deviation = (rated.map(|(_, r)| (r - mean).powi(2)).sum::<f64>() / n).sqrt();
    (mean, if deviation > 0.0 { deviation } else { overall.1 })
}

impl RatingKnnModel {
    pub(super) fn new(
        of: &RatingKnn,
        by_customer: Csr<f32>,
        biases: Biases,
        similar: Vec<Vec<(u32, f32)>>,
    ) -> Self {
        let manner = Manner {
            k: of.k,
            scale: of.scale,
            neighbours: of.neighbours,
            similarity: of.similarity,
            centre: of.centre,
            min_support: of.min_support,
            most_similar: of.most_similar,
            regularisation: of.baseline.of_customers(),
        };
        Self::build(manner, by_customer, biases, similar)
    }

    pub(super) fn build(
        manner: Manner,
        by_customer: Csr<f32>,
        biases: Biases,
        similar: Vec<Vec<(u32, f32)>>,
    ) -> Self {
        let by_item = by_customer.transpose();
        let ratings = Ratings { mean: biases.mean, by_customer, by_item };
        let all = ratings.by_customer.values().iter().map(|&r| f64::from(r)).enumerate();
        let overall = spread(all, (ratings.mean, 1.0));
        let own = match manner.neighbours {
            Neighbours::Customers => &ratings.by_customer,
            Neighbours::Items => &ratings.by_item,
        };
        let spread = (0..own.n_rows()).map(|at| spread(row(own, at), overall)).collect();
        let sides = (manner.neighbours == Neighbours::Customers).then(|| {
            std::sync::Arc::new(Sides::of(&ratings, &biases, manner.neighbours, manner.similarity))
        });
        Self { manner, ratings, biases, similar, spread, sides }
    }

    /// The `k` items most similar to `item`, best first, ties by ascending item; of neighbouring
    /// customers none.
    ///
    /// # Panics
    ///
    /// When there is no such item.
    #[must_use]
    pub fn similar_items(&self, item: ItemIdx, k: usize) -> Vec<ScoredItem> {
        if self.manner.neighbours != Neighbours::Items {
            return Vec::new();
        }
        let mut similar: Vec<ScoredItem> = self.similar[item.index()]
            .iter()
            .map(|&(item, score)| ScoredItem { item: ItemIdx::new(item), score })
            .collect();
        similar.sort_unstable_by(rank);
        similar.truncate(k);
        similar
    }

    /// The `k` customers most similar to whoever asks with their similarities, best first, ties by
    /// ascending customer; of neighbouring items none.
    #[must_use]
    pub fn similar_customers(&self, request: &Request<'_>, k: usize) -> Vec<(CustomerIdx, f64)> {
        let taste = self.taste_of_request(request);
        let mut similar: Vec<(CustomerIdx, f64)> = taste
            .similar
            .iter()
            .map(|&(customer, similarity)| (CustomerIdx::new(customer), f64::from(similarity)))
            .collect();
        similar.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        similar.truncate(k);
        similar
    }

    /// The weighted mean of what the nearest among `voters` (index, similarity, centred rating) say;
    /// `None` without any.
    fn vote(&self, mut voters: Vec<(u32, f32, f64)>) -> Option<f64> {
        if voters.len() > self.manner.k {
            let by_similarity =
                |a: &(u32, f32, f64), b: &(u32, f32, f64)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
            voters.select_nth_unstable_by(self.manner.k, by_similarity);
            voters.truncate(self.manner.k);
            voters.sort_unstable_by_key(|&(index, ..)| index);
        }
        let weights: f64 = voters.iter().map(|&(_, s, _)| f64::from(s)).sum();
        let sum: f64 = voters.iter().map(|&(_, s, rating)| f64::from(s) * rating).sum();
        (weights > 0.0).then(|| sum / weights)
    }
}

/// What the model must know of somebody.
#[derive(Debug)]
pub(in crate::ratings) struct Taste<'a> {
    rated: Vec<(usize, f64)>,
    bias: f64,
    spread: (f64, f64),
    /// Similar customers, where those speak.
    similar: std::borrow::Cow<'a, [(u32, f32)]>,
}

/// Pairs of equal index of two ascending lists.
fn common<'a, T: Copy>(
    similar: &'a [(u32, f32)],
    others: impl Iterator<Item = (usize, T)> + 'a,
) -> impl Iterator<Item = (u32, f32, T)> + 'a {
    let mut at = 0;
    others.filter_map(move |(index, value)| {
        while similar.get(at).is_some_and(|&(own, _)| (own as usize) < index) {
            at += 1;
        }
        let &(own, similarity) = similar.get(at)?;
        (own as usize == index).then_some((own, similarity, value))
    })
}

impl Tasting for RatingKnnModel {
    type Taste<'a> = Taste<'a>;

    fn rating_scale(&self) -> RatingScale {
        self.manner.scale
    }

    fn n_items(&self) -> usize {
        self.ratings.n_items()
    }

    fn learnt(&self, customer: CustomerIdx) -> Option<Taste<'_>> {
        let at = customer.index();
        let known = at < self.ratings.n_customers();
        let rated: Vec<_> = known.then(|| row(&self.ratings.by_customer, at))?.collect();
        if rated.is_empty() {
            return None;
        }
        let (similar, spread): (&[_], _) = match self.manner.neighbours {
            Neighbours::Customers => (&self.similar[at], self.spread[at]),
            Neighbours::Items => (&[], (0.0, 1.0)),
        };
        let bias = self.biases.customers[at];
        Some(Taste { rated, bias, spread, similar: similar.into() })
    }

    fn folded(&self, rated: &[(usize, f64)]) -> Taste<'_> {
        let bias = self.biases.fold(rated, self.manner.regularisation);
        let overall = (self.ratings.mean, 1.0);
        let mut similar = Vec::new();
        if let Some(sides) = self.sides.as_deref().filter(|_| !rated.is_empty()) {
            let Manner { similarity, min_support, most_similar, .. } = self.manner;
            let centred = rated.iter().map(|&(item, rating)| match similarity {
                RatingSimilarity::PearsonBaseline { .. } => {
                    let baseline = self.biases.mean + bias + self.biases.items[item];
                    (item, f64::from((rating - baseline) as f32))
                }
                _ => (item, rating),
            });
            let found = sides.one(centred, None, similarity, min_support, &mut sides.sums());
            similar = greatest(found, most_similar);
        }
        let spread = spread(rated.iter().copied(), overall);
        Taste { rated: rated.to_vec(), bias, spread, similar: similar.into() }
    }

    fn expected(&self, taste: &Taste<'_>, item: usize) -> f64 {
        let Biases { mean, customers, items } = &self.biases;
        let centre = self.manner.centre;
        match self.manner.neighbours {
            Neighbours::Customers => {
                let voters = common(&taste.similar, row(&self.ratings.by_item, item));
                let centred = voters.map(|(other, similarity, rating)| {
                    let (of, deviation) = self.spread[other as usize];
                    let value = match centre {
                        Centre::Zero => rating,
                        Centre::Mean => rating - of,
                        Centre::ZScore => (rating - of) / deviation,
                        Centre::Baseline => rating - mean - customers[other as usize] - items[item],
                    };
                    (other, similarity, value)
                });
                let vote = self.vote(centred.collect());
                match centre {
                    Centre::Zero => vote.unwrap_or(taste.spread.0),
                    Centre::Mean => taste.spread.0 + vote.unwrap_or(0.0),
                    Centre::ZScore => taste.spread.0 + taste.spread.1 * vote.unwrap_or(0.0),
                    Centre::Baseline => mean + taste.bias + items[item] + vote.unwrap_or(0.0),
                }
            }
            Neighbours::Items => {
                let voters = common(&self.similar[item], taste.rated.iter().copied());
                let centred = voters.map(|(other, similarity, rating)| {
                    let (of, deviation) = self.spread[other as usize];
                    let value = match centre {
                        Centre::Zero => rating,
                        Centre::Mean => rating - of,
                        Centre::ZScore => (rating - of) / deviation,
                        Centre::Baseline => rating - mean - taste.bias - items[other as usize],
                    };
                    (other, similarity, value)
                });
                let vote = self.vote(centred.collect());
                let (of, deviation) = self.spread[item];
                match centre {
                    Centre::Zero => vote.unwrap_or(of),
                    Centre::Mean => of + vote.unwrap_or(0.0),
                    Centre::ZScore => of + deviation * vote.unwrap_or(0.0),
                    Centre::Baseline => mean + taste.bias + items[item] + vote.unwrap_or(0.0),
                }
            }
        }
    }

    fn expected_of_unknown(&self, taste: &Taste<'_>) -> f64 {
        self.biases.mean + taste.bias
    }
}

serve!(RatingKnnModel);
