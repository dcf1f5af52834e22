//! Ranks of one sample's rows, or of the whole table for all its resamples.

use std::sync::Arc;

use patronage_core::{Label, Labeled};

use super::codes::Coded;
use crate::error::Error;
use crate::sample::Sample;

/// Cells as ranks, and how their rows are counted.
///
/// Codes of values that a sample lacks stand for empty bins, so trees are the same either way.
pub(crate) enum Ranks {
    /// Rows are those of the sample.
    OfSample(Coded),
    /// Rows are those of the table.
    OfTable(Arc<OfTable>),
}

/// The ranks of a whole table; `None` where a row of it, perhaps of no sample, is inadmissible.
pub(crate) struct OfTable(Option<Coded>);

impl Ranks {
    pub(crate) fn new<Y: Label>(data: &Labeled<'_, Y>, sample: &Sample) -> Result<Self, Error> {
        if let Some(derived) = data.derived() {
            let all = || (0..data.labels().len() as u32).collect::<Vec<u32>>();
            let shared = derived.piece(|| OfTable(Coded::of_rows(data, &all()).ok()));
            if shared.0.is_some() {
                return Ok(Self::OfTable(shared));
            }
        }
        Ok(Self::OfSample(Coded::new(data, sample)?))
    }

    pub(crate) fn coded(&self) -> &Coded {
        match self {
            Self::OfSample(coded) => coded,
            Self::OfTable(shared) => shared.0.as_ref().expect("only sound ranks are kept"),
        }
    }

    /// The rows of the sample as the ranks count them.
    pub(crate) fn rows(&self, sample: &Sample) -> Vec<u32> {
        match self {
            Self::OfSample(_) => (0..sample.len() as u32).collect(),
            Self::OfTable(_) => sample.rows.clone(),
        }
    }

    /// One value for each row of the sample, at the places where the ranks count the rows.
    pub(crate) fn placed<T: Copy + Default>(&self, values: Vec<T>, sample: &Sample) -> Vec<T> {
        if matches!(self, Self::OfSample(_)) {
            return values;
        }
        let n = sample.rows.last().map_or(0, |&last| last as usize + 1);
        let mut placed = vec![T::default(); n];
        for (&row, value) in sample.rows.iter().zip(values) {
            placed[row as usize] = value;
        }
        placed
    }
}
