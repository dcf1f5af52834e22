//! A request's history as one weight an item.

use patronage_core::{Request, Span, Timestamp};

use crate::error::{Error, require};

/// The greatest weight one entry, and one item, of a history may have, so that sums stay finite.
const LARGEST: f64 = 1e20;

/// What the entries of a history weigh together when they name one item.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub enum HistoryWeight {
    /// `1` (times the decay of the latest), however often; entries of weight 0 or less do not count.
    #[default]
    Binary,
    /// The sum of the entries' weights, each clamped to ± 1e20 and times its decay; clamped again.
    Sum,
}

/// How a model reads a history.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub(crate) struct HistoryRule {
    pub(crate) weight: HistoryWeight,
    pub(crate) half_life: Option<Span>,
}

/// The setters of an estimator for the [`HistoryRule`] it holds; after a `;` what else to say of the weight.
macro_rules! reads_history {
    ($($field:tt).+ $(; $more:literal)?) => {
        /// What repeated purchases of one item weigh in a request; default [`HistoryWeight::Binary`](crate::HistoryWeight::Binary).
        $(#[doc = ""] #[doc = $more])?
        #[must_use]
        pub const fn history(mut self, weight: crate::HistoryWeight) -> Self {
            self.$($field).+.weight = weight;
            self
        }

        /// An entry of a request's history this long before its `as_of` counts half; by default none fades.
        #[must_use]
        pub const fn half_life(mut self, half_life: patronage_core::Span) -> Self {
            self.$($field).+.half_life = Some(half_life);
            self
        }
    };
}

pub(crate) use reads_history;

impl HistoryRule {
    /// Every item once, whenever it was.
    pub(crate) const BINARY: Self = Self { weight: HistoryWeight::Binary, half_life: None };

    pub(crate) fn validate(&self) -> Result<(), Error> {
        let days = self.half_life.map_or(1.0, Span::as_days);
        require(days > 0.0, "half_life", "a span above 0 (in days)", days)
    }

    /// The known items of the history, ascending and distinct, with their weights; those of weight 0 are left out.
    pub(crate) fn read(&self, request: &Request<'_>, n_items: usize) -> Vec<(u32, f32)> {
        let mut entries: Vec<(u32, f64)> = request
            .history
            .iter()
            .filter(|entry| entry.item.index() < n_items && !entry.weight.is_nan())
            .map(|entry| {
                let decay = decay(self.half_life, request.as_of, entry.at);
                let weight = match self.weight {
                    HistoryWeight::Binary => f64::from(u8::from(entry.weight > 0.0)),
                    // Before decay and sum: of infinities both make what is no number.
                    HistoryWeight::Sum => f64::from(entry.weight).clamp(-LARGEST, LARGEST),
                };
                (entry.item.get(), weight * decay)
            })
            .collect();
        // Stable, so that sums are taken in the order of the history.
        entries.sort_by_key(|&(item, _)| item);
        entries
            .chunk_by(|a, b| a.0 == b.0)
            .map(|same| {
                let weights = same.iter().map(|&(_, weight)| weight);
                let weight = match self.weight {
                    HistoryWeight::Binary => weights.fold(0.0, f64::max),
                    HistoryWeight::Sum => weights.sum(),
                };
                (same[0].0, weight.clamp(-LARGEST, LARGEST) as f32)
            })
            .filter(|&(_, weight)| weight != 0.0)
            .collect()
    }
}

/// `2^(−age / half-life)`; 1 without a half-life and for what lies in the future.
pub(crate) fn decay(half_life: Option<Span>, as_of: Timestamp, at: Timestamp) -> f64 {
    match half_life {
        None => 1.0,
        Some(half_life) => {
            let age = (as_of - at).as_micros().max(0) as f64;
            (-age / half_life.as_micros() as f64).exp2()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use patronage_core::{HistoryEntry, ItemIdx, OrderIdx};

    fn entry(item: u32, weight: f32, days: i64) -> HistoryEntry {
        HistoryEntry {
            item: ItemIdx::new(item),
            weight,
            at: Timestamp::default() + Span::days(days),
            basket: OrderIdx::new(0),
        }
    }

    #[test]
    fn entries_of_one_item_are_merged() {
        let history = [
            entry(3, 2.0, 0),
            entry(1, 1.0, 10),
            entry(3, 0.5, 20),
            entry(9, 1.0, 20),
            entry(2, 0.0, 20),
            entry(4, f32::NAN, 20),
        ];
        let as_of = Timestamp::default() + Span::days(20);
        let request = Request { history: &history, customer: None, as_of };
        let read = |weight, half_life| HistoryRule { weight, half_life }.read(&request, 5);
        assert_eq!(read(HistoryWeight::Binary, None), [(1, 1.0), (3, 1.0)]);
        assert_eq!(read(HistoryWeight::Sum, None), [(1, 1.0), (3, 2.5)]);
        let ten = Some(Span::days(10));
        assert_eq!(read(HistoryWeight::Binary, ten), [(1, 0.5), (3, 1.0)]);
        assert_eq!(read(HistoryWeight::Sum, ten), [(1, 0.5), (3, 1.0)]);
    }

    #[test]
    fn infinite_weights_make_no_nan() {
        let old = -4_000_000;
        let history = [
            entry(0, f32::INFINITY, 0),
            entry(0, f32::NEG_INFINITY, 0),
            entry(1, f32::INFINITY, old),
            entry(2, f32::MAX, 0),
            entry(2, f32::INFINITY, 0),
        ];
        let request = Request { history: &history, customer: None, as_of: Timestamp::default() };
        let rule = HistoryRule { weight: HistoryWeight::Sum, half_life: Some(Span::days(1)) };
        // The two of item 0 cancel, that of item 1 has faded to 0.
        assert_eq!(rule.read(&request, 3), [(2, 1e20)]);
    }

    #[test]
    fn the_future_does_not_grow() {
        let at = Timestamp::default();
        assert_eq!(decay(Some(Span::days(1)), at, at + Span::days(9)), 1.0);
    }
}
