//! Trackers of disjoint customers put together.

use patronage_core::{Calendar, CustomerIdx, OrderIdx, Timestamp};

use super::observe::SegmentTracker;
use crate::error::{Error, ErrorKind};

impl<C: Calendar> SegmentTracker<C> {
    /// Takes over the customers of another tracker, which goes on as one that had seen the
    /// purchases of both; O(customers and orders of the other).
    ///
    /// For customers split among processes or machines. The calendars must be the same; that is
    /// checked at [`now`](Self::now) alone.
    ///
    /// # Errors
    ///
    /// When the model, the settings, the time or the calendar is another, or both know a customer
    /// or, where orders are counted, an order; nothing is changed then.
    pub fn merge(&mut self, other: &Self) -> Result<(), Error> {
        let differ = |what| Err(Error::from(ErrorKind::OtherTracker { what }));
        if self.model() != other.model() {
            return differ("model");
        }
        if self.settings != other.settings {
            return differ("settings");
        }
        if self.now != other.now {
            return differ("time");
        }
        if self.now().is_some() && self.today() != other.today() {
            return differ("calendar");
        }
        let both = |id: &u32| self.places.find(*id).is_some();
        if let Some(id) = other.in_order().map(|customer| customer.id).find(both) {
            return Err(ErrorKind::SharedCustomer { customer: CustomerIdx::new(id) }.into());
        }
        if let Some(order) = other.orders.iter().find(|&order| self.orders.contains(order)) {
            return Err(ErrorKind::SharedOrder { order: OrderIdx::new(order) }.into());
        }
        for customer in &other.customers {
            let slot = self.customers.len();
            let mut customer = customer.clone();
            customer.queued = customer.due;
            self.queue.add(customer.due, customer.id);
            self.places.put(customer.id, slot);
            self.customers.push(customer);
        }
        other.orders.iter().for_each(|order| self.orders.insert(order));
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count += more;
        }
        Ok(())
    }

    /// The date now and when it began: what tells one calendar from another.
    pub(super) fn today(&self) -> (i32, i64) {
        let date = self.calendar.date(Timestamp::from_micros(self.now));
        (date.days(), self.calendar.start_of(date).micros())
    }
}
