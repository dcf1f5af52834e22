//! One target among a few drawn items: the sampled metrics of the literature, by their own name.

mod draw;
mod evaluation;
mod report;

pub use evaluation::{SampledCase, SampledEvaluation, Ties};
pub use report::{SampledFigure, SampledMetric, SampledReport};
