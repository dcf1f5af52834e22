//! Maximal marginal relevance.

use patronage_core::{ItemIdx, Request, ScoredItem};

use super::reranked::Rerank;
use crate::error::{Error, require};

/// Variety by maximal marginal relevance: each next item is relevant and unlike those already picked.
///
/// ```text
/// next = argmax over candidates i of λ × relevance(i) − (1 − λ) × max over picked j of similarity(i, j)
/// ```
///
/// picked one after another, the first by relevance alone; ties go to the candidate the model ranks
/// higher. With `λ = 1` it is the model's own order.
///
/// `similarity(i, j)` is any function of two items, usually in `[0, 1]`: the cosine of their
/// features ([`ContentModel::similarity`](crate::ContentModel::similarity)), whether they share a
/// category, the cosine of their factors. What it says that is no finite number counts as 0.
///
/// **Cost.** O(candidates × k) similarities.
///
/// ```
/// use patronage_core::{ItemIdx, Request, ScoredItem, Timestamp};
/// use patronage_recommend::{Mmr, Rerank};
///
/// let scored = |item, score| ScoredItem { item: ItemIdx::new(item), score };
/// let candidates = [scored(7, 1.0), scored(8, 0.9), scored(9, 0.5)];
/// // Items 7 and 8 are the same but for their colour.
/// let alike = |a: ItemIdx, b: ItemIdx| f64::from(a.get() < 9 && b.get() < 9);
/// let request = Request { history: &[], customer: None, as_of: Timestamp::from_seconds(0) };
/// assert_eq!(Mmr::new(0.6, alike).order(&request, &candidates, 3), [0, 2, 1]);
/// ```
///
/// # References
///
/// - J. Carbonell, J. Goldstein (1998), "The use of MMR, diversity-based reranking for reordering
///   documents and producing summaries".
#[derive(Clone, Copy)]
pub struct Mmr<F> {
    lambda: f64,
    similarity: F,
}

impl<F: Fn(ItemIdx, ItemIdx) -> f64 + Send + Sync> Mmr<F> {
    /// The weight `lambda` of relevance, in `[0, 1]`, usually 0.5 to 0.9, and how alike two items are.
    #[must_use]
    pub const fn new(lambda: f64, similarity: F) -> Self {
        Self { lambda, similarity }
    }
}

impl<F> std::fmt::Debug for Mmr<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mmr").field("lambda", &self.lambda).finish_non_exhaustive()
    }
}

impl<F: Fn(ItemIdx, ItemIdx) -> f64 + Send + Sync> Rerank for Mmr<F> {
    fn order(&self, _: &Request<'_>, candidates: &[ScoredItem], k: usize) -> Vec<usize> {
        let k = k.min(candidates.len());
        let mut open: Vec<usize> = (0..candidates.len()).collect();
        // Of each candidate the greatest similarity with what is picked.
        let mut nearest = vec![0.0_f64; candidates.len()];
        let mut picked = Vec::with_capacity(k);
        while picked.len() < k {
            let value = |at: usize| {
                let relevance = f64::from(candidates[at].score);
                self.lambda * relevance - (1.0 - self.lambda) * nearest[at]
            };
            // From the end, so that the first of equals is the greatest.
            let best =
                (0..open.len()).rev().max_by(|&a, &b| value(open[a]).total_cmp(&value(open[b])));
            let Some(best) = best else { break };
            let chosen = open.remove(best);
            for &at in &open {
                let alike = (self.similarity)(candidates[at].item, candidates[chosen].item);
                let alike = if alike.is_finite() { alike } else { 0.0 };
                nearest[at] = if picked.is_empty() { alike } else { nearest[at].max(alike) };
            }
            picked.push(chosen);
        }
        picked
    }

    fn validate(&self, _: usize) -> Result<(), Error> {
        let lambda = self.lambda;
        require((0.0..=1.0).contains(&lambda), "lambda", "a number in [0, 1]", lambda)
    }
}
