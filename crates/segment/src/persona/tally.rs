//! Counts of what was bought and when, by segment.

use super::columns::raw;
use super::contrast::{ShareContrast, Subject};
use crate::inference::{Counted, Spread, ratio_of_shares};

/// What one segment did of one level: customers with it, Σx, Σx², Σxm.
#[derive(Clone, Copy, Debug, Default)]
struct Cell {
    n: u32,
    sums: [f64; 3],
}

/// Counts of one kind of level: items, an attribute, hours or weekdays.
///
/// A customer with `m` lines (or orders), `x` of them of a level, adds to power sums of both.
/// Memory is 48 bytes a level and 32 for each level in each segment.
#[derive(Clone, Debug)]
pub(super) struct Tally {
    pub(super) name: String,
    pub(super) n_levels: usize,
    n_segments: usize,
    spreads: Vec<Spread>,
    buyers: Vec<u32>,
    cells: Vec<Cell>,
    /// Σm, Σm², Σm³ over everybody, …
    all: [f64; 3],
    /// … and Σm, Σm² of each segment.
    of_segments: Vec<[f64; 2]>,
}

impl Tally {
    pub(super) fn new(name: String, n_levels: usize, n_segments: usize) -> Self {
        Self {
            name,
            n_levels,
            n_segments,
            spreads: vec![Spread::default(); n_levels],
            buyers: vec![0; n_levels],
            cells: vec![Cell::default(); n_levels * n_segments],
            all: [0.0; 3],
            of_segments: vec![[0.0; 2]; n_segments],
        }
    }

    /// Counts a customer of `segment` by the levels of her lines, which are put in order.
    pub(super) fn add(&mut self, segment: usize, codes: &mut [u32]) {
        let m = codes.len() as f64;
        (0..3).for_each(|power| self.all[power] += m.powi(power as i32 + 1));
        (0..2).for_each(|power| self.of_segments[segment][power] += m.powi(power as i32 + 1));
        codes.sort_unstable();
        for run in codes.chunk_by(|a, b| a == b) {
            let (level, x) = (run[0] as usize, run.len() as f64);
            self.spreads[level].add(x, m);
            self.buyers[level] += 1;
            let cell = &mut self.cells[level * self.n_segments + segment];
            cell.n += 1;
            for (sum, term) in cell.sums.iter_mut().zip([x, x * x, x * m]) {
                *sum += term;
            }
        }
    }

    /// Whether a level has buyers enough to be tested, and is not all there is.
    pub(super) fn is_testable(&self, level: usize, support: usize) -> bool {
        self.buyers[level] as usize >= support.max(1) && self.spreads[level].x < self.all[0]
    }

    /// Customers with a level.
    pub(super) fn buyers(&self, level: usize) -> usize {
        self.buyers[level] as usize
    }

    /// How many of the segment are of that level.
    pub(super) fn count(&self, level: usize, segment: usize) -> f64 {
        self.cells[level * self.n_segments + segment].sums[0]
    }

    /// The p-value of the segment's share of a level against everybody's; `sizes` are the
    /// customers of each segment.
    pub(super) fn p_value(&self, level: usize, segment: usize, sizes: &[usize]) -> f64 {
        let n = sizes.iter().sum::<usize>() as f64;
        let [lines, _] = self.of_segments[segment];
        let found = self.count(level, segment);
        self.spreads[level].p_value(n, sizes[segment] as f64, self.all, found, lines)
    }

    /// The contrast of a level in a segment with at least one line, not yet with its evidence;
    /// `sizes` are the customers of each segment.
    pub(super) fn contrast(
        &self,
        level: usize,
        segment: usize,
        sizes: &[usize],
        subject: Subject,
    ) -> ShareContrast {
        let n = sizes.iter().sum::<usize>() as f64;
        let cell = self.cells[level * self.n_segments + segment];
        let [lines, squares] = self.of_segments[segment];
        let [x, xx, xm] = cell.sums;
        let all = &self.spreads[level];
        let size = sizes[segment] as f64;
        let (share, share_of_all) = (x / lines, all.x / self.all[0]);
        let lift = share / share_of_all;
        let rest =
            [all.x - x, self.all[0] - lines, all.xx - xx, all.xm - xm, self.all[1] - squares];
        // Where there is no rest, all is the segment and the lift is 1 for certain.
        let lift_interval = if rest[1] > 0.0 {
            let own = Counted::clustered(size, [x, lines, xx, xm, squares]);
            let rest = Counted::clustered(n - size, rest);
            ratio_of_shares(own, rest, lines / self.all[0], lift)
        } else {
            crate::inference::Interval { low: 1.0, high: 1.0 }
        };
        ShareContrast {
            subject,
            n_customers: cell.n as usize,
            count: x as u64,
            share,
            share_of_all,
            lift,
            lift_interval,
            evidence: raw(1.0),
        }
    }

    /// Whether the segment has any line (or order).
    pub(super) fn has_lines(&self, segment: usize) -> bool {
        self.of_segments[segment][0] > 0.0
    }

    /// Whether all is of one level, so that there is nothing to tell.
    pub(super) fn is_trivial(&self) -> bool {
        self.buyers.iter().filter(|&&buyers| buyers > 0).count() < 2
    }
}
