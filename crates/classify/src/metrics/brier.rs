//! What a Brier score is made of.

use super::calibration::Binning;
use super::scored::{Group, Scored};
use crate::error::Error;

/// The parts of a Brier score over bins of probabilities.
///
/// ```text
/// Brier = reliability - resolution + uncertainty + within_bin_variance - within_bin_covariance
/// ```
///
/// exactly, for any bins. With one bin for each distinct probability the last two are 0 and this
/// is Murphy's decomposition.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct BrierDecomposition {
    /// The Brier score.
    pub brier: f64,
    /// Weighted mean over bins of `(mean probability - share with the outcome)²`: what calibration
    /// could save. 0 is best.
    pub reliability: f64,
    /// Weighted mean over bins of `(share with the outcome in the bin - among all)²`: how far the
    /// bins tell outcomes apart. More is better.
    pub resolution: f64,
    /// `base rate · (1 - base rate)`: the score of the constant answer. No model changes it.
    pub uncertainty: f64,
    /// Weighted mean of `(probability - mean probability of its bin)²`.
    pub within_bin_variance: f64,
    /// Weighted mean of twice the product of the deviations of probability and outcome from their
    /// means in the bin: what the order within bins tells.
    pub within_bin_covariance: f64,
}

/// Sums over a bin.
#[derive(Clone, Copy, Default)]
struct Sums {
    weight: f64,
    positive: f64,
    predicted: f64,
}

impl Scored {
    /// The parts of the Brier score over bins.
    ///
    /// O(number of distinct probabilities).
    ///
    /// # Errors
    ///
    /// When a score is no probability, or no bin is asked for.
    ///
    /// # References
    ///
    /// Murphy, 1973, *A new vector partition of the probability score*. Stephenson, Coelho and
    /// Jolliffe, 2008, *Two extra components in the Brier score decomposition*, equation 7.
    ///
    /// # Examples
    ///
    /// ```
    /// use patronage_classify::{Binning, Scored};
    /// use patronage_core::ClassIdx;
    ///
    /// let outcomes = [1, 0, 1, 0].map(ClassIdx::new);
    /// let scored = Scored::new(&[0.9, 0.6, 0.4, 0.1], &outcomes)?;
    /// let parts = scored.brier_decomposition(Binning::EqualWidth(2))?;
    /// let sum = parts.reliability - parts.resolution + parts.uncertainty
    ///     + parts.within_bin_variance - parts.within_bin_covariance;
    /// assert!((parts.brier - sum).abs() < 1e-12);
    /// # Ok::<(), patronage_classify::Error>(())
    /// ```
    pub fn brier_decomposition(&self, binning: Binning) -> Result<BrierDecomposition, Error> {
        let total = self.positive() + self.negative();
        let base = self.base_rate();
        let binned: Vec<(usize, &Group)> = self.binned(binning)?.collect();
        let mut parts = BrierDecomposition {
            brier: self.brier()?,
            reliability: 0.0,
            resolution: 0.0,
            uncertainty: base * (1.0 - base),
            within_bin_variance: 0.0,
            within_bin_covariance: 0.0,
        };
        for bin in binned.chunk_by(|a, b| a.0 == b.0) {
            let mut sums = Sums::default();
            for (_, group) in bin {
                sums.weight += group.weight();
                sums.positive += group.positive;
                sums.predicted += group.weight() * group.score;
            }
            let (predicted, observed) = (sums.predicted / sums.weight, sums.positive / sums.weight);
            let share = sums.weight / total;
            parts.reliability += share * (predicted - observed) * (predicted - observed);
            parts.resolution += share * (observed - base) * (observed - base);
            for (_, group) in bin {
                let away = group.score - predicted;
                let outcome = group.positive * (1.0 - observed) - group.negative * observed;
                parts.within_bin_variance += group.weight() / total * away * away;
                parts.within_bin_covariance += 2.0 * outcome / total * away;
            }
        }
        Ok(parts)
    }
}
