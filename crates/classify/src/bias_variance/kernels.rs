//! Decompositions of a matrix of predictions, whatever made them.

use ndarray::{ArrayView2, ArrayView3, Axis};
use patronage_core::ClassIdx;

use super::{Decomposition, Loss, Terms};
use crate::error::{Error, ErrorKind};

/// Probabilities are kept so far above 0 before their logarithm is taken.
const NEAR: f64 = 1e-15;

pub(super) fn check(rounds: usize, rows: usize, truth: usize) -> Result<(), Error> {
    if rounds == 0 {
        return Err(ErrorKind::NoRows { what: "rounds" }.into());
    }
    if rows == 0 {
        return Err(ErrorKind::NoRows { what: "decomposition" }.into());
    }
    if rows != truth {
        return Err(ErrorKind::Length { what: "truth", expected: rows, found: truth }.into());
    }
    Ok(())
}

pub(super) fn check_numbers(predictions: ArrayView2<'_, f64>, truth: &[f64]) -> Result<(), Error> {
    check(predictions.nrows(), predictions.ncols(), truth.len())?;
    let cells = predictions.columns().into_iter().enumerate();
    let mut all =
        cells.flat_map(|(row, column)| column.to_vec().into_iter().map(move |x| (row, x)));
    let bad = all.find(|(_, x)| !x.is_finite()).map(|(row, x)| ("prediction of row", row, x));
    let bad = bad.or_else(|| {
        truth.iter().enumerate().find(|(_, x)| !x.is_finite()).map(|(row, &x)| ("truth", row, x))
    });
    let Some((what, position, found)) = bad else { return Ok(()) };
    Err(ErrorKind::Number { what, position, expected: "a finite number", found }.into())
}

pub(super) fn check_probabilities(
    probabilities: ArrayView3<'_, f64>,
    truth: &[ClassIdx],
) -> Result<(), Error> {
    let (rounds, rows, n_classes) = probabilities.dim();
    check(rounds, rows, truth.len())?;
    if let Some(label) = truth.iter().find(|label| label.index() >= n_classes) {
        return Err(
            ErrorKind::NoSuchClass { what: "truth", n_classes, found: label.index() }.into()
        );
    }
    for (position, row) in probabilities.axis_iter(Axis(1)).enumerate() {
        if let Some(&found) = row.iter().find(|p| !(0.0..=1.0).contains(*p)) {
            let (what, expected) = ("prediction of row", "probabilities in [0, 1]");
            return Err(ErrorKind::Number { what, position, expected, found }.into());
        }
    }
    Ok(())
}

/// Checks that each row is a distribution.
pub(super) fn check_outcomes(truth: ArrayView2<'_, f64>) -> Result<(), Error> {
    for (position, row) in truth.rows().into_iter().enumerate() {
        let (what, expected) = ("truth of row", "probabilities in [0, 1] that sum to 1");
        let bad = row.iter().copied().find(|p| !(0.0..=1.0).contains(p));
        let bad = bad.or_else(|| Some(row.sum()).filter(|sum| (sum - 1.0).abs() > 1e-9));
        if let Some(found) = bad {
            return Err(ErrorKind::Number { what, position, expected, found }.into());
        }
    }
    Ok(())
}

/// The squared error of numbers of shape `(n_rounds, n_rows)`: `bias² + variance` (+ noise, within
/// the bias).
///
/// ```text
/// mean_r (f_r - y)² = (mean f - y)² + mean_r (f_r - mean f)²
/// ```
///
/// # Errors
///
/// When there is no round or no row, lengths differ, or a number is not finite.
///
/// # References
///
/// Geman, Bienenstock and Doursat, 1992, *Neural networks and the bias/variance dilemma*.
///
/// # Examples
///
/// ```
/// use ndarray::array;
/// use patronage_classify::squared_terms;
///
/// let terms = squared_terms(array![[1.0], [3.0]].view(), &[0.0])?.mean();
/// assert_eq!((terms.loss, terms.bias, terms.variance), (5.0, 4.0, 1.0));
/// # Ok::<(), patronage_classify::Error>(())
/// ```
pub fn squared_terms(
    predictions: ArrayView2<'_, f64>,
    truth: &[f64],
) -> Result<Decomposition, Error> {
    check_numbers(predictions, truth)?;
    let rows = predictions.columns().into_iter().zip(truth);
    let rows = rows.map(|(column, &y)| squared(column.iter().copied(), y)).collect();
    Ok(Decomposition { loss: Loss::Squared, n_rounds: predictions.nrows(), rows, weights: None })
}

fn squared(rounds: impl ExactSizeIterator<Item = f64> + Clone, y: f64) -> Terms {
    let n = rounds.len() as f64;
    // Means of differences, so that huge numbers keep what tells them apart.
    let mean = rounds.clone().map(|f| f / n).sum::<f64>();
    let loss = rounds.clone().map(|f| (f - y) * (f - y) / n).sum::<f64>();
    let variance = rounds.map(|f| (f - mean) * (f - mean) / n).sum::<f64>();
    let bias = (mean - y) * (mean - y);
    let finite = |x: f64| x.min(f64::MAX);
    let (loss, bias, variance) = (finite(loss), finite(bias), finite(variance));
    Terms { loss, bias, variance, unbiased_variance: variance, ..Terms::default() }
}

/// The Brier score of probabilities of shape `(n_rounds, n_rows, n_classes)`: as
/// [`squared_terms`], of class 1 where there are two classes, else summed over classes.
///
/// # Errors
///
/// When there is no round or no row, lengths differ, a class is unknown or a number is no probability.
pub fn brier_terms(
    probabilities: ArrayView3<'_, f64>,
    truth: &[ClassIdx],
) -> Result<Decomposition, Error> {
    check_probabilities(probabilities, truth)?;
    let (n_rounds, _, n_classes) = probabilities.dim();
    let first = usize::from(n_classes == 2);
    let rows = probabilities.axis_iter(Axis(1)).zip(truth).map(|(row, label)| {
        (first..n_classes).fold(Terms::default(), |sum, class| {
            let y = f64::from(u8::from(label.index() == class));
            sum.plus(squared(row.column(class).iter().copied(), y))
        })
    });
    Ok(Decomposition { loss: Loss::Brier, n_rounds, rows: rows.collect(), weights: None })
}

/// The 0-1 loss of classes of shape `(n_rounds, n_rows)`, after Domingos, without noise.
///
/// ```text
/// main = most frequent class, the first of equals;  bias = [main ≠ y]
/// loss = bias + P(f ≠ main) where main = y,   loss = bias - P(f = y) where main ≠ y
/// ```
///
/// # Errors
///
/// When there is no round or no row, or lengths differ.
///
/// # References
///
/// Domingos, 2000, *A unified bias-variance decomposition and its applications*.
///
/// # Examples
///
/// ```
/// use ndarray::array;
/// use patronage_classify::zero_one_terms;
/// use patronage_core::ClassIdx;
///
/// let [no, yes] = [0, 1].map(ClassIdx::new);
/// // Row 0 is yes and mostly foretold; row 1 is yes and mostly missed.
/// let rounds = array![[yes, no], [yes, no], [no, yes], [yes, no]];
/// let terms = zero_one_terms(rounds.view(), &[yes, yes])?.mean();
/// assert_eq!((terms.loss, terms.bias, terms.variance), (0.5, 0.5, 0.0));
/// assert_eq!((terms.unbiased_variance, terms.biased_variance), (0.125, 0.125));
/// # Ok::<(), patronage_classify::Error>(())
/// ```
pub fn zero_one_terms(
    predictions: ArrayView2<'_, ClassIdx>,
    truth: &[ClassIdx],
) -> Result<Decomposition, Error> {
    let (n_rounds, n_rows) = predictions.dim();
    check(n_rounds, n_rows, truth.len())?;
    let mut votes = Votes::default();
    let rows = predictions.columns().into_iter().zip(truth).map(|(column, &y)| {
        votes.count(column.iter().copied());
        let (main, n) = (votes.main(), n_rounds as f64);
        let share = |class: ClassIdx| f64::from(votes.of(class)) / n;
        let loss = 1.0 - share(y);
        if main == y {
            Terms { loss, variance: loss, unbiased_variance: loss, ..Terms::default() }
        } else {
            let helped = share(y);
            Terms {
                loss,
                bias: 1.0,
                variance: -helped,
                biased_variance: helped,
                ..Terms::default()
            }
        }
    });
    Ok(Decomposition { loss: Loss::ZeroOne, n_rounds, rows: rows.collect(), weights: None })
}

/// How often each class was said, in ascending order of classes; costs by votes, not by classes.
#[derive(Default)]
pub(super) struct Votes(Vec<(ClassIdx, u32)>);

impl Votes {
    pub(super) fn count(&mut self, said: impl Iterator<Item = ClassIdx>) {
        self.0.clear();
        for class in said {
            match self.0.binary_search_by_key(&class, |&(class, _)| class) {
                Ok(at) => self.0[at].1 += 1,
                Err(at) => self.0.insert(at, (class, 1)),
            }
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (ClassIdx, u32)> {
        self.0.iter().copied()
    }

    pub(super) fn of(&self, class: ClassIdx) -> u32 {
        let at = self.0.binary_search_by_key(&class, |&(class, _)| class);
        at.map_or(0, |at| self.0[at].1)
    }

    /// The most frequent class, the first of equals.
    pub(super) fn main(&self) -> ClassIdx {
        let mut best = (ClassIdx::new(0), 0);
        for &(class, n) in &self.0 {
            if n > best.1 {
                best = (class, n);
            }
        }
        best.0
    }
}

/// The log loss of probabilities of shape `(n_rounds, n_rows, n_classes)`, after Heskes.
///
/// ```text
/// main ∝ exp(mean_r ln p_r);   mean_r -ln p_r(y) = -ln main(y) + mean_r KL(main | p_r)
/// ```
///
/// Probabilities are first raised to at least 1e-15 and brought to sum to 1 again.
///
/// # Errors
///
/// When there is no round or no row, lengths differ, a class is unknown or a number is no probability.
///
/// # References
///
/// Heskes, 1998, *Bias/variance decompositions for likelihood-based estimators*.
pub fn log_loss_terms(
    probabilities: ArrayView3<'_, f64>,
    truth: &[ClassIdx],
) -> Result<Decomposition, Error> {
    check_probabilities(probabilities, truth)?;
    let (n_rounds, _, n_classes) = probabilities.dim();
    let n = n_rounds as f64;
    let mut logs = vec![0.0; n_rounds * n_classes];
    let mut main = vec![0.0; n_classes];
    let rows = probabilities.axis_iter(Axis(1)).zip(truth).map(|(row, label)| {
        for (logs, row) in logs.chunks_exact_mut(n_classes).zip(row.rows()) {
            let total: f64 = row.iter().map(|p| p.max(NEAR)).sum();
            logs.iter_mut().zip(row).for_each(|(log, p)| *log = (p.max(NEAR) / total).ln());
        }
        main.fill(0.0);
        for logs in logs.chunks_exact(n_classes) {
            main.iter_mut().zip(logs).for_each(|(main, log)| *main += log / n);
        }
        let greatest = main.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let total: f64 = main.iter().map(|log| (log - greatest).exp()).sum();
        let norm = greatest + total.ln();
        main.iter_mut().for_each(|log| *log -= norm);
        let y = label.index();
        let (mut loss, mut variance) = (0.0, 0.0);
        for logs in logs.chunks_exact(n_classes) {
            loss -= logs[y] / n;
            let divergence: f64 =
                main.iter().zip(logs).map(|(main, log)| main.exp() * (main - log)).sum();
            variance += divergence.max(0.0) / n;
        }
        let bias = -main[y];
        Terms { loss, bias, variance, unbiased_variance: variance, ..Terms::default() }
    });
    Ok(Decomposition { loss: Loss::LogLoss, n_rounds, rows: rows.collect(), weights: None })
}
