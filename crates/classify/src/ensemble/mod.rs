//! Models made of models of any kinds.

mod any;
mod convex;
mod members;
mod stacking;
mod stacking_numbers;
mod voting;
mod voting_numbers;

pub use any::{AnyClassifier, AnyRegressor};
pub use stacking::{Stacking, StackingModel};
pub use stacking_numbers::{StackingRegressor, StackingRegressorModel};
pub use voting::{Voting, VotingModel};
pub use voting_numbers::{VotingRegressor, VotingRegressorModel};
