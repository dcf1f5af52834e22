//! What segmenters promise.

use ndarray::{Array2, ArrayView2, Axis, concatenate};
use patronage_core::{
    FeatureTable, Features, Schema, SegmentIdx, Segmenter, SegmenterExt, SoftSegmenter,
    SoftSegmenterExt,
};

use crate::layouts::{first_rows, in_every_layout, into_every_layout};
use crate::rows::{extreme_rows, random_rows};
use crate::schemas::check_refusals;
use crate::threads::{same_again, same_bits};

/// The rows at hand, 64 random ones that the schema admits, and its corners, row-major; at least one.
pub(crate) fn rows_and_extremes(schema: &Schema, features: &dyn Features) -> Array2<f64> {
    schema.check(features.schema()).expect("the features have the model's schema");
    let values = features.values();
    assert_eq!(values.ncols(), schema.len(), "one column of cells for each of the schema");
    let random = random_rows(schema, 64, 0x5eed);
    let corners = extreme_rows(schema);
    let rows = concatenate(Axis(0), &[values, random.view(), corners.view()]).expect("one width");
    rows.as_standard_layout().into_owned()
}

/// The rows of a row-major matrix as slices.
pub(crate) fn slices<'a>(rows: &'a ArrayView2<'a, f64>) -> impl Iterator<Item = &'a [f64]> {
    rows.rows().into_iter().map(|row| row.to_slice().expect("the matrix is row-major"))
}

/// Checks what a [`Segmenter`] promises: a segment below `n_segments` for any row its schema
/// admits, batches in any memory layout equal to single rows, the same answer again and on any
/// thread, and rows of another schema refused.
///
/// `features` must have the model's schema; it may have no row.
///
/// # Panics
///
/// When a promise is broken; the message names it.
pub fn check_segmenter(model: &dyn Segmenter, features: &dyn Features) {
    let rows = rows_and_extremes(model.schema(), features);
    let n_segments = model.n_segments();
    assert!(n_segments > 0, "a segmenter has a segment for every row, so at least one");
    let single: Vec<SegmentIdx> = slices(&rows.view()).map(|row| model.segment(row)).collect();
    for (row, segment) in single.iter().enumerate() {
        assert!(
            segment.index() < n_segments,
            "row {row}: {segment} lies below n_segments = {n_segments}; {:?}",
            rows.row(row)
        );
    }
    in_every_layout(rows.view(), |layout, rows| {
        let mut batch = vec![SegmentIdx::new(u32::MAX); rows.nrows()];
        model.segment_rows(rows, &mut batch);
        if let Some(row) = (0..single.len()).find(|&row| single[row] != batch[row]) {
            let (single, batch) = (single[row], batch[row]);
            panic!(
                "{layout} batch, row {row}: expected {single} as for the row alone, found {batch}; {:?}",
                rows.row(row)
            );
        }
    });
    let mut first = vec![SegmentIdx::new(u32::MAX)];
    model.segment_rows(first_rows(rows.view(), 1), &mut first);
    assert_eq!(first[0], single[0], "a batch of one row equals the row alone");
    model.segment_rows(first_rows(rows.view(), 0), &mut []);
    for segment in SegmentIdx::all(n_segments) {
        let name = model.name(segment);
        assert!(name.is_none_or(|name| !name.is_empty()), "the name of {segment} is not empty");
    }
    let again = || slices(&rows.view()).map(|row| model.segment(row)).collect::<Vec<_>>();
    same_again(&single, "segment", again, |a, b| a == b);
    let table = FeatureTable::new(model.schema().clone(), rows.clone()).expect("admitted rows");
    assert_eq!(model.assign(&table).expect("the model's schema"), single, "assign equals segment");
    check_refusals(model.schema(), |f| model.assign(f), |s| model.bind(s).map(drop));
}

/// Checks what a [`SoftSegmenter`] promises: memberships of at least 0 that sum to 1 within 1e-9 for
/// any row its schema admits, batches in any memory layout equal to single rows within 1e-12, the
/// same bits again and on any thread, and rows of another schema refused.
///
/// `features` must have the model's schema; it may have no row.
///
/// # Panics
///
/// When a promise is broken; the message names it.
pub fn check_soft_segmenter(model: &dyn SoftSegmenter, features: &dyn Features) {
    let rows = rows_and_extremes(model.schema(), features);
    check_shares(
        &rows,
        model.n_segments(),
        |row, out| model.memberships(row, out),
        |rows, out| model.memberships_rows(rows, out),
    );
    check_refusals(model.schema(), |f| model.assign_soft(f), |s| model.bind_soft(s).map(drop));
}

/// Checks a verb that writes shares of one: sums, batches, layouts, threads.
pub(crate) fn check_shares(
    rows: &Array2<f64>,
    width: usize,
    single: impl Fn(&[f64], &mut [f64]) + Sync,
    batch: impl Fn(ArrayView2<'_, f64>, ndarray::ArrayViewMut2<'_, f64>),
) {
    assert!(width > 0, "at least one share");
    let all = || {
        // What stood in the slice before must not show.
        let mut shares = Array2::from_elem((rows.nrows(), width), f64::NAN);
        for (row, mut out) in slices(&rows.view()).zip(shares.rows_mut()) {
            single(row, out.as_slice_mut().expect("the matrix is row-major"));
        }
        shares
    };
    let expected = all();
    for (row, shares) in expected.rows().into_iter().enumerate() {
        let cells = rows.row(row);
        assert!(
            shares.iter().all(|&share| (0.0..=1.0 + 1e-9).contains(&share)),
            "row {row}: shares lie in [0, 1], found {shares:?} for {cells:?}"
        );
        let sum = shares.sum();
        assert!((sum - 1.0).abs() <= 1e-9, "row {row}: shares sum to 1, found {sum} for {cells:?}");
    }
    let equal = |found: &Array2<f64>, n: usize, what: &str| {
        for row in 0..n {
            let (a, b) = (expected.row(row), found.row(row));
            assert!(
                a.iter().zip(&b).all(|(a, b)| (a - b).abs() <= 1e-12),
                "{what}, row {row}: expected {a:?} as for the row alone, found {b:?} for {:?}",
                rows.row(row)
            );
        }
    };
    in_every_layout(rows.view(), |layout, rows| {
        let mut out = Array2::from_elem(expected.dim(), f64::NAN);
        batch(rows, out.view_mut());
        equal(&out, rows.nrows(), &format!("{layout} batch"));
    });
    for n in [rows.nrows(), 1, 0] {
        let rows = first_rows(rows.view(), n);
        for (layout, out) in into_every_layout((n, width), f64::NAN, |out| batch(rows, out)) {
            equal(&out, n, &format!("batch of {n} rows into {layout} memory"));
        }
    }
    same_again(&expected, "shares", all, |a, b| {
        same_bits(a.as_slice().unwrap_or(&[]), b.as_slice().unwrap_or(&[f64::NAN]))
    });
}
