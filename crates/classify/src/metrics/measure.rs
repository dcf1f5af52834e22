//! Judging answers, by a figure of ours or anyone's.

use ndarray::ArrayView2;
use patronage_core::{ClassIdx, Label};

use super::classes::{multiclass_brier, multiclass_log_loss};
use super::metric::{Goal, Metric};
use super::multiclass::{Average, one_vs_rest_roc_auc};
use super::scored::Scored;
use crate::error::{Error, ErrorKind};

/// A figure by which models are compared: in a search, in tests, in explanations.
///
/// [`Metric`] is one of classes, [`NumberMetric`](super::NumberMetric) one of numbers;
/// [`MeasureFn`] makes one of a closure. Outsiders may implement it.
pub trait Measure<Y: Label = ClassIdx>: Send + Sync {
    /// Its name, for tables.
    fn name(&self) -> String;

    /// Whether more or less of it is better.
    fn goal(&self) -> Goal;

    /// The figure of answers to rows of these labels, with a weight for each row or 1: probabilities
    /// of shape `(n_rows, n_classes)`, or numbers of shape `(n_rows, 1)`.
    ///
    /// # Errors
    ///
    /// When it is not defined on these rows.
    fn measure(
        &self,
        answers: ArrayView2<'_, f64>,
        labels: &[Y],
        weights: Option<&[f64]>,
    ) -> Result<f64, Error>;
}

impl<Y: Label, M: Measure<Y> + ?Sized> Measure<Y> for &M {
    fn name(&self) -> String {
        (**self).name()
    }

    fn goal(&self) -> Goal {
        (**self).goal()
    }

    fn measure(
        &self,
        answers: ArrayView2<'_, f64>,
        labels: &[Y],
        weights: Option<&[f64]>,
    ) -> Result<f64, Error> {
        (**self).measure(answers, labels, weights)
    }
}

impl<Y: Label, M: Measure<Y> + ?Sized> Measure<Y> for Box<M> {
    fn name(&self) -> String {
        (**self).name()
    }

    fn goal(&self) -> Goal {
        (**self).goal()
    }

    fn measure(
        &self,
        answers: ArrayView2<'_, f64>,
        labels: &[Y],
        weights: Option<&[f64]>,
    ) -> Result<f64, Error> {
        (**self).measure(answers, labels, weights)
    }
}

/// With two classes the figure of class 1; with more the log loss, the Brier score summed over
/// classes and the macro mean of one-against-rest ROC AUCs, and nothing else.
impl Measure for Metric {
    fn name(&self) -> String {
        self.to_string()
    }

    fn goal(&self) -> Goal {
        Self::goal(*self)
    }

    fn measure(
        &self,
        probabilities: ArrayView2<'_, f64>,
        labels: &[ClassIdx],
        weights: Option<&[f64]>,
    ) -> Result<f64, Error> {
        let n_classes = probabilities.ncols();
        if n_classes <= 2 {
            let class = ClassIdx::new(1);
            let scored = match weights {
                Some(weights) => Scored::of_class_weighted(probabilities, labels, class, weights)?,
                None => Scored::of_class(probabilities, labels, class)?,
            };
            return self.of(&scored);
        }
        match self {
            Self::LogLoss => multiclass_log_loss(probabilities, labels, weights),
            Self::Brier => multiclass_brier(probabilities, labels, weights),
            Self::RocAuc => one_vs_rest_roc_auc(probabilities, labels, weights, Average::Macro),
            _ => Err(ErrorKind::TooManyClasses { most: 2, found: n_classes }.into()),
        }
    }
}

/// A figure made of a closure.
///
/// # Examples
///
/// ```
/// use ndarray::array;
/// use patronage_classify::{Goal, Measure, MeasureFn, accuracy};
/// use patronage_core::{ClassIdx, Label};
///
/// let right = MeasureFn::new("accuracy", Goal::Maximize, accuracy);
/// let labels = [0, 1].map(ClassIdx::new);
/// assert_eq!(right.measure(array![[0.9, 0.1], [0.7, 0.3]].view(), &labels, None)?, 0.5);
/// # Ok::<(), patronage_classify::Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct MeasureFn<F> {
    name: &'static str,
    goal: Goal,
    figure: F,
}

impl<F> MeasureFn<F>
where
    F: Fn(ArrayView2<'_, f64>, &[ClassIdx], Option<&[f64]>) -> Result<f64, Error> + Send + Sync,
{
    /// The figure that `figure` gives for probabilities, classes and weights.
    pub const fn new(name: &'static str, goal: Goal, figure: F) -> Self {
        Self { name, goal, figure }
    }
}

impl<F> MeasureFn<F>
where
    F: Fn(ArrayView2<'_, f64>, &[f64], Option<&[f64]>) -> Result<f64, Error> + Send + Sync,
{
    /// The figure that `figure` gives for the numbers answered (of shape `(n_rows, 1)`), the true
    /// ones and weights.
    pub const fn of_numbers(name: &'static str, goal: Goal, figure: F) -> Self {
        Self { name, goal, figure }
    }
}

impl<F> std::fmt::Debug for MeasureFn<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MeasureFn").field("name", &self.name).field("goal", &self.goal).finish()
    }
}

impl<Y, F> Measure<Y> for MeasureFn<F>
where
    Y: Label,
    F: Fn(ArrayView2<'_, f64>, &[Y], Option<&[f64]>) -> Result<f64, Error> + Send + Sync,
{
    fn name(&self) -> String {
        self.name.to_owned()
    }

    fn goal(&self) -> Goal {
        self.goal
    }

    fn measure(
        &self,
        answers: ArrayView2<'_, f64>,
        labels: &[Y],
        weights: Option<&[f64]>,
    ) -> Result<f64, Error> {
        (self.figure)(answers, labels, weights)
    }
}
