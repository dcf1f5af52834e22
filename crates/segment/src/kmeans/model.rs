//! Clusters that k-means found.

use ndarray::{Array2, ArrayView2};
use patronage_core::{Features, Schema, SegmentIdx, Segmenter, row_slice};

use super::careful::{Careful, largest_difference};
use super::lloyd::{BLOCK, Run};
use super::metric::{nearest, square, with_width};
use super::{Algorithm, Metric};
use crate::data::{Rows, direction};
use crate::error::{Error, ErrorKind};
use crate::float::Float;
use crate::parallel;

/// The clusters that [`KMeans`](crate::KMeans) found: a row belongs to the nearest centre, of equals to the first.
///
/// Total on rows of its schema: a number missing from a nullable column (NaN) is left out of the
/// distance. Clusters are numbered as the start left them; the numbers mean nothing, until
/// [`aligned_to`](Self::aligned_to) takes those of an older model over.
///
/// With [`Metric::Cosine`] centres are of length 1, distances are `1 − cos`, a missing number counts
/// as 0, and a row of zeros, which has no direction, belongs to the first cluster at distance 1.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(try_from = "super::saved::Repr", into = "super::saved::Repr")
)]
pub struct KMeansModel {
    pub(super) schema: Schema,
    /// Row-major, of shape `(n_segments, schema.len())`.
    pub(super) centres: Vec<f64>,
    pub(super) sizes: Vec<u64>,
    pub(super) asked: usize,
    pub(super) inertia: f64,
    pub(super) n_iter: usize,
    pub(super) converged: bool,
    pub(super) algorithm: Option<Algorithm>,
    pub(super) metric: Metric,
    /// One for each cluster, or none.
    pub(super) names: Vec<String>,
}

impl KMeansModel {
    pub(crate) fn from_run<T: Float>(
        schema: Schema,
        rows: &Rows<'_, T>,
        asked: usize,
        metric: Metric,
        run: Run,
    ) -> (Self, Vec<SegmentIdx>) {
        let d = rows.d;
        let mut sizes = vec![0_u64; run.centres.len() / d];
        for &label in &run.labels {
            sizes[label as usize] += 1;
        }
        // Centres that no row is nearest to are no clusters.
        let mut number = vec![0_u32; sizes.len()];
        let mut centres = Vec::with_capacity(run.centres.len());
        let mut next = 0;
        for (c, centre) in run.centres.chunks_exact(d).enumerate() {
            number[c] = next;
            if sizes[c] > 0 {
                centres.extend(centre.iter().enumerate().map(|(i, &cell)| rows.unscaled(i, cell)));
                next += 1;
            }
        }
        sizes.retain(|&size| size > 0);
        let labels =
            run.labels.iter().map(|&label| SegmentIdx::new(number[label as usize])).collect();
        let inertia = match metric {
            Metric::Euclidean => rows.unscaled_square(run.inertia),
            // For rows of length 1 the squared distance is 2 (1 − cos).
            Metric::Cosine => rows.unscaled_square(0.5 * run.inertia),
        };
        let Run { n_iter, converged, algorithm, .. } = run;
        let names = Vec::new();
        let model = Self {
            schema,
            centres,
            sizes,
            asked,
            inertia,
            n_iter,
            converged,
            algorithm,
            metric,
            names,
        };
        (model, labels)
    }

    /// A model of these centres, of shape `(n_segments, schema.len())`, that was fitted elsewhere or
    /// thought out: nothing is fitted.
    ///
    /// Its sizes and inertia are 0, it took no iterations and has converged. For [`Metric::Cosine`]
    /// centres are brought to length 1.
    ///
    /// # Errors
    ///
    /// When there is no centre or no column, a column is a category, the width is not that of the
    /// schema, a cell is not finite, or, for cosines, a centre is all zeros.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::array;
    /// use patronage_segment::{Column, KMeansModel, Metric, Schema, SegmentIdx, Segmenter};
    ///
    /// let schema = Schema::new([Column::number("recency_days"), Column::number("orders")])?;
    /// let centres = array![[10.0, 12.0], [200.0, 1.0]];
    /// let model = KMeansModel::frozen(schema, centres.view(), Metric::Euclidean)?
    ///     .named(["Loyal", "Lapsed"])?;
    /// assert_eq!(model.name(model.segment(&[150.0, 2.0])), Some("Lapsed"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn frozen(
        schema: Schema,
        centres: ArrayView2<'_, f64>,
        metric: Metric,
    ) -> Result<Self, Error> {
        if centres.nrows() == 0 {
            return Err(ErrorKind::Empty { what: "centres" }.into());
        }
        if centres.ncols() != schema.len() {
            let (what, expected) = ("columns of the centres", schema.len());
            return Err(ErrorKind::Length { what, expected, found: centres.ncols() }.into());
        }
        crate::data::check_kinds(&schema)?;
        let k = centres.nrows();
        let mut cells = Vec::with_capacity(centres.len());
        for (row, centre) in centres.rows().into_iter().enumerate() {
            for (column, &found) in schema.columns().iter().zip(centre) {
                if !found.is_finite() {
                    let (column, expected) = (column.name().to_owned(), "a finite number");
                    return Err(ErrorKind::Cell { row, column, expected, found }.into());
                }
            }
            let start = cells.len();
            cells.extend(centre);
            if metric == Metric::Cosine && !direction(&mut cells[start..]) {
                return Err(ErrorKind::NoDirection { row }.into());
            }
        }
        Ok(Self {
            schema,
            centres: cells,
            sizes: vec![0; k],
            asked: k,
            inertia: 0.0,
            n_iter: 0,
            converged: true,
            algorithm: None,
            metric,
            names: Vec::new(),
        })
    }

    /// The same with a name for each cluster, in their order.
    ///
    /// # Errors
    ///
    /// When there is not one name for each cluster, or one stands twice.
    pub fn named<S: Into<String>>(
        mut self,
        names: impl IntoIterator<Item = S>,
    ) -> Result<Self, Error> {
        let names: Vec<String> = names.into_iter().map(Into::into).collect();
        super::saved::check_names(&names, self.sizes.len())?;
        self.names = names;
        Ok(self)
    }

    /// The names of the clusters; none where none were given.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// How nearest centres were found; `None` where nothing was fitted or the model was saved by a
    /// version that did not say.
    #[must_use]
    pub const fn algorithm(&self) -> Option<Algorithm> {
        self.algorithm
    }

    /// What distances are.
    #[must_use]
    pub const fn metric(&self) -> Metric {
        self.metric
    }

    /// A model of centres that something else found, in the units of the columns.
    pub(crate) fn of_centres(
        schema: Schema,
        centres: Vec<f64>,
        sizes: Vec<u64>,
        inertia: f64,
    ) -> Self {
        let asked = sizes.len();
        Self {
            schema,
            centres,
            sizes,
            asked,
            inertia,
            n_iter: 1,
            converged: true,
            algorithm: None,
            metric: Metric::Euclidean,
            names: Vec::new(),
        }
    }

    /// A model of centres that a stream moved, of the rows each took, and of how many were asked for.
    pub(crate) fn of_stream(
        schema: Schema,
        (centres, sizes, asked): (Vec<f64>, Vec<u64>, usize),
        inertia: f64,
        n_iter: usize,
    ) -> Self {
        let found = Self::of_centres(schema, centres, sizes, inertia);
        Self { asked, n_iter, converged: false, ..found }
    }

    /// The centres, of shape `(n_segments, n_columns)`, in the units of the columns.
    #[must_use]
    pub fn centres(&self) -> ArrayView2<'_, f64> {
        ArrayView2::from_shape((self.sizes.len(), self.schema.len()), &self.centres)
            .expect("one centre for each cluster, one cell for each column")
    }

    /// The number of training rows of each cluster, at least 1 each; 0 of centres that were not fitted.
    #[must_use]
    pub fn sizes(&self) -> &[u64] {
        &self.sizes
    }

    /// The number of clusters asked for; more than there are where too few rows were distinct.
    #[must_use]
    pub const fn n_asked(&self) -> usize {
        self.asked
    }

    /// The weighted sum over training rows of the squared distance to the own centre, or for
    /// [`Metric::Cosine`] of `1 − cos`; at most `f64::MAX`.
    #[must_use]
    pub const fn inertia(&self) -> f64 {
        self.inertia
    }

    /// Lloyd's iterations of the start that was taken.
    #[must_use]
    pub const fn n_iter(&self) -> usize {
        self.n_iter
    }

    /// Whether that start reached its fixed point (or the tolerance asked for) within the iterations allowed.
    #[must_use]
    pub const fn converged(&self) -> bool {
        self.converged
    }

    /// The cluster of a row and the distance to its centre, in the units of the columns, or `1 − cos`.
    ///
    /// # Panics
    ///
    /// When the row is of another width than the schema.
    #[must_use]
    pub fn nearest(&self, row: &[f64]) -> (SegmentIdx, f64) {
        let d = self.schema.len();
        assert_eq!(row.len(), d, "a row of the model's schema");
        if self.metric == Metric::Cosine {
            let Some(row) = towards(row) else { return (SegmentIdx::new(0), 1.0) };
            let found = with_width!(d, width => nearest(width, &row[..], &self.centres));
            return (SegmentIdx::new(found.label), 0.5 * found.square);
        }
        let found = with_width!(d, width => nearest(width, row, &self.centres));
        // Squares that overflow, vanish or are not numbers are computed with more care.
        if found.square.is_finite() && found.square > 1e-250 {
            return (SegmentIdx::new(found.label), found.square.sqrt());
        }
        let mut best = (0, f64::INFINITY);
        // At the scale of the nearest, whatever overflows is farther.
        let centres = self.centres.chunks_exact(d).enumerate();
        let farthest = centres.map(|(c, centre)| (c, largest_difference(row, centre)));
        let (c, least) = farthest.reduce(|a, b| if b.1 < a.1 { b } else { a }).unwrap_or_default();
        if least == 0.0 {
            return (SegmentIdx::from_usize(c), 0.0);
        }
        let careful = Careful::new(least);
        for (c, centre) in self.centres.chunks_exact(d).enumerate() {
            let square = careful.square(row, centre);
            if square < best.1 {
                best = (c, square);
            }
        }
        (SegmentIdx::from_usize(best.0), careful.distance(best.1))
    }

    /// The distances of a row to all centres, in the units of the columns, at most `f64::MAX`; or
    /// `1 − cos`.
    ///
    /// # Panics
    ///
    /// When the row is of another width than the schema, or `out` is not of length `n_segments`.
    pub fn distances_into(&self, row: &[f64], out: &mut [f64]) {
        let d = self.schema.len();
        assert_eq!(row.len(), d, "a row of the model's schema");
        assert_eq!(out.len(), self.sizes.len(), "one place for each cluster");
        if self.metric == Metric::Cosine {
            let Some(row) = towards(row) else { return out.fill(1.0) };
            for (centre, out) in self.centres.chunks_exact(d).zip(out) {
                *out = 0.5 * square(&row[..], centre);
            }
            return;
        }
        for (centre, out) in self.centres.chunks_exact(d).zip(out) {
            let plain = square(row, centre);
            *out = if plain.is_finite() && plain > 1e-250 {
                plain.sqrt()
            } else {
                let careful = Careful::new(largest_difference(row, centre));
                careful.distance(careful.square(row, centre))
            };
        }
    }

    /// The distances of every row to all centres, of shape `(n_rows, n_segments)`.
    ///
    /// # Errors
    ///
    /// When the features' schema is not the model's.
    pub fn distances<F: Features + ?Sized>(&self, features: &F) -> Result<Array2<f64>, Error> {
        self.schema.check(features.schema())?;
        let rows = features.values();
        let k = self.sizes.len();
        let mut out = vec![0.0; rows.nrows() * k];
        let mut blocks: Vec<&mut [f64]> = out.chunks_mut(BLOCK * k).collect();
        parallel::map_mut(&mut blocks, |b, block| {
            let mut buffer = Vec::new();
            for (i, out) in block.chunks_exact_mut(k).enumerate() {
                self.distances_into(row_slice(rows.row(b * BLOCK + i), &mut buffer), out);
            }
        });
        Ok(Array2::from_shape_vec((rows.nrows(), k), out)
            .expect("one cell for each row and cluster"))
    }

    /// The cluster of every row with the distance to its centre.
    ///
    /// # Errors
    ///
    /// When the features' schema is not the model's.
    pub fn assign_with_distance<F: Features + ?Sized>(
        &self,
        features: &F,
    ) -> Result<Vec<(SegmentIdx, f64)>, Error> {
        self.schema.check(features.schema())?;
        let mut out = vec![(SegmentIdx::default(), 0.0); features.values().nrows()];
        self.for_rows(features.values(), &mut out, |row| self.nearest(row));
        Ok(out)
    }

    fn for_rows<T: Send>(
        &self,
        rows: ArrayView2<'_, f64>,
        out: &mut [T],
        of_row: impl Fn(&[f64]) -> T + Send + Sync,
    ) {
        let mut blocks: Vec<&mut [T]> = out.chunks_mut(BLOCK).collect();
        parallel::map_mut(&mut blocks, |b, block| {
            let mut buffer = Vec::new();
            for (i, out) in block.iter_mut().enumerate() {
                *out = of_row(row_slice(rows.row(b * BLOCK + i), &mut buffer));
            }
        });
    }
}

impl Segmenter for KMeansModel {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn n_segments(&self) -> usize {
        self.sizes.len()
    }

    fn segment(&self, row: &[f64]) -> SegmentIdx {
        self.nearest(row).0
    }

    fn name(&self, segment: SegmentIdx) -> Option<&str> {
        self.names.get(segment.index()).map(String::as_str)
    }

    fn segment_rows(&self, rows: ArrayView2<'_, f64>, out: &mut [SegmentIdx]) {
        assert_eq!(rows.nrows(), out.len(), "one place for each row");
        assert_eq!(rows.ncols(), self.schema.len(), "rows of the model's schema");
        self.for_rows(rows, out, |row| self.nearest(row).0);
    }
}

/// The row at length 1, missing numbers as 0; `None` where it has no direction.
fn towards(row: &[f64]) -> Option<Vec<f64>> {
    let mut row: Vec<f64> = row.iter().map(|&v| if v.is_nan() { 0.0 } else { v }).collect();
    direction(&mut row).then_some(row)
}
