//! What is kept of a customer's lines, and what it amounts to.

use patronage_core::{CustomerIdx, Date, Money, Purchases, Timestamp};

use super::choices::{Frequency, Monetary, Recency};
use super::measure::Rfm;
use super::table::RfmRow;
use crate::error::{Error, ErrorKind};

/// The sums and counts of one customer's lines: whole numbers, so that no order of adding matters.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Tally {
    pub(super) paid: i128,
    pub(super) margin: i128,
    pub(super) first: Timestamp,
    pub(super) last: Timestamp,
    pub(super) n_lines: u64,
    pub(super) n_orders: u64,
    pub(super) n_days: u64,
    pub(super) variety: u64,
}

impl Tally {
    pub(super) const EMPTY: Self = Self {
        paid: 0,
        margin: 0,
        first: Timestamp::MAX,
        last: Timestamp::MIN,
        n_lines: 0,
        n_orders: 0,
        n_days: 0,
        variety: 0,
    };

    #[inline]
    pub(super) fn add(&mut self, at: Timestamp, paid: Money) {
        self.paid += i128::from(paid.ticks());
        self.first = self.first.min(at);
        self.last = self.last.max(at);
        self.n_lines += 1;
    }

    /// Adds what needs no distinct counting.
    pub(super) fn add_sums(&mut self, other: &Self) {
        self.paid += other.paid;
        self.margin += other.margin;
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
        self.n_lines += other.n_lines;
    }
}

/// Rows of some customers, as structures and as numbers.
#[derive(Debug, Default)]
pub(super) struct Part {
    pub(super) rows: Vec<RfmRow>,
    pub(super) values: Vec<f64>,
    pub(super) without: Vec<CustomerIdx>,
}

impl Part {
    /// Measures a customer, or notes that she has no line.
    pub(super) fn push(
        &mut self,
        rfm: &Rfm<'_>,
        end: Timestamp,
        customer: CustomerIdx,
        tally: &Tally,
    ) -> Result<(), Error> {
        if tally.n_lines == 0 {
            self.without.push(customer);
            return Ok(());
        }
        let row = row(rfm, end, customer, tally)?;
        self.push_row(row);
        if rfm.tenure {
            self.values.push(days(rfm, end, tally.first).1);
        }
        if rfm.variety.is_some() {
            self.values.push(tally.variety as f64);
        }
        if let Some(returns) = rfm.returns {
            self.values.push(return_rate(returns, end, customer, tally.paid));
        }
        Ok(())
    }

    pub(super) fn push_row(&mut self, row: RfmRow) {
        self.values.extend([row.recency_days, row.frequency as f64, row.monetary.as_f64()]);
        self.rows.push(row);
    }
}

fn row(
    rfm: &Rfm<'_>,
    end: Timestamp,
    customer: CustomerIdx,
    tally: &Tally,
) -> Result<RfmRow, Error> {
    let (last_date, recency_days) = days(rfm, end, tally.last);
    let frequency = match rfm.frequency {
        Frequency::Orders => tally.n_orders,
        Frequency::Days => tally.n_days,
        Frequency::Lines => tally.n_lines,
    };
    let money = |ticks: i128| {
        i64::try_from(ticks)
            .map(Money::from_ticks)
            .map_err(|_| Error::from(ErrorKind::MoneyOverflow { customer }))
    };
    let monetary = match rfm.monetary {
        Monetary::Sum => money(tally.paid)?,
        Monetary::MeanPerOrder => money(mean(tally.paid, tally.n_orders))?,
        Monetary::Margin => money(tally.margin)?,
    };
    let last_purchase = tally.last;
    Ok(RfmRow { customer, last_purchase, last_date, recency_days, frequency, monetary })
}

/// The date of an instant, and the days since.
fn days(rfm: &Rfm<'_>, end: Timestamp, at: Timestamp) -> (Date, f64) {
    let date = rfm.calendar.date(at);
    let days = match rfm.recency {
        Recency::CalendarDays => f64::from(rfm.as_of - date),
        Recency::Elapsed => (end - at).as_days(),
    };
    (date, days)
}

/// `sum / n` to the nearest, ties to even.
pub(crate) fn mean(sum: i128, n: u64) -> i128 {
    let n = i128::from(n);
    let (quotient, rest) = (sum.div_euclid(n), sum.rem_euclid(n));
    let up = rest * 2 > n || (rest * 2 == n && quotient % 2 != 0);
    quotient + i128::from(up)
}

fn return_rate(returns: &dyn Purchases, end: Timestamp, customer: CustomerIdx, paid: i128) -> f64 {
    if customer.index() >= returns.n_customers() || paid <= 0 {
        return 0.0;
    }
    let amounts = returns.history(customer).before(end).amounts();
    let returned: i128 = amounts.iter().map(|amount| i128::from(amount.ticks())).sum();
    returned as f64 / paid as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_round_half_to_even() {
        for (ticks, n, expected) in [(5, 2, 2), (7, 2, 4), (-5, 2, -2), (10, 3, 3), (11, 3, 4)] {
            assert_eq!(mean(ticks, n), expected, "{ticks}/{n}");
        }
    }
}
