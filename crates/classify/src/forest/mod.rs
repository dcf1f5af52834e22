//! Many trees, each grown by chance, and their mean.

mod grow;
mod model;
mod number_model;
mod numbers;

use patronage_core::{ClassIdx, Fit, Labeled, Seeded};

use crate::class_weights::ClassWeights;
use crate::error::{Error, parameter};
use crate::sample::{Sample, n_classes};
use crate::tree::Shape;
use crate::tree::coarse::Coarse;
use crate::tree::codes::Coded;
use crate::tree::draw::Cuts;
use crate::tree::grow::Grown;
use crate::tree::target::{Classes, Criterion};
use grow::Plan;
pub use model::{ForestModel, OutOfBag};
use model::{Tally, Tree};
pub use number_model::{ForestRegressorModel, OutOfBagNumbers};
pub use numbers::{ExtraTreesRegressor, RandomForestRegressor};

/// How many columns a node may choose from.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum ColumnDraw {
    /// The square root of their number, rounded down.
    #[default]
    SquareRoot,
    /// The logarithm of their number to base 2, rounded down: of many columns fewer than the square root.
    Log2,
    /// As many, at most all.
    Count(usize),
    /// This share of them, in `(0, 1]`, rounded down.
    Share(f64),
    /// All.
    All,
}

impl ColumnDraw {
    fn of(self, n_columns: usize) -> usize {
        let n = match self {
            Self::SquareRoot => n_columns.isqrt(),
            Self::Log2 => n_columns.max(1).ilog2() as usize,
            Self::Count(n) => n,
            Self::Share(share) => (share * n_columns as f64) as usize,
            Self::All => n_columns,
        };
        n.clamp(1, n_columns.max(1))
    }
}

/// What forests of classes and of numbers share.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Params {
    n_trees: usize,
    shape: Shape,
    columns: ColumnDraw,
    cuts: Cuts,
    seed: u64,
}

impl Params {
    const fn new(cuts: Cuts, columns: ColumnDraw) -> Self {
        Self { n_trees: 100, shape: Shape::new(), columns, cuts, seed: 0 }
    }

    fn validate(&self) -> Result<(), Error> {
        if self.n_trees == 0 {
            return Err(parameter("n_trees", "at least 1", 0.0));
        }
        match self.columns {
            ColumnDraw::Count(0) => return Err(parameter("columns", "at least 1", 0.0)),
            ColumnDraw::Share(share) if share.is_nan() || share <= 0.0 || share > 1.0 => {
                return Err(parameter("columns", "a share in (0, 1]", share));
            }
            _ => {}
        }
        self.shape.validate()
    }
}

/// A forest of classes.
#[derive(Clone, Debug, PartialEq)]
struct OfClasses {
    params: Params,
    criterion: Criterion,
    class_weights: ClassWeights,
}

impl OfClasses {
    const fn new(cuts: Cuts) -> Self {
        let params = Params::new(cuts, ColumnDraw::SquareRoot);
        Self { params, criterion: Criterion::Gini, class_weights: ClassWeights::Equal }
    }

    fn fit(&self, data: &Labeled<'_, ClassIdx>) -> Result<ForestModel, Error> {
        self.params.validate()?;
        let n_classes = n_classes(data)?;
        let sample = Sample::new(data, "forest")?.squarable();
        // Out-of-bag figures judge rows by their own weights, whatever classes count in fitting.
        let own_weights = sample.weights.clone();
        let sample = sample.class_weighted(&self.class_weights, data, n_classes)?.squarable();
        let coded = Coded::new(data, &sample)?;
        let coarse = Coarse::new(&coded);
        let labels: Vec<u32> =
            sample.rows.iter().map(|&row| data.labels()[row as usize].get()).collect();
        let plan = Plan { params: &self.params, sample: &sample, coded: &coded, coarse: &coarse };
        let mut tally = Tally::new(sample.len(), n_classes);
        let mut trees = Vec::with_capacity(self.params.n_trees);
        let grow = |tree: usize| {
            let (grown, drawn) = plan.grow(tree, |weights| {
                let labels = labels.clone();
                Classes { labels, weights, n_classes, criterion: self.criterion }
            });
            let Grown { nodes, sums, .. } = grown;
            let outside = drawn.map(|drawn| plan.outside(&nodes, &drawn, data));
            (Tree::new(nodes, &sums, n_classes), outside)
        };
        plan.for_each_tree(grow, |(tree, outside)| {
            if let Some(outside) = outside {
                tally.add(&tree, &outside);
            }
            trees.push(tree);
        });
        let out_of_bag = match self.params.cuts {
            Cuts::Best => tally.figures(&labels, &own_weights)?,
            Cuts::Drawn => None,
        };
        Ok(ForestModel::new(data.schema().clone(), n_classes, trees, out_of_bag))
    }
}

/// What every forest can be told; `$($params).+` leads to its [`Params`].
macro_rules! common_setters {
    ($default:literal, $($params:ident).+) => {
        /// Number of trees; default `100`, at least `1`.
        #[must_use]
        pub const fn n_trees(mut self, n_trees: usize) -> Self {
            self.$($params).+.n_trees = n_trees;
            self
        }

        #[doc = concat!("How many columns a node may choose from; default ", $default, ".")]
        /// Where all that were drawn are constant in the node, more are drawn until one varies.
        #[must_use]
        pub const fn columns(mut self, columns: ColumnDraw) -> Self {
            self.$($params).+.columns = columns;
            self
        }

        /// Upper bound on the questions a tree asks of a row; default none.
        #[must_use]
        pub const fn max_depth(mut self, max_depth: usize) -> Self {
            self.$($params).+.shape.max_depth = Some(max_depth);
            self
        }

        /// Least number of distinct rows in a leaf; default `1`, at least `1`. Five or more make
        /// better probabilities, and steadier numbers.
        #[must_use]
        pub const fn min_samples_leaf(mut self, min_samples_leaf: usize) -> Self {
            self.$($params).+.shape.min_samples_leaf = min_samples_leaf;
            self
        }

        /// Seed of the draws; default `0`.
        #[must_use]
        pub const fn seed(mut self, seed: u64) -> Self {
            self.$($params).+.seed = seed;
            self
        }
    };
}

use common_setters;

macro_rules! setters {
    () => {
        common_setters!("[`ColumnDraw::SquareRoot`]", of_classes.params);

        /// Impurity to reduce; default [`Criterion::Gini`].
        #[must_use]
        pub const fn criterion(mut self, criterion: Criterion) -> Self {
            self.of_classes.criterion = criterion;
            self
        }

        /// How much each class counts; default [`ClassWeights::Equal`]. Balanced weights are
        /// those of all rows, not of each bootstrap.
        #[must_use]
        pub fn class_weights(mut self, class_weights: ClassWeights) -> Self {
            self.of_classes.class_weights = class_weights;
            self
        }
    };
}

macro_rules! estimator {
    ($name:ident) => {
        impl Default for $name {
            fn default() -> Self {
                Self::new()
            }
        }

        impl Fit<Labeled<'_, ClassIdx>> for $name {
            type Model = ForestModel;
            type Error = Error;

            fn fit(&self, data: &Labeled<'_, ClassIdx>) -> Result<ForestModel, Error> {
                self.of_classes.fit(data)
            }
        }

        impl Seeded for $name {
            fn reseeded(&self, seed: u64) -> Self {
                self.clone().seed(seed)
            }
        }
    };
}

/// A random forest: trees on bootstraps of the rows, each node choosing from a few drawn columns;
/// the answer is the mean of the trees' probabilities.
///
/// Trees split, treat missing cells and categories as [`DecisionTree`](crate::DecisionTree) does.
/// Tree t draws from stream t of the seed, so that fits are the same on any number of threads.
/// O(trees · rows · drawn columns · depth); the ranks of the cells are found once for all trees.
///
/// Rows that a tree did not draw judge it: [`ForestModel::out_of_bag`].
///
/// # Errors
///
/// Fitting fails when a parameter is out of range, no row of positive weight takes part, or a
/// cell is none its column admits.
///
/// # References
///
/// Breiman, 2001, *Random forests*.
///
/// # Examples
///
/// ```
/// use ndarray::array;
/// use patronage_classify::RandomForest;
/// use patronage_core::{ClassIdx, ClassifierExt, Column, FeatureTable, Fit, Labeled, Schema};
///
/// let schema = Schema::new([Column::number("recency_days"), Column::number("frequency")])?;
/// let cells = array![[3.0, 9.0], [9.0, 7.0], [14.0, 8.0], [40.0, 1.0], [70.0, 2.0], [200.0, 1.0]];
/// let table = FeatureTable::new(schema, cells)?;
/// let bought = [1, 1, 1, 0, 0, 0].map(ClassIdx::new);
/// let forest = RandomForest::new().n_trees(50).fit(&Labeled::new(&table, &bought)?)?;
/// assert_eq!(forest.predict(&table)?, bought);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct RandomForest {
    of_classes: OfClasses,
}

impl RandomForest {
    /// A forest of 100 trees.
    #[must_use]
    pub const fn new() -> Self {
        Self { of_classes: OfClasses::new(Cuts::Best) }
    }

    setters!();
}

estimator!(RandomForest);

/// Extra trees: as a [`RandomForest`], but every tree sees all rows, and the cut of each drawn
/// column is drawn too, evenly between the least and the greatest value in the node.
///
/// Faster to grow and smoother; nothing is out of bag.
///
/// # Errors
///
/// As for [`RandomForest`].
///
/// # References
///
/// Geurts, Ernst and Wehenkel, 2006, *Extremely randomized trees*.
///
/// # Examples
///
/// ```
/// use ndarray::array;
/// use patronage_classify::ExtraTrees;
/// use patronage_core::{ClassIdx, ClassifierExt, Column, FeatureTable, Fit, Labeled, Schema};
///
/// let schema = Schema::new([Column::number("recency_days")])?;
/// let table = FeatureTable::new(schema, array![[3.0], [9.0], [70.0], [200.0]])?;
/// let bought = [1, 1, 0, 0].map(ClassIdx::new);
/// let forest = ExtraTrees::new().n_trees(20).fit(&Labeled::new(&table, &bought)?)?;
/// assert_eq!(forest.predict(&table)?, bought);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ExtraTrees {
    of_classes: OfClasses,
}

impl ExtraTrees {
    /// A forest of 100 trees.
    #[must_use]
    pub const fn new() -> Self {
        Self { of_classes: OfClasses::new(Cuts::Drawn) }
    }

    setters!();
}

estimator!(ExtraTrees);
