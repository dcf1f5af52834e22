//! Losses of fits on some rows, judged on others.

use ndarray::{Array2, Axis};
use patronage_core::{BoxError, ClassIdx, Fit, Label, Labeled};

use crate::answers::{Answers, labels_of, predict, weights_of};
use crate::bias_variance::interval::{REACH, around, mean_and_variance, t_reach};
use crate::bias_variance::{Loss, NumberPredictions, Predictions};
use crate::error::{Error, ErrorKind};
use crate::metrics::Interval;

/// A mean loss and its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct LossEstimate {
    /// The mean.
    pub mean: f64,
    /// Its 95 % interval.
    pub interval: Interval,
}

/// The losses of one fit, row by row.
#[derive(Clone, Debug)]
pub(super) struct Judged {
    /// On the rows it learnt from: their mean.
    pub(super) training: f64,
    /// On the rows it did not see.
    pub(super) validation: Vec<f64>,
    pub(super) weights: Option<Vec<f64>>,
}

impl Judged {
    pub(super) fn mean(&self) -> f64 {
        mean_and_variance(self.validation.iter().copied(), self.weights.as_deref()).0
    }
}

/// Fits on the first rows and judges the second.
pub(super) type Work<'w, Y> =
    dyn Fn(usize, &Labeled<'_, Y>, &Labeled<'_, Y>) -> Result<Judged, Error> + Sync + Send + 'w;

/// Labels that answers can be held against, row by row.
pub(super) trait Judgeable: Label {
    /// The loss of each answer.
    fn losses(answers: Array2<f64>, truth: Vec<Self>, loss: Loss) -> Result<Vec<f64>, Error>;
}

impl Judgeable for ClassIdx {
    fn losses(found: Array2<f64>, truth: Vec<Self>, loss: Loss) -> Result<Vec<f64>, Error> {
        let n_classes = truth.iter().map(|label| label.index() + 1).max().unwrap_or(0);
        let mut all = Array2::zeros((found.nrows(), n_classes.max(found.ncols())));
        all.slice_axis_mut(Axis(1), (0..found.ncols()).into()).assign(&found);
        let probabilities = all.insert_axis(Axis(0));
        losses(&Predictions { probabilities, truth, weights: None }.decompose(loss)?)
    }
}

impl Judgeable for f64 {
    fn losses(found: Array2<f64>, truth: Vec<Self>, _loss: Loss) -> Result<Vec<f64>, Error> {
        let values = found.reversed_axes();
        losses(&NumberPredictions { values, truth, weights: None }.decompose()?)
    }
}

/// Fits an estimator of classes or numbers.
pub(super) fn of_estimator<Y, E, M, Er>(
    estimator: &E,
    loss: Loss,
) -> impl Fn(usize, &Labeled<'_, Y>, &Labeled<'_, Y>) -> Result<Judged, Error>
+ Sync
+ Send
+ use<'_, Y, E, M, Er>
where
    Y: Judgeable,
    E: for<'a> Fit<Labeled<'a, Y>, Model = M, Error = Er> + Sync,
    M: Answers<Y>,
    Er: Into<BoxError>,
{
    move |split, train, test| {
        let model = estimator.fit(train).map_err(|error| refit(split, error))?;
        let of = |rows: &Labeled<'_, Y>| Y::losses(predict(&model, rows), labels_of(rows), loss);
        judged(of(train)?, of(test)?, train, test)
    }
}

fn losses(of: &crate::bias_variance::Decomposition) -> Result<Vec<f64>, Error> {
    Ok(of.rows().iter().map(|terms| terms.loss).collect())
}

fn judged<Y: Label>(
    training: Vec<f64>,
    validation: Vec<f64>,
    train: &Labeled<'_, Y>,
    test: &Labeled<'_, Y>,
) -> Result<Judged, Error> {
    let (training, _) = mean_and_variance(training.into_iter(), weights_of(train).as_deref());
    let weights = weights_of(test);
    if weights.as_ref().is_some_and(|weights| weights.iter().sum::<f64>() <= 0.0) {
        return Err(ErrorKind::NoRows { what: "validation" }.into());
    }
    Ok(Judged { training, validation, weights })
}

fn refit(round: usize, error: impl Into<BoxError>) -> Error {
    ErrorKind::Refit { round, source: error.into() }.into()
}

/// The mean over splits of something told of each split's rows, with an interval: from how rows
/// differ or from how splits differ, whichever is wider.
pub(super) fn over_splits(rows: &[(Vec<f64>, Option<&[f64]>)]) -> LossEstimate {
    let means: Vec<(f64, f64)> = rows
        .iter()
        .map(|(rows, weights)| mean_and_variance(rows.iter().copied(), *weights))
        .collect();
    let n = means.len() as f64;
    let mean = means.iter().map(|(mean, _)| mean).sum::<f64>() / n;
    let of_rows = means.iter().map(|(_, variance)| variance).sum::<f64>() / (n * n);
    let (_, of_splits) = mean_and_variance(means.iter().map(|(mean, _)| *mean), None);
    // Splits are few, so that their own word is worth Student's quantile.
    let [rows, splits] = [
        REACH * of_rows.sqrt(),
        if means.len() > 1 { t_reach(n - 1.0) * of_splits.sqrt() } else { 0.0 },
    ];
    LossEstimate { mean, interval: around(mean, rows.max(splits), 1.0) }
}

/// The same for figures of which there is one a split.
pub(super) fn over_figures(figures: &[f64]) -> LossEstimate {
    let rows: Vec<(Vec<f64>, Option<&[f64]>)> =
        figures.iter().map(|&figure| (vec![figure], None)).collect();
    over_splits(&rows)
}
