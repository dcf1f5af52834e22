//! Named segments straight from raw measures.

use patronage_core::{Schema, SegmentIdx, Segmenter};

use super::model::RfmModel;
use crate::error::{Error, ErrorKind};
use crate::rules::{RuleProblem, SegmentRules};

/// Cut points and rules together: a row of raw measures in, a named segment out.
///
/// ```
/// use patronage_segment::{
///     Better, Binning, Column, Dimension, DisjointRules, FeatureTable, Fit, RfmScoring,
///     RfmSegmenter, Schema, ScoreGrid, Segmenter,
/// };
///
/// let schema = Schema::new([Column::number("orders")])?;
/// let customers = FeatureTable::new(schema, ndarray::array![[1.0], [2.0], [3.0], [9.0]])?;
/// let cut = Dimension::new("F", "orders", Better::Higher, Binning::Cuts(vec![2.0]));
/// let scores = RfmScoring::of([cut]).fit(&customers)?;
/// let rules = DisjointRules::new(ScoreGrid::new([("F", 2)])?)
///     .rule("Occasional", [1..=1])
///     .rule("Frequent", [2..=2])
///     .build()?;
/// let model = RfmSegmenter::new(scores, rules)?;
/// assert_eq!(model.name(model.segment(&[7.0])), Some("Frequent"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(try_from = "Repr", into = "Repr")
)]
pub struct RfmSegmenter {
    scores: RfmModel,
    rules: SegmentRules,
}

impl RfmSegmenter {
    /// Segments by `rules` over the scores that `scores` gives.
    ///
    /// # Errors
    ///
    /// When the rules are written for other dimensions, another order of them, or other numbers of
    /// bins than the scores have.
    pub fn new(scores: RfmModel, rules: SegmentRules) -> Result<Self, Error> {
        let (expected, found) = (rules.grid().clone(), scores.grid()?);
        if expected != found {
            return Err(ErrorKind::Rules(RuleProblem::Grid { expected, found }).into());
        }
        Ok(Self { scores, rules })
    }

    /// The cut points.
    #[must_use]
    pub const fn scores(&self) -> &RfmModel {
        &self.scores
    }

    /// The rules.
    #[must_use]
    pub const fn rules(&self) -> &SegmentRules {
        &self.rules
    }
}

impl Segmenter for RfmSegmenter {
    fn schema(&self) -> &Schema {
        self.scores.schema()
    }

    fn n_segments(&self) -> usize {
        self.rules.n_segments()
    }

    fn segment(&self, row: &[f64]) -> SegmentIdx {
        assert_eq!(row.len(), self.schema().len(), "a row of the model's schema");
        self.rules.segment_by(|dimension| self.scores.score_at(row, dimension))
    }

    fn name(&self, segment: SegmentIdx) -> Option<&str> {
        self.rules.name(segment)
    }
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
struct Repr {
    scores: RfmModel,
    rules: SegmentRules,
}

#[cfg(feature = "serde")]
impl From<RfmSegmenter> for Repr {
    fn from(model: RfmSegmenter) -> Self {
        Self { scores: model.scores, rules: model.rules }
    }
}

#[cfg(feature = "serde")]
impl TryFrom<Repr> for RfmSegmenter {
    type Error = Error;

    fn try_from(repr: Repr) -> Result<Self, Error> {
        Self::new(repr.scores, repr.rules)
    }
}

#[cfg(feature = "serde")]
impl patronage_core::SavedModel for RfmSegmenter {
    const TAG: &'static str = "segment/rfm-segmenter";
    const VERSION: u32 = 1;
}
