//! linfa models that predict a label and nothing else.

use std::fmt;

use linfa::traits::PredictInplace;
use ndarray::{ArrayView2, ArrayViewMut2};
use patronage_core::{ClassIdx, Classifier, Features, Fit, Schema, Seeded};

use crate::classifier::check_classes;
use crate::error::{Error, ErrorKind};
use crate::guard::{self, caught};
use crate::layout::to_linfa;

/// How a linfa model is asked for a label of each row: the model, and rows of shape `(n_rows, n_columns)`.
pub type AskLabels<M> = fn(&M, ndarray16::ArrayView2<'_, f64>) -> ndarray16::Array1<usize>;

/// The labels linfa's own prediction trait gives.
pub(crate) fn predicted<M>(
    model: &M,
    rows: ndarray16::ArrayView2<'_, f64>,
) -> ndarray16::Array1<usize>
where
    M: for<'a> PredictInplace<ndarray16::ArrayView2<'a, f64>, ndarray16::Array1<usize>>,
{
    let mut labels = model.default_target(&rows);
    model.predict_inplace(&rows, &mut labels);
    labels
}

/// A linfa model that predicts labels and keeps no probabilities, such as a linfa-trees decision tree.
///
/// It is no [`Classifier`], because a label is no probability: expected profit, ranking and
/// calibration of zeros and ones mislead. Where only the class matters, say so with
/// [`one_hot`](Self::one_hot).
///
/// ```
/// use linfa::prelude::*;
/// use ndarray::array;
/// use patronage_core::{ClassIdx, ClassifierExt, Column, FeatureTable, Labeled, Schema};
/// use patronage_linfa::{LabelOnly, class_dataset};
///
/// let schema = Schema::new([Column::number("x")])?;
/// let table = FeatureTable::new(schema.clone(), array![[0.0], [1.0], [5.0], [6.0]])?;
/// let labels = [0, 0, 1, 1].map(ClassIdx::new);
/// let data = class_dataset(&Labeled::new(&table, &labels)?)?;
/// let tree = linfa_trees::DecisionTree::params().fit(&data)?;
/// let tree = LabelOnly::new(schema, &[ClassIdx::new(0), ClassIdx::new(1)], tree)?;
/// assert_eq!(tree.classes(&table)?, labels);
/// let certain = tree.one_hot().predict_probabilities(&table)?;
/// assert_eq!(certain.row(3).to_vec(), [0.0, 1.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct LabelOnly<M> {
    schema: Schema,
    classes: Vec<ClassIdx>,
    n_classes: usize,
    model: M,
    ask: AskLabels<M>,
}

impl<M> LabelOnly<M> {
    /// The label-only form of a model whose label `i` is `classes[i]`.
    ///
    /// # Errors
    ///
    /// As [`from_fn`](Self::from_fn).
    pub fn new(schema: Schema, classes: &[ClassIdx], model: M) -> Result<Self, Error>
    where
        M: for<'a> PredictInplace<ndarray16::ArrayView2<'a, f64>, ndarray16::Array1<usize>>,
    {
        Self::from_fn(schema, classes, model, predicted)
    }

    /// The label-only form of any model that can be asked for labels: label `i` is `classes[i]`.
    ///
    /// Labels of other types are mapped by `ask`: `|m, rows| m.predict(rows).mapv(usize::from)`.
    /// The model is tried on one row of zeros.
    ///
    /// # Errors
    ///
    /// When the schema has no column or one that may be missing, there is no class, a class
    /// stands twice, or the model panics on the row, or answers with another number of labels than
    /// one or with a label that `classes` does not have.
    pub fn from_fn(
        schema: Schema,
        classes: &[ClassIdx],
        model: M,
        ask: AskLabels<M>,
    ) -> Result<Self, Error> {
        guard::check_schema(&schema)?;
        let n_classes = check_classes(classes)?;
        probe_labels(&schema, &model, ask, "class", classes.len())?;
        Ok(Self { schema, classes: classes.to_vec(), n_classes, model, ask })
    }

    /// The same model with places for at least `n_classes`.
    pub(crate) fn widened(mut self, n_classes: usize) -> Self {
        self.n_classes = self.n_classes.max(n_classes);
        self
    }

    /// The columns the model was fitted on.
    pub const fn schema(&self) -> &Schema {
        &self.schema
    }

    /// The number of classes.
    pub const fn n_classes(&self) -> usize {
        self.n_classes
    }

    /// The class of a row of the model's schema.
    ///
    /// # Panics
    ///
    /// When the row is of another width, or the model answers with a label that it was said not to have.
    pub fn class(&self, row: &[f64]) -> ClassIdx {
        assert_eq!(row.len(), self.schema.len(), "one cell for each column");
        let rows = ArrayView2::from_shape((1, row.len()), row).expect("a slice fills its row");
        self.classes[(self.ask)(&self.model, to_linfa(rows).view())[0]]
    }

    /// The class of every row of `features`.
    ///
    /// # Errors
    ///
    /// When the features' schema is not the model's.
    ///
    /// # Panics
    ///
    /// When the model answers with a label that it was said not to have.
    pub fn classes<F: Features + ?Sized>(&self, features: &F) -> Result<Vec<ClassIdx>, Error> {
        self.schema.check(features.schema())?;
        Ok(self.class_rows(features.values()))
    }

    fn class_rows(&self, rows: ArrayView2<'_, f64>) -> Vec<ClassIdx> {
        assert_eq!(rows.ncols(), self.schema.len(), "one cell for each column");
        if rows.nrows() == 0 {
            return Vec::new();
        }
        let labels = (self.ask)(&self.model, to_linfa(rows).view());
        labels.iter().map(|&label| self.classes[label]).collect()
    }

    /// The linfa model.
    pub const fn model(&self) -> &M {
        &self.model
    }

    /// The classifier that gives the predicted class probability 1 and every other 0.
    pub const fn one_hot(self) -> OneHot<M> {
        OneHot(self)
    }
}

/// Asks a model for the label of one row of zeros, and checks what comes back.
pub(crate) fn probe_labels<M>(
    schema: &Schema,
    model: &M,
    ask: AskLabels<M>,
    noun: &'static str,
    bound: usize,
) -> Result<(), Error> {
    let row = ndarray16::Array2::zeros((1, schema.len()));
    let labels = caught(|| ask(model, row.view()))?;
    if labels.len() != 1 {
        let found = labels.len();
        return Err(ErrorKind::Shape { what: "labels of one row", expected: 1, found }.into());
    }
    if labels[0] >= bound {
        return Err(patronage_core::ErrorKind::OutOfRange { noun, bound, found: labels[0] }.into());
    }
    Ok(())
}

impl<M: Clone> Clone for LabelOnly<M> {
    fn clone(&self) -> Self {
        let Self { schema, classes, n_classes, model, ask } = self;
        let (schema, classes, model) = (schema.clone(), classes.clone(), model.clone());
        Self { schema, classes, n_classes: *n_classes, model, ask: *ask }
    }
}

impl<M: fmt::Debug> fmt::Debug for LabelOnly<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LabelOnly")
            .field("schema", &self.schema)
            .field("classes", &self.classes)
            .field("model", &self.model)
            .finish_non_exhaustive()
    }
}

/// A label-only model as a classifier that is always certain: 1 for the predicted class, 0 for every other.
///
/// Made by [`LabelOnly::one_hot`]. Its numbers are no estimates of a probability: neither rank
/// nor multiply by them.
#[derive(Clone, Debug)]
pub struct OneHot<M>(LabelOnly<M>);

impl<M> OneHot<M> {
    /// The label-only model.
    pub fn into_inner(self) -> LabelOnly<M> {
        self.0
    }
}

impl<M: Send + Sync> Classifier for OneHot<M> {
    fn schema(&self) -> &Schema {
        &self.0.schema
    }

    fn n_classes(&self) -> usize {
        self.0.n_classes
    }

    fn probabilities(&self, row: &[f64], out: &mut [f64]) {
        out.fill(0.0);
        out[self.0.class(row).index()] = 1.0;
    }

    fn probabilities_rows(&self, rows: ArrayView2<'_, f64>, mut out: ArrayViewMut2<'_, f64>) {
        assert_eq!(rows.nrows(), out.nrows(), "one row of probabilities for each row");
        out.fill(0.0);
        for (row, class) in self.0.class_rows(rows).into_iter().enumerate() {
            out[[row, class.index()]] = 1.0;
        }
    }
}

/// An estimator of label-only models as one of certain classifiers: the same choice, made before fitting.
///
/// For code that takes an estimator of classifiers, such as a study over many refits.
///
/// ```
/// use ndarray::array;
/// use patronage_core::{ClassIdx, ClassifierExt, Column, FeatureTable, Fit, Labeled, Schema};
/// use patronage_linfa::{DecisionTree, FitOneHot};
///
/// let schema = Schema::new([Column::number("x")])?;
/// let table = FeatureTable::new(schema, array![[0.0], [1.0], [5.0], [6.0]])?;
/// let labels = [0, 0, 1, 1].map(ClassIdx::new);
/// let classifier = FitOneHot(DecisionTree::new()).fit(&Labeled::new(&table, &labels)?)?;
/// assert_eq!(classifier.predict(&table)?, labels);
/// # Ok::<(), patronage_linfa::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FitOneHot<E>(pub E);

impl<D: ?Sized, M, E: Fit<D, Model = LabelOnly<M>>> Fit<D> for FitOneHot<E> {
    type Model = OneHot<M>;
    type Error = E::Error;

    fn fit(&self, data: &D) -> Result<Self::Model, Self::Error> {
        self.0.fit(data).map(LabelOnly::one_hot)
    }
}

impl<E: Seeded> Seeded for FitOneHot<E> {
    fn reseeded(&self, seed: u64) -> Self {
        Self(self.0.reseeded(seed))
    }
}
