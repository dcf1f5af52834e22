//! What can be wrong with recommending.

use patronage_core::{CustomerIdx, Interactions, ItemIdx, Timestamp};

/// An error of this crate; [`kind`](Self::kind) says what it is.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct Error(Box<ErrorKind>);

impl Error {
    /// What went wrong, with the data behind it.
    #[must_use]
    pub fn kind(&self) -> &ErrorKind {
        &self.0
    }
}

impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        Self(Box::new(kind))
    }
}

impl From<patronage_core::Error> for Error {
    fn from(error: patronage_core::Error) -> Self {
        ErrorKind::Core(error).into()
    }
}

/// What went wrong.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A parameter outside its range.
    #[error("{parameter}: expected {expected}, found {found}")]
    Parameter {
        /// The parameter's name.
        parameter: &'static str,
        /// Its range.
        expected: &'static str,
        /// The value found.
        found: f64,
    },
    /// Interactions without times, where a window or a half-life needs them.
    #[error("expected interactions with times, found customer {customer} without")]
    Untimed {
        /// The first such customer.
        customer: usize,
    },
    /// Models, data or groups of another number of items.
    #[error("{what}: expected {expected} items, found {found}")]
    Items {
        /// What was counted.
        what: &'static str,
        /// How many there should be.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// Another number of customers than expected.
    #[error("{what}: expected {expected} customers, found {found}")]
    Customers {
        /// What was counted.
        what: &'static str,
        /// How many there should be.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// Nothing where something is needed.
    #[error("{what}: expected at least one, found none")]
    Empty {
        /// What there is none of.
        what: &'static str,
    },
    /// Something that was known only later stands among what was known: a test that precedes training.
    #[error(
        "{}: expected what is known strictly before {as_of}, found an interaction at {at}",
        who(*.customer)
    )]
    Leakage {
        /// The customer; `None` for an anonymous request.
        customer: Option<CustomerIdx>,
        /// The moment of the request.
        as_of: Timestamp,
        /// The interaction at or after it.
        at: Timestamp,
    },
    /// A target that happened before the request it is to be predicted from.
    #[error("{customer}: expected targets at or after {as_of}, found one at {at}")]
    EarlyTarget {
        /// The customer.
        customer: CustomerIdx,
        /// The moment of the request.
        as_of: Timestamp,
        /// When the target happened.
        at: Timestamp,
    },
    /// A recommender whose score is no finite number, where something is to be learnt from it.
    #[error("the score of {item}: expected a finite number, found {found}")]
    Score {
        /// The item scored.
        item: ItemIdx,
        /// The score.
        found: f32,
    },
    /// A metric without what it is taken from.
    #[error("{metric}: expected an evaluation with {needed}, found one without")]
    MetricNeeds {
        /// The metric's name.
        metric: &'static str,
        /// What it is taken from.
        needed: &'static str,
    },
    /// A metric that cannot be taken here.
    #[error("{metric}: expected a metric of {expected}")]
    Metric {
        /// The metric's name.
        metric: &'static str,
        /// What kind of metric is taken here.
        expected: &'static str,
    },
    /// A customer who is tested on what came before something training knows of her.
    #[error(
        "{customer}: expected nothing in training at or after the test at {test}, found an interaction at {training}"
    )]
    TestPrecedesTraining {
        /// The customer.
        customer: CustomerIdx,
        /// When her earliest target happened.
        test: Timestamp,
        /// The earliest interaction of training at or after it.
        training: Timestamp,
    },
    /// A test that starts before training ends.
    #[error("test window: expected one from {earliest} on, found one from {found}")]
    TestWindow {
        /// The end of training.
        earliest: Timestamp,
        /// The start of the test.
        found: Timestamp,
    },
    /// A parameter no point has.
    #[error("expected a parameter {name}, found none")]
    NoParameter {
        /// The name asked for.
        name: String,
    },
    /// A model that could not be fitted, where one is needed.
    #[error("expected a model, found that it cannot be fitted")]
    Fit {
        /// Why.
        source: patronage_core::BoxError,
    },
    /// A rating off the scale.
    #[error("{customer}, {item}: expected a rating from {low} to {high}, found {found}")]
    Rating {
        /// Who rated.
        customer: CustomerIdx,
        /// What.
        item: ItemIdx,
        /// The lowest rating.
        low: f64,
        /// The highest rating.
        high: f64,
        /// The rating found.
        found: f32,
    },
    /// Two reports to compare that were not taken on the same customers and targets.
    #[error("{what}: expected the same cases, found others")]
    OtherCases {
        /// What was compared.
        what: &'static str,
    },
    /// Learning that ran away.
    #[error(
        "learning_rate: expected steps short enough to converge, found errors that grow without bound in epoch {epoch}"
    )]
    Diverged {
        /// The epoch, from 0.
        epoch: usize,
    },
    /// What is learnt left the range of numbers.
    #[error(
        "{what}: expected finite numbers, found one that is not; regularise more or start smaller"
    )]
    NotFinite {
        /// What was being learnt.
        what: &'static str,
    },
    /// A saved model that contradicts itself.
    #[error("saved model: expected {expected}")]
    Saved {
        /// What does not hold.
        expected: &'static str,
    },
    /// What the shared vocabulary refuses.
    #[error(transparent)]
    Core(patronage_core::Error),
}

/// Of whom an error speaks.
fn who(customer: Option<CustomerIdx>) -> String {
    customer.map_or_else(|| "anonymous request".to_owned(), |customer| customer.to_string())
}

/// Refuses a parameter outside its range; NaN is outside every range.
pub(crate) fn require(
    holds: bool,
    parameter: &'static str,
    expected: &'static str,
    found: f64,
) -> Result<(), Error> {
    if holds { Ok(()) } else { Err(ErrorKind::Parameter { parameter, expected, found }.into()) }
}

/// An index beyond the end of what it counts.
pub(crate) fn out_of_range(noun: &'static str, bound: usize, found: usize) -> Error {
    patronage_core::Error::from(patronage_core::ErrorKind::OutOfRange { noun, bound, found }).into()
}

/// Refuses another number of items than expected.
pub(crate) fn require_items(
    what: &'static str,
    expected: usize,
    found: usize,
) -> Result<(), Error> {
    if expected == found { Ok(()) } else { Err(ErrorKind::Items { what, expected, found }.into()) }
}

/// Refuses another number of customers than expected.
pub(crate) fn require_customers(
    what: &'static str,
    expected: usize,
    found: usize,
) -> Result<(), Error> {
    if expected == found {
        Ok(())
    } else {
        Err(ErrorKind::Customers { what, expected, found }.into())
    }
}

/// Refuses data of fewer customers or items than a former model knows.
pub(crate) fn require_grown<I: Interactions + ?Sized>(
    n_customers: usize,
    n_items: usize,
    data: &I,
) -> Result<(), Error> {
    let what = "data to go on with, at least those of the former model";
    require_customers(what, n_customers.max(data.n_customers()), data.n_customers())?;
    require_items(what, n_items.max(data.n_items()), data.n_items())
}

/// Refuses a saved model that contradicts itself.
#[cfg(feature = "serde")]
pub(crate) fn require_saved(holds: bool, expected: &'static str) -> Result<(), Error> {
    if holds { Ok(()) } else { Err(ErrorKind::Saved { expected }.into()) }
}

/// Refuses a saved size that nothing beside it bears out, before memory is asked for it: more than
/// the entries saved with it and some sixteen million.
#[cfg(feature = "serde")]
pub(crate) fn require_saved_size(size: usize, n_entries: usize) -> Result<(), Error> {
    let holds = size <= n_entries.saturating_add(1 << 24);
    require_saved(holds, "a size of at most as many as there are entries, and 2^24")
}
