//! Loss against the number of rows learnt from.

use patronage_core::{BoxError, ClassIdx, Classifier, Derived, Fit, Label, Labeled, Regressor};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::losses::{Judged, LossEstimate, Work, of_estimator, over_figures, over_splits};
use crate::bias_variance::Loss;
use crate::error::{Error, ErrorKind, parameter};
use crate::par::{self, Threads};
use crate::splits::Split;

/// One number of training rows.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct LearningPoint {
    /// Rows learnt from, the mean over splits.
    pub n_rows: f64,
    /// The loss on the rows learnt from.
    pub training: LossEstimate,
    /// The loss on rows not seen.
    pub validation: LossEstimate,
    /// The loss on rows not seen, split by split.
    pub by_split: Vec<f64>,
}

/// The losses of one estimator as it learns from more and more rows: plain figures, as they came
/// out. Nothing smooths them or holds them to descend.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct LearningCurve {
    /// How predictions were judged.
    pub loss: Loss,
    /// In the order of the shares given; at least one.
    pub points: Vec<LearningPoint>,
}

impl LearningCurve {
    /// What twice as many rows are expected to take from the loss, where that can be told.
    ///
    /// ```text
    /// gain = (L(n/2) - L(n)) · q,   q = (L(n/2) - L(n)) / (L(n/4) - L(n/2)) held to [1/4, 1]
    /// ```
    ///
    /// A power law `a + b n^-c` shrinks what a doubling gains by the same `q = 2^-c` each time. The
    /// losses between points are read off straight lines over the logarithm of rows; without a
    /// quarter of the rows on the curve, or where the earlier doubling gained nothing, `q` is
    /// `2^-1/2`. An extrapolation: its interval holds what splits differ by, not whether the law
    /// goes on. `None` where no point has half the rows.
    #[must_use]
    pub fn gain_of_doubling(&self) -> Option<LossEstimate> {
        let last = self.points.iter().max_by(|a, b| a.n_rows.total_cmp(&b.n_rows))?;
        let n = last.n_rows;
        let half = self.at(n / 2.0)?;
        let second: Vec<f64> = half.iter().zip(&last.by_split).map(|(a, b)| a - b).collect();
        let gained = over_figures(&second);
        let mean = |of: &[f64]| of.iter().sum::<f64>() / of.len() as f64;
        let earlier = self.at(n / 4.0).map(|quarter| mean(&quarter) - mean(&half));
        let usual = 0.5_f64.sqrt();
        let shrunk = match earlier {
            Some(earlier) if earlier > 0.0 => (gained.mean / earlier).clamp(0.25, 1.0),
            _ => usual,
        };
        let mut interval = gained.interval;
        interval.low *= shrunk;
        interval.high *= shrunk;
        Some(LossEstimate { mean: gained.mean * shrunk, interval })
    }

    /// The losses of splits at a number of rows between points.
    fn at(&self, n_rows: f64) -> Option<Vec<f64>> {
        let mut points: Vec<&LearningPoint> = self.points.iter().collect();
        points.sort_by(|a, b| a.n_rows.total_cmp(&b.n_rows));
        // Shares are rounded to whole rows.
        let reached = |point: &&&LearningPoint| point.n_rows <= n_rows * 1.01 + 0.5;
        let below = points.iter().rfind(reached)?;
        let above = points.iter().find(|point| point.n_rows > below.n_rows)?;
        let way = (n_rows.ln() - below.n_rows.ln()) / (above.n_rows.ln() - below.n_rows.ln());
        let way = way.clamp(0.0, 1.0);
        let pairs = below.by_split.iter().zip(&above.by_split);
        Some(pairs.map(|(a, b)| a + way * (b - a)).collect())
    }
}

/// Fits on growing shares of each split's training rows and judges its test rows.
///
/// Each split's training rows are shuffled once and every share takes the first of them, so that
/// points differ by the rows that were added. Intervals are the wider of two: from how test rows
/// differ, and from how splits differ (Student's). Fits run in parallel; results do not depend on
/// threads. O(shares · splits · fit).
///
/// # Errors
///
/// When there is no split, `shares` is empty or holds one outside `(0, 1]`, a row is out of range, a
/// split has no training or test rows, or the estimator fails, naming the split.
///
/// # Examples
///
/// ```
/// use ndarray::Array2;
/// use patronage_classify::{DecisionTree, Loss, learning_curve, stratified_folds};
/// use patronage_core::{ClassIdx, Column, FeatureTable, Labeled, Schema};
///
/// let cells = Array2::from_shape_fn((200, 1), |(row, _)| (row * 7 % 200) as f64);
/// let labels: Vec<ClassIdx> =
///     cells.iter().map(|&x| ClassIdx::new(u32::from(x as u32 % 50 > 25))).collect();
/// let table = FeatureTable::new(Schema::new([Column::number("recency_days")])?, cells)?;
/// let data = Labeled::new(&table, &labels)?;
/// let splits = stratified_folds(&labels, 5, 0)?;
/// let curve =
///     learning_curve(&DecisionTree::new(), &data, &splits, &[0.1, 0.5, 1.0], Loss::Brier, 0)?;
/// assert!(curve.points[2].validation.mean < curve.points[0].validation.mean);
/// assert!(curve.gain_of_doubling().is_some());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn learning_curve<E, M, Er>(
    estimator: &E,
    data: &Labeled<'_, ClassIdx>,
    splits: &[Split],
    shares: &[f64],
    loss: Loss,
    seed: u64,
) -> Result<LearningCurve, Error>
where
    E: for<'a> Fit<Labeled<'a, ClassIdx>, Model = M, Error = Er> + Sync,
    M: Classifier,
    Er: Into<BoxError>,
{
    curve(data, splits, shares, seed, loss, &of_estimator(estimator, loss))
}

/// The same for a regressor and the squared error.
///
/// # Errors
///
/// As [`learning_curve`].
pub fn learning_curve_of_numbers<E, M, Er>(
    estimator: &E,
    data: &Labeled<'_, f64>,
    splits: &[Split],
    shares: &[f64],
    seed: u64,
) -> Result<LearningCurve, Error>
where
    E: for<'a> Fit<Labeled<'a, f64>, Model = M, Error = Er> + Sync,
    M: Regressor,
    Er: Into<BoxError>,
{
    curve(data, splits, shares, seed, Loss::Squared, &of_estimator(estimator, Loss::Squared))
}

fn curve<Y: Label>(
    data: &Labeled<'_, Y>,
    splits: &[Split],
    shares: &[f64],
    seed: u64,
    loss: Loss,
    work: &Work<'_, Y>,
) -> Result<LearningCurve, Error> {
    check_splits(splits)?;
    if shares.is_empty() {
        return Err(ErrorKind::NoRows { what: "learning curve" }.into());
    }
    if let Some(&share) = shares.iter().find(|share| !(**share > 0.0 && **share <= 1.0)) {
        return Err(parameter("shares", "shares in (0, 1]", share));
    }
    let orders: Vec<Vec<u32>> = splits
        .iter()
        .zip(0..)
        .map(|(split, stream)| {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            rng.set_stream(stream);
            let mut order = split.train.clone();
            for at in 0..order.len() {
                order.swap(at, rng.random_range(at..split.train.len()));
            }
            order
        })
        .collect();
    let derived = Derived::new();
    let kept = data.derived().unwrap_or(&derived);
    let n_rows = |share: f64, split: usize| {
        let n = orders[split].len();
        ((share * n as f64).round() as usize).clamp(1, n)
    };
    let judged = par::map(shares.len() * splits.len(), Threads::Many, |job| {
        let (share, split) = (shares[job / splits.len()], job % splits.len());
        let mut rows = orders[split][..n_rows(share, split)].to_vec();
        rows.sort_unstable();
        let train = data.reborrow().select(&rows)?.derived_in(kept);
        work(split, &train, &data.reborrow().select(&splits[split].test)?)
    });
    let judged = judged.into_iter().collect::<Result<Vec<Judged>, Error>>()?;
    let point = |(at, of_share): (usize, &[Judged])| {
        let n: usize = (0..splits.len()).map(|split| n_rows(shares[at], split)).sum();
        let training: Vec<f64> = of_share.iter().map(|judged| judged.training).collect();
        let rows: Vec<(Vec<f64>, Option<&[f64]>)> = of_share
            .iter()
            .map(|judged| (judged.validation.clone(), judged.weights.as_deref()))
            .collect();
        LearningPoint {
            n_rows: n as f64 / splits.len() as f64,
            training: over_figures(&training),
            validation: over_splits(&rows),
            by_split: of_share.iter().map(Judged::mean).collect(),
        }
    };
    let points = judged.chunks(splits.len()).enumerate().map(point).collect();
    Ok(LearningCurve { loss, points })
}

pub(super) fn check_splits(splits: &[Split]) -> Result<(), Error> {
    if splits.is_empty() {
        return Err(ErrorKind::NoRows { what: "splits" }.into());
    }
    for split in splits {
        if split.train.is_empty() {
            return Err(ErrorKind::NoRows { what: "training" }.into());
        }
        if split.test.is_empty() {
            return Err(ErrorKind::NoRows { what: "validation" }.into());
        }
    }
    Ok(())
}
