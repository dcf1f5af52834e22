//! What she usually buys.

use patronage_core::{Fit, ItemIdx, Purchases, Recommender, Request};

use super::baskets::{of_all, of_history};
use crate::error::Error;
use crate::explain::{Contribution, Explain, Explanation};

/// The baseline of the next basket: how many of her baskets held the item, then of everybody's.
///
/// ```text
/// score(j) = number of her baskets with j  +  (number of all baskets with j) / (1 + the greatest of these)
/// ```
///
/// so that everybody's baskets only order items that are equal in her own. Ask for it with
/// [`Seen::Allow`](patronage_core::Seen::Allow): most of what comes next was bought before.
/// O(lines log lines of one customer). Without purchases every score is 0.
///
/// ```
/// use patronage_core::{CustomerIdx, Fit, HistoryEntry, ItemFilter, ItemIdx, Line, Money, OrderIdx, PurchaseTable, Recommender, Request, Seen, Timestamp};
/// use patronage_recommend::PersonalFrequency;
///
/// let mut table = PurchaseTable::builder();
/// for (order, item) in [(0, 0), (1, 0), (1, 1), (2, 2)] {
///     table.push(CustomerIdx::new(order / 2), Line {
///         at: Timestamp::from_seconds(i64::from(order)),
///         order: OrderIdx::new(order),
///         item: Some(ItemIdx::new(item)),
///         quantity: 1.0,
///         amount: Money::from_units(1),
///     });
/// }
/// let model = PersonalFrequency::new().fit(&table.build()?)?;
/// let history = HistoryEntry::from_items(&[ItemIdx::new(2)]);
/// let request = Request { history: &history, customer: None, as_of: Timestamp::from_seconds(9) };
/// let best = model.top_k(&request, 2, &ItemFilter::seen(Seen::Allow));
/// assert_eq!([best[0].item.get(), best[1].item.get()], [2, 0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct PersonalFrequency {}

impl PersonalFrequency {
    /// The baseline; there is nothing to choose.
    #[must_use]
    pub const fn new() -> Self {
        Self {}
    }
}

impl<P: Purchases + ?Sized> Fit<P> for PersonalFrequency {
    type Model = PersonalFrequencyModel;
    type Error = Error;

    /// Counts everybody's baskets.
    ///
    /// # Errors
    ///
    /// When the purchases name no items.
    fn fit(&self, data: &P) -> Result<PersonalFrequencyModel, Error> {
        let mut counts = vec![0_u32; data.n_items()];
        for baskets in of_all(data)? {
            baskets.iter().flatten().for_each(|&item| counts[item as usize] += 1);
        }
        Ok(PersonalFrequencyModel { counts })
    }
}

/// Everybody's baskets counted, learnt by [`PersonalFrequency`].
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct PersonalFrequencyModel {
    counts: Vec<u32>,
}

impl PersonalFrequencyModel {
    /// The number of baskets with each item.
    #[must_use]
    pub fn counts(&self) -> &[u32] {
        &self.counts
    }

    /// What everybody's baskets add to a score, below 1.
    fn common(&self) -> impl Fn(u32) -> f64 {
        let greatest = self.counts.iter().copied().max().unwrap_or(0);
        move |count| f64::from(count) / (1.0 + f64::from(greatest))
    }
}

impl Recommender for PersonalFrequencyModel {
    fn n_items(&self) -> usize {
        self.counts.len()
    }

    fn scores(&self, request: &Request<'_>, out: &mut [f32]) {
        let common = self.common();
        let mut own = vec![0_u32; self.counts.len()];
        let baskets = of_history(request.history, self.counts.len());
        baskets.iter().flatten().for_each(|&item| own[item as usize] += 1);
        for ((score, own), &all) in out.iter_mut().zip(own).zip(&self.counts) {
            *score = (f64::from(own) + common(all)) as f32;
        }
    }
}

impl Explain for PersonalFrequencyModel {
    fn explain(&self, request: &Request<'_>, item: ItemIdx) -> Explanation {
        let baskets = of_history(request.history, self.counts.len());
        let own = baskets.iter().filter(|basket| basket.binary_search(&item.get()).is_ok()).count();
        let base = self.common()(self.counts[item.index()]);
        Explanation::new(base, vec![Contribution { item, amount: own as f64 }])
    }
}

#[cfg(feature = "serde")]
impl patronage_core::SavedModel for PersonalFrequencyModel {
    const TAG: &'static str = "recommend/personal-frequency";
    const VERSION: u32 = 1;
}
