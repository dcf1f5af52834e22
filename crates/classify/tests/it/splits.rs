//! What every way of dividing rows promises.

use std::collections::BTreeSet;

use ndarray::Array2;
use patronage_classify::{
    Baseline, ErrorKind, GroupKFold, KFold, PredefinedSplit, Repeated, Split, Splitter,
    StratifiedGroupKFold, StratifiedKFold, StratifiedShuffleSplit, TimeSeriesSplit, cross_predict,
    nested_splits, stratified_folds,
};
use patronage_core::{
    ClassIdx, Column, CustomerIdx, FeatureTable, Labeled, Schema, Span, Timestamp,
};
use proptest::prelude::*;

fn classes(labels: &[u32]) -> Vec<ClassIdx> {
    labels.iter().map(|&label| ClassIdx::new(label)).collect()
}

/// Ascending, without overlap, neither part empty.
fn check(splits: &[Split], n_rows: usize) {
    for split in splits {
        for part in [&split.train, &split.test] {
            assert!(!part.is_empty() && part.windows(2).all(|pair| pair[0] < pair[1]));
            assert!(part.iter().all(|&row| (row as usize) < n_rows));
        }
        assert!(split.test.iter().all(|row| split.train.binary_search(row).is_err()));
    }
}

fn tested(splits: &[Split]) -> Vec<u32> {
    let mut rows: Vec<u32> = splits.iter().flat_map(|split| split.test.clone()).collect();
    rows.sort_unstable();
    rows
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn folds_cover_every_row_once(
        labels in prop::collection::vec(0..3_u32, 12..80),
        groups in prop::collection::vec(0..9_u32, 80),
        n_folds in 2..5_usize,
        seed in any::<u64>(),
    ) {
        let labels = classes(&labels);
        let n = labels.len();
        let groups: Vec<CustomerIdx> = groups[..n].iter().map(|&g| CustomerIdx::new(g)).collect();
        let every: Vec<u32> = (0..n as u32).collect();
        let plain = KFold::new(n_folds).seed(seed).splits(&labels).unwrap();
        check(&plain, n);
        prop_assert_eq!(tested(&plain), every.clone());
        prop_assert!(plain.iter().all(|split| split.test.len().abs_diff(n / n_folds) <= 1));
        let by_groups: [Box<dyn Splitter<ClassIdx> + '_>; 2] = [
            Box::new(GroupKFold::new(n_folds, &groups).seed(seed)),
            Box::new(StratifiedGroupKFold::new(n_folds, &groups).seed(seed)),
        ];
        for splitter in by_groups {
            let Ok(splits) = splitter.splits(&labels) else { continue };
            check(&splits, n);
            prop_assert_eq!(tested(&splits), every.clone());
            for split in &splits {
                let of = |rows: &[u32]| -> BTreeSet<CustomerIdx> {
                    rows.iter().map(|&row| groups[row as usize]).collect()
                };
                prop_assert!(of(&split.train).is_disjoint(&of(&split.test)));
            }
        }
        if let Ok(splits) = StratifiedKFold::new(n_folds).seed(seed).splits(&labels) {
            prop_assert_eq!(splits, stratified_folds(&labels, n_folds, seed).unwrap());
        }
    }

    #[test]
    fn parts_of_a_table_are_divided_like_tables(
        labels in prop::collection::vec(0..2_u32, 30..60), seed in any::<u64>(),
    ) {
        let labels = classes(&labels);
        let rows: Vec<u32> = (0..labels.len() as u32).filter(|row| row % 3 != 1).collect();
        let own: Vec<ClassIdx> = rows.iter().map(|&row| labels[row as usize]).collect();
        let splitter = StratifiedKFold::new(2).seed(seed);
        let (Ok(of_part), Ok(alone)) = (splitter.split_rows(&rows, &labels), splitter.splits(&own)) else {
            return Ok(());
        };
        for (part, alone) in of_part.iter().zip(&alone) {
            let mapped: Vec<u32> = alone.test.iter().map(|&at| rows[at as usize]).collect();
            prop_assert_eq!(&part.test, &mapped);
        }
    }
}

#[test]
fn groups_and_classes_are_dealt_evenly() {
    // 40 customers of five rows; every fourth responds throughout.
    let groups: Vec<u32> = (0..200).map(|row| row / 5).collect();
    let labels: Vec<ClassIdx> =
        groups.iter().map(|g| ClassIdx::new(u32::from(g % 4 == 0))).collect();
    let splits = StratifiedGroupKFold::new(5, &groups).seed(1).splits(&labels).unwrap();
    check(&splits, 200);
    for split in &splits {
        let with =
            split.test.iter().filter(|&&row| labels[row as usize] == ClassIdx::new(1)).count();
        assert_eq!((split.test.len(), with), (40, 10));
    }
}

#[test]
fn what_is_too_small_is_said() {
    let labels = classes(&[0, 0, 0, 0, 0, 1, 1]);
    let error = StratifiedKFold::new(3).splits(&labels).unwrap_err();
    assert_eq!(error.to_string(), "class 1: expected at least 3 rows, one for each fold, found 2");
    let groups = [0, 0, 1, 1, 2, 2, 2];
    let error = StratifiedGroupKFold::new(3, &groups).splits(&labels).unwrap_err();
    assert_eq!(
        error.to_string(),
        "class 1: expected at least 3 groups, one for each fold, found 1"
    );
    let error = GroupKFold::new(4, &groups).splits(&labels).unwrap_err();
    assert_eq!(error.to_string(), "expected at least 4 groups for 4 folds, found 3");
    assert!(GroupKFold::new(2, &groups[1..]).splits(&labels).is_err());
    assert!(KFold::new(1).splits(&labels).is_err() && KFold::new(8).splits(&labels).is_err());
    assert!(StratifiedShuffleSplit::new(3, 1.0).splits(&labels).is_err());
    assert!(StratifiedShuffleSplit::new(0, 0.5).splits(&labels).is_err());
    assert!(StratifiedShuffleSplit::new(1, 0.5).splits(&classes(&[0, 1, 1])).is_err());
    assert!(StratifiedShuffleSplit::new(1, 0.5).splits(&[]).is_err());
    assert!(Repeated::new(KFold::new(2), 0).splits(&labels).is_err());
    assert!(PredefinedSplit::new(&[0, 1]).splits(&labels).is_err());
    let error = PredefinedSplit::new(&[0, 2, 0, 2, 0, 2, 0]).splits(&labels).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Folds { .. }));
    let times = [Timestamp::from_seconds(0); 7];
    assert!(TimeSeriesSplit::new(1, &times).splits(&labels).is_err());
    let days: Vec<Timestamp> = (0..7).map(|day| Timestamp::from_seconds(86_400 * day)).collect();
    let error = TimeSeriesSplit::new(2, &days).gap(Span::days(9)).splits(&labels).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::NoRowsOfSplit { split: 0, .. }));
}

#[test]
fn gaps_and_spans_keep_moments_out() {
    let days: Vec<Timestamp> =
        (0..90).map(|day| Timestamp::from_seconds(86_400 * (day / 3))).collect();
    let labels = vec![0.5; 90];
    let splitter = TimeSeriesSplit::new(4, &days).gap(Span::days(2)).train_span(Span::days(5));
    let splits = splitter.splits(&labels).unwrap();
    check(&splits, 90);
    for split in &splits {
        let first = days[split.test[0] as usize];
        for &row in &split.train {
            assert!(days[row as usize] < first - Span::days(2));
            assert!(days[row as usize] >= first - Span::days(5));
        }
    }
}

#[test]
fn hold_outs_keep_shares_and_repeats_differ() {
    let labels: Vec<ClassIdx> =
        (0..100).map(|row| ClassIdx::new(u32::from(row % 5 == 0))).collect();
    let splits = StratifiedShuffleSplit::new(3, 0.3).seed(2).splits(&labels).unwrap();
    check(&splits, 100);
    for split in &splits {
        let with = split.test.iter().filter(|&&row| row % 5 == 0).count();
        assert_eq!((split.test.len(), with), (30, 6));
    }
    assert_ne!(splits[0], splits[1]);
    let repeated = Repeated::new(StratifiedKFold::new(4), 3).seed(7).splits(&labels).unwrap();
    assert_eq!(repeated.len(), 12);
    assert_eq!(repeated[4..8], StratifiedKFold::new(4).seed(8).splits(&labels).unwrap()[..]);
}

#[test]
fn nested_splits_never_see_the_outer_test_rows() {
    let labels: Vec<ClassIdx> = (0..60).map(|row| ClassIdx::new(row % 2)).collect();
    let groups: Vec<u32> = (0..60).map(|row| row / 4).collect();
    let nested =
        nested_splits(&GroupKFold::new(3, &groups), &GroupKFold::new(4, &groups), &labels).unwrap();
    for split in &nested {
        check(&split.inner, 60);
        assert_eq!(tested(&split.inner), split.outer.train);
        for inner in &split.inner {
            assert!(inner.train.iter().all(|row| split.outer.test.binary_search(row).is_err()));
        }
    }
}

#[test]
fn predictions_of_repeats_are_means() {
    let table =
        FeatureTable::new(Schema::new([Column::number("x")]).unwrap(), Array2::zeros((20, 1)))
            .unwrap();
    let labels: Vec<ClassIdx> = (0..20).map(|row| ClassIdx::new(u32::from(row % 4 == 0))).collect();
    let data = Labeled::new(&table, &labels).unwrap();
    let repeated = Repeated::new(KFold::new(3), 2).splits_of(&data).unwrap();
    let both = cross_predict(&Baseline::new(), &data, &repeated).unwrap();
    let each =
        [0, 3].map(|at| cross_predict(&Baseline::new(), &data, &repeated[at..at + 3]).unwrap());
    for row in 0..20 {
        let mean = (each[0][[row, 1]] + each[1][[row, 1]]) / 2.0;
        assert!((both[[row, 1]] - mean).abs() < 1e-15);
    }
}
