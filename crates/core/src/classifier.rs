//! Rows to class probabilities.

use ndarray::{Array2, ArrayView2, ArrayViewMut2};

use crate::bind::{Bound, row_slice};
use crate::error::Error;
use crate::features::Features;
use crate::index::ClassIdx;
use crate::probability::Probability;
use crate::schema::Schema;
use crate::time::Window;

/// A model that gives every row a probability for each class.
///
/// Probabilities are at least 0 and sum to 1 within 1e-9. Total on rows of its
/// [`schema`](Self::schema). That they are *calibrated* (of the rows given 0.3, three in ten are
/// of the class) is a further promise, made by [`Calibrated`]. Outsiders may implement it.
pub trait Classifier: Send + Sync {
    /// The columns the model was fitted on.
    fn schema(&self) -> &Schema;

    /// The number of classes, at least 1.
    fn n_classes(&self) -> usize;

    /// The probabilities of a row of the model's schema, into a slice of length `n_classes`.
    ///
    /// # Panics
    ///
    /// May panic when the row or the slice is of another length; [`ClassifierExt`] checks once.
    fn probabilities(&self, row: &[f64], out: &mut [f64]);

    /// The probabilities of rows, into a matrix of shape `(n_rows, n_classes)`.
    ///
    /// Override it where linear algebra is faster on many rows; equal to
    /// [`probabilities`](Self::probabilities) of each row within 1e-12.
    ///
    /// # Panics
    ///
    /// When shapes do not fit.
    fn probabilities_rows(&self, rows: ArrayView2<'_, f64>, mut out: ArrayViewMut2<'_, f64>) {
        assert_eq!(rows.nrows(), out.nrows(), "one row of probabilities for each row");
        let (mut buffer, mut row_out) = (Vec::new(), vec![0.0; self.n_classes()]);
        for (row, mut out) in rows.rows().into_iter().zip(out.rows_mut()) {
            self.probabilities(row_slice(row, &mut buffer), &mut row_out);
            out.iter_mut().zip(&row_out).for_each(|(out, &p)| *out = p);
        }
    }
}

macro_rules! forward {
    () => {
        fn schema(&self) -> &Schema {
            (**self).schema()
        }

        fn n_classes(&self) -> usize {
            (**self).n_classes()
        }

        fn probabilities(&self, row: &[f64], out: &mut [f64]) {
            (**self).probabilities(row, out);
        }

        fn probabilities_rows(&self, rows: ArrayView2<'_, f64>, out: ArrayViewMut2<'_, f64>) {
            (**self).probabilities_rows(rows, out);
        }
    };
}

impl<C: Classifier + ?Sized> Classifier for &C {
    forward!();
}

impl<C: Classifier + ?Sized> Classifier for Box<C> {
    forward!();
}

impl<C: Classifier + ?Sized> Classifier for std::sync::Arc<C> {
    forward!();
}

/// Conveniences on every [`Classifier`].
pub trait ClassifierExt: Classifier {
    /// The probabilities of every row of `features`, of shape `(n_rows, n_classes)`.
    ///
    /// # Errors
    ///
    /// When the features' schema is not the model's.
    fn predict_probabilities<F: Features + ?Sized>(
        &self,
        features: &F,
    ) -> Result<Array2<f64>, Error> {
        self.schema().check(features.schema())?;
        let rows = features.values();
        let mut out = Array2::zeros((rows.nrows(), self.n_classes()));
        self.probabilities_rows(rows, out.view_mut());
        Ok(out)
    }

    /// The most probable class of every row of `features`, the first of equals.
    ///
    /// # Errors
    ///
    /// When the features' schema is not the model's.
    fn predict<F: Features + ?Sized>(&self, features: &F) -> Result<Vec<ClassIdx>, Error> {
        let probabilities = self.predict_probabilities(features)?;
        Ok(probabilities.rows().into_iter().map(|row| most_probable(row.iter().copied())).collect())
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

impl<C: Classifier + ?Sized> ClassifierExt for C {}

/// The class of the greatest probability, the first of equals.
#[must_use]
pub fn most_probable(probabilities: impl IntoIterator<Item = f64>) -> ClassIdx {
    let mut best = (0, f64::NEG_INFINITY);
    for (class, probability) in probabilities.into_iter().enumerate() {
        if probability > best.1 {
            best = (class, probability);
        }
    }
    ClassIdx::from_usize(best.0)
}

/// A promise that a model's numbers are probabilities one may bet on, and the evidence for it.
///
/// Implemented by what fits a calibration on data the model never saw; decisions refuse models
/// without it. Outsiders may implement it for models that are calibrated by other means.
pub trait Calibrated {
    /// How and on what the model was calibrated.
    fn calibration(&self) -> &CalibrationRecord;
}

impl<C: Calibrated + ?Sized> Calibrated for &C {
    fn calibration(&self) -> &CalibrationRecord {
        (**self).calibration()
    }
}

impl<C: Calibrated + ?Sized> Calibrated for Box<C> {
    fn calibration(&self) -> &CalibrationRecord {
        (**self).calibration()
    }
}

impl<C: Calibrated + ?Sized> Calibrated for std::sync::Arc<C> {
    fn calibration(&self) -> &CalibrationRecord {
        (**self).calibration()
    }
}

/// The evidence behind calibrated numbers.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct CalibrationRecord {
    /// The method, such as `"platt"` or `"isotonic"`.
    pub method: String,
    /// The window whose outcomes were used, where outcomes have a time.
    pub window: Option<Window>,
    /// How many rows (or pairs) were used.
    pub n_rows: usize,
    /// The share of them with the outcome.
    pub base_rate: Probability,
}
