//! Neighbours, learnt.

use patronage_core::{Csr, ItemIdx, Recommender, Request, ScoredItem, rank};

use crate::explain::{Contribution, Explain, Explanation};
use crate::history::HistoryRule;

/// The nearest neighbours of every item, learnt by [`ItemKnn`](crate::ItemKnn).
///
/// A request costs O(items + Σ over its items of the lists they are in); memory is 16 bytes a
/// neighbour.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Repr"))]
pub struct ItemKnnModel {
    rule: HistoryRule,
    n_left_out: usize,
    /// Row `j` holds the neighbours of item `j`.
    by_target: Csr<f32>,
    /// Row `i` holds the items that have item `i` for a neighbour.
    #[cfg_attr(feature = "serde", serde(skip))]
    by_source: Csr<f32>,
}

impl ItemKnnModel {
    pub(super) fn new(by_target: Csr<f32>, rule: HistoryRule, n_left_out: usize) -> Self {
        let by_source = by_target.transpose();
        Self { rule, n_left_out, by_target, by_source }
    }

    pub(super) const fn by_target(&self) -> &Csr<f32> {
        &self.by_target
    }

    /// The number of customers left out of the similarities because they have too many items.
    #[must_use]
    pub const fn n_left_out(&self) -> usize {
        self.n_left_out
    }

    /// The number of stored neighbours of all items.
    #[must_use]
    pub fn n_entries(&self) -> usize {
        self.by_target.n_entries()
    }

    /// The `k` nearest neighbours of `item` by similarity, best first, ties by ascending item; at most as many as were asked for at fit.
    ///
    /// # Panics
    ///
    /// When there is no such item.
    #[must_use]
    pub fn similar_items(&self, item: ItemIdx, k: usize) -> Vec<ScoredItem> {
        let (items, similarities) = self.by_target.row(item.index());
        let mut similar: Vec<ScoredItem> = ItemIdx::wrap_slice(items)
            .iter()
            .zip(similarities)
            .map(|(&item, &score)| ScoredItem { item, score })
            .collect();
        similar.sort_unstable_by(rank);
        similar.truncate(k);
        similar
    }
}

impl Recommender for ItemKnnModel {
    fn n_items(&self) -> usize {
        self.by_target.n_rows()
    }

    fn scores(&self, request: &Request<'_>, out: &mut [f32]) {
        out.fill(0.0);
        for (item, weight) in self.rule.read(request, self.n_items()) {
            let (targets, similarities) = self.by_source.row(item as usize);
            for (&target, &similarity) in targets.iter().zip(similarities) {
                out[target as usize] += weight * similarity;
            }
        }
        // Only sums of the largest weights and unnormalised similarities come here; of infinities of
        // both signs nothing is known.
        for score in out {
            *score = if score.is_nan() { 0.0 } else { score.clamp(f32::MIN, f32::MAX) };
        }
    }
}

impl Explain for ItemKnnModel {
    fn explain(&self, request: &Request<'_>, item: ItemIdx) -> Explanation {
        let (neighbours, similarities) = self.by_target.row(item.index());
        let contributions = self
            .rule
            .read(request, self.n_items())
            .into_iter()
            .filter_map(|(bought, weight)| {
                let at = neighbours.binary_search(&bought).ok()?;
                let amount = f64::from(weight) * f64::from(similarities[at]);
                Some(Contribution { item: ItemIdx::new(bought), amount })
            })
            .collect();
        Explanation::new(0.0, contributions)
    }
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
struct Repr {
    rule: HistoryRule,
    n_left_out: usize,
    by_target: Csr<f32>,
}

#[cfg(feature = "serde")]
impl TryFrom<Repr> for ItemKnnModel {
    type Error = crate::Error;

    fn try_from(repr: Repr) -> Result<Self, crate::Error> {
        let Repr { rule, n_left_out, by_target } = repr;
        rule.validate()?;
        let sound = by_target.values().iter().all(|s| s.is_finite() && *s > 0.0);
        crate::error::require_saved(sound, "similarities above 0")?;
        let square = by_target.n_rows() == by_target.n_columns();
        let others = |item: usize| by_target.row(item).0.binary_search(&(item as u32)).is_err();
        let among = square && (0..by_target.n_rows()).all(others);
        crate::error::require_saved(among, "neighbours among the other items")?;
        Ok(Self::new(by_target, rule, n_left_out))
    }
}

#[cfg(feature = "serde")]
impl patronage_core::SavedModel for ItemKnnModel {
    const TAG: &'static str = "recommend/item-knn";
    const VERSION: u32 = 1;
}
