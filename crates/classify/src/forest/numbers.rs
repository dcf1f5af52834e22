//! Forests of numbers.

use patronage_core::{Fit, Labeled, Seeded};

use super::grow::Plan;
use super::number_model::{ForestRegressorModel, NumberTally, NumberTree};
use super::{ColumnDraw, Params, common_setters};
use crate::error::Error;
use crate::sample::Sample;
use crate::tree::coarse::Coarse;
use crate::tree::codes::Coded;
use crate::tree::draw::Cuts;
use crate::tree::grow::Grown;
use crate::tree::regression::Centring;
use crate::tree::target::Numbers;

/// The columns a node may choose from unless told otherwise.
const COLUMNS: ColumnDraw = ColumnDraw::Share(1.0 / 3.0);

fn fit(params: &Params, data: &Labeled<'_, f64>) -> Result<ForestRegressorModel, Error> {
    params.validate()?;
    let sample = Sample::new(data, "forest")?.squarable();
    let coded = Coded::new(data, &sample)?;
    let coarse = Coarse::new(&coded);
    let labels: Vec<f64> = sample.rows.iter().map(|&row| data.labels()[row as usize]).collect();
    let (centring, values) = Centring::of(&labels);
    let plan = Plan { params, sample: &sample, coded: &coded, coarse: &coarse };
    let mut tally = NumberTally::new(sample.len());
    let mut trees = Vec::with_capacity(params.n_trees);
    let grow = |tree: usize| {
        let target = |weights| Numbers { values: values.clone(), weights };
        let (Grown { nodes, sums, .. }, drawn) = plan.grow(tree, target);
        let outside = drawn.map(|drawn| plan.outside(&nodes, &drawn, data));
        (NumberTree::new(nodes, &sums, &centring), outside)
    };
    plan.for_each_tree(grow, |(tree, outside)| {
        if let Some(outside) = outside {
            tally.add(&tree, &outside);
        }
        trees.push(tree);
    });
    let out_of_bag = match params.cuts {
        Cuts::Best => tally.figures(&labels, &sample.weights),
        Cuts::Drawn => None,
    };
    Ok(ForestRegressorModel::new(data.schema().clone(), trees, out_of_bag))
}

macro_rules! estimator {
    ($name:ident) => {
        impl Default for $name {
            fn default() -> Self {
                Self::new()
            }
        }

        impl Fit<Labeled<'_, f64>> for $name {
            type Model = ForestRegressorModel;
            type Error = Error;

            fn fit(&self, data: &Labeled<'_, f64>) -> Result<ForestRegressorModel, Error> {
                fit(&self.params, data)
            }
        }

        impl Seeded for $name {
            fn reseeded(&self, seed: u64) -> Self {
                self.seed(seed)
            }
        }
    };
}

/// A random forest for numbers: [regression trees](crate::RegressionTree) on bootstraps of the rows,
/// each node choosing from a few drawn columns; the answer is the mean of the trees' answers.
///
/// Determinism and draws as for [`RandomForest`](crate::RandomForest), of which it is the like.
/// O(trees · rows · drawn columns · depth · log rows).
///
/// Where one has been used to scikit-learn: its forests of numbers choose from all columns unless told
/// otherwise, which is [`ColumnDraw::All`](crate::ColumnDraw::All) here.
///
/// Rows that a tree did not draw judge it: [`ForestRegressorModel::out_of_bag`].
///
/// # Errors
///
/// Fitting fails when a parameter is out of range, no row of positive weight takes part, or a
/// cell is none its column admits.
///
/// # References
///
/// Breiman, 2001, *Random forests* (a third of the columns a node).
///
/// # Examples
///
/// ```
/// use ndarray::array;
/// use patronage_classify::RandomForestRegressor;
/// use patronage_core::{Column, FeatureTable, Fit, Labeled, RegressorExt, Schema};
///
/// let schema = Schema::new([Column::number("frequency")])?;
/// let table = FeatureTable::new(schema, array![[1.0], [2.0], [3.0], [8.0], [9.0], [10.0]])?;
/// let spend = [10.0, 10.0, 10.0, 90.0, 90.0, 90.0];
/// let forest = RandomForestRegressor::new().n_trees(50).fit(&Labeled::new(&table, &spend)?)?;
/// let answers = forest.predict(&table)?;
/// assert!(answers[0] < 35.0 && answers[5] > 65.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RandomForestRegressor {
    params: Params,
}

impl RandomForestRegressor {
    /// A forest of 100 trees.
    #[must_use]
    pub const fn new() -> Self {
        Self { params: Params::new(Cuts::Best, COLUMNS) }
    }

    common_setters!("a third, rounded down", params);
}

estimator!(RandomForestRegressor);

/// Extra trees for numbers: as a [`RandomForestRegressor`], but every tree sees all rows, and the cut
/// of each drawn column is drawn too, evenly between the least and the greatest value in the node.
///
/// # Errors
///
/// As for [`RandomForestRegressor`].
///
/// # References
///
/// Geurts, Ernst and Wehenkel, 2006, *Extremely randomized trees*.
///
/// # Examples
///
/// ```
/// use ndarray::array;
/// use patronage_classify::ExtraTreesRegressor;
/// use patronage_core::{Column, FeatureTable, Fit, Labeled, RegressorExt, Schema};
///
/// let schema = Schema::new([Column::number("frequency")])?;
/// let table = FeatureTable::new(schema, array![[1.0], [2.0], [8.0], [9.0]])?;
/// let spend = [10.0, 12.0, 90.0, 110.0];
/// let trees = ExtraTreesRegressor::new().n_trees(20).fit(&Labeled::new(&table, &spend)?)?;
/// assert_eq!(trees.predict(&table)?, spend);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ExtraTreesRegressor {
    params: Params,
}

impl ExtraTreesRegressor {
    /// A forest of 100 trees.
    #[must_use]
    pub const fn new() -> Self {
        Self { params: Params::new(Cuts::Drawn, COLUMNS) }
    }

    common_setters!("a third, rounded down", params);
}

estimator!(ExtraTreesRegressor);
