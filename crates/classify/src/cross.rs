//! Predictions for rows by models that never saw them.

use ndarray::Array2;
use patronage_core::{BoxError, ClassIdx, Classifier, Fit, Labeled, row_slice};

use crate::error::{Error, ErrorKind};
use crate::folds::Split;
use crate::par::{self, Threads};

/// Refits an estimator on the training rows of each split and predicts its test rows.
///
/// Returns probabilities of shape `(rows of the table, n_classes)`; a row in no test part is NaN
/// throughout, one in several has the answer of the last. Splits are rows of the table, whatever
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
        Ok(predict(&model, &test))
    });
    let parts = parts.into_iter().collect::<Result<Vec<_>, Error>>()?;
    let n_classes = parts.iter().map(Array2::ncols).max().unwrap_or(0);
    let mut all = Array2::from_elem((data.table().nrows(), n_classes), f64::NAN);
    for (part, split) in parts.iter().zip(splits) {
        for (probabilities, &row) in part.rows().into_iter().zip(&split.test) {
            let mut out = all.row_mut(row as usize);
            out.fill(0.0);
            out.iter_mut().zip(probabilities).for_each(|(out, &p)| *out = p);
        }
    }
    Ok(all)
}

/// The probabilities of the rows that take part, in their order.
pub(crate) fn predict<M: Classifier>(model: &M, rows: &Labeled<'_, ClassIdx>) -> Array2<f64> {
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
