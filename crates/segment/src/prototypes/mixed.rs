//! Rows of numbers and categories.

use patronage_core::{ColumnKind, Features, Schema};

use crate::data::scale_for;
use crate::error::{Error, ErrorKind};

/// Whether a column is told apart by equality, not by distance.
pub(super) fn is_category(kind: &ColumnKind) -> bool {
    matches!(kind, ColumnKind::Category { .. } | ColumnKind::Flag)
}

/// Checked rows: cells row-major as in the table, numbers at a scale that squares without overflow.
#[derive(Debug)]
pub(super) struct Mixed {
    pub(super) n: usize,
    /// For each column whether it is a category.
    pub(super) categories: Vec<bool>,
    /// NaN where a number is missing.
    pub(super) cells: Vec<f64>,
    /// A power of two: numbers are the original ones times it.
    pub(super) scale: f64,
}

impl Mixed {
    pub(super) fn of<F: Features + ?Sized>(features: &F) -> Result<Self, Error> {
        let (schema, view) = (features.schema(), features.values());
        if schema.is_empty() {
            return Err(ErrorKind::Empty { what: "columns" }.into());
        }
        for (row, cells) in view.rows().into_iter().enumerate() {
            for (column, &found) in schema.columns().iter().zip(cells) {
                if !column.kind().admits(found) {
                    let (name, expected) = (column.name().to_owned(), column.kind().expectation());
                    return Err(ErrorKind::Cell { row, column: name, expected, found }.into());
                }
            }
        }
        let categories = categories(schema);
        let mut cells: Vec<f64> = view.iter().copied().collect();
        let numbers = |i: usize| !categories[i % categories.len()];
        let largest = cells
            .iter()
            .enumerate()
            .filter(|&(i, cell)| numbers(i) && !cell.is_nan())
            .fold(0.0_f64, |most, (_, cell)| most.max(cell.abs()));
        let scale = scale_for(largest);
        if scale != 1.0 {
            let all = cells.iter_mut().enumerate();
            all.filter(|(i, _)| numbers(*i)).for_each(|(_, cell)| *cell *= scale);
        }
        Ok(Self { n: view.nrows(), categories, cells, scale })
    }

    pub(super) fn d(&self) -> usize {
        self.categories.len()
    }

    pub(super) fn row(&self, position: usize) -> &[f64] {
        &self.cells[position * self.d()..(position + 1) * self.d()]
    }

    /// Half the mean over columns of numbers of the standard deviation, in original units; 1
    /// without such a column, or without spread.
    pub(super) fn half_mean_deviation(&self) -> f64 {
        let d = self.d();
        let deviations: Vec<f64> = (0..d)
            .filter(|&column| !self.categories[column])
            .map(|column| {
                let all = self.cells.iter().skip(column).step_by(d);
                let present: Vec<f64> = all.copied().filter(|cell| !cell.is_nan()).collect();
                crate::stats::mean_and_deviation(&present).1
            })
            .collect();
        let mean = deviations.iter().sum::<f64>() / deviations.len().max(1) as f64;
        let half = (0.5 * mean / self.scale).min(f64::MAX);
        if half > 0.0 { half } else { 1.0 }
    }
}

pub(super) fn categories(schema: &Schema) -> Vec<bool> {
    schema.columns().iter().map(|column| is_category(column.kind())).collect()
}

/// The cost of a row at a prototype: squared differences of numbers, and `gamma` for each category
/// that differs; numbers missing from the row are left out.
#[inline]
pub(super) fn cost(row: &[f64], prototype: &[f64], categories: &[bool], gamma: f64) -> f64 {
    let (mut squares, mut differing) = (0.0, 0.0);
    for ((cell, centre), &category) in row.iter().zip(prototype).zip(categories) {
        if category {
            differing += f64::from(u8::from(cell != centre));
        } else {
            let off = cell - centre;
            squares += if off.is_nan() { 0.0 } else { off * off };
        }
    }
    squares + gamma * differing
}

/// The prototype of least cost, and that cost; of equals the first.
pub(super) fn cheapest(
    row: &[f64],
    prototypes: &[f64],
    categories: &[bool],
    gamma: f64,
) -> (u32, f64) {
    let mut best = (0, f64::INFINITY);
    for (c, prototype) in prototypes.chunks_exact(categories.len()).enumerate() {
        let found = cost(row, prototype, categories, gamma);
        if found < best.1 {
            best = (c as u32, found);
        }
    }
    best
}
