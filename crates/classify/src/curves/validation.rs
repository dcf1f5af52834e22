//! Loss against a parameter.

use patronage_core::{BoxError, ClassIdx, Classifier, Derived, Fit, Label, Labeled, Regressor};

use super::learning::check_splits;
use super::losses::{Judged, LossEstimate, Work, of_estimator, over_figures, over_splits};
use crate::bias_variance::Loss;
use crate::error::{Error, ErrorKind};
use crate::metrics::Interval;
use crate::par::{self, Threads};
use crate::splits::Split;

/// One value of the parameter.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct ValidationPoint {
    /// The value.
    pub value: f64,
    /// The loss on the rows learnt from.
    pub training: LossEstimate,
    /// The loss on rows not seen.
    pub validation: LossEstimate,
    /// How much more is lost than at the best point, row by row: 95 %.
    pub behind_best: Interval,
}

/// The losses of an estimator over the values of one parameter: plain figures, as they came out,
/// with as many descents as they have.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct ValidationCurve {
    /// The name of the parameter, such as `"tree depth"`.
    pub parameter: String,
    /// How predictions were judged.
    pub loss: Loss,
    /// In the order given; at least one.
    pub points: Vec<ValidationPoint>,
    /// The point of least loss on rows not seen, the first of equals.
    pub best: usize,
}

impl ValidationCurve {
    /// The points that are not worse than the best beyond chance, in the order given: of them the
    /// simplest will do.
    #[must_use]
    pub fn as_good_as_best(&self) -> Vec<usize> {
        let good = |at: &usize| *at == self.best || self.points[*at].behind_best.low <= 0.0;
        (0..self.points.len()).filter(good).collect()
    }
}

/// Fits at each value of a parameter on each split's training rows and judges its test rows.
///
/// `make` turns a value into an estimator, such as `|leaves| DecisionTree::new().max_leaves(leaves)`
/// over `[2, 4, 8]`; the same serves rounds, penalties, neighbours. Intervals as in
/// [`learning_curve`](super::learning_curve). O(values · splits · fit).
///
/// # Errors
///
/// When there is no value or no split, a row is out of range, a split has no training or test
/// rows, or the estimator fails, naming the split.
///
/// # Examples
///
/// ```
/// use ndarray::Array2;
/// use patronage_classify::{DecisionTree, Loss, stratified_folds, validation_curve};
/// use patronage_core::{ClassIdx, Column, FeatureTable, Labeled, Schema};
///
/// let cells = Array2::from_shape_fn((200, 1), |(row, _)| (row * 7 % 200) as f64);
/// let labels: Vec<ClassIdx> =
///     cells.iter().map(|&x| ClassIdx::new(u32::from(x as u32 % 50 > 25))).collect();
/// let table = FeatureTable::new(Schema::new([Column::number("recency_days")])?, cells)?;
/// let data = Labeled::new(&table, &labels)?;
/// let splits = stratified_folds(&labels, 5, 0)?;
/// let tree = |depth: u32| DecisionTree::new().max_depth(depth as usize);
/// let curve = validation_curve("tree depth", 0..=8, tree, &data, &splits, Loss::Brier)?;
/// assert!(curve.best > 1);
/// assert!(!curve.as_good_as_best().contains(&0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn validation_curve<C, E, M, Er>(
    parameter: &str,
    range: impl IntoIterator<Item = C>,
    make: impl Fn(C) -> E,
    data: &Labeled<'_, ClassIdx>,
    splits: &[Split],
    loss: Loss,
) -> Result<ValidationCurve, Error>
where
    C: Copy + Into<f64>,
    E: for<'a> Fit<Labeled<'a, ClassIdx>, Model = M, Error = Er> + Sync,
    M: Classifier,
    Er: Into<BoxError>,
{
    let each =
        |value: C, kept: &Derived| judge(data, splits, kept, &of_estimator(&make(value), loss));
    curve(parameter, range, data, splits, loss, each)
}

/// The same for a regressor and the squared error.
///
/// # Errors
///
/// As [`validation_curve`].
pub fn validation_curve_of_numbers<C, E, M, Er>(
    parameter: &str,
    range: impl IntoIterator<Item = C>,
    make: impl Fn(C) -> E,
    data: &Labeled<'_, f64>,
    splits: &[Split],
) -> Result<ValidationCurve, Error>
where
    C: Copy + Into<f64>,
    E: for<'a> Fit<Labeled<'a, f64>, Model = M, Error = Er> + Sync,
    M: Regressor,
    Er: Into<BoxError>,
{
    let each = |value: C, kept: &Derived| {
        judge(data, splits, kept, &of_estimator(&make(value), Loss::Squared))
    };
    curve(parameter, range, data, splits, Loss::Squared, each)
}

fn judge<Y: Label>(
    data: &Labeled<'_, Y>,
    splits: &[Split],
    kept: &Derived,
    work: &Work<'_, Y>,
) -> Result<Vec<Judged>, Error> {
    let judged = par::map(splits.len(), Threads::Many, |split| {
        let train = data.reborrow().select(&splits[split].train)?.derived_in(kept);
        work(split, &train, &data.reborrow().select(&splits[split].test)?)
    });
    judged.into_iter().collect()
}

fn curve<C: Copy + Into<f64>, Y: Label>(
    parameter: &str,
    range: impl IntoIterator<Item = C>,
    data: &Labeled<'_, Y>,
    splits: &[Split],
    loss: Loss,
    each: impl Fn(C, &Derived) -> Result<Vec<Judged>, Error>,
) -> Result<ValidationCurve, Error> {
    check_splits(splits)?;
    let derived = Derived::new();
    let kept = data.derived().unwrap_or(&derived);
    let judged: Vec<(f64, Vec<Judged>)> = range
        .into_iter()
        .map(|value| Ok((value.into(), each(value, kept)?)))
        .collect::<Result<_, Error>>()?;
    if judged.is_empty() {
        return Err(ErrorKind::NoRows { what: "validation curve" }.into());
    }
    let mean = |of: &[Judged]| of.iter().map(Judged::mean).sum::<f64>() / of.len() as f64;
    let means: Vec<f64> = judged.iter().map(|(_, of)| mean(of)).collect();
    let less = |best: usize, at: usize| if means[at] < means[best] { at } else { best };
    let best = (0..means.len()).fold(0, less);
    let of_best = &judged[best].1;
    let point = |(value, of): &(f64, Vec<Judged>)| {
        let rows: Vec<(Vec<f64>, Option<&[f64]>)> =
            of.iter().map(|at| (at.validation.clone(), at.weights.as_deref())).collect();
        let behind: Vec<(Vec<f64>, Option<&[f64]>)> = of
            .iter()
            .zip(of_best)
            .map(|(at, best)| {
                let pairs = at.validation.iter().zip(&best.validation);
                (pairs.map(|(a, b)| a - b).collect(), at.weights.as_deref())
            })
            .collect();
        let training: Vec<f64> = of.iter().map(|at| at.training).collect();
        ValidationPoint {
            value: *value,
            training: over_figures(&training),
            validation: over_splits(&rows),
            behind_best: over_splits(&behind).interval,
        }
    };
    let points = judged.iter().map(point).collect();
    Ok(ValidationCurve { parameter: parameter.to_owned(), loss, points, best })
}
