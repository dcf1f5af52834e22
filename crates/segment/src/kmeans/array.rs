//! k-means on plain arrays of either kind of floating-point numbers.

use ndarray::{Array2, ArrayView2};
use patronage_core::{Schema, SegmentIdx};

use super::{Algorithm, KMeans, KMeansModel, Metric};
use crate::data::Rows;
use crate::error::Error;
use crate::float::Float;

/// What k-means found in an array.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct KMeansFit<T> {
    /// The centres, of shape `(n_clusters, n_columns)`, each rounded to the type once.
    pub centres: Array2<T>,
    /// The cluster of each row.
    pub labels: Vec<SegmentIdx>,
    /// The number of rows of each cluster, at least 1.
    pub sizes: Vec<u64>,
    /// The weighted sum of squared distances (or of `1 − cos`) before centres are rounded.
    pub inertia: f64,
    /// Lloyd's iterations of the start that was taken.
    pub n_iter: usize,
    /// Whether that start reached its fixed point, or the tolerance asked for.
    pub converged: bool,
    /// How nearest centres were found; `Some` of every fit.
    pub algorithm: Option<Algorithm>,
    /// What distances are.
    pub metric: Metric,
}

impl KMeans {
    /// Fits to the rows of an array of shape `(n_rows, n_columns)`, without a schema.
    ///
    /// Rows may be `f32`, which halves the memory read. Whichever they are, distances that count,
    /// sums, centres and inertia are computed in double precision from the numbers as they stand:
    /// the labels of `f32` rows are those of the same numbers as `f64`.
    ///
    /// # Errors
    ///
    /// As [`fit`](patronage_core::Fit::fit); columns are named by their numbers, from 0.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::array;
    /// use patronage_segment::KMeans;
    ///
    /// let rows = array![[3.0_f32, 9.0], [5.0, 9.0], [90.0, 1.0], [94.0, 1.0]];
    /// let found = KMeans::new(2).fit_array(rows.view())?;
    /// assert_eq!(found.labels[0], found.labels[1]);
    /// assert_eq!(found.inertia, 10.0);
    /// # Ok::<(), patronage_segment::Error>(())
    /// ```
    pub fn fit_array<T: Float>(&self, rows: ArrayView2<'_, T>) -> Result<KMeansFit<T>, Error> {
        let rows = match self.metric {
            Metric::Euclidean => Rows::of_array(rows)?,
            Metric::Cosine => return self.fit_directions(rows, None),
        };
        self.fit_rows(rows)
    }

    /// As [`fit_array`](Self::fit_array), each row counted as often as its weight says.
    ///
    /// # Errors
    ///
    /// As [`fit_weighted`](Self::fit_weighted).
    pub fn fit_array_weighted<T: Float>(
        &self,
        rows: ArrayView2<'_, T>,
        weights: &[f64],
    ) -> Result<KMeansFit<T>, Error> {
        match self.metric {
            Metric::Euclidean => self.fit_rows(Rows::of_array(rows)?.weighted(weights)?),
            Metric::Cosine => self.fit_directions(rows, Some(weights)),
        }
    }

    fn fit_directions<T: Float>(
        &self,
        rows: ArrayView2<'_, T>,
        weights: Option<&[f64]>,
    ) -> Result<KMeansFit<T>, Error> {
        let rows = Rows::directions(rows, |column| column.to_string())?;
        match weights {
            Some(weights) => self.fit_rows(rows.weighted(weights)?),
            None => self.fit_rows(rows),
        }
    }

    fn fit_rows<T: Float, R: Float>(&self, rows: Rows<'_, R>) -> Result<KMeansFit<T>, Error> {
        self.validate(&rows)?;
        let run = self.run_by(&rows, self.metric);
        let (n_iter, converged, algorithm) = (run.n_iter, run.converged, run.algorithm);
        let metric = self.metric;
        let no_schema = Schema::new([])?;
        let (model, labels) = KMeansModel::from_run(no_schema, &rows, self.k, metric, run);
        let cells = model.centres.iter().map(|&cell| T::from_f64(cell)).collect();
        let centres = Array2::from_shape_vec((model.sizes.len(), rows.d), cells)
            .expect("one cell for each cluster and column");
        let (sizes, inertia) = (model.sizes, model.inertia);
        Ok(KMeansFit { centres, labels, sizes, inertia, n_iter, converged, algorithm, metric })
    }
}
