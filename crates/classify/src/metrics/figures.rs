//! The figures of two outcomes.

use super::scored::Scored;
use crate::error::{Error, parameter};

impl Scored {
    /// The chance that a row with the outcome scores above one without, ties counted half: the
    /// area under the ROC curve.
    ///
    /// # Errors
    ///
    /// When all rows are of one outcome.
    pub fn roc_auc(&self) -> Result<f64, Error> {
        self.require_both("ROC AUC")?;
        let (mut area, mut above) = (0.0, 0.0);
        for group in self.groups() {
            area += group.negative * (above + 0.5 * group.positive);
            above += group.positive;
        }
        Ok(area / (self.positive() * self.negative()))
    }

    /// Average precision, the step-wise area under the precision-recall curve.
    ///
    /// ```text
    /// sum over thresholds of (recall - recall of the threshold before) · precision
    /// ```
    ///
    /// # Errors
    ///
    /// When all rows are of one outcome.
    pub fn pr_auc(&self) -> Result<f64, Error> {
        self.require_both("PR AUC")?;
        let (mut area, mut hits, mut chosen) = (0.0, 0.0, 0.0);
        for group in self.groups() {
            hits += group.positive;
            chosen += group.weight();
            area += group.positive * (hits / chosen);
        }
        Ok(area / self.positive())
    }

    /// The mean log loss in nats; probabilities are kept 2.2e-16 away from 0 and 1.
    ///
    /// # Errors
    ///
    /// When a score is no probability.
    pub fn log_loss(&self) -> Result<f64, Error> {
        self.require_probabilities()?;
        Ok(self.mean(|p| {
            let p = p.clamp(f64::EPSILON, 1.0 - f64::EPSILON);
            (-p.ln(), -(1.0 - p).ln())
        }))
    }

    /// The mean squared difference of probability and outcome (the Brier score).
    ///
    /// # Errors
    ///
    /// When a score is no probability.
    pub fn brier(&self) -> Result<f64, Error> {
        self.require_probabilities()?;
        Ok(self.mean(|p| ((1.0 - p) * (1.0 - p), p * p)))
    }

    /// The greatest gap between the shares of both outcomes above a threshold (Kolmogorov-Smirnov).
    ///
    /// # Errors
    ///
    /// When all rows are of one outcome.
    pub fn ks(&self) -> Result<f64, Error> {
        self.require_both("KS")?;
        let (mut positive, mut negative, mut most) = (0.0, 0.0, 0.0_f64);
        for group in self.groups() {
            positive += group.positive;
            negative += group.negative;
            most = most.max((positive / self.positive() - negative / self.negative()).abs());
        }
        Ok(most)
    }

    /// The weighted mean of a loss that is `(with, without)` the outcome.
    pub(crate) fn mean(&self, loss: impl Fn(f64) -> (f64, f64)) -> f64 {
        let total = self.positive() + self.negative();
        let sum: f64 = self
            .groups()
            .iter()
            .map(|group| {
                let (with, without) = loss(group.score);
                group.positive * with + group.negative * without
            })
            .sum();
        sum / total
    }

    /// The share of those with the outcome found among the top `share` of weight (the gain).
    ///
    /// A group of equal scores that the limit divides counts in proportion.
    ///
    /// # Errors
    ///
    /// When no row has the outcome, or `share` is not in `(0, 1]`.
    pub fn gain(&self, share: f64) -> Result<f64, Error> {
        if !(share > 0.0 && share <= 1.0) {
            return Err(parameter("share", "a number above 0, at most 1", share));
        }
        if self.positive() <= 0.0 {
            self.require_both("gain")?;
        }
        let mut room = share * (self.positive() + self.negative());
        let mut found = 0.0;
        for group in self.groups() {
            let weight = group.weight();
            if weight >= room {
                found += group.positive * (room / weight);
                break;
            }
            found += group.positive;
            room -= weight;
        }
        Ok((found / self.positive()).min(1.0))
    }

    /// The share with the outcome among the top `share` of weight, over the share among all.
    ///
    /// # Errors
    ///
    /// As [`gain`](Self::gain).
    pub fn lift(&self, share: f64) -> Result<f64, Error> {
        Ok(self.gain(share)? / share)
    }

    /// The points of the ROC curve from nobody chosen to everybody, one for each distinct score.
    ///
    /// # Errors
    ///
    /// When all rows are of one outcome.
    pub fn roc_curve(&self) -> Result<Vec<RocPoint>, Error> {
        self.require_both("ROC curve")?;
        let mut points = Vec::with_capacity(self.groups().len() + 1);
        points.push(RocPoint {
            threshold: None,
            false_positive_rate: 0.0,
            true_positive_rate: 0.0,
        });
        let (mut hits, mut false_alarms) = (0.0, 0.0);
        for group in self.groups() {
            hits += group.positive;
            false_alarms += group.negative;
            points.push(RocPoint {
                threshold: Some(group.score),
                false_positive_rate: (false_alarms / self.negative()).min(1.0),
                true_positive_rate: (hits / self.positive()).min(1.0),
            });
        }
        Ok(points)
    }

    /// The points of the precision-recall curve, from the highest score down, one for each
    /// distinct score.
    ///
    /// # Errors
    ///
    /// When all rows are of one outcome.
    pub fn precision_recall_curve(&self) -> Result<Vec<PrecisionRecallPoint>, Error> {
        self.require_both("precision-recall curve")?;
        let (mut hits, mut chosen) = (0.0, 0.0);
        let of_group = |group: &super::scored::Group| {
            hits += group.positive;
            chosen += group.weight();
            PrecisionRecallPoint {
                threshold: group.score,
                precision: hits / chosen,
                recall: (hits / self.positive()).min(1.0),
            }
        };
        Ok(self.groups().iter().map(of_group).collect())
    }
}

/// A point of the ROC curve: what comes of choosing every row that scores at least a threshold.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct RocPoint {
    /// The threshold; `None` where nobody is chosen.
    pub threshold: Option<f64>,
    /// The share chosen of those without the outcome.
    pub false_positive_rate: f64,
    /// The share chosen of those with it.
    pub true_positive_rate: f64,
}

/// A point of the precision-recall curve: what comes of choosing every row that scores at least a
/// threshold.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct PrecisionRecallPoint {
    /// The threshold.
    pub threshold: f64,
    /// The share with the outcome among those chosen.
    pub precision: f64,
    /// The share chosen of those with the outcome.
    pub recall: f64,
}
