//! Purchases that come out of order.

use std::ops::ControlFlow;

use patronage_core::{Calendar, CustomerIdx, Line, Timestamp};

use super::checks::fits;
use super::clock::Clock;
use super::correction::Correction;
use super::cursor::{Cursor, Walked};
use super::moves::SegmentMove;
use super::observe::SegmentTracker;
use super::records::Customer;
use crate::error::{Error, ErrorKind};

impl<C: Calendar> SegmentTracker<C> {
    /// Refuses what comes later than the lateness admits.
    pub(super) fn check_lateness(
        &self,
        customer: CustomerIdx,
        at: Timestamp,
        now: Timestamp,
    ) -> Result<(), Error> {
        let (lateness, behind) = (self.settings.lateness, now - at);
        if behind > lateness {
            return Err(ErrorKind::TooLate { customer, at, now, lateness, behind }.into());
        }
        Ok(())
    }

    /// Puts a line before now in its place, and tells what that changes.
    pub(super) fn observe_late(
        &mut self,
        id: CustomerIdx,
        line: Line,
    ) -> Result<Correction, Error> {
        let (at, now) = (line.at.micros(), self.now);
        self.check_lateness(id, line.at, Timestamp::from_micros(now))?;
        let slot = self.places.find(id.get());
        let known_order = self.check_order(id, slot, line)?;

        let newcomer = Customer::new(id.get());
        let customer = slot.map_or(&newcomer, |slot| &self.customers[slot]);
        let clock = self.clock();
        let start = clock.rewind(customer, Cursor::now(customer), at - 1);
        let (before, _) = clock.stand(customer, &start, at - 1);
        let mut believed = Vec::new();
        let was = collect(&clock, customer, start, (at - 1, now), &mut believed);
        if !fits(customer, was.most.0, was.most.1, line) {
            return Err(ErrorKind::CountOverflow { customer: id }.into());
        }

        let slot = slot.unwrap_or_else(|| self.enrol(id));
        let counts_orders = self.settings.counts_orders();
        let order = if counts_orders { line.order.get() } else { 0 };
        let records = &mut self.customers[slot].records;
        let place = records.place(at, order, counts_orders);
        records.put(place, at, order, line.amount, known_order);
        if counts_orders {
            self.orders.insert(order);
        }
        let mut known = Vec::new();
        let customer = &self.customers[slot];
        let is = collect(&self.clock(), customer, start, (at - 1, now), &mut known);
        self.restay(slot, at, &known);
        self.settle(slot, is.cursor, is.segment, is.due);
        Ok(Correction {
            customer: id,
            at: line.at,
            known_at: Timestamp::from_micros(now),
            before,
            believed,
            known,
        })
    }

    /// Dates the customer's stays anew from the instant `at` on.
    fn restay(&mut self, slot: usize, at: i64, known: &[SegmentMove]) {
        let horizon = self.horizon();
        let customer = &mut self.customers[slot];
        customer.remember(customer.starts().take_while(|&start| start < at).collect());
        for step in known {
            customer.stay(step.at.micros(), horizon);
        }
    }
}

fn collect(
    clock: &Clock<'_>,
    customer: &Customer,
    start: Cursor,
    (from, until): (i64, i64),
    moves: &mut Vec<SegmentMove>,
) -> Walked {
    clock.walk(customer, start, from, until, |step| {
        moves.push(step);
        ControlFlow::Continue(())
    })
}
