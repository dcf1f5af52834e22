//! Decompositions against the true distribution, where it is known: noise, bias and variance apart.

use ndarray::{ArrayView2, ArrayView3, Axis};
use patronage_core::{ClassIdx, most_probable};

use super::kernels::{Votes, check, check_numbers, check_outcomes};
use super::{Decomposition, Loss, Terms};
use crate::error::{Error, ErrorKind};

/// The squared error of numbers of shape `(n_rounds, n_rows)` against outcomes of known expectation
/// and variance: of simulations, and of outcomes measured many times.
///
/// ```text
/// mean_r E(f_r - Y)² = Var(Y) + (mean f - E(Y))² + mean_r (f_r - mean f)²
/// ```
///
/// # Errors
///
/// When there is no round or no row, lengths differ, a number is not finite, or a variance is
/// below 0.
///
/// # Examples
///
/// ```
/// use ndarray::array;
/// use patronage_classify::squared_terms_given;
///
/// let terms = squared_terms_given(array![[1.0], [3.0]].view(), &[0.0], &[0.5])?.mean();
/// assert_eq!((terms.loss, terms.noise, terms.bias, terms.variance), (5.5, 0.5, 4.0, 1.0));
/// # Ok::<(), patronage_classify::Error>(())
/// ```
pub fn squared_terms_given(
    predictions: ArrayView2<'_, f64>,
    expected: &[f64],
    noise: &[f64],
) -> Result<Decomposition, Error> {
    check_numbers(predictions, expected)?;
    check(predictions.nrows(), predictions.ncols(), noise.len())?;
    let sound = |noise: &f64| noise.is_finite() && *noise >= 0.0;
    if let Some(position) = noise.iter().position(|noise| !sound(noise)) {
        let (what, expected) = ("noise of row", "a finite number, at least 0");
        let found = noise[position];
        return Err(ErrorKind::Number { what, position, expected, found }.into());
    }
    let mut whole = super::squared_terms(predictions, expected)?;
    for (terms, &noise) in whole.rows.iter_mut().zip(noise) {
        *terms = Terms { loss: terms.loss + noise, noise, ..*terms };
    }
    Ok(whole)
}

/// The Brier score of probabilities of shape `(n_rounds, n_rows, n_classes)` against the true
/// probabilities, of shape `(n_rows, n_classes)`: of class 1 where there are two classes, else
/// summed over classes.
///
/// # Errors
///
/// When there is no round or no row, shapes differ, or a number is no probability.
pub fn brier_terms_given(
    probabilities: ArrayView3<'_, f64>,
    truth: ArrayView2<'_, f64>,
) -> Result<Decomposition, Error> {
    check_truth(probabilities, truth)?;
    let (n_rounds, _, n_classes) = probabilities.dim();
    let first = usize::from(n_classes == 2);
    let of_class = |class: usize| {
        let predictions = probabilities.index_axis(Axis(2), class);
        let expected = truth.column(class).to_vec();
        let noise: Vec<f64> = expected.iter().map(|p| p * (1.0 - p)).collect();
        squared_terms_given(predictions, &expected, &noise)
    };
    let mut rows = vec![Terms::default(); truth.nrows()];
    for class in first..n_classes {
        for (sum, &terms) in rows.iter_mut().zip(of_class(class)?.rows()) {
            *sum = sum.plus(terms);
        }
    }
    Ok(Decomposition { loss: Loss::Brier, n_rounds, rows, weights: None })
}

/// The 0-1 loss of classes of shape `(n_rounds, n_rows)` against the true probabilities, of shape
/// `(n_rows, n_classes)`, after Domingos.
///
/// ```text
/// best = most probable class;  bias = [main ≠ best]
/// variance: of rounds about main, against best;  noise = loss - bias - variance
/// ```
///
/// The noise is `c · P(Y ≠ best)` with `c = 2 P(f = best) - 1` for two classes: noise hurts where
/// rounds are right and helps where they are wrong.
///
/// # Errors
///
/// When there is no round or no row, lengths differ, a class is unknown, or a number is no
/// probability.
///
/// # References
///
/// Domingos, 2000, *A unified bias-variance decomposition and its applications*.
pub fn zero_one_terms_given(
    predictions: ArrayView2<'_, ClassIdx>,
    truth: ArrayView2<'_, f64>,
) -> Result<Decomposition, Error> {
    check_outcomes(truth)?;
    let (what, n_classes) = ("prediction", truth.ncols());
    if let Some(class) = predictions.iter().find(|class| class.index() >= n_classes) {
        return Err(ErrorKind::NoSuchClass { what, n_classes, found: class.index() }.into());
    }
    let row_best = |row: ndarray::ArrayView1<'_, f64>| most_probable(row.iter().copied());
    let best: Vec<ClassIdx> = truth.rows().into_iter().map(row_best).collect();
    let mut whole = super::zero_one_terms(predictions, &best)?;
    let n = predictions.nrows() as f64;
    let mut votes = Votes::default();
    let columns = predictions.columns().into_iter().zip(truth.rows());
    for (terms, (column, truth)) in whole.rows.iter_mut().zip(columns) {
        votes.count(column.iter().copied());
        let right: f64 = votes.iter().map(|(class, n)| truth[class.index()] * f64::from(n)).sum();
        let loss = 1.0 - right / n;
        *terms = Terms { loss, noise: loss - terms.loss, ..*terms };
    }
    Ok(whole)
}

/// The log loss of probabilities of shape `(n_rounds, n_rows, n_classes)` against the true
/// probabilities, of shape `(n_rows, n_classes)`, after Heskes.
///
/// ```text
/// noise = entropy of the truth;  bias = KL(truth | main);  variance = mean_r KL(main | p_r)
/// ```
///
/// # Errors
///
/// When there is no round or no row, shapes differ, or a number is no probability.
///
/// # References
///
/// Heskes, 1998, *Bias/variance decompositions for likelihood-based estimators*.
pub fn log_loss_terms_given(
    probabilities: ArrayView3<'_, f64>,
    truth: ArrayView2<'_, f64>,
) -> Result<Decomposition, Error> {
    check_truth(probabilities, truth)?;
    let (n_rounds, n_rows, n_classes) = probabilities.dim();
    let mut rows = vec![Terms::default(); n_rows];
    // The cross entropy is the mean over what may happen of what is lost when it does.
    for class in 0..n_classes {
        let outcome = vec![ClassIdx::from_usize(class); n_rows];
        let given = super::log_loss_terms(probabilities, &outcome)?;
        for ((sum, terms), &p) in rows.iter_mut().zip(given.rows()).zip(truth.column(class)) {
            // The variance is the same whatever happens; truths sum to 1 within rounding.
            sum.loss += p * terms.loss;
            sum.bias += p * terms.bias;
            (sum.variance, sum.unbiased_variance) = (terms.variance, terms.variance);
            sum.noise -= if p > 0.0 { p * p.ln() } else { 0.0 };
        }
    }
    for terms in &mut rows {
        terms.bias -= terms.noise;
    }
    Ok(Decomposition { loss: Loss::LogLoss, n_rounds, rows, weights: None })
}

/// Checks that the truth is one distribution a row, of the shape of each round's probabilities.
fn check_truth(
    probabilities: ArrayView3<'_, f64>,
    truth: ArrayView2<'_, f64>,
) -> Result<(), Error> {
    let (n_rounds, n_rows, n_classes) = probabilities.dim();
    check(n_rounds, n_rows, truth.nrows())?;
    let (what, expected, found) = ("classes of the truth", n_classes, truth.ncols());
    if expected != found || n_classes == 0 {
        return Err(ErrorKind::Length { what, expected: expected.max(1), found }.into());
    }
    let zeros = vec![ClassIdx::new(0); n_rows];
    super::kernels::check_probabilities(probabilities, &zeros)?;
    check_outcomes(truth)
}
