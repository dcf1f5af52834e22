//! linfa-clustering's k-means.

use linfa::DatasetBase;
use linfa::prelude::*;
use linfa_clustering::{KMeans as LinfaKMeans, KMeansInit};
use ndarray16::ArrayView2;
use patronage_core::{Features, Seeded, SegmentIdx};
use rand_chacha_03::ChaCha8Rng;
use rand_chacha_03::rand_core::SeedableRng;

use crate::error::{Error, ErrorKind};
use crate::guard::{self, Magnitude, caught};
use crate::kmeans_model::{KMeansModel, nearest};
use crate::layout::{owned, to_linfa};

/// linfa-clustering's k-means: Lloyd's iterations from k-means++ starts, the best of several runs.
///
/// It looks for centres that minimise the inertia
///
/// ```text
/// Σ_rows min_segment |row − centre|²
/// ```
///
/// Rows of shape `(n_rows, n_columns)`, in one unit (standardise them first: distances are taken
/// as they are). Each iteration costs O(n_rows · n_segments · n_columns) and runs on every core;
/// nothing is copied where [`to_linfa`] can borrow. The starts are drawn by
/// ChaCha8 from [`seed`](Self::seed); linfa's parallel start (k-means‖), whose draws depend on the
/// timing of threads, is not offered, so the same data and seed give the same bits on any number of threads.
///
/// Corrected here: linfa's cluster counts are of the last run and not of the best, and its inertia
/// is of the iteration before the last; both are computed again. It does not say whether it
/// converged; [`converged`](KMeansModel::converged) does, by one more step. More segments
/// than rows are refused; where fewer rows *differ* than there are segments, some segments are empty, and
/// [`n_rows`](KMeansModel::n_rows) says 0 for them. linfa moves a centre to the mean of its
/// rows *and its old place*, so it ends close to a fixed point rather than on it.
///
/// # When not to use it
///
/// `patronage-segment` has an exact k-means with a choice of k. This one is here to compare with.
///
/// # Errors
///
/// Of `fit`: a parameter out of range, more segments than rows, no rows, no columns, a column that
/// may be missing, a cell beyond ±1e140.
///
/// # References
///
/// S. Lloyd (1982), *Least squares quantization in PCM*.
/// D. Arthur, S. Vassilvitskii (2007), *k-means++: the advantages of careful seeding*.
///
/// # Examples
///
/// ```
/// use ndarray::array;
/// use patronage_core::{Column, FeatureTable, Fit, Schema, SegmenterExt};
/// use patronage_linfa::KMeans;
///
/// let schema = Schema::new([Column::number("spend")])?;
/// let customers = FeatureTable::new(schema, array![[1.0], [2.0], [90.0], [91.0]])?;
/// let model = KMeans::new(2).seed(7).fit(&customers)?;
/// let segments = model.assign(&customers)?;
/// assert_eq!(segments[2], segments[3]);
/// assert_eq!(model.n_rows(), [2, 2]);
/// assert!((model.inertia() - 1.0).abs() < 1e-3);
/// # Ok::<(), patronage_linfa::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KMeans {
    n_segments: usize,
    n_runs: usize,
    max_iter: u64,
    tolerance: f64,
    seed: u64,
}

impl KMeans {
    /// k-means of `n_segments` segments, at least 1 and at most as many as there are rows.
    #[must_use]
    pub const fn new(n_segments: usize) -> Self {
        Self { n_segments, n_runs: 10, max_iter: 300, tolerance: 1e-4, seed: 0 }
    }

    /// How many starts are tried; default `10`, from 1 to 10,000.
    #[must_use]
    pub const fn n_runs(mut self, n_runs: usize) -> Self {
        self.n_runs = n_runs;
        self
    }

    /// Upper bound on iterations of a run; default `300`, at least 1.
    #[must_use]
    pub const fn max_iter(mut self, max_iter: u64) -> Self {
        self.max_iter = max_iter;
        self
    }

    /// How far the centres together may move in the last step, in root mean variances of the columns; default `1e-4`, above 0.
    ///
    /// linfa's own tolerance is in the unit of the rows; this one is multiplied by the root of the
    /// mean variance, so that it means the same in every unit.
    #[must_use]
    pub const fn tolerance(mut self, tolerance: f64) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// The seed of the starts; default `0`.
    #[must_use]
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    fn validate(&self, n_rows: usize) -> Result<(), Error> {
        let is_runs = |n: f64| (1.0..=1e4).contains(&n);
        guard::check_parameter("n_runs", "from 1 to 10,000", self.n_runs as f64, is_runs)?;
        guard::check_parameter("max_iter", "at least 1", self.max_iter as f64, |n| n >= 1.0)?;
        let is_tolerance = |t: f64| t > 0.0 && t <= 1e10;
        let tolerance = self.tolerance;
        guard::check_parameter("tolerance", "above 0, at most 1e10", tolerance, is_tolerance)?;
        guard::check_segments(self.n_segments, n_rows)
    }
}

impl<D: Features + ?Sized> patronage_core::Fit<D> for KMeans {
    type Model = KMeansModel;
    type Error = Error;

    fn fit(&self, features: &D) -> Result<KMeansModel, Error> {
        let (schema, rows) = (features.schema(), to_linfa(features.values()));
        guard::check_cells(schema, rows.view(), Magnitude::Moderate, |row| row)?;
        self.validate(rows.nrows())?;
        let tolerance = self.tolerance * spread(rows.view());
        let rng = ChaCha8Rng::seed_from_u64(self.seed);
        let parameters = LinfaKMeans::params_with_rng(self.n_segments, rng)
            .n_runs(self.n_runs)
            .max_n_iterations(self.max_iter)
            .tolerance(tolerance)
            .init_method(KMeansInit::KMeansPlusPlus);
        let set = DatasetBase::from(rows.view());
        let fitted = caught(|| parameters.fit(&set))?.map_err(ErrorKind::linfa)?;
        let centres = owned(fitted.centroids());
        let found = Assignment::of(rows.view(), &centres);
        let converged = found.step(&centres) < tolerance;
        let Assignment { n_rows, inertia, .. } = found;
        Ok(KMeansModel { schema: schema.clone(), centres, n_rows, inertia, converged })
    }
}

impl Seeded for KMeans {
    fn reseeded(&self, seed: u64) -> Self {
        self.seed(seed)
    }
}

/// The root of the columns' mean variance, or 1 where it is 0.
fn spread(rows: ArrayView2<'_, f64>) -> f64 {
    let n = rows.nrows() as f64;
    let variance = |column: ndarray16::ArrayView1<'_, f64>| {
        let mean = column.iter().map(|cell| cell / n).sum::<f64>();
        column.iter().map(|cell| (cell - mean).powi(2) / n).sum::<f64>()
    };
    let mean = rows.columns().into_iter().map(variance).sum::<f64>() / rows.ncols() as f64;
    let spread = mean.sqrt();
    if spread > f64::MIN_POSITIVE { spread } else { 1.0 }
}

/// Every row at its nearest centre.
struct Assignment {
    n_rows: Vec<usize>,
    sums: ndarray::Array2<f64>,
    inertia: f64,
}

impl Assignment {
    fn of(rows: ArrayView2<'_, f64>, centres: &ndarray::Array2<f64>) -> Self {
        let mut n_rows = vec![0; centres.nrows()];
        let mut sums = ndarray::Array2::zeros(centres.dim());
        let (mut inertia, mut row) = (0.0, Vec::with_capacity(rows.ncols()));
        for cells in rows.rows() {
            row.clear();
            row.extend(cells);
            let (segment, distance): (SegmentIdx, f64) = nearest(centres, &row);
            n_rows[segment.index()] += 1;
            inertia += distance;
            let mut sum = sums.row_mut(segment.index());
            sum.iter_mut().zip(&row).for_each(|(sum, cell)| *sum += cell);
        }
        Self { n_rows, sums, inertia }
    }

    /// How far all centres together would move in linfa's next step.
    fn step(&self, centres: &ndarray::Array2<f64>) -> f64 {
        let mut squares = 0.0;
        for (segment, centre) in centres.rows().into_iter().enumerate() {
            // linfa counts the old centre among the rows.
            let n = (self.n_rows[segment] + 1) as f64;
            for (&old, sum) in centre.iter().zip(self.sums.row(segment)) {
                squares += ((sum + old) / n - old).powi(2);
            }
        }
        squares.sqrt()
    }
}
