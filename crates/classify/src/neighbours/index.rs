//! Finding the nearest points, exactly.

use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::NeighbourSearch;

/// Points are stored and compared so many at a time.
const LANES: usize = 8;
/// The most rows in a leaf of the tree: two blocks.
const LEAF: usize = 2 * LANES;
/// Points looked at by each query before the next one's turn, in blocks: they stay in cache.
const TILE: usize = 128;

/// A point found: how far, and which.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Near {
    pub(super) square: f64,
    pub(super) id: u32,
}

impl Eq for Near {}

impl Ord for Near {
    fn cmp(&self, other: &Self) -> Ordering {
        // Of equal distances the earlier row is nearer.
        self.square.total_cmp(&other.square).then(self.id.cmp(&other.id))
    }
}

impl PartialOrd for Near {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The nearest so far, the farthest of them on top, until their weights reach what is wanted.
#[derive(Debug, Default)]
pub(super) struct Nearest {
    heap: BinaryHeap<Near>,
    held: f64,
}

impl Nearest {
    /// The distance beyond which nothing is taken any more.
    fn bound(&self, wanted: f64) -> f64 {
        match self.heap.peek() {
            Some(top) if self.held >= wanted => top.square,
            _ => f64::INFINITY,
        }
    }

    fn offer(&mut self, near: Near, wanted: f64, weights: &[f64]) {
        if self.held >= wanted && self.heap.peek().is_some_and(|top| near > *top) {
            return;
        }
        self.heap.push(near);
        self.held += weights[near.id as usize];
        while let Some(top) = self.heap.peek()
            && self.heap.len() > 1
            && self.held - weights[top.id as usize] >= wanted
        {
            self.held -= weights[top.id as usize];
            self.heap.pop();
        }
    }
}

thread_local! {
    static NEAREST: RefCell<Vec<Nearest>> = const { RefCell::new(Vec::new()) };
    static SORTED: RefCell<Vec<Near>> = const { RefCell::new(Vec::new()) };
}

/// Calls `f` with the points in `nearest` from the nearest on; what they are sorted in is kept by
/// the thread.
pub(super) fn in_order<R>(nearest: &mut Nearest, f: impl FnOnce(&[Near]) -> R) -> R {
    let mut sorted = SORTED.with(RefCell::take);
    sorted.clear();
    sorted.extend(nearest.heap.drain());
    sorted.sort_unstable();
    let result = f(&sorted);
    SORTED.with(|kept| *kept.borrow_mut() = sorted);
    result
}

/// Calls `f` with `n` empty heaps that the thread keeps, so that only its first rows allocate.
pub(super) fn lend<R>(n: usize, f: impl FnOnce(&mut [Nearest]) -> R) -> R {
    let mut kept = NEAREST.with(RefCell::take);
    if kept.len() < n {
        kept.resize_with(n, Nearest::default);
    }
    for nearest in &mut kept[..n] {
        nearest.heap.clear();
        nearest.held = 0.0;
    }
    let result = f(&mut kept[..n]);
    NEAREST.with(|all| *all.borrow_mut() = kept);
    result
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Node {
    Leaf { from: u32, to: u32 },
    Split { axis: u32, at: f64, left: u32, right: u32 },
}

/// The points in blocks, and a tree over the blocks.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Index {
    n_numbers: usize,
    width: usize,
    /// Block by block, coordinate by coordinate, point by point.
    blocks: Vec<[f64; LANES]>,
    /// The point in each lane; the greatest number for none.
    ids: Vec<[u32; LANES]>,
    nodes: Vec<Node>,
}

impl Index {
    /// Takes points of `width` coordinates, of which the first `n_numbers` are numbers.
    pub(super) fn new(
        points: Vec<f64>,
        n_numbers: usize,
        width: usize,
        search: NeighbourSearch,
    ) -> Self {
        let n = points.len().checked_div(width).unwrap_or(0);
        let tree = n_numbers > 0
            && match search {
                NeighbourSearch::Auto => n_numbers <= 10 && n > 64,
                NeighbourSearch::KdTree => true,
                NeighbourSearch::BruteForce => false,
            };
        let mut this =
            Self { n_numbers, width, blocks: Vec::new(), ids: Vec::new(), nodes: Vec::new() };
        let mut order: Vec<u32> = (0..n as u32).collect();
        if tree {
            this.split(&points, &mut order);
        } else {
            this.leaf(&points, &order);
        }
        this
    }

    fn leaf(&mut self, points: &[f64], order: &[u32]) {
        let from = self.ids.len() as u32;
        for lanes in order.chunks(LANES) {
            let mut ids = [u32::MAX; LANES];
            ids[..lanes.len()].copy_from_slice(lanes);
            for coordinate in 0..self.width {
                let mut block = [0.0; LANES];
                for (cell, &id) in block.iter_mut().zip(lanes) {
                    *cell = points[id as usize * self.width + coordinate];
                }
                self.blocks.push(block);
            }
            self.ids.push(ids);
        }
        self.nodes.push(Node::Leaf { from, to: self.ids.len() as u32 });
    }

    /// Splits at the median of the widest coordinate; returns the node.
    fn split(&mut self, points: &[f64], order: &mut [u32]) -> u32 {
        let node = self.nodes.len();
        let cell = |id: u32, axis: usize| points[id as usize * self.width + axis];
        let mut widest = (0, 0.0);
        if order.len() > LEAF {
            for axis in 0..self.n_numbers {
                let cells = || order.iter().map(|&id| cell(id, axis));
                let low = cells().fold(f64::INFINITY, f64::min);
                let high = cells().fold(f64::NEG_INFINITY, f64::max);
                if high - low > widest.1 {
                    widest = (axis, high - low);
                }
            }
        }
        let (axis, spread) = widest;
        if spread <= 0.0 {
            self.leaf(points, order);
            return node as u32;
        }
        // Whole blocks on the left, so that few lanes stay empty.
        let middle = (order.len() / 2).next_multiple_of(LANES);
        let by_cell = |a: &u32, b: &u32| cell(*a, axis).total_cmp(&cell(*b, axis)).then(a.cmp(b));
        let (_, &mut at, _) = order.select_nth_unstable_by(middle, by_cell);
        let at = cell(at, axis);
        let (left, right) = order.split_at_mut(middle);
        self.nodes.push(Node::Leaf { from: 0, to: 0 });
        let left = self.split(points, left);
        let right = self.split(points, right);
        self.nodes[node] = Node::Split { axis: axis as u32, at, left, right };
        node as u32
    }

    /// The points nearest to each query, until their weights reach what is wanted.
    pub(super) fn find(
        &self,
        queries: &[f64],
        wanted: f64,
        weights: &[f64],
        found: &mut [Nearest],
    ) {
        if self.width == 0 {
            // Without a column all rows are one point.
            let all = (0..weights.len() as u32).map(|id| Near { square: 0.0, id });
            for near in all {
                found.iter_mut().for_each(|found| found.offer(near, wanted, weights));
            }
            return;
        }
        let queries = || queries.chunks_exact(self.width);
        match self.nodes.as_slice() {
            [Node::Leaf { from, to }] => {
                for from in (*from as usize..*to as usize).step_by(TILE) {
                    let tile = from..(from + TILE).min(*to as usize);
                    for (query, found) in queries().zip(&mut *found) {
                        self.scan(query, tile.clone(), wanted, weights, found);
                    }
                }
            }
            _ => {
                for (query, found) in queries().zip(found) {
                    self.descend(0, query, wanted, weights, found);
                }
            }
        }
    }

    fn descend(&self, node: u32, query: &[f64], wanted: f64, weights: &[f64], found: &mut Nearest) {
        match self.nodes[node as usize] {
            Node::Leaf { from, to } => {
                self.scan(query, from as usize..to as usize, wanted, weights, found);
            }
            Node::Split { axis, at, left, right } => {
                let off = query[axis as usize] - at;
                let (near, far) = if off < 0.0 { (left, right) } else { (right, left) };
                self.descend(near, query, wanted, weights, found);
                // No point beyond the cut is nearer than the cut; at one distance a row there may
                // be the earlier.
                if off * off <= found.bound(wanted) {
                    self.descend(far, query, wanted, weights, found);
                }
            }
        }
    }

    /// Offers the points of some blocks.
    #[inline]
    fn scan(
        &self,
        query: &[f64],
        blocks: std::ops::Range<usize>,
        wanted: f64,
        weights: &[f64],
        found: &mut Nearest,
    ) {
        let (numbers, codes) = query.split_at(self.n_numbers);
        let mut bound = found.bound(wanted);
        for at in blocks {
            let block = &self.blocks[at * self.width..(at + 1) * self.width];
            let mut squares = [0.0; LANES];
            for (x, lanes) in numbers.iter().zip(block) {
                for (square, y) in squares.iter_mut().zip(lanes) {
                    let off = x - y;
                    *square += off * off;
                }
            }
            for (x, lanes) in codes.iter().zip(&block[self.n_numbers..]) {
                for (square, y) in squares.iter_mut().zip(lanes) {
                    *square += f64::from(u8::from(x != y));
                }
            }
            if squares.iter().all(|&square| square > bound) {
                continue;
            }
            for (&square, &id) in squares.iter().zip(&self.ids[at]) {
                if square <= bound && id != u32::MAX {
                    found.offer(Near { square, id }, wanted, weights);
                    bound = found.bound(wanted);
                }
            }
        }
    }

    /// The points as they came, one after another.
    #[cfg(feature = "serde")]
    pub(super) fn points(&self) -> Vec<f64> {
        let n = self.ids.iter().flatten().filter(|&&id| id != u32::MAX).count();
        let mut points = vec![0.0; n * self.width];
        for (at, ids) in self.ids.iter().enumerate() {
            for (lane, &id) in ids.iter().enumerate().filter(|(_, id)| **id != u32::MAX) {
                for coordinate in 0..self.width {
                    points[id as usize * self.width + coordinate] =
                        self.blocks[at * self.width + coordinate][lane];
                }
            }
        }
        points
    }

    /// Whether points are found by a tree.
    #[cfg(feature = "serde")]
    pub(super) fn search(&self) -> NeighbourSearch {
        let tree = !matches!(self.nodes.as_slice(), [Node::Leaf { .. }]);
        if tree { NeighbourSearch::KdTree } else { NeighbourSearch::BruteForce }
    }
}
