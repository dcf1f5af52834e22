//! Scores that no peer computes, against their formulas.
//!
//! `formulas-numpy.json` has order lines (customer, order, day, item), item features, and the scores of
//! customers 0, 5 and 6, and of customer 13 asking anonymously, that numpy 2.4.6 printed for the
//! formulas of the documentation written out, as of day 25.

use patronage_core::{
    Csr, CustomerIdx, Fit, HistoryEntry, InteractionTable, ItemIdx, Line, Money, OrderIdx,
    PurchaseTable, Purchases, Recommender, Request, SegmentIdx, Span, SparseItemFeatures,
    Timestamp, Weight,
};
use patronage_recommend::{
    CategoryPopularity, ContentBased, Groups, HistoryWeight, PersonalFrequency, SegmentPopularity,
    Similarity, TifuKnn, Transitions, UserKnn,
};
use serde_json::Value;

const N_CUSTOMERS: u32 = 14;
const N_ITEMS: usize = 9;

fn day(day: u64) -> Timestamp {
    Timestamp::default() + Span::days(day as i64)
}

fn purchases(golden: &Value) -> PurchaseTable {
    let mut table = PurchaseTable::builder().n_customers(N_CUSTOMERS as usize).n_items(N_ITEMS);
    for line in golden["lines"].as_array().unwrap() {
        let [customer, order, at, item] = [0, 1, 2, 3].map(|at| line[at].as_u64().unwrap());
        let line = Line {
            at: day(at),
            order: OrderIdx::new(order as u32),
            item: Some(ItemIdx::new(item as u32)),
            quantity: 1.0,
            amount: Money::from_units(1),
        };
        table.push(CustomerIdx::new(customer as u32), line);
    }
    table.build().unwrap()
}

fn features(golden: &Value) -> SparseItemFeatures {
    let entry = |entry: &Value| {
        let [item, feature] = [0, 1].map(|at| entry[at].as_u64().unwrap() as u32);
        (item, feature, entry[2].as_f64().unwrap() as f32)
    };
    let entries: Vec<_> = golden["features"].as_array().unwrap().iter().map(entry).collect();
    let values = Csr::from_entries(N_ITEMS, 5, &entries, |_, _| {}).unwrap();
    SparseItemFeatures::new(values, Vec::new()).unwrap()
}

#[test]
fn scores_are_those_of_the_formulas() {
    let golden: Value =
        serde_json::from_str(include_str!("../golden/formulas-numpy.json")).unwrap();
    let purchases = purchases(&golden);
    let bought = InteractionTable::from_purchases(&purchases, Weight::Lines).unwrap();
    let week = Span::days(7);
    let content = ContentBased::new().history(HistoryWeight::Sum).half_life(week);
    let segment = |customer: u32| (customer % 5 != 4).then(|| SegmentIdx::new(customer % 3));
    let segments = SegmentPopularity::new((0..N_CUSTOMERS).map(segment).collect(), 3).prior(4.0);
    let kind = |item: u32| (item % 5 != 4).then(|| ItemIdx::new(item % 3));
    let kinds = Groups::new((0..N_ITEMS as u32).map(kind).collect(), 3).unwrap();
    let categories =
        CategoryPopularity::new(kinds).prior(2.0).history(HistoryWeight::Sum).half_life(week);
    let tifu = TifuKnn::new().k(4).group_size(3).basket_decay(0.8).group_decay(0.6);
    let tifu = tifu.alpha(0.6).everybody(0.1);
    let mut models: Vec<(&str, Box<dyn Recommender>)> = vec![
        ("content", Box::new(content.fit(&features(&golden)).unwrap())),
        ("segments", Box::new(segments.fit(&bought).unwrap())),
        ("categories", Box::new(categories.fit(&bought).unwrap())),
        ("transitions", {
            let transitions = Transitions::new().shrinkage(2.0).last(3).decay(0.6);
            Box::new(transitions.fit(&purchases).unwrap())
        }),
        ("tifu", Box::new(tifu.fit(&purchases).unwrap())),
        ("frequency", Box::new(PersonalFrequency::new().fit(&purchases).unwrap())),
    ];
    for (name, similarity) in [
        ("user-knn cosine", Similarity::Cosine),
        ("user-knn tf-idf", Similarity::TfIdf),
        ("user-knn bm25", Similarity::Bm25 { k1: 1.5, b: 0.6 }),
        ("user-knn jaccard", Similarity::Jaccard),
    ] {
        let knn = UserKnn::new(5).similarity(similarity).shrinkage(1.5);
        let knn = knn.history(HistoryWeight::Sum).half_life(week);
        models.push((name, Box::new(knn.fit(&bought).unwrap())));
    }
    assert_eq!(models.len(), golden["expected"].as_object().unwrap().len());
    for (name, model) in models {
        for (at, asks) in [0, 5, 6, 13].into_iter().enumerate() {
            let customer = CustomerIdx::new(asks);
            let history = HistoryEntry::from_lines(purchases.history(customer));
            let customer = (asks != 13).then_some(customer);
            let request = Request { history: &history, customer, as_of: day(25) };
            let mut scores = [0.0; N_ITEMS];
            model.scores(&request, &mut scores);
            for (item, score) in scores.iter().enumerate() {
                let expected = golden["expected"][name][at][item].as_f64().unwrap();
                let error = (f64::from(*score) - expected).abs();
                assert!(error < 1e-6, "{name}, customer {asks}, item {item}: {score} {expected}");
            }
        }
    }
}
