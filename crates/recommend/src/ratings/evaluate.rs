//! How far ratings are from what was predicted.

use std::fmt;

use patronage_core::{CustomerIdx, ItemIdx, RatingPredictor};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::error::{Error, ErrorKind, require};
use crate::par;

/// A rating that was given, and what a model had expected.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Residual {
    /// Whose rating.
    pub customer: CustomerIdx,
    /// Of what.
    pub item: ItemIdx,
    /// What she gave.
    pub rating: f64,
    /// What the model expected.
    pub expected: f64,
}

/// Errors of predicted ratings, with their uncertainty.
///
/// ```text
/// RMSE = √(Σ (rating − expected)² / n),   MAE = Σ |rating − expected| / n
/// ```
///
/// Intervals are percentile intervals of the bootstrap over customers, since the ratings of one
/// customer are no independent draws.
///
/// ```
/// use patronage_core::{Csr, CustomerIdx, Fit, InteractionTable, ItemIdx};
/// use patronage_recommend::{RatingBaseline, RatingReport, RatingScale};
///
/// let stars = [(0, 0, 2.0), (1, 0, 4.0)];
/// let table = InteractionTable::new(Csr::from_entries(2, 2, &stars, |_, _| {})?)?;
/// let mean = RatingBaseline::new(RatingScale::FIVE_STARS).regularization(1e12, 1e12).fit(&table)?;
/// let held_out = [(0, 1, 3.0), (1, 1, 5.0)].map(|(c, i, r)| (CustomerIdx::new(c), ItemIdx::new(i), r));
/// let report = RatingReport::of(&mean, &held_out)?;
/// assert!((report.rmse() - 2.0_f64.sqrt()).abs() < 1e-9 && (report.mae() - 1.0).abs() < 1e-9);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct RatingReport {
    pub(super) residuals: Vec<Residual>,
    /// Number, sum of squares and sum of absolute errors of each customer.
    pub(super) customers: Vec<[f64; 3]>,
}

impl RatingReport {
    /// Asks `model` for every held-out rating, O(ratings) predictions in parallel.
    ///
    /// # Errors
    ///
    /// When there is no rating, or one is not finite.
    pub fn of<M: RatingPredictor + ?Sized>(
        model: &M,
        held_out: &[(CustomerIdx, ItemIdx, f64)],
    ) -> Result<Self, Error> {
        if held_out.is_empty() {
            return Err(ErrorKind::Empty { what: "held-out ratings" }.into());
        }
        if let Some(&(.., found)) = held_out.iter().find(|(.., rating)| !rating.is_finite()) {
            require(false, "held-out rating", "a finite number", found)?;
        }
        let residuals = par::map(
            held_out.len(),
            || (),
            |(), at| {
                let (customer, item, rating) = held_out[at];
                let expected = model.rating(Some(customer), Some(item));
                Residual { customer, item, rating, expected }
            },
        );
        let mut order: Vec<usize> = (0..residuals.len()).collect();
        order.sort_by_key(|&at| residuals[at].customer);
        let same = |&a: &usize, &b: &usize| residuals[a].customer == residuals[b].customer;
        let customers = order.chunk_by(same).map(|own| {
            own.iter().fold([0.0; 3], |[n, squares, absolute], &at| {
                let error = residuals[at].rating - residuals[at].expected;
                [n + 1.0, squares + error * error, absolute + error.abs()]
            })
        });
        let customers = customers.collect();
        Ok(Self { residuals, customers })
    }

    /// What was given and what was expected, in the order of what was held out.
    #[must_use]
    pub fn residuals(&self) -> &[Residual] {
        &self.residuals
    }

    /// The root mean squared error.
    #[must_use]
    pub fn rmse(&self) -> f64 {
        rmse(self.sums(0..self.customers.len()))
    }

    /// The mean absolute error.
    #[must_use]
    pub fn mae(&self) -> f64 {
        mae(self.sums(0..self.customers.len()))
    }

    /// The interval of the root mean squared error that holds `level` of `rounds` resamples of customers.
    ///
    /// `None` for fewer than two customers: one says nothing of how they differ.
    ///
    /// # Errors
    ///
    /// When `level` is not in (0, 1) or there is no round.
    pub fn rmse_interval(
        &self,
        level: f64,
        rounds: usize,
        seed: u64,
    ) -> Result<Option<(f64, f64)>, Error> {
        self.interval(level, rounds, seed, rmse)
    }

    /// As [`rmse_interval`](Self::rmse_interval), of the mean absolute error.
    ///
    /// # Errors
    ///
    /// As [`rmse_interval`](Self::rmse_interval).
    pub fn mae_interval(
        &self,
        level: f64,
        rounds: usize,
        seed: u64,
    ) -> Result<Option<(f64, f64)>, Error> {
        self.interval(level, rounds, seed, mae)
    }

    fn interval(
        &self,
        level: f64,
        rounds: usize,
        seed: u64,
        figure: impl Fn([f64; 3]) -> f64 + Sync + Send,
    ) -> Result<Option<(f64, f64)>, Error> {
        require(level > 0.0 && level < 1.0, "level", "a share in (0, 1)", level)?;
        require(rounds >= 1, "rounds", "at least 1", rounds as f64)?;
        let n = self.customers.len();
        if n < 2 {
            return Ok(None);
        }
        let mut figures = par::map(
            rounds,
            || (),
            |(), round| {
                let mut rng = ChaCha8Rng::seed_from_u64(seed);
                rng.set_stream(round as u64);
                figure(self.sums((0..n).map(|_| rng.random_range(0..n))))
            },
        );
        figures.sort_unstable_by(f64::total_cmp);
        Ok(Some(percentiles(&figures, level)))
    }

    pub(super) fn sums(&self, customers: impl Iterator<Item = usize>) -> [f64; 3] {
        customers.fold([0.0; 3], |[n, squares, absolute], at| {
            let own = self.customers[at];
            [n + own[0], squares + own[1], absolute + own[2]]
        })
    }
}

/// The interval that holds `level` of ascending figures, of which there is at least one.
pub(super) fn percentiles(figures: &[f64], level: f64) -> (f64, f64) {
    let at = |share: f64| {
        let position = share * (figures.len() - 1) as f64;
        let (low, high) = (figures[position.floor() as usize], figures[position.ceil() as usize]);
        low + (high - low) * position.fract()
    };
    let tail = (1.0 - level) / 2.0;
    (at(tail), at(1.0 - tail))
}

pub(super) fn rmse([n, squares, _]: [f64; 3]) -> f64 {
    (squares / n).sqrt()
}

pub(super) fn mae([n, _, absolute]: [f64; 3]) -> f64 {
    absolute / n
}

impl fmt::Display for RatingReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let n = self.residuals.len();
        write!(f, "rmse {:.4}, mae {:.4} of {n} ratings", self.rmse(), self.mae())
    }
}
