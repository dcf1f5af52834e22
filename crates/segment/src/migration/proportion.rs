//! Shares of customers, and how sure they are.

use crate::error::{Error, ErrorKind};
use crate::inference::{Interval, fisher, normal_sf, normal_upper, score};

/// How sure an interval is to hold the truth; default `0.95`, in `(0, 1)`.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(try_from = "f64", into = "f64")
)]
pub struct Confidence(f64);

impl Confidence {
    /// Four in five.
    pub const P80: Self = Self(0.8);
    /// Nineteen in twenty.
    pub const P95: Self = Self(0.95);

    /// Confidence of `level`.
    ///
    /// # Errors
    ///
    /// When `level` is not inside `(0, 1)`.
    pub fn new(level: f64) -> Result<Self, Error> {
        if level > 0.0 && level < 1.0 {
            Ok(Self(level))
        } else {
            let (name, expected) = ("confidence", "a number between 0 and 1, without the ends");
            Err(ErrorKind::Parameter { name, expected, found: level }.into())
        }
    }

    /// The level.
    #[must_use]
    pub const fn get(self) -> f64 {
        self.0
    }

    /// The chance left on each side.
    pub(crate) fn tail(self) -> f64 {
        (1.0 - self.0) / 2.0
    }

    /// The standard normal number that each side's chance lies beyond.
    pub(crate) fn z(self) -> f64 {
        normal_upper(self.tail())
    }
}

impl Default for Confidence {
    fn default() -> Self {
        Self::P95
    }
}

impl TryFrom<f64> for Confidence {
    type Error = Error;

    fn try_from(level: f64) -> Result<Self, Error> {
        Self::new(level)
    }
}

impl From<Confidence> for f64 {
    fn from(confidence: Confidence) -> Self {
        confidence.0
    }
}

/// How intervals of the shares of one row are made.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub enum Intervals {
    /// Each share by itself: Wilson's score interval.
    #[default]
    Wilson,
    /// All shares of a row at once hold the truth with the confidence: Goodman's intervals.
    Goodman,
}

/// A share of customers, with its interval.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct Proportion {
    /// How many.
    pub count: u64,
    /// Of how many; at least 1.
    pub of: u64,
    /// The share.
    pub estimate: f64,
    /// The lower end of its interval.
    pub low: f64,
    /// The upper end of its interval.
    pub high: f64,
}

impl Proportion {
    /// The share `count / of` with Wilson's score interval; `None` of nobody.
    ///
    /// ```text
    /// (p + z²/2n ± z √(p (1 - p)/n + z²/4n²)) / (1 + z²/n)
    /// ```
    ///
    /// # Panics
    ///
    /// When `count` exceeds `of`.
    ///
    /// # References
    ///
    /// E. B. Wilson (1927), Probable inference, the law of succession, and statistical inference.
    ///
    /// # Examples
    ///
    /// ```
    /// use patronage_segment::{Confidence, Proportion};
    ///
    /// let share = Proportion::wilson(12, 80, Confidence::P95).ok_or("nobody")?;
    /// assert_eq!(share.to_string(), "15 % (9-24 %)");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn wilson(count: u64, of: u64, confidence: Confidence) -> Option<Self> {
        assert!(count <= of, "a part is no more than the whole");
        (of > 0).then(|| Self::score(count, of, confidence.z()))
    }

    /// The score interval for a standard normal quantile; `of` is above 0.
    pub(crate) fn score(count: u64, of: u64, z: f64) -> Self {
        let estimate = count as f64 / of as f64;
        let Interval { low, high } = score(estimate, of as f64, z);
        Self { count, of, estimate, low, high }
    }
}

impl std::fmt::Display for Proportion {
    /// `15 % (9-24 %)`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let percent = |share: f64| 100.0 * share;
        let (estimate, low, high) = (percent(self.estimate), percent(self.low), percent(self.high));
        write!(f, "{estimate:.0} % ({low:.0}-{high:.0} %)")
    }
}

/// The quantile by which the shares of a row of so many cells are made.
pub(crate) fn quantile_of(intervals: Intervals, confidence: Confidence, n_cells: usize) -> f64 {
    match intervals {
        Intervals::Wilson => confidence.z(),
        // The square of a two-sided normal number is chi-square with one degree of freedom.
        Intervals::Goodman => normal_upper(confidence.tail() / n_cells.max(1) as f64),
    }
}

/// The difference of two shares of independent groups, with its interval and test.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct RiskDifference {
    /// The share among the treated.
    pub treated: Proportion,
    /// The share among the controls.
    pub control: Proportion,
    /// Treated less control.
    pub difference: f64,
    /// The lower end of its interval.
    pub low: f64,
    /// The upper end of its interval.
    pub high: f64,
    /// The chance of a difference at least as large where there is none, on both sides.
    pub p_value: f64,
    /// How the chance was found.
    pub test: DifferenceTest,
}

/// A test of whether two shares are equal.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub enum DifferenceTest {
    /// The z test with the pooled share (Pearson's chi-square without correction).
    Pooled,
    /// Fisher's exact test, where a cell is expected to hold fewer than 5.
    Fisher,
}

impl RiskDifference {
    /// The difference of two shares with Newcombe's hybrid score interval; `None` where a group is
    /// empty.
    ///
    /// ```text
    /// d - √((p₁ - l₁)² + (u₂ - p₂)²)  to  d + √((u₁ - p₁)² + (p₂ - l₂)²)
    /// ```
    ///
    /// with Wilson's ends `l` and `u` of each share. Each pair is how many of how many.
    ///
    /// # Panics
    ///
    /// When a part exceeds its whole.
    ///
    /// # References
    ///
    /// R. G. Newcombe (1998), Interval estimation for the difference between independent
    /// proportions: comparison of eleven methods, method 10.
    #[must_use]
    pub fn newcombe(
        treated: (u64, u64),
        control: (u64, u64),
        confidence: Confidence,
    ) -> Option<Self> {
        assert!(treated.0 <= treated.1 && control.0 <= control.1, "a part is within the whole");
        if treated.1 == 0 || control.1 == 0 {
            return None;
        }
        let z = confidence.z();
        let one = Proportion::score(treated.0, treated.1, z);
        let two = Proportion::score(control.0, control.1, z);
        let difference = one.estimate - two.estimate;
        let below = (one.estimate - one.low).hypot(two.high - two.estimate);
        let above = (one.high - one.estimate).hypot(two.estimate - two.low);
        let (p_value, test) = equal_shares(treated, control);
        Some(Self {
            treated: one,
            control: two,
            difference,
            low: (difference - below).max(-1.0),
            high: (difference + above).min(1.0),
            p_value,
            test,
        })
    }
}

/// The p-value of two equal shares, and its test.
fn equal_shares(one: (u64, u64), two: (u64, u64)) -> (f64, DifferenceTest) {
    let (n1, n2) = (one.1 as f64, two.1 as f64);
    let pooled = (one.0 + two.0) as f64 / (n1 + n2);
    if n1.min(n2) * pooled.min(1.0 - pooled) < 5.0 {
        let p_value = fisher(one.0, one.1, one.0 + two.0, one.1 + two.1);
        return (p_value, DifferenceTest::Fisher);
    }
    let error = (pooled * (1.0 - pooled) * (1.0 / n1 + 1.0 / n2)).sqrt();
    let z = (one.0 as f64 / n1 - two.0 as f64 / n2) / error;
    ((2.0 * normal_sf(z.abs())).min(1.0), DifferenceTest::Pooled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_of_nobody_and_everybody_are_exact() {
        let share = |count, of| Proportion::wilson(count, of, Confidence::P95).unwrap();
        assert_eq!((share(0, 7).estimate, share(0, 7).low), (0.0, 0.0));
        assert_eq!((share(7, 7).estimate, share(7, 7).high), (1.0, 1.0));
        assert_eq!(Proportion::wilson(0, 0, Confidence::P95), None);
        assert_eq!(RiskDifference::newcombe((0, 0), (1, 2), Confidence::P95), None);
        for wrong in [0.0, 1.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(Confidence::new(wrong).is_err(), "{wrong}");
        }
    }
}
