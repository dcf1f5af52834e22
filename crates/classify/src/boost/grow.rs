//! Growing one tree, the leaf that gains most first.

use std::ops::Range;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::bins::ColumnBins;
use super::constrain::{Bounds, Constraints};
use super::leaf::{Leaf, Search, first_best, greatest_gain};
use super::levels::LevelRules;
use super::matrix::{Matrix, Tile};
use super::quanta::{Cells, Rows, Total, Units};
use super::rows::Partition;
use super::split::{Candidate, Node, Penalties, Rule};
use super::sums::Sums;
use crate::par::{self, Threads};

/// Most bytes of histograms that wait for their leaf's turn; further leaves are summed anew.
const MOST_KEPT: usize = 1 << 29;

/// The shape of trees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Shape {
    pub(super) max_leaves: usize,
    pub(super) max_depth: Option<usize>,
    pub(super) penalties: Penalties,
    pub(super) levels: LevelRules,
    pub(super) columns_by_tree: f64,
    pub(super) columns_by_node: f64,
}

/// What all trees of a fit share.
pub(super) struct Grower<'a> {
    pub(super) shape: &'a Shape,
    pub(super) bins: &'a [ColumnBins],
    pub(super) matrix: &'a Matrix,
    pub(super) constraints: &'a Constraints,
}

/// A split that was made, so that other rows can follow.
#[derive(Debug)]
pub(super) struct Made {
    pub(super) node: usize,
    pub(super) column: u32,
    pub(super) gain: f64,
    pub(super) cut: super::split::Cut,
    pub(super) goes_left: [bool; 256],
    /// The left child; the right is next.
    pub(super) left: usize,
}

/// A grown tree: splits in the order made, and for each node its answer, rows and place.
#[derive(Debug, Default)]
pub(super) struct Grown {
    pub(super) splits: Vec<Made>,
    pub(super) values: Vec<f64>,
    pub(super) totals: Vec<Total>,
    pub(super) ranges: Vec<Range<usize>>,
    pub(super) is_leaf: Vec<bool>,
}

impl Grower<'_> {
    /// Grows a tree on the rows of `partition`; draws of columns come from `stream` of the seed.
    pub(super) fn grow(
        &self,
        cells: &Cells,
        units: Units,
        partition: &mut Partition,
        draws: (u64, u64),
    ) -> Grown {
        let rule = Rule { penalties: self.shape.penalties, units };
        let tree = Tree { grower: self, rule, cells, draws, columns: self.columns_of_tree(draws) };
        tree.grow(partition)
    }

    /// The columns a tree may use.
    fn columns_of_tree(&self, (seed, stream): (u64, u64)) -> Vec<bool> {
        let mut allowed = vec![true; self.bins.len()];
        draw(&mut allowed, self.shape.columns_by_tree, seed, stream, 0);
        allowed
    }
}

/// Leaves a share of the allowed columns, at least one.
fn draw(allowed: &mut [bool], share: f64, seed: u64, stream: u64, turn: u64) {
    if share >= 1.0 {
        return;
    }
    let mut rng = ChaCha8Rng::seed_from_u64(super::quanta::scramble(seed ^ turn));
    rng.set_stream(stream);
    let mut order: Vec<usize> = (0..allowed.len()).filter(|&j| allowed[j]).collect();
    let n = ((order.len() as f64 * share).round() as usize).max(1).min(order.len());
    for at in 0..n {
        let other = rng.random_range(at..order.len());
        order.swap(at, other);
    }
    order[n..].iter().for_each(|&j| allowed[j] = false);
}

/// One tree while it grows.
pub(super) struct Tree<'a> {
    pub(super) grower: &'a Grower<'a>,
    pub(super) rule: Rule,
    cells: &'a Cells,
    draws: (u64, u64),
    columns: Vec<bool>,
}

impl Tree<'_> {
    fn grow(&self, partition: &mut Partition) -> Grown {
        let shape = self.grower.shape;
        let mut grown = Grown::default();
        let all = 0..partition.len();
        let total = self.cells.total(partition.rows(all.clone()));
        let bounds = Bounds::NONE;
        let value = self.rule.value(total, 0.0, bounds);
        grown.push(total, value, all.clone());
        let root = Leaf {
            node: 0,
            depth: 0,
            state: self.state(total, bounds),
            sums: Vec::new(),
            used: Vec::new(),
            best: None,
        };
        if !self.may_split(&root) || shape.max_leaves < 2 {
            return grown;
        }
        let tiles: Vec<&Tile> = self.grower.matrix.tiles.iter().collect();
        let n_rows = self.grower.matrix.columns.first().map_or(0, Vec::len);
        let rows = if partition.len() == n_rows {
            Rows::All(n_rows)
        } else {
            Rows::Some(partition.rows(all))
        };
        let allowed = self.allowed(&root);
        let found = par::map_vec(tiles, self.threads(rows.len()), |tile| {
            let sums = self.sum(tile, rows);
            let best = self.best_of(tile, &sums, &root.state, &allowed);
            (sums, best)
        });
        let mut leaves = vec![root];
        let (sums, bests): (Vec<Sums>, Vec<_>) = found.into_iter().unzip();
        leaves[0].sums = sums;
        leaves[0].best = first_best(bests);
        let mut n_leaves = 1;
        while n_leaves < shape.max_leaves {
            let Some(at) = greatest_gain(&leaves) else { break };
            let leaf = leaves.swap_remove(at);
            n_leaves += 1;
            let is_last = n_leaves == shape.max_leaves;
            self.split(leaf, is_last, partition, &mut grown, &mut leaves);
        }
        grown
    }

    fn state(&self, total: Total, bounds: Bounds) -> Node {
        let score = self.rule.score(total, 0.0, self.rule.value(total, 0.0, bounds));
        Node { total, score, bounds }
    }

    fn may_split(&self, leaf: &Leaf) -> bool {
        let shape = self.grower.shape;
        let total = leaf.state.total;
        let weight = total.h as f64 * self.rule.units.h;
        shape.max_depth.is_none_or(|most| leaf.depth < most)
            && total.n >= 2
            && total.n / 2 >= shape.penalties.min_samples_leaf
            && weight >= 2.0 * shape.penalties.min_child_weight
    }

    fn threads(&self, n_rows: usize) -> Threads {
        let n_columns = self.grower.bins.len();
        Threads::for_work(n_rows * n_columns * 4 + n_columns * 2048)
    }

    fn sum(&self, tile: &Tile, rows: Rows<'_>) -> Sums {
        let n_tiles = self.grower.matrix.tiles.len().max(1);
        let n_parts = if self.threads(rows.len()) == Threads::Many {
            par::n_threads().div_ceil(n_tiles)
        } else {
            1
        };
        Sums::of(tile, rows, self.cells, n_parts)
    }

    /// Splits a leaf at its best cut, and looks for the best cuts of both sides.
    fn split(
        &self,
        leaf: Leaf,
        is_last: bool,
        partition: &mut Partition,
        grown: &mut Grown,
        leaves: &mut Vec<Leaf>,
    ) {
        let Leaf { node, depth, state, sums: mut larger, mut used, best } = leaf;
        let Some(best) = best else { return };
        let column = best.column as usize;
        let goes_left = best.cut.table(self.grower.bins[column].n_bins);
        let range = grown.ranges[node].clone();
        let codes = &self.grower.matrix.columns[column];
        let n_left = partition.split(range.clone(), codes, &goes_left);
        let middle = range.start + n_left;
        let totals = [best.left, state.total.minus(best.left)];
        let first = grown.values.len();
        grown.push(totals[0], best.values[0], range.start..middle);
        grown.push(totals[1], best.values[1], middle..range.end);
        grown.is_leaf[node] = false;
        let direction = self.grower.constraints.directions[column];
        let bounds = state.bounds.split(direction, best.values);
        let Candidate { column, gain, cut, .. } = best;
        grown.splits.push(Made { node, column, gain, cut, goes_left, left: first });
        if is_last {
            return;
        }
        if self.grower.constraints.restricts() && !used.contains(&column) {
            used.push(column);
        }
        let mut sides = [0, 1].map(|side| Leaf {
            node: first + side,
            depth: depth + 1,
            state: self.state(totals[side], bounds[side]),
            sums: Vec::new(),
            used: used.clone(),
            best: None,
        });
        let open = sides.each_ref().map(|side| self.may_split(side));
        if open == [false; 2] {
            return;
        }
        let allowed = sides.each_ref().map(|side| self.allowed(side));
        let rows = sides.each_ref().map(|side| partition.rows(grown.ranges[side.node].clone()));
        let small = usize::from(rows[1].len() < rows[0].len());
        if larger.is_empty() {
            // The sums of this leaf were given up: an empty one for each tile.
            larger = vec![Sums::default(); self.grower.matrix.tiles.len()];
        }
        let work = self.grower.matrix.tiles.iter().zip(larger).collect();
        let states = sides.each_ref().map(|side| side.state);
        let found =
            par::map_vec(work, self.threads(rows[small].len()), |(tile, parent): (&Tile, Sums)| {
                let mut both = [Sums::default(), Sums::default()];
                if parent.n.is_empty() {
                    both = [0, 1].map(|side| {
                        if open[side] {
                            self.sum(tile, Rows::Some(rows[side]))
                        } else {
                            Sums::default()
                        }
                    });
                } else {
                    both[small] = self.sum(tile, Rows::Some(rows[small]));
                    both[1 - small] = parent;
                    let smaller = std::mem::take(&mut both[small]);
                    both[1 - small].subtract(&smaller);
                    both[small] = smaller;
                }
                let best = [0, 1].map(|side| {
                    open[side]
                        .then(|| self.best_of(tile, &both[side], &states[side], &allowed[side]))
                        .flatten()
                });
                (both, best)
            });
        let mut bests = [Vec::new(), Vec::new()];
        for (both, best) in found {
            for (side, (sums, best)) in both.into_iter().zip(best).enumerate() {
                sides[side].sums.push(sums);
                bests[side].push(best);
            }
        }
        for (mut side, bests) in sides.into_iter().zip(bests) {
            side.best = first_best(bests);
            if side.best.is_none() {
                continue;
            }
            let bytes: usize = side.sums.iter().map(|sums| sums.n.len() * 20).sum();
            if bytes * (leaves.len() + 1) > MOST_KEPT {
                side.sums = Vec::new();
            }
            leaves.push(side);
        }
    }

    /// The columns a leaf may be split by.
    fn allowed(&self, leaf: &Leaf) -> Vec<bool> {
        let mut allowed = self.columns.clone();
        self.grower.constraints.narrow(&leaf.used, &mut allowed);
        let (seed, stream) = self.draws;
        draw(&mut allowed, self.grower.shape.columns_by_node, seed, stream, leaf.node as u64 + 1);
        allowed
    }

    /// The best cut among the columns of a tile, the first of equals.
    fn best_of(
        &self,
        tile: &Tile,
        sums: &Sums,
        node: &Node,
        allowed: &[bool],
    ) -> Option<Candidate> {
        crate::simd::dispatch(Search { tree: self, tile, sums, node, allowed })
    }
}

impl Grown {
    fn push(&mut self, total: Total, value: f64, range: Range<usize>) {
        self.totals.push(total);
        self.values.push(value);
        self.ranges.push(range);
        self.is_leaf.push(true);
    }
}
