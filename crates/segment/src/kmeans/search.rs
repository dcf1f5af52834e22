//! The search for the nearest centre of each row of a block.

use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::bounds::{Block, Centres, FAR, above};
use super::frame::PANEL;
use super::kernel::{Keys, keys, keys_of_one, least, least_but, place, square};
use crate::data::Rows;
use crate::float::Float;

/// Rows searched side by side.
const ABREAST: usize = 8;

/// Finds the nearest centre of every row of the block and sets its bounds.
pub(super) struct All<'a, T: Float> {
    pub(super) centres: &'a Centres,
    pub(super) rows: &'a Rows<'a, T>,
    pub(super) block: &'a mut Block,
}

/// Finds it where bounds do not exclude a change.
pub(super) struct Doubtful<'a, T: Float> {
    pub(super) centres: &'a Centres,
    pub(super) rows: &'a Rows<'a, T>,
    pub(super) block: &'a mut Block,
}

/// Half the distance from each centre in the range to the nearest other, at most.
pub(super) struct Gaps<'a> {
    pub(super) centres: &'a Centres,
    pub(super) range: Range<usize>,
}

/// Where a search writes its notes.
struct Notes {
    /// For each panel.
    keys: Vec<Keys>,
    /// The least key of each panel.
    firsts: Vec<f32>,
    /// For each group.
    bounds: Vec<f64>,
}

impl Notes {
    fn new(centres: &Centres) -> Self {
        let n = centres.panels.n();
        Self {
            keys: vec![[0.0; PANEL]; n],
            firsts: vec![0.0; n],
            bounds: vec![0.0; centres.n_groups],
        }
    }
}

impl<T: Float> WithSimd for All<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { centres, rows, block } = self;
        let (d, n) = (centres.d, block.labels.len());
        let mut notes = Notes::new(centres);
        let mut batch = vec![[[0.0; PANEL]; ABREAST]; centres.panels.n()];
        block.moved.clear();
        for start in (0..n).step_by(ABREAST) {
            let abreast = ABREAST.min(n - start);
            // The last rows are searched once more rather than fewer at a time.
            let of = |r: usize| (start + r).min(n - 1) * d;
            let cells: [&[f32]; ABREAST] = std::array::from_fn(|r| &block.cells[of(r)..of(r) + d]);
            for (p, keys_of_panel) in batch.iter_mut().enumerate() {
                keys(simd, cells, centres.panels.panel(p), keys_of_panel);
            }
            for r in 0..abreast {
                let i = start + r;
                let mut best = f32::INFINITY;
                let mut panel = 0;
                for (p, keys) in batch.iter().enumerate() {
                    notes.keys[p] = keys[r];
                    let first = least(simd, &keys[r]);
                    notes.firsts[p] = first;
                    if first < best {
                        (best, panel) = (first, p);
                    }
                }
                let length = block.lengths[i];
                for (g, bound) in notes.bounds.iter_mut().enumerate() {
                    let firsts = &notes.firsts[centres.panels_of(g)];
                    let first =
                        firsts.iter().fold(f32::INFINITY, |m, &f| if f < m { f } else { m });
                    *bound = centres.frame.lower(first, length);
                }
                let winner = leave_out(simd, centres, &mut notes, panel, best, length);
                settle(
                    centres,
                    rows,
                    block,
                    i,
                    winner,
                    centres.frame.upper(best, length),
                    &mut notes,
                );
            }
        }
    }
}

impl<T: Float> WithSimd for Doubtful<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { centres, rows, block } = self;
        let d = centres.d;
        let mut notes = Notes::new(centres);
        block.moved.clear();
        for i in find(centres, block) {
            let i = i as usize;
            let label = block.labels[i];
            let row = &block.cells[i * d..(i + 1) * d];
            let length = block.lengths[i];
            let centre = &centres.singles[label as usize * d..(label as usize + 1) * d];
            let own_square = square(simd, row, centre);
            let own = centres.frame.upper(own_square, length);
            let nearest = centres.known(block, i, label as usize, own, &mut notes.bounds);
            if nearest > own {
                centres.set_slack(block, i, label as usize, own, nearest);
                continue;
            }
            let own_place = centres.panels.place_of[label as usize] as usize;
            let (mut best, mut panel, mut reach) = (own_square, usize::MAX, own);
            for g in 0..notes.bounds.len() {
                if notes.bounds[g] > reach {
                    continue;
                }
                let mut first = f32::INFINITY;
                for p in centres.panels_of(g) {
                    let mut keys = keys_of_one(simd, row, centres.panels.panel(p));
                    if own_place / PANEL == p {
                        keys[own_place % PANEL] = f32::INFINITY;
                    }
                    let key = least(simd, &keys);
                    (notes.keys[p], notes.firsts[p]) = (keys, key);
                    if key < best {
                        (best, panel) = (key, p);
                        reach = reach.min(centres.frame.upper(key, length));
                    }
                    first = if key < first { key } else { first };
                }
                notes.bounds[g] = centres.frame.lower(first, length);
            }
            let winner = if panel == usize::MAX {
                label
            } else {
                let winner = leave_out(simd, centres, &mut notes, panel, best, length);
                // The old centre is now one of the others.
                let bound = &mut notes.bounds[centres.group_of(label)];
                *bound = bound.min(centres.frame.lower(own_square, length));
                winner
            };
            settle(centres, rows, block, i, winner, reach, &mut notes);
        }
    }
}

/// Leaves the centre of the least key out of the bound of its group; gives the centre.
#[inline(always)]
fn leave_out<S: Simd>(
    simd: S,
    centres: &Centres,
    notes: &mut Notes,
    panel: usize,
    best: f32,
    length: f32,
) -> u32 {
    let group = panel / centres.per_group;
    let mut next = least_but(simd, &notes.keys[panel], best);
    for p in centres.panels_of(group) {
        if p != panel && notes.firsts[p] < next {
            next = notes.firsts[p];
        }
    }
    notes.bounds[group] = centres.frame.lower(next, length);
    centres.panels.centre_of[panel * PANEL + place(best)]
}

/// Gives the row to the winner where it is beyond doubt, and else to the nearest in double precision.
#[inline(always)]
fn settle<T: Float>(
    centres: &Centres,
    rows: &Rows<'_, T>,
    block: &mut Block,
    i: usize,
    mut winner: u32,
    mut reach: f64,
    notes: &mut Notes,
) {
    let least = |bounds: &[f64]| bounds.iter().fold(FAR, |m, &b| if b < m { b } else { m });
    let mut nearest = least(&notes.bounds);
    if !(nearest > reach && reach < FAR) || winner == u32::MAX {
        (winner, reach) = centres.resolve(rows.row(block.start + i), &mut notes.bounds);
        nearest = least(&notes.bounds);
    }
    centres.set_bounds(block, i, winner as usize, &notes.bounds);
    centres.set_slack(block, i, winner as usize, reach, nearest);
    block.relabel(i, winner);
}

/// The rows whose slack is used up, without branches.
#[inline(always)]
fn find(centres: &Centres, block: &Block) -> Vec<u32> {
    let thresholds: Vec<f32> = centres.threshold.iter().map(|&t| above(t)).collect();
    let mut doubtful = vec![0; block.labels.len()];
    let mut n = 0;
    for (i, (&label, &slack)) in block.labels.iter().zip(&block.slack).enumerate() {
        doubtful[n] = i as u32;
        // What is not greater is doubtful: minus infinity, too.
        n += usize::from(slack <= thresholds[label as usize]);
    }
    doubtful.truncate(n);
    doubtful
}

impl WithSimd for Gaps<'_> {
    type Output = Vec<f64>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Vec<f64> {
        let Self { centres, range } = self;
        let d = centres.d;
        let mut gaps = Vec::with_capacity(range.len());
        for c in range {
            let cells = &centres.singles[c * d..(c + 1) * d];
            let own_place = centres.panels.place_of[c] as usize;
            let mut nearest = f32::INFINITY;
            for p in 0..centres.panels.n() {
                let mut keys = keys_of_one(simd, cells, centres.panels.panel(p));
                if own_place / PANEL == p {
                    keys[own_place % PANEL] = f32::INFINITY;
                }
                nearest = nearest.min(least(simd, &keys));
            }
            let length = cells.iter().map(|cell| cell * cell).sum::<f32>().sqrt();
            gaps.push(0.5 * centres.frame.lower(nearest, length).min(FAR));
        }
        gaps
    }
}
