//! Any linfa model that gives class probabilities, as a classifier.

use std::fmt;

use ndarray::{ArrayView2, ArrayViewMut2};
use patronage_core::{ClassIdx, Classifier, Schema};

use crate::error::{Error, ErrorKind};
use crate::guard::{self, caught};
use crate::layout::to_linfa;

/// How a linfa model is asked for numbers of rows: the model, and rows of shape `(n_rows, n_columns)`.
///
/// linfa has no trait for probabilities, so the verb is named when an adapter is made; a closure
/// that captures nothing will do.
pub type AskMatrix<M> = fn(&M, ndarray16::ArrayView2<'_, f64>) -> ndarray16::Array2<f64>;

/// A linfa model that gives class probabilities, behind [`Classifier`].
///
/// Rows go to linfa as they are, without copying where [`to_linfa`] can borrow. What comes back is
/// made a distribution: an entry that is NaN or negative counts as 0, rows are scaled to
/// sum to 1, and where nothing is left (every entry NaN, as where a likelihood underflowed) the
/// classes are equally probable.
///
/// ```
/// use linfa::prelude::*;
/// use ndarray::array;
/// use patronage_core::{ClassIdx, ClassifierExt, Column, FeatureTable, Labeled, Schema};
/// use patronage_linfa::{LinfaClassifier, class_dataset};
///
/// let schema = Schema::new([Column::number("x")])?;
/// let table = FeatureTable::new(schema.clone(), array![[0.0], [1.0], [5.0], [6.0]])?;
/// let labels = [0, 0, 1, 1].map(ClassIdx::new);
/// let data = class_dataset(&Labeled::new(&table, &labels)?)?;
///
/// let model = linfa_logistic::MultiLogisticRegression::default().fit(&data)?;
/// let classes: Vec<ClassIdx> = model.classes().iter().map(|&c| ClassIdx::from_usize(c)).collect();
/// let model = LinfaClassifier::new(schema, &classes, model, |m, rows| m.predict_probabilities(&rows))?;
/// assert_eq!(model.predict(&table)?, labels);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct LinfaClassifier<M> {
    schema: Schema,
    classes: Vec<ClassIdx>,
    n_classes: usize,
    model: M,
    ask: AskMatrix<M>,
}

impl<M> LinfaClassifier<M> {
    /// The classifier of `model`, whose answer has the probabilities of `classes`, one a column, in that order.
    ///
    /// Classes below the greatest that are missing from `classes` keep probability 0. The model
    /// is tried on one row of zeros.
    ///
    /// # Errors
    ///
    /// When the schema has no column or one that may be missing, there is no class, a class
    /// stands twice, or the model panics on the row or answers in another shape than one row of
    /// `classes.len()` columns.
    pub fn new(
        schema: Schema,
        classes: &[ClassIdx],
        model: M,
        ask: AskMatrix<M>,
    ) -> Result<Self, Error> {
        guard::check_schema(&schema)?;
        let n_classes = check_classes(classes)?;
        probe(&schema, &model, ask, "columns of probabilities", classes.len())?;
        Ok(Self { schema, classes: classes.to_vec(), n_classes, model, ask })
    }

    /// The same classifier with places for at least `n_classes`.
    pub(crate) fn widened(mut self, n_classes: usize) -> Self {
        self.n_classes = self.n_classes.max(n_classes);
        self
    }

    /// The linfa model.
    pub const fn model(&self) -> &M {
        &self.model
    }
}

/// The number of classes, at least one of which must be named, each once.
pub(crate) fn check_classes(classes: &[ClassIdx]) -> Result<usize, Error> {
    let mut sorted = classes.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let Some(last) = sorted.last() else {
        return Err(patronage_core::ErrorKind::Empty { what: "classes" }.into());
    };
    if sorted.len() < classes.len() {
        let (what, expected, found) = ("distinct classes", classes.len(), sorted.len());
        return Err(ErrorKind::Shape { what, expected, found }.into());
    }
    Ok(last.index() + 1)
}

/// Asks a model for one row of zeros, which every schema admits, and checks what comes back.
pub(crate) fn probe<M>(
    schema: &Schema,
    model: &M,
    ask: AskMatrix<M>,
    what: &'static str,
    expected: usize,
) -> Result<(), Error> {
    let row = ndarray16::Array2::zeros((1, schema.len()));
    let answer = caught(|| ask(model, row.view()))?;
    if answer.nrows() != 1 {
        let found = answer.nrows();
        return Err(
            ErrorKind::Shape { what: "rows of the answer for one", expected: 1, found }.into()
        );
    }
    if answer.ncols() != expected {
        return Err(ErrorKind::Shape { what, expected, found: answer.ncols() }.into());
    }
    Ok(())
}

impl<M: Send + Sync> Classifier for LinfaClassifier<M> {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn n_classes(&self) -> usize {
        self.n_classes
    }

    fn probabilities(&self, row: &[f64], out: &mut [f64]) {
        assert_eq!(row.len(), self.schema.len(), "one cell for each column");
        let rows = ArrayView2::from_shape((1, row.len()), row).expect("a slice fills its row");
        let answer = (self.ask)(&self.model, to_linfa(rows).view());
        self.spread(answer.row(0).iter().copied(), out);
    }

    fn probabilities_rows(&self, rows: ArrayView2<'_, f64>, mut out: ArrayViewMut2<'_, f64>) {
        assert_eq!(rows.nrows(), out.nrows(), "one row of probabilities for each row");
        assert_eq!(rows.ncols(), self.schema.len(), "one cell for each column");
        if rows.nrows() == 0 {
            return;
        }
        let answer = (self.ask)(&self.model, to_linfa(rows).view());
        let mut row_out = vec![0.0; self.n_classes];
        for (answer, mut out) in answer.rows().into_iter().zip(out.rows_mut()) {
            self.spread(answer.iter().copied(), &mut row_out);
            out.iter_mut().zip(&row_out).for_each(|(out, &p)| *out = p);
        }
    }
}

impl<M> LinfaClassifier<M> {
    /// The columns of an answer at the places of their classes, as a distribution.
    fn spread(&self, answer: impl Iterator<Item = f64>, out: &mut [f64]) {
        out.fill(0.0);
        self.classes.iter().zip(answer).for_each(|(class, p)| out[class.index()] = p);
        let share = 1.0 / self.classes.len() as f64;
        let seen = |class| self.classes.contains(&ClassIdx::from_usize(class));
        guard::distribute(out, |class| if seen(class) { share } else { 0.0 });
    }
}

impl<M: Clone> Clone for LinfaClassifier<M> {
    fn clone(&self) -> Self {
        let Self { schema, classes, n_classes, model, ask } = self;
        let (schema, classes, model) = (schema.clone(), classes.clone(), model.clone());
        Self { schema, classes, n_classes: *n_classes, model, ask: *ask }
    }
}

impl<M: fmt::Debug> fmt::Debug for LinfaClassifier<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LinfaClassifier")
            .field("schema", &self.schema)
            .field("classes", &self.classes)
            .field("model", &self.model)
            .finish_non_exhaustive()
    }
}
