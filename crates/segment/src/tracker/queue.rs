//! When to look at whom: a calendar queue of customers.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use super::records::NEVER;

const BUCKET: i64 = 86_400_000_000;

fn bucket(t: i64) -> i64 {
    t.div_euclid(BUCKET)
}

/// One bucket of customers for each day of 24 hours ahead; only the present one is sorted.
///
/// An entry is valid when it stands at its customer's `queued`; others are skipped. Adding is O(1)
/// up to the number of days ahead, taking O(log of the entries of one day).
#[derive(Clone, Debug)]
pub(super) struct Queue {
    /// Entries up to the present bucket, by instant and customer.
    front: BinaryHeap<Reverse<(i64, u32)>>,
    present: i64,
    later: BTreeMap<i64, Vec<u32>>,
}

impl Default for Queue {
    fn default() -> Self {
        Self { front: BinaryHeap::new(), present: i64::MIN, later: BTreeMap::new() }
    }
}

impl Queue {
    /// Adds an entry for `customer` at `at`.
    pub(super) fn add(&mut self, at: i64, customer: u32) {
        if at == NEVER {
            return;
        }
        let bucket = bucket(at);
        if bucket <= self.present {
            self.front.push(Reverse((at, customer)));
        } else {
            self.later.entry(bucket).or_default().push(customer);
        }
    }

    /// The next entry no later than `until`.
    ///
    /// `look` tells of a customer when the queue is to look at her (`queued`) and when something
    /// happens (`due`); it also stores the new `queued` handed to it.
    pub(super) fn next(
        &mut self,
        until: i64,
        mut look: impl FnMut(u32, Option<i64>) -> (i64, i64),
    ) -> Option<(i64, u32)> {
        loop {
            if let Some(&Reverse((at, customer))) = self.front.peek() {
                if at > until {
                    return None;
                }
                self.front.pop();
                let (queued, due) = look(customer, None);
                if queued != at {
                    continue;
                }
                if due == at {
                    return Some((at, customer));
                }
                look(customer, Some(due));
                self.add(due, customer);
                continue;
            }
            let first = *self.later.first_key_value()?.0;
            if first > bucket(until) {
                return None;
            }
            self.present = first;
            let customers = self.later.remove(&first).unwrap_or_default();
            let mut sorted = Vec::new();
            for customer in customers {
                let (queued, due) = look(customer, None);
                if queued == NEVER || bucket(queued) != first {
                    continue;
                }
                // Most have bought meanwhile and are put off at once.
                if due != queued {
                    look(customer, Some(due));
                }
                if due != NEVER && bucket(due) == first {
                    sorted.push(Reverse((due, customer)));
                } else if due != queued {
                    self.add(due, customer);
                }
            }
            self.front = BinaryHeap::from(sorted);
        }
    }

    /// Bytes on the heap.
    pub(super) fn bytes(&self) -> usize {
        let later: usize = self.later.values().map(|ids| ids.capacity() * 4 + 40).sum();
        self.front.capacity() * 16 + later
    }
}
