//! What can be wrong with rules.

use std::fmt;

use super::grid::ScoreGrid;

/// A cell that more than one rule claims.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DoubledCell {
    /// Its scores.
    pub scores: Vec<u8>,
    /// The names of the rules that claim it, in their order.
    pub claimed_by: Vec<String>,
}

/// What is wrong with rules over score cells.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RuleProblem {
    /// Two dimensions of one name.
    #[error("expected distinct names of dimensions, found {name:?} twice")]
    DoubledDimension {
        /// The name.
        name: String,
    },
    /// A rule with another number of ranges than the grid has dimensions.
    #[error("rule {rule} ({segment:?}): expected {expected} ranges of scores, found {found}")]
    Width {
        /// The rule's position, from 0.
        rule: usize,
        /// Its segment.
        segment: String,
        /// Dimensions of the grid.
        expected: usize,
        /// Ranges of the rule.
        found: usize,
    },
    /// A range that is empty or leaves the grid.
    #[error(
        "rule {rule} ({segment:?}): expected scores of {dimension} from 1 to {bins}, found {low}..={high}"
    )]
    Range {
        /// The rule's position, from 0.
        rule: usize,
        /// Its segment.
        segment: String,
        /// The dimension's name.
        dimension: String,
        /// The dimension's number of bins.
        bins: u8,
        /// The lower end of the range.
        low: u8,
        /// The upper end of the range.
        high: u8,
    },
    /// Rules promised to be total and disjoint that are not.
    #[error("expected every cell in exactly one rule, found {}", Partition(.grid, .left_out, .doubled))]
    NoPartition {
        /// The cells there are.
        grid: ScoreGrid,
        /// The cells no rule claims.
        left_out: Vec<Vec<u8>>,
        /// The cells several rules claim.
        doubled: Vec<DoubledCell>,
    },
    /// Rules written for another grid than the scores have.
    #[error("expected scores on the grid {expected} of the rules, found {found}")]
    Grid {
        /// The grid of the rules.
        expected: ScoreGrid,
        /// The grid of the scores.
        found: ScoreGrid,
    },
    /// A table of cells that does not fit its grid.
    #[error("expected {expected} cells, each of a segment that has a name, found {found} of them")]
    Cells {
        /// Cells of the grid.
        expected: usize,
        /// Cells that fit.
        found: usize,
    },
}

/// How many cells of each kind a message lists; the error holds them all.
const SHOWN: usize = 5;

struct Partition<'a>(&'a ScoreGrid, &'a [Vec<u8>], &'a [DoubledCell]);

impl fmt::Display for Partition<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(grid, left_out, doubled) = self;
        let more = |n: usize| if n > SHOWN { ", …" } else { "" };
        if !left_out.is_empty() {
            let cells: Vec<String> =
                left_out.iter().take(SHOWN).map(|scores| grid.cell_name(scores)).collect();
            write!(f, "{} in none ({}{})", left_out.len(), cells.join(", "), more(left_out.len()))?;
        }
        if !doubled.is_empty() {
            let cells: Vec<String> = doubled
                .iter()
                .take(SHOWN)
                .map(|cell| {
                    format!("{} in {}", grid.cell_name(&cell.scores), cell.claimed_by.join(" and "))
                })
                .collect();
            let and = if left_out.is_empty() { "" } else { " and " };
            let n = doubled.len();
            write!(f, "{and}{n} in more than one ({}{})", cells.join(", "), more(n))?;
        }
        Ok(())
    }
}
