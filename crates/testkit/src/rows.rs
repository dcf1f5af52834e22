//! Rows that a schema admits.

use ndarray::Array2;
use patronage_core::{ColumnKind, Schema};

use crate::draws::Draws;

/// Finite numbers at which arithmetic that is careless overflows, underflows or loses its sign.
const EXTREMES: [f64; 8] = [1e300, -1e300, f64::MAX, f64::MIN, 5e-324, -5e-324, 0.0, -0.0];

/// `n` random rows that `schema` admits, one cell in eight an extreme: of shape `(n, schema.len())`.
///
/// Numbers reach ± 1.8e308, missing cells are NaN where the column is nullable, categories take
/// every level and the code for the unseen, dates reach the ends of their range.
#[must_use]
pub fn random_rows(schema: &Schema, n: usize, seed: u64) -> Array2<f64> {
    rows(schema, n, seed, 8)
}

/// `n` random rows that `schema` admits, of ordinary size: of shape `(n, schema.len())`.
#[must_use]
pub fn ordinary_rows(schema: &Schema, n: usize, seed: u64) -> Array2<f64> {
    rows(schema, n, seed, usize::MAX)
}

/// Rows in which every column goes through its corners, alone and with all others.
///
/// Corners of a number are ± 1.8e308, ± 1e300, ± 5e-324, 0 and -0, and NaN where it may be missing;
/// of a category its levels (the first 32) and the code for the unseen; of a flag both; of a date the
/// ends of its range. About ten rows a column.
#[must_use]
pub fn extreme_rows(schema: &Schema) -> Array2<f64> {
    let corners: Vec<Vec<f64>> = schema.columns().iter().map(|c| corners(c.kind())).collect();
    let most = corners.iter().map(Vec::len).max().unwrap_or(0);
    let n = corners.iter().map(Vec::len).sum::<usize>() + most;
    let mut rows = ordinary_rows(schema, n, 1);
    let mut position = 0;
    for (column, corners) in corners.iter().enumerate() {
        for &corner in corners {
            rows[[position, column]] = corner;
            position += 1;
        }
    }
    for turn in 0..most {
        for (column, corners) in corners.iter().enumerate() {
            rows[[position + turn, column]] = corners[turn % corners.len()];
        }
    }
    rows
}

fn corners(kind: &ColumnKind) -> Vec<f64> {
    match kind {
        ColumnKind::Number => EXTREMES.to_vec(),
        ColumnKind::NullableNumber => [&EXTREMES[..], &[f64::NAN]].concat(),
        ColumnKind::Category { levels, unseen } => {
            let mut codes: Vec<f64> = (0..levels.len().min(32)).map(|code| code as f64).collect();
            codes.push(f64::from(*unseen));
            codes
        }
        ColumnKind::Flag => vec![0.0, 1.0],
        ColumnKind::Date => vec![f64::from(i32::MIN), f64::from(i32::MAX)],
        // A kind this crate does not know yet.
        _ => vec![0.0],
    }
}

fn rows(schema: &Schema, n: usize, seed: u64, one_extreme_in: usize) -> Array2<f64> {
    let mut draws = Draws::new(seed);
    Array2::from_shape_fn((n, schema.len()), |(_, column)| {
        cell(schema.columns()[column].kind(), &mut draws, one_extreme_in)
    })
}

fn cell(kind: &ColumnKind, draws: &mut Draws, one_extreme_in: usize) -> f64 {
    let extreme = draws.below(one_extreme_in) == 0;
    match kind {
        ColumnKind::Number if extreme => EXTREMES[draws.below(EXTREMES.len())],
        ColumnKind::Number => number(draws),
        ColumnKind::NullableNumber if draws.below(5) == 0 => f64::NAN,
        ColumnKind::NullableNumber if extreme => EXTREMES[draws.below(EXTREMES.len())],
        ColumnKind::NullableNumber => number(draws),
        ColumnKind::Category { levels, unseen } => {
            let code = draws.below(levels.len() + 1);
            if code == levels.len() { f64::from(*unseen) } else { code as f64 }
        }
        ColumnKind::Flag => draws.below(2) as f64,
        ColumnKind::Date if extreme => f64::from([i32::MIN, i32::MAX][draws.below(2)]),
        ColumnKind::Date => (10_000 + draws.below(10_000)) as f64,
        // A kind this crate does not know yet: nothing is drawn but zero.
        _ => 0.0,
    }
}

/// Numbers of several shapes and sizes: counts, measures around zero, shares, sums of money.
fn number(draws: &mut Draws) -> f64 {
    match draws.below(4) {
        0 => draws.below(20) as f64,
        1 => draws.normal(),
        2 => draws.uniform(),
        _ => draws.normal() * 1e4,
    }
}

#[cfg(test)]
mod tests {
    use patronage_core::{Column, FeatureTable, Schema};

    use super::{extreme_rows, random_rows};

    #[test]
    fn every_row_is_admitted_and_every_corner_is_reached() {
        let columns = [
            Column::number("x"),
            Column::nullable("y"),
            Column::category("c", ["a", "b"]),
            Column::flag("f"),
            Column::date("d"),
        ];
        let schema = Schema::new(columns).unwrap();
        let rows = random_rows(&schema, 500, 1);
        let reached = |column: usize, f: &dyn Fn(f64) -> bool| {
            assert!(rows.column(column).iter().any(|&cell| f(cell)), "column {column}");
        };
        reached(0, &|x| x == f64::MAX);
        reached(1, &f64::is_nan);
        reached(2, &|x| x == 2.0);
        reached(4, &|x| x == f64::from(i32::MIN));
        FeatureTable::new(schema.clone(), rows).unwrap();
        let corners = extreme_rows(&schema);
        assert_eq!(corners.nrows(), 8 + 9 + 3 + 2 + 2 + 9);
        FeatureTable::new(schema, corners).unwrap();
        let none = Schema::new([]).unwrap();
        assert_eq!(extreme_rows(&none).dim(), (0, 0));
    }
}
