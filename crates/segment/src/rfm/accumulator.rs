//! Measures from batches of order lines in any order.

use patronage_core::{CustomerIdx, Line, Money, OrderIdx, Timestamp};

use super::choices::{Frequency, Monetary};
use super::columns::{Further, check_columns};
use super::lines::OrderLines;
use super::measure::{Rfm, check_n_customers, missing};
use super::pairs::PairSet;
use super::table::RfmTable;
use super::tally::{Part, Tally};
use crate::error::{Error, ErrorKind};
use crate::parallel;

/// Customers whose tallies stand together.
const PAGE: usize = 1024;

/// Measures customers from batches of order lines that come in any order, and merges with others.
///
/// Lines of one order and of one customer may be spread over batches and accumulators as they like:
/// [`table`](Self::table) is that of [`Rfm::table`] over all of them, bit for bit. A line counts as
/// often as it is absorbed; a batch that is refused leaves no trace. Made by
/// [`Rfm::accumulator`].
///
/// Memory: 80 bytes a customer, allotted for 1,024 neighbouring indices at a time, so that indices
/// should be dense (16 bytes for each 1,024 below the greatest that have no customer); 13 to 26 bytes
/// for each distinct order of a customer where orders are counted, and as much for each distinct
/// day and item where those are (half as much again for a moment when that room doubles); nothing
/// for a line. Absorbing a line costs O(1) amortised. What was returned is no part of it: the
/// return rate is taken from the view that [`Rfm::return_rate`] was given when the table is made.
///
/// ```
/// use patronage_segment::{CustomerIdx, Date, Money, OrderIdx, Rfm, Timestamp, UtcOffset};
///
/// let rfm = Rfm::new(Date::new(1970, 1, 11)?, &UtcOffset::UTC);
/// let (customer, order) = ([CustomerIdx::new(0)], [OrderIdx::new(0)]);
/// let mut monday = rfm.accumulator()?;
/// monday.absorb(&customer, &order, &[Timestamp::from_seconds(0)], &[Money::from_units(5)])?;
/// let mut tuesday = rfm.accumulator()?;
/// tuesday.absorb(&customer, &order, &[Timestamp::from_seconds(60)], &[Money::from_units(3)])?;
/// monday.merge(&tuesday)?;
/// let table = monday.table(1)?;
/// assert_eq!(table.rows()[0].frequency, 1);
/// assert_eq!(table.rows()[0].monetary, Money::from_units(8));
/// assert_eq!(table.rows()[0].recency_days, 10.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct RfmAccumulator<'a> {
    pub(super) rfm: Rfm<'a>,
    pub(super) end: Timestamp,
    /// Counts of distinct things stand in the tallies, too.
    pub(super) pages: Vec<Option<Box<[Tally]>>>,
    pub(super) orders: PairSet,
    pub(super) days: PairSet,
    pub(super) things: PairSet,
    /// Lines absorbed, those on or after the as-of date too.
    pub(super) n_lines: u64,
}

impl<'a> RfmAccumulator<'a> {
    pub(super) fn of(rfm: Rfm<'a>) -> Self {
        Self {
            rfm,
            end: rfm.calendar.start_of(rfm.as_of),
            pages: Vec::new(),
            orders: PairSet::default(),
            days: PairSet::default(),
            things: PairSet::default(),
            n_lines: 0,
        }
    }

    /// The number of lines absorbed, those on or after the as-of date too.
    #[must_use]
    pub const fn n_lines(&self) -> u64 {
        self.n_lines
    }

    /// Absorbs lines as columns of one length: who, in which order, when, and what was paid.
    ///
    /// # Errors
    ///
    /// When lengths differ, or items, quantities or costs are needed that the columns lack: then
    /// take [`absorb_lines`](Self::absorb_lines).
    pub fn absorb(
        &mut self,
        customers: &[CustomerIdx],
        orders: &[OrderIdx],
        at: &[Timestamp],
        amounts: &[Money],
    ) -> Result<(), Error> {
        self.absorb_lines(OrderLines::new(customers, orders, at, amounts)?)
    }

    /// Absorbs lines as columns, with items and quantities where needed.
    ///
    /// # Errors
    ///
    /// When items or quantities are needed and not given, or the cost or category of an item is not
    /// known.
    pub fn absorb_lines(&mut self, lines: OrderLines<'_>) -> Result<(), Error> {
        check_columns(&self.rfm, lines)?;
        let further: Vec<Further> = if self.needs_further() {
            let further = |position| Further::of(&self.rfm, self.end, lines, position);
            (0..lines.len()).map(further).collect::<Result<_, _>>()?
        } else {
            Vec::new()
        };
        for position in 0..lines.len() {
            let further = further.get(position).copied().unwrap_or_default();
            self.add(
                lines.customers[position],
                lines.orders[position],
                lines.at[position],
                lines.amounts[position],
                further,
            );
        }
        Ok(())
    }

    /// Absorbs one line of a customer.
    ///
    /// # Errors
    ///
    /// When its item or cost is needed and not known.
    pub fn push(&mut self, customer: CustomerIdx, line: &Line) -> Result<(), Error> {
        let mut further = Further::default();
        if line.at < self.end {
            if self.rfm.variety.is_some() {
                let missing = || missing("items of order lines", "variety");
                further.thing = self.rfm.thing(line.item.ok_or_else(missing)?)?;
            }
            if self.rfm.monetary == Monetary::Margin {
                further.margin = self.rfm.margin(customer, line)?;
            }
        }
        self.add(customer, line.order, line.at, line.amount, further);
        Ok(())
    }

    /// Takes in what another accumulator absorbed, as if this one had.
    ///
    /// Both must measure with the same costs, categories and calendar; whether they do beyond the
    /// as-of instant cannot be seen and is the caller's promise.
    ///
    /// # Errors
    ///
    /// When the two measure other things or as of another date.
    pub fn merge(&mut self, other: &Self) -> Result<(), Error> {
        self.settings().check_same(&other.settings())?;
        for (customer, tally) in other.tallies() {
            self.tally(customer).add_sums(tally);
        }
        for (customer, order) in other.orders.iter() {
            self.count_order(customer, order);
        }
        for (customer, day) in other.days.iter() {
            self.count_day(customer, day);
        }
        for (customer, thing) in other.things.iter() {
            self.count_thing(customer, thing);
        }
        self.n_lines += other.n_lines;
        Ok(())
    }

    /// The table of everything absorbed; customers below `n_customers` without a line are listed.
    ///
    /// # Errors
    ///
    /// When `n_customers` is above 2³², a line was absorbed of a customer not below it, or a
    /// customer's amounts sum beyond the range of [`Money`].
    pub fn table(&self, n_customers: usize) -> Result<RfmTable, Error> {
        check_n_customers(n_customers)?;
        let found = self.n_customers();
        if found > n_customers {
            let (what, expected) = ("customer of line", "a customer below the number of customers");
            let (position, found) = (found - 1, (found - 1) as f64);
            return Err(ErrorKind::Number { what, position, expected, found }.into());
        }
        let ranges: Vec<_> = parallel::ranges(n_customers, PAGE).collect();
        self.rfm.table_of_parts(parallel::map(ranges.len(), |page| {
            let mut part = Part::default();
            let tallies = self.pages.get(page).and_then(Option::as_ref);
            for (position, customer) in ranges[page].clone().enumerate() {
                let tally = tallies.map_or(&Tally::EMPTY, |tallies| &tallies[position]);
                part.push(&self.rfm, self.end, CustomerIdx::from_usize(customer), tally)?;
            }
            Ok(part)
        }))
    }

    /// One more than the greatest customer with a line before the as-of date; 0 without any.
    #[must_use]
    pub fn n_customers(&self) -> usize {
        self.tallies().last().map_or(0, |(customer, _)| customer as usize + 1)
    }

    /// Customers with a line before the as-of date, ascending, and what is kept of them.
    pub(super) fn tallies(&self) -> impl Iterator<Item = (u32, &Tally)> {
        let pages = self
            .pages
            .iter()
            .enumerate()
            .filter_map(|(page, tallies)| tallies.as_ref().map(|tallies| (page, tallies)));
        pages
            .flat_map(|(page, tallies)| {
                let customer = move |position: usize| (page * PAGE + position) as u32;
                tallies.iter().enumerate().map(move |(position, tally)| (customer(position), tally))
            })
            .filter(|(_, tally)| tally.n_lines > 0)
    }

    fn needs_further(&self) -> bool {
        self.rfm.variety.is_some() || self.rfm.monetary == Monetary::Margin
    }

    #[inline]
    fn add(
        &mut self,
        customer: CustomerIdx,
        order: OrderIdx,
        at: Timestamp,
        amount: Money,
        further: Further,
    ) {
        self.n_lines += 1;
        if at >= self.end {
            return;
        }
        let customer = customer.get();
        let tally = self.tally(customer);
        tally.add(at, amount);
        tally.margin += i128::from(further.margin.ticks());
        if self.rfm.counts_orders() {
            self.count_order(customer, order.get());
        }
        if self.rfm.frequency == Frequency::Days {
            self.count_day(customer, self.rfm.calendar.date(at).days() as u32);
        }
        if self.rfm.variety.is_some() {
            self.count_thing(customer, further.thing);
        }
    }

    #[inline]
    pub(super) fn tally(&mut self, customer: u32) -> &mut Tally {
        let (page, position) = (customer as usize / PAGE, customer as usize % PAGE);
        if page >= self.pages.len() {
            self.pages.resize_with(page + 1, || None);
        }
        let tallies =
            self.pages[page].get_or_insert_with(|| vec![Tally::EMPTY; PAGE].into_boxed_slice());
        &mut tallies[position]
    }

    #[inline]
    pub(super) fn count_order(&mut self, customer: u32, order: u32) {
        if self.orders.insert(customer, order) {
            self.tally(customer).n_orders += 1;
        }
    }

    #[inline]
    pub(super) fn count_day(&mut self, customer: u32, day: u32) {
        if self.days.insert(customer, day) {
            self.tally(customer).n_days += 1;
        }
    }

    #[inline]
    pub(super) fn count_thing(&mut self, customer: u32, thing: u32) {
        if self.things.insert(customer, thing) {
            self.tally(customer).variety += 1;
        }
    }
}
