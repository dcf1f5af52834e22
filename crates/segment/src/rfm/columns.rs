//! Measuring unsorted columns: lines are parted by customer, then each part is tallied.

use std::ops::Range;

use patronage_core::{CustomerIdx, Money, Timestamp};

use super::choices::{Costs, Frequency, Monetary};
use super::lines::OrderLines;
use super::measure::{Rfm, missing};
use super::pairs::PairSet;
use super::tally::{Part, Tally};
use crate::error::{Error, ErrorKind};
use crate::parallel;

/// Lines that one task parts at a time: its copy of them stays in the second-level cache.
const CHUNK: usize = 1 << 15;
/// About so many lines, and at most so many customers, make a part.
const PART_LINES: usize = 1 << 13;
const PART_CUSTOMERS: usize = 1 << 12;

/// The parts of the customers, in their order.
pub(super) fn measure(
    rfm: &Rfm<'_>,
    end: Timestamp,
    n_customers: usize,
    lines: OrderLines<'_>,
) -> Result<Vec<Result<Part, Error>>, Error> {
    check_columns(rfm, lines)?;
    if rfm.variety.is_some() || rfm.monetary == Monetary::Margin {
        let further = |position| Further::of(rfm, end, lines, position);
        measure_with(rfm, end, n_customers, lines, further)
    } else {
        measure_with(rfm, end, n_customers, lines, |_| Ok(()))
    }
}

/// Whether the columns needed are there.
pub(super) fn check_columns(rfm: &Rfm<'_>, lines: OrderLines<'_>) -> Result<(), Error> {
    let margins = (rfm.monetary == Monetary::Margin).then_some(rfm.costs).flatten();
    let per_unit = matches!(margins, Some(Costs::PerUnit(_)));
    if lines.items.is_none() && rfm.variety.is_some() {
        return Err(missing("items of order lines", "variety"));
    }
    if lines.items.is_none() && per_unit {
        return Err(missing("items of order lines", "margins from unit costs"));
    }
    if lines.quantities.is_none() && matches!(margins, Some(Costs::PerUnit(_) | Costs::PerLine(_)))
    {
        return Err(missing("quantities of order lines", "margins"));
    }
    Ok(())
}

/// What a line carries beside who, when and how much.
trait Beside: Copy + Default + Send + Sync {
    fn add_to(self, _tally: &mut Tally) {}

    fn thing(self) -> u32 {
        0
    }
}

impl Beside for () {}

#[derive(Clone, Copy, Default)]
pub(super) struct Further {
    pub(super) thing: u32,
    pub(super) margin: Money,
}

impl Further {
    /// Of lines before `end`; nothing of others, which are left out.
    pub(super) fn of(
        rfm: &Rfm<'_>,
        end: Timestamp,
        lines: OrderLines<'_>,
        position: usize,
    ) -> Result<Self, Error> {
        let mut further = Self::default();
        if lines.at[position] >= end {
            return Ok(further);
        }
        if let (Some(_), Some(items)) = (rfm.variety, lines.items) {
            further.thing = rfm.thing(items[position])?;
        }
        if rfm.monetary == Monetary::Margin {
            further.margin = rfm.margin(lines.customers[position], &lines.line(position))?;
        }
        Ok(further)
    }
}

impl Beside for Further {
    #[inline]
    fn add_to(self, tally: &mut Tally) {
        tally.margin += i128::from(self.margin.ticks());
    }

    #[inline]
    fn thing(self) -> u32 {
        self.thing
    }
}

#[derive(Clone, Copy, Default)]
struct Record<B> {
    /// The customer's position in her part.
    customer: u32,
    order: u32,
    at: Timestamp,
    amount: Money,
    beside: B,
}

/// Lines in the order of their parts, and where each part starts.
struct Parted<B> {
    starts: Vec<u32>,
    records: Vec<Record<B>>,
}

fn measure_with<B: Beside>(
    rfm: &Rfm<'_>,
    end: Timestamp,
    n_customers: usize,
    lines: OrderLines<'_>,
    beside: impl Fn(usize) -> Result<B, Error> + Send + Sync,
) -> Result<Vec<Result<Part, Error>>, Error> {
    let wanted = lines.len().div_ceil(PART_LINES).max(1);
    let size = n_customers.div_ceil(wanted).next_power_of_two().min(PART_CUSTOMERS);
    let shift = size.trailing_zeros();
    let n_parts = n_customers.div_ceil(size);
    let chunks: Vec<_> = parallel::ranges(lines.len(), CHUNK).collect();
    let parted = parallel::map(chunks.len(), |chunk| {
        part_lines(lines, chunks[chunk].clone(), n_customers, n_parts, shift, &beside)
    });
    let parted: Vec<Parted<B>> = parted.into_iter().collect::<Result<_, _>>()?;
    // Several parts a task, so that one set of pairs serves them all.
    let tasks: Vec<_> = parallel::ranges(n_parts, 8).collect();
    Ok(parallel::map(tasks.len(), |task| {
        let mut tallier = Tallier::new(rfm, end, size);
        for part in tasks[task].clone() {
            let customers = part * size..((part + 1) * size).min(n_customers);
            tallier.tally(part, &parted, customers)?;
        }
        Ok(tallier.measured)
    }))
}

/// Sorts the lines of a chunk by part, by counting.
fn part_lines<B: Beside>(
    lines: OrderLines<'_>,
    chunk: Range<usize>,
    n_customers: usize,
    n_parts: usize,
    shift: u32,
    beside: &impl Fn(usize) -> Result<B, Error>,
) -> Result<Parted<B>, Error> {
    let customers = &lines.customers[chunk.clone()];
    let greatest = customers.iter().fold(0, |greatest, customer| greatest.max(customer.index()));
    if !customers.is_empty() && greatest >= n_customers {
        let position = customers.iter().position(|c| c.index() >= n_customers).unwrap_or_default();
        let (what, expected) = ("customer of line", "a customer below the number of customers");
        let found = customers[position].index() as f64;
        let position = chunk.start + position;
        return Err(ErrorKind::Number { what, position, expected, found }.into());
    }
    let mut starts = vec![0_u32; n_parts + 1];
    for customer in customers {
        starts[(customer.index() >> shift) + 1] += 1;
    }
    for part in 0..n_parts {
        starts[part + 1] += starts[part];
    }
    let mut next = starts.clone();
    let mut records = vec![Record::default(); customers.len()];
    let (orders, at) = (&lines.orders[chunk.clone()], &lines.at[chunk.clone()]);
    let amounts = &lines.amounts[chunk.clone()];
    let columns = customers.iter().zip(orders).zip(at.iter().zip(amounts));
    for (position, ((customer, order), (&at, &amount))) in columns.enumerate() {
        let slot = &mut next[customer.index() >> shift];
        let beside = beside(chunk.start + position)?;
        let customer = customer.get() & ((1 << shift) - 1);
        records[*slot as usize] = Record { customer, order: order.get(), at, amount, beside };
        *slot += 1;
    }
    Ok(Parted { starts, records })
}

/// Tallies part after part with one set of tallies and pairs.
struct Tallier<'a> {
    rfm: &'a Rfm<'a>,
    end: Timestamp,
    tallies: Vec<Tally>,
    pairs: PairSet,
    measured: Part,
}

impl<'a> Tallier<'a> {
    fn new(rfm: &'a Rfm<'a>, end: Timestamp, size: usize) -> Self {
        let (tallies, pairs) = (vec![Tally::EMPTY; size], PairSet::default());
        Self { rfm, end, tallies, pairs, measured: Part::default() }
    }

    fn tally<B: Beside>(
        &mut self,
        part: usize,
        parted: &[Parted<B>],
        customers: Range<usize>,
    ) -> Result<(), Error> {
        let Self { rfm, end, tallies, pairs, measured } = self;
        let of_part =
            |chunk: &Parted<B>| chunk.starts[part] as usize..chunk.starts[part + 1] as usize;
        let n_lines = parted.iter().map(|chunk| of_part(chunk).len()).sum();
        let records = || {
            let records = parted.iter().flat_map(|chunk| &chunk.records[of_part(chunk)]);
            records.filter(|record| record.at < *end)
        };
        tallies.fill(Tally::EMPTY);
        if rfm.counts_orders() {
            pairs.clear_for(n_lines);
            records().for_each(|record| {
                let tally = &mut tallies[record.customer as usize];
                tally.add(record.at, record.amount);
                record.beside.add_to(tally);
                tally.n_orders += u64::from(pairs.insert(record.customer, record.order));
            });
        } else {
            records().for_each(|record| {
                let tally = &mut tallies[record.customer as usize];
                tally.add(record.at, record.amount);
                record.beside.add_to(tally);
            });
        }
        if rfm.frequency == Frequency::Days {
            pairs.clear_for(n_lines);
            records().for_each(|record| {
                let day = rfm.calendar.date(record.at).days() as u32;
                let new = pairs.insert(record.customer, day);
                tallies[record.customer as usize].n_days += u64::from(new);
            });
        }
        if rfm.variety.is_some() {
            pairs.clear_for(n_lines);
            records().for_each(|record| {
                let new = pairs.insert(record.customer, record.beside.thing());
                tallies[record.customer as usize].variety += u64::from(new);
            });
        }
        for (tally, customer) in tallies.iter().zip(customers) {
            measured.push(rfm, *end, CustomerIdx::from_usize(customer), tally)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the documentation says of memory.
    #[test]
    fn sizes() {
        assert_eq!(size_of::<Record<()>>(), 24);
        assert_eq!(size_of::<Record<Further>>(), 40);
        assert_eq!(size_of::<Tally>(), 80);
    }
}
