//! Whether one model is better than another, beyond chance.

mod delong;
mod mcnemar;
mod resampled;

pub use delong::{PairedAuc, delong_test};
pub use mcnemar::{McNemar, McNemarMethod};
pub use resampled::{
    FiveByTwo, PairedScores, compare_by_splits, corrected_resampled_t, five_by_two_cv,
};

/// A statistic and what it says of the claim that both models are equally good.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct HypothesisTest {
    /// The statistic.
    pub statistic: f64,
    /// The chance of one this far out where both models are equally good (two-sided).
    pub p_value: f64,
}
