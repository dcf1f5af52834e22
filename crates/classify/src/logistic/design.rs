//! Columns of any kind as standardised terms.

use ndarray::Array2;
use patronage_core::{ClassIdx, ColumnKind, ErrorKind, Labeled, Schema};

use crate::error::Error;
use crate::sample::Sample;

/// Where a term reads its number.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(rename_all = "snake_case")
)]
pub(super) enum Source {
    /// The cell, and the term's centre where it is missing.
    Value,
    /// 1 where the cell is missing.
    Missing,
    /// 1 where the cell is this code.
    Code(u32),
}

/// One number of the linear predictor: `(x - centre) / scale`.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(deny_unknown_fields)
)]
pub(super) struct Term {
    pub(super) column: u32,
    pub(super) source: Source,
    pub(super) centre: f64,
    pub(super) scale: f64,
}

/// So far out that no sum of terms overflows, and no cell of sense ever is.
const FAR: f64 = 1e100;

impl Term {
    #[inline]
    fn raw(&self, row: &[f64]) -> f64 {
        let cell = row[self.column as usize];
        match self.source {
            Source::Value if cell.is_nan() => self.centre,
            Source::Value => cell,
            Source::Missing => f64::from(u8::from(cell.is_nan())),
            Source::Code(code) => f64::from(u8::from(cell == f64::from(code))),
        }
    }

    /// The standardised number of a row.
    #[inline]
    pub(super) fn of(&self, row: &[f64]) -> f64 {
        let x = self.raw(row);
        let difference = x - self.centre;
        let z = if difference.is_finite() {
            difference / self.scale
        } else {
            x / self.scale - self.centre / self.scale
        };
        z.clamp(-FAR, FAR)
    }

    /// What the term says, for people.
    pub(super) fn name(&self, schema: &Schema) -> String {
        let column = &schema.columns()[self.column as usize];
        match (self.source, column.kind()) {
            (Source::Value, _) => column.name().to_owned(),
            (Source::Missing, _) => format!("{} is missing", column.name()),
            (Source::Code(code), ColumnKind::Category { levels, .. }) => {
                let level = levels.get(code as usize).map_or("(unseen)", String::as_str);
                format!("{} = {level}", column.name())
            }
            (Source::Code(code), _) => format!("{} = {code}", column.name()),
        }
    }
}

/// The terms and their standardised matrix, of shape `(n_rows, 1 + n_terms)`, ones first.
pub(super) struct Design {
    pub(super) terms: Vec<Term>,
    pub(super) matrix: Array2<f64>,
}

impl Design {
    pub(super) fn new(data: &Labeled<'_, ClassIdx>, sample: &Sample) -> Result<Self, Error> {
        check_cells(data, sample)?;
        let table = data.table();
        let mut terms = Vec::new();
        for (position, column) in data.schema().columns().iter().enumerate() {
            let term = |source| Term { column: position as u32, source, centre: 0.0, scale: 1.0 };
            match column.kind() {
                ColumnKind::NullableNumber => {
                    terms.push(term(Source::Value));
                    if sample.rows.iter().any(|&row| table[[row as usize, position]].is_nan()) {
                        terms.push(term(Source::Missing));
                    }
                }
                ColumnKind::Category { levels, unseen } => {
                    let n_codes = levels.len().max(*unseen as usize + 1) as u32;
                    terms.extend((0..n_codes).map(|code| term(Source::Code(code))));
                }
                _ => terms.push(term(Source::Value)),
            }
        }
        let mut matrix = Array2::ones((sample.len(), 1 + terms.len()));
        let mut buffer = vec![0.0; table.ncols()];
        // A first pass reads the raw numbers with a zero centre, a second one standardises them.
        for (mut out, &row) in matrix.rows_mut().into_iter().zip(&sample.rows) {
            buffer.iter_mut().zip(table.row(row as usize)).for_each(|(b, &cell)| *b = cell);
            for (out, term) in out.iter_mut().skip(1).zip(&terms) {
                *out = match term.source {
                    Source::Value => buffer[term.column as usize],
                    _ => term.raw(&buffer),
                };
            }
        }
        for (term, mut column) in terms.iter_mut().zip(matrix.columns_mut().into_iter().skip(1)) {
            (term.centre, term.scale) =
                moments(column.iter().copied().zip(sample.weights.iter().copied()));
            let standard = Term { column: 0, source: Source::Value, ..*term };
            column.iter_mut().for_each(|x| *x = standard.of(&[*x]));
        }
        Ok(Self { terms, matrix })
    }
}

/// Weighted mean and standard deviation of the numbers that are known; `(value, 1)` when all are equal.
fn moments(values: impl Iterator<Item = (f64, f64)> + Clone) -> (f64, f64) {
    let known = || values.clone().filter(|(x, _)| !x.is_nan());
    // Everything is brought to the order of one first, so that no square leaves the range.
    let greatest = known().map(|(x, _)| x.abs()).fold(0.0, f64::max);
    let Some((first, _)) = known().next() else { return (0.0, 1.0) };
    if known().all(|(x, _)| x == first) {
        return (first, 1.0);
    }
    let total: f64 = known().map(|(_, w)| w).sum();
    let mean = known().map(|(x, w)| w * (x / greatest)).sum::<f64>() / total;
    let variance = known().map(|(x, w)| w * (x / greatest - mean).powi(2)).sum::<f64>() / total;
    let scale = variance.sqrt() * greatest;
    if scale > 0.0 { (mean * greatest, scale) } else { (first, 1.0) }
}

fn check_cells(data: &Labeled<'_, ClassIdx>, sample: &Sample) -> Result<(), Error> {
    for &row in &sample.rows {
        for (cell, column) in data.table().row(row as usize).iter().zip(data.schema().columns()) {
            if !column.kind().admits(*cell) {
                let (row, column, kind) = (row as usize, column.name().to_owned(), column.kind());
                let (expected, found) = (kind.expectation(), *cell);
                return Err(patronage_core::Error::from(ErrorKind::Cell {
                    row,
                    column,
                    expected,
                    found,
                })
                .into());
            }
        }
    }
    Ok(())
}
