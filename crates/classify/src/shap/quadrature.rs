//! Gauss-Legendre quadrature on `[0, 1]`.

/// Points and weights that integrate polynomials of degree below `2 n` exactly, `n` at least 1.
///
/// Newton's method on the Legendre polynomial from Tricomi's guess; O(n²).
pub(super) fn gauss_legendre(n: usize) -> Vec<(f64, f64)> {
    let mut points = vec![(0.0, 0.0); n];
    for i in 0..n.div_ceil(2) {
        let mut x = (std::f64::consts::PI * (i as f64 + 0.75) / (n as f64 + 0.5)).cos();
        let mut slope = 1.0;
        for _ in 0..16 {
            let (mut p, mut last) = (1.0, 0.0);
            for k in 0..n {
                let k = k as f64;
                (p, last) = (((2.0 * k + 1.0) * x * p - k * last) / (k + 1.0), p);
            }
            slope = n as f64 * (x * p - last) / (x * x - 1.0);
            let step = p / slope;
            x -= step;
            if step.abs() < 1e-16 {
                break;
            }
        }
        let weight = 1.0 / ((1.0 - x * x) * slope * slope);
        points[i] = ((1.0 - x) / 2.0, weight);
        points[n - 1 - i] = ((1.0 + x) / 2.0, weight);
    }
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn polynomials_are_integrated_exactly() {
        for n in [1, 2, 3, 5, 8, 20, 64] {
            let points = gauss_legendre(n);
            for degree in 0..2 * n {
                let sum: f64 = points.iter().map(|(t, w)| w * t.powi(degree as i32)).sum();
                let expected = 1.0 / (degree as f64 + 1.0);
                assert!((sum - expected).abs() < 1e-14, "{n} points, degree {degree}: {sum}");
            }
        }
    }
}
