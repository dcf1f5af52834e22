//! What SLIM promises.

use patronage_core::{Csr, Fit, HistoryEntry, InteractionTable, ItemIdx, Recommender, Span};
use patronage_recommend::{HistoryWeight, Slim, SlimSign};
use patronage_testkit::{check_fit_deterministic, check_recommender};

use crate::als_oracle;
use crate::common::{histories, requests, table};

#[test]
fn models_keep_the_promises_of_recommenders() {
    let histories = histories(12);
    for slim in [
        Slim::new(0.5, 5.0),
        Slim::new(0.0, 1.0).sign(SlimSign::Any).history(HistoryWeight::Sum),
        Slim::new(1.0, 0.0).half_life(Span::days(1)).max_iter(1),
    ] {
        check_recommender(&slim.fit(&table(60)).unwrap(), &requests(&histories));
        check_fit_deterministic(&slim, &table(60), |a, b| a == b);
    }
}

/// `ElasticNet(alpha=5/12, l1_ratio=0.6, fit_intercept=False, tol=1e-12)` of scikit-learn 1.9.1,
/// `positive` either way, for each item from all others. Three pairs of items have equal columns,
/// of which the penalty on squares makes one solution; row `i` has what item `i` adds to each.
#[test]
fn weights_are_those_of_scikit_learn() {
    let positive: [[f32; 8]; 3] = [
        [0.0, 0.0, 0.0011694, 0.2220525, 0.1906782, 0.8598164, 0.0, 0.0011694],
        [0.04729311, 0.05555556, 0.04262559, 0.0, 0.1460979, 0.04729311, 0.05555556, 0.04262559],
        [0.0, 0.0, 0.8579107, 0.09224191, 0.0, 0.0, 0.0, 0.0],
    ];
    let any: [[f32; 8]; 3] = [
        [0.0, 0.0, 0.0011694, 0.2220525, 0.2966375, 0.8598164, 0.0, 0.0011694],
        [0.04729311, 0.05555556, 0.04262559, 0.0, 0.1235005, 0.04729311, 0.05555556, 0.04262559],
        [0.0, 0.0, 0.8579107, 0.09224191, -0.2092537, 0.0, 0.0, 0.0],
    ];
    for (sign, expected) in [(SlimSign::NonNegative, positive), (SlimSign::Any, any)] {
        let slim = Slim::new(3.0, 2.0).sign(sign).tolerance(1e-7).max_iter(10_000);
        let model = slim.fit(&als_oracle::table(false)).unwrap();
        assert_eq!(model.n_unconverged(), 0);
        for (from, expected) in [0, 3, 7].into_iter().zip(expected) {
            for (to, expected) in ItemIdx::all(8).zip(expected) {
                let found = model.weight(ItemIdx::new(from), to);
                assert!(
                    (found - expected).abs() <= 1e-5,
                    "{sign:?} {from} {to} {found} {expected}"
                );
            }
        }
    }
}

#[test]
fn nothing_and_parameters_out_of_range() {
    let nobody = InteractionTable::new(Csr::from_entries(0, 0, &[], |_, _| {}).unwrap()).unwrap();
    assert_eq!(Slim::new(1.0, 1.0).fit(&nobody).unwrap().n_items(), 0);
    let alone = InteractionTable::new(Csr::from_entries(1, 3, &[(0, 1, 2.0)], |_, _| {}).unwrap());
    let model = Slim::new(1.0, 1.0).fit(&alone.unwrap()).unwrap();
    let history = [HistoryEntry::from_items(&[ItemIdx::new(1)])];
    let mut scores = [f32::NAN; 3];
    model.scores(&requests(&history)[0], &mut scores);
    assert_eq!((scores, model.n_entries()), ([0.0; 3], 0));
    for (slim, name) in [
        (Slim::new(-1.0, 1.0), "l1"),
        (Slim::new(1.0, f64::NAN), "l2"),
        (Slim::new(0.0, 0.0), "l1 + l2"),
        (Slim::new(1.0, 1.0).max_iter(0), "max_iter"),
        (Slim::new(1.0, 1.0).tolerance(0.0), "tolerance"),
    ] {
        let error = slim.fit(&table(5)).unwrap_err();
        assert!(error.to_string().starts_with(name), "{name}: {error}");
    }
    let hurried = Slim::new(0.1, 0.1).max_iter(1).fit(&table(60)).unwrap();
    assert!(hurried.n_unconverged() > 0);
    let similar = hurried.similar_items(ItemIdx::new(0), 99);
    assert!(similar.iter().all(|scored| scored.score > 0.0) && !similar.is_empty());
}

#[cfg(feature = "serde")]
#[test]
fn models_are_saved_and_old_ones_read() {
    use patronage_core::{Provenance, load, save};
    use patronage_recommend::SlimModel;

    let nowhere = Provenance { schema: None, training: None };
    let model = Slim::new(3.0, 2.0).fit(&als_oracle::table(false)).unwrap();
    patronage_testkit::check_saved_model(&model, nowhere.clone());
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/slim-v1.json");
    if std::env::var_os("WRITE_GOLDEN").is_some() {
        std::fs::write(golden, save(&model, nowhere).unwrap() + "\n").unwrap();
    }
    let (old, _) = load::<SlimModel>(std::fs::read_to_string(golden).unwrap().trim()).unwrap();
    for (from, to) in ItemIdx::all(8).flat_map(|i| ItemIdx::all(8).map(move |j| (i, j))) {
        assert!((old.weight(from, to) - model.weight(from, to)).abs() < 1e-5);
    }
    let body = serde_json::to_string(&model).unwrap();
    for (from, to, expected) in [
        ("\"n_columns\":8", "\"n_columns\":9", "weights between the items"),
        ("\"columns\":[3", "\"columns\":[0", "no weight of an item for itself"),
        ("\"half_life\":null", "\"half_life\":-5", "half_life"),
    ] {
        let broken = body.replacen(from, to, 1);
        let error = serde_json::from_str::<SlimModel>(&broken).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}
