//! Distance bounds that skip rows whose nearest centre cannot have changed.
//!
//! Every row keeps, for each group of centres, a lower bound on the distance to the nearest other
//! centre of the group (Hamerly with one group, Yinyang with several), and its slack: how much
//! nearer it is to its own centre than any other can be. Bounds are stored relative to the running
//! sums of how far centres have moved, so that a row whose slack is not used up is read and not
//! written. They are single floats, rounded to the safe side, in units of the frame.

use std::ops::Range;

use super::frame::{Frame, PANEL, Panels, divide};
use super::metric;
use crate::data::Rows;
use crate::float::Float;
use crate::parallel;
use crate::simd;

/// Beyond any distance.
pub(super) const FAR: f64 = 1e30;

/// Centres and how they move.
#[derive(Debug)]
pub(super) struct Centres {
    pub(super) d: usize,
    pub(super) k: usize,
    /// Row-major.
    pub(super) cells: Vec<f64>,
    pub(super) frame: Frame,
    /// Row-major, in the frame.
    pub(super) singles: Vec<f32>,
    pub(super) panels: Panels,
    /// Panels of one group.
    pub(super) per_group: usize,
    pub(super) n_groups: usize,
    /// For label `l` and group `g` at `l * n_groups + g`: how far the fastest centre of the group but `l` has moved in all.
    group_path: Vec<f64>,
    /// For each label: how far its centre and the fastest other have moved in all.
    pub(super) threshold: Vec<f64>,
    /// Half the distance from each centre to the nearest other, at most.
    half_gap: Vec<f64>,
}

/// The rows of one block: labels and bounds.
#[derive(Debug, Default)]
pub(super) struct Block {
    pub(super) start: usize,
    pub(super) labels: Vec<u32>,
    /// Rows that changed their label last time, with the label before.
    pub(super) moved: Vec<(u32, u32)>,
    /// The rows in the frame: row-major, or in stripes of rows column by column.
    pub(super) cells: Vec<f32>,
    /// The length of each row in the frame.
    pub(super) lengths: Vec<f32>,
    /// Least lower bound less the distance to the own centre, plus the label's threshold at that time.
    pub(super) slack: Vec<f32>,
    /// Lower bound for each group, plus the group's path at that time.
    pub(super) lower: Vec<f32>,
}

impl Block {
    /// Makes the bounds of a row say nothing.
    pub(super) fn forget(&mut self, i: usize) {
        if !self.slack.is_empty() {
            let n_groups = self.lower.len() / self.labels.len();
            self.slack[i] = f32::NEG_INFINITY;
            self.lower[i * n_groups..(i + 1) * n_groups].fill(f32::NEG_INFINITY);
        }
    }

    /// Notes the label of a row.
    #[inline(always)]
    pub(super) fn relabel(&mut self, i: usize, new: u32) {
        let old = std::mem::replace(&mut self.labels[i], new);
        if old != new {
            self.moved.push((i as u32, old));
        }
    }
}

impl Centres {
    /// Centres at these places, with one bound for each panel of centres or one for all.
    pub(super) fn new(frame: Frame, cells: Vec<f64>, d: usize, one_group: bool) -> Self {
        let k = cells.len() / d;
        let panels = Panels::new(d, k, &divide(d, &cells));
        let per_group = if one_group { panels.n() } else { 1 };
        let n_groups = panels.n() / per_group;
        let mut centres = Self {
            d,
            k,
            cells,
            frame,
            singles: vec![0.0; k * d],
            panels,
            per_group,
            n_groups,
            group_path: vec![0.0; k * n_groups],
            threshold: vec![0.0; k],
            half_gap: vec![0.0; k],
        };
        centres.place();
        centres
    }

    /// The rows in that range, row-major, with bounds that say nothing.
    pub(super) fn block<T: Float>(&self, rows: &Rows<'_, T>, range: Range<usize>) -> Block {
        let (n, d) = (range.len(), self.d);
        let mut cells = vec![0.0; n * d];
        let places = cells.chunks_exact_mut(d).zip(range.clone());
        let lengths = places.map(|(out, i)| self.frame.row(rows.row(i), out)).collect();
        Block {
            start: range.start,
            labels: vec![0; n],
            moved: Vec::new(),
            cells,
            lengths,
            slack: vec![f32::NEG_INFINITY; n],
            lower: vec![f32::NEG_INFINITY; n * self.n_groups],
        }
    }

    #[inline(always)]
    pub(super) fn centre(&self, c: usize) -> &[f64] {
        &self.cells[c * self.d..(c + 1) * self.d]
    }

    #[inline(always)]
    pub(super) fn group_of(&self, centre: u32) -> usize {
        self.panels.place_of[centre as usize] as usize / PANEL / self.per_group
    }

    /// The panels of a group.
    #[inline(always)]
    pub(super) fn panels_of(&self, group: usize) -> Range<usize> {
        group * self.per_group..(group + 1) * self.per_group
    }

    /// Brings the centres into the frame.
    fn place(&mut self) {
        for c in 0..self.k {
            let singles = &mut self.singles[c * self.d..(c + 1) * self.d];
            for (column, single) in singles.iter_mut().enumerate() {
                *single = self.frame.cell(column, self.cells[c * self.d + column]);
            }
            self.panels.set(c, singles);
        }
    }

    /// Takes note that centres have moved so far since the last time.
    pub(super) fn moved(&mut self, drifts: &[f64]) {
        self.place();
        let n_groups = self.n_groups;
        let mut fastest = vec![Fastest::default(); n_groups];
        for (label, &drift) in drifts.iter().enumerate() {
            fastest[self.group_of(label as u32)].see(label as u32, drift * self.frame.scale);
        }
        for (label, own) in drifts.iter().enumerate() {
            let mut most = 0.0_f64;
            for (g, fastest) in fastest.iter().enumerate() {
                let drift = fastest.but(label as u32);
                self.group_path[label * n_groups + g] += drift;
                most = most.max(drift);
            }
            self.threshold[label] += own * self.frame.scale + most;
        }
    }

    /// Measures how far centres lie apart.
    pub(super) fn measure_gaps(&mut self) {
        const SOME: usize = 16;
        let chunks: Vec<_> = parallel::ranges(self.k, SOME).collect();
        let gaps = parallel::map(chunks.len(), |c| {
            simd::dispatch(super::search::Gaps { centres: self, range: chunks[c].clone() })
        });
        self.half_gap = gaps.concat();
    }

    /// For each group what is known of the distance to its nearest centre but the own, from the
    /// bounds stored and from the distance of centres.
    #[inline(always)]
    pub(super) fn known(
        &self,
        block: &Block,
        i: usize,
        label: usize,
        own: f64,
        out: &mut [f64],
    ) -> f64 {
        let n_groups = out.len();
        let mirror = 2.0 * self.half_gap[label] - own;
        let stored = &block.lower[i * n_groups..(i + 1) * n_groups];
        let paths = &self.group_path[label * n_groups..(label + 1) * n_groups];
        let mut least = FAR;
        for ((out, &stored), &path) in out.iter_mut().zip(stored).zip(paths) {
            let bound = f64::from(stored) - path;
            *out = if bound > mirror { bound } else { mirror };
            least = if *out < least { *out } else { least };
        }
        least
    }

    /// Stores how much nearer a row is to its own centre than to any other.
    #[inline(always)]
    pub(super) fn set_slack(
        &self,
        block: &mut Block,
        i: usize,
        label: usize,
        own: f64,
        least: f64,
    ) {
        let threshold = self.threshold[label];
        // The difference of near numbers is uncertain by the rounding of each.
        let rounding = 1e-12 * (least.abs() + own + threshold);
        block.slack[i] = below(least - own + threshold - rounding);
    }

    /// Stores a row's bounds: for each group on the distance to the nearest centre but its own.
    #[inline(always)]
    pub(super) fn set_bounds(&self, block: &mut Block, i: usize, label: usize, least: &[f64]) {
        let n_groups = least.len();
        let stored = &mut block.lower[i * n_groups..(i + 1) * n_groups];
        let paths = &self.group_path[label * n_groups..(label + 1) * n_groups];
        for ((stored, &least), &path) in stored.iter_mut().zip(least).zip(paths) {
            *stored = below((if least < FAR { least } else { FAR }) + path);
        }
    }

    /// The nearest centre of a row in double precision, of equals the first, where single floats
    /// do not tell; sets the distance and, for each group, to the nearest other.
    #[cold]
    #[inline(never)]
    pub(super) fn resolve<T: Float>(&self, row: &[T], bounds: &mut [f64]) -> (u32, f64) {
        let mut squares = vec![0.0; self.k];
        let mut best = (0, f64::INFINITY);
        for (c, (centre, square)) in self.cells.chunks_exact(self.d).zip(&mut squares).enumerate() {
            *square = metric::square(row, centre);
            if *square < best.1 {
                best = (c as u32, *square);
            }
        }
        bounds.fill(FAR);
        for (c, square) in squares.iter().enumerate() {
            if c as u32 != best.0 {
                let bound = &mut bounds[self.group_of(c as u32)];
                *bound = bound.min(square.sqrt() * self.frame.scale * (1.0 - 1e-12));
            }
        }
        (best.0, best.1.sqrt() * self.frame.scale * (1.0 + 1e-12))
    }
}

/// The two longest drifts of a group.
#[derive(Clone, Copy, Debug, Default)]
struct Fastest {
    label: u32,
    drift: f64,
    second: f64,
}

impl Fastest {
    fn see(&mut self, label: u32, drift: f64) {
        if drift > self.drift {
            *self = Self { label, drift, second: self.drift };
        } else {
            self.second = self.second.max(drift);
        }
    }

    /// The longest drift of a centre other than `label`.
    const fn but(&self, label: u32) -> f64 {
        if self.label == label { self.second } else { self.drift }
    }
}

/// A single float at least `x`; half a unit in its last place is 6e-8.
#[inline(always)]
pub(super) fn above(x: f64) -> f32 {
    (x + x.abs() * 1.2e-7 + 1e-37) as f32
}

/// A single float at most `x`.
#[inline(always)]
fn below(x: f64) -> f32 {
    (x - x.abs() * 1.2e-7 - 1e-37) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn single_floats_lie_on_the_safe_side() {
        for x in [0.0, 1.0, -1.0, 1.0 / 3.0, -1e-20, 1e15, -1e30, FAR, f64::EPSILON] {
            assert!(f64::from(below(x)) <= x && f64::from(above(x)) >= x, "{x}");
            assert!(f64::from(above(x)) - f64::from(below(x)) <= 4e-7 * x.abs() + 3e-37, "{x}");
        }
    }
}
