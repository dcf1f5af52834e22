//! Data whose right answer is known, for anybody's recommender.

mod board;
mod fault;
mod filters;
mod finding;
mod incremental;
mod padding;
mod popular;
mod run;

pub use board::Checkerboard;
pub use fault::Fault;
pub use finding::{Check, Finding, KitReport, Outcome};
pub use run::CorrectnessKit;
