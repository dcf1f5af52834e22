//! Decision trees.

mod choice;
pub(crate) mod coarse;
pub(crate) mod codes;
pub(crate) mod draw;
pub(crate) mod grow;
mod model;
pub(crate) mod nodes;
mod prune;
mod ranks;
pub(crate) mod regression;
mod rules;
mod search;
mod sorted;
pub(crate) mod split;
pub(crate) mod target;

use patronage_core::{ClassIdx, Fit, Labeled, Seeded};

use crate::class_weights::ClassWeights;
use crate::error::{Error, parameter};
use crate::par::Threads;
use crate::sample::{Sample, n_classes};
pub use choice::PruningChoice;
use grow::{Grower, Grown, Limits};
pub use model::DecisionTreeModel;
pub use prune::PruningPath;
use ranks::Ranks;
pub use regression::{RegressionTree, RegressionTreeModel};
pub use rules::{Condition, Missing, Rule};
use target::Classes;
pub use target::Criterion;

/// The greatest weight smoothing may add to a class: far beyond it leaf and smoothing no longer fit
/// into one number.
const MOST_SMOOTHING: f64 = 1e12;

/// Parameters that every kind of tree shares.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Shape {
    pub(crate) max_depth: Option<usize>,
    pub(crate) min_samples_leaf: usize,
    pub(crate) max_leaves: Option<usize>,
    pub(crate) min_gain: f64,
    pub(crate) ccp_alpha: f64,
}

impl Shape {
    pub(crate) const fn new() -> Self {
        Self {
            max_depth: None,
            min_samples_leaf: 1,
            max_leaves: None,
            min_gain: 0.0,
            ccp_alpha: 0.0,
        }
    }

    pub(crate) fn validate(&self) -> Result<(), Error> {
        if self.min_samples_leaf == 0 {
            return Err(parameter("min_samples_leaf", "at least 1", 0.0));
        }
        if self.max_leaves == Some(0) {
            return Err(parameter("max_leaves", "at least 1", 0.0));
        }
        if !self.min_gain.is_finite() || self.min_gain < 0.0 {
            return Err(parameter("min_gain", "a finite number, at least 0", self.min_gain));
        }
        if !self.ccp_alpha.is_finite() || self.ccp_alpha < 0.0 {
            return Err(parameter("ccp_alpha", "a finite number, at least 0", self.ccp_alpha));
        }
        Ok(())
    }

    pub(crate) const fn limits(&self) -> Limits {
        Limits {
            max_depth: self.max_depth,
            min_samples_leaf: self.min_samples_leaf,
            max_leaves: self.max_leaves,
            min_gain: self.min_gain,
        }
    }
}

/// A decision tree (CART): splits rows by one column at a time until they are of one class.
///
/// ```text
/// each split maximises   impurity(node) - sum over sides of  weight(side)/weight(node) · impurity(side)
/// p(class | row) = (weight of the class in the leaf + s) / (weight of the leaf + s · n_classes)
/// ```
///
/// where `s` is [`smoothing`](Self::smoothing). The search is exact: every boundary between two
/// distinct values present in the node is tried, in whole numbers as in fractions, on constant
/// columns as at steps of 1e-300; the threshold is their middle, and "at most" goes left in
/// fitting as in predicting. Of equal splits the first column wins, then the lowest threshold, so
/// that fits are equal to the last bit. A node that is not pure is split even where the best
/// split gains nothing yet, so that rules such as "exclusive or" are learnt.
///
/// **Missing** cells of nullable columns go together to the side where they gain more, also
/// against all known cells; where a node saw none, to the side with more weight. **Categories**
/// are split by sets of levels: with two classes the best of all sets (levels ordered by the share
/// of the second class), with more the best single level against the rest; levels that a node
/// never saw go to the side with more weight.
///
/// Rows of weight 0 do not take part. Cost: O(cells · log(distinct values)) to rank, then
/// O(cells) a level of the tree.
///
/// # Errors
///
/// Fitting fails when a parameter is out of range, no row of positive weight takes part, or a
/// cell is none its column admits.
///
/// # References
///
/// Breiman, Friedman, Olshen and Stone, 1984, *Classification and Regression Trees*.
///
/// # Examples
///
/// ```
/// use ndarray::array;
/// use patronage_classify::DecisionTree;
/// use patronage_core::{ClassIdx, ClassifierExt, Column, FeatureTable, Fit, Labeled, Schema};
///
/// let schema = Schema::new([Column::number("recency_days"), Column::number("frequency")])?;
/// let cells = array![[5.0, 9.0], [5.0, 1.0], [90.0, 12.0], [120.0, 2.0]];
/// let table = FeatureTable::new(schema, cells)?;
/// let bought = [1, 0, 0, 0].map(ClassIdx::new);
/// let tree = DecisionTree::new().fit(&Labeled::new(&table, &bought)?)?;
/// assert_eq!(tree.predict(&table)?, bought);
/// assert_eq!(
///     tree.rules()[1].to_string(),
///     "recency_days <= 47.5 and frequency > 5: class 1 with probability 1.0000 (1 row)"
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct DecisionTree {
    shape: Shape,
    criterion: Criterion,
    smoothing: f64,
    class_weights: ClassWeights,
}

impl Default for DecisionTree {
    fn default() -> Self {
        Self::new()
    }
}

impl DecisionTree {
    /// A tree without bounds: it grows until leaves are pure.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            shape: Shape::new(),
            criterion: Criterion::Gini,
            smoothing: 0.0,
            class_weights: ClassWeights::Equal,
        }
    }

    /// Impurity to reduce; default [`Criterion::Gini`].
    #[must_use]
    pub const fn criterion(mut self, criterion: Criterion) -> Self {
        self.criterion = criterion;
        self
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

    /// Least gain of a split, in impurity times the node's share of all weight; default `0`, at
    /// least `0`.
    #[must_use]
    pub const fn min_gain(mut self, min_gain: f64) -> Self {
        self.shape.min_gain = min_gain;
        self
    }

    /// What a leaf costs: the grown tree is pruned back to the subtree that minimises impurity plus
    /// `ccp_alpha` for each leaf (minimal cost-complexity pruning); default `0`, which prunes
    /// nothing, at least `0`. [`pruning_path`](Self::pruning_path) gives the values that matter.
    #[must_use]
    pub const fn ccp_alpha(mut self, ccp_alpha: f64) -> Self {
        self.shape.ccp_alpha = ccp_alpha;
        self
    }

    /// Weight added to each class in each leaf (Laplace smoothing); default `0`, at least `0`, at
    /// most `1e12`, beyond which nothing but the smoothing would be left.
    #[must_use]
    pub const fn smoothing(mut self, smoothing: f64) -> Self {
        self.smoothing = smoothing;
        self
    }

    /// How much each class counts; default [`ClassWeights::Equal`].
    #[must_use]
    pub fn class_weights(mut self, class_weights: ClassWeights) -> Self {
        self.class_weights = class_weights;
        self
    }

    fn validate(&self) -> Result<(), Error> {
        self.shape.validate()?;
        if !(0.0..=MOST_SMOOTHING).contains(&self.smoothing) {
            return Err(parameter("smoothing", "a number in [0, 1e12]", self.smoothing));
        }
        Ok(())
    }

    /// Grows the whole tree, of how many classes.
    fn grow(&self, data: &Labeled<'_, ClassIdx>) -> Result<(Grown, usize), Error> {
        self.validate()?;
        let n_classes = n_classes(data)?;
        let sample = Sample::new(data, "decision tree")?;
        let sample = sample.class_weighted(&self.class_weights, data, n_classes)?.squarable();
        let ranks = Ranks::new(data, &sample)?;
        let labels = sample.rows.iter().map(|&row| data.labels()[row as usize].get()).collect();
        let labels = ranks.placed(labels, &sample);
        let weights = ranks.placed(sample.weights.clone(), &sample);
        let counts = ranks.placed(sample.counts.clone(), &sample);
        let target = Classes { labels, weights, n_classes, criterion: self.criterion };
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
        Ok((grower.grow(ranks.rows(&sample)), n_classes))
    }

    /// The values of [`ccp_alpha`](Self::ccp_alpha) at which the tree of these parameters shrinks,
    /// with the impurity and the leaves that are left; its own `ccp_alpha` is not heeded.
    ///
    /// With [`Criterion::Entropy`] impurities are in nats. O(n_nodes · depth · log n_nodes) beyond
    /// the growing.
    ///
    /// # Errors
    ///
    /// As for fitting.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::array;
    /// use patronage_classify::DecisionTree;
    /// use patronage_core::{ClassIdx, Column, FeatureTable, Fit, Labeled, Schema};
    ///
    /// let table = FeatureTable::new(Schema::new([Column::number("x")])?, array![[1.0], [2.0], [3.0], [4.0]])?;
    /// let labels = [0, 1, 1, 1].map(ClassIdx::new);
    /// let data = Labeled::new(&table, &labels)?;
    /// let path = DecisionTree::new().pruning_path(&data)?;
    /// assert_eq!((path.alphas, path.impurities, path.n_leaves), (vec![0.0, 0.375], vec![0.0, 0.375], vec![2, 1]));
    /// assert_eq!(DecisionTree::new().ccp_alpha(0.4).fit(&data)?.n_leaves(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn pruning_path(&self, data: &Labeled<'_, ClassIdx>) -> Result<PruningPath, Error> {
        let (grown, n_classes) = self.grow(data)?;
        let root = &grown.sums[..n_classes];
        let total: f64 = root.iter().sum();
        let shares = root.iter().map(|weight| weight / total);
        let impurity = match self.criterion {
            Criterion::Gini => 1.0 - shares.map(|p| p * p).sum::<f64>(),
            Criterion::Entropy => -shares.filter(|&p| p > 0.0).map(|p| p * p.ln()).sum::<f64>(),
        };
        Ok(prune::path(&grown.nodes, impurity))
    }
}

impl Fit<Labeled<'_, ClassIdx>> for DecisionTree {
    type Model = DecisionTreeModel;
    type Error = Error;

    fn fit(&self, data: &Labeled<'_, ClassIdx>) -> Result<DecisionTreeModel, Error> {
        let (grown, n_classes) = self.grow(data)?;
        let grown = prune::prune(grown, self.shape.ccp_alpha);
        Ok(DecisionTreeModel::new(data.schema().clone(), n_classes, grown, self.smoothing))
    }
}

impl Seeded for DecisionTree {
    fn reseeded(&self, _seed: u64) -> Self {
        self.clone()
    }
}
