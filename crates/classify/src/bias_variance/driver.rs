//! Rounds, each with rows of its own to learn from.

use patronage_core::BoxError;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::error::{Error, ErrorKind, parameter};
use crate::par::{self, Threads};

/// How the training rows of a round are drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Resample {
    /// As many rows as there are, each drawn from all: some repeat, about a third stay out.
    Bootstrap,
    /// This share of the rows, in `(0, 1]`, without repeats.
    Subsample(f64),
}

/// Refits an estimator on resamples of its training rows and keeps what each fit says of the same
/// test rows.
///
/// Any estimator will do, anyone's: rounds are independent and run in parallel. Round r draws from
/// stream r of the seed, so results do not depend on threads, and round r is the same however many
/// rounds there are. O(rounds · (fit + test rows)); keeps rounds × test rows × classes numbers.
///
/// # Examples
///
/// ```
/// use ndarray::array;
/// use patronage_classify::{BiasVariance, DecisionTree, Loss};
/// use patronage_core::{ClassIdx, Column, FeatureTable, Labeled, Schema};
///
/// let schema = Schema::new([Column::number("recency_days")])?;
/// let cells = array![[3.0], [9.0], [14.0], [40.0], [70.0], [200.0]];
/// let table = FeatureTable::new(schema, cells)?;
/// let bought = [1, 1, 0, 1, 0, 0].map(ClassIdx::new);
/// let data = Labeled::new(&table, &bought)?;
/// let predictions = BiasVariance::new(50).predictions(&DecisionTree::new(), &data, &data)?;
/// let terms = predictions.decompose(Loss::Brier)?.mean();
/// assert!((terms.loss - terms.bias - terms.variance).abs() < 1e-9);
/// assert!(terms.variance > 0.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BiasVariance {
    n_rounds: usize,
    resample: Resample,
    seed: u64,
}

/// One refit: its number, a seed of its own, and the rows to learn from.
#[derive(Clone, Copy, Debug)]
pub struct Round<'a> {
    /// The round, from 0.
    pub index: usize,
    /// The driver's seed plus the round: for whatever draws in fitting.
    pub seed: u64,
    /// Rows drawn from `0..n_rows`, ascending, repeated where drawn repeatedly.
    pub rows: &'a [u32],
}

impl BiasVariance {
    /// A driver of this many rounds; at least `1`, `200` is usual.
    #[must_use]
    pub const fn new(n_rounds: usize) -> Self {
        Self { n_rounds, resample: Resample::Bootstrap, seed: 0 }
    }

    /// How training rows are drawn; default [`Resample::Bootstrap`].
    #[must_use]
    pub const fn resample(mut self, resample: Resample) -> Self {
        self.resample = resample;
        self
    }

    /// Seed of the draws; default `0`.
    #[must_use]
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    pub(super) fn validate(&self) -> Result<(), Error> {
        if self.n_rounds == 0 {
            return Err(parameter("n_rounds", "at least 1", 0.0));
        }
        if let Resample::Subsample(share) = self.resample
            && (share.is_nan() || share <= 0.0 || share > 1.0)
        {
            return Err(parameter("resample", "a share in (0, 1]", share));
        }
        Ok(())
    }

    pub(super) const fn n_rounds(&self) -> usize {
        self.n_rounds
    }

    pub(super) fn generator(&self, round: usize) -> ChaCha8Rng {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        rng.set_stream(round as u64);
        rng
    }

    pub(super) const fn seed_of(&self, round: usize) -> u64 {
        self.seed.wrapping_add(round as u64)
    }

    /// How often each of `n` places is drawn in a round.
    fn draw(&self, round: usize, n: usize) -> Vec<u32> {
        let mut rng = self.generator(round);
        let mut drawn = vec![0; n];
        match self.resample {
            Resample::Bootstrap => (0..n).for_each(|_| drawn[rng.random_range(0..n)] += 1),
            Resample::Subsample(share) => {
                let wanted = ((share * n as f64).round() as usize).clamp(1, n);
                let mut order: Vec<u32> = (0..n as u32).collect();
                for at in 0..wanted {
                    order.swap(at, rng.random_range(at..n));
                    drawn[order[at] as usize] = 1;
                }
            }
        }
        drawn
    }

    /// What `one` makes of each round, in the order of rounds: the driver beneath all others.
    ///
    /// Anything that learns from rows may be refitted, whatever it is and whatever it predicts:
    /// the closure gets the rows `0..n_rows` that were drawn and a seed. Rounds run in parallel;
    /// results do not depend on threads as long as the closure is a function of its round.
    ///
    /// # Errors
    ///
    /// When a parameter is out of range, there is no row, or the closure fails, naming the round.
    ///
    /// # Examples
    ///
    /// ```
    /// use patronage_classify::BiasVariance;
    ///
    /// let spend = [10.0, 12.0, 30.0];
    /// let means = BiasVariance::new(100).map_rounds(3, |round| {
    ///     let drawn = round.rows.iter().map(|&row| spend[row as usize]);
    ///     Ok::<f64, std::fmt::Error>(drawn.sum::<f64>() / 3.0)
    /// })?;
    /// assert!(means.iter().all(|&mean| (10.0..=30.0).contains(&mean)));
    /// # Ok::<(), patronage_classify::Error>(())
    /// ```
    pub fn map_rounds<T, Er>(
        &self,
        n_rows: usize,
        one: impl Fn(&Round<'_>) -> Result<T, Er> + Sync + Send,
    ) -> Result<Vec<T>, Error>
    where
        T: Send,
        Er: Into<BoxError>,
    {
        self.rounds(
            n_rows,
            |place| place as u32,
            |round| one(round).map_err(|error| refit(round.index, error)),
        )
    }

    pub(super) fn rounds<T: Send>(
        &self,
        n_rows: usize,
        row_at: impl Fn(usize) -> u32 + Sync + Send,
        one: impl Fn(&Round<'_>) -> Result<T, Error> + Sync + Send,
    ) -> Result<Vec<T>, Error> {
        self.validate()?;
        if n_rows == 0 {
            return Err(ErrorKind::NoRows { what: "training" }.into());
        }
        if u32::try_from(n_rows).is_err() {
            let most = u32::MAX as usize;
            return Err(ErrorKind::TooLarge { what: "rows", most, found: n_rows }.into());
        }
        par::map(self.n_rounds, Threads::Many, |index| {
            let drawn = self.draw(index, n_rows);
            let repeated = drawn.iter().enumerate();
            let mut rows: Vec<u32> = Vec::with_capacity(n_rows);
            repeated.for_each(|(place, &n)| {
                rows.extend(std::iter::repeat_n(row_at(place), n as usize));
            });
            // Rows of a selection may stand in any order.
            if !rows.is_sorted() {
                rows.sort_unstable();
            }
            one(&Round { index, seed: self.seed_of(index), rows: &rows })
        })
        .into_iter()
        .collect()
    }
}

pub(super) fn refit(round: usize, error: impl Into<BoxError>) -> Error {
    ErrorKind::Refit { round, source: error.into() }.into()
}
