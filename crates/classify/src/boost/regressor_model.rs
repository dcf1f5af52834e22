//! A fitted boosted regression.

use ndarray::ArrayView2;
use patronage_core::{Features, Regressor, Schema};

use super::ensemble::Ensemble;
use super::exp::exp;
use super::history::History;
use super::params::readers;
use super::regressor::RegressionLoss;
use super::train::Learnt;
use crate::error::Error;

/// How a score becomes an answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(rename_all = "snake_case")
)]
enum Link {
    Identity,
    Log,
}

/// A fitted boosted regression: a base score, and the trees that add to it.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(try_from = "Repr", into = "Repr")
)]
pub struct GradientBoostingRegressorModel {
    link: Link,
    ensemble: Ensemble,
    history: Option<History>,
}

impl GradientBoostingRegressorModel {
    pub(super) fn new(schema: Schema, loss: RegressionLoss, unit: f64, learnt: Learnt) -> Self {
        let Learnt { mut base, mut trees, history } = learnt;
        let (link, history) = match loss {
            RegressionLoss::Squared => {
                let finite = |x: &mut f64| *x = (*x * unit).clamp(f64::MIN, f64::MAX);
                base.iter_mut().for_each(finite);
                trees.iter_mut().flat_map(|tree| &mut tree.values).for_each(finite);
                (Link::Identity, history.map(|history| history.in_units(unit)))
            }
            RegressionLoss::Poisson => (Link::Log, history),
        };
        Self { link, ensemble: Ensemble::new(schema, base, trees), history }
    }

    /// The number of rounds kept, each a tree.
    #[must_use]
    pub fn n_rounds(&self) -> usize {
        self.ensemble.n_rounds()
    }

    readers!();

    /// The numbers after each round, from the base score on: `n_rounds + 1` vectors, one number a
    /// row. The last is that of the model.
    ///
    /// # Errors
    ///
    /// When the features' schema is not the model's.
    pub fn staged_values<'a, F: Features + ?Sized>(
        &'a self,
        features: &'a F,
    ) -> Result<impl Iterator<Item = Vec<f64>> + 'a, Error> {
        self.ensemble.schema.check(features.schema())?;
        let rows = features.values();
        let mut scores = vec![self.ensemble.base[0]; rows.nrows()];
        Ok((0..=self.n_rounds()).map(move |round| {
            if round > 0 {
                self.ensemble.add_round(round - 1, rows, &mut scores);
            }
            scores.iter().map(|&score| self.answer(score)).collect()
        }))
    }

    /// The trees of the score.
    pub(crate) const fn ensemble(&self) -> &Ensemble {
        &self.ensemble
    }

    /// Whether the score is the logarithm of the answer.
    pub(crate) fn is_log(&self) -> bool {
        self.link == Link::Log
    }

    fn answer(&self, score: f64) -> f64 {
        match self.link {
            Link::Identity => score.clamp(f64::MIN, f64::MAX),
            Link::Log => exp(score),
        }
    }
}

impl Regressor for GradientBoostingRegressorModel {
    fn schema(&self) -> &Schema {
        &self.ensemble.schema
    }

    fn value(&self, row: &[f64]) -> f64 {
        self.answer(self.ensemble.score(row, 0))
    }

    fn value_rows(&self, rows: ArrayView2<'_, f64>, out: &mut [f64]) {
        assert_eq!(rows.nrows(), out.len(), "one place for each row");
        self.ensemble.rows(rows, out, |scores, out| {
            out.iter_mut().zip(scores).for_each(|(out, &score)| *out = self.answer(score));
        });
    }
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
struct Repr {
    schema: Schema,
    link: Link,
    base: f64,
    trees: Vec<super::ensemble::Tree>,
    history: Option<History>,
}

#[cfg(feature = "serde")]
impl From<GradientBoostingRegressorModel> for Repr {
    fn from(model: GradientBoostingRegressorModel) -> Self {
        let GradientBoostingRegressorModel { link, ensemble, history } = model;
        let Ensemble { schema, base, trees, .. } = ensemble;
        Self { schema, link, base: base[0], trees, history }
    }
}

#[cfg(feature = "serde")]
impl TryFrom<Repr> for GradientBoostingRegressorModel {
    type Error = crate::saved::Broken;

    fn try_from(repr: Repr) -> Result<Self, Self::Error> {
        let Repr { schema, link, base, trees, history } = repr;
        history.iter().try_for_each(History::check)?;
        Ok(Self { link, ensemble: Ensemble::checked(schema, vec![base], trees)?, history })
    }
}

#[cfg(feature = "serde")]
impl patronage_core::SavedModel for GradientBoostingRegressorModel {
    const TAG: &'static str = "classify/boosting_regressor";
    const VERSION: u32 = 1;

    fn takes(&self) -> Option<&Schema> {
        Some(Regressor::schema(self))
    }
}
