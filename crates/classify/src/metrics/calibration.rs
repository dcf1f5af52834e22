//! Whether of the rows given 0.3, three in ten have the outcome.

use super::scored::{Group, Scored};
use crate::error::{Error, parameter};

/// How probabilities are put into bins.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Binning {
    /// This many bins of equal width on `[0, 1]`; a probability on an edge belongs to the lower bin.
    EqualWidth(usize),
    /// At most this many bins of as equal a weight as ties allow: equal probabilities share a bin.
    EqualCount(usize),
}

/// Rows of about the same probability.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct CalibrationBin {
    /// The rows in it.
    pub n_rows: usize,
    /// Their weight.
    pub weight: f64,
    /// Their mean probability.
    pub predicted: f64,
    /// The share of them with the outcome.
    pub observed: f64,
    /// The least probability in it.
    pub least: f64,
    /// The greatest probability in it.
    pub greatest: f64,
}

/// Predicted against observed, from the least probability up; empty bins are left out.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct CalibrationCurve {
    /// The bins.
    pub bins: Vec<CalibrationBin>,
}

impl CalibrationCurve {
    /// The expected calibration error: the weighted mean of `|observed - predicted|` over bins.
    #[must_use]
    pub fn expected_error(&self) -> f64 {
        let total: f64 = self.bins.iter().map(|bin| bin.weight).sum();
        let sum: f64 =
            self.bins.iter().map(|bin| bin.weight * (bin.observed - bin.predicted).abs()).sum();
        if total > 0.0 { sum / total } else { 0.0 }
    }

    /// The greatest `|observed - predicted|` of any bin.
    #[must_use]
    pub fn greatest_error(&self) -> f64 {
        self.bins.iter().map(|bin| (bin.observed - bin.predicted).abs()).fold(0.0, f64::max)
    }
}

impl Scored {
    /// Predicted against observed in bins.
    ///
    /// # Errors
    ///
    /// When a score is no probability, or no bin is asked for.
    ///
    /// # References
    ///
    /// Naeini, Cooper and Hauskrecht, 2015, *Obtaining well calibrated probabilities using
    /// Bayesian binning* (expected calibration error).
    pub fn calibration_curve(&self, binning: Binning) -> Result<CalibrationCurve, Error> {
        let mut bins: Vec<CalibrationBin> = Vec::new();
        let mut of_last = None;
        for (of_this, group) in self.binned(binning)? {
            if of_last != Some(of_this) {
                bins.push(CalibrationBin {
                    n_rows: 0,
                    weight: 0.0,
                    predicted: 0.0,
                    observed: 0.0,
                    least: group.score,
                    greatest: group.score,
                });
                of_last = Some(of_this);
            }
            join(bins.last_mut().expect("one was just pushed"), group);
        }
        for bin in &mut bins {
            bin.predicted /= bin.weight;
            bin.observed /= bin.weight;
        }
        Ok(CalibrationCurve { bins })
    }

    /// The groups by ascending score, each with its bin.
    pub(super) fn binned(
        &self,
        binning: Binning,
    ) -> Result<impl Iterator<Item = (usize, &Group)>, Error> {
        self.require_probabilities()?;
        let (Binning::EqualWidth(n_bins) | Binning::EqualCount(n_bins)) = binning;
        if n_bins == 0 {
            return Err(parameter("binning", "at least 1 bin", 0.0));
        }
        let total = self.positive() + self.negative();
        let mut passed = 0.0;
        Ok(self.groups().iter().rev().map(move |group| {
            let bin = match binning {
                Binning::EqualWidth(n) => width_bin(group.score, n),
                // Where the middle of the group falls, so that no bin is favoured by ties.
                Binning::EqualCount(n) => {
                    let middle = (passed + 0.5 * group.weight()) / total;
                    ((middle * n as f64) as usize).min(n - 1)
                }
            };
            passed += group.weight();
            (bin, group)
        }))
    }
}

fn join(bin: &mut CalibrationBin, group: &Group) {
    bin.n_rows += group.n_rows;
    bin.weight += group.weight();
    bin.predicted += group.weight() * group.score;
    bin.observed += group.positive;
    bin.greatest = group.score;
}

/// The bin of width 1/n into which a probability falls, edges to the bin below.
fn width_bin(p: f64, n: usize) -> usize {
    let guess = (p * n as f64).ceil() as usize;
    // Edges are the numbers i/n; rounding of p·n may be off by one on them.
    let mut bin = guess.saturating_sub(1).min(n - 1);
    while bin > 0 && p <= bin as f64 / n as f64 {
        bin -= 1;
    }
    while bin + 1 < n && p > (bin + 1) as f64 / n as f64 {
        bin += 1;
    }
    bin
}
