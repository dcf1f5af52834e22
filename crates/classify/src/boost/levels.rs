//! The best cut of a leaf among the levels of a category.

use super::quanta::Total;
use super::split::{Bins, Candidate, Cut, Node, Rule};
use crate::tree::nodes::Side;

/// How levels are cut.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct LevelRules {
    /// Up to as many levels with rows in the leaf are told from the rest one by one.
    pub(super) max_one_vs_rest: usize,
    /// Most levels on the side that is listed.
    pub(super) max_listed: usize,
    /// Added to a level's hessian where levels are ordered; levels of fewer rows stay on the right.
    pub(super) smoothing: f64,
    /// Added to the L2 penalty of sides of several levels.
    pub(super) l2: f64,
    /// Least number of rows that a further level, or group of levels, must bring to be a cut.
    pub(super) min_group: u32,
}

struct Best {
    score: f64,
    left: Total,
    listed: [u64; 4],
    more_l2: f64,
}

/// The best cut among levels; of equals the first found.
pub(super) fn best_levels(
    column: u32,
    bins: Bins<'_>,
    node: &Node,
    rule: &Rule,
    levels: &LevelRules,
) -> Option<Candidate> {
    let present: Vec<usize> = (0..bins.n.len()).filter(|&bin| bins.n[bin] > 0).collect();
    if present.len() < 2 {
        return None;
    }
    let mut best: Option<Best> = None;
    let mut consider = |left: Total, listed: &[usize], more_l2: f64| {
        let right = node.total.minus(left);
        if !rule.has_room(left) || !rule.has_room(right) {
            return;
        }
        let score = [left, right]
            .map(|total| rule.score(total, more_l2, rule.value(total, more_l2, node.bounds)));
        let score = score[0] + score[1];
        if score > best.as_ref().map_or(rule.threshold(node), |best| best.score) {
            let mut set = [0_u64; 4];
            listed.iter().for_each(|&bin| set[bin / 64] |= 1 << (bin % 64));
            best = Some(Best { score, left, listed: set, more_l2 });
        }
    };
    if present.len() <= levels.max_one_vs_rest {
        for bin in &present {
            consider(bins.total(*bin), std::slice::from_ref(bin), 0.0);
        }
    } else {
        // Levels of too few rows say too little to be ordered by.
        let mut ordered: Vec<(f64, usize)> = present
            .iter()
            .filter(|&&bin| f64::from(bins.n[bin]) >= levels.smoothing)
            .map(|&bin| {
                let (g, h) = (bins.g[bin] as f64 * rule.units.g, bins.h[bin] as f64 * rule.units.h);
                let weight = h + levels.smoothing;
                (if weight > 0.0 { g / weight } else { 0.0 }, bin)
            })
            .collect();
        // Stable: levels of one mean stay in the order of their codes.
        ordered.sort_by(|a, b| a.0.total_cmp(&b.0));
        let order: Vec<usize> = ordered.iter().map(|&(_, bin)| bin).collect();
        let most = levels.max_listed.min(order.len().div_ceil(2));
        let backwards: Vec<usize> = order.iter().rev().copied().collect();
        for order in [order, backwards] {
            let mut left = Total::default();
            let mut group = 0;
            for at in 0..most {
                left = left.plus(bins.total(order[at]));
                group += bins.n[order[at]];
                let rest = node.total.n - left.n;
                if rest < levels.min_group {
                    break;
                }
                if group >= levels.min_group && rest > 0 {
                    group = 0;
                    consider(left, &order[..=at], levels.l2);
                }
            }
        }
    }
    let Best { score, left, listed, more_l2 } = best?;
    let right = node.total.minus(left);
    let values = [left, right].map(|total| rule.value(total, more_l2, node.bounds));
    let unseen = if left.n >= right.n { Side::Left } else { Side::Right };
    // A level that has rows in training but none here goes where the unseen go.
    let mut set = listed;
    if unseen == Side::Left {
        for bin in (0..bins.n.len()).filter(|&bin| bins.n[bin] == 0) {
            set[bin / 64] |= 1 << (bin % 64);
        }
    }
    let cut = Cut::Among { left: set, unseen };
    Some(Candidate { column, gain: score - node.score, cut, left, values })
}
