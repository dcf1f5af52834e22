//! The constant answer every other must beat.

use ndarray::{ArrayView2, ArrayViewMut2};
use patronage_core::{ClassIdx, Classifier, Fit, Labeled, Regressor, Schema, Seeded};

use crate::error::{Error, ErrorKind};
use crate::sample::{Sample, class_weights, n_classes};
use crate::stats;

/// Estimates the share of each class, or the mean of the numbers, whatever the features say.
///
/// ```text
/// p(class) = weight of rows of the class / weight of all rows
/// f        = weighted mean of the labels
/// ```
///
/// A model that does not beat it has learnt nothing. It learns classes ([`BaselineModel`]) and
/// numbers ([`BaselineRegressor`]). There are as many classes as one more than the greatest label of
/// the whole table, and at least two. O(n_rows).
///
/// # Errors
///
/// Fitting fails when no row of positive weight takes part.
///
/// # Examples
///
/// ```
/// use ndarray::array;
/// use patronage_classify::Baseline;
/// use patronage_core::{ClassIdx, ClassifierExt, Column, FeatureTable, Fit, Labeled, Schema};
///
/// let schema = Schema::new([Column::number("recency_days")])?;
/// let table = FeatureTable::new(schema, array![[3.0], [40.0], [90.0], [200.0]])?;
/// let bought = [1, 0, 0, 0].map(ClassIdx::new);
/// let model = Baseline::new().fit(&Labeled::new(&table, &bought)?)?;
/// assert_eq!(model.predict_probabilities(&table)?.row(2).to_vec(), [0.75, 0.25]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Baseline {}

impl Baseline {
    /// A baseline; there is nothing to set.
    #[must_use]
    pub const fn new() -> Self {
        Self {}
    }
}

impl Fit<Labeled<'_, ClassIdx>> for Baseline {
    type Model = BaselineModel;
    type Error = Error;

    fn fit(&self, data: &Labeled<'_, ClassIdx>) -> Result<BaselineModel, Error> {
        let n_classes = n_classes(data)?;
        let sample = Sample::new(data, "baseline")?;
        let mut shares = class_weights(data, &sample, n_classes);
        shares.iter_mut().for_each(|share| *share /= sample.total);
        Ok(BaselineModel { schema: data.schema().clone(), shares })
    }
}

impl Fit<Labeled<'_, f64>> for Baseline {
    type Model = BaselineRegressor;
    type Error = Error;

    fn fit(&self, data: &Labeled<'_, f64>) -> Result<BaselineRegressor, Error> {
        let sample = Sample::new(data, "baseline")?;
        let labels: Vec<f64> = sample.rows.iter().map(|&row| data.labels()[row as usize]).collect();
        let (mean, _) = stats::moments(&labels, &sample.weights)
            .ok_or(ErrorKind::NoRows { what: "baseline" })?;
        let mean = mean.clamp(f64::MIN, f64::MAX);
        Ok(BaselineRegressor { schema: data.schema().clone(), mean })
    }
}

impl Seeded for Baseline {
    fn reseeded(&self, _seed: u64) -> Self {
        *self
    }
}

/// The shares of the classes, the same for every row.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(try_from = "Repr")
)]
pub struct BaselineModel {
    schema: Schema,
    shares: Vec<f64>,
}

impl BaselineModel {
    /// The share of each class; they sum to 1.
    #[must_use]
    pub fn shares(&self) -> &[f64] {
        &self.shares
    }
}

impl Classifier for BaselineModel {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn n_classes(&self) -> usize {
        self.shares.len()
    }

    fn probabilities(&self, _row: &[f64], out: &mut [f64]) {
        out.copy_from_slice(&self.shares);
    }

    fn probabilities_rows(&self, rows: ArrayView2<'_, f64>, mut out: ArrayViewMut2<'_, f64>) {
        assert_eq!(rows.nrows(), out.nrows(), "one row of probabilities for each row");
        out.assign(&ndarray::aview1(&self.shares));
    }
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Repr {
    schema: Schema,
    shares: Vec<f64>,
}

#[cfg(feature = "serde")]
impl TryFrom<Repr> for BaselineModel {
    type Error = crate::saved::Broken;

    fn try_from(Repr { schema, shares }: Repr) -> Result<Self, Self::Error> {
        crate::saved::check_distribution("shares", &shares)?;
        Ok(Self { schema, shares })
    }
}

#[cfg(feature = "serde")]
impl patronage_core::SavedModel for BaselineModel {
    const TAG: &'static str = "classify/baseline";
    const VERSION: u32 = 1;

    fn takes(&self) -> Option<&Schema> {
        Some(Classifier::schema(self))
    }
}

/// The mean of the labels, the same for every row.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(try_from = "NumberRepr")
)]
pub struct BaselineRegressor {
    schema: Schema,
    mean: f64,
}

impl BaselineRegressor {
    /// The mean of the labels.
    #[must_use]
    pub const fn mean(&self) -> f64 {
        self.mean
    }
}

impl Regressor for BaselineRegressor {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn value(&self, _row: &[f64]) -> f64 {
        self.mean
    }
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct NumberRepr {
    schema: Schema,
    mean: f64,
}

#[cfg(feature = "serde")]
impl TryFrom<NumberRepr> for BaselineRegressor {
    type Error = crate::saved::Broken;

    fn try_from(NumberRepr { schema, mean }: NumberRepr) -> Result<Self, Self::Error> {
        crate::saved::check_finite("mean", &[mean])?;
        Ok(Self { schema, mean })
    }
}

#[cfg(feature = "serde")]
impl patronage_core::SavedModel for BaselineRegressor {
    const TAG: &'static str = "classify/baseline_regressor";
    const VERSION: u32 = 1;

    fn takes(&self) -> Option<&Schema> {
        Some(Regressor::schema(self))
    }
}
