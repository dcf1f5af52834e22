//! Identities of the decompositions, mlxtend's own figures, and verdicts where the truth is known.

use ndarray::{Array2, Array3};
use patronage_classify::{
    Baseline, BiasVariance, DecisionTree, Diagnosis, ErrorKind, Loss, RegressionTree, Resample,
    brier_terms, log_loss_terms, mlxtend_squared, mlxtend_zero_one, squared_terms, zero_one_terms,
};
use patronage_core::{ClassIdx, Column, FeatureTable, Features, Labeled, Schema};
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const ZERO_ONE: [f64; 3] = [0.52, 0.48, 0.35];
const SQUARED: [f64; 3] = [2.7560416666666665, 1.2665451388888889, 1.4894965277777779];

fn adds_up(decomposition: &patronage_classify::Decomposition) {
    let mean = decomposition.mean();
    for terms in decomposition.rows().iter().chain([&mean]) {
        let parts = terms.bias + terms.unbiased_variance - terms.biased_variance;
        assert!((terms.loss - parts).abs() <= 1e-9 * terms.loss.abs().max(1.0), "{terms:?}");
        assert!((terms.variance - terms.unbiased_variance + terms.biased_variance).abs() < 1e-12);
        assert!(terms.bias >= 0.0 && terms.unbiased_variance >= 0.0);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_loss_is_the_sum_of_its_parts(
        seed in any::<u64>(), rounds in 1..9_usize, rows in 1..7_usize, n_classes in 2..5_usize,
    ) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut probabilities = Array3::from_shape_fn((rounds, rows, n_classes), |_| {
            // Zeros and ones too.
            (rng.random::<f64>() * 1.4 - 0.2).clamp(0.0, 1.0)
        });
        for mut row in probabilities.rows_mut() {
            row[0] += f64::from(u8::from(row.sum() == 0.0));
            let total = row.sum();
            row.iter_mut().for_each(|p| *p /= total);
        }
        let truth: Vec<ClassIdx> =
            (0..rows).map(|_| ClassIdx::new(rng.random_range(0..n_classes as u32))).collect();
        let log_loss = log_loss_terms(probabilities.view(), &truth).unwrap();
        adds_up(&log_loss);
        adds_up(&brier_terms(probabilities.view(), &truth).unwrap());
        let classes = Array2::from_shape_fn((rounds, rows), |_| {
            ClassIdx::new(rng.random_range(0..n_classes as u32))
        });
        let zero_one = zero_one_terms(classes.view(), &truth).unwrap();
        adds_up(&zero_one);
        // Loss and bias are mlxtend's; its variance is no smaller than the net one.
        let theirs = mlxtend_zero_one(classes.view(), &truth).unwrap();
        let ours = zero_one.mean();
        prop_assert!((theirs.loss - ours.loss).abs() < 1e-12);
        prop_assert!((theirs.bias - ours.bias).abs() < 1e-12);
        prop_assert!(theirs.variance >= ours.variance - 1e-12);
        let numbers = Array2::from_shape_fn((rounds, rows), |_| rng.random::<f64>() * 1e3);
        let goals: Vec<f64> = (0..rows).map(|_| rng.random::<f64>() * 1e3).collect();
        adds_up(&squared_terms(numbers.view(), &goals).unwrap());
    }
}

#[test]
fn given_the_same_predictions_mlxtend_says_the_same() {
    // mlxtend 0.25.0, bias_variance_decomp, driven by an estimator that plays these back.
    let (n_rounds, n_rows) = (12, 25);
    let class = |(r, n): (usize, usize)| {
        let say = (r * 7 + n * 5 + (r * n) % 11) % 13 % 3;
        let steady = n % 2 == 0 && (r * 3 + n) % 4 > 0;
        ClassIdx::new((if steady { n / 2 % 3 } else { say }) as u32)
    };
    let truth: Vec<ClassIdx> = (0..n_rows)
        .map(|n| ClassIdx::new(((n / 2 + usize::from(n % 5 == 0)) % 3) as u32))
        .collect();
    let predictions = Array2::from_shape_fn((n_rounds, n_rows), class);
    let found = mlxtend_zero_one(predictions.view(), &truth).unwrap();
    let near = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-12, "{found}");
    near(found.loss, ZERO_ONE[0]);
    near(found.bias, ZERO_ONE[1]);
    near(found.variance, ZERO_ONE[2]);
    let number = |(r, n): (usize, usize)| ((r * 37 + n * 11) % 17) as f64 / 4.0 - 1.0;
    let goals: Vec<f64> = (0..n_rows).map(|n| (n * 5 % 7) as f64 / 2.0).collect();
    let predictions = Array2::from_shape_fn((n_rounds, n_rows), number);
    let found = mlxtend_squared(predictions.view(), &goals).unwrap();
    near(found.loss, SQUARED[0]);
    near(found.bias, SQUARED[1]);
    near(found.variance, SQUARED[2]);
}

/// Rows of a noisy staircase in one column out of four.
fn staircase(n: usize, noise: f64, seed: u64) -> (FeatureTable, Vec<ClassIdx>) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let cells = Array2::from_shape_fn((n, 4), |_| rng.random::<f64>());
    let schema = Schema::new((0..4).map(|j| Column::number(format!("x{j}")))).unwrap();
    let table = FeatureTable::new(schema, cells).unwrap();
    let labels = table
        .values()
        .rows()
        .into_iter()
        .map(|row| {
            let yes = ((row[0] * 8.0) as u32).is_multiple_of(2);
            ClassIdx::new(u32::from(yes != rng.random_bool(noise)))
        })
        .collect();
    (table, labels)
}

#[test]
fn verdicts_are_right_where_the_truth_is_known() {
    let (train, train_labels) = staircase(1500, 0.2, 1);
    let (test, test_labels) = staircase(4000, 0.2, 2);
    let train = Labeled::new(&train, &train_labels).unwrap();
    let test = Labeled::new(&test, &test_labels).unwrap();
    // Smoothed, or the log loss would punish every leaf of one class without bound.
    let tree = |depth: u32| DecisionTree::new().max_depth(depth as usize).smoothing(1.0);
    let depths = [0, 1, 4, 6, 12, 30];
    let losses = [Loss::Brier, Loss::ZeroOne, Loss::LogLoss];
    let driver = BiasVariance::new(40).seed(3);
    let curves = driver.sweep("tree depth", depths, tree, &train, &test, &losses).unwrap();
    for curve in &curves {
        let best = curve.points[curve.best];
        assert!([4.0, 6.0].contains(&best.complexity), "{curve:?}");
        let simple = curve.verdict(1);
        assert_eq!(simple.diagnosis, Diagnosis::HighBias, "{}", simple.words);
        let deep = curve.verdict(5);
        assert_eq!(deep.diagnosis, Diagnosis::HighVariance, "{}", deep.words);
        assert!(!deep.next.is_empty() && deep.words.contains("tree depth 30"));
        // One label in five is turned by chance: nothing beats 0.2 · 0.8.
        if curve.loss == Loss::Brier {
            assert!(best.intervals.bias.high > 0.16 && curve.verdict(curve.best).floor < 0.18);
        }
        for point in &curve.points {
            assert!(point.intervals.loss.low <= point.terms.loss);
            assert!(point.terms.loss <= point.intervals.loss.high);
        }
    }
}

#[test]
fn chance_alone_is_called_chance() {
    let mut rng = ChaCha8Rng::seed_from_u64(11);
    let (table, _) = staircase(600, 0.0, 1);
    let labels: Vec<ClassIdx> =
        (0..600).map(|_| ClassIdx::new(u32::from(rng.random_bool(0.3)))).collect();
    let data = Labeled::new(&table, &labels).unwrap();
    let rows: Vec<u32> = (0..600).collect();
    let (train, test) = (data.select(&rows[..300]).unwrap(), data.select(&rows[300..]).unwrap());
    let tree = |depth: u32| DecisionTree::new().max_depth(depth as usize);
    let curves = BiasVariance::new(30)
        .sweep("tree depth", [0, 3, 8], tree, &train, &test, &[Loss::Brier])
        .unwrap();
    let verdict = curves[0].verdict(0);
    assert!(
        [Diagnosis::NothingLearnt, Diagnosis::NoiseBound].contains(&verdict.diagnosis),
        "{}",
        verdict.words
    );
    // With the noise known, a decomposition alone says the same.
    let predictions = BiasVariance::new(30).predictions(&Baseline::new(), &train, &test).unwrap();
    let decomposition = predictions.decompose(Loss::Brier).unwrap();
    assert_eq!(decomposition.verdict(0.21, Some(0.21)).diagnosis, Diagnosis::NoiseBound);
}

#[test]
fn rounds_do_not_depend_on_how_many_there_are() {
    let (table, labels) = staircase(120, 0.1, 5);
    let data = Labeled::new(&table, &labels).unwrap();
    let of = |n| BiasVariance::new(n).predictions(&DecisionTree::new(), &data, &data).unwrap();
    let (few, many) = (of(3), of(8));
    let first = |p: &patronage_classify::Predictions| {
        p.probabilities.index_axis(ndarray::Axis(0), 2).to_owned()
    };
    assert_eq!(first(&few), first(&many));
    let halves = BiasVariance::new(8).resample(Resample::Subsample(0.5)).seed(1);
    let reseeded = halves.predictions_reseeded(&DecisionTree::new(), &data, &data).unwrap();
    adds_up(&reseeded.decompose(Loss::LogLoss).unwrap());
    // Any set of rows may be asked for: a segment, or one customer.
    let decomposition = few.decompose(Loss::ZeroOne).unwrap();
    assert_eq!(decomposition.mean_of(&[4]).unwrap(), decomposition.rows()[4]);
    assert!(decomposition.mean_of(&[]).is_err());
    assert!(decomposition.mean_of(&[120]).is_err());
}

#[test]
fn numbers_are_decomposed_too() {
    let (table, _) = staircase(200, 0.0, 5);
    let goals: Vec<f64> =
        table.values().rows().into_iter().map(|row| 10.0 * row[0] + row[1]).collect();
    let data = Labeled::new(&table, &goals).unwrap();
    let of = |depth| {
        let tree = RegressionTree::new().max_depth(depth);
        let found = BiasVariance::new(20).number_predictions(&tree, &data, &data).unwrap();
        found.decompose().unwrap()
    };
    let (shallow, deep) = (of(1), of(10));
    adds_up(&shallow);
    adds_up(&deep);
    assert!(shallow.mean().bias > deep.mean().bias);
}

#[test]
fn what_cannot_be_decomposed_is_refused() {
    let none = Array3::<f64>::zeros((0, 2, 2));
    let truth = [ClassIdx::new(0), ClassIdx::new(1)];
    assert!(brier_terms(none.view(), &truth).is_err());
    let bad = Array3::from_elem((2, 2, 2), f64::NAN);
    let error = log_loss_terms(bad.view(), &truth).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Number { position: 0, .. }));
    let good = Array3::from_elem((2, 2, 2), 0.5);
    assert!(matches!(
        brier_terms(good.view(), &truth[..1]).unwrap_err().kind(),
        ErrorKind::Length { expected: 2, found: 1, .. }
    ));
    assert!(matches!(
        brier_terms(good.view(), &[ClassIdx::new(0), ClassIdx::new(2)]).unwrap_err().kind(),
        ErrorKind::NoSuchClass { found: 2, .. }
    ));
    assert!(squared_terms(Array2::from_elem((1, 1), f64::INFINITY).view(), &[0.0]).is_err());
    let (table, labels) = staircase(10, 0.0, 5);
    let data = Labeled::new(&table, &labels).unwrap();
    for driver in [
        BiasVariance::new(0),
        BiasVariance::new(2).resample(Resample::Subsample(0.0)),
        BiasVariance::new(2).resample(Resample::Subsample(f64::NAN)),
    ] {
        let error = driver.predictions(&Baseline::new(), &data, &data).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Parameter { .. }));
    }
    let failing = DecisionTree::new().min_samples_leaf(0);
    let error = BiasVariance::new(2).predictions(&failing, &data, &data).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Refit { round: 0, .. }));
}
