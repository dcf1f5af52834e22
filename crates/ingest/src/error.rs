//! What can go wrong at the edge.

use std::io;

/// An error of reading or writing files; [`kind`](Self::kind) says what it is.
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

/// What went wrong at the edge.
///
/// Every message is one line and names the place, what was expected and what was found.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The operating system, or a broken compressed stream, refused.
    #[error("{file}: expected to {verb} it, found: {source}")]
    Io {
        /// The file.
        file: String,
        /// What was tried: `"read"`, `"write"`, …
        verb: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// A compressed file, and the crate was built without the means to read it.
    #[error(
        "{file}: expected plain text, found gzip, which this build does not read (feature `gzip`)"
    )]
    NoGzip {
        /// The file.
        file: String,
    },
    /// No text at all.
    #[error("{file}: expected {expected}, found an empty file")]
    Empty {
        /// The file.
        file: String,
        /// What its first line should be.
        expected: &'static str,
    },
    /// Bytes that are no text.
    #[error(
        "{file}, line {line}: expected text, found a zero byte: is it a spreadsheet or an archive?"
    )]
    Binary {
        /// The file.
        file: String,
        /// The line, from 1.
        line: u64,
    },
    /// The header lacks a column that the mapping names.
    #[error("{file}, line {line}: expected a column {expected}, found {found:?}")]
    MissingColumn {
        /// The file.
        file: String,
        /// The header's line, from 1.
        line: u64,
        /// The names the mapping accepts, joined by `or`.
        expected: String,
        /// The header.
        found: Vec<String>,
    },
    /// A column that the mapping names stands twice in the header.
    #[error(
        "{file}, line {line}: expected one column {name:?}, found it at positions {first} and {second}"
    )]
    DoubledColumn {
        /// The file.
        file: String,
        /// The header's line, from 1.
        line: u64,
        /// The name.
        name: String,
        /// Position of the first, from 1.
        first: usize,
        /// Position of the second, from 1.
        second: usize,
    },
    /// The columns are there, but something else stands between them.
    #[error(
        "{file}, line {line}: expected columns separated by {expected}, found them separated by {found}"
    )]
    WrongDelimiter {
        /// The file.
        file: String,
        /// The header's line, from 1.
        line: u64,
        /// The delimiter of the mapping, in words.
        expected: String,
        /// The delimiter of the file, in words.
        found: String,
    },
    /// A position beyond the columns of the file.
    #[error("{file}, line {line}: expected at least {expected} columns, found {found}")]
    TooFewColumns {
        /// The file.
        file: String,
        /// The line, from 1.
        line: u64,
        /// The highest position of the mapping, from 1.
        expected: usize,
        /// The columns there are.
        found: usize,
    },
    /// A record longer than any order line.
    #[error(
        "{file}, line {line}: expected a record of at most {expected} bytes, found a longer one"
    )]
    LongRecord {
        /// The file.
        file: String,
        /// The line on which it starts, from 1.
        line: u64,
        /// The most bytes a record may have.
        expected: usize,
    },
    /// A sum of money beyond what can be counted.
    #[error("{file}: expected {what} of at most 922337203685477.5807, found more")]
    TotalOverflow {
        /// The file.
        file: String,
        /// What was summed.
        what: &'static str,
    },
    /// A mapping that cannot be used.
    #[error("{file}, line {line}: {problem}")]
    Mapping {
        /// The mapping's file or name.
        file: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        problem: MappingProblem,
    },
}

/// What is wrong with a mapping.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum MappingProblem {
    /// TOML that cannot be read, an unknown key, or a value of the wrong type.
    #[error("{0}")]
    Syntax(String),
    /// A key that must be one ASCII character.
    #[error("{key}: expected {expected}, found {found:?}")]
    Value {
        /// The key.
        key: &'static str,
        /// What it admits.
        expected: &'static str,
        /// The value.
        found: String,
    },
    /// Price and amount, of which exactly one is needed.
    #[error("expected a column for either price or amount, found {found}")]
    PriceOrAmount {
        /// Both or neither.
        found: &'static str,
    },
    /// One character with two meanings.
    #[error(
        "expected distinct characters for delimiter, quote, decimal and thousands, found {found:?} twice"
    )]
    Clash {
        /// The character.
        found: char,
    },
}

pub(crate) fn io_error(file: &str, verb: &'static str, source: io::Error) -> Error {
    ErrorKind::Io { file: file.to_owned(), verb, source }.into()
}
