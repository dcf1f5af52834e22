//! What a tracker measures, and how late it listens.

use patronage_core::Span;

use crate::error::{Error, ErrorKind};
use crate::rfm::{Frequency, Monetary, Recency};

/// The longest span and the farthest instant a tracker computes with, in microseconds from 1970:
/// some 73,000 years, far enough from the ends of `i64` that no sum of two leaves it.
pub(super) const FARTHEST: i64 = 1 << 61;

/// The longest calendar window, in days.
const MOST_DAYS: u32 = 1_000_000;

/// Which of a customer's purchases are measured at an instant `t`.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Horizon {
    /// All of them.
    #[default]
    Life,
    /// Those of today and of so many calendar days before (1 to 1,000,000): a purchase of date `d`
    /// is measured as long as the date of `t` is at most `d` plus so many days.
    CalendarDays(u32),
    /// Those after `t` less this span (above 0): a purchase at `a` is measured while
    /// `t` < `a` + span.
    Elapsed(Span),
}

/// What a [`SegmentTracker`](crate::SegmentTracker) measures, and how late it listens.
///
/// The definitions are those of [`Rfm`](crate::Rfm).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Tracking {
    pub(super) recency: Recency,
    pub(super) frequency: Frequency,
    pub(super) monetary: Monetary,
    pub(super) horizon: Horizon,
    pub(super) lateness: Span,
    pub(super) order_span: Span,
}

impl Tracking {
    /// Calendar days, distinct orders and the sum of amounts over the customer's life, in time order.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            recency: Recency::CalendarDays,
            frequency: Frequency::Orders,
            monetary: Monetary::Sum,
            horizon: Horizon::Life,
            lateness: Span::micros(0),
            order_span: Span::days(1),
        }
    }

    /// How recency is counted; default [`Recency::CalendarDays`].
    #[must_use]
    pub const fn recency(mut self, recency: Recency) -> Self {
        self.recency = recency;
        self
    }

    /// What frequency counts; default [`Frequency::Orders`].
    #[must_use]
    pub const fn frequency(mut self, frequency: Frequency) -> Self {
        self.frequency = frequency;
        self
    }

    /// What monetary value sums up; default [`Monetary::Sum`], or [`Monetary::MeanPerOrder`].
    ///
    /// For margins feed margins as the amounts, where none is below 0.
    #[must_use]
    pub const fn monetary(mut self, monetary: Monetary) -> Self {
        self.monetary = monetary;
        self
    }

    /// Which purchases are measured; default [`Horizon::Life`].
    #[must_use]
    pub const fn horizon(mut self, horizon: Horizon) -> Self {
        self.horizon = horizon;
        self
    }

    /// How far behind the tracker's time a purchase may come; default 0, at least 0.
    ///
    /// Each customer's purchases are remembered one by one so long.
    #[must_use]
    pub const fn lateness(mut self, lateness: Span) -> Self {
        self.lateness = lateness;
        self
    }

    /// How far apart the lines of one order may lie; default one day, at least 0 and shorter than
    /// the window.
    ///
    /// Matters where distinct orders are counted. A line farther from the others of its order, or
    /// of another customer than they, is refused rather than counted wrongly.
    #[must_use]
    pub const fn order_span(mut self, order_span: Span) -> Self {
        self.order_span = order_span;
        self
    }

    /// Whether distinct orders are counted.
    pub(super) fn counts_orders(&self) -> bool {
        self.frequency == Frequency::Orders || self.monetary == Monetary::MeanPerOrder
    }

    pub(super) fn validate(&self) -> Result<(), Error> {
        let refuse = |name, expected, found: Span| {
            let found = found.as_days();
            Err(Error::from(ErrorKind::Parameter { name, expected, found }))
        };
        let in_range = |span: Span| (0..=FARTHEST / 2).contains(&span.as_micros());
        if !in_range(self.lateness) {
            return refuse("lateness", "0 to 13,000,000 days", self.lateness);
        }
        if !in_range(self.order_span) {
            return refuse("order_span", "0 to 13,000,000 days", self.order_span);
        }
        if !matches!(self.monetary, Monetary::Sum | Monetary::MeanPerOrder) {
            let column = "monetary of margins".to_owned();
            return Err(ErrorKind::NotTracked { column }.into());
        }
        let longest = match self.horizon {
            Horizon::Life => return Ok(()),
            Horizon::CalendarDays(days) => {
                if !(1..=MOST_DAYS).contains(&days) {
                    let (name, expected) = ("horizon", "1 to 1,000,000 days");
                    let found = f64::from(days);
                    return Err(ErrorKind::Parameter { name, expected, found }.into());
                }
                // A day less, because days of a calendar may be shorter than 24 hours.
                Span::days(i64::from(days) - 1)
            }
            Horizon::Elapsed(span) => {
                if !in_range(span) || span == Span::micros(0) {
                    return refuse("horizon", "above 0 and at most 13,000,000 days", span);
                }
                Span::micros(span.as_micros() - 1)
            }
        };
        if self.counts_orders() && self.order_span > longest {
            let expected = "shorter than the window (by a day where that is of calendar days)";
            return refuse("order_span", expected, self.order_span);
        }
        Ok(())
    }
}

impl Default for Tracking {
    fn default() -> Self {
        Self::new()
    }
}
