//! Sparse rows against a map of cells.

use std::collections::BTreeMap;

use patronage_core::Csr;
use proptest::prelude::*;

/// A shape and entries inside it, in any order, with repetitions.
fn entries() -> impl Strategy<Value = (usize, usize, Vec<(u32, u32, i64)>)> {
    (0_usize..8, 0_usize..8).prop_flat_map(|(n_rows, n_columns)| {
        let cells = if n_rows * n_columns == 0 { 0 } else { 60 };
        let entry = (0..n_rows.max(1) as u32, 0..n_columns.max(1) as u32, -9_i64..9);
        (Just(n_rows), Just(n_columns), prop::collection::vec(entry, 0..=cells))
    })
}

/// All cells of a matrix, after looking at it row by row.
fn cells(matrix: &Csr<i64>) -> BTreeMap<(u32, u32), i64> {
    let mut cells = BTreeMap::new();
    for row in 0..matrix.n_rows() {
        let (columns, values) = matrix.row(row);
        assert_eq!(columns.len(), values.len());
        assert!(columns.windows(2).all(|pair| pair[0] < pair[1]));
        for (&column, &value) in columns.iter().zip(values) {
            cells.insert((row as u32, column), value);
        }
    }
    assert_eq!(cells.len(), matrix.n_entries());
    cells
}

proptest! {
    #[test]
    fn entries_are_merged_in_the_order_given((n_rows, n_columns, entries) in entries()) {
        // Not commutative, so that the order shows.
        let merge = |sum: &mut i64, value: &i64| *sum = sum.wrapping_mul(3).wrapping_add(*value);
        let matrix = Csr::from_entries(n_rows, n_columns, &entries, merge).unwrap();
        let mut expected = BTreeMap::new();
        for &(row, column, value) in &entries {
            expected.entry((row, column)).and_modify(|sum| merge(sum, &value)).or_insert(value);
        }
        prop_assert_eq!(matrix.n_rows(), n_rows);
        prop_assert_eq!(matrix.n_columns(), n_columns);
        prop_assert_eq!(cells(&matrix), expected);
    }

    #[test]
    fn transposing_swaps_and_twice_is_nothing((n_rows, n_columns, entries) in entries()) {
        let matrix = Csr::from_entries(n_rows, n_columns, &entries, |sum, value| *sum += value).unwrap();
        let transposed = matrix.transpose();
        prop_assert_eq!((transposed.n_rows(), transposed.n_columns()), (n_columns, n_rows));
        let swapped: BTreeMap<_, _> = cells(&matrix).into_iter().map(|((r, c), v)| ((c, r), v)).collect();
        prop_assert_eq!(cells(&transposed), swapped);
        prop_assert_eq!(transposed.transpose(), matrix);
    }

    #[test]
    fn mapping_keeps_the_pattern((n_rows, n_columns, entries) in entries()) {
        let matrix = Csr::from_entries(n_rows, n_columns, &entries, |_, _| {}).unwrap();
        let doubled = matrix.map(|value| 2 * value);
        let expected: BTreeMap<_, _> = cells(&matrix).into_iter().map(|(k, v)| (k, 2 * v)).collect();
        prop_assert_eq!(cells(&doubled), expected);
    }

    #[test]
    fn saved_as_its_parts((n_rows, n_columns, entries) in entries()) {
        let matrix = Csr::from_entries(n_rows, n_columns, &entries, |_, _| {}).unwrap();
        let text = serde_json::to_string(&matrix).unwrap();
        prop_assert_eq!(serde_json::from_str::<Csr<i64>>(&text).unwrap(), matrix);
    }

    #[test]
    fn any_parts_make_a_sound_matrix_or_none(
        n_columns in 0_usize..4,
        starts in prop::collection::vec(0_usize..6, 0..6),
        columns in prop::collection::vec(0_u32..5, 0..6),
        n_values in 0_usize..6,
    ) {
        let sound = columns.len() == n_values
            && starts.first() == Some(&0)
            && starts.last() == Some(&n_values)
            && starts.is_sorted()
            && starts.windows(2).all(|pair| {
                let row = &columns[pair[0]..pair[1]];
                row.windows(2).all(|pair| pair[0] < pair[1])
                    && row.iter().all(|&column| (column as usize) < n_columns)
            });
        let matrix = Csr::new(n_columns, starts, columns, vec![0_i64; n_values]);
        prop_assert_eq!(matrix.is_ok(), sound);
        if let Ok(matrix) = matrix {
            cells(&matrix);
        }
    }
}

#[test]
fn entries_out_of_range_are_named() {
    let error = Csr::from_entries(2, 3, &[(0, 0, 1), (2, 0, 1)], |_, _| {}).unwrap_err();
    assert_eq!(error.to_string(), "row: expected an index below 2, found 2");
    let error = Csr::from_entries(2, 3, &[(1, 7, 1)], |_, _| {}).unwrap_err();
    assert_eq!(error.to_string(), "column: expected an index below 3, found 7");
}

#[test]
fn every_broken_part_is_named() {
    for (message, n_columns, starts, columns, n_values) in [
        ("values of a sparse matrix: expected 2, found 1", 3, vec![0, 2], vec![0, 1], 1),
        ("from 0 to its entries: expected 2, found 1", 3, vec![0, 1], vec![0, 1], 2),
        ("from 0 to its entries", 3, vec![1, 2], vec![0, 1], 2),
        ("from 0 to its entries", 3, vec![], vec![], 0),
        // Once a panic: the first row would reach beyond the entries.
        ("row starts of a sparse matrix: expected ascending", 3, vec![0, 10, 2], vec![0, 1], 2),
        ("columns of a sparse row: expected ascending", 3, vec![0, 2], vec![1, 0], 2),
        ("columns of a sparse row: expected ascending", 3, vec![0, 2], vec![1, 1], 2),
        ("expected an index below 3, found 3", 3, vec![0, 2], vec![1, 3], 2),
    ] {
        let error = Csr::new(n_columns, starts, columns, vec![1.0; n_values]).unwrap_err();
        assert!(error.to_string().contains(message), "expected {message:?}, found {error}");
    }
    let text = r#"{"n_columns":3,"starts":[0,10,2],"columns":[0,1],"values":[1,2]}"#;
    assert!(serde_json::from_str::<Csr<i64>>(text).is_err());
}
