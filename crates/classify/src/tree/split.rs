//! The best split of a node in one column.

use super::codes::CodedColumn;
use super::nodes::{Levels, Side};
use super::target::Target;

/// A split and what it gains.
#[derive(Debug)]
pub(crate) struct Candidate {
    pub(crate) column: u32,
    /// Purity of both sides together; greater is better.
    pub(crate) purity: f64,
    pub(crate) cut: Cut,
}

/// What goes left.
#[derive(Debug)]
pub(crate) enum Cut {
    /// Known codes up to `last`, that is numbers up to `threshold`; the missing where said, if any were.
    UpTo { last: u32, threshold: f64, missing: Option<Side> },
    /// Some of the levels seen.
    Levels { left: Levels, seen: Levels },
}

/// What both sides of a split must keep.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    pub(crate) min_rows: f64,
}

/// One node's rows as bins of one column.
pub(crate) struct Bins<'a> {
    /// `width` numbers for each code (or for each entry of `codes`).
    pub(crate) sums: &'a [f64],
    /// Rows in each bin, where weights do not tell.
    pub(crate) counts: Option<&'a [f64]>,
    /// The codes of the bins, where not all are listed.
    pub(crate) codes: Option<&'a [u32]>,
}

/// Buffers that live as long as the growing.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    left: Vec<f64>,
    right: Vec<f64>,
    missing: Vec<f64>,
    with: Vec<f64>,
}

/// A bin at hand: of a width known when compiled, where it is a usual one.
trait Sums: AsRef<[f64]> + AsMut<[f64]> {}

impl<S: AsRef<[f64]> + AsMut<[f64]>> Sums for S {}

impl Scratch {
    fn cleared(&mut self, width: usize) -> &mut Self {
        for buffer in [&mut self.left, &mut self.right, &mut self.missing, &mut self.with] {
            buffer.clear();
            buffer.resize(width, 0.0);
        }
        self
    }
}

/// The best split of a node in one column, or `None` where the column has none.
///
/// `node` is the sum of all bins. Of equals the first in the order of codes wins, and with the
/// missing on the right before the left. With a `draw` in `[0, 1)` only the cut that it picks is
/// looked at.
pub(crate) fn best<T: Target>(
    target: &T,
    column: (u32, &CodedColumn),
    bins: &Bins<'_>,
    node: (&[f64], f64),
    room: Room,
    draw: Option<f64>,
    scratch: &mut Scratch,
) -> Option<Candidate> {
    if column.1.is_category {
        best_levels(target, column, bins, node, room, draw, scratch)
    } else {
        let zeros =
            |width| [vec![0.0; width], vec![0.0; width], vec![0.0; width], vec![0.0; width]];
        match target.width() {
            2 => best_threshold(target, column, bins, node, room, draw, &mut [[0.0; 2]; 4]),
            3 => best_threshold(target, column, bins, node, room, draw, &mut [[0.0; 3]; 4]),
            4 => best_threshold(target, column, bins, node, room, draw, &mut [[0.0; 4]; 4]),
            width => best_threshold(target, column, bins, node, room, draw, &mut zeros(width)),
        }
    }
}

fn add(to: &mut [f64], bin: &[f64]) {
    to.iter_mut().zip(bin).for_each(|(to, bin)| *to += bin);
}

fn less(to: &mut [f64], whole: &[f64], part: &[f64]) {
    to.iter_mut().zip(whole).zip(part).for_each(|((to, whole), part)| *to = whole - part);
}

impl Bins<'_> {
    /// Whether at least two bins hold rows.
    pub(crate) fn hold_two<T: Target>(&self, target: &T) -> bool {
        let width = target.width();
        let held = |bin: &usize| self.rows(target, *bin, width) > 0.0;
        (0..self.n(width)).filter(held).nth(1).is_some()
    }

    fn n(&self, width: usize) -> usize {
        self.sums.len() / width
    }

    fn code(&self, bin: usize) -> u32 {
        self.codes.map_or(bin as u32, |codes| codes[bin])
    }

    /// Rows in a bin: its count, or the weight where each row weighs one.
    fn rows<T: Target>(&self, target: &T, bin: usize, width: usize) -> f64 {
        match self.counts {
            Some(counts) => counts[bin],
            None => target.weight(&self.sums[bin * width..(bin + 1) * width]),
        }
    }
}

fn best_threshold<T: Target, S: Sums>(
    target: &T,
    (position, column): (u32, &CodedColumn),
    bins: &Bins<'_>,
    (node, node_rows): (&[f64], f64),
    room: Room,
    draw: Option<f64>,
    zeros: &mut [S; 4],
) -> Option<Candidate> {
    let [left, right, missing, with] = zeros.each_mut().map(AsMut::as_mut);
    let width = left.len();
    let mut n_bins = bins.n(width);
    let mut missing_rows = 0.0;
    if column.has_missing() && n_bins > 0 && bins.code(n_bins - 1) as usize == column.n_known {
        n_bins -= 1;
        missing.copy_from_slice(&bins.sums[n_bins * width..]);
        missing_rows = bins.rows(target, n_bins, width);
    }
    let any_missing = missing_rows > 0.0;
    let drawn = draw.map(|draw| {
        let mut held = (0..n_bins).filter(|&bin| bins.rows(target, bin, width) > 0.0);
        let first = held.next().map_or(0.0, |bin| column.values[bins.code(bin) as usize]);
        let last = held.last().map_or(first, |bin| column.values[bins.code(bin) as usize]);
        // The greatest itself is no cut.
        let at = first * (1.0 - draw) + last * draw;
        if at < last { at.max(first) } else { first }
    });
    let mut left_rows = 0.0;
    // The last bin seen that holds rows, and the best split after which bin.
    let mut previous: Option<u32> = None;
    let mut best: Option<(f64, u32, Option<u32>, Side)> = None;
    let mut consider = |purity: f64, last: u32, next: Option<u32>, side: Side| {
        if best.as_ref().is_none_or(|best| purity > best.0) {
            best = Some((purity, last, next, side));
        }
    };
    for bin in 0..n_bins {
        let sums = &bins.sums[bin * width..(bin + 1) * width];
        let rows = bins.rows(target, bin, width);
        if rows <= 0.0 {
            continue;
        }
        let code = bins.code(bin);
        let value = |code: u32| column.values[code as usize];
        let allowed = |last: u32| drawn.is_none_or(|at| value(last) <= at && at < value(code));
        if let Some(last) = previous.filter(|&last| allowed(last)) {
            if left_rows >= room.min_rows && node_rows - left_rows >= room.min_rows {
                less(right, node, left);
                consider(target.purity(left) + target.purity(right), last, Some(code), Side::Right);
            }
            let rows_with = left_rows + missing_rows;
            if any_missing && rows_with >= room.min_rows && node_rows - rows_with >= room.min_rows {
                with.copy_from_slice(left);
                add(with, missing);
                less(right, node, with);
                consider(target.purity(with) + target.purity(right), last, Some(code), Side::Left);
            }
        }
        add(left, sums);
        left_rows += rows;
        previous = Some(code);
    }
    if let Some(last) = previous.filter(|_| any_missing)
        && left_rows >= room.min_rows
        && missing_rows >= room.min_rows
    {
        consider(target.purity(left) + target.purity(missing), last, None, Side::Right);
    }
    let (purity, last, next, side) = best?;
    let threshold = match next {
        Some(next) if draw.is_none() => {
            between(column.values[last as usize], column.values[next as usize])
        }
        Some(_) => drawn.unwrap_or(f64::MAX),
        None => f64::MAX,
    };
    let missing = any_missing.then_some(side);
    let cut = Cut::UpTo { last, threshold, missing };
    Some(Candidate { column: position, purity, cut })
}

/// A number that is at least `low` and below `high`: their middle where there is one.
pub(crate) fn between(low: f64, high: f64) -> f64 {
    let middle = low / 2.0 + high / 2.0;
    let middle = if low.abs().max(high.abs()) < 1e300 { (low + high) / 2.0 } else { middle };
    if middle >= low && middle < high { middle } else { low }
}

fn best_levels<T: Target>(
    target: &T,
    (position, _): (u32, &CodedColumn),
    bins: &Bins<'_>,
    (node, node_rows): (&[f64], f64),
    room: Room,
    draw: Option<f64>,
    scratch: &mut Scratch,
) -> Option<Candidate> {
    let width = target.width();
    let bin_sums = |bin: usize| &bins.sums[bin * width..(bin + 1) * width];
    let mut present: Vec<usize> =
        (0..bins.n(width)).filter(|&bin| bins.rows(target, bin, width) > 0.0).collect();
    if present.len() < 2 {
        return None;
    }
    let Scratch { left, right, .. } = scratch.cleared(width);
    let ordered = target.level_key(bin_sums(present[0])).is_some();
    if ordered {
        let key = |bin: usize| target.level_key(bin_sums(bin)).unwrap_or(0.0);
        // A stable sort: levels of one rate stay in the order of their codes.
        present.sort_by(|&a, &b| key(a).total_cmp(&key(b)));
    }
    let mut left_rows = 0.0;
    let mut best: Option<(f64, usize)> = None;
    let n_cuts = if ordered { present.len() - 1 } else { present.len() };
    let drawn = draw.map(|draw| ((draw * n_cuts as f64) as usize).min(n_cuts - 1));
    for (at, &bin) in present.iter().enumerate().take(n_cuts) {
        if !ordered {
            left.fill(0.0);
            left_rows = 0.0;
        }
        add(left, bin_sums(bin));
        left_rows += bins.rows(target, bin, width);
        let apart = drawn.is_some_and(|drawn| drawn != at);
        if apart || left_rows < room.min_rows || node_rows - left_rows < room.min_rows {
            continue;
        }
        less(right, node, left);
        let purity = target.purity(left) + target.purity(right);
        if best.is_none_or(|best| purity > best.0) {
            best = Some((purity, at));
        }
    }
    let (purity, at) = best?;
    let chosen = if ordered { &present[..=at] } else { &present[at..=at] };
    let levels = |bins_of: &[usize]| Levels::of(bins_of.iter().map(|&bin| bins.code(bin)));
    let cut = Cut::Levels { left: levels(chosen), seen: levels(&present) };
    Some(Candidate { column: position, purity, cut })
}
