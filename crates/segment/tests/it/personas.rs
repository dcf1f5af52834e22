//! Personas on shops whose truth is known.

use crate::common::uniform;
use ndarray::Array2;
use patronage_core::{Attribute, Span};
use patronage_segment::{
    Calendar, Column, ColumnPhrase, Costs, CustomerIdx, Date, FeatureTable, Features, Line, Money,
    MultipleTesting, OrderIdx, Persona, PersonaReport, Personas, PurchaseTable, Schema, SegmentIdx,
    Subject, UtcOffset,
};

const ITEMS: usize = 12;

/// Customers of two segments, the second half in the second, of whom `lines` says how many lines a
/// customer of each has, and `item` and `hour` what and when from a number in [0, 1).
struct Shop {
    table: FeatureTable,
    segments: Vec<SegmentIdx>,
    purchases: PurchaseTable,
}

fn shop(
    n: u32,
    seed: u64,
    lines: [usize; 2],
    item: impl Fn(usize, f64) -> u32,
    hour: impl Fn(usize, f64) -> i64,
) -> Shop {
    let mut draw = uniform(seed);
    let channel =
        Attribute { name: "channel".to_owned(), levels: ["shop", "web"].map(str::to_owned).into() };
    let mut purchases =
        PurchaseTable::builder().attributes(vec![channel]).n_customers(n as usize).n_items(ITEMS);
    let (mut segments, mut cells, mut order) = (Vec::new(), Vec::new(), 0);
    for customer in 0..n {
        let segment = (2 * customer / n) as usize;
        segments.push(SegmentIdx::from_usize(segment));
        // Customers differ in how much they buy and stick to a favourite.
        let n_lines = 1 + (draw() * draw() * 4.0 * lines[segment] as f64) as usize;
        let favourite = item(segment, draw());
        let channel = u32::from(draw() < 0.4);
        let mut paid = 0.0;
        for _ in 0..n_lines {
            let day = (draw() * 300.0) as i32;
            let at = UtcOffset::UTC.start_of(Date::new(2024, 1, 1).unwrap().plus_days(day))
                + Span::micros(hour(segment, draw()) * 3_600_000_000);
            let bought = if draw() < 0.4 { favourite } else { item(segment, draw()) };
            let line = Line {
                at,
                order: OrderIdx::new(order),
                item: Some(patronage_core::ItemIdx::new(bought)),
                quantity: 2.0,
                amount: Money::from_units(i64::from(bought) + 1),
            };
            paid += f64::from(bought) + 1.0;
            purchases.push_with(CustomerIdx::new(customer), line, &[channel]);
            order += 1;
        }
        cells.extend([paid, draw(), f64::from(u8::from(draw() < 0.3)), (draw() * 3.0).floor()]);
    }
    let schema = Schema::new([
        Column::number("monetary"),
        Column::number("noise"),
        Column::flag("newsletter"),
        Column::category("region", ["north", "south", "east"]),
    ]);
    let cells = Array2::from_shape_vec((n as usize, 4), cells).unwrap();
    let table = FeatureTable::new(schema.unwrap(), cells).unwrap();
    Shop { table, segments, purchases: purchases.build().unwrap() }
}

fn any_item(_: usize, draw: f64) -> u32 {
    (draw * draw * ITEMS as f64) as u32
}

fn any_hour(_: usize, draw: f64) -> i64 {
    8 + (draw * 12.0) as i64
}

impl Shop {
    fn personas(&self) -> Personas<'_, FeatureTable> {
        Personas::new(&self.table, &self.segments, ["Few", "Many"]).purchases(&self.purchases)
    }
}

fn any_named(persona: &Persona) -> bool {
    !persona.shares.is_empty() || persona.numbers.iter().any(|n| n.evidence.significant)
}

#[test]
fn where_segments_are_drawn_at_random_nothing_is_named() {
    let named = |correction| {
        let runs = (0..60).filter(|&seed| {
            let shop = shop(160, seed, [6, 6], any_item, any_hour);
            let report = shop.personas().prototypes(0).correction(correction).describe().unwrap();
            assert!(report.n_tests > 60, "{}", report.n_tests);
            report.iter().any(any_named)
        });
        runs.count()
    };
    // Where there is nothing to find both name something in 5 % of runs at most: three of sixty
    // are expected, nine or more come by chance in one of four hundred.
    assert!(named(MultipleTesting::BenjaminiHochberg) <= 8);
    assert!(named(MultipleTesting::Holm) <= 8);
}

#[test]
fn buying_more_of_everything_is_no_taste() {
    let shop = shop(600, 3, [3, 15], any_item, any_hour);
    let report = shop.personas().describe().unwrap();
    for persona in &report {
        assert!(persona.shares.is_empty(), "{:?}", persona.shares);
        let named: Vec<_> = persona.numbers.iter().filter(|n| n.evidence.significant).collect();
        assert_eq!(named.len(), 1);
        assert_eq!(
            (named[0].column.as_str(), &named[0].column),
            ("monetary", &persona.numbers[0].column)
        );
    }
    let [few, many] = &report.personas[..] else { panic!("two") };
    let (few, many) = (few.revenue.unwrap(), many.revenue.unwrap());
    assert!((few.share + many.share - 1.0).abs() < 1e-12);
    assert!(many.share > 0.7);
}

fn planted() -> Shop {
    // The second segment takes item 7 for a quarter of what it draws and comes at 20:00 for half.
    shop(
        800,
        5,
        [6, 6],
        |segment, draw| match segment {
            1 if draw < 0.25 => 7,
            1 => any_item(1, (draw - 0.25) / 0.75),
            _ => any_item(0, draw),
        },
        |segment, draw| if segment == 1 && draw < 0.5 { 20 } else { any_hour(0, draw) },
    )
}

#[test]
fn what_was_planted_is_found_first() {
    let shop = planted();
    let names: Vec<String> = (0..ITEMS)
        .map(|item| format!("ARTICLE {}", "ABCDEFGHIJKL".get(item..=item).unwrap()))
        .collect();
    let report = shop.personas().item_names(&names).costs(Costs::Rate(0.75)).describe().unwrap();
    let persona = &report.personas[1];
    let found = persona.shares.iter().filter(|s| s.lift > 1.0).take(2);
    let subjects: Vec<String> = found.map(|share| share.subject.to_string()).collect();
    assert!(subjects.contains(&"ARTICLE H".to_owned()), "{subjects:?}");
    assert!(subjects.contains(&"20:00".to_owned()), "{subjects:?}");
    // Nobody else comes at that hour: the lift is everybody's orders over the segment's.
    let hour = persona.shares.iter().find(|s| s.subject == Subject::Hour { hour: 20 }).unwrap();
    assert!((hour.lift - hour.share / hour.share_of_all).abs() < 1e-12);
    assert!((hour.share - 0.5).abs() < 0.05, "{}", hour.share);
    assert!(hour.lift_interval.contains(hour.lift) && hour.lift_interval.low > 1.5);
    let facet = |name: &str| persona.facets.iter().find(|facet| facet.name == name).unwrap();
    assert_eq!(facet("hours").by_share[0].subject, Subject::Hour { hour: 20 });
    assert_eq!(facet("items").by_lift[0].subject.to_string(), "ARTICLE H");
    assert_eq!(facet("weekdays").by_share.len(), 5);
    assert_eq!(facet("channel").by_share.len(), 2);
    // A quarter of each line, exactly.
    let (revenue, margin) = (persona.revenue.unwrap(), persona.margin.unwrap());
    assert_eq!(margin.amount.ticks() * 4, revenue.amount.ticks());
    let all: Money = shop.purchases.lines().amounts().iter().sum();
    let of: Money = report.iter().map(|p| p.revenue.unwrap().amount).sum();
    assert_eq!(of, all);
}

#[test]
fn what_segments_are_made_of_is_described_and_not_tested() {
    let shop = shop(600, 3, [3, 15], any_item, any_hour);
    let phrases = [ColumnPhrase::new("monetary", "spend").prefix("$")];
    let plain = shop.personas().describe().unwrap();
    let made = shop.personas().made_of(["monetary", "region"]).phrases(&phrases);
    let report = made.describe().unwrap();
    // Of both segments the number, and the shares of three regions.
    assert_eq!(plain.n_tests - report.n_tests, 8);
    for (persona, tested) in report.iter().zip(&plain) {
        let (spend, before) = (&persona.numbers[0], &tested.numbers[0]);
        assert!(spend.evidence.circular && spend.evidence.significant);
        assert_eq!(spend.evidence.adjusted_p_value, before.evidence.p_value);
        assert!(!before.evidence.circular && !persona.numbers[1].evidence.circular);
        let text = persona.description();
        assert!(text.contains("Their median spend is $"), "{text}");
        assert!(persona.to_string().contains("| by construction |"));
    }
    assert!(report.to_string().contains("By construction: the segments were made of the column"));
    assert!(!plain.to_string().contains("y construction"));
    assert!(shop.personas().made_of(["weight"]).describe().is_err());
    assert!(shop.personas().phrases(&[ColumnPhrase::new("weight", "w")]).describe().is_err());
}

#[test]
fn what_hardly_anybody_buys_is_not_named() {
    // One in 25 draws of the second segment is of an item that nobody else takes.
    let rare = shop(
        800,
        11,
        [3, 3],
        |segment, draw| if segment == 1 && draw < 0.04 { 11 } else { (draw * 10.0) as u32 },
        any_hour,
    );
    let lift_of_rare = |reach| {
        let report = rare.personas().reach(reach).describe().unwrap();
        let of = report.personas[1].shares.iter().find(
            |share| matches!(share.subject, Subject::Item { item, .. } if item.index() == 11),
        );
        of.map(|share| (share.lift, share.n_customers))
    };
    let (lift, customers) = lift_of_rare(0.0).unwrap();
    assert!(lift > 1.8 && customers < 100, "{lift} {customers}");
    assert_eq!(lift_of_rare(0.25), None);
    for reach in [-0.1, 1.1, f64::NAN] {
        assert!(rare.personas().reach(reach).describe().is_err(), "{reach}");
    }
}

/// The numbers of a text, as they stand.
fn numbers(text: &str) -> Vec<String> {
    let parts = text.split(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-'));
    let words = parts.map(|word| word.trim_end_matches('.').trim_start_matches('-').to_owned());
    words.filter(|word| word.contains(|c: char| c.is_ascii_digit())).collect()
}

#[cfg(feature = "serde")]
mod with_serde {
    use super::*;

    /// Every number in a value, as written in texts: rounded, in percent, as an amount, as an hour.
    fn facts(value: &serde_json::Value, out: &mut Vec<f64>) {
        match value {
            serde_json::Value::Number(number) => out.extend(number.as_f64()),
            serde_json::Value::Array(values) => values.iter().for_each(|value| facts(value, out)),
            serde_json::Value::Object(fields) => fields.values().for_each(|v| facts(v, out)),
            _ => {}
        }
    }

    #[test]
    fn every_number_of_a_description_is_a_fact() {
        let shop = planted();
        let names: Vec<String> = (0..ITEMS).map(|_| "AN ARTICLE".to_owned()).collect();
        let report = shop.personas().item_names(&names).costs(Costs::Rate(0.7)).describe().unwrap();
        for persona in &report {
            let mut known = Vec::new();
            facts(&serde_json::to_value(persona).unwrap(), &mut known);
            let text = persona.description();
            let found = numbers(&text);
            assert!(found.len() > 10, "{text}");
            for number in found {
                let value: f64 = number.parse().unwrap();
                let decimals = number.split_once('.').map_or(0, |(_, part)| part.len());
                let half = 0.5 * 10_f64.powi(-(decimals as i32)) * (1.0 + 1e-9) + 1e-12;
                let is = |fact: f64| (fact - value).abs() <= half;
                let fact = known.iter().any(|&fact| {
                    is(fact) || is(100.0 * fact) || is(100.0 * (1.0 - fact)) || is(fact / 1e4)
                }) || text.contains(&format!("after {number}:00"))
                    || number == "00";
                assert!(fact, "{number} in {text}");
            }
        }
    }

    #[test]
    fn reports_read_back() {
        let report = planted().personas().prototypes(2).describe().unwrap();
        let text = serde_json::to_string(&report).unwrap();
        assert_eq!(serde_json::from_str::<PersonaReport>(&text).unwrap(), report);
    }
}

#[test]
fn personas_are_the_same_on_any_pool() {
    let shop = planted();
    let describe = || shop.personas().prototypes(3).describe().unwrap();
    patronage_testkit::check_same_on_any_pool(describe, |a, b| a == b);
}

#[test]
fn the_order_of_rows_is_irrelevant() {
    let shop = planted();
    let n = shop.segments.len();
    // A step that shares no divisor with the number of rows visits each once.
    let order: Vec<usize> = (0..n).map(|row| row * 371 % n).collect();
    let cells = shop.table.values().select(ndarray::Axis(0), &order);
    let table = FeatureTable::new(shop.table.schema().clone(), cells).unwrap();
    let segments: Vec<SegmentIdx> = order.iter().map(|&row| shop.segments[row]).collect();
    let customers: Vec<CustomerIdx> =
        order.iter().map(|&row| CustomerIdx::from_usize(row)).collect();
    let shuffled = Personas::new(&table, &segments, ["Few", "Many"])
        .customers(&customers)
        .purchases(&shop.purchases)
        .describe()
        .unwrap();
    let straight = shop.personas().describe().unwrap();
    for (mut a, mut b) in straight.into_iter().zip(shuffled) {
        assert_eq!(a.prototypes[0].customer, b.prototypes[0].customer);
        assert_eq!(order[b.prototypes[0].row], a.prototypes[0].row);
        a.prototypes.clear();
        b.prototypes.clear();
        assert_eq!(a, b);
    }
}

#[test]
fn degenerate_segments_and_shops_are_described() {
    // An empty segment, one of a single customer, one of all others; constant and missing cells.
    let n = 30;
    let schema = Schema::new([
        Column::number("constant"),
        Column::nullable("age"),
        Column::number("huge"),
        Column::date("since"),
    ]);
    let cells = Array2::from_shape_fn((n, 4), |(row, column)| match column {
        0 => 7.0,
        1 if row % 3 == 0 => f64::NAN,
        2 => 1e308 * ((row as f64 - 14.5) / 14.5),
        _ => row as f64,
    });
    let table = FeatureTable::new(schema.unwrap(), cells).unwrap();
    let segments: Vec<_> =
        (0..n).map(|row| SegmentIdx::new(if row == 4 { 2 } else { 1 })).collect();
    // A shop of one item, in which only one customer ever bought.
    let mut purchases = PurchaseTable::builder().n_customers(n).n_items(1);
    purchases.push(
        CustomerIdx::new(4),
        Line {
            at: UtcOffset::UTC.start_of(Date::from_days(9)),
            order: OrderIdx::new(0),
            item: Some(patronage_core::ItemIdx::new(0)),
            quantity: 1.0,
            amount: Money::from_units(3),
        },
    );
    let purchases = purchases.build().unwrap();
    let report = Personas::new(&table, &segments, ["None", "All", "One"])
        .purchases(&purchases)
        .prototypes(3)
        .describe()
        .unwrap();
    let [none, all, one] = &report.personas[..] else { panic!("three") };
    assert_eq!(none.description(), "None: no customers.");
    assert!(none.prototypes.is_empty());
    assert_eq!(none.numbers[0].superiority, 0.5);
    assert_eq!((one.n_customers, one.prototypes.len(), one.prototypes[0].row), (1, 1, 4));
    assert_eq!(one.prototypes[0].mean_distance, 0.0);
    assert_eq!(one.revenue.unwrap().share, 1.0);
    assert_eq!(all.revenue.unwrap().amount, Money::ZERO);
    assert!(report.iter().all(|p| !any_named(p) && p.facets.is_empty()));
    assert_eq!(all.prototypes.len(), 3);
    let constant = all.numbers.iter().find(|n| n.column == "constant").unwrap();
    assert_eq!((constant.evidence.p_value, constant.standardised_difference), (1.0, None));
    let age = all.numbers.iter().find(|n| n.column == "age").unwrap();
    assert_eq!(age.n_known, 19);
    for persona in &report {
        assert!(!persona.to_string().contains("NaN") && !persona.to_string().contains("inf"));
    }
}

#[test]
fn what_cannot_be_described_is_refused() {
    let shop = shop(20, 1, [2, 2], any_item, any_hour);
    let message =
        |personas: Personas<'_, FeatureTable>| personas.describe().unwrap_err().to_string();
    let new = |names: &'static [&'static str]| {
        Personas::new(&shop.table, &shop.segments, names.iter().copied())
    };
    assert_eq!(
        message(new(&["Few"])),
        "segment of row 10: expected a segment below the number of names, found 1"
    );
    assert_eq!(
        message(shop.personas().significance(1.0)),
        "parameter significance: expected strictly between 0 and 1, found 1"
    );
    assert_eq!(
        message(shop.personas().support(0)),
        "parameter support: expected at least 1, found 0"
    );
    let few = [CustomerIdx::new(0); 20];
    assert_eq!(
        message(shop.personas().customers(&few)),
        "customer 0: expected one row, found a second"
    );
    let units = [Money::ZERO; 3];
    let error = message(shop.personas().costs(Costs::PerUnit(&units)));
    assert!(
        error.contains("expected a cost of every line, found none of one with item"),
        "{error}"
    );
    assert_eq!(
        message(shop.personas().costs(Costs::Rate(f64::NAN))),
        "parameter rate of costs: expected a finite number, found NaN"
    );
    assert_eq!(
        message(new(&["Few", "Many"]).costs(Costs::Rate(0.5))),
        "margins: expected purchases, found none"
    );
    let other = Personas::new(&shop.table, &shop.segments[1..], ["Few", "Many"]);
    assert_eq!(message(other), "segments of rows: expected 20, found 19");
}
