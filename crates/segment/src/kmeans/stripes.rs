//! All distances of narrow rows to few centres: many rows side by side in a register.

use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::bounds::{Block, Centres};
use super::frame::{FAR, PANEL};
use super::metric::{nearest, with_width};
use crate::data::Rows;
use crate::float::Float;

/// The rows in that range in stripes of [`PANEL`], column by column.
pub(super) fn block<T: Float>(centres: &Centres, rows: &Rows<'_, T>, range: Range<usize>) -> Block {
    let (n, d) = (range.len(), centres.d);
    let n_padded = n.next_multiple_of(PANEL);
    let mut cells = vec![0.0; n_padded * d];
    let mut lengths = vec![0.0; n_padded];
    let mut row = vec![0.0; d];
    for i in 0..n {
        lengths[i] = centres.frame.row(rows.row(range.start + i), &mut row);
        let stripe = &mut cells[i / PANEL * PANEL * d..];
        for (column, &cell) in row.iter().enumerate() {
            stripe[column * PANEL + i % PANEL] = cell;
        }
    }
    Block { start: range.start, labels: vec![0; n], cells, lengths, ..Block::default() }
}

/// Finds the nearest centre of every row of the block.
pub(super) struct Striped<'a, T: Float> {
    pub(super) centres: &'a Centres,
    pub(super) rows: &'a Rows<'a, T>,
    pub(super) block: &'a mut Block,
}

/// Stands for a row whose nearest centre is not beyond doubt.
const DOUBTFUL: u32 = u32::MAX;

impl<T: Float> WithSimd for Striped<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        match self.centres.d {
            1 => self.run::<S, 1>(simd),
            2 => self.run::<S, 2>(simd),
            3 => self.run::<S, 3>(simd),
            4 => self.run::<S, 4>(simd),
            _ => self.run::<S, 0>(simd),
        }
    }
}

impl<T: Float> Striped<'_, T> {
    /// With the width known to the compiler, or 0.
    #[inline(always)]
    fn run<S: Simd, const D: usize>(self, simd: S) {
        let Self { centres, rows, block } = self;
        let d = if D == 0 { centres.d } else { D };
        let n = block.labels.len();
        block.moved.clear();
        let mut labels = [0; PANEL];
        for stripe in 0..n.div_ceil(PANEL) {
            let cells = &block.cells[stripe * PANEL * d..(stripe + 1) * PANEL * d];
            let lengths = &block.lengths[stripe * PANEL..(stripe + 1) * PANEL];
            nearest_of_stripe(simd, d, cells, lengths, centres, &mut labels);
            let first = stripe * PANEL;
            let old = &block.labels[first..n.min(first + PANEL)];
            if old == &labels[..old.len()] {
                continue;
            }
            for (i, &label) in (first..n).zip(&labels) {
                let label = if label == DOUBTFUL {
                    let row = rows.row(block.start + i);
                    with_width!(d, width => nearest(width, row, &centres.cells)).label
                } else {
                    label
                };
                block.relabel(i, label);
            }
        }
    }
}

#[inline(always)]
fn nearest_of_stripe<S: Simd>(
    simd: S,
    d: usize,
    cells: &[f32],
    lengths: &[f32],
    centres: &Centres,
    labels: &mut [u32; PANEL],
) {
    let per = PANEL / S::F32_LANES;
    let (cells, _) = S::as_simd_f32s(cells);
    let (lengths, _) = S::as_simd_f32s(lengths);
    let (labels, _) = S::as_mut_simd_u32s(labels);
    let [of_length, of_distance, little] = centres.frame.singles().map(|x| simd.splat_f32s(x));
    let far = simd.splat_f32s(FAR);
    for v in 0..per {
        let mut best = simd.splat_f32s(1e36);
        let mut next = best;
        let mut which = simd.splat_u32s(0);
        for (c, centre) in centres.singles.chunks_exact(d).enumerate() {
            let mut square = simd.splat_f32s(0.0);
            for j in 0..d {
                let off = simd.sub_f32s(cells[j * per + v], simd.splat_f32s(centre[j]));
                square = simd.mul_add_e_f32s(off, off, square);
            }
            let nearer = simd.less_than_f32s(square, best);
            next = simd.min_f32s(next, simd.max_f32s(best, square));
            best = simd.min_f32s(best, square);
            which = simd.select_u32s(nearer, simd.splat_u32s(c as u32), which);
        }
        let (best, next) = (simd.sqrt_f32s(best), simd.sqrt_f32s(next));
        let error = simd.mul_add_e_f32s(of_length, lengths[v], little);
        let error = simd.mul_add_e_f32s(
            of_distance,
            simd.add_f32s(best, next),
            simd.add_f32s(error, error),
        );
        let doubtful = simd.or_m32s(
            simd.less_than_or_equal_f32s(simd.sub_f32s(next, best), error),
            simd.greater_than_f32s(best, far),
        );
        labels[v] = simd.select_u32s(doubtful, simd.splat_u32s(DOUBTFUL), which);
    }
}
