//! Two models' right and wrong answers on the same rows.

use patronage_core::ClassIdx;

use super::HypothesisTest;
use crate::error::{Error, ErrorKind, parameter};
use crate::metrics::{Interval, beta_distribution, chi_squared_tail, normal_quantile};

/// How McNemar's test is computed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum McNemarMethod {
    /// By the binomial distribution: right for any number of rows. The statistic is the smaller of
    /// the two numbers of discordant rows.
    Exact,
    /// By chi-squared with Edwards' continuity correction, `max(|b - c| - 1, 0)² / (b + c)`.
    Corrected,
    /// By chi-squared, `(b - c)² / (b + c)`.
    Uncorrected,
}

/// The rows on which exactly one of two models is right: all that tells their accuracies apart.
///
/// Rows are counted, not weighted: a weight is no evidence.
///
/// # Examples
///
/// ```
/// use patronage_classify::{McNemar, McNemarMethod};
///
/// let table = McNemar { n_rows: 1000, only_first_right: 25, only_second_right: 11 };
/// let test = table.test(McNemarMethod::Exact);
/// assert!((test.p_value - 0.028_82).abs() < 1e-5);
/// assert!((table.accuracy_difference() - 0.014).abs() < 1e-12);
/// ```
///
/// # References
///
/// McNemar, 1947, *Note on the sampling error of the difference between correlated proportions or
/// percentages*. Edwards, 1948, *Note on the correction for continuity*.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct McNemar {
    /// All rows.
    pub n_rows: u64,
    /// Rows on which only the first model is right.
    pub only_first_right: u64,
    /// Rows on which only the second model is right.
    pub only_second_right: u64,
}

impl McNemar {
    /// Counts the rows on which one of two models' answers is right.
    ///
    /// # Errors
    ///
    /// When lengths differ, or there is no row.
    pub fn new(truth: &[ClassIdx], first: &[ClassIdx], second: &[ClassIdx]) -> Result<Self, Error> {
        let expected = truth.len();
        for (what, found) in [("first answers", first.len()), ("second answers", second.len())] {
            if found != expected {
                return Err(ErrorKind::Length { what, expected, found }.into());
            }
        }
        if truth.is_empty() {
            return Err(ErrorKind::NoRows { what: "McNemar's test" }.into());
        }
        let mut table = Self { n_rows: expected as u64, only_first_right: 0, only_second_right: 0 };
        for ((truth, first), second) in truth.iter().zip(first).zip(second) {
            match (first == truth, second == truth) {
                (true, false) => table.only_first_right += 1,
                (false, true) => table.only_second_right += 1,
                _ => {}
            }
        }
        Ok(table)
    }

    /// The accuracy of the first model less that of the second.
    #[must_use]
    pub fn accuracy_difference(&self) -> f64 {
        let (b, c) = (self.only_first_right as f64, self.only_second_right as f64);
        if self.n_rows == 0 { 0.0 } else { (b - c) / self.n_rows as f64 }
    }

    /// Wald's interval for that difference at a confidence such as 0.95, kept within `[-1, 1]`.
    ///
    /// # Errors
    ///
    /// When the level is not between 0 and 1.
    pub fn interval(&self, level: f64) -> Result<Interval, Error> {
        if !(level > 0.0 && level < 1.0) {
            return Err(parameter("level", "a number between 0 and 1", level));
        }
        let n = (self.n_rows as f64).max(1.0);
        let (b, c) = (self.only_first_right as f64, self.only_second_right as f64);
        let error = (b + c - (b - c) * (b - c) / n).max(0.0).sqrt() / n;
        let (found, reach) =
            (self.accuracy_difference(), normal_quantile(0.5 + level / 2.0) * error);
        Ok(Interval { low: (found - reach).max(-1.0), high: (found + reach).min(1.0), level })
    }

    /// The test that both models are equally often right; p is 1 where no row tells them apart.
    #[must_use]
    pub fn test(&self, method: McNemarMethod) -> HypothesisTest {
        let (b, c) = (self.only_first_right as f64, self.only_second_right as f64);
        let n = b + c;
        let away = match method {
            McNemarMethod::Exact => {
                let fewer = b.min(c);
                // P(X <= fewer) of n fair coins.
                let tail =
                    if n > fewer { beta_distribution(0.5, n - fewer, fewer + 1.0) } else { 1.0 };
                return HypothesisTest { statistic: fewer, p_value: (2.0 * tail).min(1.0) };
            }
            McNemarMethod::Corrected => ((b - c).abs() - 1.0).max(0.0),
            McNemarMethod::Uncorrected => (b - c).abs(),
        };
        if n <= 0.0 {
            return HypothesisTest { statistic: 0.0, p_value: 1.0 };
        }
        let statistic = away * away / n;
        HypothesisTest { statistic, p_value: chi_squared_tail(statistic, 1.0) }
    }
}
