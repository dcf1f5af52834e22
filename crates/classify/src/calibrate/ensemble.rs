//! Calibrated classifiers of the folds, together.

use ndarray::{Array2, ArrayView2, ArrayViewMut2};
use patronage_core::{Calibrated, CalibrationRecord, Classifier, Probability, Schema, Window};

use super::model::CalibratedClassifier;
use crate::error::{Error, ErrorKind};
use crate::scratch;

/// The mean of classifiers that were each fitted on the training rows of a split and calibrated on
/// its test rows.
///
/// The record counts the rows of all calibrations; its base rate is their mean, by rows.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize),
    serde(try_from = "Repr<M>", bound(deserialize = "M: Classifier + patronage_core::SavedModel"))
)]
pub struct CalibratedEnsemble<M> {
    members: Vec<CalibratedClassifier<M>>,
    record: CalibrationRecord,
}

impl<M: Classifier> CalibratedEnsemble<M> {
    /// Members of one schema and number of classes, at least one.
    pub(super) fn new(
        members: Vec<CalibratedClassifier<M>>,
        window: Option<Window>,
    ) -> Result<Self, Error> {
        let n_classes = members.first().map_or(0, Classifier::n_classes);
        if let Some(other) = members.iter().find(|member| member.n_classes() != n_classes) {
            let (what, found) = ("classes", other.n_classes());
            return Err(ErrorKind::Length { what, expected: n_classes, found }.into());
        }
        let n_rows: usize = members.iter().map(|member| member.calibration().n_rows).sum();
        let base_rate = members
            .iter()
            .map(|member| member.calibration())
            .map(|record| record.base_rate.get() * record.n_rows as f64 / n_rows as f64)
            .sum::<f64>()
            .clamp(0.0, 1.0);
        let method = members.first().map_or_else(String::new, |m| m.calibration().method.clone());
        let base_rate = Probability::new(base_rate)?;
        Ok(Self { members, record: CalibrationRecord { method, window, n_rows, base_rate } })
    }

    /// The members, one for each split.
    #[must_use]
    pub fn members(&self) -> &[CalibratedClassifier<M>] {
        &self.members
    }
}

impl<M: Classifier> Classifier for CalibratedEnsemble<M> {
    fn schema(&self) -> &Schema {
        self.members[0].schema()
    }

    fn n_classes(&self) -> usize {
        self.members[0].n_classes()
    }

    fn probabilities(&self, row: &[f64], out: &mut [f64]) {
        self.members[0].probabilities(row, out);
        scratch::lend(out.len(), |of_member| {
            for member in &self.members[1..] {
                member.probabilities(row, of_member);
                out.iter_mut().zip(&*of_member).for_each(|(out, p)| *out += p);
            }
        });
        out.iter_mut().for_each(|p| *p /= self.members.len() as f64);
    }

    fn probabilities_rows(&self, rows: ArrayView2<'_, f64>, mut out: ArrayViewMut2<'_, f64>) {
        self.members[0].probabilities_rows(rows, out.view_mut());
        let mut of_member = Array2::zeros(out.raw_dim());
        for member in &self.members[1..] {
            member.probabilities_rows(rows, of_member.view_mut());
            out += &of_member;
        }
        out.iter_mut().for_each(|p| *p /= self.members.len() as f64);
    }
}

impl<M> Calibrated for CalibratedEnsemble<M> {
    fn calibration(&self) -> &CalibrationRecord {
        &self.record
    }
}

#[cfg(feature = "serde")]
impl<M: patronage_core::SavedModel> serde::Serialize for CalibratedEnsemble<M> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let mut body = serializer.serialize_struct("CalibratedEnsemble", 2)?;
        body.serialize_field("members", &self.members)?;
        body.serialize_field("record", &self.record)?;
        body.end()
    }
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields, bound(deserialize = "M: Classifier + patronage_core::SavedModel"))]
struct Repr<M> {
    members: Vec<CalibratedClassifier<M>>,
    record: CalibrationRecord,
}

#[cfg(feature = "serde")]
impl<M: Classifier + patronage_core::SavedModel> TryFrom<Repr<M>> for CalibratedEnsemble<M> {
    type Error = crate::saved::Broken;

    fn try_from(Repr { members, record }: Repr<M>) -> Result<Self, Self::Error> {
        use crate::saved::ensure;
        let alike = |member: &CalibratedClassifier<M>| {
            member.n_classes() == members[0].n_classes()
                && member.schema().fingerprint() == members[0].schema().fingerprint()
        };
        let sound = !members.is_empty() && members.iter().all(alike);
        ensure(sound, "members", "at least one, all of one schema and number of classes")?;
        Ok(Self { members, record })
    }
}

#[cfg(feature = "serde")]
impl<M: Classifier + patronage_core::SavedModel> patronage_core::SavedModel
    for CalibratedEnsemble<M>
{
    const TAG: &'static str = "classify/calibrated_ensemble";
    const VERSION: u32 = 1;

    fn takes(&self) -> Option<&Schema> {
        Some(Classifier::schema(self))
    }
}
