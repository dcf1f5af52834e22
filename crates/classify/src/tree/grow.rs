//! Growing a tree, node by node.

use super::coarse::Coarse;
use super::codes::{Coded, Place};
use super::draw::Draw;
use super::nodes::{Levels, Node, Nodes, Side, Test};
use super::search::{Buffers, Search};
use super::sorted::Sorted;
use super::split::{Candidate, Cut};
use super::target::Target;
use crate::par::Threads;

/// Where growing stops.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) max_depth: Option<usize>,
    pub(crate) min_samples_leaf: usize,
    pub(crate) max_leaves: Option<usize>,
    /// Least gain of a split, per unit of the whole sample's weight.
    pub(crate) min_gain: f64,
}

/// A grown tree: nodes, the bin of each (`width` numbers), and how many rows each holds.
#[derive(Clone, Debug)]
pub(crate) struct Grown {
    pub(crate) nodes: Nodes,
    pub(crate) sums: Vec<f64>,
    pub(crate) n_rows: Vec<u64>,
}

/// A node that may still be split.
struct Open {
    node: usize,
    rows: std::ops::Range<usize>,
    depth: usize,
    purity: f64,
    /// Bins of all narrow columns, where they came cheaply from the parent's.
    bins: Option<Vec<f64>>,
    candidate: Option<Candidate>,
}

/// Everything fixed or reused while one tree grows.
pub(crate) struct Grower<'a, T> {
    pub(crate) coded: &'a Coded,
    pub(crate) target: &'a T,
    /// How many rows each counts for where leaves are bounded.
    pub(crate) counts: &'a [u32],
    /// Whether each row weighs its count, so that sums are exact whole numbers.
    pub(crate) whole: bool,
    /// Where columns are drawn: a way to their cuts without sorting.
    pub(crate) coarse: Option<&'a Coarse>,
    pub(crate) limits: Limits,
    pub(crate) draw: Option<Draw>,
    pub(crate) threads: Threads,
}

impl<T: Target> Grower<'_, T> {
    /// Grows a tree on `rows` of the sample.
    pub(crate) fn grow(&self, mut rows: Vec<u32>) -> Grown {
        let width = self.target.width();
        let layout = Layout::new(self.coded, width);
        let mut spare = Vec::with_capacity(rows.len());
        let mut buffers = Buffers::default();
        let mut grown = Grown { nodes: Nodes(vec![Node::Leaf]), sums: vec![], n_rows: vec![] };
        self.weigh(&rows, &mut grown);
        let root_weight = self.target.weight(&grown.sums);
        let mut open = vec![Open {
            node: 0,
            rows: 0..rows.len(),
            depth: 0,
            purity: self.target.purity(&grown.sums),
            bins: None,
            candidate: None,
        }];
        let best_first = self.limits.max_leaves.is_some();
        // Where columns are drawn, orders of all of them would be kept up for little.
        let mut sorted = match self.draw {
            None => Sorted::new(self.coded, &rows),
            Some(_) => None,
        };
        if best_first {
            self.examine(&mut open[0], &rows, &grown, &layout, sorted.as_ref(), &mut buffers);
        }
        let mut n_leaves = 1;
        while self.limits.max_leaves.is_none_or(|most| n_leaves < most) {
            let next = if best_first { greatest_gain(&open) } else { open.len().checked_sub(1) };
            let Some(next) = next else { break };
            let mut node = open.remove(next);
            if !best_first {
                self.examine(&mut node, &rows, &grown, &layout, sorted.as_ref(), &mut buffers);
            }
            let Some(candidate) = node.candidate.take() else { continue };
            let gain = (candidate.purity - node.purity).max(0.0);
            if gain < self.limits.min_gain * root_weight {
                continue;
            }
            let column = &self.coded.columns[candidate.column as usize];
            let at = self.partition(&candidate, &mut rows[node.rows.clone()], &mut spare);
            let sides =
                [node.rows.start..node.rows.start + at, node.rows.start + at..node.rows.end];
            let first = grown.nodes.0.len();
            for side in &sides {
                grown.nodes.0.push(Node::Leaf);
                self.weigh(&rows[side.clone()], &mut grown);
            }
            n_leaves += 1;
            let weight = |at: usize| self.target.weight(&grown.sums[at * width..(at + 1) * width]);
            let heavier = if weight(first) >= weight(first + 1) { Side::Left } else { Side::Right };
            grown.nodes.0[node.node] = Node::Split {
                column: candidate.column,
                test: test_of(candidate.cut, heavier, column.n_codes as u32),
                left: first as u32,
                right: first as u32 + 1,
                gain: gain / root_weight,
            };
            let last = self.limits.max_depth.is_some_and(|most| node.depth + 1 >= most);
            let mut bins = [None, None];
            if !last {
                bins = self.bins_of_sides(node.bins, &rows, &sides, &layout);
                if let Some(sorted) = &mut sorted {
                    sorted.split(&rows, node.rows.clone(), at);
                }
            }
            let children = sides.into_iter().zip(bins).enumerate().map(|(i, (rows, bins))| {
                let node_sums = &grown.sums[(first + i) * width..(first + i + 1) * width];
                let purity = self.target.purity(node_sums);
                let depth = node.depth + 1;
                Open { node: first + i, rows, depth, purity, bins, candidate: None }
            });
            // The left side is grown first: it is the last one open.
            for mut child in children.rev() {
                if best_first {
                    self.examine(&mut child, &rows, &grown, &layout, sorted.as_ref(), &mut buffers);
                    child.bins = child.bins.filter(|_| child.candidate.is_some());
                }
                open.push(child);
            }
        }
        grown
    }

    /// Adds the bin and the count of a node that is last.
    fn weigh(&self, rows: &[u32], grown: &mut Grown) {
        let from = grown.sums.len();
        grown.sums.resize(from + self.target.width(), 0.0);
        let bin = &mut grown.sums[from..];
        let mut n_rows = 0;
        for &row in rows {
            self.target.add(row as usize, bin);
            n_rows += u64::from(self.counts[row as usize]);
        }
        grown.n_rows.push(n_rows);
    }

    /// Whether bins of sides may be had by subtraction: exact, and wanted for all columns.
    fn subtracts(&self) -> bool {
        self.whole && self.target.is_exact() && self.draw.is_none()
    }

    /// Seeks the best split of a node.
    fn examine(
        &self,
        node: &mut Open,
        rows: &[u32],
        grown: &Grown,
        layout: &Layout,
        sorted: Option<&Sorted>,
        buffers: &mut Buffers,
    ) {
        let width = self.target.width();
        let sums = &grown.sums[node.node * width..(node.node + 1) * width];
        let n_rows = grown.n_rows[node.node] as f64;
        let least = self.limits.min_samples_leaf as f64;
        if self.limits.max_depth.is_some_and(|most| node.depth >= most)
            || n_rows < 2.0 * least
            || self.target.is_pure(sums, node.purity)
        {
            node.bins = None;
            return;
        }
        let rows = &rows[node.rows.clone()];
        let sorted = sorted.map(|sorted| (sorted, node.rows.clone()));
        let search = Search { grower: self, rows, sums, n_rows, sorted };
        let n_columns = self.coded.columns.len();
        node.candidate = match &self.draw {
            None => {
                let bins = node.bins.take().unwrap_or_else(|| search.narrow_bins(layout));
                let all: Vec<u32> = (0..n_columns as u32).collect();
                let found = search.best_of(&all, layout, &bins, &[], buffers);
                if self.subtracts() && layout.worth_keeping(rows.len()) {
                    node.bins = Some(bins);
                }
                found.candidate
            }
            Some(draw) => draw.seek(node.node as u64, n_columns, |columns, cuts| {
                let layout = Layout::of(self.coded, width, columns.iter().copied());
                search.best_of(columns, &layout, &search.narrow_bins(&layout), cuts, buffers)
            }),
        };
    }

    /// Moves the rows that go left to the front, both sides in their order; returns how many.
    fn partition(&self, candidate: &Candidate, rows: &mut [u32], spare: &mut Vec<u32>) -> usize {
        let column = &self.coded.columns[candidate.column as usize];
        let n_known = column.n_known as u32;
        spare.clear();
        spare.resize(rows.len(), 0);
        let (mut at, mut aside) = (0, 0);
        for i in 0..rows.len() {
            let row = rows[i];
            let code = self.coded.code(column, row);
            let goes_left = match &candidate.cut {
                Cut::UpTo { last, missing, .. } => {
                    // Only columns of numbers have missing cells, and their code is the last.
                    (code <= *last) | ((code == n_known) & (*missing == Some(Side::Left)))
                }
                Cut::Levels { left, .. } => left.contains(code),
            };
            // Written on both sides: a way chosen here would be guessed wrong at every other row.
            rows[at] = row;
            spare[aside] = row;
            at += usize::from(goes_left);
            aside += usize::from(!goes_left);
        }
        let spare = &spare[..aside];
        rows[at..].copy_from_slice(spare);
        at
    }

    /// The narrow bins of both sides from the parent's: the smaller side is counted, the larger is
    /// what remains.
    fn bins_of_sides(
        &self,
        parent: Option<Vec<f64>>,
        rows: &[u32],
        sides: &[std::ops::Range<usize>; 2],
        layout: &Layout,
    ) -> [Option<Vec<f64>>; 2] {
        let Some(mut larger) = parent else { return [None, None] };
        let small = usize::from(sides[1].len() < sides[0].len());
        if !layout.worth_keeping(sides[1 - small].len()) {
            return [None, None];
        }
        let mut smaller = vec![0.0; layout.n_sums];
        self.fill(&rows[sides[small].clone()], &layout.narrow, &mut smaller);
        larger.iter_mut().zip(&smaller).for_each(|(larger, smaller)| *larger -= smaller);
        let mut both = [None, None];
        both[small] = Some(smaller);
        both[1 - small] = Some(larger);
        both
    }

    /// Sums rows into the bins of narrow columns.
    pub(crate) fn fill(&self, rows: &[u32], columns: &[(u32, u32)], bins: &mut [f64]) {
        let (n, n_flags) = (self.coded.n_narrow, self.coded.n_flags as u32);
        let is_flag = |column: &(u32, u32)| column.0 < n_flags;
        let enough = columns.iter().filter(|column| is_flag(column)).count() >= FEWEST_FLAGS;
        let by_row = |columns: &[(u32, u32)], bins: &mut [f64]| {
            for &row in rows {
                let codes = &self.coded.narrow[row as usize * n..(row as usize + 1) * n];
                self.target.add_to_columns(row as usize, codes, columns, bins);
            }
        };
        if self.whole && enough && self.target.add_flags(self.coded, rows, columns, bins) {
            let others: Vec<(u32, u32)> =
                columns.iter().copied().filter(|column| !is_flag(column)).collect();
            by_row(&others, bins);
        } else {
            by_row(columns, bins);
        }
    }
}

/// From so many on, columns of two codes are cheaper counted all at once.
const FEWEST_FLAGS: usize = 4;

fn greatest_gain(open: &[Open]) -> Option<usize> {
    let mut best: Option<(usize, f64)> = None;
    for (at, node) in open.iter().enumerate() {
        if let Some(candidate) = &node.candidate {
            let gain = candidate.purity - node.purity;
            // Of equal gains the earlier node wins, whatever its place in the list.
            if best.is_none_or(|(other, most)| {
                gain > most || (gain == most && node.node < open[other].node)
            }) {
                best = Some((at, gain));
            }
        }
    }
    best.map(|(at, _)| at)
}

fn test_of(cut: Cut, heavier: Side, n_codes: u32) -> Test {
    match cut {
        Cut::UpTo { threshold, missing, .. } => {
            // Where nothing was missing, what is missing later goes where most rows go.
            Test::AtMost { threshold, missing: missing.unwrap_or(heavier) }
        }
        Cut::Levels { left, seen } => {
            // So do levels that had no row here.
            let joins = |code: u32| !seen.contains(code) && heavier == Side::Left;
            let left = (0..n_codes).filter(|&code| left.contains(code) || joins(code));
            Test::Among { left: Levels::of(left) }
        }
    }
}

/// Where the bins of the narrow columns stand when all are summed at once.
pub(crate) struct Layout {
    /// Narrow place and first number.
    pub(crate) narrow: Vec<(u32, u32)>,
    pub(crate) n_sums: usize,
}

impl Layout {
    fn new(coded: &Coded, width: usize) -> Self {
        Self::of(coded, width, 0..coded.columns.len() as u32)
    }

    /// The same for some columns alone.
    pub(crate) fn of(coded: &Coded, width: usize, columns: impl Iterator<Item = u32>) -> Self {
        let mut this = Self { narrow: Vec::new(), n_sums: 0 };
        for column in columns {
            let column = &coded.columns[column as usize];
            if let Place::Narrow(place) = column.place {
                this.narrow.push((place as u32, this.n_sums as u32));
                this.n_sums += column.n_codes * width;
            }
        }
        this
    }

    /// Whether summing rows again would cost more than keeping and subtracting bins.
    fn worth_keeping(&self, n_rows: usize) -> bool {
        n_rows * self.narrow.len() > 2 * self.n_sums
    }
}
