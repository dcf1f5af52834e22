//! Roundings next to one and zero, weights and labels at the ends of the range, and bodies of models
//! that no fit would leave.

use ndarray::{Array2, array};
use patronage_classify::{
    Average, Binning, Bootstrap, ConfusionMatrix, DecisionTree, ErrorKind, GradientBoosting,
    GradientBoostingRegressor, KNearest, LogisticRegression, Metric, Preparation, RandomForest,
    RegressionTree, Scored, Select, Splitter, StratifiedKFold, StratifiedShuffleSplit, Trend,
    Voting, WeightOfEvidence, accuracy, cross_score, delong_test, multiclass_log_loss,
};
use patronage_core::{
    ClassIdx, ClassifierExt, Column, FeatureTable, Fit, Labeled, RegressorExt, Schema,
};

use crate::rows::noise;

fn one_column(cells: &[f64]) -> FeatureTable {
    let cells = Array2::from_shape_vec((cells.len(), 1), cells.to_vec()).unwrap();
    FeatureTable::new(Schema::new([Column::number("x")]).unwrap(), cells).unwrap()
}

fn classes(labels: impl IntoIterator<Item = u32>) -> Vec<ClassIdx> {
    labels.into_iter().map(ClassIdx::new).collect()
}

#[test]
fn shares_that_round_above_one_are_one() {
    // Nine times a ninth is more than one.
    let table = one_column(&(0..60).map(f64::from).collect::<Vec<_>>());
    let labels = classes((0..60).map(|i| u32::from(i > 29)));
    let data = Labeled::new(&table, &labels).unwrap();
    let splits = StratifiedKFold::new(3).splits(&labels).unwrap();
    for k in 1..20 {
        let near = KNearest::new(k);
        let found = near.fit(&data).unwrap().predict_probabilities(&table).unwrap();
        assert!(found.iter().all(|p| (0.0..=1.0).contains(p)), "{k} neighbours");
        assert!(cross_score(&near, &data, &splits, &Metric::LogLoss).is_ok(), "{k} neighbours");
    }
    let tree = || DecisionTree::new().max_depth(1);
    let vote = Voting::soft()
        .member("a", tree())
        .member("b", tree())
        .member("c", tree())
        .member("d", tree())
        .weights(vec![5.0, 3.0, 2.0, 2.0]);
    let model = vote.fit(&data).unwrap();
    let found = model.predict_probabilities(&table).unwrap();
    assert!(found.iter().all(|p| (0.0..=1.0).contains(p)));
    let mut out = [0.0; 2];
    patronage_core::Classifier::probabilities(&model, table.row(0), &mut out);
    assert_eq!(out, [1.0, 0.0]);
    assert_eq!(
        Scored::of_class(found.view(), &labels, ClassIdx::new(1)).unwrap().brier().unwrap(),
        0.0
    );
}

#[test]
fn two_perfect_models_do_not_differ_by_a_rounding() {
    // Weights are summed in other orders; before, the difference was 1e-16 and its error none.
    let outcomes = classes([1, 1, 1, 1, 0, 0, 0, 0]);
    let weights = [0.1, 0.2, 0.3, 0.7, 0.1, 0.7, 0.3, 0.2];
    for (first, second) in [
        ([0.9, 0.8, 0.7, 0.6, 0.4, 0.3, 0.2, 0.1], [0.6, 0.7, 0.8, 0.9, 0.1, 0.2, 0.3, 0.4]),
        ([0.9, 0.8, 0.7, 0.6, 0.4, 0.3, 0.2, 0.1], [0.8, 0.9, 0.6, 0.7, 0.2, 0.4, 0.1, 0.3]),
    ] {
        let paired = delong_test(&first, &second, &outcomes, Some(&weights)).unwrap();
        assert!(paired.difference.abs() < 1e-15);
        assert_eq!(paired.test.p_value, 1.0);
    }
}

#[test]
fn bins_of_evidence_all_hold_rows() {
    // Quantiles fall on 1 and half way to 2: nothing lies between.
    let cells = [1.0, 1.0, 1.0, 1.0, 2.0, 3.0, 4.0, 5.0];
    let labels = classes([1, 1, 1, 0, 1, 0, 1, 0]);
    let table = one_column(&cells);
    let data = Labeled::new(&table, &labels).unwrap();
    let grid = one_column(&(0..60).map(|i| f64::from(i) / 10.0).collect::<Vec<_>>());
    for trend in [Trend::Free, Trend::Rising, Trend::Falling, Trend::Monotone] {
        let step = WeightOfEvidence::quantiles(4).trend(trend);
        let fitted = Preparation::new().weight_of_evidence(Select::Numbers, step);
        let fitted = fitted.fit(&data).unwrap();
        let woe = fitted.apply(&grid).unwrap();
        let values: Vec<f64> = (0..60).map(|row| woe.row(row)[0]).collect();
        // What a bin between two values says is what one of them says.
        let of_value = |x: usize| values[10 * x];
        let between = values[12];
        assert!(between == of_value(1) || between == of_value(2), "{trend:?} {values:?}");
        let (rises, falls) = (
            values.windows(2).all(|pair| pair[0] <= pair[1]),
            values.windows(2).all(|pair| pair[0] >= pair[1]),
        );
        match trend {
            Trend::Rising => assert!(rises, "{values:?}"),
            Trend::Falling => assert!(falls, "{values:?}"),
            Trend::Monotone => assert!(rises || falls, "{values:?}"),
            _ => {}
        }
    }
}

#[test]
fn only_ratios_of_weights_matter_to_trees() {
    let n = 200;
    let cells = Array2::from_shape_fn((n, 3), |(i, j)| noise(21, 3 * i + j));
    let label = |i: usize| cells[[i, 0]] + 0.5 * noise(22, i);
    let labels = classes((0..n).map(|i| u32::from(label(i) > 0.75)));
    let numbers: Vec<f64> = (0..n).map(label).collect();
    let weights: Vec<f64> = (0..n).map(|i| 1.0 + (i % 3) as f64).collect();
    let schema = Schema::new(["a", "b", "c"].map(Column::number)).unwrap();
    let table = FeatureTable::new(schema, cells).unwrap();
    let of = |weights: &[f64]| {
        let data = Labeled::new(&table, &labels).unwrap().weighted(weights).unwrap();
        let values = Labeled::new(&table, &numbers).unwrap().weighted(weights).unwrap();
        let tree = DecisionTree::new().max_depth(3).fit(&data).unwrap();
        let numbers = RegressionTree::new().max_depth(3).fit(&values).unwrap();
        let forest = RandomForest::new().n_trees(5).fit(&data).unwrap();
        let [tree, forest] =
            [tree.predict_probabilities(&table), forest.predict_probabilities(&table)];
        (tree.unwrap(), forest.unwrap(), numbers.predict(&table).unwrap())
    };
    let plain = of(&weights);
    // By powers of two, which leave every digit as it is.
    for scale in [-1000, -700, -530, 530, 700, 1000].map(|power| 2_f64.powi(power)) {
        let scaled: Vec<f64> = weights.iter().map(|weight| weight * scale).collect();
        let found = of(&scaled);
        let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{scale:e}: {a} for {b}");
        found.0.iter().zip(&plain.0).for_each(|(&a, &b)| near(a, b));
        found.1.iter().zip(&plain.1).for_each(|(&a, &b)| near(a, b));
        found.2.iter().zip(&plain.2).for_each(|(&a, &b)| near(a, b));
    }
}

#[test]
fn one_huge_number_does_not_hide_the_others() {
    let table = one_column(&(0..1001).map(f64::from).collect::<Vec<_>>());
    for huge in [1e6, 1e9, 1e12, -1e15] {
        let label = |i: usize| if i < 500 { 10.0 } else { 20.0 };
        let labels: Vec<f64> = (0..1001).map(|i| if i == 1000 { huge } else { label(i) }).collect();
        let tree = RegressionTree::new().fit(&Labeled::new(&table, &labels).unwrap()).unwrap();
        // scikit-learn 1.9.1: three leaves and no error, up to 1e15.
        assert_eq!(tree.n_leaves(), 3, "{huge:e}");
        let found = tree.predict(&table).unwrap();
        assert!(found.iter().zip(&labels).all(|(a, b)| (a / b - 1.0).abs() < 1e-12), "{huge:e}");
    }
}

#[test]
fn numbers_at_the_very_end_of_the_range_are_learnt() {
    let table = one_column(&(0..80).map(f64::from).collect::<Vec<_>>());
    for far in [f64::MAX, f64::MIN_POSITIVE, 5e-324] {
        let labels: Vec<f64> =
            (0..80).map(|i| if i < 40 { -far } else { far * f64::from(i % 2) }).collect();
        let data = Labeled::new(&table, &labels).unwrap();
        let tree = RegressionTree::new().max_depth(1).fit(&data).unwrap();
        let found = tree.predict(&table).unwrap();
        assert!(found.iter().all(|x| x.is_finite()));
        assert!((found[0] / -far - 1.0).abs() < 1e-15, "{far:e}");
        let boosted = GradientBoostingRegressor::new().n_rounds(60).fit(&data).unwrap();
        let found = boosted.predict(&table).unwrap();
        assert!(found.iter().all(|x| x.is_finite()));
        // Steps of a tenth of what is next to nothing are nothing.
        assert!(far < 1.0 || (found[0] / far + 1.0).abs() < 0.2, "{far:e}: {}", found[0] / far);
    }
}

#[test]
fn figures_refuse_what_was_not_predicted_and_bear_any_weight() {
    let labels = classes([0, 1, 1]);
    let untold = array![[0.9, 0.1], [f64::NAN, f64::NAN], [0.2, 0.8]];
    let error = ConfusionMatrix::of_probabilities(untold.view(), &labels, None).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Number { position: 1, .. }));
    let told = array![[0.9, 0.1], [0.6, 0.4], [0.2, 0.8]];
    for weight in [f64::MAX, 1.0, 5e-324] {
        let weights = [weight; 3];
        assert_eq!(accuracy(told.view(), &labels, Some(&weights)).unwrap(), 2.0 / 3.0);
        let found = multiclass_log_loss(told.view(), &labels, Some(&weights)).unwrap();
        let plain = multiclass_log_loss(told.view(), &labels, None).unwrap();
        assert!((found - plain).abs() < 1e-15);
    }
    // Answers of many classes to rows of one: no correlation, whatever shares round to.
    let truth = classes(vec![0; 7]);
    let answers = classes([0, 0, 0, 1, 1, 2, 2]);
    let weights = [0.1, 0.2, 0.3, 0.4, 0.7, 0.11, 0.13];
    let matrix = ConfusionMatrix::new(&truth, &answers, 3, Some(&weights)).unwrap();
    assert_eq!(matrix.mcc(), 0.0);
    assert!(matrix.f1(Average::Macro) > 0.0);
}

#[test]
fn rounds_without_a_figure_are_left_out() {
    let outcomes = classes([1, 0, 1, 1, 0, 0, 1, 0]);
    let scored = Scored::new(&[0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2], &outcomes).unwrap();
    // The share with the outcome among the highest scores: of none in some resamples.
    let precision = |scored: &Scored| {
        let at = scored.confusion(0.9);
        Ok(at.true_positive / (at.true_positive + at.false_positive))
    };
    let found = Bootstrap::new(200).interval(&scored, precision).unwrap();
    assert!(found.low.is_finite() && found.high.is_finite());
    assert!(Bootstrap::new(200).interval(&scored, |_| Ok(f64::NAN)).is_err());
    let of_rows = Bootstrap::new(50).of_rows(&outcomes, |_| Ok(vec![1.0, f64::NAN]));
    assert!(of_rows.is_err());
}

#[test]
fn ids_taken_for_classes_are_named() {
    let labels = classes([0, 4_000_000_000, 0, 4_000_000_000]);
    for error in [
        StratifiedKFold::new(2).splits(&labels).unwrap_err(),
        StratifiedShuffleSplit::new(1, 0.5).splits(&labels).unwrap_err(),
        patronage_classify::StratifiedGroupKFold::new(2, &[0, 1, 2, 3])
            .splits(&labels)
            .unwrap_err(),
    ] {
        assert!(matches!(error.kind(), ErrorKind::TooManyClasses { .. }), "{error}");
    }
}

#[test]
fn bands_of_a_calibration_picture_are_those_of_its_bins() {
    let scores: Vec<f64> = (0..60).map(|i| noise(3, i)).collect();
    let outcomes = classes((0..60).map(|i| u32::from(noise(4, i) < scores[i])));
    let weights: Vec<f64> = (0..60).map(|i| if i % 7 == 0 { 9.0 } else { 0.3 }).collect();
    let scored = Scored::weighted(&scores, &outcomes, &weights).unwrap();
    let curve = scored.calibration_curve(Binning::EqualWidth(4)).unwrap();
    let picture = curve.picture("weighted");
    for (bin, row) in curve.bins.iter().zip(picture.rows()) {
        let interval = bin.interval(0.95).unwrap();
        assert!((row[2] - interval.low).abs() < 1e-9 && (row[3] - interval.high).abs() < 1e-9);
    }
}

#[cfg(feature = "serde")]
mod bodies {
    use super::*;
    use patronage_classify::{
        Calibration, CalibrationMethod, DecisionTreeModel, Decomposition, ForestModel,
        GradientBoostingModel, LogisticModel, RandomForest,
    };
    use serde_json::{Value, json};

    fn body<M: serde::Serialize>(model: &M) -> Value {
        serde_json::to_value(model).unwrap()
    }

    fn with(mut body: Value, path: &str, value: Value) -> Value {
        *body.pointer_mut(path).unwrap() = value;
        body
    }

    #[test]
    fn models_that_no_fit_would_leave_are_refused() {
        let table = one_column(&(0..60).map(f64::from).collect::<Vec<_>>());
        let labels = classes((0..60).map(|i| i / 20));
        let data = Labeled::new(&table, &labels).unwrap();
        // As many classes as make the product with three nodes a small number again.
        let wraps: u64 = 0xAAAA_AAAA_AAAA_AAAB;
        let tree = DecisionTree::new().max_leaves(2).fit(&data).unwrap();
        for n_classes in [0, 1 << 40, wraps] {
            let body = with(body(&tree), "/n_classes", json!(n_classes));
            let body = with(body, "/weights", json!([1.0]));
            assert!(serde_json::from_value::<DecisionTreeModel>(body).is_err());
        }
        let forest = RandomForest::new().n_trees(1).max_depth(1).fit(&data).unwrap();
        let body_of = with(body(&forest), "/n_classes", json!(wraps));
        let body_of = with(body_of, "/trees/0/probabilities", json!([1.0]));
        assert!(serde_json::from_value::<ForestModel>(body_of).is_err());
        let boosted = GradientBoosting::new().n_rounds(2).fit(&data).unwrap();
        let many = with(body(&boosted), "/n_classes", json!(1_u64 << 60));
        assert!(serde_json::from_value::<GradientBoostingModel>(many).is_err());
        let far = with(body(&boosted), "/base", json!([1.7e308, 1.7e308, 0.0]));
        let far = with(far, "/trees/0/values/1", json!(1.7e308));
        assert!(serde_json::from_value::<GradientBoostingModel>(far).is_err());
        let linear = LogisticRegression::new().fit(&data).unwrap();
        let far = with(body(&linear), "/vectors/0", json!([1e308, 1e308]));
        assert!(serde_json::from_value::<LogisticModel>(far).is_err());
        // One class alone cannot be calibrated.
        let tree = DecisionTree::new().max_leaves(2);
        let two = classes((0..60).map(|i| i % 2));
        let data = Labeled::new(&table, &two).unwrap();
        let model = patronage_classify::Baseline::new().fit(&data).unwrap();
        type Calibrated =
            patronage_classify::CalibratedClassifier<patronage_classify::BaselineModel>;
        let model: Calibrated =
            Calibration::new(CalibrationMethod::Platt).calibrate(model, &data).unwrap();
        let one = with(body(&model), "/model/shares", json!([1.0]));
        assert!(serde_json::from_value::<Calibrated>(one).is_err());
        assert!(tree.fit(&data).is_ok());
    }

    #[test]
    fn decompositions_keep_a_weight_for_each_row() {
        let rounds = array![[1.0, 2.0], [3.0, 2.0]];
        let whole = patronage_classify::squared_terms(rounds.view(), &[0.0, 1.0]).unwrap();
        let whole = whole.weighted(Some(&[1.0, 3.0])).unwrap();
        let again: Decomposition = serde_json::from_value(body(&whole)).unwrap();
        assert_eq!(again, whole);
        let short = with(body(&whole), "/weights", json!([1.0]));
        assert!(serde_json::from_value::<Decomposition>(short).is_err());
        let none = with(body(&whole), "/rows", json!([]));
        assert!(serde_json::from_value::<Decomposition>(none).is_err());
    }
}
