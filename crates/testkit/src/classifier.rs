//! What classifiers promise.

use patronage_core::{
    Calibrated, Classifier, ClassifierExt, FeatureTable, Features, most_probable,
};

use crate::schemas::check_refusals;
use crate::segmenter::{check_shares, rows_and_extremes};

/// Checks what a [`Classifier`] promises: probabilities of at least 0 that sum to 1 within 1e-9 for
/// any row its schema admits, batches in any memory layout equal to single rows within 1e-12, the
/// same bits again and on any thread, and rows of another schema refused.
///
/// `features` must have the model's schema; it may have no row.
///
/// # Panics
///
/// When a promise is broken; the message names it.
pub fn check_classifier(model: &dyn Classifier, features: &dyn Features) {
    let rows = rows_and_extremes(model.schema(), features);
    check_shares(
        &rows,
        model.n_classes(),
        |row, out| model.probabilities(row, out),
        |rows, out| model.probabilities_rows(rows, out),
    );
    let table = FeatureTable::new(model.schema().clone(), rows).expect("admitted rows");
    let probabilities = model.predict_probabilities(&table).expect("the model's schema");
    let classes = model.predict(&table).expect("the model's schema");
    for (row, (class, shares)) in classes.iter().zip(probabilities.rows()).enumerate() {
        let best = most_probable(shares.iter().copied());
        assert_eq!(*class, best, "row {row}: the class predicted is the most probable");
    }
    check_refusals(model.schema(), |f| model.predict_probabilities(f), |s| model.bind(s).map(drop));
}

/// Checks what a [`Calibrated`] model promises: evidence of a named method on at least one row,
/// in a window that ends after it starts, the same at every call.
///
/// Whether the numbers are calibrated on data at hand is a question of statistics, for the
/// implementor's own tests.
///
/// # Panics
///
/// When a promise is broken; the message names it.
pub fn check_calibrated(model: &dyn Calibrated) {
    let record = model.calibration();
    assert!(!record.method.trim().is_empty(), "the method of calibration has a name");
    assert!(record.n_rows > 0, "a calibration rests on at least one row");
    if let Some(window) = record.window {
        assert!(window.start < window.end, "the window of calibration ends after it starts");
    }
    assert_eq!(record, model.calibration(), "the calibration record is the same at every call");
}
