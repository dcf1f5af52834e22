//! Time that passes, and what is kept of it.

use std::collections::VecDeque;
use std::ops::ControlFlow;

use patronage_core::{Calendar, Money, SegmentIdx, Span};

use super::cursor::Cursor;
use super::moves::SegmentMove;
use super::observe::SegmentTracker;
use super::records::{Customer, Earlier, NEVER, NEVER_YET, NOWHERE};
use super::settings::Horizon;

impl<C: Calendar> SegmentTracker<C> {
    /// The earliest instant at which a late purchase is still taken in.
    pub(super) fn horizon(&self) -> i64 {
        self.now.saturating_sub(self.settings.lateness.as_micros())
    }

    /// Lets time pass to `until`, which is no earlier than now.
    pub(super) fn pass(&mut self, until: i64, tell: &mut dyn FnMut(SegmentMove)) {
        loop {
            let (places, customers) = (&self.places, &mut self.customers);
            let next = self.queue.next(until, |id, queued| {
                // Only customers who have a place are ever queued.
                let Some(slot) = places.find(id) else { return (NEVER_YET, NEVER_YET) };
                let customer = &mut customers[slot];
                let before = (customer.queued, customer.due);
                customer.queued = queued.unwrap_or(customer.queued);
                before
            });
            let Some((at, id)) = next else { break };
            let Some(slot) = self.places.find(id) else { continue };
            let customer = &self.customers[slot];
            // Nothing happened since the queue was looked at last, so any earlier instant serves.
            let clock = self.clock();
            let mut moved = false;
            let walked = clock.walk(customer, Cursor::now(customer), at - 1, at, |step| {
                moved = true;
                tell(step);
                ControlFlow::Continue(())
            });
            self.now = at.max(self.now);
            let horizon = self.horizon();
            let customer = &mut self.customers[slot];
            customer.queued = NEVER;
            if moved {
                customer.stay(at, horizon);
            }
            self.settle(slot, walked.cursor, walked.segment, walked.due);
        }
        self.now = until.max(self.now);
    }

    /// Stores where a customer stands at the tracker's time.
    pub(super) fn settle(
        &mut self,
        slot: usize,
        cursor: Cursor,
        segment: Option<SegmentIdx>,
        due: i64,
    ) {
        let customer = &mut self.customers[slot];
        let segment = segment.map_or(NOWHERE, SegmentIdx::get);
        if segment != customer.segment {
            if let Some(count) = self.counts.get_mut(customer.segment as usize) {
                *count -= 1;
            }
            if let Some(count) = self.counts.get_mut(segment as usize) {
                *count += 1;
            }
            customer.segment = segment;
        }
        customer.store(cursor);
        customer.due = due;
        if due < customer.queued {
            customer.queued = due;
            self.queue.add(due, customer.id);
        }
        self.forget(slot);
    }

    /// Drops the records that no late purchase can bring back.
    pub(super) fn forget(&mut self, slot: usize) {
        let horizon = self.horizon();
        let counts_orders = self.settings.counts_orders();
        let span = if counts_orders { self.settings.order_span } else { Span::default() };
        let open = horizon.saturating_sub(span.as_micros());
        let life = self.settings.horizon == Horizon::Life;
        loop {
            let customer = &self.customers[slot];
            let Some(oldest) = customer.records.list.front() else { return };
            let gone = life || (customer.head > 0 && self.clock().expiry(oldest.at) < horizon);
            if oldest.at >= open || !gone {
                return;
            }
            let customer = &mut self.customers[slot];
            customer.settled = oldest_at(customer);
            customer.records.list.pop_front();
            customer.head = customer.head.saturating_sub(1);
        }
    }
}

fn oldest_at(customer: &Customer) -> i64 {
    customer.records.list.front().map_or(customer.settled, |record| record.at)
}

impl Customer {
    /// Takes over the counts.
    pub(super) fn store(&mut self, cursor: Cursor) {
        // They were checked to fit when their lines came.
        self.head = cursor.low as u32;
        self.frequency = u32::try_from(cursor.frequency).unwrap_or(u32::MAX);
        self.orders = u32::try_from(cursor.orders).unwrap_or(u32::MAX);
        self.sum = Money::from_ticks(i64::try_from(cursor.sum).unwrap_or(i64::MAX));
    }

    /// Begins a stay at `at`; remembers those before that ended no earlier than `horizon`.
    pub(super) fn stay(&mut self, at: i64, horizon: i64) {
        if self.previous != NEVER_YET && self.since >= horizon {
            self.earlier.get_or_insert_default().starts.push_back(self.previous);
        }
        self.previous = std::mem::replace(&mut self.since, at);
        let Some(earlier) = &mut self.earlier else { return };
        let starts = &mut earlier.starts;
        // Each ended when the next began.
        while !starts.is_empty() && *starts.get(1).unwrap_or(&self.previous) < horizon {
            starts.pop_front();
        }
        if starts.is_empty() {
            self.earlier = None;
        }
    }

    /// The starts of all stays remembered, ascending.
    pub(super) fn starts(&self) -> impl Iterator<Item = i64> + '_ {
        let earlier = self.earlier.iter().flat_map(|earlier| earlier.starts.iter().copied());
        earlier.chain([self.previous, self.since]).filter(|&start| start != NEVER_YET)
    }

    /// Remembers these stays alone.
    pub(super) fn remember(&mut self, mut starts: VecDeque<i64>) {
        self.since = starts.pop_back().unwrap_or(NEVER_YET);
        self.previous = starts.pop_back().unwrap_or(NEVER_YET);
        self.earlier = (!starts.is_empty()).then(|| Box::new(Earlier { starts }));
    }
}
