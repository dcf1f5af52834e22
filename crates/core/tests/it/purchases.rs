//! Tables, windows and interactions of purchases against lists of lines.

use std::collections::BTreeMap;

use patronage_core::{
    Attribute, CustomerIdx, During, HistoryEntry, InteractionTable, Interactions, ItemIdx, Line,
    Money, OrderIdx, PurchaseTable, Purchases, Timestamp, Weight, Window,
};
use patronage_testkit::{check_interactions, check_purchases};
use proptest::prelude::*;

const N_CUSTOMERS: usize = 5;
const N_ITEMS: usize = 6;

/// Lines with their customers and a code, in any order.
fn lines() -> impl Strategy<Value = Vec<(u32, Line, u32)>> {
    let line = (
        0..N_CUSTOMERS as u32,
        -20_i64..20,
        0_u32..4,
        0..N_ITEMS as u32,
        1_u8..9,
        0_i64..999,
        0_u32..3,
    );
    prop::collection::vec(line, 0..80).prop_map(|lines| {
        lines
            .into_iter()
            .map(|(customer, seconds, order, item, halves, ticks, code)| {
                let line = Line {
                    at: Timestamp::from_seconds(seconds),
                    order: OrderIdx::new(order),
                    item: Some(ItemIdx::new(item)),
                    quantity: f64::from(halves) / 2.0,
                    amount: Money::from_ticks(ticks),
                };
                (customer, line, code)
            })
            .collect()
    })
}

fn table(lines: &[(u32, Line, u32)]) -> PurchaseTable {
    let levels = ["a", "b", "c"].map(str::to_owned).to_vec();
    let attribute = Attribute { name: "shop".to_owned(), levels };
    let mut table = PurchaseTable::builder()
        .attributes(vec![attribute])
        .n_customers(N_CUSTOMERS)
        .n_items(N_ITEMS);
    for &(customer, line, code) in lines {
        table.push_with(CustomerIdx::new(customer), line, &[code]);
    }
    table.build().unwrap()
}

/// One customer's lines in time order, those of one instant as they came.
fn history(lines: &[(u32, Line, u32)], customer: CustomerIdx) -> Vec<(Line, u32)> {
    let mut own: Vec<(Line, u32)> =
        lines.iter().filter(|l| l.0 == customer.get()).map(|l| (l.1, l.2)).collect();
    own.sort_by_key(|(line, _)| line.at);
    own
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_table_holds_each_customers_lines_in_time_order(lines in lines()) {
        let table = table(&lines);
        check_purchases(&table);
        prop_assert_eq!(table.n_lines(), lines.len());
        for customer in CustomerIdx::all(N_CUSTOMERS) {
            let expected = history(&lines, customer);
            prop_assert!(table.history(customer).iter().eq(expected.iter().map(|l| l.0)));
            prop_assert!(table.attribute_codes(customer, 0).iter().eq(expected.iter().map(|l| &l.1)));
            let mut orders: Vec<OrderIdx> = expected.iter().map(|l| l.0.order).collect();
            orders.sort_unstable();
            orders.dedup();
            prop_assert_eq!(table.history(customer).n_orders(), orders.len());
        }
        let times = lines.iter().map(|l| l.1.at);
        prop_assert_eq!(table.period(), times.clone().min().zip(times.max()));
    }

    #[test]
    fn a_window_is_a_filter(lines in lines(), start in -25_i64..25, end in -25_i64..25) {
        let table = table(&lines);
        let window = Window { start: Timestamp::from_seconds(start), end: Timestamp::from_seconds(end) };
        let during = During::new(&table, window);
        check_purchases(&during);
        let before = During::before(&table, window.end);
        for customer in CustomerIdx::all(N_CUSTOMERS) {
            let expected: Vec<(Line, u32)> =
                history(&lines, customer).into_iter().filter(|l| window.contains(l.0.at)).collect();
            prop_assert!(during.history(customer).iter().eq(expected.iter().map(|l| l.0)));
            prop_assert!(during.attribute_codes(customer, 0).iter().eq(expected.iter().map(|l| &l.1)));
            let expected = history(&lines, customer).into_iter().filter(|l| l.0.at < window.end);
            prop_assert!(before.history(customer).iter().eq(expected.map(|l| l.0)));
            prop_assert!(table.history(customer).before(window.end).iter().eq(before.history(customer).iter()));
        }
    }

    #[test]
    fn interactions_sum_what_was_bought(lines in lines()) {
        let table = table(&lines);
        for weight in [Weight::Binary, Weight::Lines, Weight::Quantity, Weight::Amount] {
            let interactions = InteractionTable::from_purchases(&table, weight).unwrap();
            check_interactions(&interactions);
            for customer in CustomerIdx::all(N_CUSTOMERS) {
                let mut expected: BTreeMap<ItemIdx, (f64, Timestamp, OrderIdx)> = BTreeMap::new();
                for (line, _) in history(&lines, customer) {
                    let entry = expected.entry(line.item.unwrap()).or_insert((0.0, line.at, line.order));
                    let more = match weight {
                        Weight::Lines => 1.0,
                        Weight::Quantity => line.quantity,
                        Weight::Amount => line.amount.ticks() as f64,
                        _ => 1.0 - entry.0,
                    };
                    *entry = (entry.0 + more, line.at, line.order);
                }
                let row = interactions.row(customer);
                prop_assert!(row.items().iter().eq(expected.keys()));
                for (position, (sum, at, order)) in expected.into_values().enumerate() {
                    let sum = if weight == Weight::Amount { sum / 10_000.0 } else { sum };
                    prop_assert_eq!(row.weights()[position], sum as f32);
                    prop_assert_eq!(row.at().unwrap()[position], at);
                    prop_assert_eq!(row.baskets().unwrap()[position], order);
                }
            }
        }
    }

    #[test]
    fn a_history_is_its_lines(lines in lines()) {
        let table = table(&lines);
        for customer in CustomerIdx::all(N_CUSTOMERS) {
            let entries = HistoryEntry::from_lines(table.history(customer));
            let expected = history(&lines, customer);
            prop_assert!(entries.iter().map(|e| (e.item, e.at, e.basket)).eq(
                expected.iter().map(|(line, _)| (line.item.unwrap(), line.at, line.order))
            ));
        }
    }
}

#[test]
fn lines_that_are_no_purchases_are_refused() {
    let line = Line {
        at: Timestamp::MIN,
        order: OrderIdx::new(0),
        item: Some(ItemIdx::new(0)),
        quantity: 1.0,
        amount: Money::ZERO,
    };
    let build = |lines: &[Line]| {
        let mut table = PurchaseTable::builder();
        lines.iter().for_each(|&line| table.push(CustomerIdx::new(0), line));
        table.build().map_err(|error| error.to_string())
    };
    assert!(build(&[line, line]).is_ok());
    for quantity in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let error = build(&[line, Line { quantity, ..line }]).unwrap_err();
        assert_eq!(
            error,
            format!("quantity of order line 1: expected a finite number above 0, found {quantity}")
        );
    }
    let amount = Money::from_units(-2);
    let error = build(&[Line { amount, ..line }]).unwrap_err();
    assert_eq!(error, "amount of order line 0: expected at least 0, found -2");
    let error = build(&[line, Line { item: None, ..line }]).unwrap_err();
    assert_eq!(error, "items of order lines, named by all or by none: expected 2, found 1");

    let attribute = |levels: &[&str]| {
        let levels = levels.iter().map(|&level| level.to_owned()).collect();
        vec![Attribute { name: "shop".to_owned(), levels }]
    };
    let mut table = PurchaseTable::builder().attributes(attribute(&["a"]));
    table.push(CustomerIdx::new(0), line);
    let error = table.build().unwrap_err().to_string();
    assert_eq!(error, "attribute codes of order lines: expected 1, found 0");
    let mut table = PurchaseTable::builder().attributes(attribute(&["a"]));
    table.push_with(CustomerIdx::new(0), line, &[1]);
    let error = table.build().unwrap_err().to_string();
    assert_eq!(error, "attribute code: expected an index below 1, found 1");

    let nameless = build(&[Line { item: None, ..line }]).unwrap();
    assert!(InteractionTable::from_purchases(&nameless, Weight::Binary).is_err());
    let huge = build(&[Line { quantity: 1e300, ..line }]).unwrap();
    assert!(InteractionTable::from_purchases(&huge, Weight::Quantity).is_err());
}
