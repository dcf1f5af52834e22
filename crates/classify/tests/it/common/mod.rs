//! The IBM Telco churn table, where it lies beside the repository.

use std::collections::BTreeSet;

use ndarray::Array2;
use patronage_core::{ClassIdx, Column, FeatureTable, Schema};

const TABLE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../../shared/data/telco-churn/Telco-Customer-Churn.csv"
);

/// 7,043 rows of 45 columns: numbers first, then each text column as one flag a level in sorted
/// order; a blank total is 0.
pub(crate) fn telco() -> Option<(FeatureTable, Vec<ClassIdx>)> {
    let Ok(text) = std::fs::read_to_string(TABLE) else {
        eprintln!("skipped: the Telco churn table is not beside the repository");
        return None;
    };
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next().unwrap().split(',').collect();
    let rows: Vec<Vec<&str>> = lines.map(|line| line.split(',').collect()).collect();
    let churn = names.iter().position(|&name| name == "Churn").unwrap();
    let labels = rows.iter().map(|row| ClassIdx::new(u32::from(row[churn] == "Yes"))).collect();
    let numbers = ["SeniorCitizen", "tenure", "MonthlyCharges", "TotalCharges"];
    let mut columns = Vec::new();
    let mut cells: Vec<Vec<f64>> = Vec::new();
    for name in numbers {
        let at = names.iter().position(|&other| other == name).unwrap();
        columns.push(Column::number(name));
        cells.push(rows.iter().map(|row| row[at].trim().parse().unwrap_or(0.0)).collect());
    }
    for (at, &name) in names.iter().enumerate() {
        if at == churn || name == "customerID" || numbers.contains(&name) {
            continue;
        }
        let levels: BTreeSet<&str> = rows.iter().map(|row| row[at]).collect();
        for level in levels {
            columns.push(Column::flag(format!("{name}={level}")));
            cells.push(rows.iter().map(|row| f64::from(u8::from(row[at] == level))).collect());
        }
    }
    let values = Array2::from_shape_fn((rows.len(), columns.len()), |(i, j)| cells[j][i]);
    Some((FeatureTable::new(Schema::new(columns).unwrap(), values).unwrap(), labels))
}
