//! A customer's counts at an instant, moved back and forth in time.

use patronage_core::{CustomerIdx, SegmentIdx, Timestamp};

use super::clock::Clock;
use super::moves::{Cause, SegmentMove};
use super::records::{Customer, NEVER, NEVER_YET, Record};
use crate::rfm::Frequency;

/// Which records are inside the window at an instant, and what they sum up to.
///
/// Records below `high` have come, those below `low` have left. Coming and leaving are exact
/// inverses, so a cursor can be moved back as well.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Cursor {
    pub(super) low: usize,
    pub(super) high: usize,
    pub(super) frequency: u64,
    pub(super) orders: u64,
    /// Wide, because on the way back records of two windows may be summed.
    pub(super) sum: i128,
}

impl Cursor {
    /// A customer's counts at the tracker's time.
    pub(super) fn now(customer: &Customer) -> Self {
        Self {
            low: customer.head as usize,
            high: customer.records.list.len(),
            frequency: u64::from(customer.frequency),
            orders: u64::from(customer.orders),
            sum: i128::from(customer.sum.ticks()),
        }
    }
}

/// What the way of a customer from one instant to another shows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Walked {
    pub(super) cursor: Cursor,
    pub(super) segment: Option<SegmentIdx>,
    /// When something happens by itself next.
    pub(super) due: i64,
    /// The greatest sum and frequency on the way.
    pub(super) most: (i128, u64),
}

impl Clock<'_> {
    /// What the record at `position` adds to the counts when it comes.
    fn coming(&self, customer: &Customer, position: usize, record: Record) -> (u64, u64) {
        let orders = u64::from(record.is_first());
        let frequency = match self.settings.frequency {
            Frequency::Days => {
                let before = match position.checked_sub(1) {
                    Some(before) => customer.records.list[before].at,
                    None => customer.settled,
                };
                u64::from(before == NEVER_YET || !self.share_a_day(before, record.at))
            }
            Frequency::Lines => u64::from(record.lines()),
            _ => orders,
        };
        (frequency, orders)
    }

    /// Whether the earlier of two records still stands for the date of both when the later comes.
    fn share_a_day(&self, earlier: i64, later: i64) -> bool {
        self.date(earlier) == self.date(later) && self.expiry(earlier) > later
    }

    /// What the record at `position` takes from the counts when it leaves.
    fn leaving(&self, customer: &Customer, position: usize, record: Record) -> (u64, u64) {
        let orders = u64::from(record.is_last());
        let frequency = match self.settings.frequency {
            Frequency::Days => {
                let after = customer.records.list.get(position + 1);
                u64::from(after.is_none_or(|after| !self.share_a_day(record.at, after.at)))
            }
            Frequency::Lines => u64::from(record.lines()),
            _ => orders,
        };
        (frequency, orders)
    }

    pub(super) fn come(&self, customer: &Customer, cursor: &mut Cursor) {
        let record = customer.records.list[cursor.high];
        let (frequency, orders) = self.coming(customer, cursor.high, record);
        cursor.frequency += frequency;
        cursor.orders += orders;
        cursor.sum += i128::from(record.amount.ticks());
        cursor.high += 1;
    }

    fn leave(&self, customer: &Customer, cursor: &mut Cursor) {
        let record = customer.records.list[cursor.low];
        let (frequency, orders) = self.leaving(customer, cursor.low, record);
        cursor.frequency = cursor.frequency.saturating_sub(frequency);
        cursor.orders = cursor.orders.saturating_sub(orders);
        cursor.sum -= i128::from(record.amount.ticks());
        cursor.low += 1;
    }

    /// The counts at the earlier instant `t`.
    pub(super) fn rewind(&self, customer: &Customer, mut cursor: Cursor, t: i64) -> Cursor {
        let list = &customer.records.list;
        while cursor.low > 0 && self.expiry(list[cursor.low - 1].at) > t {
            cursor.low -= 1;
            let record = list[cursor.low];
            let (frequency, orders) = self.leaving(customer, cursor.low, record);
            cursor.frequency += frequency;
            cursor.orders += orders;
            cursor.sum += i128::from(record.amount.ticks());
        }
        while cursor.high > 0 && list[cursor.high - 1].at > t {
            cursor.high -= 1;
            let record = list[cursor.high];
            let (frequency, orders) = self.coming(customer, cursor.high, record);
            cursor.frequency = cursor.frequency.saturating_sub(frequency);
            cursor.orders = cursor.orders.saturating_sub(orders);
            cursor.sum -= i128::from(record.amount.ticks());
        }
        cursor
    }

    /// Lets time pass from `t` to `until`, telling every move; stops after the first move where
    /// `tell` says so.
    ///
    /// At one instant, what time alone brings comes first, then the records of that instant
    /// together.
    pub(super) fn walk(
        &self,
        customer: &Customer,
        mut cursor: Cursor,
        t: i64,
        until: i64,
        mut tell: impl FnMut(SegmentMove) -> std::ops::ControlFlow<()>,
    ) -> Walked {
        let list = &customer.records.list;
        let (mut segment, mut due) = self.stand(customer, &cursor, t);
        let mut most = (cursor.sum, cursor.frequency);
        loop {
            let coming = list.get(cursor.high).map(|record| record.at);
            let at = due.min(coming.unwrap_or(due));
            if at > until || (at == due && due == NEVER) {
                break;
            }
            let before = cursor;
            while cursor.low < cursor.high && self.expiry(list[cursor.low].at) <= at {
                self.leave(customer, &mut cursor);
            }
            let to;
            (to, due) = self.stand(customer, &cursor, at);
            if to != segment {
                let step = SegmentMove {
                    customer: CustomerIdx::new(customer.id),
                    at: Timestamp::from_micros(at),
                    from: segment,
                    to,
                    cause: Cause::Time,
                    before: self.measures(customer, &before, at.saturating_sub(1)),
                    after: self.measures(customer, &cursor, at),
                };
                segment = to;
                if tell(step).is_break() {
                    break;
                }
            }
            if coming != Some(at) {
                continue;
            }
            let before = cursor;
            while list.get(cursor.high).is_some_and(|record| record.at == at) {
                self.come(customer, &mut cursor);
            }
            most = (most.0.max(cursor.sum), most.1.max(cursor.frequency));
            let to;
            (to, due) = self.stand(customer, &cursor, at);
            if to != segment {
                let step = SegmentMove {
                    customer: CustomerIdx::new(customer.id),
                    at: Timestamp::from_micros(at),
                    from: segment,
                    to,
                    cause: Cause::Purchase,
                    before: self.measures(customer, &before, at),
                    after: self.measures(customer, &cursor, at),
                };
                segment = to;
                if tell(step).is_break() {
                    break;
                }
            }
        }
        Walked { cursor, segment, due, most }
    }
}
