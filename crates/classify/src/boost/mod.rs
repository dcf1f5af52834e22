//! Gradient boosting on histograms.

mod bins;
mod classifier;
mod constrain;
pub(crate) mod ensemble;
mod exp;
mod fast;
mod grow;
mod history;
mod leaf;
mod learn;
mod levels;
mod loss;
mod matrix;
mod model;
mod params;
mod quanta;
mod regressor;
mod regressor_model;
mod rows;
mod scored;
mod split;
mod sums;
mod train;

pub use classifier::GradientBoosting;
pub use constrain::Direction;
pub use history::History;
pub use model::GradientBoostingModel;
pub use regressor::{GradientBoostingRegressor, RegressionLoss};
pub use regressor_model::GradientBoostingRegressorModel;

/// Parts as shares of their sum; zeros where there is nothing to share.
fn shares(mut parts: Vec<f64>) -> Vec<f64> {
    let greatest = parts.iter().copied().fold(0.0, f64::max);
    if greatest > 0.0 {
        let total: f64 = parts.iter().map(|part| part / greatest).sum();
        parts.iter_mut().for_each(|part| *part = *part / greatest / total);
    }
    parts
}
