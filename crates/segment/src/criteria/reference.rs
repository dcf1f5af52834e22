//! Data without clusters, to compare with.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use crate::data::Rows;

/// The box over which the references of the gap statistic are spread evenly.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum GapReference {
    /// The range of each column; (a) in Tibshirani, Walther and Hastie.
    Columns,
    /// The range along each principal axis of the rows; (b) in Tibshirani, Walther and Hastie.
    PrincipalAxes,
}

/// Axes of some rows, along which references are drawn.
#[derive(Debug)]
pub(super) struct Axes {
    d: usize,
    mean: Vec<f64>,
    /// Orthonormal axes, row-major, one a row.
    axes: Vec<f64>,
    /// The deviation of the rows along each axis.
    deviations: Vec<f64>,
    /// The range of the rows along each axis.
    ranges: Vec<(f64, f64)>,
}

impl Axes {
    pub(super) fn of(rows: &Rows<'_>, kind: GapReference) -> Self {
        let (n, d) = (rows.n, rows.d);
        let mut mean = vec![0.0; d];
        for i in 0..n {
            mean.iter_mut().zip(rows.row(i)).for_each(|(m, cell)| *m += cell / n as f64);
        }
        let mut covariance = vec![0.0; d * d];
        for i in 0..n {
            let row = rows.row(i);
            for a in 0..d {
                for b in 0..=a {
                    covariance[a * d + b] += (row[a] - mean[a]) * (row[b] - mean[b]) / n as f64;
                }
            }
        }
        for a in 0..d {
            for b in 0..a {
                covariance[b * d + a] = covariance[a * d + b];
            }
        }
        let (variances, axes) = match kind {
            GapReference::PrincipalAxes => symmetric_eigen(covariance, d),
            GapReference::Columns => {
                let unit = |cell| if cell % (d + 1) == 0 { 1.0 } else { 0.0 };
                let variances = (0..d).map(|i| covariance[i * d + i]).collect();
                (variances, (0..d * d).map(unit).collect())
            }
        };
        let deviations = variances.iter().map(|v| v.max(0.0).sqrt()).collect();
        let mut ranges = vec![(f64::INFINITY, f64::NEG_INFINITY); d];
        for i in 0..n {
            for (axis, range) in axes.chunks_exact(d).zip(&mut ranges) {
                let along: f64 = axis
                    .iter()
                    .zip(rows.row(i))
                    .zip(&mean)
                    .map(|((a, cell), m)| a * (cell - m))
                    .sum();
                *range = (range.0.min(along), range.1.max(along));
            }
        }
        Self { d, mean, axes, deviations, ranges }
    }

    /// As many rows as `like` has, spread evenly over the box.
    pub(super) fn even(&self, like: &Rows<'_>, rng: &mut ChaCha8Rng) -> Rows<'static> {
        self.rows(like, |axis| {
            let (low, high) = self.ranges[axis];
            low + rng.random::<f64>() * (high - low)
        })
    }

    /// As many rows of one normal cloud with the deviations along the axes.
    pub(super) fn normal(&self, like: &Rows<'_>, rng: &mut ChaCha8Rng) -> Rows<'static> {
        self.rows(like, |axis| self.deviations[axis] * standard_normal(rng))
    }

    fn rows(&self, like: &Rows<'_>, mut along: impl FnMut(usize) -> f64) -> Rows<'static> {
        let (n, d) = (like.n, self.d);
        let mut values = Vec::with_capacity(n * d);
        for _ in 0..n {
            let start = values.len();
            values.extend_from_slice(&self.mean);
            for (a, axis) in self.axes.chunks_exact(d).enumerate() {
                let step = along(a);
                values[start..].iter_mut().zip(axis).for_each(|(cell, part)| *cell += step * part);
            }
        }
        Rows {
            values: values.into(),
            n,
            d,
            scale: like.scale,
            origin: like.origin.clone(),
            weights: None,
            weight_unit: 1.0,
        }
    }
}

/// A standard normal draw by Box and Muller's transform.
fn standard_normal(rng: &mut ChaCha8Rng) -> f64 {
    // 1 − u lies in (0, 1], so its logarithm is finite.
    let radius = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
    radius * (std::f64::consts::TAU * rng.random::<f64>()).cos()
}

/// Eigenvalues and orthonormal eigenvectors (one a row) of a symmetric matrix, by Jacobi's rotations.
fn symmetric_eigen(mut m: Vec<f64>, d: usize) -> (Vec<f64>, Vec<f64>) {
    let mut vectors = vec![0.0; d * d];
    (0..d).for_each(|i| vectors[i * d + i] = 1.0);
    for _sweep in 0..64 {
        let mut off = 0.0;
        for a in 0..d {
            for b in 0..a {
                off += m[a * d + b] * m[a * d + b];
            }
        }
        let diagonal: f64 = (0..d).map(|i| m[i * d + i] * m[i * d + i]).sum();
        if off <= 1e-30 * diagonal {
            break;
        }
        for a in 0..d {
            for b in 0..a {
                rotate(&mut m, &mut vectors, d, a, b);
            }
        }
    }
    ((0..d).map(|i| m[i * d + i]).collect(), vectors)
}

/// Brings the element at `(a, b)` to zero.
fn rotate(m: &mut [f64], vectors: &mut [f64], d: usize, a: usize, b: usize) {
    let element = m[a * d + b];
    if element == 0.0 {
        return;
    }
    let theta = (m[b * d + b] - m[a * d + a]) / (2.0 * element);
    let t = theta.signum() / (theta.abs() + theta.hypot(1.0));
    let t = if theta == 0.0 { 1.0 } else { t };
    let c = 1.0 / t.hypot(1.0);
    let s = t * c;
    for i in 0..d {
        let (x, y) = (m[i * d + a], m[i * d + b]);
        (m[i * d + a], m[i * d + b]) = (c * x - s * y, s * x + c * y);
    }
    for i in 0..d {
        let (x, y) = (m[a * d + i], m[b * d + i]);
        (m[a * d + i], m[b * d + i]) = (c * x - s * y, s * x + c * y);
    }
    for i in 0..d {
        let (x, y) = (vectors[a * d + i], vectors[b * d + i]);
        (vectors[a * d + i], vectors[b * d + i]) = (c * x - s * y, s * x + c * y);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // The matrix of eigenvalues 1 and 3 along the diagonals of the plane.
    #[test]
    fn eigenvectors_span_the_matrix() {
        let (values, vectors) = symmetric_eigen(vec![2.0, 1.0, 1.0, 2.0], 2);
        let mut sorted = values.clone();
        sorted.sort_by(f64::total_cmp);
        assert!((sorted[0] - 1.0).abs() < 1e-12 && (sorted[1] - 3.0).abs() < 1e-12);
        for (i, value) in values.iter().enumerate() {
            let v = &vectors[i * 2..i * 2 + 2];
            assert!((2.0 * v[0] + v[1] - value * v[0]).abs() < 1e-12);
            assert!((v[0] + 2.0 * v[1] - value * v[1]).abs() < 1e-12);
        }
    }
}
