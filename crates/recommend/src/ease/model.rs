//! Weights between items, learnt.

use patronage_core::{ItemIdx, Recommender, Request, ScoredItem, rank};
use pulp::{Simd, WithSimd};

use crate::error::{Error, ErrorKind};
use crate::explain::{Contribution, Explain, Explanation};
use crate::history::HistoryRule;
use crate::linear::{Rows, Symmetric, add_scaled, dispatch};
use crate::par;

/// The weights between all items, learnt by [`Ease`](crate::Ease).
///
/// A request costs O(items of its history × items); memory is 4 items² bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct EaseModel {
    rule: HistoryRule,
    /// Row `i` holds what item `i` adds to every score.
    weights: Rows,
}

impl EaseModel {
    pub(super) fn new(n: usize, inverse: &Symmetric, rule: HistoryRule) -> Result<Self, Error> {
        let mut weights = Rows::zeros(n, n);
        let stride = weights.stride();
        par::map_rows(
            weights.all_mut(),
            stride,
            8,
            || (),
            |(), i, row| {
                for (j, cell) in row[..n].iter_mut().enumerate() {
                    let weight = -inverse.at(i, j) / inverse.at(j, j);
                    *cell = if i == j { 0.0 } else { weight as f32 };
                }
            },
        );
        Self::from_parts(rule, weights)
            .ok_or_else(|| ErrorKind::NotFinite { what: "the inverse of EASE" }.into())
    }

    /// `None` where a weight is no finite number.
    fn from_parts(rule: HistoryRule, weights: Rows) -> Option<Self> {
        weights.all().iter().all(|weight| weight.is_finite()).then_some(Self { rule, weights })
    }

    /// What having `from` adds to the score of `to`.
    ///
    /// # Panics
    ///
    /// When there is no such item.
    #[must_use]
    pub fn weight(&self, from: ItemIdx, to: ItemIdx) -> f32 {
        self.weights.values(from.index())[to.index()]
    }

    /// The `k` items to whose scores `item` adds most, best first, ties by ascending item; only what it adds to.
    ///
    /// # Panics
    ///
    /// When there is no such item.
    #[must_use]
    pub fn similar_items(&self, item: ItemIdx, k: usize) -> Vec<ScoredItem> {
        let row = self.weights.values(item.index());
        let mut similar: Vec<ScoredItem> = ItemIdx::all(row.len())
            .zip(row)
            .filter(|&(_, &score)| score > 0.0)
            .map(|(item, &score)| ScoredItem { item, score })
            .collect();
        similar.sort_unstable_by(rank);
        similar.truncate(k);
        similar
    }
}

impl Recommender for EaseModel {
    fn n_items(&self) -> usize {
        self.weights.n()
    }

    fn scores(&self, request: &Request<'_>, out: &mut [f32]) {
        let history = self.rule.read(request, self.n_items());
        let mut sums = Rows::zeros(1, self.n_items());
        dispatch(Sums { weights: &self.weights, history: &history, out: sums.row_mut(0) });
        // Of the largest weights of a history the sum may leave the range.
        for (out, &score) in out.iter_mut().zip(sums.row(0)) {
            *out = if score.is_nan() { 0.0 } else { score.clamp(f32::MIN, f32::MAX) };
        }
    }
}

struct Sums<'a> {
    weights: &'a Rows,
    history: &'a [(u32, f32)],
    out: &'a mut [f32],
}

impl WithSimd for Sums<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let (out, _) = S::as_mut_simd_f32s(self.out);
        for &(item, weight) in self.history {
            let row = S::as_simd_f32s(self.weights.row(item as usize)).0;
            add_scaled(simd, [weight], [row], out);
        }
    }
}

impl Explain for EaseModel {
    fn explain(&self, request: &Request<'_>, item: ItemIdx) -> Explanation {
        let contributions = self
            .rule
            .read(request, self.n_items())
            .into_iter()
            .map(|(bought, weight)| {
                let bought = ItemIdx::new(bought);
                let amount = f64::from(weight) * f64::from(self.weight(bought, item));
                Contribution { item: bought, amount }
            })
            .collect();
        Explanation::new(0.0, contributions)
    }
}

#[cfg(feature = "serde")]
mod saved {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::{EaseModel, Error, HistoryRule, Rows};
    use crate::error::require_saved;

    #[derive(Deserialize, Serialize)]
    struct Repr {
        rule: HistoryRule,
        n_items: usize,
        weights: Vec<f32>,
    }

    impl Serialize for EaseModel {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let (n_items, weights) = (self.weights.n(), self.weights.to_values());
            Repr { rule: self.rule, n_items, weights }.serialize(serializer)
        }
    }

    impl TryFrom<Repr> for EaseModel {
        type Error = Error;

        fn try_from(repr: Repr) -> Result<Self, Error> {
            let Repr { rule, n_items: n, weights } = repr;
            rule.validate()?;
            require_saved(n.checked_mul(n) == Some(weights.len()), "a weight for each two items")?;
            let own = (0..n).all(|i| weights[i * n + i] == 0.0);
            require_saved(own, "no weight of an item for itself")?;
            let found = Self::from_parts(rule, Rows::from_values(n, &weights));
            let Some(model) = found else {
                return Err(crate::ErrorKind::Saved { expected: "finite weights" }.into());
            };
            Ok(model)
        }
    }

    impl<'de> Deserialize<'de> for EaseModel {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            Repr::deserialize(deserializer)?.try_into().map_err(serde::de::Error::custom)
        }
    }

    impl patronage_core::SavedModel for EaseModel {
        const TAG: &'static str = "recommend/ease";
        const VERSION: u32 = 1;
    }
}
