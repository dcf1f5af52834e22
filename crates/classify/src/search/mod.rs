//! Choosing parameters by what they do on rows never seen.

mod halving;
mod run;
mod space;
mod table;

pub use halving::SuccessiveHalving;
pub use run::{NestedScore, Search};
pub use space::{Dimension, Grid, Point, RandomSpace, Value};
pub use table::{Candidate, SearchTable};
