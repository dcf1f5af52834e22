//! What kernel ridge regression promises.

use patronage_core::{
    Csr, CustomerIdx, Fit, HistoryEntry, InteractionTable, ItemIdx, Recommender, Span,
};
use patronage_recommend::{ErrorKind, HistoryWeight, KernelRidge};
use patronage_testkit::{check_fit_deterministic, check_recommender};

use crate::als_oracle;
use crate::common::{anonymous, histories, requests, table};

/// An entry of weight 2 for item 1, and one of weight 1 for item 4.
fn history() -> Vec<HistoryEntry> {
    let mut history = HistoryEntry::from_items(&[ItemIdx::new(1), ItemIdx::new(4)]);
    history[0].weight = 2.0;
    history
}

fn sums() -> KernelRidge {
    KernelRidge::new(0.5).gamma(2.0).history(HistoryWeight::Sum)
}

#[test]
fn models_keep_the_promises_of_recommenders() {
    let histories = histories(12);
    for estimator in [KernelRidge::new(1.0), sums().half_life(Span::days(1))] {
        check_recommender(&estimator.fit(&table(60)).unwrap(), &requests(&histories));
        check_fit_deterministic(&estimator, &table(60), |a, b| a == b);
    }
}

/// numpy 2.4.6: `k(h, X) @ solve(k(X, X) + 0.5 * eye(12), X)` with
/// `k(a, b) = exp(2 * (a @ b.T / (|a| |b|) - 1))`, and row 3, column 5 of the solution.
#[test]
fn scores_are_those_of_the_formula() {
    let expected: [([f32; 8], f32); 2] = [
        (
            [0.5549968, 1.476177, 0.6432964, 1.592307, 1.387877, 0.5549968, 1.476177, 0.6432964],
            -0.6612297,
        ),
        (
            [-1.194464, 1.164554, 1.185227, -0.7146231, 0.9051253, 1.194464, -1.002764, 1.185227],
            -0.8613396,
        ),
    ];
    for (negated, (scores, coefficient)) in [false, true].into_iter().zip(expected) {
        let model = sums().fit(&als_oracle::table(negated)).unwrap();
        let mut found = [f32::NAN; 8];
        model.scores(&anonymous(&history()), &mut found);
        for (found, expected) in found.iter().zip(scores) {
            assert!((found - expected).abs() <= 1e-5, "expected {expected}, found {found}");
        }
        let found = model.coefficient(CustomerIdx::new(3), ItemIdx::new(5));
        assert!((found - coefficient).abs() <= 1e-5, "expected {coefficient}, found {found}");
    }
}

/// The closer λ is to 0, the closer the scores for a history of training are to her own row.
#[test]
fn a_row_of_training_is_given_back() {
    let of = [[0, 1, 2], [1, 2, 3], [0, 3, 4], [2, 4, 5]];
    let entries: Vec<(u32, u32, f32)> =
        (0..).zip(of).flat_map(|(u, items)| items.map(|i| (u, i, 1.0))).collect();
    let data = InteractionTable::new(Csr::from_entries(4, 6, &entries, |_, _| {}).unwrap());
    let model = KernelRidge::new(1e-9).fit(&data.unwrap()).unwrap();
    for items in of {
        let mut scores = [f32::NAN; 6];
        let history = HistoryEntry::from_items(&items.map(ItemIdx::new));
        model.scores(&anonymous(&history), &mut scores);
        for (item, score) in (0..).zip(scores) {
            let own = f32::from(u8::from(items.contains(&item)));
            assert!((score - own).abs() < 1e-4, "{items:?}: {scores:?}");
        }
    }
}

#[test]
fn nothing_too_little_and_too_much() {
    let data = |n_customers, n_items, entries: &[(u32, u32, f32)]| {
        let rows = Csr::from_entries(n_customers, n_items, entries, |_, _| {}).unwrap();
        InteractionTable::new(rows).unwrap()
    };
    for (n_customers, n_items) in [(0, 0), (3, 0), (0, 3), (3, 3)] {
        let model = KernelRidge::new(1.0).fit(&data(n_customers, n_items, &[])).unwrap();
        let mut scores = vec![f32::NAN; n_items];
        model.scores(&anonymous(&history()), &mut scores);
        assert_eq!(scores, vec![0.0; n_items]);
    }
    // Whoever has nothing changes nothing.
    let some = [(0, 0, 1.0), (0, 1, 1.0), (1, 1, 1.0), (1, 2, 1.0)];
    let shifted = some.map(|(u, i, w)| (u + 2, i, w));
    let [a, b] = [data(2, 3, &some), data(9, 3, &shifted)].map(|data| {
        let mut scores = [f32::NAN; 3];
        let model = KernelRidge::new(1.0).fit(&data).unwrap();
        model.scores(&anonymous(&HistoryEntry::from_items(&[ItemIdx::new(1)])), &mut scores);
        scores
    });
    assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-6), "{a:?} {b:?}");
    for (estimator, name) in [
        (KernelRidge::new(0.0), "regularization"),
        (KernelRidge::new(f64::NAN), "regularization"),
        (KernelRidge::new(1.0).gamma(0.0), "gamma"),
        (KernelRidge::new(1.0).gamma(101.0), "gamma"),
        (KernelRidge::new(1.0).half_life(Span::days(0)), "half_life"),
    ] {
        let error = estimator.fit(&table(5)).unwrap_err();
        assert!(error.to_string().starts_with(name), "{error}");
    }
    // Two customers with the same item: without regularisation nothing tells them apart.
    let twice = [(0, 0, 1.0), (1, 0, 1.0)];
    let error = KernelRidge::new(1e-300).fit(&data(2, 2, &twice)).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::NotFinite { .. }), "{error}");
    // The greatest weights there are.
    let huge = [(0, 0, f32::MAX), (0, 1, f32::MAX), (1, 1, f32::MAX)];
    match KernelRidge::new(1.0).fit(&data(2, 2, &huge)) {
        Ok(model) => {
            let mut scores = [f32::NAN; 2];
            model.scores(&anonymous(&history()), &mut scores);
            assert!(scores.iter().all(|score| score.is_finite()), "{scores:?}");
        }
        Err(error) => assert!(matches!(error.kind(), ErrorKind::NotFinite { .. }), "{error}"),
    }
}

#[cfg(feature = "serde")]
#[test]
fn models_are_saved_and_old_ones_read() {
    use patronage_core::{Provenance, load, save};
    use patronage_recommend::KernelRidgeModel;

    let nowhere = Provenance { schema: None, training: None };
    let model = sums().fit(&als_oracle::table(true)).unwrap();
    patronage_testkit::check_saved_model(&model, nowhere.clone());
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/kernel-ridge-v1.json");
    if std::env::var_os("WRITE_GOLDEN").is_some() {
        std::fs::write(golden, save(&model, nowhere).unwrap() + "\n").unwrap();
    }
    let old = std::fs::read_to_string(golden).unwrap();
    let (old, _) = load::<KernelRidgeModel>(old.trim()).unwrap();
    let scores = [&old, &model].map(|model| {
        let mut scores = [f32::NAN; 8];
        model.scores(&anonymous(&history()), &mut scores);
        scores
    });
    assert!(scores[0].iter().zip(scores[1]).all(|(a, b)| (a - b).abs() < 1e-5), "{scores:?}");
    let body = serde_json::to_string(&model).unwrap();
    for (from, to, expected) in [
        ("\"coefficients\":[", "\"coefficients\":[0.5,", "a coefficient for each customer"),
        ("\"gamma\":2.0", "\"gamma\":-2.0", "gamma"),
        ("\"n_columns\":8", "\"n_columns\":1099511627776", "a size of at most"),
        ("\"half_life\":null", "\"half_life\":-5", "half_life"),
    ] {
        let broken = body.replacen(from, to, 1);
        assert_ne!(broken, body, "{from}");
        let error = serde_json::from_str::<KernelRidgeModel>(&broken).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}
