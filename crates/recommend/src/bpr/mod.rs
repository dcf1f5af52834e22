//! Factors learnt from pairs of items: BPR and WARP, of customers and items or of their features.

mod estimator;
mod feature_estimator;
mod feature_model;
mod feature_steps;
mod featured;
mod model;
mod pairwise;
mod steps;

pub use estimator::{Bpr, Warp};
pub use feature_estimator::{FeatureMf, OwnFactors};
pub use feature_model::FeatureMfModel;
pub use featured::Featured;
pub use model::PairwiseModel;
