//! Next best action: impact = value × relevance × eligibility, arbitrated within a budget and explained.
//!
//! ```
//! # use ndarray::array;
//! # use patronage_act::{Assortment, Catalogue, MeanMargin, NextBestAction, OfferRelevance, Offers};
//! # use patronage_act::{Propensities, RuleColumns, RuleEligibility};
//! # use patronage_core::{
//! #     CalibrationRecord, Column, CustomerIdx, Date, FeatureTable, Fit, IdMap, Line, Money, OrderIdx,
//! #     Probability, PurchaseTable, Schema, Timestamp,
//! # };
//! # let mut purchases = PurchaseTable::builder();
//! # for (order, units) in [(0, 20), (1, 80), (2, 400)] {
//! #     purchases.push(CustomerIdx::new(order), Line {
//! #         at: Timestamp::from_seconds(0),
//! #         order: OrderIdx::new(order),
//! #         item: None,
//! #         quantity: 1.0,
//! #         amount: Money::from_units(units),
//! #     });
//! # }
//! # let purchases = purchases.build()?;
//! # let schema = Schema::new([Column::nullable("recency_days")])?;
//! # let customers = FeatureTable::new(schema.clone(), array![[74.0], [f64::NAN], [90.0]])?;
//! # let base_rate = Probability::new(0.25)?;
//! # let record = CalibrationRecord { method: "base rate".into(), window: None, n_rows: 9, base_rate };
//! let catalogue = r#"
//! channel = [{ id = "till", needs_consent = false }]
//! [[action]]
//! id = "voucher"
//! channel = "till"
//! cost = 1.50
//! margin = 0.30
//! offer = { service = "voucher" }
//! eligible = "recency_days > 60"
//! "#;
//! let catalogue = Catalogue::parse(catalogue, &RuleColumns::new(schema))?;
//! let offers = Offers::new(&catalogue, Assortment::new(IdMap::new()), 3);
//! let value = MeanMargin::new(&catalogue, &offers).fit(&purchases)?;
//! let propensities = Propensities::base_rate(3, record);
//! let relevance = OfferRelevance::new(&catalogue, &offers, propensities)?;
//! let eligibility = RuleEligibility::new(&catalogue, &customers, Date::new(2011, 12, 10)?)?;
//!
//! let decisions = NextBestAction::new(&catalogue)
//!     .budget(Money::from_units(100))
//!     .decide(CustomerIdx::all(3), &value, &relevance, &eligibility)?;
//! let chosen: Vec<u32> = decisions.chosen().map(|(customer, _)| customer.get()).collect();
//! assert_eq!(chosen, [0, 2]); // Of customer 1 the recency is not known, which says no.
//! assert_eq!(decisions.summary().spent, Money::from_units(3));
//! # Ok::<(), patronage_act::Error>(())
//! ```
//!
//! # How it fits together
//!
//! | step | here | or anyone's |
//! |---|---|---|
//! | what may be done | [`Catalogue`] from TOML, with [`Rule`]s over [`RuleColumns`] | |
//! | what it offers each customer | [`Offers`] in an [`Assortment`] | |
//! | what it is worth if accepted | [`MeanMargin`] | [`Value`](patronage_core::Value) |
//! | how likely she responds | [`OfferRelevance`] from [`Propensities`] and a recommender | [`Relevance`](patronage_core::Relevance) |
//! | whether she may be given it | [`RuleEligibility`] with [`Consents`] and [`ContactHistory`] | [`Eligibility`](patronage_core::Eligibility) |
//! | who is given what | [`NextBestAction`] → [`Decisions`] with a [`Summary`] | |
//!
//! Nobody is contacted by default: where consent is needed and none is recorded, or a rule or a
//! record cannot be read, the answer is no, with the reason. The crate reads no clock and no file:
//! the day of decision and the text of the catalogue are arguments.
//!
//! # When not to use it
//!
//! - To learn which action *works*: relevance here is propensity, not uplift. Put an uplift model
//!   behind [`Relevance`](patronage_core::Relevance), and keep a group that is given nothing.
//! - To plan over time: each run decides for one moment; what a contact today costs tomorrow is not
//!   weighed beyond caps.
//! - For budgets in several currencies or of several kinds (money and call-centre minutes): there is
//!   one budget.
//!
//! # Features
//!
//! - `rayon`: uses every core; the decisions do not change. On by default.
//!
//! # References
//!
//! H. Kellerer, U. Pferschy and D. Pisinger (2004), *Knapsack Problems*; H. Bühlmann and A. Gisler
//! (2005), *A Course in Credibility Theory and its Applications*; S. C. Kleene (1952),
//! *Introduction to Metamathematics*.

mod arbitrate;
mod catalogue;
mod consent;
mod contacts;
mod csv;
mod decisions;
mod eligibility;
mod error;
mod margin;
mod offers;
mod outcome;
mod parallel;
mod propensity;
mod relevance;
mod rule;
mod suggest;
mod summary;

pub use arbitrate::NextBestAction;
pub use catalogue::{
    Action, Catalogue, CatalogueWarning, Channel, MAX_PLANS, Margin, Needs, Offer,
};
pub use consent::{Answer, Consent, ConsentCounts, Consents};
pub use contacts::ContactHistory;
pub use csv::HEADER;
pub use decisions::{Decision, Decisions};
pub use eligibility::RuleEligibility;
pub use error::{Error, ErrorKind, Hint, Problem};
pub use margin::{KindStats, MeanMargin, MeanMarginModel, Shrinkage};
pub use offers::{Assortment, Offered, Offers};
pub use propensity::Propensities;
pub use relevance::OfferRelevance;
pub use rule::{Rule, RuleColumns, Truth};
pub use summary::{ConsentCost, Part, Summary};
