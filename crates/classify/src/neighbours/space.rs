//! Rows as points: numbers whose distances count, then codes that are equal or not.

use ndarray::ArrayView2;
use patronage_core::{ColumnKind, Label, Labeled};

use crate::logistic::Scaling;
use crate::sample::Sample;
use crate::stats;

/// So far out that no sum of squares overflows.
pub(super) const FAR: f64 = 1e150;

/// One coordinate.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
enum Coordinate {
    /// `(x - centre) / scale`, with `fill` where the cell is missing.
    Number { column: u32, fill: f64, centre: f64, scale: f64 },
    /// 1 where the cell is missing.
    Missing { column: u32 },
    /// The code.
    Code { column: u32 },
}

/// The coordinates: numbers first.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize), serde(transparent))]
pub(super) struct Space(Vec<Coordinate>);

impl Space {
    pub(super) fn new<Y: Label>(data: &Labeled<'_, Y>, sample: &Sample, scaling: Scaling) -> Self {
        let (mut numbers, mut codes) = (Vec::new(), Vec::new());
        for (position, described) in data.schema().columns().iter().enumerate() {
            let column = position as u32;
            if matches!(described.kind(), ColumnKind::Category { .. }) {
                codes.push(Coordinate::Code { column });
                continue;
            }
            let cells = data.table().index_axis_move(ndarray::Axis(1), position);
            let values: Vec<f64> = sample.rows.iter().map(|&row| cells[row as usize]).collect();
            let (mean, deviation) = stats::moments(&values, &sample.weights).unwrap_or((0.0, 0.0));
            let (centre, scale) = match scaling {
                Scaling::Raw => (0.0, 1.0),
                Scaling::Standard => (mean, if deviation > 0.0 { deviation } else { 1.0 }),
            };
            numbers.push(Coordinate::Number { column, fill: mean, centre, scale });
            if *described.kind() == ColumnKind::NullableNumber {
                numbers.push(Coordinate::Missing { column });
            }
        }
        numbers.append(&mut codes);
        Self(numbers)
    }

    pub(super) fn width(&self) -> usize {
        self.0.len()
    }

    /// How many coordinates are numbers.
    pub(super) fn n_numbers(&self) -> usize {
        self.0.iter().filter(|of| !matches!(of, Coordinate::Code { .. })).count()
    }

    /// The point of a row.
    pub(super) fn point(&self, row: &[f64], out: &mut [f64]) {
        for (out, coordinate) in out.iter_mut().zip(&self.0) {
            *out = match *coordinate {
                Coordinate::Number { column, fill, centre, scale } => {
                    let cell = row[column as usize];
                    let x = if cell.is_nan() { fill } else { cell };
                    let off = x - centre;
                    let z = if off.is_finite() { off / scale } else { x / scale - centre / scale };
                    z.clamp(-FAR, FAR)
                }
                Coordinate::Missing { column } => {
                    f64::from(u8::from(row[column as usize].is_nan()))
                }
                Coordinate::Code { column } => row[column as usize],
            };
        }
    }

    /// The points of rows of a table, one after another.
    pub(super) fn points(&self, table: ArrayView2<'_, f64>, rows: &[u32]) -> Vec<f64> {
        let width = self.width();
        let mut points = vec![0.0; rows.len() * width];
        let mut buffer = Vec::new();
        for (at, &row) in rows.iter().enumerate() {
            let row = table.index_axis_move(ndarray::Axis(0), row as usize);
            let row = patronage_core::row_slice(row, &mut buffer);
            self.point(row, &mut points[at * width..(at + 1) * width]);
        }
        points
    }

    #[cfg(feature = "serde")]
    pub(super) fn check(&self, n_columns: usize) -> Result<(), crate::saved::Broken> {
        use crate::saved::{check_finite, ensure};
        let n_numbers = self.n_numbers();
        let numbers = self.0.iter().take(n_numbers);
        let first = numbers.filter(|of| !matches!(of, Coordinate::Code { .. })).count();
        ensure(first == n_numbers, "space", "numbers before codes")?;
        for coordinate in &self.0 {
            let column = match *coordinate {
                Coordinate::Number { column, fill, centre, scale } => {
                    check_finite("space", &[fill, centre, scale])?;
                    ensure(scale > 0.0, "space", "scales above 0")?;
                    column
                }
                Coordinate::Missing { column } | Coordinate::Code { column } => column,
            };
            ensure((column as usize) < n_columns, "space", "columns of the schema")?;
        }
        Ok(())
    }
}
