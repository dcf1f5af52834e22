//! Refitting an estimator many times.

use ndarray::{Array2, Array3, Axis};
use patronage_core::{
    BoxError, ClassIdx, Classifier, Fit, Label, Labeled, Regressor, Seeded, most_probable,
    row_slice,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{
    Decomposition, Loss, MlxtendTerms, brier_terms, log_loss_terms, mlxtend_zero_one,
    zero_one_terms,
};
use crate::cross::predict;
use crate::error::{Error, ErrorKind, parameter};
use crate::par::{self, Threads};

/// How the training rows of a round are drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Resample {
    /// As many rows as there are, each drawn from all: some repeat, about a third stay out.
    Bootstrap,
    /// This share of the rows, in `(0, 1]`, without repeats.
    Subsample(f64),
}

/// Refits an estimator on resamples of its training rows and keeps what each fit says of the same
/// test rows.
///
/// Any estimator will do, anyone's: rounds are independent and run in parallel. Round r draws from
/// stream r of the seed, so results do not depend on threads, and round r is the same however many
/// rounds there are. O(rounds · (fit + test rows)); keeps rounds × test rows × classes numbers.
///
/// # Examples
///
/// ```
/// use ndarray::array;
/// use patronage_classify::{BiasVariance, DecisionTree, Loss};
/// use patronage_core::{ClassIdx, Column, FeatureTable, Labeled, Schema};
///
/// let schema = Schema::new([Column::number("recency_days")])?;
/// let cells = array![[3.0], [9.0], [14.0], [40.0], [70.0], [200.0]];
/// let table = FeatureTable::new(schema, cells)?;
/// let bought = [1, 1, 0, 1, 0, 0].map(ClassIdx::new);
/// let data = Labeled::new(&table, &bought)?;
/// let predictions = BiasVariance::new(50).predictions(&DecisionTree::new(), &data, &data)?;
/// let terms = predictions.decompose(Loss::Brier)?.mean();
/// assert!((terms.loss - terms.bias - terms.variance).abs() < 1e-9);
/// assert!(terms.variance > 0.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BiasVariance {
    n_rounds: usize,
    resample: Resample,
    seed: u64,
}

impl BiasVariance {
    /// A driver of this many rounds; at least `1`, `200` is usual.
    #[must_use]
    pub const fn new(n_rounds: usize) -> Self {
        Self { n_rounds, resample: Resample::Bootstrap, seed: 0 }
    }

    /// How training rows are drawn; default [`Resample::Bootstrap`].
    #[must_use]
    pub const fn resample(mut self, resample: Resample) -> Self {
        self.resample = resample;
        self
    }

    /// Seed of the draws; default `0`.
    #[must_use]
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    fn validate(&self) -> Result<(), Error> {
        if self.n_rounds == 0 {
            return Err(parameter("n_rounds", "at least 1", 0.0));
        }
        if let Resample::Subsample(share) = self.resample
            && (share.is_nan() || share <= 0.0 || share > 1.0)
        {
            return Err(parameter("resample", "a share in (0, 1]", share));
        }
        Ok(())
    }

    /// Rows of the table for a round, ascending.
    fn draw<Y: Label>(&self, round: usize, train: &Labeled<'_, Y>) -> Vec<u32> {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        rng.set_stream(round as u64);
        let n = train.len();
        let mut rows: Vec<u32> = match self.resample {
            Resample::Bootstrap => {
                (0..n).map(|_| train.row_index(rng.random_range(0..n)) as u32).collect()
            }
            Resample::Subsample(share) => {
                let wanted = ((share * n as f64).round() as usize).clamp(1, n);
                let mut order: Vec<u32> = (0..n as u32).collect();
                for at in 0..wanted {
                    order.swap(at, rng.random_range(at..n));
                }
                order[..wanted].iter().map(|&at| train.row_index(at as usize) as u32).collect()
            }
        };
        rows.sort_unstable();
        rows
    }

    fn rounds<Y: Label, T: Send>(
        &self,
        train: &Labeled<'_, Y>,
        test: &Labeled<'_, Y>,
        one: impl Fn(usize, &Labeled<'_, Y>) -> Result<T, Error> + Sync + Send,
    ) -> Result<Vec<T>, Error> {
        self.validate()?;
        train.schema().check(test.schema())?;
        for (rows, what) in [(train.len(), "training"), (test.len(), "decomposition")] {
            if rows == 0 {
                return Err(ErrorKind::NoRows { what }.into());
            }
        }
        par::map(self.n_rounds, Threads::Many, |round| {
            let rows = self.draw(round, train);
            one(round, &train.reborrow().select(&rows)?)
        })
        .into_iter()
        .collect()
    }

    /// The probabilities that each round's classifier gives the test rows.
    ///
    /// # Errors
    ///
    /// When a parameter is out of range, schemas differ, there is no training or test row, the
    /// estimator fails (naming the round), or a test label is none of the model's classes.
    pub fn predictions<E, M, Er>(
        &self,
        estimator: &E,
        train: &Labeled<'_, ClassIdx>,
        test: &Labeled<'_, ClassIdx>,
    ) -> Result<Predictions, Error>
    where
        E: for<'a> Fit<Labeled<'a, ClassIdx>, Model = M, Error = Er> + Sync,
        M: Classifier,
        Er: Into<BoxError>,
    {
        self.collect(train, test, |_, rows| estimator.fit(rows))
    }

    /// The same for an estimator that draws: each round has a seed of its own, so that its own
    /// chance is part of the variance.
    ///
    /// # Errors
    ///
    /// As [`predictions`](Self::predictions).
    pub fn predictions_reseeded<E, M, Er>(
        &self,
        estimator: &E,
        train: &Labeled<'_, ClassIdx>,
        test: &Labeled<'_, ClassIdx>,
    ) -> Result<Predictions, Error>
    where
        E: for<'a> Fit<Labeled<'a, ClassIdx>, Model = M, Error = Er> + Seeded + Sync,
        M: Classifier,
        Er: Into<BoxError>,
    {
        self.collect(train, test, |round, rows| {
            estimator.reseeded(self.seed.wrapping_add(round as u64)).fit(rows)
        })
    }

    fn collect<M: Classifier, Er: Into<BoxError>>(
        &self,
        train: &Labeled<'_, ClassIdx>,
        test: &Labeled<'_, ClassIdx>,
        fit: impl Fn(usize, &Labeled<'_, ClassIdx>) -> Result<M, Er> + Sync + Send,
    ) -> Result<Predictions, Error> {
        let rounds = self.rounds(train, test, |round, rows| {
            let model = fit(round, rows).map_err(|error| refit(round, error))?;
            Ok(predict(&model, test))
        })?;
        let truth: Vec<ClassIdx> = (0..test.len()).map(|at| test.label(at)).collect();
        let known = rounds.iter().map(Array2::ncols).max().unwrap_or(0);
        let n_classes = truth.iter().map(|label| label.index() + 1).fold(known, usize::max);
        let mut probabilities = Array3::zeros((rounds.len(), test.len(), n_classes));
        for (mut out, round) in probabilities.axis_iter_mut(Axis(0)).zip(&rounds) {
            for (mut out, row) in out.rows_mut().into_iter().zip(round.rows()) {
                out.iter_mut().zip(row).for_each(|(out, &p)| *out = p);
            }
        }
        Ok(Predictions { probabilities, truth })
    }

    /// The numbers that each round's regressor gives the test rows.
    ///
    /// # Errors
    ///
    /// As [`predictions`](Self::predictions).
    pub fn number_predictions<E, M, Er>(
        &self,
        estimator: &E,
        train: &Labeled<'_, f64>,
        test: &Labeled<'_, f64>,
    ) -> Result<NumberPredictions, Error>
    where
        E: for<'a> Fit<Labeled<'a, f64>, Model = M, Error = Er> + Sync,
        M: Regressor,
        Er: Into<BoxError>,
    {
        let rounds = self.rounds(train, test, |round, rows| {
            let model = estimator.fit(rows).map_err(|error| refit(round, error))?;
            let mut buffer = Vec::new();
            let of_row = |at: usize| model.value(row_slice(test.row(at), &mut buffer));
            Ok((0..test.len()).map(of_row).collect::<Vec<f64>>())
        })?;
        let mut values = Array2::zeros((rounds.len(), test.len()));
        for (mut out, round) in values.rows_mut().into_iter().zip(&rounds) {
            out.iter_mut().zip(round).for_each(|(out, &value)| *out = value);
        }
        let truth = (0..test.len()).map(|at| test.label(at)).collect();
        Ok(NumberPredictions { values, truth })
    }
}

fn refit(round: usize, error: impl Into<BoxError>) -> Error {
    ErrorKind::Refit { round, source: error.into() }.into()
}

/// What classifiers of many rounds say of the same rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Predictions {
    /// Of shape `(n_rounds, n_rows, n_classes)`.
    pub probabilities: Array3<f64>,
    /// What each row turned out to be.
    pub truth: Vec<ClassIdx>,
}

impl Predictions {
    /// The most probable classes, the first of equals, of shape `(n_rounds, n_rows)`.
    #[must_use]
    pub fn classes(&self) -> Array2<ClassIdx> {
        self.probabilities.map_axis(Axis(2), |row| most_probable(row.iter().copied()))
    }

    /// The parts of a loss; [`Loss::Squared`] is read as [`Loss::Brier`].
    ///
    /// # Errors
    ///
    /// When there is no round or no row, or a number is no probability.
    pub fn decompose(&self, loss: Loss) -> Result<Decomposition, Error> {
        match loss {
            Loss::Squared | Loss::Brier => brier_terms(self.probabilities.view(), &self.truth),
            Loss::ZeroOne => zero_one_terms(self.classes().view(), &self.truth),
            Loss::LogLoss => log_loss_terms(self.probabilities.view(), &self.truth),
        }
    }

    /// The 0-1 loss divided as mlxtend divides it.
    ///
    /// # Errors
    ///
    /// When there is no round or no row.
    pub fn mlxtend(&self) -> Result<MlxtendTerms, Error> {
        mlxtend_zero_one(self.classes().view(), &self.truth)
    }
}

/// What regressors of many rounds say of the same rows.
#[derive(Clone, Debug, PartialEq)]
pub struct NumberPredictions {
    /// Of shape `(n_rounds, n_rows)`.
    pub values: Array2<f64>,
    /// What each row turned out to be.
    pub truth: Vec<f64>,
}

impl NumberPredictions {
    /// The parts of the squared error.
    ///
    /// # Errors
    ///
    /// When there is no round or no row, or a number is not finite.
    pub fn decompose(&self) -> Result<Decomposition, Error> {
        super::squared_terms(self.values.view(), &self.truth)
    }
}
