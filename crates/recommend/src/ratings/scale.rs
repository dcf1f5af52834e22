//! From the worst rating to the best.

use crate::error::{Error, require};

/// No scale needs more, and squares of it stay far from the end of the range.
const LARGEST: f64 = 1e6;

/// The lowest and the highest rating anyone can give, such as 1 and 5 stars.
///
/// ```
/// use patronage_recommend::RatingScale;
///
/// let scale = RatingScale::new(0.5, 5.0)?;
/// assert_eq!(scale.clip(7.0), 5.0);
/// assert!(RatingScale::new(5.0, 1.0).is_err());
/// # Ok::<(), patronage_recommend::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(try_from = "(f64, f64)", into = "(f64, f64)"))]
pub struct RatingScale {
    low: f64,
    high: f64,
}

impl RatingScale {
    /// One to five stars.
    pub const FIVE_STARS: Self = Self { low: 1.0, high: 5.0 };

    /// Ratings from `low` to `high`, both possible.
    ///
    /// # Errors
    ///
    /// When one of them is no number within ± 10⁶, or `high` is not above `low`.
    pub fn new(low: f64, high: f64) -> Result<Self, Error> {
        let expected = "a number within 1e6 of 0";
        require(low.abs() <= LARGEST, "low", expected, low)?;
        require(high.abs() <= LARGEST, "high", expected, high)?;
        require(high > low, "high", "a number above the lowest rating", high)?;
        Ok(Self { low, high })
    }

    /// The lowest rating.
    #[must_use]
    pub const fn low(self) -> f64 {
        self.low
    }

    /// The highest rating.
    #[must_use]
    pub const fn high(self) -> f64 {
        self.high
    }

    /// The rating on the scale that is nearest to `value`.
    #[must_use]
    pub const fn clip(self, value: f64) -> f64 {
        value.clamp(self.low, self.high)
    }

    pub(super) fn contains(self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }
}

impl From<RatingScale> for (f64, f64) {
    fn from(scale: RatingScale) -> Self {
        (scale.low, scale.high)
    }
}

impl TryFrom<(f64, f64)> for RatingScale {
    type Error = Error;

    fn try_from((low, high): (f64, f64)) -> Result<Self, Error> {
        Self::new(low, high)
    }
}
