//! Calibration against scikit-learn 1.9.1 and betacal 1.1.0, and across folds.

use ndarray::Array2;
use patronage_classify::{
    Binning, Calibration, CalibrationMethod, DecisionTree, ErrorKind, Scored, Splitter,
    StratifiedKFold,
};
use patronage_core::{
    Calibrated, ClassIdx, Classifier, ClassifierExt, Column, FeatureTable, Fit, Labeled, Schema,
    Timestamp, Window,
};

use crate::rows::{N, labels, near, noise, scores, weights};

/// Says its columns.
#[derive(Clone, Debug)]
struct Says(Schema);

impl Classifier for Says {
    fn schema(&self) -> &Schema {
        &self.0
    }

    fn n_classes(&self) -> usize {
        self.0.len()
    }

    fn probabilities(&self, row: &[f64], out: &mut [f64]) {
        out.copy_from_slice(row);
    }
}

fn says(probabilities: Array2<f64>) -> (Says, FeatureTable) {
    let columns = (0..probabilities.ncols()).map(|k| Column::number(format!("p{k}")));
    let schema = Schema::new(columns).unwrap();
    (Says(schema.clone()), FeatureTable::new(schema, probabilities).unwrap())
}

fn two(scores: &[f64]) -> Array2<f64> {
    Array2::from_shape_fn(
        (scores.len(), 2),
        |(i, k)| if k == 1 { scores[i] } else { 1.0 - scores[i] },
    )
}

#[test]
fn platt_is_that_of_scikit_learn() {
    // sklearn.calibration._sigmoid_calibration on the log-odds: slope and shift (there with the
    // other sign), to the tolerance of its optimiser.
    let expected =
        [(0.8945586280240254, 0.3641212332725816), (0.8692865898935241, 0.3845174965674464)];
    let (model, table) = says(two(&scores()));
    let (labels, of_each) = (labels(), weights());
    let data = Labeled::new(&table, &labels).unwrap();
    for (data, (slope, shift)) in [data, data.weighted(&of_each).unwrap()].into_iter().zip(expected)
    {
        let fitted =
            Calibration::new(CalibrationMethod::Platt).calibrate(model.clone(), &data).unwrap();
        for p in [0.02_f64, 0.3, 0.5, 0.9] {
            let score = slope * (p / (1.0 - p)).ln() - shift;
            near(fitted.corrected(ClassIdx::new(1), p), 1.0 / (1.0 + (-score).exp()), 1e-5);
        }
    }
}

#[test]
fn beta_is_that_of_most_likelihood() {
    // numpy 2, Newton's method to a gradient of 1e-14, at 0.05, 0.3, 0.5, 0.7, 0.95; the first of
    // the two slopes that descend held at 0. betacal 1.1.0 BetaCalibration("abm") agrees to 1e-3,
    // where its optimiser stops.
    let at = [0.05, 0.3, 0.5, 0.7, 0.95];
    let held = [
        0.0023240850857990194,
        0.18699542332097746,
        0.4599961676151762,
        0.6686426083414369,
        0.8152926281148435,
    ];
    let free = [
        0.0001113393148693209,
        0.05533070155992546,
        0.4375993198565746,
        0.9153587313096783,
        0.9998804448175252,
    ];
    let (model, table) = says(two(&scores()));
    let (labels, of_each) = (labels(), weights());
    let other: Vec<ClassIdx> = (0..N)
        .map(|i| {
            let square = ((i * 31) % 41).pow(2) as f64 / 30.0;
            ClassIdx::new(u32::from(square + ((i * 53) % 37) as f64 > 35.0))
        })
        .collect();
    let weighted = Labeled::new(&table, &labels).unwrap().weighted(&of_each).unwrap();
    let plain = Labeled::new(&table, &other).unwrap();
    for (data, expected) in [(weighted, held), (plain, free)] {
        let fitted =
            Calibration::new(CalibrationMethod::Beta).calibrate(model.clone(), &data).unwrap();
        for (p, expected) in at.into_iter().zip(expected) {
            near(fitted.corrected(ClassIdx::new(1), p), expected, 1e-7);
        }
    }
}

#[test]
fn temperature_is_that_of_least_log_loss() {
    // scipy 1.17.1 brentq on the slope of the log loss; scikit-learn's CalibratedClassifierCV(
    // method="temperature") agrees to six digits: 0.951452, 0.851612, 7.793019, 7.387701.
    let (model, table) = says(two(&scores()));
    let (labels, of_each) = (labels(), weights());
    let data = Labeled::new(&table, &labels).unwrap();
    let inverse = [0.9514519947950014, 0.8516121229293102];
    for (data, inverse) in [data, data.weighted(&of_each).unwrap()].into_iter().zip(inverse) {
        let fitted = Calibration::new(CalibrationMethod::Temperature)
            .calibrate(model.clone(), &data)
            .unwrap();
        let p = 0.3_f64;
        let expected = 1.0 / (1.0 + ((1.0 - p) / p).powf(inverse));
        near(fitted.corrected(ClassIdx::new(1), p), expected, 1e-9);
    }
    // Four classes.
    let classes: Vec<ClassIdx> =
        (0..N).map(|i| ClassIdx::from_usize((i * 29 + i / 7) % 4)).collect();
    let raw = Array2::from_shape_fn((N, 4), |(i, k)| {
        let own = if classes[i].index() == k { 6 + i % 5 } else { 0 };
        (1 + (i * (7 + 6 * k) + k) % 11 + own) as f64
    });
    let sums = raw.sum_axis(ndarray::Axis(1)).insert_axis(ndarray::Axis(1));
    let (model, table) = says(raw / sums);
    let data = Labeled::new(&table, &classes).unwrap();
    let inverse = [7.793018996069245, 7.387700622858386];
    for (data, inverse) in [data, data.weighted(&of_each).unwrap()].into_iter().zip(inverse) {
        let fitted = Calibration::new(CalibrationMethod::Temperature)
            .calibrate(model.clone(), &data)
            .unwrap();
        let (row, mut out) = ([0.4, 0.3, 0.2, 0.1], [0.0; 4]);
        fitted.probabilities(&row, &mut out);
        let powers = row.map(|p: f64| p.powf(inverse));
        for (found, power) in out.iter().zip(powers) {
            near(*found, power / powers.iter().sum::<f64>(), 1e-9);
        }
    }
}

fn drawn(seed: u64, n: usize, n_classes: usize) -> (FeatureTable, Vec<ClassIdx>) {
    let schema = Schema::new(["a", "b"].map(Column::number)).unwrap();
    let cells = Array2::from_shape_fn((n, 2), |(i, j)| noise(seed, 3 * i + j));
    let label = |i: usize| {
        let score = 0.6 * cells[[i, 0]] + 0.4 * noise(seed, 3 * i + 2);
        ClassIdx::from_usize(((score * n_classes as f64) as usize).min(n_classes - 1))
    };
    let labels = (0..n).map(label).collect();
    (FeatureTable::new(schema, cells).unwrap(), labels)
}

#[test]
fn across_folds_it_mends_a_deep_tree_without_rows_of_its_own() {
    let (table, labels) = drawn(1, 600, 2);
    let data = Labeled::new(&table, &labels).unwrap();
    let (later, truth) = drawn(2, 4000, 2);
    let splits = StratifiedKFold::new(5).splits(&labels).unwrap();
    let tree = DecisionTree::new().max_depth(8);
    let error = |model: &dyn Classifier| {
        let probabilities = model.predict_probabilities(&later).unwrap();
        let scored = Scored::of_class(probabilities.view(), &truth, ClassIdx::new(1)).unwrap();
        (
            scored.brier().unwrap(),
            scored.calibration_curve(Binning::EqualCount(10)).unwrap().expected_error(),
        )
    };
    let raw = tree.fit(&data).unwrap();
    let before = error(&raw);
    let window = Window { start: Timestamp::from_seconds(0), end: Timestamp::from_seconds(9) };
    for method in
        [CalibrationMethod::Platt, CalibrationMethod::Temperature, CalibrationMethod::Isotonic]
    {
        let calibration = Calibration::new(method).window(window);
        let one = calibration.cross_fit(&tree, &data, &splits).unwrap();
        assert_eq!(one.uncalibrated(), &raw);
        let many = calibration.ensemble(&tree, &data, &splits).unwrap();
        assert_eq!(many.members().len(), 5);
        for (record, found) in
            [(one.calibration(), error(&one)), (many.calibration(), error(&many))]
        {
            assert_eq!((record.n_rows, record.window), (600, Some(window)));
            assert!(found.0 < before.0 && found.1 < before.1, "{method:?} {found:?} {before:?}");
        }
        // An ensemble of trees is better than one.
        assert!(error(&many).0 < error(&one).0);
    }
    let error = Calibration::new(CalibrationMethod::Platt).ensemble(&tree, &data, &[]).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::NoRows { .. }));
}

#[test]
fn bins_say_how_sure_they_are_and_errors_lose_what_chance_adds() {
    // statsmodels 0.15.0: proportion_confint(13, 40, method="wilson").
    let outcomes: Vec<ClassIdx> = (0..40).map(|i| ClassIdx::new(u32::from(i < 13))).collect();
    let curve = Scored::new(&[0.3; 40], &outcomes)
        .unwrap()
        .calibration_curve(Binning::EqualWidth(5))
        .unwrap();
    let interval = curve.bins[0].interval(0.95).unwrap();
    near(interval.low, 0.20084502231782703, 1e-12);
    near(interval.high, 0.4798225381012234, 1e-12);
    assert!(curve.bins[0].interval(1.0).is_err());
    // Twice the weight tells no more.
    let weighted = Scored::weighted(&[0.3; 40], &outcomes, &[2.0; 40]).unwrap();
    let bin = weighted.calibration_curve(Binning::EqualWidth(5)).unwrap().bins[0];
    assert_eq!(bin.interval(0.95).unwrap(), interval);
    // Perfect probabilities: what is left of the plain error over many bins is chance alone.
    let (mut plain, mut debiased) = (0.0, 0.0);
    for seed in 0..50 {
        let scores: Vec<f64> = (0..500).map(|i| noise(seed, 2 * i)).collect();
        let outcome = |i: usize| ClassIdx::new(u32::from(noise(seed, 2 * i + 1) < scores[i]));
        let outcomes: Vec<ClassIdx> = (0..500).map(outcome).collect();
        let curve = Scored::new(&scores, &outcomes)
            .unwrap()
            .calibration_curve(Binning::EqualCount(50))
            .unwrap();
        plain += curve.rms_error() / 50.0;
        debiased += curve.debiased_rms_error() / 50.0;
        assert!(curve.expected_error() <= curve.rms_error() + 1e-15);
    }
    assert!(plain > 0.11 && debiased < 0.05, "{plain} {debiased}");
}

#[cfg(all(feature = "serde", feature = "rayon"))]
#[test]
fn ensembles_keep_the_contract() {
    use patronage_classify::LogisticRegression;
    use patronage_core::Provenance;
    use patronage_testkit::{
        check_calibrated, check_classifier, check_same_on_any_pool, check_saved_model,
    };
    for n_classes in [2, 3] {
        let (table, labels) = drawn(3, 200, n_classes);
        let data = Labeled::new(&table, &labels).unwrap();
        let splits = StratifiedKFold::new(3).splits(&labels).unwrap();
        for method in [CalibrationMethod::Beta, CalibrationMethod::Temperature] {
            let calibration = Calibration::new(method);
            let tree = DecisionTree::new().max_depth(4);
            let model = calibration.ensemble(&tree, &data, &splits).unwrap();
            check_classifier(&model, &table);
            check_calibrated(&model);
            check_saved_model(&model, Provenance { schema: None, training: None });
            let one = calibration.cross_fit(&tree, &data, &splits).unwrap();
            check_classifier(&one, &table);
            check_saved_model(&one, Provenance { schema: None, training: None });
            check_same_on_any_pool(
                || calibration.ensemble(&tree, &data, &splits).unwrap(),
                |a, b| a == b,
            );
            check_same_on_any_pool(
                || calibration.cross_fit(&LogisticRegression::new(), &data, &splits).unwrap(),
                |a, b| a == b,
            );
        }
    }
}
