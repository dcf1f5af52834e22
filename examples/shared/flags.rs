//! A table of any columns as numbers alone, one flag a level: for models that know nothing else, and
//! for figures to be compared with theirs.

use ndarray::Array2;
use patronage::core::{Column, ColumnKind, Error, FeatureTable, Features, Schema};

/// Numbers as they are, missing ones as 0 beside a flag that says so, and a flag for each level of a
/// category.
pub(crate) fn encoded(features: &FeatureTable) -> Result<FeatureTable, Error> {
    let values = features.values();
    let mut columns: Vec<(Column, Vec<f64>)> = Vec::new();
    let flag = |of: bool| f64::from(u8::from(of));
    for (column, cells) in features.schema().columns().iter().zip(values.columns()) {
        let name = column.name();
        match column.kind() {
            ColumnKind::Category { levels, .. } => {
                for (code, level) in levels.iter().enumerate() {
                    let cells = cells.iter().map(|&cell| flag(cell == code as f64)).collect();
                    columns.push((Column::flag(format!("{name}={level}")), cells));
                }
            }
            ColumnKind::NullableNumber => {
                let known = cells.iter().map(|&cell| if cell.is_nan() { 0.0 } else { cell });
                columns.push((Column::number(name), known.collect()));
                let missing = cells.iter().map(|cell| flag(cell.is_nan())).collect();
                columns.push((Column::flag(format!("{name} missing")), missing));
            }
            ColumnKind::Flag => columns.push((Column::flag(name), cells.to_vec())),
            _ => columns.push((Column::number(name), cells.to_vec())),
        }
    }
    let cells =
        Array2::from_shape_fn((values.nrows(), columns.len()), |(row, at)| columns[at].1[row]);
    FeatureTable::new(Schema::new(columns.into_iter().map(|(column, _)| column))?, cells)
}
