//! What can be wrong with a catalogue, a rule or a decision.

use patronage_core::Money;

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
    /// A catalogue that cannot be used; nobody is contacted on its account.
    #[error("line {line}, column {column}: {problem}")]
    Catalogue {
        /// The line, from 1.
        line: usize,
        /// The character in the line, from 1.
        column: usize,
        /// What is wrong there.
        problem: Problem,
    },
    /// A rule that cannot be read.
    #[error("character {at}: {problem}")]
    Rule {
        /// The character of the rule, from 1.
        at: usize,
        /// What is wrong there.
        problem: Problem,
    },
    /// A budget below zero.
    #[error("budget: expected at least 0, found {found}")]
    Budget {
        /// The budget given.
        found: Money,
    },
    /// A parameter outside its range.
    #[error("{parameter}: expected {expected}, found {found}")]
    Parameter {
        /// The parameter.
        parameter: &'static str,
        /// What is admitted.
        expected: &'static str,
        /// What was given.
        found: f64,
    },
    /// One customer twice among those to decide on.
    #[error("customers: expected each once, found {customer} twice")]
    DoubledCustomer {
        /// The customer.
        customer: patronage_core::CustomerIdx,
    },
    /// Two things that must be of one length and are not.
    #[error("{what}: expected {expected}, found {found}")]
    Length {
        /// What was counted.
        what: &'static str,
        /// How many there should be.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// An index outside its space.
    #[error("{noun}: expected an index below {bound}, found {found}")]
    OutOfRange {
        /// What the index counts.
        noun: &'static str,
        /// The size of the space.
        bound: usize,
        /// The index found.
        found: usize,
    },
    /// An id the catalogue does not have.
    #[error("expected one of the {noun}s {known:?}, found {found:?}{hint}")]
    NoSuchId {
        /// What the id names.
        noun: &'static str,
        /// The id asked for.
        found: String,
        /// The ids there are.
        known: Vec<String>,
        /// The id that may have been meant.
        hint: Hint,
    },
    /// An error of the shared vocabulary.
    #[error(transparent)]
    Core(patronage_core::Error),
}

/// What is wrong at one place of a catalogue or rule.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// Text that is no TOML.
    #[error("expected TOML, found {found}")]
    Toml {
        /// What the reader of TOML says.
        found: String,
    },
    /// A key that its table does not have.
    #[error("{table}: expected one of the keys {known:?}, found {found:?}{hint}")]
    UnknownKey {
        /// The table, such as `[[action]]`.
        table: &'static str,
        /// The key.
        found: String,
        /// The keys there are.
        known: &'static [&'static str],
        /// The key that may have been meant.
        hint: Hint,
    },
    /// A key that must be there and is not.
    #[error("{table}: expected the key {key:?}, found none")]
    MissingKey {
        /// The table.
        table: &'static str,
        /// The key.
        key: &'static str,
    },
    /// A value of another type or range than its key takes.
    #[error("{key}: expected {expected}, found {found}")]
    Value {
        /// The key.
        key: &'static str,
        /// What it takes.
        expected: &'static str,
        /// What is there.
        found: String,
    },
    /// A catalogue without actions.
    #[error("expected at least one [[action]], found none")]
    NoAction,
    /// One id twice.
    #[error("expected distinct {noun} ids, found {id:?} again, first on line {first_line}")]
    DoubledId {
        /// What the id names.
        noun: &'static str,
        /// The id.
        id: String,
        /// The line of the first, from 1.
        first_line: usize,
    },
    /// An id that nothing has.
    #[error("{key}: expected one of the {noun}s {known:?}, found {found:?}{hint}")]
    UnknownId {
        /// The key.
        key: &'static str,
        /// What the id should name.
        noun: &'static str,
        /// The id.
        found: String,
        /// The ids there are.
        known: Vec<String>,
        /// The id that may have been meant.
        hint: Hint,
    },
    /// An action that names itself.
    #[error("{key}: expected other actions, found {id:?} itself")]
    Itself {
        /// The key.
        key: &'static str,
        /// The action.
        id: String,
    },
    /// Actions that require each other in a circle.
    #[error("requires: expected no cycle, found {}", path.join(" -> "))]
    Cycle {
        /// The ids along the circle; the first comes again at the end.
        path: Vec<String>,
    },
    /// An action that can never be given, because what it requires excludes each other.
    #[error(
        "requires: expected actions that go together, found that {id:?} requires (through others or itself) {first:?} and {second:?}, which exclude each other"
    )]
    Unsatisfiable {
        /// The action.
        id: String,
        /// One of the two.
        first: String,
        /// The other.
        second: String,
    },
    /// A limit and a number of actions that admit too many plans a customer.
    #[error(
        "actions_per_customer: expected a limit that leaves at most {most} plans a customer, found {limit} of {n_actions} actions"
    )]
    TooManyPlans {
        /// The greatest number of plans.
        most: usize,
        /// The limit.
        limit: usize,
        /// The number of actions.
        n_actions: usize,
    },
    /// A validity that ends before it starts.
    #[error("valid_until: expected a date not before valid_from {from}, found {until}")]
    EndsBeforeStart {
        /// The first day.
        from: patronage_core::Date,
        /// The last day.
        until: patronage_core::Date,
    },
    /// A rule with something else than its grammar asks for.
    #[error("expected {expected}, found {found}{hint}")]
    Unexpected {
        /// What the grammar asks for.
        expected: &'static str,
        /// What is there.
        found: String,
        /// What may have been meant.
        hint: Hint,
    },
    /// A rule nested too deeply.
    #[error("expected at most {most} levels of nesting, found more")]
    TooDeep {
        /// The greatest depth.
        most: usize,
    },
    /// A rule that names a column it may not use.
    #[error("expected one of the columns {known:?}, found {found:?}{hint}")]
    UnknownColumn {
        /// The name.
        found: String,
        /// The columns there are.
        known: Vec<String>,
        /// The column that may have been meant.
        hint: Hint,
    },
    /// A rule that compares a category with a level it does not have.
    #[error("{column}: expected one of the levels {known:?}, found {found:?}{hint}")]
    UnknownLevel {
        /// The column.
        column: String,
        /// The level.
        found: String,
        /// The levels there are.
        known: Vec<String>,
        /// The level that may have been meant.
        hint: Hint,
    },
    /// A rule that puts a value of one type where another is needed.
    #[error("{place}: expected {expected}, found {found}")]
    TypeMismatch {
        /// Where.
        place: &'static str,
        /// What is needed there.
        expected: &'static str,
        /// What is there.
        found: String,
    },
}

/// What may have been meant; empty when nothing is near.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Hint(pub(crate) Option<String>);

impl Hint {
    /// The text that may have been meant.
    #[must_use]
    pub fn suggestion(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

impl std::fmt::Display for Hint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.0 {
            Some(meant) => write!(f, "; did you mean {meant:?}?"),
            None => Ok(()),
        }
    }
}
