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
        standardise(&mut matrix, &terms);
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

/// Brings raw numbers to those of their terms; the missing to 0.
fn standardise(matrix: &mut Array2<f64>, terms: &[Term]) {
    let width = matrix.ncols();
    let threads = Threads::for_work(matrix.len());
    let cells = matrix.as_slice_mut().expect("the matrix is row-major");
    let (centres, scales): (Vec<f64>, Vec<f64>) =
        terms.iter().map(|term| (term.centre, term.scale)).unzip();
    let of_rows = |rows: &mut [f64]| {
        for row in rows.chunks_exact_mut(width) {
            let row = &mut row[1..];
            let known = |x: f64, centre: f64| if x.is_nan() { centre } else { x };
            // Counted to the end, so that several cells are looked at together.
            let n_far: usize = row
                .iter()
                .zip(&centres)
                .map(|(&x, &centre)| usize::from(!(known(x, centre) - centre).is_finite()))
                .sum();
            if n_far == 0 {
                for ((x, &centre), &scale) in row.iter_mut().zip(&centres).zip(&scales) {
                    *x = ((known(*x, centre) - centre) / scale).clamp(-FAR, FAR);
                }
            } else {
                for (x, term) in row.iter_mut().zip(terms) {
                    *x = term.standard(known(*x, term.centre));
                }
            }
        }
    };
    par::pieces(cells, width * AT_A_TIME, threads, |_, rows| {
        crate::simd::dispatch(|| of_rows(rows));
    });
}

/// Weighted mean and standard deviation of the numbers that are known in each column but the first;
/// `(value, 1)` when all are equal. Row by row, as the matrix lies in memory.
fn moments(matrix: &Array2<f64>, weights: &[f64]) -> Vec<(f64, f64)> {
    let d = matrix.ncols() - 1;
    let columns =
        Columns { cells: matrix.as_slice().expect("the matrix is row-major"), d, weights };
    let empty = [f64::INFINITY, f64::NEG_INFINITY, 0.0, 0.0];
    let [low, high, totals, sums] = columns.fold(
        empty,
        |_, [low, high, total, sum], x, w| {
            let (x_or_0, w) = if x.is_nan() { (0.0, 0.0) } else { (x, w) };
            [
                if x < low { x } else { low },
                if x > high { x } else { high },
                total + w,
                sum + w * x_or_0,
            ]
        },
        |a, b| [a[0].min(b[0]), a[1].max(b[1]), a[2] + b[2], a[3] + b[3]],
    );
    // Where a square could leave the range, everything is brought to the order of one first.
    let unit: Vec<f64> = low
        .iter()
        .zip(&high)
        .map(|(low, high)| low.abs().max(high.abs()))
        .map(|most| {
            // Nothing but zeros, or nothing known, needs no care.
            let is_plain = (1e-100..1e100).contains(&most) || most == 0.0 || most.is_infinite();
            if is_plain { 1.0 } else { most }
        })
        .collect();
    let plus = |a: [f64; 1], b: [f64; 1]| [a[0] + b[0]];
    let is_plain = unit.iter().all(|&unit| unit == 1.0);
    let means = |sums: &[f64]| -> Vec<f64> {
        sums.iter().zip(&totals).map(|(sum, total)| sum / total).collect()
    };
    let (means, [squares]) = if is_plain {
        let means = means(&sums);
        let off = |x: f64, mean: f64| if x.is_nan() { 0.0 } else { x - mean };
        let squares = columns.fold(
            [0.0],
            |j, [sum], x, w| {
                let off = off(x, means[j]);
                [sum + w * off * off]
            },
            plus,
        );
        (means, squares)
    } else {
        let scaled = |j: usize, x: f64| if x.is_nan() { 0.0 } else { x / unit[j] };
        let known = |x: f64, w: f64| if x.is_nan() { 0.0 } else { w };
        let [sums] = columns.fold([0.0], |j, [sum], x, w| [sum + known(x, w) * scaled(j, x)], plus);
        let means = means(&sums);
        let squares = columns.fold(
            [0.0],
            |j, [sum], x, w| {
                let off = scaled(j, x) - means[j];
                [sum + known(x, w) * off * off]
            },
            plus,
        );
        (means, squares)
    };
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

/// The columns of a row-major matrix but its first, and the weights of its rows.
struct Columns<'a> {
    cells: &'a [f64],
    d: usize,
    weights: &'a [f64],
}

impl Columns<'_> {
    /// `N` numbers for each column, gathered chunk by chunk and put together in the order of chunks.
    fn fold<const N: usize>(
        &self,
        start: [f64; N],
        add: impl Fn(usize, [f64; N], f64, f64) -> [f64; N] + Sync,
        join: impl Fn([f64; N], [f64; N]) -> [f64; N],
    ) -> [Vec<f64>; N] {
        let Self { cells, d, weights } = *self;
        let chunks = par::chunks(weights.len());
        let of_chunk = |i: usize| {
            // Number by number, so that neighbouring columns are worked on together.
            let mut sums: [Vec<f64>; N] = std::array::from_fn(|n| vec![start[n]; d]);
            let rows = &cells[chunks[i].start * (d + 1)..chunks[i].end * (d + 1)];
            for (row, &w) in rows.chunks_exact(d + 1).zip(&weights[chunks[i].clone()]) {
                let row = &row[1..];
                let mut lanes = sums.each_mut().map(|sums| &mut sums[..d]);
                for j in 0..d {
                    let so_far = std::array::from_fn(|n| lanes[n][j]);
                    let next = add(j, so_far, row[j], w);
                    (0..N).for_each(|n| lanes[n][j] = next[n]);
                }
            }
            sums
        };
        let threads = Threads::for_work(cells.len());
        let parts = par::map(chunks.len(), threads, |i| crate::simd::dispatch(|| of_chunk(i)));
        let mut all: [Vec<f64>; N] = std::array::from_fn(|n| vec![start[n]; d]);
        for part in parts {
            for j in 0..d {
                let joined =
                    join(std::array::from_fn(|n| all[n][j]), std::array::from_fn(|n| part[n][j]));
                (0..N).for_each(|n| all[n][j] = joined[n]);
            }
        }
        all
    }
}
