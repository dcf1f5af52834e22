//! Sums of rows by cluster, kept by differences.

use std::ops::Range;

use super::bounds::Block;
use crate::data::Rows;
use crate::float::Float;
use crate::parallel;

/// Into so many parts rows are divided for sums; fixed, so that sums are in a fixed order.
const PARTS: usize = 16;

/// With fewer moved cells the sums are changed in place.
const FEW: usize = 1 << 15;

/// For each cluster the weighted sum of its rows, their weight and their number.
#[derive(Clone, Debug)]
pub(super) struct Sums {
    d: usize,
    sums: Vec<f64>,
    weights: Vec<f64>,
    /// Rows of a weight above zero.
    counts: Vec<i64>,
}

impl Sums {
    pub(super) fn new(k: usize, d: usize) -> Self {
        Self { d, sums: vec![0.0; k * d], weights: vec![0.0; k], counts: vec![0; k] }
    }

    /// The sums of rows by the labels of their blocks.
    pub(super) fn of<T: Float>(k: usize, rows: &Rows<'_, T>, blocks: &[Block]) -> Self {
        let mut total = Self::new(k, rows.d);
        let parts = parts(blocks.len());
        for part in parallel::map(parts.len(), |p| {
            let mut sums = Self::new(k, rows.d);
            for block in &blocks[parts[p].clone()] {
                for (i, &label) in block.labels.iter().enumerate() {
                    let position = block.start + i;
                    sums.shift(rows.row(position), rows.weight(position), label, 1);
                }
            }
            sums
        }) {
            total.absorb(&part);
        }
        total
    }

    fn absorb(&mut self, part: &Self) {
        self.sums.iter_mut().zip(&part.sums).for_each(|(sum, part)| *sum += part);
        self.weights.iter_mut().zip(&part.weights).for_each(|(sum, part)| *sum += part);
        self.counts.iter_mut().zip(&part.counts).for_each(|(sum, part)| *sum += part);
    }

    #[inline]
    fn shift<T: Float>(&mut self, row: &[T], weight: f64, label: u32, count: i64) {
        if weight == 0.0 {
            return;
        }
        let label = label as usize;
        let signed = weight * count as f64;
        let sums = &mut self.sums[label * self.d..(label + 1) * self.d];
        sums.iter_mut().zip(row).for_each(|(sum, cell)| *sum += signed * cell.to_f64());
        self.weights[label] += signed;
        self.counts[label] += count;
    }

    /// Takes a row out of one cluster and into another.
    pub(super) fn move_row<T: Float>(&mut self, row: &[T], weight: f64, from: u32, to: u32) {
        self.shift(row, weight, from, -1);
        self.shift(row, weight, to, 1);
    }

    /// Takes in what moved in the blocks, in order; says how many rows.
    pub(super) fn take_in<T: Float>(&mut self, rows: &Rows<'_, T>, blocks: &[Block]) -> usize {
        let n_moved: usize = blocks.iter().map(|block| block.moved.len()).sum();
        if n_moved * self.d < FEW {
            self.take_in_order(rows, blocks);
            return n_moved;
        }
        let (k, d) = (self.weights.len(), self.d);
        let parts = parts(blocks.len());
        for part in parallel::map(parts.len(), |p| {
            let mut sums = Self::new(k, d);
            sums.take_in_order(rows, &blocks[parts[p].clone()]);
            sums
        }) {
            self.absorb(&part);
        }
        n_moved
    }

    fn take_in_order<T: Float>(&mut self, rows: &Rows<'_, T>, blocks: &[Block]) {
        for block in blocks {
            for &(i, from) in &block.moved {
                let position = block.start + i as usize;
                let (row, weight) = (rows.row(position), rows.weight(position));
                self.move_row(row, weight, from, block.labels[i as usize]);
            }
        }
    }

    pub(super) fn is_empty(&self, label: usize) -> bool {
        self.counts[label] == 0
    }

    pub(super) fn n_rows(&self, label: usize) -> i64 {
        self.counts[label]
    }

    /// The mean of the cluster's rows, if it has any.
    pub(super) fn mean(&self, label: usize) -> Option<impl Iterator<Item = f64> + '_> {
        (self.counts[label] > 0).then(|| {
            let weight = self.weights[label];
            self.sums[label * self.d..(label + 1) * self.d].iter().map(move |sum| sum / weight)
        })
    }
}

fn parts(n_blocks: usize) -> Vec<Range<usize>> {
    parallel::ranges(n_blocks, n_blocks.div_ceil(PARTS).max(1)).collect()
}
