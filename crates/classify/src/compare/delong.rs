//! Two models' areas under the ROC curve on the same rows.

use patronage_core::ClassIdx;

use super::HypothesisTest;
use crate::error::{Error, ErrorKind, parameter};
use crate::metrics::{Interval, Scored, normal_quantile, normal_two_sided};

/// Two areas under the ROC curve on the same rows.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct PairedAuc {
    /// The area of the first model.
    pub first: f64,
    /// The area of the second.
    pub second: f64,
    /// `first - second`.
    pub difference: f64,
    /// The standard error of the difference; infinite where an outcome has one row.
    pub standard_error: f64,
    /// The test that both are equal, by z.
    pub test: HypothesisTest,
}

impl PairedAuc {
    /// An interval for the difference at a confidence such as 0.95, kept within `[-1, 1]`.
    ///
    /// # Errors
    ///
    /// When the level is not between 0 and 1.
    pub fn interval(&self, level: f64) -> Result<Interval, Error> {
        if !(level > 0.0 && level < 1.0) {
            return Err(parameter("level", "a number between 0 and 1", level));
        }
        let reach = normal_quantile(0.5 + level / 2.0) * self.standard_error;
        let (low, high) = (self.difference - reach, self.difference + reach);
        Ok(Interval { low: low.max(-1.0), high: high.min(1.0), level })
    }
}

/// Tests whether two models rank the same rows equally well (DeLong's paired test).
///
/// ```text
/// var(A - B) = var of the difference of P(score of a positive > a negative's) over positives / m
///            + the same over negatives / n
/// ```
///
/// Ties count half. With weights the areas are weighted and m and n are effective sizes
/// `(Σw)² / Σw²`, as in [`Scored::roc_auc_variance`]. Outcomes are class 1 or not.
/// Where both models separate the classes without a mistake, nothing varies: the difference, its
/// standard error and the interval are 0, which says that these rows cannot tell them apart, not that
/// others could not. O(n_rows log n_rows).
///
/// # Errors
///
/// When lengths differ, a score or weight is not finite, a weight is negative, or rows of positive
/// weight are of one outcome.
///
/// # References
///
/// DeLong, DeLong and Clarke-Pearson, 1988, *Comparing the areas under two or more correlated
/// receiver operating characteristic curves*. Sun and Xu, 2014, *Fast implementation of DeLong's
/// algorithm*.
///
/// # Examples
///
/// ```
/// use patronage_classify::delong_test;
/// use patronage_core::ClassIdx;
///
/// let outcomes = [1, 1, 1, 0, 0, 0, 1, 0].map(ClassIdx::new);
/// let good = [0.9, 0.8, 0.7, 0.3, 0.2, 0.4, 0.6, 0.1];
/// let poor = [0.4, 0.8, 0.3, 0.5, 0.2, 0.6, 0.5, 0.1];
/// let paired = delong_test(&good, &poor, &outcomes, None)?;
/// assert!(paired.difference > 0.2 && paired.test.p_value < 0.2);
/// # Ok::<(), patronage_classify::Error>(())
/// ```
pub fn delong_test(
    first: &[f64],
    second: &[f64],
    outcomes: &[ClassIdx],
    weights: Option<&[f64]>,
) -> Result<PairedAuc, Error> {
    let ones;
    let weights = match weights {
        Some(weights) => weights,
        None => {
            ones = vec![1.0; outcomes.len()];
            &ones
        }
    };
    // Checks lengths, scores and weights.
    for scores in [first, second] {
        Scored::weighted(scores, outcomes, weights)?.require_both("DeLong's test")?;
    }
    // Only ratios of weights matter.
    let heaviest = weights.iter().copied().fold(0.0, f64::max);
    let rows: Vec<usize> =
        (0..outcomes.len()).filter(|&row| weights[row] / heaviest > 1e-150).collect();
    let weight = |row: usize| weights[row] / heaviest;
    let is_positive = |row: usize| outcomes[row] == ClassIdx::new(1);
    let sums = [true, false].map(|side| {
        let of_side = rows.iter().filter(|&&row| is_positive(row) == side);
        of_side.fold([0.0; 2], |sum, &row| [sum[0] + weight(row), sum[1] + weight(row).powi(2)])
    });
    if sums.iter().any(|sum| sum[0] <= 0.0) {
        return Err(ErrorKind::OneClass { figure: "DeLong's test", n_rows: rows.len() }.into());
    }
    let places = [first, second]
        .map(|scores| placements(scores, &rows, &weight, &is_positive, [sums[0][0], sums[1][0]]));
    let auc = places.each_ref().map(|of| {
        let positives = rows.iter().zip(of).filter(|(row, _)| is_positive(**row));
        positives.map(|(&row, place)| weight(row) * place).sum::<f64>() / sums[0][0]
    });
    let difference = auc[0] - auc[1];
    let mut variance = 0.0;
    for (side, [total, squares]) in [true, false].into_iter().zip(sums) {
        let effective = total * total / squares;
        let of_side = (0..rows.len()).filter(|&at| is_positive(rows[at]) == side);
        let sum: f64 = of_side
            .map(|at| {
                let away = places[0][at] - places[1][at] - difference;
                weight(rows[at]).powi(2) * away * away
            })
            .sum();
        variance += if effective <= 1.0 + 1e-9 {
            f64::INFINITY
        } else {
            sum / (total * total) * effective / (effective - 1.0)
        };
    }
    let standard_error = variance.sqrt();
    // Weights are summed in the order of each model's scores: what such roundings add up to is no
    // difference, however small its error.
    let rounding = f64::EPSILON * rows.len() as f64;
    let statistic = if difference.abs() <= rounding { 0.0 } else { difference / standard_error };
    let test = HypothesisTest { statistic, p_value: normal_two_sided(statistic) };
    Ok(PairedAuc { first: auc[0], second: auc[1], difference, standard_error, test })
}

/// For each row the share of the other outcome's weight that it stands on the right side of, ties
/// half.
fn placements(
    scores: &[f64],
    rows: &[usize],
    weight: &impl Fn(usize) -> f64,
    is_positive: &impl Fn(usize) -> bool,
    totals: [f64; 2],
) -> Vec<f64> {
    let mut order: Vec<usize> = (0..rows.len()).collect();
    let score = |at: usize| scores[rows[at]] + 0.0;
    order.sort_by(|&a, &b| score(a).total_cmp(&score(b)));
    let mut places = vec![0.0; rows.len()];
    // Weights of positives and negatives of lower score.
    let mut below = [0.0; 2];
    for tied in order.chunk_by(|&a, &b| score(a) == score(b)) {
        let mut here = [0.0; 2];
        tied.iter().for_each(|&at| here[usize::from(!is_positive(rows[at]))] += weight(rows[at]));
        for &at in tied {
            places[at] = if is_positive(rows[at]) {
                (below[1] + 0.5 * here[1]) / totals[1]
            } else {
                1.0 - (below[0] + 0.5 * here[0]) / totals[0]
            };
        }
        below = [below[0] + here[0], below[1] + here[1]];
    }
    places
}
