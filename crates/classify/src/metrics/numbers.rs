//! Figures of answers that are numbers.

use std::fmt;

use ndarray::ArrayView2;
use patronage_core::ClassIdx;

use super::bootstrap::Bootstrap;
use super::measure::Measure;
use super::metric::Goal;
use super::scored::Interval;
use crate::error::{Error, ErrorKind};

/// A figure of a regressor, such as a model of what customers will be worth.
///
/// With `y` the true number, `f` the answer and `w` the weight of a row:
///
/// ```text
/// MeanSquaredError      sum w (f - y)² / sum w
/// MeanAbsoluteError     sum w |f - y| / sum w
/// R2                    1 - sum w (f - y)² / sum w (y - weighted mean of y)²
/// MeanPoissonDeviance   2 sum w (y ln(y / f) - y + f) / sum w
/// ```
///
/// Equal to scikit-learn's of the same name. Figures beyond the range of numbers are its end.
///
/// # Examples
///
/// ```
/// use ndarray::array;
/// use patronage_classify::{Measure, NumberMetric};
///
/// let answers = array![[2.5], [0.0], [2.0], [8.0]];
/// let truth = [3.0, -0.5, 2.0, 7.0];
/// assert_eq!(NumberMetric::MeanSquaredError.measure(answers.view(), &truth, None)?, 0.375);
/// assert_eq!(NumberMetric::MeanAbsoluteError.measure(answers.view(), &truth, None)?, 0.5);
/// # Ok::<(), patronage_classify::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum NumberMetric {
    /// The mean squared error.
    MeanSquaredError,
    /// Its root, in units of the labels.
    RootMeanSquaredError,
    /// The mean absolute error, in units of the labels.
    MeanAbsoluteError,
    /// The share of the labels' variance that is explained; below 0 where the mean would do better.
    /// Of labels that are all equal 1 where every answer is right, else 0.
    R2,
    /// The mean deviance of counts: labels of at least 0, answers above 0.
    MeanPoissonDeviance,
}

impl NumberMetric {
    /// Its name, such as `mean_squared_error`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::MeanSquaredError => "mean_squared_error",
            Self::RootMeanSquaredError => "root_mean_squared_error",
            Self::MeanAbsoluteError => "mean_absolute_error",
            Self::R2 => "r2",
            Self::MeanPoissonDeviance => "mean_poisson_deviance",
        }
    }

    /// Whether more or less of it is better.
    #[must_use]
    pub const fn goal(self) -> Goal {
        match self {
            Self::R2 => Goal::Maximize,
            _ => Goal::Minimize,
        }
    }

    /// The figure of answers to rows of these true numbers, with a weight for each row or 1.
    ///
    /// # Errors
    ///
    /// When lengths differ, a number or weight is not finite or a weight is negative, no row has
    /// weight, fewer than two rows have one (`R2`), or a label is below 0 or an answer not above it
    /// (`MeanPoissonDeviance`).
    pub fn of(self, answers: &[f64], truth: &[f64], weights: Option<&[f64]>) -> Result<f64, Error> {
        let rows = Rows::new(answers, truth, weights)?;
        if self == Self::MeanPoissonDeviance {
            check("label", truth, "a finite number, at least 0", |y| y >= 0.0)?;
            check("answer", answers, "a finite number above 0", |f| f > 0.0)?;
        }
        let figure = match self {
            Self::MeanSquaredError => rows.mean(|f, y| (f - y) * (f - y)),
            // Halves, so that a difference at the ends of the range has a square that is not lost.
            Self::RootMeanSquaredError => rows.root_mean_square(),
            Self::MeanAbsoluteError => rows.mean(|f, y| (f - y).abs()),
            Self::R2 => return rows.r2(),
            Self::MeanPoissonDeviance => rows.mean(|f, y| {
                let of_label = if y > 0.0 { y * (y / f).ln() } else { 0.0 };
                2.0 * (of_label - y + f).max(0.0)
            }),
        };
        Ok(figure.min(f64::MAX))
    }
}

impl Bootstrap {
    /// Intervals for figures of answers to rows of these true numbers, all of the same resamples.
    ///
    /// # Errors
    ///
    /// As [`NumberMetric::of`] and [`of_rows`](Self::of_rows).
    ///
    /// # Examples
    ///
    /// ```
    /// use patronage_classify::{Bootstrap, NumberMetric};
    ///
    /// let truth: Vec<f64> = (0..60).map(|i| f64::from(i * 7 % 20)).collect();
    /// let answers: Vec<f64> = truth.iter().map(|y| 0.8 * y + 2.0).collect();
    /// let metric = NumberMetric::MeanAbsoluteError;
    /// let interval = Bootstrap::new(300).of_numbers(&[metric], &answers, &truth, None)?[0];
    /// let found = metric.of(&answers, &truth, None)?;
    /// assert!(interval.low < found && found < interval.high);
    /// # Ok::<(), patronage_classify::Error>(())
    /// ```
    pub fn of_numbers(
        &self,
        metrics: &[NumberMetric],
        answers: &[f64],
        truth: &[f64],
        weights: Option<&[f64]>,
    ) -> Result<Vec<Interval>, Error> {
        Rows::new(answers, truth, weights)?;
        let figures = |rows: &[u32]| {
            let of = |numbers: &[f64]| rows.iter().map(|&row| numbers[row as usize]).collect();
            let (answers, truth): (Vec<f64>, Vec<f64>) = (of(answers), of(truth));
            let weights: Option<Vec<f64>> = weights.map(of);
            metrics.iter().map(|metric| metric.of(&answers, &truth, weights.as_deref())).collect()
        };
        self.of_rows(&vec![ClassIdx::new(0); truth.len()], figures)
    }
}

impl fmt::Display for NumberMetric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::name(*self))
    }
}

impl Measure<f64> for NumberMetric {
    fn name(&self) -> String {
        self.to_string()
    }

    fn goal(&self) -> Goal {
        Self::goal(*self)
    }

    fn measure(
        &self,
        answers: ArrayView2<'_, f64>,
        labels: &[f64],
        weights: Option<&[f64]>,
    ) -> Result<f64, Error> {
        if answers.ncols() != 1 {
            let (what, expected, found) = ("numbers of an answer", 1, answers.ncols());
            return Err(ErrorKind::Length { what, expected, found }.into());
        }
        self.of(&answers.column(0).to_vec(), labels, weights)
    }
}

fn check(
    what: &'static str,
    numbers: &[f64],
    expected: &'static str,
    admits: impl Fn(f64) -> bool,
) -> Result<(), Error> {
    match numbers.iter().position(|&x| !x.is_finite() || !admits(x)) {
        None => Ok(()),
        Some(position) => {
            let found = numbers[position];
            Err(ErrorKind::Number { what, position, expected, found }.into())
        }
    }
}

/// Rows of positive weight: answer, true number, and the weight over the greatest.
struct Rows(Vec<(f64, f64, f64)>);

impl Rows {
    fn new(answers: &[f64], truth: &[f64], weights: Option<&[f64]>) -> Result<Self, Error> {
        let expected = truth.len();
        let n_weights = weights.map_or(expected, <[f64]>::len);
        for (what, found) in [("answers", answers.len()), ("weights", n_weights)] {
            if found != expected {
                return Err(ErrorKind::Length { what, expected, found }.into());
            }
        }
        check("answer", answers, "a finite number", |_| true)?;
        check("label", truth, "a finite number", |_| true)?;
        check("weight", weights.unwrap_or(&[]), "a finite number, at least 0", |w| w >= 0.0)?;
        let greatest = weights.map_or(1.0, |weights| weights.iter().copied().fold(0.0, f64::max));
        let rows: Vec<(f64, f64, f64)> = (0..expected)
            .map(|row| (row, weights.map_or(1.0, |weights| weights[row])))
            .filter(|&(_, weight)| weight > 0.0)
            .map(|(row, weight)| (answers[row], truth[row], weight / greatest))
            .collect();
        if rows.is_empty() {
            return Err(ErrorKind::NoRows { what: "evaluation" }.into());
        }
        Ok(Self(rows))
    }

    fn mean(&self, loss: impl Fn(f64, f64) -> f64) -> f64 {
        let total: f64 = self.0.iter().map(|row| row.2).sum();
        let sum: f64 = self.0.iter().map(|&(f, y, w)| w * loss(f, y)).sum();
        sum / total
    }

    /// Brought to the order of one first, so that no square leaves the range.
    fn root_mean_square(&self) -> f64 {
        let off = |f: f64, y: f64| f / 2.0 - y / 2.0;
        let unit = self.0.iter().map(|&(f, y, _)| off(f, y).abs()).fold(0.0, f64::max);
        if unit <= 0.0 {
            return 0.0;
        }
        self.mean(|f, y| (off(f, y) / unit).powi(2)).sqrt() * unit * 2.0
    }

    fn r2(&self) -> Result<f64, Error> {
        if self.0.len() < 2 {
            let (what, least, found) = ("R²", 2, self.0.len());
            return Err(ErrorKind::FewRows { what, least, found }.into());
        }
        // In shares of the greatest number, so that no square leaves the range.
        let size = |&(f, y, _): &(f64, f64, f64)| f.abs().max(y.abs());
        let unit = self.0.iter().map(size).fold(0.0, f64::max);
        let unit = if unit > 0.0 { unit } else { 1.0 };
        let mean = self.mean(|_, y| y / unit);
        let left = self.mean(|f, y| (f / unit - y / unit).powi(2));
        let whole = self.mean(|_, y| (y / unit - mean).powi(2));
        let first = self.0[0].1;
        if self.0.iter().all(|row| row.1 == first) || whole <= 0.0 {
            return Ok(if left == 0.0 { 1.0 } else { 0.0 });
        }
        Ok((1.0 - left / whole).max(f64::MIN))
    }
}
