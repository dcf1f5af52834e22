//! Rows of which a model is asked one number each.

use ndarray::{Array2, ArrayView2};
use patronage_core::{ClassIdx, Classifier, Features, Regressor, Schema};

use crate::answers::ask;
use crate::error::{Error, ErrorKind};

/// What a model says of rows: the probability of a class, or its number.
type Says<'a> = Box<dyn Fn(ArrayView2<'_, f64>) -> Vec<f64> + Sync + 'a>;

/// A table and what a model says of rows like its own.
pub(super) struct Asked<'a> {
    pub(super) schema: &'a Schema,
    /// The cells, row-major.
    pub(super) rows: Array2<f64>,
    says: Says<'a>,
}

impl<'a> Asked<'a> {
    /// The probability of a class.
    pub(super) fn of_class<C: Classifier + ?Sized, F: Features + ?Sized>(
        model: &'a C,
        features: &'a F,
        class: ClassIdx,
        what: &'static str,
    ) -> Result<Self, Error> {
        model.schema().check(features.schema())?;
        if class.index() >= model.n_classes() {
            let (n_classes, found) = (model.n_classes(), class.index());
            return Err(ErrorKind::NoSuchClass { what: "class", n_classes, found }.into());
        }
        let says = move |rows: ArrayView2<'_, f64>| {
            ask::<ClassIdx, C>(model, rows).column(class.index()).to_vec()
        };
        Self::new(features, Box::new(says), what)
    }

    /// The number of a regressor.
    pub(super) fn of_value<R: Regressor + ?Sized, F: Features + ?Sized>(
        model: &'a R,
        features: &'a F,
        what: &'static str,
    ) -> Result<Self, Error> {
        model.schema().check(features.schema())?;
        let says = move |rows: ArrayView2<'_, f64>| {
            let mut out = vec![0.0; rows.nrows()];
            model.value_rows(rows, &mut out);
            out
        };
        Self::new(features, Box::new(says), what)
    }

    fn new<F: Features + ?Sized>(
        features: &'a F,
        says: Says<'a>,
        what: &'static str,
    ) -> Result<Self, Error> {
        let rows = features.values();
        if rows.nrows() == 0 {
            return Err(ErrorKind::NoRows { what }.into());
        }
        let rows = rows.as_standard_layout().into_owned();
        Ok(Self { schema: features.schema(), rows, says })
    }

    /// What the model says of rows of the schema.
    pub(super) fn of(&self, rows: ArrayView2<'_, f64>) -> Vec<f64> {
        (self.says)(rows)
    }

    /// What it says of all rows with columns set to a cell each.
    pub(super) fn with_cells(&self, cells: &[(usize, f64)]) -> Vec<f64> {
        let mut changed = self.rows.clone();
        for &(column, cell) in cells {
            changed.column_mut(column).fill(cell);
        }
        self.of(changed.view())
    }
}

/// A mean of numbers whose sum may leave the range.
pub(super) fn mean(numbers: &[f64]) -> f64 {
    let n = numbers.len() as f64;
    let sum: f64 = numbers.iter().sum();
    if sum.is_finite() {
        return sum / n;
    }
    numbers.iter().map(|x| x / n).sum::<f64>().clamp(f64::MIN, f64::MAX)
}
