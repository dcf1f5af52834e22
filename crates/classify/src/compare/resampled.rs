//! Two estimators, refitted on many divisions of the same rows.

use patronage_core::{BoxError, ClassIdx, Classifier, Fit, Label, Labeled};

use super::HypothesisTest;
use crate::answers::Answers;
use crate::cross::cross_score;
use crate::error::{Error, ErrorKind, parameter};
use crate::metrics::{Interval, Measure, f_tail, student_quantile, student_two_sided};
use crate::splits::{Split, Splitter, StratifiedKFold};

/// The differences of two estimators' figures over five repeats of twofold cross-validation.
///
/// # References
///
/// Dietterich, 1998, *Approximate statistical tests for comparing supervised classification
/// learning algorithms*. Alpaydin, 1999, *Combined 5 × 2 cv F test for comparing supervised
/// classification learning algorithms*.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct FiveByTwo {
    /// First less second, by repeat and fold.
    pub differences: [[f64; 2]; 5],
}

impl FiveByTwo {
    /// The mean of the ten differences.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.differences.iter().flatten().sum::<f64>() / 10.0
    }

    /// The sum over repeats of the squared deviations of both folds from their mean.
    fn spread(&self) -> f64 {
        let of_repeat = |[a, b]: &[f64; 2]| (a - b) * (a - b) / 2.0;
        self.differences.iter().map(of_repeat).sum()
    }

    /// Dietterich's t of five degrees of freedom: the first difference over the root mean spread.
    /// It depends on which fold comes first; [`f_test`](Self::f_test) does not.
    #[must_use]
    pub fn t_test(&self) -> HypothesisTest {
        let statistic = over(self.differences[0][0], (self.spread() / 5.0).sqrt());
        HypothesisTest { statistic, p_value: student_two_sided(statistic, 5.0) }
    }

    /// Alpaydin's F of ten and five degrees of freedom.
    #[must_use]
    pub fn f_test(&self) -> HypothesisTest {
        let squares: f64 = self.differences.iter().flatten().map(|d| d * d).sum();
        let statistic = over(squares, 2.0 * self.spread());
        HypothesisTest { statistic, p_value: f_tail(statistic, 10.0, 5.0) }
    }
}

/// A ratio that is 0 where there is no difference, whatever its spread.
fn over(difference: f64, spread: f64) -> f64 {
    if difference == 0.0 { 0.0 } else { difference / spread }
}

/// Compares two estimators by five repeats of stratified twofold cross-validation.
///
/// Ten fits of each. Repeat r divides with the seed `seed + r`.
///
/// # Errors
///
/// When a class has fewer than two rows, an estimator fails, or the figure is not defined on a
/// fold.
///
/// # Examples
///
/// ```
/// use ndarray::Array2;
/// use patronage_classify::{Baseline, DecisionTree, Metric, five_by_two_cv};
/// use patronage_core::{ClassIdx, Column, FeatureTable, Labeled, Schema};
///
/// let cells = Array2::from_shape_fn((80, 1), |(row, _)| row as f64);
/// let table = FeatureTable::new(Schema::new([Column::number("x")])?, cells)?;
/// let labels: Vec<ClassIdx> = (0..80).map(|row| ClassIdx::new(u32::from(row > 39))).collect();
/// let data = Labeled::new(&table, &labels)?;
/// let paired = five_by_two_cv(&DecisionTree::new(), &Baseline::new(), &data, &Metric::RocAuc, 1)?;
/// assert!(paired.mean() > 0.4 && paired.f_test().p_value < 0.01);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn five_by_two_cv<A, B, M, N, EA, EB>(
    first: &A,
    second: &B,
    data: &Labeled<'_, ClassIdx>,
    measure: &dyn Measure,
    seed: u64,
) -> Result<FiveByTwo, Error>
where
    A: for<'a> Fit<Labeled<'a, ClassIdx>, Model = M, Error = EA> + Sync,
    B: for<'a> Fit<Labeled<'a, ClassIdx>, Model = N, Error = EB> + Sync,
    M: Classifier,
    N: Classifier,
    EA: Into<BoxError>,
    EB: Into<BoxError>,
{
    let mut splits = Vec::with_capacity(10);
    for repeat in 0..5 {
        splits.extend(StratifiedKFold::new(2).seed(seed.wrapping_add(repeat)).splits_of(data)?);
    }
    let paired = compare_by_splits(first, second, data, &splits, measure)?;
    let difference = |at: usize| paired.first[at] - paired.second[at];
    let differences =
        std::array::from_fn(|repeat| [difference(2 * repeat), difference(2 * repeat + 1)]);
    Ok(FiveByTwo { differences })
}

/// Two estimators' figures on the same splits.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct PairedScores {
    /// The figures of the first, split by split.
    pub first: Vec<f64>,
    /// The figures of the second.
    pub second: Vec<f64>,
    /// Test rows over training rows, in the mean over splits.
    pub test_over_train: f64,
}

impl PairedScores {
    /// First less second, split by split.
    #[must_use]
    pub fn differences(&self) -> Vec<f64> {
        self.first.iter().zip(&self.second).map(|(a, b)| a - b).collect()
    }

    /// The mean difference.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.differences().iter().sum::<f64>() / self.first.len() as f64
    }

    /// The corrected resampled t test on the differences.
    ///
    /// # Errors
    ///
    /// When there are fewer than two splits.
    pub fn corrected_t(&self) -> Result<HypothesisTest, Error> {
        corrected_resampled_t(&self.differences(), self.test_over_train)
    }

    /// The interval for the mean difference that belongs to that test, at a confidence such as 0.95.
    ///
    /// # Errors
    ///
    /// When there are fewer than two splits, or the level is not between 0 and 1.
    pub fn interval(&self, level: f64) -> Result<Interval, Error> {
        if !(level > 0.0 && level < 1.0) {
            return Err(parameter("level", "a number between 0 and 1", level));
        }
        let (mean, error) = corrected(&self.differences(), self.test_over_train)?;
        let reach = student_quantile(0.5 + level / 2.0, self.first.len() as f64 - 1.0) * error;
        Ok(Interval { low: mean - reach, high: mean + reach, level })
    }
}

/// Fits two estimators, of classes or of numbers, on the same splits, such as those of
/// [`Repeated`](crate::Repeated) folds.
///
/// # Errors
///
/// When there is no split, an estimator fails, or the figure is not defined on a split.
pub fn compare_by_splits<Y, A, B, M, N, EA, EB>(
    first: &A,
    second: &B,
    data: &Labeled<'_, Y>,
    splits: &[Split],
    measure: &dyn Measure<Y>,
) -> Result<PairedScores, Error>
where
    Y: Label,
    A: for<'a> Fit<Labeled<'a, Y>, Model = M, Error = EA> + Sync,
    B: for<'a> Fit<Labeled<'a, Y>, Model = N, Error = EB> + Sync,
    M: Answers<Y>,
    N: Answers<Y>,
    EA: Into<BoxError>,
    EB: Into<BoxError>,
{
    let first = cross_score(first, data, splits, measure)?;
    let second = cross_score(second, data, splits, measure)?;
    let ratio = |split: &Split| split.test.len() as f64 / (split.train.len() as f64).max(1.0);
    let test_over_train = splits.iter().map(ratio).sum::<f64>() / splits.len() as f64;
    Ok(PairedScores { first, second, test_over_train })
}

/// The t test for differences over resamples of the same rows, whose overlap makes them alike.
///
/// ```text
/// t = mean / sqrt((1/k + n_test/n_train) · variance),  k - 1 degrees of freedom
/// ```
///
/// # Errors
///
/// When there are fewer than two differences, one is not finite, or the ratio is not a finite
/// number of at least 0.
///
/// # References
///
/// Nadeau and Bengio, 2003, *Inference for the generalization error*. Bouckaert and Frank, 2004,
/// *Evaluating the replicability of significance tests for comparing learning algorithms*.
pub fn corrected_resampled_t(
    differences: &[f64],
    test_over_train: f64,
) -> Result<HypothesisTest, Error> {
    let (mean, error) = corrected(differences, test_over_train)?;
    let statistic = over(mean, error);
    let p_value = student_two_sided(statistic, differences.len() as f64 - 1.0);
    Ok(HypothesisTest { statistic, p_value })
}

/// The mean and its corrected standard error.
fn corrected(differences: &[f64], test_over_train: f64) -> Result<(f64, f64), Error> {
    if differences.len() < 2 {
        let (what, found) = ("differences for the corrected resampled t", differences.len());
        return Err(ErrorKind::FewOf { what, least: 2, found }.into());
    }
    if let Some(position) = differences.iter().position(|d| !d.is_finite()) {
        let (what, expected) = ("difference", "a finite number");
        let found = differences[position];
        return Err(ErrorKind::Number { what, position, expected, found }.into());
    }
    if !(test_over_train >= 0.0 && test_over_train.is_finite()) {
        let range = "a finite number, at least 0";
        return Err(parameter("test_over_train", range, test_over_train));
    }
    let k = differences.len() as f64;
    let mean = differences.iter().sum::<f64>() / k;
    let variance = differences.iter().map(|d| (d - mean) * (d - mean)).sum::<f64>() / (k - 1.0);
    Ok((mean, ((1.0 / k + test_over_train) * variance).sqrt()))
}
