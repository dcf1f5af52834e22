//! Columns of any kind as standardised terms.

use ndarray::Array2;
use patronage_core::{ClassIdx, ColumnKind, Labeled, Schema};

use crate::error::Error;
use crate::par::{self, Threads};
use crate::sample::{Sample, check_cells};

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
        self.standard(self.raw(row))
    }

    #[inline]
    fn standard(&self, x: f64) -> f64 {
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
    /// Learns the terms' centres and scales.
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
        // A first pass reads the raw numbers with a zero centre, a second one standardises them.
        let mut matrix = Self::fill(data, sample, &terms, |term, row| match term.source {
            Source::Value => row[term.column as usize],
            _ => term.raw(row),
        });
        for (term, (centre, scale)) in terms.iter_mut().zip(moments(&matrix, &sample.weights)) {
            (term.centre, term.scale) = (centre, scale);
        }
        let width = matrix.ncols();
        let threads = Threads::for_work(matrix.len());
        let cells = matrix.as_slice_mut().expect("the matrix is row-major");
        par::pieces(cells, width * AT_A_TIME, threads, |_, rows| {
            for row in rows.chunks_exact_mut(width) {
                for (x, term) in row[1..].iter_mut().zip(&terms) {
                    *x = term.standard(if x.is_nan() { term.centre } else { *x });
                }
            }
        });
        Ok(Self { terms, matrix })
    }

    /// The matrix of other rows, by terms that were learnt.
    pub(super) fn of_terms(
        data: &Labeled<'_, ClassIdx>,
        sample: &Sample,
        terms: &[Term],
    ) -> Result<Array2<f64>, Error> {
        check_cells(data, sample)?;
        Ok(Self::fill(data, sample, terms, Term::of))
    }

    fn fill(
        data: &Labeled<'_, ClassIdx>,
        sample: &Sample,
        terms: &[Term],
        read: impl Fn(&Term, &[f64]) -> f64 + Sync,
    ) -> Array2<f64> {
        let (table, width) = (data.table(), 1 + terms.len());
        let mut matrix = Array2::ones((sample.len(), width));
        let threads = Threads::for_work(matrix.len());
        let cells = matrix.as_slice_mut().expect("a fresh matrix is row-major");
        par::pieces(cells, width * AT_A_TIME, threads, |piece, rows| {
            let mut buffer = Vec::new();
            let places = &sample.rows[piece * AT_A_TIME..];
            for (out, &row) in rows.chunks_exact_mut(width).zip(places) {
                let row = table.index_axis_move(ndarray::Axis(0), row as usize);
                let row = patronage_core::row_slice(row, &mut buffer);
                out[1..].iter_mut().zip(terms).for_each(|(out, term)| *out = read(term, row));
            }
        });
        matrix
    }
}

/// Rows worked on at a time.
const AT_A_TIME: usize = 4096;

/// Weighted mean and standard deviation of the numbers that are known in each column but the first;
/// `(value, 1)` when all are equal. Row by row, as the matrix lies in memory.
fn moments(matrix: &Array2<f64>, weights: &[f64]) -> Vec<(f64, f64)> {
    let d = matrix.ncols() - 1;
    let cells = matrix.as_slice().expect("the matrix is row-major");
    let chunks = par::chunks(weights.len());
    let threads = Threads::for_work(cells.len());
    // One number for each column and chunk, put together in the order of chunks.
    let over = |start: f64,
                add: &(dyn Fn(usize, f64, f64, f64) -> f64 + Sync),
                join: fn(f64, f64) -> f64|
     -> Vec<f64> {
        let parts = par::map(chunks.len(), threads, |i| {
            let mut sums = vec![start; d];
            let rows = &cells[chunks[i].start * (d + 1)..chunks[i].end * (d + 1)];
            for (row, &w) in rows.chunks_exact(d + 1).zip(&weights[chunks[i].clone()]) {
                for (j, (sum, &x)) in sums.iter_mut().zip(&row[1..]).enumerate() {
                    if !x.is_nan() {
                        *sum = add(j, *sum, x, w);
                    }
                }
            }
            sums
        });
        let mut all = vec![start; d];
        for part in parts {
            all.iter_mut().zip(part).for_each(|(all, part)| *all = join(*all, part));
        }
        all
    };
    let plus = |a: f64, b: f64| a + b;
    let low = over(f64::INFINITY, &|_, low, x, _| if x < low { x } else { low }, f64::min);
    let high = over(f64::NEG_INFINITY, &|_, high, x, _| if x > high { x } else { high }, f64::max);
    // Everything is brought to the order of one first, so that no square leaves the range.
    let unit: Vec<f64> =
        low.iter().zip(&high).map(|(low, high)| low.abs().max(high.abs())).collect();
    let inverse: Vec<f64> = unit.iter().map(|unit| 1.0 / unit).collect();
    let of_one = |j: usize, x: f64| {
        if inverse[j].is_finite() && inverse[j] > 1e-300 { x * inverse[j] } else { x / unit[j] }
    };
    let totals = over(0.0, &|_, sum, _, w| sum + w, plus);
    let sums = over(0.0, &|j, sum, x, w| sum + w * of_one(j, x), plus);
    let means: Vec<f64> = sums.iter().zip(&totals).map(|(sum, total)| sum / total).collect();
    let squares = over(
        0.0,
        &|j, sum, x, w| {
            let off = of_one(j, x) - means[j];
            sum + w * off * off
        },
        plus,
    );
    let of = |j: usize| {
        if low[j] > high[j] {
            return (0.0, 1.0);
        }
        let scale = (squares[j] / totals[j]).sqrt() * unit[j];
        if low[j] == high[j] || scale <= 0.0 || scale.is_nan() {
            return (low[j], 1.0);
        }
        (means[j] * unit[j], scale)
    };
    (0..d).map(of).collect()
}
