//! k-means.

mod align;
mod array;
mod bounds;
mod careful;
mod frame;
mod init;
mod kernel;
mod lloyd;
pub(crate) mod metric;
mod model;
mod oversample;
mod refine;
mod saved;
mod search;
mod stripes;
mod update;

use ndarray::Array2;
use patronage_core::{Features, Fit, Seeded, SegmentIdx};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

pub use self::array::KMeansFit;
pub(crate) use self::lloyd::Run;
use self::lloyd::{Limits, lloyd};
pub use self::model::KMeansModel;
use crate::data::Rows;
use crate::error::{Error, ErrorKind};
use crate::float::Float;
use crate::parallel;

/// Up to so many rows the default effort is a few starts and many swaps.
const FEW: usize = 10_000;

/// Up to so many rows the default effort is many starts; above it one.
const SMALL: usize = 100_000;

/// Where k-means starts.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Init {
    /// Rows drawn far apart: greedy k-means++, `2 + ln k` candidates a step.
    PlusPlus,
    /// k-means||: in each round every row is drawn with a chance in proportion to its squared
    /// distance, `oversampling · k` of them on average; greedy k-means++ then takes `k` of the rows
    /// drawn, each weighted by the rows nearest to it. A few passes over many rows instead of `k`.
    Parallel {
        /// Rows drawn in a round as a multiple of `k`; usually 2, above 0.
        oversampling: f64,
        /// Number of rounds; usually 5, at least 1.
        rounds: usize,
    },
    /// These centres, of shape `(k, n_columns)`: one start, no swaps, their order kept.
    Centres(Array2<f64>),
}

/// What the distance of a row from a centre is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Metric {
    /// The Euclidean distance.
    #[default]
    Euclidean,
    /// `1 − cos` of the angle between them: shapes count, sizes do not (spherical k-means).
    Cosine,
}

/// How the nearest centres of rows are found; the result is the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Algorithm {
    /// All distances in every iteration.
    Lloyd,
    /// One bound a row, on the distance to the nearest other centre.
    Hamerly,
    /// A bound a row and group of up to 16 centres near each other.
    Yinyang,
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
/// by Lloyd's iterations to their exact fixed point. Distances are searched in single precision,
/// many side by side, and decided in double precision wherever rounding could tell two centres
/// apart wrongly; distance bounds ([`Algorithm`], chosen from the numbers of columns and clusters
/// and reported by the model) only skip rows whose nearest centre cannot have changed. So labels
/// are those of plain double precision, whichever way was taken. Of equally near centres a row
/// belongs to the first. Starts are greedy k-means++; the best of several is then improved by
/// random swaps of a centre.
///
/// Distances are Euclidean in whatever the columns hold, so columns of different units want a
/// [`Preparation`](crate::Preparation) first; inertia is in squared units of the columns.
///
/// Costs O(n_rows · k · n_columns) for the first iteration of a start and much less for later
/// ones; memory is 4 bytes a cell and 8 to 16 a row (4 more for each further sixteen centres) for
/// each start at work. The result does not depend on the number of threads.
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
/// Y. Ding et al. (2015), Yinyang k-means. B. Bahmani et al. (2012), Scalable k-means++.
/// I. Dhillon, D. Modha (2001), Concept decompositions for large sparse text data. P. Fränti (2018), Efficiency of random swap clustering.
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
    algorithm: Option<Algorithm>,
    metric: Metric,
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
            algorithm: None,
            metric: Metric::Euclidean,
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

    /// Number of starts, the best of which is taken, at least 1; default 4 up to 10,000 rows, 10 up to
    /// 100,000 and 1 above.
    #[must_use]
    pub const fn restarts(mut self, restarts: usize) -> Self {
        self.restarts = Some(restarts);
        self
    }

    /// Number of random swaps that try to improve the best start; default 128 up to 10,000 rows, 32 up
    /// to 100,000 and 0 above.
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

    /// What distances are; default [`Metric::Euclidean`].
    ///
    /// With [`Metric::Cosine`] rows count by their direction, centres are of length 1, and the
    /// inertia is `Σᵢ wᵢ (1 − cos(xᵢ, μ))`; a row of zeros is refused with its place.
    #[must_use]
    pub const fn metric(mut self, metric: Metric) -> Self {
        self.metric = metric;
        self
    }

    /// How nearest centres are found; by default chosen from the numbers of columns and clusters.
    #[must_use]
    pub const fn algorithm(mut self, algorithm: Algorithm) -> Self {
        self.algorithm = Some(algorithm);
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
        self.solve(features, self.rows(features)?)
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
        self.solve(features, self.rows(features)?.weighted(weights)?)
    }

    /// The rows as the metric sees them.
    fn rows<'a, F: Features + ?Sized>(&self, features: &'a F) -> Result<Rows<'a>, Error> {
        match self.metric {
            Metric::Euclidean => Rows::of(features),
            Metric::Cosine => {
                let schema = features.schema();
                crate::data::check_kinds(schema)?;
                let name = |column: usize| schema.columns()[column].name().to_owned();
                Rows::directions(features.values(), name)
            }
        }
    }

    fn solve<F: Features + ?Sized>(
        &self,
        features: &F,
        rows: Rows<'_>,
    ) -> Result<(KMeansModel, Vec<SegmentIdx>), Error> {
        self.validate(&rows)?;
        let run = self.run_by(&rows, self.metric);
        Ok(KMeansModel::from_run(features.schema().clone(), &rows, self.k, self.metric, run))
    }

    fn validate<T: Float>(&self, rows: &Rows<'_, T>) -> Result<(), Error> {
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
        if let Init::Parallel { oversampling, rounds } = self.init {
            if !(oversampling > 0.0 && oversampling.is_finite()) {
                return refuse("oversampling", "a finite number above 0", oversampling);
            }
            if rounds == 0 {
                return refuse("rounds", "at least 1", 0.0);
            }
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
            if self.metric == Metric::Cosine {
                let zero = |c: &usize| centres.row(*c).iter().all(|&cell| cell == 0.0);
                if let Some(row) = (0..self.k).find(zero) {
                    return Err(ErrorKind::NoDirection { row }.into());
                }
            }
        }
        if rows.n < self.k {
            return Err(ErrorKind::TooFewRows { expected: self.k, found: rows.n }.into());
        }
        Ok(())
    }

    /// The best run on checked rows with checked parameters, by Euclidean distances.
    pub(crate) fn run<T: Float>(&self, rows: &Rows<'_, T>) -> Run {
        self.run_by(rows, Metric::Euclidean)
    }

    /// The same; for cosines on rows of length 1.
    fn run_by<T: Float>(&self, rows: &Rows<'_, T>, metric: Metric) -> Run {
        let limits = Limits {
            max_iter: self.max_iter,
            tolerance: if self.tolerance > 0.0 {
                self.tolerance * mean_variance(rows)
            } else {
                0.0
            },
            algorithm: self.algorithm,
            metric,
        };
        if let Init::Centres(centres) = &self.init {
            // Clamped at the scale of the rows: a centre much farther out than any row is as
            // good as one that is merely far out.
            let mut start: Vec<f64> = centres.iter().copied().collect();
            for centre in start.chunks_exact_mut(rows.d) {
                if metric == Metric::Cosine {
                    crate::data::direction(centre);
                    continue;
                }
                for (i, cell) in centre.iter_mut().enumerate() {
                    *cell = rows.scaled(i, *cell).clamp(-1e15, 1e15);
                }
            }
            return lloyd(rows, start, limits);
        }
        let small = rows.n <= SMALL;
        let (restarts, swaps) = match small {
            true if rows.n <= FEW => (4, 128),
            true => (10, 32),
            false => (1, 0),
        };
        let restarts = self.restarts.unwrap_or(restarts);
        let swaps = self.swaps.unwrap_or(swaps);
        let start = |restart: usize| {
            let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
            rng.set_stream(restart as u64);
            let centres = match self.init {
                Init::Parallel { oversampling, rounds } => {
                    let stream = restart as u64;
                    oversample::parallel(rows, self.k, oversampling, rounds, &mut rng, stream)
                }
                _ => init::plus_plus(rows, self.k, &mut rng),
            };
            lloyd(rows, centres, limits)
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
fn mean_variance<T: Float>(rows: &Rows<'_, T>) -> f64 {
    let n = rows.n as f64;
    let mut means = vec![0.0; rows.d];
    for row in rows.values.chunks_exact(rows.d) {
        means.iter_mut().zip(row).for_each(|(mean, cell)| *mean += cell.to_f64() / n);
    }
    let mut sum = 0.0;
    for row in rows.values.chunks_exact(rows.d) {
        sum += metric::square(row, &means);
    }
    sum / n / rows.d as f64
}
