//! k-means.

mod bounds;
mod init;
mod lloyd;
pub(crate) mod metric;
mod model;
mod refine;
mod update;

use ndarray::Array2;
use patronage_core::{Features, Fit, Seeded, SegmentIdx};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

pub(crate) use self::lloyd::Run;
use self::lloyd::{Limits, lloyd};
pub use self::model::KMeansModel;
use crate::data::Rows;
use crate::error::{Error, ErrorKind};
use crate::parallel;

/// Up to so many rows the default effort is many starts; above it one.
const SMALL: usize = 100_000;

/// Where k-means starts.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Init {
    /// Rows drawn far apart: greedy k-means++, `2 + ln k` candidates a step.
    PlusPlus,
    /// These centres, of shape `(k, n_columns)`: one start, no swaps, their order kept.
    Centres(Array2<f64>),
}

/// k-means: the partition into `k` clusters of least squared distance to the clusters' means.
///
/// Minimises the inertia, with weights `w` of 1 where none are given, over rows `x` of shape
/// `(n_rows, n_columns)`:
///
/// ```text
/// inertia = Σᵢ wᵢ min_c ‖xᵢ − μ_c‖²
/// ```
///
/// by Lloyd's iterations to their exact fixed point: distance bounds (Hamerly's for less than 20
/// clusters, Yinyang groups of about ten centres from there) only skip rows whose nearest centre
/// cannot have changed, and the end is checked without them. Of equally near centres a row
/// belongs to the first. Starts are greedy k-means++; the best of several is then improved by
/// random swaps of a centre.
///
/// Distances are Euclidean in whatever the columns hold, so columns of different units want a
/// [`Preparation`](crate::Preparation) first; inertia is in squared units of the columns.
///
/// Costs O(n_rows · k · n_columns) for the first iteration of a start and much less for later
/// ones; memory is 12 bytes a row and start (4 more for each further ten centres). The result does
/// not depend on the number of threads.
///
/// # Degenerate input
///
/// A cluster that loses its rows is given the row farthest from its own centre. With fewer
/// distinct rows than `k` the model has as many clusters as there are distinct rows. A constant
/// column adds nothing. Numbers up to `f64::MAX` and down to the smallest are computed at a scale
/// that neither overflows nor vanishes; an inertia beyond `f64::MAX` is reported as `f64::MAX`.
/// The scale is one for all columns, set by the largest absolute number of those that are not
/// constant: where that number is above 1e12 or below 1e-12, differences of less than 1e-162 of it
/// have a square of 0 and do not count, and below 1e-154 of it squares lose digits. Otherwise the
/// same holds of differences below 1e-162 and 1e-154.
///
/// # References
///
/// S. Lloyd (1982), Least squares quantization in PCM. D. Arthur, S. Vassilvitskii (2007),
/// k-means++: the advantages of careful seeding. G. Hamerly (2010), Making k-means even faster.
/// Y. Ding et al. (2015), Yinyang k-means. P. Fränti (2018), Efficiency of random swap clustering.
///
/// # Examples
///
/// ```
/// use ndarray::array;
/// use patronage_segment::{Column, FeatureTable, Fit, KMeans, Schema, SegmenterExt};
///
/// let schema = Schema::new([Column::number("recency_days"), Column::number("orders")])?;
/// let rows = array![[3.0, 9.0], [5.0, 9.0], [90.0, 1.0], [94.0, 1.0]];
/// let customers = FeatureTable::new(schema, rows)?;
/// let model = KMeans::new(2).fit(&customers)?;
/// let clusters = model.assign(&customers)?;
/// assert_eq!(clusters[0], clusters[1]);
/// assert_ne!(clusters[0], clusters[2]);
/// assert_eq!(model.inertia(), 10.0);
/// assert!(model.converged());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct KMeans {
    k: usize,
    init: Init,
    restarts: Option<usize>,
    swaps: Option<usize>,
    max_iter: usize,
    tolerance: f64,
    seed: u64,
}

impl KMeans {
    /// k-means with `k` clusters, at least 1.
    #[must_use]
    pub const fn new(k: usize) -> Self {
        Self {
            k,
            init: Init::PlusPlus,
            restarts: None,
            swaps: None,
            max_iter: 300,
            tolerance: 0.0,
            seed: 0,
        }
    }

    /// The same with `k` clusters.
    #[must_use]
    pub const fn clusters(mut self, k: usize) -> Self {
        self.k = k;
        self
    }

    /// Where to start; default [`Init::PlusPlus`].
    #[must_use]
    pub fn init(mut self, init: Init) -> Self {
        self.init = init;
        self
    }

    /// Number of starts, the best of which is taken; default 10 up to 100,000 rows and 1 above, at least 1.
    #[must_use]
    pub const fn restarts(mut self, restarts: usize) -> Self {
        self.restarts = Some(restarts);
        self
    }

    /// Number of random swaps that try to improve the best start; default 32 up to 100,000 rows and 0 above.
    #[must_use]
    pub const fn swaps(mut self, swaps: usize) -> Self {
        self.swaps = Some(swaps);
        self
    }

    /// Upper bound on Lloyd's iterations of one start; default 300, at least 1.
    #[must_use]
    pub const fn max_iter(mut self, max_iter: usize) -> Self {
        self.max_iter = max_iter;
        self
    }

    /// Stops when the squared shifts of the centres sum to at most this share of the mean variance
    /// of the columns; default 0 (stop at the fixed point), at least 0.
    #[must_use]
    pub const fn tolerance(mut self, tolerance: f64) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// Seed of the draws; default 0.
    #[must_use]
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Fits, and gives the cluster of every row beside the model: what `assign` would say, for nothing.
    ///
    /// # Errors
    ///
    /// As [`fit`](Fit::fit).
    pub fn fit_assign<F: Features + ?Sized>(
        &self,
        features: &F,
    ) -> Result<(KMeansModel, Vec<SegmentIdx>), Error> {
        self.solve(features, Rows::of(features)?)
    }

    /// Fits to rows of which each counts as often as its weight says (any number from 0), with the
    /// cluster of every row.
    ///
    /// Rows of weight 0 have a cluster and no say.
    ///
    /// # Errors
    ///
    /// As [`fit`](Fit::fit); also when there is not one weight for each row, a weight is negative
    /// or not finite, or all are 0.
    pub fn fit_weighted<F: Features + ?Sized>(
        &self,
        features: &F,
        weights: &[f64],
    ) -> Result<(KMeansModel, Vec<SegmentIdx>), Error> {
        self.solve(features, Rows::of(features)?.weighted(weights)?)
    }

    fn solve<F: Features + ?Sized>(
        &self,
        features: &F,
        rows: Rows<'_>,
    ) -> Result<(KMeansModel, Vec<SegmentIdx>), Error> {
        self.validate(&rows)?;
        let run = self.run(&rows);
        Ok(KMeansModel::from_run(features.schema().clone(), &rows, self.k, run))
    }

    fn validate(&self, rows: &Rows<'_>) -> Result<(), Error> {
        let refuse = |name, expected, found| {
            Err(Error::from(ErrorKind::Parameter { name, expected, found }))
        };
        if self.k == 0 {
            return refuse("k", "at least 1", 0.0);
        }
        if u32::try_from(self.k).is_err() {
            return refuse("k", "below 2^32", self.k as f64);
        }
        if self.restarts == Some(0) {
            return refuse("restarts", "at least 1", 0.0);
        }
        if self.max_iter == 0 {
            return refuse("max_iter", "at least 1", 0.0);
        }
        if !(self.tolerance >= 0.0 && self.tolerance.is_finite()) {
            return refuse("tolerance", "a finite number, at least 0", self.tolerance);
        }
        if let Init::Centres(centres) = &self.init {
            let what = "rows of the centres given";
            if centres.nrows() != self.k {
                let found = centres.nrows();
                return Err(ErrorKind::Length { what, expected: self.k, found }.into());
            }
            if centres.ncols() != rows.d {
                let what = "columns of the centres given";
                let found = centres.ncols();
                return Err(ErrorKind::Length { what, expected: rows.d, found }.into());
            }
            if let Some(position) = centres.iter().position(|c| !c.is_finite()) {
                let (what, expected) = ("cell of the centres given", "a finite number");
                let found = centres.iter().nth(position).copied().unwrap_or(f64::NAN);
                return Err(ErrorKind::Number { what, position, expected, found }.into());
            }
        }
        if rows.n < self.k {
            return Err(ErrorKind::TooFewRows { expected: self.k, found: rows.n }.into());
        }
        Ok(())
    }

    /// The best run on checked rows with checked parameters.
    pub(crate) fn run(&self, rows: &Rows<'_>) -> Run {
        let limits = Limits {
            max_iter: self.max_iter,
            tolerance: if self.tolerance > 0.0 {
                self.tolerance * mean_variance(rows)
            } else {
                0.0
            },
        };
        if let Init::Centres(centres) = &self.init {
            // Clamped at the scale of the rows: a centre much farther out than any row is as
            // good as one that is merely far out.
            let cells = centres.indexed_iter();
            let start =
                cells.map(|((_, i), &cell)| rows.scaled(i, cell).clamp(-1e15, 1e15)).collect();
            return lloyd(rows, start, limits);
        }
        let small = rows.n <= SMALL;
        let restarts = self.restarts.unwrap_or(if small { 10 } else { 1 });
        let swaps = self.swaps.unwrap_or(if small { 32 } else { 0 });
        let start = |restart: usize| {
            let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
            rng.set_stream(restart as u64);
            lloyd(rows, init::plus_plus(rows, self.k, &mut rng), limits)
        };
        let better = |a: Run, b: Run| if b.inertia < a.inertia { b } else { a };
        // Large inputs use all threads inside one start, so that only one holds memory.
        let best = if small {
            parallel::map(restarts, start).into_iter().reduce(better)
        } else {
            (0..restarts).map(start).reduce(better)
        }
        .expect("validate asks for at least one start");
        refine::swap(rows, best, swaps, limits, self.seed, restarts as u64)
    }
}

impl<F: Features + ?Sized> Fit<F> for KMeans {
    type Model = KMeansModel;
    type Error = Error;

    /// Finds the clusters of `features`, of shape `(n_rows, n_columns)`.
    ///
    /// # Errors
    ///
    /// When a parameter is out of its range, there are fewer rows than clusters, a column is a
    /// category, or a cell is not a finite number (the row and the column are named).
    fn fit(&self, features: &F) -> Result<KMeansModel, Error> {
        Ok(self.fit_assign(features)?.0)
    }
}

impl Seeded for KMeans {
    fn reseeded(&self, seed: u64) -> Self {
        self.clone().seed(seed)
    }
}

/// The mean over columns of the variance of a column, at the scale of the rows.
fn mean_variance(rows: &Rows<'_>) -> f64 {
    let n = rows.n as f64;
    let mut means = vec![0.0; rows.d];
    for row in rows.values.chunks_exact(rows.d) {
        means.iter_mut().zip(row).for_each(|(mean, cell)| *mean += cell / n);
    }
    let mut sum = 0.0;
    for row in rows.values.chunks_exact(rows.d) {
        sum +=
            row.iter().zip(&means).map(|(cell, mean)| (cell - mean) * (cell - mean)).sum::<f64>();
    }
    sum / n / rows.d as f64
}
