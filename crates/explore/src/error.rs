//! What can be wrong with what is explored or shown.

use std::path::PathBuf;

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

/// What went wrong in exploring, or in composing what is shown.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A number that cannot be drawn or written.
    #[error(
        "{what} {position} of {of:?}: expected {expected}, found {}",
        crate::format::exact(*found)
    )]
    Number {
        /// What was read.
        what: &'static str,
        /// The series, column or figure it belongs to.
        of: String,
        /// Where, from 0.
        position: usize,
        /// What is admitted.
        expected: &'static str,
        /// The number found.
        found: f64,
    },
    /// Two things that must be of one length and are not.
    #[error("{what} of {of:?}: expected {expected}, found {found}")]
    Length {
        /// What was counted.
        what: &'static str,
        /// The series, column or figure it belongs to.
        of: String,
        /// How many there should be.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// Nothing where something is needed.
    #[error("{what} of {of:?}: expected at least one, found none")]
    Empty {
        /// What there is none of.
        what: &'static str,
        /// The figure or table.
        of: String,
    },
    /// One name twice where names tell things apart.
    #[error("expected distinct {what}, found {name:?} twice")]
    DoubledName {
        /// What is named.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// Positions that must ascend, and do not.
    #[error("{what} of {of:?}: expected ascending order, found position {position} out of order")]
    Unordered {
        /// What was read.
        what: &'static str,
        /// The figure it belongs to.
        of: String,
        /// The first position out of order.
        position: usize,
    },
    /// An axis of one kind where the figure needs another.
    #[error("{axis} axis of {of:?}: expected {expected}")]
    AxisKind {
        /// Which axis.
        axis: &'static str,
        /// The figure it belongs to.
        of: String,
        /// What is admitted.
        expected: &'static str,
    },
    /// An index beyond the space its view declares.
    #[error("{noun} of {customer}: expected an index below {bound}, found {found}")]
    OutOfRange {
        /// What the index counts.
        noun: &'static str,
        /// Whose line it is.
        customer: patronage_core::CustomerIdx,
        /// The size of the space.
        bound: usize,
        /// The index found.
        found: usize,
    },
    /// A sum of money beyond what money can hold.
    #[error("sum of {what}: expected an amount of at most 922 million million, found one beyond")]
    Overflow {
        /// What was summed.
        what: &'static str,
    },
    /// Purchases that stretch over more months than a table by month can sensibly have.
    #[error("purchases before the as-of: expected at most {limit} months, found {found} or more")]
    LongPeriod {
        /// The greatest number of months.
        limit: usize,
        /// How many there are at least.
        found: usize,
    },
    /// An attribute asked for by name that the purchases do not have.
    #[error("expected one of the attributes {known:?}, found {found:?}")]
    NoSuchAttribute {
        /// The name asked for.
        found: String,
        /// The attributes there are.
        known: Vec<String>,
    },
    /// A file that could not be written; nothing was left behind.
    #[error("writing {}: {source}", path.display())]
    Io {
        /// The file asked for.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
}
