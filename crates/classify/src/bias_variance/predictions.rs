//! What models of many rounds say of the same rows.

use ndarray::{Array2, Array3, Axis};
use patronage_core::{ClassIdx, most_probable};

use super::{
    Decomposition, Loss, MlxtendTerms, brier_terms, log_loss_terms, mlxtend_zero_one,
    squared_terms, zero_one_terms,
};
use crate::error::{Error, ErrorKind};

/// What classifiers of many rounds say of the same rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Predictions {
    /// Of shape `(n_rounds, n_rows, n_classes)`.
    pub probabilities: Array3<f64>,
    /// What each row turned out to be.
    pub truth: Vec<ClassIdx>,
    /// What each row counts for in means; `None` where all count alike.
    pub weights: Option<Vec<f64>>,
}

impl Predictions {
    /// The most probable classes, the first of equals, of shape `(n_rounds, n_rows)`.
    #[must_use]
    pub fn classes(&self) -> Array2<ClassIdx> {
        self.probabilities.map_axis(Axis(2), |row| most_probable(row.iter().copied()))
    }

    /// The parts of a loss; [`Loss::Squared`] is read as [`Loss::Brier`].
    ///
    /// # Errors
    ///
    /// When there is no round or no row, a number is no probability, or weights do not fit.
    pub fn decompose(&self, loss: Loss) -> Result<Decomposition, Error> {
        let decomposition = match loss {
            Loss::Squared | Loss::Brier => brier_terms(self.probabilities.view(), &self.truth),
            Loss::ZeroOne => zero_one_terms(self.classes().view(), &self.truth),
            Loss::LogLoss => log_loss_terms(self.probabilities.view(), &self.truth),
        }?;
        decomposition.weighted(self.weights.as_deref())
    }

    /// The 0-1 loss divided as mlxtend divides it, which knows no weights.
    ///
    /// # Errors
    ///
    /// When there is no round or no row.
    pub fn mlxtend(&self) -> Result<MlxtendTerms, Error> {
        mlxtend_zero_one(self.classes().view(), &self.truth)
    }

    /// Some of the rounds.
    pub(super) fn of_rounds(&self, rounds: &[usize]) -> Self {
        let probabilities = self.probabilities.select(Axis(0), rounds);
        Self { probabilities, truth: self.truth.clone(), weights: self.weights.clone() }
    }
}

/// What regressors of many rounds say of the same rows.
#[derive(Clone, Debug, PartialEq)]
pub struct NumberPredictions {
    /// Of shape `(n_rounds, n_rows)`.
    pub values: Array2<f64>,
    /// What each row turned out to be.
    pub truth: Vec<f64>,
    /// What each row counts for in means; `None` where all count alike.
    pub weights: Option<Vec<f64>>,
}

impl NumberPredictions {
    /// The parts of the squared error.
    ///
    /// # Errors
    ///
    /// When there is no round or no row, a number is not finite, or weights do not fit.
    pub fn decompose(&self) -> Result<Decomposition, Error> {
        squared_terms(self.values.view(), &self.truth)?.weighted(self.weights.as_deref())
    }

    /// Some of the rounds.
    pub(super) fn of_rounds(&self, rounds: &[usize]) -> Self {
        let values = self.values.select(Axis(0), rounds);
        Self { values, truth: self.truth.clone(), weights: self.weights.clone() }
    }
}

/// Rounds of shape `(n_rows, n_classes)`, each with its own number of classes, as one.
pub(super) fn stacked(
    rounds: Vec<Array2<f64>>,
    truth: Vec<ClassIdx>,
    weights: Option<Vec<f64>>,
) -> Result<Predictions, Error> {
    rounds.iter().try_for_each(|round| check_length(round.nrows(), truth.len()))?;
    let known = rounds.iter().map(Array2::ncols).max().unwrap_or(0);
    let n_classes = truth.iter().map(|label| label.index() + 1).fold(known, usize::max);
    let mut probabilities = Array3::zeros((rounds.len(), truth.len(), n_classes));
    for (mut out, round) in probabilities.axis_iter_mut(Axis(0)).zip(&rounds) {
        if round.ncols() == n_classes {
            out.assign(round);
        } else {
            out.slice_axis_mut(Axis(1), (0..round.ncols()).into()).assign(round);
        }
    }
    Ok(Predictions { probabilities, truth, weights })
}

pub(super) fn stacked_numbers(
    rounds: Vec<Vec<f64>>,
    truth: Vec<f64>,
    weights: Option<Vec<f64>>,
) -> Result<NumberPredictions, Error> {
    rounds.iter().try_for_each(|round| check_length(round.len(), truth.len()))?;
    let mut values = Array2::zeros((rounds.len(), truth.len()));
    for (mut out, round) in values.rows_mut().into_iter().zip(&rounds) {
        out.iter_mut().zip(round).for_each(|(out, &value)| *out = value);
    }
    Ok(NumberPredictions { values, truth, weights })
}

fn check_length(found: usize, expected: usize) -> Result<(), Error> {
    if found == expected {
        return Ok(());
    }
    Err(ErrorKind::Length { what: "predictions of a round", expected, found }.into())
}
