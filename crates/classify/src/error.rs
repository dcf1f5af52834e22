//! What can be wrong with a classification task.

use patronage_core::BoxError;

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

/// What went wrong in a classification task.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Data, schema or labels that do not fit together.
    #[error(transparent)]
    Core(#[from] patronage_core::Error),
    /// A parameter outside its range.
    #[error("{parameter}: expected {range}, found {found}")]
    Parameter {
        /// The parameter's name.
        parameter: &'static str,
        /// What is admitted.
        range: &'static str,
        /// What was given.
        found: f64,
    },
    /// No row of positive weight takes part.
    #[error("{what}: expected at least one row of positive weight, found none")]
    NoRows {
        /// What the rows were for.
        what: &'static str,
    },
    /// Fewer rows than an interval can be drawn from.
    #[error("{what}: expected at least {least} test rows, found {found}")]
    FewRows {
        /// What the rows were for.
        what: &'static str,
        /// How many it takes.
        least: usize,
        /// How many there are.
        found: usize,
    },
    /// More classes than a model is made for.
    #[error("expected at most {most} classes, found {found}")]
    TooManyClasses {
        /// The limit.
        most: usize,
        /// One more than the greatest label.
        found: usize,
    },
    /// A class that a model does not know.
    #[error("{what}: expected a class below {n_classes}, found {found}")]
    NoSuchClass {
        /// What was read.
        what: &'static str,
        /// The number of classes.
        n_classes: usize,
        /// The class found.
        found: usize,
    },
    /// A figure that needs both outcomes, on rows of one outcome alone.
    #[error("{figure}: expected rows of both outcomes, found {n_rows} rows of one alone")]
    OneClass {
        /// The figure asked for.
        figure: &'static str,
        /// How many rows there were.
        n_rows: usize,
    },
    /// A number that must be of a certain range, and is not.
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
    /// More folds than there are rows or moments to fill them.
    #[error("expected at least {n_folds} {what} for {n_folds} folds, found {found}")]
    Folds {
        /// What fills a fold.
        what: &'static str,
        /// The number of folds asked for.
        n_folds: usize,
        /// How many there are.
        found: usize,
    },
    /// A row of a fold that is none.
    #[error("row {row}: expected a fold below {n_folds}, found {found}")]
    NoSuchFold {
        /// The first such row, from 0.
        row: usize,
        /// The number of folds.
        n_folds: usize,
        /// The fold found.
        found: usize,
    },
    /// An estimator that failed while it was refitted.
    #[error("refit {round}: {source}")]
    Refit {
        /// Which refit, from 0.
        round: usize,
        /// What the estimator said.
        source: BoxError,
    },
    /// A step of a preparation on a column that it cannot take, or on labels it cannot learn from.
    #[error("{step} of column {column:?}: expected {expected}, found {found}")]
    Unsuitable {
        /// The step.
        step: &'static str,
        /// The column's name.
        column: String,
        /// What the step takes.
        expected: &'static str,
        /// What was found.
        found: String,
    },
    /// A level that no training row had, where the preparation refuses such.
    #[error(
        "row {row}, column {column:?}: expected a level that training rows had, found {found:?}"
    )]
    UnseenLevel {
        /// The row, from 0.
        row: usize,
        /// The column's name.
        column: String,
        /// The level found.
        found: String,
    },
    /// A label of the user's own type that does not fit.
    #[error("label {position}: expected {expected}, found {found}")]
    Label {
        /// Where, from 0.
        position: usize,
        /// What is admitted.
        expected: &'static str,
        /// The label found, as its `Debug` shows it.
        found: String,
    },
    /// A part of a composed estimator that failed to fit.
    #[error("{part}: {source}")]
    Part {
        /// Which part.
        part: String,
        /// What it said.
        source: BoxError,
    },
    /// A column that cannot be monotone as asked.
    #[error(
        "monotone: expected a column of numbers and one direction, found {} {column:?}",
        if *.doubled { "both directions for" } else { "the category" }
    )]
    Monotone {
        /// The column's name.
        column: String,
        /// Whether it was asked to go both ways.
        doubled: bool,
    },
    /// Fewer of something than it takes.
    #[error("expected at least {least} {what}, found {found}")]
    FewOf {
        /// What was counted.
        what: &'static str,
        /// How many it takes.
        least: usize,
        /// How many there are.
        found: usize,
    },
    /// A column that becomes known after the decision it is used for.
    #[error("column {column:?}: known from {known_at}, after the decision at {decision}")]
    KnownTooLate {
        /// The column's name.
        column: String,
        /// When it becomes known.
        known_at: patronage_core::Timestamp,
        /// When the decision is taken.
        decision: patronage_core::Timestamp,
    },
    /// A split that is left without rows.
    #[error("split {split}: expected at least one of the {what}, found none")]
    NoRowsOfSplit {
        /// Which rows there are none of.
        what: &'static str,
        /// The split, from 0.
        split: usize,
    },
    /// A class with too few rows to have one in every fold.
    #[error("class {class}: expected at least {least} {what}, one for each fold, found {found}")]
    FewOfClass {
        /// The class.
        class: usize,
        /// What was counted.
        what: &'static str,
        /// How many it takes.
        least: usize,
        /// How many there are.
        found: usize,
    },
    /// A parameter asked for by name that a point does not have.
    #[error("expected one of the parameters {known:?}, found {found:?}")]
    NoSuchParameter {
        /// The name asked for.
        found: String,
        /// The parameters there are.
        known: Vec<String>,
    },
    /// A parameter of a point that is of another kind.
    #[error("{parameter}: expected {expected}, found {found}")]
    ParameterKind {
        /// The parameter's name.
        parameter: String,
        /// What was asked for.
        expected: &'static str,
        /// The value found.
        found: String,
    },
    /// A column whose values have no order, where an order is needed.
    #[error("column {column:?}: expected numbers or dates, found values without order")]
    NotOrdered {
        /// The column's name.
        column: String,
    },
    /// Amounts of money whose sum leaves the range.
    #[error("{what}: expected an amount of money within its range, found {found}")]
    MoneyRange {
        /// What was counted.
        what: &'static str,
        /// In currency units.
        found: f64,
    },
    /// A model that was saved without the weights of its nodes, which explaining takes.
    #[error("expected the weight of rows in each node, found a model that was saved without")]
    NoCovers,
    /// A tree that would need more nodes or levels than its indices can count.
    #[error("expected at most {most} {what}, found {found}")]
    TooLarge {
        /// What was counted.
        what: &'static str,
        /// The limit.
        most: usize,
        /// How many there are.
        found: usize,
    },
}

pub(crate) fn parameter(parameter: &'static str, range: &'static str, found: f64) -> Error {
    ErrorKind::Parameter { parameter, range, found }.into()
}
