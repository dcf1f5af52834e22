//! Learning and validation curves where the truth is known.

use ndarray::{Array2, ArrayView1};
use patronage_classify::{
    BiasVariance, DecisionTree, ErrorKind, Loss, RegressionTree, Resample, Split, learning_curve,
    learning_curve_of_numbers, stratified_folds, validation_curve, validation_curve_of_numbers,
};
use patronage_core::{ClassIdx, Column, FeatureTable, Features, Fit, Labeled, Regressor, Schema};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

fn table(cells: Array2<f64>) -> FeatureTable {
    let schema = (0..cells.ncols()).map(|j| Column::number(format!("x{j}")));
    FeatureTable::new(Schema::new(schema).unwrap(), cells).unwrap()
}

fn stairs(n: usize, n_columns: usize, seed: u64) -> (FeatureTable, Vec<ClassIdx>) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let table = table(Array2::from_shape_fn((n, n_columns), |_| rng.random::<f64>()));
    let mut label = |row: ArrayView1<'_, f64>| {
        ClassIdx::new(((row[0] * 5.0) as u32 % 2) ^ u32::from(rng.random_bool(0.15)))
    };
    let labels = table.values().rows().into_iter().map(&mut label).collect();
    (table, labels)
}

/// Rows on the two sides of a slope, which a tree learns step by step, the more rows the better.
fn slope(n: usize, seed: u64) -> (FeatureTable, Vec<ClassIdx>) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let table = table(Array2::from_shape_fn((n, 3), |_| rng.random::<f64>()));
    let mut label = |row: ArrayView1<'_, f64>| {
        ClassIdx::new(u32::from((row[0] + row[1] > 1.0) ^ rng.random_bool(0.1)))
    };
    let labels = table.values().rows().into_iter().map(&mut label).collect();
    (table, labels)
}

#[test]
fn more_rows_help_and_the_next_doubling_is_foretold() {
    let (mut held, mut foretold, mut all_came) = (0, 0.0, 0.0);
    for seed in 0..20 {
        let (rows, labels) = slope(1600, seed);
        let data = Labeled::new(&rows, &labels).unwrap();
        let tree = DecisionTree::new().min_samples_leaf(5).smoothing(1.0);
        let all: Vec<u32> = (0..1600).collect();
        // Half of the rows are known; the other half comes later.
        let known = stratified_folds(&labels[..800], 8, seed).unwrap();
        let shares = [0.125, 0.25, 0.5, 1.0];
        let curve = learning_curve(&tree, &data, &known, &shares, Loss::Brier, 1).unwrap();
        let points = &curve.points;
        assert_eq!(
            points.iter().map(|p| p.n_rows).collect::<Vec<_>>(),
            [88.0, 175.0, 350.0, 700.0]
        );
        assert!(points[3].validation.mean < points[0].validation.mean);
        assert!(points.iter().all(|p| p.training.mean < p.validation.mean));
        assert!(points.iter().all(|p| p.validation.interval.low < p.validation.mean));
        let gain = curve.gain_of_doubling().unwrap();
        let twice: Vec<Split> = known
            .iter()
            .map(|split| {
                let mut train = split.train.clone();
                train.extend(&all[800..1500]);
                Split { train, ..split.clone() }
            })
            .collect();
        let later = learning_curve(&tree, &data, &twice, &[1.0], Loss::Brier, 1).unwrap();
        let came = points[3].validation.mean - later.points[0].validation.mean;
        held += u32::from(gain.interval.low <= came && came <= gain.interval.high);
        foretold += gain.mean;
        all_came += came;
    }
    // Right on average, and mostly within the interval.
    assert!(held >= 14, "{held} of 20");
    assert!((0.6..1.7).contains(&(foretold / all_came)), "{foretold} for {all_came}");
}

#[test]
fn intervals_of_curves_cover() {
    // The loss of the tree at this number of rows, told from many fresh rows and many trees.
    let tree = DecisionTree::new().max_depth(3).smoothing(1.0);
    let truth: f64 = (0..60)
        .map(|seed| {
            let (rows, labels) = stairs(3000, 3, 10_000 + seed);
            let data = Labeled::new(&rows, &labels).unwrap();
            let split = Split { train: (0..400).collect(), test: (400..3000).collect() };
            let curve = learning_curve(&tree, &data, &[split], &[1.0], Loss::Brier, 0).unwrap();
            curve.points[0].validation.mean / 60.0
        })
        .sum();
    let mut covered = 0;
    for seed in 0..100 {
        let (rows, labels) = stairs(500, 3, seed);
        let data = Labeled::new(&rows, &labels).unwrap();
        let splits = stratified_folds(&labels, 5, seed).unwrap();
        let curve = learning_curve(&tree, &data, &splits, &[1.0], Loss::Brier, 0).unwrap();
        let interval = curve.points[0].validation.interval;
        covered += u32::from(interval.low <= truth && truth <= interval.high);
    }
    assert!(covered >= 90, "{covered} of 100");
}

#[test]
fn a_validation_curve_finds_the_depth_and_says_what_is_as_good() {
    let (rows, labels) = stairs(600, 4, 3);
    let data = Labeled::new(&rows, &labels).unwrap();
    let splits = stratified_folds(&labels, 5, 0).unwrap();
    let tree = |leaves: u32| DecisionTree::new().max_leaves(leaves as usize).smoothing(1.0);
    for loss in [Loss::Brier, Loss::LogLoss, Loss::ZeroOne] {
        let leaves = [1, 2, 5, 8, 200];
        let curve = validation_curve("leaves", leaves, tree, &data, &splits, loss).unwrap();
        assert!([2, 3].contains(&curve.best), "{curve:?}");
        let good = curve.as_good_as_best();
        assert!(good.contains(&curve.best) && !good.contains(&0) && !good.contains(&4));
        let training: Vec<f64> = curve.points.iter().map(|p| p.training.mean).collect();
        assert!(training.windows(2).all(|pair| pair[1] <= pair[0] + 1e-9), "{training:?}");
    }
}

#[test]
fn weights_judge_too() {
    let (rows, labels) = stairs(60, 2, 3);
    let splits = [Split { train: (0..40).collect(), test: (40..60).collect() }];
    let weights: Vec<f64> = (0..60).map(|row| if row < 50 { 1.0 } else { 2.0 }).collect();
    let data = Labeled::new(&rows, &labels).unwrap();
    let tree = DecisionTree::new().max_depth(3);
    let mean = |data: &Labeled<'_, ClassIdx>, splits: &[Split]| {
        learning_curve(&tree, data, splits, &[1.0], Loss::Brier, 0).unwrap().points[0]
            .validation
            .mean
    };
    let doubled = [Split { test: (40..60).chain(50..60).collect(), ..splits[0].clone() }];
    let weighted = mean(&data.weighted(&weights).unwrap(), &splits);
    assert!((weighted - mean(&data, &doubled)).abs() < 1e-12);
}

/// Least squares on the first columns, the shortest solution where columns are more than rows: the
/// standard case of a second descent.
#[derive(Clone, Copy)]
struct Shortest(usize);

struct ShortestModel(Schema, Vec<f64>);

impl Fit<Labeled<'_, f64>> for Shortest {
    type Model = ShortestModel;
    type Error = std::fmt::Error;

    fn fit(&self, data: &Labeled<'_, f64>) -> Result<ShortestModel, std::fmt::Error> {
        let (n, k) = (data.len(), self.0);
        let design = Array2::from_shape_fn((n, k), |(row, at)| data.row(row)[at]);
        let times = |w: &[f64]| -> Vec<f64> {
            let dot = |row: ArrayView1<'_, f64>| row.iter().zip(w).map(|(a, b)| a * b).sum();
            design.rows().into_iter().map(dot).collect()
        };
        let back = |v: &[f64]| -> Vec<f64> {
            let dot = |column: ArrayView1<'_, f64>| column.iter().zip(v).map(|(a, b)| a * b).sum();
            design.columns().into_iter().map(dot).collect()
        };
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        // Conjugate gradients from zero stay in the span of the rows: the shortest solution.
        let mut w = vec![0.0; k];
        let mut residual = back(&(0..n).map(|row| data.label(row)).collect::<Vec<f64>>());
        let mut direction = residual.clone();
        let start = dot(&residual, &residual);
        for _ in 0..8 * n.min(k) {
            let (image, before) = (times(&direction), dot(&residual, &residual));
            if before <= 1e-24 * start {
                break;
            }
            let step = before / dot(&image, &image);
            w.iter_mut().zip(&direction).for_each(|(w, d)| *w += step * d);
            let pulled = back(&image);
            residual.iter_mut().zip(&pulled).for_each(|(r, p)| *r -= step * p);
            let ratio = dot(&residual, &residual) / before;
            direction.iter_mut().zip(&residual).for_each(|(d, r)| *d = r + ratio * *d);
        }
        Ok(ShortestModel(data.schema().clone(), w))
    }
}

impl Regressor for ShortestModel {
    fn schema(&self) -> &Schema {
        &self.0
    }
    fn value(&self, row: &[f64]) -> f64 {
        row.iter().zip(&self.1).map(|(x, w)| x * w).sum()
    }
}

#[test]
fn a_second_descent_shows_as_it_is() {
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    let mut normal = || (0..12).map(|_| rng.random::<f64>()).sum::<f64>() - 6.0;
    let cells = Array2::from_shape_fn((430, 240), |_| normal());
    // The first columns say most, the others a little each.
    let goal = |row: ArrayView1<'_, f64>| {
        let first: f64 = row.iter().take(5).sum();
        first * 0.4 + row.sum() * 0.02
    };
    let goals: Vec<f64> = cells.rows().into_iter().map(|row| goal(row) + 0.3 * normal()).collect();
    let table = table(cells);
    let data = Labeled::new(&table, &goals).unwrap();
    let split = Split { train: (0..30).collect(), test: (30..430).collect() };
    let shortest = |k: u32| Shortest(k as usize);
    let counts = [1_u32, 5, 15, 30, 60, 240];
    let curve = validation_curve_of_numbers("columns", counts, shortest, &data, &[split]).unwrap();
    let losses: Vec<f64> = curve.points.iter().map(|point| point.validation.mean).collect();
    // Down, up to where as many columns as rows fit them all, and down again.
    assert_eq!(curve.best, 1, "{losses:?}");
    assert!(losses[0] > losses[1] && losses[3] > 3.0 * losses[1], "{losses:?}");
    assert!(losses[4] < 0.6 * losses[3] && losses[5] < 0.75 * losses[3], "{losses:?}");
    assert!(curve.points[5].training.mean < 1e-6, "{:?}", curve.points[5]);
    // So does the decomposition: the variance has its peak there.
    let rows: Vec<u32> = (0..430).collect();
    let (train, test) = (data.select(&rows[..60]).unwrap(), data.select(&rows[60..]).unwrap());
    let variance = |k: usize| {
        let driver = BiasVariance::new(20).resample(Resample::Subsample(0.5));
        let found = driver.number_predictions(&Shortest(k), &train, &test).unwrap();
        found.decompose().unwrap().mean().variance
    };
    let [few, even, many] = [5, 30, 240].map(variance);
    assert!(even > 2.0 * few && even > 2.0 * many, "{few} {even} {many}");
}

#[test]
fn regressors_have_curves_and_bad_input_is_named() {
    let (rows, labels) = stairs(120, 2, 3);
    let goals: Vec<f64> = rows.values().column(0).iter().map(|x| 5.0 * x).collect();
    let splits = stratified_folds(&labels, 4, 0).unwrap();
    let data = Labeled::new(&rows, &goals).unwrap();
    let tree = RegressionTree::new();
    let curve = learning_curve_of_numbers(&tree, &data, &splits, &[0.2, 1.0], 0).unwrap();
    assert!(curve.points[1].validation.mean < curve.points[0].validation.mean);
    assert_eq!(curve.loss, Loss::Squared);
    assert!(curve.gain_of_doubling().is_some());
    let single = learning_curve_of_numbers(&tree, &data, &splits, &[1.0], 0).unwrap();
    assert!(single.gain_of_doubling().is_none());
    for shares in [vec![0.0], vec![f64::NAN], vec![1.5], vec![]] {
        assert!(learning_curve_of_numbers(&tree, &data, &splits, &shares, 0).is_err());
    }
    assert!(learning_curve_of_numbers(&tree, &data, &[], &[1.0], 0).is_err());
    let empty = [Split { train: vec![0], test: vec![] }];
    assert!(learning_curve_of_numbers(&tree, &data, &empty, &[1.0], 0).is_err());
    let beyond = [Split { train: vec![500], test: vec![1] }];
    assert!(learning_curve_of_numbers(&tree, &data, &beyond, &[1.0], 0).is_err());
    let failing = RegressionTree::new().min_samples_leaf(0);
    let error = learning_curve_of_numbers(&failing, &data, &splits, &[1.0], 0).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Refit { round: 0, .. }));
    let none = validation_curve_of_numbers("depth", [0.0; 0], |_| tree, &data, &splits);
    assert!(none.is_err());
}
