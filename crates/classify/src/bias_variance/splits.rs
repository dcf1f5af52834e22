//! Repeated splits: every round predicts each row by a model that never saw it.

use ndarray::{Array2, Axis};
use patronage_core::{
    BoxError, ClassIdx, Classifier, Derived, Fit, Label, Labeled, Regressor, Seeded,
};
use rand::RngExt;

use super::driver::{BiasVariance, refit};
use super::predictions::{NumberPredictions, Predictions, stacked, stacked_numbers};
use super::refits::columns;
use crate::answers::{Answers, labels_of, predict, weights_of};
use crate::error::{Error, ErrorKind, parameter};
use crate::par::{self, Threads};

impl BiasVariance {
    /// The probabilities that each row gets from models that never saw it, round by round: no test
    /// rows need be set aside.
    ///
    /// Each round divides the rows anew into `n_folds` parts, classes evenly, fits on all parts but
    /// one and predicts that one. [`resample`](Self::resample) plays no part. Models of one round
    /// share most of their rows, so with few folds the variance is that of smaller training sets,
    /// with many it is understated; 2 to 5 folds are usual. O(rounds · folds · fit).
    ///
    /// # Errors
    ///
    /// When a parameter is out of range, there are fewer rows than folds, or the estimator fails,
    /// naming the round.
    ///
    /// # References
    ///
    /// Webb and Conilione, 2005, *Estimating bias and variance from data*.
    pub fn split_predictions<E, M, Er>(
        &self,
        estimator: &E,
        data: &Labeled<'_, ClassIdx>,
        n_folds: usize,
    ) -> Result<Predictions, Error>
    where
        E: for<'a> Fit<Labeled<'a, ClassIdx>, Model = M, Error = Er> + Sync,
        M: Classifier,
        Er: Into<BoxError>,
    {
        let rounds = self.divided(data, n_folds, ClassIdx::index, |_, rows| estimator.fit(rows))?;
        stacked(rounds, labels_of(data), weights_of(data))
    }

    /// The same for an estimator that draws: each round has a seed of its own.
    ///
    /// # Errors
    ///
    /// As [`split_predictions`](Self::split_predictions).
    pub fn split_predictions_reseeded<E, M, Er>(
        &self,
        estimator: &E,
        data: &Labeled<'_, ClassIdx>,
        n_folds: usize,
    ) -> Result<Predictions, Error>
    where
        E: for<'a> Fit<Labeled<'a, ClassIdx>, Model = M, Error = Er> + Seeded + Sync,
        M: Classifier,
        Er: Into<BoxError>,
    {
        let fit =
            |round, rows: &Labeled<'_, ClassIdx>| estimator.reseeded(self.seed_of(round)).fit(rows);
        let rounds = self.divided(data, n_folds, ClassIdx::index, fit)?;
        stacked(rounds, labels_of(data), weights_of(data))
    }

    /// The numbers that each row gets from regressors that never saw it, round by round.
    ///
    /// # Errors
    ///
    /// As [`split_predictions`](Self::split_predictions).
    pub fn split_number_predictions<E, M, Er>(
        &self,
        estimator: &E,
        data: &Labeled<'_, f64>,
        n_folds: usize,
    ) -> Result<NumberPredictions, Error>
    where
        E: for<'a> Fit<Labeled<'a, f64>, Model = M, Error = Er> + Sync,
        M: Regressor,
        Er: Into<BoxError>,
    {
        let rounds = self.divided(data, n_folds, |_| 0, |_, rows| estimator.fit(rows))?;
        stacked_numbers(columns(rounds), labels_of(data), weights_of(data))
    }

    /// The same for a regressor that draws: each round has a seed of its own.
    ///
    /// # Errors
    ///
    /// As [`split_predictions`](Self::split_predictions).
    pub fn split_number_predictions_reseeded<E, M, Er>(
        &self,
        estimator: &E,
        data: &Labeled<'_, f64>,
        n_folds: usize,
    ) -> Result<NumberPredictions, Error>
    where
        E: for<'a> Fit<Labeled<'a, f64>, Model = M, Error = Er> + Seeded + Sync,
        M: Regressor,
        Er: Into<BoxError>,
    {
        let fit =
            |round, rows: &Labeled<'_, f64>| estimator.reseeded(self.seed_of(round)).fit(rows);
        let rounds = self.divided(data, n_folds, |_| 0, fit)?;
        stacked_numbers(columns(rounds), labels_of(data), weights_of(data))
    }

    /// What models of the other parts answer to each part, in the order of rows.
    fn divided<Y: Label, M: Answers<Y>, Er: Into<BoxError>>(
        &self,
        data: &Labeled<'_, Y>,
        n_folds: usize,
        stratum: impl Fn(Y) -> usize + Sync + Send,
        fit: impl Fn(usize, &Labeled<'_, Y>) -> Result<M, Er> + Sync + Send,
    ) -> Result<Vec<Array2<f64>>, Error> {
        self.validate()?;
        if n_folds < 2 {
            return Err(parameter("n_folds", "at least 2", n_folds as f64));
        }
        let n = data.len();
        if n < n_folds {
            return Err(ErrorKind::Folds { what: "rows", n_folds, found: n }.into());
        }
        let derived = Derived::new();
        let kept = data.derived().unwrap_or(&derived);
        let rounds = par::map(self.n_rounds(), Threads::Many, |round| {
            let mut rng = self.generator(round);
            let mut order: Vec<usize> = (0..n).collect();
            for at in 0..n {
                order.swap(at, rng.random_range(at..n));
            }
            // Dealt out class by class, so that every part has its share of each.
            order.sort_by_key(|&at| stratum(data.label(at)));
            let mut fold = vec![0; n];
            order.iter().enumerate().for_each(|(dealt, &at)| fold[at] = dealt % n_folds);
            let mut parts = Vec::with_capacity(n_folds);
            for part in 0..n_folds {
                let places = |inside: bool| {
                    (0..n).filter(|&at| (fold[at] == part) == inside).collect::<Vec<usize>>()
                };
                let rows = |places: &[usize]| {
                    places.iter().map(|&at| data.row_index(at) as u32).collect::<Vec<u32>>()
                };
                let mut train = rows(&places(false));
                train.sort_unstable();
                let inside = places(true);
                let test = rows(&inside);
                let train = data.reborrow().select(&train)?.derived_in(kept);
                let model = fit(round, &train).map_err(|error| refit(round, error))?;
                parts.push((inside, predict(&model, &data.reborrow().select(&test)?)));
            }
            let width = parts.iter().map(|(_, found)| found.ncols()).max().unwrap_or(0);
            let mut all = Array2::zeros((n, width));
            for (inside, found) in &parts {
                for (&at, found) in inside.iter().zip(found.axis_iter(Axis(0))) {
                    all.row_mut(at).iter_mut().zip(found).for_each(|(out, &x)| *out = x);
                }
            }
            Ok(all)
        });
        rounds.into_iter().collect()
    }
}
