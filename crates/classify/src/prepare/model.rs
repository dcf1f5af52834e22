//! Learnt steps.

use ndarray::Array2;
use patronage_core::{Column, FeatureTable, Features, Schema, row_slice};

use super::evidence::Evidence;
use super::map::Map;
use super::work::level_names;
use crate::error::{Error, ErrorKind};
use crate::par::{self, Threads};

/// A derived column: where it comes from and what was done to it.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(deny_unknown_fields)
)]
pub(super) struct Derived {
    pub(super) source: u32,
    pub(super) maps: Vec<Map>,
}

/// Codes of a source column that tables may not have.
#[derive(Clone, Debug, Eq, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(deny_unknown_fields)
)]
pub(super) struct Refusal {
    pub(super) column: u32,
    pub(super) codes: Vec<u32>,
}

/// Learnt steps, bound to the schema they were learnt on; made by
/// [`Preparation`](super::Preparation).
///
/// Every derived column comes from one source column, so that whatever is said of derived columns
/// (importances, coefficients times cells, SHAP values) is summed back to the source by
/// [`sum_back`](Self::sum_back).
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(try_from = "Repr")
)]
pub struct FittedPreparation {
    schema: Schema,
    prepared: Schema,
    columns: Vec<Derived>,
    refusals: Vec<Refusal>,
    evidence: Vec<Evidence>,
}

impl FittedPreparation {
    pub(super) fn new(
        schema: Schema,
        columns: Vec<(Column, Derived)>,
        refusals: Vec<Refusal>,
        evidence: Vec<Evidence>,
    ) -> Result<Self, Error> {
        let (columns, derived): (Vec<Column>, Vec<Derived>) = columns.into_iter().unzip();
        let prepared = Schema::new(columns)?;
        Ok(Self { schema, prepared, columns: derived, refusals, evidence })
    }

    /// The source columns.
    #[must_use]
    pub const fn schema(&self) -> &Schema {
        &self.schema
    }

    /// The derived columns.
    #[must_use]
    pub const fn prepared_schema(&self) -> &Schema {
        &self.prepared
    }

    /// The position of the source column of a derived one, or `None` where there is no such.
    #[must_use]
    pub fn source_of(&self, derived: usize) -> Option<usize> {
        self.columns.get(derived).map(|column| column.source as usize)
    }

    /// Sums numbers of derived columns, such as importances or SHAP values, over each source
    /// column: one number for each column of [`schema`](Self::schema), 0 for one that was dropped.
    ///
    /// # Errors
    ///
    /// When there is not one number for each derived column.
    pub fn sum_back(&self, of_derived: &[f64]) -> Result<Vec<f64>, Error> {
        if of_derived.len() != self.columns.len() {
            let (what, expected) = ("numbers of derived columns", self.columns.len());
            return Err(ErrorKind::Length { what, expected, found: of_derived.len() }.into());
        }
        let mut sums = vec![0.0; self.schema.len()];
        for (column, number) in self.columns.iter().zip(of_derived) {
            sums[column.source as usize] += number;
        }
        Ok(sums)
    }

    /// What each column binned by weight of evidence says, in the order of the steps.
    #[must_use]
    pub fn evidence(&self) -> &[Evidence] {
        &self.evidence
    }

    /// Whether some levels are refused, so that not every row of the schema can be prepared.
    #[must_use]
    pub fn refuses(&self) -> bool {
        !self.refusals.is_empty()
    }

    /// The first source column with refused levels.
    pub(super) fn refused_column(&self) -> Option<&str> {
        let column = self.refusals.first()?.column;
        Some(self.schema.columns()[column as usize].name())
    }

    /// The prepared table of *new* rows, row by row.
    ///
    /// For the rows it was learnt on take the table that
    /// [`Preparation::fit_apply`](super::Preparation::fit_apply) gives, in which encoded targets
    /// are out of fold. Scaled numbers beyond ± 1e100 are cut off there. O(cells of the result).
    ///
    /// # Errors
    ///
    /// When the features' schema is not that of the training data, or a row has a level that is
    /// refused (row and column are named).
    pub fn apply<F: Features + ?Sized>(&self, features: &F) -> Result<FeatureTable, Error> {
        self.schema.check(features.schema())?;
        let rows = features.values();
        self.check_levels(rows)?;
        Ok(FeatureTable::new(self.prepared.clone(), self.apply_rows(rows))?)
    }

    /// Prepares one row of the schema into `out`; total: what a table would be refused for is
    /// neutral.
    ///
    /// # Panics
    ///
    /// When `row` or `out` is of another width than its schema.
    #[inline]
    pub fn apply_row(&self, row: &[f64], out: &mut [f64]) {
        assert_eq!(row.len(), self.schema.len(), "a row of the schema");
        assert_eq!(out.len(), self.columns.len(), "one place for each derived column");
        for (out, column) in out.iter_mut().zip(&self.columns) {
            *out = column.maps.iter().fold(row[column.source as usize], |x, map| map.of(x));
        }
    }

    /// The prepared numbers of rows in any memory layout.
    pub(super) fn apply_rows(&self, rows: ndarray::ArrayView2<'_, f64>) -> Array2<f64> {
        let width = self.columns.len();
        let chunks = par::chunks(rows.nrows());
        let parts = par::map(chunks.len(), Threads::for_work(rows.nrows() * width), |i| {
            let mut part = vec![0.0; chunks[i].len() * width];
            let mut buffer = Vec::new();
            for (at, row) in chunks[i].clone().enumerate() {
                let row = row_slice(rows.index_axis_move(ndarray::Axis(0), row), &mut buffer);
                self.apply_row(row, &mut part[at * width..(at + 1) * width]);
            }
            part
        });
        Array2::from_shape_vec((rows.nrows(), width), parts.concat())
            .expect("one number for each row and derived column")
    }

    fn check_levels(&self, rows: ndarray::ArrayView2<'_, f64>) -> Result<(), Error> {
        for refusal in &self.refusals {
            let position = refusal.column as usize;
            for (row, &cell) in rows.column(position).iter().enumerate() {
                if refusal.codes.binary_search(&(cell as u32)).is_ok() {
                    let column = &self.schema.columns()[position];
                    let found = level_names(column).swap_remove(cell as usize);
                    let column = column.name().to_owned();
                    return Err(ErrorKind::UnseenLevel { row, column, found }.into());
                }
            }
        }
        Ok(())
    }
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Repr {
    schema: Schema,
    prepared: Schema,
    columns: Vec<Derived>,
    refusals: Vec<Refusal>,
    evidence: Vec<Evidence>,
}

#[cfg(feature = "serde")]
impl TryFrom<Repr> for FittedPreparation {
    type Error = crate::saved::Broken;

    fn try_from(repr: Repr) -> Result<Self, Self::Error> {
        use super::work::n_codes;
        use crate::saved::{check_finite, ensure};
        use patronage_core::ColumnKind;
        let Repr { schema, prepared, columns, refusals, evidence } = repr;
        ensure(columns.len() == prepared.len(), "columns", "one for each of the prepared schema")?;
        for (derived, column) in columns.iter().zip(prepared.columns()) {
            let source = schema.columns().get(derived.source as usize);
            ensure(source.is_some(), "columns", "sources in the schema")?;
            let Some(source) = source else { continue };
            let mut codes = n_codes(source.kind());
            let mut nullable = *source.kind() == ColumnKind::NullableNumber;
            for map in &derived.maps {
                map.check(codes)?;
                nullable = map.may_be_missing(nullable);
                // Only the first step meets codes.
                codes = 0;
            }
            let sound = match (column.kind(), derived.maps.last()) {
                (kind, None) => kind == source.kind(),
                (ColumnKind::Flag, Some(map)) => matches!(map, Map::Missing | Map::Is(_)),
                (ColumnKind::Number, Some(_)) => !nullable,
                (ColumnKind::NullableNumber, Some(_)) => true,
                _ => false,
            };
            ensure(sound, "columns", "steps that make a column of its kind")?;
        }
        for refusal in &refusals {
            let column = schema.columns().get(refusal.column as usize);
            let n_codes = column.map_or(0, |column| n_codes(column.kind()));
            let ascending = refusal.codes.windows(2).all(|pair| pair[0] < pair[1]);
            let known = refusal.codes.last().is_none_or(|&code| (code as usize) < n_codes);
            ensure(ascending && known, "refusals", "ascending codes of the column")?;
        }
        for of in &evidence {
            let figures = |bin: &super::evidence::EvidenceBin| {
                [bin.weight_of_one, bin.weight_of_zero, bin.woe, bin.information]
            };
            of.bins.iter().try_for_each(|bin| check_finite("evidence", &figures(bin)))?;
            check_finite("evidence", &[of.information_value])?;
        }
        Ok(Self { schema, prepared, columns, refusals, evidence })
    }
}

#[cfg(feature = "serde")]
impl patronage_core::SavedModel for FittedPreparation {
    const TAG: &'static str = "classify/preparation";
    const VERSION: u32 = 1;
}
