//! Requests to scores.

use ndarray::ArrayViewMut2;
use patronage_core::{ItemFilter, ItemIdx, Recommender, Request, ScoredItem};

use super::model::AlsModel;
use crate::explain::{Explain, Explanation};
use crate::linear::{Allowed, Rows, System};
use crate::par;
use crate::similar::seen;

impl Recommender for AlsModel {
    fn n_items(&self) -> usize {
        self.items().n()
    }

    fn scores(&self, request: &Request<'_>, out: &mut [f32]) {
        assert_eq!(out.len(), self.n_items(), "a score for every item");
        self.panels.scores(self.factors_of(request).row(0), out);
    }

    fn scores_batch(&self, requests: &[Request<'_>], mut out: ArrayViewMut2<'_, f32>) {
        assert_eq!(requests.len(), out.nrows(), "one row of scores for each request");
        let scratch = || {
            let d = self.n_factors();
            (System::new(d), Rows::zeros(1, d))
        };
        // A few at a time, so that no more than those are held twice.
        for (requests, mut out) in
            requests.chunks(64).zip(out.axis_chunks_iter_mut(ndarray::Axis(0), 64))
        {
            let found = par::map_grain(1, requests.len(), scratch, |(system, x), i| {
                let mut scores = vec![0.0; self.n_items()];
                self.factors_into(&requests[i], system, x.row_mut(0));
                self.panels.scores(x.row(0), &mut scores);
                scores
            });
            for (mut out, scores) in out.rows_mut().into_iter().zip(found) {
                out.iter_mut().zip(scores).for_each(|(out, score)| *out = score);
            }
        }
    }

    fn top_k(&self, request: &Request<'_>, k: usize, filter: &ItemFilter<'_>) -> Vec<ScoredItem> {
        let seen = seen(request, filter);
        let allowed = Allowed { seen: &seen, allow: filter.allow };
        self.panels.top_k(self.factors_of(request).row(0), k, &allowed)
    }
}

impl Explain for AlsModel {
    /// What each item bought adds to the score, solved exactly.
    ///
    /// # Panics
    ///
    /// When there is no such item.
    fn explain(&self, request: &Request<'_>, item: ItemIdx) -> Explanation {
        self.explanation(request, item)
    }
}
