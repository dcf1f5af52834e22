//! Frequent sets and rules, found.

use patronage_core::{ItemIdx, Recommender, Request};

use super::baskets::of_history;
use super::itemsets::Itemset;
use super::rules::Rule;
#[cfg(feature = "serde")]
use crate::error::Error;

/// Frequent sets and rules, found by [`AssociationRules`](crate::AssociationRules).
///
/// As a recommender it scores an item by the greatest confidence among rules that call for it alone
/// and whose antecedent lies in the last basket of the history; 0 without one.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Repr"))]
pub struct RuleSet {
    pub(super) n_items: usize,
    pub(super) n_baskets: usize,
    pub(super) itemsets: Vec<Itemset>,
    pub(super) rules: Vec<Rule>,
}

impl RuleSet {
    /// The number of baskets learnt from.
    #[must_use]
    pub const fn n_baskets(&self) -> usize {
        self.n_baskets
    }

    /// The frequent sets, those of one item included, in the order of their items.
    #[must_use]
    pub fn itemsets(&self) -> &[Itemset] {
        &self.itemsets
    }

    /// The rules: the most confident first, then those of greater lift, then by their items.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The rules whose antecedent lies in a basket, in the same order.
    pub fn called_by<'a>(&'a self, basket: &'a [ItemIdx]) -> impl Iterator<Item = &'a Rule> + 'a {
        let mut sorted = basket.to_vec();
        sorted.sort_unstable();
        self.rules.iter().filter(move |rule| {
            rule.antecedent.iter().all(|item| sorted.binary_search(item).is_ok())
        })
    }
}

impl Recommender for RuleSet {
    fn n_items(&self) -> usize {
        self.n_items
    }

    fn scores(&self, request: &Request<'_>, out: &mut [f32]) {
        out.fill(0.0);
        let Some(basket) = of_history(request.history, self.n_items).pop() else { return };
        for rule in self.called_by(ItemIdx::wrap_slice(&basket)) {
            if let [item] = rule.consequent[..] {
                let score = &mut out[item.index()];
                *score = score.max(rule.confidence as f32);
            }
        }
    }
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
struct Repr {
    n_items: usize,
    n_baskets: usize,
    itemsets: Vec<Itemset>,
    rules: Vec<Rule>,
}

#[cfg(feature = "serde")]
impl TryFrom<Repr> for RuleSet {
    type Error = Error;

    fn try_from(repr: Repr) -> Result<Self, Error> {
        let Repr { n_items, n_baskets, itemsets, rules } = repr;
        crate::error::require_saved_size(n_items, itemsets.len())?;
        let sound = |items: &[ItemIdx]| {
            !items.is_empty()
                && items.is_sorted_by(|a, b| a < b)
                && items.iter().all(|item| item.index() < n_items)
        };
        let sets = itemsets.iter().all(|set| sound(&set.items));
        let shares = rules.iter().all(|rule| {
            let share = |value: f64| (0.0..=1.0).contains(&value);
            sound(&rule.antecedent)
                && sound(&rule.consequent)
                && share(rule.confidence)
                && share(rule.support)
                && share(rule.p_value)
                && share(rule.adjusted_p_value)
                && rule.lift.is_finite()
                && rule.leverage.is_finite()
                && rule.conviction.is_none_or(f64::is_finite)
        });
        crate::error::require_saved(sets && shares, "rules among the items with shares in [0, 1]")?;
        Ok(Self { n_items, n_baskets, itemsets, rules })
    }
}

#[cfg(feature = "serde")]
impl patronage_core::SavedModel for RuleSet {
    const TAG: &'static str = "recommend/association-rules";
    const VERSION: u32 = 1;
}
