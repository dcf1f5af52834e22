//! Predictions for rows by models that never saw them.

use ndarray::Array2;
use patronage_core::{BoxError, ClassIdx, Classifier, Fit, Labeled, row_slice};

use crate::error::{Error, ErrorKind};
use crate::metrics::Measure;
use crate::par::{self, Threads};
use crate::splits::Split;

/// Refits an estimator on the training rows of each split and predicts its test rows.
///
/// Returns probabilities of shape `(rows of the table, n_classes)`; a row in no test part is NaN
/// throughout, one in several (of repeated folds) has the mean of their answers. Splits are rows of the table, whatever
/// takes part in `data`; its weights are used in fitting. Splits are fitted in parallel.
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
pub fn cross_predict<E, M, Er>(
    estimator: &E,
    data: &Labeled<'_, ClassIdx>,
    splits: &[Split],
) -> Result<Array2<f64>, Error>
where
    E: for<'a> Fit<Labeled<'a, ClassIdx>, Model = M, Error = Er> + Sync,
    M: Classifier,
    Er: Into<BoxError>,
{
    let parts = each_split(estimator, data, splits, |model, test, _| Ok(predict(model, test)))?;
    let n_classes = parts.iter().map(Array2::ncols).max().unwrap_or(0);
    let mut all = Array2::from_elem((data.table().nrows(), n_classes), f64::NAN);
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
/// split by split.
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
pub fn cross_score<E, M, Er>(
    estimator: &E,
    data: &Labeled<'_, ClassIdx>,
    splits: &[Split],
    measure: &dyn Measure,
) -> Result<Vec<f64>, Error>
where
    E: for<'a> Fit<Labeled<'a, ClassIdx>, Model = M, Error = Er> + Sync,
    M: Classifier,
    Er: Into<BoxError>,
{
    each_split(estimator, data, splits, |model, test, _| judge(model, test, measure))
}

/// The figure of a model on the rows that take part.
pub(crate) fn judge<M: Classifier + ?Sized>(
    model: &M,
    test: &Labeled<'_, ClassIdx>,
    measure: &dyn Measure,
) -> Result<f64, Error> {
    let probabilities = predict(model, test);
    let labels: Vec<ClassIdx> = (0..test.len()).map(|at| test.label(at)).collect();
    let weights: Option<Vec<f64>> =
        test.is_weighted().then(|| (0..test.len()).map(|at| test.weight(at)).collect());
    measure.measure(probabilities.view(), &labels, weights.as_deref())
}

/// Something of the model of each split and its test rows, in order.
fn each_split<E, M, Er, T: Send>(
    estimator: &E,
    data: &Labeled<'_, ClassIdx>,
    splits: &[Split],
    of: impl Fn(&M, &Labeled<'_, ClassIdx>, usize) -> Result<T, Error> + Send + Sync,
) -> Result<Vec<T>, Error>
where
    E: for<'a> Fit<Labeled<'a, ClassIdx>, Model = M, Error = Er> + Sync,
    M: Classifier,
    Er: Into<BoxError>,
{
    if splits.is_empty() {
        return Err(ErrorKind::NoRows { what: "cross-validation" }.into());
    }
    let threads = if splits.len() > 1 { Threads::Many } else { Threads::One };
    let parts = par::map(splits.len(), threads, |round| {
        let train = data.reborrow().select(&splits[round].train)?;
        let test = data.reborrow().select(&splits[round].test)?;
        let model = estimator
            .fit(&train)
            .map_err(|error| Error::from(ErrorKind::Refit { round, source: error.into() }))?;
        of(&model, &test, round)
    });
    parts.into_iter().collect()
}

/// The probabilities of the rows that take part, in their order.
pub(crate) fn predict<M: Classifier + ?Sized>(
    model: &M,
    rows: &Labeled<'_, ClassIdx>,
) -> Array2<f64> {
    let mut out = Array2::zeros((rows.len(), model.n_classes()));
    if rows.rows().is_none() {
        model.probabilities_rows(rows.table(), out.view_mut());
        return out;
    }
    let mut buffer = Vec::new();
    for (at, mut out) in out.rows_mut().into_iter().enumerate() {
        let out = out.as_slice_mut().expect("a fresh matrix is row-major");
        model.probabilities(row_slice(rows.row(at), &mut buffer), out);
    }
    out
}
