//! linfa-clustering's Gaussian mixture.

use linfa::DatasetBase;
use linfa::prelude::*;
use linfa_clustering::{GaussianMixtureModel as LinfaMixture, GmmError};
use ndarray16::Array2;
use patronage_core::{Features, Seeded};
use rand_chacha_03::ChaCha8Rng;
use rand_chacha_03::rand_core::SeedableRng;

use crate::error::{Error, ErrorKind};
use crate::guard::{self, Magnitude, caught};
use crate::layout::to_linfa;
use crate::mixture_model::{Component, GaussianMixtureModel};
use crate::standard::Standard;

/// linfa-clustering's Gaussian mixture: normal distributions with full covariances, fitted by expectation–maximisation.
///
/// It climbs the mean log likelihood of
///
/// ```text
/// p(row) = Σ_segments weight · Normal(row; mean, covariance)
/// ```
///
/// Rows of shape `(n_rows, n_columns)`; columns are standardised inside, means and covariances
/// come back in their own units. Each iteration costs O(n_rows · n_segments · n_columns²). It starts
/// from linfa's k-means (ten runs of k-means++), drawn by ChaCha8 from [`seed`](Self::seed).
///
/// Corrected here:
///
/// - linfa's `n_runs` goes on from where the run before ended; here each run starts anew, on a stream
///   of its own, and the one of greatest likelihood is kept.
/// - linfa throws a mixture away that did not converge in time; here it is a model whose
///   [`converged`](GaussianMixtureModel::converged) says no.
/// - linfa adds up densities themselves, which underflow for a row some 38 deviations from every
///   component and give NaN memberships; the fitted model here compares logarithms. While *fitting* the fault
///   remains: such a row ends the run with an error, and with several runs another may succeed.
///
/// # Errors
///
/// Of `fit`: a parameter out of range, more segments than rows, no rows, no columns, a column that
/// may be missing, a cell beyond ±1e140; and where every run failed, the last run's error: a
/// segment that lost all its rows (as where fewer rows differ than there are segments), or a covariance
/// that is not positive definite.
///
/// # References
///
/// A. Dempster, N. Laird, D. Rubin (1977), *Maximum likelihood from incomplete data via the EM algorithm*.
///
/// # Examples
///
/// ```
/// use ndarray::array;
/// use patronage_core::{Column, FeatureTable, Fit, Schema, SoftSegmenterExt};
/// use patronage_linfa::GaussianMixture;
///
/// let schema = Schema::new([Column::number("spend")])?;
/// let spend = array![[1.0], [2.0], [3.0], [90.0], [92.0], [94.0]];
/// let customers = FeatureTable::new(schema, spend)?;
/// let model = GaussianMixture::new(2).fit(&customers)?;
/// let memberships = model.assign_soft(&customers)?;
/// let of_first = if memberships[[0, 0]] > 0.5 { 0 } else { 1 };
/// assert!(memberships[[0, of_first]] > 0.99 && memberships[[5, of_first]] < 0.01);
/// assert!((model.means()[[of_first, 0]] - 2.0).abs() < 1e-6);
/// # Ok::<(), patronage_linfa::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GaussianMixture {
    n_segments: usize,
    n_runs: u64,
    max_iter: u64,
    tolerance: f64,
    reg_covariance: f64,
    seed: u64,
}

impl GaussianMixture {
    /// A mixture of `n_segments` components, at least 1 and at most as many as there are rows.
    #[must_use]
    pub const fn new(n_segments: usize) -> Self {
        let (n_runs, max_iter, tolerance, reg_covariance) = (1, 100, 1e-3, 1e-6);
        Self { n_segments, n_runs, max_iter, tolerance, reg_covariance, seed: 0 }
    }

    /// How many starts are tried; default `1`, from 1 to 10,000.
    #[must_use]
    pub const fn n_runs(mut self, n_runs: u64) -> Self {
        self.n_runs = n_runs;
        self
    }

    /// Upper bound on iterations of a run; default `100`, from 2 to 1,000,000.
    #[must_use]
    pub const fn max_iter(mut self, max_iter: u64) -> Self {
        self.max_iter = max_iter;
        self
    }

    /// The gain in mean log likelihood below which a run has converged; default `1e-3`, above 0, at most 1e10.
    #[must_use]
    pub const fn tolerance(mut self, tolerance: f64) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// What is added to every variance, in shares of its column's; default `1e-6`, from 0 to 1e10.
    #[must_use]
    pub const fn reg_covariance(mut self, reg_covariance: f64) -> Self {
        self.reg_covariance = reg_covariance;
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
        let is_iter = |n: f64| (2.0..=1e6).contains(&n);
        guard::check_parameter("max_iter", "from 2 to 1,000,000", self.max_iter as f64, is_iter)?;
        let is_tolerance = |t: f64| t > 0.0 && t <= 1e10;
        let tolerance = self.tolerance;
        guard::check_parameter("tolerance", "above 0, at most 1e10", tolerance, is_tolerance)?;
        let is_reg = |r: f64| (0.0..=1e10).contains(&r);
        guard::check_parameter("reg_covariance", "from 0 to 1e10", self.reg_covariance, is_reg)?;
        guard::check_segments(self.n_segments, n_rows)
    }

    /// One run of linfa's, and whether it converged.
    fn run(&self, run: u64, z: &Array2<f64>) -> Result<(LinfaMixture<f64>, bool), Error> {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        rng.set_stream(run);
        let parameters =
            LinfaMixture::params_with_rng(self.n_segments, rng).reg_covariance(self.reg_covariance);
        let set = DatasetBase::from(z.view());
        let once = parameters.clone().tolerance(self.tolerance).max_n_iterations(self.max_iter);
        match caught(|| once.fit(&set))? {
            Ok(mixture) => Ok((mixture, true)),
            Err(GmmError::NotConverged(_)) => {
                // linfa keeps only what converged. With a tolerance of infinity it has after two
                // iterations, and its further "runs" go on from there: the same iterations, kept.
                let kept = parameters
                    .tolerance(f64::INFINITY)
                    .max_n_iterations(2)
                    .n_runs(self.max_iter.div_ceil(2));
                let mixture = caught(|| kept.fit(&set))?.map_err(ErrorKind::linfa)?;
                Ok((mixture, false))
            }
            Err(error) => Err(ErrorKind::linfa(error).into()),
        }
    }
}

impl<D: Features + ?Sized> patronage_core::Fit<D> for GaussianMixture {
    type Model = GaussianMixtureModel;
    type Error = Error;

    fn fit(&self, features: &D) -> Result<GaussianMixtureModel, Error> {
        let (schema, rows) = (features.schema(), to_linfa(features.values()));
        guard::check_cells(schema, rows.view(), Magnitude::Moderate, |row| row)?;
        self.validate(rows.nrows())?;
        let standard = Standard::of(rows.view());
        let z = standard.rows(rows.view());
        let mut best: Option<GaussianMixtureModel> = None;
        let mut failure = None;
        for run in 0..self.n_runs {
            let model = self.run(run, &z).and_then(|(mixture, converged)| {
                let components = Component::all(&mixture)?;
                let (schema, standard) = (schema.clone(), standard.clone());
                Ok(GaussianMixtureModel::new(schema, standard, components, converged, z.view()))
            });
            match model {
                Ok(model) if best.as_ref().is_none_or(|best| best.beaten_by(&model)) => {
                    best = Some(model);
                }
                Ok(_) => {}
                Err(error) => failure = Some(error),
            }
        }
        match (best, failure) {
            (Some(model), _) => Ok(model),
            (None, Some(error)) => Err(error),
            (None, None) => unreachable!("validate asks for at least one run"),
        }
    }
}

impl Seeded for GaussianMixture {
    fn reseeded(&self, seed: u64) -> Self {
        self.seed(seed)
    }
}
