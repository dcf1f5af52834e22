//! Stopping when it gets no better.

use std::ops::ControlFlow;

use patronage_core::{BoxError, Recommender};

use super::iterative::{Iterative, validate};
use crate::error::{Error, ErrorKind, require};
use crate::evaluate::{Evaluation, Figure, HeldOut, Metric, Report};

/// Early stopping: the model of the number of rounds that did best on a validation set.
///
/// Every few rounds the model is judged. Learning stops once the metric has not risen for
/// [`patience`](Self::patience) judgements in a row, or the estimator's own bound on rounds is
/// reached; the best model seen is kept. Report its figure on customers the validation set does not
/// hold: the best of several is flattered by chance.
///
/// ```
/// use patronage_core::{Csr, InteractionTable, Seen};
/// use patronage_recommend::{Als, EarlyStopping, Evaluation, Metric, Split};
///
/// let bought: Vec<(u32, u32, f32)> = (0..60u32)
///     .flat_map(|u| (0..12).filter(move |i| i % 3 == u % 3).map(move |i| (u, i, 1.0)))
///     .collect();
/// let data = InteractionTable::new(Csr::from_entries(60, 12, &bought, |_, _| {})?)?;
/// let validation = Split::random(&data, 0.3, 1)?;
/// let evaluation = Evaluation::new(Seen::Exclude).metrics([Metric::Ndcg(3)]);
/// let stopped = EarlyStopping::new(evaluation, Metric::Ndcg(3))
///     .patience(2)
///     .run(&Als::new(3).max_iter(40), &validation.training, &validation.held_out)?;
/// assert!(stopped.stopped_early && stopped.n_rounds < 40);
/// assert_eq!(stopped.report.mean(Metric::Ndcg(3)), stopped.history.iter().map(|seen| seen.1.mean).reduce(f64::max));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct EarlyStopping {
    evaluation: Evaluation,
    metric: Metric,
    every: usize,
    patience: usize,
    least_gain: f64,
}

/// What early stopping kept.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Stopped<M> {
    /// The best model.
    pub model: M,
    /// How many rounds it had.
    pub n_rounds: usize,
    /// How it was judged.
    pub report: Report,
    /// The metric after each number of rounds judged, in their order.
    pub history: Vec<(usize, Figure)>,
    /// Whether learning was stopped for lack of gain.
    pub stopped_early: bool,
}

impl EarlyStopping {
    /// Maximises `metric`, which must be among those of `evaluation`.
    #[must_use]
    pub const fn new(evaluation: Evaluation, metric: Metric) -> Self {
        Self { evaluation, metric, every: 1, patience: 3, least_gain: 0.0 }
    }

    /// Rounds from one judgement to the next; default `1`, at least 1.
    #[must_use]
    pub const fn every(mut self, rounds: usize) -> Self {
        self.every = rounds;
        self
    }

    /// Judgements without a gain after which learning stops; default `3`, at least 1.
    #[must_use]
    pub const fn patience(mut self, judgements: usize) -> Self {
        self.patience = judgements;
        self
    }

    /// By how much the metric must rise above the last gain to count as one; default `0`, at least 0. The best model is kept in any case.
    #[must_use]
    pub const fn least_gain(mut self, gain: f64) -> Self {
        self.least_gain = gain;
        self
    }

    /// Learns from `data` until it gets no better on `validation`.
    ///
    /// # Errors
    ///
    /// When a parameter is out of its range, the estimator fails, or the evaluation does.
    pub fn run<D: ?Sized, E>(
        &self,
        estimator: &E,
        data: &D,
        validation: &HeldOut,
    ) -> Result<Stopped<E::Model>, Error>
    where
        E: Iterative<D>,
        E::Model: Recommender + Clone,
        E::Error: Into<BoxError>,
    {
        validate(self.every)?;
        require(self.patience >= 1, "patience", "at least 1", self.patience as f64)?;
        let gain = self.least_gain;
        let expected = "a finite number of at least 0";
        require(gain.is_finite() && gain >= 0.0, "least_gain", expected, gain)?;
        let mut best: Option<Stopped<E::Model>> = None;
        let mut history: Vec<(usize, Figure)> = Vec::new();
        let mut failure = None;
        let (mut n_without_gain, mut to_beat) = (0, f64::NEG_INFINITY);
        let mut watch = |n_rounds: usize, model: &E::Model| {
            let (report, figure) = match self.judge(model, validation) {
                Ok(judged) => judged,
                Err(error) => {
                    failure = Some(error);
                    return ControlFlow::Break(());
                }
            };
            let highest =
                history.iter().map(|(_, figure)| figure.mean).fold(f64::NEG_INFINITY, f64::max);
            history.push((n_rounds, figure));
            if figure.mean > highest {
                let (model, history) = (model.clone(), Vec::new());
                best = Some(Stopped { model, n_rounds, report, history, stopped_early: false });
            }
            if figure.mean > to_beat + gain {
                (n_without_gain, to_beat) = (0, figure.mean);
            } else {
                n_without_gain += 1;
            }
            if n_without_gain >= self.patience {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        };
        let learnt = estimator.fit_watched(data, self.every, &mut watch);
        if let Err(error) = learnt {
            return Err(ErrorKind::Fit { source: error.into() }.into());
        }
        if let Some(error) = failure {
            return Err(error);
        }
        let stopped_early = n_without_gain >= self.patience;
        let best = best.ok_or(ErrorKind::Empty { what: "rounds judged" })?;
        Ok(Stopped { history, stopped_early, ..best })
    }

    fn judge<M: Recommender>(
        &self,
        model: &M,
        validation: &HeldOut,
    ) -> Result<(Report, Figure), Error> {
        let report = self.evaluation.run(model, validation)?;
        let figure = report.figures().iter().find(|figure| figure.metric == self.metric).copied();
        let (metric, needed) = (self.metric.name(), "the metric to stop by");
        let figure = figure.ok_or(ErrorKind::MetricNeeds { metric, needed })?;
        Ok((report, figure))
    }
}
