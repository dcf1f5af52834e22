//! How good a classifier is.

mod bootstrap;
mod brier;
mod calibration;
mod classes;
mod confusion;
mod delong;
mod evaluation;
mod figures;
mod gains;
mod measure;
mod metric;
mod multiclass;
mod normal;
mod numbers;
mod percentiles;
mod resample;
mod scored;
mod special;

pub use bootstrap::{Bootstrap, BootstrapMethod, Strata};
pub use brier::BrierDecomposition;
pub use calibration::{Binning, CalibrationBin, CalibrationCurve};
pub use classes::{accuracy, multiclass_brier, multiclass_log_loss};
pub use confusion::Confusion;
pub use evaluation::Evaluation;
pub use figures::{PrecisionRecallPoint, RocPoint};
pub use gains::{GainsIntervals, GainsRow};
pub use measure::{Measure, MeasureFn};
pub use metric::{Figure, Goal, Metric, USUAL_METRICS};
pub use multiclass::{Average, ConfusionMatrix, one_vs_rest_roc_auc};
pub use numbers::NumberMetric;
pub use scored::{Interval, Scored};

pub(crate) use normal::{normal_distribution, normal_quantile, normal_two_sided};
pub(crate) use percentiles::quantile;
pub(crate) use special::{
    beta_distribution, chi_squared_tail, f_tail, student_quantile, student_two_sided,
};
