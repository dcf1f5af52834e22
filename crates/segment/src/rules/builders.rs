//! Two ways to write rules.

use std::ops::RangeInclusive;

use super::compiled::SegmentRules;
use super::grid::ScoreGrid;
use super::problem::{DoubledCell, RuleProblem};
use crate::error::{Error, ErrorKind};

#[derive(Clone, Debug, Eq, PartialEq)]
struct Rule {
    segment: String,
    ranges: Vec<RangeInclusive<u8>>,
}

fn check(grid: &ScoreGrid, rules: &[Rule]) -> Result<(), Error> {
    for (position, rule) in rules.iter().enumerate() {
        let segment = || rule.segment.clone();
        let (expected, found) = (grid.n_dimensions(), rule.ranges.len());
        if expected != found {
            let problem =
                RuleProblem::Width { rule: position, segment: segment(), expected, found };
            return Err(ErrorKind::Rules(problem).into());
        }
        for ((dimension, bins), range) in grid.dimensions().iter().zip(&rule.ranges) {
            let (low, high) = (*range.start(), *range.end());
            if low < 1 || low > high || high > *bins {
                let (rule, dimension, bins) = (position, dimension.clone(), *bins);
                let problem =
                    RuleProblem::Range { rule, segment: segment(), dimension, bins, low, high };
                return Err(ErrorKind::Rules(problem).into());
            }
        }
    }
    Ok(())
}

/// Rules of which exactly one must hold for every cell; refused otherwise.
///
/// A rule is a box: a range of scores in each dimension. A segment may have several rules.
/// Checking costs O(cells claimed).
///
/// ```
/// use patronage_segment::{DisjointRules, ScoreGrid};
///
/// let grid = ScoreGrid::new([("R", 2), ("F", 2)])?;
/// let rules = DisjointRules::new(grid.clone())
///     .rule("Active", [2..=2, 1..=2])
///     .rule("Gone", [1..=1, 1..=2])
///     .build()?;
/// assert_eq!(rules.name(rules.segment_of(&[2, 1])), Some("Active"));
///
/// let error = DisjointRules::new(grid)
///     .rule("Active", [2..=2, 1..=2])
///     .rule("Loyal", [1..=2, 2..=2])
///     .build()
///     .unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "expected every cell in exactly one rule, found 1 in none (R1 F1) \
///      and 1 in more than one (R2 F2 in Active and Loyal)"
/// );
/// # Ok::<(), patronage_segment::Error>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DisjointRules {
    grid: ScoreGrid,
    rules: Vec<Rule>,
}

impl DisjointRules {
    /// No rules yet.
    #[must_use]
    pub const fn new(grid: ScoreGrid) -> Self {
        Self { grid, rules: Vec::new() }
    }

    /// Adds a rule: cells inside the ranges of scores, one for each dimension, are of `segment`.
    #[must_use]
    pub fn rule(
        mut self,
        segment: impl Into<String>,
        ranges: impl IntoIterator<Item = RangeInclusive<u8>>,
    ) -> Self {
        let (segment, ranges) = (segment.into(), ranges.into_iter().collect());
        self.rules.push(Rule { segment, ranges });
        self
    }

    /// Proves the rules total and disjoint.
    ///
    /// # Errors
    ///
    /// When a rule does not fit the grid, or a cell is left out or claimed more than once; the
    /// error lists all such cells.
    pub fn build(self) -> Result<SegmentRules, Error> {
        check(&self.grid, &self.rules)?;
        let mut claims: Vec<Vec<u32>> = vec![Vec::new(); self.grid.n_cells()];
        for (rule, Rule { ranges, .. }) in self.rules.iter().enumerate() {
            for position in self.grid.positions(ranges) {
                claims[position].push(rule as u32);
            }
        }
        let (mut left_out, mut doubled) = (Vec::new(), Vec::new());
        for (position, claims) in claims.iter().enumerate() {
            match claims.len() {
                0 => left_out.push(self.grid.scores(position)),
                1 => {}
                _ => doubled.push(DoubledCell {
                    scores: self.grid.scores(position),
                    claimed_by: claims
                        .iter()
                        .map(|&rule| self.rules[rule as usize].segment.clone())
                        .collect(),
                }),
            }
        }
        if !left_out.is_empty() || !doubled.is_empty() {
            let problem = RuleProblem::NoPartition { grid: self.grid, left_out, doubled };
            return Err(ErrorKind::Rules(problem).into());
        }
        let (names, of_rule) = names(self.rules.iter().map(|rule| rule.segment.as_str()));
        let cells = claims.iter().map(|claims| of_rule[claims[0] as usize]).collect();
        Ok(SegmentRules::new(self.grid, names, cells, Vec::new()))
    }
}

/// Rules in order, the first that holds wins, and a name for the cells of none.
///
/// Built, they are disjoint cells that can be printed; rules that never win are listed by
/// [`SegmentRules::never_won`].
///
/// ```
/// use patronage_segment::{OrderedRules, ScoreGrid};
///
/// let rules = OrderedRules::new(ScoreGrid::new([("R", 3), ("F", 3)])?, "Others")
///     .rule("Champions", [3..=3, 3..=3])
///     .rule("Loyal", [1..=3, 3..=3])
///     .rule("Recent", [3..=3, 1..=3])
///     .build()?;
/// assert_eq!(
///     rules.to_string(),
///     "Champions: R3 F3\nLoyal: R1-2 F3\nRecent: R3 F1-2\nOthers: R1-2 F1-2\n"
/// );
/// # Ok::<(), patronage_segment::Error>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OrderedRules {
    grid: ScoreGrid,
    rules: Vec<Rule>,
    otherwise: String,
}

impl OrderedRules {
    /// No rules yet: every cell is of the segment `otherwise`.
    #[must_use]
    pub fn new(grid: ScoreGrid, otherwise: impl Into<String>) -> Self {
        Self { grid, rules: Vec::new(), otherwise: otherwise.into() }
    }

    /// Adds a rule after those before: cells inside the ranges of scores that none of them claims
    /// are of `segment`.
    #[must_use]
    pub fn rule(
        mut self,
        segment: impl Into<String>,
        ranges: impl IntoIterator<Item = RangeInclusive<u8>>,
    ) -> Self {
        let (segment, ranges) = (segment.into(), ranges.into_iter().collect());
        self.rules.push(Rule { segment, ranges });
        self
    }

    /// Compiles the rules to disjoint cells.
    ///
    /// # Errors
    ///
    /// When a rule does not fit the grid.
    pub fn build(self) -> Result<SegmentRules, Error> {
        check(&self.grid, &self.rules)?;
        let segments = self.rules.iter().map(|rule| rule.segment.as_str());
        let (names, of_rule) = names(segments.chain([self.otherwise.as_str()]));
        let mut cells: Vec<Option<u32>> = vec![None; self.grid.n_cells()];
        let mut never_won = Vec::new();
        for (rule, Rule { ranges, .. }) in self.rules.iter().enumerate() {
            let mut won = false;
            for position in self.grid.positions(ranges) {
                if cells[position].is_none() {
                    cells[position] = Some(of_rule[rule]);
                    won = true;
                }
            }
            if !won {
                never_won.push(rule);
            }
        }
        let otherwise = of_rule[self.rules.len()];
        let cells = cells.into_iter().map(|cell| cell.unwrap_or(otherwise)).collect();
        Ok(SegmentRules::new(self.grid, names, cells, never_won))
    }
}

/// The distinct names in order of first sight, and for each given name its number.
fn names<'a>(given: impl Iterator<Item = &'a str>) -> (Vec<String>, Vec<u32>) {
    let mut names: Vec<String> = Vec::new();
    let mut numbers = Vec::new();
    for name in given {
        let number = names.iter().position(|known| known == name).unwrap_or_else(|| {
            names.push(name.to_owned());
            names.len() - 1
        });
        numbers.push(number as u32);
    }
    (names, numbers)
}
