//! The nearer of two.

use crate::data::scale_for;
use crate::kmeans::metric::square;

/// Whether `row` is nearer to `second` than to `first`; missing cells (NaN) are left out.
///
/// Total: squares that overflow, vanish or are not numbers are computed with more care.
pub(super) fn second_is_nearer(row: &[f64], first: &[f64], second: &[f64]) -> bool {
    let (to_first, to_second) = (square(row, first), square(row, second));
    let plain = to_first.is_finite() && to_second.is_finite();
    if plain && to_first.max(to_second) > 1e-250 {
        return to_second < to_first;
    }
    let far = largest(row, first).max(largest(row, second));
    if far == 0.0 {
        return false;
    }
    let scale = scale_for(far.min(f64::MAX));
    careful(row, second, scale) < careful(row, first, scale)
}

/// The largest difference in a column; the maximum leaves out NaN.
fn largest(row: &[f64], to: &[f64]) -> f64 {
    row.iter().zip(to).fold(0.0, |most: f64, (cell, to)| most.max((cell - to).abs()))
}

fn careful(row: &[f64], to: &[f64], scale: f64) -> f64 {
    let cells = row.iter().zip(to).filter(|(cell, _)| !cell.is_nan());
    cells.map(|(cell, to)| (cell * scale - to * scale) * (cell * scale - to * scale)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extremes_have_a_nearer_one() {
        assert!(second_is_nearer(&[f64::MAX], &[f64::MIN], &[f64::MAX]));
        assert!(second_is_nearer(&[1e308], &[-1e308], &[1e307]));
        assert!(second_is_nearer(&[3e-200], &[1e-200], &[4e-200]));
        assert!(!second_is_nearer(&[3e-200], &[3e-200], &[4e-200]));
        assert!(second_is_nearer(&[f64::NAN, 5.0], &[0.0, 0.0], &[9.0, 4.0]));
        assert!(!second_is_nearer(&[f64::NAN, f64::NAN], &[0.0, 0.0], &[9.0, 4.0]));
        // Of equally near ones the first.
        assert!(!second_is_nearer(&[1.0], &[0.0], &[2.0]));
    }
}
