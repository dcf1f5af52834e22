//! What is bought after what.

use patronage_core::{Csr, Fit, ItemIdx, Purchases, Recommender, Request, ScoredItem, rank};

use super::baskets::{of_all, of_history};
use crate::error::{Error, require};
use crate::explain::{Contribution, Explain, Explanation};
use crate::par;

/// First-order transitions between baskets: what is in the next basket, given what was in the last.
///
/// ```text
/// P(j | i) = c(i, j) / (n(i) + λ)
/// score(j) = Σ over the last baskets, b back from 0, of d^b × mean over items i of the basket of P(j | i)
/// ```
///
/// with `c(i, j)` the number of consecutive pairs of baskets with `i` in the first and `j` in the
/// second, `n(i)` the pairs with `i` in the first, `λ` the shrinkage and `d` the decay. Of each item
/// only the [`most_likely`](Self::most_likely) successors are kept. O(Σ over pairs of |first| ×
/// |second|) in parallel over items; 8 bytes a successor, twice. Without a history every score is 0.
///
/// # References
///
/// S. Rendle, C. Freudenthaler, L. Schmidt-Thieme (2010), "Factorizing personalized Markov chains
/// for next-basket recommendation" (the chain that is not factorised).
///
/// # Examples
///
/// ```
/// use patronage_core::{CustomerIdx, Fit, HistoryEntry, ItemFilter, ItemIdx, Line, Money, OrderIdx, PurchaseTable, Recommender, Request, Timestamp};
/// use patronage_recommend::Transitions;
///
/// // After a printer (0) comes ink (1).
/// let mut table = PurchaseTable::builder();
/// for (customer, order, item) in [(0, 0, 0), (0, 1, 1), (1, 2, 0), (1, 3, 1), (2, 4, 2), (2, 5, 0)] {
///     table.push(CustomerIdx::new(customer), Line {
///         at: Timestamp::from_seconds(i64::from(order)),
///         order: OrderIdx::new(order),
///         item: Some(ItemIdx::new(item)),
///         quantity: 1.0,
///         amount: Money::from_units(1),
///     });
/// }
/// let model = Transitions::new().shrinkage(0.0).fit(&table.build()?)?;
/// assert_eq!(model.successors(ItemIdx::new(0))[0].item, ItemIdx::new(1));
/// let basket = HistoryEntry::from_items(&[ItemIdx::new(0)]);
/// let request = Request { history: &basket, customer: None, as_of: Timestamp::from_seconds(9) };
/// let best = model.top_k(&request, 1, &ItemFilter::default());
/// assert_eq!((best[0].item.get(), best[0].score), (1, 1.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Transitions {
    shrinkage: f64,
    decay: f64,
    last: usize,
    most_likely: usize,
}

impl Default for Transitions {
    fn default() -> Self {
        Self::new()
    }
}

impl Transitions {
    /// Transitions from the last basket.
    #[must_use]
    pub const fn new() -> Self {
        Self { shrinkage: 10.0, decay: 0.5, last: 1, most_likely: 500 }
    }

    /// `λ`, in pairs of baskets that speak against every transition; default 10, at least 0.
    #[must_use]
    pub const fn shrinkage(mut self, pairs: f64) -> Self {
        self.shrinkage = pairs;
        self
    }

    /// `d`, what is left of a basket's word with each later one; default 0.5, in (0, 1].
    #[must_use]
    pub const fn decay(mut self, decay: f64) -> Self {
        self.decay = decay;
        self
    }

    /// How many of the last baskets speak; default 1, at least 1.
    #[must_use]
    pub const fn last(mut self, baskets: usize) -> Self {
        self.last = baskets;
        self
    }

    /// How many successors of each item are kept; default 500, at least 1.
    #[must_use]
    pub const fn most_likely(mut self, items: usize) -> Self {
        self.most_likely = items;
        self
    }

    fn validate(&self) -> Result<(), Error> {
        let Self { shrinkage, decay, last, most_likely } = *self;
        let expected = "a finite number of at least 0";
        require(shrinkage.is_finite() && shrinkage >= 0.0, "shrinkage", expected, shrinkage)?;
        require(decay > 0.0 && decay <= 1.0, "decay", "a number in (0, 1]", decay)?;
        require(last >= 1, "last", "at least 1", last as f64)?;
        require(most_likely >= 1, "most_likely", "at least 1", most_likely as f64)
    }
}

impl<P: Purchases + ?Sized> Fit<P> for Transitions {
    type Model = TransitionsModel;
    type Error = Error;

    /// Counts transitions.
    ///
    /// # Errors
    ///
    /// When a parameter is out of its range, or the purchases name no items.
    fn fit(&self, data: &P) -> Result<TransitionsModel, Error> {
        self.validate()?;
        let all = of_all(data)?;
        let n_items = data.n_items();
        // Where each item is in a basket that another follows: the customer and the basket.
        let mut places: Vec<Vec<(u32, u32)>> = vec![Vec::new(); n_items];
        for (customer, baskets) in all.iter().enumerate() {
            for (at, pair) in baskets.windows(2).enumerate() {
                for &item in &pair[0] {
                    places[item as usize].push((customer as u32, at as u32));
                }
            }
        }
        let rows = par::map(
            n_items,
            || vec![0_u32; n_items],
            |counts, item| {
                let mut touched = Vec::new();
                for &(customer, at) in &places[item] {
                    for &next in &all[customer as usize][at as usize + 1] {
                        if counts[next as usize] == 0 {
                            touched.push(next);
                        }
                        counts[next as usize] += 1;
                    }
                }
                let n = places[item].len() as f64 + self.shrinkage;
                let mut found: Vec<ScoredItem> = touched
                    .iter()
                    .map(|&next| {
                        let count = std::mem::take(&mut counts[next as usize]);
                        let score = (f64::from(count) / n) as f32;
                        ScoredItem { item: ItemIdx::new(next), score }
                    })
                    .collect();
                if found.len() > self.most_likely {
                    found.select_nth_unstable_by(self.most_likely, rank);
                    found.truncate(self.most_likely);
                }
                found.sort_unstable_by_key(|scored| scored.item);
                found
            },
        );
        let (mut starts, mut columns, mut values) = (vec![0], Vec::new(), Vec::new());
        for row in rows {
            columns.extend(row.iter().map(|scored| scored.item.get()));
            values.extend(row.iter().map(|scored| scored.score));
            starts.push(columns.len());
        }
        let probabilities = Csr::new(n_items, starts, columns, values)?;
        Ok(TransitionsModel { decay: self.decay, last: self.last, probabilities })
    }
}

/// Probabilities of transition, learnt by [`Transitions`].
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Repr"))]
pub struct TransitionsModel {
    decay: f64,
    last: usize,
    probabilities: Csr<f32>,
}

impl TransitionsModel {
    /// What is bought after `item`, with its (shrunk) probability, best first, ties by ascending item.
    ///
    /// # Panics
    ///
    /// When there is no such item.
    #[must_use]
    pub fn successors(&self, item: ItemIdx) -> Vec<ScoredItem> {
        let (items, probabilities) = self.probabilities.row(item.index());
        let scored = ItemIdx::wrap_slice(items).iter().zip(probabilities);
        let mut successors: Vec<ScoredItem> =
            scored.map(|(&item, &score)| ScoredItem { item, score }).collect();
        successors.sort_unstable_by(rank);
        successors
    }

    /// The items that speak, each with its weight.
    fn speaking(&self, request: &Request<'_>) -> Vec<(u32, f64)> {
        let baskets = of_history(request.history, self.probabilities.n_rows());
        let mut weight = 1.0;
        let mut speaking = Vec::new();
        for basket in baskets.iter().rev().take(self.last) {
            let each = weight / basket.len() as f64;
            speaking.extend(basket.iter().map(|&item| (item, each)));
            weight *= self.decay;
        }
        speaking
    }
}

impl Recommender for TransitionsModel {
    fn n_items(&self) -> usize {
        self.probabilities.n_rows()
    }

    fn scores(&self, request: &Request<'_>, out: &mut [f32]) {
        let mut scores = vec![0.0; out.len()];
        for (item, weight) in self.speaking(request) {
            let (items, probabilities) = self.probabilities.row(item as usize);
            for (&next, &probability) in items.iter().zip(probabilities) {
                scores[next as usize] += weight * f64::from(probability);
            }
        }
        out.iter_mut().zip(scores).for_each(|(out, score)| *out = score as f32);
    }
}

impl Explain for TransitionsModel {
    fn explain(&self, request: &Request<'_>, item: ItemIdx) -> Explanation {
        let contributions = self.speaking(request).into_iter().filter_map(|(bought, weight)| {
            let (items, probabilities) = self.probabilities.row(bought as usize);
            let at = items.binary_search(&item.get()).ok()?;
            let amount = weight * f64::from(probabilities[at]);
            Some(Contribution { item: ItemIdx::new(bought), amount })
        });
        Explanation::new(0.0, contributions.collect())
    }
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
struct Repr {
    decay: f64,
    last: usize,
    probabilities: Csr<f32>,
}

#[cfg(feature = "serde")]
impl TryFrom<Repr> for TransitionsModel {
    type Error = Error;

    fn try_from(repr: Repr) -> Result<Self, Error> {
        let Repr { decay, last, probabilities } = repr;
        Transitions { decay, last, ..Transitions::new() }.validate()?;
        let square = probabilities.n_rows() == probabilities.n_columns();
        let holds = square && probabilities.values().iter().all(|p| (0.0..=1.0).contains(p));
        crate::error::require_saved(holds, "probabilities of transitions among the items")?;
        Ok(Self { decay, last, probabilities })
    }
}

#[cfg(feature = "serde")]
impl patronage_core::SavedModel for TransitionsModel {
    const TAG: &'static str = "recommend/transitions";
    const VERSION: u32 = 1;
}
