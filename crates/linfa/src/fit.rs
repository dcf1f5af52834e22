//! Any linfa estimator, as one of ours.

use std::fmt;

use linfa::DatasetBase;
use linfa::traits::PredictInplace;
use ndarray16::{Array1, ArrayView2};
use patronage_core::{BoxError, ClassIdx, Features, Fit, Labeled, Seeded};

use crate::classifier::{AskMatrix, LinfaClassifier};
use crate::dataset::selected;
use crate::error::{Error, ErrorKind};
use crate::guard::{self, Magnitude, caught};
use crate::label_only::{AskLabels, LabelOnly, predicted};
use crate::layout::to_linfa;
use crate::segmenter::{LinfaSegmenter, LinfaSoftSegmenter};

/// What a linfa classifier is fitted on: rows, and labels `0..m` of the `m` classes that occur.
pub type ClassData<'a> = DatasetBase<ArrayView2<'a, f64>, Array1<usize>>;

/// What a linfa clustering is fitted on: rows alone.
pub type RowData<'a> = DatasetBase<ArrayView2<'a, f64>, Array1<()>>;

/// Any linfa estimator behind our [`Fit`], with what linfa does not check checked before it is asked.
///
/// It is a closure that fits (given the data and a seed) and a way to ask the model; which
/// adapter comes out of `fit` is chosen by the constructor:
///
/// | constructor | fits on | model |
/// |---|---|---|
/// | [`classifier`](Self::classifier) | [`Labeled`] | [`LinfaClassifier`] |
/// | [`label_only`](Self::label_only) | [`Labeled`] | [`LabelOnly`] |
/// | [`segmenter`](Self::segmenter) | [`Features`] | [`LinfaSegmenter`] |
/// | [`soft_segmenter`](Self::soft_segmenter) | [`Features`] | [`LinfaSoftSegmenter`] |
///
/// Classes that no row has are left out of what linfa sees and keep probability 0. Weights are
/// refused unless [`weights`](Self::weights) lets them through, because most of linfa ignores them
/// in silence. A panic while fitting comes back as an error where panics unwind.
///
/// Determinism is that of the closure: pass the seed on, and avoid what draws in parallel
/// (linfa's k-means‖).
///
/// ```
/// use linfa::prelude::*;
/// use linfa_bayes::{GaussianNb, NaiveBayes};
/// use ndarray::array;
/// use patronage_core::{ClassIdx, ClassifierExt, Column, FeatureTable, Fit as _, Labeled, Schema};
/// use patronage_linfa::LinfaFit;
///
/// let estimator = LinfaFit::classifier(
///     |data, _seed| GaussianNb::params().fit(data),
///     |model: &GaussianNb<f64, usize>, rows| model.predict_proba(rows).0,
/// );
/// let schema = Schema::new([Column::number("x")])?;
/// let table = FeatureTable::new(schema, array![[0.0], [1.0], [5.0], [6.0]])?;
/// let labels = [0, 0, 1, 1].map(ClassIdx::new);
/// let model = patronage_core::Fit::fit(&estimator, &Labeled::new(&table, &labels)?)?;
/// assert_eq!(model.predict(&table)?, labels);
/// # Ok::<(), patronage_linfa::Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct LinfaFit<F, A> {
    fit: F,
    ask: A,
    seed: u64,
    weights: Weights,
}

/// Whether weights are passed on to linfa.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Weights {
    /// Weighted rows are an error.
    #[default]
    Refuse,
    /// Weighted rows become a weighted linfa data set; for estimators that use the weights.
    Pass,
}

/// How [`LinfaFit::classifier`] asks its model.
#[derive(Debug)]
pub struct Probabilities<M>(AskMatrix<M>);

/// How [`LinfaFit::label_only`] asks its model.
#[derive(Debug)]
pub struct Labels<M>(AskLabels<M>);

/// How [`LinfaFit::segmenter`] asks its model.
#[derive(Debug)]
pub struct Clusters<M>(usize, AskLabels<M>);

/// How [`LinfaFit::soft_segmenter`] asks its model.
#[derive(Debug)]
pub struct Memberships<M>(usize, AskMatrix<M>);

macro_rules! copied {
    ($($ask:ident),*) => {$(
        impl<M> Clone for $ask<M> {
            fn clone(&self) -> Self {
                *self
            }
        }

        // A verb is a function pointer, whatever the model is.
        impl<M> Copy for $ask<M> {}
    )*};
}

copied!(Probabilities, Labels, Clusters, Memberships);

impl<F, A> LinfaFit<F, A> {
    const fn of(fit: F, ask: A) -> Self {
        Self { fit, ask, seed: 0, weights: Weights::Refuse }
    }

    /// The seed handed to the closure; default `0`.
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// Whether weights are passed on to linfa; default [`Weights::Refuse`].
    #[must_use]
    pub fn weights(self, weights: Weights) -> Self {
        Self { weights, ..self }
    }

    fn trained<D, M, E>(&self, data: &D) -> Result<M, Error>
    where
        F: Fn(&D, u64) -> Result<M, E>,
        E: Into<BoxError>,
    {
        caught(|| (self.fit)(data, self.seed))?.map_err(|error| ErrorKind::linfa(error).into())
    }
}

impl<F, M> LinfaFit<F, Probabilities<M>> {
    /// An estimator whose model gives probabilities, one column for each class it was shown.
    pub const fn classifier<E>(fit: F, ask: AskMatrix<M>) -> Self
    where
        F: Fn(&ClassData<'_>, u64) -> Result<M, E>,
    {
        Self::of(fit, Probabilities(ask))
    }
}

impl<F, M> LinfaFit<F, Labels<M>> {
    /// An estimator whose model predicts labels alone.
    pub const fn label_only<E>(fit: F) -> Self
    where
        F: Fn(&ClassData<'_>, u64) -> Result<M, E>,
        M: for<'a> PredictInplace<ArrayView2<'a, f64>, Array1<usize>>,
    {
        Self::of(fit, Labels(predicted))
    }
}

impl<F, M> LinfaFit<F, Clusters<M>> {
    /// An estimator whose model predicts one of `n_segments` clusters.
    pub const fn segmenter<E>(n_segments: usize, fit: F) -> Self
    where
        F: Fn(&RowData<'_>, u64) -> Result<M, E>,
        M: for<'a> PredictInplace<ArrayView2<'a, f64>, Array1<usize>>,
    {
        Self::of(fit, Clusters(n_segments, predicted))
    }
}

impl<F, M> LinfaFit<F, Memberships<M>> {
    /// An estimator whose model gives memberships, one column for each of `n_segments`.
    pub const fn soft_segmenter<E>(n_segments: usize, fit: F, ask: AskMatrix<M>) -> Self
    where
        F: Fn(&RowData<'_>, u64) -> Result<M, E>,
    {
        Self::of(fit, Memberships(n_segments, ask))
    }
}

/// Checks rows and labels, and shows them to `train` as linfa takes them.
fn with_classes<M>(
    data: &Labeled<'_, ClassIdx>,
    weights: Weights,
    train: impl FnOnce(&ClassData<'_>) -> Result<M, Error>,
) -> Result<(Vec<ClassIdx>, M), Error> {
    if weights == Weights::Refuse {
        guard::check_unweighted(data, "this estimator")?;
    }
    let records = selected(data);
    let row_index = |position| data.row_index(position);
    guard::check_cells(data.schema(), records.view(), Magnitude::Finite, row_index)?;
    let (classes, labels) = guard::dense_classes(data);
    let names = data.schema().columns().iter().map(|column| column.name()).collect();
    let set = DatasetBase::new(records.view(), Array1::from(labels))
        .with_weights(Array1::from(guard::weights(data)?))
        .with_feature_names(names);
    let model = train(&set)?;
    Ok((classes, model))
}

/// Checks rows, and shows them to `train` as linfa takes them.
fn with_rows<D: Features + ?Sized, M>(
    features: &D,
    n_segments: usize,
    train: impl FnOnce(&RowData<'_>) -> Result<M, Error>,
) -> Result<M, Error> {
    let schema = features.schema();
    let records = to_linfa(features.values());
    guard::check_cells(schema, records.view(), Magnitude::Finite, |row| row)?;
    guard::check_segments(n_segments, records.nrows())?;
    let names = schema.columns().iter().map(|column| column.name()).collect();
    let set = DatasetBase::new(records.view(), Array1::default(records.nrows()))
        .with_feature_names(names);
    train(&set)
}

impl<F, M, E> Fit<Labeled<'_, ClassIdx>> for LinfaFit<F, Probabilities<M>>
where
    F: Fn(&ClassData<'_>, u64) -> Result<M, E>,
    E: Into<BoxError>,
{
    type Model = LinfaClassifier<M>;
    type Error = Error;

    fn fit(&self, data: &Labeled<'_, ClassIdx>) -> Result<Self::Model, Error> {
        let (classes, model) = with_classes(data, self.weights, |set| self.trained(set))?;
        let schema = data.schema().clone();
        let model = LinfaClassifier::new(schema, &classes, model, self.ask.0)?;
        Ok(model.widened(guard::n_classes(data)))
    }
}

impl<F, M, E> Fit<Labeled<'_, ClassIdx>> for LinfaFit<F, Labels<M>>
where
    F: Fn(&ClassData<'_>, u64) -> Result<M, E>,
    E: Into<BoxError>,
{
    type Model = LabelOnly<M>;
    type Error = Error;

    fn fit(&self, data: &Labeled<'_, ClassIdx>) -> Result<Self::Model, Error> {
        let (classes, model) = with_classes(data, self.weights, |set| self.trained(set))?;
        let schema = data.schema().clone();
        let model = LabelOnly::from_fn(schema, &classes, model, self.ask.0)?;
        Ok(model.widened(guard::n_classes(data)))
    }
}

impl<D, F, M, E> Fit<D> for LinfaFit<F, Clusters<M>>
where
    D: Features + ?Sized,
    F: Fn(&RowData<'_>, u64) -> Result<M, E>,
    E: Into<BoxError>,
{
    type Model = LinfaSegmenter<M>;
    type Error = Error;

    fn fit(&self, features: &D) -> Result<Self::Model, Error> {
        let Clusters(n_segments, ask) = self.ask;
        let model = with_rows(features, n_segments, |set| self.trained(set))?;
        LinfaSegmenter::from_fn(features.schema().clone(), n_segments, model, ask)
    }
}

impl<D, F, M, E> Fit<D> for LinfaFit<F, Memberships<M>>
where
    D: Features + ?Sized,
    F: Fn(&RowData<'_>, u64) -> Result<M, E>,
    E: Into<BoxError>,
{
    type Model = LinfaSoftSegmenter<M>;
    type Error = Error;

    fn fit(&self, features: &D) -> Result<Self::Model, Error> {
        let Memberships(n_segments, ask) = self.ask;
        let model = with_rows(features, n_segments, |set| self.trained(set))?;
        LinfaSoftSegmenter::new(features.schema().clone(), n_segments, model, ask)
    }
}

impl<F: Clone, A: Clone> Seeded for LinfaFit<F, A> {
    fn reseeded(&self, seed: u64) -> Self {
        self.clone().seed(seed)
    }
}

impl<F, A: fmt::Debug> fmt::Debug for LinfaFit<F, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LinfaFit")
            .field("ask", &self.ask)
            .field("seed", &self.seed)
            .field("weights", &self.weights)
            .finish_non_exhaustive()
    }
}
