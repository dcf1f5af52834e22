//! A calibrated classifier.

use ndarray::{ArrayView2, ArrayViewMut2};
use patronage_core::{Calibrated, CalibrationRecord, Classifier, Schema};

use crate::logistic::sigmoid;

/// Probabilities are kept so far from 0 and 1 where their logarithm is taken.
pub(super) const NEAR: f64 = 1e-15;

/// A correction of probabilities.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub(super) enum Map {
    /// `sigmoid(on_log · ln p - on_rest · ln(1 - p) + shift)`.
    Sigmoid { on_log: f64, on_rest: f64, shift: f64 },
    /// Linear between points, flat beyond them.
    Points { x: Vec<f64>, y: Vec<f64> },
    /// `p^exponent`, before all classes are brought to sum to 1.
    Power { exponent: f64 },
}

impl Map {
    pub(super) fn of(&self, p: f64) -> f64 {
        match self {
            Self::Sigmoid { on_log, on_rest, shift } => {
                let p = p.clamp(NEAR, 1.0 - NEAR);
                sigmoid(on_log * p.ln() - on_rest * (1.0 - p).ln() + shift)
            }
            Self::Power { exponent } => p.max(NEAR).powf(*exponent),
            Self::Points { x, y } => {
                let above = x.partition_point(|&x| x <= p);
                if above == 0 {
                    return y[0];
                }
                if above == x.len() {
                    return y[y.len() - 1];
                }
                let share = (p - x[above - 1]) / (x[above] - x[above - 1]);
                let (low, high) = (y[above - 1], y[above]);
                (low + share * (high - low)).clamp(low, high)
            }
        }
    }

    #[cfg(feature = "serde")]
    fn check(&self) -> Result<(), crate::saved::Broken> {
        use crate::saved::{check_finite, ensure};
        match self {
            Self::Sigmoid { on_log, on_rest, shift } => {
                check_finite("maps", &[*on_log, *on_rest, *shift])
            }
            Self::Power { exponent } => {
                let sound = exponent.is_finite() && *exponent > 0.0;
                ensure(sound, "maps", "a finite exponent above 0")
            }
            Self::Points { x, y } => {
                let sound = !x.is_empty()
                    && x.len() == y.len()
                    && x.windows(2).all(|pair| pair[0] < pair[1])
                    && y.windows(2).all(|pair| pair[0] <= pair[1])
                    && x.iter().chain(y).all(|value| (0.0..=1.0).contains(value));
                ensure(sound, "maps", "ascending points in [0, 1]")
            }
        }
    }
}

/// A classifier with its probabilities corrected, and the evidence for that.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(try_from = "Repr<M>", bound(deserialize = "M: Classifier + patronage_core::SavedModel"))
)]
pub struct CalibratedClassifier<M> {
    model: M,
    /// One for class 1 of two, or one for each class.
    maps: Vec<Map>,
    record: CalibrationRecord,
}

impl<M: Classifier> CalibratedClassifier<M> {
    pub(super) const fn new(model: M, maps: Vec<Map>, record: CalibrationRecord) -> Self {
        Self { model, maps, record }
    }

    /// The model as it was fitted.
    #[must_use]
    pub const fn uncalibrated(&self) -> &M {
        &self.model
    }

    /// The corrected probability of class 1 of two, where the model says `p`; of one class against
    /// the rest, before all are brought to sum to 1, where there are more.
    ///
    /// # Panics
    ///
    /// When there are more than two classes and no such class.
    #[must_use]
    pub fn corrected(&self, class: patronage_core::ClassIdx, p: f64) -> f64 {
        match self.maps.as_slice() {
            [map] if class.index() == 1 => map.of(p),
            [map] => 1.0 - map.of(1.0 - p),
            maps => maps[class.index()].of(p),
        }
    }

    fn correct(&self, out: &mut [f64]) {
        if let [map] = self.maps.as_slice() {
            out[1] = map.of(out[1]);
            out[0] = 1.0 - out[1];
            return;
        }
        let total: f64 = out.iter().zip(&self.maps).map(|(&p, map)| map.of(p)).sum();
        // Where every class is denied, what the model said is all there is.
        if total > 0.0 {
            out.iter_mut().zip(&self.maps).for_each(|(p, map)| *p = map.of(*p) / total);
        }
    }
}

impl<M: Classifier> Classifier for CalibratedClassifier<M> {
    fn schema(&self) -> &Schema {
        self.model.schema()
    }

    fn n_classes(&self) -> usize {
        self.model.n_classes()
    }

    fn probabilities(&self, row: &[f64], out: &mut [f64]) {
        self.model.probabilities(row, out);
        self.correct(out);
    }

    fn probabilities_rows(&self, rows: ArrayView2<'_, f64>, mut out: ArrayViewMut2<'_, f64>) {
        self.model.probabilities_rows(rows, out.view_mut());
        let mut buffer = vec![0.0; self.n_classes()];
        for mut out in out.rows_mut() {
            buffer.iter_mut().zip(&out).for_each(|(buffer, &p)| *buffer = p);
            self.correct(&mut buffer);
            out.iter_mut().zip(&buffer).for_each(|(out, &p)| *out = p);
        }
    }
}

impl<M> Calibrated for CalibratedClassifier<M> {
    fn calibration(&self) -> &CalibrationRecord {
        &self.record
    }
}

#[cfg(feature = "serde")]
impl<M: patronage_core::SavedModel> serde::Serialize for CalibratedClassifier<M> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let mut body = serializer.serialize_struct("CalibratedClassifier", 4)?;
        // The kind of model inside, so that one kind is not read as another.
        body.serialize_field("inside", M::TAG)?;
        body.serialize_field("model", &self.model)?;
        body.serialize_field("maps", &self.maps)?;
        body.serialize_field("record", &self.record)?;
        body.end()
    }
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Repr<M> {
    inside: String,
    model: M,
    maps: Vec<Map>,
    record: CalibrationRecord,
}

#[cfg(feature = "serde")]
impl<M: Classifier + patronage_core::SavedModel> TryFrom<Repr<M>> for CalibratedClassifier<M> {
    type Error = crate::saved::Broken;

    fn try_from(Repr { inside, model, maps, record }: Repr<M>) -> Result<Self, Self::Error> {
        use crate::saved::ensure;
        ensure(inside == M::TAG, "inside", M::TAG)?;
        ensure(model.n_classes() >= 2, "model", "one of two classes at least")?;
        let n_maps = if model.n_classes() == 2 { 1 } else { model.n_classes() };
        ensure(maps.len() == n_maps, "maps", "as many as the classes ask for")?;
        maps.iter().try_for_each(Map::check)?;
        Ok(Self { model, maps, record })
    }
}

#[cfg(feature = "serde")]
impl<M: Classifier + patronage_core::SavedModel> patronage_core::SavedModel
    for CalibratedClassifier<M>
{
    const TAG: &'static str = "classify/calibrated";
    const VERSION: u32 = 1;

    fn takes(&self) -> Option<&Schema> {
        Some(Classifier::schema(self))
    }
}
