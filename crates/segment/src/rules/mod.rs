//! Named segments as rules over score cells.

mod builders;
mod compiled;
mod grid;
mod problem;
mod standard;

pub use self::builders::{DisjointRules, OrderedRules};
pub use self::compiled::SegmentRules;
pub use self::grid::ScoreGrid;
pub use self::problem::{DoubledCell, RuleProblem};
