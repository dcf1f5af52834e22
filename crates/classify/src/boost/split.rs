//! The best cut of a leaf in one column of numbers.

use super::constrain::{Bounds, Direction};
use super::quanta::{Total, Units};
use crate::tree::nodes::Side;

/// What is held against splits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Penalties {
    pub(super) l1: f64,
    pub(super) l2: f64,
    pub(super) min_gain: f64,
    pub(super) min_samples_leaf: u32,
    pub(super) min_child_weight: f64,
}

/// A cut and what it gains.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    pub(super) column: u32,
    pub(super) gain: f64,
    pub(super) cut: Cut,
    pub(super) left: Total,
    /// What the sides answer, before the learning rate.
    pub(super) values: [f64; 2],
}

/// What goes left.
#[derive(Clone, Debug)]
pub(super) enum Cut {
    /// Bins up to `last`, and the missing where said.
    UpTo { last: u8, missing: Side },
    /// These bins of levels; levels without rows where most rows go.
    Among { left: [u64; 4], unseen: Side },
}

impl Cut {
    /// For each code whether it goes left; `n_bins` are the bins of values.
    pub(super) fn table(&self, n_bins: usize) -> [bool; 256] {
        match self {
            Self::UpTo { last, missing } => std::array::from_fn(|code| {
                if code < n_bins { code <= *last as usize } else { *missing == Side::Left }
            }),
            Self::Among { left, unseen } => std::array::from_fn(|code| {
                if code < n_bins {
                    left[code / 64] >> (code % 64) & 1 == 1
                } else {
                    *unseen == Side::Left
                }
            }),
        }
    }
}

/// The leaf to be split.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    pub(super) total: Total,
    /// What it scores unsplit.
    pub(super) score: f64,
    /// Within which its answers must stay.
    pub(super) bounds: Bounds,
}

/// How sums become answers and scores.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule {
    pub(super) penalties: Penalties,
    pub(super) units: Units,
}

impl Rule {
    #[inline(always)]
    fn shrunk(&self, g: f64) -> f64 {
        let l1 = self.penalties.l1;
        if l1 == 0.0 { g } else { (g.abs() - l1).max(0.0).copysign(g) }
    }

    /// The answer of a leaf: `-G / (H + lambda)`, its gradient shrunk by the L1 penalty.
    pub(super) fn value(&self, total: Total, more_l2: f64, bounds: Bounds) -> f64 {
        let g = self.shrunk(total.g as f64 * self.units.g);
        let h = total.h as f64 * self.units.h + self.penalties.l2 + more_l2;
        let value = if h > 0.0 { -g / h } else { 0.0 };
        bounds.clamp(if value.is_finite() { value } else { 0.0 })
    }

    /// Twice the fall of the loss, to second order, of a leaf that answers `value`.
    pub(super) fn score(&self, total: Total, more_l2: f64, value: f64) -> f64 {
        let g = self.shrunk(total.g as f64 * self.units.g);
        let h = total.h as f64 * self.units.h + self.penalties.l2 + more_l2;
        -(2.0 * g * value + h * value * value)
    }

    /// Whether a side has room.
    pub(super) fn has_room(&self, total: Total) -> bool {
        total.n >= self.penalties.min_samples_leaf
            && total.h as f64 * self.units.h >= self.penalties.min_child_weight
    }

    /// The least score of both sides that is worth a split.
    pub(super) fn threshold(&self, node: &Node) -> f64 {
        // A gain that is but a rounding of the scores is none.
        node.score + self.penalties.min_gain.max(1e-13 * node.score.abs())
    }
}

/// The sums of a column's bins in a leaf.
#[derive(Clone, Copy)]
pub(super) struct Bins<'a> {
    pub(super) g: &'a [i64],
    pub(super) h: &'a [i64],
    pub(super) n: &'a [u32],
}

impl Bins<'_> {
    pub(super) fn total(&self, at: usize) -> Total {
        Total { g: self.g[at], h: self.h[at], n: self.n[at] }
    }
}

/// Sums up to each bin, and what cutting there scores.
pub(super) struct Scratch {
    g: [f64; 256],
    h: [f64; 256],
    n: [u32; 256],
    scores: [f64; 256],
}

impl Default for Scratch {
    fn default() -> Self {
        Self { g: [0.0; 256], h: [0.0; 256], n: [0; 256], scores: [0.0; 256] }
    }
}

/// The best cut between bins of a column of numbers, `n_bins` of values and then perhaps that of
/// the missing; of equals the lowest, with the missing on the right before the left.
#[inline(always)]
pub(super) fn best_cut(
    column: u32,
    bins: Bins<'_>,
    n_bins: usize,
    node: &Node,
    rule: &Rule,
    direction: Option<Direction>,
    scratch: &mut Scratch,
) -> Option<Candidate> {
    let missing = if bins.n.len() > n_bins { bins.total(n_bins) } else { Total::default() };
    let any_missing = missing.n > 0;
    let mut best: Option<(f64, usize, Side)> = None;
    for side in [Side::Right, Side::Left] {
        if side == Side::Left && !any_missing {
            break;
        }
        // With none missing, cutting after the last bin leaves nothing on the right.
        let last = if side == Side::Right && any_missing { n_bins } else { n_bins - 1 };
        let mut sum = if side == Side::Left { missing } else { Total::default() };
        for at in 0..last {
            sum = sum.plus(bins.total(at));
            scratch.g[at] = sum.g as f64;
            scratch.h[at] = sum.h as f64;
            scratch.n[at] = sum.n;
        }
        let scored = scratch.score(last, node, rule, direction);
        let mut found: Option<(f64, usize)> = None;
        let mut most = best.map_or(rule.threshold(node), |best| best.0);
        for (at, &score) in scored.iter().enumerate() {
            if score > most {
                most = score;
                found = Some((score, at));
            }
        }
        if let Some((score, at)) = found {
            best = Some((score, at, side));
        }
    }
    let (score, mut at, side) = best?;
    let mut left = if side == Side::Left { missing } else { Total::default() };
    (0..=at).for_each(|bin| left = left.plus(bins.total(bin)));
    // Bins without rows may go either way: the cut goes into their middle.
    if at + 1 < n_bins {
        let empty = bins.n[at + 1..n_bins].iter().take_while(|&&n| n == 0).count();
        if at + 1 + empty < n_bins {
            at += empty / 2;
        }
    }
    let right = node.total.minus(left);
    let missing = if any_missing {
        side
    } else if left.n >= right.n {
        Side::Left
    } else {
        Side::Right
    };
    let values = [left, right].map(|total| rule.value(total, 0.0, node.bounds));
    let cut = Cut::UpTo { last: at as u8, missing };
    Some(Candidate { column, gain: score - node.score, cut, left, values })
}

impl Scratch {
    /// Scores of cuts after each of the first `n` bins; minus infinity where a side lacks room.
    #[inline(always)]
    fn score(
        &mut self,
        n: usize,
        node: &Node,
        rule: &Rule,
        direction: Option<Direction>,
    ) -> &[f64] {
        let (g, h, counts) = (&self.g[..n], &self.h[..n], &self.n[..n]);
        let scores = &mut self.scores[..n];
        let Penalties { l1, l2, min_samples_leaf, min_child_weight, .. } = rule.penalties;
        let (all_g, all_h, all_n) = (node.total.g as f64, node.total.h as f64, node.total.n);
        let (unit_g, unit_h) = (rule.units.g, rule.units.h);
        let most_n = all_n.saturating_sub(min_samples_leaf);
        if l1 == 0.0 && direction.is_none() && node.bounds == Bounds::NONE {
            for (((score, &g), &h), &count) in scores.iter_mut().zip(g).zip(h).zip(counts) {
                let (left_g, right_g) = (g * unit_g, (all_g - g) * unit_g);
                let (left_h, right_h) = (h * unit_h, (all_h - h) * unit_h);
                let room = (count >= min_samples_leaf)
                    & (count <= most_n)
                    & (left_h >= min_child_weight)
                    & (right_h >= min_child_weight);
                let (left_h, right_h) = (left_h + l2, right_h + l2);
                // One division for both sides: g²/h + g'²/h' = (g² h' + g'² h) / (h h').
                let sum =
                    (left_g * left_g * right_h + right_g * right_g * left_h) / (left_h * right_h);
                *score =
                    if room & (left_h > 0.0) & (right_h > 0.0) { sum } else { f64::NEG_INFINITY };
            }
            return scores;
        }
        for (at, score) in scores.iter_mut().enumerate() {
            let left = Total { g: g[at] as i64, h: h[at] as i64, n: counts[at] };
            let right = node.total.minus(left);
            *score = f64::NEG_INFINITY;
            if !rule.has_room(left) || !rule.has_room(right) {
                continue;
            }
            let values = [left, right].map(|total| rule.value(total, 0.0, node.bounds));
            if direction.is_some_and(|direction| !direction.admits(values)) {
                continue;
            }
            *score = rule.score(left, 0.0, values[0]) + rule.score(right, 0.0, values[1]);
        }
        scores
    }
}
