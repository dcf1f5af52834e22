//! Sparse linear methods.

mod descent;
mod estimator;
mod model;

pub use estimator::{Slim, SlimSign};
pub use model::SlimModel;
