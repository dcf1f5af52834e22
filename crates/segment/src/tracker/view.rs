//! Where customers stand.

use std::ops::ControlFlow;

use patronage_core::{Calendar, CustomerIdx, SegmentIdx, Timestamp};

use super::cursor::Cursor;
use super::moves::Measures;
use super::observe::SegmentTracker;
use super::records::{Customer, NEVER, NEVER_YET, Record};

/// Where one customer stands, and where she goes if she does nothing.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct CustomerState {
    /// Whose state it is.
    pub customer: CustomerIdx,
    /// Her segment; `None` without a purchase in the window.
    pub segment: Option<SegmentIdx>,
    /// When her present stay there began.
    pub since: Timestamp,
    /// Her measures now; `None` without a purchase in the window.
    pub measures: Option<Measures>,
    /// Her next move, should she buy nothing until then; `None` when there is none ahead.
    pub next: Option<NextMove>,
}

/// A move that time alone will bring.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct NextMove {
    /// When.
    pub at: Timestamp,
    /// Where; `None` when no purchase is left in the window then.
    pub to: Option<SegmentIdx>,
}

impl<C: Calendar> SegmentTracker<C> {
    /// Where a customer stands; `None` of one who never bought.
    ///
    /// Costs O(her records that leave the window before she moves).
    #[must_use]
    pub fn state_of(&self, customer: CustomerIdx) -> Option<CustomerState> {
        let known = &self.customers[self.places.find(customer.get())?];
        let (clock, cursor) = (self.clock(), Cursor::now(known));
        let mut next = None;
        clock.walk(known, cursor, self.now, NEVER - 1, |step| {
            next = Some(NextMove { at: step.at, to: step.to });
            ControlFlow::Break(())
        });
        Some(CustomerState {
            customer,
            segment: known.segment(),
            since: Timestamp::from_micros(known.since),
            measures: clock.measures(known, &cursor, self.now),
            next,
        })
    }

    /// The segment of a customer now; O(1).
    #[must_use]
    pub fn segment_of(&self, customer: CustomerIdx) -> Option<SegmentIdx> {
        self.customers[self.places.find(customer.get())?].segment()
    }

    /// Every customer who is in a segment now, in ascending order.
    pub fn snapshot(&self) -> impl Iterator<Item = (CustomerIdx, SegmentIdx)> + '_ {
        self.in_order()
            .filter_map(|customer| Some((CustomerIdx::new(customer.id), customer.segment()?)))
    }

    /// Every customer who will be in a segment at `at`, in ascending order, should nobody buy
    /// meanwhile; at or before now, as [`snapshot`](Self::snapshot).
    pub fn outlook(&self, at: Timestamp) -> impl Iterator<Item = (CustomerIdx, SegmentIdx)> + '_ {
        let at = at.micros().min(NEVER - 1);
        self.in_order().filter_map(move |customer| {
            let mut segment = customer.segment();
            if at > self.now && customer.due <= at {
                let cursor = Cursor::now(customer);
                let stop = |_| ControlFlow::Continue(());
                segment = self.clock().walk(customer, cursor, self.now, at, stop).segment;
            }
            Some((CustomerIdx::new(customer.id), segment?))
        })
    }

    /// The number of customers in each segment now; O(1).
    #[must_use]
    pub fn counts(&self) -> &[usize] {
        &self.counts
    }

    /// The number of customers who ever bought.
    #[must_use]
    pub fn n_customers(&self) -> usize {
        self.customers.len()
    }

    /// The memory held for customers, orders and what is due, in bytes; O(customers).
    #[must_use]
    pub fn n_bytes(&self) -> usize {
        let own = |customer: &Customer| {
            let earlier = customer.earlier.as_ref();
            customer.records.list.capacity() * size_of::<Record>()
                + earlier.map_or(0, |earlier| 32 + earlier.starts.capacity() * 8)
        };
        self.customers.capacity() * size_of::<Customer>()
            + self.customers.iter().map(own).sum::<usize>()
            + self.places.bytes()
            + self.orders.bytes()
            + self.queue.bytes()
    }

    /// The customers in ascending order.
    pub(super) fn in_order(&self) -> impl Iterator<Item = &Customer> + '_ {
        self.places.iter().map(|slot| &self.customers[slot])
    }

    /// The start of a customer's stay.
    pub(super) fn since(customer: &Customer) -> Option<Timestamp> {
        (customer.since != NEVER_YET).then_some(Timestamp::from_micros(customer.since))
    }
}
