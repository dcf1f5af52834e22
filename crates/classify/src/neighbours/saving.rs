//! Saved neighbours.

use patronage_core::{Classifier, Regressor, SavedModel, Schema};

use super::NeighbourSearch;
use super::index::Index;
use super::model::{KNearestModel, KNearestRegressor, Learnt, Vote};
use super::space::Space;
use crate::saved::{Broken, check_finite, ensure};

/// A saved model of labels `L`; the tree is grown again.
#[derive(serde::Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Saved<L> {
    schema: Schema,
    /// For classes: what a vote for each counts.
    factors: Option<Vec<f64>>,
    space: Space,
    tree: bool,
    vote: Vote,
    rows: Vec<u32>,
    weights: Vec<f64>,
    labels: Vec<L>,
    points: Vec<f64>,
}

impl<L> Saved<L> {
    fn new(learnt: Learnt, labels: Vec<L>, factors: Option<Vec<f64>>) -> Self {
        let Learnt { schema, space, index, rows, weights, vote } = learnt;
        let tree = index.search() == NeighbourSearch::KdTree;
        let points = index.points();
        Self { schema, factors, space, tree, vote, rows, weights, labels, points }
    }

    fn learnt(self) -> Result<(Learnt, Vec<L>), Broken> {
        let Self { schema, space, tree, vote, rows, weights, labels, points, .. } = self;
        space.check(schema.len())?;
        let n = rows.len();
        ensure(n > 0 && u32::try_from(n).is_ok(), "rows", "at least one")?;
        ensure(weights.len() == n && labels.len() == n, "rows", "a weight and a label each")?;
        let positive = weights.iter().all(|&weight| weight > 0.0);
        let total: f64 = weights.iter().sum();
        ensure(positive && total.is_finite(), "weights", "numbers above 0")?;
        ensure(vote.k >= 1.0 && vote.k.is_finite(), "k", "at least 1")?;
        ensure(points.len() == n * space.width(), "points", "one for each row")?;
        check_finite("points", &points)?;
        let within = points.iter().all(|x| x.abs() <= super::space::FAR);
        ensure(within, "points", "numbers within the space")?;
        let search = if tree { NeighbourSearch::KdTree } else { NeighbourSearch::BruteForce };
        let index = Index::new(points, space.n_numbers(), space.width(), search);
        Ok((Learnt { schema, space, index, rows, weights, vote }, labels))
    }
}

impl From<KNearestModel> for Saved<u32> {
    fn from(model: KNearestModel) -> Self {
        Self::new(model.learnt, model.labels, Some(model.factors))
    }
}

impl TryFrom<Saved<u32>> for KNearestModel {
    type Error = Broken;

    fn try_from(saved: Saved<u32>) -> Result<Self, Broken> {
        let mut saved = saved;
        let factors = saved.factors.take().unwrap_or_default();
        let (learnt, labels) = saved.learnt()?;
        let known = labels.iter().all(|&label| (label as usize) < factors.len());
        ensure(known, "labels", "classes of the model")?;
        let sound = factors.iter().all(|&factor| factor > 0.0 && factor <= 1.0);
        ensure(sound, "factors", "numbers above 0, at most 1")?;
        Ok(Self { learnt, labels, factors })
    }
}

impl From<KNearestRegressor> for Saved<f64> {
    fn from(model: KNearestRegressor) -> Self {
        Self::new(model.learnt, model.values, None)
    }
}

impl TryFrom<Saved<f64>> for KNearestRegressor {
    type Error = Broken;

    fn try_from(saved: Saved<f64>) -> Result<Self, Broken> {
        let (learnt, values) = saved.learnt()?;
        check_finite("labels", &values)?;
        Ok(Self { learnt, values })
    }
}

impl SavedModel for KNearestModel {
    const TAG: &'static str = "classify/k_nearest";
    const VERSION: u32 = 1;

    fn takes(&self) -> Option<&Schema> {
        Some(Classifier::schema(self))
    }
}

impl SavedModel for KNearestRegressor {
    const TAG: &'static str = "classify/k_nearest_regressor";
    const VERSION: u32 = 1;

    fn takes(&self) -> Option<&Schema> {
        Some(Regressor::schema(self))
    }
}
