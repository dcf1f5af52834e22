//! Measuring recency, frequency and monetary value.

use patronage_core::{Calendar, CustomerIdx, Date, ItemIdx, Line, Money, Purchases, Timestamp};

use super::accumulator::RfmAccumulator;
use super::choices::{Costs, Frequency, Monetary, Recency, Variety};
use super::columns;
use super::lines::OrderLines;
use super::table::RfmTable;
use super::tally::Part;
use crate::error::{Error, ErrorKind};
use crate::parallel;

/// Recency, frequency and monetary value of customers, from their purchases strictly before a date.
///
/// ```text
/// recency     = as-of date − date of the last purchase, in days
/// frequency   = number of distinct orders, days or lines
/// monetary    = Σ amounts, Σ amounts ÷ orders, or Σ (amounts − costs), exactly
/// tenure      = as-of date − date of the first purchase, in days    (where asked for)
/// variety     = number of distinct items or categories              (where asked for)
/// return rate = Σ amounts returned ÷ Σ amounts bought               (where asked for)
/// ```
///
/// The as-of date begins, and purchases fall on dates, by the calendar given. Lines on or after it
/// are left out; customers without a purchase before it are left out and listed. An order index
/// that two customers share counts for each of them.
///
/// Three ways lead to the same table, bit for bit: [`table`](Self::table) from purchases grouped
/// by customer, [`table_of_lines`](Self::table_of_lines) from unsorted columns, and
/// [`accumulator`](Self::accumulator) from batches. Summaries that someone else measured go into
/// [`RfmTable::new`] or [`summaries`](Self::summaries). Costs O(lines), in parallel over customers.
///
/// # References
///
/// A. M. Hughes (1994), Strategic Database Marketing.
///
/// # Examples
///
/// ```
/// use patronage_segment::{
///     Calendar, CustomerIdx, Date, Line, Money, OrderIdx, PurchaseTable, Rfm, UtcOffset,
/// };
///
/// let mut purchases = PurchaseTable::builder().n_customers(2);
/// purchases.push(CustomerIdx::new(0), Line {
///     at: UtcOffset::UTC.start_of(Date::new(2011, 12, 7)?),
///     order: OrderIdx::new(0),
///     item: None,
///     quantity: 1.0,
///     amount: "15.30".parse()?,
/// });
/// let table = Rfm::new(Date::new(2011, 12, 10)?, &UtcOffset::UTC).table(&purchases.build()?)?;
/// assert_eq!(table.rows()[0].recency_days, 3.0);
/// assert_eq!(table.rows()[0].frequency, 1);
/// assert_eq!(table.rows()[0].monetary, "15.30".parse()?);
/// assert_eq!(table.without_purchase(), [CustomerIdx::new(1)]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy)]
pub struct Rfm<'a> {
    pub(super) as_of: Date,
    pub(super) calendar: &'a dyn Calendar,
    pub(super) recency: Recency,
    pub(super) frequency: Frequency,
    pub(super) monetary: Monetary,
    pub(super) costs: Option<Costs<'a>>,
    pub(super) tenure: bool,
    pub(super) variety: Option<Variety<'a>>,
    pub(super) returns: Option<&'a dyn Purchases>,
}

impl<'a> Rfm<'a> {
    /// Measures as of the start of `as_of` in `calendar`.
    #[must_use]
    pub const fn new(as_of: Date, calendar: &'a dyn Calendar) -> Self {
        Self {
            as_of,
            calendar,
            recency: Recency::CalendarDays,
            frequency: Frequency::Orders,
            monetary: Monetary::Sum,
            costs: None,
            tenure: false,
            variety: None,
            returns: None,
        }
    }

    /// How recency is counted; default [`Recency::CalendarDays`].
    #[must_use]
    pub const fn recency(mut self, recency: Recency) -> Self {
        self.recency = recency;
        self
    }

    /// What frequency counts; default [`Frequency::Orders`].
    #[must_use]
    pub const fn frequency(mut self, frequency: Frequency) -> Self {
        self.frequency = frequency;
        self
    }

    /// What monetary value sums up; default [`Monetary::Sum`].
    #[must_use]
    pub const fn monetary(mut self, monetary: Monetary) -> Self {
        self.monetary = monetary;
        self
    }

    /// What the things sold have cost, which [`Monetary::Margin`] needs; default none.
    ///
    /// ```
    /// use patronage_segment::{
    ///     Costs, CustomerIdx, Date, ItemIdx, Line, Money, Monetary, OrderIdx, PurchaseTable, Rfm,
    ///     Timestamp, UtcOffset,
    /// };
    ///
    /// let mut purchases = PurchaseTable::builder();
    /// purchases.push(CustomerIdx::new(0), Line {
    ///     at: Timestamp::from_seconds(0),
    ///     order: OrderIdx::new(0),
    ///     item: Some(ItemIdx::new(0)),
    ///     quantity: 3.0,
    ///     amount: "10.00".parse()?,
    /// });
    /// let unit_costs: [Money; 1] = ["2.55".parse()?];
    /// let table = Rfm::new(Date::new(1970, 1, 2)?, &UtcOffset::UTC)
    ///     .monetary(Monetary::Margin)
    ///     .costs(Costs::PerUnit(&unit_costs))
    ///     .table(&purchases.build()?)?;
    /// assert_eq!(table.rows()[0].monetary, "2.35".parse()?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub const fn costs(mut self, costs: Costs<'a>) -> Self {
        self.costs = Some(costs);
        self
    }

    /// Measures tenure too, the days since the first purchase, counted as recency is: the column
    /// `tenure_days`.
    #[must_use]
    pub const fn tenure(mut self) -> Self {
        self.tenure = true;
        self
    }

    /// Measures variety too, the number of distinct items or categories: the column `variety`.
    #[must_use]
    pub const fn variety(mut self, variety: Variety<'a>) -> Self {
        self.variety = Some(variety);
        self
    }

    /// Measures the return rate too, what was returned before the as-of date as a share of what was
    /// paid: the column `return_rate`.
    ///
    /// `returns` has the customers of the purchases, with amounts above 0; customers beyond it
    /// returned nothing. The rate is above 1 where more comes back than was bought in the time
    /// looked at, and 0 where nothing was paid.
    #[must_use]
    pub const fn return_rate(mut self, returns: &'a dyn Purchases) -> Self {
        self.returns = Some(returns);
        self
    }

    /// Measures every customer.
    ///
    /// # Errors
    ///
    /// When a customer's amounts sum beyond the range of [`Money`], a rate of costs is not finite,
    /// a line lacks its item or its cost and one is needed, or margins are asked for without costs.
    pub fn table<P: Purchases + ?Sized>(&self, purchases: &P) -> Result<RfmTable, Error> {
        let end = self.checked()?;
        let ranges: Vec<_> = parallel::ranges(purchases.n_customers(), 1024).collect();
        let parts = parallel::map(ranges.len(), |part| {
            let (mut measured, mut scratch) = (Part::default(), Vec::new());
            for position in ranges[part].clone() {
                let customer = CustomerIdx::from_usize(position);
                let lines = purchases.history(customer).before(end);
                let tally = self.tally(customer, lines, &mut scratch)?;
                measured.push(self, end, customer, &tally)?;
            }
            Ok::<_, Error>(measured)
        });
        self.table_of_parts(parts)
    }

    /// Measures every customer of unsorted order lines in columns; those below `n_customers` without
    /// a line are listed.
    ///
    /// Lines are parted by customer so that what one part needs stays in the processor's cache.
    /// Memory is 24 bytes a line (40 with variety or margins) beside the columns, while it runs.
    ///
    /// ```
    /// use patronage_segment::{CustomerIdx, Date, Money, OrderIdx, OrderLines, Rfm, Timestamp, UtcOffset};
    ///
    /// let customers = [1, 0, 1].map(CustomerIdx::new);
    /// let orders = [7, 3, 7].map(OrderIdx::new);
    /// let at = [50, 90, 60].map(Timestamp::from_seconds);
    /// let amounts = [5, 8, 4].map(Money::from_units);
    /// let lines = OrderLines::new(&customers, &orders, &at, &amounts)?;
    /// let table = Rfm::new(Date::new(1970, 1, 2)?, &UtcOffset::UTC).table_of_lines(2, lines)?;
    /// assert_eq!(table.rows()[1].frequency, 1);
    /// assert_eq!(table.rows()[1].monetary, Money::from_units(9));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`table`](Self::table); also when `n_customers` is above 2³², a customer is not below it, or
    /// items or quantities are needed and not given.
    pub fn table_of_lines(
        &self,
        n_customers: usize,
        lines: OrderLines<'_>,
    ) -> Result<RfmTable, Error> {
        let end = self.checked()?;
        check_n_customers(n_customers)?;
        self.table_of_parts(columns::measure(self, end, n_customers, lines)?)
    }

    /// An empty accumulator of batches of order lines.
    ///
    /// # Errors
    ///
    /// When a rate of costs is not finite, or margins are asked for without costs.
    pub fn accumulator(&self) -> Result<RfmAccumulator<'a>, Error> {
        self.checked()?;
        Ok(RfmAccumulator::of(*self))
    }

    pub(super) fn table_of_parts(
        &self,
        parts: Vec<Result<Part, Error>>,
    ) -> Result<RfmTable, Error> {
        let further = [
            self.tenure.then_some("tenure_days"),
            self.variety.map(|_| "variety"),
            self.returns.map(|_| "return_rate"),
        ];
        let parts: Vec<Part> = parts.into_iter().collect::<Result<_, _>>()?;
        Ok(RfmTable::of_parts(self.as_of, further.into_iter().flatten(), parts))
    }

    /// The start of the as-of date, when the parameters are in their ranges.
    pub(super) fn checked(&self) -> Result<Timestamp, Error> {
        if self.monetary == Monetary::Margin {
            match self.costs {
                None => return Err(missing("costs", "margins")),
                Some(Costs::Rate(rate)) if !rate.is_finite() => {
                    let (name, expected) = ("rate of costs", "a finite number");
                    return Err(ErrorKind::Parameter { name, expected, found: rate }.into());
                }
                Some(_) => {}
            }
        }
        Ok(self.calendar.start_of(self.as_of))
    }

    /// Whether distinct orders are counted.
    pub(super) fn counts_orders(&self) -> bool {
        self.frequency == Frequency::Orders || self.monetary == Monetary::MeanPerOrder
    }

    /// The amount less its cost.
    pub(super) fn margin(&self, customer: CustomerIdx, line: &Line) -> Result<Money, Error> {
        let margin = self.costs.and_then(|costs| costs.margin(customer, line));
        margin.ok_or_else(|| ErrorKind::Cost { customer, item: line.item }.into())
    }

    /// What the item counts as in variety.
    pub(super) fn thing(&self, item: ItemIdx) -> Result<u32, Error> {
        let thing = self.variety.and_then(|variety| variety.thing(item));
        thing.ok_or_else(|| ErrorKind::NoCategory { item }.into())
    }
}

/// Whether every customer has an index.
pub(super) fn check_n_customers(n_customers: usize) -> Result<(), Error> {
    if n_customers as u64 > 1 << 32 {
        let (name, expected, found) = ("n_customers", "at most 2^32", n_customers as f64);
        return Err(ErrorKind::Parameter { name, expected, found }.into());
    }
    Ok(())
}

pub(super) fn missing(what: &'static str, needed_for: &'static str) -> Error {
    ErrorKind::Missing { what, needed_for }.into()
}

impl std::fmt::Debug for Rfm<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rfm")
            .field("as_of", &self.as_of)
            .field("recency", &self.recency)
            .field("frequency", &self.frequency)
            .field("monetary", &self.monetary)
            .field("costs", &self.costs)
            .field("tenure", &self.tenure)
            .field("variety", &self.variety)
            .finish_non_exhaustive()
    }
}
