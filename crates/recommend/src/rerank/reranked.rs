//! A recommender whose best candidates are put into another order.

use patronage_core::{
    HistoryEntry, ItemFilter, ItemIdx, Recommender, Request, ScoredItem, Seen, top_k_of,
};

use crate::error::{Error, require};

/// A rule that puts candidates into another order. Outsiders may implement it.
///
/// [`Reranked`] mends what breaks the promises below, so that no list is ever short because of a rule.
pub trait Rerank: Send + Sync {
    /// The positions among the candidates of the `k` to answer, in the order in which they are to stand:
    /// distinct, and `k` of them where there are as many candidates.
    ///
    /// The first `k` of a longer answer should be the answer for `k`, as they are for any rule that
    /// picks one after another. Candidates come best first, their scores brought to the scale of
    /// [`Relevance`]; the history's items are those the model scores.
    fn order(&self, request: &Request<'_>, candidates: &[ScoredItem], k: usize) -> Vec<usize>;

    /// Whether the rule can be applied to a model of `n_items` items.
    ///
    /// # Errors
    ///
    /// When it cannot: a parameter out of its range, data of another number of items.
    fn validate(&self, n_items: usize) -> Result<(), Error> {
        let _ = n_items;
        Ok(())
    }
}

macro_rules! forward {
    () => {
        fn order(&self, request: &Request<'_>, candidates: &[ScoredItem], k: usize) -> Vec<usize> {
            (**self).order(request, candidates, k)
        }

        fn validate(&self, n_items: usize) -> Result<(), Error> {
            (**self).validate(n_items)
        }
    };
}

impl<S: Rerank + ?Sized> Rerank for &S {
    forward!();
}

impl<S: Rerank + ?Sized> Rerank for Box<S> {
    forward!();
}

/// On what scale a rule sees the candidates' scores.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum Relevance {
    /// `(score − least) / (greatest − least)` among the candidates; 1 where all are alike.
    #[default]
    MinMax,
    /// As they are: for probabilities, such as those of a [`CalibratedRecommender`](crate::CalibratedRecommender).
    Raw,
}

/// Any recommender, its best candidates put into another order by a [`Rerank`] rule.
///
/// The candidates are the [`depth`](Self::new) best items that pass the filter. Two ways to ask:
///
/// - [`rerank`](Self::rerank) takes the filter into the search: candidates are exactly the items
///   that pass it, and scores are the model's own.
/// - As a [`Recommender`] it can stand wherever one does. Its candidates are the best items not in the
///   history ([`seen`](Self::seen)); its scores are theirs, dealt out again in the new order (equal
///   ones a hair apart), and all other items follow with the model's scores. A filter is applied to
///   that order. So `top_k` with the same `seen` and without a predicate is the list of `rerank`.
///
/// **It returns `k` items wherever the model does**: `max(depth, k)` candidates are asked for, a rule
/// only orders them, and what it leaves out follows in the model's order.
///
/// **Cost.** A request costs one of the model's, O(items), and what the rule says.
///
/// ```
/// use patronage_core::{Csr, Fit, InteractionTable, ItemFilter, ItemIdx, Recommender, Request, Timestamp};
/// use patronage_recommend::{Mmr, Popularity, Reranked};
///
/// // The lower the item, the more have it; items 0 and 1 are alike.
/// let bought: Vec<_> = (0..4).flat_map(|u| (0..=u).map(move |i| (u, i, 1.0))).collect();
/// let interactions = InteractionTable::new(Csr::from_entries(4, 4, &bought, |_, _| {})?)?;
/// let alike = |a: ItemIdx, b: ItemIdx| f64::from(a.get() < 2 && b.get() < 2);
/// let model = Reranked::new(Popularity::new().fit(&interactions)?, Mmr::new(0.7, alike), 4)?;
///
/// let request = Request { history: &[], customer: None, as_of: Timestamp::from_seconds(0) };
/// let best = model.top_k(&request, 3, &ItemFilter::default());
/// assert_eq!(best.iter().map(|scored| scored.item.get()).collect::<Vec<_>>(), [0, 2, 1]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Reranked<R, S> {
    model: R,
    rule: S,
    depth: usize,
    seen: Seen,
    relevance: Relevance,
}

impl<R: Recommender, S: Rerank> Reranked<R, S> {
    /// The `depth` best items of `model` (at least 1, usually 100 to 500) put in order by `rule`.
    ///
    /// # Errors
    ///
    /// When the depth is 0, or the rule cannot be applied to the model's items.
    pub fn new(model: R, rule: S, depth: usize) -> Result<Self, Error> {
        require(depth >= 1, "depth", "at least 1", depth as f64)?;
        rule.validate(model.n_items())?;
        Ok(Self { model, rule, depth, seen: Seen::Exclude, relevance: Relevance::MinMax })
    }

    /// Whether items of the history may be candidates where it stands as a [`Recommender`]; default [`Seen::Exclude`].
    #[must_use]
    pub fn seen(mut self, seen: Seen) -> Self {
        self.seen = seen;
        self
    }

    /// On what scale the rule sees scores; default [`Relevance::MinMax`].
    #[must_use]
    pub fn relevance(mut self, relevance: Relevance) -> Self {
        self.relevance = relevance;
        self
    }

    /// The recommender whose candidates are put in order.
    #[must_use]
    pub const fn inner(&self) -> &R {
        &self.model
    }

    /// The number of candidates, at least.
    #[must_use]
    pub const fn depth(&self) -> usize {
        self.depth
    }

    /// `k` items that pass the filter in the order of the rule, with the model's scores; shorter only when fewer pass.
    ///
    /// Candidates are the `max(depth, k)` best items that pass.
    #[must_use]
    pub fn rerank(
        &self,
        request: &Request<'_>,
        k: usize,
        filter: &ItemFilter<'_>,
    ) -> Vec<ScoredItem> {
        if k == 0 {
            return Vec::new();
        }
        let candidates = self.model.top_k(request, self.depth.max(k), filter);
        let history = self.scored_history(request);
        let order = self.order(&Request { history: &history, ..*request }, &candidates, k);
        order.into_iter().map(|at| candidates[at]).collect()
    }

    /// The history in terms of what the model scores.
    fn scored_history(&self, request: &Request<'_>) -> Vec<HistoryEntry> {
        let scored = |entry: &HistoryEntry| {
            Some(HistoryEntry { item: self.model.scored_as(entry.item)?, ..*entry })
        };
        request.history.iter().filter_map(scored).collect()
    }

    /// The positions of the `k` candidates to answer: those of the rule, then the rest in their own order.
    fn order(&self, request: &Request<'_>, candidates: &[ScoredItem], k: usize) -> Vec<usize> {
        let k = k.min(candidates.len());
        let scaled = self.relevance.scaled(candidates);
        let ordered = self.rule.order(request, &scaled, k);
        let mut taken = vec![false; candidates.len()];
        ordered
            .into_iter()
            .chain(0..candidates.len())
            .filter(|&at| taken.get_mut(at).is_some_and(|taken| !std::mem::replace(taken, true)))
            .take(k)
            .collect()
    }
}

impl Relevance {
    fn scaled(self, candidates: &[ScoredItem]) -> Vec<ScoredItem> {
        let scores = candidates.iter().map(|scored| f64::from(scored.score));
        let (least, greatest) = scores
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(l, g), score| (l.min(score), g.max(score)));
        let scale = |score: f32| match self {
            Self::Raw => score,
            Self::MinMax if greatest > least => {
                ((f64::from(score) - least) / (greatest - least)) as f32
            }
            Self::MinMax => 1.0,
        };
        candidates.iter().map(|c| ScoredItem { score: scale(c.score), ..*c }).collect()
    }
}

impl<R: Recommender, S: Rerank> Recommender for Reranked<R, S> {
    fn n_items(&self) -> usize {
        self.model.n_items()
    }

    fn scores(&self, request: &Request<'_>, out: &mut [f32]) {
        self.model.scores(request, out);
        let history = self.scored_history(request);
        let request = Request { history: &history, ..*request };
        let candidates = top_k_of(out, &request, self.depth, &ItemFilter::seen(self.seen));
        let Some(last) = candidates.last() else { return };
        let order = self.order(&request, &candidates, candidates.len());
        // From the last place up, each above the one below it and above whatever ties with the last.
        let mut below = last.score;
        for (&at, place) in order.iter().zip(&candidates).rev() {
            let score = place.score.max(below.next_up()).min(f32::MAX);
            out[candidates[at].item.index()] = score;
            below = score;
        }
    }

    fn uses_customer(&self) -> bool {
        self.model.uses_customer()
    }

    fn scored_as(&self, item: ItemIdx) -> Option<ItemIdx> {
        self.model.scored_as(item)
    }
}
