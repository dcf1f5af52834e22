//! Columns that know the answer, and columns that do not.

use ndarray::Array2;
use patronage_classify::{ErrorKind, LeakageCheck, Suspicion};
use patronage_core::{ClassIdx, Column, FeatureTable, Labeled, Schema, Timestamp};

use crate::rows::noise;

const N: usize = 600;

/// A good honest column, a poor one, and a category, a number and a flag that give the class away.
fn table(honest_known: Option<Timestamp>) -> (FeatureTable, Vec<ClassIdx>) {
    let class = |i: usize| u32::from(noise(1, 9 * i) + 0.8 * (noise(1, 9 * i + 1) - 0.5) > 0.7);
    let honest = Column::number("tenure");
    let honest = honest_known.map_or(honest.clone(), |known| honest.known_from(known));
    let schema = Schema::new([
        honest,
        Column::number("noise"),
        Column::category("reason", ["moved", "price", "none"]),
        Column::nullable("refund"),
        Column::flag("closed"),
    ])
    .unwrap();
    let cell = |(i, j): (usize, usize)| {
        let u = noise(1, 9 * i + 2 + j);
        match (j, class(i)) {
            (0, _) => noise(1, 9 * i),
            (1, _) => u,
            (2, 1) => f64::from(u8::from(u < 0.5)),
            (2, _) => 2.0,
            (3, 1) => 10.0 * u,
            (3, _) => f64::NAN,
            // One in fifty wrong.
            (_, class) => f64::from(class ^ u32::from(u < 0.02)),
        }
    };
    let cells = Array2::from_shape_fn((N, 5), cell);
    let labels = (0..N).map(|i| ClassIdx::new(class(i))).collect();
    (FeatureTable::new(schema, cells).unwrap(), labels)
}

#[test]
fn what_gives_the_class_away_is_named_with_figures() {
    let (table, labels) = table(None);
    let data = Labeled::new(&table, &labels).unwrap();
    let report = LeakageCheck::new().check(&data).unwrap();
    let suspects: Vec<&str> = report.suspects().map(|column| column.column.as_str()).collect();
    assert_eq!(suspects, ["reason", "refund", "closed"]);
    let by_name = |name: &str| report.columns.iter().find(|column| column.column == name).unwrap();
    assert!(by_name("reason").roc_auc > 0.99);
    assert_eq!(by_name("reason").suspicion, Suspicion::AucAndGain);
    let tenure = by_name("tenure");
    assert!(tenure.roc_auc > 0.8 && tenure.roc_auc < 0.95, "{tenure}");
    assert!(tenure.interval.unwrap().low < tenure.roc_auc);
    assert!((by_name("noise").roc_auc - 0.5).abs() < 0.1 && by_name("noise").gain_share < 0.1);
    // A stricter threshold names the honest one too: a suspect is no proof.
    let strict = LeakageCheck::new().roc_auc(0.8).check(&data).unwrap();
    assert_eq!(strict.suspects().count(), 4);
}

#[test]
fn a_column_known_too_late_is_refused_and_one_known_in_time_is_trusted() {
    let (early, late) = (Timestamp::from_seconds(100), Timestamp::from_seconds(200));
    let (table, labels) = table(Some(late));
    let data = Labeled::new(&table, &labels).unwrap();
    let error = LeakageCheck::new().decision(early).check(&data).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::KnownTooLate { column, .. } if column == "tenure"));
    let trusting = LeakageCheck::new().decision(late).roc_auc(0.8).check(&data).unwrap();
    assert!(trusting.suspects().all(|column| column.column != "tenure"));
    assert_eq!(trusting.suspects().count(), 3);
}

#[test]
fn by_a_models_own_gain() {
    let (table, _) = table(None);
    let schema = patronage_core::Features::schema(&table);
    let check = LeakageCheck::new().gain_share(0.5);
    let found = check.suspects_by_gain(schema, &[1.0, 0.0, 6.0, 2.0, 1.0]).unwrap();
    assert_eq!(found, [("reason", 0.6)]);
    assert!(check.suspects_by_gain(schema, &[0.0; 5]).unwrap().is_empty());
    assert!(check.suspects_by_gain(schema, &[1.0; 4]).is_err());
    assert!(check.suspects_by_gain(schema, &[1.0, 0.0, -6.0, 2.0, 1.0]).is_err());
}

#[test]
fn weights_selections_and_classes() {
    let (table, labels) = table(None);
    let many: Vec<ClassIdx> = labels
        .iter()
        .enumerate()
        .map(|(i, label)| ClassIdx::from_usize(label.index() * (1 + i % 2)))
        .collect();
    let data = Labeled::new(&table, &many).unwrap();
    let report = LeakageCheck::new().roc_auc(0.99).check(&data).unwrap();
    assert!(report.columns.iter().any(|column| column.column == "reason" && column.is_suspect()));
    // Rows of weight 0 might as well not be there.
    let data = Labeled::new(&table, &labels).unwrap();
    let weights: Vec<f64> = (0..N).map(|i| f64::from(u8::from(i % 3 > 0))).collect();
    let rows: Vec<u32> = (0..N as u32).filter(|i| i % 3 > 0).collect();
    let by_weight = LeakageCheck::new().check(&data.weighted(&weights).unwrap()).unwrap();
    let by_choice = LeakageCheck::new().check(&data.select(&rows).unwrap()).unwrap();
    assert_eq!(by_weight, by_choice);
    // However large weights are, only their ratios count.
    let huge: Vec<f64> = weights.iter().map(|w| w * 1e308).collect();
    let by_huge = LeakageCheck::new().check(&data.weighted(&huge).unwrap()).unwrap();
    assert_eq!(by_huge, by_weight);
    assert!(LeakageCheck::new().check(&data.weighted(&[0.0; N]).unwrap()).is_err());
    let one = vec![ClassIdx::new(1); N];
    assert!(LeakageCheck::new().check(&Labeled::new(&table, &one).unwrap()).is_err());
    assert!(LeakageCheck::new().roc_auc(0.5).check(&data).is_err());
    assert!(LeakageCheck::new().gain_share(0.0).check(&data).is_err());
    assert!(LeakageCheck::new().n_folds(1).check(&data).is_err());
}
