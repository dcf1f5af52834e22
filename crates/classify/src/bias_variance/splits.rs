//! Repeated splits: every round predicts each row by a model that never saw it.

use ndarray::Array2;
use patronage_core::{
    BoxError, ClassIdx, Classifier, Derived, Fit, Label, Labeled, Regressor, Seeded,
};
use rand::RngExt;

use super::driver::{BiasVariance, numbers_of, refit};
use super::predictions::{NumberPredictions, Predictions, stacked, stacked_numbers, weights_of};
use crate::cross::predict;
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
        self.split_classes(data, n_folds, |_, rows| estimator.fit(rows))
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
        self.split_classes(data, n_folds, fit)
    }

    fn split_classes<M: Classifier, Er: Into<BoxError>>(
        &self,
        data: &Labeled<'_, ClassIdx>,
        n_folds: usize,
        fit: impl Fn(usize, &Labeled<'_, ClassIdx>) -> Result<M, Er> + Sync + Send,
    ) -> Result<Predictions, Error> {
        let rounds = self.divided(
            data,
            n_folds,
            |label| label.index(),
            |round, train, test| {
                let model = fit(round, train).map_err(|error| refit(round, error))?;
                let found = predict(&model, test);
                Ok(found.rows().into_iter().map(|row| row.to_vec()).collect())
            },
        )?;
        let matrix = |rows: Vec<Vec<f64>>| {
            let n_classes = rows.iter().map(Vec::len).max().unwrap_or(0);
            let mut matrix = Array2::zeros((rows.len(), n_classes));
            for (mut out, row) in matrix.rows_mut().into_iter().zip(&rows) {
                out.iter_mut().zip(row).for_each(|(out, &p)| *out = p);
            }
            matrix
        };
        let truth = (0..data.len()).map(|at| data.label(at)).collect();
        stacked(rounds.into_iter().map(matrix).collect(), truth, weights_of(data))
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
        let rounds = self.divided(
            data,
            n_folds,
            |_| 0,
            |round, train, test| {
                let model = estimator.fit(train).map_err(|error| refit(round, error))?;
                Ok(numbers_of(&model, test))
            },
        )?;
        let truth = (0..data.len()).map(|at| data.label(at)).collect();
        stacked_numbers(rounds, truth, weights_of(data))
    }

    /// What `one` says of each part after learning from the others, in the order of rows.
    fn divided<Y: Label, T: Send + Clone + Default>(
        &self,
        data: &Labeled<'_, Y>,
        n_folds: usize,
        stratum: impl Fn(Y) -> usize + Sync + Send,
        one: impl Fn(usize, &Labeled<'_, Y>, &Labeled<'_, Y>) -> Result<Vec<T>, Error> + Sync + Send,
    ) -> Result<Vec<Vec<T>>, Error> {
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
            let mut all = vec![T::default(); n];
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
                let found = one(round, &train, &data.reborrow().select(&test)?)?;
                inside.into_iter().zip(found).for_each(|(at, found)| all[at] = found);
            }
            Ok(all)
        });
        rounds.into_iter().collect()
    }
}
