//! What a model answers, whatever kind of model it is.

use ndarray::{Array2, ArrayView2, ArrayViewMut2, Axis};
use patronage_core::{ClassIdx, Classifier, Label, Labeled, Regressor, Schema, row_slice};

use crate::par::{self, Threads};

/// A model whose answers can be held against labels `Y`: every [`Classifier`] where labels are
/// classes, every [`Regressor`] where they are numbers.
///
/// It is what lets one cross-validation, one search and one permutation importance serve both;
/// there is nothing to implement or to call.
pub trait Answers<Y: Label>: Send + Sync {
    /// The columns of the rows it answers.
    fn row_schema(&self) -> &Schema;

    /// How many numbers an answer has: one for each class, or one.
    fn n_answers(&self) -> usize;

    /// The answer to a row: the probabilities of the classes, or the number.
    ///
    /// # Panics
    ///
    /// May panic when the row or `out` is of another length.
    fn answer(&self, row: &[f64], out: &mut [f64]);

    /// The answers to rows, of shape `(n_rows, n_answers)`.
    ///
    /// # Panics
    ///
    /// When shapes do not fit.
    fn answer_rows(&self, rows: ArrayView2<'_, f64>, out: ArrayViewMut2<'_, f64>);
}

impl<M: Classifier + ?Sized> Answers<ClassIdx> for M {
    fn row_schema(&self) -> &Schema {
        self.schema()
    }

    fn n_answers(&self) -> usize {
        self.n_classes()
    }

    fn answer(&self, row: &[f64], out: &mut [f64]) {
        self.probabilities(row, out);
    }

    fn answer_rows(&self, rows: ArrayView2<'_, f64>, out: ArrayViewMut2<'_, f64>) {
        self.probabilities_rows(rows, out);
    }
}

impl<M: Regressor + ?Sized> Answers<f64> for M {
    fn row_schema(&self) -> &Schema {
        self.schema()
    }

    fn n_answers(&self) -> usize {
        1
    }

    fn answer(&self, row: &[f64], out: &mut [f64]) {
        out[0] = self.value(row);
    }

    fn answer_rows(&self, rows: ArrayView2<'_, f64>, mut out: ArrayViewMut2<'_, f64>) {
        assert_eq!((rows.nrows(), 1), out.dim(), "one number for each row");
        if let Some(out) = out.as_slice_mut() {
            self.value_rows(rows, out);
            return;
        }
        let mut values = vec![0.0; rows.nrows()];
        self.value_rows(rows, &mut values);
        out.index_axis_mut(Axis(1), 0).iter_mut().zip(values).for_each(|(out, x)| *out = x);
    }
}

/// Writes the number of each row, on many threads where `steps` a row make it pay.
pub(crate) fn numbers_of(
    rows: ArrayView2<'_, f64>,
    out: &mut [f64],
    steps: usize,
    value: impl Fn(&[f64]) -> f64 + Sync + Send,
) {
    assert_eq!(rows.nrows(), out.len(), "one place for each row");
    const AT_A_TIME: usize = 1024;
    let threads = Threads::for_work(rows.nrows() * steps);
    par::pieces(out, AT_A_TIME, threads, |piece, out| {
        let mut buffer = Vec::new();
        for (at, out) in (piece * AT_A_TIME..).zip(out) {
            *out = value(row_slice(rows.index_axis(Axis(0), at), &mut buffer));
        }
    });
}

/// The answers to rows of a table.
pub(crate) fn ask<Y: Label, M: Answers<Y> + ?Sized>(
    model: &M,
    rows: ArrayView2<'_, f64>,
) -> Array2<f64> {
    let mut out = Array2::zeros((rows.nrows(), model.n_answers()));
    model.answer_rows(rows, out.view_mut());
    out
}

/// The answers to the rows that take part, in their order.
pub(crate) fn predict<Y: Label, M: Answers<Y> + ?Sized>(
    model: &M,
    rows: &Labeled<'_, Y>,
) -> Array2<f64> {
    if rows.rows().is_none() {
        return ask(model, rows.table());
    }
    let mut out = Array2::zeros((rows.len(), model.n_answers()));
    let mut buffer = Vec::new();
    for (at, mut out) in out.rows_mut().into_iter().enumerate() {
        let out = out.as_slice_mut().expect("a fresh matrix is row-major");
        model.answer(row_slice(rows.row(at), &mut buffer), out);
    }
    out
}

/// The labels of the rows that take part, in their order.
pub(crate) fn labels_of<Y: Label>(rows: &Labeled<'_, Y>) -> Vec<Y> {
    (0..rows.len()).map(|at| rows.label(at)).collect()
}

/// The weights of the rows that take part, where any were given.
pub(crate) fn weights_of<Y: Label>(rows: &Labeled<'_, Y>) -> Option<Vec<f64>> {
    rows.is_weighted().then(|| (0..rows.len()).map(|at| rows.weight(at)).collect())
}
