//! Boosted regression, for values.

use patronage_core::{ErrorKind, Fit, Labeled, Seeded};

use super::constrain::Direction;
use super::loss::{Labels, Objective, Rows};
use super::params::setters;
use super::regressor_model::GradientBoostingRegressorModel;
use super::train::Params;
use crate::error::Error;
use crate::sample::Sample;

/// What a boosted regression loses by being wrong.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum RegressionLoss {
    /// `(y - f)² / 2`: the answer is a mean.
    #[default]
    Squared,
    /// `f - y ln f`: the answer is a mean of at least 0 on a logarithmic scale; for counts and
    /// other labels in `[0, 1e15]`.
    Poisson,
}

/// The most a Poisson label may be.
const MOST_POISSON: f64 = 1e15;

/// Gradient boosting of trees on histograms, for numbers: what a customer will be worth.
///
/// As [`GradientBoosting`](crate::GradientBoosting), with gradients of [`RegressionLoss`]: for
/// squared loss a leaf answers the mean of what is left, `sum (y - f) / (n + l2)`; for Poisson the
/// score is the logarithm of the answer.
///
/// # Errors
///
/// Fitting fails when a parameter is out of range, a column named is unknown or cannot be
/// monotone, no row of positive weight takes part, a label is not one the loss admits, or a cell is
/// none its column admits.
///
/// # References
///
/// Friedman, 2001, *Greedy function approximation: a gradient boosting machine*.
///
/// # Examples
///
/// ```
/// use ndarray::Array2;
/// use patronage_classify::GradientBoostingRegressor;
/// use patronage_core::{Column, FeatureTable, Fit, Labeled, RegressorExt, Schema};
///
/// let schema = Schema::new([Column::number("frequency")])?;
/// let table = FeatureTable::new(schema, Array2::from_shape_fn((80, 1), |(row, _)| (row % 8) as f64))?;
/// let spend: Vec<f64> = (0..80).map(|row| 10.0 * (row % 8) as f64).collect();
/// let estimator = GradientBoostingRegressor::new().min_samples_leaf(5);
/// let model = estimator.fit(&Labeled::new(&table, &spend)?)?;
/// assert!((model.predict(&table)?[3] - 30.0).abs() < 0.01);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct GradientBoostingRegressor {
    params: Params,
    loss: RegressionLoss,
}

impl Default for GradientBoostingRegressor {
    fn default() -> Self {
        Self::new()
    }
}

impl GradientBoostingRegressor {
    /// A hundred rounds of trees of 31 leaves at a learning rate of 0.1, by squared loss.
    #[must_use]
    pub const fn new() -> Self {
        Self { params: Params::new(), loss: RegressionLoss::Squared }
    }

    /// What being wrong loses; default [`RegressionLoss::Squared`].
    #[must_use]
    pub const fn loss(mut self, loss: RegressionLoss) -> Self {
        self.loss = loss;
        self
    }

    setters!();

    /// Learns from `training` and records the loss on `validation` round by round
    /// ([`GradientBoostingRegressorModel::history`]), ending early where
    /// [`patience`](Self::patience) says.
    ///
    /// # Errors
    ///
    /// As fitting; also when the schemas differ.
    pub fn fit_validated(
        &self,
        training: &Labeled<'_, f64>,
        validation: &Labeled<'_, f64>,
    ) -> Result<GradientBoostingRegressorModel, Error> {
        self.learn(training, Some(validation))
    }

    fn learn(
        &self,
        data: &Labeled<'_, f64>,
        held: Option<&Labeled<'_, f64>>,
    ) -> Result<GradientBoostingRegressorModel, Error> {
        self.params.validate()?;
        let sample = Sample::new(data, "gradient boosting")?;
        let schema = data.schema();
        let unit = match self.loss {
            RegressionLoss::Squared => unit(data, &sample),
            RegressionLoss::Poisson => 1.0,
        };
        let mut params = self.params.clone();
        // In units of the labels gradients are of the order of one, whatever the currency.
        params.shape.penalties.l1 /= unit;
        params.shape.penalties.min_gain = params.shape.penalties.min_gain / unit / unit;
        let objective = match self.loss {
            RegressionLoss::Squared => Objective::Squared,
            RegressionLoss::Poisson => Objective::Poisson,
        };
        let rows = |data: &Labeled<'_, f64>, sample: &Sample| self.rows(data, sample, unit);
        let learnt = params.learn(objective, data, &sample, held, rows)?;
        Ok(GradientBoostingRegressorModel::new(schema.clone(), self.loss, unit, learnt))
    }

    fn rows(&self, data: &Labeled<'_, f64>, sample: &Sample, unit: f64) -> Result<Rows, Error> {
        let label = |&row: &u32| data.labels()[row as usize];
        let admits = |&row: &&u32| (0.0..=MOST_POISSON).contains(&label(row));
        if self.loss == RegressionLoss::Poisson
            && let Some(row) = sample.rows.iter().find(|row| !admits(row))
        {
            let (what, position) = ("label", *row as usize);
            let expected = "a number in [0, 1e15] for Poisson loss";
            let kind = ErrorKind::Number { what, position, expected, found: label(row) };
            return Err(patronage_core::Error::from(kind).into());
        }
        let labels = sample.rows.iter().map(|row| label(row) / unit).collect();
        Ok(Rows::new(Labels::Numbers(labels), sample))
    }
}

/// The power of two below the greatest label.
fn unit(data: &Labeled<'_, f64>, sample: &Sample) -> f64 {
    let sizes = sample.rows.iter().map(|&row| data.labels()[row as usize].abs());
    crate::stats::binade(sizes.fold(0.0_f64, f64::max))
}

impl Fit<Labeled<'_, f64>> for GradientBoostingRegressor {
    type Model = GradientBoostingRegressorModel;
    type Error = Error;

    fn fit(&self, data: &Labeled<'_, f64>) -> Result<GradientBoostingRegressorModel, Error> {
        self.learn(data, None)
    }
}

impl Seeded for GradientBoostingRegressor {
    fn reseeded(&self, seed: u64) -> Self {
        self.clone().seed(seed)
    }
}
