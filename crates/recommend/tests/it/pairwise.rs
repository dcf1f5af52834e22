//! What factors learnt from pairs promise.

use patronage_core::{
    Csr, CustomerIdx, Fit, HistoryEntry, InteractionTable, ItemIdx, Recommender, Request, Seen,
    Timestamp,
};
use patronage_recommend::{
    Bpr, ErrorKind, Evaluation, HistoryWeight, Metric, Popularity, Split, Warp,
};
use patronage_testkit::{check_fit_deterministic, check_recommender, check_seeded};

use crate::common::{draw, histories, requests, table};

#[test]
fn models_keep_the_promises_of_recommenders() {
    let histories = histories(12);
    let bpr = Bpr::new(5).max_iter(5).fit(&table(60)).unwrap();
    check_recommender(&bpr, &requests(&histories));
    let warp = Warp::new(20).max_iter(5).history(HistoryWeight::Sum).fit(&table(60)).unwrap();
    check_recommender(&warp, &requests(&histories));
}

#[test]
fn fits_are_the_same_on_any_number_of_threads() {
    check_fit_deterministic(&Bpr::new(5).max_iter(3), &table(60), |a, b| a == b);
    check_fit_deterministic(&Warp::new(5).max_iter(3), &table(60), |a, b| a == b);
    check_seeded(&Bpr::new(3).max_iter(2), &table(20), |a, b| a == b);
    check_seeded(&Warp::new(3).max_iter(2), &table(20), |a, b| a == b);
    let fit = |seed| Bpr::new(3).max_iter(2).seed(seed).fit(&table(20)).unwrap();
    assert_ne!(fit(1), fit(2));
}

/// Customers with a taste for one of three kinds: whoever was never seen in training is served
/// better by either than by popularity.
#[test]
fn they_rank_better_than_popularity() {
    let table = table(900);
    let split = Split::strong(
        &table,
        |customer: CustomerIdx| customer.get().is_multiple_of(5),
        |customer, item| draw(u64::from(customer.get()) * 31 + u64::from(item.get()), 4) == 0,
    )
    .unwrap();
    let ndcg = |model: &dyn Recommender| {
        let evaluation = Evaluation::new(Seen::Exclude).metrics([Metric::Ndcg(5)]).bootstrap(0);
        evaluation.run(model, &split.held_out).unwrap().mean(Metric::Ndcg(5)).unwrap()
    };
    let popularity = ndcg(&Popularity::new().fit(&split.training).unwrap());
    let bpr = ndcg(&Bpr::new(8).fit(&split.training).unwrap());
    // With so few items a violation is soon found, and steps are long: it takes more regularisation.
    let warp = Warp::new(8).regularization(0.5).max_iter(20).fit(&split.training).unwrap();
    let warp = ndcg(&warp);
    assert!(bpr > popularity + 0.05 && warp > popularity + 0.05, "{popularity} {bpr} {warp}");
}

#[test]
fn nothing_all_and_parameters_out_of_range() {
    let of = |n, m, entries: &[(u32, u32, f32)]| {
        InteractionTable::new(Csr::from_entries(n, m, entries, |_, _| {}).unwrap()).unwrap()
    };
    assert_eq!(Bpr::new(2).fit(&of(0, 0, &[])).unwrap().n_items(), 0);
    assert_eq!(Warp::new(2).fit(&of(3, 1, &[])).unwrap().n_items(), 1);
    // She has everything, the other dislikes the only item she knows.
    let model = Warp::new(2).fit(&of(2, 2, &[(0, 0, 1.0), (0, 1, 1.0), (1, 0, -1.0)])).unwrap();
    let history = HistoryEntry::from_items(&[ItemIdx::new(0), ItemIdx::new(1)]);
    let as_of = Timestamp::from_seconds(9);
    let x = model.fold_in(&Request { history: &history, customer: None, as_of });
    assert_eq!(x, [0.0, 0.0, 1.0]);
    assert_eq!(model.similar_items(ItemIdx::new(0), 5).len(), 1);
    for (bpr, name) in [
        (Bpr::new(0), "n_factors"),
        (Bpr::new(2).max_iter(0), "max_iter"),
        (Bpr::new(2).learning_rate(f64::NAN), "learning_rate"),
        (Bpr::new(2).regularization(-1.0), "regularization"),
        (Bpr::new(2).learning_rate(1.0).regularization(2.0), "regularization"),
    ] {
        let error = bpr.fit(&table(5)).unwrap_err();
        assert!(error.to_string().starts_with(name), "{name}: {error}");
    }
    let error = Warp::new(2).max_sampled(0).fit(&table(5)).unwrap_err();
    assert!(error.to_string().starts_with("max_sampled"), "{error}");
    let wild = Warp::new(2).learning_rate(10.0).regularization(0.0).max_iter(300);
    match wild.fit(&table(60)) {
        Ok(model) => assert!(model.item_factors(ItemIdx::new(0)).iter().all(|x| x.is_finite())),
        Err(error) => assert!(matches!(error.kind(), ErrorKind::NotFinite { .. }), "{error}"),
    }
}

#[cfg(feature = "serde")]
#[test]
fn models_are_saved_and_old_ones_read() {
    use patronage_core::{Provenance, load, save};
    use patronage_recommend::PairwiseModel;

    let nowhere = Provenance { schema: None, training: None };
    let model = Bpr::new(2).max_iter(3).fit(&table(6)).unwrap();
    patronage_testkit::check_saved_model(&model, nowhere.clone());
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/pairwise-v1.json");
    if std::env::var_os("WRITE_GOLDEN").is_some() {
        std::fs::write(golden, save(&model, nowhere).unwrap() + "\n").unwrap();
    }
    let old = load::<PairwiseModel>(std::fs::read_to_string(golden).unwrap().trim()).unwrap().0;
    for request in requests(&histories(5)) {
        let [mut then, mut now] = [[0.0; 30]; 2];
        old.scores(&request, &mut then);
        model.scores(&request, &mut now);
        assert!(then.iter().zip(&now).all(|(a, b)| (a - b).abs() < 1e-4), "{then:?} {now:?}");
    }
    let body = serde_json::to_string(&model).unwrap();
    for (from, to, expected) in [
        ("\"n_factors\":2", "\"n_factors\":7", "as many factors"),
        ("\"n_factors\":2", "\"n_factors\":0", "1 to 4096"),
        ("\"learning_rate\":0.05", "\"learning_rate\":-1.0", "learning_rate"),
        ("\"items\":[", "\"items\":[1e20,1e30,1.0,", "finite"),
        ("\"customers\":[", "\"customers\":[0.0,0.0,2.0,", "1 as the last"),
    ] {
        let broken = body.replacen(from, to, 1);
        let error = serde_json::from_str::<PairwiseModel>(&broken).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}
