//! The decomposition as mlxtend defines it, by name.

use ndarray::ArrayView2;
use patronage_core::ClassIdx;

use super::kernels::{Votes, check_numbers, zero_one_terms};
use crate::error::Error;

/// What mlxtend's `bias_variance_decomp` returns; for the 0-1 loss the parts need not add up.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct MlxtendTerms {
    /// Mean loss over rounds and rows.
    pub loss: f64,
    /// Mean loss of the main prediction.
    pub bias: f64,
    /// Mean loss of a round against the main prediction.
    pub variance: f64,
}

/// The 0-1 loss of classes of shape `(n_rounds, n_rows)` as mlxtend 0.25 divides it: bias is the
/// error of the majority (the lowest class of equals), variance the share of rounds that leave the
/// majority, whether that helps or hurts.
///
/// # Errors
///
/// When there is no round or no row, or lengths differ.
///
/// # References
///
/// Raschka, 2018, *MLxtend: providing machine learning and data science utilities*.
pub fn mlxtend_zero_one(
    predictions: ArrayView2<'_, ClassIdx>,
    truth: &[ClassIdx],
) -> Result<MlxtendTerms, Error> {
    let terms = zero_one_terms(predictions, truth)?.mean();
    let mut votes = Votes::default();
    let left: u64 = predictions
        .columns()
        .into_iter()
        .map(|column| {
            votes.count(column.iter().copied());
            column.len() as u64 - u64::from(votes.of(votes.main()))
        })
        .sum();
    let variance = left as f64 / predictions.len() as f64;
    Ok(MlxtendTerms { loss: terms.loss, bias: terms.bias, variance })
}

/// The squared error of numbers of shape `(n_rounds, n_rows)` as mlxtend 0.25 divides it; here the
/// parts add up.
///
/// # Errors
///
/// When there is no round or no row, lengths differ, or a number is not finite.
pub fn mlxtend_squared(
    predictions: ArrayView2<'_, f64>,
    truth: &[f64],
) -> Result<MlxtendTerms, Error> {
    check_numbers(predictions, truth)?;
    let terms = super::squared_terms(predictions, truth)?.mean();
    Ok(MlxtendTerms { loss: terms.loss, bias: terms.bias, variance: terms.variance })
}
