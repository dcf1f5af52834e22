//! A fitted decision tree.

use ndarray::{ArrayView2, ArrayViewMut2};
use patronage_core::{Classifier, Schema, row_slice};

use super::grow::Grown;
use super::nodes::Nodes;
use super::rules::{Rule, rules};

/// A fitted decision tree: questions, and the weight of each class behind every answer.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(try_from = "Repr", into = "Repr")
)]
pub struct DecisionTreeModel {
    schema: Schema,
    n_classes: usize,
    smoothing: f64,
    nodes: Nodes,
    /// The weight of each class in each node, node by node.
    weights: Vec<f64>,
    n_rows: Vec<u64>,
    /// The probabilities of each node, by which leaves answer.
    probabilities: Vec<f64>,
}

impl DecisionTreeModel {
    pub(super) fn new(schema: Schema, n_classes: usize, grown: Grown, smoothing: f64) -> Self {
        let Grown { nodes, sums: weights, n_rows } = grown;
        let mut probabilities = Vec::with_capacity(weights.len());
        for weights in weights.chunks_exact(n_classes) {
            let total: f64 = weights.iter().map(|weight| weight + smoothing).sum();
            probabilities.extend(weights.iter().map(|weight| (weight + smoothing) / total));
        }
        Self { schema, n_classes, smoothing, nodes, weights, n_rows, probabilities }
    }

    /// The number of leaves, at least 1.
    #[must_use]
    pub fn n_leaves(&self) -> usize {
        self.nodes.n_leaves()
    }

    /// The most questions a row is asked.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.nodes.depth()
    }

    /// The share of the whole reduction of impurity that each column's splits brought, one a
    /// column: they sum to 1, or are all 0 for a single leaf.
    ///
    /// Columns with many distinct values are favoured, as always with this measure.
    #[must_use]
    pub fn importance(&self) -> Vec<f64> {
        self.nodes.importance(self.schema.len())
    }

    /// The leaf in which a row of the model's schema ends, as a number of the model's own.
    ///
    /// # Panics
    ///
    /// When the row is of another width.
    #[must_use]
    pub fn leaf(&self, row: &[f64]) -> usize {
        assert_eq!(row.len(), self.schema.len(), "a row of the model's schema");
        self.nodes.leaf(row)
    }

    /// The tree as rules, one for each leaf, from left to right.
    #[must_use]
    pub fn rules(&self) -> Vec<Rule> {
        rules(&self.schema, &self.nodes, |node| (self.of_node(node).to_vec(), self.n_rows[node]))
    }

    /// Nodes, their probabilities, and the weight of each class in each.
    pub(crate) fn parts(&self) -> (&Nodes, &[f64], &[f64]) {
        (&self.nodes, &self.probabilities, &self.weights)
    }

    #[inline]
    fn of_node(&self, node: usize) -> &[f64] {
        &self.probabilities[node * self.n_classes..(node + 1) * self.n_classes]
    }
}

impl std::fmt::Display for DecisionTreeModel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.rules().iter().try_for_each(|rule| writeln!(f, "{rule}"))
    }
}

impl Classifier for DecisionTreeModel {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn n_classes(&self) -> usize {
        self.n_classes
    }

    fn probabilities(&self, row: &[f64], out: &mut [f64]) {
        assert_eq!(row.len(), self.schema.len(), "a row of the model's schema");
        out.copy_from_slice(self.of_node(self.nodes.leaf(row)));
    }

    fn probabilities_rows(&self, rows: ArrayView2<'_, f64>, mut out: ArrayViewMut2<'_, f64>) {
        assert_eq!(rows.nrows(), out.nrows(), "one row of probabilities for each row");
        assert_eq!(rows.ncols(), self.schema.len(), "rows of the model's schema");
        let mut buffer = Vec::new();
        for (row, mut out) in rows.rows().into_iter().zip(out.rows_mut()) {
            let probabilities = self.of_node(self.nodes.leaf(row_slice(row, &mut buffer)));
            out.iter_mut().zip(probabilities).for_each(|(out, &p)| *out = p);
        }
    }
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
struct Repr {
    schema: Schema,
    n_classes: usize,
    smoothing: f64,
    nodes: Nodes,
    weights: Vec<f64>,
    n_rows: Vec<u64>,
}

#[cfg(feature = "serde")]
impl From<DecisionTreeModel> for Repr {
    fn from(model: DecisionTreeModel) -> Self {
        let DecisionTreeModel { schema, n_classes, smoothing, nodes, weights, n_rows, .. } = model;
        Self { schema, n_classes, smoothing, nodes, weights, n_rows }
    }
}

#[cfg(feature = "serde")]
impl TryFrom<Repr> for DecisionTreeModel {
    type Error = crate::saved::Broken;

    fn try_from(repr: Repr) -> Result<Self, Self::Error> {
        use crate::saved::{check_classes, ensure};
        let Repr { schema, n_classes, smoothing, nodes, weights, n_rows } = repr;
        nodes.check(schema.len())?;
        let n_nodes = nodes.0.len();
        check_classes(n_classes)?;
        ensure(weights.len() == n_nodes * n_classes, "weights", "one for each node and class")?;
        ensure(n_rows.len() == n_nodes, "n_rows", "one for each node")?;
        ensure(smoothing.is_finite() && smoothing >= 0.0, "smoothing", "a number of at least 0")?;
        for weights in weights.chunks_exact(n_classes) {
            let total: f64 = weights.iter().map(|weight| weight + smoothing).sum();
            let sound = weights.iter().all(|&weight| weight >= 0.0) && total > 0.0;
            ensure(sound && total.is_finite(), "weights", "numbers of at least 0, not all 0")?;
        }
        Ok(Self::new(schema, n_classes, Grown { nodes, sums: weights, n_rows }, smoothing))
    }
}

#[cfg(feature = "serde")]
impl patronage_core::SavedModel for DecisionTreeModel {
    const TAG: &'static str = "classify/tree";
    const VERSION: u32 = 1;

    fn takes(&self) -> Option<&Schema> {
        Some(Classifier::schema(self))
    }
}
