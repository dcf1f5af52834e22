//! How good a classifier is.

mod calibration;
mod classes;
mod confusion;
mod delong;
mod evaluation;
mod gains;
mod normal;
mod scored;

pub use calibration::{Binning, CalibrationBin, CalibrationCurve};
pub use classes::{accuracy, multiclass_brier, multiclass_log_loss};
pub use confusion::Confusion;
pub use evaluation::Evaluation;
pub use gains::GainsRow;
pub use scored::{Interval, Scored};
