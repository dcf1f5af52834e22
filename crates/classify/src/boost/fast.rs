//! Trees laid out so that a vector register answers a question of one node for many rows at once.
//!
//! Cells become the rank among the thresholds that the model asks of their column: a byte. Every
//! node of a tree is then asked of 64 rows at a time, leaves upwards, each node taking over the
//! leaf number of the side that a row goes to. That asks more questions than a walk would, but
//! none is guessed wrong, and a byte is small.

use ndarray::ArrayView2;
use patronage_core::{ColumnKind, Schema};

use super::bins::Ladder;
use super::ensemble::Tree;
use crate::tree::nodes::{Levels, Node, Side, Test};

/// Rows asked at a time.
const LANES: usize = 64;

/// Rows whose cells are ranked at a time.
const BLOCK: usize = 256;

/// The rank of a missing cell: one more wraps round to zero, below every rank.
const MISSING: u8 = 255;

/// An ensemble laid out for many rows.
#[derive(Clone, Debug)]
pub(super) struct Fast {
    columns: Vec<Ranked>,
    trees: Vec<FastTree>,
    n_outputs: usize,
}

/// A column that is asked for.
#[derive(Clone, Debug)]
struct Ranked {
    position: usize,
    /// The thresholds asked of it, or none where cells are codes of levels.
    ladder: Option<Box<Ladder>>,
}

#[derive(Clone, Debug)]
struct FastTree {
    /// Inner nodes, children before parents.
    nodes: Vec<FastNode>,
    values: Vec<f64>,
}

#[derive(Clone, Debug)]
struct FastNode {
    column: u32,
    question: Question,
    left: Child,
    right: Child,
}

#[derive(Clone, Debug)]
enum Question {
    /// Is the rank, with `shift` added so that the missing come first, at most `last`?
    AtMost { last: u8, shift: u8 },
    /// Is the code one of these?
    Among(Box<[bool; 256]>),
}

#[derive(Clone, Copy, Debug)]
enum Child {
    Leaf(u8),
    /// A place among the inner nodes.
    Node(u8),
}

impl Fast {
    /// The layout, or `None` where a tree has more than 256 leaves, a column more thresholds or
    /// levels than bytes can tell apart.
    pub(super) fn new(schema: &Schema, trees: &[Tree], n_outputs: usize) -> Option<Self> {
        let mut thresholds: Vec<Vec<f64>> = vec![Vec::new(); schema.len()];
        let mut used = vec![false; schema.len()];
        for node in trees.iter().flat_map(|tree| &tree.nodes.0) {
            if let Node::Split { column, test, .. } = node {
                let column = *column as usize;
                used[column] = true;
                let is_category =
                    matches!(schema.columns()[column].kind(), ColumnKind::Category { .. });
                match test {
                    Test::AtMost { threshold, .. } => thresholds[column].push(*threshold),
                    Test::Among { .. } if !is_category => return None,
                    Test::Among { .. } => {}
                }
                if is_category && !thresholds[column].is_empty() {
                    return None;
                }
            }
        }
        let mut columns = Vec::new();
        let mut places = vec![0; schema.len()];
        for (position, thresholds) in thresholds.iter_mut().enumerate().filter(|(j, _)| used[*j]) {
            thresholds.sort_unstable_by(f64::total_cmp);
            thresholds.dedup();
            if thresholds.len() > 254 {
                return None;
            }
            places[position] = columns.len();
            let ladder = match schema.columns()[position].kind() {
                ColumnKind::Category { levels, unseen } => {
                    if levels.len().max(*unseen as usize + 1) > 256 {
                        return None;
                    }
                    None
                }
                _ => Some(Box::new(Ladder::new(thresholds).missing_as(MISSING))),
            };
            columns.push(Ranked { position, ladder });
        }
        let trees = trees.iter().map(|tree| FastTree::new(tree, &places, &thresholds));
        Some(Self { columns, trees: trees.collect::<Option<_>>()?, n_outputs })
    }

    /// The scores of rows, row by row.
    pub(super) fn scores(&self, rows: ArrayView2<'_, f64>, base: &[f64]) -> Vec<f64> {
        let mut out = vec![0.0; rows.nrows() * self.n_outputs];
        crate::simd::dispatch(Ask { fast: self, rows, base, out: &mut out });
        out
    }

    /// The ranks of a block's cells, column by column.
    #[inline(always)]
    fn rank(&self, rows: ArrayView2<'_, f64>, ranks: &mut [[u8; BLOCK]]) {
        let (n, width) = rows.dim();
        let mut cells = [0.0; BLOCK];
        for (column, ranks) in self.columns.iter().zip(ranks) {
            if let Some(all) = rows.as_slice() {
                let places = all.iter().skip(column.position).step_by(width);
                cells.iter_mut().zip(places).for_each(|(cell, &x)| *cell = x);
            } else {
                let places = rows.index_axis_move(ndarray::Axis(1), column.position);
                cells.iter_mut().zip(places).for_each(|(cell, &x)| *cell = x);
            }
            let places = ranks.iter_mut().zip(&cells[..n]);
            match &column.ladder {
                Some(ladder) => ladder.codes(&cells[..n], &mut ranks[..n]),
                None => places.for_each(|(rank, &x)| *rank = x as u8),
            }
        }
    }
}

impl FastTree {
    fn new(tree: &Tree, places: &[usize], thresholds: &[Vec<f64>]) -> Option<Self> {
        let nodes = &tree.nodes.0;
        let (mut n_leaves, mut n_inner) = (0_usize, 0_usize);
        let mut children = vec![Child::Leaf(0); nodes.len()];
        let (mut inner, mut values) = (Vec::new(), Vec::new());
        // Children come after parents, so backwards every child is known before its parent.
        for (at, node) in nodes.iter().enumerate().rev() {
            children[at] = match node {
                Node::Leaf => {
                    values.push(tree.values[at]);
                    n_leaves += 1;
                    Child::Leaf(u8::try_from(n_leaves - 1).ok()?)
                }
                Node::Split { column, test, left, right, .. } => {
                    let thresholds = &thresholds[*column as usize];
                    let question = match test {
                        Test::AtMost { threshold, missing } => {
                            let last = thresholds.partition_point(|other| other < threshold) as u8;
                            let shift = u8::from(*missing == Side::Left);
                            Question::AtMost { last: last + shift, shift }
                        }
                        Test::Among { left } => Question::Among(Box::new(table(left))),
                    };
                    let column = places[*column as usize] as u32;
                    let (left, right) = (children[*left as usize], children[*right as usize]);
                    inner.push(FastNode { column, question, left, right });
                    n_inner += 1;
                    Child::Node(u8::try_from(n_inner - 1).ok()?)
                }
            };
        }
        Some(Self { nodes: inner, values })
    }

    /// The leaf of each of 64 rows.
    #[inline(always)]
    fn ask(
        &self,
        ranks: &[[u8; BLOCK]],
        from: usize,
        found: &mut [[u8; LANES]; 256],
    ) -> [u8; LANES] {
        for (at, node) in self.nodes.iter().enumerate() {
            let ranks: &[u8; LANES] =
                ranks[node.column as usize][from..].first_chunk().expect("blocks are whole lanes");
            let side = |child: Child| match child {
                Child::Leaf(leaf) => [leaf; LANES],
                Child::Node(node) => found[node as usize],
            };
            let (left, right) = (side(node.left), side(node.right));
            let mut here = [0; LANES];
            match &node.question {
                Question::AtMost { last, shift } => {
                    for lane in 0..LANES {
                        let goes_left = ranks[lane].wrapping_add(*shift) <= *last;
                        here[lane] = choose(goes_left, left[lane], right[lane]);
                    }
                }
                Question::Among(table) => {
                    for lane in 0..LANES {
                        let goes_left = table[ranks[lane] as usize];
                        here[lane] = choose(goes_left, left[lane], right[lane]);
                    }
                }
            }
            found[at] = here;
        }
        // The root comes last; a tree without questions has one leaf.
        self.nodes.len().checked_sub(1).map_or([0; LANES], |root| found[root])
    }
}

/// One of two bytes, both of them read: a choice of where to read would be made lane by lane.
#[inline(always)]
fn choose(first: bool, a: u8, b: u8) -> u8 {
    let mask = 0_u8.wrapping_sub(u8::from(first));
    (a & mask) | (b & !mask)
}

fn table(levels: &Levels) -> [bool; 256] {
    std::array::from_fn(|code| levels.contains(code as u32))
}

struct Ask<'a> {
    fast: &'a Fast,
    rows: ArrayView2<'a, f64>,
    base: &'a [f64],
    out: &'a mut [f64],
}

impl pulp::WithSimd for Ask<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _simd: S) {
        let Self { fast, rows, base, out } = self;
        let n_outputs = fast.n_outputs;
        let mut ranks = vec![[0; BLOCK]; fast.columns.len()];
        let mut found = [[0; LANES]; 256];
        let mut sums = vec![[0.0; BLOCK]; n_outputs];
        for (i, out) in out.chunks_mut(BLOCK * n_outputs).enumerate() {
            let n = out.len() / n_outputs;
            let part = rows.slice_axis(ndarray::Axis(0), (i * BLOCK..i * BLOCK + n).into());
            fast.rank(part, &mut ranks);
            sums.iter_mut().zip(base).for_each(|(sums, &base)| sums.fill(base));
            for trees in fast.trees.chunks_exact(n_outputs) {
                for (tree, sums) in trees.iter().zip(&mut sums) {
                    for from in (0..n).step_by(LANES) {
                        let leaves = tree.ask(&ranks, from, &mut found);
                        let sums = &mut sums[from..from + LANES];
                        for (sum, &leaf) in sums.iter_mut().zip(&leaves) {
                            *sum += tree.values[leaf as usize];
                        }
                    }
                }
            }
            for (at, out) in out.chunks_exact_mut(n_outputs).enumerate() {
                out.iter_mut().zip(&sums).for_each(|(out, sums)| *out = sums[at]);
            }
        }
    }
}
