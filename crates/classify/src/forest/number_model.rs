//! A fitted forest of numbers.

use ndarray::ArrayView2;
use patronage_core::{Regressor, Schema};

use super::model::importance;
use crate::answers::numbers_of;
use crate::tree::nodes::Nodes;
use crate::tree::regression::Centring;

/// A tree of a forest: its nodes, and of each the answer and the weight of its rows.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(deny_unknown_fields)
)]
pub(super) struct NumberTree {
    nodes: Nodes,
    values: Vec<f64>,
    covers: Vec<f64>,
}

impl NumberTree {
    pub(super) fn new(nodes: Nodes, sums: &[f64], centring: &Centring) -> Self {
        let bins = sums.chunks_exact(3);
        let values = bins.clone().map(|bin| centring.answer(bin)).collect();
        Self { nodes, values, covers: bins.map(|bin| bin[0]).collect() }
    }
}

/// Means of what trees say of rows they never saw.
pub(super) struct NumberTally {
    means: Vec<f64>,
    n_trees: Vec<u32>,
}

impl NumberTally {
    pub(super) fn new(n_rows: usize) -> Self {
        Self { means: vec![0.0; n_rows], n_trees: vec![0; n_rows] }
    }

    pub(super) fn add(&mut self, tree: &NumberTree, outside: &[(u32, u32)]) {
        for &(row, leaf) in outside {
            let n = &mut self.n_trees[row as usize];
            *n += 1;
            towards(&mut self.means[row as usize], tree.values[leaf as usize], *n);
        }
    }

    /// The figures over the rows that any tree left out.
    pub(super) fn figures(&self, labels: &[f64], weights: &[f64]) -> Option<OutOfBagNumbers> {
        let kept: Vec<usize> =
            (0..self.n_trees.len()).filter(|&row| self.n_trees[row] > 0).collect();
        let total: f64 = kept.iter().map(|&row| weights[row]).sum();
        if kept.is_empty() || total <= 0.0 {
            return None;
        }
        // In units of the greatest number, so that squares stay in range.
        let greatest = kept.iter().map(|&row| labels[row].abs().max(self.means[row].abs()));
        let unit = crate::stats::binade(greatest.fold(0.0, f64::max));
        let mean_of = |of: &dyn Fn(usize) -> f64| -> f64 {
            kept.iter().map(|&row| weights[row] / total * of(row)).sum()
        };
        let label = |row: usize| labels[row] / unit;
        let mean = mean_of(&label);
        // A mean of equals may be off by a rounding.
        let varies = kept.iter().any(|&row| labels[row] != labels[kept[0]]);
        let variance = mean_of(&|row| (label(row) - mean).powi(2));
        let loss = mean_of(&|row| (label(row) - self.means[row] / unit).powi(2));
        Some(OutOfBagNumbers {
            n_rows: kept.len(),
            mean_squared_error: (loss * unit * unit).min(f64::MAX),
            r_squared: (varies && variance > 0.0).then(|| (1.0 - loss / variance).max(f64::MIN)),
        })
    }
}

/// Moves a mean of `n - 1` numbers to that of `n`: it never leaves their range.
fn towards(mean: &mut f64, next: f64, n: u32) {
    let n = f64::from(n);
    *mean += next / n - *mean / n;
}

/// How good a forest of numbers is on rows its trees did not draw: each row is judged by the trees
/// that left it out.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct OutOfBagNumbers {
    /// Distinct rows that at least one tree left out.
    pub n_rows: usize,
    /// Mean squared error, at most `f64::MAX`.
    pub mean_squared_error: f64,
    /// `1 - error / variance` of those rows; `None` where their labels are all equal.
    pub r_squared: Option<f64>,
}

/// A fitted forest of numbers, of random or of extra trees.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(try_from = "Repr")
)]
pub struct ForestRegressorModel {
    schema: Schema,
    trees: Vec<NumberTree>,
    out_of_bag: Option<OutOfBagNumbers>,
}

impl ForestRegressorModel {
    pub(super) const fn new(
        schema: Schema,
        trees: Vec<NumberTree>,
        out_of_bag: Option<OutOfBagNumbers>,
    ) -> Self {
        Self { schema, trees, out_of_bag }
    }

    /// The number of trees, at least 1.
    #[must_use]
    pub fn n_trees(&self) -> usize {
        self.trees.len()
    }

    /// Of each tree its nodes, their answers and the weight of rows in each.
    pub(crate) fn parts(&self) -> impl ExactSizeIterator<Item = (&Nodes, &[f64], &[f64])> {
        self.trees.iter().map(|tree| (&tree.nodes, &*tree.values, &*tree.covers))
    }

    /// How good the forest is on rows its trees did not draw; `None` for extra trees, and where
    /// every tree drew every row.
    #[must_use]
    pub const fn out_of_bag(&self) -> Option<OutOfBagNumbers> {
        self.out_of_bag
    }

    /// The mean over trees of each column's share of the reduction of squared error.
    #[must_use]
    pub fn importance(&self) -> Vec<f64> {
        importance(self.schema.len(), self.trees.iter().map(|tree| &tree.nodes))
    }
}

impl Regressor for ForestRegressorModel {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn value(&self, row: &[f64]) -> f64 {
        assert_eq!(row.len(), self.schema.len(), "a row of the model's schema");
        let mut mean = 0.0;
        for (tree, n) in self.trees.iter().zip(1..) {
            towards(&mut mean, tree.values[tree.nodes.leaf(row)], n);
        }
        mean
    }

    fn value_rows(&self, rows: ArrayView2<'_, f64>, out: &mut [f64]) {
        numbers_of(rows, out, self.trees.len() * 8, |row| self.value(row));
    }
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Repr {
    schema: Schema,
    trees: Vec<NumberTree>,
    out_of_bag: Option<OutOfBagNumbers>,
}

#[cfg(feature = "serde")]
impl TryFrom<Repr> for ForestRegressorModel {
    type Error = crate::saved::Broken;

    fn try_from(repr: Repr) -> Result<Self, Self::Error> {
        use crate::saved::{check_finite, ensure};
        let Repr { schema, trees, out_of_bag } = repr;
        ensure(!trees.is_empty(), "trees", "at least one")?;
        for tree in &trees {
            tree.nodes.check(schema.len())?;
            let n_nodes = tree.nodes.0.len();
            ensure(tree.values.len() == n_nodes, "values", "one for each node")?;
            check_finite("values", &tree.values)?;
            let sound = tree.covers.iter().all(|&cover| cover.is_finite() && cover >= 0.0);
            let whole = tree.covers.len() == n_nodes;
            ensure(sound && whole, "covers", "a number of at least 0 for each node")?;
        }
        if let Some(OutOfBagNumbers { mean_squared_error, r_squared, .. }) = out_of_bag {
            ensure(mean_squared_error >= 0.0, "mean_squared_error", "a number of at least 0")?;
            check_finite("mean_squared_error", &[mean_squared_error])?;
            check_finite("r_squared", &[r_squared.unwrap_or(0.0)])?;
        }
        Ok(Self { schema, trees, out_of_bag })
    }
}

#[cfg(feature = "serde")]
impl patronage_core::SavedModel for ForestRegressorModel {
    const TAG: &'static str = "classify/forest_regressor";
    const VERSION: u32 = 1;

    fn takes(&self) -> Option<&Schema> {
        Some(Regressor::schema(self))
    }
}
