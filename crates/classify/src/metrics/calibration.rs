//! Whether of the rows given 0.3, three in ten have the outcome.

use super::normal::normal_quantile;
use super::scored::{Group, Interval, Scored};
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
    /// How many rows of one weight tell as much, `(Σw)² / Σw²`: `n_rows` without weights.
    pub effective_rows: f64,
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

impl CalibrationBin {
    /// Wilson's interval for the share with the outcome, at a confidence such as 0.95; it never
    /// leaves `[0, 1]` and is right where the share is near its ends.
    ///
    /// # Errors
    ///
    /// When the level is not between 0 and 1.
    ///
    /// # References
    ///
    /// Wilson, 1927, *Probable inference, the law of succession, and statistical inference*.
    pub fn interval(&self, level: f64) -> Result<Interval, Error> {
        if !(level > 0.0 && level < 1.0) {
            return Err(parameter("level", "a number between 0 and 1", level));
        }
        Ok(self.wilson(normal_quantile(0.5 + level / 2.0), level))
    }

    /// The interval that reaches so many standard errors.
    pub(crate) fn wilson(&self, z: f64, level: f64) -> Interval {
        let (p, n) = (self.observed.clamp(0.0, 1.0), self.effective_rows);
        let scale = 1.0 + z * z / n;
        let middle = (p + z * z / (2.0 * n)) / scale;
        let reach = z / scale * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
        Interval { low: (middle - reach).max(0.0), high: (middle + reach).min(1.0), level }
    }
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

    /// The root of the weighted mean of `(observed - predicted)²` over bins.
    #[must_use]
    pub fn rms_error(&self) -> f64 {
        self.squared_error(|_| 0.0).max(0.0).sqrt()
    }

    /// The same without what chance alone adds: from each bin's square its estimated variance
    /// `observed (1 - observed) / (n - 1)` is taken off first; 0 where nothing is left. The plain
    /// errors grow with the number of bins even where probabilities are perfect; this one does not.
    /// A bin of one row tells nothing and is left as it is.
    ///
    /// # References
    ///
    /// Kumar, Liang and Ma, 2019, *Verified uncertainty calibration*, definition 3.4.
    #[must_use]
    pub fn debiased_rms_error(&self) -> f64 {
        let variance = |bin: &CalibrationBin| match bin.effective_rows - 1.0 {
            rest if rest > 1e-9 => bin.observed * (1.0 - bin.observed) / rest,
            _ => 0.0,
        };
        self.squared_error(variance).max(0.0).sqrt()
    }

    fn squared_error(&self, less: impl Fn(&CalibrationBin) -> f64) -> f64 {
        let total: f64 = self.bins.iter().map(|bin| bin.weight).sum();
        let of_bin = |bin: &CalibrationBin| {
            bin.weight * ((bin.observed - bin.predicted).powi(2) - less(bin))
        };
        let sum: f64 = self.bins.iter().map(of_bin).sum();
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
                    effective_rows: 0.0,
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
            // Up to here the sum of the squares.
            bin.effective_rows = bin.weight * bin.weight / bin.effective_rows;
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
    bin.effective_rows += group.positive_squares + group.negative_squares;
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
