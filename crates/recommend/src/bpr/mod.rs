//! Factors learnt from pairs of items: BPR and WARP.

mod estimator;
mod model;
mod steps;

pub use estimator::{Bpr, Warp};
pub use model::PairwiseModel;
