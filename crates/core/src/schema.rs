//! Schemas: what the columns of a feature table are.

use std::fmt;

use crate::error::{Error, ErrorKind, LevelProblem};
use crate::fingerprint::{Fingerprint, Fingerprinter};
use crate::time::Timestamp;

/// What a column holds. Every cell is an `f64`; the kind says which numbers are admitted.
#[derive(Clone, Debug, Eq, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum ColumnKind {
    /// A finite number.
    Number,
    /// A finite number, or NaN where it is missing; the only kind in which NaN is admitted.
    NullableNumber,
    /// A code: the position of a level, or the code declared for levels never seen.
    Category {
        /// The levels, in the order of their codes.
        levels: Vec<String>,
        /// The code of a level that is not in the dictionary: one of the levels' codes (such as
        /// that of `"other"`), or the number of levels (a code of its own).
        unseen: u32,
    },
    /// Zero or one.
    Flag,
    /// Whole days since 1970-01-01.
    Date,
}

impl ColumnKind {
    /// A category with a code of its own for the unseen.
    pub fn category<S: Into<String>>(levels: impl IntoIterator<Item = S>) -> Self {
        let levels: Vec<String> = levels.into_iter().map(Into::into).collect();
        let unseen = levels.len() as u32;
        Self::Category { levels, unseen }
    }

    /// Whether a cell of this kind may hold `value`.
    #[must_use]
    pub fn admits(&self, value: f64) -> bool {
        match self {
            Self::Number => value.is_finite(),
            Self::NullableNumber => !value.is_infinite(),
            Self::Category { levels, unseen } => {
                value >= 0.0
                    && value.fract() == 0.0
                    && (value < levels.len() as f64 || value == f64::from(*unseen))
            }
            Self::Flag => value == 0.0 || value == 1.0,
            Self::Date => value.is_finite() && value.fract() == 0.0,
        }
    }

    /// What a cell of this kind may hold, in words.
    #[must_use]
    pub const fn expectation(&self) -> &'static str {
        match self {
            Self::Number => "a finite number",
            Self::NullableNumber => "a finite number or NaN",
            Self::Category { .. } => "the code of a level, or that of the unseen",
            Self::Flag => "0 or 1",
            Self::Date => "whole days since 1970-01-01",
        }
    }
}

impl fmt::Display for ColumnKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number => f.write_str("number"),
            Self::NullableNumber => f.write_str("nullable number"),
            Self::Category { levels, unseen } => {
                write!(f, "category of {} levels {levels:?}, unseen {unseen}", levels.len())
            }
            Self::Flag => f.write_str("flag"),
            Self::Date => f.write_str("date"),
        }
    }
}

/// One column: its name, its kind, and optionally when its values become known.
#[derive(Clone, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct Column {
    name: String,
    kind: ColumnKind,
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    known_at: Option<Timestamp>,
}

impl Column {
    /// A column of any kind.
    pub fn new(name: impl Into<String>, kind: ColumnKind) -> Self {
        Self { name: name.into(), kind, known_at: None }
    }

    /// A column of finite numbers.
    pub fn number(name: impl Into<String>) -> Self {
        Self::new(name, ColumnKind::Number)
    }

    /// A column of numbers that may be missing.
    pub fn nullable(name: impl Into<String>) -> Self {
        Self::new(name, ColumnKind::NullableNumber)
    }

    /// A column of zeros and ones.
    pub fn flag(name: impl Into<String>) -> Self {
        Self::new(name, ColumnKind::Flag)
    }

    /// A column of codes with a code of its own for the unseen.
    pub fn category<S: Into<String>>(
        name: impl Into<String>,
        levels: impl IntoIterator<Item = S>,
    ) -> Self {
        Self::new(name, ColumnKind::category(levels))
    }

    /// A column of dates.
    pub fn date(name: impl Into<String>) -> Self {
        Self::new(name, ColumnKind::Date)
    }

    /// The same column, whose values become known at `instant`.
    #[must_use]
    pub const fn known_from(mut self, instant: Timestamp) -> Self {
        self.known_at = Some(instant);
        self
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The kind.
    #[must_use]
    pub const fn kind(&self) -> &ColumnKind {
        &self.kind
    }

    /// When its values become known, where that is declared.
    #[must_use]
    pub const fn known_at(&self) -> Option<Timestamp> {
        self.known_at
    }
}

/// The columns of a feature table, in order, with distinct names.
///
/// ```
/// use patronage_core::{Column, Schema};
///
/// let schema = Schema::new([Column::number("recency_days"), Column::number("frequency")])?;
/// assert_eq!(schema.position("frequency"), Some(1));
/// let swapped = Schema::new([Column::number("frequency"), Column::number("recency_days")])?;
/// assert_eq!(
///     schema.check(&swapped).unwrap_err().to_string(),
///     r#"column 0: expected "recency_days", found "frequency""#
/// );
/// # Ok::<(), patronage_core::Error>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(try_from = "Vec<Column>", into = "Vec<Column>")
)]
pub struct Schema {
    columns: Vec<Column>,
    fingerprint: Fingerprint,
}

impl Schema {
    /// A schema of `columns`.
    ///
    /// # Errors
    ///
    /// When two columns share a name, or a category's levels do not fit together.
    pub fn new(columns: impl IntoIterator<Item = Column>) -> Result<Self, Error> {
        let columns: Vec<Column> = columns.into_iter().collect();
        let mut seen = std::collections::HashMap::new();
        for (second, column) in columns.iter().enumerate() {
            if let Some(first) = seen.insert(column.name(), second) {
                let name = column.name.clone();
                return Err(ErrorKind::DoubledColumn { name, first, second }.into());
            }
            check_levels(column)?;
        }
        let fingerprint = fingerprint(&columns);
        Ok(Self { columns, fingerprint })
    }

    /// The columns, in order.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The number of columns.
    #[must_use]
    pub fn len(&self) -> usize {
        self.columns.len()
    }

    /// Whether there is no column.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }

    /// A short name for names, kinds, levels, order and `known_at` together.
    #[must_use]
    pub const fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// Where the column of that name stands.
    #[must_use]
    pub fn position(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    /// Where the column of that name stands, or an error that lists the names there are.
    ///
    /// # Errors
    ///
    /// When there is no such column.
    pub fn require(&self, name: &str) -> Result<usize, Error> {
        self.position(name).ok_or_else(|| {
            let known = self.columns.iter().map(|column| column.name.clone()).collect();
            ErrorKind::NoSuchColumn { found: name.to_owned(), known }.into()
        })
    }

    /// Checks that rows of `found` mean what rows of this schema mean.
    ///
    /// Costs one comparison of fingerprints when they do.
    ///
    /// # Errors
    ///
    /// When columns differ in number, order, name, kind, levels or `known_at`; the first difference is named.
    pub fn check(&self, found: &Self) -> Result<(), Error> {
        if self.fingerprint == found.fingerprint {
            return Ok(());
        }
        if self.len() != found.len() {
            return Err(ErrorKind::Width { expected: self.len(), found: found.len() }.into());
        }
        for (position, (mine, theirs)) in self.columns.iter().zip(&found.columns).enumerate() {
            if mine.name != theirs.name {
                let (expected, found) = (mine.name.clone(), theirs.name.clone());
                return Err(ErrorKind::ColumnName { position, expected, found }.into());
            }
            if mine.kind != theirs.kind {
                return Err(ErrorKind::ColumnKind {
                    column: mine.name.clone(),
                    expected: Box::new(mine.kind.clone()),
                    found: Box::new(theirs.kind.clone()),
                }
                .into());
            }
            if mine.known_at != theirs.known_at {
                return Err(ErrorKind::ColumnKnownAt { column: mine.name.clone() }.into());
            }
        }
        Ok(())
    }
}

impl TryFrom<Vec<Column>> for Schema {
    type Error = Error;

    fn try_from(columns: Vec<Column>) -> Result<Self, Error> {
        Self::new(columns)
    }
}

impl From<Schema> for Vec<Column> {
    fn from(schema: Schema) -> Self {
        schema.columns
    }
}

fn check_levels(column: &Column) -> Result<(), Error> {
    let ColumnKind::Category { levels, unseen } = &column.kind else {
        return Ok(());
    };
    let mut seen = std::collections::HashSet::new();
    let problem = if let Some(level) = levels.iter().find(|level| !seen.insert(level.as_str())) {
        LevelProblem::Doubled(level.clone())
    } else if *unseen as usize > levels.len() {
        LevelProblem::UnseenBeyond { found: *unseen, most: levels.len() as u32 }
    } else {
        return Ok(());
    };
    Err(ErrorKind::BadLevels { column: column.name.clone(), problem }.into())
}

fn fingerprint(columns: &[Column]) -> Fingerprint {
    let mut hasher = Fingerprinter::new();
    for column in columns {
        hasher.text(&column.name);
        match &column.kind {
            ColumnKind::Number => hasher.number(0),
            ColumnKind::NullableNumber => hasher.number(1),
            ColumnKind::Category { levels, unseen } => {
                hasher.number(2);
                hasher.number(u64::from(*unseen));
                hasher.number(levels.len() as u64);
                for level in levels {
                    hasher.text(level);
                }
            }
            ColumnKind::Flag => hasher.number(3),
            ColumnKind::Date => hasher.number(4),
        }
        // An instant may be any 64-bit number, so its presence is told apart first.
        hasher.number(u64::from(column.known_at.is_some()));
        hasher.number(column.known_at.map_or(0, |instant| instant.micros() as u64));
    }
    hasher.finish()
}
