//! Weights between items, learnt.

use patronage_core::{Csr, ItemIdx, Recommender, Request, ScoredItem, rank};

use crate::error::{Error, ErrorKind};
use crate::explain::{Contribution, Explain, Explanation};
use crate::history::HistoryRule;

/// Sparse weights between items, learnt by [`Slim`](crate::Slim).
///
/// A request costs O(items + Σ over its items of the weights they have); memory is 16 bytes a weight.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Repr"))]
pub struct SlimModel {
    rule: HistoryRule,
    n_unconverged: usize,
    /// Row `j` holds what adds to the score of item `j`.
    by_target: Csr<f32>,
    /// Row `i` holds the items to whose score item `i` adds.
    #[cfg_attr(feature = "serde", serde(skip))]
    by_source: Csr<f32>,
}

impl SlimModel {
    pub(super) fn from_parts(
        rule: HistoryRule,
        n_unconverged: usize,
        by_target: Csr<f32>,
    ) -> Result<Self, Error> {
        if !by_target.values().iter().all(|weight| weight.is_finite()) {
            return Err(ErrorKind::NotFinite { what: "SLIM" }.into());
        }
        let by_source = by_target.transpose();
        Ok(Self { rule, n_unconverged, by_target, by_source })
    }

    /// The number of items whose weights had not settled at the last pass.
    #[must_use]
    pub const fn n_unconverged(&self) -> usize {
        self.n_unconverged
    }

    /// The number of weights other than 0.
    #[must_use]
    pub fn n_entries(&self) -> usize {
        self.by_target.n_entries()
    }

    /// What having `from` adds to the score of `to`.
    ///
    /// # Panics
    ///
    /// When there is no item `to`.
    #[must_use]
    pub fn weight(&self, from: ItemIdx, to: ItemIdx) -> f32 {
        let (items, weights) = self.by_target.row(to.index());
        items.binary_search(&from.get()).map_or(0.0, |at| weights[at])
    }

    /// The `k` items to whose scores `item` adds most, best first, ties by ascending item; only what it adds to.
    ///
    /// # Panics
    ///
    /// When there is no such item.
    #[must_use]
    pub fn similar_items(&self, item: ItemIdx, k: usize) -> Vec<ScoredItem> {
        let (items, weights) = self.by_source.row(item.index());
        let mut similar: Vec<ScoredItem> = ItemIdx::wrap_slice(items)
            .iter()
            .zip(weights)
            .filter(|&(_, &score)| score > 0.0)
            .map(|(&item, &score)| ScoredItem { item, score })
            .collect();
        similar.sort_unstable_by(rank);
        similar.truncate(k);
        similar
    }
}

impl Recommender for SlimModel {
    fn n_items(&self) -> usize {
        self.by_target.n_rows()
    }

    fn scores(&self, request: &Request<'_>, out: &mut [f32]) {
        out.fill(0.0);
        for (item, weight) in self.rule.read(request, self.n_items()) {
            let (targets, weights) = self.by_source.row(item as usize);
            for (&target, &of_item) in targets.iter().zip(weights) {
                out[target as usize] += weight * of_item;
            }
        }
        // Of the largest weights of a history the sum may leave the range.
        for score in out {
            *score = if score.is_nan() { 0.0 } else { score.clamp(f32::MIN, f32::MAX) };
        }
    }
}

impl Explain for SlimModel {
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
#[derive(serde::Deserialize)]
struct Repr {
    rule: HistoryRule,
    n_unconverged: usize,
    by_target: Csr<f32>,
}

#[cfg(feature = "serde")]
impl TryFrom<Repr> for SlimModel {
    type Error = Error;

    fn try_from(repr: Repr) -> Result<Self, Error> {
        let Repr { rule, n_unconverged, by_target } = repr;
        rule.validate()?;
        let square = by_target.n_rows() == by_target.n_columns();
        crate::error::require_saved(square, "weights between the items")?;
        let own = (0..by_target.n_rows()).all(|j| !by_target.row(j).0.contains(&(j as u32)));
        crate::error::require_saved(own, "no weight of an item for itself")?;
        Self::from_parts(rule, n_unconverged, by_target)
    }
}

#[cfg(feature = "serde")]
impl patronage_core::SavedModel for SlimModel {
    const TAG: &'static str = "recommend/slim";
    const VERSION: u32 = 1;
}
