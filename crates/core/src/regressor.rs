//! Rows to numbers.

use ndarray::ArrayView2;

use crate::bind::{Bound, row_slice};
use crate::error::Error;
use crate::features::Features;
use crate::schema::Schema;

/// A model that gives every row a finite number.
///
/// Total on rows of its [`schema`](Self::schema). Outsiders may implement it.
pub trait Regressor: Send + Sync {
    /// The columns the model was fitted on.
    fn schema(&self) -> &Schema;

    /// The number of a row of the model's schema.
    ///
    /// # Panics
    ///
    /// May panic when the row is of another width; [`RegressorExt`] checks once.
    fn value(&self, row: &[f64]) -> f64;

    /// The numbers of rows, equal to [`value`](Self::value) of each within 1e-12 relative.
    ///
    /// # Panics
    ///
    /// When `out` is of another length than there are rows.
    fn value_rows(&self, rows: ArrayView2<'_, f64>, out: &mut [f64]) {
        assert_eq!(rows.nrows(), out.len(), "one place for each row");
        let mut buffer = Vec::new();
        for (row, out) in rows.rows().into_iter().zip(out) {
            *out = self.value(row_slice(row, &mut buffer));
        }
    }
}

macro_rules! forward {
    () => {
        fn schema(&self) -> &Schema {
            (**self).schema()
        }

        fn value(&self, row: &[f64]) -> f64 {
            (**self).value(row)
        }

        fn value_rows(&self, rows: ArrayView2<'_, f64>, out: &mut [f64]) {
            (**self).value_rows(rows, out);
        }
    };
}

impl<R: Regressor + ?Sized> Regressor for &R {
    forward!();
}

impl<R: Regressor + ?Sized> Regressor for Box<R> {
    forward!();
}

impl<R: Regressor + ?Sized> Regressor for std::sync::Arc<R> {
    forward!();
}

/// Conveniences on every [`Regressor`].
pub trait RegressorExt: Regressor {
    /// The number of every row of `features`.
    ///
    /// # Errors
    ///
    /// When the features' schema is not the model's.
    fn predict<F: Features + ?Sized>(&self, features: &F) -> Result<Vec<f64>, Error> {
        self.schema().check(features.schema())?;
        let rows = features.values();
        let mut out = vec![0.0; rows.nrows()];
        self.value_rows(rows, &mut out);
        Ok(out)
    }

    /// Checks once that rows of `schema` are rows of the model; what comes back is infallible on them.
    ///
    /// # Errors
    ///
    /// When the schema is not the model's; the first difference is named.
    fn bind(self, schema: &Schema) -> Result<Bound<Self>, Error>
    where
        Self: Sized,
    {
        Bound::new(self, schema, Self::schema)
    }
}

impl<R: Regressor + ?Sized> RegressorExt for R {}
