//! Similarities against implicit 0.7.3, and scores worked by hand.

use patronage_core::{
    Csr, Fit, HistoryEntry, InteractionTable, ItemIdx, OrderIdx, Recommender, Request, Span,
    Timestamp,
};
use patronage_recommend::{Explain, HistoryWeight, ItemKnn, Similarity};

/// 12 customers × 8 items; the weight is `(7u + 3i + ui) mod 5`, 0 standing for none.
fn table() -> InteractionTable {
    let mut entries = Vec::new();
    for u in 0..12u32 {
        for i in 0..8u32 {
            let weight = (7 * u + 3 * i + u * i) % 5;
            if weight > 0 {
                entries.push((u, i, weight as f32));
            }
        }
    }
    InteractionTable::new(Csr::from_entries(12, 8, &entries, |_, _| {}).unwrap()).unwrap()
}

/// `CosineRecommender`, `TFIDFRecommender` and `BM25Recommender(K1=1.2, B=0.75)` of implicit 0.7.3
/// with K = 8, diagonal removed; Jaccard by numpy 2.4.6 from the counts.
#[test]
fn similarities_are_those_of_implicit() {
    let bm25 = Similarity::Bm25 { k1: 1.2, b: 0.75 };
    for (similarity, expected) in [
        (
            Similarity::Cosine,
            [
                [0.0, 0.62749502, 0.8002305, 0.79385662, 0.81928803, 1.0, 0.62749502, 0.8002305],
                [
                    0.79385662, 0.82807867, 0.77618233, 0.0, 0.84467172, 0.79385662, 0.82807867,
                    0.77618233,
                ],
                [0.8002305, 0.81107671, 1.0, 0.77618233, 0.6293945, 0.8002305, 0.81107671, 0.0],
            ],
        ),
        (
            Similarity::TfIdf,
            [
                [0.0, 0.57433919, 0.7165076, 0.81981815, 0.82811944, 1.0, 0.57433919, 0.7165076],
                [
                    0.81981815, 0.856904, 0.79531537, 0.0, 0.97674243, 0.81981815, 0.856904,
                    0.79531537,
                ],
                [0.7165076, 0.73565008, 1.0, 0.79531537, 0.75865184, 0.7165076, 0.73565008, 0.0],
            ],
        ),
        (
            bm25,
            [
                [
                    0.0, 0.16174286, 0.16838812, 0.2696008, 0.26230872, 0.28796642, 0.16174286,
                    0.16838812,
                ],
                [
                    0.2696008, 0.27722937, 0.23331866, 0.0, 0.35721769, 0.2696008, 0.27722937,
                    0.23331866,
                ],
                [
                    0.16838812, 0.1756979, 0.22288585, 0.23331866, 0.21558631, 0.16838812,
                    0.1756979, 0.0,
                ],
            ],
        ),
        (
            Similarity::Jaccard,
            [
                [0.0, 0.58333333, 0.5, 0.75, 0.58333333, 1.0, 0.58333333, 0.5],
                [0.75, 0.83333333, 0.75, 0.0, 0.83333333, 0.75, 0.83333333, 0.75],
                [0.5, 0.58333333, 1.0, 0.75, 0.58333333, 0.5, 0.58333333, 0.0],
            ],
        ),
    ] {
        let model = ItemKnn::new(8).similarity(similarity).fit(&table()).unwrap();
        for (item, expected) in [0, 3, 7].into_iter().zip(expected) {
            let mut found = [0.0; 8];
            for similar in model.similar_items(ItemIdx::new(item), 8) {
                found[similar.item.index()] = f64::from(similar.score);
            }
            for (found, expected) in found.into_iter().zip(expected) {
                assert!((found - expected).abs() < 1e-6, "{similarity:?} {item}: {found}");
            }
        }
    }
}

#[test]
fn shrinkage_counts_the_customers_of_both() {
    for similarity in [Similarity::Cosine, Similarity::Jaccard] {
        let similar = |shrinkage| {
            let estimator = ItemKnn::new(8).similarity(similarity).shrinkage(shrinkage);
            estimator.fit(&table()).unwrap().similar_items(ItemIdx::new(0), 8)
        };
        // Items 0 and 5 are had by the same 9 customers.
        let score =
            |shrinkage| similar(shrinkage).iter().find(|s| s.item.get() == 5).unwrap().score;
        assert!((score(3.0) - score(0.0) * 9.0 / 12.0).abs() < 1e-6);
    }
}

#[test]
fn the_k_nearest_of_the_target_count() {
    // With one neighbour each: 0's is 5 (cosine 1), 5's is 0.
    let model = ItemKnn::new(1).fit(&table()).unwrap();
    assert_eq!(model.n_entries(), 8);
    let history = HistoryEntry::from_items(&[ItemIdx::new(0)]);
    let as_of = Timestamp::from_seconds(9);
    let mut scores = [0.0; 8];
    model.scores(&Request { history: &history, customer: None, as_of }, &mut scores);
    assert!((scores[5] - 1.0).abs() < 1e-6);
    assert_eq!(scores.iter().filter(|&&score| score > 0.0).count(), 1);
}

#[test]
fn old_purchases_fade_and_repeats_add_up() {
    let days = |days| Timestamp::default() + Span::days(days);
    let entry = |item, at| HistoryEntry {
        item: ItemIdx::new(item),
        weight: 1.0,
        at: days(at),
        basket: OrderIdx::new(0),
    };
    let history = [entry(0, 0), entry(0, 20), entry(3, 30)];
    let request = Request { history: &history, customer: None, as_of: days(30) };
    let amounts = |estimator: ItemKnn| {
        let model = estimator.half_life(Span::days(10)).fit(&table()).unwrap();
        let explanation = model.explain(&request, ItemIdx::new(4));
        let of = |item| {
            let parts = &explanation.contributions;
            parts.iter().find(|part| part.item.get() == item).unwrap().amount
        };
        (of(0) / 0.81928803, of(3) / 0.84467172)
    };
    let near = |found: (f64, f64), expected: (f64, f64)| {
        assert!((found.0 - expected.0).abs() < 1e-6 && (found.1 - expected.1).abs() < 1e-6);
    };
    near(amounts(ItemKnn::new(8)), (0.5, 1.0));
    near(amounts(ItemKnn::new(8).history(HistoryWeight::Sum)), (0.625, 1.0));
}

#[test]
fn who_has_everything_is_left_out() {
    let model = ItemKnn::new(8).max_history(7).fit(&table()).unwrap();
    // Customers 2 and 7 have all eight items.
    assert_eq!(model.n_left_out(), 2);
}
