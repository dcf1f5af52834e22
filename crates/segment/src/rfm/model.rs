//! Learnt cut points.

use std::fmt;

use ndarray::Array2;
use patronage_core::{Features, Schema};

use super::binning::{Better, Dimension, Ties};
use crate::error::Error;
use crate::parallel;
use crate::rules::ScoreGrid;

/// One learnt dimension.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub(super) struct Fitted {
    name: String,
    /// The column's position in the schema.
    position: usize,
    better: Better,
    ties: Ties,
    cuts: Vec<f64>,
    /// The number of training rows of each score, from score 1.
    counts: Vec<u64>,
}

impl Fitted {
    pub(super) fn new(
        dimension: &Dimension,
        position: usize,
        cuts: Vec<f64>,
        values: &[f64],
    ) -> Self {
        let counts = vec![0; cuts.len() + 1];
        let Dimension { name, better, ties, .. } = dimension.clone();
        let mut fitted = Self { name, position, better, ties, cuts, counts };
        for &value in values {
            let score = fitted.score(value);
            fitted.counts[usize::from(score) - 1] += 1;
        }
        fitted
    }

    fn n_bins(&self) -> usize {
        self.cuts.len() + 1
    }

    /// The score from 1; a missing number gets the worst.
    #[inline]
    fn score(&self, value: f64) -> u8 {
        if value.is_nan() {
            return 1;
        }
        let below = match self.ties {
            Ties::Below => self.cuts.partition_point(|&cut| cut < value),
            Ties::Above => self.cuts.partition_point(|&cut| cut <= value),
        };
        match self.better {
            Better::Higher => (below + 1) as u8,
            Better::Lower => (self.cuts.len() - below + 1) as u8,
        }
    }

    /// Refuses what no fit gives, with the number at fault.
    #[cfg(feature = "serde")]
    fn check(&self, dimension: usize, n_columns: usize) -> Result<(), Error> {
        use crate::error::ErrorKind;
        let refuse = |what, expected, found| {
            Err(Error::from(ErrorKind::Number { what, position: dimension, expected, found }))
        };
        if self.position >= n_columns {
            let (what, expected) = ("column of dimension", "the position of one in the schema");
            return refuse(what, expected, self.position as f64);
        }
        if self.cuts.len() > 254 {
            let what = "number of cut points of dimension";
            return refuse(what, "at most 254", self.cuts.len() as f64);
        }
        if let Some(&cut) = self.cuts.iter().find(|cut| !cut.is_finite()) {
            return refuse("cut point of dimension", "a finite number", cut);
        }
        if let Some(pair) = self.cuts.windows(2).find(|pair| pair[0] > pair[1]) {
            let expected = "a number no less than the cut point before";
            return refuse("cut point of dimension", expected, pair[1]);
        }
        if self.counts.len() != self.n_bins() {
            let (what, expected) = ("counts of the scores of a dimension", self.n_bins());
            return Err(ErrorKind::Length { what, expected, found: self.counts.len() }.into());
        }
        Ok(())
    }
}

/// Learnt cut points that score customers, new ones too; made by [`RfmScoring`](crate::RfmScoring).
///
/// Scores run from 1 to the number of bins, the best customer highest. Total on rows of the
/// schema: a number missing from a nullable column (NaN) gets the worst score, 1.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(try_from = "Repr", into = "Repr")
)]
pub struct RfmModel {
    schema: Schema,
    dimensions: Vec<Fitted>,
}

impl RfmModel {
    pub(super) const fn new(schema: Schema, dimensions: Vec<Fitted>) -> Self {
        Self { schema, dimensions }
    }

    /// The columns the cut points were learnt on.
    #[must_use]
    pub const fn schema(&self) -> &Schema {
        &self.schema
    }

    /// The number of dimensions: 3 for R, F and M.
    #[must_use]
    pub fn n_dimensions(&self) -> usize {
        self.dimensions.len()
    }

    /// The name of a dimension, such as `"R"`.
    ///
    /// # Panics
    ///
    /// When there is no such dimension.
    #[must_use]
    pub fn name(&self, dimension: usize) -> &str {
        &self.dimensions[dimension].name
    }

    /// The cut points of a dimension, ascending, in the units of its column; one fewer than bins.
    ///
    /// # Panics
    ///
    /// When there is no such dimension.
    #[must_use]
    pub fn cuts(&self, dimension: usize) -> &[f64] {
        &self.dimensions[dimension].cuts
    }

    /// The number of training rows of each score of a dimension, from score 1.
    ///
    /// # Panics
    ///
    /// When there is no such dimension.
    #[must_use]
    pub fn counts(&self, dimension: usize) -> &[u64] {
        &self.dimensions[dimension].counts
    }

    /// The cells that scores can fall into.
    ///
    /// # Errors
    ///
    /// When two dimensions share a name, or there are more than a million cells.
    pub fn grid(&self) -> Result<ScoreGrid, Error> {
        ScoreGrid::new(self.dimensions.iter().map(|d| (d.name.clone(), d.n_bins() as u8)))
    }

    /// The scores that no training row got, and why.
    #[must_use]
    pub fn vacant_scores(&self) -> Vec<VacantScore> {
        let mut vacant = Vec::new();
        for dimension in &self.dimensions {
            for (position, _) in dimension.counts.iter().enumerate().filter(|(_, n)| **n == 0) {
                let bin = match dimension.better {
                    Better::Higher => position,
                    Better::Lower => dimension.cuts.len() - position,
                };
                let around = bin.checked_sub(1).and_then(|low| dimension.cuts.get(low..low + 2));
                let reason = match around {
                    Some(&[low, high]) if low == high => Vacancy::EqualCuts(low),
                    _ => Vacancy::NoRow,
                };
                let (dimension, score) = (dimension.name.clone(), position as u8 + 1);
                vacant.push(VacantScore { dimension, score, reason });
            }
        }
        vacant
    }

    /// The scores of one row of the model's schema, into a slice of length `n_dimensions`.
    ///
    /// # Panics
    ///
    /// When the row or the slice is of another length.
    pub fn score_row(&self, row: &[f64], out: &mut [u8]) {
        assert_eq!(row.len(), self.schema.len(), "a row of the model's schema");
        assert_eq!(out.len(), self.dimensions.len(), "one place for each dimension");
        for (out, dimension) in out.iter_mut().zip(&self.dimensions) {
            *out = dimension.score(row[dimension.position]);
        }
    }

    /// The scores of every row, of shape `(n_rows, n_dimensions)`.
    ///
    /// # Errors
    ///
    /// When the features' schema is not the model's.
    pub fn score<F: Features + ?Sized>(&self, features: &F) -> Result<Array2<u8>, Error> {
        self.schema.check(features.schema())?;
        let (rows, n) = (features.values(), features.values().nrows());
        let ranges: Vec<_> = parallel::ranges(n, 1 << 14).collect();
        let parts = parallel::map(ranges.len(), |part| {
            let cells = ranges[part].clone().flat_map(|row| {
                let row = rows.row(row);
                self.dimensions
                    .iter()
                    .map(move |dimension| dimension.score(row[dimension.position]))
            });
            cells.collect::<Vec<u8>>()
        });
        Ok(Array2::from_shape_vec((n, self.dimensions.len()), parts.concat())
            .expect("a score in each dimension of each row"))
    }

    /// The position in the schema of a dimension's column.
    pub(crate) fn column(&self, dimension: usize) -> usize {
        self.dimensions[dimension].position
    }

    pub(crate) fn score_at(&self, row: &[f64], dimension: usize) -> u8 {
        let dimension = &self.dimensions[dimension];
        dimension.score(row[dimension.position])
    }
}

/// A score that no training row got.
#[derive(Clone, Debug, PartialEq)]
pub struct VacantScore {
    /// The dimension's name.
    pub dimension: String,
    /// The score.
    pub score: u8,
    /// Why nobody got it.
    pub reason: Vacancy,
}

/// Why nobody got a score.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Vacancy {
    /// Ties collapsed the bin: the cut points on both sides of it are this number.
    EqualCuts(f64),
    /// No training row lies there; a new one may.
    NoRow,
}

impl fmt::Display for VacantScore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { dimension, score, reason } = self;
        match reason {
            Vacancy::EqualCuts(cut) => write!(
                f,
                "{dimension}: nobody can score {score}, because the cut points around it are both {cut}"
            ),
            Vacancy::NoRow => write!(f, "{dimension}: nobody in the training data scores {score}"),
        }
    }
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
struct Repr {
    schema: Schema,
    dimensions: Vec<Fitted>,
}

#[cfg(feature = "serde")]
impl From<RfmModel> for Repr {
    fn from(model: RfmModel) -> Self {
        Self { schema: model.schema, dimensions: model.dimensions }
    }
}

#[cfg(feature = "serde")]
impl TryFrom<Repr> for RfmModel {
    type Error = Error;

    fn try_from(repr: Repr) -> Result<Self, Error> {
        use crate::error::ErrorKind;
        let Repr { schema, dimensions } = repr;
        if dimensions.is_empty() {
            return Err(ErrorKind::Empty { what: "dimensions" }.into());
        }
        for (position, dimension) in dimensions.iter().enumerate() {
            dimension.check(position, schema.len())?;
        }
        Ok(Self { schema, dimensions })
    }
}

#[cfg(feature = "serde")]
impl patronage_core::SavedModel for RfmModel {
    const TAG: &'static str = "segment/rfm";
    const VERSION: u32 = 1;
}
