//! Models made of models of any kinds.

mod any;
mod members;
mod stacking;
mod voting;

pub use any::AnyClassifier;
pub use stacking::{Stacking, StackingModel};
pub use voting::{Voting, VotingModel};
