//! What regressors promise.

use patronage_core::{FeatureTable, Features, Regressor, RegressorExt};

use crate::layouts::{first_rows, in_every_layout};
use crate::schemas::check_refusals;
use crate::segmenter::{rows_and_extremes, slices};
use crate::threads::{same_again, same_bits};

/// Checks what a [`Regressor`] promises: a finite number for any row its schema admits, batches in
/// any memory layout equal to single rows within 1e-12 relative, the same bits again and on any
/// thread, and rows of another schema refused.
///
/// `features` must have the model's schema; it may have no row.
///
/// # Panics
///
/// When a promise is broken; the message names it.
pub fn check_regressor(model: &dyn Regressor, features: &dyn Features) {
    let rows = rows_and_extremes(model.schema(), features);
    let all = || slices(&rows.view()).map(|row| model.value(row)).collect::<Vec<f64>>();
    let single = all();
    for (row, value) in single.iter().enumerate() {
        assert!(
            value.is_finite(),
            "row {row}: a finite number, found {value} for {:?}",
            rows.row(row)
        );
    }
    let equal = |batch: &[f64], what: &str| {
        for (row, (&expected, &found)) in single.iter().zip(batch).enumerate() {
            let near = expected == found
                || (expected - found).abs() <= 1e-12 * expected.abs().max(found.abs());
            assert!(
                near,
                "{what}, row {row}: expected {expected} as for the row alone, found {found}"
            );
        }
    };
    in_every_layout(rows.view(), |layout, rows| {
        let mut out = vec![f64::NAN; rows.nrows()];
        model.value_rows(rows, &mut out);
        equal(&out, &format!("{layout} batch"));
    });
    for n in [0, 1] {
        let mut out = vec![f64::NAN; n];
        model.value_rows(first_rows(rows.view(), n), &mut out);
        equal(&out, &format!("batch of {n} rows"));
    }
    same_again(&single, "value", all, |a, b| same_bits(a, b));
    let table = FeatureTable::new(model.schema().clone(), rows.clone()).expect("admitted rows");
    equal(&model.predict(&table).expect("the model's schema"), "predict");
    check_refusals(model.schema(), |f| model.predict(f), |s| model.bind(s).map(drop));
}
