//! What do I do next?
//!
//! impact = value × relevance × eligibility for every customer and action; then the best action of
//! each customer, then the best set within the budget.

use std::path::Path;

use ndarray::Array2;
use patronage::act::{
    Answer, Assortment, Catalogue, Consents, Decisions, MeanMargin, MeanMarginModel,
    NextBestAction, OfferRelevance, Offers, Propensities, RuleColumns, RuleEligibility,
};
use patronage::core::{
    BoxError, CategoryIdx, Currency, CustomerIdx, FeatureTable, Fit, IdMap, Money, Purchases,
};
use patronage::ingest::{ConsentLog, ConsentState, EventLog};

use crate::output::OutputFolder;
use crate::recommend::Recommended;
use crate::segment::{Segmented, by_id};
use crate::target::{BUYS, Targeted, prepared};

/// The catalogue that runs when none is given; `docs/going-live.md` explains it.
const SAMPLE: &str = include_str!("../../crates/act/catalogues/sample.toml");

/// The text of a catalogue, read once.
pub(crate) struct CatalogueSource {
    name: Option<String>,
    text: String,
}

impl CatalogueSource {
    pub(crate) fn read(path: Option<&Path>) -> Result<Self, BoxError> {
        let Some(path) = path else { return Ok(Self { name: None, text: SAMPLE.to_owned() }) };
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|error| format!("{name}: {error}"))?;
        Ok(Self { name: Some(name), text })
    }

    /// The catalogue, whose amounts must be in the currency of the transactions.
    pub(crate) fn parse(
        &self,
        columns: &RuleColumns,
        currency: Option<Currency>,
    ) -> Result<Catalogue, BoxError> {
        let name = self.name.as_deref().unwrap_or("the sample catalogue");
        let catalogue =
            Catalogue::parse(&self.text, columns).map_err(|error| format!("{name}: {error}"))?;
        match (currency, catalogue.currency()) {
            (Some(expected), Some(found)) if expected != found => {
                Err(format!("{name}: expected amounts in {expected}, found currency = {found}")
                    .into())
            }
            _ => Ok(catalogue),
        }
    }
}

/// The country each customer bought from last, as a position among the levels.
pub(crate) struct Countries {
    pub(crate) levels: Vec<String>,
    of: Vec<Option<u32>>,
}

impl Countries {
    pub(crate) fn of(log: &EventLog) -> Self {
        let purchases = log.purchases();
        let n = purchases.n_customers();
        let attributes = purchases.attributes();
        let Some(column) = attributes.iter().position(|a| a.name.eq_ignore_ascii_case("country"))
        else {
            return Self { levels: Vec::new(), of: vec![None; n] };
        };
        let last = |customer| purchases.attribute_codes(customer, column).last().copied();
        let levels = attributes[column].levels.clone();
        let known = |&code: &u32| levels.get(code as usize).is_some_and(|level| !level.is_empty());
        let of = CustomerIdx::all(n).map(|customer| last(customer).filter(known)).collect();
        Self { levels, of }
    }
}

/// Everything the decisions stand on; made first, so that decisions can borrow it.
pub(crate) struct Factors<'a> {
    catalogue: &'a Catalogue,
    /// In ascending order of their ids.
    customers: Vec<CustomerIdx>,
    value: MeanMarginModel<'a>,
    relevance: OfferRelevance<'a>,
    eligibility: RuleEligibility<'a>,
    offers: &'a Offers,
}

/// What each action offers each customer: her best item and category where the catalogue says so.
pub(crate) fn offers(
    catalogue: &Catalogue,
    log: &EventLog,
    recommended: &Recommended,
) -> Result<Offers, BoxError> {
    let categories: IdMap<CategoryIdx> = log.categories().iter().collect();
    let category_of = log.items().iter().map(|(item, _)| log.category(item).map(CategoryIdx::new));
    let assortment =
        Assortment::new(log.items().clone()).categories(categories, category_of.collect())?;
    let offers = Offers::new(catalogue, assortment, log.purchases().n_customers());
    Ok(match recommended.best_items() {
        Some(items) => offers.best_items(items)?,
        None => offers,
    })
}

/// What rules may ask of each customer, in the order of `CustomerIdx`.
pub(crate) fn rule_rows(
    columns: &RuleColumns,
    log: &EventLog,
    countries: &Countries,
    segmented: &Segmented,
    targeted: &Targeted,
) -> Result<FeatureTable, BoxError> {
    let purchases = log.purchases();
    let n = purchases.n_customers();
    let schema = columns.schema().clone();
    let at = |name: &str| schema.require(name);
    let mut cells = Array2::from_elem((n, schema.len()), f64::NAN);
    for name in ["segment", "first_purchase", "last_purchase"] {
        cells.column_mut(at(name)?).fill(0.0);
    }
    let unseen = countries.levels.len() as f64;
    cells.column_mut(at("country")?).fill(unseen);
    let calendar = log.calendar();
    for (row, measures) in segmented.rfm.rows().iter().enumerate() {
        let customer = measures.customer;
        let lines = purchases.history(customer);
        let date = |at| f64::from(patronage::core::Calendar::date(calendar, at).days());
        let first = lines.at().first().copied().map_or(0.0, date);
        let monetary = measures.monetary.as_f64();
        let as_of = f64::from(segmented.rfm.as_of().days());
        let [r, f, m] = segmented.scores[row].map(f64::from);
        let propensity = targeted.customers.row_of(customer).map(|row| targeted.probabilities[row]);
        for (name, value) in [
            ("r", r),
            ("f", f),
            ("m", m),
            ("segment", f64::from(segmented.named[row].get())),
            ("cluster", f64::from(segmented.clusters.of[row].0.get())),
            ("propensity", propensity.unwrap_or(f64::NAN)),
            ("recency_days", measures.recency_days),
            ("frequency", measures.frequency as f64),
            ("monetary", monetary),
            ("tenure_days", as_of - first),
            ("average_order_value", monetary / measures.frequency as f64),
            ("first_purchase", first),
            ("last_purchase", f64::from(measures.last_date.days())),
            ("country", countries.of[customer.index()].map_or(unseen, f64::from)),
        ] {
            cells[[customer.index(), at(name)?]] = value;
        }
    }
    Ok(FeatureTable::new(schema, cells)?)
}

/// The consents recorded, by the catalogue's channels.
pub(crate) fn consents(
    catalogue: &Catalogue,
    log: &EventLog,
    recorded: Option<&ConsentLog>,
    as_of: patronage::core::Timestamp,
) -> Consents {
    let mut consents = Consents::new(catalogue, as_of);
    for record in recorded.into_iter().flat_map(|log| log.in_force(as_of)) {
        let Some(customer) = log.customers().index_of(&record.customer) else { continue };
        let (answer, at) = match record.state {
            ConsentState::Granted { at } => (Answer::Granted, Some(at)),
            ConsentState::Refused { at } => (Answer::Revoked, Some(at)),
            _ => (Answer::Unreadable, None),
        };
        match &record.channel {
            Some(channel) => consents.record(customer, channel, answer, at),
            // A record that names no channel speaks of all of them.
            None => {
                for channel in catalogue.channels() {
                    consents.record(customer, channel.id(), answer, at);
                }
            }
        }
    }
    consents
}

impl<'a> Factors<'a> {
    #[expect(clippy::too_many_arguments, reason = "each is one thing the decision stands on")]
    pub(crate) fn new(
        catalogue: &'a Catalogue,
        log: &EventLog,
        offers: &'a Offers,
        rows: &'a FeatureTable,
        consents: &'a Consents,
        segmented: &'a Segmented,
        targeted: &Targeted,
        recommended: &Recommended,
    ) -> Result<Self, BoxError> {
        let value = MeanMargin::new(catalogue, offers).fit(log.purchases())?;
        let n = log.purchases().n_customers();
        let propensities = match &targeted.model {
            Some(model) => {
                let rows = prepared(&targeted.customers)?;
                Propensities::of_customers(model, BUYS, targeted.customers.customers(), &rows, n)?
            }
            None => Propensities::base_rate(n, targeted.record.clone()),
        };
        let mut relevance = OfferRelevance::new(catalogue, offers, propensities)?;
        let as_of = targeted.as_of;
        if let Some(items) = recommended.calibrated_items() {
            relevance = relevance.items(items, log.purchases(), as_of)?;
        }
        if let Some(categories) = recommended.calibrated_categories() {
            relevance = relevance.categories(categories, log.purchases(), as_of)?;
        }
        let eligibility = RuleEligibility::new(catalogue, rows, segmented.rfm.as_of())?
            .consents(consents)
            .offers(offers);
        let known = segmented.rfm.customers();
        let customers = by_id(log, known).into_iter().map(|row| known[row]).collect();
        Ok(Self { catalogue, customers, value, relevance, eligibility, offers })
    }

    pub(crate) fn decide(&'a self, budget: Option<Money>) -> Result<Decisions<'a>, BoxError> {
        let decider = NextBestAction::new(self.catalogue).offers(self.offers);
        let decider = match budget {
            Some(budget) => decider.budget(budget),
            None => decider,
        };
        let customers = self.customers.iter().copied();
        Ok(decider.decide(customers, &self.value, &self.relevance, &self.eligibility)?)
    }
}

/// Writes `decisions.csv`.
pub(crate) fn write(
    folder: &OutputFolder,
    decisions: &Decisions<'_>,
    log: &EventLog,
) -> Result<(), BoxError> {
    folder.write("decisions.csv", |out| {
        Ok(decisions.write_csv(out, |c| log.customers().id(c).unwrap_or_default())?)
    })
}
