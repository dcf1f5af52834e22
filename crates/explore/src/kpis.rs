//! The figures every team asks for first.

use patronage_core::{Money, Probability, Purchases, Timestamp};

use crate::error::Error;
use crate::estimate::{Estimate, money_mean, ratio, wilson};
use crate::scan::{Sum, checked, customer_totals, histories};

/// Customers, orders, revenue and their ratios, before an as-of.
///
/// Made by [`Explore::kpis`](crate::Explore::kpis). Counts and money are exact. Ratios are `None`
/// where nobody bought. Their intervals (see [`Estimate`]) take customers, not orders, as the
/// independent units; the interval of the repeat rate is Wilson's, the others are normal and cut
/// at zero.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Kpis {
    /// Customers with at least one line.
    pub n_customers: u64,
    /// Distinct orders, counted within each customer.
    pub n_orders: u64,
    /// Order lines.
    pub n_lines: u64,
    /// Distinct items bought; `None` where the lines name no items.
    pub n_items: Option<u64>,
    /// Customers with at least two orders.
    pub n_repeat_customers: u64,
    /// What was paid for all lines.
    pub gross_revenue: Money,
    /// What was given back; zero where no returns were given.
    pub returned: Money,
    /// Gross revenue less what was given back.
    pub net_revenue: Money,
    /// Returned lines.
    pub n_returned_lines: u64,
    /// Gross revenue ÷ orders.
    pub average_order_value: Option<Estimate<Money>>,
    /// Gross revenue ÷ customers.
    pub revenue_per_customer: Option<Estimate<Money>>,
    /// Orders ÷ customers.
    pub orders_per_customer: Option<Estimate<f64>>,
    /// Customers with at least two orders ÷ customers.
    pub repeat_rate: Option<Estimate<Probability>>,
    /// The first instant at which anything was bought.
    pub first_purchase: Option<Timestamp>,
    /// The last instant at which anything was bought.
    pub last_purchase: Option<Timestamp>,
}

pub(crate) fn kpis(
    purchases: &dyn Purchases,
    returns: Option<&dyn Purchases>,
    as_of: Timestamp,
) -> Result<Kpis, Error> {
    let totals = customer_totals(purchases, as_of);
    let (mut gross, mut n_orders, mut n_lines, mut n_repeat_customers) = (Sum::default(), 0, 0, 0);
    for total in &totals {
        gross.add_sum(total.revenue);
        n_orders += total.n_orders;
        n_lines += total.n_lines;
        n_repeat_customers += u64::from(total.n_orders >= 2);
    }
    let (mut first_purchase, mut last_purchase) = (None::<Timestamp>, None::<Timestamp>);
    for (_, lines) in histories(purchases, as_of) {
        if let [first, .., last] | [first @ last] = lines.at() {
            first_purchase = Some(first_purchase.map_or(*first, |at| at.min(*first)));
            last_purchase = last_purchase.max(Some(*last));
        }
    }
    let (mut given_back, mut n_returned_lines) = (Sum::default(), 0);
    if let Some(returns) = returns {
        for (_, lines) in histories(returns, as_of) {
            lines.amounts().iter().for_each(|&amount| given_back.add_size(amount));
            n_returned_lines += lines.len() as u64;
        }
    }
    let gross_revenue = gross.money("gross revenue")?;
    let returned = given_back.money("returned amounts")?;
    let net_revenue = gross.less(given_back).money("net revenue")?;
    let n_customers = totals.len() as u64;
    let ticks = |total: &crate::scan::CustomerTotal| total.revenue.ticks();
    let by_order = ratio(totals.iter().map(|t| (ticks(t), t.n_orders as f64)));
    let by_customer = ratio(totals.iter().map(|t| (ticks(t), 1.0)));
    Ok(Kpis {
        n_customers,
        n_orders,
        n_lines,
        n_items: n_items(purchases, as_of)?,
        n_repeat_customers,
        gross_revenue,
        returned,
        net_revenue,
        n_returned_lines,
        average_order_value: by_order.map(|around| money_mean(gross_revenue, n_orders, around)),
        revenue_per_customer: by_customer
            .map(|around| money_mean(gross_revenue, n_customers, around)),
        orders_per_customer: ratio(totals.iter().map(|t| (t.n_orders as f64, 1.0))),
        repeat_rate: wilson(n_repeat_customers, n_customers),
        first_purchase,
        last_purchase,
    })
}

/// Distinct items among the lines; `None` where no line names one.
fn n_items(purchases: &dyn Purchases, as_of: Timestamp) -> Result<Option<u64>, Error> {
    let bound = purchases.n_items();
    let mut bought = vec![false; bound];
    let mut any = false;
    for (customer, lines) in histories(purchases, as_of) {
        let Some(items) = lines.items() else { continue };
        any = true;
        for item in items {
            bought[checked("item", customer, item.index(), bound)?] = true;
        }
    }
    Ok(any.then(|| bought.iter().filter(|&&bought| bought).count() as u64))
}
