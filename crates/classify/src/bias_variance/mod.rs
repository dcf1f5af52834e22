//! Why a model errs: bias, variance and noise.

mod advice;
mod checkup;
mod driver;
mod estimate;
mod given;
mod hits;
pub(crate) mod interval;
mod kernels;
mod mlxtend;
mod noise;
mod predictions;
mod refits;
mod splits;
mod sweep;
mod verdict;

pub use advice::{Advice, Remedy};
pub use checkup::CheckUp;
pub use driver::{BiasVariance, Resample, Round};
pub use estimate::{Estimate, SegmentEstimate};
pub use given::{
    brier_terms_given, log_loss_terms_given, squared_terms_given, zero_one_terms_given,
};
pub use hits::HitTask;
pub use kernels::{brier_terms, log_loss_terms, squared_terms, zero_one_terms};
pub use mlxtend::{MlxtendTerms, mlxtend_squared, mlxtend_zero_one};
pub use noise::Noise;
pub use predictions::{NumberPredictions, Predictions};
pub use sweep::{ComplexityCurve, CurvePoint};
pub use verdict::{Diagnosis, Finding, Verdict};

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

/// The parts of an expected loss: `loss = noise + bias + variance`, always.
///
/// | loss | main prediction | bias | variance |
/// |---|---|---|---|
/// | squared, Brier | mean over rounds | squared distance of the main prediction from the outcome | mean squared distance of a round from the main prediction |
/// | 0-1 | most frequent class, the first of equals | 1 where the main prediction is wrong | unbiased - biased variance |
/// | log loss | normalised geometric mean | log loss of the main prediction | mean Kullback-Leibler divergence of a round from the main prediction |
///
/// For the 0-1 loss variance hurts where the main prediction is right (`unbiased_variance`, the
/// share of rounds that leave it) and helps where it is wrong (`biased_variance`, the share of
/// rounds that are right by leaving it). For the other losses all variance is unbiased.
///
/// Where only outcomes are known the bias is against the outcome seen and holds the noise too, and
/// `noise` is 0; [`less_noise`](Self::less_noise) takes it out where it was
/// [estimated](super::Noise), and kernels that are given the true distribution, such as
/// [`brier_terms_given`](super::brier_terms_given), tell them apart by themselves.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct Terms {
    /// The expected loss of one round.
    pub loss: f64,
    /// What is lost whatever is predicted, as far as it is told apart from the bias; else 0.
    #[cfg_attr(feature = "serde", serde(default))]
    pub noise: f64,
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
    /// The same with so much of the bias called noise.
    ///
    /// Below 0 is the bias then where the noise was estimated above it: no bias is in evidence.
    #[must_use]
    pub fn less_noise(self, noise: f64) -> Self {
        Self { noise: self.noise + noise, bias: self.bias - noise, ..self }
    }

    fn scaled(self, factor: f64) -> Self {
        Self {
            loss: self.loss * factor,
            noise: self.noise * factor,
            bias: self.bias * factor,
            variance: self.variance * factor,
            unbiased_variance: self.unbiased_variance * factor,
            biased_variance: self.biased_variance * factor,
        }
    }

    fn plus(self, other: Self) -> Self {
        Self {
            loss: self.loss + other.loss,
            noise: self.noise + other.noise,
            bias: self.bias + other.bias,
            variance: self.variance + other.variance,
            unbiased_variance: self.unbiased_variance + other.unbiased_variance,
            biased_variance: self.biased_variance + other.biased_variance,
        }
    }

    fn over(self, n: f64) -> Self {
        Self {
            loss: self.loss / n,
            noise: self.noise / n,
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
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(try_from = "Repr")
)]
pub struct Decomposition {
    loss: Loss,
    n_rounds: usize,
    rows: Vec<Terms>,
    weights: Option<Vec<f64>>,
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
struct Repr {
    loss: Loss,
    n_rounds: usize,
    rows: Vec<Terms>,
    #[serde(default)]
    weights: Option<Vec<f64>>,
}

#[cfg(feature = "serde")]
impl TryFrom<Repr> for Decomposition {
    type Error = Error;

    fn try_from(Repr { loss, n_rounds, rows, weights }: Repr) -> Result<Self, Error> {
        if rows.is_empty() || n_rounds == 0 {
            return Err(ErrorKind::NoRows { what: "decomposition" }.into());
        }
        Self { loss, n_rounds, rows, weights: None }.weighted(weights.as_deref())
    }
}

impl Decomposition {
    /// The same with a weight for each row, used in every mean; of weights only ratios matter.
    ///
    /// # Errors
    ///
    /// When lengths differ, a weight is negative or not finite, or none is positive.
    pub fn weighted(mut self, weights: Option<&[f64]>) -> Result<Self, Error> {
        let Some(weights) = weights else {
            self.weights = None;
            return Ok(self);
        };
        let (what, expected, found) = ("weights", self.rows.len(), weights.len());
        if found != expected {
            return Err(ErrorKind::Length { what, expected, found }.into());
        }
        let sound = |weight: &f64| weight.is_finite() && *weight >= 0.0;
        if let Some(position) = weights.iter().position(|weight| !sound(weight)) {
            let (what, expected) = ("weight", "a finite number, at least 0");
            let found = weights[position];
            return Err(ErrorKind::Number { what, position, expected, found }.into());
        }
        let greatest = weights.iter().copied().fold(0.0, f64::max);
        if greatest <= 0.0 {
            return Err(ErrorKind::NoRows { what: "decomposition" }.into());
        }
        self.weights = Some(weights.iter().map(|weight| weight / greatest).collect());
        Ok(self)
    }

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

    fn weight(&self, row: usize) -> f64 {
        self.weights.as_ref().map_or(1.0, |weights| weights[row])
    }

    /// The parts over all test rows.
    #[must_use]
    pub fn mean(&self) -> Terms {
        let (mut sum, mut total) = (Terms::default(), 0.0);
        for (row, &terms) in self.rows.iter().enumerate() {
            let weight = self.weight(row);
            sum = sum.plus(if weight == 1.0 { terms } else { terms.scaled(weight) });
            total += weight;
        }
        sum.over(total)
    }

    /// The parts over some test rows, such as those of a segment.
    ///
    /// # Errors
    ///
    /// When none of positive weight is given, or one is out of range.
    pub fn mean_of(&self, rows: &[usize]) -> Result<Terms, Error> {
        let (mut sum, mut total) = (Terms::default(), 0.0);
        for &row in rows {
            let Some(&terms) = self.rows.get(row) else {
                let (noun, bound, found) = ("row", self.rows.len(), row);
                let kind = patronage_core::ErrorKind::OutOfRange { noun, bound, found };
                return Err(patronage_core::Error::from(kind).into());
            };
            let weight = self.weight(row);
            sum = sum.plus(if weight == 1.0 { terms } else { terms.scaled(weight) });
            total += weight;
        }
        if total <= 0.0 {
            return Err(ErrorKind::NoRows { what: "decomposition" }.into());
        }
        Ok(sum.over(total))
    }

    /// 95 % intervals for the means, from how much test rows differ (normal approximation).
    ///
    /// They say what other test rows would have given with these very rounds;
    /// [`Predictions::estimate`] adds what other rounds would have given.
    ///
    /// # Errors
    ///
    /// When there are fewer than two test rows: one tells nothing of how rows differ.
    pub fn intervals(&self) -> Result<TermIntervals, Error> {
        require_rows("intervals", self.rows.len())?;
        let of = |part: fn(&Terms) -> f64| {
            mean_interval(self.rows.iter().map(part), self.weights.as_deref())
        };
        Ok(TermIntervals {
            loss: of(|row| row.loss),
            bias: of(|row| row.bias),
            variance: of(|row| row.variance),
        })
    }
}
