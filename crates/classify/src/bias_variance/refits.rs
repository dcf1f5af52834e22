//! Refitting an estimator many times, on resamples of its training rows.

use ndarray::Array2;
use patronage_core::{
    BoxError, ClassIdx, Classifier, Derived, Fit, Label, Labeled, Regressor, Seeded,
};

use super::driver::{BiasVariance, Round, refit};
use super::predictions::{NumberPredictions, Predictions, stacked, stacked_numbers};
use crate::answers::{Answers, labels_of, predict, weights_of};
use crate::error::{Error, ErrorKind};

impl BiasVariance {
    /// What each round's model answers to the test rows; the table of `train` is worked out once for
    /// all rounds.
    fn refits<Y: Label, M: Answers<Y>, Er: Into<BoxError>>(
        &self,
        train: &Labeled<'_, Y>,
        test: &Labeled<'_, Y>,
        fit: impl Fn(&Round<'_>, &Labeled<'_, Y>) -> Result<M, Er> + Sync + Send,
    ) -> Result<Vec<Array2<f64>>, Error> {
        self.validate()?;
        train.schema().check(test.schema())?;
        for (rows, what) in [(train.len(), "training"), (test.len(), "decomposition")] {
            if rows == 0 {
                return Err(ErrorKind::NoRows { what }.into());
            }
        }
        let derived = Derived::new();
        let kept = train.derived().unwrap_or(&derived);
        let row_at = |place| train.row_index(place) as u32;
        self.rounds(train.len(), row_at, |round| {
            let rows = train.reborrow().select(round.rows)?.derived_in(kept);
            let model = fit(round, &rows).map_err(|error| refit(round.index, error))?;
            Ok(predict(&model, test))
        })
    }

    /// The probabilities that each round's classifier gives the test rows.
    ///
    /// # Errors
    ///
    /// When a parameter is out of range, schemas differ, there is no training or test row, or the
    /// estimator fails (naming the round). A class that no model knows has probability 0.
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
        let rounds = self.refits(train, test, |_, rows| estimator.fit(rows))?;
        stacked(rounds, labels_of(test), weights_of(test))
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
        let fit = |round: &Round<'_>, rows: &Labeled<'_, ClassIdx>| {
            estimator.reseeded(round.seed).fit(rows)
        };
        stacked(self.refits(train, test, fit)?, labels_of(test), weights_of(test))
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
        let rounds = self.refits(train, test, |_, rows| estimator.fit(rows))?;
        stacked_numbers(columns(rounds), labels_of(test), weights_of(test))
    }

    /// The same for a regressor that draws: each round has a seed of its own.
    ///
    /// # Errors
    ///
    /// As [`predictions`](Self::predictions).
    pub fn number_predictions_reseeded<E, M, Er>(
        &self,
        estimator: &E,
        train: &Labeled<'_, f64>,
        test: &Labeled<'_, f64>,
    ) -> Result<NumberPredictions, Error>
    where
        E: for<'a> Fit<Labeled<'a, f64>, Model = M, Error = Er> + Seeded + Sync,
        M: Regressor,
        Er: Into<BoxError>,
    {
        let fit =
            |round: &Round<'_>, rows: &Labeled<'_, f64>| estimator.reseeded(round.seed).fit(rows);
        let rounds = self.refits(train, test, fit)?;
        stacked_numbers(columns(rounds), labels_of(test), weights_of(test))
    }

    /// The probabilities that a closure gives the same rows in each round, of shape
    /// `(n_test, n_classes)`: for models that learn from something else than a feature table.
    ///
    /// # Errors
    ///
    /// As [`map_rounds`](Self::map_rounds), and when a round has another number of rows than
    /// `truth`.
    pub fn predictions_by<Er: Into<BoxError>>(
        &self,
        n_rows: usize,
        truth: Vec<ClassIdx>,
        one: impl Fn(&Round<'_>) -> Result<Array2<f64>, Er> + Sync + Send,
    ) -> Result<Predictions, Error> {
        stacked(self.map_rounds(n_rows, one)?, truth, None)
    }

    /// The numbers that a closure gives the same rows in each round.
    ///
    /// # Errors
    ///
    /// As [`predictions_by`](Self::predictions_by).
    pub fn number_predictions_by<Er: Into<BoxError>>(
        &self,
        n_rows: usize,
        truth: Vec<f64>,
        one: impl Fn(&Round<'_>) -> Result<Vec<f64>, Er> + Sync + Send,
    ) -> Result<NumberPredictions, Error> {
        stacked_numbers(self.map_rounds(n_rows, one)?, truth, None)
    }
}

/// The numbers of answers that are one number each.
pub(super) fn columns(rounds: Vec<Array2<f64>>) -> Vec<Vec<f64>> {
    rounds.into_iter().map(|round| round.into_iter().collect()).collect()
}
