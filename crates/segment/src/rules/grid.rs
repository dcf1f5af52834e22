//! The cells that scores fall into.

use std::ops::RangeInclusive;

use super::problem::RuleProblem;
use crate::error::{Error, ErrorKind};

/// The most cells a grid may have: rules are checked cell by cell.
const MAX_CELLS: usize = 1 << 20;

/// All combinations of scores: any number of dimensions, each with scores from 1 to its number of bins.
///
/// ```
/// use patronage_segment::ScoreGrid;
///
/// let grid = ScoreGrid::new([("R", 5), ("F", 5), ("M", 5)])?;
/// assert_eq!(grid.n_cells(), 125);
/// assert_eq!(grid.cell_name(&[5, 4, 1]), "R5 F4 M1");
/// # Ok::<(), patronage_segment::Error>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(try_from = "Vec<(String, u8)>", into = "Vec<(String, u8)>")
)]
pub struct ScoreGrid {
    dimensions: Vec<(String, u8)>,
    n_cells: usize,
}

impl ScoreGrid {
    /// A grid of these dimensions: name and number of bins, in the order in which scores stand.
    ///
    /// # Errors
    ///
    /// When there is no dimension, one has no bin, two share a name, or there are more than 2²⁰ cells.
    pub fn new<S: Into<String>>(
        dimensions: impl IntoIterator<Item = (S, u8)>,
    ) -> Result<Self, Error> {
        let dimensions: Vec<(String, u8)> =
            dimensions.into_iter().map(|(name, bins)| (name.into(), bins)).collect();
        if dimensions.is_empty() {
            return Err(ErrorKind::Empty { what: "dimensions" }.into());
        }
        let mut n_cells = 1_usize;
        for (position, (name, bins)) in dimensions.iter().enumerate() {
            if *bins == 0 {
                let (expected, found) = ("at least 1", 0.0);
                return Err(ErrorKind::Parameter { name: "bins", expected, found }.into());
            }
            if dimensions[..position].iter().any(|(other, _)| other == name) {
                let name = name.clone();
                return Err(ErrorKind::Rules(RuleProblem::DoubledDimension { name }).into());
            }
            n_cells = n_cells.saturating_mul(usize::from(*bins));
        }
        if n_cells > MAX_CELLS {
            let (name, expected) = ("number of cells", "at most 2^20");
            return Err(ErrorKind::Parameter { name, expected, found: n_cells as f64 }.into());
        }
        Ok(Self { dimensions, n_cells })
    }

    /// The dimensions R, F and M with `bins` bins each.
    ///
    /// # Errors
    ///
    /// When `bins` is 0 or above 101 (more than 2²⁰ cells).
    pub fn rfm(bins: u8) -> Result<Self, Error> {
        Self::new([("R", bins), ("F", bins), ("M", bins)])
    }

    /// The number of dimensions.
    #[must_use]
    pub fn n_dimensions(&self) -> usize {
        self.dimensions.len()
    }

    /// Names and numbers of bins.
    #[must_use]
    pub fn dimensions(&self) -> &[(String, u8)] {
        &self.dimensions
    }

    /// The number of cells: the product of the bins.
    #[must_use]
    pub const fn n_cells(&self) -> usize {
        self.n_cells
    }

    /// A cell in words: `R5 F4 M1`.
    ///
    /// # Panics
    ///
    /// When there are more scores than dimensions.
    #[must_use]
    pub fn cell_name(&self, scores: &[u8]) -> String {
        let name = |(d, score): (usize, &u8)| format!("{}{score}", self.dimensions[d].0);
        scores.iter().enumerate().map(name).collect::<Vec<_>>().join(" ")
    }

    /// Where the cell stands among all, the last dimension running fastest.
    #[inline]
    pub(crate) fn position(&self, mut score: impl FnMut(usize) -> u8) -> usize {
        let mut position = 0;
        for (d, (_, bins)) in self.dimensions.iter().enumerate() {
            let score = score(d);
            assert!((1..=*bins).contains(&score), "a score of the grid");
            position = position * usize::from(*bins) + usize::from(score - 1);
        }
        position
    }

    /// The scores of the cell at `position`.
    pub(crate) fn scores(&self, mut position: usize) -> Vec<u8> {
        let mut scores = vec![0; self.dimensions.len()];
        for (score, (_, bins)) in scores.iter_mut().zip(&self.dimensions).rev() {
            *score = (position % usize::from(*bins)) as u8 + 1;
            position /= usize::from(*bins);
        }
        scores
    }

    /// The positions of the cells inside a box of scores.
    pub(crate) fn positions(&self, ranges: &[RangeInclusive<u8>]) -> Vec<usize> {
        let mut positions = vec![0];
        for ((_, bins), range) in self.dimensions.iter().zip(ranges) {
            positions = positions
                .iter()
                .flat_map(|position| {
                    range
                        .clone()
                        .map(move |score| position * usize::from(*bins) + usize::from(score - 1))
                })
                .collect();
        }
        positions
    }
}

impl TryFrom<Vec<(String, u8)>> for ScoreGrid {
    type Error = Error;

    fn try_from(dimensions: Vec<(String, u8)>) -> Result<Self, Error> {
        Self::new(dimensions)
    }
}

impl From<ScoreGrid> for Vec<(String, u8)> {
    fn from(grid: ScoreGrid) -> Self {
        grid.dimensions
    }
}

impl std::fmt::Display for ScoreGrid {
    /// `R1-5 F1-5 M1-5`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (d, (name, bins)) in self.dimensions.iter().enumerate() {
            write!(f, "{}{name}1-{bins}", if d == 0 { "" } else { " " })?;
        }
        Ok(())
    }
}
