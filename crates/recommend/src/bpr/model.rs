//! Factors, learnt.

use patronage_core::{CustomerIdx, ItemFilter, ItemIdx, Recommender, Request, ScoredItem};

use super::pairwise::stream;
use super::steps::{Descent, Epoch, Items};
use crate::error::{Error, ErrorKind};
use crate::history::HistoryRule;
use crate::linear::{Allowed, Panels, Rows, dispatch};
use crate::similar::{nearest, nearest_customers, seen};

/// Epochs over a request's history.
const EPOCHS: usize = 50;

/// The greatest size of a factor.
const LARGEST: f32 = 1e15;

/// The stream of requests: far from those of epochs.
const REQUESTS: u64 = u64::MAX;

/// Factors and biases of items, and factors of customers, learnt by [`Bpr`](crate::Bpr) or [`Warp`](crate::Warp).
///
/// Memory is 8 bytes an item and factor and 4 a customer and factor.
#[derive(Clone, Debug)]
pub struct PairwiseModel {
    descent: Descent,
    seed: u64,
    rule: HistoryRule,
    /// The last column is the bias.
    items: Rows,
    /// The last column is 1.
    customers: Rows,
    panels: Panels,
}

impl PartialEq for PairwiseModel {
    fn eq(&self, other: &Self) -> bool {
        // The panels are derived from the items.
        self.descent == other.descent
            && self.seed == other.seed
            && self.rule == other.rule
            && self.items == other.items
            && self.customers == other.customers
    }
}

impl PairwiseModel {
    pub(super) fn from_parts(
        descent: Descent,
        seed: u64,
        rule: HistoryRule,
        items: Rows,
        customers: Rows,
    ) -> Result<Self, Error> {
        // Refuses NaN too.
        if !items.all().iter().chain(customers.all()).all(|x| x.abs() <= LARGEST) {
            return Err(ErrorKind::NotFinite { what: "factors of pairs" }.into());
        }
        let panels = Panels::new(&items);
        Ok(Self { descent, seed, rule, items, customers, panels })
    }

    pub(super) const fn items(&self) -> &Rows {
        &self.items
    }

    pub(super) const fn customers(&self) -> &Rows {
        &self.customers
    }

    /// The number of factors beside the bias.
    #[must_use]
    pub const fn n_factors(&self) -> usize {
        self.items.d() - 1
    }

    /// The number of customers it was fitted on.
    #[must_use]
    pub const fn n_customers(&self) -> usize {
        self.customers.n()
    }

    /// An item's factors, its bias last.
    ///
    /// # Panics
    ///
    /// When there is no such item.
    #[must_use]
    pub fn item_factors(&self, item: ItemIdx) -> &[f32] {
        self.items.values(item.index())
    }

    /// The factors of a customer of the training data, and 1.
    ///
    /// # Panics
    ///
    /// When there is no such customer.
    #[must_use]
    pub fn customer_factors(&self, customer: CustomerIdx) -> &[f32] {
        self.customers.values(customer.index())
    }

    /// The factors learnt for the request's history with the items held, and 1.
    #[must_use]
    pub fn fold_in(&self, request: &Request<'_>) -> Vec<f32> {
        self.factors_of(request).values(0).to_vec()
    }

    /// The `k` items most similar to `item` by the cosine of their factors and biases, best first,
    /// ties by ascending item.
    ///
    /// # Panics
    ///
    /// When there is no such item.
    #[must_use]
    pub fn similar_items(&self, item: ItemIdx, k: usize) -> Vec<ScoredItem> {
        nearest(&self.items, self.items.values(item.index()), Some(item.index()), k)
    }

    /// The `k` customers of the training data most similar to whoever asks, by the cosine of their
    /// factors with those of her history: best first, ties by ascending customer, herself left out.
    #[must_use]
    pub fn similar_customers(&self, request: &Request<'_>, k: usize) -> Vec<(CustomerIdx, f64)> {
        self.customers_near(&self.factors_of(request), request.customer, k)
    }

    /// Those most similar to the given factors; the last of them, which is 1 for all, does not count.
    pub(super) fn customers_near(
        &self,
        x: &Rows,
        except: Option<CustomerIdx>,
        k: usize,
    ) -> Vec<(CustomerIdx, f64)> {
        let mut without = Rows::zeros(self.customers.n(), self.n_factors());
        for customer in 0..without.n() {
            let n = self.n_factors();
            without.row_mut(customer)[..n].copy_from_slice(&self.customers.values(customer)[..n]);
        }
        nearest_customers(&without, &x.values(0)[..self.n_factors()], except, k)
    }

    fn factors_of(&self, request: &Request<'_>) -> Rows {
        self.factors_from(request, None)
    }

    /// The factors learnt for the request's history, from 0 or from those given.
    pub(super) fn factors_from(&self, request: &Request<'_>, start: Option<&[f32]>) -> Rows {
        let read = self.rule.read(request, self.items.n());
        let liked: Vec<u32> =
            read.into_iter().filter(|&(_, weight)| weight > 0.0).map(|(item, _)| item).collect();
        let mut x = Rows::zeros(1, self.items.d());
        if let Some(start) = start {
            x.row_mut(0)[..start.len()].copy_from_slice(start);
        }
        x.row_mut(0)[self.n_factors()] = 1.0;
        dispatch(Epoch {
            descent: self.descent,
            pairs: &mut (0..EPOCHS).flat_map(|_| liked.iter().map(|&item| (0, item))),
            items_of: &|_| &liked,
            customers: &mut x,
            items: Items::Held(&self.items),
            rng: &mut stream(self.seed, REQUESTS),
        });
        for x in x.row_mut(0) {
            *x = if x.abs() <= LARGEST { *x } else { 0.0 };
        }
        x
    }
}

impl PairwiseModel {
    pub(super) fn scores_of(&self, x: &Rows, out: &mut [f32]) {
        assert_eq!(out.len(), self.items.n(), "a score for every item");
        self.panels.scores(x.row(0), out);
    }

    pub(super) fn top_k_of(
        &self,
        x: &Rows,
        request: &Request<'_>,
        k: usize,
        filter: &ItemFilter<'_>,
    ) -> Vec<ScoredItem> {
        let seen = seen(request, filter);
        self.panels.top_k(x.row(0), k, &Allowed { seen: &seen, allow: filter.allow })
    }
}

impl Recommender for PairwiseModel {
    fn n_items(&self) -> usize {
        self.items.n()
    }

    fn scores(&self, request: &Request<'_>, out: &mut [f32]) {
        self.scores_of(&self.factors_of(request), out);
    }

    fn top_k(&self, request: &Request<'_>, k: usize, filter: &ItemFilter<'_>) -> Vec<ScoredItem> {
        self.top_k_of(&self.factors_of(request), request, k, filter)
    }
}

#[cfg(feature = "serde")]
mod saved {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::{Descent, Error, HistoryRule, PairwiseModel, Rows};
    use crate::error::require_saved;

    #[derive(Deserialize, Serialize)]
    struct Repr {
        descent: Descent,
        seed: u64,
        rule: HistoryRule,
        n_factors: usize,
        items: Vec<f32>,
        customers: Vec<f32>,
    }

    impl Serialize for PairwiseModel {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let repr = Repr {
                descent: self.descent,
                seed: self.seed,
                rule: self.rule,
                n_factors: self.n_factors(),
                items: self.items.to_values(),
                customers: self.customers.to_values(),
            };
            repr.serialize(serializer)
        }
    }

    impl TryFrom<Repr> for PairwiseModel {
        type Error = Error;

        fn try_from(repr: Repr) -> Result<Self, Error> {
            let Repr { descent, seed, rule, n_factors: d, items, customers } = repr;
            descent.validate()?;
            rule.validate()?;
            require_saved((1..=4096).contains(&d), "1 to 4096 factors")?;
            let d = d + 1;
            let whole = items.len().is_multiple_of(d) && customers.len().is_multiple_of(d);
            require_saved(whole, "as many factors for each item and customer")?;
            let ones = customers.chunks_exact(d).all(|row| row[d - 1] == 1.0);
            require_saved(ones, "1 as the last factor of each customer")?;
            let [items, customers] = [items, customers].map(|values| Rows::from_values(d, &values));
            Self::from_parts(descent, seed, rule, items, customers)
        }
    }

    impl<'de> Deserialize<'de> for PairwiseModel {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            Repr::deserialize(deserializer)?.try_into().map_err(serde::de::Error::custom)
        }
    }

    impl patronage_core::SavedModel for PairwiseModel {
        const TAG: &'static str = "recommend/pairwise";
        const VERSION: u32 = 1;
    }
}
