//! Choosing parameters on a validation set, and how much data would help.

mod curve;
mod halving;
mod iterative;
mod search;
mod space;
mod stopping;
mod table;

pub use curve::{CurvePoint, LearningCurve, Sampled};
pub use halving::SuccessiveHalving;
pub use iterative::Iterative;
pub use search::Search;
pub use space::{Grid, Point, RandomSpace};
pub use stopping::{EarlyStopping, Stopped};
pub use table::{SearchTable, Trial};
