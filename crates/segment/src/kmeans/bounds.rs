//! Distance bounds that skip rows whose nearest centre cannot have changed.
//!
//! Every row keeps, for each of a few groups of centres, a lower bound on the distance to the
//! nearest other centre of the group (Hamerly with one group, Yinyang with several), and its
//! slack: how much nearer it is to its own centre than any other can be. Bounds are stored
//! relative to the running sums of how far centres have moved, so that a row whose slack is not
//! used up is read and not written. They are single floats, rounded to the safe side.

use super::metric::{Width, nearest};
use super::update::Change;
use crate::data::Rows;

/// Beyond any distance: rows are kept below 1e15.
const FAR: f64 = 1e30;

/// Centres and how they move.
#[derive(Debug)]
pub(super) struct Centres<W> {
    pub(super) width: W,
    pub(super) k: usize,
    /// Row-major.
    pub(super) cells: Vec<f64>,
    groups: Vec<Vec<u32>>,
    group_of: Vec<u32>,
    /// For label `l` and group `g` at `l * n_groups + g`: how far the fastest centre of the group but `l` has moved in all.
    group_path: Vec<f64>,
    /// For each label: how far its centre and the fastest other have moved in all.
    threshold: Vec<f64>,
    /// Half the distance from each centre to the nearest other.
    half_gap: Vec<f64>,
}

/// The rows of one block: labels and bounds.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) start: usize,
    pub(super) labels: Vec<u32>,
    /// Least lower bound less the distance to the own centre, plus the label's threshold at that time.
    slack: Vec<f32>,
    /// Lower bound for each group, plus the group's path at that time.
    lower: Vec<f32>,
    /// Rows under examination, with the squared distance of each to its own centre.
    doubtful: Vec<(u32, f64)>,
}

impl Block {
    /// Makes the bounds of a row say nothing.
    pub(super) fn forget(&mut self, i: usize) {
        let n_groups = self.lower.len() / self.labels.len();
        self.slack[i] = f32::NEG_INFINITY;
        self.lower[i * n_groups..(i + 1) * n_groups].fill(f32::NEG_INFINITY);
    }
}

impl<W: Width> Centres<W> {
    /// Centres in groups: a partition given by the group of each.
    pub(super) fn new(width: W, cells: Vec<f64>, group_of: Vec<u32>) -> Self {
        let k = group_of.len();
        let n_groups = group_of.iter().max().map_or(1, |&last| last as usize + 1);
        let mut groups = vec![Vec::new(); n_groups];
        for (c, &g) in group_of.iter().enumerate() {
            groups[g as usize].push(c as u32);
        }
        Self {
            width,
            k,
            cells,
            groups,
            group_of,
            group_path: vec![0.0; k * n_groups],
            threshold: vec![0.0; k],
            half_gap: vec![0.0; k],
        }
    }

    pub(super) fn block(&self, range: std::ops::Range<usize>) -> Block {
        Block {
            start: range.start,
            labels: vec![0; range.len()],
            slack: vec![0.0; range.len()],
            lower: vec![0.0; range.len() * self.groups.len()],
            doubtful: Vec::new(),
        }
    }

    #[inline]
    pub(super) fn centre(&self, c: usize) -> &[f64] {
        let d = self.width.get();
        &self.cells[c * d..(c + 1) * d]
    }

    /// Takes note that centres have moved so far since the last time.
    pub(super) fn moved(&mut self, drifts: &[f64]) {
        let n_groups = self.groups.len();
        let fastest: Vec<Fastest> =
            self.groups.iter().map(|members| Fastest::of(members, drifts)).collect();
        for (label, own) in drifts.iter().enumerate() {
            let mut most = 0.0_f64;
            for (g, fastest) in fastest.iter().enumerate() {
                let drift = fastest.but(label as u32);
                self.group_path[label * n_groups + g] += drift;
                most = most.max(drift);
            }
            self.threshold[label] += own + most;
        }
        self.half_gap.fill(FAR);
        for a in 0..self.k {
            for b in 0..a {
                let square = self.width.square(self.centre(a), self.centre(b));
                let half = 0.5 * square.sqrt() * (1.0 - 1e-12);
                self.half_gap[a] = self.half_gap[a].min(half);
                self.half_gap[b] = self.half_gap[b].min(half);
            }
        }
    }

    /// Finds the nearest centre of every row of the block and sets its bounds.
    pub(super) fn assign_all(&self, rows: &Rows<'_>, block: &mut Block) -> Change {
        let mut change = Change::default();
        let (d, n_groups) = (self.width.get(), self.groups.len());
        let mut squares = vec![0.0; self.k];
        let mut least = vec![FAR; n_groups];
        for i in 0..block.labels.len() {
            let row = rows.row(block.start + i);
            let (label, own) = if n_groups == 1 {
                let found = nearest(self.width, row, &self.cells);
                least[0] = found.next_square.sqrt().min(FAR);
                (found.label as usize, found.square.sqrt())
            } else {
                let mut best = (0, f64::INFINITY);
                for (c, centre) in self.cells.chunks_exact(d).enumerate() {
                    squares[c] = self.width.square(row, centre);
                    if squares[c] < best.1 {
                        best = (c, squares[c]);
                    }
                }
                for (least, members) in least.iter_mut().zip(&self.groups) {
                    let others = members.iter().filter(|&&c| c as usize != best.0);
                    let square = others.fold(FAR * FAR, |m, &c| squares[c as usize].min(m));
                    *least = square.sqrt();
                }
                (best.0, best.1.sqrt())
            };
            self.bound(block, i, label, own, &least);
            self.relabel(rows, block, i, label as u32, &mut change);
        }
        change
    }

    /// Moves the rows of the block whose bounds no longer hold to their nearest centres.
    pub(super) fn assign_by_bounds(&self, rows: &Rows<'_>, block: &mut Block) -> Change {
        let mut change = Change::default();
        let mut doubtful = std::mem::take(&mut block.doubtful);
        self.find_doubtful(block, &mut doubtful);
        if self.groups.len() == 1 {
            self.clear_by_distance(rows, block, &mut doubtful);
            for &(i, _) in &doubtful {
                let i = i as usize;
                let found = nearest(self.width, rows.row(block.start + i), &self.cells);
                let next = found.next_square.sqrt().min(FAR);
                self.bound(block, i, found.label as usize, found.square.sqrt(), &[next]);
                self.relabel(rows, block, i, found.label, &mut change);
            }
        } else {
            let mut bounds = vec![0.0; self.groups.len()];
            let mut scanned = vec![Scanned::default(); self.groups.len()];
            for &(i, _) in &doubtful {
                self.search_groups(rows, block, i as usize, &mut bounds, &mut scanned, &mut change);
            }
        }
        block.doubtful = doubtful;
        change
    }

    /// Lists the rows whose slack is used up, without branches.
    fn find_doubtful(&self, block: &Block, doubtful: &mut Vec<(u32, f64)>) {
        let thresholds: Vec<f32> = self.threshold.iter().map(|&t| above(t)).collect();
        doubtful.clear();
        doubtful.resize(block.labels.len(), (0, 0.0));
        let mut n = 0;
        for (i, (&label, &slack)) in block.labels.iter().zip(&block.slack).enumerate() {
            doubtful[n].0 = i as u32;
            // What is not greater is doubtful: minus infinity, too.
            n += usize::from(slack <= thresholds[label as usize]);
        }
        doubtful.truncate(n);
    }

    /// Strikes off the rows whose true distance to their own centre settles the doubt; one group only.
    fn clear_by_distance(
        &self,
        rows: &Rows<'_>,
        block: &mut Block,
        doubtful: &mut Vec<(u32, f64)>,
    ) {
        let mut n = 0;
        for position in 0..doubtful.len() {
            let i = doubtful[position].0 as usize;
            let label = block.labels[i] as usize;
            let own = self.width.square(rows.row(block.start + i), self.centre(label)).sqrt();
            // Whatever lies beyond the half-way mark is at least as far as the mark's mirror.
            let lower = f64::from(block.lower[i]) - self.group_path[label];
            let lower = lower.max(2.0 * self.half_gap[label] - own * (1.0 + 1e-12));
            self.bound(block, i, label, own, &[lower]);
            doubtful[n].0 = i as u32;
            n += usize::from(own * (1.0 + 1e-12) >= lower);
        }
        doubtful.truncate(n);
    }

    /// Looks for a nearer centre in the groups whose bounds do not exclude one.
    fn search_groups(
        &self,
        rows: &Rows<'_>,
        block: &mut Block,
        i: usize,
        bounds: &mut [f64],
        scanned: &mut [Scanned],
        change: &mut Change,
    ) {
        let n_groups = self.groups.len();
        let label = block.labels[i] as usize;
        let row = rows.row(block.start + i);
        let own_square = self.width.square(row, self.centre(label));
        let own = own_square.sqrt();
        let mirror = 2.0 * self.half_gap[label] - own * (1.0 + 1e-12);
        let stored = &block.lower[i * n_groups..(i + 1) * n_groups];
        let paths = &self.group_path[label * n_groups..(label + 1) * n_groups];
        for ((bound, &stored), &path) in bounds.iter_mut().zip(stored).zip(paths) {
            *bound = (f64::from(stored) - path).max(mirror);
        }
        let (mut best, mut best_square, mut new) = (own, own_square, label as u32);
        for (g, members) in self.groups.iter().enumerate() {
            if best * (1.0 + 1e-12) < bounds[g] {
                continue;
            }
            let mut found = Scanned { first: FAR * FAR, label: label as u32, second: FAR * FAR };
            for &c in members {
                if c as usize == label {
                    continue;
                }
                let square = self.width.square(row, self.centre(c as usize));
                if square < found.first {
                    found = Scanned { first: square, label: c, second: found.first };
                } else if square < found.second {
                    found.second = square;
                }
            }
            bounds[g] = found.first.sqrt();
            scanned[g] = found;
            if found.first < best_square || (found.first == best_square && found.label < new) {
                (best, best_square, new) = (bounds[g], found.first, found.label);
            }
        }
        if new as usize != label {
            // Bounds leave out the own centre: the new one goes, the old one comes.
            let to = self.group_of[new as usize] as usize;
            bounds[to] = scanned[to].second.sqrt();
            let from = self.group_of[label] as usize;
            bounds[from] = bounds[from].min(own);
        }
        self.bound(block, i, new as usize, best, bounds);
        self.relabel(rows, block, i, new, change);
    }

    /// Stores a row's bounds: the distance to its own centre, and for each group to the nearest other.
    #[inline(always)]
    fn bound(&self, block: &mut Block, i: usize, label: usize, own: f64, least: &[f64]) {
        let n_groups = least.len();
        let stored = &mut block.lower[i * n_groups..(i + 1) * n_groups];
        let paths = &self.group_path[label * n_groups..(label + 1) * n_groups];
        let mut nearest = FAR;
        for ((stored, &least), &path) in stored.iter_mut().zip(least).zip(paths) {
            *stored = below(least + path);
            nearest = if least < nearest { least } else { nearest };
        }
        let threshold = self.threshold[label];
        // The difference of near numbers is uncertain by the rounding of each.
        let rounding = 1e-12 * (nearest.abs() + own + threshold);
        block.slack[i] = below(nearest - own + threshold - rounding);
    }

    #[inline(always)]
    fn relabel(&self, rows: &Rows<'_>, block: &mut Block, i: usize, new: u32, change: &mut Change) {
        let old = std::mem::replace(&mut block.labels[i], new);
        if old != new {
            let position = block.start + i;
            let (row, weight) = (rows.row(position), rows.weight(position));
            change.moved(self.k, self.width.get(), row, weight, old, new);
        }
    }
}

/// What a search found in one group: squared distances to the nearest centre and the next.
#[derive(Clone, Copy, Debug, Default)]
struct Scanned {
    first: f64,
    label: u32,
    second: f64,
}

/// The two longest drifts of a group.
#[derive(Clone, Copy, Debug)]
struct Fastest {
    label: u32,
    drift: f64,
    second: f64,
}

impl Fastest {
    fn of(members: &[u32], drifts: &[f64]) -> Self {
        let mut fastest = Self { label: u32::MAX, drift: 0.0, second: 0.0 };
        for &label in members {
            let drift = drifts[label as usize];
            if drift > fastest.drift {
                fastest = Self { label, drift, second: fastest.drift };
            } else {
                fastest.second = fastest.second.max(drift);
            }
        }
        fastest
    }

    /// The longest drift of a centre other than `label`.
    const fn but(&self, label: u32) -> f64 {
        if self.label == label { self.second } else { self.drift }
    }
}

/// A single float at least `x`; half a unit in its last place is 6e-8.
#[inline(always)]
fn above(x: f64) -> f32 {
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
