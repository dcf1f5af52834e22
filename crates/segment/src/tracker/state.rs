//! A tracker's state, saved and restored.

use std::ops::ControlFlow;

use patronage_core::{Calendar, CustomerIdx, Money, Timestamp};

use super::cursor::Cursor;
use super::observe::SegmentTracker;
use super::records::{Customer, NEVER_YET, NOWHERE, Record, Records};
use super::settings::Tracking;
use crate::error::{Error, ErrorKind};
use crate::rfm::RfmSegmenter;

/// All that a [`SegmentTracker`] knows but its calendar, which whoever restores it brings along.
///
/// Taken by [`SegmentTracker::state`], saved in the envelope of all models, and restored by
/// [`SegmentTracker::restore`]; the restored tracker goes on exactly as the first would. What is
/// read from a file is checked: times in order, sums in range, orders of one customer.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(try_from = "Raw", into = "Raw")
)]
pub struct TrackerState {
    pub(super) raw: Raw,
}

#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub(super) struct Raw {
    pub(super) model: RfmSegmenter,
    pub(super) settings: Tracking,
    pub(super) now: Option<Timestamp>,
    /// The date now and when it began, to know the calendar again.
    pub(super) today: Option<(i32, Timestamp)>,
    /// Orders seen: the first of each run, and how many.
    pub(super) orders: Vec<(u32, u32)>,
    /// By id, ascending.
    pub(super) customers: Vec<RawCustomer>,
}

#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub(super) struct RawCustomer {
    pub(super) id: CustomerIdx,
    /// Of what is not remembered purchase by purchase: the last instant, and the sums.
    pub(super) settled: Option<Timestamp>,
    pub(super) frequency: u32,
    pub(super) orders: u32,
    pub(super) sum: Money,
    /// When her stays began, the present one last.
    pub(super) stays: Vec<Timestamp>,
    pub(super) records: Vec<RawRecord>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub(super) struct RawRecord {
    pub(super) at: Timestamp,
    pub(super) order: u32,
    pub(super) lines: u32,
    pub(super) amount: Money,
    /// Whether the order has lines before this one.
    pub(super) continues: bool,
}

impl<C: Calendar> SegmentTracker<C> {
    /// The state, to save it; O(customers, their remembered purchases and orders).
    #[must_use]
    pub fn state(&self) -> TrackerState {
        let raw = Raw {
            model: self.model().clone(),
            settings: self.settings,
            now: self.now(),
            today: self.now().map(|_| {
                let (date, start) = self.today();
                (date, Timestamp::from_micros(start))
            }),
            orders: self.orders.runs(),
            customers: self.in_order().map(|customer| self.raw(customer)).collect(),
        };
        TrackerState { raw }
    }

    fn raw(&self, customer: &Customer) -> RawCustomer {
        let list = &customer.records.list;
        let first = list.front().map_or(self.now, |record| record.at - 1);
        let settled = self.clock().rewind(customer, Cursor::now(customer), first);
        let mut held = Customer::new(customer.id);
        held.store(settled);
        let instant = Timestamp::from_micros;
        RawCustomer {
            id: CustomerIdx::new(customer.id),
            settled: (customer.settled != NEVER_YET).then_some(instant(customer.settled)),
            frequency: held.frequency,
            orders: held.orders,
            sum: held.sum,
            stays: customer.starts().map(instant).collect(),
            records: list
                .iter()
                .map(|record| RawRecord {
                    at: instant(record.at),
                    order: record.order,
                    lines: record.lines(),
                    amount: record.amount,
                    continues: !record.is_first(),
                })
                .collect(),
        }
    }

    /// The tracker of a state, in the calendar it had.
    ///
    /// # Errors
    ///
    /// When the calendar gives another date, or another start of it, at the state's time, or a
    /// customer's purchases in the window sum to more than can be counted.
    pub fn restore(state: TrackerState, calendar: C) -> Result<Self, Error> {
        let Raw { model, settings, now, today, orders, customers } = state.raw;
        let mut tracker = Self::new(model, calendar, settings)?;
        tracker.now = now.map_or(NEVER_YET, Timestamp::micros);
        if today.is_some_and(|(date, start)| tracker.today() != (date, start.micros())) {
            return Err(ErrorKind::OtherTracker { what: "calendar" }.into());
        }
        for (first, n) in orders {
            // Runs were checked to stay within `u32`.
            (0..n).for_each(|i| tracker.orders.insert(first + i));
        }
        for raw in customers {
            let slot = tracker.customers.len();
            let (mut customer, start) = raw.customer(settings.counts_orders());
            let from = customer.records.list.front().map_or(tracker.now, |first| first.at);
            let stop = |_| ControlFlow::Continue(());
            let walked =
                tracker.clock().walk(&customer, start, from.saturating_sub(1), tracker.now, stop);
            if walked.most.0 > i128::from(i64::MAX) {
                return Err(ErrorKind::CountOverflow { customer: raw.id }.into());
            }
            customer.store(walked.cursor);
            customer.segment = walked.segment.map_or(NOWHERE, patronage_core::SegmentIdx::get);
            customer.due = walked.due;
            customer.queued = walked.due;
            if let Some(count) = tracker.counts.get_mut(customer.segment as usize) {
                *count += 1;
            }
            tracker.queue.add(customer.due, customer.id);
            tracker.places.put(customer.id, slot);
            tracker.customers.push(customer);
        }
        Ok(tracker)
    }
}

impl RawCustomer {
    /// The customer, and her counts before the first record.
    fn customer(&self, counts_orders: bool) -> (Customer, Cursor) {
        let mut customer = Customer::new(self.id.get());
        customer.settled = self.settled.map_or(NEVER_YET, Timestamp::micros);
        customer.remember(self.stays.iter().map(|start| start.micros()).collect());
        let mut records = Records::default();
        records.list.reserve_exact(self.records.len());
        for record in &self.records {
            let at = record.at.micros();
            records.list.push_back(Record::new(at, record.order, record.lines, record.amount));
        }
        if counts_orders {
            records.mark(|position| self.records[position].continues);
        }
        customer.records = records;
        let start = Cursor {
            low: 0,
            high: 0,
            frequency: u64::from(self.frequency),
            orders: u64::from(self.orders),
            sum: i128::from(self.sum.ticks()),
        };
        (customer, start)
    }
}
