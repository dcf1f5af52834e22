//! Customers of a telephone company that does not exist.

use ndarray::Array2;
use patronage::core::{BoxError, ClassIdx, Column, FeatureTable, Schema};

/// Four thousand customers whose chance to leave is known, but not told.
pub(crate) fn customers() -> Result<(FeatureTable, Vec<ClassIdx>), BoxError> {
    let mut state = 11_u64;
    let mut draw = move || {
        // A step of a linear congruential generator, of which the high bits are used.
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    let (mut cells, mut labels) = (Vec::new(), Vec::new());
    for _ in 0..4_000 {
        let months = (draw() * draw() * 72.0).floor();
        let contract = (draw() * 3.0).floor();
        let monthly = 20.0 + (draw() * 80.0).round();
        let automatic = f64::from(u8::from(draw() < 0.4));
        // Days since the last complaint, of those who ever complained.
        let complaint = if draw() < 0.3 { (draw() * 365.0).floor() } else { f64::NAN };
        let angry = if complaint < 60.0 { 1.5 } else { 0.0 };
        let score = 0.2 - 0.05 * months - 1.4 * contract + 0.02 * (monthly - 60.0) + angry
            - 0.5 * automatic
            + if months < 6.0 && monthly > 70.0 { 1.0 } else { 0.0 };
        let left = draw() < 1.0 / (1.0 + (-score).exp());
        cells.extend([months, contract, monthly, automatic, complaint]);
        labels.push(ClassIdx::new(u32::from(left)));
    }
    let schema = Schema::new([
        Column::number("months"),
        Column::category("contract", ["monthly", "one year", "two years"]),
        Column::number("monthly_charge"),
        Column::flag("pays_automatically"),
        Column::nullable("days_since_complaint"),
    ])?;
    let cells = Array2::from_shape_vec((labels.len(), 5), cells)?;
    Ok((FeatureTable::new(schema, cells)?, labels))
}
