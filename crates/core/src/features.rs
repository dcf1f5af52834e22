//! Customers × columns, dense.

use ndarray::{Array2, ArrayView2};

use crate::error::{Error, ErrorKind};
use crate::fingerprint::Fingerprint;
use crate::schema::Schema;

/// A dense table of features: rows of `f64` and the schema that says what they mean.
///
/// Implementors promise that [`values`](Self::values) is of shape `(n_rows, schema.len())` and
/// that every cell is one its column admits; [`FeatureTable`] checks both when it is built.
/// Rows are in the order of `CustomerIdx` where rows are customers. Outsiders may implement it.
pub trait Features: Send + Sync {
    /// What the columns are.
    fn schema(&self) -> &Schema;

    /// The cells, of shape `(n_rows, n_columns)`.
    fn values(&self) -> ArrayView2<'_, f64>;
}

impl<F: Features + ?Sized> Features for &F {
    fn schema(&self) -> &Schema {
        (**self).schema()
    }

    fn values(&self) -> ArrayView2<'_, f64> {
        (**self).values()
    }
}

impl<F: Features + ?Sized> Features for Box<F> {
    fn schema(&self) -> &Schema {
        (**self).schema()
    }

    fn values(&self) -> ArrayView2<'_, f64> {
        (**self).values()
    }
}

impl<F: Features + ?Sized> Features for std::sync::Arc<F> {
    fn schema(&self) -> &Schema {
        (**self).schema()
    }

    fn values(&self) -> ArrayView2<'_, f64> {
        (**self).values()
    }
}

/// An owned feature table, row-major, checked cell by cell.
///
/// ```
/// use ndarray::array;
/// use patronage_core::{Column, FeatureTable, Features, Schema};
///
/// let schema = Schema::new([Column::number("recency_days"), Column::nullable("age")])?;
/// let table = FeatureTable::new(schema.clone(), array![[3.0, f64::NAN], [12.0, 41.0]])?;
/// assert_eq!(table.values().nrows(), 2);
/// let error = FeatureTable::new(schema, array![[f64::NAN, 1.0]]).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     r#"row 0, column "recency_days": expected a finite number, found NaN"#
/// );
/// # Ok::<(), patronage_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct FeatureTable {
    schema: Schema,
    values: Array2<f64>,
}

impl FeatureTable {
    /// A table of `values`, of shape `(n_rows, schema.len())`; O(cells).
    ///
    /// # Errors
    ///
    /// When the width differs from the schema, or a cell is none its column admits.
    pub fn new(schema: Schema, values: Array2<f64>) -> Result<Self, Error> {
        check_cells(&schema, values.view())?;
        // Row-major, whatever came in, so that a row is a slice.
        let values = if values.is_standard_layout() {
            values
        } else {
            values.as_standard_layout().into_owned()
        };
        Ok(Self { schema, values })
    }

    /// The number of rows.
    #[must_use]
    pub fn n_rows(&self) -> usize {
        self.values.nrows()
    }

    /// The row at `position` as a slice.
    ///
    /// # Panics
    ///
    /// When there is no such row.
    #[must_use]
    pub fn row(&self, position: usize) -> &[f64] {
        let width = self.schema.len();
        let cells = self.values.as_slice().expect("the table is row-major");
        &cells[position * width..(position + 1) * width]
    }

    /// The table of the columns named, in that order.
    ///
    /// # Errors
    ///
    /// When a name is unknown, or given twice.
    pub fn select(&self, names: &[&str]) -> Result<Self, Error> {
        let positions =
            names.iter().map(|name| self.schema.require(name)).collect::<Result<Vec<_>, _>>()?;
        let columns = positions.iter().map(|&p| self.schema.columns()[p].clone());
        let schema = Schema::new(columns)?;
        let values = self.values.select(ndarray::Axis(1), &positions);
        Ok(Self { schema, values: values.as_standard_layout().into_owned() })
    }

    /// A short name for schema and cells together.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        let cells = Fingerprint::of_matrix(self.values.view());
        Fingerprint::of(format!("{}{cells}", self.schema.fingerprint()).as_bytes())
    }

    /// Schema and cells.
    #[must_use]
    pub fn into_parts(self) -> (Schema, Array2<f64>) {
        (self.schema, self.values)
    }
}

impl Features for FeatureTable {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn values(&self) -> ArrayView2<'_, f64> {
        self.values.view()
    }
}

/// A borrowed feature table over cells in any memory layout, checked cell by cell.
#[derive(Clone, Copy, Debug)]
pub struct FeatureView<'a> {
    schema: &'a Schema,
    values: ArrayView2<'a, f64>,
}

impl<'a> FeatureView<'a> {
    /// A view of `values`, of shape `(n_rows, schema.len())`; O(cells), copies nothing.
    ///
    /// # Errors
    ///
    /// When the width differs from the schema, or a cell is none its column admits.
    pub fn new(schema: &'a Schema, values: ArrayView2<'a, f64>) -> Result<Self, Error> {
        check_cells(schema, values)?;
        Ok(Self { schema, values })
    }
}

impl Features for FeatureView<'_> {
    fn schema(&self) -> &Schema {
        self.schema
    }

    fn values(&self) -> ArrayView2<'_, f64> {
        self.values
    }
}

fn check_cells(schema: &Schema, values: ArrayView2<'_, f64>) -> Result<(), Error> {
    if values.ncols() != schema.len() {
        return Err(ErrorKind::Width { expected: schema.len(), found: values.ncols() }.into());
    }
    for (row, cells) in values.rows().into_iter().enumerate() {
        for (column, &found) in schema.columns().iter().zip(cells) {
            if !column.kind().admits(found) {
                return Err(ErrorKind::Cell {
                    row,
                    column: column.name().to_owned(),
                    expected: column.kind().expectation(),
                    found,
                }
                .into());
            }
        }
    }
    Ok(())
}
