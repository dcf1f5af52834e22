//! What two accumulators must measure alike.

use patronage_core::{Date, Timestamp};

use super::accumulator::RfmAccumulator;
use super::choices::{Frequency, Monetary, Recency, Variety};
use super::measure::Rfm;
use crate::error::{Error, ErrorKind};

impl RfmAccumulator<'_> {
    pub(super) fn settings(&self) -> Settings {
        let Rfm { as_of, recency, frequency, monetary, variety, .. } = self.rfm;
        let variety = variety.map(|variety| match variety {
            Variety::Items => VarietyKind::Items,
            Variety::Categories(_) => VarietyKind::Categories,
        });
        Settings { as_of, end: self.end, recency, frequency, monetary, variety }
    }
}

/// What must be equal for counts to be added up.
#[derive(Clone, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub(super) struct Settings {
    pub(super) as_of: Date,
    pub(super) end: Timestamp,
    pub(super) recency: Recency,
    pub(super) frequency: Frequency,
    pub(super) monetary: Monetary,
    pub(super) variety: Option<VarietyKind>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub(super) enum VarietyKind {
    Items,
    Categories,
}

impl Settings {
    pub(super) fn check_same(&self, other: &Self) -> Result<(), Error> {
        for (same, what) in [
            (self.as_of == other.as_of && self.end == other.end, "as-of date"),
            (self.recency == other.recency, "recency"),
            (self.frequency == other.frequency, "frequency"),
            (self.monetary == other.monetary, "monetary value"),
            (self.variety == other.variety, "variety"),
        ] {
            if !same {
                return Err(ErrorKind::OtherMeasures { what }.into());
            }
        }
        Ok(())
    }
}
