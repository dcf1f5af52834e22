//! What an item is expected to earn.

use patronage_core::{Request, ScoredItem};

use super::reranked::Rerank;
use crate::error::{Error, require, require_items};
use crate::serve::check_numbers;

/// Margin-aware order: by expected margin, or by as much of it as is wanted.
///
/// ```text
/// value(i) = relevance(i) × margin(i)^α
/// ```
///
/// With scores that are probabilities ([`Relevance::Raw`](crate::Relevance::Raw) over a
/// [`CalibratedRecommender`](crate::CalibratedRecommender)) and `α = 1` it is the expected margin, and
/// the list the one of the greatest expected margin; with `α = 0` it is the model's own order. In
/// between, relevance is traded for margin. Prices do as well as margins.
///
/// A relevance or a margin below 0 counts as 0 (leave such items out with
/// [`Assortment::minimum_margin`](crate::Assortment::minimum_margin)); items of no value stand last, in
/// the model's order, as do ties. With [`Relevance::MinMax`](crate::Relevance::MinMax) the least
/// relevant candidate has relevance 0.
///
/// **Cost.** O(candidates log candidates).
///
/// ```
/// use patronage_core::{ItemIdx, Request, ScoredItem, Timestamp};
/// use patronage_recommend::{MarginAware, Rerank};
///
/// let scored = |item, score| ScoredItem { item: ItemIdx::new(item), score };
/// let candidates = [scored(2, 0.5), scored(0, 0.4), scored(1, 0.1)];
/// let request = Request { history: &[], customer: None, as_of: Timestamp::from_seconds(0) };
/// // Expected margins 0.5, 0.8 and 0.3.
/// let rule = MarginAware::new(vec![2.0, 3.0, 1.0], 1.0);
/// assert_eq!(rule.order(&request, &candidates, 3), [1, 0, 2]);
/// ```
///
/// # References
///
/// - L.-S. Chen, F.-H. Hsu, M.-C. Chen, Y.-C. Hsu (2008), "Developing recommender systems with the
///   consideration of product profitability for sellers".
/// - D. Jannach, G. Adomavicius (2017), "Price and profit awareness in recommender systems".
#[derive(Clone, Debug, PartialEq)]
pub struct MarginAware {
    margins: Vec<f64>,
    alpha: f64,
}

impl MarginAware {
    /// The margin of each item, in currency units, and its exponent `alpha`: 0 to 10, usually at most 1.
    #[must_use]
    pub const fn new(margins: Vec<f64>, alpha: f64) -> Self {
        Self { margins, alpha }
    }

    /// The logarithm of a candidate's value, which no margin makes too great.
    fn log_value(&self, candidate: &ScoredItem) -> f64 {
        let margin = self.margins.get(candidate.item.index()).copied().unwrap_or(0.0).max(0.0);
        // Anything to the power of 0 is 1, 0 included.
        let of_margin = if self.alpha == 0.0 { 0.0 } else { self.alpha * margin.ln() };
        f64::from(candidate.score).max(0.0).ln() + of_margin
    }
}

impl Rerank for MarginAware {
    fn order(&self, _: &Request<'_>, candidates: &[ScoredItem], k: usize) -> Vec<usize> {
        let values: Vec<f64> = candidates.iter().map(|c| self.log_value(c)).collect();
        let mut order: Vec<usize> = (0..candidates.len()).collect();
        // Stable, so that the model's order breaks ties.
        order.sort_by(|&a, &b| values[b].total_cmp(&values[a]));
        order.truncate(k);
        order
    }

    fn validate(&self, n_items: usize) -> Result<(), Error> {
        require_items("margins", n_items, self.margins.len())?;
        check_numbers("margin", &self.margins)?;
        let (alpha, most) = (self.alpha, f64::MAX);
        require((0.0..=10.0).contains(&alpha), "alpha", "a number in [0, 10]", alpha)?;
        let finite = self.margins.iter().copied().find(|margin| *margin > most);
        require(finite.is_none(), "margin", "a finite number", finite.unwrap_or(0.0))
    }
}
