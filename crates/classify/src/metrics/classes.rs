//! Figures over any number of classes.

use ndarray::ArrayView2;
use patronage_core::{ClassIdx, most_probable};

use crate::error::{Error, ErrorKind};

/// The mean log loss in nats of probabilities of shape `(n_rows, n_classes)`; probabilities are
/// kept 2.2e-16 away from 0 and 1.
///
/// # Errors
///
/// When shapes do not fit, a label has no column, a number is no probability, or no row has weight.
pub fn multiclass_log_loss(
    probabilities: ArrayView2<'_, f64>,
    labels: &[ClassIdx],
    weights: Option<&[f64]>,
) -> Result<f64, Error> {
    mean(probabilities, labels, weights, |row, label| {
        -row(label).clamp(f64::EPSILON, 1.0 - f64::EPSILON).ln()
    })
}

/// The mean over rows of the squared differences to the outcome, summed over classes: with two
/// classes twice the Brier score of one of them.
///
/// # Errors
///
/// As [`multiclass_log_loss`].
pub fn multiclass_brier(
    probabilities: ArrayView2<'_, f64>,
    labels: &[ClassIdx],
    weights: Option<&[f64]>,
) -> Result<f64, Error> {
    let n_classes = probabilities.ncols();
    mean(probabilities, labels, weights, |row, label| {
        (0..n_classes).map(|class| (row(class) - f64::from(u8::from(class == label))).powi(2)).sum()
    })
}

/// The share of rows whose most probable class (the first of equals) is their own.
///
/// # Errors
///
/// As [`multiclass_log_loss`].
pub fn accuracy(
    probabilities: ArrayView2<'_, f64>,
    labels: &[ClassIdx],
    weights: Option<&[f64]>,
) -> Result<f64, Error> {
    let n_classes = probabilities.ncols();
    mean(probabilities, labels, weights, |row, label| {
        f64::from(u8::from(most_probable((0..n_classes).map(row)).index() == label))
    })
}

fn mean(
    probabilities: ArrayView2<'_, f64>,
    labels: &[ClassIdx],
    weights: Option<&[f64]>,
    loss: impl Fn(&dyn Fn(usize) -> f64, usize) -> f64,
) -> Result<f64, Error> {
    let (expected, n_classes) = probabilities.dim();
    for (what, found) in
        [("labels", labels.len()), ("weights", weights.map_or(expected, <[f64]>::len))]
    {
        if found != expected {
            return Err(ErrorKind::Length { what, expected, found }.into());
        }
    }
    let (mut sum, mut total) = (0.0, 0.0);
    // Only ratios of weights matter; sums must stay within the range.
    let greatest = weights.map_or(1.0, |weights| weights.iter().copied().fold(0.0, f64::max));
    for (position, (row, label)) in probabilities.rows().into_iter().zip(labels).enumerate() {
        if label.index() >= n_classes {
            let found = label.index();
            return Err(ErrorKind::NoSuchClass { what: "label", n_classes, found }.into());
        }
        if let Some(&found) = row.iter().find(|p| !(0.0..=1.0).contains(*p)) {
            let (what, expected) = ("row", "probabilities in [0, 1]");
            return Err(ErrorKind::Number { what, position, expected, found }.into());
        }
        let weight = weights.map_or(1.0, |weights| weights[position]);
        if !weight.is_finite() || weight < 0.0 {
            let (what, expected) = ("weight", "a finite number, at least 0");
            return Err(ErrorKind::Number { what, position, expected, found: weight }.into());
        }
        if weight > 0.0 {
            let weight = weight / greatest;
            sum += weight * loss(&|class| row[class], label.index());
            total += weight;
        }
    }
    if total > 0.0 { Ok(sum / total) } else { Err(ErrorKind::NoRows { what: "evaluation" }.into()) }
}
