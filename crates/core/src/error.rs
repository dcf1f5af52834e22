//! What can be wrong with the shared vocabulary.

use crate::schema::ColumnKind;

/// An error of the shared vocabulary; [`kind`](Self::kind) says what it is.
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

/// What went wrong in the shared vocabulary.
#[derive(Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A civil date that the calendar does not have.
    #[error("expected a day of the calendar, found year {year}, month {month}, day {day}")]
    NoSuchDate {
        /// The year asked for.
        year: i32,
        /// The month asked for.
        month: u32,
        /// The day asked for.
        day: u32,
    },
    /// A text that is no ISO date.
    #[error("expected a date as YYYY-MM-DD, found {found:?}")]
    NotADate {
        /// The text.
        found: String,
    },
    /// A text that is no amount of money, or one out of range.
    #[error("expected an amount of money such as 12.34, found {found:?}")]
    NotMoney {
        /// The text.
        found: String,
    },
    /// A text that is no currency code.
    #[error("expected a currency as three capital letters, found {found:?}")]
    NotACurrency {
        /// The text.
        found: String,
    },
    /// A number outside `[0, 1]`.
    #[error("expected a probability in [0, 1], found {found}")]
    NotAProbability {
        /// The number.
        found: f64,
    },
    /// Two columns of one name.
    #[error("expected distinct column names, found {name:?} at {first} and {second}")]
    DoubledColumn {
        /// The name.
        name: String,
        /// Position of the first.
        first: usize,
        /// Position of the second.
        second: usize,
    },
    /// A category column whose levels or code for the unseen do not fit together.
    #[error(
        "column {column:?}: expected distinct levels and a code for the unseen outside or among them, found {problem}"
    )]
    BadLevels {
        /// The column's name.
        column: String,
        /// What does not fit.
        problem: LevelProblem,
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
    /// A cell that its column does not admit.
    #[error("row {row}, column {column:?}: expected {expected}, found {found}")]
    Cell {
        /// The row, from 0.
        row: usize,
        /// The column's name.
        column: String,
        /// What the column admits.
        expected: &'static str,
        /// The number found.
        found: f64,
    },
    /// A number that must be finite, and is not.
    #[error("{what} {position}: expected {expected}, found {found}")]
    Number {
        /// What was read.
        what: &'static str,
        /// Where, from 0.
        position: usize,
        /// What is admitted.
        expected: &'static str,
        /// The number found.
        found: f64,
    },
    /// Another number of columns than the model was fitted on.
    #[error("expected {expected} feature columns, found {found}")]
    Width {
        /// Columns of the model's schema.
        expected: usize,
        /// Columns at hand.
        found: usize,
    },
    /// A column of another name than at fit.
    #[error("column {position}: expected {expected:?}, found {found:?}")]
    ColumnName {
        /// Position in the schema, from 0.
        position: usize,
        /// The model's name.
        expected: String,
        /// The name at hand.
        found: String,
    },
    /// A column of another kind, or of other levels, than at fit.
    #[error("column {column:?}: expected {expected}, found {found}")]
    ColumnKind {
        /// The column's name.
        column: String,
        /// The model's kind.
        expected: Box<ColumnKind>,
        /// The kind at hand.
        found: Box<ColumnKind>,
    },
    /// A column that another moment makes known than at fit.
    #[error("column {column:?}: expected the same moment at which it becomes known as at fit")]
    ColumnKnownAt {
        /// The column's name.
        column: String,
    },
    /// A column asked for by name that the schema does not have.
    #[error("expected one of the columns {known:?}, found {found:?}")]
    NoSuchColumn {
        /// The name asked for.
        found: String,
        /// The columns there are.
        known: Vec<String>,
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
    /// Positions that must ascend, and do not.
    #[error("{what}: expected ascending order, found position {position} out of order")]
    Unordered {
        /// What was read.
        what: &'static str,
        /// The first position out of order.
        position: usize,
    },
    /// Nothing where something is needed.
    #[error("{what}: expected at least one, found none")]
    Empty {
        /// What there is none of.
        what: &'static str,
    },
    /// A window whose end lies before its start.
    #[error("window: expected an end after its start, found {start} to {end}")]
    Window {
        /// Its start.
        start: crate::Timestamp,
        /// Its end.
        end: crate::Timestamp,
    },
}

/// What is wrong with the levels of a category column.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LevelProblem {
    /// One level twice.
    #[error("level {0:?} twice")]
    Doubled(String),
    /// The code for the unseen leaves a hole.
    #[error("the code {found} for the unseen, where at most {most} is next")]
    UnseenBeyond {
        /// The code declared.
        found: u32,
        /// The number of levels.
        most: u32,
    },
}

/// The erased form in which errors of users' own implementations travel.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;
