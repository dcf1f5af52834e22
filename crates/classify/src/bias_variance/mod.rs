//! Why a model errs: bias, variance and noise.

mod driver;
mod interval;
mod kernels;
mod mlxtend;
mod sweep;
mod verdict;

pub use driver::{BiasVariance, NumberPredictions, Predictions, Resample};
pub use kernels::{brier_terms, log_loss_terms, squared_terms, zero_one_terms};
pub use mlxtend::{MlxtendTerms, mlxtend_squared, mlxtend_zero_one};
pub use sweep::{ComplexityCurve, CurvePoint};
pub use verdict::{Diagnosis, Verdict};

use crate::error::{Error, ErrorKind};
use crate::metrics::Interval;
use interval::{mean_interval, require_rows};

/// How a prediction is judged.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum Loss {
    /// Squared difference of two numbers.
    Squared,
    /// Squared difference of probability and outcome: of class 1 where there are two classes, else
    /// summed over classes.
    Brier,
    /// 0 where the most probable class is right, 1 where not.
    ZeroOne,
    /// Minus the log of the probability of what happened, in nats.
    LogLoss,
}

impl Loss {
    /// The name in words.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Squared => "squared error",
            Self::Brier => "Brier score",
            Self::ZeroOne => "0-1 loss",
            Self::LogLoss => "log loss",
        }
    }
}

/// The parts of an expected loss: `loss = bias + variance`, always.
///
/// | loss | main prediction | bias | variance |
/// |---|---|---|---|
/// | squared, Brier | mean over rounds | squared distance of the main prediction from the outcome | mean squared distance of a round from the main prediction |
/// | 0-1 | most frequent class, the first of equals | 1 where the main prediction is wrong | unbiased - biased variance |
/// | log loss | normalised geometric mean | log loss of the main prediction | mean Kullback-Leibler divergence of a round from the main prediction |
///
/// For the 0-1 loss variance hurts where the main prediction is right (`unbiased_variance`, the
/// share of rounds that leave it) and helps where it is wrong (`biased_variance`, the share of
/// rounds that are right by leaving it). For the other losses all variance is unbiased. The bias
/// is against the outcome seen, so it holds the noise too.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct Terms {
    /// The expected loss of one round.
    pub loss: f64,
    /// The loss of the main prediction.
    pub bias: f64,
    /// What rounds add to it by differing: `unbiased_variance - biased_variance`.
    pub variance: f64,
    /// Variance that adds to the loss.
    pub unbiased_variance: f64,
    /// Variance that takes from it.
    pub biased_variance: f64,
}

impl Terms {
    fn plus(self, other: Self) -> Self {
        Self {
            loss: self.loss + other.loss,
            bias: self.bias + other.bias,
            variance: self.variance + other.variance,
            unbiased_variance: self.unbiased_variance + other.unbiased_variance,
            biased_variance: self.biased_variance + other.biased_variance,
        }
    }

    fn over(self, n: f64) -> Self {
        Self {
            loss: self.loss / n,
            bias: self.bias / n,
            variance: self.variance / n,
            unbiased_variance: self.unbiased_variance / n,
            biased_variance: self.biased_variance / n,
        }
    }
}

/// Ranges for the parts of a loss.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct TermIntervals {
    /// For the loss.
    pub loss: Interval,
    /// For the bias.
    pub bias: Interval,
    /// For the variance.
    pub variance: Interval,
}

/// A decomposed loss: the parts for every test row, so that they can be had for any segment.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct Decomposition {
    loss: Loss,
    n_rounds: usize,
    rows: Vec<Terms>,
}

impl Decomposition {
    /// How predictions were judged.
    #[must_use]
    pub const fn loss(&self) -> Loss {
        self.loss
    }

    /// The number of refitted models.
    #[must_use]
    pub const fn n_rounds(&self) -> usize {
        self.n_rounds
    }

    /// The parts for each test row: for each customer, where rows are customers.
    #[must_use]
    pub fn rows(&self) -> &[Terms] {
        &self.rows
    }

    /// The parts over all test rows.
    #[must_use]
    pub fn mean(&self) -> Terms {
        let sum = self.rows.iter().fold(Terms::default(), |sum, &row| sum.plus(row));
        sum.over(self.rows.len() as f64)
    }

    /// The parts over some test rows, such as those of a segment.
    ///
    /// # Errors
    ///
    /// When none is given, or one is out of range.
    pub fn mean_of(&self, rows: &[usize]) -> Result<Terms, Error> {
        let mut sum = Terms::default();
        for &row in rows {
            let Some(&terms) = self.rows.get(row) else {
                let (noun, bound, found) = ("row", self.rows.len(), row);
                let kind = patronage_core::ErrorKind::OutOfRange { noun, bound, found };
                return Err(patronage_core::Error::from(kind).into());
            };
            sum = sum.plus(terms);
        }
        if rows.is_empty() {
            return Err(ErrorKind::NoRows { what: "decomposition" }.into());
        }
        Ok(sum.over(rows.len() as f64))
    }

    /// 95 % intervals for the means, from how much test rows differ (normal approximation).
    ///
    /// They say what other test rows would have given with these rounds; with 200 rounds the rounds
    /// add little.
    ///
    /// # Errors
    ///
    /// When there are fewer than two test rows: one tells nothing of how rows differ.
    pub fn intervals(&self) -> Result<TermIntervals, Error> {
        require_rows("intervals", self.rows.len())?;
        Ok(TermIntervals {
            loss: mean_interval(self.rows.iter().map(|row| row.loss)),
            bias: mean_interval(self.rows.iter().map(|row| row.bias)),
            variance: mean_interval(self.rows.iter().map(|row| row.variance)),
        })
    }
}
