//! Intervals for means.

use crate::metrics::Interval;

/// The normal quantile for 95 %.
const REACH: f64 = 1.959_963_984_540_054;

/// The 95 % interval for the mean of rows that are draws of one population.
pub(super) fn mean_interval(values: impl ExactSizeIterator<Item = f64> + Clone) -> Interval {
    let n = values.len() as f64;
    let mean = values.clone().sum::<f64>() / n;
    let squares: f64 = values.map(|x| (x - mean) * (x - mean)).sum();
    // One row tells nothing of how rows differ; it then bounds nothing but itself.
    let error = if n > 1.0 { (squares / (n - 1.0) / n).sqrt() } else { 0.0 };
    Interval { low: mean - REACH * error, high: mean + REACH * error, level: 0.95 }
}
