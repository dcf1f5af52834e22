//! One pass over the purchases before an as-of.

use patronage_core::{CustomerIdx, Lines, Money, OrderIdx, Purchases, Timestamp};

use crate::error::{Error, ErrorKind};

/// The customers who bought before `as_of`, with what they bought, in index order.
pub(crate) fn histories(
    purchases: &dyn Purchases,
    as_of: Timestamp,
) -> impl Iterator<Item = (CustomerIdx, Lines<'_>)> {
    CustomerIdx::all(purchases.n_customers())
        .map(move |customer| (customer, purchases.history(customer).before(as_of)))
        .filter(|(_, lines)| !lines.is_empty())
}

/// A sum of money that cannot overflow while it grows.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Sum(i128);

impl Sum {
    pub(crate) fn add(&mut self, amount: Money) {
        self.0 += i128::from(amount.ticks());
    }

    /// Adds the size of the amount, whatever its sign.
    pub(crate) fn add_size(&mut self, amount: Money) {
        self.0 += i128::from(amount.ticks().unsigned_abs());
    }

    pub(crate) fn add_all(&mut self, amounts: &[Money]) {
        amounts.iter().for_each(|&amount| self.add(amount));
    }

    pub(crate) fn add_sum(&mut self, other: Self) {
        self.0 += other.0;
    }

    pub(crate) fn less(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }

    /// The sum in ten-thousandths, as the nearest float.
    pub(crate) fn ticks(self) -> f64 {
        self.0 as f64
    }

    pub(crate) fn is_positive(self) -> bool {
        self.0 > 0
    }

    /// The sum as money; `what` names it in the error.
    pub(crate) fn money(self, what: &'static str) -> Result<Money, Error> {
        i64::try_from(self.0)
            .map(Money::from_ticks)
            .map_err(|_| ErrorKind::Overflow { what }.into())
    }

    /// This part of `whole`; `None` unless the whole is above zero.
    pub(crate) fn share(self, whole: Self) -> Option<f64> {
        whole.is_positive().then(|| self.0 as f64 / whole.0 as f64)
    }
}

/// Finds the distinct orders among the lines of one customer, reusing its memory from customer to customer.
#[derive(Debug, Default)]
pub(crate) struct OrderScan {
    firsts: Vec<(OrderIdx, usize)>,
}

impl OrderScan {
    /// Each distinct order with the position of its first line, ascending by position.
    ///
    /// O(lines) when the lines of an order stand together and orders ascend or descend, as they do
    /// in most logs; else O(lines log lines).
    pub(crate) fn firsts(&mut self, orders: &[OrderIdx]) -> &[(OrderIdx, usize)] {
        let firsts = &mut self.firsts;
        firsts.clear();
        let mut previous = None;
        for (position, &order) in orders.iter().enumerate() {
            if previous != Some(order) {
                firsts.push((order, position));
                previous = Some(order);
            }
        }
        let ascend = firsts.is_sorted_by(|a, b| a.0 < b.0);
        if !ascend && !firsts.is_sorted_by(|a, b| a.0 > b.0) {
            firsts.sort_unstable();
            firsts.dedup_by_key(|&mut (order, _)| order);
            firsts.sort_unstable_by_key(|&(_, position)| position);
        }
        firsts
    }
}

/// What one customer bought in all.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CustomerTotal {
    pub(crate) revenue: Sum,
    pub(crate) n_orders: u64,
    pub(crate) n_lines: u64,
}

/// The totals of every customer who bought before `as_of`, in index order.
pub(crate) fn customer_totals(purchases: &dyn Purchases, as_of: Timestamp) -> Vec<CustomerTotal> {
    let mut scan = OrderScan::default();
    histories(purchases, as_of)
        .map(|(_, lines)| {
            let mut revenue = Sum::default();
            revenue.add_all(lines.amounts());
            let n_orders = scan.firsts(lines.orders()).len() as u64;
            CustomerTotal { revenue, n_orders, n_lines: lines.len() as u64 }
        })
        .collect()
}

/// The position of an index in a space of `bound`, or the error that says whose it is.
#[inline]
pub(crate) fn checked(
    noun: &'static str,
    customer: CustomerIdx,
    found: usize,
    bound: usize,
) -> Result<usize, Error> {
    if found < bound {
        return Ok(found);
    }
    Err(ErrorKind::OutOfRange { noun, customer, bound, found }.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_are_distinct_however_they_stand() {
        for orders in [&[0u32, 0, 1, 2, 2][..], &[2, 1, 1, 0], &[3, 1, 3, 2, 1], &[], &[7]] {
            let orders: Vec<OrderIdx> = orders.iter().map(|&o| OrderIdx::new(o)).collect();
            let mut expected: Vec<(OrderIdx, usize)> = Vec::new();
            for (position, &order) in orders.iter().enumerate() {
                if expected.iter().all(|&(seen, _)| seen != order) {
                    expected.push((order, position));
                }
            }
            assert_eq!(OrderScan::default().firsts(&orders), expected);
        }
    }
}
