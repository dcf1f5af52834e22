//! Next best action.
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
pub use relevance::{OfferRelevance, Propensities};
pub use rule::{Rule, RuleColumns, Truth};
pub use summary::{ConsentCost, Part, Summary};
