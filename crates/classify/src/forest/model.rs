//! A fitted forest.

use ndarray::{Array2, ArrayView2, ArrayViewMut2};
use patronage_core::{ClassIdx, Classifier, Schema};

use crate::error::Error;
use crate::metrics::{Scored, accuracy, multiclass_log_loss};
use crate::tree::nodes::Nodes;

/// A tree of a forest: its nodes and the probabilities of each.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(deny_unknown_fields)
)]
pub(super) struct Tree {
    nodes: Nodes,
    probabilities: Vec<f64>,
    /// The weight of rows of each node; empty where a model was saved without.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Vec::is_empty"))]
    covers: Vec<f64>,
}

impl Tree {
    pub(super) fn new(nodes: Nodes, sums: &[f64], n_classes: usize) -> Self {
        let mut probabilities = sums.to_vec();
        let mut covers = Vec::with_capacity(nodes.0.len());
        for node in probabilities.chunks_exact_mut(n_classes) {
            let total: f64 = node.iter().sum();
            node.iter_mut().for_each(|p| *p /= total);
            covers.push(total);
        }
        Self { nodes, probabilities, covers }
    }

    fn of_node(&self, node: usize, n_classes: usize) -> &[f64] {
        &self.probabilities[node * n_classes..(node + 1) * n_classes]
    }
}

/// Sums of what trees say of rows they never saw.
pub(super) struct Tally {
    sums: Array2<f64>,
    n_trees: Vec<u32>,
}

impl Tally {
    pub(super) fn new(n_rows: usize, n_classes: usize) -> Self {
        Self { sums: Array2::zeros((n_rows, n_classes)), n_trees: vec![0; n_rows] }
    }

    pub(super) fn add(&mut self, tree: &Tree, outside: &[(u32, u32)]) {
        let n_classes = self.sums.ncols();
        for &(row, leaf) in outside {
            let mut sums = self.sums.row_mut(row as usize);
            let said = tree.of_node(leaf as usize, n_classes);
            sums.iter_mut().zip(said).for_each(|(sum, p)| *sum += p);
            self.n_trees[row as usize] += 1;
        }
    }

    /// The figures over the rows that any tree left out.
    pub(super) fn figures(
        mut self,
        labels: &[u32],
        weights: &[f64],
    ) -> Result<Option<OutOfBag>, Error> {
        let kept: Vec<usize> =
            (0..self.n_trees.len()).filter(|&row| self.n_trees[row] > 0).collect();
        if kept.is_empty() {
            return Ok(None);
        }
        for (mut sums, &n) in self.sums.rows_mut().into_iter().zip(&self.n_trees) {
            // Sums of shares may exceed their number by a rounding.
            sums.iter_mut().for_each(|sum| *sum = (*sum / f64::from(n.max(1))).min(1.0));
        }
        let probabilities = self.sums.select(ndarray::Axis(0), &kept);
        let labels: Vec<ClassIdx> = kept.iter().map(|&row| ClassIdx::new(labels[row])).collect();
        let weights: Vec<f64> = kept.iter().map(|&row| weights[row]).collect();
        let view = probabilities.view();
        let roc_auc = if probabilities.ncols() == 2 {
            let scores = probabilities.column(1).to_vec();
            Scored::weighted(&scores, &labels, &weights)?.roc_auc().ok()
        } else {
            None
        };
        Ok(Some(OutOfBag {
            n_rows: kept.len(),
            accuracy: accuracy(view, &labels, Some(&weights))?,
            log_loss: multiclass_log_loss(view, &labels, Some(&weights))?,
            roc_auc,
        }))
    }
}

/// How good a forest is on rows its trees did not draw: each row is judged by the trees that left
/// it out.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct OutOfBag {
    /// Distinct rows that at least one tree left out.
    pub n_rows: usize,
    /// The share of right answers.
    pub accuracy: f64,
    /// Mean log loss in nats.
    pub log_loss: f64,
    /// ROC AUC, with two classes that both have rows.
    pub roc_auc: Option<f64>,
}

/// A fitted forest, of random or of extra trees.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(try_from = "Repr")
)]
pub struct ForestModel {
    schema: Schema,
    n_classes: usize,
    trees: Vec<Tree>,
    out_of_bag: Option<OutOfBag>,
}

impl ForestModel {
    pub(super) const fn new(
        schema: Schema,
        n_classes: usize,
        trees: Vec<Tree>,
        out_of_bag: Option<OutOfBag>,
    ) -> Self {
        Self { schema, n_classes, trees, out_of_bag }
    }

    /// The number of trees, at least 1.
    #[must_use]
    pub fn n_trees(&self) -> usize {
        self.trees.len()
    }

    /// Of each tree its nodes, their probabilities and the weight of rows in each.
    pub(crate) fn parts(&self) -> impl ExactSizeIterator<Item = (&Nodes, &[f64], &[f64])> {
        self.trees.iter().map(|tree| (&tree.nodes, &*tree.probabilities, &*tree.covers))
    }

    /// How good the forest is on rows its trees did not draw; `None` for extra trees, and where
    /// every tree drew every row.
    #[must_use]
    pub const fn out_of_bag(&self) -> Option<OutOfBag> {
        self.out_of_bag
    }

    /// The mean over trees of each column's share of the reduction of impurity.
    #[must_use]
    pub fn importance(&self) -> Vec<f64> {
        importance(self.schema.len(), self.trees.iter().map(|tree| &tree.nodes))
    }
}

/// The mean over trees of each column's share of what their splits gained.
pub(super) fn importance<'a>(n_columns: usize, trees: impl Iterator<Item = &'a Nodes>) -> Vec<f64> {
    let mut sums = vec![0.0; n_columns];
    for nodes in trees {
        let shares = nodes.importance(n_columns);
        sums.iter_mut().zip(shares).for_each(|(sum, share)| *sum += share);
    }
    let total: f64 = sums.iter().sum();
    if total > 0.0 {
        sums.iter_mut().for_each(|sum| *sum /= total);
    }
    sums
}

impl Classifier for ForestModel {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn n_classes(&self) -> usize {
        self.n_classes
    }

    fn probabilities(&self, row: &[f64], out: &mut [f64]) {
        assert_eq!(row.len(), self.schema.len(), "a row of the model's schema");
        assert_eq!(out.len(), self.n_classes, "one place for each class");
        out.fill(0.0);
        for tree in &self.trees {
            let said = tree.of_node(tree.nodes.leaf(row), self.n_classes);
            out.iter_mut().zip(said).for_each(|(out, p)| *out += p);
        }
        let n = self.trees.len() as f64;
        out.iter_mut().for_each(|p| *p = (*p / n).min(1.0));
    }

    fn probabilities_rows(&self, rows: ArrayView2<'_, f64>, mut out: ArrayViewMut2<'_, f64>) {
        assert_eq!(rows.nrows(), out.nrows(), "one row of probabilities for each row");
        assert_eq!(rows.ncols(), self.schema.len(), "rows of the model's schema");
        let chunks = crate::par::chunks(rows.nrows());
        let threads = crate::par::Threads::for_work(rows.nrows() * self.trees.len() * 8);
        let parts = crate::par::map(chunks.len(), threads, |i| {
            let mut part = vec![0.0; chunks[i].len() * self.n_classes];
            let mut buffer = Vec::new();
            for (at, out) in chunks[i].clone().zip(part.chunks_exact_mut(self.n_classes)) {
                let row = rows.index_axis(ndarray::Axis(0), at);
                match row.to_slice() {
                    Some(row) => self.probabilities(row, out),
                    None => {
                        buffer.clear();
                        buffer.extend(row.iter());
                        self.probabilities(&buffer, out);
                    }
                }
            }
            part
        });
        let all = parts.iter().flat_map(|part| part.chunks_exact(self.n_classes));
        for (mut out, part) in out.rows_mut().into_iter().zip(all) {
            out.iter_mut().zip(part).for_each(|(out, &p)| *out = p);
        }
    }
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Repr {
    schema: Schema,
    n_classes: usize,
    trees: Vec<Tree>,
    out_of_bag: Option<OutOfBag>,
}

#[cfg(feature = "serde")]
impl TryFrom<Repr> for ForestModel {
    type Error = crate::saved::Broken;

    fn try_from(repr: Repr) -> Result<Self, Self::Error> {
        use crate::saved::{check_classes, check_distribution, ensure};
        let Repr { schema, n_classes, trees, out_of_bag } = repr;
        check_classes(n_classes)?;
        ensure(!trees.is_empty(), "trees", "at least one")?;
        for tree in &trees {
            tree.nodes.check(schema.len())?;
            let expected = tree.nodes.0.len() * n_classes;
            ensure(tree.probabilities.len() == expected, "probabilities", "one a node and class")?;
            let mut nodes = tree.probabilities.chunks_exact(n_classes);
            nodes.try_for_each(|node| check_distribution("probabilities", node))?;
            let sound = tree.covers.iter().all(|&cover| cover.is_finite() && cover >= 0.0);
            let whole = tree.covers.is_empty() || tree.covers.len() == tree.nodes.0.len();
            ensure(sound && whole, "covers", "a number of at least 0 for each node, or none")?;
        }
        if let Some(OutOfBag { accuracy, log_loss, roc_auc, .. }) = out_of_bag {
            let share = |x: f64| (0.0..=1.0).contains(&x);
            ensure(share(accuracy), "accuracy", "a number in [0, 1]")?;
            ensure(log_loss >= 0.0 && log_loss.is_finite(), "log_loss", "a number of at least 0")?;
            ensure(roc_auc.is_none_or(share), "roc_auc", "a number in [0, 1]")?;
        }
        Ok(Self { schema, n_classes, trees, out_of_bag })
    }
}

#[cfg(feature = "serde")]
impl patronage_core::SavedModel for ForestModel {
    const TAG: &'static str = "classify/forest";
    const VERSION: u32 = 1;

    fn takes(&self) -> Option<&Schema> {
        Some(Classifier::schema(self))
    }
}
