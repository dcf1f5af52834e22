//! Any linfa clustering, as a segmenter.

use std::fmt;

use linfa::traits::PredictInplace;
use ndarray::{ArrayView2, ArrayViewMut2};
use patronage_core::{Schema, SegmentIdx, Segmenter, SoftSegmenter};

use crate::classifier::{AskMatrix, probe};
use crate::error::Error;
use crate::guard;
use crate::label_only::{AskLabels, predicted, probe_labels};
use crate::layout::to_linfa;

/// A linfa model that puts a row into a cluster, behind [`Segmenter`].
///
/// ```
/// use linfa::prelude::*;
/// use ndarray::array;
/// use patronage_core::{Column, FeatureTable, Schema, SegmenterExt};
/// use patronage_linfa::{LinfaSegmenter, records};
///
/// let schema = Schema::new([Column::number("spend")])?;
/// let customers = FeatureTable::new(schema.clone(), array![[1.0], [2.0], [90.0], [91.0]])?;
/// let model = linfa_clustering::KMeans::params(2).fit(&records(&customers))?;
/// let model = LinfaSegmenter::new(schema, 2, model)?;
/// let segments = model.assign(&customers)?;
/// assert_eq!(segments[0], segments[1]);
/// assert_ne!(segments[0], segments[2]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct LinfaSegmenter<M> {
    schema: Schema,
    n_segments: usize,
    model: M,
    ask: AskLabels<M>,
}

impl<M> LinfaSegmenter<M> {
    /// The segmenter of a model that predicts `0..n_segments`.
    ///
    /// # Errors
    ///
    /// As [`from_fn`](Self::from_fn).
    pub fn new(schema: Schema, n_segments: usize, model: M) -> Result<Self, Error>
    where
        M: for<'a> PredictInplace<ndarray16::ArrayView2<'a, f64>, ndarray16::Array1<usize>>,
    {
        Self::from_fn(schema, n_segments, model, predicted)
    }

    /// The segmenter of any model that can be asked for a cluster in `0..n_segments`.
    ///
    /// The model is tried on one row of zeros.
    ///
    /// # Errors
    ///
    /// When the schema has no column or one that may be missing, `n_segments` is 0, or the model
    /// panics on the row, or answers with another number of clusters than one or with one out of range.
    pub fn from_fn(
        schema: Schema,
        n_segments: usize,
        model: M,
        ask: AskLabels<M>,
    ) -> Result<Self, Error> {
        guard::check_schema(&schema)?;
        guard::check_segments(n_segments, usize::MAX)?;
        probe_labels(&schema, &model, ask, "segment", n_segments)?;
        Ok(Self { schema, n_segments, model, ask })
    }

    /// The linfa model.
    pub const fn model(&self) -> &M {
        &self.model
    }
}

/// Panics when the model answers with a cluster that it was said not to have.
impl<M: Send + Sync> Segmenter for LinfaSegmenter<M> {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn n_segments(&self) -> usize {
        self.n_segments
    }

    fn segment(&self, row: &[f64]) -> SegmentIdx {
        assert_eq!(row.len(), self.schema.len(), "one cell for each column");
        let rows = ArrayView2::from_shape((1, row.len()), row).expect("a slice fills its row");
        let mut segment = [SegmentIdx::default()];
        self.segment_rows(rows, &mut segment);
        segment[0]
    }

    fn segment_rows(&self, rows: ArrayView2<'_, f64>, out: &mut [SegmentIdx]) {
        assert_eq!(rows.nrows(), out.len(), "one place for each row");
        assert_eq!(rows.ncols(), self.schema.len(), "one cell for each column");
        if rows.nrows() == 0 {
            return;
        }
        let clusters = (self.ask)(&self.model, to_linfa(rows).view());
        for (&cluster, out) in clusters.iter().zip(out) {
            assert!(cluster < self.n_segments, "a cluster that the model was said not to have");
            *out = SegmentIdx::from_usize(cluster);
        }
    }
}

impl<M: Clone> Clone for LinfaSegmenter<M> {
    fn clone(&self) -> Self {
        let Self { schema, n_segments, model, ask } = self;
        Self { schema: schema.clone(), n_segments: *n_segments, model: model.clone(), ask: *ask }
    }
}

impl<M: fmt::Debug> fmt::Debug for LinfaSegmenter<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LinfaSegmenter")
            .field("schema", &self.schema)
            .field("n_segments", &self.n_segments)
            .field("model", &self.model)
            .finish_non_exhaustive()
    }
}

/// A linfa model that says how much each cluster claims a row, behind [`SoftSegmenter`].
///
/// What comes back from linfa is made a distribution, as
/// [`LinfaClassifier`](crate::LinfaClassifier) does: where every entry is NaN (linfa's mixture for
/// a row far from every component), the segments share the row equally. The ready
/// [`GaussianMixture`](crate::GaussianMixture) computes with logarithms and does not have that fault.
///
/// ```
/// use linfa::prelude::*;
/// use ndarray::array;
/// use patronage_core::{Column, FeatureTable, Schema, SoftSegmenterExt};
/// use patronage_linfa::{LinfaSoftSegmenter, records};
///
/// let schema = Schema::new([Column::number("spend")])?;
/// let spend = array![[1.0], [2.0], [3.0], [90.0], [91.0], [92.0]];
/// let customers = FeatureTable::new(schema.clone(), spend)?;
/// let model = linfa_clustering::GaussianMixtureModel::params(2).fit(&records(&customers))?;
/// let model = LinfaSoftSegmenter::new(schema, 2, model, |m, rows| m.predict_proba(&rows))?;
/// let memberships = model.assign_soft(&customers)?;
/// assert!((memberships.row(0).sum() - 1.0).abs() < 1e-9);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct LinfaSoftSegmenter<M> {
    schema: Schema,
    n_segments: usize,
    model: M,
    ask: AskMatrix<M>,
}

impl<M> LinfaSoftSegmenter<M> {
    /// The soft segmenter of a model whose answer has one column for each of `n_segments`.
    ///
    /// The model is tried on one row of zeros.
    ///
    /// # Errors
    ///
    /// When the schema has no column or one that may be missing, `n_segments` is 0, or the model
    /// panics on the row or answers in another shape than one row of `n_segments` columns.
    pub fn new(
        schema: Schema,
        n_segments: usize,
        model: M,
        ask: AskMatrix<M>,
    ) -> Result<Self, Error> {
        guard::check_schema(&schema)?;
        guard::check_segments(n_segments, usize::MAX)?;
        probe(&schema, &model, ask, "columns of memberships", n_segments)?;
        Ok(Self { schema, n_segments, model, ask })
    }

    /// The linfa model.
    pub const fn model(&self) -> &M {
        &self.model
    }
}

impl<M: Send + Sync> SoftSegmenter for LinfaSoftSegmenter<M> {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn n_segments(&self) -> usize {
        self.n_segments
    }

    fn memberships(&self, row: &[f64], out: &mut [f64]) {
        assert_eq!(row.len(), self.schema.len(), "one cell for each column");
        assert_eq!(out.len(), self.n_segments, "one place for each segment");
        let rows = ArrayView2::from_shape((1, row.len()), row).expect("a slice fills its row");
        let answer = (self.ask)(&self.model, to_linfa(rows).view());
        out.iter_mut().zip(answer.row(0)).for_each(|(out, &weight)| *out = weight);
        guard::distribute(out, |_| 1.0 / self.n_segments as f64);
    }

    fn memberships_rows(&self, rows: ArrayView2<'_, f64>, mut out: ArrayViewMut2<'_, f64>) {
        assert_eq!(rows.nrows(), out.nrows(), "one row of memberships for each row");
        assert_eq!(rows.ncols(), self.schema.len(), "one cell for each column");
        if rows.nrows() == 0 {
            return;
        }
        let answer = (self.ask)(&self.model, to_linfa(rows).view());
        let mut weights = vec![0.0; self.n_segments];
        for (answer, mut out) in answer.rows().into_iter().zip(out.rows_mut()) {
            weights.iter_mut().zip(answer).for_each(|(to, &from)| *to = from);
            guard::distribute(&mut weights, |_| 1.0 / self.n_segments as f64);
            out.iter_mut().zip(&weights).for_each(|(out, &weight)| *out = weight);
        }
    }
}

impl<M: Clone> Clone for LinfaSoftSegmenter<M> {
    fn clone(&self) -> Self {
        let Self { schema, n_segments, model, ask } = self;
        Self { schema: schema.clone(), n_segments: *n_segments, model: model.clone(), ask: *ask }
    }
}

impl<M: fmt::Debug> fmt::Debug for LinfaSoftSegmenter<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LinfaSoftSegmenter")
            .field("schema", &self.schema)
            .field("n_segments", &self.n_segments)
            .field("model", &self.model)
            .finish_non_exhaustive()
    }
}
