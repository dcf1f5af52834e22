//! What linfa does not check, checked before it is asked.

use std::panic::{AssertUnwindSafe, catch_unwind};

use patronage_core::{ClassIdx, Column, ColumnKind, Label, Labeled, Schema};

use crate::error::{Error, ErrorKind};

/// The greatest magnitude whose square, summed over any table that fits into memory, is finite.
pub(crate) const MOST: f64 = 1e140;

/// A cell as a model that squares or multiplies takes it: beyond ±1e140 the bound itself.
pub(crate) fn bounded(cell: f64) -> f64 {
    cell.clamp(-MOST, MOST)
}

/// How large the cells may be.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Magnitude {
    /// Any finite number.
    Finite,
    /// At most [`MOST`].
    Moderate,
}

/// Refuses no columns, and columns that may hold NaN.
pub(crate) fn check_schema(schema: &Schema) -> Result<(), Error> {
    if schema.is_empty() {
        return Err(ErrorKind::NoColumns.into());
    }
    let nullable = |column: &&Column| matches!(column.kind(), ColumnKind::NullableNumber);
    if let Some(column) = schema.columns().iter().find(nullable) {
        return Err(ErrorKind::Nullable { column: column.name().to_owned() }.into());
    }
    Ok(())
}

/// Refuses no rows, and the first cell that is not finite or too large, with its place.
///
/// `row_index` says where in the caller's table a row of `cells` stands.
pub(crate) fn check_cells(
    schema: &Schema,
    cells: ndarray16::ArrayView2<'_, f64>,
    magnitude: Magnitude,
    row_index: impl Fn(usize) -> usize,
) -> Result<(), Error> {
    if cells.nrows() == 0 {
        return Err(ErrorKind::NoRows.into());
    }
    let admits = |cell: f64| match magnitude {
        Magnitude::Finite => cell.is_finite(),
        Magnitude::Moderate => cell.abs() <= MOST,
    };
    for (position, row) in cells.rows().into_iter().enumerate() {
        if let Some(column) = row.iter().position(|&cell| !admits(cell)) {
            return Err(patronage_core::ErrorKind::Cell {
                row: row_index(position),
                column: schema.columns()[column].name().to_owned(),
                expected: match magnitude {
                    Magnitude::Finite => "a finite number",
                    Magnitude::Moderate => "a number from -1e140 to 1e140",
                },
                found: row[column],
            }
            .into());
        }
    }
    // A nullable column is refused even where no value is missing: rows to come may miss one.
    // The cells come first, because a cell's place says more than a column's name.
    check_schema(schema)
}

/// Refuses no segment, and more segments than rows.
pub(crate) fn check_segments(n_segments: usize, n_rows: usize) -> Result<(), Error> {
    if n_segments == 0 {
        let (name, expected) = ("n_segments", "at least 1");
        return Err(ErrorKind::Parameter { name, expected, found: 0.0 }.into());
    }
    if n_segments > n_rows {
        return Err(ErrorKind::TooFewRows { n_segments, n_rows }.into());
    }
    Ok(())
}

/// Refuses a parameter that is not as expected.
pub(crate) fn check_parameter(
    name: &'static str,
    expected: &'static str,
    found: f64,
    is_valid: impl FnOnce(f64) -> bool,
) -> Result<(), Error> {
    if is_valid(found) {
        return Ok(());
    }
    Err(ErrorKind::Parameter { name, expected, found }.into())
}

/// The classes that occur, ascending, and the position among them of each row's class.
///
/// linfa wants labels without gaps; a class that no row has keeps probability 0.
pub(crate) fn dense_classes(data: &Labeled<'_, ClassIdx>) -> (Vec<ClassIdx>, Vec<usize>) {
    let labels: Vec<ClassIdx> = (0..data.len()).map(|position| data.label(position)).collect();
    let mut classes = labels.clone();
    classes.sort_unstable();
    classes.dedup();
    let position =
        |class: &ClassIdx| classes.binary_search(class).expect("classes holds each label");
    let dense = labels.iter().map(position).collect();
    (classes, dense)
}

/// The number of classes: one more than the greatest in the whole table, so that a resample which
/// misses a class still has a place for it.
pub(crate) fn n_classes(data: &Labeled<'_, ClassIdx>) -> usize {
    data.labels().iter().max().map_or(1, |last| last.index() + 1)
}

/// Refuses weights on behalf of an estimator that would ignore them in silence.
pub(crate) fn check_unweighted<Y: Label>(
    data: &Labeled<'_, Y>,
    estimator: &'static str,
) -> Result<(), Error> {
    if data.is_weighted() { Err(ErrorKind::Weighted { estimator }.into()) } else { Ok(()) }
}

/// The weights of the rows that take part, in single precision; none where none were given.
pub(crate) fn weights<Y: Label>(data: &Labeled<'_, Y>) -> Result<Vec<f32>, Error> {
    if !data.is_weighted() {
        return Ok(Vec::new());
    }
    let weight = |position| {
        let found = data.weight(position);
        if found <= 1e30 {
            Ok(found as f32)
        } else {
            Err(ErrorKind::Weight { position, found }.into())
        }
    };
    (0..data.len()).map(weight).collect()
}

/// Runs `work`; a panic inside linfa comes back as an error (where panics unwind).
pub(crate) fn caught<T>(work: impl FnOnce() -> T) -> Result<T, Error> {
    // What `work` borrows is either immutable or dropped with it, so no broken state is seen.
    catch_unwind(AssertUnwindSafe(work)).map_err(|payload| {
        let message = payload
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
            .or_else(|| payload.downcast_ref::<String>().cloned())
            .unwrap_or_default();
        ErrorKind::Panicked { message }.into()
    })
}

/// Makes a row a probability distribution: what is no number above 0 counts as 0, and where
/// nothing is left `fallback` stands.
pub(crate) fn distribute(row: &mut [f64], fallback: impl Fn(usize) -> f64) {
    for weight in row.iter_mut() {
        // Of NaN and 0 the greater is 0.
        *weight = weight.max(0.0);
    }
    let total: f64 = row.iter().sum();
    if total > 0.0 && total.is_finite() {
        row.iter_mut().for_each(|weight| *weight /= total);
    } else {
        row.iter_mut().enumerate().for_each(|(i, weight)| *weight = fallback(i));
    }
}

/// Turns logarithms of weights into weights that sum to 1, without overflow.
pub(crate) fn soft_max(row: &mut [f64], fallback: impl Fn(usize) -> f64) {
    let most = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    row.iter_mut().for_each(|log| *log = (*log - most).exp());
    distribute(row, fallback);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distribution_survives_what_is_no_number() {
        let cases = [
            ([1.0, 3.0], [0.25, 0.75]),
            ([f64::NAN, 2.0], [0.0, 1.0]),
            ([f64::NAN, f64::NAN], [0.5, 0.5]),
            ([0.0, 0.0], [0.5, 0.5]),
            ([f64::INFINITY, 1.0], [0.5, 0.5]),
            ([-1.0, 1.0], [0.0, 1.0]),
        ];
        for (mut row, expected) in cases {
            distribute(&mut row, |_| 0.5);
            assert_eq!(row, expected);
        }
    }

    #[test]
    fn a_soft_maximum_neither_overflows_nor_underflows() {
        let mut row = [-1e300, -1e300];
        soft_max(&mut row, |_| 0.0);
        assert_eq!(row, [0.5, 0.5]);
        let mut row = [800.0, 0.0];
        soft_max(&mut row, |_| 0.0);
        assert_eq!(row[0], 1.0);
        let mut row = [f64::NEG_INFINITY; 2];
        soft_max(&mut row, |_| 0.5);
        assert_eq!(row, [0.5, 0.5]);
    }

    #[test]
    fn a_panic_is_an_error() {
        let error = caught(|| -> u8 { panic!("no rows in {}", "linfa") }).unwrap_err();
        assert_eq!(error.to_string(), "linfa panicked: no rows in linfa");
    }
}
