//! k-prototypes: clusters of numbers and categories together.

mod mixed;
mod model;
mod solver;

use ndarray::Array2;
use patronage_core::{Features, Fit, Seeded, SegmentIdx};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use self::mixed::Mixed;
pub use self::model::KPrototypesModel;
use self::solver::Solver;
use crate::error::{Error, ErrorKind};
use crate::parallel;

/// Up to so many rows the default is ten starts; above it one.
const SMALL: usize = 20_000;

/// k-prototypes: k-means for rows that hold categories beside numbers.
///
/// Minimises, over prototypes `p` of means and modes,
///
/// ```text
/// cost = Σᵢ min_c ( Σ_numbers (xᵢⱼ − p_cⱼ)² + γ · #{categories j: xᵢⱼ ≠ p_cⱼ} )
/// ```
///
/// in turn by assigning rows and by taking means of numbers and modes of categories. The schema
/// tells which is which: category columns and flags are compared by equality, numbers and dates by
/// their difference. A code for the unseen is one more level. A number missing from a nullable
/// column (NaN) is left out of the cost of its row and of the mean.
///
/// Numbers count in their squared units, so columns of different units want a
/// [`Preparation`](crate::Preparation) of those columns first. `γ` says how many squared units one
/// differing category is worth; the default is Huang's, half the mean standard deviation of the
/// columns of numbers (0.5 where all are standardised). Without categories it is k-means, without
/// numbers k-modes.
///
/// Costs O(n_rows · k · n_columns) an iteration, from the best of a few starts drawn as in
/// k-means++. Of equally near prototypes a row takes the first, of equally frequent levels a mode is
/// that of the least code. The result does not depend on the number of threads.
///
/// # Degenerate input
///
/// A cluster that loses its rows takes the row that costs most where it is; with fewer distinct rows
/// than `k` there are fewer clusters. Numbers are computed at a scale that does not overflow.
///
/// # References
///
/// Z. Huang (1997), Clustering large data sets with mixed numeric and categorical values.
/// Z. Huang (1998), Extensions to the k-means algorithm for clustering large data sets with
/// categorical values.
///
/// # Examples
///
/// ```
/// use ndarray::array;
/// use patronage_segment::{Column, FeatureTable, Fit, KPrototypes, Schema, Segmenter};
///
/// let schema = Schema::new([
///     Column::number("orders"),
///     Column::category("channel", ["shop", "web"]),
/// ])?;
/// let rows = array![[1.0, 0.0], [2.0, 0.0], [2.0, 1.0], [3.0, 1.0]];
/// let model = KPrototypes::new(2).gamma(4.0).fit(&FeatureTable::new(schema, rows)?)?;
/// // The same number of orders, another channel.
/// assert_ne!(model.segment(&[2.0, 0.0]), model.segment(&[2.0, 1.0]));
/// assert_eq!(model.cost(), 1.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct KPrototypes {
    k: usize,
    gamma: Option<f64>,
    start: Option<Array2<f64>>,
    restarts: Option<usize>,
    max_iter: usize,
    seed: u64,
}

impl KPrototypes {
    /// k-prototypes with `k` clusters, at least 1.
    #[must_use]
    pub const fn new(k: usize) -> Self {
        Self { k, gamma: None, start: None, restarts: None, max_iter: 100, seed: 0 }
    }

    /// What one differing category is worth, in squared units of the numbers; default half the mean
    /// standard deviation of the columns of numbers, or 1 where there is none, at least 0.
    #[must_use]
    pub const fn gamma(mut self, gamma: f64) -> Self {
        self.gamma = Some(gamma);
        self
    }

    /// These prototypes to start from, of shape `(k, n_columns)`, codes in columns of categories:
    /// one start, their order kept; default several starts that are drawn.
    #[must_use]
    pub fn start(mut self, prototypes: Array2<f64>) -> Self {
        self.start = Some(prototypes);
        self
    }

    /// Number of starts, the best of which is taken; default 10 up to 20,000 rows and 1 above, at least 1.
    #[must_use]
    pub const fn restarts(mut self, restarts: usize) -> Self {
        self.restarts = Some(restarts);
        self
    }

    /// Upper bound on iterations of one start; default 100, at least 1.
    #[must_use]
    pub const fn max_iter(mut self, max_iter: usize) -> Self {
        self.max_iter = max_iter;
        self
    }

    /// Seed of the draws; default 0.
    #[must_use]
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Fits, and gives the cluster of every row beside the model: what `assign` would say.
    ///
    /// # Errors
    ///
    /// As [`fit`](Fit::fit).
    pub fn fit_assign<F: Features + ?Sized>(
        &self,
        features: &F,
    ) -> Result<(KPrototypesModel, Vec<SegmentIdx>), Error> {
        let rows = Mixed::of(features)?;
        self.validate(features, &rows)?;
        let gamma = self.gamma.unwrap_or_else(|| rows.half_mean_deviation());
        // At the scale of the rows; far out is as good as farther out.
        let at_scale = (gamma * rows.scale * rows.scale).min(1e300);
        let solver = Solver { rows: &rows, gamma: at_scale, max_iter: self.max_iter };
        let best = if let Some(start) = &self.start {
            let cell = |(i, &cell): (usize, &f64)| match rows.categories[i % rows.d()] {
                true => cell,
                false => (cell * rows.scale).clamp(-1e15, 1e15),
            };
            solver.run(start.iter().enumerate().map(cell).collect())
        } else {
            let n_starts = self.restarts.unwrap_or(if rows.n <= SMALL { 10 } else { 1 });
            parallel::map(n_starts, |start| {
                let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
                rng.set_stream(start as u64);
                solver.run(solver.draw(self.k, &mut rng))
            })
            .into_iter()
            .reduce(|a, b| if b.cost < a.cost { b } else { a })
            .expect("validate asks for at least one start")
        };
        KPrototypesModel::from_run(features.schema().clone(), &rows, gamma, best)
    }

    fn validate<F: Features + ?Sized>(&self, features: &F, rows: &Mixed) -> Result<(), Error> {
        let refuse = |name, expected, found| {
            Err(Error::from(ErrorKind::Parameter { name, expected, found }))
        };
        if self.k == 0 {
            return refuse("k", "at least 1", 0.0);
        }
        if self.restarts == Some(0) {
            return refuse("restarts", "at least 1", 0.0);
        }
        if self.max_iter == 0 {
            return refuse("max_iter", "at least 1", 0.0);
        }
        if let Some(gamma) = self.gamma.filter(|gamma| !(*gamma >= 0.0 && gamma.is_finite())) {
            return refuse("gamma", "a finite number, at least 0", gamma);
        }
        if let Some(start) = &self.start {
            if start.nrows() != self.k {
                let (what, found) = ("rows of the prototypes given", start.nrows());
                return Err(ErrorKind::Length { what, expected: self.k, found }.into());
            }
            if start.ncols() != rows.d() {
                let (what, found) = ("columns of the prototypes given", start.ncols());
                return Err(ErrorKind::Length { what, expected: rows.d(), found }.into());
            }
            model::check_cells(features.schema(), start.iter().copied())?;
        }
        if rows.n < self.k {
            return Err(ErrorKind::TooFewRows { expected: self.k, found: rows.n }.into());
        }
        Ok(())
    }
}

impl<F: Features + ?Sized> Fit<F> for KPrototypes {
    type Model = KPrototypesModel;
    type Error = Error;

    /// Finds the clusters of `features`, of shape `(n_rows, n_columns)`.
    ///
    /// # Errors
    ///
    /// When a parameter is out of its range, there are fewer rows than clusters, or a cell is not
    /// admitted by its column (the row and the column are named).
    fn fit(&self, features: &F) -> Result<KPrototypesModel, Error> {
        Ok(self.fit_assign(features)?.0)
    }
}

impl Seeded for KPrototypes {
    fn reseeded(&self, seed: u64) -> Self {
        self.clone().seed(seed)
    }
}
