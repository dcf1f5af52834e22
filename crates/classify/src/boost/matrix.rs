//! A table as bins: by columns, where rows are told apart, and by rows, where they are summed.

use ndarray::ArrayView2;
use patronage_core::{ErrorKind, Schema};

use super::bins::{Coding, ColumnBins, Ladder, NO_LEVEL};
use crate::error::Error;
use crate::par::{self, Threads};

/// Columns of a tile: their packed sums fit into the nearest cache.
pub(super) const MOST_WIDE: usize = 16;

/// Rows that are coded at a time.
const AT_A_TIME: usize = 2048;

/// Some columns, row by row.
#[derive(Debug)]
pub(super) struct Tile {
    pub(super) columns: Vec<u32>,
    /// Codes in use of each column.
    pub(super) n_codes: Vec<usize>,
    pub(super) cells: Vec<u8>,
}

/// The codes of a table's rows.
#[derive(Debug)]
pub(super) struct Matrix {
    pub(super) columns: Vec<Vec<u8>>,
    /// The columns that vary, for summing; empty where rows are only told apart.
    pub(super) tiles: Vec<Tile>,
    /// Whether a column has missing cells.
    pub(super) missing: Vec<bool>,
}

impl Matrix {
    /// Codes the rows of a table, without tiles.
    ///
    /// # Errors
    ///
    /// When a cell is none its column admits.
    pub(super) fn new(
        schema: &Schema,
        table: ArrayView2<'_, f64>,
        rows: &[u32],
        bins: &[ColumnBins],
    ) -> Result<Self, Error> {
        let n = rows.len();
        let mut columns = vec![vec![0_u8; n]; bins.len()];
        let coders: Vec<Coder<'_>> = bins.iter().map(Coder::new).collect();
        let mut parts: Vec<Part<'_>> = (0..n)
            .step_by(AT_A_TIME)
            .map(|from| Part { rows: &rows[from..(from + AT_A_TIME).min(n)], columns: Vec::new() })
            .collect();
        for column in &mut columns {
            for (part, codes) in parts.iter_mut().zip(column.chunks_mut(AT_A_TIME)) {
                part.columns.push(codes);
            }
        }
        let threads = Threads::for_work(n * bins.len() * 4);
        let told = par::map_vec(parts, threads, |part| part.code(schema, table, &coders));
        let mut missing = vec![false; bins.len()];
        for told in told {
            let told = told?;
            missing.iter_mut().zip(told).for_each(|(any, here)| *any |= here);
        }
        Ok(Self { columns, tiles: Vec::new(), missing })
    }

    /// Adds the columns that vary row by row, in tiles of about one width.
    pub(super) fn tile(&mut self, bins: &[ColumnBins]) {
        let n_codes = |j: usize| bins[j].n_bins + usize::from(self.missing[j]);
        let varying: Vec<usize> = (0..bins.len()).filter(|&j| n_codes(j) > 1).collect();
        let n_tiles = varying.len().div_ceil(MOST_WIDE);
        let cut = |t: usize| t * varying.len() / n_tiles;
        let groups: Vec<&[usize]> = (0..n_tiles).map(|t| &varying[cut(t)..cut(t + 1)]).collect();
        let n = self.columns.first().map_or(0, Vec::len);
        let columns = &self.columns;
        let threads = Threads::for_work(n * varying.len());
        self.tiles = par::map_vec(groups, threads, |group| {
            let mut cells = vec![0; n * group.len()];
            for (from, cells) in (0..n).step_by(512).zip(cells.chunks_mut(512 * group.len())) {
                let to = from + cells.len() / group.len();
                for (at, &j) in group.iter().enumerate() {
                    let places = cells.iter_mut().skip(at).step_by(group.len());
                    places.zip(&columns[j][from..to]).for_each(|(cell, &code)| *cell = code);
                }
            }
            let n_codes = group.iter().map(|&j| n_codes(j)).collect();
            Tile { columns: group.iter().map(|&j| j as u32).collect(), n_codes, cells }
        });
    }
}

/// How a column's cells are coded, and which it admits.
enum Coder<'a> {
    Numbers(Box<Ladder>),
    Levels(&'a [u8]),
}

impl<'a> Coder<'a> {
    fn new(bins: &'a ColumnBins) -> Self {
        match &bins.coding {
            Coding::Numbers { bounds } => Self::Numbers(Box::new(Ladder::new(bounds))),
            Coding::Levels { bin_of } => Self::Levels(bin_of),
        }
    }
}

/// Some rows, and where their codes go.
struct Part<'a> {
    rows: &'a [u32],
    columns: Vec<&'a mut [u8]>,
}

impl Part<'_> {
    /// Codes the rows; says of each column whether a cell is missing.
    fn code(
        self,
        schema: &Schema,
        table: ArrayView2<'_, f64>,
        coders: &[Coder<'_>],
    ) -> Result<Vec<bool>, Error> {
        let mut missing = vec![false; coders.len()];
        let mut cells = Vec::with_capacity(self.rows.len());
        for (j, (codes, coder)) in self.columns.into_iter().zip(coders).enumerate() {
            cells.clear();
            if let Some(all) = table.as_slice() {
                let width = schema.len();
                cells.extend(self.rows.iter().map(|&row| all[row as usize * width + j]));
            } else {
                cells.extend(self.rows.iter().map(|&row| table[[row as usize, j]]));
            }
            let column = &schema.columns()[j];
            let refused = |at: usize| {
                patronage_core::Error::from(ErrorKind::Cell {
                    row: self.rows[at] as usize,
                    column: column.name().to_owned(),
                    expected: column.kind().expectation(),
                    found: cells[at],
                })
            };
            // Where all are plain numbers none needs to be looked at by itself.
            let plain = matches!(column.kind(), patronage_core::ColumnKind::Number)
                && cells.iter().fold(true, |all, x| all & x.is_finite());
            if !plain && let Some(at) = cells.iter().position(|&x| !column.kind().admits(x)) {
                return Err(refused(at).into());
            }
            match coder {
                Coder::Numbers(ladder) => {
                    crate::simd::dispatch(Climb { ladder, cells: &cells, codes });
                    missing[j] = !plain && cells.iter().any(|x| x.is_nan());
                }
                Coder::Levels(bin_of) => {
                    for (code, &x) in codes.iter_mut().zip(&cells) {
                        *code = bin_of.get(x as usize).copied().unwrap_or(NO_LEVEL);
                    }
                }
            }
        }
        Ok(missing)
    }
}

/// The search for bins, compiled for the processor at hand.
struct Climb<'a> {
    ladder: &'a Ladder,
    cells: &'a [f64],
    codes: &'a mut [u8],
}

impl pulp::WithSimd for Climb<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _simd: S) {
        self.ladder.codes(self.cells, self.codes);
    }
}
