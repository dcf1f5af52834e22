//! The estimators against scikit-learn 1.9.1 (NumPy 2.4.6) on 240 rows made by whole-number formulas.
//!
//! Columns were standardised there by `StandardScaler` where the estimators here do it inside.

use ndarray::{Array2, array};
use patronage_core::{
    ClassIdx, ClassifierExt, Column, FeatureTable, Fit, Labeled, Schema, SegmentIdx, SegmenterExt,
    SoftSegmenterExt,
};
use patronage_linfa::{GaussianMixture, GaussianNaiveBayes, KMeans, LogisticRegression};

const N: usize = 240;
/// The rows whose probabilities were written down.
const ROWS: [usize; 5] = [0, 1, 2, 100, 239];

/// `x[i] = ((37 i + 11) mod 101 / 10 + 3 g, (13 i² + 7 i) mod 97 / 5 − 2 [g = 1], 100 ((53 i + 29) mod 89) + 900 [g = 2])`
/// with `g = i mod 3`.
fn cell(row: usize, column: usize) -> f64 {
    let (i, g) = (row, row % 3);
    match column {
        0 => ((i * 37 + 11) % 101) as f64 / 10.0 + 3.0 * g as f64,
        1 => ((i * i * 13 + i * 7) % 97) as f64 / 5.0 - if g == 1 { 2.0 } else { 0.0 },
        _ => ((i * 53 + 29) % 89) as f64 * 100.0 + if g == 2 { 900.0 } else { 0.0 },
    }
}

fn schema(width: usize) -> Schema {
    Schema::new((0..width).map(|column| Column::number(format!("x{column}")))).unwrap()
}

fn table() -> FeatureTable {
    let cells = Array2::from_shape_fn((N, 3), |(row, column)| cell(row, column));
    FeatureTable::new(schema(3), cells).unwrap()
}

/// `g`, or the class after it for about a sixth of the rows.
fn label(row: usize) -> u32 {
    let noisy = (row * row * 31 + row * 17) % 23 < 4;
    if noisy { (row as u32 % 3 + 1) % 3 } else { row as u32 % 3 }
}

fn close(found: f64, expected: f64, tolerance: f64) {
    assert!((found - expected).abs() <= tolerance * expected.abs().max(1.0), "{found} {expected}");
}

/// `LogisticRegression(C=1, tol=1e-14, solver="newton-cg")`, two classes.
#[test]
fn logistic_regression_of_two_classes() {
    let labels: Vec<ClassIdx> = (0..N).map(|row| ClassIdx::new(label(row).min(1))).collect();
    let table = table();
    let estimator = LogisticRegression::new().tolerance(1e-9).max_iter(1000);
    let model = estimator.fit(&Labeled::new(&table, &labels).unwrap()).unwrap();
    assert!(model.converged(), "{}", model.gradient());
    let expected = [2.3004142794216662e-01, -5.8262735198215815e-02, 2.3704486958900228e-05];
    for (column, expected) in expected.into_iter().enumerate() {
        let found = model.coefficients()[[column, 1]];
        assert!((found / expected - 1.0).abs() < 1e-5, "{found} {expected}");
        assert_eq!(model.coefficients()[[column, 0]], 0.0);
    }
    close(model.intercepts()[1], -0.6565624232823962, 1e-6);
    let probabilities = model.predict_probabilities(&table).unwrap();
    let expected = [
        0.4170795296467263,
        0.7712904277877285,
        0.8849683786839191,
        0.8295637466730578,
        0.8457078202373415,
    ];
    for (row, expected) in ROWS.into_iter().zip(expected) {
        close(probabilities[[row, 1]], expected, 1e-7);
    }
}

/// `LogisticRegression(C=1, tol=1e-14, solver="newton-cg")`, three classes.
#[test]
fn logistic_regression_of_three_classes() {
    let labels: Vec<ClassIdx> = (0..N).map(|row| ClassIdx::new(label(row))).collect();
    let table = table();
    let estimator = LogisticRegression::new().tolerance(1e-9).max_iter(1000);
    let model = estimator.fit(&Labeled::new(&table, &labels).unwrap()).unwrap();
    assert!(model.converged(), "{}", model.gradient());
    let probabilities = model.predict_probabilities(&table).unwrap();
    let expected = array![
        [0.5160876922359645, 0.4411495260785814, 0.04276278168545413],
        [0.23847327775584762, 0.38794227132367787, 0.37358445092047454],
        [0.08458250368914784, 0.16466014072151586, 0.7507573555893363],
        [0.16192240262361188, 0.2853084323948091, 0.5527691649815791],
        [0.12818148825385775, 0.2027680289679171, 0.6690504827782251],
    ];
    for (row, expected) in ROWS.into_iter().zip(expected.rows()) {
        for (&found, &expected) in probabilities.row(row).iter().zip(expected) {
            close(found, expected, 1e-7);
        }
    }
}

/// `GaussianNB()`; the two rows far away have no density in double precision.
#[test]
fn gaussian_naive_bayes() {
    let labels: Vec<ClassIdx> = (0..N).map(|row| ClassIdx::new(label(row))).collect();
    let table = table();
    let model = GaussianNaiveBayes::new().fit(&Labeled::new(&table, &labels).unwrap()).unwrap();
    let probabilities = model.predict_probabilities(&table).unwrap();
    let expected = array![
        [0.5912649102799097, 0.38101647302093855, 0.027718616699152696],
        [0.22337970313685804, 0.43501645063083044, 0.34160384623231127],
        [0.11814681366965654, 0.10592124179031331, 0.7759319445400295],
        [0.1699531703974358, 0.2595207848867812, 0.5705260447157825],
        [0.14597585572156657, 0.15468394106242894, 0.6993402032160048],
    ];
    for (row, expected) in ROWS.into_iter().zip(expected.rows()) {
        for (&found, &expected) in probabilities.row(row).iter().zip(expected) {
            close(found, expected, 1e-10);
        }
    }
    let far = array![[1e4, 0.0, 0.0], [0.0, -1e5, 1e6]];
    let far = FeatureTable::new(schema(3), far).unwrap();
    let certain = model.predict_probabilities(&far).unwrap();
    assert_eq!(certain, array![[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]);
}

/// `KMeans(k, n_init=400, tol=1e-12).inertia_` on standardised columns.
#[test]
fn k_means() {
    let mut standard = Array2::from_shape_fn((N, 3), |(row, column)| cell(row, column));
    for mut column in standard.columns_mut() {
        let mean = column.sum() / N as f64;
        let deviation = (column.mapv(|x| (x - mean).powi(2)).sum() / N as f64).sqrt();
        column.mapv_inplace(|x| (x - mean) / deviation);
    }
    let table = FeatureTable::new(schema(3), standard).unwrap();
    for (k, inertia, sizes) in [
        (2, 538.239383987741, vec![104, 136]),
        (3, 414.8863227616259, vec![71, 76, 93]),
        (5, 276.2284162285403, vec![33, 44, 49, 56, 58]),
    ] {
        let model = KMeans::new(k).n_runs(200).tolerance(1e-9).max_iter(2000).fit(&table).unwrap();
        assert!(model.converged());
        close(model.inertia(), inertia, 1e-9);
        let mut found = model.n_rows().to_vec();
        let assigned = model.assign(&table).unwrap();
        for (segment, &n) in found.iter().enumerate() {
            let here = |s: &&SegmentIdx| s.index() == segment;
            assert_eq!(assigned.iter().filter(here).count(), n);
        }
        found.sort_unstable();
        assert_eq!(found, sizes);
    }
}

/// `GaussianMixture(2, tol=1e-13, reg_covar=1e-6, n_init=10)` on the first two columns, the first
/// of them raised by 12 where g = 2, standardised; figures in the columns' own units.
#[test]
fn gaussian_mixture() {
    let cells = Array2::from_shape_fn((N, 2), |(row, column)| {
        cell(row, column) + if column == 0 && row % 3 == 2 { 12.0 } else { 0.0 }
    });
    let table = FeatureTable::new(schema(2), cells).unwrap();
    let model = GaussianMixture::new(2).tolerance(1e-12).max_iter(20_000).fit(&table).unwrap();
    assert!(model.converged());
    let first = if model.means()[[0, 0]] < model.means()[[1, 0]] { 0 } else { 1 };
    close(model.log_likelihood(), -6.291354423681055, 1e-9);
    close(model.bic(), 3080.137151523668, 1e-9);
    close(model.weights()[first], 0.6667867869142917, 1e-6);
    let (means, covariances) = (model.means(), model.covariances());
    for (found, expected) in [
        (means[[first, 0]], 6.5208351056474365),
        (means[[first, 1]], 7.5706397238182),
        (means[[1 - first, 0]], 22.946749043254105),
        (means[[1 - first, 1]], 8.629101980608763),
        (covariances[[first, 0, 0]], 10.437954774757964),
        (covariances[[first, 0, 1]], -0.44917862325754004),
        (covariances[[first, 1, 1]], 29.998361983302793),
        (covariances[[1 - first, 0, 0]], 8.582934802106157),
        (covariances[[1 - first, 1, 0]], 2.336802102200898),
        (covariances[[1 - first, 1, 1]], 27.205964104783313),
    ] {
        close(found, expected, 1e-5);
    }
    let memberships = model.assign_soft(&table).unwrap();
    for (row, expected) in ROWS.into_iter().zip([
        0.999999999995147,
        0.9999985339792988,
        1.1193961092126286e-08,
        0.999848584720584,
        1.975433234345743e-07,
    ]) {
        close(memberships[[row, first]], expected, 1e-6);
    }
}
