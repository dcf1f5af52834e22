//! One way from a learnt taste to ratings and scores.

use patronage_core::{CustomerIdx, Request};

use super::scale::RatingScale;

/// A model that knows a customer's taste from training, or makes one from a history.
pub(super) trait Tasting: Send + Sync {
    /// What the model must know of somebody to rate for her.
    type Taste<'a>
    where
        Self: 'a;

    fn rating_scale(&self) -> RatingScale;

    fn n_items(&self) -> usize;

    /// What training found of a customer who rated something.
    fn learnt(&self, customer: CustomerIdx) -> Option<Self::Taste<'_>>;

    /// What the ratings of somebody else tell, which may be none.
    fn folded(&self, rated: &[(usize, f64)]) -> Self::Taste<'_>;

    /// The expected rating of an item, not yet brought onto the scale.
    fn expected(&self, taste: &Self::Taste<'_>, item: usize) -> f64;

    /// The expected rating of an item nobody knows.
    fn expected_of_unknown(&self, taste: &Self::Taste<'_>) -> f64;

    /// The taste of whoever asks: learnt, or told by the history's ratings.
    fn taste_of_request(&self, request: &Request<'_>) -> Self::Taste<'_> {
        request.customer.and_then(|customer| self.learnt(customer)).unwrap_or_else(|| {
            self.folded(&super::data::read(request, self.n_items(), self.rating_scale()))
        })
    }

    /// The taste that a pair is rated by.
    fn taste_of(&self, customer: Option<CustomerIdx>) -> Self::Taste<'_> {
        customer.and_then(|customer| self.learnt(customer)).unwrap_or_else(|| self.folded(&[]))
    }
}

/// Implements the traits of the shared vocabulary for a [`Tasting`] model.
macro_rules! serve {
    ($model:ty) => {
        impl patronage_core::RatingPredictor for $model {
            fn scale(&self) -> (f64, f64) {
                let scale = $crate::ratings::serve::Tasting::rating_scale(self);
                (scale.low(), scale.high())
            }

            fn rating(
                &self,
                customer: Option<patronage_core::CustomerIdx>,
                item: Option<patronage_core::ItemIdx>,
            ) -> f64 {
                use $crate::ratings::serve::Tasting;
                let taste = self.taste_of(customer);
                let item = item.filter(|item| item.index() < Tasting::n_items(self));
                let rating = match item {
                    Some(item) => self.expected(&taste, item.index()),
                    None => self.expected_of_unknown(&taste),
                };
                self.rating_scale().clip(rating)
            }
        }

        /// A score is the expected rating, not brought onto the scale, so that items beyond its end
        /// still have an order. The weights of a history are ratings.
        impl patronage_core::Recommender for $model {
            fn n_items(&self) -> usize {
                $crate::ratings::serve::Tasting::n_items(self)
            }

            fn uses_customer(&self) -> bool {
                true
            }

            fn scores(&self, request: &patronage_core::Request<'_>, out: &mut [f32]) {
                use $crate::ratings::serve::Tasting;
                let taste = self.taste_of_request(request);
                for (item, score) in out.iter_mut().enumerate() {
                    *score = self.expected(&taste, item) as f32;
                }
            }
        }
    };
}

pub(super) use serve;
