//! Learnt steps.

use ndarray::{Array2, ArrayView2};
use patronage_core::{Column, FeatureTable, Features, Schema};

use crate::error::{Error, ErrorKind};

/// Beyond this prepared numbers are cut off, so that their squares and sums of squares stay finite.
const FAR: f64 = 1e150;

/// One learnt step of one column.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub(super) enum Map {
    Log1p,
    Standardised { centre: f64, scale: f64 },
    Robust { centre: f64, scale: f64 },
    SignedLog,
    MinMax { low: f64, high: f64 },
    Winsorised { low: f64, high: f64 },
}

impl Map {
    /// The mapped number, or `None` where the step is not defined.
    pub(super) fn checked(self, value: f64) -> Option<f64> {
        match self {
            Self::Log1p if value <= -1.0 => None,
            _ => Some(self.total(value)),
        }
    }

    pub(super) const fn expectation(self) -> &'static str {
        match self {
            Self::Log1p => "a number above -1 to take ln(1 + x) of",
            _ => "a finite number",
        }
    }

    /// The mapped number; a logarithm of −1 or less is that of the smallest number above −1.
    fn total(self, value: f64) -> f64 {
        match self {
            Self::Log1p => value.max((-1.0_f64).next_up()).ln_1p(),
            Self::SignedLog => value.abs().ln_1p().copysign(value),
            Self::Winsorised { low, high } => value.clamp(low, high),
            Self::MinMax { low, high } if low == high => (value - low).clamp(-FAR, FAR),
            Self::MinMax { low, high } => {
                let plain = (value - low) / (high - low);
                // A range of more than there are numbers overflows.
                let halves = || (value / 2.0 - low / 2.0) / (high / 2.0 - low / 2.0);
                let fits = (value - low).is_finite() && (high - low).is_finite();
                (if fits { plain } else { halves() }).clamp(-FAR, FAR)
            }
            Self::Standardised { centre, scale } | Self::Robust { centre, scale } => {
                let off = value - centre;
                let mapped =
                    if off.is_finite() { off / scale } else { value / scale - centre / scale };
                mapped.clamp(-FAR, FAR)
            }
        }
    }

    fn invert(self, value: f64) -> f64 {
        let original = match self {
            Self::Log1p => value.exp_m1(),
            Self::SignedLog => value.abs().exp_m1().copysign(value),
            Self::Winsorised { .. } => value,
            Self::MinMax { low, high } if low == high => value + low,
            Self::MinMax { low, high } => {
                let back = low + value * (high - low);
                let halves = || (low / 2.0 + value * (high / 2.0 - low / 2.0)) * 2.0;
                if (high - low).is_finite() && back.is_finite() { back } else { halves() }
            }
            Self::Standardised { centre, scale } | Self::Robust { centre, scale } => {
                value * scale + centre
            }
        };
        original.clamp(-f64::MAX, f64::MAX)
    }

    fn name(self, of: &str) -> String {
        match self {
            Self::Log1p => format!("log1p({of})"),
            Self::Standardised { .. } => format!("standardised({of})"),
            Self::Robust { .. } => format!("robust({of})"),
            Self::SignedLog => format!("signed_log({of})"),
            Self::MinMax { .. } => format!("min_max({of})"),
            Self::Winsorised { .. } => format!("winsorised({of})"),
        }
    }

    #[cfg(feature = "serde")]
    fn check(self, position: usize) -> Result<(), Error> {
        let refuse = |what, expected, found| {
            Err(Error::from(ErrorKind::Number { what, position, expected, found }))
        };
        match self {
            Self::Standardised { centre, .. } | Self::Robust { centre, .. }
                if !centre.is_finite() =>
            {
                refuse("centre of column", "a finite number", centre)
            }
            Self::Winsorised { low, high } | Self::MinMax { low, high }
                if !(low <= high && low.is_finite()) =>
            {
                refuse("lower limit of column", "a finite number, at most the upper", low)
            }
            Self::Winsorised { high, .. } | Self::MinMax { high, .. } if !high.is_finite() => {
                refuse("upper limit of column", "a finite number", high)
            }
            Self::Standardised { scale, .. } | Self::Robust { scale, .. }
                if !(scale > 0.0 && scale.is_finite()) =>
            {
                refuse("scale of column", "a finite number above 0", scale)
            }
            _ => Ok(()),
        }
    }
}

/// Learnt steps, bound to the schema they were learnt on; made by [`Preparation`](crate::Preparation).
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(try_from = "Repr", into = "Repr")
)]
pub struct PreparationModel {
    schema: Schema,
    prepared: Schema,
    /// The steps of each column, in order.
    columns: Vec<Vec<Map>>,
}

impl PreparationModel {
    pub(super) fn new(schema: Schema, columns: Vec<Vec<Map>>) -> Result<Self, Error> {
        let prepared = Schema::new(schema.columns().iter().zip(&columns).map(|(column, maps)| {
            let name = maps.iter().fold(column.name().to_owned(), |name, map| map.name(&name));
            if maps.is_empty() {
                return column.clone();
            }
            // A prepared number is known when the raw one is.
            let prepared = Column::number(name);
            match column.known_at() {
                Some(instant) => prepared.known_from(instant),
                None => prepared,
            }
        }))?;
        Ok(Self { schema, prepared, columns })
    }

    /// The columns the steps were learnt on.
    #[must_use]
    pub const fn schema(&self) -> &Schema {
        &self.schema
    }

    /// The columns of prepared rows.
    #[must_use]
    pub const fn prepared_schema(&self) -> &Schema {
        &self.prepared
    }

    /// The prepared table, row by row.
    ///
    /// Numbers beyond ± 1e150 after a step are cut off there.
    ///
    /// # Errors
    ///
    /// When the features' schema is not that of the training data, a cell is not a finite number,
    /// or a logarithm meets a number of −1 or less (row and column are named).
    pub fn apply<F: Features + ?Sized>(&self, features: &F) -> Result<FeatureTable, Error> {
        self.schema.check(features.schema())?;
        let mut values = features.values().to_owned();
        for (position, maps) in self.columns.iter().enumerate() {
            let name = self.schema.columns()[position].name();
            for (row, value) in values.column_mut(position).iter_mut().enumerate() {
                let place = |expected, found| {
                    let column = name.to_owned();
                    Error::from(ErrorKind::Cell { row, column, expected, found })
                };
                if !value.is_finite() {
                    return Err(place("a finite number", *value));
                }
                for map in maps {
                    *value = map.checked(*value).ok_or_else(|| place(map.expectation(), *value))?;
                }
            }
        }
        Ok(FeatureTable::new(self.prepared.clone(), values)?)
    }

    /// Prepares one row into `out`; total: a logarithm of −1 or less is that of the smallest
    /// number above −1, and NaN stays NaN.
    ///
    /// # Panics
    ///
    /// When `row` or `out` is of another width than the schema.
    pub fn apply_row(&self, row: &[f64], out: &mut [f64]) {
        assert_eq!(row.len(), self.columns.len(), "a row of the schema");
        assert_eq!(out.len(), self.columns.len(), "one place for each column");
        for ((&value, out), maps) in row.iter().zip(out).zip(&self.columns) {
            *out = maps.iter().fold(value, |value, map| {
                // The maximum of a logarithm's range check would turn NaN into a number.
                if value.is_nan() { value } else { map.total(value) }
            });
        }
    }

    /// Prepared rows, such as centres, in the original units (days, currency), of shape
    /// `(n_rows, n_columns)`; cut off at ± `f64::MAX`.
    ///
    /// # Errors
    ///
    /// When the rows are of another width than the schema.
    pub fn invert(&self, rows: ArrayView2<'_, f64>) -> Result<Array2<f64>, Error> {
        if rows.ncols() != self.columns.len() {
            let (what, expected) = ("prepared columns", self.columns.len());
            return Err(ErrorKind::Length { what, expected, found: rows.ncols() }.into());
        }
        let mut values = rows.to_owned();
        for (position, maps) in self.columns.iter().enumerate() {
            for value in values.column_mut(position) {
                *value = maps.iter().rev().fold(*value, |value, map| map.invert(value));
            }
        }
        Ok(values)
    }
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
struct Repr {
    schema: Schema,
    columns: Vec<Vec<Map>>,
}

#[cfg(feature = "serde")]
impl From<PreparationModel> for Repr {
    fn from(model: PreparationModel) -> Self {
        Self { schema: model.schema, columns: model.columns }
    }
}

#[cfg(feature = "serde")]
impl TryFrom<Repr> for PreparationModel {
    type Error = Error;

    fn try_from(repr: Repr) -> Result<Self, Error> {
        if repr.columns.len() != repr.schema.len() {
            let (what, expected) = ("columns of steps", repr.schema.len());
            return Err(ErrorKind::Length { what, expected, found: repr.columns.len() }.into());
        }
        for (position, maps) in repr.columns.iter().enumerate() {
            maps.iter().try_for_each(|map| map.check(position))?;
        }
        Self::new(repr.schema, repr.columns)
    }
}

#[cfg(feature = "serde")]
impl patronage_core::SavedModel for PreparationModel {
    const TAG: &'static str = "segment/preparation";
    const VERSION: u32 = 1;
}
