//! Figures of scikit-learn 1.9.1 on sixty rows made by whole-number formulas.
//!
//! Made with `LogisticRegression(solver="newton-cholesky", tol=1e-14)` for two classes,
//! `solver="newton-cg", tol=1e-13` for three, `roc_auc_score`, `average_precision_score`,
//! `log_loss`, `brier_score_loss`, `f1_score`, `accuracy_score`,
//! `IsotonicRegression(out_of_bounds="clip")`, `calibration_curve(n_bins=5)` and `roc_curve`.

use ndarray::{Array2, array};
use patronage_classify::{
    Binning, Calibration, CalibrationMethod, LogisticRegression, Scaling, Scored, Separation,
    accuracy, multiclass_brier, multiclass_log_loss,
};
use patronage_core::{
    ClassIdx, Classifier, ClassifierExt, Column, FeatureTable, Fit, Labeled, Schema,
};

const N: usize = 60;

fn table() -> FeatureTable {
    let cell = |(i, j)| match j {
        0 => ((i * 37) % 101) as f64 / 10.0,
        1 => ((i * 53) % 67) as f64,
        _ => ((i * 7) % 5) as f64,
    };
    let schema = Schema::new(["x1", "x2", "x3"].map(Column::number)).unwrap();
    FeatureTable::new(schema, Array2::from_shape_fn((N, 3), cell)).unwrap()
}

fn two_classes(table: &FeatureTable) -> Vec<ClassIdx> {
    let of = |i: usize| {
        let row = table.row(i);
        let noise = ((i * 29) % 13) as f64 - 12.0;
        ClassIdx::new(u32::from(row[0] + 0.1 * row[1] + noise > 3.0))
    };
    (0..N).map(of).collect()
}

fn weights() -> Vec<f64> {
    (0..N).map(|i| 1.0 + ((i * 11) % 4) as f64).collect()
}

fn near(found: f64, expected: f64, tolerance: f64) {
    assert!((found - expected).abs() < tolerance, "expected {expected}, found {found}");
}

fn check_binary(c: f64, weights: Option<&[f64]>, intercept: f64, coefficients: [f64; 3]) {
    let table = table();
    let labels = two_classes(&table);
    let mut data = Labeled::new(&table, &labels).unwrap();
    if let Some(weights) = weights {
        data = data.weighted(weights).unwrap();
    }
    let model = LogisticRegression::new().c(c).fit(&data).unwrap();
    assert!(model.converged());
    assert_eq!(model.separation(), Separation::None);
    let found = model.coefficients(ClassIdx::new(1)).unwrap();
    near(found.intercept, intercept, 1e-7);
    for (term, expected) in found.terms.iter().zip(coefficients) {
        near(term.per_unit, expected, 1e-8);
    }
    let opposite = model.coefficients(ClassIdx::new(0)).unwrap();
    assert_eq!(opposite.terms[2].per_unit, -found.terms[2].per_unit);
}

#[test]
fn binary_coefficients() {
    check_binary(
        1.0,
        None,
        -4.113570388764019,
        [0.41386349286537044, 0.03831489727895956, 0.1300132301153855],
    );
    check_binary(
        0.05,
        None,
        -3.343730492503721,
        [0.3253590561886939, 0.034078090084611753, 0.06375204655700017],
    );
}

#[test]
fn weighted_coefficients_also_as_repeated_rows() {
    let expected = [0.4417750269141985, 0.05210935546994336, 0.1636124567299055];
    check_binary(1.0, Some(&weights()), -4.912580669900951, expected);
    let table = table();
    let labels = two_classes(&table);
    let repeated: Vec<u32> =
        (0..N).flat_map(|i| std::iter::repeat_n(i as u32, weights()[i] as usize)).collect();
    let data = Labeled::new(&table, &labels).unwrap().select(&repeated).unwrap();
    let model = LogisticRegression::new().fit(&data).unwrap();
    let found = model.coefficients(ClassIdx::new(1)).unwrap();
    near(found.intercept, -4.912580669900951, 1e-7);
    near(found.terms[0].per_unit, expected[0], 1e-8);
}

#[test]
fn multinomial_coefficients_and_probabilities() {
    let table = table();
    let labels: Vec<ClassIdx> = two_classes(&table)
        .iter()
        .enumerate()
        .map(|(i, y)| ClassIdx::new(y.get() + u32::from(table.row(i)[2] > 2.0)))
        .collect();
    let data = Labeled::new(&table, &labels).unwrap();
    let model = LogisticRegression::new().fit(&data).unwrap();
    assert!(model.converged());
    let intercepts = [5.413660969393102, 2.0483308781401215, -7.461991847533204];
    let slopes = [
        [-0.33263225120746487, -0.030947784175121146, -1.1623323938507943],
        [0.08379716974510826, -0.029319060171674096, -0.18106157305328321],
        [0.24883508146235794, 0.06026684434682871, 1.3433939669040798],
    ];
    for class in 0..3 {
        let found = model.coefficients(ClassIdx::new(class as u32)).unwrap();
        near(found.intercept, intercepts[class], 1e-6);
        for (term, expected) in found.terms.iter().zip(slopes[class]) {
            near(term.per_unit, expected, 1e-7);
        }
    }
    let probabilities = model.predict_probabilities(&table).unwrap();
    near(probabilities[[0, 0]], 0.9666008765579086, 1e-8);
    near(probabilities[[1, 2]], 0.1557783167526533, 1e-8);
    let loss = multiclass_log_loss(probabilities.view(), &labels, None).unwrap();
    near(loss, 0.6022373302367858, 1e-6);
    assert!(accuracy(probabilities.view(), &labels, None).unwrap() > 0.6);
    assert!(multiclass_brier(probabilities.view(), &labels, None).unwrap() < 0.6);
}

#[test]
fn standardising_first_is_penalising_in_deviations() {
    let table = table();
    let labels = two_classes(&table);
    // Other units: the optimum must not move.
    let (schema, cells) = table.clone().into_parts();
    let scaled = FeatureTable::new(schema, cells * &array![[1000.0, 0.001, 1.0]]).unwrap();
    let estimator = LogisticRegression::new().c(0.1).scaling(Scaling::Standard);
    let one = estimator.fit(&Labeled::new(&table, &labels).unwrap()).unwrap();
    let other = estimator.fit(&Labeled::new(&scaled, &labels).unwrap()).unwrap();
    for i in 0..N {
        let (mut a, mut b) = ([0.0; 2], [0.0; 2]);
        one.probabilities(table.row(i), &mut a);
        other.probabilities(scaled.row(i), &mut b);
        near(a[1], b[1], 1e-9);
    }
}

fn scores() -> Vec<f64> {
    let score = |i: usize| (((i * 31) % 41) as f64 / 41.0 * 0.9 + 0.05) * 100.0;
    (0..N).map(|i| score(i).round() / 100.0).collect()
}

#[test]
fn metrics_with_ties_and_weights() {
    let labels = two_classes(&table());
    let plain = Scored::new(&scores(), &labels).unwrap();
    let weighted = Scored::weighted(&scores(), &labels, &weights()).unwrap();
    let reference = [
        (
            plain,
            [
                0.5445714285714286,
                0.4773080852549809,
                0.8487181771648193,
                0.29773333333333335,
                0.5454545454545454,
                0.5833333333333334,
            ],
        ),
        (
            weighted,
            [
                0.5984237536656892,
                0.49646503836885103,
                0.8279984029212105,
                0.29055200000000003,
                0.5987261146496815,
                0.58,
            ],
        ),
    ];
    for (scored, expected) in &reference {
        let confusion = scored.confusion(0.5);
        let found = [
            scored.roc_auc().unwrap(),
            scored.pr_auc().unwrap(),
            scored.log_loss().unwrap(),
            scored.brier().unwrap(),
            confusion.f1(),
            confusion.accuracy(),
        ];
        found.iter().zip(expected).for_each(|(&found, &expected)| near(found, expected, 1e-12));
    }
    near(reference[0].0.ks().unwrap(), 0.17142857142857146, 1e-12);
}

#[test]
fn calibration_curve_of_equal_width() {
    let labels = two_classes(&table());
    let scored = Scored::new(&scores(), &labels).unwrap();
    let curve = scored.calibration_curve(Binning::EqualWidth(5)).unwrap();
    let observed = [
        0.5384615384615384,
        0.23076923076923078,
        0.35714285714285715,
        0.46153846153846156,
        0.5714285714285714,
    ];
    let predicted = [
        0.11384615384615387,
        0.31769230769230766,
        0.5264285714285715,
        0.7246153846153847,
        0.8657142857142857,
    ];
    assert_eq!(curve.bins.len(), 5);
    for (bin, (observed, predicted)) in curve.bins.iter().zip(observed.iter().zip(predicted)) {
        near(bin.observed, *observed, 1e-12);
        near(bin.predicted, predicted, 1e-12);
    }
    let by_count = scored.calibration_curve(Binning::EqualCount(10)).unwrap();
    assert_eq!(by_count.bins.iter().map(|bin| bin.n_rows).sum::<usize>(), N);
    assert!(by_count.bins.iter().all(|bin| bin.n_rows >= 4 && bin.n_rows <= 8));
}

/// Says the first column.
#[derive(Clone, Debug)]
struct Says(Schema);

impl Classifier for Says {
    fn schema(&self) -> &Schema {
        &self.0
    }

    fn n_classes(&self) -> usize {
        2
    }

    fn probabilities(&self, row: &[f64], out: &mut [f64]) {
        out.copy_from_slice(&[1.0 - row[0], row[0]]);
    }
}

#[test]
fn isotonic_regression() {
    let labels = two_classes(&table());
    let schema = Schema::new([Column::number("score")]).unwrap();
    let cells = Array2::from_shape_vec((N, 1), scores()).unwrap();
    let rows = FeatureTable::new(schema.clone(), cells).unwrap();
    let plain = [
        0.0,
        0.35714285714285715,
        0.35714285714285715,
        0.35714285714285715,
        0.35714285714285715,
        0.3869047619047619,
        0.4166666666666667,
        0.5384615384615384,
        0.5384615384615384,
        0.6,
        0.6,
    ];
    let weighted = [
        0.0,
        0.3111111111111111,
        0.3111111111111111,
        0.3111111111111111,
        0.3111111111111111,
        0.34910394265232975,
        0.3870967741935484,
        0.5135135135135135,
        0.5135135135135135,
        0.6,
        0.6,
    ];
    let of_each = weights();
    let data = Labeled::new(&rows, &labels).unwrap();
    for (data, expected) in [(data, plain), (data.weighted(&of_each).unwrap(), weighted)] {
        let calibration = Calibration::new(CalibrationMethod::Isotonic);
        let model = calibration.calibrate(Says(schema.clone()), &data).unwrap();
        for (tenth, expected) in expected.into_iter().enumerate() {
            let mut out = [0.0; 2];
            model.probabilities(&[tenth as f64 / 10.0], &mut out);
            near(out[1], expected, 1e-12);
            near(out[0] + out[1], 1.0, 1e-15);
        }
    }
}
