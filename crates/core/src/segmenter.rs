//! Rows to segments.

use ndarray::{Array2, ArrayView2, ArrayViewMut2};

use crate::bind::{Bound, row_slice};
use crate::error::Error;
use crate::features::Features;
use crate::index::SegmentIdx;
use crate::schema::Schema;

/// A model that puts every row into exactly one segment.
///
/// Total on rows of its [`schema`](Self::schema): any admitted row has a segment below
/// [`n_segments`](Self::n_segments). Outsiders may implement it.
pub trait Segmenter: Send + Sync {
    /// The columns the model was fitted on.
    fn schema(&self) -> &Schema;

    /// The number of segments.
    fn n_segments(&self) -> usize;

    /// The segment of a row of the model's schema.
    ///
    /// # Panics
    ///
    /// May panic when the row is of another width than the schema; [`SegmenterExt`] checks once.
    fn segment(&self, row: &[f64]) -> SegmentIdx;

    /// The segments of rows of shape `(n_rows, n_columns)`, equal to [`segment`](Self::segment) of each.
    ///
    /// # Panics
    ///
    /// When `out` is of another length than there are rows, or the rows are of another width.
    fn segment_rows(&self, rows: ArrayView2<'_, f64>, out: &mut [SegmentIdx]) {
        assert_eq!(rows.nrows(), out.len(), "one place for each row");
        let mut buffer = Vec::new();
        for (row, out) in rows.rows().into_iter().zip(out) {
            *out = self.segment(row_slice(row, &mut buffer));
        }
    }

    /// The segment's name, where it has one.
    fn name(&self, _segment: SegmentIdx) -> Option<&str> {
        None
    }
}

macro_rules! forward_segmenter {
    () => {
        fn schema(&self) -> &Schema {
            (**self).schema()
        }

        fn n_segments(&self) -> usize {
            (**self).n_segments()
        }

        fn segment(&self, row: &[f64]) -> SegmentIdx {
            (**self).segment(row)
        }

        fn segment_rows(&self, rows: ArrayView2<'_, f64>, out: &mut [SegmentIdx]) {
            (**self).segment_rows(rows, out);
        }

        fn name(&self, segment: SegmentIdx) -> Option<&str> {
            (**self).name(segment)
        }
    };
}

impl<S: Segmenter + ?Sized> Segmenter for &S {
    forward_segmenter!();
}

impl<S: Segmenter + ?Sized> Segmenter for Box<S> {
    forward_segmenter!();
}

impl<S: Segmenter + ?Sized> Segmenter for std::sync::Arc<S> {
    forward_segmenter!();
}

/// Conveniences on every [`Segmenter`].
pub trait SegmenterExt: Segmenter {
    /// The segment of every row of `features`.
    ///
    /// # Errors
    ///
    /// When the features' schema is not the model's.
    fn assign<F: Features + ?Sized>(&self, features: &F) -> Result<Vec<SegmentIdx>, Error> {
        self.schema().check(features.schema())?;
        let rows = features.values();
        let mut segments = vec![SegmentIdx::default(); rows.nrows()];
        self.segment_rows(rows, &mut segments);
        Ok(segments)
    }

    /// Checks once that rows of `schema` are rows of the model; what comes back is infallible on them.
    ///
    /// # Errors
    ///
    /// When the schema is not the model's; the first difference is named.
    fn bind(self, schema: &Schema) -> Result<Bound<Self>, Error>
    where
        Self: Sized,
    {
        Bound::new(self, schema, Self::schema)
    }
}

impl<S: Segmenter + ?Sized> SegmenterExt for S {}

/// A model that says how much each segment claims a row.
///
/// Memberships are at least 0 and sum to 1. Outsiders may implement it.
pub trait SoftSegmenter: Send + Sync {
    /// The columns the model was fitted on.
    fn schema(&self) -> &Schema;

    /// The number of segments.
    fn n_segments(&self) -> usize;

    /// The memberships of a row of the model's schema, into a slice of length `n_segments`.
    ///
    /// # Panics
    ///
    /// May panic when the row or the slice is of another length.
    fn memberships(&self, row: &[f64], out: &mut [f64]);

    /// The memberships of rows, into a matrix of shape `(n_rows, n_segments)`.
    ///
    /// # Panics
    ///
    /// When shapes do not fit.
    fn memberships_rows(&self, rows: ArrayView2<'_, f64>, mut out: ArrayViewMut2<'_, f64>) {
        assert_eq!(rows.nrows(), out.nrows(), "one row of memberships for each row");
        let (mut buffer, mut weights) = (Vec::new(), vec![0.0; self.n_segments()]);
        for (row, mut out) in rows.rows().into_iter().zip(out.rows_mut()) {
            self.memberships(row_slice(row, &mut buffer), &mut weights);
            out.iter_mut().zip(&weights).for_each(|(out, &weight)| *out = weight);
        }
    }
}

macro_rules! forward_soft {
    () => {
        fn schema(&self) -> &Schema {
            (**self).schema()
        }

        fn n_segments(&self) -> usize {
            (**self).n_segments()
        }

        fn memberships(&self, row: &[f64], out: &mut [f64]) {
            (**self).memberships(row, out);
        }

        fn memberships_rows(&self, rows: ArrayView2<'_, f64>, out: ArrayViewMut2<'_, f64>) {
            (**self).memberships_rows(rows, out);
        }
    };
}

impl<S: SoftSegmenter + ?Sized> SoftSegmenter for &S {
    forward_soft!();
}

impl<S: SoftSegmenter + ?Sized> SoftSegmenter for Box<S> {
    forward_soft!();
}

impl<S: SoftSegmenter + ?Sized> SoftSegmenter for std::sync::Arc<S> {
    forward_soft!();
}

/// Conveniences on every [`SoftSegmenter`].
///
/// A model that is a [`Segmenter`] too has verbs of one name in both traits; say which is meant:
/// `SoftSegmenter::n_segments(&model)`.
pub trait SoftSegmenterExt: SoftSegmenter {
    /// The memberships of every row of `features`, of shape `(n_rows, n_segments)`.
    ///
    /// # Errors
    ///
    /// When the features' schema is not the model's.
    fn assign_soft<F: Features + ?Sized>(&self, features: &F) -> Result<Array2<f64>, Error> {
        self.schema().check(features.schema())?;
        let rows = features.values();
        let mut out = Array2::zeros((rows.nrows(), self.n_segments()));
        self.memberships_rows(rows, out.view_mut());
        Ok(out)
    }

    /// Checks once that rows of `schema` are rows of the model; what comes back is infallible on them.
    ///
    /// # Errors
    ///
    /// When the schema is not the model's; the first difference is named.
    fn bind_soft(self, schema: &Schema) -> Result<Bound<Self>, Error>
    where
        Self: Sized,
    {
        Bound::new(self, schema, Self::schema)
    }
}

impl<S: SoftSegmenter + ?Sized> SoftSegmenterExt for S {}
