//! Giving more rounds to fewer.

use patronage_core::{BoxError, Recommender};

use super::search::Search;
use super::space::Point;
use super::table::{SearchTable, Trial, ranking};
use crate::error::{Error, require};
use crate::evaluate::HeldOut;

/// Successive halving: all points with few rounds, the best share of them with more, and so on.
///
/// A stage brings every point left to its number of rounds and keeps the best `1 / factor` (rounded
/// up) for the next, which has `factor` times as many; the last has the most. Rounds are what the
/// closure makes of them: sweeps, epochs, or the share of data learnt from. It is given the point's
/// model of the stage before, to go on from it where the estimator can. Models of the points left
/// are in memory together.
///
/// ```
/// use patronage_core::{Csr, Fit, InteractionTable, Seen};
/// use patronage_recommend::{Als, Evaluation, Grid, Metric, Search, Split, SuccessiveHalving};
///
/// let bought: Vec<(u32, u32, f32)> = (0..60u32)
///     .flat_map(|u| (0..12).filter(move |i| i % 3 == u % 3).map(move |i| (u, i, 1.0)))
///     .collect();
/// let data = InteractionTable::new(Csr::from_entries(60, 12, &bought, |_, _| {})?)?;
/// let validation = Split::random(&data, 0.3, 1)?;
/// let search = Search::new(Evaluation::new(Seen::Exclude).metrics([Metric::Ndcg(3)]), Metric::Ndcg(3));
/// let points = Grid::new().values("regularization", [0.001, 0.01, 1e6]).points();
/// let table = SuccessiveHalving::new(1, 4).factor(2).run(
///     &search,
///     &points,
///     &validation.held_out,
///     |point, n_rounds, former| {
///         let als = Als::new(3).regularization(point.number("regularization")?);
///         match former {
///             None => als.max_iter(n_rounds).fit(&validation.training),
///             // As many sweeps as it lacks.
///             Some((former, had)) => als.max_iter(n_rounds - had).fit_from(&validation.training, &former),
///         }
///     },
/// )?;
/// // Three points had one sweep, two had two, one had four.
/// let rounds: Vec<_> = table.trials().iter().map(|trial| trial.n_rounds).collect();
/// assert_eq!((rounds[2], rounds.iter().max()), (Some(1), Some(&Some(4))));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # References
///
/// - K. Jamieson, A. Talwalkar (2016), "Non-stochastic best arm identification and hyperparameter optimization".
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SuccessiveHalving {
    least: usize,
    most: usize,
    factor: usize,
}

impl SuccessiveHalving {
    /// From `least` to `most` rounds; `least` at least 1, `most` not below it.
    #[must_use]
    pub const fn new(least: usize, most: usize) -> Self {
        Self { least, most, factor: 3 }
    }

    /// One in how many points goes on, with how many times as many rounds; default `3`, at least 2.
    #[must_use]
    pub const fn factor(mut self, factor: usize) -> Self {
        self.factor = factor;
        self
    }

    fn stages(&self) -> Result<Vec<usize>, Error> {
        let Self { least, most, factor } = *self;
        require(factor >= 2, "factor", "at least 2", factor as f64)?;
        require(least >= 1, "least", "at least 1", least as f64)?;
        require(most >= least, "most", "at least the least", most as f64)?;
        let mut stages = vec![least];
        let mut last = least;
        while last < most {
            last = last.saturating_mul(factor).min(most);
            stages.push(last);
        }
        Ok(stages)
    }

    /// Runs the stages; `fit` is given the point, its rounds, and its model of the stage before with the rounds that had.
    ///
    /// # Errors
    ///
    /// As [`Search::run`], and when a parameter is out of its range.
    pub fn run<M: Recommender, E: Into<BoxError>>(
        &self,
        search: &Search,
        points: &[Point],
        validation: &HeldOut,
        mut fit: impl FnMut(&Point, usize, Option<(M, usize)>) -> Result<M, E>,
    ) -> Result<SearchTable, Error> {
        let stages = self.stages()?;
        let mut trials: Vec<Trial> =
            points.iter().map(|point| Trial::new(point.clone(), None)).collect();
        let mut models: Vec<Option<(M, usize)>> = points.iter().map(|_| None).collect();
        let mut alive: Vec<usize> = (0..points.len()).collect();
        for (stage, &n_rounds) in stages.iter().enumerate() {
            for &at in &alive {
                trials[at].n_rounds = Some(n_rounds);
                trials[at].is_complete = stage + 1 == stages.len();
                match fit(&points[at], n_rounds, models[at].take()) {
                    Ok(model) => {
                        trials[at].report = Some(search.evaluation.run(&model, validation)?);
                        models[at] = Some((model, n_rounds));
                    }
                    Err(error) => {
                        trials[at].report = None;
                        trials[at].failure = Some(error.into().to_string());
                    }
                }
            }
            let n = alive.len().div_ceil(self.factor);
            let ranking = ranking(search.metric, &trials);
            let stays = |at: &usize| alive.contains(at) && trials[*at].n_rounds == Some(n_rounds);
            let mut left: Vec<usize> = ranking.into_iter().filter(stays).take(n).collect();
            left.sort_unstable();
            for (at, model) in models.iter_mut().enumerate() {
                if !left.contains(&at) {
                    *model = None;
                }
            }
            alive = left;
        }
        search.table(trials)
    }
}
