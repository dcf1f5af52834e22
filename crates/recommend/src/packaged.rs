//! A fitted model with what a service needs beside it.

use patronage_core::{
    CustomerIdx, Fingerprint, Fingerprinter, IdMap, Interactions, ItemFilter, ItemIdx, Recommender,
    Request, SavedModel, ScoredItem,
};

use crate::error::{Error, require_items, require_saved};
use crate::evaluate::Figure;

/// A figure the model reached when it was evaluated.
#[derive(Clone, Debug, PartialEq, serde::Deserialize, serde::Serialize)]
#[non_exhaustive]
pub struct ReachedFigure {
    /// The metric, such as `"ndcg@20"`.
    pub metric: String,
    /// Its mean over the customers judged.
    pub mean: f64,
    /// The interval of the mean.
    pub interval: Option<(f64, f64)>,
}

impl From<&Figure> for ReachedFigure {
    fn from(figure: &Figure) -> Self {
        let Figure { metric, mean, interval } = *figure;
        Self { metric: metric.to_string(), mean, interval }
    }
}

/// A fitted recommender, the external ids of its items, and the figures it reached: one file to serve from.
///
/// Saved with [`save`](patronage_core::save), whose envelope adds the schema of the data and their
/// [`fingerprint`]. Loading refuses a package of another kind of model, ids that are not one an item,
/// and figures that are no numbers.
///
/// ```
/// use patronage_core::{Csr, Fit, IdMap, InteractionTable, ItemFilter, ItemIdx, Provenance, Request, Timestamp, load, save};
/// use patronage_recommend::{Packaged, Popularity, PopularityModel, fingerprint};
///
/// let mut ids = IdMap::<ItemIdx>::new();
/// let bought = [("ann", "tea"), ("bob", "tea"), ("bob", "cup")];
/// let entries: Vec<_> = bought.iter().zip(0..).map(|((_, id), u)| (u, ids.intern(id).get(), 1.0)).collect();
/// let interactions = InteractionTable::new(Csr::from_entries(3, 2, &entries, |_, _| {})?)?;
///
/// let package = Packaged::new(Popularity::new().fit(&interactions)?, ids)?;
/// let provenance = Provenance { schema: None, training: Some(fingerprint(&interactions)) };
/// let text = save(&package, provenance)?;
///
/// let (package, _) = load::<Packaged<PopularityModel>>(&text)?;
/// let request = Request { history: &[], customer: None, as_of: Timestamp::from_seconds(0) };
/// assert_eq!(package.top_k_ids(&request, 1, &ItemFilter::default()), [("tea", 2.0)]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, serde::Deserialize, serde::Serialize)]
#[serde(try_from = "Repr<M>")]
#[serde(bound(
    serialize = "M: SavedModel + Recommender",
    deserialize = "M: SavedModel + Recommender"
))]
pub struct Packaged<M> {
    tag: String,
    version: u32,
    items: IdMap<ItemIdx>,
    figures: Vec<ReachedFigure>,
    model: M,
}

impl<M: SavedModel + Recommender> Packaged<M> {
    /// The model with the external id of each of its items.
    ///
    /// # Errors
    ///
    /// When there is not one id an item.
    pub fn new(model: M, items: IdMap<ItemIdx>) -> Result<Self, Error> {
        require_items("ids of items", model.n_items(), items.len())?;
        Ok(Self { tag: M::TAG.to_owned(), version: M::VERSION, items, figures: Vec::new(), model })
    }

    /// What it reached, such as [`Report::figures`](crate::Report::figures); by default nothing.
    #[must_use]
    pub fn figures(mut self, figures: &[Figure]) -> Self {
        self.figures = figures.iter().map(ReachedFigure::from).collect();
        self
    }

    /// The model.
    #[must_use]
    pub const fn model(&self) -> &M {
        &self.model
    }

    /// The external ids of the items.
    #[must_use]
    pub const fn items(&self) -> &IdMap<ItemIdx> {
        &self.items
    }

    /// What it reached.
    #[must_use]
    pub fn reached(&self) -> &[ReachedFigure] {
        &self.figures
    }

    /// The `k` best items that pass the filter by their external ids, with their scores.
    #[must_use]
    pub fn top_k_ids(
        &self,
        request: &Request<'_>,
        k: usize,
        filter: &ItemFilter<'_>,
    ) -> Vec<(&str, f32)> {
        let best = self.model.top_k(request, k, filter);
        best.iter().filter_map(|s| Some((self.items.id(s.item)?, s.score))).collect()
    }
}

impl<M: Recommender> Recommender for Packaged<M> {
    fn n_items(&self) -> usize {
        self.model.n_items()
    }

    fn scores(&self, request: &Request<'_>, out: &mut [f32]) {
        self.model.scores(request, out);
    }

    fn uses_customer(&self) -> bool {
        self.model.uses_customer()
    }

    fn scored_as(&self, item: ItemIdx) -> Option<ItemIdx> {
        self.model.scored_as(item)
    }

    fn scores_batch(&self, requests: &[Request<'_>], out: ndarray::ArrayViewMut2<'_, f32>) {
        self.model.scores_batch(requests, out);
    }

    fn top_k(&self, request: &Request<'_>, k: usize, filter: &ItemFilter<'_>) -> Vec<ScoredItem> {
        self.model.top_k(request, k, filter)
    }
}

#[derive(serde::Deserialize)]
#[serde(bound(deserialize = "M: SavedModel"))]
struct Repr<M> {
    tag: String,
    version: u32,
    items: IdMap<ItemIdx>,
    figures: Vec<ReachedFigure>,
    model: M,
}

impl<M: SavedModel + Recommender> TryFrom<Repr<M>> for Packaged<M> {
    type Error = Error;

    fn try_from(repr: Repr<M>) -> Result<Self, Error> {
        let Repr { tag, version, items, figures, model } = repr;
        require_saved(tag == M::TAG, "a package of the kind of model asked for")?;
        let readable = (M::OLDEST_VERSION..=M::VERSION).contains(&version);
        require_saved(readable, "a version of the packaged model that this build reads")?;
        require_items("ids of items", model.n_items(), items.len())?;
        let finite = figures.iter().all(|figure| {
            let (low, high) = figure.interval.unwrap_or((0.0, 0.0));
            [figure.mean, low, high].into_iter().all(f64::is_finite)
        });
        require_saved(finite, "figures that are numbers")?;
        Ok(Self { tag, version, items, figures, model })
    }
}

/// The model's own body stands inside this one, with its tag and version.
impl<M: SavedModel + Recommender> SavedModel for Packaged<M> {
    const TAG: &'static str = "recommend/packaged";
    const VERSION: u32 = 1;
}

/// A short name for interactions: equal numbers of customers and items, weights, times and baskets, equal fingerprint.
///
/// O(interactions).
#[must_use]
pub fn fingerprint<I: Interactions + ?Sized>(data: &I) -> Fingerprint {
    let mut hasher = Fingerprinter::new();
    hasher.number(data.n_customers() as u64);
    hasher.number(data.n_items() as u64);
    for customer in CustomerIdx::all(data.n_customers()) {
        let row = data.row(customer);
        hasher.number(row.items().len() as u64);
        for (item, weight) in row.items().iter().zip(row.weights()) {
            hasher.number(u64::from(item.get()));
            hasher.number(u64::from(weight.to_bits()));
        }
        for at in row.at().unwrap_or_default() {
            hasher.number(at.micros() as u64);
        }
        for basket in row.baskets().unwrap_or_default() {
            hasher.number(u64::from(basket.get()));
        }
    }
    hasher.finish()
}
