//! What can be wrong with a simulation.

/// An error of the simulation; [`kind`](Self::kind) says what it is.
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

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        ErrorKind::Write(error).into()
    }
}

/// What went wrong in the simulation.
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
        /// The value given.
        found: f64,
    },
    /// The shared vocabulary refuses what was made, such as more orders than an index counts.
    #[error(transparent)]
    Core(patronage_core::Error),
    /// More orders than an index counts.
    #[error("orders: expected at most 4294967295 in one table, found more")]
    TooManyOrders,
    /// A file cannot be written.
    #[error("the simulated rows cannot be written: {0}")]
    Write(#[source] std::io::Error),
}
