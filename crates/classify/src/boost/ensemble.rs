//! A sum of trees: what both boosted models hold.

use ndarray::{ArrayView2, Axis};
use patronage_core::{Schema, row_slice};

use super::fast::Fast;
use crate::par::{self, Threads};
use crate::tree::nodes::{Node, Nodes};

/// Rows that one thread scores at a time.
const AT_A_TIME: usize = 4096;

/// A tree: questions, and for each node what it answers and what weight of rows it held.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(deny_unknown_fields)
)]
pub(crate) struct Tree {
    pub(crate) nodes: Nodes,
    /// Zero but for leaves.
    pub(crate) values: Vec<f64>,
    pub(crate) covers: Vec<f64>,
}

/// Base scores and trees: tree `i` adds to output `i % n_outputs`.
#[derive(Clone, Debug)]
pub(crate) struct Ensemble {
    pub(crate) schema: Schema,
    pub(crate) base: Vec<f64>,
    pub(crate) trees: Vec<Tree>,
    /// The trees laid out for many rows at a time, where they fit.
    fast: Option<Fast>,
}

impl PartialEq for Ensemble {
    fn eq(&self, other: &Self) -> bool {
        self.schema == other.schema && self.base == other.base && self.trees == other.trees
    }
}

impl Ensemble {
    pub(super) fn new(schema: Schema, base: Vec<f64>, trees: Vec<Tree>) -> Self {
        let fast = Fast::new(&schema, &trees, base.len());
        Self { schema, base, trees, fast }
    }

    pub(crate) fn n_outputs(&self) -> usize {
        self.base.len()
    }

    pub(super) fn n_rounds(&self) -> usize {
        self.trees.len() / self.n_outputs()
    }

    /// The scores of a row.
    #[inline]
    pub(super) fn scores(&self, row: &[f64], out: &mut [f64]) {
        assert_eq!(row.len(), self.schema.len(), "a row of the model's schema");
        out.copy_from_slice(&self.base);
        for trees in self.trees.chunks_exact(self.n_outputs()) {
            for (out, tree) in out.iter_mut().zip(trees) {
                *out += tree.values[tree.nodes.leaf(row)];
            }
        }
    }

    /// The score of a row by one output.
    pub(super) fn score(&self, row: &[f64], output: usize) -> f64 {
        assert_eq!(row.len(), self.schema.len(), "a row of the model's schema");
        let trees = self.trees.iter().skip(output).step_by(self.n_outputs());
        trees.fold(self.base[output], |sum, tree| sum + tree.values[tree.nodes.leaf(row)])
    }

    /// Scores of many rows, handed on in stretches: `give` turns the scores of a stretch, row by
    /// row, into what is wanted in place.
    pub(super) fn rows<'a>(
        &self,
        rows: ArrayView2<'_, f64>,
        out: &'a mut [f64],
        give: impl Fn(&[f64], &mut [f64]) + Sync + Send,
    ) {
        assert_eq!(rows.ncols(), self.schema.len(), "rows of the model's schema");
        let n = rows.nrows();
        let width = out.len().checked_div(n).unwrap_or(0);
        let work: Vec<(usize, &'a mut [f64])> =
            out.chunks_mut((AT_A_TIME * width).max(1)).enumerate().collect();
        let threads = Threads::for_work(n * self.trees.len().max(1) * 4);
        par::map_vec(work, threads, |(i, out)| {
            let from = i * AT_A_TIME;
            let to = (from + AT_A_TIME).min(n);
            let part = rows.slice_axis(Axis(0), (from..to).into());
            give(&self.scores_of(part), out);
        });
    }

    /// The scores of some rows, row by row.
    fn scores_of(&self, rows: ArrayView2<'_, f64>) -> Vec<f64> {
        let n_outputs = self.n_outputs();
        if let Some(fast) = &self.fast {
            return fast.scores(rows, &self.base);
        }
        let mut scores = vec![0.0; rows.nrows() * n_outputs];
        let mut buffer = Vec::new();
        for (row, out) in rows.rows().into_iter().zip(scores.chunks_exact_mut(n_outputs)) {
            self.scores(row_slice(row, &mut buffer), out);
        }
        scores
    }

    /// Adds what the trees of one round answer to scores, row by row.
    pub(super) fn add_round(&self, round: usize, rows: ArrayView2<'_, f64>, scores: &mut [f64]) {
        let n_outputs = self.n_outputs();
        let trees = &self.trees[round * n_outputs..(round + 1) * n_outputs];
        let mut buffer = Vec::new();
        for (row, scores) in rows.rows().into_iter().zip(scores.chunks_exact_mut(n_outputs)) {
            let row = row_slice(row, &mut buffer);
            for (score, tree) in scores.iter_mut().zip(trees) {
                *score += tree.values[tree.nodes.leaf(row)];
            }
        }
    }

    /// What the splits of each column gained together.
    pub(super) fn gains(&self) -> Vec<f64> {
        let mut gains = vec![0.0; self.schema.len()];
        self.splits(|column, gain| gains[column] += gain);
        gains
    }

    /// How many splits ask for each column.
    pub(super) fn split_counts(&self) -> Vec<u64> {
        let mut counts = vec![0; self.schema.len()];
        self.splits(|column, _| counts[column] += 1);
        counts
    }

    fn splits(&self, mut see: impl FnMut(usize, f64)) {
        for node in self.trees.iter().flat_map(|tree| &tree.nodes.0) {
            if let Node::Split { column, gain, .. } = node {
                see(*column as usize, *gain);
            }
        }
    }

    /// The same with the first rounds alone.
    pub(super) fn truncated(&self, n_rounds: usize) -> Self {
        let n_trees = (n_rounds * self.n_outputs()).min(self.trees.len());
        Self::new(self.schema.clone(), self.base.clone(), self.trees[..n_trees].to_vec())
    }

    /// Checks what a loaded ensemble must obey.
    #[cfg(feature = "serde")]
    pub(super) fn checked(
        schema: Schema,
        base: Vec<f64>,
        trees: Vec<Tree>,
    ) -> Result<Self, crate::saved::Broken> {
        use crate::saved::{check_finite, ensure};
        ensure(!base.is_empty(), "base", "a score at least")?;
        let n_outputs = base.len();
        ensure(trees.len().is_multiple_of(base.len()), "trees", "as many for each output")?;
        check_finite("base", &base)?;
        for tree in &trees {
            tree.nodes.check(schema.len())?;
            let n_nodes = tree.nodes.0.len();
            ensure(tree.values.len() == n_nodes, "values", "one for each node")?;
            ensure(tree.covers.len() == n_nodes, "covers", "one for each node")?;
            check_finite("values", &tree.values)?;
            check_finite("covers", &tree.covers)?;
            for (at, node) in tree.nodes.0.iter().enumerate() {
                let cover = tree.covers[at];
                ensure(cover >= 0.0, "covers", "numbers of at least 0")?;
                if let Node::Split { left, right, .. } = node {
                    let sides = tree.covers[*left as usize] + tree.covers[*right as usize];
                    let near = (sides - cover).abs() <= 1e-9 * cover.abs();
                    ensure(near, "covers", "those of a node's sides together")?;
                }
            }
        }
        for (output, &base) in (0..).zip(&base) {
            let of_output = trees.iter().skip(output).step_by(n_outputs);
            let most = |tree: &Tree| tree.values.iter().map(|x| x.abs()).fold(0.0, f64::max);
            let farthest = of_output.map(most).fold(base.abs(), |sum, most| sum + most);
            ensure(farthest.is_finite(), "values", "answers whose sums are finite")?;
        }
        Ok(Self::new(schema, base, trees))
    }
}
