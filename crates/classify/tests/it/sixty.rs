//! Sixty rows made by whole-number formulas, on which the figures of other libraries were made.

use ndarray::Array2;
use patronage_core::{ClassIdx, Column, FeatureTable, Schema};

pub(crate) const N: usize = 60;

/// `(i * 37 % 101) / 10`, `i * 53 % 67`, `i * 7 % 5`.
pub(crate) fn table() -> FeatureTable {
    let cell = |(i, j)| match j {
        0 => ((i * 37) % 101) as f64 / 10.0,
        1 => ((i * 53) % 67) as f64,
        _ => ((i * 7) % 5) as f64,
    };
    let schema = Schema::new(["x1", "x2", "x3"].map(Column::number)).unwrap();
    FeatureTable::new(schema, Array2::from_shape_fn((N, 3), cell)).unwrap()
}

/// Other rows of the same columns.
pub(crate) fn queries() -> FeatureTable {
    let cell = |(i, j)| match j {
        0 => ((i * 13) % 97) as f64 / 9.0,
        1 => ((i * 31) % 59) as f64,
        _ => ((i * 3) % 5) as f64,
    };
    let schema = Schema::new(["x1", "x2", "x3"].map(Column::number)).unwrap();
    FeatureTable::new(schema, Array2::from_shape_fn((N, 3), cell)).unwrap()
}

pub(crate) fn two_classes() -> Vec<ClassIdx> {
    let table = table();
    let of = |i: usize| {
        let row = table.row(i);
        let noise = ((i * 29) % 13) as f64 - 12.0;
        ClassIdx::new(u32::from(row[0] + 0.1 * row[1] + noise > 3.0))
    };
    (0..N).map(of).collect()
}

pub(crate) fn three_classes() -> Vec<ClassIdx> {
    let table = table();
    let two = two_classes().into_iter().enumerate();
    two.map(|(i, y)| ClassIdx::new(y.get() + u32::from(table.row(i)[2] > 2.0))).collect()
}

/// `3 x1 + x2 / 2 + i * 17 % 11`.
pub(crate) fn numbers() -> Vec<f64> {
    let table = table();
    let of = |i: usize| table.row(i)[0] * 3.0 + table.row(i)[1] * 0.5 + ((i * 17) % 11) as f64;
    (0..N).map(of).collect()
}

/// 1 to 4.
pub(crate) fn weights() -> Vec<f64> {
    (0..N).map(|i| 1.0 + ((i * 11) % 4) as f64).collect()
}

/// Each row as often as its weight says.
pub(crate) fn repeated() -> Vec<u32> {
    let weights = weights();
    (0..N).flat_map(|i| std::iter::repeat_n(i as u32, weights[i] as usize)).collect()
}

pub(crate) fn near(found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len());
    for (at, (f, e)) in found.iter().zip(expected).enumerate() {
        assert!((f - e).abs() <= tolerance, "{at}: expected {e}, found {f}");
    }
}
