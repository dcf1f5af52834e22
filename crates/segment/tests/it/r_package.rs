//! The sample data of the R package rfm: cut points, scores of all customers and segment counts.
//! The oracle is the package's published tables and their recomputation with pandas.

use crate::common;
use std::collections::BTreeMap;

use patronage_segment::CustomerIdx;
use patronage_segment::{
    Calendar, CustomerSummary, Date, Features, Fit, IdMap, Line, Money, OrderIdx, OrderedRules,
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
    // The cells by name, listed with Python's itertools over the ranges of the file.
    let names = |cells: Vec<&Vec<u8>>| -> Vec<String> {
        cells.iter().map(|cell| cell.iter().map(u8::to_string).collect()).collect()
    };
    assert_eq!(
        names(left_out.iter().collect()).join(" "),
        "215 241 251 252 341 351 441 451 541 551"
    );
    assert_eq!(
        names(doubled.iter().map(|cell| &cell.scores).collect()).join(" "),
        "124 125 133 134 135 143 144 145 153 154 155 222 223 224 232 233 234 235 243 244 245 254 \
         255 313 314 322 323 324 332 333 334 335 342 343 344 345 353 354 355 413 414 415 422 423 \
         424 425 432 433 434 435 442 443 444 532 533 534 535 555"
    );
    let mut claims = BTreeMap::<usize, usize>::new();
    doubled.iter().for_each(|cell| *claims.entry(cell.claimed_by.len()).or_default() += 1);
    assert_eq!(claims, BTreeMap::from([(2, 32), (3, 16), (4, 7), (5, 3)]));
    assert_eq!(
        doubled[3].claimed_by,
        ["Can\u{2019}t Lose Them", "At Risk", "Need Attention", "Lost"],
    );
}

/// Summaries someone else measured: cut points and counts of scores by numpy 2.4.6,
/// `np.quantile(column, [.2, .4, .6, .8]) + 1` and `np.searchsorted(cuts, column, side="right")`.
#[test]
fn the_customer_level_table_scores_without_purchases() {
    let Some(text) = common::read("data/rfm-reference/rfm_data_customer.csv.gz") else { return };
    let mut days = Vec::new();
    let summaries: Vec<CustomerSummary> = text
        .lines()
        .skip(1)
        .enumerate()
        .map(|(position, line)| {
            let fields = common::fields(line);
            days.push(fields[4].parse::<f64>().unwrap());
            CustomerSummary {
                customer: CustomerIdx::from_usize(position),
                last_purchase: fields[2].parse().unwrap(),
                frequency: fields[3].parse::<f64>().unwrap() as u64,
                monetary: fields[1].parse().unwrap(),
            }
        })
        .collect();
    let rfm = Rfm::new(Date::new(2007, 1, 1).unwrap(), &UtcOffset::UTC);
    let table = rfm.summaries(summaries.iter().rev().copied()).unwrap();
    assert!(table.rows().iter().map(|row| row.recency_days).eq(days));
    assert_eq!(table.values().column(1).sum(), 393_223.0);
    let model = RfmScoring::r_package().fit(&table).unwrap();
    for (dimension, cuts, counts) in [
        (0, [77.0, 126.0, 177.0, 266.0], [7994, 7957, 7889, 8108, 8051]),
        (1, [8.0, 10.0, 11.0, 13.0], [9427, 9764, 4945, 8204, 7659]),
        (2, [641.0, 827.0, 1003.0, 1226.0], [8016, 7998, 8008, 7997, 7980]),
    ] {
        assert_eq!(model.cuts(dimension), cuts);
        assert_eq!(model.counts(dimension), counts);
    }
    let early = Rfm::new(Date::new(2006, 12, 30).unwrap(), &UtcOffset::UTC);
    let error = early.summaries(summaries).unwrap_err();
    assert!(error.to_string().ends_with("a last purchase before 2006-12-30, found 2006-12-30"));
}
