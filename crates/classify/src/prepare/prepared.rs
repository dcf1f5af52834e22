//! A preparation and an estimator in one.

use ndarray::{ArrayView2, ArrayViewMut2, Axis, Slice};
use patronage_core::{BoxError, Classifier, Fit, Labeled, Regressor, Schema, Seeded};

use super::outcome::Supervision;
use super::{FittedPreparation, Preparation};
use crate::error::{Error, ErrorKind};
use crate::scratch;

/// An estimator that prepares its columns first, each time it is fitted.
///
/// Cross-validation, bias-variance rounds and the like refit the preparation with the model, so
/// that no test row has a say in it. The model takes rows of the *source* schema.
///
/// # Errors
///
/// Fitting fails when the preparation or the estimator does, and when the preparation refuses
/// levels, for a model answers every row.
///
/// # Examples
///
/// ```
/// use ndarray::array;
/// use patronage_classify::{LogisticRegression, Preparation, Prepared};
/// use patronage_core::{ClassIdx, ClassifierExt, Column, FeatureTable, Fit, Labeled, Schema};
///
/// let schema = Schema::new([Column::nullable("age"), Column::category("plan", ["basic", "gold"])])?;
/// let cells = array![[20.0, 0.0], [f64::NAN, 1.0], [40.0, 0.0], [50.0, 1.0]];
/// let table = FeatureTable::new(schema, cells)?;
/// let labels = [0, 1, 0, 1].map(ClassIdx::new);
/// let estimator = Prepared::new(Preparation::standard(), LogisticRegression::new());
/// let model = estimator.fit(&Labeled::new(&table, &labels)?)?;
/// assert_eq!(model.predict(&table)?, labels);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Prepared<E> {
    preparation: Preparation,
    estimator: E,
}

impl<E> Prepared<E> {
    /// `estimator` on what `preparation` makes of rows.
    pub const fn new(preparation: Preparation, estimator: E) -> Self {
        Self { preparation, estimator }
    }
}

impl<Y, E, M, Er> Fit<Labeled<'_, Y>> for Prepared<E>
where
    Y: Supervision,
    E: for<'a> Fit<Labeled<'a, Y>, Model = M, Error = Er>,
    Er: Into<BoxError>,
{
    type Model = PreparedModel<M>;
    type Error = Error;

    fn fit(&self, data: &Labeled<'_, Y>) -> Result<PreparedModel<M>, Error> {
        let (preparation, table) = self.preparation.fit_apply(data)?;
        if let Some(column) = preparation.refused_column() {
            return Err(ErrorKind::Unsuitable {
                step: "preparation of a model",
                column: column.to_owned(),
                expected: "levels never seen to be neutral or missing",
                found: "refused".to_owned(),
            }
            .into());
        }
        let weights = crate::sample::table_weights(data);
        let mut prepared = Labeled::new(&table, data.labels())?;
        if let Some(weights) = &weights {
            prepared = prepared.weighted(weights)?;
        }
        if let Some(rows) = data.rows() {
            prepared = prepared.select(rows)?;
        }
        let model = self.estimator.fit(&prepared).map_err(|error| {
            Error::from(ErrorKind::Part { part: "prepared estimator".into(), source: error.into() })
        })?;
        Ok(PreparedModel { preparation, model })
    }
}

impl<E: Seeded> Seeded for Prepared<E> {
    fn reseeded(&self, seed: u64) -> Self {
        let preparation = self.preparation.reseeded(seed);
        Self { preparation, estimator: self.estimator.reseeded(seed) }
    }
}

/// A model of prepared rows that takes raw ones.
#[derive(Clone, Debug, PartialEq)]
pub struct PreparedModel<M> {
    preparation: FittedPreparation,
    model: M,
}

impl<M> PreparedModel<M> {
    /// The preparation, which sums what is said of derived columns back to the source.
    #[must_use]
    pub const fn preparation(&self) -> &FittedPreparation {
        &self.preparation
    }

    /// The model of prepared rows.
    #[must_use]
    pub const fn inner(&self) -> &M {
        &self.model
    }

    /// The same with what `f` makes of the model, which must take the same columns.
    pub(crate) fn map<N>(self, f: impl FnOnce(M) -> N) -> PreparedModel<N> {
        PreparedModel { preparation: self.preparation, model: f(self.model) }
    }

    /// Both.
    #[must_use]
    pub fn into_parts(self) -> (FittedPreparation, M) {
        (self.preparation, self.model)
    }
}

/// Rows prepared at a time, so that what is prepared stays small whatever their number.
const AT_A_TIME: usize = 1 << 16;

impl<M: Classifier> Classifier for PreparedModel<M> {
    fn schema(&self) -> &Schema {
        self.preparation.schema()
    }

    fn n_classes(&self) -> usize {
        self.model.n_classes()
    }

    fn probabilities(&self, row: &[f64], out: &mut [f64]) {
        scratch::lend(self.preparation.prepared_schema().len(), |prepared| {
            self.preparation.apply_row(row, prepared);
            self.model.probabilities(prepared, out);
        });
    }

    fn probabilities_rows(&self, rows: ArrayView2<'_, f64>, mut out: ArrayViewMut2<'_, f64>) {
        assert_eq!(rows.nrows(), out.nrows(), "one row of probabilities for each row");
        for from in (0..rows.nrows()).step_by(AT_A_TIME) {
            let part = Slice::from(from..(from + AT_A_TIME).min(rows.nrows()));
            let prepared = self.preparation.apply_rows(rows.slice_axis(Axis(0), part));
            self.model.probabilities_rows(prepared.view(), out.slice_axis_mut(Axis(0), part));
        }
    }
}

impl<M: Regressor> Regressor for PreparedModel<M> {
    fn schema(&self) -> &Schema {
        self.preparation.schema()
    }

    fn value(&self, row: &[f64]) -> f64 {
        scratch::lend(self.preparation.prepared_schema().len(), |prepared| {
            self.preparation.apply_row(row, prepared);
            self.model.value(prepared)
        })
    }

    fn value_rows(&self, rows: ArrayView2<'_, f64>, out: &mut [f64]) {
        assert_eq!(rows.nrows(), out.len(), "one place for each row");
        let parts = out.chunks_mut(AT_A_TIME);
        for (part, from) in parts.zip((0..).step_by(AT_A_TIME)) {
            let slice = Slice::from(from..from + part.len());
            let prepared = self.preparation.apply_rows(rows.slice_axis(Axis(0), slice));
            self.model.value_rows(prepared.view(), part);
        }
    }
}

#[cfg(feature = "serde")]
impl<M: patronage_core::SavedModel> serde::Serialize for PreparedModel<M> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let mut body = serializer.serialize_struct("PreparedModel", 3)?;
        // The kind of model inside, so that one kind is not read as another.
        body.serialize_field("inside", M::TAG)?;
        body.serialize_field("preparation", &self.preparation)?;
        body.serialize_field("model", &self.model)?;
        body.end()
    }
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Repr<M> {
    inside: String,
    preparation: FittedPreparation,
    model: M,
}

#[cfg(feature = "serde")]
impl<'de, M> serde::Deserialize<'de> for PreparedModel<M>
where
    M: patronage_core::SavedModel,
{
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        let Repr { inside, preparation, model } = Repr::<M>::deserialize(deserializer)?;
        crate::saved::ensure(inside == M::TAG, "inside", M::TAG).map_err(D::Error::custom)?;
        let takes = model.takes().ok_or_else(|| {
            D::Error::custom(format!("{} does not say which rows it takes", M::TAG))
        })?;
        takes.check(preparation.prepared_schema()).map_err(D::Error::custom)?;
        crate::saved::ensure(!preparation.refuses(), "preparation", "one that refuses no level")
            .map_err(D::Error::custom)?;
        Ok(Self { preparation, model })
    }
}

#[cfg(feature = "serde")]
impl<M: patronage_core::SavedModel> patronage_core::SavedModel for PreparedModel<M> {
    const TAG: &'static str = "classify/prepared";
    const VERSION: u32 = 1;

    fn takes(&self) -> Option<&Schema> {
        Some(self.preparation.schema())
    }
}
