//! Input at the edge of sense.

use crate::common::{LOG, OneCustomer, Scattered, instant, money, table};
use patronage_core::{
    Attribute, CustomerIdx, ItemIdx, Lines, Money, OrderIdx, PurchaseTable, Purchases, Timestamp,
    UtcOffset,
};
use patronage_explore::{ErrorKind, Explore, TopBy};

const EUR: &str = "EUR";

fn section(purchases: &dyn Purchases, as_of: Timestamp) -> patronage_explore::Section {
    Explore::new(purchases, &UtcOffset::UTC, as_of)
        .section(EUR.parse().unwrap(), &|item| item.to_string(), &["country", "nothing"])
        .unwrap()
}

#[test]
fn nobody() {
    let empty = PurchaseTable::builder().build().unwrap();
    let strangers = PurchaseTable::builder().n_customers(3).n_items(2).build().unwrap();
    let later = table(LOG);
    for purchases in [&empty, &strangers, &later] {
        let explore = Explore::new(purchases, &UtcOffset::UTC, instant("2019-01-01"));
        let kpis = explore.kpis().unwrap();
        assert_eq!((kpis.n_customers, kpis.n_orders, kpis.gross_revenue), (0, 0, Money::ZERO));
        assert!(kpis.average_order_value.is_none() && kpis.repeat_rate.is_none());
        assert!(kpis.first_purchase.is_none() && kpis.n_items.is_none());
        assert!(explore.months().unwrap().rows().is_empty());
        let cohorts = explore.cohorts().unwrap();
        assert_eq!(
            (cohorts.n_cohorts(), cohorts.month(0), cohorts.observed(0, 0)),
            (0, None, None)
        );
        let concentration = explore.concentration().unwrap();
        assert_eq!(concentration.gini(), None);
        assert_eq!(concentration.deciles().len(), 10);
        assert!(concentration.lorenz(10).is_empty());
        assert!(explore.top_items(5, TopBy::Lines).unwrap().rows().is_empty());
        // Every figure of nothing can be drawn.
        let currency = EUR.parse().unwrap();
        for figure in [
            explore.months().unwrap().customers_figure(),
            explore.months().unwrap().revenue_figure(currency),
            cohorts.figure(),
            concentration.deciles_figure(),
            concentration.lorenz_figure(),
        ] {
            crate::common::markup::check(&figure.unwrap().to_svg()).unwrap();
        }
        section(purchases, instant("2019-01-01"));
    }
}

#[test]
fn one_customer_and_all_alike() {
    let one = table("0,0,2020-01-05,0,3,FR\n");
    let explore = Explore::new(&one, &UtcOffset::UTC, instant("2020-01-06"));
    let kpis = explore.kpis().unwrap();
    assert_eq!(kpis.average_order_value.unwrap().value, money("3"));
    assert_eq!(kpis.average_order_value.unwrap().interval, None);
    assert!(kpis.repeat_rate.unwrap().interval.is_some(), "Wilson's interval needs no spread");
    let concentration = explore.concentration().unwrap();
    assert_eq!(concentration.gini(), Some(0.0));
    assert_eq!(concentration.deciles()[0].share, Some(1.0));
    section(&one, instant("2020-01-06"));

    let alike: String = (0..20).map(|i| format!("{i},{i},2020-01-05T00:00:00,0,3,FR\n")).collect();
    let explore_alike = table(&alike);
    let explore = Explore::new(&explore_alike, &UtcOffset::UTC, instant("2020-01-06"));
    let interval = explore.kpis().unwrap().average_order_value.unwrap().interval.unwrap();
    assert_eq!((interval.low, interval.high), (money("3"), money("3")));
    let concentration = explore.concentration().unwrap();
    assert_eq!(concentration.gini(), Some(0.0));
    assert!(concentration.deciles().iter().all(|decile| decile.n_customers == 2));
}

#[test]
fn all_for_nothing() {
    let free = table("0,0,2020-01-05,0,0,FR\n1,1,2020-01-07,0,0,FR\n");
    let explore = Explore::new(&free, &UtcOffset::UTC, instant("2020-02-01"));
    assert_eq!(explore.kpis().unwrap().average_order_value.unwrap().value, Money::ZERO);
    let concentration = explore.concentration().unwrap();
    assert_eq!((concentration.gini(), concentration.deciles()[0].share), (None, None));
    assert_eq!(concentration.customers_behind(0.8), None);
    assert_eq!(explore.top_items(1, TopBy::Revenue).unwrap().rows()[0].share, None);
    section(&free, instant("2020-02-01"));
}

fn one_line(at: Timestamp, amount: Money) -> OneCustomer {
    OneCustomer {
        at: vec![at],
        orders: vec![OrderIdx::new(0)],
        quantities: vec![1.0],
        amounts: vec![amount],
    }
}

#[test]
fn sums_beyond_money_are_refused() {
    let at = instant("2020-01-01");
    let log = Scattered { customers: vec![one_line(at, Money::MAX), one_line(at, Money::MAX)] };
    let explore = Explore::new(&log, &UtcOffset::UTC, instant("2020-02-01"));
    assert_eq!(
        explore.kpis().unwrap_err().to_string(),
        "sum of gross revenue: expected an amount of at most 922 million million, found one beyond"
    );
    assert!(matches!(explore.months().unwrap_err().kind(), ErrorKind::Overflow { .. }));
    assert!(explore.cohorts().is_err() && explore.concentration().is_err());
    // One alone is as large as money gets, and still right.
    let log = Scattered { customers: vec![one_line(at, Money::MAX)] };
    let explore = Explore::new(&log, &UtcOffset::UTC, instant("2020-02-01"));
    assert_eq!(explore.kpis().unwrap().gross_revenue, Money::MAX);
    assert_eq!(explore.concentration().unwrap().gini(), Some(0.0));
}

#[test]
fn ages_of_time_are_refused() {
    let log = Scattered {
        customers: vec![
            one_line(Timestamp::MIN, money("1")),
            one_line(instant("2020-01-01"), money("1")),
        ],
    };
    let explore = Explore::new(&log, &UtcOffset::UTC, instant("2020-02-01"));
    let error = explore.months().unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::LongPeriod { limit: 2400, .. }), "{error}");
    assert!(explore.cohorts().is_err());
    assert_eq!(explore.kpis().unwrap().n_customers, 2);
    // The ends of time themselves.
    let last =
        Scattered { customers: vec![one_line(Timestamp::from_micros(i64::MAX - 1), money("1"))] };
    let explore = Explore::new(&last, &UtcOffset::UTC, Timestamp::MAX);
    assert_eq!(explore.months().unwrap().rows().len(), 1);
}

/// A view that breaks its promises.
struct Liar(PurchaseTable);

impl Purchases for Liar {
    fn n_customers(&self) -> usize {
        self.0.n_customers()
    }

    fn n_items(&self) -> usize {
        1
    }

    fn history(&self, customer: CustomerIdx) -> Lines<'_> {
        self.0.history(customer)
    }

    fn attributes(&self) -> &[Attribute] {
        self.0.attributes()
    }
}

#[test]
fn broken_promises_are_errors() {
    let liar = Liar(table(LOG));
    let explore = Explore::new(&liar, &UtcOffset::UTC, instant("2021-01-01"));
    let expected = "item of customer 0: expected an index below 1, found 1";
    assert_eq!(explore.kpis().unwrap_err().to_string(), expected);
    assert_eq!(explore.top_items(1, TopBy::Lines).unwrap_err().to_string(), expected);
    assert_eq!(
        explore.levels("country").unwrap_err().to_string(),
        "codes of a customer's lines of \"country\": expected 4, found 0"
    );
    assert_eq!(liar.0.history(CustomerIdx::new(0)).items().map(|i| i[0]), Some(ItemIdx::new(0)));
}
