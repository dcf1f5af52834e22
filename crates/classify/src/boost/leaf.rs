//! Leaves that may be split, and the search for the best cut of each.

use super::bins::Coding;
use super::grow::Tree;
use super::levels::best_levels;
use super::matrix::Tile;
use super::split::{Bins, Candidate, Node, Scratch, best_cut};
use super::sums::Sums;

/// A leaf that may be split.
pub(super) struct Leaf {
    pub(super) node: usize,
    pub(super) depth: usize,
    pub(super) state: Node,
    /// The sums of each tile; empty where they were given up.
    pub(super) sums: Vec<Sums>,
    pub(super) used: Vec<u32>,
    pub(super) best: Option<Candidate>,
}

/// The search in a tile, compiled for the processor at hand.
pub(super) struct Search<'a> {
    pub(super) tree: &'a Tree<'a>,
    pub(super) tile: &'a Tile,
    pub(super) sums: &'a Sums,
    pub(super) node: &'a Node,
    pub(super) allowed: &'a [bool],
}

impl pulp::WithSimd for Search<'_> {
    type Output = Option<Candidate>;

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _simd: S) -> Option<Candidate> {
        let Self { tree, tile, sums, node, allowed } = self;
        let grower = tree.grower;
        let mut scratch = Scratch::default();
        let mut best: Option<Candidate> = None;
        let mut at = 0;
        for (&column, &n_codes) in tile.columns.iter().zip(&tile.n_codes) {
            let place = at..at + n_codes;
            at += n_codes;
            let j = column as usize;
            if !allowed[j] {
                continue;
            }
            let bins =
                Bins { g: &sums.g[place.clone()], h: &sums.h[place.clone()], n: &sums.n[place] };
            let found = match &grower.bins[j].coding {
                Coding::Numbers { .. } => {
                    let direction = grower.constraints.directions[j];
                    let n_bins = grower.bins[j].n_bins;
                    best_cut(column, bins, n_bins, node, &tree.rule, direction, &mut scratch)
                }
                Coding::Levels { .. } => {
                    best_levels(column, bins, node, &tree.rule, &grower.shape.levels)
                }
            };
            if let Some(found) = found
                && best.as_ref().is_none_or(|best| found.gain > best.gain)
            {
                best = Some(found);
            }
        }
        best
    }
}

/// The cut that gains most, the first of equals.
pub(super) fn first_best(found: Vec<Option<Candidate>>) -> Option<Candidate> {
    found.into_iter().flatten().reduce(|a, b| if b.gain > a.gain { b } else { a })
}

/// The leaf that gains most, the earlier node of equals.
pub(super) fn greatest_gain(leaves: &[Leaf]) -> Option<usize> {
    let gain = |at: usize| leaves[at].best.as_ref().map_or(0.0, |best| best.gain);
    (0..leaves.len()).filter(|&at| leaves[at].best.is_some()).reduce(|a, b| {
        let earlier = leaves[b].node < leaves[a].node;
        if gain(b) > gain(a) || (gain(b) == gain(a) && earlier) { b } else { a }
    })
}
