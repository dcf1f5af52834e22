//! What a tracker refuses, asked before anything changes.

use std::ops::ControlFlow;

use patronage_core::{Calendar, CustomerIdx, Line, Money, Timestamp};

use super::cursor::Cursor;
use super::observe::SegmentTracker;
use super::records::{Customer, MOST_LINES};
use super::settings::FARTHEST;
use crate::error::{Error, ErrorKind};

impl<C: Calendar> SegmentTracker<C> {
    /// Whether the order has lines already; refuses lines it cannot have.
    pub(super) fn check_order(
        &self,
        customer: CustomerIdx,
        slot: Option<usize>,
        line: Line,
    ) -> Result<bool, Error> {
        let (order, at) = (line.order, line.at);
        if !self.settings.counts_orders() || !self.orders.contains(order.get()) {
            return Ok(false);
        }
        let span = self.settings.order_span;
        let closed = || Error::from(ErrorKind::OrderClosed { customer, order, at, span });
        let records = &self.customers[slot.ok_or_else(closed)?].records;
        let last = records.of_order(order.get()).ok_or_else(closed)?;
        let (first, last) = records.span_of(order.get(), last);
        let at = at.micros();
        let width = last.max(at).saturating_sub(first.min(at));
        if width > span.as_micros() { Err(closed()) } else { Ok(true) }
    }

    /// Refuses a line in time order that would make sums overflow.
    pub(super) fn check_counts(&self, slot: usize, line: Line) -> Result<(), Error> {
        let customer = &self.customers[slot];
        let at = line.at.micros();
        let mut cursor = Cursor::now(customer);
        let fits = |cursor: &Cursor| fits(customer, cursor.sum, cursor.frequency, line);
        if !fits(&cursor) {
            // What leaves the window meanwhile may make room.
            if at > self.now {
                let stop = |_| ControlFlow::Continue(());
                cursor = self.clock().walk(customer, cursor, self.now, at, stop).cursor;
            }
            if !fits(&cursor) {
                let customer = CustomerIdx::new(customer.id);
                return Err(ErrorKind::CountOverflow { customer }.into());
            }
        }
        Ok(())
    }

    /// Refuses a late line that could make sums overflow at any time.
    pub(super) fn check_total(&self, slot: Option<usize>, line: Line) -> Result<(), Error> {
        let Some(slot) = slot else { return Ok(()) };
        let customer = &self.customers[slot];
        let list = &customer.records.list;
        let gone = list.range(..customer.head as usize);
        let sum = gone.fold(i128::from(customer.sum.ticks()), |sum, record| {
            sum + i128::from(record.amount.ticks())
        });
        let lines: u64 = list.iter().map(|record| u64::from(record.lines())).sum();
        if !fits(customer, sum, u64::from(customer.frequency) + lines, line) {
            let customer = CustomerIdx::new(customer.id);
            return Err(ErrorKind::CountOverflow { customer }.into());
        }
        Ok(())
    }
}

/// Whether one more line fits into what can be counted.
pub(super) fn fits(customer: &Customer, sum: i128, frequency: u64, line: Line) -> bool {
    let at = line.at.micros();
    let position = customer.records.until(at);
    let full = position > 0
        && customer.records.list[position - 1].at == at
        && customer
            .records
            .list
            .range(..position)
            .rev()
            .take_while(|r| r.at == at)
            .any(|r| r.lines() == MOST_LINES);
    let sum = sum + i128::from(line.amount.ticks());
    sum <= i128::from(i64::MAX) && frequency < u64::from(u32::MAX) && !full
}

pub(super) fn check_line(customer: CustomerIdx, line: Line) -> Result<(), Error> {
    check_instant(line.at)?;
    if line.amount < Money::ZERO {
        let (what, expected) = ("amount of a line of customer", "at least 0");
        let (position, found) = (customer.index(), line.amount.as_f64());
        return Err(ErrorKind::Number { what, position, expected, found }.into());
    }
    Ok(())
}

pub(super) fn check_instant(at: Timestamp) -> Result<(), Error> {
    if (-FARTHEST..=FARTHEST).contains(&at.micros()) {
        return Ok(());
    }
    let (name, expected) = ("instant", "at most 73,000 years from 1970, in microseconds");
    Err(ErrorKind::Parameter { name, expected, found: at.micros() as f64 }.into())
}
