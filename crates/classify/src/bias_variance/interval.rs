//! Intervals for means.

use crate::error::{Error, ErrorKind};
use crate::metrics::Interval;

/// The normal quantile for 95 %.
pub(crate) const REACH: f64 = 1.959_963_984_540_054;

/// The fewest rows that tell how rows differ.
pub(super) const LEAST_ROWS: usize = 2;

/// Refuses to be sure of a mean on the word of one row.
pub(crate) fn require_rows(what: &'static str, found: usize) -> Result<(), Error> {
    if found >= LEAST_ROWS {
        return Ok(());
    }
    Err(ErrorKind::FewRows { what, least: LEAST_ROWS, found }.into())
}

/// Mean, and the variance of the mean, of rows that are draws of one population; the variance is 0
/// for a single row.
pub(crate) fn mean_and_variance(
    values: impl Iterator<Item = f64> + Clone,
    weights: Option<&[f64]>,
) -> (f64, f64) {
    let weight = |row: usize| weights.map_or(1.0, |weights| weights[row]);
    let (mut n, mut total, mut sum) = (0, 0.0, 0.0);
    for (row, value) in values.clone().enumerate() {
        n += usize::from(weight(row) > 0.0);
        total += weight(row);
        sum += weight(row) * value;
    }
    if n < 2 {
        return (sum / total, 0.0);
    }
    let mean = sum / total;
    let squares: f64 =
        values.enumerate().map(|(row, x)| (weight(row) / total * (x - mean)).powi(2)).sum();
    (mean, squares * n as f64 / (n - 1) as f64)
}

/// The 95 % interval for the mean of at least two rows.
pub(super) fn mean_interval(
    values: impl Iterator<Item = f64> + Clone,
    weights: Option<&[f64]>,
) -> Interval {
    let (mean, variance) = mean_and_variance(values, weights);
    around(mean, variance.sqrt(), REACH)
}

/// The 95 % interval of so many standard errors about a middle.
pub(crate) fn around(middle: f64, error: f64, reach: f64) -> Interval {
    let finite = |x: f64| x.clamp(f64::MIN, f64::MAX);
    let reach = if error > 0.0 { reach * error } else { 0.0 };
    Interval { low: finite(middle - reach), high: finite(middle + reach), level: 0.95 }
}

/// The 97.5 % quantile of Student's t, from the normal's (Abramowitz and Stegun 26.7.5): within 5 %
/// from 2 degrees of freedom on, exact to three digits from 5.
pub(crate) fn t_reach(degrees: f64) -> f64 {
    if degrees.is_nan() || degrees < 1.5 {
        return 12.706;
    }
    let (z, v) = (REACH, degrees);
    let first = (z.powi(3) + z) / 4.0;
    let second = (5.0 * z.powi(5) + 16.0 * z.powi(3) + 3.0 * z) / 96.0;
    let third = (3.0 * z.powi(7) + 19.0 * z.powi(5) + 17.0 * z.powi(3) - 15.0 * z) / 384.0;
    z + first / v + second / v.powi(2) + third / v.powi(3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_of_student_are_those_of_tables() {
        // scipy 1.16 t.ppf(0.975, df).
        let table = [(5.0, 2.570_582), (10.0, 2.228_139), (19.0, 2.093_024), (100.0, 1.983_972)];
        for (degrees, expected) in table {
            assert!((t_reach(degrees) - expected).abs() < 6e-3, "{degrees}: {}", t_reach(degrees));
        }
    }

    #[test]
    fn equal_weights_are_none() {
        let values = [1.0, 5.0, 2.5];
        let plain = mean_and_variance(values.iter().copied(), None);
        let weighted = mean_and_variance(values.iter().copied(), Some(&[2.0; 3]));
        assert!((plain.0 - weighted.0).abs() < 1e-15 && (plain.1 - weighted.1).abs() < 1e-15);
    }
}
