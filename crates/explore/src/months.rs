//! What happened in each calendar month.

use patronage_core::{Calendar, Money, Purchases, Timestamp};

use crate::error::Error;
use crate::month::{Month, MonthAxis, Observed};
use crate::scan::{OrderScan, Sum, histories};

/// What happened in one calendar month.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct MonthRow {
    /// The month.
    pub month: Month,
    /// Whether all of it lies before the as-of.
    pub observed: Observed,
    /// Customers with at least one line in the month: new + returning.
    pub active: u64,
    /// Those of them whose first line ever lies in the month.
    pub new: u64,
    /// Those of them who had bought in an earlier month.
    pub returning: u64,
    /// Orders; an order that straddles two months counts in that of its first line.
    pub orders: u64,
    /// What was paid for the lines of the month.
    pub revenue: Money,
}

/// Every calendar month from the first purchase to the as-of, those without purchases included.
///
/// Made by [`Explore::months`](crate::Explore::months). Over all rows, `new` sums to the customers,
/// `orders` to the orders and `revenue` to the gross revenue. The last month is
/// [`Observed::Part`] unless the as-of is its end; whether the data began on the first day of the
/// first month, nobody can tell from purchases. Empty when nobody bought.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(transparent))]
pub struct Months {
    rows: Vec<MonthRow>,
}

impl Months {
    /// The months in order, without gaps.
    #[must_use]
    pub fn rows(&self) -> &[MonthRow] {
        &self.rows
    }
}

#[derive(Clone, Copy, Default)]
struct Counts {
    active: u64,
    new: u64,
    orders: u64,
    revenue: Sum,
}

pub(crate) fn months(
    purchases: &dyn Purchases,
    calendar: &dyn Calendar,
    as_of: Timestamp,
) -> Result<Months, Error> {
    let Some(axis) = MonthAxis::new(purchases, calendar, as_of)? else {
        return Ok(Months::default());
    };
    let mut counts = vec![Counts::default(); axis.len()];
    let mut scan = OrderScan::default();
    for (_, lines) in histories(purchases, as_of) {
        let first = axis.find(lines.at()[0]);
        counts[first].new += 1;
        let mut month = first;
        let mut seen = None;
        for (&at, &amount) in lines.at().iter().zip(lines.amounts()) {
            month = axis.advance(month, at);
            counts[month].revenue.add(amount);
            if seen != Some(month) {
                counts[month].active += 1;
                seen = Some(month);
            }
        }
        let mut month = first;
        for &(_, position) in scan.firsts(lines.orders()) {
            month = axis.advance(month, lines.at()[position]);
            counts[month].orders += 1;
        }
    }
    let rows = counts.iter().enumerate().map(|(position, count)| {
        Ok(MonthRow {
            month: axis.month(position),
            observed: axis.observed(position),
            active: count.active,
            new: count.new,
            returning: count.active - count.new,
            orders: count.orders,
            revenue: count.revenue.money("revenue of a month")?,
        })
    });
    Ok(Months { rows: rows.collect::<Result<_, Error>>()? })
}
