//! One recommender for short histories, another for long ones.

use ndarray::ArrayViewMut2;
use patronage_core::{ItemFilter, ItemIdx, Recommender, Request, ScoredItem};

use crate::blend::Member;
use crate::error::{Error, ErrorKind, require, require_items};
use crate::explain::{Explain, Explanation};

/// A switch in the making: which recommender answers, by the length of the history.
///
/// The length is the number of distinct items of the history that the models know and whose weight
/// is above 0. The member of the greatest `at_least` that this reaches answers alone, with its own
/// search; nothing else is computed.
///
/// ```
/// use patronage_core::{Csr, Fit, HistoryEntry, InteractionTable, ItemIdx, Request, Timestamp};
/// use patronage_recommend::{ItemKnn, Popularity, Switch};
///
/// let bought = [(0, 0, 1.0), (0, 1, 1.0), (1, 2, 1.0), (2, 2, 1.0)];
/// let interactions = InteractionTable::new(Csr::from_entries(3, 3, &bought, |_, _| {})?)?;
/// let model = Switch::new()
///     .explained(0, Popularity::new().fit(&interactions)?)
///     .explained(1, ItemKnn::new(10).fit(&interactions)?)
///     .build()?;
/// let history = HistoryEntry::from_items(&[ItemIdx::new(0)]);
/// let request = |history| Request { history, customer: None, as_of: Timestamp::from_seconds(9) };
/// assert_eq!((model.chosen(&request(&[])), model.chosen(&request(&history))), (0, 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # References
///
/// - R. Burke (2002), "Hybrid recommender systems: survey and experiments" (switching hybrids).
#[derive(Default)]
pub struct Switch<'a> {
    members: Vec<(usize, Member<'a>)>,
}

impl<'a> Switch<'a> {
    /// No member yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a recommender for histories of `at_least` items; 0 for the first, ascending from there.
    #[must_use]
    pub fn member(mut self, at_least: usize, model: impl Recommender + 'a) -> Self {
        self.members.push((at_least, Member::Plain(Box::new(model))));
        self
    }

    /// The same for a recommender that explains itself.
    #[must_use]
    pub fn explained(mut self, at_least: usize, model: impl Explain + 'a) -> Self {
        self.members.push((at_least, Member::Explained(Box::new(model))));
        self
    }

    /// The switch.
    ///
    /// # Errors
    ///
    /// When there is no member, the first is not for histories of at least 0 items, the lengths do
    /// not ascend, or members are of different numbers of items.
    pub fn build(self) -> Result<SwitchModel<'a>, Error> {
        let Some((_, first)) = self.members.first() else {
            return Err(ErrorKind::Empty { what: "members of a switch" }.into());
        };
        let n_items = first.recommender().n_items();
        let mut last = None;
        for (at_least, member) in &self.members {
            require_items("members of a switch", n_items, member.recommender().n_items())?;
            let holds = last.map_or(*at_least == 0, |last| *at_least > last);
            let expected = "0 for the first member, and more for each next";
            require(holds, "at_least", expected, *at_least as f64)?;
            last = Some(*at_least);
        }
        Ok(SwitchModel { n_items, members: self.members })
    }
}

impl std::fmt::Debug for Switch<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let lengths: Vec<usize> = self.members.iter().map(|(at_least, _)| *at_least).collect();
        f.debug_struct("Switch").field("at_least", &lengths).finish()
    }
}

/// Recommenders between which the length of the history decides, made by [`Switch`].
pub struct SwitchModel<'a> {
    n_items: usize,
    members: Vec<(usize, Member<'a>)>,
}

impl SwitchModel<'_> {
    /// Which member answers a request, in the order in which they were added.
    #[must_use]
    pub fn chosen(&self, request: &Request<'_>) -> usize {
        let mut items: Vec<ItemIdx> = request
            .history
            .iter()
            .filter(|entry| entry.weight > 0.0)
            .filter_map(|entry| self.scored_as(entry.item))
            .collect();
        items.sort_unstable();
        items.dedup();
        self.members.partition_point(|(at_least, _)| *at_least <= items.len()).saturating_sub(1)
    }

    fn member(&self, request: &Request<'_>) -> &Member<'_> {
        &self.members[self.chosen(request)].1
    }
}

impl std::fmt::Debug for SwitchModel<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let lengths: Vec<usize> = self.members.iter().map(|(at_least, _)| *at_least).collect();
        f.debug_struct("SwitchModel")
            .field("n_items", &self.n_items)
            .field("at_least", &lengths)
            .finish()
    }
}

impl Recommender for SwitchModel<'_> {
    fn n_items(&self) -> usize {
        self.n_items
    }

    fn scores(&self, request: &Request<'_>, out: &mut [f32]) {
        self.member(request).recommender().scores(request, out);
    }

    fn uses_customer(&self) -> bool {
        self.members.iter().any(|(_, member)| member.recommender().uses_customer())
    }

    fn scored_as(&self, item: ItemIdx) -> Option<ItemIdx> {
        self.members.first().and_then(|(_, member)| member.recommender().scored_as(item))
    }

    fn scores_batch(&self, requests: &[Request<'_>], mut out: ArrayViewMut2<'_, f32>) {
        assert_eq!(requests.len(), out.nrows(), "one row of scores for each request");
        // Neighbours of one member go to it together.
        let mut start = 0;
        for same in requests.chunk_by(|a, b| self.chosen(a) == self.chosen(b)) {
            let places = ndarray::Slice::from(start..start + same.len());
            let rows = out.slice_axis_mut(ndarray::Axis(0), places);
            self.member(&same[0]).recommender().scores_batch(same, rows);
            start += same.len();
        }
    }

    fn top_k(&self, request: &Request<'_>, k: usize, filter: &ItemFilter<'_>) -> Vec<ScoredItem> {
        self.member(request).recommender().top_k(request, k, filter)
    }
}

impl Explain for SwitchModel<'_> {
    /// As the member that answers explains it; of one that does not, the score is the base.
    fn explain(&self, request: &Request<'_>, item: ItemIdx) -> Explanation {
        match self.member(request) {
            Member::Explained(model) => model.explain(request, item),
            Member::Plain(model) => {
                let mut scores = vec![0.0; self.n_items];
                model.scores(request, &mut scores);
                Explanation::new(f64::from(scores[item.index()]), Vec::new())
            }
        }
    }
}
