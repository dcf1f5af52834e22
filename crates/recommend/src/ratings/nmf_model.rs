//! Parts that add up to ratings, learnt.

use std::borrow::Cow;

use patronage_core::{CustomerIdx, ItemIdx, Request, ScoredItem};

use super::factors::{Factors, dot};
use super::nmf::updated;
use super::scale::RatingScale;
use super::serve::{Tasting, serve};
#[cfg(feature = "serde")]
use crate::error::Error;

/// Sweeps that find the factors of somebody who did not train.
const FOLDING: usize = 50;

/// Factors of at least 0, learnt by [`Nmf`](crate::Nmf).
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Repr"))]
pub struct NmfModel {
    pub(super) scale: RatingScale,
    pub(super) mean: f64,
    pub(super) regularisation: f64,
    pub(super) p: Factors,
    pub(super) q: Factors,
}

impl NmfModel {
    /// The factors of an item, `q(i)`; 0 where nobody rated it.
    ///
    /// # Panics
    ///
    /// When there is no such item.
    #[must_use]
    pub fn item_factors(&self, item: ItemIdx) -> &[f64] {
        self.q.row(item.index())
    }

    /// The `k` items most similar to `item` by the cosine of their factors, best first, ties by
    /// ascending item; items nobody rated are similar to none.
    ///
    /// # Panics
    ///
    /// When there is no such item.
    #[must_use]
    pub fn similar_items(&self, item: ItemIdx, k: usize) -> Vec<ScoredItem> {
        assert!(item.index() < self.n_items(), "{item} is one of the model's");
        self.q.similar(item.index(), k)
    }

    /// The `k` customers of the training data most similar to whoever asks, by the cosine of their
    /// factors, best first, ties by ascending customer, herself left out; those who rated nothing are
    /// similar to none.
    #[must_use]
    pub fn similar_customers(&self, request: &Request<'_>, k: usize) -> Vec<(CustomerIdx, f64)> {
        self.p.similar_customers(&self.taste_of_request(request), request.customer, k)
    }

    fn is_unknown(factors: &[f64]) -> bool {
        factors.iter().all(|&factor| factor == 0.0)
    }
}

impl Tasting for NmfModel {
    type Taste<'a> = Cow<'a, [f64]>;

    fn rating_scale(&self) -> RatingScale {
        self.scale
    }

    fn n_items(&self) -> usize {
        self.q.values.len() / self.q.width.max(1)
    }

    fn learnt(&self, customer: CustomerIdx) -> Option<Cow<'_, [f64]>> {
        let n = self.p.values.len() / self.p.width.max(1);
        let own = (customer.index() < n).then(|| self.p.row(customer.index()))?;
        (!Self::is_unknown(own)).then_some(own.into())
    }

    fn folded(&self, rated: &[(usize, f64)]) -> Cow<'_, [f64]> {
        let known: Vec<(usize, f64)> =
            rated.iter().copied().filter(|&(i, _)| !Self::is_unknown(self.q.row(i))).collect();
        if known.is_empty() {
            return Cow::Owned(vec![0.0; self.q.width]);
        }
        let mut own = vec![1.0; self.q.width];
        for _ in 0..FOLDING {
            own = updated(&own, &self.q, known.iter().copied(), self.regularisation);
        }
        Cow::Owned(own)
    }

    fn expected(&self, taste: &Cow<'_, [f64]>, item: usize) -> f64 {
        let q = self.q.row(item);
        if Self::is_unknown(taste) || Self::is_unknown(q) { self.mean } else { dot(q, taste) }
    }

    fn expected_of_unknown(&self, _taste: &Cow<'_, [f64]>) -> f64 {
        self.mean
    }
}

serve!(NmfModel);

#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
struct Repr {
    scale: RatingScale,
    mean: f64,
    regularisation: f64,
    p: Factors,
    q: Factors,
}

#[cfg(feature = "serde")]
impl TryFrom<Repr> for NmfModel {
    type Error = Error;

    fn try_from(repr: Repr) -> Result<Self, Error> {
        let Repr { scale, mean, regularisation, p, q } = repr;
        for factors in [&p, &q] {
            let rows = factors.values.len() / p.width.max(1);
            factors.check(rows, p.width)?;
            let holds = p.width >= 1 && factors.values.iter().all(|&factor| factor >= 0.0);
            crate::error::require_saved(holds, "factors of at least 0")?;
        }
        let holds = scale.contains(mean) && (0.0..=1e9).contains(&regularisation);
        crate::error::require_saved(holds, "a mean on the scale and a finite regularisation")?;
        Ok(Self { scale, mean, regularisation, p, q })
    }
}

#[cfg(feature = "serde")]
impl patronage_core::SavedModel for NmfModel {
    const TAG: &'static str = "recommend/nmf";
    const VERSION: u32 = 1;
}
