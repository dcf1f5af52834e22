//! Probabilities of buying an item.

use patronage_core::{Calibrated, CalibrationRecord, ItemIdx, Recommender, Request};

use super::features::{Context, Features, N, log_popularity};
use super::isotonic::Curve;
use super::logistic::sigmoid;
use crate::error::{Error, require_items};
use crate::popularity::PopularityModel;

/// A recommender whose scores are probabilities: P(this item is bought in the window | the customer buys in it).
///
/// Made by [`ScoreCalibration`](crate::ScoreCalibration), on customers and a window the
/// recommender did not learn from. Scores lie in `[0, 1]`; they do not sum to 1, because a basket
/// holds more than one item.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(
    feature = "serde",
    serde(
        try_from = "Repr<R>",
        bound(
            serialize = "R: serde::Serialize",
            deserialize = "R: serde::Deserialize<'de> + Recommender"
        )
    )
)]
pub struct CalibratedRecommender<R> {
    model: R,
    features: Features,
    beta: [f64; N],
    curve: Curve,
    record: CalibrationRecord,
}

impl<R: Recommender> CalibratedRecommender<R> {
    pub(super) fn new(
        model: R,
        features: Features,
        beta: [f64; N],
        curve: Curve,
        record: CalibrationRecord,
    ) -> Self {
        Self { model, features, beta, curve, record }
    }

    /// The same calibration around the same kind of recommender, fitted again on later data, with the popularity of that data where popularity was used.
    ///
    /// It rests on the scores keeping their meaning from fit to fit, as those of neighbours,
    /// contents and blends do (a raw count, such as popularity itself, does not);
    /// [`Reliability`](crate::Reliability) on a later window says whether they did. New items are
    /// welcome.
    ///
    /// # Errors
    ///
    /// When popularity was used and none is given, or the other way round, or it is of another
    /// number of items than the model.
    pub fn refitted<S: Recommender>(
        &self,
        model: S,
        popularity: Option<&PopularityModel>,
    ) -> Result<CalibratedRecommender<S>, Error> {
        let popularity = popularity.map(log_popularity).unwrap_or_default();
        if !(popularity.is_empty() && self.features.popularity.is_empty()) {
            let expected = if self.features.popularity.is_empty() { 0 } else { model.n_items() };
            require_items("popularity", expected, popularity.len())?;
        }
        let features = Features { popularity, ..self.features.clone() };
        let (curve, record) = (self.curve.clone(), self.record.clone());
        Ok(CalibratedRecommender { model, features, beta: self.beta, curve, record })
    }

    /// The recommender behind it, which can explain itself where it knows how.
    #[must_use]
    pub const fn inner(&self) -> &R {
        &self.model
    }

    /// What the score weighs in the log odds; 0 where it tells nothing.
    #[must_use]
    pub const fn score_coefficient(&self) -> f64 {
        self.beta[1]
    }
}

impl<R: Recommender> Recommender for CalibratedRecommender<R> {
    fn n_items(&self) -> usize {
        self.model.n_items()
    }

    fn scores(&self, request: &Request<'_>, out: &mut [f32]) {
        self.model.scores(request, out);
        let context = Context::new(&self.model, request);
        let mut log_odds = Vec::with_capacity(out.len());
        self.features.log_odds(&self.beta, &context, out, &mut log_odds);
        for (score, z) in out.iter_mut().zip(log_odds) {
            *score = sigmoid(self.curve.at(z)) as f32;
        }
    }

    fn uses_customer(&self) -> bool {
        self.model.uses_customer()
    }

    fn scored_as(&self, item: ItemIdx) -> Option<ItemIdx> {
        self.model.scored_as(item)
    }
}

impl<R> Calibrated for CalibratedRecommender<R> {
    fn calibration(&self) -> &CalibrationRecord {
        &self.record
    }
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
struct Repr<R> {
    model: R,
    features: Features,
    beta: [f64; N],
    curve: Curve,
    record: CalibrationRecord,
}

#[cfg(feature = "serde")]
impl<R: Recommender> TryFrom<Repr<R>> for CalibratedRecommender<R> {
    type Error = crate::Error;

    fn try_from(repr: Repr<R>) -> Result<Self, crate::Error> {
        use crate::error::require_saved;
        let Repr { model, features, beta, curve, record } = repr;
        let popularity = &features.popularity;
        let fits = popularity.is_empty() || popularity.len() == model.n_items();
        require_saved(fits, "a popularity for each item, or for none")?;
        let finite = popularity.iter().chain(&beta).all(|number| number.is_finite());
        require_saved(finite, "finite coefficients")?;
        require_saved(features.scale.is_finite() && features.scale > 0.0, "a scale above 0")?;
        require_saved(beta[1] >= 0.0, "a score that does not mislead")?;
        require_saved(curve.is_sound(), "a curve that never falls")?;
        Ok(Self::new(model, features, beta, curve, record))
    }
}

/// The body carries the model inside it, whose own kind its fields must fit.
#[cfg(feature = "serde")]
impl<R: Recommender + serde::Serialize + serde::de::DeserializeOwned> patronage_core::SavedModel
    for CalibratedRecommender<R>
{
    const TAG: &'static str = "recommend/calibrated";
    const VERSION: u32 = 1;
}
