//! Intervals for means.

use crate::error::{Error, ErrorKind};
use crate::metrics::Interval;

/// The normal quantile for 95 %.
const REACH: f64 = 1.959_963_984_540_054;

/// The fewest rows that tell how rows differ.
pub(super) const LEAST_ROWS: usize = 2;

/// Refuses to be sure of a mean on the word of one row.
pub(super) fn require_rows(what: &'static str, found: usize) -> Result<(), Error> {
    if found >= LEAST_ROWS {
        return Ok(());
    }
    Err(ErrorKind::FewRows { what, least: LEAST_ROWS, found }.into())
}

/// The 95 % interval for the mean of at least two rows that are draws of one population.
pub(super) fn mean_interval(values: impl ExactSizeIterator<Item = f64> + Clone) -> Interval {
    let n = values.len() as f64;
    let mean = values.clone().sum::<f64>() / n;
    let squares: f64 = values.map(|x| (x - mean) * (x - mean)).sum();
    let error = (squares / (n - 1.0) / n).sqrt();
    Interval { low: mean - REACH * error, high: mean + REACH * error, level: 0.95 }
}
