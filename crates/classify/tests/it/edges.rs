//! What lies at the edges: separated classes, one class, huge numbers, folds that cannot be filled.

use ndarray::{Array2, array};
use patronage_classify::{
    Binning, Calibration, CalibrationMethod, Convergence, ErrorKind, LogisticRegression, Scored,
    Separation, folds_by, stratified_folds, time_ordered_splits,
};
use patronage_core::{
    ClassIdx, Classifier, ClassifierExt, Column, FeatureTable, Fit, Labeled, Schema, Timestamp,
};
use proptest::prelude::*;

fn one_column(cells: &[f64]) -> FeatureTable {
    let schema = Schema::new([Column::number("x")]).unwrap();
    FeatureTable::new(schema, Array2::from_shape_vec((cells.len(), 1), cells.to_vec()).unwrap())
        .unwrap()
}

fn classes(labels: &[u32]) -> Vec<ClassIdx> {
    labels.iter().map(|&label| ClassIdx::new(label)).collect()
}

#[test]
fn separation_is_said() {
    let table = one_column(&[1.0, 2.0, 3.0, 7.0, 8.0, 9.0]);
    let labels = classes(&[0, 0, 0, 1, 1, 1]);
    let data = Labeled::new(&table, &labels).unwrap();
    let free = LogisticRegression::new().c(f64::INFINITY).fit(&data).unwrap();
    assert_eq!(free.separation(), Separation::Complete);
    let held = LogisticRegression::new().fit(&data).unwrap();
    assert!(held.converged());
    assert_eq!(held.separation(), Separation::Complete);
    // One value alone is all of one class: quasi-complete.
    let table = one_column(&[0.0, 0.0, 0.0, 0.0, 1.0, 1.0]);
    let labels = classes(&[0, 1, 0, 1, 1, 1]);
    let data = Labeled::new(&table, &labels).unwrap();
    let free = LogisticRegression::new().c(f64::INFINITY).fit(&data).unwrap();
    assert_eq!(free.separation(), Separation::Suspected);
    assert_eq!(LogisticRegression::new().fit(&data).unwrap().separation(), Separation::None);
}

#[test]
fn one_class_gives_a_constant() {
    let table = one_column(&[1.0, 2.0, 3.0]);
    let labels = classes(&[1, 1, 1]);
    let model = LogisticRegression::new().fit(&Labeled::new(&table, &labels).unwrap()).unwrap();
    assert_eq!(model.convergence(), Convergence::OneClass);
    assert_eq!(model.predict_probabilities(&table).unwrap().row(0).to_vec(), [0.0, 1.0]);
    assert!(model.coefficients(ClassIdx::new(1)).is_none());
    // A class without rows in the sample keeps its place, with probability 0.
    let labels = classes(&[0, 2, 3]);
    let data = Labeled::new(&table, &labels).unwrap();
    let rows = [0, 1];
    let model = LogisticRegression::new().fit(&data.select(&rows).unwrap()).unwrap();
    let probabilities = model.predict_probabilities(&table).unwrap();
    assert_eq!(probabilities.ncols(), 4);
    assert_eq!((probabilities[[0, 1]], probabilities[[0, 3]]), (0.0, 0.0));
    assert!((probabilities.row(0).sum() - 1.0).abs() < 1e-12);
}

#[test]
fn many_terms_are_solved_by_conjugate_gradients() {
    // 4 classes of 160 terms: beyond what is factorised. The optimum is the same.
    let n = 200;
    let cell = |(i, j): (usize, usize)| ((i * (j + 3) * 7 + j * j) % 23) as f64 / 23.0;
    let schema = Schema::new((0..160).map(|j| Column::number(format!("x{j}")))).unwrap();
    let table = FeatureTable::new(schema, Array2::from_shape_fn((n, 160), cell)).unwrap();
    let labels: Vec<ClassIdx> = (0..n as u32).map(|i| ClassIdx::new(i * 7 % 11 % 4)).collect();
    let data = Labeled::new(&table, &labels).unwrap();
    let model = LogisticRegression::new().c(0.1).fit(&data).unwrap();
    assert!(model.converged(), "gradient {}", model.gradient());
    let sums: f64 = (0..4).map(|k| model.coefficients(ClassIdx::new(k)).unwrap().intercept).sum();
    assert!(sums.abs() < 1e-6);
}

#[test]
fn huge_numbers_are_borne() {
    let table = one_column(&[-1e308, -0.9e308, 0.9e308, 1e308, 1e308, 0.0]);
    let labels = classes(&[0, 0, 1, 1, 0, 1]);
    let data = Labeled::new(&table, &labels).unwrap();
    let model = LogisticRegression::new().fit(&data).unwrap();
    let probabilities = model.predict_probabilities(&table).unwrap();
    assert!(probabilities.iter().all(|p| (0.0..=1.0).contains(p)));
    let weights = [1e308; 6];
    let weighted = LogisticRegression::new().fit(&data.weighted(&weights).unwrap()).unwrap();
    assert!(weighted.predict_probabilities(&table).unwrap().iter().all(|p| p.is_finite()));
    let scored = Scored::weighted(&[0.1, 0.2, 0.3, 0.4, 0.5, 0.6], &labels, &weights).unwrap();
    assert!((0.0..=1.0).contains(&scored.roc_auc().unwrap()));
    assert!(scored.roc_auc_variance().unwrap().is_finite());
}

#[test]
fn parameters_out_of_range_are_named() {
    let table = one_column(&[1.0, 2.0]);
    let labels = classes(&[0, 1]);
    let data = Labeled::new(&table, &labels).unwrap();
    let error = LogisticRegression::new().c(0.0).fit(&data).unwrap_err();
    assert_eq!(error.to_string(), "c: expected a number above 0, or infinity, found 0");
    assert!(LogisticRegression::new().c(f64::NAN).fit(&data).is_err());
    assert!(LogisticRegression::new().tolerance(-1.0).fit(&data).is_err());
    assert!(LogisticRegression::new().max_iter(0).fit(&data).is_err());
    let stopped = LogisticRegression::new().max_iter(1).fit(&data).unwrap();
    assert_eq!((stopped.convergence(), stopped.n_iter()), (Convergence::Stopped, 1));
}

#[test]
fn figures_that_need_both_outcomes_say_so() {
    let labels = classes(&[1, 1]);
    let scored = Scored::new(&[0.2, 0.8], &labels).unwrap();
    assert_eq!(
        scored.roc_auc().unwrap_err().to_string(),
        "ROC AUC: expected rows of both outcomes, found 2 rows of one alone"
    );
    assert!(scored.pr_auc().is_err() && scored.gains(10).is_err() && scored.ks().is_err());
    let evaluation = scored.evaluate().unwrap();
    assert_eq!((evaluation.roc_auc, evaluation.base_log_loss), (None, 0.0));
    assert!(Scored::new(&[], &[]).is_err());
    assert!(Scored::new(&[f64::NAN], &labels[..1]).is_err());
    assert!(Scored::new(&[0.5], &labels).is_err());
    let raw = Scored::new(&[-3.0, 7.0], &classes(&[0, 1])).unwrap();
    assert_eq!(raw.roc_auc().unwrap(), 1.0);
    assert!(matches!(raw.log_loss().unwrap_err().kind(), ErrorKind::Number { position: 0, .. }));
    assert!(raw.calibration_curve(Binning::EqualWidth(5)).is_err());
    let table = one_column(&[1.0, 2.0]);
    let rows = classes(&[0, 1]);
    let model = LogisticRegression::new().fit(&Labeled::new(&table, &rows).unwrap()).unwrap();
    let later = Labeled::new(&table, &labels).unwrap();
    for method in [CalibrationMethod::Platt, CalibrationMethod::Beta, CalibrationMethod::Isotonic] {
        let error = Calibration::new(method).calibrate(&model, &later).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::OneClass { .. }));
    }
}

#[test]
fn folds_that_cannot_be_filled_are_refused() {
    assert!(folds_by(10, 1, |_| 0).is_err());
    assert!(folds_by(10, 3, |row| row % 2).is_err());
    assert!(stratified_folds(&classes(&[0, 1]), 3, 0).is_err());
    let same = [Timestamp::from_seconds(5); 9];
    let error = time_ordered_splits(&same, 2).unwrap_err();
    assert_eq!(error.to_string(), "expected at least 3 moments for 3 folds, found 1");
    assert!(time_ordered_splits(&[], 1).is_err());
    assert!(time_ordered_splits(&same, 0).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn folds_share_rows_and_classes_evenly(
        labels in prop::collection::vec(0..3_u32, 6..80), n_folds in 2..6_usize, seed in any::<u64>(),
    ) {
        let labels = classes(&labels);
        let splits = stratified_folds(&labels, n_folds, seed).unwrap();
        let mut seen: Vec<u32> = splits.iter().flat_map(|split| split.test.clone()).collect();
        seen.sort_unstable();
        prop_assert_eq!(seen, (0..labels.len() as u32).collect::<Vec<_>>());
        for class in 0..3 {
            let of = |split: &patronage_classify::Split| {
                split.test.iter().filter(|&&row| labels[row as usize] == ClassIdx::new(class)).count()
            };
            let counts: Vec<usize> = splits.iter().map(of).collect();
            prop_assert!(counts.iter().max().unwrap() - counts.iter().min().unwrap() <= 1);
        }
    }

    #[test]
    fn what_is_learnt_from_lies_before_what_is_judged(
        times in prop::collection::vec(0..12_i64, 1..60), n_folds in 1..5_usize,
    ) {
        let times: Vec<Timestamp> = times.into_iter().map(Timestamp::from_seconds).collect();
        let Ok(splits) = time_ordered_splits(&times, n_folds) else { return Ok(()) };
        prop_assert_eq!(splits.len(), n_folds);
        for split in &splits {
            prop_assert!(!split.train.is_empty() && !split.test.is_empty());
            let last = split.train.iter().map(|&row| times[row as usize]).max();
            let first = split.test.iter().map(|&row| times[row as usize]).min();
            prop_assert!(last < first);
        }
    }

    #[test]
    fn calibrated_probabilities_stay_probabilities(
        rows in prop::collection::vec((0.0..=1.0_f64, any::<bool>()), 2..60),
        at in prop::collection::vec(0.0..=1.0_f64, 1..20),
    ) {
        struct Says(Schema);
        impl Classifier for Says {
            fn schema(&self) -> &Schema { &self.0 }
            fn n_classes(&self) -> usize { 2 }
            fn probabilities(&self, row: &[f64], out: &mut [f64]) {
                out.copy_from_slice(&[1.0 - row[0], row[0]]);
            }
        }
        let cells: Vec<f64> = rows.iter().map(|row| row.0).collect();
        let table = one_column(&cells);
        let labels = classes(&rows.iter().map(|row| u32::from(row.1)).collect::<Vec<_>>());
        let data = Labeled::new(&table, &labels).unwrap();
        let schema = Schema::new([Column::number("x")]).unwrap();
        for method in [CalibrationMethod::Platt, CalibrationMethod::Beta, CalibrationMethod::Isotonic] {
            let Ok(model) = Calibration::new(method).calibrate(Says(schema.clone()), &data) else {
                prop_assert!(rows.iter().all(|row| row.1) || rows.iter().all(|row| !row.1));
                return Ok(());
            };
            let mut sorted = at.clone();
            sorted.extend([0.0, 1.0]);
            sorted.sort_by(f64::total_cmp);
            let mut before = None;
            for p in sorted {
                let mut out = [0.0; 2];
                model.probabilities(&[p], &mut out);
                prop_assert!((0.0..=1.0).contains(&out[1]) && (0.0..=1.0).contains(&out[0]));
                prop_assert!((out[0] + out[1] - 1.0).abs() < 1e-12);
                if method == CalibrationMethod::Isotonic {
                    prop_assert!(before.is_none_or(|before| out[1] >= before));
                    before = Some(out[1]);
                }
            }
        }
    }

    #[test]
    fn the_auc_is_the_share_of_pairs_won(
        rows in prop::collection::vec((0..6_u32, any::<bool>(), 0..4_u32), 2..40),
    ) {
        let scores: Vec<f64> = rows.iter().map(|row| f64::from(row.0) / 5.0).collect();
        let labels = classes(&rows.iter().map(|row| u32::from(row.1)).collect::<Vec<_>>());
        let weights: Vec<f64> = rows.iter().map(|row| f64::from(row.2)).collect();
        let Ok(scored) = Scored::weighted(&scores, &labels, &weights) else { return Ok(()) };
        let Ok(auc) = scored.roc_auc() else { return Ok(()) };
        let (mut won, mut pairs) = (0.0, 0.0);
        for positive in rows.iter().filter(|row| row.1) {
            for negative in rows.iter().filter(|row| !row.1) {
                let weight = f64::from(positive.2) * f64::from(negative.2);
                pairs += weight;
                won += weight * match positive.0.cmp(&negative.0) {
                    std::cmp::Ordering::Greater => 1.0,
                    std::cmp::Ordering::Equal => 0.5,
                    std::cmp::Ordering::Less => 0.0,
                };
            }
        }
        prop_assert!((auc - won / pairs).abs() < 1e-12);
        let gains = scored.gains(4).unwrap();
        prop_assert!((gains[3].cumulative_gain - 1.0).abs() < 1e-9);
    }
}

#[test]
fn categories_and_missing_cells_enter_the_linear_model() {
    let schema =
        Schema::new([Column::category("plan", ["basic", "gold"]), Column::nullable("age")])
            .unwrap();
    let nan = f64::NAN;
    let cells = array![[0.0, 30.0], [1.0, nan], [0.0, 40.0], [1.0, 35.0], [0.0, nan], [1.0, 50.0]];
    let table = FeatureTable::new(schema.clone(), cells).unwrap();
    let labels = classes(&[0, 1, 0, 1, 1, 1]);
    let model = LogisticRegression::new().fit(&Labeled::new(&table, &labels).unwrap()).unwrap();
    let names: Vec<String> = model
        .coefficients(ClassIdx::new(1))
        .unwrap()
        .terms
        .into_iter()
        .map(|term| term.name)
        .collect();
    assert_eq!(names, ["plan = basic", "plan = gold", "plan = (unseen)", "age", "age is missing"]);
    // A level never seen in training says nothing.
    let mut out = [0.0; 2];
    model.probabilities(&[2.0, 36.0], &mut out);
    assert!(out[1] > 0.1 && out[1] < 0.9);
}
