//! The sample data of the R package rfm: cut points, scores of all customers and segment counts.
//! The oracle is the package's published tables and their recomputation with pandas.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::collections::BTreeMap;

use patronage_segment::CustomerIdx;
use patronage_segment::{
    Calendar, Date, FeatureTable, Features, Fit, IdMap, Line, Money, OrderIdx, OrderedRules,
    PurchaseTable, Rfm, RfmScoring, RfmSegmenter, ScoreGrid, Segmenter, SegmenterExt, UtcOffset,
};

fn table() -> Option<(patronage_segment::RfmTable, IdMap<CustomerIdx>)> {
    let text = common::read("data/rfm-reference/rfm_data_orders.csv")?;
    let mut ids = IdMap::<CustomerIdx>::new();
    let mut purchases = PurchaseTable::builder();
    for (position, line) in text.lines().skip(1).enumerate() {
        let fields = common::fields(line);
        let date: Date = fields[1].parse().unwrap();
        let amount: Money = fields[2].parse().unwrap();
        let at = UtcOffset::UTC.start_of(date);
        let order = OrderIdx::from_usize(position);
        purchases
            .push(ids.intern(&fields[0]), Line { at, order, item: None, quantity: 1.0, amount });
    }
    let as_of = Date::new(2006, 12, 31).unwrap();
    let table = Rfm::new(as_of, &UtcOffset::UTC).table(&purchases.build().unwrap()).unwrap();
    Some((table, ids))
}

#[test]
fn cut_points_scores_and_segments_come_out() {
    let Some((table, ids)) = table() else { return };
    let model = RfmScoring::r_package().fit(&table).unwrap();
    for (dimension, expected) in [
        (0, [115.0, 181.0, 297.4, 482.0]),
        (1, [4.0, 5.0, 6.0, 8.0]),
        (2, [255.8, 382.0, 506.4, 666.0]),
    ] {
        for (cut, expected) in model.cuts(dimension).iter().zip(expected) {
            assert!((cut - expected).abs() < 1e-9, "{} {cut} {expected}", model.name(dimension));
        }
    }
    let scores = model.score(&table).unwrap();
    let oracle = common::read("data/rfm-reference/recomputed_rfm_all_customers.csv").unwrap();
    let mut n = 0;
    for line in oracle.lines().skip(1) {
        let fields = common::fields(line);
        let row = table.row_of(ids.index_of(&fields[0]).unwrap()).unwrap();
        for (dimension, field) in fields[4..7].iter().enumerate() {
            assert_eq!(scores[[row, dimension]].to_string(), *field, "{line}");
        }
        n += 1;
    }
    assert_eq!((n, table.n_rows()), (995, 995));

    let segmenter = RfmSegmenter::new(model, published_rules()).unwrap();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for segment in segmenter.assign(&table).unwrap() {
        *counts.entry(segmenter.name(segment).unwrap().replace('’', "'")).or_default() += 1;
    }
    let expected = [
        ("Potential Loyalist", 342),
        ("Loyal Customers", 170),
        ("Lost", 148),
        ("New Customers", 104),
        ("About To Sleep", 102),
        ("Can't Lose Them", 47),
        ("Champions", 35),
        ("At Risk", 28),
        ("Need Attention", 10),
        ("Promising", 9),
    ];
    assert_eq!(counts, expected.map(|(name, n)| (name.to_owned(), n)).into_iter().collect());
}

fn published() -> Vec<(String, Vec<std::ops::RangeInclusive<u8>>)> {
    let text = common::read("data/rfm-reference/published_segment_rules.csv").unwrap();
    let range = |field: &String| {
        let ends: Vec<u8> = field.split('-').map(|end| end.trim().parse().unwrap()).collect();
        ends[0]..=ends[ends.len() - 1]
    };
    text.lines()
        .skip(1)
        .map(|line| {
            let fields = common::fields(line);
            (fields[0].clone(), fields[2..5].iter().map(range).collect())
        })
        .collect()
}

fn published_rules() -> patronage_segment::SegmentRules {
    let mut rules = OrderedRules::new(ScoreGrid::rfm(5).unwrap(), "Others");
    for (segment, ranges) in published() {
        rules = rules.rule(segment, ranges);
    }
    rules.build().unwrap()
}

#[test]
fn the_published_rules_are_refused_as_disjoint() {
    if common::optional("data/rfm-reference/published_segment_rules.csv").is_none() {
        return;
    }
    let mut rules = patronage_segment::DisjointRules::new(ScoreGrid::rfm(5).unwrap());
    for (segment, ranges) in published() {
        rules = rules.rule(segment, ranges);
    }
    let error = rules.build().unwrap_err();
    let patronage_segment::ErrorKind::Rules(patronage_segment::RuleProblem::NoPartition {
        left_out,
        doubled,
        ..
    }) = error.kind()
    else {
        panic!("{error}")
    };
    assert_eq!((left_out.len(), doubled.len()), (10, 58));
}

#[test]
fn the_customer_level_table_scores_without_purchases() {
    let Some(text) = common::read("data/rfm-reference/rfm_data_customer.csv.gz") else { return };
    let mut values = Vec::new();
    for line in text.lines().skip(1) {
        let fields = common::fields(line);
        let number = |field: usize| -> f64 { fields[field].parse().unwrap() };
        values.extend([number(4), number(3), number(1)]);
    }
    let schema = patronage_segment::Schema::new(
        ["recency_days", "frequency", "monetary"].map(patronage_segment::Column::number),
    )
    .unwrap();
    let n = values.len() / 3;
    let table = FeatureTable::new(schema, ndarray::Array2::from_shape_vec((n, 3), values).unwrap())
        .unwrap();
    assert_eq!(table.values().column(1).sum(), 393_223.0);
    let model = RfmScoring::r_package().fit(&table).unwrap();
    assert_eq!(model.counts(0).iter().sum::<u64>(), 39_999);
}
