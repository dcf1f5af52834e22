//! Implicit alternating least squares.

mod batch;
mod conjugate;
mod estimator;
mod fold_in;
mod learn;
mod model;
mod options;
mod recommend;
#[cfg(feature = "serde")]
mod saved;
mod solve;
mod spectral;
mod subspace;
mod sweep;
mod terms;

pub use estimator::Als;
pub use model::AlsModel;
pub use options::{AlsInit, AlsSolver};
pub use terms::Confidence;
