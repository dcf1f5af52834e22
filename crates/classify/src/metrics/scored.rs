//! Scores with the outcomes they were meant to foretell.

use ndarray::ArrayView2;
use patronage_core::ClassIdx;

use crate::error::{Error, ErrorKind};

/// Rows of one score.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Group {
    pub(crate) score: f64,
    /// Weight of the rows with the outcome, and without.
    pub(crate) positive: f64,
    pub(crate) negative: f64,
    /// The sums of the squares of those weights.
    pub(crate) positive_squares: f64,
    pub(crate) negative_squares: f64,
    pub(crate) n_rows: usize,
}

impl Group {
    pub(crate) fn weight(&self) -> f64 {
        self.positive + self.negative
    }
}

/// A range that holds the truth with the confidence said.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct Interval {
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
    /// The confidence, such as 0.95.
    pub level: f64,
}

/// Scores of rows and whether each had the outcome: everything that two-class figures need.
///
/// Rows of equal score are one group, so no figure depends on the order of rows. Rows of weight 0
/// do not take part. Building costs O(n log n); every figure after that O(number of groups).
///
/// Every figure equals scikit-learn's of the same name, with ties and weights, within rounding.
///
/// # Examples
///
/// ```
/// use patronage_classify::Scored;
/// use patronage_core::ClassIdx;
///
/// let outcomes = [1, 0, 1, 0].map(ClassIdx::new);
/// let scored = Scored::new(&[0.9, 0.4, 0.35, 0.1], &outcomes)?;
/// assert_eq!(scored.roc_auc()?, 0.75);
/// assert_eq!(scored.confusion(0.5).recall(), 0.5);
/// # Ok::<(), patronage_classify::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Scored {
    /// By descending score.
    groups: Vec<Group>,
    positive: f64,
    negative: f64,
    n_rows: usize,
    /// The first score that is no probability, and its row.
    outside: Option<(usize, f64)>,
}

impl Scored {
    /// Scores of class 1, such as its probabilities, and the classes rows turned out to be.
    ///
    /// # Errors
    ///
    /// When lengths differ, a score is not finite, or there is no row.
    pub fn new(scores: &[f64], outcomes: &[ClassIdx]) -> Result<Self, Error> {
        Self::build(scores.iter().copied(), outcomes, ClassIdx::new(1), None)
    }

    /// The same with a weight for each row.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new), and when a weight is negative or not finite.
    pub fn weighted(scores: &[f64], outcomes: &[ClassIdx], weights: &[f64]) -> Result<Self, Error> {
        Self::build(scores.iter().copied(), outcomes, ClassIdx::new(1), Some(weights))
    }

    /// One class against the rest, from probabilities of shape `(n_rows, n_classes)`.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new), and when there is no such class.
    pub fn of_class(
        probabilities: ArrayView2<'_, f64>,
        outcomes: &[ClassIdx],
        class: ClassIdx,
    ) -> Result<Self, Error> {
        if class.index() >= probabilities.ncols() {
            let (n_classes, found) = (probabilities.ncols(), class.index());
            return Err(ErrorKind::NoSuchClass { what: "class", n_classes, found }.into());
        }
        let scores = probabilities.column(class.index());
        Self::build(scores.iter().copied(), outcomes, class, None)
    }

    fn build(
        scores: impl ExactSizeIterator<Item = f64>,
        outcomes: &[ClassIdx],
        class: ClassIdx,
        weights: Option<&[f64]>,
    ) -> Result<Self, Error> {
        let expected = scores.len();
        for (what, found) in
            [("outcomes", outcomes.len()), ("weights", weights.map_or(expected, <[f64]>::len))]
        {
            if found != expected {
                return Err(ErrorKind::Length { what, expected, found }.into());
            }
        }
        let mut rows = Vec::with_capacity(expected);
        let mut outside = None;
        for (position, (score, outcome)) in scores.zip(outcomes).enumerate() {
            let weight = weights.map_or(1.0, |weights| weights[position]);
            if !score.is_finite() {
                let (what, expected, found) = ("score", "a finite number", score);
                return Err(ErrorKind::Number { what, position, expected, found }.into());
            }
            if !weight.is_finite() || weight < 0.0 {
                let (what, expected) = ("weight", "a finite number, at least 0");
                return Err(ErrorKind::Number { what, position, expected, found: weight }.into());
            }
            if !(0.0..=1.0).contains(&score) && outside.is_none() {
                outside = Some((position, score));
            }
            if weight > 0.0 {
                rows.push((score + 0.0, *outcome == class, weight));
            }
        }
        if rows.is_empty() {
            return Err(ErrorKind::NoRows { what: "evaluation" }.into());
        }
        // Only ratios of weights matter to figures; squares and sums must stay within the range.
        let heaviest = rows.iter().map(|row| row.2).fold(0.0, f64::max);
        if !(1e-100..=1e100).contains(&heaviest) {
            rows.iter_mut().for_each(|row| row.2 /= heaviest);
            rows.retain(|row| row.2 > 1e-150);
        }
        // Within a group by outcome and weight, so that sums do not depend on the order of rows.
        rows.sort_unstable_by(|a, b| {
            b.0.total_cmp(&a.0).then(b.1.cmp(&a.1)).then(b.2.total_cmp(&a.2))
        });
        let n_rows = rows.len();
        let mut groups: Vec<Group> = Vec::new();
        for (score, is_positive, weight) in rows {
            if groups.last().is_none_or(|group| group.score != score) {
                groups.push(Group {
                    score,
                    positive: 0.0,
                    negative: 0.0,
                    positive_squares: 0.0,
                    negative_squares: 0.0,
                    n_rows: 0,
                });
            }
            let group = groups.last_mut().expect("one was just pushed");
            group.n_rows += 1;
            if is_positive {
                group.positive += weight;
                group.positive_squares += weight * weight;
            } else {
                group.negative += weight;
                group.negative_squares += weight * weight;
            }
        }
        let positive = groups.iter().map(|group| group.positive).sum();
        let negative = groups.iter().map(|group| group.negative).sum();
        Ok(Self { groups, positive, negative, n_rows, outside })
    }

    pub(crate) fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// The number of rows that take part.
    #[must_use]
    pub const fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// The weight of the rows with the outcome.
    #[must_use]
    pub const fn positive(&self) -> f64 {
        self.positive
    }

    /// The weight of the rows without.
    #[must_use]
    pub const fn negative(&self) -> f64 {
        self.negative
    }

    /// The share of weight with the outcome.
    #[must_use]
    pub fn base_rate(&self) -> f64 {
        self.positive / (self.positive + self.negative)
    }

    pub(crate) fn require_both(&self, figure: &'static str) -> Result<(), Error> {
        if self.positive > 0.0 && self.negative > 0.0 {
            return Ok(());
        }
        Err(ErrorKind::OneClass { figure, n_rows: self.n_rows }.into())
    }

    pub(crate) fn require_probabilities(&self) -> Result<(), Error> {
        let Some((position, found)) = self.outside else { return Ok(()) };
        let (what, expected) = ("score", "a probability in [0, 1]");
        Err(ErrorKind::Number { what, position, expected, found }.into())
    }

    /// The chance that a row with the outcome scores above one without, ties counted half: the
    /// area under the ROC curve.
    ///
    /// # Errors
    ///
    /// When all rows are of one outcome.
    pub fn roc_auc(&self) -> Result<f64, Error> {
        self.require_both("ROC AUC")?;
        let (mut area, mut above) = (0.0, 0.0);
        for group in &self.groups {
            area += group.negative * (above + 0.5 * group.positive);
            above += group.positive;
        }
        Ok(area / (self.positive * self.negative))
    }

    /// Average precision, the step-wise area under the precision-recall curve.
    ///
    /// ```text
    /// sum over thresholds of (recall - recall of the threshold before) · precision
    /// ```
    ///
    /// # Errors
    ///
    /// When all rows are of one outcome.
    pub fn pr_auc(&self) -> Result<f64, Error> {
        self.require_both("PR AUC")?;
        let (mut area, mut hits, mut chosen) = (0.0, 0.0, 0.0);
        for group in &self.groups {
            hits += group.positive;
            chosen += group.weight();
            area += group.positive * (hits / chosen);
        }
        Ok(area / self.positive)
    }

    /// The mean log loss in nats; probabilities are kept 2.2e-16 away from 0 and 1.
    ///
    /// # Errors
    ///
    /// When a score is no probability.
    pub fn log_loss(&self) -> Result<f64, Error> {
        self.require_probabilities()?;
        Ok(self.mean(|p| {
            let p = p.clamp(f64::EPSILON, 1.0 - f64::EPSILON);
            (-p.ln(), -(1.0 - p).ln())
        }))
    }

    /// The mean squared difference of probability and outcome (the Brier score).
    ///
    /// # Errors
    ///
    /// When a score is no probability.
    pub fn brier(&self) -> Result<f64, Error> {
        self.require_probabilities()?;
        Ok(self.mean(|p| ((1.0 - p) * (1.0 - p), p * p)))
    }

    /// The greatest gap between the shares of both outcomes above a threshold (Kolmogorov-Smirnov).
    ///
    /// # Errors
    ///
    /// When all rows are of one outcome.
    pub fn ks(&self) -> Result<f64, Error> {
        self.require_both("KS")?;
        let (mut positive, mut negative, mut most) = (0.0, 0.0, 0.0_f64);
        for group in &self.groups {
            positive += group.positive;
            negative += group.negative;
            most = most.max((positive / self.positive - negative / self.negative).abs());
        }
        Ok(most)
    }

    /// The weighted mean of a loss that is `(with, without)` the outcome.
    pub(crate) fn mean(&self, loss: impl Fn(f64) -> (f64, f64)) -> f64 {
        let total = self.positive + self.negative;
        let sum: f64 = self
            .groups
            .iter()
            .map(|group| {
                let (with, without) = loss(group.score);
                group.positive * with + group.negative * without
            })
            .sum();
        sum / total
    }
}
