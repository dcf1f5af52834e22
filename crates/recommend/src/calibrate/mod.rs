//! From scores to probabilities.

mod features;
mod fit;
mod isotonic;
mod logistic;
mod model;
mod pairs;
mod reliability;

pub use fit::{Repeats, ScoreCalibration, ScoreCurve};
pub use model::CalibratedRecommender;
pub use reliability::{Reliability, ReliabilityBin};
