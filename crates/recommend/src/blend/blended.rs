//! Weighted sums of recommenders.

use patronage_core::{ItemIdx, Recommender, Request};

use super::normalise::{Normalise, keep_finite};
use crate::error::{Error, ErrorKind, require, require_items};
use crate::explain::{Contribution, Explain, Explanation};

/// A recommender of several, which may explain itself.
pub(crate) enum Member<'a> {
    Plain(Box<dyn Recommender + 'a>),
    Explained(Box<dyn Explain + 'a>),
}

impl Member<'_> {
    pub(crate) fn recommender(&self) -> &dyn Recommender {
        match self {
            Self::Plain(model) => model,
            Self::Explained(model) => model,
        }
    }
}

/// A blend in the making: recommenders, their weights, and how scores are made comparable.
///
/// ```text
/// score(j) = Σ over members m of weight(m) × normalised score of j by m, per request
/// ```
///
/// A request costs what the members cost plus O(items) each (O(items log items) by rank). Where
/// a member scores all items alike it has no say, so that a blend with popularity always fills the
/// list, also for an empty history. A score that is no number counts as 0, an infinite one as the
/// greatest finite one, and an amount of an explanation that is not finite is left out.
///
/// ```
/// use patronage_core::{Csr, Fit, HistoryEntry, InteractionTable, ItemIdx, Recommender, Request, Timestamp};
/// use patronage_recommend::{Blend, ItemKnn, Popularity};
///
/// let bought = [(0, 0, 1.0), (0, 1, 1.0), (1, 2, 1.0), (2, 2, 1.0)];
/// let interactions = InteractionTable::new(Csr::from_entries(3, 3, &bought, |_, _| {})?)?;
/// let blend = Blend::new()
///     .explained(ItemKnn::new(10).fit(&interactions)?, 0.9)
///     .explained(Popularity::new().fit(&interactions)?, 0.1)
///     .build()?;
/// let history = HistoryEntry::from_items(&[ItemIdx::new(0)]);
/// let mut scores = [0.0; 3];
/// let as_of = Timestamp::from_seconds(9);
/// blend.scores(&Request { history: &history, customer: None, as_of }, &mut scores);
/// assert_eq!(scores, [0.0, 0.9, 0.1]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # References
///
/// - G. Cormack, C. Clarke, S. Büttcher (2009), "Reciprocal rank fusion outperforms Condorcet and individual rank learning methods".
#[derive(Default)]
pub struct Blend<'a> {
    normalise: Normalise,
    members: Vec<(Member<'a>, f64)>,
}

impl<'a> Blend<'a> {
    /// No member yet; scores are scaled to `[0, 1]`.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reciprocal rank fusion, with the usual offset of 60: `Σ weight / (60 + rank)`.
    #[must_use]
    pub fn reciprocal_rank_fusion() -> Self {
        Self::new().normalise(Normalise::ReciprocalRank { offset: 60.0 })
    }

    /// Borda's count: each member gives an item a point for every item it ranks lower, divided by the greatest there is.
    #[must_use]
    pub fn borda() -> Self {
        Self::new().normalise(Normalise::Rank)
    }

    /// How scores are made comparable; default [`Normalise::MinMax`].
    #[must_use]
    pub fn normalise(mut self, normalise: Normalise) -> Self {
        self.normalise = normalise;
        self
    }

    /// Adds a recommender with its weight (from 0 to 1e9).
    #[must_use]
    pub fn member(mut self, model: impl Recommender + 'a, weight: f64) -> Self {
        self.members.push((Member::Plain(Box::new(model)), weight));
        self
    }

    /// Adds a recommender that explains itself with its weight (from 0 to 1e9): the blend's explanations name the purchases behind it.
    #[must_use]
    pub fn explained(mut self, model: impl Explain + 'a, weight: f64) -> Self {
        self.members.push((Member::Explained(Box::new(model)), weight));
        self
    }

    /// The blend.
    ///
    /// # Errors
    ///
    /// When there is no member, members are of different numbers of items, a weight is out of its
    /// range, or the offset of reciprocal ranks is negative or not finite.
    pub fn build(self) -> Result<BlendModel<'a>, Error> {
        let Some((first, _)) = self.members.first() else {
            return Err(ErrorKind::Empty { what: "members of a blend" }.into());
        };
        let n_items = first.recommender().n_items();
        for (member, weight) in &self.members {
            require_items("members of a blend", n_items, member.recommender().n_items())?;
            let holds = (0.0..=1e9).contains(weight);
            require(holds, "weight", "a number from 0 to 1e9", *weight)?;
        }
        require(self.normalise.holds(), "offset", "a finite number of at least 0", f64::NAN)?;
        let Self { normalise, members } = self;
        Ok(BlendModel { n_items, normalise, members })
    }
}

impl std::fmt::Debug for Blend<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let weights: Vec<f64> = self.members.iter().map(|(_, weight)| *weight).collect();
        f.debug_struct("Blend")
            .field("normalise", &self.normalise)
            .field("weights", &weights)
            .finish()
    }
}

/// Recommenders blended by [`Blend`].
pub struct BlendModel<'a> {
    n_items: usize,
    normalise: Normalise,
    members: Vec<(Member<'a>, f64)>,
}

impl BlendModel<'_> {
    /// The weights of the members, in the order in which they were added.
    #[must_use]
    pub fn weights(&self) -> Vec<f64> {
        self.members.iter().map(|(_, weight)| *weight).collect()
    }
}

impl std::fmt::Debug for BlendModel<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BlendModel")
            .field("n_items", &self.n_items)
            .field("normalise", &self.normalise)
            .field("weights", &self.weights())
            .finish()
    }
}

/// A weighted score, kept finite.
pub(super) fn weighted(weight: f64, score: f32) -> f32 {
    (weight * f64::from(score)).clamp(f64::from(f32::MIN), f64::from(f32::MAX)) as f32
}

impl Recommender for BlendModel<'_> {
    fn n_items(&self) -> usize {
        self.n_items
    }

    fn scores(&self, request: &Request<'_>, out: &mut [f32]) {
        out.fill(0.0);
        let (mut scores, mut order) = (vec![0.0; self.n_items], Vec::new());
        for (member, weight) in self.members.iter().filter(|(_, weight)| *weight > 0.0) {
            member.recommender().scores(request, &mut scores);
            keep_finite(&mut scores);
            self.normalise.apply(&mut scores, &mut order);
            for (out, &score) in out.iter_mut().zip(&scores) {
                *out = (*out + weighted(*weight, score)).clamp(f32::MIN, f32::MAX);
            }
        }
    }

    fn uses_customer(&self) -> bool {
        self.members.iter().any(|(member, _)| member.recommender().uses_customer())
    }

    fn scored_as(&self, item: ItemIdx) -> Option<ItemIdx> {
        self.members.first().and_then(|(member, _)| member.recommender().scored_as(item))
    }
}

impl Explain for BlendModel<'_> {
    /// Contributions scaled as the scores are; by rank, where nothing adds up by itself, each
    /// member's share is divided in proportion to its own explanation. What members that do not
    /// explain themselves add stands in the base.
    fn explain(&self, request: &Request<'_>, item: ItemIdx) -> Explanation {
        let (mut base, mut contributions) = (0.0, Vec::new());
        for (member, weight) in self.members.iter().filter(|(_, weight)| *weight > 0.0) {
            let mut scores = vec![0.0; self.n_items];
            member.recommender().scores(request, &mut scores);
            keep_finite(&mut scores);
            let affine = self.normalise.affine(&scores);
            self.normalise.apply(&mut scores, &mut Vec::new());
            let share = weight * f64::from(scores[item.index()]);
            let Member::Explained(model) = member else {
                base += share;
                continue;
            };
            let mut part = model.explain(request, item);
            part.contributions.retain(|contribution| contribution.amount.is_finite());
            part.base = if part.base.is_finite() { part.base } else { 0.0 };
            let total = part.total();
            let (scale, shift) = match affine {
                Some((a, b)) => (weight * a, weight * b),
                None if total != 0.0 => (share / total, 0.0),
                None => (0.0, share),
            };
            base += scale * part.base + shift;
            contributions.extend(part.contributions.into_iter().map(|contribution| Contribution {
                amount: scale * contribution.amount,
                ..contribution
            }));
        }
        Explanation::new(base, contributions)
    }
}
