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
    const fn empty(score: f64) -> Self {
        let (positive, negative, n_rows) = (0.0, 0.0, 0);
        Self { score, positive, negative, positive_squares: 0.0, negative_squares: 0.0, n_rows }
    }

    fn add(&mut self, is_positive: bool, weight: f64) {
        self.n_rows += 1;
        if is_positive {
            self.positive += weight;
            self.positive_squares += weight * weight;
        } else {
            self.negative += weight;
            self.negative_squares += weight * weight;
        }
    }

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
    /// The rows with the outcome and those without, by group: what a resample draws from. Empty
    /// in a resample.
    units: [Vec<Unit>; 2],
}

/// One row, as resampling sees it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unit {
    group: u32,
    weight: f64,
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

    /// One class against the rest with a weight for each row.
    ///
    /// # Errors
    ///
    /// As [`of_class`](Self::of_class), and when a weight is negative or not finite.
    pub fn of_class_weighted(
        probabilities: ArrayView2<'_, f64>,
        outcomes: &[ClassIdx],
        class: ClassIdx,
        weights: &[f64],
    ) -> Result<Self, Error> {
        if class.index() >= probabilities.ncols() {
            let (n_classes, found) = (probabilities.ncols(), class.index());
            return Err(ErrorKind::NoSuchClass { what: "class", n_classes, found }.into());
        }
        let scores = probabilities.column(class.index());
        Self::build(scores.iter().copied(), outcomes, class, Some(weights))
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
        if u32::try_from(n_rows).is_err() {
            let most = u32::MAX as usize;
            return Err(ErrorKind::TooLarge { what: "rows", most, found: n_rows }.into());
        }
        let mut groups: Vec<Group> = Vec::new();
        let mut units = [Vec::new(), Vec::new()];
        for (score, is_positive, weight) in rows {
            if groups.last().is_none_or(|group| group.score != score) {
                groups.push(Group::empty(score));
            }
            units[usize::from(!is_positive)].push(Unit { group: groups.len() as u32 - 1, weight });
            groups.last_mut().expect("one was just pushed").add(is_positive, weight);
        }
        let positive = groups.iter().map(|group| group.positive).sum();
        let negative = groups.iter().map(|group| group.negative).sum();
        Ok(Self { groups, positive, negative, n_rows, outside, units })
    }

    /// The rows with the outcome and those without.
    pub(super) const fn units(&self) -> &[Vec<Unit>; 2] {
        &self.units
    }

    /// The same scores with only these rows, repeated where repeated: pairs of which list of
    /// [`units`](Self::units) and where in it. O(number of groups + draws), without sorting.
    pub(super) fn redrawn(&self, draws: impl Iterator<Item = (usize, usize)>) -> Self {
        let mut groups: Vec<Group> =
            self.groups.iter().map(|group| Group::empty(group.score)).collect();
        let mut n_rows = 0;
        for (side, at) in draws {
            let unit = self.units[side][at];
            groups[unit.group as usize].add(side == 0, unit.weight);
            n_rows += 1;
        }
        groups.retain(|group| group.n_rows > 0);
        let positive = groups.iter().map(|group| group.positive).sum();
        let negative = groups.iter().map(|group| group.negative).sum();
        let units = [Vec::new(), Vec::new()];
        Self { groups, positive, negative, n_rows, outside: self.outside, units }
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
}
