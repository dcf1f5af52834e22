//! What a model has learnt, whatever model it is.

mod ale;
mod dependence;
mod grid;
mod permutation;

pub use ale::{AccumulatedEffects, accumulated_local_effects};
pub use dependence::{
    PartialDependence, PartialDependence2, partial_dependence, partial_dependence_2,
};
pub use grid::{GridPoint, GridSpec};
pub use permutation::{Importance, PermutationImportance};
