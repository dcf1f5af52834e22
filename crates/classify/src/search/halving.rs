//! Giving more to fewer.

use patronage_core::{BoxError, Fit, Label, Labeled};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::run::{Search, score_splits};
use super::space::Point;
use super::table::SearchTable;
use crate::answers::Answers;
use crate::error::{Error, parameter};
use crate::metrics::{Goal, Measure};
use crate::par::{self, Threads};
use crate::splits::Split;

/// Successive halving: all candidates with little, the best share of them with more, and so on.
///
/// A stage gives every candidate its resource and keeps the best `1 / factor` (rounded up) for the
/// next, which has `factor` times as much; the last stage has the most. The resource is training
/// rows (drawn from those of each split, the same for every candidate and nested from stage to
/// stage; test rows stay whole), or whatever the closure makes of it, such as boosting rounds.
///
/// # References
///
/// Jamieson and Talwalkar, 2016, *Non-stochastic best arm identification and hyperparameter
/// optimization*.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SuccessiveHalving {
    factor: usize,
    least: usize,
    most: usize,
    seed: u64,
}

impl SuccessiveHalving {
    /// From `least` to `most` rows or rounds; `least` at least `1`, `most` not below it.
    #[must_use]
    pub const fn new(least: usize, most: usize) -> Self {
        Self { factor: 3, least, most, seed: 0 }
    }

    /// One in how many candidates goes on, with how many times as much; default `3`, at least `2`.
    #[must_use]
    pub const fn factor(mut self, factor: usize) -> Self {
        self.factor = factor;
        self
    }

    /// Seed of the rows drawn; default `0`.
    #[must_use]
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    fn stages(&self) -> Result<Vec<usize>, Error> {
        if self.factor < 2 {
            return Err(parameter("factor", "at least 2", self.factor as f64));
        }
        if self.least == 0 {
            return Err(parameter("least", "at least 1", 0.0));
        }
        if self.most < self.least {
            return Err(parameter("most", "at least as much as the least", self.most as f64));
        }
        let mut stages = vec![self.least];
        while let Some(&last) = stages.last().filter(|&&last| last < self.most) {
            stages.push(last.saturating_mul(self.factor).min(self.most));
        }
        Ok(stages)
    }

    /// Gives stages more training rows: up to `most` of each split.
    ///
    /// # Errors
    ///
    /// As [`Search::run`], and when a parameter is out of range.
    pub fn by_rows<Y, M, C, E, Mo, Er>(
        &self,
        search: &Search<M, C>,
        points: &[Point],
        estimator: impl Fn(&Point) -> Result<E, Error> + Send + Sync,
        data: &Labeled<'_, Y>,
        splits: &[Split],
    ) -> Result<SearchTable, Error>
    where
        Y: Label,
        M: Measure<Y>,
        C: Fn(&Point) -> f64,
        E: for<'a> Fit<Labeled<'a, Y>, Model = Mo, Error = Er> + Sync,
        Mo: Answers<Y>,
        Er: Into<BoxError>,
    {
        let orders: Vec<Vec<u32>> =
            splits.iter().enumerate().map(|(at, split)| self.order(at, &split.train)).collect();
        let measure = &search.measure;
        self.run::<Y, M, C>(search, points, splits.len(), |at, resource| {
            let parts: Vec<Split> = splits
                .iter()
                .zip(&orders)
                .map(|(split, order)| {
                    let mut train = order[..resource.min(order.len())].to_vec();
                    train.sort_unstable();
                    Split { train, test: split.test.clone() }
                })
                .collect();
            score_splits(&estimator(&points[at])?, data, &parts, measure, 0)
        })
    }

    /// Gives the closure the resource of the stage: boosting rounds, trees, iterations.
    ///
    /// # Errors
    ///
    /// As [`Search::run`], and when a parameter is out of range.
    pub fn by_rounds<Y, M, C, E, Mo, Er>(
        &self,
        search: &Search<M, C>,
        points: &[Point],
        estimator: impl Fn(&Point, usize) -> Result<E, Error> + Send + Sync,
        data: &Labeled<'_, Y>,
        splits: &[Split],
    ) -> Result<SearchTable, Error>
    where
        Y: Label,
        M: Measure<Y>,
        C: Fn(&Point) -> f64,
        E: for<'a> Fit<Labeled<'a, Y>, Model = Mo, Error = Er> + Sync,
        Mo: Answers<Y>,
        Er: Into<BoxError>,
    {
        let measure = &search.measure;
        self.run::<Y, M, C>(search, points, splits.len(), |at, resource| {
            score_splits(&estimator(&points[at], resource)?, data, splits, measure, 0)
        })
    }

    /// The training rows of a split in the order in which stages take them.
    fn order(&self, split: usize, train: &[u32]) -> Vec<u32> {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        rng.set_stream(split as u64);
        let mut order = train.to_vec();
        for at in (1..order.len()).rev() {
            order.swap(at, rng.random_range(0..=at));
        }
        order
    }

    fn run<Y: Label, M: Measure<Y>, C: Fn(&Point) -> f64>(
        &self,
        search: &Search<M, C>,
        points: &[Point],
        n_splits: usize,
        score: impl Fn(usize, usize) -> Result<Vec<f64>, Error> + Send + Sync,
    ) -> Result<SearchTable, Error> {
        let stages = self.stages()?;
        let mut candidates = search.candidates(points)?;
        if n_splits == 0 {
            return Err(crate::error::ErrorKind::NoRows { what: "cross-validation" }.into());
        }
        let mut alive: Vec<usize> = (0..points.len()).collect();
        for (stage, &resource) in stages.iter().enumerate() {
            let found = par::map(alive.len(), Threads::Many, |at| score(alive[at], resource));
            for (&at, scores) in alive.iter().zip(found) {
                candidates[at].judged(scores?);
                candidates[at].resource = Some(resource);
                candidates[at].is_complete = stage + 1 == stages.len();
            }
            alive.sort_by(|&a, &b| {
                let (a_mean, b_mean) = (candidates[a].mean, candidates[b].mean);
                let by_mean = match search.measure.goal() {
                    Goal::Maximize => b_mean.total_cmp(&a_mean),
                    Goal::Minimize => a_mean.total_cmp(&b_mean),
                };
                by_mean
                    .then(candidates[a].complexity.total_cmp(&candidates[b].complexity))
                    .then(a.cmp(&b))
            });
            if stage + 1 < stages.len() {
                alive.truncate(alive.len().div_ceil(self.factor));
                alive.sort_unstable();
            }
        }
        Ok(search.table::<Y>(candidates))
    }
}
