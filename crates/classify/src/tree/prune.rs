//! Cost-complexity pruning.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::grow::Grown;
use super::nodes::{Node, Nodes};

/// The sequence of ever smaller trees that cost-complexity pruning gives.
///
/// ```text
/// cost of a tree at alpha = impurity of its leaves + alpha · n_leaves
/// ```
///
/// where the impurity of a leaf counts by its share of all weight. Step i is the tree that is best
/// from `alphas[i]` on, up to the next; the first is the whole tree at 0.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct PruningPath {
    /// From which `ccp_alpha` on the step's tree is best: ascending. Nodes that go at the very same
    /// alpha are steps of their own.
    pub alphas: Vec<f64>,
    /// The impurity of the leaves of each step's tree: ascending.
    pub impurities: Vec<f64>,
    /// The leaves of each step's tree: descending to 1.
    pub n_leaves: Vec<usize>,
}

/// A node and what each of its leaves saves: the greatest of the heap is pruned first.
struct Weakest {
    alpha: f64,
    node: usize,
    version: u32,
}

impl PartialEq for Weakest {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Weakest {}

impl Ord for Weakest {
    fn cmp(&self, other: &Self) -> Ordering {
        // The least alpha first, and of equals the node nearest to the root.
        other.alpha.total_cmp(&self.alpha).then(other.node.cmp(&self.node))
    }
}

impl PartialOrd for Weakest {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// What hangs on each node while the tree is pruned.
struct Pruning<'a> {
    nodes: &'a [Node],
    parents: Vec<usize>,
    /// What the splits at and below each node gain.
    gains: Vec<f64>,
    n_leaves: Vec<usize>,
    versions: Vec<u32>,
    is_leaf: Vec<bool>,
    heap: BinaryHeap<Weakest>,
}

impl<'a> Pruning<'a> {
    fn new(nodes: &'a [Node]) -> Self {
        let n = nodes.len();
        let mut this = Self {
            nodes,
            parents: vec![usize::MAX; n],
            gains: vec![0.0; n],
            n_leaves: vec![1; n],
            versions: vec![0; n],
            is_leaf: vec![true; n],
            heap: BinaryHeap::new(),
        };
        // Children stand after their parents.
        for (at, node) in nodes.iter().enumerate().rev() {
            if let Node::Split { left, right, gain, .. } = node {
                let (left, right) = (*left as usize, *right as usize);
                this.gains[at] = gain + this.gains[left] + this.gains[right];
                this.n_leaves[at] = this.n_leaves[left] + this.n_leaves[right];
                (this.parents[left], this.parents[right]) = (at, at);
                this.is_leaf[at] = false;
                this.offer(at);
            }
        }
        this
    }

    fn offer(&mut self, node: usize) {
        let alpha = self.gains[node] / (self.n_leaves[node] - 1) as f64;
        self.heap.push(Weakest { alpha, node, version: self.versions[node] });
    }

    /// The node that saves least, or `None` when only the root is left.
    fn weakest(&mut self) -> Option<(f64, usize)> {
        while let Some(Weakest { alpha, node, version }) = self.heap.peek() {
            if !self.is_leaf[*node] && self.versions[*node] == *version {
                return Some((*alpha, *node));
            }
            self.heap.pop();
        }
        None
    }

    /// Makes a leaf of a node.
    fn cut(&mut self, node: usize) {
        let fewer = self.n_leaves[node] - 1;
        let mut below = vec![node];
        while let Some(at) = below.pop() {
            if !self.is_leaf[at]
                && let Node::Split { left, right, .. } = &self.nodes[at]
            {
                self.is_leaf[at] = true;
                below.extend([*left as usize, *right as usize]);
            }
        }
        (self.gains[node], self.n_leaves[node]) = (0.0, 1);
        let mut at = self.parents[node];
        while at != usize::MAX {
            // Sums are made anew, so that roundings do not gather.
            if let Node::Split { left, right, gain, .. } = &self.nodes[at] {
                self.gains[at] = gain + self.gains[*left as usize] + self.gains[*right as usize];
            }
            self.n_leaves[at] -= fewer;
            self.versions[at] += 1;
            self.offer(at);
            at = self.parents[at];
        }
    }
}

/// The whole path; `impurity` is that of the root.
pub(super) fn path(nodes: &Nodes, impurity: f64) -> PruningPath {
    let mut pruning = Pruning::new(&nodes.0);
    let left = |pruning: &Pruning<'_>| (impurity - pruning.gains[0]).max(0.0);
    let mut path = PruningPath {
        alphas: vec![0.0],
        impurities: vec![left(&pruning)],
        n_leaves: vec![pruning.n_leaves[0]],
    };
    let mut greatest = 0.0_f64;
    while let Some((alpha, node)) = pruning.weakest() {
        pruning.cut(node);
        // What is left never saves less than what went, but for rounding.
        greatest = greatest.max(alpha);
        path.alphas.push(greatest);
        path.impurities.push(left(&pruning));
        path.n_leaves.push(pruning.n_leaves[0]);
    }
    path
}

/// The tree that is best at `alpha`: the smallest of equals.
pub(super) fn prune(grown: Grown, alpha: f64) -> Grown {
    if alpha <= 0.0 {
        return grown;
    }
    let mut pruning = Pruning::new(&grown.nodes.0);
    while let Some((of_node, node)) = pruning.weakest() {
        if of_node > alpha {
            break;
        }
        pruning.cut(node);
    }
    let is_leaf = pruning.is_leaf;
    let n_nodes = grown.nodes.0.len();
    let width = grown.sums.len() / n_nodes;
    let mut kept = vec![false; n_nodes];
    kept[0] = true;
    let mut place = vec![0_u32; n_nodes];
    let mut next = 0;
    for at in 0..n_nodes {
        if kept[at] {
            place[at] = next;
            next += 1;
            if let (Node::Split { left, right, .. }, false) = (&grown.nodes.0[at], is_leaf[at]) {
                kept[*left as usize] = true;
                kept[*right as usize] = true;
            }
        }
    }
    let mut pruned = Grown { nodes: Nodes(Vec::new()), sums: Vec::new(), n_rows: Vec::new() };
    for (at, mut node) in grown.nodes.0.into_iter().enumerate().filter(|(at, _)| kept[*at]) {
        match &mut node {
            _ if is_leaf[at] => node = Node::Leaf,
            Node::Split { left, right, .. } => {
                *left = place[*left as usize];
                *right = place[*right as usize];
            }
            Node::Leaf => {}
        }
        pruned.nodes.0.push(node);
        pruned.sums.extend(&grown.sums[at * width..(at + 1) * width]);
        pruned.n_rows.push(grown.n_rows[at]);
    }
    pruned
}
