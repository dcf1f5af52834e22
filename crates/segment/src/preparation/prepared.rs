//! A segmentation of raw rows by a model of prepared ones.

use patronage_core::{Schema, SegmentIdx, Segmenter};

use super::PreparationModel;
use crate::error::Error;

/// A model of prepared rows that takes raw ones: preparation and segmentation in one.
///
/// ```
/// use ndarray::array;
/// use patronage_segment::{
///     Column, FeatureTable, Fit, KMeans, Prepared, Preparation, Schema, Segmenter,
/// };
///
/// let schema = Schema::new([Column::number("monetary")])?;
/// let spend = FeatureTable::new(schema, array![[10.0], [12.0], [9000.0], [9900.0]])?;
/// let preparation = Preparation::new().log1p().standardise().fit(&spend)?;
/// let clusters = KMeans::new(2).fit(&preparation.apply(&spend)?)?;
/// let model = Prepared::new(preparation, clusters)?;
/// assert_eq!(model.segment(&[11.0]), model.segment(&[10.0]));
/// assert_ne!(model.segment(&[11.0]), model.segment(&[8000.0]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Prepared<S> {
    preparation: PreparationModel,
    segmenter: S,
}

impl<S: Segmenter> Prepared<S> {
    /// `segmenter` on what `preparation` makes of raw rows.
    ///
    /// # Errors
    ///
    /// When the segmenter was fitted on other columns than the preparation makes.
    pub fn new(preparation: PreparationModel, segmenter: S) -> Result<Self, Error> {
        segmenter.schema().check(preparation.prepared_schema())?;
        Ok(Self { preparation, segmenter })
    }

    /// The preparation.
    pub const fn preparation(&self) -> &PreparationModel {
        &self.preparation
    }

    /// The model of prepared rows.
    pub const fn segmenter(&self) -> &S {
        &self.segmenter
    }
}

impl<S: Segmenter> Segmenter for Prepared<S> {
    fn schema(&self) -> &Schema {
        self.preparation.schema()
    }

    fn n_segments(&self) -> usize {
        self.segmenter.n_segments()
    }

    fn segment(&self, row: &[f64]) -> SegmentIdx {
        const ON_STACK: usize = 16;
        if row.len() <= ON_STACK {
            let mut buffer = [0.0; ON_STACK];
            let prepared = &mut buffer[..row.len()];
            self.preparation.apply_row(row, prepared);
            self.segmenter.segment(prepared)
        } else {
            let mut prepared = vec![0.0; row.len()];
            self.preparation.apply_row(row, &mut prepared);
            self.segmenter.segment(&prepared)
        }
    }

    fn name(&self, segment: SegmentIdx) -> Option<&str> {
        self.segmenter.name(segment)
    }
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Repr<S> {
    preparation: PreparationModel,
    segmenter: S,
}

#[cfg(feature = "serde")]
impl<'de, S: Segmenter + serde::Deserialize<'de>> serde::Deserialize<'de> for Prepared<S> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Repr { preparation, segmenter } = Repr::deserialize(deserializer)?;
        Self::new(preparation, segmenter).map_err(serde::de::Error::custom)
    }
}

#[cfg(feature = "serde")]
impl patronage_core::SavedModel for Prepared<crate::KMeansModel> {
    const TAG: &'static str = "segment/prepared-kmeans";
    const VERSION: u32 = 1;
}
