//! Implicit alternating least squares.

mod batch;
mod conjugate;
mod estimator;
mod fold_in;
mod model;
mod recommend;
#[cfg(feature = "serde")]
mod saved;
mod solve;
mod spectral;
mod subspace;
mod sweep;
mod terms;

pub use estimator::{Als, AlsInit, AlsSolver};
pub use model::AlsModel;
pub use terms::Confidence;
