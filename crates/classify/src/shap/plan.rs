//! A tree as the steps in which contributions are summed.

use super::quadrature::gauss_legendre;
use super::terms::Term;
use crate::tree::nodes::Node;

/// A way from a node to a side of it. `z` is the share of rows that went this way.
///
/// Splits of one column on the way to a leaf count as one: `z` is their product, and a row goes
/// along only where it went along at all of them.
#[derive(Debug)]
pub(super) struct Edge {
    pub(super) column: u32,
    /// The question of the upper node, by its position among the nodes.
    pub(super) node: u32,
    pub(super) is_left: bool,
    pub(super) depth: u32,
    /// The depth of the last edge of the same column above, or 0.
    pub(super) last: u32,
    /// The share of this edge alone.
    pub(super) share: f64,
}

/// What comes next on the walk round the tree.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    Down(u32),
    Leaf(f64),
    Up(u32),
}

/// A tree, ready to be walked.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) steps: Vec<Step>,
    pub(super) edges: Vec<Edge>,
    /// For each edge and point: by what the product grows where the row goes along, and where it
    /// no longer does; what the column gains then.
    pub(super) factors: Vec<[f64; 4]>,
    /// Weights of the points.
    pub(super) weights: Vec<f64>,
    pub(super) depth: usize,
    /// The mean answer over the rows learnt from.
    pub(super) expected: f64,
}

/// A node on the way down.
struct Open {
    node: usize,
    /// The edge to it, or none for the root.
    edge: Option<usize>,
    depth: usize,
    closes: bool,
}

impl Plan {
    pub(super) fn new(term: &Term<'_>) -> Self {
        let nodes = &term.nodes.0;
        let (mut edges, mut steps): (Vec<Edge>, Vec<Step>) = (Vec::new(), Vec::new());
        // The product of the shares of an edge's column above it, and down to it.
        let mut products: Vec<(f64, f64)> = Vec::new();
        let mut way: Vec<usize> = Vec::new();
        let mut open = vec![Open { node: 0, edge: None, depth: 0, closes: false }];
        let (mut most_columns, mut depth, mut expected) = (0, 0, 0.0);
        while let Some(Open { node, edge, depth: at, closes }) = open.pop() {
            if let (true, Some(edge)) = (closes, edge) {
                steps.push(Step::Up(edge as u32));
                way.truncate(at - 1);
                continue;
            }
            depth = depth.max(at);
            if let Some(edge) = edge {
                steps.push(Step::Down(edge as u32));
                way.push(edge);
                open.push(Open { node, edge: Some(edge), depth: at, closes: true });
            }
            match &nodes[node] {
                Node::Leaf => {
                    let value = term.values[node] * term.scale;
                    steps.push(Step::Leaf(value));
                    let distinct = way.iter().filter(|&&edge| edges[edge].last == 0).count();
                    most_columns = most_columns.max(distinct);
                    expected += value * way.iter().map(|&edge| edges[edge].share).product::<f64>();
                }
                Node::Split { column, left, right, .. } => {
                    let last = way.iter().rev().find(|&&edge| edges[edge].column == *column);
                    let (last_depth, above) =
                        last.map_or((0, 1.0), |&edge| (edges[edge].depth, products[edge].1));
                    for (child, is_left) in [(*right, false), (*left, true)] {
                        let share = share(term, node, child as usize);
                        open.push(Open {
                            node: child as usize,
                            edge: Some(edges.len()),
                            depth: at + 1,
                            closes: false,
                        });
                        edges.push(Edge {
                            column: *column,
                            node: node as u32,
                            is_left,
                            depth: at as u32 + 1,
                            last: last_depth,
                            share,
                        });
                        products.push((above, above * share));
                    }
                }
            }
        }
        let points = gauss_legendre(most_columns.div_ceil(2).max(1));
        let mut factors = Vec::with_capacity(edges.len() * points.len());
        for &(above, z) in &products {
            for &(t, _) in &points {
                let before = above + t * (1.0 - above);
                let along = z + t * (1.0 - z);
                let left = z * (1.0 - t);
                let gained = (1.0 - above) / before;
                factors.push([
                    along / before,
                    left / before,
                    (1.0 - z) / along - gained,
                    -1.0 / (1.0 - t) - gained,
                ]);
            }
        }
        let weights = points.iter().map(|&(_, weight)| weight).collect();
        Self { steps, edges, factors, weights, depth, expected }
    }

    /// About how many bytes it takes.
    pub(super) fn size(&self) -> usize {
        self.factors.len() * 32 + self.edges.len() * 32 + self.steps.len() * 16
    }
}

/// The share of a node's rows that went to a child.
fn share(term: &Term<'_>, node: usize, child: usize) -> f64 {
    let share = term.covers[child] / term.covers[node];
    // A node without weight tells nothing of its sides.
    if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.5 }
}
