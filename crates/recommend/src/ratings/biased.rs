//! Biases and factors, learnt: what biased matrix factorisation and SVD++ share.

use std::borrow::Cow;

use patronage_core::CustomerIdx;

use super::baseline::Biases;
use super::factors::{Factors, dot, ridge};
use super::scale::RatingScale;
#[cfg(feature = "serde")]
use crate::error::{Error, require_saved};

/// Ratings as a mean, biases of customers and items, and the product of their factors.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct BiasedFactors {
    pub(super) scale: RatingScale,
    pub(super) regularisation: f64,
    pub(super) biases: Biases,
    pub(super) customers: Factors,
    pub(super) items: Factors,
    pub(super) training_rmse: Vec<f64>,
}

/// Somebody's bias and factors.
#[derive(Debug)]
pub(super) struct Taste<'a> {
    pub(super) bias: f64,
    pub(super) factors: Cow<'a, [f64]>,
}

impl BiasedFactors {
    pub(super) fn n_items(&self) -> usize {
        self.biases.items.len()
    }

    /// What training found of a customer who rated something.
    pub(super) fn learnt(&self, customer: CustomerIdx) -> Option<Taste<'_>> {
        let bias = *self.biases.customers.get(customer.index())?;
        let factors = || self.customers.row(customer.index()).into();
        // Whoever rated has a bias that is not exactly 0.
        (bias != 0.0).then(|| Taste { bias, factors: factors() })
    }

    /// The bias and the factors that fit ratings best, beside what is `explained` of each item's already.
    pub(super) fn fold(
        &self,
        rated: &[(usize, f64)],
        explained: impl Fn(usize) -> f64,
    ) -> Taste<'static> {
        let width = self.items.width;
        if rated.is_empty() {
            return Taste { bias: 0.0, factors: Cow::Owned(vec![0.0; width]) };
        }
        let with_one = |&(item, _): &(usize, f64)| {
            let mut row = Vec::with_capacity(width + 1);
            row.push(1.0);
            row.extend_from_slice(self.items.row(item));
            row
        };
        let left = |&(item, rating): &(usize, f64)| {
            rating - self.biases.mean - self.biases.items[item] - explained(item)
        };
        let x: Vec<Vec<f64>> = rated.iter().map(with_one).collect();
        let y: Vec<f64> = rated.iter().map(left).collect();
        let mut weights = ridge(&x, &y, self.regularisation * rated.len() as f64);
        let bias = weights.remove(0);
        Taste { bias, factors: Cow::Owned(weights) }
    }

    pub(super) fn expected(&self, taste: &Taste<'_>, item: usize) -> f64 {
        let biases = self.biases.mean + taste.bias + self.biases.items[item];
        biases + dot(self.items.row(item), &taste.factors)
    }

    pub(super) fn expected_of_unknown(&self, taste: &Taste<'_>) -> f64 {
        self.biases.mean + taste.bias
    }

    /// Refuses what contradicts itself.
    #[cfg(feature = "serde")]
    pub(super) fn check(&self) -> Result<(), Error> {
        self.biases.check()?;
        let width = self.customers.width;
        self.customers.check(self.biases.customers.len(), width)?;
        self.items.check(self.biases.items.len(), width)?;
        let holds = (0.0..=1e9).contains(&self.regularisation)
            && self.training_rmse.iter().all(|rmse| rmse.is_finite());
        require_saved(holds, "a regularisation and errors that are finite")
    }
}

/// The methods that both models have, and their [`Tasting`](super::serve::Tasting) but for how a
/// history is folded in.
macro_rules! biased {
    ($model:ty) => {
        impl $model {
            /// The factors of an item, `q(i)`; 0 where nobody rated it.
            ///
            /// # Panics
            ///
            /// When there is no such item.
            #[must_use]
            pub fn item_factors(&self, item: patronage_core::ItemIdx) -> &[f64] {
                self.of.items.row(item.index())
            }

            /// The `k` items most similar to `item` by the cosine of their factors, best first, ties by
            /// ascending item; items nobody rated are similar to none.
            ///
            /// # Panics
            ///
            /// When there is no such item.
            #[must_use]
            pub fn similar_items(
                &self,
                item: patronage_core::ItemIdx,
                k: usize,
            ) -> Vec<patronage_core::ScoredItem> {
                assert!(item.index() < self.of.n_items(), "{item} is one of the model's");
                self.of.items.similar(item.index(), k)
            }

            /// The `k` customers of the training data most similar to whoever asks, by the cosine of their
            /// factors, best first, ties by ascending customer, herself left out; those who rated nothing
            /// are similar to none.
            #[must_use]
            pub fn similar_customers(
                &self,
                request: &patronage_core::Request<'_>,
                k: usize,
            ) -> Vec<(patronage_core::CustomerIdx, f64)> {
                let taste = $crate::ratings::serve::Tasting::taste_of_request(self, request);
                self.of.customers.similar_customers(&taste.factors, request.customer, k)
            }

            /// The root mean squared error over each epoch, of ratings as they were met.
            #[must_use]
            pub fn training_rmse(&self) -> &[f64] {
                &self.of.training_rmse
            }
        }

        impl $crate::ratings::serve::Tasting for $model {
            type Taste<'a> = $crate::ratings::biased::Taste<'a>;

            fn rating_scale(&self) -> $crate::ratings::scale::RatingScale {
                self.of.scale
            }

            fn n_items(&self) -> usize {
                self.of.n_items()
            }

            fn learnt(&self, customer: patronage_core::CustomerIdx) -> Option<Self::Taste<'_>> {
                self.of.learnt(customer)
            }

            fn folded(&self, rated: &[(usize, f64)]) -> Self::Taste<'_> {
                self.fold(rated)
            }

            fn expected(&self, taste: &Self::Taste<'_>, item: usize) -> f64 {
                self.of.expected(taste, item)
            }

            fn expected_of_unknown(&self, taste: &Self::Taste<'_>) -> f64 {
                self.of.expected_of_unknown(taste)
            }
        }
    };
}

pub(super) use biased;
