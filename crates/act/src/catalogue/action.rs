//! What may be done, and what it offers.

use std::fmt;

use patronage_core::{ActionIdx, ChannelIdx, Date, Money, Probability};

use crate::rule::Rule;

/// An action of a [`Catalogue`](crate::Catalogue).
#[derive(Clone, Debug, PartialEq)]
pub struct Action {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) channel: ChannelIdx,
    pub(super) cost: Money,
    pub(super) margin: Margin,
    pub(super) offer: Offer,
    pub(super) rule: Rule,
    pub(super) valid_from: Option<Date>,
    pub(super) valid_until: Option<Date>,
    pub(super) requires: Vec<ActionIdx>,
    pub(super) excludes: Vec<ActionIdx>,
    pub(super) cap: u32,
    pub(super) weight: f64,
    pub(super) response: Probability,
}

impl Action {
    /// Its id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Its name; the id where it has none.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where the customer is met.
    #[must_use]
    pub const fn channel(&self) -> ChannelIdx {
        self.channel
    }

    /// What giving it to one customer once costs, accepted or not.
    #[must_use]
    pub const fn cost(&self) -> Money {
        self.cost
    }

    /// What is earned where it is accepted.
    #[must_use]
    pub const fn margin(&self) -> Margin {
        self.margin
    }

    /// What it offers.
    #[must_use]
    pub const fn offer(&self) -> &Offer {
        &self.offer
    }

    /// Who may be given it.
    #[must_use]
    pub const fn rule(&self) -> &Rule {
        &self.rule
    }

    /// Its first day, where it has one.
    #[must_use]
    pub const fn valid_from(&self) -> Option<Date> {
        self.valid_from
    }

    /// Its last day, where it has one; the action is valid on it.
    #[must_use]
    pub const fn valid_until(&self) -> Option<Date> {
        self.valid_until
    }

    /// The actions each of which she must have been given before, or be given in the same plan.
    #[must_use]
    pub fn requires(&self) -> &[ActionIdx] {
        &self.requires
    }

    /// The actions that never stand in one plan with it, named by it or naming it; ascending.
    #[must_use]
    pub fn excludes(&self) -> &[ActionIdx] {
        &self.excludes
    }

    /// How often one customer may be given it at all, at least 1.
    #[must_use]
    pub const fn cap(&self) -> u32 {
        self.cap
    }

    /// What multiplies its net in arbitration, above 0.
    #[must_use]
    pub const fn weight(&self) -> f64 {
        self.weight
    }

    /// The share of customers about to buy who respond to the service; 1 for items and categories.
    #[must_use]
    pub const fn response(&self) -> Probability {
        self.response
    }
}

/// What is earned where an action is accepted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Margin {
    /// This share, in `[0, 1]`, of what she pays is kept.
    Rate(f64),
    /// This much is earned an acceptance, whoever accepts.
    Amount(Money),
}

/// What an action offers.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Offer {
    /// The item of this id.
    Item(String),
    /// The item recommended most to the customer: `{ item = "best" }`.
    BestItem,
    /// The category of this name.
    Category(String),
    /// The category recommended most to the customer: `{ category = "best" }`.
    BestCategory,
    /// A service, such as a loyalty call; any order of hers may follow.
    Service(String),
}

impl fmt::Display for Offer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Item(id) => write!(f, "item {id}"),
            Self::BestItem => f.write_str("her best item"),
            Self::Category(name) => write!(f, "category {name}"),
            Self::BestCategory => f.write_str("her best category"),
            Self::Service(text) => f.write_str(text),
        }
    }
}
