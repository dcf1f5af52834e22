//! Histograms: sums over the rows of a leaf, bin by bin.

use super::matrix::{MOST_WIDE, Tile};
use super::quanta::{BLOCK, Cells, Packing, Quantum, Rows};
use crate::par::{self, Threads};

/// Rows gathered at a time, so that they stay in the nearest cache with the sums.
const GATHERED: usize = 512;

/// Sums over a leaf's rows for the columns of a tile, one after the other.
#[derive(Clone, Debug, Default)]
pub(super) struct Sums {
    pub(super) g: Vec<i64>,
    pub(super) h: Vec<i64>,
    pub(super) n: Vec<u32>,
}

impl Sums {
    fn zeros(n: usize) -> Self {
        Self { g: vec![0; n], h: vec![0; n], n: vec![0; n] }
    }

    fn add(&mut self, other: &Self) {
        self.g.iter_mut().zip(&other.g).for_each(|(a, b)| *a += b);
        self.h.iter_mut().zip(&other.h).for_each(|(a, b)| *a += b);
        self.n.iter_mut().zip(&other.n).for_each(|(a, b)| *a += b);
    }

    /// What remains of these sums without `other`.
    pub(super) fn subtract(&mut self, other: &Self) {
        self.g.iter_mut().zip(&other.g).for_each(|(a, b)| *a -= b);
        self.h.iter_mut().zip(&other.h).for_each(|(a, b)| *a -= b);
        self.n.iter_mut().zip(&other.n).for_each(|(a, b)| *a -= b);
    }

    /// The sums over `rows`. Whole numbers: the same whatever `n_parts` work on it.
    pub(super) fn of(tile: &Tile, rows: Rows<'_>, cells: &Cells, n_parts: usize) -> Self {
        let parts = rows.parts(n_parts);
        let n_sums = tile.n_codes.iter().sum();
        let sums = par::map_vec(parts, Threads::Many, |part| {
            let mut sums = Self::zeros(n_sums);
            let rows = match rows {
                Rows::Some(rows) => Stretch::Some(&rows[part]),
                Rows::All(_) => Stretch::All(part),
            };
            match cells {
                Cells::Narrow { cells, packing } => sums.fill(tile, rows, cells, packing),
                Cells::Wide { cells } => sums.fill(tile, rows, cells, &Packing::NONE),
            }
            sums
        });
        let add = |mut a: Self, b: Self| {
            a.add(&b);
            a
        };
        sums.into_iter().reduce(add).unwrap_or_else(|| Self::zeros(n_sums))
    }

    fn fill<Q: Quantum>(&mut self, tile: &Tile, rows: Stretch<'_>, cells: &[Q], packing: &Packing) {
        macro_rules! of_width {
            ($($width:literal)*) => {
                match tile.columns.len() {
                    $($width => self.fill_columns::<Q, $width>(tile, rows, cells, packing),)*
                    _ => unreachable!("a tile has at most {MOST_WIDE} columns"),
                }
            };
        }
        of_width!(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16);
    }

    fn fill_columns<Q: Quantum, const K: usize>(
        &mut self,
        tile: &Tile,
        rows: Stretch<'_>,
        cells: &[Q],
        packing: &Packing,
    ) {
        let codes = tile.cells.as_chunks::<K>().0;
        let mut bins = vec![[Q::ZERO; 256]; K];
        let bins: &mut [[Q; 256]; K] =
            bins.as_mut_slice().try_into().expect("there are as many as columns");
        match rows {
            Stretch::All(all) => {
                for from in all.clone().step_by(BLOCK) {
                    let block = from..(from + BLOCK).min(all.end);
                    add_rows(bins, &codes[block.clone()], &cells[block]);
                    self.unpack(bins, tile, packing);
                }
            }
            Stretch::Some(rows) => {
                let (mut near, mut near_cells) = ([[0; K]; GATHERED], [Q::ZERO; GATHERED]);
                for block in rows.chunks(BLOCK) {
                    for rows in block.chunks(GATHERED) {
                        // Copied first: many rows are then on their way from memory at a time.
                        let places = near.iter_mut().zip(&mut near_cells);
                        for ((codes_here, cell), &row) in places.zip(rows) {
                            *codes_here = codes[row as usize];
                            *cell = cells[row as usize];
                        }
                        add_rows(bins, &near[..rows.len()], &near_cells[..rows.len()]);
                    }
                    self.unpack(bins, tile, packing);
                }
            }
        }
    }

    /// Moves what was summed to the unpacked sums.
    fn unpack<Q: Quantum, const K: usize>(
        &mut self,
        bins: &mut [[Q; 256]; K],
        tile: &Tile,
        packing: &Packing,
    ) {
        let mut at = 0;
        for (bins, &n_codes) in bins.iter_mut().zip(&tile.n_codes) {
            let to = at..at + n_codes;
            let sums = self.g[to.clone()].iter_mut().zip(&mut self.h[to.clone()]);
            for (((g, h), n), bin) in sums.zip(&mut self.n[to]).zip(&mut bins[..n_codes]) {
                let sum = bin.unpack(packing);
                *g += sum.g;
                *h += sum.h;
                *n += sum.n;
                *bin = Q::ZERO;
            }
            at += n_codes;
        }
    }
}

/// Rows that one thread sums.
enum Stretch<'a> {
    Some(&'a [u32]),
    All(std::ops::Range<usize>),
}

#[inline(always)]
fn add_rows<Q: Quantum, const K: usize>(bins: &mut [[Q; 256]; K], codes: &[[u8; K]], cells: &[Q]) {
    for (codes, &cell) in codes.iter().zip(cells) {
        for k in 0..K {
            bins[k][codes[k] as usize].add(cell);
        }
    }
}
