//! Columns brought to comparable scales, and back.

mod model;
mod prepared;

use patronage_core::{ColumnKind, Features, Fit};

use self::model::Map;
pub use self::model::PreparationModel;
pub use self::prepared::Prepared;
use crate::error::{Error, ErrorKind};
use crate::stats;

/// What a step of a [`Preparation`] does to a column.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Transform {
    /// `ln(1 + x)`, for `x` above −1: takes the length out of long right tails.
    Log1p,
    /// `(x − mean) / population standard deviation`; a constant column becomes 0.
    Standardise,
    /// `(x − median) / (upper quartile − lower quartile)`, quartiles by linear interpolation; where
    /// the quartiles are equal only the median is taken away.
    Robust,
    /// `sign(x) ln(1 + |x|)`: the logarithm for numbers of either sign, such as margins and refunds.
    SignedLog,
    /// `(x − min) / (max − min)`: training rows lie in `[0, 1]`, others may lie outside; a constant
    /// column becomes 0.
    MinMax,
    /// Cuts numbers off below the quantile at so many per cent and above that at 100 less so many,
    /// quantiles by linear interpolation; from 1 to 49. Inverting gives what was cut off its limit.
    Winsorise(u8),
}

/// Steps that bring columns of days and currency to comparable scales, learnt from data and invertible.
///
/// Steps are applied in order to all columns, or to those named. The fitted [`PreparationModel`]
/// is bound to the schema, maps any such table, and maps centres back to days and currency.
/// Prepared columns are named after what was done to them (`standardised(log1p(monetary))`), so
/// that a model of prepared rows refuses raw ones.
///
/// Columns that no step names stay as they are, categories among them: so numbers are prepared
/// for [`KPrototypes`](crate::KPrototypes) beside categories. Steps of all columns want all of them
/// to be numbers.
///
/// Fitting costs O(steps · cells), and O(cells log rows) for [`Transform::Robust`] and
/// [`Transform::Winsorise`].
///
/// # Examples
///
/// ```
/// use ndarray::array;
/// use patronage_segment::{Column, FeatureTable, Features, Fit, Preparation, Schema};
///
/// let schema = Schema::new([Column::number("monetary")])?;
/// let spend = FeatureTable::new(schema, array![[0.0], [99.0], [9999.0]])?;
/// let preparation = Preparation::new().log1p().standardise().fit(&spend)?;
/// let prepared = preparation.apply(&spend)?;
/// assert_eq!(prepared.schema().columns()[0].name(), "standardised(log1p(monetary))");
/// assert!((prepared.row(0)[0] + 1.5_f64.sqrt()).abs() < 1e-12);
/// let back = preparation.invert(prepared.values())?;
/// assert!((back[[2, 0]] - 9999.0).abs() < 1e-8);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Preparation {
    steps: Vec<(Transform, Option<Vec<String>>)>,
}

impl Preparation {
    /// No step: rows as they are.
    #[must_use]
    pub const fn new() -> Self {
        Self { steps: Vec::new() }
    }

    /// Then [`Transform::Log1p`] of all columns.
    #[must_use]
    pub fn log1p(self) -> Self {
        self.all(Transform::Log1p)
    }

    /// Then [`Transform::Standardise`] of all columns.
    #[must_use]
    pub fn standardise(self) -> Self {
        self.all(Transform::Standardise)
    }

    /// Then [`Transform::Robust`] of all columns.
    #[must_use]
    pub fn robust(self) -> Self {
        self.all(Transform::Robust)
    }

    /// Then [`Transform::SignedLog`] of all columns.
    #[must_use]
    pub fn signed_log(self) -> Self {
        self.all(Transform::SignedLog)
    }

    /// Then [`Transform::MinMax`] of all columns.
    #[must_use]
    pub fn min_max(self) -> Self {
        self.all(Transform::MinMax)
    }

    /// Then [`Transform::Winsorise`] of all columns, so many per cent at either end.
    #[must_use]
    pub fn winsorise(self, per_cent: u8) -> Self {
        self.all(Transform::Winsorise(per_cent))
    }

    /// Then `transform` of all columns.
    #[must_use]
    pub fn all(mut self, transform: Transform) -> Self {
        self.steps.push((transform, None));
        self
    }

    /// Then `transform` of the columns of these names, as the data name them.
    #[must_use]
    pub fn of<S: Into<String>>(
        mut self,
        transform: Transform,
        columns: impl IntoIterator<Item = S>,
    ) -> Self {
        self.steps.push((transform, Some(columns.into_iter().map(Into::into).collect())));
        self
    }
}

impl<F: Features + ?Sized> Fit<F> for Preparation {
    type Model = PreparationModel;
    type Error = Error;

    /// Learns the steps from `features`, of shape `(n_rows, n_columns)`.
    ///
    /// # Errors
    ///
    /// When there is no row, a step names a column there is not, a step is of a category or cuts off
    /// less than 1 or more than 49 per cent, a cell is not a finite number, or a logarithm meets a number of −1 or less (row and column are named).
    fn fit(&self, features: &F) -> Result<PreparationModel, Error> {
        let (schema, rows) = (features.schema(), features.values());
        if rows.nrows() == 0 {
            return Err(ErrorKind::Empty { what: "rows" }.into());
        }
        for (transform, names) in &self.steps {
            for name in names.iter().flatten() {
                schema.require(name)?;
            }
            if let Transform::Winsorise(per_cent @ (0 | 50..)) = *transform {
                let (name, expected) = ("per cent to winsorise", "from 1 to 49");
                return Err(
                    ErrorKind::Parameter { name, expected, found: f64::from(per_cent) }.into()
                );
            }
        }
        let mut columns = Vec::with_capacity(schema.len());
        for (position, column) in schema.columns().iter().enumerate() {
            let named = |names: &Option<Vec<String>>| {
                names.as_ref().is_none_or(|names| names.iter().any(|name| name == column.name()))
            };
            let is_category = matches!(column.kind(), ColumnKind::Category { .. });
            if is_category && self.steps.iter().any(|(_, names)| named(names)) {
                return Err(ErrorKind::Category { column: column.name().to_owned() }.into());
            }
            let place = |row, expected, found| {
                let column = column.name().to_owned();
                Error::from(ErrorKind::Cell { row, column, expected, found })
            };
            let mut values = rows.column(position).to_vec();
            if let Some(row) = values.iter().position(|v| !v.is_finite()) {
                return Err(place(row, "a finite number", values[row]));
            }
            let mut maps = Vec::new();
            for (transform, names) in &self.steps {
                if !named(names) {
                    continue;
                }
                let map = learn(*transform, &values);
                for (row, value) in values.iter_mut().enumerate() {
                    *value =
                        map.checked(*value).ok_or_else(|| place(row, map.expectation(), *value))?;
                }
                maps.push(map);
            }
            columns.push(maps);
        }
        PreparationModel::new(schema.clone(), columns)
    }
}

fn learn(transform: Transform, values: &[f64]) -> Map {
    match transform {
        Transform::Log1p => Map::Log1p,
        Transform::Standardise => {
            let (centre, scale) = stats::mean_and_deviation(values);
            Map::Standardised { centre, scale: if scale > 0.0 { scale } else { 1.0 } }
        }
        Transform::Robust => {
            let sorted = stats::sorted(values.to_vec());
            let centre = stats::quantile(&sorted, 0.5);
            // Halves, so that the range of extremes does not overflow.
            let half = stats::quantile(&sorted, 0.75) / 2.0 - stats::quantile(&sorted, 0.25) / 2.0;
            let scale = (half.min(f64::MAX / 2.0)) * 2.0;
            Map::Robust { centre, scale: if scale > 0.0 { scale } else { 1.0 } }
        }
        Transform::SignedLog => Map::SignedLog,
        Transform::MinMax => {
            let low = values.iter().copied().fold(f64::INFINITY, f64::min);
            let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            Map::MinMax { low, high }
        }
        Transform::Winsorise(per_cent) => {
            let sorted = stats::sorted(values.to_vec());
            let part = f64::from(per_cent) / 100.0;
            let low = stats::quantile(&sorted, part);
            Map::Winsorised { low, high: stats::quantile(&sorted, 1.0 - part).max(low) }
        }
    }
}
