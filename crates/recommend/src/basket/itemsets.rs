//! Items that are bought together.

use patronage_core::{Fit, ItemIdx, Purchases};

use super::baskets::of_all;
use super::fisher::{LogFactorials, adjusted};
use super::rule_set::RuleSet;
use super::rules::{Counts, Rule};
use crate::error::{Error, ErrorKind, require};
use crate::par;

/// Association rules: which items call for which others in one basket, with tests.
///
/// Finds every set of up to [`max_items`](Self::max_items) items that at least the given share of
/// baskets holds, by intersecting bit sets depth first (Eclat), and from each set every rule of the
/// least [`min_confidence`](Self::min_confidence). Items in parallel; memory is one bit for each
/// basket and frequent item, and for each item of a set on the way.
///
/// # References
///
/// R. Agrawal, R. Srikant (1994), "Fast algorithms for mining association rules". M. Zaki (2000),
/// "Scalable algorithms for association mining".
///
/// # Examples
///
/// ```
/// use patronage_core::{CustomerIdx, Fit, ItemIdx, Line, Money, OrderIdx, PurchaseTable, Timestamp};
/// use patronage_recommend::AssociationRules;
///
/// // Pasta (0) and sauce (1) go together; bread (2) goes with anything.
/// let mut table = PurchaseTable::builder();
/// for (order, items) in [(0, vec![0, 1]), (1, vec![0, 1, 2]), (2, vec![2]), (3, vec![0, 1])] {
///     for item in items {
///         table.push(CustomerIdx::new(0), Line {
///             at: Timestamp::from_seconds(i64::from(order)),
///             order: OrderIdx::new(order),
///             item: Some(ItemIdx::new(item)),
///             quantity: 1.0,
///             amount: Money::from_units(1),
///         });
///     }
/// }
/// let rules = AssociationRules::new(0.5).min_confidence(0.9).fit(&table.build()?)?;
/// assert_eq!(rules.n_baskets(), 4);
/// let rule = &rules.rules()[0];
/// assert_eq!((rule.antecedent[0].get(), rule.consequent[0].get()), (0, 1));
/// assert_eq!((rule.confidence, rule.lift, rule.count), (1.0, 4.0 / 3.0, 3));
/// // Three in four hold each, and three both: by chance one time in four.
/// assert!((rule.p_value - 0.25).abs() < 1e-12);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AssociationRules {
    min_support: f64,
    min_confidence: f64,
    max_items: usize,
    max_sets: usize,
}

impl AssociationRules {
    /// Rules of sets that at least the share `min_support` of baskets holds, in (0, 1].
    #[must_use]
    pub const fn new(min_support: f64) -> Self {
        Self { min_support, min_confidence: 0.5, max_items: 4, max_sets: 10_000_000 }
    }

    /// The least confidence of a rule; default 0.5, in [0, 1].
    #[must_use]
    pub const fn min_confidence(mut self, confidence: f64) -> Self {
        self.min_confidence = confidence;
        self
    }

    /// The most items of a set, antecedent and consequent together; default 4, from 1 to 16.
    #[must_use]
    pub const fn max_items(mut self, items: usize) -> Self {
        self.max_items = items;
        self
    }

    /// Fitting is refused where there are more sets than this; default ten million.
    #[must_use]
    pub const fn max_sets(mut self, sets: usize) -> Self {
        self.max_sets = sets;
        self
    }

    fn validate(&self) -> Result<(), Error> {
        let (support, confidence) = (self.min_support, self.min_confidence);
        require(support > 0.0 && support <= 1.0, "min_support", "a share in (0, 1]", support)?;
        let holds = (0.0..=1.0).contains(&confidence);
        require(holds, "min_confidence", "a share in [0, 1]", confidence)?;
        let holds = (1..=16).contains(&self.max_items);
        require(holds, "max_items", "from 1 to 16", self.max_items as f64)
    }
}

/// Items that are in one basket often enough.
#[derive(Clone, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct Itemset {
    /// The items, ascending.
    pub items: Vec<ItemIdx>,
    /// The number of baskets that hold them all.
    pub count: u32,
}

/// The baskets of one item or set, a bit each.
type Bits = Vec<u64>;

/// Frequent sets that begin with one item, depth first.
struct Search<'a> {
    items: &'a [(u32, Bits)],
    least: u32,
    max_items: usize,
    max_sets: usize,
    found: Vec<Itemset>,
    overflow: bool,
}

impl Search<'_> {
    /// Sets that extend `set`, whose baskets are `bits`, by items from place `from` on.
    fn extend(&mut self, set: &mut Vec<ItemIdx>, bits: &[u64], from: usize) {
        if set.len() == self.max_items {
            return;
        }
        for (place, (item, others)) in self.items.iter().enumerate().skip(from) {
            let count: u32 = bits.iter().zip(others).map(|(a, b)| (a & b).count_ones()).sum();
            if count < self.least {
                continue;
            }
            if self.found.len() >= self.max_sets {
                self.overflow = true;
                return;
            }
            set.push(ItemIdx::new(*item));
            self.found.push(Itemset { items: set.clone(), count });
            let both: Bits = bits.iter().zip(others).map(|(a, b)| a & b).collect();
            self.extend(set, &both, place + 1);
            set.pop();
        }
    }
}

impl<P: Purchases + ?Sized> Fit<P> for AssociationRules {
    type Model = RuleSet;
    type Error = Error;

    /// Finds frequent sets and their rules.
    ///
    /// # Errors
    ///
    /// When a parameter is out of its range, the purchases name no items or hold no basket, or
    /// there are more frequent sets than `max_sets`.
    fn fit(&self, data: &P) -> Result<RuleSet, Error> {
        self.validate()?;
        let baskets: Vec<Vec<u32>> = of_all(data)?.into_iter().flatten().collect();
        if baskets.is_empty() {
            return Err(ErrorKind::Empty { what: "baskets" }.into());
        }
        let (n, n_items) = (baskets.len(), data.n_items());
        // Rounding must not ask for one basket more than the share does.
        let least = ((self.min_support * n as f64 * (1.0 - 1e-12)).ceil() as u32).max(1);
        let mut counts = vec![0_u32; n_items];
        baskets.iter().flatten().for_each(|&item| counts[item as usize] += 1);
        let frequent: Vec<u32> =
            (0..n_items as u32).filter(|&item| counts[item as usize] >= least).collect();
        let mut items: Vec<(u32, Bits)> =
            frequent.iter().map(|&item| (item, vec![0; n.div_ceil(64)])).collect();
        for (at, basket) in baskets.iter().enumerate() {
            for item in basket {
                if let Ok(place) = frequent.binary_search(item) {
                    items[place].1[at / 64] |= 1 << (at % 64);
                }
            }
        }
        let (max_items, max_sets) = (self.max_items, self.max_sets);
        let parts = par::map(
            items.len(),
            || (),
            |(), first| {
                let (item, bits) = &items[first];
                let (found, overflow) = (Vec::new(), false);
                let mut search =
                    Search { items: &items, least, max_items, max_sets, found, overflow };
                let mut set = vec![ItemIdx::new(*item)];
                let count = counts[*item as usize];
                search.found.push(Itemset { items: set.clone(), count });
                search.extend(&mut set, bits, first + 1);
                (search.found, search.overflow)
            },
        );
        let n_sets: usize = parts.iter().map(|(found, _)| found.len()).sum();
        if n_sets > max_sets || parts.iter().any(|&(_, overflow)| overflow) {
            let (expected, found) = ("high enough for max_sets frequent sets", self.min_support);
            return Err(ErrorKind::Parameter { parameter: "min_support", expected, found }.into());
        }
        let mut itemsets: Vec<Itemset> = parts.into_iter().flat_map(|(found, _)| found).collect();
        itemsets.sort_unstable_by(|a, b| a.items.cmp(&b.items));
        let rules = self.rules(&itemsets, n);
        Ok(RuleSet { n_items, n_baskets: n, itemsets, rules })
    }
}

impl AssociationRules {
    /// Every rule of the sets, in order of confidence, then of lift, then of its items.
    fn rules(&self, sets: &[Itemset], n: usize) -> Vec<Rule> {
        let logs = LogFactorials::up_to(n);
        let count = |items: &[ItemIdx]| {
            // Every part of a frequent set is frequent.
            let at = sets.binary_search_by(|set| set.items.as_slice().cmp(items));
            at.map_or(0, |at| sets[at].count)
        };
        let of_set = |set: &Itemset| {
            let width = set.items.len();
            let mut rules = Vec::new();
            // Each way to divide the set, as bits that say what calls.
            for side in 1..(1_u32 << width) - 1 {
                let part = |with: bool| -> Vec<ItemIdx> {
                    let bits = (0..width).filter(|&at| (side >> at & 1 == 1) == with);
                    bits.map(|at| set.items[at]).collect()
                };
                let (antecedent, consequent) = (part(true), part(false));
                let counts = Counts {
                    antecedent: count(&antecedent),
                    consequent: count(&consequent),
                    both: set.count,
                };
                let confidence = f64::from(set.count) / f64::from(counts.antecedent);
                if confidence >= self.min_confidence {
                    rules.push(Rule::new(antecedent, consequent, counts, n, &logs));
                }
            }
            rules
        };
        let parts = par::map(sets.len(), || (), |(), at| of_set(&sets[at]));
        let mut rules: Vec<Rule> = parts.into_iter().flatten().collect();
        let p_values: Vec<f64> = rules.iter().map(|rule| rule.p_value).collect();
        for (rule, p_value) in rules.iter_mut().zip(adjusted(&p_values)) {
            rule.adjusted_p_value = p_value;
        }
        rules.sort_by(|a, b| {
            b.confidence
                .total_cmp(&a.confidence)
                .then_with(|| b.lift.total_cmp(&a.lift))
                .then_with(|| a.antecedent.cmp(&b.antecedent))
                .then_with(|| a.consequent.cmp(&b.consequent))
        });
        rules
    }
}
