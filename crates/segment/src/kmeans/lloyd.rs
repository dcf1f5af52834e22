//! Lloyd's iterations with distance bounds that skip what cannot change.
//!
//! Every row keeps an upper bound on the distance to its own centre and, for each of a few groups
//! of centres, a lower bound on the distance to the nearest other centre of the group (Hamerly
//! with one group, Yinyang with several). Bounds are stored relative to the running sums of how
//! far centres have moved, so that a row whose bounds hold is read and not written. They are
//! single floats, rounded to the safe side.

use super::metric::{Width, nearest, with_width};
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

/// The rows of one block: labels and bounds.
#[derive(Debug)]
struct Block {
    start: usize,
    labels: Vec<u32>,
    /// Upper bound on the distance to the own centre, less its path at that time.
    upper: Vec<f32>,
    /// Lower bound for each group, plus the group's path at that time.
    lower: Vec<f32>,
}

#[derive(Debug)]
struct State<'a, W> {
    width: W,
    rows: &'a Rows<'a>,
    k: usize,
    centres: Vec<f64>,
    groups: Vec<Vec<u32>>,
    group_of: Vec<u32>,
    /// How far each centre has moved in all.
    path: Vec<f64>,
    /// For label `l` and group `g` at `l * n_groups + g`: how far the fastest centre of the group but `l` has moved in all.
    group_path: Vec<f64>,
    /// Half the distance from each centre to the nearest other.
    half_gap: Vec<f64>,
    blocks: Vec<Block>,
    sums: Sums,
}

impl<'a, W: Width> State<'a, W> {
    fn new(width: W, rows: &'a Rows<'a>, centres: Vec<f64>) -> Self {
        let k = centres.len() / width.get();
        let (groups, group_of) = groups(rows, &centres, k);
        let n_groups = groups.len();
        let blocks = parallel::ranges(rows.n, BLOCK)
            .map(|range| Block {
                start: range.start,
                labels: vec![0; range.len()],
                upper: vec![0.0; range.len()],
                lower: vec![0.0; range.len() * n_groups],
            })
            .collect();
        Self {
            width,
            rows,
            k,
            centres,
            groups,
            group_of,
            path: vec![0.0; k],
            group_path: vec![0.0; k * n_groups],
            half_gap: vec![0.0; k],
            blocks,
            sums: Sums::new(k, width.get()),
        }
    }

    fn run(mut self, limits: Limits) -> Run {
        let mut converged = false;
        let mut n_iter = 0;
        self.assign_all();
        while n_iter < limits.max_iter {
            n_iter += 1;
            if n_iter > 1 && self.assign_by_bounds() == 0 {
                // Sums kept by differences have drifted by rounding: the fixed point is checked
                // on sums made afresh, without bounds.
                self.sum_afresh();
                self.update();
                if self.assign_all() == 0 {
                    converged = true;
                    break;
                }
            }
            let shift = self.update();
            if shift <= limits.tolerance && limits.tolerance > 0.0 {
                converged = true;
                break;
            }
        }
        if !converged || limits.tolerance > 0.0 {
            self.assign_all();
        }
        let inertia = self.inertia();
        let labels = self.blocks.iter().flat_map(|block| &block.labels).copied().collect();
        Run { centres: self.centres, labels, inertia, n_iter, converged }
    }

    /// Finds every row's nearest centre and sets its bounds; says how many labels changed.
    fn assign_all(&mut self) -> usize {
        let (width, rows) = (self.width, self.rows);
        let (k, n_groups) = (self.k, self.groups.len());
        let (centres, group_of) = (&self.centres, &self.group_of);
        let (path, group_path) = (&self.path, &self.group_path);
        let d = width.get();
        let changes = parallel::map_mut(&mut self.blocks, |_, block| {
            let mut change = Change::default();
            let mut squares = vec![f64::INFINITY; n_groups];
            let cells = &rows.values[block.start * d..(block.start + block.labels.len()) * d];
            for (i, row) in cells.chunks_exact(d).enumerate() {
                let found = nearest(width, row, centres);
                let label = found.label as usize;
                if n_groups == 1 {
                    squares[0] = found.next_square;
                } else {
                    squares.fill(f64::INFINITY);
                    for (c, centre) in centres.chunks_exact(d).enumerate() {
                        let square = width.square(row, centre);
                        let least = &mut squares[group_of[c] as usize];
                        if c != label && square < *least {
                            *least = square;
                        }
                    }
                }
                block.upper[i] = above(found.square.sqrt() - path[label]);
                for (g, &square) in squares.iter().enumerate() {
                    block.lower[i * n_groups + g] =
                        below(square.sqrt() + group_path[label * n_groups + g]);
                }
                if block.labels[i] != found.label {
                    let weight = rows.weight(block.start + i);
                    change.moved(k, d, row, weight, block.labels[i], found.label);
                    block.labels[i] = found.label;
                }
            }
            change
        });
        if self.sums.is_fresh() {
            self.sum_afresh();
            return self.rows.n;
        }
        self.sums.apply(&changes)
    }

    /// Moves rows whose bounds no longer hold to their nearest centres; says how many moved.
    fn assign_by_bounds(&mut self) -> usize {
        let view = BoundsView {
            width: self.width,
            rows: self.rows,
            k: self.k,
            centres: &self.centres,
            groups: &self.groups,
            group_of: &self.group_of,
            path: &self.path,
            group_path: &self.group_path,
            half_gap: &self.half_gap,
        };
        let changes = if self.groups.len() == 1 {
            parallel::map_mut(&mut self.blocks, |_, block| view.one_group(block))
        } else {
            parallel::map_mut(&mut self.blocks, |_, block| view.many_groups(block))
        };
        self.sums.apply(&changes)
    }

    /// Sums rows by label, block by block.
    fn sum_afresh(&mut self) {
        let (rows, k, d) = (self.rows, self.k, self.width.get());
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
        let d = self.width.get();
        self.fill_empty();
        let mut drifts = vec![0.0; self.k];
        let mut shift = 0.0;
        for (c, centre) in self.centres.chunks_exact_mut(d).enumerate() {
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
        self.lengthen_paths(&drifts);
        self.measure_gaps();
        shift
    }

    fn lengthen_paths(&mut self, drifts: &[f64]) {
        let n_groups = self.groups.len();
        for (g, members) in self.groups.iter().enumerate() {
            let mut fastest = (f64::NEG_INFINITY, u32::MAX);
            let mut second = 0.0_f64;
            for &c in members {
                let drift = drifts[c as usize];
                if drift > fastest.0 {
                    second = second.max(fastest.0);
                    fastest = (drift, c);
                } else {
                    second = second.max(drift);
                }
            }
            for label in 0..self.k {
                let drift = if label as u32 == fastest.1 { second } else { fastest.0 };
                self.group_path[label * n_groups + g] += drift.max(0.0);
            }
        }
        for (path, drift) in self.path.iter_mut().zip(drifts) {
            *path += drift;
        }
    }

    fn measure_gaps(&mut self) {
        let d = self.width.get();
        self.half_gap.fill(f64::INFINITY);
        for a in 0..self.k {
            for b in 0..a {
                let square = self
                    .width
                    .square(&self.centres[a * d..(a + 1) * d], &self.centres[b * d..(b + 1) * d]);
                let half = 0.5 * square.sqrt() * (1.0 - 1e-12);
                self.half_gap[a] = self.half_gap[a].min(half);
                self.half_gap[b] = self.half_gap[b].min(half);
            }
        }
    }

    /// Gives every cluster without rows the row farthest from its own centre, where one lies off its centre.
    fn fill_empty(&mut self) {
        let d = self.width.get();
        for empty in 0..self.k {
            if !self.sums.is_empty(empty) {
                continue;
            }
            let (width, rows, centres, sums) = (self.width, self.rows, &self.centres, &self.sums);
            let blocks = &self.blocks;
            let farthest = parallel::map(blocks.len(), |b| {
                let mut best = (0.0, usize::MAX);
                for (i, &label) in blocks[b].labels.iter().enumerate() {
                    let position = blocks[b].start + i;
                    let weight = rows.weight(position);
                    if weight > 0.0 && sums.n_rows(label as usize) > 1 {
                        let c = label as usize;
                        let centre = &centres[c * d..(c + 1) * d];
                        let square = weight * width.square(rows.row(position), centre);
                        if square > best.0 {
                            best = (square, position);
                        }
                    }
                }
                best
            })
            .into_iter()
            .fold((0.0, usize::MAX), |best, found| if found.0 > best.0 { found } else { best });
            let position = farthest.1;
            if position == usize::MAX {
                // Every row lies on its centre: there are fewer distinct rows than clusters.
                return;
            }
            let block = &mut self.blocks[position / BLOCK];
            let i = position - block.start;
            let from = std::mem::replace(&mut block.labels[i], empty as u32);
            let n_groups = self.groups.len();
            block.upper[i] = f32::INFINITY;
            block.lower[i * n_groups..(i + 1) * n_groups].fill(f32::NEG_INFINITY);
            let mut change = Change::default();
            change.moved(self.k, d, rows.row(position), rows.weight(position), from, empty as u32);
            self.sums.apply(std::slice::from_ref(&change));
        }
    }

    fn inertia(&self) -> f64 {
        let d = self.width.get();
        parallel::map(self.blocks.len(), |b| {
            let block = &self.blocks[b];
            let mut sum = 0.0;
            for (i, &label) in block.labels.iter().enumerate() {
                let position = block.start + i;
                let centre = &self.centres[label as usize * d..(label as usize + 1) * d];
                sum +=
                    self.rows.weight(position) * self.width.square(self.rows.row(position), centre);
            }
            sum
        })
        .into_iter()
        .sum()
    }
}

/// What a block needs to see to test and repair its bounds.
#[derive(Debug)]
struct BoundsView<'a, W> {
    width: W,
    rows: &'a Rows<'a>,
    k: usize,
    centres: &'a [f64],
    groups: &'a [Vec<u32>],
    group_of: &'a [u32],
    path: &'a [f64],
    group_path: &'a [f64],
    half_gap: &'a [f64],
}

impl<W: Width> BoundsView<'_, W> {
    fn centre(&self, c: usize) -> &[f64] {
        let d = self.width.get();
        &self.centres[c * d..(c + 1) * d]
    }

    fn one_group(&self, block: &mut Block) -> Change {
        let mut change = Change::default();
        let d = self.width.get();
        for i in 0..block.labels.len() {
            let label = block.labels[i] as usize;
            let upper = f64::from(block.upper[i]) + self.path[label];
            let lower =
                (f64::from(block.lower[i]) - self.group_path[label]).max(self.half_gap[label]);
            if upper < lower {
                continue;
            }
            let row = self.rows.row(block.start + i);
            let upper = self.width.square(row, self.centre(label)).sqrt();
            block.upper[i] = above(upper - self.path[label]);
            if upper * (1.0 + 1e-12) < lower {
                continue;
            }
            let found = nearest(self.width, row, self.centres);
            let new = found.label as usize;
            block.upper[i] = above(found.square.sqrt() - self.path[new]);
            block.lower[i] = below(found.next_square.sqrt() + self.group_path[new]);
            if new != label {
                let weight = self.rows.weight(block.start + i);
                change.moved(self.k, d, row, weight, label as u32, found.label);
                block.labels[i] = found.label;
            }
        }
        change
    }

    fn many_groups(&self, block: &mut Block) -> Change {
        let mut change = Change::default();
        let (d, n_groups) = (self.width.get(), self.groups.len());
        // The nearest and the next of each group scanned, and which groups were.
        let mut scanned: Vec<(f64, u32, f64)> = vec![(0.0, 0, 0.0); n_groups];
        let mut bounds = vec![0.0; n_groups];
        for i in 0..block.labels.len() {
            let label = block.labels[i] as usize;
            let upper = f64::from(block.upper[i]) + self.path[label];
            if upper < self.half_gap[label] {
                continue;
            }
            let stored = &mut block.lower[i * n_groups..(i + 1) * n_groups];
            let paths = &self.group_path[label * n_groups..(label + 1) * n_groups];
            let mut least = f64::INFINITY;
            for ((bound, &stored), &path) in bounds.iter_mut().zip(stored.iter()).zip(paths) {
                *bound = f64::from(stored) - path;
                least = if *bound < least { *bound } else { least };
            }
            if upper < least {
                continue;
            }
            let row = self.rows.row(block.start + i);
            let own_square = self.width.square(row, self.centre(label));
            let own = own_square.sqrt();
            let upper = own * (1.0 + 1e-12);
            block.upper[i] = above(own - self.path[label]);
            if upper < least || upper < self.half_gap[label] {
                continue;
            }
            let (mut best, mut best_square, mut new) = (own, own_square, label as u32);
            for (g, members) in self.groups.iter().enumerate() {
                scanned[g].1 = u32::MAX;
                if best * (1.0 + 1e-12) < bounds[g] {
                    continue;
                }
                let (mut first, mut second) = ((f64::INFINITY, label as u32), f64::INFINITY);
                for &c in members {
                    if c as usize == label {
                        continue;
                    }
                    let square = self.width.square(row, self.centre(c as usize));
                    if square < first.0 {
                        second = first.0;
                        first = (square, c);
                    } else if square < second {
                        second = square;
                    }
                }
                let distance = first.0.sqrt();
                scanned[g] = (distance, first.1, second.sqrt());
                bounds[g] = distance;
                if first.0 < best_square || (first.0 == best_square && first.1 < new) {
                    (best, best_square, new) = (distance, first.0, first.1);
                }
            }
            let moved = new as usize != label;
            if moved {
                let to = self.group_of[new as usize] as usize;
                bounds[to] = scanned[to].2;
                let from = self.group_of[label] as usize;
                bounds[from] = bounds[from].min(own);
                block.upper[i] = above(best - self.path[new as usize]);
            }
            let paths = &self.group_path[new as usize * n_groups..(new as usize + 1) * n_groups];
            for ((stored, &bound), &path) in stored.iter_mut().zip(&bounds).zip(paths) {
                *stored = below(bound + path);
            }
            if moved {
                let weight = self.rows.weight(block.start + i);
                change.moved(self.k, d, row, weight, label as u32, new);
                block.labels[i] = new;
            }
        }
        change
    }
}

/// Groups of centres near each other: one below 20 centres, then one for every ten.
fn groups(rows: &Rows<'_>, centres: &[f64], k: usize) -> (Vec<Vec<u32>>, Vec<u32>) {
    if k < 20 {
        return (vec![(0..k as u32).collect()], vec![0; k]);
    }
    let n_groups = k.div_ceil(10);
    let as_rows = Rows {
        values: centres.into(),
        n: k,
        d: rows.d,
        scale: 1.0,
        weights: None,
        weight_unit: 1.0,
    };
    // Any partition is correct; spread starts and a few iterations make a useful one.
    let starts: Vec<f64> =
        (0..n_groups).flat_map(|g| as_rows.row(g * k / n_groups)).copied().collect();
    let labels = lloyd(&as_rows, starts, Limits { max_iter: 5, tolerance: 0.0 }).labels;
    let mut groups = vec![Vec::new(); n_groups];
    for (c, &g) in labels.iter().enumerate() {
        groups[g as usize].push(c as u32);
    }
    groups.retain(|members| !members.is_empty());
    let mut group_of = vec![0; k];
    for (g, members) in groups.iter().enumerate() {
        for &c in members {
            group_of[c as usize] = g as u32;
        }
    }
    (groups, group_of)
}

/// A single float at least `x`.
#[inline(always)]
fn above(x: f64) -> f32 {
    let near = (x * if x > 0.0 { 1.0 + 1e-12 } else { 1.0 - 1e-12 }) as f32;
    if f64::from(near) <= x { near.next_up() } else { near }
}

/// A single float at most `x`.
#[inline(always)]
fn below(x: f64) -> f32 {
    let near = (x * if x > 0.0 { 1.0 - 1e-12 } else { 1.0 + 1e-12 }) as f32;
    if f64::from(near) >= x { near.next_down() } else { near }
}
