//! Numbers on a log made by hand, against pandas.
//!
//! Oracle: pandas 3.1.1 (`groupby`, `nunique`, periods by month) and scipy 1.17.1
//! (`binomtest(3, 5).proportion_ci(method="wilson")`) on `common::LOG`, lines strictly before
//! 2020-04-30; the standard errors by the documented formulas in numpy.

use crate::common::{LOG, RETURNS, instant, money, table};
use patronage_core::{Money, UtcOffset};
use patronage_explore::{Explore, Observed, TopBy};

fn near(found: f64, expected: f64) {
    assert!((found - expected).abs() <= 1e-9 * expected.abs().max(1.0), "{found} {expected}");
}

#[test]
fn kpis() {
    let (log, returns) = (table(LOG), table(RETURNS));
    let explore = Explore::new(&log, &UtcOffset::UTC, instant("2020-04-30")).returns(&returns);
    let kpis = explore.kpis().unwrap();
    assert_eq!((kpis.n_customers, kpis.n_orders, kpis.n_lines), (5, 10, 12));
    assert_eq!((kpis.n_items, kpis.n_repeat_customers), (Some(4), 3));
    assert_eq!(kpis.gross_revenue, money("266.731"));
    assert_eq!((kpis.returned, kpis.n_returned_lines), (money("5.5"), 1));
    assert_eq!(kpis.net_revenue, money("261.231"));
    assert_eq!(kpis.first_purchase, Some(instant("2020-01-05T10:00:00")));
    assert_eq!(kpis.last_purchase, Some(instant("2020-04-20T08:00:00")));

    let order = kpis.average_order_value.unwrap();
    assert_eq!(order.value, money("26.6731"));
    let interval = order.interval.unwrap();
    // 26.6731 ± 1.96 × 15.4516314589, cut at zero.
    assert_eq!((interval.low, interval.high), (Money::ZERO, money("56.9577")));

    let orders = kpis.orders_per_customer.unwrap();
    near(orders.value, 2.0);
    near(orders.interval.unwrap().low, 1.123_477_459_423_418_6);
    near(orders.interval.unwrap().high, 2.876_522_540_576_581_3);

    let customer = kpis.revenue_per_customer.unwrap();
    assert_eq!(customer.value, money("53.3462"));
    near(customer.interval.unwrap().high.as_f64(), 104.1045);

    let repeat = kpis.repeat_rate.unwrap();
    near(repeat.value.get(), 0.6);
    near(repeat.interval.unwrap().low.get(), 0.230_724_281_276_012_97);
    near(repeat.interval.unwrap().high.get(), 0.882_379_225_767_352_1);
}

#[test]
fn months() {
    let log = table(LOG);
    let explore = Explore::new(&log, &UtcOffset::UTC, instant("2020-04-30"));
    let months = explore.months().unwrap();
    let found: Vec<_> = months
        .rows()
        .iter()
        .map(|row| {
            let counts = (row.active, row.new, row.returning, row.orders);
            (row.month.to_string(), counts, row.revenue.to_string(), row.observed)
        })
        .collect();
    let row = |month: &str, counts, revenue: &str, observed| {
        (month.to_owned(), counts, revenue.to_owned(), observed)
    };
    assert_eq!(
        found,
        [
            row("2020-01", (2, 2, 0, 2), "115.50", Observed::Whole),
            row("2020-02", (4, 2, 2, 4), "94.001", Observed::Whole),
            row("2020-03", (0, 0, 0, 0), "0.00", Observed::Whole),
            row("2020-04", (3, 1, 2, 4), "57.23", Observed::Part),
        ]
    );
    // An as-of at the end of a month observes all of it, and does not begin the next.
    let explore = Explore::new(&log, &UtcOffset::UTC, instant("2020-05-01"));
    let rows = explore.months().unwrap();
    assert_eq!(rows.rows().last().map(|row| row.observed), Some(Observed::Whole));
    assert_eq!(rows.rows().len(), 4);
}

#[test]
fn cohorts() {
    let log = table(LOG);
    let explore = Explore::new(&log, &UtcOffset::UTC, instant("2020-04-30"));
    let cohorts = explore.cohorts().unwrap();
    assert_eq!(cohorts.n_cohorts(), 4);
    let row = |cohort| (0..5).map(|since| cohorts.customers(cohort, since)).collect::<Vec<_>>();
    assert_eq!(row(0), [Some(2), Some(2), Some(0), Some(1), None]);
    assert_eq!(row(1), [Some(2), Some(0), Some(1), None, None]);
    assert_eq!(row(2), [Some(0), Some(0), None, None, None]);
    assert_eq!(row(3), [Some(1), None, None, None, None]);
    assert_eq!(row(4), [None; 5]);
    assert_eq!(cohorts.revenue(0, 1), Some(money("70")));
    assert_eq!(cohorts.revenue(0, 3), Some(money("7.25")));
    assert_eq!(cohorts.revenue(1, 2), Some(money("30")));
    assert_eq!(cohorts.month(3).unwrap().to_string(), "2020-04");
    assert_eq!(cohorts.month(4), None);
    assert_eq!(cohorts.observed(0, 3), Some(Observed::Part));
    assert_eq!(cohorts.observed(0, 2), Some(Observed::Whole));
    assert_eq!(cohorts.observed(0, 4), None);
    assert_eq!(cohorts.share(2, 0), None, "nobody is in the cohort of March");
    near(cohorts.share(1, 2).unwrap().value.get(), 0.5);
    // One month on, wholly observed: all 2 of January, none of 2 of February; March has nobody.
    near(cohorts.average(1).unwrap().value.get(), 0.5);
    assert_eq!(cohorts.average(3), None, "only seen in the month still running");
}

#[test]
fn concentration() {
    let log = table(LOG);
    let explore = Explore::new(&log, &UtcOffset::UTC, instant("2020-04-30"));
    let concentration = explore.concentration().unwrap();
    near(concentration.gini().unwrap(), 0.500_906_156_390_070_7);
    let counts: Vec<u64> = concentration.deciles().iter().map(|d| d.n_customers).collect();
    assert_eq!(counts, [1, 0, 1, 0, 1, 0, 1, 0, 1, 0]);
    near(concentration.deciles()[0].share.unwrap(), 150.0 / 266.731);
    near(concentration.deciles()[2].cumulative_share.unwrap(), 204.0 / 266.731);
    near(concentration.customers_behind(0.5).unwrap(), 0.2);
    near(concentration.customers_behind(0.8).unwrap(), 0.6);
    assert_eq!(concentration.customers_behind(1.0), Some(1.0));
    assert_eq!(concentration.customers_behind(f64::NAN), None);
    let lorenz = concentration.lorenz(100);
    assert_eq!(lorenz.len(), 6);
    near(lorenz[4].1, 116.731 / 266.731);
}

#[test]
fn items_and_levels() {
    let log = table(LOG);
    let explore = Explore::new(&log, &UtcOffset::UTC, instant("2020-04-30"));
    let top = |by| {
        let top = explore.top_items(3, by).unwrap();
        top.rows().iter().map(|row| row.item.get()).collect::<Vec<_>>()
    };
    assert_eq!(top(TopBy::Revenue), [1, 0, 3]);
    assert_eq!(top(TopBy::Customers), [1, 0, 2]);
    assert_eq!(top(TopBy::Lines), [1, 0, 2]);
    let leading = explore.top_items(1, TopBy::Revenue).unwrap();
    let best = &leading.rows()[0];
    assert_eq!((best.revenue, best.n_customers, best.n_lines), (money("175.48"), 3, 5));
    near(best.share.unwrap(), 175.48 / 266.731);

    let levels = explore.levels("country").unwrap();
    let found: Vec<_> = levels
        .rows()
        .iter()
        .map(|row| (row.level.as_str(), row.n_customers, row.n_orders, row.n_lines))
        .collect();
    assert_eq!(found, [("DE", 3, 3, 4), ("FR", 2, 5, 6), ("PL", 1, 2, 2)]);
    assert_eq!(levels.rows()[0].revenue, money("157.251"));
    assert_eq!(
        explore.levels("region").unwrap_err().to_string(),
        "expected one of the attributes [\"country\"], found \"region\""
    );
}

#[test]
fn months_are_those_of_the_calendar() {
    // Half past ten in the evening of 31 January in New York is already February in UTC.
    let log = table("0,0,2020-02-01T03:30:00,0,1,US\n");
    let new_york = UtcOffset::minutes_east(-300);
    let explore = Explore::new(&log, &new_york, instant("2020-02-10"));
    let months: Vec<String> =
        explore.months().unwrap().rows().iter().map(|row| row.month.to_string()).collect();
    assert_eq!(months, ["2020-01", "2020-02"]);
}
