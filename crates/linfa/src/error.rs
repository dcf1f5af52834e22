//! What can be wrong on the way into linfa and back.

use patronage_core::{BoxError, ClassIdx};

/// An error of an adapter or of an estimator behind one; [`kind`](Self::kind) says what it is.
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

impl From<patronage_core::ErrorKind> for Error {
    fn from(kind: patronage_core::ErrorKind) -> Self {
        patronage_core::Error::from(kind).into()
    }
}

/// What went wrong on the way into linfa and back.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A fault of schemas, cells or shapes; it says itself which.
    #[error(transparent)]
    Core(patronage_core::Error),
    /// A parameter outside its range.
    #[error("parameter {name}: expected {expected}, found {found}")]
    Parameter {
        /// The setter's name.
        name: &'static str,
        /// The range, in words.
        expected: &'static str,
        /// The value.
        found: f64,
    },
    /// No row takes part (linfa would panic).
    #[error("rows to learn from: expected at least one, found none")]
    NoRows,
    /// The schema has no column.
    #[error("columns to learn from: expected at least one, found none")]
    NoColumns,
    /// More rows than single-precision counts can tell apart.
    #[error("rows to learn from: expected at most {most}, found {found}")]
    TooManyRows {
        /// The most that are counted exactly.
        most: usize,
        /// How many there are.
        found: usize,
    },
    /// A column that may hold NaN, which linfa takes in silence.
    #[error("column {column:?}: expected a column without missing values, found a nullable number")]
    Nullable {
        /// The column's name.
        column: String,
    },
    /// Fewer rows than segments (linfa would give two segments one centre).
    #[error(
        "rows to learn from: expected at least one for each of {n_segments} segments, found {n_rows}"
    )]
    TooFewRows {
        /// The segments asked for.
        n_segments: usize,
        /// The rows at hand.
        n_rows: usize,
    },
    /// All rows that take part are of one class.
    #[error("classes to learn from: expected at least two, found only {class}")]
    OneClass {
        /// The class of every row.
        class: ClassIdx,
    },
    /// Weights for an estimator that would ignore them in silence.
    #[error("weights: expected none, because {estimator} does not use them")]
    Weighted {
        /// The estimator.
        estimator: &'static str,
    },
    /// A weight that single precision cannot hold.
    #[error("weight of row {position}: expected at most 1e30, found {found}")]
    Weight {
        /// The row's position among those that take part.
        position: usize,
        /// The weight.
        found: f64,
    },
    /// A model that answers in another shape than it was said to.
    #[error("{what}: expected {expected}, found {found}")]
    Shape {
        /// What was counted.
        what: &'static str,
        /// How many there should be.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// A mixture's component whose covariance cannot be factorised.
    #[error(
        "covariance of component {component}: expected a positive definite matrix; raise reg_covariance or ask for fewer components"
    )]
    Singular {
        /// The component.
        component: usize,
    },
    /// linfa's own error.
    #[error("linfa: {0}")]
    Linfa(#[source] BoxError),
    /// linfa panicked while fitting or while a new adapter was tried on one row.
    #[error("linfa panicked: {message}")]
    Panicked {
        /// The panic's message.
        message: String,
    },
}

impl ErrorKind {
    pub(crate) fn linfa(error: impl Into<BoxError>) -> Self {
        Self::Linfa(error.into())
    }
}
