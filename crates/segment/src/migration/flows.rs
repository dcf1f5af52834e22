//! The flows between segments.

use patronage_core::{Money, SegmentIdx};

use super::between::Migration;
use super::proportion::Proportion;

/// All customers who went one way, or stayed.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct Flow {
    /// Where from; `None` is from outside: an entry.
    pub from: Option<SegmentIdx>,
    /// Where to; `None` is out: an exit.
    pub to: Option<SegmentIdx>,
    /// The name of where from, or `(absent)`.
    pub from_name: String,
    /// The name of where to, or `(absent)`.
    pub to_name: String,
    /// How many customers.
    pub count: u64,
    /// The share of those who were there before; of entries, the share of all entries.
    pub share: Proportion,
    /// What these customers were worth before, where values are known; entries were worth nothing.
    pub value_before: Option<Money>,
    /// What they were worth after; exits are worth nothing.
    pub value_after: Option<Money>,
}

impl Flow {
    /// Whether these customers stayed where they were.
    #[must_use]
    pub fn stays(&self) -> bool {
        self.from == self.to
    }
}

/// How one segment grew or shrank.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct NetFlow {
    /// The segment.
    pub segment: SegmentIdx,
    /// Its name.
    pub name: String,
    /// Customers before.
    pub before: u64,
    /// Customers after.
    pub after: u64,
    /// Customers in it before and after.
    pub stayed: u64,
    /// Customers who came from other segments.
    pub arrived: u64,
    /// Customers who left for other segments.
    pub left: u64,
    /// Customers who were absent before.
    pub entered: u64,
    /// Customers who are absent after.
    pub exited: u64,
    /// After less before.
    pub net: i64,
    /// What its customers of before were worth, where values are known.
    pub value_before: Option<Money>,
    /// What its customers of after are worth.
    pub value_after: Option<Money>,
}

impl Migration {
    /// All flows with customers, the largest first (ties by where from, then where to; absence
    /// last): rows for a chart of flows.
    #[must_use]
    pub fn flows(&self) -> Vec<Flow> {
        let z = self.z();
        let mut flows = Vec::new();
        for from in self.places() {
            let of = self.row_sum(from);
            for to in self.places() {
                let count = self.count(from, to);
                if count == 0 {
                    continue;
                }
                let value = self.value(from, to);
                flows.push(Flow {
                    from,
                    to,
                    from_name: self.name_of(from).to_owned(),
                    to_name: self.name_of(to).to_owned(),
                    count,
                    share: Proportion::score(count, of, z),
                    value_before: value.map(|(before, _)| before),
                    value_after: value.map(|(_, after)| after),
                });
            }
        }
        // The sort is stable: ties keep the order of the matrix.
        flows.sort_by_key(|flow| std::cmp::Reverse(flow.count));
        flows
    }

    /// The flows of customers who changed segment, entered or left, the largest first.
    #[must_use]
    pub fn movers(&self) -> Vec<Flow> {
        let mut flows = self.flows();
        flows.retain(|flow| !flow.stays());
        flows
    }

    /// How each segment grew or shrank, in their order.
    #[must_use]
    pub fn net(&self) -> Vec<NetFlow> {
        let one = |segment: SegmentIdx| {
            let here = Some(segment);
            let before = self.row_sum(here);
            let after: u64 = self.places().map(|from| self.count(from, here)).sum();
            let stayed = self.count(here, here);
            let (entered, exited) = (self.count(None, here), self.count(here, None));
            let valued = !self.values.is_empty();
            let sum = |value: fn(&Self, Option<SegmentIdx>, Option<SegmentIdx>) -> Money| {
                valued.then(|| self.places().map(|other| value(self, here, other)).sum())
            };
            NetFlow {
                segment,
                name: self.names()[segment.index()].clone(),
                before,
                after,
                stayed,
                arrived: after - stayed - entered,
                left: before - stayed - exited,
                entered,
                exited,
                net: after as i64 - before as i64,
                value_before: sum(|m, here, other| m.values[m.cell(here, other)].0),
                value_after: sum(|m, here, other| m.values[m.cell(other, here)].1),
            }
        };
        SegmentIdx::all(self.names().len()).map(one).collect()
    }
}
