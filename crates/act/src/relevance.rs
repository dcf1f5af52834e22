//! Relevance from calibrated models.

use ndarray::Array2;
use patronage_core::{
    ActionIdx, Calibrated, CustomerIdx, Explained, HistoryEntry, ItemIdx, Probability, Purchases,
    Recommender, Relevance, Request, Timestamp,
};

use crate::catalogue::Catalogue;
use crate::error::Error;
use crate::offers::{Offered, Offers, length};
use crate::parallel::chunks;
use crate::propensity::Propensities;

/// Customers whose scores are asked for at a time.
const BATCH: usize = 64;

/// How likely a customer is to respond to an action within the horizon.
///
/// | offer | relevance |
/// |---|---|
/// | item | P(buys within the horizon) × P(this item, given that she buys) |
/// | category | P(buys within the horizon) × P(an item of it, given that she buys) |
/// | service | P(buys within the horizon) × the response the catalogue declares (by default 1) |
///
/// The first factor comes from [`Propensities`], the second from a recommender whose scores are
/// calibrated probabilities; models that are not [`Calibrated`] cannot be passed. Where no
/// calibrated model stands behind an item or category, its relevance is 0. Where there is one for
/// items and none for categories, a category counts as its likeliest item alone: never more than
/// the truth.
///
/// It is *propensity, not uplift*: how likely she is to buy, not how much likelier the action makes
/// it. Memory is 8 bytes a customer and 4 a customer and action.
///
/// ```
/// use patronage_act::{Assortment, Catalogue, OfferRelevance, Offers, Propensities, RuleColumns};
/// use patronage_core::{
///     ActionIdx, CalibrationRecord, CustomerIdx, IdMap, Probability, Relevance, Schema,
/// };
///
/// let catalogue = r#"
/// channel = [{ id = "till", needs_consent = false }]
/// [[action]]
/// id = "voucher"
/// channel = "till"
/// cost = 0
/// margin = 0.5
/// offer = { service = "voucher" }
/// response = 0.1
/// eligible = "true"
/// "#;
/// let catalogue = Catalogue::parse(catalogue, &RuleColumns::new(Schema::new([])?))?;
/// let offers = Offers::new(&catalogue, Assortment::new(IdMap::new()), 1);
/// let base_rate = Probability::new(0.3)?;
/// let record =
///     CalibrationRecord { method: "base rate".into(), window: None, n_rows: 1000, base_rate };
/// let relevance =
///     OfferRelevance::new(&catalogue, &offers, Propensities::base_rate(1, record))?;
/// let voucher = relevance.probability(CustomerIdx::new(0), ActionIdx::new(0));
/// assert!((voucher.get() - 0.03).abs() < 1e-12);
/// # Ok::<(), patronage_act::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct OfferRelevance<'a> {
    catalogue: &'a Catalogue,
    offers: &'a Offers,
    propensities: Propensities,
    /// P(what is offered, given that she buys), customer after customer; NaN where no model says.
    chances: Vec<f32>,
    has_categories: bool,
}

impl<'a> OfferRelevance<'a> {
    /// Relevance of the actions of `catalogue`, of which only services are relevant until
    /// [`items`](Self::items) says how likely items are.
    ///
    /// # Errors
    ///
    /// When catalogue, offers and propensities do not fit together.
    pub fn new(
        catalogue: &'a Catalogue,
        offers: &'a Offers,
        propensities: Propensities,
    ) -> Result<Self, Error> {
        length("actions of the offers", catalogue.actions().len(), offers.n_actions())?;
        length("propensities", offers.n_customers(), propensities.values().len())?;
        let chances = vec![f32::NAN; offers.n_customers() * offers.n_actions()];
        Ok(Self { catalogue, offers, propensities, chances, has_categories: false })
    }

    /// The probabilities of items, given that she buys, from a calibrated recommender over the
    /// items of the offers, asked with what each customer bought before `as_of`.
    ///
    /// One score vector a customer, 64 at a time on each thread.
    ///
    /// # Errors
    ///
    /// When model, offers and purchases do not fit together, or a score is no probability.
    pub fn items<R, P>(mut self, model: &R, purchases: &P, as_of: Timestamp) -> Result<Self, Error>
    where
        R: Recommender + Calibrated + ?Sized,
        P: Purchases + ?Sized,
    {
        let assortment = self.offers.assortment();
        length("items of the model", assortment.n_items(), model.n_items())?;
        let members = members(self.offers);
        let history = |customer| HistoryEntry::from_lines(history(&purchases, customer, as_of));
        let keep_categories = self.has_categories;
        self.ask(
            &model,
            purchases.n_customers(),
            as_of,
            &history,
            &|offered, scores| match offered {
                Offered::Item(item) => Some(scores[item.index()]),
                Offered::Category(category) if !keep_categories => {
                    let items = members[category.index()].iter();
                    let likeliest = items.map(|item| scores[item.index()]).max_by(f32::total_cmp);
                    Some(likeliest.unwrap_or(0.0))
                }
                _ => None,
            },
        )?;
        Ok(self)
    }

    /// The probabilities of categories, given that she buys, from a calibrated recommender that
    /// scores the categories of the offers, in their order, where others score items; it is asked
    /// with the items each customer bought before `as_of`.
    ///
    /// # Errors
    ///
    /// When model, offers and purchases do not fit together, or a score is no probability.
    pub fn categories<R, P>(
        mut self,
        model: &R,
        purchases: &P,
        as_of: Timestamp,
    ) -> Result<Self, Error>
    where
        R: Recommender + Calibrated + ?Sized,
        P: Purchases + ?Sized,
    {
        let assortment = self.offers.assortment();
        length("categories of the model", assortment.n_categories(), model.n_items())?;
        let history = |customer| HistoryEntry::from_lines(history(&purchases, customer, as_of));
        self.ask(
            &model,
            purchases.n_customers(),
            as_of,
            &history,
            &|offered, scores| match offered {
                Offered::Category(category) => Some(scores[category.index()]),
                _ => None,
            },
        )?;
        self.has_categories = true;
        Ok(self)
    }

    /// Fills the chances that `pick` finds in the scores of each customer.
    fn ask(
        &mut self,
        model: &dyn Recommender,
        n_customers: usize,
        as_of: Timestamp,
        history: &(dyn Fn(CustomerIdx) -> Vec<HistoryEntry> + Sync),
        pick: &(dyn Fn(Offered, &[f32]) -> Option<f32> + Sync),
    ) -> Result<(), Error> {
        length("customers of the purchases", self.offers.n_customers(), n_customers)?;
        let (offers, n_actions) = (self.offers, self.offers.n_actions());
        let parts = chunks(n_customers, BATCH, |range| {
            let start = range.start;
            let histories: Vec<_> = range.map(|c| history(CustomerIdx::from_usize(c))).collect();
            let requests: Vec<Request<'_>> = (start..)
                .zip(&histories)
                .map(|(customer, history)| Request {
                    history,
                    customer: Some(CustomerIdx::from_usize(customer)),
                    as_of,
                })
                .collect();
            let mut scores = Array2::zeros((requests.len(), model.n_items()));
            model.scores_batch(&requests, scores.view_mut());
            let mut found = Vec::new();
            for (customer, scores) in (start..).zip(scores.rows()) {
                let scores = scores.to_slice().unwrap_or_default();
                for action in ActionIdx::all(n_actions) {
                    let offered = offers.offered(CustomerIdx::from_usize(customer), action);
                    if let Some(chance) = pick(offered, scores) {
                        Probability::new(f64::from(chance))?;
                        found.push((customer * n_actions + action.index(), chance));
                    }
                }
            }
            Ok::<_, patronage_core::Error>(found)
        });
        for part in parts {
            for (cell, chance) in part? {
                self.chances[cell] = chance;
            }
        }
        Ok(())
    }

    fn chance(&self, customer: CustomerIdx, action: ActionIdx) -> Option<f64> {
        match self.offers.offered(customer, action) {
            Offered::Service => Some(self.catalogue.action(action).response().get()),
            Offered::Nothing => None,
            Offered::Item(_) | Offered::Category(_) => {
                let cell = customer.index() * self.offers.n_actions() + action.index();
                Some(f64::from(self.chances[cell])).filter(|chance| !chance.is_nan())
            }
        }
    }
}

impl Relevance for OfferRelevance<'_> {
    fn relevance(&self, customer: CustomerIdx, action: ActionIdx) -> Explained<Probability> {
        let relevance = self.probability(customer, action);
        let propensity = self.propensities.values()[customer.index()].get();
        let Some(chance) = self.chance(customer, action) else {
            let reason = match self.offers.offered(customer, action) {
                Offered::Nothing => "nothing to offer her, so nothing to respond to",
                _ => "no calibrated model says how likely it is",
            };
            return Explained::new(relevance, reason);
        };
        let offered = self.offers.offered(customer, action);
        let what = match offered {
            Offered::Service if chance == 1.0 => {
                let reason = format!("propensity {propensity:.3} to buy (not uplift)");
                return Explained::new(relevance, reason);
            }
            Offered::Service => "of likely buyers respond, by the catalogue".to_owned(),
            Offered::Category(_) if !self.has_categories => format!(
                "that it is the likeliest item of {}",
                self.offers.describe(customer, action)
            ),
            _ => format!("that it is {}", self.offers.describe(customer, action)),
        };
        let reason = format!("propensity {propensity:.3} to buy (not uplift) × {chance:.4} {what}");
        Explained::new(relevance, reason)
    }

    fn probability(&self, customer: CustomerIdx, action: ActionIdx) -> Probability {
        let chance = self.chance(customer, action).unwrap_or(0.0);
        let propensity = self.propensities.values()[customer.index()];
        Probability::new(chance).map_or(Probability::ZERO, |chance| propensity.and(chance))
    }
}

fn history<P: Purchases>(
    purchases: &P,
    customer: CustomerIdx,
    as_of: Timestamp,
) -> patronage_core::Lines<'_> {
    purchases.history(customer).before(as_of)
}

/// The items of each category.
fn members(offers: &Offers) -> Vec<Vec<ItemIdx>> {
    let mut members = vec![Vec::new(); offers.assortment().n_categories()];
    for (position, category) in offers.assortment().category_of().iter().enumerate() {
        if let Some(category) = category {
            members[category.index()].push(ItemIdx::from_usize(position));
        }
    }
    members
}
