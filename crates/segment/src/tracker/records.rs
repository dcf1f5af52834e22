//! What is remembered of a customer.

use std::collections::{HashMap, VecDeque};

use patronage_core::{Money, SegmentIdx};

/// The greatest number of lines at one instant of one order.
pub(super) const MOST_LINES: u32 = (1 << 30) - 1;
const FIRST: u32 = 1 << 31;
const LAST: u32 = 1 << 30;

/// No instant: of a customer without one.
pub(super) const NEVER_YET: i64 = i64::MIN;
/// No instant: of a timer that does not run.
pub(super) const NEVER: i64 = i64::MAX;
/// In no segment.
pub(super) const NOWHERE: u32 = u32::MAX;

/// The lines of one order at one instant; where orders are not counted, all lines of the instant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Record {
    pub(super) at: i64,
    pub(super) amount: Money,
    pub(super) order: u32,
    /// The number of lines, and in the two highest bits whether the order has earlier or later ones.
    lines: u32,
}

impl Record {
    /// The only record of its order.
    pub(super) const fn new(at: i64, order: u32, lines: u32, amount: Money) -> Self {
        Self { at, amount, order, lines: lines | FIRST | LAST }
    }

    pub(super) const fn lines(self) -> u32 {
        self.lines & MOST_LINES
    }

    pub(super) const fn is_first(self) -> bool {
        self.lines & FIRST != 0
    }

    pub(super) const fn is_last(self) -> bool {
        self.lines & LAST != 0
    }

    /// One more line at the same instant of the same order, which has less than the greatest number.
    pub(super) fn add(&mut self, amount: Money) {
        self.lines += 1;
        self.amount += amount;
    }
}

/// Where a line goes among the records.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Place {
    /// Into a record of its own at this position.
    New(usize),
    /// Into the record at this position.
    With(usize),
}

/// A customer's records in time order, those of one instant in the order of arrival.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Records {
    pub(super) list: VecDeque<Record>,
}

impl Records {
    /// The number of records at or before `t`.
    pub(super) fn until(&self, t: i64) -> usize {
        match self.list.back() {
            Some(last) if last.at > t => self.list.partition_point(|record| record.at <= t),
            _ => self.list.len(),
        }
    }

    /// Where a line at `at` goes.
    pub(super) fn place(&self, at: i64, order: u32, counts_orders: bool) -> Place {
        let end = self.until(at);
        let same = |record: &&Record| !counts_orders || record.order == order;
        let of_instant = self.list.range(..end).rev().take_while(|record| record.at == at);
        match of_instant.enumerate().find(|(_, record)| same(record)) {
            Some((back, _)) => Place::With(end - 1 - back),
            None => Place::New(end),
        }
    }

    /// The position of the last record of the order, looked for from the end.
    pub(super) fn of_order(&self, order: u32) -> Option<usize> {
        self.list.iter().rposition(|record| record.order == order)
    }

    /// The earliest and the latest instant of an order whose last record is at `one`.
    pub(super) fn span_of(&self, order: u32, one: usize) -> (i64, i64) {
        let mut first = one;
        while !self.list[first].is_first() {
            match self.list.range(..first).rposition(|record| record.order == order) {
                Some(earlier) => first = earlier,
                // Forgotten, hence too far from any line that may still come.
                None => return (NEVER_YET, self.list[one].at),
            }
        }
        (self.list[first].at, self.list[one].at)
    }

    /// Marks the first and the last record of each order; `continues` tells of the first record
    /// here whether there were others before.
    pub(super) fn mark(&mut self, continues: impl Fn(usize) -> bool) {
        let mut last: HashMap<u32, usize> = HashMap::new();
        for position in 0..self.list.len() {
            let order = self.list[position].order;
            match last.insert(order, position) {
                Some(before) => {
                    self.list[before].lines &= !LAST;
                    self.list[position].lines &= !FIRST;
                }
                None if continues(position) => self.list[position].lines &= !FIRST,
                None => {}
            }
        }
    }

    /// Puts a line where it goes; `known` says that its order has records already.
    pub(super) fn put(&mut self, place: Place, at: i64, order: u32, amount: Money, known: bool) {
        let position = match place {
            Place::With(position) => {
                self.list[position].add(amount);
                return;
            }
            Place::New(position) => position,
        };
        let mut record = Record::new(at, order, 1, amount);
        if known {
            let earlier = self.list.range(..position).rposition(|other| other.order == order);
            let later = self.list.range(position..).position(|other| other.order == order);
            if let Some(earlier) = earlier {
                self.list[earlier].lines &= !LAST;
                record.lines &= !FIRST;
            }
            if let Some(later) = later {
                self.list[position + later].lines &= !FIRST;
                record.lines &= !LAST;
            }
        }
        // Most customers hold a record or two: room for four would double their size.
        if self.list.len() == self.list.capacity() && self.list.len() < 4 {
            self.list.reserve_exact(self.list.len().max(1));
        }
        self.list.insert(position, record);
    }
}

/// The starts of stays before the last but one that ended within the lateness, ascending.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Earlier {
    pub(super) starts: VecDeque<i64>,
}

/// What a tracker knows of one customer.
#[derive(Clone, Debug)]
pub(super) struct Customer {
    pub(super) records: Records,
    /// The instant of the last record that was forgotten.
    pub(super) settled: i64,
    pub(super) sum: Money,
    /// When the present stay began.
    pub(super) since: i64,
    /// When the stay before it began.
    pub(super) previous: i64,
    /// When something happens by itself next.
    pub(super) due: i64,
    /// When the queue looks at her next: no later than `due`.
    pub(super) queued: i64,
    pub(super) earlier: Option<Box<Earlier>>,
    pub(super) frequency: u32,
    pub(super) orders: u32,
    /// The position of the first record inside the window.
    pub(super) head: u32,
    pub(super) segment: u32,
    pub(super) id: u32,
}

impl Customer {
    pub(super) fn new(id: u32) -> Self {
        Self {
            records: Records::default(),
            settled: NEVER_YET,
            sum: Money::ZERO,
            since: NEVER_YET,
            previous: NEVER_YET,
            due: NEVER,
            queued: NEVER,
            earlier: None,
            frequency: 0,
            orders: 0,
            head: 0,
            segment: NOWHERE,
            id,
        }
    }

    pub(super) fn segment(&self) -> Option<SegmentIdx> {
        (self.segment != NOWHERE).then(|| SegmentIdx::new(self.segment))
    }
}
