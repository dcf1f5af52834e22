//! The factors of a decision: value × relevance × eligibility.

use std::borrow::Cow;

use crate::index::{ActionIdx, CustomerIdx};
use crate::money::Money;
use crate::probability::Probability;
use crate::purchases::Lines;
use crate::time::{Span, Timestamp};

/// A factor and why it is what it is, in words a marketer reads.
#[derive(Clone, Debug, PartialEq)]
pub struct Explained<T> {
    /// The factor.
    pub value: T,
    /// Why, without a full stop: `"mean margin of 12 orders, drawn towards that of all customers"`.
    pub reason: Cow<'static, str>,
}

impl<T> Explained<T> {
    /// A factor with its reason.
    pub fn new(value: T, reason: impl Into<Cow<'static, str>>) -> Self {
        Self { value, reason: reason.into() }
    }
}

/// A model of what a customer is worth: her expected margin (or revenue, as the model says) within a horizon.
///
/// Total on any history, an empty one included. Outsiders may implement it.
pub trait ValueModel: Send + Sync {
    /// The expected value within `horizon` after `as_of`, given what she bought strictly before `as_of`.
    fn expected_value(&self, history: Lines<'_>, as_of: Timestamp, horizon: Span) -> Money;
}

impl<V: ValueModel + ?Sized> ValueModel for &V {
    fn expected_value(&self, history: Lines<'_>, as_of: Timestamp, horizon: Span) -> Money {
        (**self).expected_value(history, as_of, horizon)
    }
}

impl<V: ValueModel + ?Sized> ValueModel for Box<V> {
    fn expected_value(&self, history: Lines<'_>, as_of: Timestamp, horizon: Span) -> Money {
        (**self).expected_value(history, as_of, horizon)
    }
}

impl<V: ValueModel + ?Sized> ValueModel for std::sync::Arc<V> {
    fn expected_value(&self, history: Lines<'_>, as_of: Timestamp, horizon: Span) -> Money {
        (**self).expected_value(history, as_of, horizon)
    }
}

/// What an action is worth with a customer if she accepts: the expected margin.
///
/// Total on every customer and action of the data and catalogue it was made for. Outsiders may
/// implement it.
pub trait Value: Send + Sync {
    /// The expected margin if accepted, at least 0.
    ///
    /// # Panics
    ///
    /// May panic for a customer or action it was not made for.
    fn value(&self, customer: CustomerIdx, action: ActionIdx) -> Explained<Money>;

    /// The factor of [`value`](Self::value) alone; override it where putting the reason into words costs.
    fn amount(&self, customer: CustomerIdx, action: ActionIdx) -> Money {
        self.value(customer, action).value
    }
}

/// How likely a customer is to respond to an action within the horizon: never a raw score.
///
/// It is propensity, not uplift, unless the implementor says otherwise. Outsiders may implement it.
pub trait Relevance: Send + Sync {
    /// The probability of a response within the horizon.
    ///
    /// # Panics
    ///
    /// May panic for a customer or action it was not made for.
    fn relevance(&self, customer: CustomerIdx, action: ActionIdx) -> Explained<Probability>;

    /// The factor of [`relevance`](Self::relevance) alone; override it where putting the reason into words costs.
    fn probability(&self, customer: CustomerIdx, action: ActionIdx) -> Probability {
        self.relevance(customer, action).value
    }
}

/// Whether a customer may be given an action at all: rules, consent, dates.
///
/// Where something cannot be read or is not recorded, the answer is no. Outsiders may implement it.
pub trait Eligibility: Send + Sync {
    /// Yes or no, with what decided.
    ///
    /// # Panics
    ///
    /// May panic for a customer or action it was not made for.
    fn eligibility(&self, customer: CustomerIdx, action: ActionIdx) -> Explained<Verdict>;

    /// The factor of [`eligibility`](Self::eligibility) alone; override it where putting the reason into words costs.
    fn verdict(&self, customer: CustomerIdx, action: ActionIdx) -> Verdict {
        self.eligibility(customer, action).value
    }

    /// The verdict had she consented to every channel: what is eligible here and not in
    /// [`verdict`](Self::verdict) is lost to missing consent alone.
    ///
    /// By default the verdict itself, for implementors that know nothing of consent.
    fn verdict_with_consent(&self, customer: CustomerIdx, action: ActionIdx) -> Verdict {
        self.verdict(customer, action)
    }
}

/// The answer of [`Eligibility`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// She may be given the action.
    Eligible,
    /// She may not.
    Ineligible,
}

impl Verdict {
    /// Whether the answer is yes.
    #[must_use]
    pub const fn is_eligible(self) -> bool {
        matches!(self, Self::Eligible)
    }
}

macro_rules! pointers {
    ($trait:ident: $($verb:ident -> $out:ty),+) => {
        impl<T: $trait + ?Sized> $trait for &T {
            $(fn $verb(&self, customer: CustomerIdx, action: ActionIdx) -> $out {
                (**self).$verb(customer, action)
            })+
        }

        impl<T: $trait + ?Sized> $trait for Box<T> {
            $(fn $verb(&self, customer: CustomerIdx, action: ActionIdx) -> $out {
                (**self).$verb(customer, action)
            })+
        }

        impl<T: $trait + ?Sized> $trait for std::sync::Arc<T> {
            $(fn $verb(&self, customer: CustomerIdx, action: ActionIdx) -> $out {
                (**self).$verb(customer, action)
            })+
        }
    };
}

pointers!(Value: value -> Explained<Money>, amount -> Money);
pointers!(Relevance: relevance -> Explained<Probability>, probability -> Probability);
pointers!(
    Eligibility: eligibility -> Explained<Verdict>,
    verdict -> Verdict,
    verdict_with_consent -> Verdict
);
