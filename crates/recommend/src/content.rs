//! Content-based filtering.

use patronage_core::{Csr, Fit, ItemFeatures, ItemIdx, Recommender, Request, ScoredItem, rank};

use crate::error::{Error, ErrorKind};
use crate::explain::{Contribution, Explain, Explanation};
use crate::history::{HistoryRule, reads_history};

/// Content-based filtering: items that are like those she bought, from text, category and price.
///
/// ```text
/// profile p = Σ over items i of the history of h(i) × x(i) / |x(i)|
/// score(j)  = cos(p, x(j))
/// ```
///
/// with `x` the features of an item and `h` the weight of the history's entries
/// ([`history`](Self::history), [`half_life`](Self::half_life)). Scores lie in `[−1, 1]`. It learns
/// nothing from other customers, so items nobody has bought yet are served like any other.
///
/// **Cost.** Fitting O(entries); a request O(entries of the features of the profile). Memory is 16
/// bytes an entry; dense features are held as if sparse.
///
/// **Degenerate input.** Items without features, and every item for a history without any, score 0.
///
/// ```
/// use patronage_core::{Csr, Fit, HistoryEntry, ItemIdx, Recommender, Request, SparseItemFeatures, Timestamp};
/// use patronage_recommend::{ContentBased, Explain};
///
/// // Features: "heart", "mug". Items: a heart, a heart mug, a mug.
/// let entries = [(0, 0, 1.0), (1, 0, 1.0), (1, 1, 1.0), (2, 1, 1.0)];
/// let features = Csr::from_entries(3, 2, &entries, |_, _| {})?;
/// let features = SparseItemFeatures::new(features, vec!["heart".into(), "mug".into()])?;
/// let model = ContentBased::new().fit(&features)?;
///
/// let history = HistoryEntry::from_items(&[ItemIdx::new(0)]);
/// let request = Request { history: &history, customer: None, as_of: Timestamp::from_seconds(9) };
/// let mut scores = [0.0; 3];
/// model.scores(&request, &mut scores);
/// assert!((scores[1] - 0.5_f32.sqrt()).abs() < 1e-6 && scores[2] == 0.0);
/// assert_eq!(model.explain_features(&request, ItemIdx::new(1))[0].name.as_deref(), Some("heart"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # References
///
/// - M. Pazzani, D. Billsus (2007), "Content-based recommendation systems".
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ContentBased {
    rule: HistoryRule,
}

impl ContentBased {
    /// Every item of the history counts once, whenever it was.
    #[must_use]
    pub const fn new() -> Self {
        Self { rule: HistoryRule::BINARY }
    }

    reads_history!(rule);
}

impl<F: ItemFeatures + ?Sized> Fit<F> for ContentBased {
    type Model = ContentModel;
    type Error = Error;

    /// Scales the items' features.
    ///
    /// # Errors
    ///
    /// When the half-life is not above 0, or a feature is not finite.
    fn fit(&self, items: &F) -> Result<ContentModel, Error> {
        self.rule.validate()?;
        let (mut starts, mut columns, mut values) = (vec![0], Vec::new(), Vec::new());
        for item in ItemIdx::all(items.n_items()) {
            let row = items.row(item);
            let norm = row.squared_norm().sqrt();
            if !norm.is_finite() {
                let (what, expected) = ("features of item", "finite numbers");
                let position = item.index();
                let kind =
                    patronage_core::ErrorKind::Number { what, position, expected, found: norm };
                return Err(ErrorKind::Core(kind.into()).into());
            }
            row.for_each(|feature, value| {
                let value = (f64::from(value) / norm) as f32;
                if value != 0.0 && norm > 0.0 {
                    columns.push(feature as u32);
                    values.push(value);
                }
            });
            starts.push(columns.len());
        }
        let by_item = Csr::new(items.n_features(), starts, columns, values)?;
        // Of every feature, or of none.
        let name = |feature| items.feature_name(feature).map(str::to_owned);
        let names: Option<Vec<String>> = (0..items.n_features()).map(name).collect();
        let names = names.unwrap_or_default();
        Ok(ContentModel::new(self.rule, by_item, names))
    }
}

/// Items by their features, made by [`ContentBased`].
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Repr"))]
pub struct ContentModel {
    rule: HistoryRule,
    names: Vec<String>,
    /// Items × features, each row of length 1 or empty.
    by_item: Csr<f32>,
    #[cfg_attr(feature = "serde", serde(skip))]
    by_feature: Csr<f32>,
}

/// What one feature adds to a content-based score.
#[derive(Clone, Debug, PartialEq)]
pub struct FeatureContribution {
    /// The feature's column.
    pub feature: usize,
    /// The feature's name, where every feature has one.
    pub name: Option<String>,
    /// What it adds.
    pub amount: f64,
}

impl ContentModel {
    fn new(rule: HistoryRule, by_item: Csr<f32>, names: Vec<String>) -> Self {
        let by_feature = by_item.transpose();
        Self { rule, names, by_item, by_feature }
    }

    /// The profile's features that are not 0, ascending, scaled to length 1; and its length before.
    fn profile(&self, history: &[(u32, f32)]) -> (Vec<(u32, f64)>, f64) {
        let mut entries: Vec<(u32, f64)> = Vec::new();
        for &(item, weight) in history {
            let (features, values) = self.by_item.row(item as usize);
            let weight = f64::from(weight);
            entries.extend(features.iter().zip(values).map(|(&f, &v)| (f, weight * f64::from(v))));
        }
        // Stable, so that sums are taken in the order of the items.
        entries.sort_by_key(|&(feature, _)| feature);
        let mut profile: Vec<(u32, f64)> = entries
            .chunk_by(|a, b| a.0 == b.0)
            .map(|same| (same[0].0, same.iter().map(|&(_, value)| value).sum()))
            .collect();
        let length = profile.iter().map(|&(_, value)| value * value).sum::<f64>().sqrt();
        if length > 0.0 {
            profile.iter_mut().for_each(|(_, value)| *value /= length);
        } else {
            profile.clear();
        }
        (profile, length)
    }

    /// What each feature the profile and `item` share adds to the score: greatest first, ties by feature.
    ///
    /// # Panics
    ///
    /// When there is no such item.
    #[must_use]
    pub fn explain_features(
        &self,
        request: &Request<'_>,
        item: ItemIdx,
    ) -> Vec<FeatureContribution> {
        let (profile, _) = self.profile(&self.rule.read(request, self.n_items()));
        let (features, values) = self.by_item.row(item.index());
        let mut shared: Vec<FeatureContribution> = profile
            .iter()
            .filter_map(|&(feature, weight)| {
                let at = features.binary_search(&feature).ok()?;
                let (feature, amount) = (feature as usize, weight * f64::from(values[at]));
                Some(FeatureContribution {
                    feature,
                    name: self.names.get(feature).cloned(),
                    amount,
                })
            })
            .collect();
        shared.sort_by(|a, b| b.amount.total_cmp(&a.amount).then(a.feature.cmp(&b.feature)));
        shared
    }

    /// The `k` items most like `item` (by cosine, above 0), best first, ties by ascending item.
    ///
    /// # Panics
    ///
    /// When there is no such item.
    #[must_use]
    pub fn similar_items(&self, item: ItemIdx, k: usize) -> Vec<ScoredItem> {
        let (profile, _) = self.profile(&[(item.get(), 1.0)]);
        let mut scores = vec![0.0; self.n_items()];
        self.score(&profile, &mut scores);
        let mut similar: Vec<ScoredItem> = ItemIdx::all(self.n_items())
            .map(|item| ScoredItem { item, score: scores[item.index()] })
            .filter(|scored| scored.score > 0.0 && scored.item != item)
            .collect();
        similar.sort_unstable_by(rank);
        similar.truncate(k);
        similar
    }

    /// How alike two items are: the cosine of their features, in `[−1, 1]`; 0 for items without
    /// features and for unknown ones.
    #[must_use]
    pub fn similarity(&self, a: ItemIdx, b: ItemIdx) -> f64 {
        let known = |item: ItemIdx| item.index() < self.n_items();
        if !(known(a) && known(b)) {
            return 0.0;
        }
        dot(self.by_item.row(a.index()), self.by_item.row(b.index())).clamp(-1.0, 1.0)
    }

    fn score(&self, profile: &[(u32, f64)], out: &mut [f32]) {
        out.fill(0.0);
        for &(feature, weight) in profile {
            let weight = weight as f32;
            let (items, values) = self.by_feature.row(feature as usize);
            for (&item, &value) in items.iter().zip(values) {
                out[item as usize] += weight * value;
            }
        }
    }
}

impl Recommender for ContentModel {
    fn n_items(&self) -> usize {
        self.by_item.n_rows()
    }

    fn scores(&self, request: &Request<'_>, out: &mut [f32]) {
        let (profile, _) = self.profile(&self.rule.read(request, self.n_items()));
        self.score(&profile, out);
    }
}

impl Explain for ContentModel {
    fn explain(&self, request: &Request<'_>, item: ItemIdx) -> Explanation {
        let history = self.rule.read(request, self.n_items());
        let (_, length) = self.profile(&history);
        if length == 0.0 {
            return Explanation::default();
        }
        let contributions = history
            .iter()
            .map(|&(bought, weight)| {
                let alike = dot(self.by_item.row(bought as usize), self.by_item.row(item.index()));
                let amount = f64::from(weight) * alike / length;
                Contribution { item: ItemIdx::new(bought), amount }
            })
            .collect();
        Explanation::new(0.0, contributions)
    }
}

fn dot((a, a_values): (&[u32], &[f32]), (b, b_values): (&[u32], &[f32])) -> f64 {
    let (mut i, mut j, mut sum) = (0, 0, 0.0);
    while i < a.len() && j < b.len() {
        match a[i].cmp(&b[j]) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => {
                sum += f64::from(a_values[i]) * f64::from(b_values[j]);
                (i, j) = (i + 1, j + 1);
            }
        }
    }
    sum
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
struct Repr {
    rule: HistoryRule,
    names: Vec<String>,
    by_item: Csr<f32>,
}

#[cfg(feature = "serde")]
impl TryFrom<Repr> for ContentModel {
    type Error = Error;

    fn try_from(repr: Repr) -> Result<Self, Error> {
        let Repr { rule, names, by_item } = repr;
        rule.validate()?;
        crate::error::require_saved_size(by_item.n_columns(), by_item.n_entries())?;
        let sound = by_item.values().iter().all(|value| (-1.001..=1.001).contains(value));
        crate::error::require_saved(sound, "features in [-1, 1]")?;
        let named = names.is_empty() || names.len() == by_item.n_columns();
        crate::error::require_saved(named, "a name for each feature, or for none")?;
        Ok(Self::new(rule, by_item, names))
    }
}

#[cfg(feature = "serde")]
impl patronage_core::SavedModel for ContentModel {
    const TAG: &'static str = "recommend/content";
    const VERSION: u32 = 1;
}
