//! Ridge regression between customers by a kernel.

mod estimator;
mod model;

pub use estimator::KernelRidge;
pub use model::KernelRidgeModel;
