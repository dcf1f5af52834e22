//! The nearest neighbours.

mod index;
mod model;
#[cfg(feature = "serde")]
mod saving;
mod space;

use patronage_core::{ClassIdx, Fit, Label, Labeled, Seeded};

use crate::class_weights::ClassWeights;
use crate::error::{Error, parameter};
use crate::logistic::Scaling;
use crate::sample::{Sample, check_cells, class_weights, n_classes};
use index::Index;
pub use model::{KNearestModel, KNearestRegressor, Neighbour};
use model::{Learnt, Vote};
use space::Space;

/// What a neighbour's vote counts.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum NeighbourWeighting {
    /// Its own weight.
    #[default]
    Uniform,
    /// Its own weight over its distance; where some lie at distance 0, they alone vote.
    Distance,
}

/// How neighbours are found; all ways find the same.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum NeighbourSearch {
    /// A k-d tree where there are up to ten numbers a row and more than 64 rows, else brute force.
    #[default]
    Auto,
    /// A k-d tree: O(log n_rows) a row in few dimensions, O(n_rows) in many.
    KdTree,
    /// Every distance, in blocks: O(n_rows · n_columns) a row.
    BruteForce,
}

/// The k nearest neighbours, exact: a row is what the training rows nearest to it are.
///
/// ```text
/// distance² = sum over numbers, flags and dates of ((x - y) / scale)²
///           + the number of categories that differ
///           + the number of nullable columns missing in one row and known in the other
/// p(class) ∝ factor of the class · weight of the neighbours of the class
/// ```
///
/// [`Scaling::Standard`], the default, measures numbers in standard deviations of the training
/// rows, so that a column in thousands does not drown one in units; a missing number stands at the
/// mean of the known. Of neighbours at one distance the earlier row of the table is the nearer.
///
/// **k counts weight**: neighbours are taken from the nearest on until their weights sum to k, and
/// the last counts for what is left. A row of weight 2 is therefore a row twice, also to the count.
/// Where all training rows weigh less than k, all vote.
///
/// Fitting is O(cells · log n_rows); the model keeps the training rows. It learns classes
/// ([`KNearestModel`]) and numbers ([`KNearestRegressor`]). A class that no row of the sample has
/// gets probability 0.
///
/// # Errors
///
/// Fitting fails when a parameter is out of range, no row of positive weight takes part, or a
/// cell is none its column admits.
///
/// # References
///
/// Cover and Hart, 1967, *Nearest neighbor pattern classification*. Friedman, Bentley and Finkel,
/// 1977, *An algorithm for finding best matches in logarithmic expected time*.
///
/// # Examples
///
/// ```
/// use ndarray::array;
/// use patronage_classify::KNearest;
/// use patronage_core::{
///     ClassIdx, ClassifierExt, Column, FeatureTable, Fit, Labeled, RegressorExt, Schema,
/// };
///
/// let schema = Schema::new([Column::number("recency_days"), Column::number("spend")])?;
/// let cells = array![[3.0, 900.0], [5.0, 700.0], [90.0, 20.0], [80.0, 40.0]];
/// let table = FeatureTable::new(schema, cells)?;
/// let bought = [1, 1, 0, 0].map(ClassIdx::new);
/// let model = KNearest::new(2).fit(&Labeled::new(&table, &bought)?)?;
/// assert_eq!(model.predict(&table)?, bought);
/// assert_eq!(model.neighbours(&[82.0, 39.0])[0].row, 3);
/// let margin = [12.0, 10.0, 1.0, 3.0];
/// let model = KNearest::new(2).fit(&Labeled::new(&table, &margin)?)?;
/// assert_eq!(model.predict(&table)?, [11.0, 11.0, 2.0, 2.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct KNearest {
    k: usize,
    weighting: NeighbourWeighting,
    class_weights: ClassWeights,
    scaling: Scaling,
    search: NeighbourSearch,
}

impl KNearest {
    /// The `k` nearest, at least `1`.
    #[must_use]
    pub const fn new(k: usize) -> Self {
        Self {
            k,
            weighting: NeighbourWeighting::Uniform,
            class_weights: ClassWeights::Equal,
            scaling: Scaling::Standard,
            search: NeighbourSearch::Auto,
        }
    }

    /// What a vote counts; default [`NeighbourWeighting::Uniform`].
    #[must_use]
    pub const fn weighting(mut self, weighting: NeighbourWeighting) -> Self {
        self.weighting = weighting;
        self
    }

    /// How much votes for each class count; default [`ClassWeights::Equal`]. They do not change who
    /// the neighbours are, nor how many; numbers have none.
    #[must_use]
    pub fn class_weights(mut self, class_weights: ClassWeights) -> Self {
        self.class_weights = class_weights;
        self
    }

    /// The units of numbers; default [`Scaling::Standard`].
    #[must_use]
    pub const fn scaling(mut self, scaling: Scaling) -> Self {
        self.scaling = scaling;
        self
    }

    /// How neighbours are found; default [`NeighbourSearch::Auto`].
    #[must_use]
    pub const fn search(mut self, search: NeighbourSearch) -> Self {
        self.search = search;
        self
    }

    fn learn<Y: Label>(&self, data: &Labeled<'_, Y>, sample: Sample) -> Result<Learnt, Error> {
        check_cells(data, &sample)?;
        let space = Space::new(data, &sample, self.scaling);
        let points = space.points(data.table(), &sample.rows);
        let index = Index::new(points, space.n_numbers(), space.width(), self.search);
        let Sample { rows, weights, .. } = sample;
        let vote = Vote { k: self.k as f64, weighting: self.weighting };
        Ok(Learnt { schema: data.schema().clone(), space, index, rows, weights, vote })
    }

    fn validate(&self) -> Result<(), Error> {
        if self.k == 0 { Err(parameter("k", "at least 1", 0.0)) } else { Ok(()) }
    }
}

impl Fit<Labeled<'_, ClassIdx>> for KNearest {
    type Model = KNearestModel;
    type Error = Error;

    fn fit(&self, data: &Labeled<'_, ClassIdx>) -> Result<KNearestModel, Error> {
        self.validate()?;
        let n_classes = n_classes(data)?;
        let sample = Sample::new(data, "nearest neighbours")?;
        let labels = sample.rows.iter().map(|&row| data.labels()[row as usize].get()).collect();
        let totals = class_weights(data, &sample, n_classes);
        let mut factors = self.class_weights.of_totals(&totals)?;
        // Only ratios matter: the greatest is one, so that no sum of votes overflows or vanishes.
        let greatest = factors.iter().copied().fold(0.0, f64::max);
        factors.iter_mut().for_each(|f| *f = (*f / greatest).max(f64::MIN_POSITIVE));
        Ok(KNearestModel::new(self.learn(data, sample)?, labels, factors))
    }
}

impl Fit<Labeled<'_, f64>> for KNearest {
    type Model = KNearestRegressor;
    type Error = Error;

    fn fit(&self, data: &Labeled<'_, f64>) -> Result<KNearestRegressor, Error> {
        self.validate()?;
        let sample = Sample::new(data, "nearest neighbours")?;
        let values = sample.rows.iter().map(|&row| data.labels()[row as usize]).collect();
        Ok(KNearestRegressor::new(self.learn(data, sample)?, values))
    }
}

impl Seeded for KNearest {
    fn reseeded(&self, _seed: u64) -> Self {
        self.clone()
    }
}
