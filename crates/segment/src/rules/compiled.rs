//! Rules compiled to disjoint cells.

use std::fmt;
use std::ops::RangeInclusive;

use patronage_core::SegmentIdx;

use super::grid::ScoreGrid;
#[cfg(feature = "serde")]
use super::problem::RuleProblem;
#[cfg(feature = "serde")]
use crate::error::{Error, ErrorKind};

/// Named segments of score cells, total and disjoint by construction.
///
/// Built by [`DisjointRules`](crate::DisjointRules) or [`OrderedRules`](crate::OrderedRules);
/// [`standard`](Self::standard) is a grid of eleven segments. Finding a cell's segment is one
/// look-up. Printed ([`Display`](fmt::Display)), every segment stands on a line with the disjoint
/// boxes of scores it is made of.
#[derive(Clone, Debug, Eq, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(try_from = "Repr", into = "Repr")
)]
pub struct SegmentRules {
    grid: ScoreGrid,
    names: Vec<String>,
    /// The segment of each cell.
    cells: Vec<u32>,
    never_won: Vec<usize>,
}

impl SegmentRules {
    pub(super) const fn new(
        grid: ScoreGrid,
        names: Vec<String>,
        cells: Vec<u32>,
        never_won: Vec<usize>,
    ) -> Self {
        Self { grid, names, cells, never_won }
    }

    /// The cells the rules are written over.
    #[must_use]
    pub const fn grid(&self) -> &ScoreGrid {
        &self.grid
    }

    /// The number of segments.
    #[must_use]
    pub fn n_segments(&self) -> usize {
        self.names.len()
    }

    /// The segments' names, in the order in which rules named them first.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The name of a segment, if there is one.
    #[must_use]
    pub fn name(&self, segment: SegmentIdx) -> Option<&str> {
        self.names.get(segment.index()).map(String::as_str)
    }

    /// The ordered rules, by position from 0, that no cell was left for.
    #[must_use]
    pub fn never_won(&self) -> &[usize] {
        &self.never_won
    }

    /// The segment of a cell.
    ///
    /// # Panics
    ///
    /// When there is not one score for each dimension, or a score is none of the grid's.
    #[must_use]
    pub fn segment_of(&self, scores: &[u8]) -> SegmentIdx {
        assert_eq!(scores.len(), self.grid.n_dimensions(), "one score for each dimension");
        self.segment_by(|dimension| scores[dimension])
    }

    /// The segment of the cell whose scores the function tells.
    #[inline]
    pub(crate) fn segment_by(&self, score: impl FnMut(usize) -> u8) -> SegmentIdx {
        SegmentIdx::new(self.cells[self.grid.position(score)])
    }

    /// The cells of a segment, by their scores in ascending order.
    pub fn cells(&self, segment: SegmentIdx) -> impl Iterator<Item = Vec<u8>> + '_ {
        let of_segment = move |(position, &cell): (usize, &u32)| {
            (cell == segment.get()).then(|| self.grid.scores(position))
        };
        self.cells.iter().enumerate().filter_map(of_segment)
    }

    /// The cells of a segment as disjoint boxes: ranges of scores, one for each dimension.
    ///
    /// Boxes grow greedily from the lowest cell left, the last dimension first.
    #[must_use]
    pub fn boxes(&self, segment: SegmentIdx) -> Vec<Vec<RangeInclusive<u8>>> {
        let mut free: Vec<bool> = self.cells.iter().map(|&cell| cell == segment.get()).collect();
        let mut boxes = Vec::new();
        while let Some(first) = free.iter().position(|&free| free) {
            let mut ranges: Vec<RangeInclusive<u8>> =
                self.grid.scores(first).into_iter().map(|score| score..=score).collect();
            for d in (0..ranges.len()).rev() {
                let low = *ranges[d].start();
                for high in low + 1..=self.grid.dimensions()[d].1 {
                    // The box grows by a slab when all of the slab is free.
                    let mut slab = ranges.clone();
                    slab[d] = high..=high;
                    if !self.grid.positions(&slab).iter().all(|&cell| free[cell]) {
                        break;
                    }
                    ranges[d] = low..=high;
                }
            }
            for cell in self.grid.positions(&ranges) {
                free[cell] = false;
            }
            boxes.push(ranges);
        }
        boxes
    }
}

impl fmt::Display for SegmentRules {
    /// One line a segment: `Champions: R4-5 F4-5 M4-5`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (segment, name) in SegmentIdx::all(self.names.len()).zip(&self.names) {
            let boxes: Vec<String> = self
                .boxes(segment)
                .iter()
                .map(|ranges| {
                    let side = |((name, _), range): (&(String, u8), &RangeInclusive<u8>)| {
                        if range.start() == range.end() {
                            format!("{name}{}", range.start())
                        } else {
                            format!("{name}{}-{}", range.start(), range.end())
                        }
                    };
                    let sides: Vec<String> =
                        self.grid.dimensions().iter().zip(ranges).map(side).collect();
                    sides.join(" ")
                })
                .collect();
            let cells = if boxes.is_empty() { "no cell".to_owned() } else { boxes.join("; ") };
            writeln!(f, "{name}: {cells}")?;
        }
        Ok(())
    }
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
struct Repr {
    grid: ScoreGrid,
    names: Vec<String>,
    cells: Vec<u32>,
    never_won: Vec<usize>,
}

#[cfg(feature = "serde")]
impl From<SegmentRules> for Repr {
    fn from(rules: SegmentRules) -> Self {
        let SegmentRules { grid, names, cells, never_won } = rules;
        Self { grid, names, cells, never_won }
    }
}

#[cfg(feature = "serde")]
impl TryFrom<Repr> for SegmentRules {
    type Error = Error;

    fn try_from(repr: Repr) -> Result<Self, Error> {
        let Repr { grid, names, cells, never_won } = repr;
        let found = cells.iter().filter(|&&cell| (cell as usize) < names.len()).count();
        let expected = grid.n_cells();
        if found != expected || cells.len() != expected {
            return Err(ErrorKind::Rules(RuleProblem::Cells { expected, found }).into());
        }
        Ok(Self { grid, names, cells, never_won })
    }
}
