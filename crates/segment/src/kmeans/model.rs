//! Clusters that k-means found.

use ndarray::{Array2, ArrayView2};
use patronage_core::{Features, Schema, SegmentIdx, Segmenter, row_slice};

use super::lloyd::{BLOCK, Run};
use super::metric::{nearest, square, with_width};
use crate::data::{Rows, scale_for};
use crate::error::Error;
use crate::parallel;

/// The clusters that [`KMeans`](crate::KMeans) found: a row belongs to the nearest centre, of equals to the first.
///
/// Total on rows of its schema: a number missing from a nullable column (NaN) is left out of the
/// distance. Clusters are numbered as the start left them; the numbers mean nothing.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(try_from = "Repr", into = "Repr")
)]
pub struct KMeansModel {
    schema: Schema,
    /// Row-major, of shape `(n_segments, schema.len())`.
    centres: Vec<f64>,
    sizes: Vec<u64>,
    asked: usize,
    inertia: f64,
    n_iter: usize,
    converged: bool,
}

impl KMeansModel {
    pub(crate) fn from_run(
        schema: Schema,
        rows: &Rows<'_>,
        asked: usize,
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
        let inertia = rows.unscaled_square(run.inertia);
        let (n_iter, converged) = (run.n_iter, run.converged);
        (Self { schema, centres, sizes, asked, inertia, n_iter, converged }, labels)
    }

    /// A model of centres that something else found, in the units of the columns.
    pub(crate) fn of_centres(
        schema: Schema,
        centres: Vec<f64>,
        sizes: Vec<u64>,
        inertia: f64,
    ) -> Self {
        let asked = sizes.len();
        Self { schema, centres, sizes, asked, inertia, n_iter: 1, converged: true }
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

    /// The number of training rows of each cluster, at least 1 each.
    #[must_use]
    pub fn sizes(&self) -> &[u64] {
        &self.sizes
    }

    /// The number of clusters asked for; more than there are where too few rows were distinct.
    #[must_use]
    pub const fn n_asked(&self) -> usize {
        self.asked
    }

    /// The weighted sum of squared distances of training rows to their centres; at most `f64::MAX`.
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

    /// The cluster of a row and the distance to its centre, in the units of the columns.
    ///
    /// # Panics
    ///
    /// When the row is of another width than the schema.
    #[must_use]
    pub fn nearest(&self, row: &[f64]) -> (SegmentIdx, f64) {
        let d = self.schema.len();
        assert_eq!(row.len(), d, "a row of the model's schema");
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

    /// The distances of a row to all centres, in the units of the columns; at most `f64::MAX`.
    ///
    /// # Panics
    ///
    /// When the row is of another width than the schema, or `out` is not of length `n_segments`.
    pub fn distances_into(&self, row: &[f64], out: &mut [f64]) {
        let d = self.schema.len();
        assert_eq!(row.len(), d, "a row of the model's schema");
        assert_eq!(out.len(), self.sizes.len(), "one place for each cluster");
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

    fn segment_rows(&self, rows: ArrayView2<'_, f64>, out: &mut [SegmentIdx]) {
        assert_eq!(rows.nrows(), out.len(), "one place for each row");
        assert_eq!(rows.ncols(), self.schema.len(), "rows of the model's schema");
        self.for_rows(rows, out, |row| self.nearest(row).0);
    }
}

/// The largest difference of two rows in a column; 0 where every number is missing.
fn largest_difference(row: &[f64], centre: &[f64]) -> f64 {
    // The maximum leaves out NaN.
    row.iter().zip(centre).fold(0.0, |most: f64, (cell, centre)| most.max((cell - centre).abs()))
}

/// Squared distances at a scale at which neither overflow nor underflow hides the nearest.
struct Careful {
    scale: f64,
}

impl Careful {
    /// For distances of about this size.
    fn new(size: f64) -> Self {
        Self { scale: scale_for(size.min(f64::MAX)) }
    }

    fn square(&self, row: &[f64], centre: &[f64]) -> f64 {
        let mut sum = 0.0;
        for (cell, centre) in row.iter().zip(centre).filter(|(cell, _)| !cell.is_nan()) {
            let off = cell - centre;
            // Numbers of opposite signs may differ by more than there are numbers.
            let off = if off.is_finite() {
                off * self.scale
            } else {
                cell * self.scale - centre * self.scale
            };
            sum += off * off;
        }
        sum
    }

    fn distance(&self, square: f64) -> f64 {
        (square.sqrt() / self.scale).min(f64::MAX)
    }
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
struct Repr {
    schema: Schema,
    centres: Vec<Vec<f64>>,
    sizes: Vec<u64>,
    asked: usize,
    inertia: f64,
    n_iter: usize,
    converged: bool,
}

#[cfg(feature = "serde")]
impl From<KMeansModel> for Repr {
    fn from(model: KMeansModel) -> Self {
        let KMeansModel { schema, centres, sizes, asked, inertia, n_iter, converged } = model;
        let centres = centres.chunks_exact(schema.len()).map(<[f64]>::to_vec).collect();
        Self { schema, centres, sizes, asked, inertia, n_iter, converged }
    }
}

#[cfg(feature = "serde")]
impl TryFrom<Repr> for KMeansModel {
    type Error = Error;

    fn try_from(repr: Repr) -> Result<Self, Error> {
        use crate::error::ErrorKind;
        let Repr { schema, centres, sizes, asked, inertia, n_iter, converged } = repr;
        if centres.is_empty() || schema.is_empty() {
            return Err(ErrorKind::Empty { what: "centres" }.into());
        }
        if sizes.len() != centres.len() {
            let (what, expected) = ("sizes of clusters", centres.len());
            return Err(ErrorKind::Length { what, expected, found: sizes.len() }.into());
        }
        for (row, centre) in centres.iter().enumerate() {
            if centre.len() != schema.len() {
                let (what, expected) = ("cells of a centre", schema.len());
                return Err(ErrorKind::Length { what, expected, found: centre.len() }.into());
            }
            for (column, &found) in schema.columns().iter().zip(centre) {
                if !found.is_finite() {
                    let (column, expected) = (column.name().to_owned(), "a finite number");
                    return Err(ErrorKind::Cell { row, column, expected, found }.into());
                }
            }
        }
        if !(inertia >= 0.0 && inertia.is_finite()) {
            let (name, expected) = ("inertia", "a finite number, at least 0");
            return Err(ErrorKind::Parameter { name, expected, found: inertia }.into());
        }
        let centres = centres.concat();
        Ok(Self { schema, centres, sizes, asked, inertia, n_iter, converged })
    }
}

#[cfg(feature = "serde")]
impl patronage_core::SavedModel for KMeansModel {
    const TAG: &'static str = "segment/kmeans";
    const VERSION: u32 = 1;
}
