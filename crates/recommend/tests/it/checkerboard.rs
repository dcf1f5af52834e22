//! The correctness kit: data whose right answer is known by construction.

use patronage_core::{
    Csr, Fit, HistoryEntry, InteractionTable, ItemFilter, ItemIdx, Recommender, Request, Seen,
    SparseItemFeatures, Timestamp,
};
use patronage_recommend::{Blend, ContentBased, ItemKnn, Popularity, Similarity};
use patronage_testkit::{checkerboard, checkerboard_requests};

const N: usize = 50;

/// Customer `c` has every item of her colour but item `c`, which is the one to recommend.
fn check(what: &str, model: &dyn Recommender) {
    let as_of = Timestamp::from_seconds(1000);
    for (customer, history) in checkerboard_requests(N).iter().enumerate() {
        let request = Request { history, customer: None, as_of };
        let best = model.top_k(&request, 1, &ItemFilter::default());
        assert_eq!(best[0].item, ItemIdx::from_usize(customer), "{what}");
        // Never short: the other colour fills the list, and it stands behind.
        let all = model.top_k(&request, N, &ItemFilter::default());
        assert_eq!(all.len(), N - history.len(), "{what}");
        assert!(all[1..].iter().all(|s| s.item.index() % 2 != customer % 2), "{what}");
        assert_eq!(model.top_k(&request, N, &ItemFilter::seen(Seen::Allow)).len(), N);
        let allowed = |item: ItemIdx| item.index() >= N - 3;
        let few = model.top_k(&request, 2, &ItemFilter::seen(Seen::Allow).allow(&allowed));
        assert_eq!(few.len(), 2, "{what}");
    }
}

#[test]
fn the_withheld_item_comes_first() {
    let board = checkerboard(N);
    let bm25 = Similarity::Bm25 { k1: 1.2, b: 0.75 };
    for similarity in [Similarity::Cosine, Similarity::TfIdf, bm25, Similarity::Jaccard] {
        for shrinkage in [0.0, 5.0] {
            let knn = ItemKnn::new(N).similarity(similarity).shrinkage(shrinkage);
            check(&format!("{knn:?}"), &knn.fit(&board).unwrap());
        }
    }
    let colours: Vec<(u32, u32, f32)> = (0..N as u32).map(|item| (item, item % 2, 1.0)).collect();
    let colours = Csr::from_entries(N, 2, &colours, |_, _| {}).unwrap();
    let colours = SparseItemFeatures::new(colours, Vec::new()).unwrap();
    let content = ContentBased::new().fit(&colours).unwrap();
    check("content", &content);
    let blend = Blend::new()
        .member(ItemKnn::new(N).fit(&board).unwrap(), 0.5)
        .member(&content, 0.4)
        .member(Popularity::new().fit(&board).unwrap(), 0.1)
        .build()
        .unwrap();
    check("blend", &blend);
}

/// Items and customers nobody has, at the end of the id space, change nothing.
#[test]
fn padding_ids_change_nothing() {
    let board = checkerboard(N);
    let entries: Vec<(u32, u32, f32)> = (0..N)
        .flat_map(|row| board.weights().row(row).0.iter().map(move |&c| (row as u32, c, 1.0)))
        .collect();
    let padded = Csr::from_entries(N + 5, N + 7, &entries, |_, _| {}).unwrap();
    let padded = InteractionTable::new(padded).unwrap();
    let (plain, padded) =
        (ItemKnn::new(9).fit(&board).unwrap(), ItemKnn::new(9).fit(&padded).unwrap());
    for history in checkerboard_requests(N) {
        let request = Request { history: &history, customer: None, as_of: Timestamp::MAX };
        let filter = ItemFilter::default();
        let short = padded.top_k(&request, 3, &filter);
        assert_eq!(plain.top_k(&request, 3, &filter)[..1], short[..1]);
        let mut scores = vec![0.0; N + 7];
        padded.scores(&request, &mut scores);
        assert!(scores[N..].iter().all(|&score| score == 0.0));
    }
}

#[test]
fn popularity_is_exact() {
    let entries = [(0, 2, 5.0), (1, 2, 1.0), (2, 2, -1.0), (3, 0, 1.0), (3, 2, 0.0)];
    let table = Csr::from_entries(4, 3, &entries, |_, _| {}).unwrap();
    let model = Popularity::new().fit(&InteractionTable::new(table).unwrap()).unwrap();
    assert_eq!(model.popularity(), [1.0, 0.0, 2.0]);
}

#[test]
fn nothing_to_learn_gives_scores_of_zero() {
    let empty = InteractionTable::new(Csr::new(4, vec![0], vec![], vec![]).unwrap()).unwrap();
    let nothing = InteractionTable::new(Csr::new(0, vec![0], vec![], vec![]).unwrap()).unwrap();
    for (table, n) in [(&empty, 4), (&nothing, 0)] {
        let knn = ItemKnn::new(3).similarity(Similarity::Bm25 { k1: 1.2, b: 0.75 });
        let (knn, popularity) = (knn.fit(table).unwrap(), Popularity::new().fit(table).unwrap());
        let history = HistoryEntry::from_items(&[ItemIdx::new(0)]);
        let request = Request { history: &history, customer: None, as_of: Timestamp::MAX };
        for model in [&knn as &dyn Recommender, &popularity] {
            let mut scores = vec![f32::NAN; n];
            model.scores(&request, &mut scores);
            assert!(scores.iter().all(|&score| score == 0.0));
            assert_eq!(model.top_k(&request, 9, &ItemFilter::default()).len(), n.saturating_sub(1));
        }
    }
}

#[test]
fn parameters_are_checked_at_fit() {
    let board = checkerboard(4);
    for (estimator, message) in [
        (ItemKnn::new(0), "n_neighbours: expected at least 1, found 0"),
        (ItemKnn::new(1).max_history(0), "max_history: expected at least 1, found 0"),
        (
            ItemKnn::new(1).shrinkage(f64::NAN),
            "shrinkage: expected a finite number of at least 0, found NaN",
        ),
        (
            ItemKnn::new(1).similarity(Similarity::Bm25 { k1: 1.2, b: 2.0 }),
            "b: expected a number in [0, 1], found 2",
        ),
        (
            ItemKnn::new(1).half_life(patronage_core::Span::days(0)),
            "half_life: expected a span above 0 (in days), found 0",
        ),
    ] {
        assert_eq!(estimator.fit(&board).unwrap_err().to_string(), message);
    }
    let half_life = patronage_core::Span::days(1);
    let error = Popularity::new().half_life(half_life, Timestamp::MAX).fit(&board).unwrap_err();
    assert_eq!(error.to_string(), "expected interactions with times, found customer 0 without");
    let mut wild = checkerboard(4);
    assert!(Blend::new().build().is_err());
    let knn = ItemKnn::new(1).fit(&wild).unwrap();
    assert!(Blend::new().member(&knn, f64::NAN).build().is_err());
    wild = checkerboard(5);
    let other = ItemKnn::new(1).fit(&wild).unwrap();
    let error = Blend::new().member(&knn, 1.0).member(&other, 1.0).build().unwrap_err();
    assert_eq!(error.to_string(), "members of a blend: expected 4 items, found 5");
}

/// Weights at the edge of single precision neither overflow nor spoil the rest.
#[test]
fn huge_weights_stay_finite() {
    let entries = [(0, 0, 3e38), (0, 1, 3e38), (1, 1, 1e-38), (1, 2, 1e-38), (2, 0, -3e38)];
    let table = Csr::from_entries(3, 3, &entries, |_, _| {}).unwrap();
    let table = InteractionTable::new(table).unwrap();
    let bm25 = Similarity::Bm25 { k1: 1.2, b: 0.75 };
    for similarity in [Similarity::Cosine, Similarity::TfIdf, bm25, Similarity::Jaccard] {
        let knn = ItemKnn::new(3).similarity(similarity);
        let knn = knn.history(patronage_recommend::HistoryWeight::Sum).fit(&table).unwrap();
        let mut history = HistoryEntry::from_items(&[ItemIdx::new(0), ItemIdx::new(1)]);
        history.iter_mut().for_each(|entry| entry.weight = 3e38);
        let request = Request { history: &history, customer: None, as_of: Timestamp::MAX };
        let mut scores = [0.0; 3];
        knn.scores(&request, &mut scores);
        assert!(scores.iter().all(|score| score.is_finite()), "{similarity:?} {scores:?}");
    }
}
