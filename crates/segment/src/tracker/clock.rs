//! Measures at an instant, and the instants at which they change by themselves.

use patronage_core::{Calendar, Money, SegmentIdx, Span, Timestamp};

use super::cursor::Cursor;
use super::moves::Measures;
use super::records::{Customer, NEVER};
use super::settings::{Horizon, Tracking};
use super::steps::Steps;
use crate::rfm::{Monetary, Recency, mean};

/// The rules, the settings and the calendar by which customers are measured.
#[derive(Clone, Copy)]
pub(super) struct Clock<'a> {
    pub(super) steps: &'a Steps,
    pub(super) settings: &'a Tracking,
    pub(super) calendar: &'a dyn Calendar,
}

impl Clock<'_> {
    pub(super) fn date(&self, t: i64) -> i32 {
        self.calendar.date(Timestamp::from_micros(t)).days()
    }

    /// The recency of a purchase at `last`, as of `t`.
    fn ticks(&self, t: i64, last: i64) -> i64 {
        match self.settings.recency {
            Recency::CalendarDays => (i64::from(self.date(t)) - i64::from(self.date(last))).max(0),
            Recency::Elapsed => t.saturating_sub(last).max(0),
        }
    }

    /// The first instant, after `t`, at which a purchase at `last` is so recent no more.
    fn crossing(&self, last: i64, step: i64, t: i64) -> i64 {
        let days = match self.settings.recency {
            Recency::Elapsed => return last.saturating_add(step).max(t.saturating_add(1)),
            Recency::CalendarDays => step,
        };
        let date = self.calendar.date(Timestamp::from_micros(last));
        let days = i32::try_from(days).unwrap_or(i32::MAX);
        let at = self.calendar.start_of(date.plus_days(days)).micros();
        if at > t { at } else { self.tomorrow(t) }
    }

    /// The next midnight, for a calendar whose dates and midnights disagree.
    fn tomorrow(&self, t: i64) -> i64 {
        let date = self.calendar.date(Timestamp::from_micros(t));
        let at = self.calendar.start_of(date.plus_days(1)).micros();
        if at > t { at } else { t.saturating_add(Span::days(1).as_micros()) }
    }

    /// The first instant at which a purchase at `at` is outside the window.
    pub(super) fn expiry(&self, at: i64) -> i64 {
        match self.settings.horizon {
            Horizon::Life => NEVER,
            Horizon::Elapsed(span) => at.saturating_add(span.as_micros()),
            Horizon::CalendarDays(days) => {
                let days = i32::try_from(days).unwrap_or(i32::MAX).saturating_add(1);
                let date = self.calendar.date(Timestamp::from_micros(at));
                // A purchase is measured at its own instant at least.
                self.calendar.start_of(date.plus_days(days)).micros().max(at.saturating_add(1))
            }
        }
    }

    pub(super) fn monetary(&self, cursor: &Cursor) -> Money {
        let ticks = match self.settings.monetary {
            Monetary::MeanPerOrder => mean(cursor.sum, cursor.orders.max(1)),
            _ => cursor.sum,
        };
        // Sums beyond the range of money are refused as they come.
        Money::from_ticks(i64::try_from(ticks).unwrap_or(i64::MAX))
    }

    /// The measures at `t`, of a customer with a purchase in the window.
    pub(super) fn measures(
        &self,
        customer: &Customer,
        cursor: &Cursor,
        t: i64,
    ) -> Option<Measures> {
        let last = self.last(customer, cursor)?;
        Some(Measures {
            recency_days: self.steps.days(self.ticks(t, last)),
            frequency: cursor.frequency,
            monetary: self.monetary(cursor),
        })
    }

    /// The instant of the last purchase in the window.
    pub(super) fn last(&self, customer: &Customer, cursor: &Cursor) -> Option<i64> {
        if cursor.high > cursor.low {
            return Some(customer.records.list[cursor.high - 1].at);
        }
        let life = self.settings.horizon == Horizon::Life;
        (life && customer.settled != super::records::NEVER_YET).then_some(customer.settled)
    }

    /// The segment at `t`, and the next instant at which that may change by itself.
    pub(super) fn stand(
        &self,
        customer: &Customer,
        cursor: &Cursor,
        t: i64,
    ) -> (Option<SegmentIdx>, i64) {
        let Some(last) = self.last(customer, cursor) else { return (None, NEVER) };
        let base = self.steps.base(cursor.frequency, self.monetary(cursor));
        let region = self.steps.region(self.ticks(t, last));
        let crossing = match self.steps.next(base, region) {
            Some(step) => self.crossing(last, step, t),
            None => NEVER,
        };
        let expiry = match customer.records.list.get(cursor.low) {
            Some(oldest) if self.settings.horizon != Horizon::Life => self.expiry(oldest.at),
            _ => NEVER,
        };
        (Some(self.steps.segment(base, region)), crossing.min(expiry))
    }
}
