//! What is asked of a tracker's state that is read from a file.

use std::collections::HashMap;

use patronage_core::{CustomerIdx, Money, OrderIdx, SavedModel, Timestamp};

use super::checks::check_instant;
use super::records::{MOST_LINES, NEVER};
use super::settings::Horizon;
use super::state::{Raw, RawCustomer, TrackerState};
use super::steps::Steps;
use crate::error::{Error, ErrorKind};
use crate::rfm::Frequency;

impl SavedModel for TrackerState {
    const TAG: &'static str = "segment/tracker";
    const VERSION: u32 = 1;
}

impl From<TrackerState> for Raw {
    fn from(state: TrackerState) -> Self {
        state.raw
    }
}

impl TryFrom<Raw> for TrackerState {
    type Error = Error;

    fn try_from(raw: Raw) -> Result<Self, Error> {
        raw.check()?;
        Ok(Self { raw })
    }
}

impl Raw {
    fn check(&self) -> Result<(), Error> {
        self.settings.validate()?;
        Steps::new(self.model.clone(), self.settings.recency)?;
        let refuse = |what, position, expected, found: f64| {
            Err(Error::from(ErrorKind::Number { what, position, expected, found }))
        };
        if let Some(now) = self.now {
            check_instant(now)?;
        } else if let Some(customer) = self.customers.first() {
            let expected = "none before the first instant";
            return refuse("customer", 0, expected, f64::from(customer.id.get()));
        }
        if self.today.is_some() != self.now.is_some() {
            return Err(ErrorKind::Empty { what: "date of now" }.into());
        }
        let mut end = 0;
        for (position, &(first, n)) in self.orders.iter().enumerate() {
            let (first, n) = (u64::from(first), u64::from(n));
            if n == 0 || first < end || first + n > 1 << 32 {
                let expected = "ascending runs of orders";
                return refuse("run of orders", position, expected, first as f64);
            }
            end = first + n;
        }
        if let Some(pair) = self.customers.windows(2).find(|pair| pair[0].id >= pair[1].id) {
            return Err(ErrorKind::DoubledCustomer { customer: pair[1].id }.into());
        }
        self.check_orders()?;
        self.customers.iter().try_for_each(|customer| self.check_customer(customer))
    }

    /// Where orders are counted, each is of one customer and was seen.
    fn check_orders(&self) -> Result<(), Error> {
        if !self.settings.counts_orders() {
            return match self.orders.first() {
                Some(_) => Err(ErrorKind::OtherTracker { what: "orders" }.into()),
                None => Ok(()),
            };
        }
        let mut owners: HashMap<u32, CustomerIdx> = HashMap::new();
        for customer in &self.customers {
            for record in &customer.records {
                let owner = *owners.entry(record.order).or_insert(customer.id);
                let run = self.orders.partition_point(|run| run.0 <= record.order);
                let seen = run > 0 && {
                    let (first, n) = self.orders[run - 1];
                    record.order - first < n
                };
                if owner != customer.id || !seen {
                    let order = OrderIdx::new(record.order);
                    return Err(ErrorKind::SharedOrder { order }.into());
                }
            }
        }
        Ok(())
    }

    fn check_customer(&self, customer: &RawCustomer) -> Result<(), Error> {
        let id = customer.id;
        let now = self.now.unwrap_or(Timestamp::MIN);
        let order_of_time = |from: Timestamp, to: Timestamp| {
            if from <= to { Ok(()) } else { Err(ErrorKind::Backwards { now: from, found: to }) }
        };
        let mut before = Timestamp::MIN;
        if let Some(settled) = customer.settled {
            check_instant(settled)?;
            before = settled;
        }
        for (position, record) in customer.records.iter().enumerate() {
            check_instant(record.at)?;
            order_of_time(before, record.at)?;
            before = record.at;
            let (what, expected) = ("lines of record", "1 to 2^30 - 1");
            if !(1..=MOST_LINES).contains(&record.lines) {
                let found = f64::from(record.lines);
                return Err(ErrorKind::Number { what, position, expected, found }.into());
            }
            if record.amount < Money::ZERO {
                let (what, expected) = ("amount of record", "at least 0");
                let found = record.amount.as_f64();
                return Err(ErrorKind::Number { what, position, expected, found }.into());
            }
        }
        order_of_time(before, now)?;
        if customer.settled.is_none() && customer.records.is_empty() {
            return Err(ErrorKind::Empty { what: "purchases of a customer" }.into());
        }
        let mut start = Timestamp::MIN;
        if customer.stays.is_empty() {
            return Err(ErrorKind::Empty { what: "stays of a customer" }.into());
        }
        for &next in &customer.stays {
            check_instant(next)?;
            order_of_time(start, next)?;
            start = next;
        }
        order_of_time(start, now)?;
        let settled = (customer.frequency, customer.orders, customer.sum);
        // Over a window nothing is settled but orders and a day that later records go on with.
        let continued = customer.records.iter().filter(|record| record.continues).count();
        let (orders, days) = (u32::try_from(continued).unwrap_or(u32::MAX), 1);
        let most = match (self.settings.horizon, customer.settled) {
            (_, None) => (0, 0, Money::ZERO),
            (Horizon::Life, _) => (u32::MAX, u32::MAX, Money::MAX),
            _ => match self.settings.frequency {
                Frequency::Days => (days, orders, Money::ZERO),
                _ => (orders, orders, Money::ZERO),
            },
        };
        let within = settled.0 <= most.0 && settled.1 <= most.1 && settled.2 <= most.2;
        if !within || customer.sum < Money::ZERO {
            let (what, expected) = ("settled sum of customer", "that of forgotten purchases");
            let (position, found) = (id.index(), customer.sum.as_f64());
            return Err(ErrorKind::Number { what, position, expected, found }.into());
        }
        let amounts = customer.records.iter().map(|record| i128::from(record.amount.ticks()));
        let sum = i128::from(customer.sum.ticks()) + amounts.sum::<i128>();
        let lines: u64 = customer.records.iter().map(|record| u64::from(record.lines)).sum();
        let most = u64::from(customer.frequency.max(customer.orders)) + lines;
        let in_window = self.settings.horizon == Horizon::Life;
        if (in_window && sum > i128::from(NEVER)) || most > u64::from(u32::MAX) {
            return Err(ErrorKind::CountOverflow { customer: id }.into());
        }
        Ok(())
    }
}
