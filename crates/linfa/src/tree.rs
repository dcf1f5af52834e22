//! linfa-trees' decision tree.

use linfa::DatasetBase;
use linfa::prelude::*;
use linfa_trees::{DecisionTree as LinfaTree, SplitQuality};
use ndarray16::{Array1, Array2, ArrayView2, Axis};
use patronage_core::{ClassIdx, Labeled};

use crate::dataset::selected;
use crate::error::{Error, ErrorKind};
use crate::guard::{self, Magnitude, caught};
use crate::label_only::LabelOnly;

/// More rows than this and counts in single precision stand still.
const MOST_ROWS: usize = 1 << 24;

/// Which impurity a split should lower.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Impurity {
    /// `1 − Σ pᵢ²`.
    #[default]
    Gini,
    /// `−Σ pᵢ log₂ pᵢ`.
    Entropy,
}

/// linfa-trees' decision tree for classes: greedy binary splits on one column each; it predicts labels alone.
///
/// At each node the column and threshold are taken for which
///
/// ```text
/// impurity(node) − (w_left · impurity(left) + w_right · impurity(right)) / (w_left + w_right)
/// ```
///
/// is greatest. Rows of shape `(n_rows, n_columns)`, labels `(n_rows,)`; weights are used, in
/// single precision (rows of weight 0 are left out). Time O(n_columns · n_rows · (log n_rows + nodes)):
/// every node passes over all rows. A leaf keeps its class and no counts, hence
/// [`LabelOnly`].
///
/// # When not to use it
///
/// `patronage-classify` has a tree of its own, exact, deterministic, with probabilities and with
/// missing values. This one is here to compare with. Of linfa-trees 0.8.1 one should know:
///
/// - On columns with ties (counts, scores, flags) it loses valid splits below the root, because it
///   compares a row with its neighbour outside the node. On noiseless rules over small integers it
///   stays below full training accuracy. Nothing outside the tree can mend that.
/// - A leaf with as many rows of one class as of another takes one of them at random, pruning
///   follows that choice, and with three classes and more the order of sums is random too. So
///   **two fits of the same data may differ**, and no seed exists; therefore this estimator is not
///   [`Seeded`](patronage_core::Seeded).
/// - There are no regression trees, class weights or cost-complexity pruning, and its importances
///   are not weighted by rows.
///
/// Guarded here: linfa takes values less than 1e-5 apart for ties, whatever their unit; every
/// column is scaled by a power of two before it is fitted, so that only values closer than
/// 6e-16 of the column's greatest magnitude are tied (further apart where that is below 1e-297). That also keeps thresholds between huge
/// values finite, and thresholds apart from the values beside them (linfa fits with `≤` and
/// predicts with `<`).
///
/// # Errors
///
/// Of `fit`: a parameter out of range, no rows (or none of positive weight), more than 16,777,216
/// rows (counts are single precision), no columns, a column that may be missing, a weight
/// above 1e30. One class only is no error: the tree is one leaf.
///
/// # References
///
/// L. Breiman, J. Friedman, R. Olshen, C. Stone (1984), *Classification and Regression Trees*.
///
/// # Examples
///
/// ```
/// use ndarray::array;
/// use patronage_core::{ClassIdx, Column, FeatureTable, Fit, Labeled, Schema};
/// use patronage_linfa::DecisionTree;
///
/// let schema = Schema::new([Column::number("recency_days")])?;
/// let table = FeatureTable::new(schema, array![[3.0], [9.0], [200.0], [310.0]])?;
/// let churned = [0, 0, 1, 1].map(ClassIdx::new);
/// let tree = DecisionTree::new().max_depth(3).fit(&Labeled::new(&table, &churned)?)?;
/// assert_eq!(tree.classes(&table)?, churned);
/// # Ok::<(), patronage_linfa::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DecisionTree {
    max_depth: usize,
    min_split_rows: usize,
    min_leaf_weight: f64,
    min_impurity_decrease: f64,
    impurity: Impurity,
}

impl Default for DecisionTree {
    fn default() -> Self {
        Self::new()
    }
}

impl DecisionTree {
    /// A tree of depth at most 8 that splits while a split helps.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            max_depth: 8,
            min_split_rows: 2,
            min_leaf_weight: 1.0,
            min_impurity_decrease: 1e-5,
            impurity: Impurity::Gini,
        }
    }

    /// Most splits above a leaf; default `8`, from 1 to 64 (a deeper tree could overflow the stack).
    #[must_use]
    pub const fn max_depth(mut self, max_depth: usize) -> Self {
        self.max_depth = max_depth;
        self
    }

    /// Fewest rows of a node that is split; default `2`, at least 2.
    #[must_use]
    pub const fn min_split_rows(mut self, min_split_rows: usize) -> Self {
        self.min_split_rows = min_split_rows;
        self
    }

    /// Least weight of a leaf (rows, where no weights are given); default `1`, above 0.
    #[must_use]
    pub const fn min_leaf_weight(mut self, min_leaf_weight: f64) -> Self {
        self.min_leaf_weight = min_leaf_weight;
        self
    }

    /// Least gain of a split; default `1e-5`, from 2.3e-16 to 1.
    #[must_use]
    pub const fn min_impurity_decrease(mut self, min_impurity_decrease: f64) -> Self {
        self.min_impurity_decrease = min_impurity_decrease;
        self
    }

    /// The impurity a split should lower; default [`Impurity::Gini`].
    #[must_use]
    pub const fn impurity(mut self, impurity: Impurity) -> Self {
        self.impurity = impurity;
        self
    }

    fn validate(&self) -> Result<(), Error> {
        let is_depth = |d: f64| (1.0..=64.0).contains(&d);
        guard::check_parameter("max_depth", "from 1 to 64", self.max_depth as f64, is_depth)?;
        let rows = self.min_split_rows as f64;
        guard::check_parameter("min_split_rows", "at least 2", rows, |n| n >= 2.0)?;
        let is_weight = |w: f64| w > 0.0 && w <= 1e30;
        let weight = self.min_leaf_weight;
        guard::check_parameter("min_leaf_weight", "above 0, at most 1e30", weight, is_weight)?;
        let is_gain = |g: f64| (f64::EPSILON..=1.0).contains(&g);
        let gain = self.min_impurity_decrease;
        guard::check_parameter("min_impurity_decrease", "from 2.3e-16 to 1", gain, is_gain)
    }
}

impl patronage_core::Fit<Labeled<'_, ClassIdx>> for DecisionTree {
    type Model = LabelOnly<ScaledTree>;
    type Error = Error;

    fn fit(&self, data: &Labeled<'_, ClassIdx>) -> Result<Self::Model, Error> {
        self.validate()?;
        let positions: Vec<usize> = (0..data.len()).filter(|&p| data.weight(p) > 0.0).collect();
        let all = selected(data);
        let row_index = |position| data.row_index(position);
        guard::check_cells(data.schema(), all.view(), Magnitude::Finite, row_index)?;
        let (classes, labels) = guard::dense_classes(data);
        let weights = guard::weights(data)?;
        let (mut records, labels, weights) = if positions.len() == data.len() {
            (all.into_owned(), labels, weights)
        } else {
            let labels = positions.iter().map(|&p| labels[p]).collect();
            let weights = positions.iter().map(|&p| weights[p]).collect();
            (all.select(Axis(0), &positions), labels, weights)
        };
        if positions.is_empty() {
            return Err(ErrorKind::NoRows.into());
        }
        if positions.len() > MOST_ROWS {
            let (most, found) = (MOST_ROWS, positions.len());
            return Err(ErrorKind::TooManyRows { most, found }.into());
        }
        let scales = scales(records.view());
        scale(&mut records, &scales);
        let names = data.schema().columns().iter().map(|column| column.name()).collect();
        let set = DatasetBase::new(records, Array1::from(labels))
            .with_weights(Array1::from(weights))
            .with_feature_names(names);
        let parameters = LinfaTree::params()
            .max_depth(Some(self.max_depth))
            .min_weight_split(self.min_split_rows as f32)
            .min_weight_leaf(self.min_leaf_weight as f32)
            .min_impurity_decrease(self.min_impurity_decrease)
            .split_quality(match self.impurity {
                Impurity::Gini => SplitQuality::Gini,
                Impurity::Entropy => SplitQuality::Entropy,
            });
        let tree = caught(|| parameters.fit(&set))?.map_err(ErrorKind::linfa)?;
        let (schema, tree) = (data.schema().clone(), ScaledTree { scales, tree });
        let model = LabelOnly::from_fn(schema, &classes, tree, labels_of)?;
        Ok(model.widened(guard::n_classes(data)))
    }
}

/// A linfa tree over columns that were scaled by powers of two.
#[derive(Clone, Debug)]
pub struct ScaledTree {
    scales: Vec<f64>,
    tree: LinfaTree<f64, usize>,
}

impl ScaledTree {
    /// linfa's tree; its thresholds are on scaled columns.
    #[must_use]
    pub const fn tree(&self) -> &LinfaTree<f64, usize> {
        &self.tree
    }

    /// What each column is multiplied by before the tree sees it: a power of two.
    ///
    /// A threshold divided by its column's scale is in the column's own unit.
    #[must_use]
    pub fn scales(&self) -> &[f64] {
        &self.scales
    }
}

fn labels_of(model: &ScaledTree, rows: ArrayView2<'_, f64>) -> Array1<usize> {
    let mut rows = rows.to_owned();
    scale(&mut rows, &model.scales);
    model.tree.predict(&rows)
}

/// The power of two that brings each column's greatest magnitude into `[2^34, 2^35)`.
///
/// There, neighbouring numbers lie 3.8e-6 apart: what linfa's tolerance of 1e-5 leaves apart is at
/// least three steps apart, so that a threshold is strictly between. Multiplying by a power of two is exact.
fn scales(rows: ArrayView2<'_, f64>) -> Vec<f64> {
    let scale = |column: ndarray16::ArrayView1<'_, f64>| {
        let most = column.iter().fold(0.0_f64, |most, cell| most.max(cell.abs()));
        if most < f64::MIN_POSITIVE {
            // Zero, or too small to tell apart.
            return 1.0;
        }
        let exponent = ((most.to_bits() >> 52) & 0x7ff) as i32 - 1023;
        // Both ends stay powers of two that are neither infinite nor subnormal.
        2.0_f64.powi((34 - exponent).clamp(-1022, 1023))
    };
    rows.columns().into_iter().map(scale).collect()
}

fn scale(rows: &mut Array2<f64>, scales: &[f64]) {
    for (mut column, &scale) in rows.columns_mut().into_iter().zip(scales) {
        // A row to come may be beyond what was seen; infinity still falls on the right side.
        column.iter_mut().for_each(|cell| *cell *= scale);
    }
}

#[cfg(test)]
mod tests {
    use ndarray16::array;

    use super::*;

    #[test]
    fn a_scale_is_a_power_of_two_that_reaches_the_octave() {
        let rows = array![[1.0, 1e308, 0.0, 1e-290, -3e-7], [0.5, -1.0, 0.0, 0.0, 2e-7]];
        for (column, scale) in scales(rows.view()).into_iter().enumerate() {
            assert_eq!(scale.to_bits() << 12, 0, "a power of two");
            let most = rows.column(column).iter().fold(0.0_f64, |most, x| most.max(x.abs()));
            if most > 0.0 {
                let reached = most * scale;
                assert!((2.0_f64.powi(34)..2.0_f64.powi(35)).contains(&reached), "{reached}");
            }
        }
    }
}
