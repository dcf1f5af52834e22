//! Values of a column at which a model is asked.

use ndarray::ArrayView1;
use patronage_core::{Column, ColumnKind};

use crate::error::{Error, ErrorKind, parameter};
use crate::metrics::quantile;

/// How the values of a number or a date are chosen.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum GridSpec {
    /// At most this many quantiles of the rows, evenly from the least to the greatest; every
    /// distinct value where there are fewer. At least `2`.
    Quantiles(usize),
    /// This many values, evenly from the 5 % to the 95 % quantile. At least `2`.
    Even(usize),
    /// These values; the column must admit them.
    Values(Vec<f64>),
}

/// One value at which a model was asked.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct GridPoint {
    /// The cell: a number, a code, 0 or 1, days; `None` where it is missing.
    pub value: Option<f64>,
    /// The value in words: the level of a category.
    pub label: String,
}

impl GridPoint {
    pub(super) fn cell(&self) -> f64 {
        self.value.unwrap_or(f64::NAN)
    }
}

/// The distinct admitted values at which to ask, ascending; levels and flags by their codes, as
/// far as rows have them, and missing last where rows have it.
pub(super) fn points(
    column: &Column,
    cells: ArrayView1<'_, f64>,
    spec: &GridSpec,
) -> Result<Vec<GridPoint>, Error> {
    let mut known: Vec<f64> = cells.iter().filter(|cell| !cell.is_nan()).map(|x| x + 0.0).collect();
    known.sort_unstable_by(f64::total_cmp);
    let mut distinct = known.clone();
    distinct.dedup();
    let values = match (column.kind(), spec) {
        (_, GridSpec::Values(values)) => {
            if let Some(position) =
                values.iter().position(|&v| v.is_nan() || !column.kind().admits(v))
            {
                let (what, expected) = ("grid value", column.kind().expectation());
                let found = values[position];
                return Err(ErrorKind::Number { what, position, expected, found }.into());
            }
            values.clone()
        }
        (ColumnKind::Category { .. } | ColumnKind::Flag, _) => distinct,
        (_, GridSpec::Quantiles(n) | GridSpec::Even(n)) if *n < 2 => {
            return Err(parameter("grid", "at least 2 values", *n as f64));
        }
        (_, GridSpec::Quantiles(n)) if distinct.len() > *n => {
            // Values that rows have: a date or a count stays one.
            let at = |i: usize| known[i * (known.len() - 1) / (n - 1)];
            let mut values: Vec<f64> = (0..*n).map(at).collect();
            values.dedup();
            values
        }
        (kind, GridSpec::Even(n)) if !known.is_empty() => {
            let (low, high) = (quantile(&known, 0.05), quantile(&known, 0.95));
            let step = |i: usize| {
                let share = i as f64 / (n - 1) as f64;
                low * (1.0 - share) + high * share
            };
            let mut values: Vec<f64> = (0..*n).map(step).collect();
            if matches!(kind, ColumnKind::Date) {
                values.iter_mut().for_each(|value| *value = value.round());
            }
            values.dedup();
            values
        }
        _ => distinct,
    };
    let label = |value: f64| match column.kind() {
        ColumnKind::Category { levels, .. } => {
            levels.get(value as usize).cloned().unwrap_or_else(|| "(unseen)".to_owned())
        }
        _ => value.to_string(),
    };
    let mut points: Vec<GridPoint> =
        values.into_iter().map(|v| GridPoint { value: Some(v), label: label(v) }).collect();
    let is_given = matches!(spec, GridSpec::Values(_));
    if !is_given && cells.iter().any(|cell| cell.is_nan()) {
        points.push(GridPoint { value: None, label: "(missing)".to_owned() });
    }
    if points.is_empty() {
        return Err(ErrorKind::NoRows { what: "grid" }.into());
    }
    Ok(points)
}
