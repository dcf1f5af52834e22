//! Predictions for rows by models that never saw them.

use ndarray::Array2;
use patronage_core::{BoxError, Fit, Label, Labeled};

use crate::answers::{Answers, labels_of, predict, weights_of};
use crate::error::{Error, ErrorKind};
use crate::metrics::Measure;
use crate::par::{self, Threads};
use crate::splits::Split;

/// Refits an estimator on the training rows of each split and predicts its test rows.
///
/// Returns probabilities of shape `(rows of the table, n_classes)`, or of a regressor its numbers of
/// shape `(rows of the table, 1)`. A row in no test part is NaN throughout, one in several (of
/// repeated folds) has the mean of their answers. Splits are rows of the table, whatever takes part
/// in `data`; its weights are used in fitting. Splits are fitted in parallel.
///
/// # Errors
///
/// When there is no split, a row is out of range, or the estimator fails, naming the split.
///
/// # Examples
///
/// ```
/// use ndarray::array;
/// use patronage_classify::{Baseline, cross_predict, folds_by};
/// use patronage_core::{ClassIdx, Column, FeatureTable, Labeled, Schema};
///
/// let table = FeatureTable::new(Schema::new([Column::number("x")])?, array![[1.0], [2.0], [3.0], [4.0]])?;
/// let labels = [1, 0, 0, 0].map(ClassIdx::new);
/// let data = Labeled::new(&table, &labels)?;
/// let probabilities = cross_predict(&Baseline::new(), &data, &folds_by(4, 2, |row| row % 2)?)?;
/// assert_eq!(probabilities[[0, 1]], 0.0);
/// assert_eq!(probabilities[[1, 1]], 0.5);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn cross_predict<Y, E, M, Er>(
    estimator: &E,
    data: &Labeled<'_, Y>,
    splits: &[Split],
) -> Result<Array2<f64>, Error>
where
    Y: Label,
    E: for<'a> Fit<Labeled<'a, Y>, Model = M, Error = Er> + Sync,
    M: Answers<Y>,
    Er: Into<BoxError>,
{
    let parts = each_split(splits, |round, split| {
        of_split(estimator, data, split, round, |model, test| Ok(predict(model, test)))
    })?;
    let width = parts.iter().map(Array2::ncols).max().unwrap_or(0);
    let mut all = Array2::from_elem((data.table().nrows(), width), f64::NAN);
    let mut times = vec![0_u32; all.nrows()];
    for (part, split) in parts.iter().zip(splits) {
        for (probabilities, &row) in part.rows().into_iter().zip(&split.test) {
            let mut out = all.row_mut(row as usize);
            if times[row as usize] == 0 {
                out.fill(0.0);
            }
            times[row as usize] += 1;
            out.iter_mut().zip(probabilities).for_each(|(out, &p)| *out += p);
        }
    }
    for (mut out, &times) in all.rows_mut().into_iter().zip(&times) {
        if times > 1 {
            out.iter_mut().for_each(|p| *p /= f64::from(times));
        }
    }
    Ok(all)
}

/// Refits an estimator on the training rows of each split and gives the figure of its test rows,
/// split by split: a [`Metric`](crate::Metric) of classes, a
/// [`NumberMetric`](crate::NumberMetric) of numbers, or anyone's own.
///
/// Weights count in fitting and in the figure. Splits are fitted in parallel.
///
/// # Errors
///
/// When there is no split, a row is out of range, the estimator fails (naming the split), or the
/// figure is not defined on the test rows of a split.
///
/// # Examples
///
/// ```
/// use ndarray::Array2;
/// use patronage_classify::{DecisionTree, Metric, Splitter, StratifiedKFold, cross_score};
/// use patronage_core::{ClassIdx, Column, FeatureTable, Labeled, Schema};
///
/// let cells = Array2::from_shape_fn((40, 1), |(row, _)| row as f64);
/// let table = FeatureTable::new(Schema::new([Column::number("x")])?, cells)?;
/// let labels: Vec<ClassIdx> = (0..40).map(|row| ClassIdx::new(u32::from(row > 19))).collect();
/// let data = Labeled::new(&table, &labels)?;
/// let splits = StratifiedKFold::new(4).splits(&labels)?;
/// let scores = cross_score(&DecisionTree::new(), &data, &splits, &Metric::RocAuc)?;
/// assert!(scores.len() == 4 && scores.iter().all(|&auc| auc > 0.85));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn cross_score<Y, E, M, Er>(
    estimator: &E,
    data: &Labeled<'_, Y>,
    splits: &[Split],
    measure: &dyn Measure<Y>,
) -> Result<Vec<f64>, Error>
where
    Y: Label,
    E: for<'a> Fit<Labeled<'a, Y>, Model = M, Error = Er> + Sync,
    M: Answers<Y>,
    Er: Into<BoxError>,
{
    each_split(splits, |round, split| score_split(estimator, data, split, round, measure))
}

/// The figure of the test rows of one split, the `round`th of all.
pub(crate) fn score_split<Y, E, M, Er>(
    estimator: &E,
    data: &Labeled<'_, Y>,
    split: &Split,
    round: usize,
    measure: &dyn Measure<Y>,
) -> Result<f64, Error>
where
    Y: Label,
    E: for<'a> Fit<Labeled<'a, Y>, Model = M, Error = Er>,
    M: Answers<Y>,
    Er: Into<BoxError>,
{
    of_split(estimator, data, split, round, |model, test| {
        let answers = predict(model, test);
        measure.measure(answers.view(), &labels_of(test), weights_of(test).as_deref())
    })
}

/// Something of the model of a split and its test rows.
fn of_split<Y, E, M, Er, T>(
    estimator: &E,
    data: &Labeled<'_, Y>,
    split: &Split,
    round: usize,
    of: impl Fn(&M, &Labeled<'_, Y>) -> Result<T, Error>,
) -> Result<T, Error>
where
    Y: Label,
    E: for<'a> Fit<Labeled<'a, Y>, Model = M, Error = Er>,
    Er: Into<BoxError>,
{
    let train = data.reborrow().select(&split.train)?;
    let test = data.reborrow().select(&split.test)?;
    let model = estimator
        .fit(&train)
        .map_err(|error| Error::from(ErrorKind::Refit { round, source: error.into() }))?;
    of(&model, &test)
}

/// Something of each split, in order.
fn each_split<T: Send>(
    splits: &[Split],
    of: impl Fn(usize, &Split) -> Result<T, Error> + Send + Sync,
) -> Result<Vec<T>, Error> {
    if splits.is_empty() {
        return Err(ErrorKind::NoRows { what: "cross-validation" }.into());
    }
    let threads = if splits.len() > 1 { Threads::Many } else { Threads::One };
    par::map(splits.len(), threads, |round| of(round, &splits[round])).into_iter().collect()
}
