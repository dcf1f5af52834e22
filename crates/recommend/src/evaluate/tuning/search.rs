//! Trying points on a validation set.

use patronage_core::{BoxError, Recommender};

use super::space::Point;
use super::table::{SearchTable, Trial};
use crate::error::{Error, ErrorKind};
use crate::evaluate::{Evaluation, HeldOut, Metric};

/// Tries points of a parameter space on a validation set: any model, any metric of which more is better.
///
/// A closure makes the model of a point. Trials run one after another, since models use every core
/// themselves, and a model is dropped once it is judged. A point whose model cannot be fitted is a
/// row of the table with its reason, not the end of the search. One fit and one evaluation a point.
///
/// ```
/// use patronage_core::{Csr, Fit, InteractionTable, Seen};
/// use patronage_recommend::{Evaluation, Grid, ItemKnn, Metric, Search, Split};
///
/// let bought: Vec<(u32, u32, f32)> = (0..60u32)
///     .flat_map(|u| (0..12).filter(move |i| i % 3 == u % 3 || (u + i) % 7 == 0).map(move |i| (u, i, 1.0)))
///     .collect();
/// let data = InteractionTable::new(Csr::from_entries(60, 12, &bought, |_, _| {})?)?;
/// let validation = Split::random(&data, 0.3, 1)?;
/// let search = Search::new(Evaluation::new(Seen::Exclude).metrics([Metric::Ndcg(3)]), Metric::Ndcg(3));
/// let points = Grid::new().values("n_neighbours", [0.0, 1.0, 4.0]).points();
/// let table = search.run(&points, &validation.held_out, |point| {
///     ItemKnn::new(point.count("n_neighbours")?).fit(&validation.training)
/// })?;
/// assert_eq!(table.best().point.count("n_neighbours")?, 4);
/// assert!(table.trials()[0].failure.is_some());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Search {
    pub(super) evaluation: Evaluation,
    pub(super) metric: Metric,
}

impl Search {
    /// Maximises `metric`, which must be among those of `evaluation`.
    #[must_use]
    pub const fn new(evaluation: Evaluation, metric: Metric) -> Self {
        Self { evaluation, metric }
    }

    /// Fits the model of every point and judges it on `validation`.
    ///
    /// # Errors
    ///
    /// When there is no point, no point has a model, or the evaluation fails.
    pub fn run<M: Recommender, E: Into<BoxError>>(
        &self,
        points: &[Point],
        validation: &HeldOut,
        mut fit: impl FnMut(&Point) -> Result<M, E>,
    ) -> Result<SearchTable, Error> {
        let mut trials = Vec::with_capacity(points.len());
        for point in points {
            let mut trial = Trial::new(point.clone(), None);
            trial.is_complete = true;
            match fit(point) {
                Ok(model) => trial.report = Some(self.evaluation.run(&model, validation)?),
                Err(error) => trial.failure = Some(error.into().to_string()),
            }
            trials.push(trial);
        }
        self.table(trials)
    }

    pub(super) fn table(&self, trials: Vec<Trial>) -> Result<SearchTable, Error> {
        if trials.is_empty() {
            return Err(ErrorKind::Empty { what: "points of a search" }.into());
        }
        let mut table = SearchTable { metric: self.metric, trials, best: 0 };
        let reached = table.trials.iter().any(|trial| trial.report.is_some());
        match table.ranking().first() {
            Some(&best) => table.best = best,
            None if reached => {
                let (metric, needed) = (self.metric.name(), "the metric searched by");
                return Err(ErrorKind::MetricNeeds { metric, needed }.into());
            }
            None => return Err(ErrorKind::Empty { what: "points with a model" }.into()),
        }
        Ok(table)
    }
}
