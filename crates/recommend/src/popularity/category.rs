//! The best-sellers of the categories she buys.

use patronage_core::{Fit, Interactions, ItemIdx, Recommender, Request, ScoredItem, rank};

use super::overall::Popularity;
use crate::error::{Error, require, require_items};
use crate::explain::{Contribution, Explain, Explanation};
use crate::groups::Groups;
use crate::history::{HistoryRule, reads_history};

/// Popularity by category: the best-sellers of the categories she buys.
///
/// ```text
/// score(j) = P(g | history) × pop(j) / pop(g),   g the category of j
/// P(g | history) = (Σ over her items of g of h(i) + λ × pop(g) / pop) / (Σ over her items of h(i) + λ)
/// ```
///
/// with `pop` the [`Popularity`] of an item, of a category and of all, `h` the weight of the history's
/// entries (below 0 it does not count), and `λ` the [`prior`](Self::prior). Items of no category are
/// one of their own. Scores sum to 1, but for categories of which nothing was bought. For an empty
/// history it is plain popularity.
///
/// [`CategoryPopularityModel::best_sellers`] are those of one category.
///
/// **Cost.** O(interactions); a request costs O(items).
///
/// ```
/// use patronage_core::{Csr, Fit, HistoryEntry, InteractionTable, ItemFilter, ItemIdx, Recommender, Request, Timestamp};
/// use patronage_recommend::{CategoryPopularity, Groups};
///
/// // Tea (items 0, 1) sells better than cups (items 2, 3).
/// let bought = [(0, 0, 1.0), (1, 0, 1.0), (2, 0, 1.0), (3, 1, 1.0), (3, 2, 1.0), (4, 2, 1.0), (4, 3, 1.0)];
/// let interactions = InteractionTable::new(Csr::from_entries(5, 4, &bought, |_, _| {})?)?;
/// let groups = [0, 0, 1, 1].map(|group| Some(ItemIdx::new(group)));
/// let model = CategoryPopularity::new(Groups::new(groups.to_vec(), 2)?).fit(&interactions)?;
///
/// let history = HistoryEntry::from_items(&[ItemIdx::new(3)]);
/// let best = |history| {
///     let request = Request { history, customer: None, as_of: Timestamp::from_seconds(9) };
///     model.top_k(&request, 1, &ItemFilter::default())[0].item.get()
/// };
/// assert_eq!((best(&[]), best(&history)), (0, 2));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct CategoryPopularity {
    groups: Groups,
    popularity: Popularity,
    prior: f64,
    rule: HistoryRule,
}

impl CategoryPopularity {
    /// By the category of each item.
    #[must_use]
    pub const fn new(groups: Groups) -> Self {
        let rule = HistoryRule::BINARY;
        Self { groups, popularity: Popularity::new(), prior: 1.0, rule }
    }

    /// What counts, and how much: a window, a half-life; by default everything counts 1.
    #[must_use]
    pub const fn popularity(mut self, popularity: Popularity) -> Self {
        self.popularity = popularity;
        self
    }

    /// `λ`, how many items of a history it takes to believe it half; default `1`, above 0.
    #[must_use]
    pub const fn prior(mut self, items: f64) -> Self {
        self.prior = items;
        self
    }

    reads_history!(rule);
}

fn check(prior: f64, rule: &HistoryRule) -> Result<(), Error> {
    require(prior > 0.0 && prior <= 1e9, "prior", "a number above 0, at most 1e9", prior)?;
    rule.validate()
}

impl<I: Interactions + ?Sized> Fit<I> for CategoryPopularity {
    type Model = CategoryPopularityModel;
    type Error = Error;

    /// Counts.
    ///
    /// # Errors
    ///
    /// When a parameter is out of its range, the groups are of another number of items, or times are
    /// needed and not there.
    fn fit(&self, data: &I) -> Result<CategoryPopularityModel, Error> {
        check(self.prior, &self.rule)?;
        require_items("groups", data.n_items(), self.groups.n_items())?;
        let popularity = self.popularity.fit(data)?.popularity().to_vec();
        let groups = self.groups.clone();
        Ok(CategoryPopularityModel::build(groups, popularity, self.prior, self.rule))
    }
}

/// How popular each item and each category is, learnt by [`CategoryPopularity`].
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Repr"))]
pub struct CategoryPopularityModel {
    groups: Groups,
    popularity: Vec<f32>,
    prior: f64,
    rule: HistoryRule,
    /// The popularity of each category, that of items of none last.
    #[cfg_attr(feature = "serde", serde(skip))]
    of_group: Vec<f64>,
}

impl CategoryPopularityModel {
    fn build(groups: Groups, popularity: Vec<f32>, prior: f64, rule: HistoryRule) -> Self {
        let of_group = vec![0.0; groups.n_groups() + 1];
        let mut model = Self { groups, popularity, prior, rule, of_group };
        for item in 0..model.popularity.len() {
            let group = model.group(item);
            model.of_group[group] += f64::from(model.popularity[item]);
        }
        model
    }

    fn group(&self, item: usize) -> usize {
        let group = self.groups.group(ItemIdx::from_usize(item));
        group.map_or(self.groups.n_groups(), ItemIdx::index)
    }

    /// The (decayed) number of customers of each item.
    #[must_use]
    pub fn popularity(&self) -> &[f32] {
        &self.popularity
    }

    /// The `k` best-sellers of one category with their popularity, best first, ties by ascending item;
    /// none for a category it does not know.
    #[must_use]
    pub fn best_sellers(&self, group: ItemIdx, k: usize) -> Vec<ScoredItem> {
        let mut found: Vec<ScoredItem> = ItemIdx::all(self.popularity.len())
            .filter(|&item| self.groups.group(item) == Some(group))
            .map(|item| ScoredItem { item, score: self.popularity[item.index()] })
            .collect();
        found.sort_unstable_by(rank);
        found.truncate(k);
        found
    }

    /// The items of the history that count, with their weights, and the sum of these.
    fn read(&self, request: &Request<'_>) -> (Vec<(u32, f64)>, f64) {
        let read = self.rule.read(request, self.popularity.len());
        let read: Vec<(u32, f64)> = read
            .into_iter()
            .filter(|&(_, weight)| weight > 0.0)
            .map(|(item, weight)| (item, f64::from(weight)))
            .collect();
        let sum = read.iter().map(|&(_, weight)| weight).sum();
        (read, sum)
    }

    /// What popularity alone gives a category.
    fn base(&self, group: usize) -> f64 {
        let total: f64 = self.of_group.iter().sum();
        if total > 0.0 { self.prior * self.of_group[group] / total } else { 0.0 }
    }

    /// The share of an item in its category.
    fn share(&self, item: usize, group: usize) -> f64 {
        let all = self.of_group[group];
        if all > 0.0 { f64::from(self.popularity[item]) / all } else { 0.0 }
    }
}

impl Recommender for CategoryPopularityModel {
    fn n_items(&self) -> usize {
        self.popularity.len()
    }

    fn scores(&self, request: &Request<'_>, out: &mut [f32]) {
        let (read, sum) = self.read(request);
        let mut of_group: Vec<f64> = (0..self.of_group.len()).map(|g| self.base(g)).collect();
        for (item, weight) in read {
            of_group[self.group(item as usize)] += weight;
        }
        for (item, score) in out.iter_mut().enumerate() {
            let group = self.group(item);
            *score = (of_group[group] / (sum + self.prior) * self.share(item, group)) as f32;
        }
    }
}

impl Explain for CategoryPopularityModel {
    /// Her items of the same category; the base is what popularity alone gives.
    fn explain(&self, request: &Request<'_>, item: ItemIdx) -> Explanation {
        let (read, sum) = self.read(request);
        let group = self.group(item.index());
        let each = self.share(item.index(), group) / (sum + self.prior);
        let contributions = read
            .into_iter()
            .filter(|&(bought, _)| self.group(bought as usize) == group)
            .map(|(bought, weight)| Contribution {
                item: ItemIdx::new(bought),
                amount: weight * each,
            })
            .collect();
        Explanation::new(self.base(group) * each, contributions)
    }
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
struct Repr {
    groups: Groups,
    popularity: Vec<f32>,
    prior: f64,
    rule: HistoryRule,
}

#[cfg(feature = "serde")]
impl TryFrom<Repr> for CategoryPopularityModel {
    type Error = Error;

    fn try_from(repr: Repr) -> Result<Self, Error> {
        let Repr { groups, popularity, prior, rule } = repr;
        check(prior, &rule)?;
        require_items("groups", popularity.len(), groups.n_items())?;
        let holds = popularity.iter().all(|p| p.is_finite() && *p >= 0.0);
        crate::error::require_saved(holds, "counts of at least 0")?;
        Ok(Self::build(groups, popularity, prior, rule))
    }
}

#[cfg(feature = "serde")]
impl patronage_core::SavedModel for CategoryPopularityModel {
    const TAG: &'static str = "recommend/category-popularity";
    const VERSION: u32 = 1;
}
