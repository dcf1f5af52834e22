//! Factors of features, learnt.

use patronage_core::{
    CustomerIdx, FeatureRow, ItemFilter, ItemIdx, Recommender, Request, ScoredItem,
};

use super::featured::length;
use super::model::PairwiseModel;
use crate::error::{Error, ErrorKind, out_of_range};
use crate::linear::Rows;

/// Factors of customers and items as sums over their features, learnt by [`FeatureMf`](crate::FeatureMf).
#[derive(Clone, Debug, PartialEq)]
pub struct FeatureMfModel {
    /// The sums.
    model: PairwiseModel,
    /// The means of customers' and of items' own factors; empty where they have none.
    own: [Vec<f32>; 2],
    /// The factors of customers' features.
    customers: Rows,
    /// The factors and biases of items' features.
    items: Rows,
}

impl FeatureMfModel {
    pub(super) fn from_parts(
        model: PairwiseModel,
        own: [Vec<f32>; 2],
        customers: Rows,
        items: Rows,
    ) -> Result<Self, Error> {
        // Refuses NaN too.
        let mut all = customers.all().iter().chain(items.all()).chain(own.iter().flatten());
        if !all.all(|x| x.abs() <= 1e15) {
            return Err(ErrorKind::NotFinite { what: "factors of features" }.into());
        }
        Ok(Self { model, own, customers, items })
    }

    /// The factors of customers and items, as if they had been learnt without features.
    #[must_use]
    pub const fn factors(&self) -> &PairwiseModel {
        &self.model
    }

    /// The factors of a customer's feature, and 0.
    ///
    /// # Panics
    ///
    /// When there is no such feature.
    #[must_use]
    pub fn customer_feature(&self, feature: usize) -> &[f32] {
        self.customers.values(feature)
    }

    /// The factors of an item's feature, its bias last.
    ///
    /// # Panics
    ///
    /// When there is no such feature.
    #[must_use]
    pub fn item_feature(&self, feature: usize) -> &[f32] {
        self.items.values(feature)
    }

    /// The factors of a customer who is not in the data, from her features; and 1.
    ///
    /// # Errors
    ///
    /// When a feature is none of those learnt, or not finite.
    pub fn customer(&self, features: FeatureRow<'_>) -> Result<Vec<f32>, Error> {
        let mut x = self.sum("features of a customer", &self.customers, features, &self.own[0])?;
        x[self.model.n_factors()] = 1.0;
        Ok(x)
    }

    /// The factors and the bias of an item that is not in the data, from its features. Its score is the
    /// product with a customer's.
    ///
    /// # Errors
    ///
    /// When a feature is none of those learnt, or not finite.
    pub fn item(&self, features: FeatureRow<'_>) -> Result<Vec<f32>, Error> {
        self.sum("features of an item", &self.items, features, &self.own[1])
    }

    fn sum(
        &self,
        what: &'static str,
        rows: &Rows,
        features: FeatureRow<'_>,
        own: &[f32],
    ) -> Result<Vec<f32>, Error> {
        let length = length(what, 0, Some(features), !own.is_empty())?;
        let mut out = vec![0.0_f32; self.model.n_factors() + 1];
        let weight = (1.0 / length) as f32;
        out.iter_mut().zip(own).for_each(|(out, &e)| *out = weight * e);
        let mut beyond = None;
        features.for_each(|feature, value| {
            if feature >= rows.n() {
                beyond = Some(feature);
                return;
            }
            let weight = (f64::from(value) / length) as f32;
            out.iter_mut().zip(rows.values(feature)).for_each(|(out, &e)| *out += weight * e);
        });
        match beyond {
            None => Ok(out),
            Some(found) => Err(out_of_range(what, rows.n(), found)),
        }
    }

    /// The factors of whoever asks: learnt from the history, from those of her features on.
    #[must_use]
    pub fn fold_in(&self, request: &Request<'_>) -> Vec<f32> {
        self.factors_of(request).values(0).to_vec()
    }

    /// Scores for somebody who starts from the given factors, such as [`customer`](Self::customer) gives.
    ///
    /// # Panics
    ///
    /// When there are more factors than the model has (and one), or the slice is not of length `n_items`.
    pub fn scores_from(&self, factors: &[f32], request: &Request<'_>, out: &mut [f32]) {
        self.model.scores_of(&self.model.factors_from(request, Some(factors)), out);
    }

    /// The `k` best items for somebody who starts from the given factors.
    ///
    /// # Panics
    ///
    /// When there are more factors than the model has (and one).
    #[must_use]
    pub fn top_k_from(
        &self,
        factors: &[f32],
        request: &Request<'_>,
        k: usize,
        filter: &ItemFilter<'_>,
    ) -> Vec<ScoredItem> {
        let x = self.model.factors_from(request, Some(factors));
        self.model.top_k_of(&x, request, k, filter)
    }

    /// The `k` items most similar to `item` by the cosine of their factors and biases, best first,
    /// ties by ascending item.
    ///
    /// # Panics
    ///
    /// When there is no such item.
    #[must_use]
    pub fn similar_items(&self, item: ItemIdx, k: usize) -> Vec<ScoredItem> {
        self.model.similar_items(item, k)
    }

    /// The `k` customers of the data most similar to whoever asks, by the cosine of their factors: best
    /// first, ties by ascending customer, herself left out.
    #[must_use]
    pub fn similar_customers(&self, request: &Request<'_>, k: usize) -> Vec<(CustomerIdx, f64)> {
        self.model.customers_near(&self.factors_of(request), request.customer, k)
    }

    fn factors_of(&self, request: &Request<'_>) -> Rows {
        let known = |customer: &CustomerIdx| customer.index() < self.model.n_customers();
        let start = request.customer.filter(known).map(|c| self.model.customer_factors(c));
        self.model.factors_from(request, start)
    }
}

impl Recommender for FeatureMfModel {
    fn n_items(&self) -> usize {
        self.model.n_items()
    }

    fn scores(&self, request: &Request<'_>, out: &mut [f32]) {
        self.model.scores_of(&self.factors_of(request), out);
    }

    fn uses_customer(&self) -> bool {
        true
    }

    fn top_k(&self, request: &Request<'_>, k: usize, filter: &ItemFilter<'_>) -> Vec<ScoredItem> {
        self.model.top_k_of(&self.factors_of(request), request, k, filter)
    }
}

#[cfg(feature = "serde")]
mod saved {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::{Error, FeatureMfModel, PairwiseModel, Rows};
    use crate::error::require_saved;

    #[derive(Deserialize, Serialize)]
    struct Repr {
        model: PairwiseModel,
        own: [Vec<f32>; 2],
        customers: Vec<f32>,
        items: Vec<f32>,
    }

    impl Serialize for FeatureMfModel {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let repr = Repr {
                model: self.model.clone(),
                own: self.own.clone(),
                customers: self.customers.to_values(),
                items: self.items.to_values(),
            };
            repr.serialize(serializer)
        }
    }

    impl TryFrom<Repr> for FeatureMfModel {
        type Error = Error;

        fn try_from(repr: Repr) -> Result<Self, Error> {
            let Repr { model, own, customers, items } = repr;
            let d = model.n_factors() + 1;
            let whole = customers.len().is_multiple_of(d) && items.len().is_multiple_of(d);
            require_saved(whole, "as many factors for each feature")?;
            let means = own.iter().all(|mean| mean.is_empty() || mean.len() == d);
            require_saved(means, "a mean of as many factors, or none")?;
            let [customers, items] = [customers, items].map(|values| Rows::from_values(d, &values));
            Self::from_parts(model, own, customers, items)
        }
    }

    impl<'de> Deserialize<'de> for FeatureMfModel {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            Repr::deserialize(deserializer)?.try_into().map_err(serde::de::Error::custom)
        }
    }

    impl patronage_core::SavedModel for FeatureMfModel {
        const TAG: &'static str = "recommend/feature-mf";
        const VERSION: u32 = 1;
    }
}
