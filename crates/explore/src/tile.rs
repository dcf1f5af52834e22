//! Single figures shown large.

use patronage_core::{Currency, Money};

use crate::error::{Error, ErrorKind};
use crate::format;

/// One key figure: a label, a value and, where it has them, a unit and a line of detail.
///
/// ```
/// use patronage_explore::Tile;
///
/// let tile = Tile::percent("Repeat rate", 0.6557, 1)?.detail("95 % interval 64.1 to 67.0 %");
/// assert_eq!(tile.value(), "65.6\u{202f}%");
/// # Ok::<(), patronage_explore::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Tile {
    label: String,
    value: String,
    unit: String,
    detail: String,
}

impl Tile {
    /// A tile with a value already in words.
    pub fn text(label: impl Into<String>, value: impl Into<String>) -> Self {
        let (unit, detail) = (String::new(), String::new());
        Self { label: label.into(), value: value.into(), unit, detail }
    }

    /// A count.
    pub fn count(label: impl Into<String>, value: u64) -> Self {
        Self::text(label, format::integer(i64::try_from(value).unwrap_or(i64::MAX)))
    }

    /// An amount of money, to the cent.
    pub fn money(label: impl Into<String>, value: Money, currency: Currency) -> Self {
        let mut tile = Self::text(label, format::money(value));
        currency.code().clone_into(&mut tile.unit);
        tile
    }

    /// A number with `decimals` decimals (at most 12).
    ///
    /// # Errors
    ///
    /// When it is not finite.
    pub fn number(label: impl Into<String>, value: f64, decimals: usize) -> Result<Self, Error> {
        let label = label.into();
        let value = format::number(finite(&label, value)?, decimals.min(12));
        Ok(Self::text(label, value))
    }

    /// A share (`0.25` is shown as 25 %) with `decimals` decimals of the per cent (at most 12).
    ///
    /// # Errors
    ///
    /// When it is not finite.
    pub fn percent(label: impl Into<String>, value: f64, decimals: usize) -> Result<Self, Error> {
        let label = label.into();
        let value = format::percent(finite(&label, value)?, decimals.min(12));
        Ok(Self::text(label, value))
    }

    /// Sets the line below the value, such as its interval; default none.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }

    /// The label.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
    }

    /// The value as shown.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    pub(crate) fn unit(&self) -> &str {
        &self.unit
    }

    pub(crate) fn detail_line(&self) -> &str {
        &self.detail
    }
}

fn finite(label: &str, value: f64) -> Result<f64, Error> {
    if value.is_finite() {
        return Ok(value);
    }
    Err(ErrorKind::Number {
        what: "value",
        of: label.to_owned(),
        position: 0,
        expected: "a finite number",
        found: value,
    }
    .into())
}
