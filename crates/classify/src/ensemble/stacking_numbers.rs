//! Several models, and the mixture of their numbers that errs least on rows they did not see.

use std::sync::Arc;

use ndarray::{Array2, ArrayView2};
use patronage_core::{BoxError, Fit, Labeled, Regressor, Schema, Seeded};

use super::AnyRegressor;
use super::convex::least_error;
use super::members::{Kept, Members, member_setters};
use super::voting_numbers::{Mixture, mixture_model};
use crate::error::{Error, ErrorKind, parameter};
use crate::sample::Sample;
use crate::splits::{KFold, Splitter};
use crate::stats::binade;

/// Several regressors of any kinds, weighted by how little they err together.
///
/// ```text
/// y(x) = sum over members m of w_m · y_m(x)
/// w minimises  sum over rows i of weight_i · (y_i - sum over m of w_m · z_im)²,   w_m >= 0,  sum w_m = 1
/// ```
///
/// where `z_im` is what member m, fitted without the fold of row i, says of it. Then members are
/// fitted again on all rows. Weights of at least 0 keep members that say nearly the same from being
/// played off against each other; a sum of 1 keeps answers within the range of the members' and
/// makes them follow a shift of all labels. The minimum is exact (an active set, no steps to tune).
///
/// Folds are drawn by a seed; a row that is drawn twice is in one fold. Cost: each member is fitted
/// `folds + 1` times, in parallel.
///
/// # Errors
///
/// Fitting fails when there is no member, two share a name, there are fewer than two folds or fewer
/// rows than folds, or a member fails (it is named).
///
/// # References
///
/// Breiman, 1996, *Stacked regressions*. Lawson and Hanson, 1974, *Solving Least Squares Problems*,
/// chapter 23. Van der Laan, Polley and Hubbard, 2007, *Super learner*.
///
/// # Examples
///
/// ```
/// use ndarray::Array2;
/// use patronage_classify::{Baseline, RegressionTree, StackingRegressor};
/// use patronage_core::{Column, FeatureTable, Fit, Labeled, RegressorExt, Schema};
///
/// let schema = Schema::new([Column::number("frequency")])?;
/// let orders = Array2::from_shape_fn((40, 1), |(i, _)| if i < 20 { i as f64 } else { 40.0 + i as f64 });
/// let table = FeatureTable::new(schema, orders)?;
/// let spend: Vec<f64> = (0..40).map(|i| if i < 20 { 10.0 } else { 50.0 }).collect();
/// let stack = StackingRegressor::new()
///     .member("tree", RegressionTree::new())
///     .member("mean", Baseline::new());
/// let model = stack.fit(&Labeled::new(&table, &spend)?)?;
/// // The tree is right on rows it did not see: it alone is believed.
/// let weights: Vec<f64> = model.members().map(|(_, weight, _)| weight).collect();
/// assert_eq!(weights, [1.0, 0.0]);
/// assert_eq!(model.predict(&table)?, spend);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct StackingRegressor {
    members: Members<AnyRegressor>,
    n_folds: usize,
    seed: u64,
}

impl Default for StackingRegressor {
    fn default() -> Self {
        Self::new()
    }
}

impl StackingRegressor {
    /// No member yet; five folds.
    #[must_use]
    pub const fn new() -> Self {
        Self { members: Members::new(), n_folds: 5, seed: 0 }
    }

    member_setters!(f64, AnyRegressor, Regressor);

    /// Folds in which members are fitted to learn whom to believe; default `5`, at least `2`.
    #[must_use]
    pub const fn folds(mut self, n_folds: usize) -> Self {
        self.n_folds = n_folds;
        self
    }

    /// Seed of the folds; default `0`.
    #[must_use]
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }
}

impl StackingRegressor {
    /// Refuses members that answer with what is no number.
    fn check(&self, said: &Array2<f64>) -> Result<(), Error> {
        let Some(((row, member), &found)) = said.indexed_iter().find(|(_, z)| !z.is_finite())
        else {
            return Ok(());
        };
        let (what, expected) = ("answer of a member", "finite numbers");
        let source = Error::from(ErrorKind::Number { what, position: row, expected, found });
        let part = self.members.names().swap_remove(member);
        Err(ErrorKind::Part { part, source: source.into() }.into())
    }
}

impl Fit<Labeled<'_, f64>> for StackingRegressor {
    type Model = StackingRegressorModel;
    type Error = Error;

    fn fit(&self, data: &Labeled<'_, f64>) -> Result<StackingRegressorModel, Error> {
        self.members.validate()?;
        if self.n_folds < 2 {
            return Err(parameter("folds", "at least 2", self.n_folds as f64));
        }
        let sample = Sample::new(data, "stacking")?;
        let folds = KFold::new(self.n_folds).seed(self.seed);
        let splits = folds.split_rows(&sample.rows, data.labels())?;
        let tests: Vec<Vec<u32>> = splits.into_iter().map(|split| split.test).collect();
        let said = self.members.out_of_fold(data, &tests, 1, &(0..1))?;
        self.check(&said)?;
        let weights = least_error(&products_of_errors(data, &sample, &said));
        let (schema, names) = (data.schema().clone(), self.members.names());
        let members = self.members.fit_all(data, 1)?;
        Ok(StackingRegressorModel(Mixture { schema, names, weights, members }))
    }
}

/// The weighted mean product of the errors of each two members, in units in which the greatest
/// error is about 1, so that none leaves the range.
fn products_of_errors(data: &Labeled<'_, f64>, sample: &Sample, said: &Array2<f64>) -> Array2<f64> {
    let n = said.ncols();
    let label = |row: u32| data.labels()[row as usize];
    let each = || sample.rows.iter().map(|&row| (label(row), said.row(row as usize)));
    // Halves, because the difference of two numbers may be twice the range.
    let greatest = each()
        .flat_map(|(label, said)| said.to_vec().into_iter().map(move |z| (z / 2.0, label / 2.0)))
        .fold(0.0, |most: f64, (z, label)| most.max((z - label).abs()));
    let unit = binade(greatest);
    let mut products = Array2::zeros((n, n));
    let mut errors = vec![0.0; n];
    for ((label, said), weight) in each().zip(&sample.weights) {
        for (error, z) in errors.iter_mut().zip(said) {
            *error = (z / 2.0 - label / 2.0) / unit;
        }
        for (one, &first) in errors.iter().enumerate() {
            for (two, &second) in errors.iter().enumerate().take(one + 1) {
                products[[one, two]] += weight / sample.total * first * second;
            }
        }
    }
    for one in 0..n {
        for two in 0..one {
            products[[two, one]] = products[[one, two]];
        }
    }
    products
}

impl Seeded for StackingRegressor {
    fn reseeded(&self, seed: u64) -> Self {
        Self { members: self.members.reseeded(seed), n_folds: self.n_folds, seed }
    }
}

/// A fitted stack of regressors.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize), serde(transparent))]
pub struct StackingRegressorModel(Mixture);

mixture_model!(StackingRegressorModel, "classify/stacking_regressor");
