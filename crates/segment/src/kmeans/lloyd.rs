//! Lloyd's iterations.

use super::bounds::{Block, Centres};
use super::metric::{Width, with_width};
use super::update::{Change, Sums};
use crate::data::Rows;
use crate::parallel;

/// Rows in one block of work; blocks are what threads share and sums are ordered by.
pub(super) const BLOCK: usize = 4096;

/// When to stop.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) max_iter: usize,
    /// On the sum of squared shifts of the centres, at the scale of the rows.
    pub(super) tolerance: f64,
}

/// Where the iterations ended.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) centres: Vec<f64>,
    /// The nearest centre of each row.
    pub(crate) labels: Vec<u32>,
    pub(crate) inertia: f64,
    pub(crate) n_iter: usize,
    pub(crate) converged: bool,
}

/// Lloyd's iterations from `centres`, row-major, at least one.
pub(super) fn lloyd(rows: &Rows<'_>, centres: Vec<f64>, limits: Limits) -> Run {
    with_width!(rows.d, width => State::new(width, rows, centres).run(limits))
}

#[derive(Debug)]
struct State<'a, W> {
    rows: &'a Rows<'a>,
    centres: Centres<W>,
    blocks: Vec<Block>,
    sums: Sums,
}

impl<'a, W: Width> State<'a, W> {
    fn new(width: W, rows: &'a Rows<'a>, cells: Vec<f64>) -> Self {
        let k = cells.len() / width.get();
        let groups = groups(rows, &cells, k);
        let centres = Centres::new(width, cells, groups);
        let blocks = parallel::ranges(rows.n, BLOCK).map(|range| centres.block(range)).collect();
        Self { rows, centres, blocks, sums: Sums::new(k, width.get()) }
    }

    fn run(mut self, limits: Limits) -> Run {
        let mut converged = false;
        let mut n_iter = 0;
        // Whether labels are those of the centres as they stand.
        let mut settled = false;
        self.assign_all();
        self.sum_afresh();
        while n_iter < limits.max_iter {
            n_iter += 1;
            if n_iter > 1 && self.assign_by_bounds() == 0 {
                // Sums kept by differences have drifted by rounding: the fixed point is checked
                // on sums made afresh, without bounds.
                self.sum_afresh();
                self.update();
                if self.assign_all() == 0 {
                    (converged, settled) = (true, true);
                    break;
                }
            }
            let shift = self.update();
            if shift <= limits.tolerance && limits.tolerance > 0.0 {
                converged = true;
                break;
            }
        }
        if !settled {
            self.assign_all();
        }
        let inertia = self.inertia();
        let labels = self.blocks.iter().flat_map(|block| &block.labels).copied().collect();
        Run { centres: self.centres.cells, labels, inertia, n_iter, converged }
    }

    /// Finds every row's nearest centre; says how many labels changed.
    fn assign_all(&mut self) -> usize {
        let (rows, centres) = (self.rows, &self.centres);
        let changes =
            parallel::map_mut(&mut self.blocks, |_, block| centres.assign_all(rows, block));
        self.sums.apply(&changes)
    }

    /// The same where bounds do not exclude a change.
    fn assign_by_bounds(&mut self) -> usize {
        let (rows, centres) = (self.rows, &self.centres);
        let changes =
            parallel::map_mut(&mut self.blocks, |_, block| centres.assign_by_bounds(rows, block));
        self.sums.apply(&changes)
    }

    /// Sums rows by label, block by block.
    fn sum_afresh(&mut self) {
        let (rows, k, d) = (self.rows, self.centres.k, self.centres.width.get());
        let blocks = &self.blocks;
        let parts = parallel::map(blocks.len(), |b| {
            let mut sums = Sums::new(k, d);
            for (i, &label) in blocks[b].labels.iter().enumerate() {
                let position = blocks[b].start + i;
                sums.add(rows.row(position), rows.weight(position), label);
            }
            sums
        });
        self.sums = Sums::total(k, d, &parts);
    }

    /// Moves centres to the means of their rows; gives the sum of squared shifts.
    fn update(&mut self) -> f64 {
        let d = self.centres.width.get();
        self.fill_empty();
        let mut drifts = vec![0.0; self.centres.k];
        let mut shift = 0.0;
        for (c, centre) in self.centres.cells.chunks_exact_mut(d).enumerate() {
            let Some(mean) = self.sums.mean(c) else { continue };
            let mut square = 0.0;
            for (old, new) in centre.iter_mut().zip(mean) {
                square += (new - *old) * (new - *old);
                *old = new;
            }
            // A hair more than measured, so that rounding never makes a bound too tight.
            drifts[c] = square.sqrt() * (1.0 + 1e-12);
            shift += square;
        }
        self.centres.moved(&drifts);
        shift
    }

    /// Gives every cluster without rows the row farthest from its own centre, where one lies off its centre.
    fn fill_empty(&mut self) {
        for empty in 0..self.centres.k {
            if !self.sums.is_empty(empty) {
                continue;
            }
            // Where every row lies on its centre there are fewer distinct rows than clusters.
            let Some(position) = self.farthest() else { return };
            let block = &mut self.blocks[position / BLOCK];
            let i = position - block.start;
            let from = std::mem::replace(&mut block.labels[i], empty as u32);
            block.forget(i);
            let mut change = Change::default();
            let (row, weight) = (self.rows.row(position), self.rows.weight(position));
            change.moved(self.centres.k, self.rows.d, row, weight, from, empty as u32);
            self.sums.apply(std::slice::from_ref(&change));
        }
    }

    /// The row that adds most to the inertia among those that do not stand alone in their cluster.
    fn farthest(&self) -> Option<usize> {
        let (rows, centres, sums) = (self.rows, &self.centres, &self.sums);
        let blocks = &self.blocks;
        parallel::map(blocks.len(), |b| {
            let mut best = (0.0, None);
            for (i, &label) in blocks[b].labels.iter().enumerate() {
                let position = blocks[b].start + i;
                if sums.n_rows(label as usize) > 1 {
                    let centre = centres.centre(label as usize);
                    let square = centres.width.square(rows.row(position), centre);
                    let part = rows.weight(position) * square;
                    if part > best.0 {
                        best = (part, Some(position));
                    }
                }
            }
            best
        })
        .into_iter()
        .fold((0.0, None), |best, found| if found.0 > best.0 { found } else { best })
        .1
    }

    fn inertia(&self) -> f64 {
        let (rows, centres, blocks) = (self.rows, &self.centres, &self.blocks);
        let parts = parallel::map(blocks.len(), |b| {
            let mut sum = 0.0;
            for (i, &label) in blocks[b].labels.iter().enumerate() {
                let position = blocks[b].start + i;
                let centre = centres.centre(label as usize);
                sum += rows.weight(position) * centres.width.square(rows.row(position), centre);
            }
            sum
        });
        parts.iter().sum()
    }
}

/// The group of each centre: one below 20 centres, then one for every ten, of centres near each other.
fn groups(rows: &Rows<'_>, centres: &[f64], k: usize) -> Vec<u32> {
    if k < 20 {
        return vec![0; k];
    }
    let n_groups = k.div_ceil(10);
    let (values, d) = (centres.into(), rows.d);
    let as_rows =
        Rows { values, n: k, d, scale: 1.0, origin: Vec::new(), weights: None, weight_unit: 1.0 };
    // Any partition is correct; spread starts and a few iterations make a useful one.
    let starts: Vec<f64> =
        (0..n_groups).flat_map(|g| as_rows.row(g * k / n_groups)).copied().collect();
    let labels = lloyd(&as_rows, starts, Limits { max_iter: 5, tolerance: 0.0 }).labels;
    // Groups without centres leave no hole.
    let mut number = vec![u32::MAX; n_groups];
    let mut next = 0;
    labels
        .iter()
        .map(|&label| {
            let number = &mut number[label as usize];
            if *number == u32::MAX {
                *number = next;
                next += 1;
            }
            *number
        })
        .collect()
}
