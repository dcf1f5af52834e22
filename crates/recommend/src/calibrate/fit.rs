//! Learning what a score is worth.

use patronage_core::{CalibrationRecord, Probability, Recommender, Seeded, Window};

use super::features::{Features, log_popularity};
use super::isotonic::Curve;
use super::logistic;
use super::model::CalibratedRecommender;
use super::pairs::histogram;
use crate::error::{Error, ErrorKind, require, require_items};
use crate::evaluate::HeldOut;
use crate::popularity::PopularityModel;

/// The shape of the curve from log odds to probability.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum ScoreCurve {
    /// A logistic regression alone (Platt).
    Platt,
    /// The logistic regression, then a curve that never falls over its log odds, from all pairs.
    #[default]
    Isotonic,
}

/// Whether it counts that a customer has bought the very item before, and how often.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Repeats {
    /// It counts: people buy again, or do not.
    #[default]
    Count,
    /// It does not.
    Ignore,
}

/// Calibrates any recommender: its scores become P(she buys this item in the window | she buys anything in it).
///
/// Learnt from held-out customers who bought, on a window *after* the one the recommender was
/// fitted on. With `s` the score of item `j` for the request and `n` its popularity, the log odds are
///
/// ```text
/// z = b₀ + b₁ asinh(s / scale) + b₂ ln((n(j) + ½) / (n̄ + ½)) + b₃ [bought before] + b₄ ln(1 + how often)
///        + b₅ ln(1 + items in the history) + b₆ ln(1 + baskets in the history),   b₁ ≥ 0
/// ```
///
/// fitted by (ridge) logistic regression on all purchases, all pairs of customers with what they
/// bought before, and a weighted sample of the other pairs; then, by default, an isotonic curve
/// over `z` from *all* pairs (pooled adjacent violators, each bin of 0.01 drawn towards the logistic
/// by five pairs). Pools get a slope of 0.01 in log odds, so that the order inside them is kept.
///
/// **Promise.** For one request, of two items of equal popularity and purchase history the one of
/// the higher score gets no lower probability; without [`popularity`](Self::popularity) and with
/// [`Repeats::Ignore`] the order of scores is the order of probabilities.
///
/// For service the recommender is usually fitted again up to the day:
/// [`CalibratedRecommender::refitted`] carries what was learnt over to the new fit.
///
/// **Cost.** Of the customers held out at most [`max_customers`](Self::max_customers) are learnt
/// from: two answers of the model for each, O(customers × items) for the curve (in parallel), and
/// memory for the sample: customers × ([`negatives`](Self::negatives) + purchases) pairs of 72 bytes.
///
/// **Degenerate input.** A model that scores everything alike, or misleads, gets `b₁ = 0`. No
/// customer held out is an error: nothing was learnt.
///
/// ```
/// use patronage_core::{Calibrated, Csr, Fit, InteractionTable, ItemIdx, Recommender, Request, Timestamp};
/// use patronage_recommend::{Case, HeldOut, Popularity, ScoreCalibration};
///
/// let bought = [(0, 0, 1.0), (1, 0, 1.0), (1, 1, 1.0)];
/// let table = InteractionTable::new(Csr::from_entries(2, 2, &bought, |_, _| {})?)?;
/// let request = Request { history: &[], customer: None, as_of: Timestamp::from_seconds(9) };
/// let mut later = HeldOut::new(2);
/// for buyer in 0..1000 {
///     let items = [ItemIdx::new(u32::from(buyer % 10 == 0))];
///     later.push(Case { request, targets: &items })?;
/// }
/// let model = ScoreCalibration::new().fit(Popularity::new().fit(&table)?, &later)?;
/// let mut scores = [0.0; 2];
/// model.scores(&request, &mut scores);
/// assert!((scores[0] - 0.9).abs() < 0.01 && (scores[1] - 0.1).abs() < 0.01);
/// assert_eq!(model.calibration().n_rows, 2000);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # References
///
/// - J. Platt (1999), "Probabilistic outputs for support vector machines".
/// - B. Zadrozny, C. Elkan (2002), "Transforming classifier scores into accurate multiclass probability estimates".
/// - G. King, L. Zeng (2001), "Logistic regression in rare events data" (weighted samples of the many).
#[derive(Clone, Debug, PartialEq)]
pub struct ScoreCalibration {
    curve: ScoreCurve,
    repeats: Repeats,
    popularity: Vec<f64>,
    pub(super) negatives: usize,
    max_customers: usize,
    window: Option<Window>,
    pub(super) seed: u64,
}

impl ScoreCalibration {
    /// An isotonic curve over scores and repeats, without popularity.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            curve: ScoreCurve::Isotonic,
            repeats: Repeats::Count,
            popularity: Vec::new(),
            negatives: 200,
            max_customers: 5_000,
            window: None,
            seed: 0,
        }
    }

    /// The shape of the curve; default [`ScoreCurve::Isotonic`].
    #[must_use]
    pub const fn curve(mut self, curve: ScoreCurve) -> Self {
        self.curve = curve;
        self
    }

    /// Whether purchases of the same item count; default [`Repeats::Count`].
    #[must_use]
    pub const fn repeats(mut self, repeats: Repeats) -> Self {
        self.repeats = repeats;
        self
    }

    /// How popular each item was *before* the window of the held-out purchases: an intercept for each item, nearly; by default none.
    #[must_use]
    pub fn popularity(mut self, popularity: &PopularityModel) -> Self {
        self.popularity = log_popularity(popularity);
        self
    }

    /// How many pairs without purchase are drawn for each customer in the regression; default `200`, at least 1. All are taken where this asks for half of them or more.
    #[must_use]
    pub const fn negatives(mut self, pairs: usize) -> Self {
        self.negatives = pairs;
        self
    }

    /// The most customers learnt from: of more, evenly spaced ones are taken; default `5_000`, at least 1.
    #[must_use]
    pub const fn max_customers(mut self, customers: usize) -> Self {
        self.max_customers = customers;
        self
    }

    /// The window of the held-out purchases, for the record; by default it says none.
    #[must_use]
    pub const fn window(mut self, window: Window) -> Self {
        self.window = Some(window);
        self
    }

    /// Seeds the draw of pairs; default `0`.
    #[must_use]
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Calibrates `model` on what customers bought after the requests of `held_out`.
    ///
    /// # Errors
    ///
    /// When `negatives` is 0, the popularity or the held-out cases are of another number of items,
    /// nobody was held out, or the model gives one of those learnt from a score that is not finite.
    pub fn fit<R: Recommender>(
        &self,
        model: R,
        held_out: &HeldOut,
    ) -> Result<CalibratedRecommender<R>, Error> {
        require(self.negatives >= 1, "negatives", "at least 1", self.negatives as f64)?;
        let most = self.max_customers;
        require(most >= 1, "max_customers", "at least 1", most as f64)?;
        require_items("held-out cases", model.n_items(), held_out.n_items())?;
        if !self.popularity.is_empty() {
            require_items("popularity", model.n_items(), self.popularity.len())?;
        }
        if held_out.is_empty() {
            return Err(ErrorKind::Empty { what: "customers who bought in the window" }.into());
        }
        let mut features = Features {
            scale: 1.0,
            popularity: self.popularity.clone(),
            repeats: self.repeats == Repeats::Count,
        };
        // Evenly spaced, so that no period and no letter of the alphabet is preferred.
        let n = held_out.len().min(self.max_customers);
        let at = |nth: usize| (nth as u128 * held_out.len() as u128 / n as u128) as usize;
        let cases: Vec<usize> = (0..n).map(at).collect();
        let (scale, pairs) = self.sample(&model, held_out, &cases, &features)?;
        features.scale = scale;
        let beta = logistic::fit(&pairs);

        let n_rows = cases.len() * model.n_items();
        let n_bought: usize = cases.iter().map(|&case| held_out.targets(case).len()).sum();
        let (method, curve) = match self.curve {
            ScoreCurve::Platt => ("platt", Curve::identity()),
            ScoreCurve::Isotonic => (
                "platt, then isotonic",
                histogram(&model, held_out, &cases, &features, &beta).curve(),
            ),
        };
        let record = CalibrationRecord {
            method: method.to_owned(),
            window: self.window,
            n_rows,
            base_rate: Probability::new(n_bought as f64 / n_rows.max(1) as f64)?,
        };
        Ok(CalibratedRecommender::new(model, features, beta, curve, record))
    }
}

impl Default for ScoreCalibration {
    fn default() -> Self {
        Self::new()
    }
}

impl Seeded for ScoreCalibration {
    fn reseeded(&self, seed: u64) -> Self {
        self.clone().seed(seed)
    }
}
