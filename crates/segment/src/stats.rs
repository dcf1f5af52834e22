//! Quantiles, means and spreads that survive any finite input.

use crate::data::scale_for;

/// The quantile at `p` in `[0, 1]` of ascending numbers, by linear interpolation between order
/// statistics (R's type 7, numpy's default); NaN never, 0 of none.
pub(crate) fn quantile(sorted: &[f64], p: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return 0.0 };
    let h = last as f64 * p;
    let lo = (h.floor() as usize).min(last);
    let hi = (lo + 1).min(last);
    let part = h - lo as f64;
    if part == 0.0 || sorted[lo] == sorted[hi] {
        return sorted[lo];
    }
    (sorted[lo] * (1.0 - part) + sorted[hi] * part).clamp(sorted[lo], sorted[hi])
}

/// The numbers in ascending order.
pub(crate) fn sorted(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_unstable_by(f64::total_cmp);
    values
}

/// The mean and the population standard deviation; `(0, 0)` of none.
///
/// Equal numbers have a deviation of exactly 0. Computed at a scale that does not overflow.
pub(crate) fn mean_and_deviation(values: &[f64]) -> (f64, f64) {
    let Some(&first) = values.first() else { return (0.0, 0.0) };
    if values.iter().all(|&v| v == first) {
        return (first, 0.0);
    }
    let n = values.len() as f64;
    let scale = scale_for(values.iter().fold(0.0, |m: f64, v| m.max(v.abs())));
    let rough = values.iter().map(|v| v * scale).sum::<f64>() / n;
    // A second pass takes out what rounding left in the first.
    let mean = rough + values.iter().map(|v| v * scale - rough).sum::<f64>() / n;
    let square = values.iter().map(|v| (v * scale - mean).powi(2)).sum::<f64>() / n;
    (mean / scale, (square.sqrt() / scale).min(f64::MAX))
}

/// The median; 0 of none.
pub(crate) fn median(values: Vec<f64>) -> f64 {
    quantile(&sorted(values), 0.5)
}

#[cfg(test)]
mod tests {
    use super::*;

    // numpy 2.4.6: np.quantile([1, 2, 4, 8], [.2, .5, .9]).
    #[test]
    fn quantiles_interpolate() {
        let values = [1.0, 2.0, 4.0, 8.0];
        for (p, expected) in [(0.0, 1.0), (0.2, 1.6), (0.5, 3.0), (0.9, 6.8), (1.0, 8.0)] {
            assert!((quantile(&values, p) - expected).abs() < 1e-12, "{p}");
        }
        assert_eq!(quantile(&[], 0.5), 0.0);
        assert_eq!(quantile(&[7.0], 0.3), 7.0);
        assert_eq!(quantile(&[-f64::MAX, f64::MAX], 0.5), 0.0);
    }

    #[test]
    fn spreads_of_extremes_are_finite() {
        assert_eq!(mean_and_deviation(&[1e308, 1e308]), (1e308, 0.0));
        let (mean, deviation) = mean_and_deviation(&[-1e308, 1e308]);
        assert_eq!(mean, 0.0);
        assert!((deviation / 1e308 - 1.0).abs() < 1e-12);
        let (mean, deviation) = mean_and_deviation(&[1e-310, 3e-310]);
        assert!((mean / 2e-310 - 1.0).abs() < 1e-9 && (deviation / 1e-310 - 1.0).abs() < 1e-9);
        assert_eq!(mean_and_deviation(&[]), (0.0, 0.0));
    }
}
