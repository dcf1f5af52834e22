//! Measuring the lines of one customer that stand together.

use patronage_core::{CustomerIdx, Lines};

use super::choices::{Frequency, Monetary};
use super::measure::{Rfm, missing};
use super::tally::Tally;
use crate::error::Error;

impl Rfm<'_> {
    pub(super) fn tally(
        &self,
        customer: CustomerIdx,
        lines: Lines<'_>,
        scratch: &mut Vec<u32>,
    ) -> Result<Tally, Error> {
        let mut tally = Tally::EMPTY;
        for (&at, &amount) in lines.at().iter().zip(lines.amounts()) {
            tally.add(at, amount);
        }
        if lines.is_empty() {
            return Ok(tally);
        }
        if self.counts_orders() {
            tally.n_orders = distinct(lines.orders().iter().map(|order| order.get()), scratch);
        }
        if self.frequency == Frequency::Days {
            let days = lines.at().iter().map(|&at| self.calendar.date(at).days() as u32);
            tally.n_days = distinct(days, scratch);
        }
        if self.variety.is_some() {
            let items = lines.items().ok_or_else(|| missing("items of order lines", "variety"))?;
            let things = items.iter().map(|&item| self.thing(item));
            let things: Vec<u32> = things.collect::<Result<_, _>>()?;
            tally.variety = distinct(things.into_iter(), scratch);
        }
        if self.monetary == Monetary::Margin {
            for line in lines.iter() {
                tally.margin += i128::from(self.margin(customer, &line)?.ticks());
            }
        }
        Ok(tally)
    }
}

/// The number of distinct numbers, without allocating for each customer.
fn distinct(numbers: impl Iterator<Item = u32>, scratch: &mut Vec<u32>) -> u64 {
    scratch.clear();
    scratch.extend(numbers);
    scratch.dedup();
    if !scratch.is_sorted() {
        scratch.sort_unstable();
        scratch.dedup();
    }
    scratch.len() as u64
}
