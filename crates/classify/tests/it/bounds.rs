//! What is refused because nothing honest could be said, with the place named.

use ndarray::{Array2, Array3};
use patronage_classify::{
    BiasVariance, Calibration, CalibrationMethod, DecisionTree, ErrorKind, Loss, Scored,
    brier_terms, folds_by,
};
use patronage_core::{ClassIdx, Classifier, Column, FeatureTable, Fit, Labeled, Schema};

const METHODS: [CalibrationMethod; 3] =
    [CalibrationMethod::Platt, CalibrationMethod::Beta, CalibrationMethod::Isotonic];

fn schema() -> Schema {
    Schema::new([Column::number("x")]).unwrap()
}

fn one_column(cells: &[f64]) -> FeatureTable {
    let cells = Array2::from_shape_vec((cells.len(), 1), cells.to_vec()).unwrap();
    FeatureTable::new(schema(), cells).unwrap()
}

fn classes(labels: &[u32]) -> Vec<ClassIdx> {
    labels.iter().map(|&label| ClassIdx::new(label)).collect()
}

/// Answers its only cell for class 1.
#[derive(Debug)]
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
fn answers_that_are_no_probabilities_are_not_calibrated() {
    let labels = classes(&[0, 1, 0, 1]);
    for method in METHODS {
        for wrong in [7.0, -0.1, 1.0 + 1e-6, f64::MAX] {
            let table = one_column(&[0.1, 0.8, wrong, 0.4]);
            let rows = Labeled::new(&table, &labels).unwrap();
            let error = Calibration::new(method).calibrate(Says(schema()), &rows).unwrap_err();
            assert!(matches!(error.kind(), ErrorKind::Number { position: 2, .. }), "{error}");
        }
        // What rounding did is forgiven, and the probabilities stay probabilities.
        let table = one_column(&[-1e-12, 0.8, 0.3, 1.0 + 1e-12]);
        let rows = Labeled::new(&table, &labels).unwrap();
        let model = Calibration::new(method).calibrate(Says(schema()), &rows).unwrap();
        for at in [-1e-12, 0.0, 0.5, 1.0, 1.0 + 1e-12] {
            let mut out = [0.0; 2];
            model.probabilities(&[at], &mut out);
            assert!(out.iter().all(|p| (0.0..=1.0).contains(p)), "{out:?}");
        }
    }
    let table = one_column(&[0.1, 0.8, 7.0, 0.4]);
    let rows = Labeled::new(&table, &labels).unwrap();
    let error = Calibration::new(METHODS[0]).calibrate(Says(schema()), &rows).unwrap_err();
    assert_eq!(error.to_string(), "answer for row 2: expected probabilities in [0, 1], found -6");
}

#[test]
fn one_test_row_has_no_interval() {
    let table = one_column(&[1.0, 2.0, 3.0, 4.0]);
    let labels = classes(&[0, 0, 1, 1]);
    let data = Labeled::new(&table, &labels).unwrap();
    let tree = |depth: u32| DecisionTree::new().max_depth(depth as usize);
    let sweep = |rows: &[u32]| {
        let test = data.reborrow().select(rows).unwrap();
        BiasVariance::new(3).sweep("tree depth", 0..=1, tree, &data, &test, &[Loss::Brier])
    };
    assert_eq!(
        sweep(&[1]).unwrap_err().to_string(),
        "complexity curve: expected at least 2 test rows, found 1"
    );
    let curve = &sweep(&[1, 2]).unwrap()[0];
    assert!(curve.points.iter().all(|point| point.behind_best.low.is_finite()));
    let one = brier_terms(Array3::from_elem((3, 1, 2), 0.5).view(), &classes(&[1])).unwrap();
    let error = one.intervals().unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::FewRows { least: 2, found: 1, .. }));
    // The figures themselves are sound; only how sure they are is unknown.
    assert_eq!(one.mean().loss, 0.25);
    let shown = one.verdict(0.25, None);
    assert_eq!(shown.to_string(), shown.words);
}

#[test]
fn rows_of_no_fold_are_named() {
    let error = folds_by(6, 3, |row| if row == 4 { 9 } else { row % 3 }).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::NoSuchFold { row: 4, n_folds: 3, found: 9 }));
    assert_eq!(error.to_string(), "row 4: expected a fold below 3, found 9");
}

#[test]
fn smoothing_that_drowns_the_leaves_is_refused() {
    let table = one_column(&[1.0, 2.0, 3.0, 4.0]);
    let labels = classes(&[0, 0, 1, 1]);
    let data = Labeled::new(&table, &labels).unwrap();
    for smoothing in [1.7e308, 1.1e12, f64::INFINITY, f64::NAN, -1.0] {
        let error = DecisionTree::new().smoothing(smoothing).fit(&data).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Parameter { parameter: "smoothing", .. }));
    }
    for smoothing in [0.0, 1.0, 1e12] {
        let model = DecisionTree::new().smoothing(smoothing).fit(&data).unwrap();
        let mut out = [0.0; 2];
        model.probabilities(&[1.0], &mut out);
        assert!((out[0] + out[1] - 1.0).abs() < 1e-12 && out[0] >= 0.5, "{out:?}");
    }
}

#[test]
fn slices_beyond_counting_are_refused() {
    let scored = Scored::new(&[0.9, 0.4, 0.2], &classes(&[1, 0, 0])).unwrap();
    for n_slices in [0, 65_537, usize::MAX] {
        let error = scored.gains(n_slices).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Parameter { parameter: "n_slices", .. }));
    }
    let table = scored.gains(65_536).unwrap();
    assert_eq!(table.len(), 65_536);
    assert!((table[65_535].cumulative_gain - 1.0).abs() < 1e-9);
    assert!(table.iter().all(|row| row.cumulative_lift.is_finite() && row.lift.is_finite()));
}
