//! What a model has learnt, whatever model it is.

mod ale;
mod asked;
mod dependence;
mod grid;
mod permutation;

pub use ale::{AccumulatedEffects, accumulated_local_effects, accumulated_local_effects_of_value};
pub use dependence::{
    PartialDependence, PartialDependence2, partial_dependence, partial_dependence_2,
    partial_dependence_2_of_value, partial_dependence_of_value,
};
pub use grid::{GridPoint, GridSpec};
pub use permutation::{Importance, PermutationImportance};
