//! Schemas that are nearly another one.

use ndarray::Array2;
use patronage_core::{Column, ColumnKind, Error, FeatureTable, Features, Schema, Timestamp};

/// Schemas that differ from `schema` in one thing each, and what that thing is.
///
/// A renamed, dropped, added, swapped or retyped column, other levels, another `known_at`; only
/// those that the schema's own columns allow.
#[must_use]
pub fn wrong_schemas(schema: &Schema) -> Vec<(&'static str, Schema)> {
    let columns = schema.columns();
    let mut wrong: Vec<(&'static str, Vec<Column>)> = Vec::new();
    let fresh = format!("{}_", columns.iter().map(Column::name).collect::<String>());
    let mut more = columns.to_vec();
    more.push(Column::number(fresh.clone()));
    wrong.push(("an added column", more));
    let replaced = |at: usize, column: Column| {
        let mut columns = columns.to_vec();
        columns[at] = column;
        columns
    };
    for (at, column) in columns.iter().enumerate() {
        let (name, kind) = (column.name(), column.kind());
        wrong.push(("a renamed column", replaced(at, Column::new(fresh.clone(), kind.clone()))));
        let other = if *kind == ColumnKind::Flag { ColumnKind::Number } else { ColumnKind::Flag };
        wrong.push(("another kind of column", replaced(at, Column::new(name, other))));
        let later = column.known_at().map_or(0, Timestamp::micros).wrapping_add(1);
        let known = column.clone().known_from(Timestamp::from_micros(later));
        wrong.push(("another moment at which a column is known", replaced(at, known)));
        if let ColumnKind::Category { levels, .. } = kind {
            let mut more = levels.clone();
            more.push(format!("{}_", levels.concat()));
            wrong.push(("another level", replaced(at, Column::category(name, more))));
            if levels.len() > 1 {
                let backwards = levels.iter().rev().cloned();
                wrong.push((
                    "levels in another order",
                    replaced(at, Column::category(name, backwards)),
                ));
            }
        }
    }
    if columns.len() > 1 {
        let mut swapped = columns.to_vec();
        swapped.swap(0, columns.len() - 1);
        wrong.push(("swapped columns", swapped));
    }
    if !columns.is_empty() {
        wrong.push(("a dropped column", columns[1..].to_vec()));
    }
    wrong
        .into_iter()
        .map(|(what, columns)| (what, Schema::new(columns).expect("names and levels are distinct")))
        .collect()
}

/// Checks that a verb of an `…Ext` trait refuses features and schemas that are not the model's.
pub(crate) fn check_refusals<T>(
    schema: &Schema,
    apply: impl Fn(&dyn Features) -> Result<T, Error>,
    bind: impl Fn(&Schema) -> Result<(), Error>,
) {
    assert!(bind(schema).is_ok(), "a model binds to its own schema");
    for (what, wrong) in wrong_schemas(schema) {
        assert!(bind(&wrong).is_err(), "binding refuses {what}");
        for n in [0, 2] {
            // Zero is admitted by every kind of column.
            let cells = Array2::zeros((n, wrong.len()));
            let table = FeatureTable::new(wrong.clone(), cells).expect("zero is admitted");
            assert!(apply(&table).is_err(), "{n} rows with {what} are refused");
        }
    }
}
