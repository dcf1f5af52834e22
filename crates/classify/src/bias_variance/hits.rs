//! A recommender's hits, customer by customer.

use ndarray::Array2;
use patronage_core::{BoxError, ClassIdx, ItemFilter, ItemIdx, Recommender, Request, Seen};

use super::driver::{BiasVariance, Round, refit};
use super::predictions::{Predictions, stacked};
use crate::error::{Error, ErrorKind, parameter};

/// What counts as a hit: of each customer, her request and the items she then took.
#[derive(Clone, Copy, Debug)]
pub struct HitTask<'a> {
    requests: &'a [Request<'a>],
    taken: &'a [Vec<ItemIdx>],
    k: usize,
    seen: Seen,
}

impl<'a> HitTask<'a> {
    /// A hit is any item of `taken` among the `k` best for the request at the same place; `k` is at
    /// least `1`, and items seen before are not recommended.
    #[must_use]
    pub const fn new(requests: &'a [Request<'a>], taken: &'a [Vec<ItemIdx>], k: usize) -> Self {
        Self { requests, taken, k, seen: Seen::Exclude }
    }

    /// What becomes of items seen before; default [`Seen::Exclude`].
    #[must_use]
    pub const fn seen(mut self, seen: Seen) -> Self {
        self.seen = seen;
        self
    }

    fn validate(&self) -> Result<(), Error> {
        if self.k == 0 {
            return Err(parameter("k", "at least 1", 0.0));
        }
        let (what, expected, found) = ("taken", self.requests.len(), self.taken.len());
        if expected != found {
            return Err(ErrorKind::Length { what, expected, found }.into());
        }
        if self.requests.is_empty() {
            return Err(ErrorKind::NoRows { what: "decomposition" }.into());
        }
        Ok(())
    }

    /// Whether each customer is hit: `(1 - hit, hit)` as probabilities.
    fn judge<R: Recommender>(&self, model: &R) -> Array2<f64> {
        let filter = ItemFilter::seen(self.seen);
        let mut hits = Array2::zeros((self.requests.len(), 2));
        let customers = self.requests.iter().zip(self.taken);
        for (mut out, (request, taken)) in hits.rows_mut().into_iter().zip(customers) {
            let best = model.top_k(request, self.k, &filter);
            let hit = best.iter().any(|scored| taken.contains(&scored.item));
            out[usize::from(hit)] = 1.0;
        }
        hits
    }
}

impl BiasVariance {
    /// The hits of each round's recommender, as predictions of class 1 where class 1 is the truth.
    ///
    /// `fit` learns from the rows drawn from `0..n_rows` (customers or interactions, as it likes)
    /// any recommender. The 0-1 and the Brier loss of what comes back are the share of customers
    /// missed. The bias of 0-1 is whether most rounds miss her, its variance how often rounds leave
    /// the majority, and all of it is there [for each customer](super::Decomposition::rows) and
    /// [segment](Predictions::estimate_segments). A customer who took nothing is missed always.
    ///
    /// # Errors
    ///
    /// When `k` is 0, lengths differ, there is no request, or as
    /// [`map_rounds`](Self::map_rounds).
    pub fn hits<R, Er>(
        &self,
        n_rows: usize,
        task: &HitTask<'_>,
        fit: impl Fn(&Round<'_>) -> Result<R, Er> + Sync + Send,
    ) -> Result<Predictions, Error>
    where
        R: Recommender,
        Er: Into<BoxError>,
    {
        task.validate()?;
        let judge = |round: &Round<'_>| {
            let model = fit(round).map_err(|error| refit(round.index, error))?;
            Ok::<_, Error>(task.judge(&model))
        };
        let rounds = self.rounds(n_rows, |place| place as u32, judge);
        let truth = vec![ClassIdx::new(1); task.requests.len()];
        stacked(rounds?, truth, None)
    }
}
