//! Trying points.

use patronage_core::{BoxError, Fit, Label, Labeled};

use super::space::Point;
use super::table::{Candidate, SearchTable};
use crate::answers::Answers;
use crate::cross::{cross_score, score_split};
use crate::error::{Error, ErrorKind};
use crate::metrics::{Goal, Measure};
use crate::par::{self, Threads};
use crate::splits::{NestedSplit, Split};

/// Tries points of a parameter space by cross-validation: any estimator of classes or of numbers,
/// any figure.
///
/// The estimator of a point is made by a closure. Candidates are tried in parallel; results are
/// the same on any number of threads. Costs one fit for each point and split.
///
/// With [`patience`](Self::patience) a candidate is given up once it cannot be expected to win:
/// splits are tried in rounds over all candidates, and after each round those whose mean is worse
/// than the best by more than so many standard errors of the paired difference are tried no
/// further.
///
/// # Examples
///
/// ```
/// use ndarray::Array2;
/// use patronage_classify::{DecisionTree, Grid, Metric, Search, Splitter, StratifiedKFold};
/// use patronage_core::{ClassIdx, Column, FeatureTable, Labeled, Schema};
///
/// let cells = Array2::from_shape_fn((60, 1), |(row, _)| (row * 37 % 60) as f64);
/// let table = FeatureTable::new(Schema::new([Column::number("x")])?, cells.clone())?;
/// let labels: Vec<ClassIdx> =
///     cells.iter().map(|&x| ClassIdx::new(u32::from((15.0..45.0).contains(&x)))).collect();
/// let data = Labeled::new(&table, &labels)?;
/// let splits = StratifiedKFold::new(5).splits(&labels)?;
/// let found = Search::new(Metric::RocAuc)
///     .complexity(|point| point.number("depth").unwrap_or(0.0))
///     .run(
///         &Grid::new().values("depth", [1_i64, 2, 3, 4]).points(),
///         |point| Ok(DecisionTree::new().max_depth(point.count("depth")?)),
///         &data,
///         &splits,
///     )?;
/// // A stump cannot cut out the middle; two cuts can, and more are no better.
/// assert_eq!(found.best().point.count("depth")?, 2);
/// assert_eq!(found.candidates.len(), 4);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Search<M, C = fn(&Point) -> f64> {
    pub(super) measure: M,
    pub(super) complexity: C,
    patience: f64,
}

const fn as_given(_: &Point) -> f64 {
    0.0
}

impl<M> Search<M> {
    /// A search by this figure, such as a [`Metric`](crate::Metric) of classes or a
    /// [`NumberMetric`](crate::NumberMetric).
    #[must_use]
    pub const fn new(measure: M) -> Self {
        Self { measure, complexity: as_given, patience: f64::INFINITY }
    }
}

impl<M, C: Fn(&Point) -> f64> Search<M, C> {
    /// How complex the model of a point is, by which ties are decided; default all alike, so that
    /// the first of equals wins.
    #[must_use]
    pub fn complexity<D: Fn(&Point) -> f64>(self, complexity: D) -> Search<M, D> {
        Search { measure: self.measure, complexity, patience: self.patience }
    }

    /// Standard errors by which a candidate may fall behind before it is given up; default
    /// infinite, at least `0`.
    #[must_use]
    pub fn patience(mut self, patience: f64) -> Self {
        self.patience = patience;
        self
    }

    pub(super) fn candidates(&self, points: &[Point]) -> Result<Vec<Candidate>, Error> {
        if points.is_empty() {
            return Err(ErrorKind::NoRows { what: "search over points" }.into());
        }
        let candidate = |point: &Point| {
            let complexity = (self.complexity)(point);
            // A complexity that is no number counts as the greatest.
            let complexity = if complexity.is_nan() { f64::INFINITY } else { complexity };
            Candidate::new(point.clone(), complexity)
        };
        Ok(points.iter().map(candidate).collect())
    }

    pub(super) fn table<Y: Label>(&self, candidates: Vec<Candidate>) -> SearchTable
    where
        M: Measure<Y>,
    {
        SearchTable { measure: self.measure.name(), goal: self.measure.goal(), candidates }
    }

    /// Tries every point on every split.
    ///
    /// # Errors
    ///
    /// When there is no point or split, the closure or an estimator fails (naming the split), the
    /// figure is not defined on a split or not a number, or the patience is negative.
    pub fn run<Y, E, Mo, Er>(
        &self,
        points: &[Point],
        estimator: impl Fn(&Point) -> Result<E, Error> + Send + Sync,
        data: &Labeled<'_, Y>,
        splits: &[Split],
    ) -> Result<SearchTable, Error>
    where
        Y: Label,
        M: Measure<Y>,
        E: for<'a> Fit<Labeled<'a, Y>, Model = Mo, Error = Er> + Sync,
        Mo: Answers<Y>,
        Er: Into<BoxError>,
    {
        if self.patience.is_nan() || self.patience < 0.0 {
            let range = "a number of at least 0";
            return Err(crate::error::parameter("patience", range, self.patience));
        }
        if splits.is_empty() {
            return Err(ErrorKind::NoRows { what: "cross-validation" }.into());
        }
        let measure = &self.measure;
        let mut candidates = self.candidates(points)?;
        let mut scores: Vec<Vec<f64>> = vec![Vec::new(); candidates.len()];
        let mut alive: Vec<usize> = (0..candidates.len()).collect();
        // All splits at once where nobody is given up.
        let step = if self.patience.is_finite() { 1 } else { splits.len() };
        for tried in splits.chunks(step) {
            let done = scores[alive[0]].len();
            let found = par::map(alive.len(), Threads::Many, |at| {
                let estimator = estimator(&points[alive[at]])?;
                score_splits(&estimator, data, tried, measure, done)
            });
            for (&at, found) in alive.iter().zip(found) {
                scores[at].extend(found?);
            }
            if done + tried.len() < splits.len() {
                alive = self.survivors(self.measure.goal(), &alive, &scores);
            }
        }
        for (candidate, scores) in candidates.iter_mut().zip(scores) {
            candidate.is_complete = scores.len() == splits.len();
            candidate.judged(scores);
        }
        Ok(self.table::<Y>(candidates))
    }

    /// Those not surely worse than the best so far.
    fn survivors(&self, goal: Goal, alive: &[usize], scores: &[Vec<f64>]) -> Vec<usize> {
        let mean = |at: usize| scores[at].iter().sum::<f64>() / scores[at].len() as f64;
        let best = alive
            .iter()
            .copied()
            .reduce(|best, at| if goal.prefers(mean(at), mean(best)) { at } else { best });
        let Some(best) = best else { return Vec::new() };
        let n = scores[best].len() as f64;
        if n < 2.0 {
            return alive.to_vec();
        }
        let may_win = |at: usize| {
            let away: Vec<f64> = scores[best].iter().zip(&scores[at]).map(|(a, b)| a - b).collect();
            let mean = away.iter().sum::<f64>() / n;
            let squares: f64 = away.iter().map(|d| (d - mean) * (d - mean)).sum();
            // Equal figures are no reason to give up: 0 is not more than 0.
            mean.abs() <= self.patience * (squares / (n - 1.0) / n).sqrt()
        };
        alive.iter().copied().filter(|&at| at == best || may_win(at)).collect()
    }

    /// Searches within the training rows of every outer split and judges what is chosen by its test
    /// rows: how good the search is as a whole.
    ///
    /// The choice is [`SearchTable::best`], refitted on all training rows of the outer split.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    pub fn nested<Y, E, Mo, Er>(
        &self,
        points: &[Point],
        estimator: impl Fn(&Point) -> Result<E, Error> + Send + Sync,
        data: &Labeled<'_, Y>,
        splits: &[NestedSplit],
    ) -> Result<Vec<NestedScore>, Error>
    where
        Y: Label,
        M: Measure<Y>,
        E: for<'a> Fit<Labeled<'a, Y>, Model = Mo, Error = Er> + Sync,
        Mo: Answers<Y>,
        Er: Into<BoxError>,
    {
        if splits.is_empty() {
            return Err(ErrorKind::NoRows { what: "cross-validation" }.into());
        }
        let outer = |split: &NestedSplit| {
            let table = self.run(points, &estimator, data, &split.inner)?;
            let point = table.best().point.clone();
            let outer = std::slice::from_ref(&split.outer);
            let score = cross_score(&estimator(&point)?, data, outer, &self.measure)?[0];
            Ok(NestedScore { point, score, table })
        };
        splits.iter().map(outer).collect()
    }
}

/// What was chosen within an outer split, and how it did on the outer test rows.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct NestedScore {
    /// The parameters chosen.
    pub point: Point,
    /// The figure on the outer test rows.
    pub score: f64,
    /// The inner search.
    pub table: SearchTable,
}

/// The figures of an estimator on splits, the first of which is the `first`th of all.
pub(super) fn score_splits<Y, E, Mo, Er>(
    estimator: &E,
    data: &Labeled<'_, Y>,
    splits: &[Split],
    measure: &dyn Measure<Y>,
    first: usize,
) -> Result<Vec<f64>, Error>
where
    Y: Label,
    E: for<'a> Fit<Labeled<'a, Y>, Model = Mo, Error = Er> + Sync,
    Mo: Answers<Y>,
    Er: Into<BoxError>,
{
    let one = |(position, split): (usize, &Split)| {
        let found = score_split(estimator, data, split, position, measure)?;
        if found.is_nan() {
            let (what, expected) = ("figure of split", "a number");
            return Err(ErrorKind::Number { what, position, expected, found }.into());
        }
        Ok(found)
    };
    (first..).zip(splits).map(one).collect()
}
