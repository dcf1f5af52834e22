//! Measuring recency, frequency and monetary value.

use patronage_core::{Calendar, CustomerIdx, Date, Lines, Money, OrderIdx, Purchases, Timestamp};

use super::table::{RfmRow, RfmTable};
use crate::error::{Error, ErrorKind};
use crate::parallel;

/// How recency is counted.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Recency {
    /// Whole calendar days from the date of the last purchase to the as-of date.
    #[default]
    CalendarDays,
    /// Days of 24 hours, with fractions, from the last purchase to the start of the as-of date.
    Elapsed,
}

/// What frequency counts.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Frequency {
    /// Distinct orders.
    #[default]
    Orders,
    /// Distinct calendar days with a purchase.
    Days,
    /// Order lines.
    Lines,
}

/// What monetary value sums up.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Monetary {
    /// All amounts.
    #[default]
    Sum,
    /// The mean amount of an order, to the nearest ten-thousandth.
    MeanPerOrder,
}

/// Recency, frequency and monetary value of customers, from their purchases strictly before a date.
///
/// ```text
/// recency   = as-of date − date of the last purchase, in days
/// frequency = number of distinct orders
/// monetary  = Σ amounts, exactly
/// ```
///
/// The as-of date begins, and purchases fall on dates, by the calendar given. Customers without a
/// purchase before it are left out and listed. Costs O(lines), in parallel over customers.
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
    as_of: Date,
    calendar: &'a dyn Calendar,
    recency: Recency,
    frequency: Frequency,
    monetary: Monetary,
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

    /// Measures every customer.
    ///
    /// # Errors
    ///
    /// When a customer's amounts sum beyond the range of [`Money`].
    pub fn table<P: Purchases + ?Sized>(&self, purchases: &P) -> Result<RfmTable, Error> {
        let n = purchases.n_customers();
        let end = self.calendar.start_of(self.as_of);
        let ranges: Vec<_> = parallel::ranges(n, 1024).collect();
        let parts = parallel::map(ranges.len(), |part| {
            let mut measured = Measured::default();
            for position in ranges[part].clone() {
                let customer = CustomerIdx::from_usize(position);
                let lines = purchases.history(customer).before(end);
                match lines.at().last() {
                    Some(&last) => {
                        let row = self.row(customer, lines, last, end, &mut measured.scratch)?;
                        measured.rows.push(row);
                    }
                    None => measured.without.push(customer),
                }
            }
            Ok::<_, Error>(measured)
        });
        let (mut rows, mut without) = (Vec::with_capacity(n), Vec::new());
        for part in parts {
            let mut part = part?;
            rows.append(&mut part.rows);
            without.append(&mut part.without);
        }
        Ok(RfmTable::from_sorted(self.as_of, rows, without))
    }

    fn row(
        &self,
        customer: CustomerIdx,
        lines: Lines<'_>,
        last: Timestamp,
        end: Timestamp,
        scratch: &mut Vec<OrderIdx>,
    ) -> Result<RfmRow, Error> {
        let last_date = self.calendar.date(last);
        let recency_days = match self.recency {
            Recency::CalendarDays => f64::from(self.as_of - last_date),
            Recency::Elapsed => (end - last).as_days(),
        };
        let frequency = match self.frequency {
            Frequency::Orders => n_orders(lines, scratch),
            Frequency::Days => self.n_days(lines),
            Frequency::Lines => lines.len(),
        } as u64;
        let sum = lines
            .amounts()
            .iter()
            .try_fold(Money::ZERO, |sum, &amount| sum.checked_add(amount))
            .ok_or(ErrorKind::MoneyOverflow { customer })?;
        let monetary = match self.monetary {
            Monetary::Sum => sum,
            Monetary::MeanPerOrder => mean(sum, n_orders(lines, scratch)),
        };
        Ok(RfmRow { customer, last_purchase: last, last_date, recency_days, frequency, monetary })
    }

    fn n_days(&self, lines: Lines<'_>) -> usize {
        let mut days = 0;
        let mut last = None;
        for &at in lines.at() {
            let date = Some(self.calendar.date(at));
            days += usize::from(date != last);
            last = date;
        }
        days
    }
}

impl std::fmt::Debug for Rfm<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rfm")
            .field("as_of", &self.as_of)
            .field("recency", &self.recency)
            .field("frequency", &self.frequency)
            .field("monetary", &self.monetary)
            .finish_non_exhaustive()
    }
}

#[derive(Default)]
struct Measured {
    rows: Vec<RfmRow>,
    without: Vec<CustomerIdx>,
    scratch: Vec<OrderIdx>,
}

/// The number of distinct orders, without allocating for each customer.
fn n_orders(lines: Lines<'_>, scratch: &mut Vec<OrderIdx>) -> usize {
    scratch.clear();
    scratch.extend_from_slice(lines.orders());
    scratch.dedup();
    if !scratch.is_sorted() {
        scratch.sort_unstable();
        scratch.dedup();
    }
    scratch.len()
}

/// `sum / n` to the nearest tick, ties to even.
pub(crate) fn mean(sum: Money, n: usize) -> Money {
    let (ticks, n) = (i128::from(sum.ticks()), n as i128);
    let (quotient, rest) = (ticks.div_euclid(n), ticks.rem_euclid(n));
    let up = rest * 2 > n || (rest * 2 == n && quotient % 2 != 0);
    Money::from_ticks((quotient + i128::from(up)) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_round_half_to_even() {
        for (ticks, n, expected) in [(5, 2, 2), (7, 2, 4), (-5, 2, -2), (10, 3, 3), (11, 3, 4)] {
            assert_eq!(mean(Money::from_ticks(ticks), n).ticks(), expected, "{ticks}/{n}");
        }
    }
}
