//! The estimator of factors of features.

use patronage_core::{Fit, Seeded};
use rand::RngExt;

use super::feature_model::FeatureMfModel;
use super::feature_steps::{FeatureEpoch, Side, Sums};
use super::featured::{Featured, weights};
use super::model::PairwiseModel;
use super::pairwise::{Pairwise, knobs, stream};
use super::steps::{Loss, Positives};
use crate::by_item::ByItem;
use crate::error::{Error, require_customers, require_items};
use crate::linear::{Rows, dispatch};

/// Whether customers and items have factors of their own beside those of their features.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum OwnFactors {
    /// They have, so that those with many interactions are more than the sum of their features; those
    /// without any take the mean of the others'.
    #[default]
    Keep,
    /// Features are all there is; a side without features has its own factors still.
    Leave,
}

/// Feature-aware factorisation: the factors of a customer or an item are a sum over its features, so
/// that those without any interaction are served by what is known of them.
///
/// ```text
/// u = Σ over features f of the customer of x(f) eᶠ,  and so v and the bias b of an item
/// minimise the loss of BPR or WARP of s(u, i) = u·vᵢ + bᵢ, regularising every row eᶠ a step touches
/// ```
///
/// The features `x` of each row are scaled to length 1, its [own](OwnFactors) factors counting as one
/// feature of value 1. Steps are made one after another, as in [`Bpr`](crate::Bpr); without
/// features the model is that of [`Bpr`](crate::Bpr) or [`Warp`](crate::Warp), to the bit, where
/// every item has an interaction. In fitting, items that nobody has are never drawn as worse than others.
///
/// **Requests.** A customer of the data starts from the factors of her features (and her own), and
/// learns from the request's history from there, with the items held; anybody else starts from 0, or
/// from the features given ([`FeatureMfModel::customer`], [`FeatureMfModel::top_k_from`]).
///
/// **When not to use it.** Features must say something. On MovieLens-1M genres and decades serve new
/// films far better than content alone does, but by sex, age and occupation new customers are hardly
/// served better than by popularity, and not as well as by [`SegmentPopularity`](crate::SegmentPopularity).
///
/// **Cost.** Time O(epochs × interactions × factors × features of a customer and two items); memory
/// 4 bytes a factor of each customer, item and feature, twice for items.
///
/// **Degenerate input.** As for [`Bpr`](crate::Bpr). What has neither features nor own factors is 0.
///
/// ```
/// use patronage_core::{Csr, CustomerIdx, Fit, InteractionTable, ItemFilter, Recommender, Request, SparseItemFeatures, Timestamp};
/// use patronage_recommend::{FeatureMf, Featured};
///
/// // Even customers buy tea (items 0, 2), odd ones coffee (items 1, 3); nobody has bought 4 and 5 yet.
/// let bought: Vec<_> = (0..40).flat_map(|u| [(u, u % 2, 1.0), (u, u % 2 + 2, 1.0)]).collect();
/// let interactions = InteractionTable::new(Csr::from_entries(42, 6, &bought, |_, _| {})?)?;
/// let features = |n| -> Result<SparseItemFeatures, patronage_core::Error> {
///     let entries: Vec<_> = (0..n).map(|row| (row, row % 2, 1.0)).collect();
///     SparseItemFeatures::new(Csr::from_entries(n as usize, 2, &entries, |_, _| {})?, vec![])
/// };
/// let (customers, items) = (features(42)?, features(6)?);
/// let data = Featured::new(&interactions).customers(&customers).items(&items);
/// let model = FeatureMf::bpr(4).fit(&data)?;
///
/// // Customer 41, who drinks coffee, has bought nothing yet.
/// let as_of = Timestamp::from_seconds(0);
/// let request = Request { history: &[], customer: Some(CustomerIdx::new(41)), as_of };
/// let best = model.top_k(&request, 3, &ItemFilter::default());
/// assert!(best.iter().all(|scored| scored.item.get() % 2 == 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # References
///
/// - M. Kula (2015), "Metadata embeddings for user and item cold-start recommendations" (LightFM).
/// - S. Rendle, C. Freudenthaler, Z. Gantner, L. Schmidt-Thieme (2009), "BPR: Bayesian personalized ranking from implicit feedback".
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FeatureMf(Pairwise, OwnFactors);

impl FeatureMf {
    /// By the loss of [`Bpr`](crate::Bpr), of `n_factors` factors beside the items' biases: 1 to 4096, usually 16 to 128.
    #[must_use]
    pub const fn bpr(n_factors: usize) -> Self {
        Self(Pairwise::bpr(n_factors), OwnFactors::Keep)
    }

    /// By the loss of [`Warp`](crate::Warp).
    #[must_use]
    pub const fn warp(n_factors: usize) -> Self {
        Self(Pairwise::warp(n_factors), OwnFactors::Keep)
    }

    /// Of WARP, items drawn at most to find one that violates the margin; default `10`, at least 1. BPR draws one.
    #[must_use]
    pub const fn max_sampled(mut self, items: usize) -> Self {
        if let Loss::Warp { .. } = self.0.descent.loss {
            self.0.descent.loss = Loss::Warp { max_sampled: items };
        }
        self
    }

    /// Whether customers and items have factors of their own; default [`OwnFactors::Keep`].
    #[must_use]
    pub const fn own(mut self, own: OwnFactors) -> Self {
        self.1 = own;
        self
    }

    knobs!();
}

impl Seeded for FeatureMf {
    fn reseeded(&self, seed: u64) -> Self {
        self.seed(seed)
    }
}

impl Fit<Featured<'_>> for FeatureMf {
    type Model = FeatureMfModel;
    type Error = Error;

    /// Learns the factors.
    ///
    /// # Errors
    ///
    /// When a parameter is out of its range, features are of another number of rows than there are
    /// customers or items or are not finite, the data break the promises of
    /// [`Interactions`](patronage_core::Interactions), or steps are so long that factors leave the
    /// range of numbers ([`ErrorKind::NotFinite`](crate::ErrorKind::NotFinite)).
    fn fit(&self, data: &Featured<'_>) -> Result<FeatureMfModel, Error> {
        let Self(of, own) = self;
        of.validate()?;
        let (table, n_items) = (data.interactions, data.interactions.n_items());
        let keep = |features: bool| *own == OwnFactors::Keep || !features;
        let own = [keep(data.customers.is_some()), keep(data.items.is_some())];
        let [what_of_customers, what_of_items] = ["features of customers", "features of items"];
        let n_customers = table.n_customers();
        if let Some(features) = data.customers {
            require_customers(what_of_customers, n_customers, features.n_items())?;
        }
        if let Some(features) = data.items {
            require_items(what_of_items, n_items, features.n_items())?;
        }
        let of_customers = weights(what_of_customers, n_customers, data.customers, own[0])?;
        let of_items = weights(what_of_items, n_items, data.items, own[1])?;
        // Checks the data.
        drop(ByItem::new(table)?);
        let positives = Positives::new(table);
        let mut known = positives.items.clone();
        known.sort_unstable();
        known.dedup();

        let mut customers = of.start(of_customers.n_columns(), 0, 0.0);
        let mut items = of.start(of_items.n_columns(), 1, 0.0);
        let n = positives.items.len();
        for epoch in 0..of.max_iter as u64 {
            let [mut of_pairs, mut rng] = [2, 3].map(|s| stream(of.seed, s + 2 * epoch));
            let mut pairs = (0..n).map(|_| {
                let at = of_pairs.random_range(0..n);
                (positives.customers[at] as usize, positives.items[at])
            });
            dispatch(FeatureEpoch {
                descent: of.descent,
                pairs: &mut pairs,
                items_of: &|customer| positives.of(customer),
                known: &known,
                customers: Side { weights: &of_customers, rows: &mut customers },
                items: Side { weights: &of_items, rows: &mut items },
                rng: &mut rng,
            });
        }
        let no_customer = |row: usize| positives.of(row).is_empty();
        let nobody_has = |row: usize| known.binary_search(&(row as u32)).is_err();
        let means = [
            own[0].then(|| take_mean(&mut customers, table.n_customers(), no_customer)),
            own[1].then(|| take_mean(&mut items, n_items, nobody_has)),
        ];
        let mut summed = dispatch(Sums { weights: &of_customers, rows: &customers });
        let bias = summed.d() - 1;
        (0..summed.n()).for_each(|row| summed.row_mut(row)[bias] = 1.0);
        let of_items = dispatch(Sums { weights: &of_items, rows: &items });
        let model = PairwiseModel::from_parts(of.descent, of.seed, of.rule, of_items, summed)?;
        let features = |rows: &Rows, n_own: usize| rows.after(n_own);
        let customers = features(&customers, if own[0] { table.n_customers() } else { 0 });
        let items = features(&items, if own[1] { n_items } else { 0 });
        FeatureMfModel::from_parts(model, means.map(Option::unwrap_or_default), customers, items)
    }
}

/// Sets those of the first `n` rows that nothing is learnt of to the mean of the others, which it gives.
fn take_mean(rows: &mut Rows, n: usize, unknown: impl Fn(usize) -> bool) -> Vec<f32> {
    let mut sums = vec![0.0_f64; rows.d()];
    let known: Vec<usize> = (0..n).filter(|&row| !unknown(row)).collect();
    for &row in &known {
        sums.iter_mut().zip(rows.values(row)).for_each(|(sum, &x)| *sum += f64::from(x));
    }
    let mean: Vec<f32> =
        sums.into_iter().map(|sum| (sum / known.len().max(1) as f64) as f32).collect();
    for row in (0..n).filter(|&row| unknown(row)) {
        rows.row_mut(row)[..mean.len()].copy_from_slice(&mean);
    }
    mean
}
