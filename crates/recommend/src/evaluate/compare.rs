//! Which of two models is better, and whether that is chance.

use super::metrics::Metric;
use super::report::Report;
use crate::error::{Error, ErrorKind};

/// The difference of two models on the same customers.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct Comparison {
    /// What was measured.
    pub metric: Metric,
    /// The mean difference, above 0 where the first is greater.
    pub difference: f64,
    /// The paired bootstrap interval of the difference; `None` without resamples and for fewer than two customers.
    pub interval: Option<(f64, f64)>,
    /// Two-sided: how often resampled customers contradict the sign, at least 2 / (resamples + 1); 1 where there is no interval.
    pub p_value: f64,
    /// Two-sided, by permutation: how often differences whose signs are drawn by lot have a mean as
    /// far from 0, at least 1 / (rounds + 1); 1 where there is no interval.
    pub sign_flip_p_value: f64,
    /// The number of customers for whom the first is greater.
    pub n_greater: usize,
    /// The number of customers for whom the first is less.
    pub n_less: usize,
}

impl Report {
    /// How much better this model is than `other` on the same customers, pair by pair.
    ///
    /// Two tests that share no assumption: the paired bootstrap over customers, and the sign-flip
    /// permutation test, which is exact up to its draws if no model is better for any customer. As
    /// many rounds of each as the evaluation was given. Of several models compared with one, the
    /// p-values want a correction: see [`holm`].
    ///
    /// # Errors
    ///
    /// When a report lacks the metric or it is one of all lists together, or the two were not taken
    /// on the same customers and targets.
    ///
    /// # References
    ///
    /// - M. Smucker, J. Allan, B. Carterette (2007), "A comparison of statistical significance tests for information retrieval evaluation".
    pub fn compare(&self, other: &Self, metric: Metric) -> Result<Comparison, Error> {
        let (Some(ours), Some(theirs)) = (self.per_customer(metric), other.per_customer(metric))
        else {
            return Err(ErrorKind::Empty { what: "figures of single customers" }.into());
        };
        if self.cases() != other.cases() {
            return Err(ErrorKind::OtherCases { what: "the other report" }.into());
        }
        let differences: Vec<f64> =
            ours.iter().zip(&theirs).map(|((_, ours), (_, theirs))| ours - theirs).collect();
        let rows: Vec<Vec<f64>> = differences.iter().map(|&difference| vec![difference]).collect();
        let bootstrap = self.bootstrap();
        let rounds = bootstrap.means(&rows).swap_remove(0);
        let not_better = rounds.iter().filter(|&&mean| mean <= 0.0).count();
        let not_worse = rounds.iter().filter(|&&mean| mean >= 0.0).count();
        let p_value = 2.0 * (not_better.min(not_worse) + 1) as f64 / (rounds.len() + 1) as f64;
        Ok(Comparison {
            metric,
            difference: differences.iter().sum::<f64>() / differences.len() as f64,
            interval: bootstrap.interval(&rounds),
            p_value: p_value.min(1.0),
            sign_flip_p_value: bootstrap.sign_flips(&differences),
            n_greater: differences.iter().filter(|&&difference| difference > 0.0).count(),
            n_less: differences.iter().filter(|&&difference| difference < 0.0).count(),
        })
    }
}

/// P-values adjusted for having been looked for among several (Holm's step-down method).
///
/// The least is multiplied by their number `m`, the next by `m − 1`, …, none below the one before
/// and none above 1: rejecting those below a level keeps the chance of any false rejection below
/// it, however the tests depend on each other. What is no number counts as 1. O(m log m).
///
/// ```
/// assert_eq!(patronage_recommend::holm(&[0.04, 0.01, 0.75]), [0.08, 0.03, 0.75]);
/// ```
///
/// # References
///
/// - S. Holm (1979), "A simple sequentially rejective multiple test procedure".
#[must_use]
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let of = |at: usize| if p_values[at].is_nan() { 1.0 } else { p_values[at].clamp(0.0, 1.0) };
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| of(a).total_cmp(&of(b)));
    let mut adjusted = vec![1.0; p_values.len()];
    let mut least = 0.0f64;
    for (rank, &at) in order.iter().enumerate() {
        least = least.max(of(at) * (p_values.len() - rank) as f64).min(1.0);
        adjusted[at] = least;
    }
    adjusted
}
