//! What EASE promises.

use patronage_core::{Csr, Fit, HistoryEntry, InteractionTable, ItemIdx, Recommender, Span};
use patronage_recommend::{Ease, ErrorKind, HistoryWeight};
use patronage_testkit::{check_fit_deterministic, check_recommender};

use crate::als_oracle;
use crate::common::{histories, requests, table};

#[test]
fn models_keep_the_promises_of_recommenders() {
    let histories = histories(12);
    for ease in
        [Ease::new(5.0), Ease::new(0.5).history(HistoryWeight::Sum).half_life(Span::days(1))]
    {
        check_recommender(&ease.fit(&table(60)).unwrap(), &requests(&histories));
        check_fit_deterministic(&ease, &table(60), |a, b| a == b);
    }
}

/// `P = inv(G + 2.5 I)`, `B = P / −diag(P)` by numpy 2.4.6, for weights of 1 and as they are.
#[test]
fn weights_are_those_of_the_formula() {
    let weighted = als_oracle::table(false);
    let ones = InteractionTable::new(weighted.weights().map(|_| 1.0)).unwrap();
    let of_ones: [[f32; 8]; 2] = [
        [0.0, 0.03143365, 0.01002905, 0.1514703, 0.06182157, 0.560954, 0.03143365, 0.01002905],
        [0.183429, 0.1995353, 0.183429, 0.0, 0.3924325, 0.183429, 0.1995353, 0.183429],
    ];
    let of_weighted: [[f32; 8]; 2] = [
        [0.0, -0.1514521, 0.161563, 0.2309927, 0.4289873, 0.6206445, -0.1514521, 0.161563],
        [0.0236885, 0.02952387, 0.01054853, 0.0, 0.05967508, 0.0236885, 0.02952387, 0.01054853],
    ];
    for (data, expected) in [(ones, of_ones), (weighted, of_weighted)] {
        let model = Ease::new(2.5).fit(&data).unwrap();
        for (from, expected) in [0, 3].into_iter().zip(expected) {
            for (to, expected) in ItemIdx::all(8).zip(expected) {
                let found = model.weight(ItemIdx::new(from), to);
                assert!((found - expected).abs() <= 1e-6, "{from} {to} {found} {expected}");
            }
        }
    }
    let similar = Ease::new(2.5).fit(&table(60)).unwrap().similar_items(ItemIdx::new(0), 4);
    assert_eq!(similar.len(), 4);
    assert!(similar.iter().all(|scored| scored.score > 0.0 && scored.item != ItemIdx::new(0)));
}

#[test]
fn nothing_and_too_little() {
    let nobody = InteractionTable::new(Csr::from_entries(0, 0, &[], |_, _| {}).unwrap()).unwrap();
    assert_eq!(Ease::new(1.0).fit(&nobody).unwrap().n_items(), 0);
    let alone = InteractionTable::new(Csr::from_entries(1, 3, &[(0, 1, 2.0)], |_, _| {}).unwrap());
    let model = Ease::new(1.0).fit(&alone.unwrap()).unwrap();
    let history = [HistoryEntry::from_items(&[ItemIdx::new(1)])];
    let mut scores = [f32::NAN; 3];
    model.scores(&requests(&history)[0], &mut scores);
    assert_eq!(scores, [0.0; 3]);
    for lambda in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let error = Ease::new(lambda).fit(&table(5)).unwrap_err();
        assert!(error.to_string().starts_with("regularization"), "{error}");
    }
    // Two items that always come together: without regularisation nothing tells them apart.
    let pairs: Vec<(u32, u32, f32)> = (0..4).flat_map(|u| [(u, 0, 1.0), (u, 1, 1.0)]).collect();
    let pairs = InteractionTable::new(Csr::from_entries(4, 2, &pairs, |_, _| {}).unwrap()).unwrap();
    let error = Ease::new(1e-300).fit(&pairs).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::NotFinite { .. }), "{error}");
}

#[cfg(feature = "serde")]
#[test]
fn models_are_saved_and_old_ones_read() {
    use patronage_core::{Provenance, load, save};
    use patronage_recommend::EaseModel;

    let nowhere = Provenance { schema: None, training: None };
    let model = Ease::new(2.5).fit(&als_oracle::table(false)).unwrap();
    patronage_testkit::check_saved_model(&model, nowhere.clone());
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/ease-v1.json");
    if std::env::var_os("WRITE_GOLDEN").is_some() {
        std::fs::write(golden, save(&model, nowhere).unwrap() + "\n").unwrap();
    }
    let (old, _) = load::<EaseModel>(std::fs::read_to_string(golden).unwrap().trim()).unwrap();
    for (from, to) in ItemIdx::all(8).flat_map(|i| ItemIdx::all(8).map(move |j| (i, j))) {
        assert!((old.weight(from, to) - model.weight(from, to)).abs() < 1e-6);
    }
    let body = serde_json::to_string(&model).unwrap();
    for (from, to, expected) in [
        ("\"n_items\":8", "\"n_items\":9", "a weight for each two items"),
        ("\"weights\":[0.0", "\"weights\":[0.5", "no weight of an item for itself"),
        ("\"half_life\":null", "\"half_life\":-5", "half_life"),
    ] {
        let broken = body.replacen(from, to, 1);
        let error = serde_json::from_str::<EaseModel>(&broken).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}
