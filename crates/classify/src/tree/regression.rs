//! A tree for numbers.

use ndarray::ArrayView2;
use patronage_core::{Fit, Labeled, Regressor, Schema, Seeded};

use super::Shape;
use super::grow::{Grower, Grown};
use super::nodes::Nodes;
use super::prune::{self, PruningPath};
use super::ranks::Ranks;
use super::target::Numbers;
use crate::answers::numbers_of;
use crate::error::Error;
use crate::par::Threads;
use crate::sample::Sample;
use crate::stats::binade;

/// A regression tree (CART): each leaf answers the weighted mean of its rows.
///
/// ```text
/// each split minimises   sum over sides of  sum_i w_i (y_i - mean of the side)²
/// ```
///
/// Splits, missing cells, categories (ordered by their mean) and determinism as for
/// [`DecisionTree`](crate::DecisionTree).
///
/// # Errors
///
/// Fitting fails when a parameter is out of range, no row of positive weight takes part, or a
/// cell is none its column admits.
///
/// # References
///
/// Breiman, Friedman, Olshen and Stone, 1984, *Classification and Regression Trees*, chapter 8.
///
/// # Examples
///
/// ```
/// use ndarray::array;
/// use patronage_classify::RegressionTree;
/// use patronage_core::{Column, FeatureTable, Fit, Labeled, RegressorExt, Schema};
///
/// let schema = Schema::new([Column::number("frequency")])?;
/// let table = FeatureTable::new(schema, array![[1.0], [2.0], [8.0], [9.0]])?;
/// let spend = [10.0, 12.0, 90.0, 110.0];
/// let tree = RegressionTree::new().max_depth(1).fit(&Labeled::new(&table, &spend)?)?;
/// assert_eq!(tree.predict(&table)?, [11.0, 11.0, 100.0, 100.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RegressionTree {
    shape: Shape,
}

impl Default for RegressionTree {
    fn default() -> Self {
        Self::new()
    }
}

impl RegressionTree {
    /// A tree without bounds: it grows until leaves are of one number.
    #[must_use]
    pub const fn new() -> Self {
        Self { shape: Shape::new() }
    }

    /// Upper bound on the questions a row is asked; default none, `0` gives a constant.
    #[must_use]
    pub const fn max_depth(mut self, max_depth: usize) -> Self {
        self.shape.max_depth = Some(max_depth);
        self
    }

    /// Least number of rows in a leaf, repeats counted, weights not; default `1`, at least `1`.
    #[must_use]
    pub const fn min_samples_leaf(mut self, min_samples_leaf: usize) -> Self {
        self.shape.min_samples_leaf = min_samples_leaf;
        self
    }

    /// Upper bound on leaves, reached by splitting where it gains most; default none, at least `1`.
    #[must_use]
    pub const fn max_leaves(mut self, max_leaves: usize) -> Self {
        self.shape.max_leaves = Some(max_leaves);
        self
    }

    /// What a leaf costs, in squares of the label's unit: the grown tree is pruned back to the
    /// subtree that minimises mean squared error plus `ccp_alpha` for each leaf; default `0`, which
    /// prunes nothing, at least `0`.
    #[must_use]
    pub const fn ccp_alpha(mut self, ccp_alpha: f64) -> Self {
        self.shape.ccp_alpha = ccp_alpha;
        self
    }
}

/// Numbers brought to the order of one, so that squares keep their digits and range:
/// `y / unit - centre`, with the median as centre, by which one huge number cannot take the digits
/// of the others.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Centring {
    unit: f64,
    centre: f64,
}

impl Centring {
    /// For at least one label; with the labels brought there.
    pub(crate) fn of(labels: &[f64]) -> (Self, Vec<f64>) {
        let greatest = labels.iter().fold(0.0_f64, |most, y| most.max(y.abs()));
        let unit = binade(greatest);
        let mut in_order: Vec<f64> = labels.iter().map(|y| y / unit).collect();
        let middle = in_order.len() / 2;
        let centre = *in_order.select_nth_unstable_by(middle, f64::total_cmp).1;
        (Self { unit, centre }, labels.iter().map(|y| y / unit - centre).collect())
    }

    /// The mean of a bin of [`Numbers`], as the labels were.
    pub(crate) fn answer(&self, bin: &[f64]) -> f64 {
        ((bin[1] / bin[0] + self.centre) * self.unit).clamp(f64::MIN, f64::MAX)
    }
}

/// A grown tree of numbers that were centred and scaled.
struct Centred {
    grown: Grown,
    centring: Centring,
    /// The variance of all rows, of `y / unit`.
    variance: f64,
    /// Whether each row weighs its count.
    whole: bool,
}

impl RegressionTree {
    fn grow(&self, data: &Labeled<'_, f64>) -> Result<Centred, Error> {
        self.shape.validate()?;
        let sample = Sample::new(data, "regression tree")?.squarable();
        let ranks = Ranks::new(data, &sample)?;
        let labels: Vec<f64> = sample.rows.iter().map(|&row| data.labels()[row as usize]).collect();
        let (centring, values) = Centring::of(&labels);
        let pairs = || values.iter().zip(&sample.weights);
        let mean = pairs().map(|(y, w)| w * y).sum::<f64>() / sample.total;
        let variance =
            pairs().map(|(y, w)| w * (y - mean) * (y - mean)).sum::<f64>() / sample.total;
        let values = ranks.placed(values, &sample);
        let counts = ranks.placed(sample.counts.clone(), &sample);
        let weights = ranks.placed(sample.weights.clone(), &sample);
        let target = Numbers { values, weights };
        let grower = Grower {
            coded: ranks.coded(),
            target: &target,
            counts: &counts,
            whole: sample.whole,
            limits: self.shape.limits(),
            coarse: None,
            draw: None,
            threads: Threads::Many,
        };
        let grown = grower.grow(ranks.rows(&sample));
        Ok(Centred { grown, centring, variance, whole: sample.whole })
    }

    /// The values of [`ccp_alpha`](Self::ccp_alpha) at which the tree of these parameters shrinks,
    /// with the mean squared error and the leaves that are left; its own `ccp_alpha` is not heeded.
    ///
    /// Alphas and impurities are in squares of the label's unit, at most `f64::MAX`.
    ///
    /// # Errors
    ///
    /// As for fitting.
    pub fn pruning_path(&self, data: &Labeled<'_, f64>) -> Result<PruningPath, Error> {
        let Centred { grown, centring: Centring { unit, .. }, variance, .. } = self.grow(data)?;
        let mut path = prune::path(&grown.nodes, variance);
        let all = path.alphas.iter_mut().chain(&mut path.impurities);
        all.for_each(|x| *x = (*x * unit * unit).min(f64::MAX));
        Ok(path)
    }
}

impl Fit<Labeled<'_, f64>> for RegressionTree {
    type Model = RegressionTreeModel;
    type Error = Error;

    fn fit(&self, data: &Labeled<'_, f64>) -> Result<RegressionTreeModel, Error> {
        let Centred { grown, centring, whole, .. } = self.grow(data)?;
        // Gains are in squares of the unit.
        let unit = centring.unit;
        let grown = prune::prune(grown, self.shape.ccp_alpha / unit / unit);
        let Grown { nodes, sums, n_rows } = grown;
        let values = sums.chunks_exact(3).map(|bin| centring.answer(bin)).collect();
        let weights = if whole { vec![] } else { sums.chunks_exact(3).map(|bin| bin[0]).collect() };
        Ok(RegressionTreeModel { schema: data.schema().clone(), nodes, values, n_rows, weights })
    }
}

impl Seeded for RegressionTree {
    fn reseeded(&self, _seed: u64) -> Self {
        *self
    }
}

/// A fitted regression tree.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(try_from = "Repr")
)]
pub struct RegressionTreeModel {
    schema: Schema,
    nodes: Nodes,
    values: Vec<f64>,
    n_rows: Vec<u64>,
    /// The weight of rows of each node; empty where it is their number.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Vec::is_empty"))]
    weights: Vec<f64>,
}

impl RegressionTreeModel {
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

    /// The share of the whole reduction of squared error that each column's splits brought.
    #[must_use]
    pub fn importance(&self) -> Vec<f64> {
        self.nodes.importance(self.schema.len())
    }

    /// Nodes, and of each its answer and the weight of its rows.
    pub(crate) fn parts(&self) -> (&Nodes, &[f64], std::borrow::Cow<'_, [f64]>) {
        let weights = match self.weights.as_slice() {
            [] => self.n_rows.iter().map(|&n| n as f64).collect::<Vec<f64>>().into(),
            weights => weights.into(),
        };
        (&self.nodes, &self.values, weights)
    }
}

impl Regressor for RegressionTreeModel {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn value(&self, row: &[f64]) -> f64 {
        assert_eq!(row.len(), self.schema.len(), "a row of the model's schema");
        self.values[self.nodes.leaf(row)]
    }

    fn value_rows(&self, rows: ArrayView2<'_, f64>, out: &mut [f64]) {
        numbers_of(rows, out, 8, |row| self.value(row));
    }
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Repr {
    schema: Schema,
    nodes: Nodes,
    values: Vec<f64>,
    n_rows: Vec<u64>,
    #[serde(default)]
    weights: Vec<f64>,
}

#[cfg(feature = "serde")]
impl TryFrom<Repr> for RegressionTreeModel {
    type Error = crate::saved::Broken;

    fn try_from(repr: Repr) -> Result<Self, Self::Error> {
        use crate::saved::{check_finite, ensure};
        let Repr { schema, nodes, values, n_rows, weights } = repr;
        nodes.check(schema.len())?;
        let n_nodes = nodes.0.len();
        ensure(values.len() == n_nodes, "values", "one for each node")?;
        ensure(n_rows.len() == n_nodes, "n_rows", "one for each node")?;
        check_finite("values", &values)?;
        let whole = weights.is_empty() || weights.len() == n_nodes;
        ensure(whole && weights.iter().all(|&w| w >= 0.0), "weights", "one of at least 0 a node")?;
        check_finite("weights", &weights)?;
        Ok(Self { schema, nodes, values, n_rows, weights })
    }
}

#[cfg(feature = "serde")]
impl patronage_core::SavedModel for RegressionTreeModel {
    const TAG: &'static str = "classify/regression_tree";
    const VERSION: u32 = 1;

    fn takes(&self) -> Option<&Schema> {
        Some(Regressor::schema(self))
    }
}
