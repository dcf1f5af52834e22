//! Figures by name, so that they can be asked for, compared and listed.

use std::fmt;

use super::bootstrap::Bootstrap;
use super::calibration::Binning;
use super::scored::{Interval, Scored};
use crate::error::{Error, parameter};

/// Whether more or less of a figure is better.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(rename_all = "snake_case")
)]
pub enum Goal {
    /// More is better.
    Maximize,
    /// Less is better.
    Minimize,
}

impl Goal {
    /// Whether `a` is strictly better than `b`.
    #[must_use]
    pub fn prefers(self, a: f64, b: f64) -> bool {
        match self {
            Self::Maximize => a > b,
            Self::Minimize => a < b,
        }
    }
}

/// A figure of a two-class model; thresholds are those of [`Scored::confusion`].
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Metric {
    /// Area under the ROC curve.
    RocAuc,
    /// Average precision.
    PrAuc,
    /// Mean log loss in nats.
    LogLoss,
    /// Mean squared difference of probability and outcome.
    Brier,
    /// `1 - Brier / (base rate · (1 - base rate))`: the share of the constant answer's loss saved.
    BrierSkill,
    /// Kolmogorov-Smirnov distance of both outcomes' scores.
    Ks,
    /// Share of right answers at a threshold.
    Accuracy(f64),
    /// Mean of recall and specificity at a threshold.
    BalancedAccuracy(f64),
    /// Share with the outcome among those chosen at a threshold.
    Precision(f64),
    /// Share chosen of those with the outcome, at a threshold.
    Recall(f64),
    /// Share not chosen of those without, at a threshold.
    Specificity(f64),
    /// Share without the outcome among those not chosen at a threshold.
    NegativePredictiveValue(f64),
    /// Harmonic mean of precision and recall at a threshold.
    F1(f64),
    /// The F-measure that values recall `beta` times as much as precision, at a threshold.
    FBeta {
        /// The worth of recall; above 0.
        beta: f64,
        /// The threshold.
        threshold: f64,
    },
    /// Matthews' correlation of choice and outcome at a threshold.
    Mcc(f64),
    /// Cohen's kappa at a threshold.
    Kappa(f64),
    /// Lift among the top share of weight.
    Lift(f64),
    /// Share of the outcome found among the top share of weight.
    Gain(f64),
    /// Expected calibration error over bins.
    CalibrationError(Binning),
}

impl Metric {
    /// Its name, such as `roc_auc`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::RocAuc => "roc_auc",
            Self::PrAuc => "pr_auc",
            Self::LogLoss => "log_loss",
            Self::Brier => "brier",
            Self::BrierSkill => "brier_skill",
            Self::Ks => "ks",
            Self::Accuracy(_) => "accuracy",
            Self::BalancedAccuracy(_) => "balanced_accuracy",
            Self::Precision(_) => "precision",
            Self::Recall(_) => "recall",
            Self::Specificity(_) => "specificity",
            Self::NegativePredictiveValue(_) => "negative_predictive_value",
            Self::F1(_) => "f1",
            Self::FBeta { .. } => "f_beta",
            Self::Mcc(_) => "mcc",
            Self::Kappa(_) => "kappa",
            Self::Lift(_) => "lift",
            Self::Gain(_) => "gain",
            Self::CalibrationError(_) => "calibration_error",
        }
    }

    /// Whether more or less of it is better.
    #[must_use]
    pub const fn goal(self) -> Goal {
        match self {
            Self::LogLoss | Self::Brier | Self::CalibrationError(_) => Goal::Minimize,
            _ => Goal::Maximize,
        }
    }

    /// The figure of these rows.
    ///
    /// # Errors
    ///
    /// When it needs both outcomes and rows are of one, it needs probabilities and a score is
    /// none, or a threshold, share or beta is out of range.
    pub fn of(self, scored: &Scored) -> Result<f64, Error> {
        match self {
            Self::RocAuc => scored.roc_auc(),
            Self::PrAuc => scored.pr_auc(),
            Self::LogLoss => scored.log_loss(),
            Self::Brier => scored.brier(),
            Self::BrierSkill => {
                scored.require_both("Brier skill")?;
                let base = scored.base_rate();
                Ok(1.0 - scored.brier()? / (base * (1.0 - base)))
            }
            Self::Ks => scored.ks(),
            Self::Lift(share) => scored.lift(share),
            Self::Gain(share) => scored.gain(share),
            Self::CalibrationError(binning) => {
                Ok(scored.calibration_curve(binning)?.expected_error())
            }
            Self::Accuracy(at) => Ok(scored.confusion(finite(at)?).accuracy()),
            Self::BalancedAccuracy(at) => Ok(scored.confusion(finite(at)?).balanced_accuracy()),
            Self::Precision(at) => Ok(scored.confusion(finite(at)?).precision()),
            Self::Recall(at) => Ok(scored.confusion(finite(at)?).recall()),
            Self::Specificity(at) => Ok(scored.confusion(finite(at)?).specificity()),
            Self::NegativePredictiveValue(at) => {
                Ok(scored.confusion(finite(at)?).negative_predictive_value())
            }
            Self::F1(at) => Ok(scored.confusion(finite(at)?).f1()),
            Self::FBeta { beta, threshold } => {
                if !(beta > 0.0 && beta.is_finite()) {
                    return Err(parameter("beta", "a finite number above 0", beta));
                }
                Ok(scored.confusion(finite(threshold)?).f_beta(beta))
            }
            Self::Mcc(at) => Ok(scored.confusion(finite(at)?).mcc()),
            Self::Kappa(at) => Ok(scored.confusion(finite(at)?).kappa()),
        }
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        match *self {
            Self::Accuracy(at)
            | Self::BalancedAccuracy(at)
            | Self::Precision(at)
            | Self::Recall(at)
            | Self::Specificity(at)
            | Self::NegativePredictiveValue(at)
            | Self::F1(at)
            | Self::Mcc(at)
            | Self::Kappa(at)
            | Self::Lift(at)
            | Self::Gain(at) => write!(f, " at {at}"),
            Self::FBeta { beta, threshold } => write!(f, " of beta {beta} at {threshold}"),
            _ => Ok(()),
        }
    }
}

fn finite(threshold: f64) -> Result<f64, Error> {
    if threshold.is_nan() {
        return Err(parameter("threshold", "a number", threshold));
    }
    Ok(threshold)
}

/// A figure with its interval: a line of a table.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figure {
    /// Which figure it is.
    pub metric: Metric,
    /// Its value.
    pub value: f64,
    /// The range that holds the truth with the bootstrap's confidence: DeLong's for the ROC AUC,
    /// the bootstrap's for all others.
    pub interval: Interval,
}

/// The figures of a probability model that are usually reported: thresholds at 0.5, lift and gain
/// at a tenth, calibration error over ten bins of equal weight.
pub const USUAL_METRICS: [Metric; 18] = [
    Metric::RocAuc,
    Metric::PrAuc,
    Metric::LogLoss,
    Metric::Brier,
    Metric::BrierSkill,
    Metric::Ks,
    Metric::Accuracy(0.5),
    Metric::BalancedAccuracy(0.5),
    Metric::Precision(0.5),
    Metric::Recall(0.5),
    Metric::Specificity(0.5),
    Metric::NegativePredictiveValue(0.5),
    Metric::F1(0.5),
    Metric::Mcc(0.5),
    Metric::Kappa(0.5),
    Metric::Lift(0.1),
    Metric::Gain(0.1),
    Metric::CalibrationError(Binning::EqualCount(10)),
];

impl Scored {
    /// Figures, each with its interval; [`USUAL_METRICS`] are what is usually reported.
    ///
    /// All bootstrapped figures come from the same resamples: O(rounds · (n_rows + cost of the
    /// figures)).
    ///
    /// # Errors
    ///
    /// When a figure is not defined on these rows, naming it, or a parameter of the bootstrap is
    /// out of range.
    ///
    /// # Examples
    ///
    /// ```
    /// use patronage_classify::{Bootstrap, Metric, Scored};
    /// use patronage_core::ClassIdx;
    ///
    /// let outcomes = [1, 0, 1, 1, 0, 0].map(ClassIdx::new);
    /// let scored = Scored::new(&[0.9, 0.8, 0.7, 0.3, 0.2, 0.1], &outcomes)?;
    /// let figures = scored.figures(&[Metric::RocAuc, Metric::F1(0.5)], &Bootstrap::new(200))?;
    /// assert_eq!(figures[1].value, 2.0 / 3.0);
    /// assert!(figures[1].interval.low <= 2.0 / 3.0);
    /// # Ok::<(), patronage_classify::Error>(())
    /// ```
    pub fn figures(&self, metrics: &[Metric], bootstrap: &Bootstrap) -> Result<Vec<Figure>, Error> {
        let resampled: Vec<Metric> =
            metrics.iter().copied().filter(|&metric| metric != Metric::RocAuc).collect();
        let values = |scored: &Self| resampled.iter().map(|metric| metric.of(scored)).collect();
        bootstrap.validate()?;
        let mut intervals = match resampled.as_slice() {
            [] => Vec::new(),
            _ => bootstrap.intervals(self, values)?,
        }
        .into_iter();
        let of_metric = |&metric: &Metric| {
            let interval = match metric {
                Metric::RocAuc => self.roc_auc_interval(bootstrap.confidence())?,
                _ => intervals.next().expect("one interval was drawn for each such figure"),
            };
            Ok(Figure { metric, value: metric.of(self)?, interval })
        };
        metrics.iter().map(of_metric).collect()
    }
}
