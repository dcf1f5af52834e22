//! The figures of one model on one set of rows, together.

use super::calibration::Binning;
use super::scored::{Interval, Scored};
use crate::error::Error;

/// How good a two-class model is on rows it never saw: plain figures, ready for a chart or a table.
///
/// Figures that need both outcomes are `None` where rows had one alone.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct Evaluation {
    /// Rows that took part.
    pub n_rows: usize,
    /// The share of weight with the outcome.
    pub base_rate: f64,
    /// The chance that a row with the outcome scores above one without.
    pub roc_auc: Option<f64>,
    /// Its 95 % interval (DeLong).
    pub roc_auc_interval: Option<Interval>,
    /// Average precision.
    pub pr_auc: Option<f64>,
    /// Mean log loss in nats.
    pub log_loss: f64,
    /// The log loss of who always answers the base rate of these rows.
    pub base_log_loss: f64,
    /// Mean squared difference of probability and outcome.
    pub brier: f64,
    /// The Brier score of who always answers the base rate of these rows.
    pub base_brier: f64,
    /// Expected calibration error over ten bins of equal count.
    pub calibration_error: f64,
    /// The share of right answers at the threshold 0.5.
    pub accuracy: f64,
    /// The share with the outcome among the tenth of highest score, over the base rate.
    pub lift_at_tenth: Option<f64>,
}

impl Scored {
    /// The figures of these probabilities, together.
    ///
    /// # Errors
    ///
    /// When a score is no probability.
    pub fn evaluate(&self) -> Result<Evaluation, Error> {
        let p = self.base_rate();
        let entropy = |p: f64| if p > 0.0 { -p * p.ln() } else { 0.0 };
        Ok(Evaluation {
            n_rows: self.n_rows(),
            base_rate: p,
            roc_auc: self.roc_auc().ok(),
            roc_auc_interval: self.roc_auc_interval(0.95).ok(),
            pr_auc: self.pr_auc().ok(),
            log_loss: self.log_loss()?,
            base_log_loss: entropy(p) + entropy(1.0 - p),
            brier: self.brier()?,
            base_brier: p * (1.0 - p),
            calibration_error: self.calibration_curve(Binning::EqualCount(10))?.expected_error(),
            accuracy: self.confusion(0.5).accuracy(),
            lift_at_tenth: self.gains(10).ok().map(|table| table[0].lift),
        })
    }
}
