//! How much more data would help.

use patronage_core::{BoxError, CustomerIdx, InteractionTable, Interactions, Recommender};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::error::{Error, ErrorKind, require};
use crate::evaluate::{Evaluation, HeldOut, Metric, Report};
use crate::splits::subset;

/// Of what a share is learnt from.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Sampled {
    /// Customers, with all they have: what fewer customers would give.
    #[default]
    Customers,
    /// Interactions of every customer: what a shorter memory would give.
    Interactions,
}

/// A model judged after learning from a share of the data.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct CurvePoint {
    /// The share asked for.
    pub share: f64,
    /// Customers with an interaction among what was learnt from.
    pub n_customers: usize,
    /// Interactions learnt from.
    pub n_interactions: usize,
    /// How the model was judged, with intervals over the customers held out.
    pub report: Report,
}

/// A learning curve: the same model, learnt from more and more of the data, judged on the same customers.
///
/// A larger share holds all of a smaller one, so that what changes along the curve is the amount and
/// not the draw. Intervals are over the customers held out: what another draw of the training data
/// would change they do not show. Compare points by [`Report::compare`]. One fit and one evaluation a
/// share.
///
/// ```
/// use patronage_core::{Csr, Fit, InteractionTable, Seen};
/// use patronage_recommend::{Evaluation, ItemKnn, LearningCurve, Metric, Split};
///
/// let bought: Vec<(u32, u32, f32)> = (0..90u32)
///     .flat_map(|u| (0..12).filter(move |i| i % 3 == u % 3).map(move |i| (u, i, 1.0)))
///     .collect();
/// let data = InteractionTable::new(Csr::from_entries(90, 12, &bought, |_, _| {})?)?;
/// let split = Split::random(&data, 0.5, 1)?;
/// let curve = LearningCurve::new(Evaluation::new(Seen::Exclude).metrics([Metric::Ndcg(3)])).shares([0.05, 1.0]);
/// let points = curve.run(&split.training, &split.held_out, |table| ItemKnn::new(10).fit(table))?;
/// assert!(points[0].report.mean(Metric::Ndcg(3)) < points[1].report.mean(Metric::Ndcg(3)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct LearningCurve {
    evaluation: Evaluation,
    shares: Vec<f64>,
    of: Sampled,
    seed: u64,
}

impl LearningCurve {
    /// A tenth, a quarter, a half and all of the customers.
    #[must_use]
    pub fn new(evaluation: Evaluation) -> Self {
        Self { evaluation, shares: vec![0.1, 0.25, 0.5, 1.0], of: Sampled::Customers, seed: 0 }
    }

    /// The shares of the data to learn from, each in `(0, 1]`; at least one.
    #[must_use]
    pub fn shares(mut self, shares: impl IntoIterator<Item = f64>) -> Self {
        self.shares = shares.into_iter().collect();
        self
    }

    /// Of what the shares are; default [`Sampled::Customers`].
    #[must_use]
    pub const fn of(mut self, of: Sampled) -> Self {
        self.of = of;
        self
    }

    /// Seeds the draw; default `0`.
    #[must_use]
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Learns from each share of `training` and judges on `held_out`, in the order of the shares.
    ///
    /// Each customer, or interaction, is drawn by itself, so shares are kept on average; customer
    /// `u` draws from stream `u`.
    ///
    /// # Errors
    ///
    /// When a share is out of its range, there is none, a model cannot be fitted, or the evaluation
    /// fails.
    pub fn run<I: Interactions + ?Sized, M: Recommender, E: Into<BoxError>>(
        &self,
        training: &I,
        held_out: &HeldOut,
        mut fit: impl FnMut(&InteractionTable) -> Result<M, E>,
    ) -> Result<Vec<CurvePoint>, Error> {
        if self.shares.is_empty() {
            return Err(ErrorKind::Empty { what: "shares of a learning curve" }.into());
        }
        for &share in &self.shares {
            require(share > 0.0 && share <= 1.0, "share", "a number in (0, 1]", share)?;
        }
        let mut points = Vec::with_capacity(self.shares.len());
        for &share in &self.shares {
            let table = subset(training, |customer, kept| self.draw(customer, share, kept))?;
            let rows = CustomerIdx::all(table.n_customers()).map(|c| table.row(c).items().len());
            let n_customers = rows.filter(|&n| n > 0).count();
            let n_interactions = table.weights().n_entries();
            let model = fit(&table).map_err(|error| ErrorKind::Fit { source: error.into() })?;
            let report = self.evaluation.run(&model, held_out)?;
            points.push(CurvePoint { share, n_customers, n_interactions, report });
        }
        Ok(points)
    }

    /// The metric along the curve: share and mean; `None` where it was not asked for.
    #[must_use]
    pub fn means(points: &[CurvePoint], metric: Metric) -> Option<Vec<(f64, f64)>> {
        points.iter().map(|point| Some((point.share, point.report.mean(metric)?))).collect()
    }

    fn draw(&self, customer: CustomerIdx, share: f64, kept: &mut [bool]) {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        rng.set_stream(u64::from(customer.get()));
        match self.of {
            Sampled::Customers => kept.fill(rng.random::<f64>() < share),
            Sampled::Interactions => {
                kept.iter_mut().for_each(|kept| *kept = rng.random::<f64>() < share);
            }
        }
    }
}
