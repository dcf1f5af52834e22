//! Embarrassingly shallow autoencoders.

mod estimator;
mod model;

pub use estimator::Ease;
pub use model::EaseModel;
