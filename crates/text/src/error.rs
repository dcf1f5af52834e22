//! What can be wrong with text features.

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
    /// A block of features for another number of items than declared.
    #[error("{block}: expected one entry for each of {expected} items, found {found}")]
    Items {
        /// The block's name.
        block: String,
        /// The number of items.
        expected: usize,
        /// The number of entries.
        found: usize,
    },
    /// A number of an item that is not finite.
    #[error("{block}, item {item}: expected a finite number, found {found}")]
    Number {
        /// The block's name.
        block: String,
        /// The item.
        item: usize,
        /// The number found.
        found: f64,
    },
    /// A saved vectoriser that contradicts itself.
    #[error("saved vectoriser: expected {expected}")]
    Saved {
        /// What does not hold.
        expected: &'static str,
    },
    /// What the shared vocabulary refuses.
    #[error(transparent)]
    Core(patronage_core::Error),
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
