//! What k-means learns.

use ndarray::{Array2, ArrayView2};
use patronage_core::{Schema, SegmentIdx, Segmenter};

use crate::guard::bounded;

/// A fitted [`KMeans`](crate::KMeans).
///
/// Cells beyond ±1e140 are taken as ±1e140, so that every row has a nearest centre; of equally
/// near ones it is the first.
#[derive(Clone, Debug, PartialEq)]
pub struct KMeansModel {
    pub(crate) schema: Schema,
    pub(crate) centres: Array2<f64>,
    pub(crate) n_rows: Vec<usize>,
    pub(crate) inertia: f64,
    pub(crate) converged: bool,
}

impl KMeansModel {
    /// The centres, of shape `(n_segments, n_columns)`.
    #[must_use]
    pub fn centres(&self) -> ArrayView2<'_, f64> {
        self.centres.view()
    }

    /// How many of the rows it was fitted on are in each segment; 0 where centres coincide.
    #[must_use]
    pub fn n_rows(&self) -> &[usize] {
        &self.n_rows
    }

    /// The sum over those rows of the squared distance to their centre.
    #[must_use]
    pub const fn inertia(&self) -> f64 {
        self.inertia
    }

    /// Whether one more step would move the centres by less than the tolerance.
    #[must_use]
    pub const fn converged(&self) -> bool {
        self.converged
    }
}

/// The nearest centre, the first of equals, and its squared distance.
pub(crate) fn nearest(centres: &Array2<f64>, row: &[f64]) -> (SegmentIdx, f64) {
    let mut best = (0, f64::INFINITY);
    for (segment, centre) in centres.rows().into_iter().enumerate() {
        let squares = centre.iter().zip(row).map(|(c, &x)| (bounded(x) - c).powi(2));
        let distance = squares.sum();
        if distance < best.1 {
            best = (segment, distance);
        }
    }
    (SegmentIdx::from_usize(best.0), best.1)
}

impl Segmenter for KMeansModel {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn n_segments(&self) -> usize {
        self.centres.nrows()
    }

    fn segment(&self, row: &[f64]) -> SegmentIdx {
        assert_eq!(row.len(), self.schema.len(), "one cell for each column");
        nearest(&self.centres, row).0
    }
}
