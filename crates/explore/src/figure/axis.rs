//! Axes: what a position along them means.

use patronage_core::Currency;

use crate::error::{Error, ErrorKind};
use crate::figure::check;

/// The unit of the numbers along an axis, which decides how they are written.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub enum Unit {
    /// None: a plain number.
    None,
    /// Whole things: ticks fall on whole numbers.
    Count,
    /// Shares of one, shown as per cent.
    Percent,
    /// Units of a currency.
    Money(Currency),
    /// Another unit by its name, such as `"days"`.
    Named(String),
}

#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub(crate) enum Spacing {
    Linear,
    Logarithmic,
}

#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub(crate) enum AxisKind {
    Number { unit: Unit, spacing: Spacing, cover: Option<(f64, f64)> },
    Categories(Vec<String>),
}

/// An axis: a label, and either numbers with a unit or categories.
///
/// ```
/// use patronage_explore::{Axis, Unit};
///
/// let months = Axis::categories("Month", ["2011-01", "2011-02"]);
/// let revenue = Axis::number("Revenue").unit(Unit::Money("GBP".parse()?)).covering(0.0, 100.0);
/// assert_eq!(revenue.label(), "Revenue");
/// # let _ = months;
/// # Ok::<(), patronage_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Axis {
    label: String,
    kind: AxisKind,
}

impl Axis {
    /// Numbers, evenly spaced.
    pub fn number(label: impl Into<String>) -> Self {
        let kind = AxisKind::Number { unit: Unit::None, spacing: Spacing::Linear, cover: None };
        Self { label: label.into(), kind }
    }

    /// Numbers above zero, spaced by their logarithm.
    pub fn logarithmic(label: impl Into<String>) -> Self {
        let spacing = Spacing::Logarithmic;
        let kind = AxisKind::Number { unit: Unit::None, spacing, cover: None };
        Self { label: label.into(), kind }
    }

    /// Categories, in the order given; category `i` stands at position `i`.
    pub fn categories<S: Into<String>>(
        label: impl Into<String>,
        categories: impl IntoIterator<Item = S>,
    ) -> Self {
        let categories = categories.into_iter().map(Into::into).collect();
        Self { label: label.into(), kind: AxisKind::Categories(categories) }
    }

    /// Sets the unit of the numbers; default [`Unit::None`]. Categories have none.
    #[must_use]
    pub fn unit(mut self, new: Unit) -> Self {
        if let AxisKind::Number { unit, .. } = &mut self.kind {
            *unit = new;
        }
        self
    }

    /// Makes the axis cover at least `low` to `high`; default what the data need.
    #[must_use]
    pub const fn covering(mut self, low: f64, high: f64) -> Self {
        if let AxisKind::Number { cover, .. } = &mut self.kind {
            *cover = Some((low, high));
        }
        self
    }

    /// The label.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
    }

    pub(crate) const fn kind(&self) -> &AxisKind {
        &self.kind
    }

    pub(crate) fn category_labels(&self) -> Option<&[String]> {
        match &self.kind {
            AxisKind::Categories(labels) => Some(labels),
            AxisKind::Number { .. } => None,
        }
    }

    /// The unit of a number axis; categories have none.
    pub(crate) fn number_unit(&self) -> &Unit {
        match &self.kind {
            AxisKind::Number { unit, .. } => unit,
            AxisKind::Categories(_) => &Unit::None,
        }
    }

    /// The label with its unit behind it, as a heading says it.
    pub(crate) fn heading(&self) -> String {
        match &self.kind {
            AxisKind::Number { unit: Unit::Money(currency), .. } => {
                format!("{} ({currency})", self.label)
            }
            AxisKind::Number { unit: Unit::Named(unit), .. } => format!("{} ({unit})", self.label),
            _ => self.label.clone(),
        }
    }

    /// Checks a value that is to stand along the axis.
    pub(crate) fn admit(
        &self,
        what: &'static str,
        of: &str,
        position: usize,
        value: f64,
    ) -> Result<(), Error> {
        match &self.kind {
            AxisKind::Number { spacing: Spacing::Logarithmic, .. } => {
                check::positive(what, of, position, value)
            }
            AxisKind::Number { .. } => check::drawable(what, of, position, value),
            AxisKind::Categories(labels) => {
                if value >= 0.0 && value < labels.len() as f64 && value.fract() == 0.0 {
                    return Ok(());
                }
                let expected = "the position of a category";
                Err(ErrorKind::Number { what, of: of.to_owned(), position, expected, found: value }
                    .into())
            }
        }
    }

    /// Checks the axis itself.
    pub(crate) fn check(&self) -> Result<(), Error> {
        if let AxisKind::Number { cover: Some((low, high)), .. } = self.kind {
            self.admit("covered end", &self.label, 0, low)?;
            self.admit("covered end", &self.label, 1, high)?;
            check::ascending("covered ends", &self.label, &[low, high])?;
        }
        Ok(())
    }
}
