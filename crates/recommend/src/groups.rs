//! From items to categories.

use patronage_core::{
    Csr, CustomerIdx, InteractionTable, Interactions, ItemIdx, Recommender, Request,
};

use crate::error::{Error, out_of_range, require_items};
use crate::explain::{Contribution, Explain, Explanation};

/// Which group (category, brand) each item belongs to; some may belong to none.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Repr"))]
pub struct Groups {
    of: Vec<Option<ItemIdx>>,
    /// The items of each group, ascending.
    #[cfg_attr(feature = "serde", serde(skip))]
    members: Vec<Vec<u32>>,
    n_groups: usize,
}

impl Groups {
    /// The group of each item, as an index below `n_groups`; in what scores groups, they stand where items stand.
    ///
    /// # Errors
    ///
    /// When a group is not below `n_groups`.
    pub fn new(of: Vec<Option<ItemIdx>>, n_groups: usize) -> Result<Self, Error> {
        let mut members = vec![Vec::new(); n_groups];
        for (item, group) in (0u32..).zip(&of) {
            let Some(group) = group else { continue };
            match members.get_mut(group.index()) {
                Some(members) => members.push(item),
                None => return Err(out_of_range("group", n_groups, group.index())),
            }
        }
        Ok(Self { of, members, n_groups })
    }

    /// The number of groups.
    #[must_use]
    pub const fn n_groups(&self) -> usize {
        self.n_groups
    }

    /// The number of items.
    #[must_use]
    pub fn n_items(&self) -> usize {
        self.of.len()
    }

    /// The group of `item`; `None` for an item of no group, and for an unknown one.
    #[must_use]
    pub fn group(&self, item: ItemIdx) -> Option<ItemIdx> {
        self.of.get(item.index()).copied().flatten()
    }

    /// Customers × groups: weights added up, with the latest time and basket where the data have them all.
    ///
    /// O(interactions log of one customer's).
    ///
    /// # Errors
    ///
    /// When the data are of another number of items, or a sum leaves the range of `f32`.
    pub fn interactions<I: Interactions + ?Sized>(
        &self,
        data: &I,
    ) -> Result<InteractionTable, Error> {
        require_items("interactions", self.n_items(), data.n_items())?;
        let (mut starts, mut columns, mut weights) = (vec![0], Vec::new(), Vec::new());
        let (mut at, mut baskets) = (Vec::new(), Vec::new());
        let mut entries: Vec<(ItemIdx, usize)> = Vec::new();
        for customer in CustomerIdx::all(data.n_customers()) {
            let row = data.row(customer);
            entries.clear();
            for (position, &item) in row.items().iter().enumerate() {
                entries.extend(self.group(item).map(|group| (group, position)));
            }
            entries.sort_unstable();
            for same in entries.chunk_by(|a, b| a.0 == b.0) {
                let sum: f64 = same.iter().map(|&(_, p)| f64::from(row.weights()[p])).sum();
                columns.push(same[0].0.get());
                weights.push(sum as f32);
                if let (Some(times), Some(orders)) = (row.at(), row.baskets()) {
                    let last = same.iter().map(|&(_, p)| p).max_by_key(|&p| (times[p], p));
                    at.extend(last.map(|p| times[p]));
                    baskets.extend(last.map(|p| orders[p]));
                }
            }
            starts.push(columns.len());
        }
        let n_entries = columns.len();
        let table = InteractionTable::new(Csr::new(self.n_groups, starts, columns, weights)?)?;
        Ok(if at.len() == n_entries { table.timed(at, baskets)? } else { table })
    }
}

/// What a group scores, from the scores of its items.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub enum GroupScore {
    /// Their sum: large groups score more, as they are bought more.
    #[default]
    Sum,
    /// The greatest.
    Max,
    /// Their mean.
    Mean,
    /// `1 − Π (1 − score)`, scores clamped to `[0, 1]`: the probability of any, were they
    /// independent probabilities; calibrate the result, for they are not.
    NoisyOr,
}

/// Any recommender's item scores, brought together for groups of items.
///
/// Requests still speak of items; answers speak of groups, as `ItemIdx` below
/// [`Groups::n_groups`]. A group counts as seen when the history holds one of its items. A group
/// without items scores 0. A request costs one of the inner model plus O(items).
///
/// ```
/// use patronage_core::{Csr, Fit, InteractionTable, ItemIdx, Recommender, Request, Timestamp};
/// use patronage_recommend::{GroupScore, GroupedItems, Groups, Popularity};
///
/// let bought = [(0, 0, 1.0), (0, 1, 1.0), (1, 1, 1.0), (1, 2, 1.0)];
/// let interactions = InteractionTable::new(Csr::from_entries(2, 3, &bought, |_, _| {})?)?;
/// let groups = Groups::new(vec![Some(ItemIdx::new(0)), Some(ItemIdx::new(0)), None], 2)?;
/// let model = GroupedItems::new(Popularity::new().fit(&interactions)?, groups, GroupScore::Sum)?;
/// let request = Request { history: &[], customer: None, as_of: Timestamp::from_seconds(0) };
/// let mut scores = [0.0; 2];
/// model.scores(&request, &mut scores);
/// assert_eq!(scores, [3.0, 0.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct GroupedItems<R> {
    items: R,
    groups: Groups,
    score: GroupScore,
}

impl<R: Recommender> GroupedItems<R> {
    /// The scores of `items`, brought together by `groups`.
    ///
    /// # Errors
    ///
    /// When the groups are of another number of items than the model.
    pub fn new(items: R, groups: Groups, score: GroupScore) -> Result<Self, Error> {
        require_items("groups", items.n_items(), groups.n_items())?;
        Ok(Self { items, groups, score })
    }

    /// The groups.
    #[must_use]
    pub const fn groups(&self) -> &Groups {
        &self.groups
    }

    /// The model of items.
    #[must_use]
    pub const fn inner(&self) -> &R {
        &self.items
    }

    fn group_score(&self, members: &[u32], scores: &[f32]) -> f32 {
        let of = |&member: &u32| f64::from(scores[member as usize]);
        let n = members.len().max(1) as f64;
        let score = match self.score {
            GroupScore::Sum => members.iter().map(of).sum(),
            GroupScore::Mean => members.iter().map(of).sum::<f64>() / n,
            GroupScore::Max => members.iter().map(of).reduce(f64::max).unwrap_or(0.0),
            GroupScore::NoisyOr => {
                1.0 - members.iter().map(|m| 1.0 - of(m).clamp(0.0, 1.0)).product::<f64>()
            }
        };
        score.clamp(f64::from(f32::MIN), f64::from(f32::MAX)) as f32
    }
}

impl<R: Recommender> Recommender for GroupedItems<R> {
    fn n_items(&self) -> usize {
        self.groups.n_groups()
    }

    fn scores(&self, request: &Request<'_>, out: &mut [f32]) {
        let mut scores = vec![0.0; self.items.n_items()];
        self.items.scores(request, &mut scores);
        for (members, out) in self.groups.members.iter().zip(out) {
            *out = self.group_score(members, &scores);
        }
    }

    fn uses_customer(&self) -> bool {
        self.items.uses_customer()
    }

    fn scored_as(&self, item: ItemIdx) -> Option<ItemIdx> {
        self.items.scored_as(item).and_then(|item| self.groups.group(item))
    }
}

impl<R: Explain> Explain for GroupedItems<R> {
    /// The explanations of the group's items together: each as often as its score counts, in the
    /// noisy or in proportion.
    fn explain(&self, request: &Request<'_>, item: ItemIdx) -> Explanation {
        let mut scores = vec![0.0; self.items.n_items()];
        self.items.scores(request, &mut scores);
        let members = &self.groups.members[item.index()];
        let score = f64::from(self.group_score(members, &scores));
        let of = |member: u32| f64::from(scores[member as usize]);
        let sum: f64 = members.iter().map(|&member| of(member)).sum();
        let shares: Vec<(u32, f64)> = match self.score {
            GroupScore::Max => {
                // The last of equals would do as well; the first is taken.
                let best = members.iter().copied().rev().max_by(|&a, &b| of(a).total_cmp(&of(b)));
                best.map(|best| (best, 1.0)).into_iter().collect()
            }
            GroupScore::Sum => members.iter().map(|&member| (member, 1.0)).collect(),
            _ if sum != 0.0 => members.iter().map(|&member| (member, score / sum)).collect(),
            _ => return Explanation::new(score, Vec::new()),
        };
        let (mut base, mut contributions) = (0.0, Vec::new());
        for (member, share) in shares {
            let part = self.items.explain(request, ItemIdx::new(member));
            base += share * part.base;
            contributions.extend(part.contributions.into_iter().map(|contribution| Contribution {
                amount: share * contribution.amount,
                ..contribution
            }));
        }
        Explanation::new(base, contributions)
    }
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
struct Repr {
    of: Vec<Option<ItemIdx>>,
    n_groups: usize,
}

#[cfg(feature = "serde")]
impl TryFrom<Repr> for Groups {
    type Error = Error;

    fn try_from(repr: Repr) -> Result<Self, Error> {
        crate::error::require_saved_size(repr.n_groups, repr.of.len())?;
        Self::new(repr.of, repr.n_groups)
    }
}
