//! Measures: the same from grouped purchases, from unsorted columns, and from batches merged.

use std::collections::{BTreeMap, BTreeSet};

use patronage_core::{CategoryIdx, ItemIdx};
use patronage_segment::{
    Better, Binning, Calendar, Column, Costs, CustomerIdx, Date, Dimension, ErrorKind, Features,
    Fit, Frequency, Line, Monetary, Money, OrderIdx, OrderLines, OrderedRules, PurchaseTable,
    Purchases, Recency, Rfm, RfmScoring, RfmTable, Timestamp, UtcOffset, Variety,
};
use proptest::prelude::*;

const N_CUSTOMERS: usize = 7;
const ZONE: UtcOffset = UtcOffset::minutes_east(-300);

fn as_of() -> Date {
    Date::new(1970, 1, 9).unwrap()
}

/// Lines over ten days, of which the last one or two are not before the as-of date; orders are
/// shared by customers.
fn line() -> impl Strategy<Value = (CustomerIdx, Line)> {
    (0..N_CUSTOMERS as u32 - 1, 0..6_u32, 0..864_000_i64, 0..5_u32, 1..4_u32, 0..50_000_i64)
        .prop_map(|(customer, order, seconds, item, quantity, ticks)| {
            let line = Line {
                at: Timestamp::from_seconds(seconds),
                order: OrderIdx::new(order),
                item: Some(ItemIdx::new(item)),
                quantity: f64::from(quantity) * 0.5,
                amount: Money::from_ticks(ticks),
            };
            (CustomerIdx::new(customer), line)
        })
}

fn purchases(lines: &[(CustomerIdx, Line)]) -> PurchaseTable {
    let mut table = PurchaseTable::builder().n_customers(N_CUSTOMERS);
    lines.iter().for_each(|(customer, line)| table.push(*customer, *line));
    table.build().unwrap()
}

#[derive(Default)]
struct Columns {
    customers: Vec<CustomerIdx>,
    orders: Vec<OrderIdx>,
    at: Vec<Timestamp>,
    amounts: Vec<Money>,
    items: Vec<ItemIdx>,
    quantities: Vec<f64>,
}

impl Columns {
    fn of(lines: &[(CustomerIdx, Line)]) -> Self {
        let mut columns = Self::default();
        for (customer, line) in lines {
            columns.customers.push(*customer);
            columns.orders.push(line.order);
            columns.at.push(line.at);
            columns.amounts.push(line.amount);
            columns.items.push(line.item.unwrap());
            columns.quantities.push(line.quantity);
        }
        columns
    }

    fn lines(&self) -> OrderLines<'_> {
        OrderLines::new(&self.customers, &self.orders, &self.at, &self.amounts)
            .and_then(|lines| lines.items(&self.items))
            .and_then(|lines| lines.quantities(&self.quantities))
            .unwrap()
    }
}

const CATEGORIES: [CategoryIdx; 5] = [
    CategoryIdx::new(0),
    CategoryIdx::new(1),
    CategoryIdx::new(0),
    CategoryIdx::new(1),
    CategoryIdx::new(2),
];

/// Every choice at least once.
fn all_measures<'a>(returns: &'a dyn Purchases, costs: &'a [Money]) -> Vec<Rfm<'a>> {
    let rfm = Rfm::new(as_of(), &ZONE);
    vec![
        rfm,
        rfm.frequency(Frequency::Days).recency(Recency::Elapsed).tenure(),
        rfm.frequency(Frequency::Lines).variety(Variety::Items),
        rfm.monetary(Monetary::MeanPerOrder).frequency(Frequency::Lines).return_rate(returns),
        rfm.monetary(Monetary::Margin)
            .costs(Costs::PerUnit(costs))
            .variety(Variety::Categories(&CATEGORIES))
            .frequency(Frequency::Days)
            .tenure()
            .return_rate(returns),
        rfm.monetary(Monetary::Margin).costs(Costs::Rate(0.613)).frequency(Frequency::Lines),
    ]
}

/// The same bits, not only equal numbers.
fn bits(table: &RfmTable) -> Vec<u64> {
    table.values().iter().map(|value| value.to_bits()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_split_and_merge_gives_the_table_of_one_pass(
        lines in proptest::collection::vec(line(), 0..120),
        returned in proptest::collection::vec(line(), 0..10),
        of_batch in proptest::collection::vec((0..5_usize, 0..3_usize, any::<u32>()), 120),
    ) {
        let (bought, returned) = (purchases(&lines), purchases(&returned));
        let costs: Vec<Money> = (0..5).map(|item| Money::from_ticks(item * 777)).collect();
        // Every line goes into one of five batches, every batch into one of three accumulators.
        let mut batches: [Vec<_>; 5] = Default::default();
        for (line, (batch, _, place)) in lines.iter().zip(&of_batch) {
            batches[*batch].push((*place, *line));
        }
        for rfm in all_measures(&returned, &costs) {
            let expected = rfm.table(&bought).unwrap();
            let all = Columns::of(&lines);
            let of_lines = rfm.table_of_lines(N_CUSTOMERS, all.lines()).unwrap();
            prop_assert_eq!(&of_lines, &expected);
            prop_assert_eq!(bits(&of_lines), bits(&expected));
            let mut accumulators = [(); 3].map(|()| rfm.accumulator().unwrap());
            for (position, batch) in batches.iter().enumerate() {
                let mut batch = batch.clone();
                batch.sort_by_key(|(place, _)| *place);
                let batch: Vec<_> = batch.into_iter().map(|(_, line)| line).collect();
                let accumulator = &mut accumulators[of_batch[position].1];
                if position % 2 == 0 {
                    accumulator.absorb_lines(Columns::of(&batch).lines()).unwrap();
                } else {
                    for (customer, line) in &batch {
                        accumulator.push(*customer, line).unwrap();
                    }
                }
            }
            let [first, mut second, third] = accumulators;
            second.merge(&third).unwrap();
            second.merge(&first).unwrap();
            prop_assert_eq!(second.n_lines(), lines.len() as u64);
            let merged = second.table(N_CUSTOMERS).unwrap();
            prop_assert_eq!(&merged, &expected);
            prop_assert_eq!(bits(&merged), bits(&expected));
            if expected.n_rows() > 0 {
                let scoring = RfmScoring::default();
                prop_assert_eq!(scoring.fit(&merged).unwrap(), scoring.fit(&expected).unwrap());
            }
        }
    }

    // Against the definitions, written down plainly.
    #[test]
    fn measures_are_what_they_say(
        lines in proptest::collection::vec(line(), 0..80),
        returned in proptest::collection::vec(line(), 0..20),
    ) {
        let (bought, returns) = (purchases(&lines), purchases(&returned));
        let end = ZONE.start_of(as_of());
        let mut expected: BTreeMap<u32, Vec<Line>> = BTreeMap::new();
        for (customer, line) in lines.iter().filter(|(_, line)| line.at < end) {
            expected.entry(customer.get()).or_default().push(*line);
        }
        let rfm = Rfm::new(as_of(), &ZONE)
            .frequency(Frequency::Days)
            .monetary(Monetary::MeanPerOrder)
            .tenure()
            .variety(Variety::Categories(&CATEGORIES))
            .return_rate(&returns);
        let table = rfm.table(&bought).unwrap();
        prop_assert!(table.customers().iter().map(|c| c.get()).eq(expected.keys().copied()));
        prop_assert_eq!(table.n_rows() + table.without_purchase().len(), N_CUSTOMERS);
        for (position, (customer, lines)) in expected.iter().enumerate() {
            let day = |line: &Line| ZONE.date(line.at);
            let days: BTreeSet<Date> = lines.iter().map(day).collect();
            let orders: BTreeSet<OrderIdx> = lines.iter().map(|line| line.order).collect();
            let categories: BTreeSet<CategoryIdx> =
                lines.iter().map(|line| CATEGORIES[line.item.unwrap().index()]).collect();
            let paid: i64 = lines.iter().map(|line| line.amount.ticks()).sum();
            let back: i64 = returned
                .iter()
                .filter(|(c, line)| c.get() == *customer && line.at < end)
                .map(|(_, line)| line.amount.ticks())
                .sum();
            let row = table.rows()[position];
            prop_assert_eq!(row.last_date, *days.last().unwrap());
            prop_assert_eq!(row.frequency, days.len() as u64);
            let off = row.monetary.ticks() as f64 - paid as f64 / orders.len() as f64;
            prop_assert!(off.abs() <= 0.5, "{off}");
            let values = table.values();
            prop_assert_eq!(values[[position, 0]], f64::from(as_of() - *days.last().unwrap()));
            prop_assert_eq!(values[[position, 3]], f64::from(as_of() - *days.first().unwrap()));
            prop_assert_eq!(values[[position, 4]], categories.len() as f64);
            let rate = if paid == 0 { 0.0 } else { back as f64 / paid as f64 };
            prop_assert_eq!(values[[position, 5]], rate);
        }
    }
}

fn one(seconds: i64, order: u32, ticks: i64) -> Line {
    Line {
        at: Timestamp::from_seconds(seconds),
        order: OrderIdx::new(order),
        item: None,
        quantity: 1.0,
        amount: Money::from_ticks(ticks),
    }
}

#[test]
fn many_parts_and_chunks_give_the_table_of_one_pass() {
    // More lines than one chunk, more customers than one part, and gaps among them.
    let lines: Vec<_> = (0..70_000_u64)
        .map(|i| {
            let draw = i.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
            let customer = CustomerIdx::new((draw % 9_000) as u32 * 2);
            (customer, one((draw % 700_000) as i64, (draw % 20_011) as u32, (draw % 99_991) as i64))
        })
        .collect();
    let mut bought = PurchaseTable::builder().n_customers(18_000);
    lines.iter().for_each(|(customer, line)| bought.push(*customer, *line));
    let bought = bought.build().unwrap();
    let customers: Vec<_> = lines.iter().map(|(customer, _)| *customer).collect();
    let orders: Vec<_> = lines.iter().map(|(_, line)| line.order).collect();
    let at: Vec<_> = lines.iter().map(|(_, line)| line.at).collect();
    let amounts: Vec<_> = lines.iter().map(|(_, line)| line.amount).collect();
    let columns = OrderLines::new(&customers, &orders, &at, &amounts).unwrap();
    for frequency in [Frequency::Orders, Frequency::Days, Frequency::Lines] {
        let rfm = Rfm::new(as_of(), &ZONE).frequency(frequency);
        let expected = rfm.table(&bought).unwrap();
        assert_eq!(expected.without_purchase().len() + expected.n_rows(), 18_000);
        assert_eq!(rfm.table_of_lines(18_000, columns).unwrap(), expected);
        let mut accumulator = rfm.accumulator().unwrap();
        accumulator.absorb(&customers, &orders, &at, &amounts).unwrap();
        assert_eq!(accumulator.table(18_000).unwrap(), expected);
    }
    patronage_testkit::check_same_on_any_pool(
        || Rfm::new(as_of(), &ZONE).table_of_lines(18_000, columns).unwrap(),
        |a, b| a == b && bits(a) == bits(b),
    );
}

#[test]
fn nothing_gives_nothing() {
    let rfm = Rfm::new(as_of(), &ZONE);
    for n in [0, 3] {
        let table = rfm.table_of_lines(n, OrderLines::default()).unwrap();
        assert_eq!((table.n_rows(), table.without_purchase().len()), (0, n));
        assert_eq!(rfm.accumulator().unwrap().table(n).unwrap(), table);
        assert_eq!(
            rfm.table(&PurchaseTable::builder().n_customers(n).build().unwrap()).unwrap(),
            table
        );
    }
}

#[test]
fn an_order_of_two_customers_counts_for_each() {
    let mut accumulator = Rfm::new(as_of(), &ZONE).accumulator().unwrap();
    for (customer, seconds) in [(0, 1), (1, 2), (0, 3), (1, 4)] {
        accumulator.push(CustomerIdx::new(customer), &one(seconds * 40_000, 5, 10)).unwrap();
    }
    let table = accumulator.table(2).unwrap();
    assert!(table.rows().iter().all(|row| row.frequency == 1));
}

#[test]
fn amounts_below_zero_add_up_in_any_order() {
    // Sums that leave the range on the way and come back are no overflow, whatever the order.
    let (most, half) = (i64::MAX, i64::MAX / 2 + 1);
    for order in [[most, half, -half], [most, -half, half], [-half, most, half]] {
        let lines: Vec<_> = order.iter().map(|&ticks| one(0, 0, ticks)).collect();
        let customers = [CustomerIdx::new(0); 3];
        let at: Vec<_> = lines.iter().map(|line| line.at).collect();
        let orders: Vec<_> = lines.iter().map(|line| line.order).collect();
        let amounts: Vec<_> = lines.iter().map(|line| line.amount).collect();
        let columns = OrderLines::new(&customers, &orders, &at, &amounts).unwrap();
        let table = Rfm::new(as_of(), &ZONE).table_of_lines(1, columns).unwrap();
        assert_eq!(table.rows()[0].monetary, Money::MAX);
        let twice = OrderLines::new(&customers[..2], &orders[..2], &at[..2], &[Money::MAX; 2]);
        let error = Rfm::new(as_of(), &ZONE).table_of_lines(1, twice.unwrap()).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::MoneyOverflow { .. }), "{error}");
    }
}

#[test]
fn what_cannot_be_measured_is_refused() {
    let rfm = Rfm::new(as_of(), &ZONE);
    let (customers, orders) = ([0, 9].map(CustomerIdx::new), [0, 1].map(OrderIdx::new));
    let (at, amounts) = ([1, 2].map(Timestamp::from_seconds), [Money::MAX; 2]);
    let columns = OrderLines::new(&customers, &orders, &at, &amounts).unwrap();
    let message = |error: patronage_segment::Error| error.to_string();
    assert_eq!(
        message(rfm.table_of_lines(9, columns).unwrap_err()),
        "customer of line 1: expected a customer below the number of customers, found 9"
    );
    let mut accumulator = rfm.accumulator().unwrap();
    accumulator.absorb_lines(columns).unwrap();
    assert_eq!(accumulator.n_customers(), 10);
    assert!(accumulator.table(9).is_err());
    assert_eq!(accumulator.table(10).unwrap().n_rows(), 2);
    assert_eq!(
        message(OrderLines::new(&customers, &orders, &at, &amounts[..1]).unwrap_err()),
        "amounts of lines: expected 2, found 1"
    );
    assert_eq!(
        message(rfm.table_of_lines(usize::MAX, columns).unwrap_err()),
        "parameter n_customers: expected at most 2^32, found 18446744073709552000"
    );
    assert!(accumulator.table(usize::MAX).is_err());
    assert_eq!(
        message(rfm.monetary(Monetary::Margin).accumulator().unwrap_err()),
        "margins: expected costs, found none"
    );
    let margin = rfm.monetary(Monetary::Margin);
    assert!(margin.costs(Costs::Rate(f64::NAN)).table_of_lines(10, columns).is_err());
    assert_eq!(
        message(margin.costs(Costs::PerUnit(&[])).table_of_lines(10, columns).unwrap_err()),
        "margins from unit costs: expected items of order lines, found none"
    );
    assert_eq!(
        message(rfm.variety(Variety::Items).table_of_lines(10, columns).unwrap_err()),
        "variety: expected items of order lines, found none"
    );
    let items = [ItemIdx::new(0), ItemIdx::new(3)];
    let with_items = columns.items(&items).unwrap();
    assert_eq!(
        message(
            rfm.variety(Variety::Categories(&[CategoryIdx::new(0)]))
                .table_of_lines(10, with_items)
                .unwrap_err()
        ),
        "item 3: expected a category, found none"
    );
    let with_quantities = with_items.quantities(&[1.0, 1.0]).unwrap();
    let costs = [Money::ZERO];
    let refused = margin.costs(Costs::PerUnit(&costs));
    let mut accumulator = refused.accumulator().unwrap();
    for error in [
        refused.table_of_lines(10, with_quantities).unwrap_err(),
        accumulator.absorb_lines(with_quantities).unwrap_err(),
    ] {
        assert_eq!(
            error.to_string(),
            "customer 9: expected a cost of every line, found none of one with item 3"
        );
    }
    // The refused batch left no trace.
    assert_eq!((accumulator.n_lines(), accumulator.n_customers()), (0, 0));
    let other = rfm.frequency(Frequency::Days).accumulator().unwrap();
    assert_eq!(
        message(rfm.accumulator().unwrap().merge(&other).unwrap_err()),
        "expected accumulators of the same frequency, found two"
    );
}

#[test]
fn lines_on_or_after_the_date_are_left_out() {
    let end = ZONE.start_of(as_of()).micros() / 1_000_000;
    let mut accumulator = Rfm::new(as_of(), &ZONE).accumulator().unwrap();
    for (customer, seconds) in [(0, end - 1), (0, end), (1, end), (1, i64::MAX / 1_000_000)] {
        accumulator.push(CustomerIdx::new(customer), &one(seconds, 0, 10)).unwrap();
    }
    let table = accumulator.table(2).unwrap();
    assert_eq!(table.rows()[0].monetary, Money::from_ticks(10));
    assert_eq!(table.rows()[0].recency_days, 1.0);
    assert_eq!(table.without_purchase(), [CustomerIdx::new(1)]);
}

#[test]
fn costs_of_lines_are_taken_off() {
    let free = |customer: CustomerIdx, line: &Line| {
        (customer.get() == 0).then_some(Money::from_ticks(line.amount.ticks() / 4))
    };
    let rfm = Rfm::new(as_of(), &ZONE).monetary(Monetary::Margin).costs(Costs::PerLine(&free));
    let mut accumulator = rfm.accumulator().unwrap();
    accumulator.push(CustomerIdx::new(0), &one(0, 0, 100)).unwrap();
    accumulator.push(CustomerIdx::new(0), &one(0, 0, 10)).unwrap();
    assert_eq!(accumulator.table(1).unwrap().rows()[0].monetary, Money::from_ticks(75 + 8));
    assert!(accumulator.push(CustomerIdx::new(1), &one(0, 0, 100)).is_err());
    // A rate rounds each line to the nearest tick, ties to even.
    let rfm = rfm.costs(Costs::Rate(0.5));
    let mut accumulator = rfm.accumulator().unwrap();
    accumulator.push(CustomerIdx::new(0), &one(0, 0, 5)).unwrap();
    accumulator.push(CustomerIdx::new(0), &one(0, 0, 7)).unwrap();
    assert_eq!(accumulator.table(1).unwrap().rows()[0].monetary, Money::from_ticks(3 + 3));
}

#[test]
fn further_dimensions_are_scored_and_named() {
    let lines: Vec<_> = (0..6_u32)
        .flat_map(|customer| {
            (0..=customer).map(move |order| {
                let mut line = one(i64::from(order) * 86_400 + 40_000, order, 1000);
                line.item = Some(ItemIdx::new(order % 3));
                (CustomerIdx::new(customer), line)
            })
        })
        .collect();
    let (bought, returned) = (purchases(&lines), purchases(&lines[..3]));
    let table = Rfm::new(as_of(), &ZONE)
        .tenure()
        .variety(Variety::Items)
        .return_rate(&returned)
        .table(&bought)
        .unwrap()
        .column("satisfaction", &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
        .unwrap();
    patronage_testkit::check_features(&table);
    let names: Vec<&str> = table.schema().columns().iter().map(Column::name).collect();
    assert_eq!(
        names,
        [
            "recency_days",
            "frequency",
            "monetary",
            "tenure_days",
            "variety",
            "return_rate",
            "satisfaction"
        ]
    );
    // Customers 0 and 1 returned all they bought.
    assert_eq!(table.values().column(5).to_vec(), [1.0, 1.0, 0.0, 0.0, 0.0, 0.0]);
    assert_eq!(table.values().column(4).to_vec(), [1.0, 2.0, 3.0, 3.0, 3.0, 3.0]);
    let scoring = RfmScoring::new(Binning::Quantiles(2))
        .and(Dimension::tenure(Binning::Quantiles(3)))
        .and(Dimension::variety(Binning::Cuts(vec![1.0, 2.0])))
        .and(Dimension::return_rate(Binning::Cuts(vec![0.5])))
        .and(Dimension::new("S", "satisfaction", Better::Higher, Binning::EqualWidth(2)));
    let grid = scoring.fit(&table).unwrap().grid().unwrap();
    assert_eq!(grid.to_string(), "R1-2 F1-2 M1-2 T1-3 V1-3 B1-2 S1-2");
    let rules = OrderedRules::new(grid, "Others")
        .rule("Senders back", [1..=2, 1..=2, 1..=2, 1..=3, 1..=3, 1..=1, 1..=2])
        .rule("Pleased", [1..=2, 1..=2, 1..=2, 1..=3, 3..=3, 2..=2, 2..=2])
        .build()
        .unwrap();
    let segments = table.segments_by(&scoring, rules).unwrap();
    let named: Vec<&str> = segments.iter().map(|(_, name)| name).collect();
    assert_eq!(named, ["Senders back", "Senders back", "Others", "Pleased", "Pleased", "Pleased"]);
    assert_eq!(segments.summary()[1].n_customers, 3);
    assert_eq!(segments.summary()[1].revenue_share, 15.0 / 21.0);
    assert_eq!(segments.name_of(CustomerIdx::new(6)), None);
    let error = table.clone().column("late", &[f64::NAN; 6]).unwrap_err();
    assert!(error.to_string().starts_with(r#"row 0, column "late""#), "{error}");
    assert!(table.clone().column("variety", &[1.0; 6]).is_err());
    assert!(table.column("few", &[1.0; 5]).is_err());
}
