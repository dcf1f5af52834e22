//! The inverse of a large positive definite matrix.

use pulp::{Simd, WithSimd};

use super::dispatch;
use super::tiles::{Multiply, PANEL, TILE, add_tile};
use crate::par;

/// Rows of a strip.
const STRIP: usize = 96;

/// Rows swept at a time, a multiple of [`STRIP`]: as many as a panel of them stays in the nearest cache.
const PIVOTS: usize = 192;

/// A symmetric matrix in double precision, of which only the upper triangle is kept: in strips of
/// rows, each from the column of its first row on. Memory is 4 n² bytes and a little.
#[derive(Debug)]
pub(crate) struct Symmetric {
    n: usize,
    /// `n` and the identity that pads it.
    padded: usize,
    strips: Vec<Strip>,
}

#[derive(Debug)]
struct Strip {
    start: usize,
    width: usize,
    cells: Vec<f64>,
}

impl Symmetric {
    /// The matrix whose row `i` is what `fill` adds to zeros, right of the diagonal.
    pub(crate) fn from_rows(n: usize, fill: impl Fn(usize, &mut [f64]) + Sync + Send) -> Self {
        let padded = n.next_multiple_of(STRIP);
        let strip = |(): &mut (), s: usize| {
            let start = s * STRIP;
            let width = padded - start;
            let mut cells = vec![0.0; STRIP * width];
            for (r, row) in cells.chunks_exact_mut(width).enumerate() {
                if start + r < n {
                    fill(start + r, &mut row[r..n - start]);
                } else {
                    row[r] = 1.0;
                }
            }
            Strip { start, width, cells }
        };
        let strips = par::map_grain(1, padded / STRIP, || (), strip);
        Self { n, padded, strips }
    }

    /// The element at `(i, j)`, or at `(j, i)`, which is the same.
    #[inline(always)]
    pub(crate) fn at(&self, i: usize, j: usize) -> f64 {
        let (i, j) = if i <= j { (i, j) } else { (j, i) };
        let strip = &self.strips[i / STRIP];
        strip.cells[(i - strip.start) * strip.width + j - strip.start]
    }

    /// Turns the matrix into its inverse; `false` where it is not positive definite in double precision.
    ///
    /// Blocks of rows are swept one after another (Gauss and Jordan): n³ operations, all but a few
    /// of them in products of panels, in parallel over strips.
    pub(crate) fn invert(&mut self) -> bool {
        for start in (0..self.padded).step_by(PIVOTS) {
            let n = PIVOTS.min(self.padded - start);
            if !self.sweep(start, n) {
                return false;
            }
        }
        // What has been swept is the negative inverse.
        par::map_rows(
            &mut self.strips,
            1,
            1,
            || (),
            |(), _, strips| {
                strips
                    .iter_mut()
                    .flat_map(|strip| &mut strip.cells)
                    .for_each(|cell| *cell = -*cell);
            },
        );
        (0..self.n).all(|i| self.at(i, i) > 0.0)
    }

    /// Sweeps the `n` rows from `start` on: with `D` their block and `R` their rows, `D` becomes
    /// `−D⁻¹`, `R` becomes `Q = D⁻¹ R`, and the rest loses `Rᵀ Q`.
    fn sweep(&mut self, start: usize, n: usize) -> bool {
        let size = n * PANEL;
        let mut rows = vec![0.0; self.padded / PANEL * size];
        let this = &*self;
        par::map_rows(
            &mut rows,
            size,
            1,
            || (),
            |(), p, panel| {
                for (k, row) in panel.chunks_exact_mut(PANEL).enumerate() {
                    for (c, cell) in row.iter_mut().enumerate() {
                        *cell = this.at(start + k, p * PANEL + c);
                    }
                }
            },
        );
        let mut inverse = vec![0.0; n * n];
        for (i, row) in inverse.chunks_exact_mut(n).enumerate() {
            row.iter_mut().enumerate().for_each(|(j, x)| *x = self.at(start + i, start + j));
        }
        if !dispatch(Small { matrix: &mut inverse, n }) {
            return false;
        }
        // The negative inverse in panels, to multiply with.
        let mut left = vec![0.0; n / PANEL * size];
        for (p, panel) in left.chunks_exact_mut(size).enumerate() {
            for (k, row) in panel.chunks_exact_mut(PANEL).enumerate() {
                row.copy_from_slice(&inverse[k * n + p * PANEL..][..PANEL]);
            }
        }
        let mut products = vec![0.0; rows.len()];
        par::map_rows(
            &mut products,
            size,
            1,
            || (),
            |(), p, out| {
                let right = &rows[p * size..(p + 1) * size];
                dispatch(Multiply { left: &left, size, right, out, stride: PANEL });
            },
        );
        par::map_rows(
            &mut self.strips,
            1,
            1,
            || (),
            |(), _, strips| {
                for strip in strips {
                    dispatch(Update { strip, rows: &rows, products: &products, size });
                    strip.replace(start, n, &products, size, &inverse);
                }
            },
        );
        true
    }
}

impl Strip {
    /// Puts what the swept rows have become into their places; `products` are negative.
    fn replace(&mut self, start: usize, n: usize, products: &[f64], size: usize, inverse: &[f64]) {
        let product = |k: usize, j: usize| -products[j / PANEL * size + k * PANEL + j % PANEL];
        for (r, row) in self.cells.chunks_exact_mut(self.width).enumerate() {
            let i = self.start + r;
            if i < start {
                let cells = &mut row[start - self.start..][..n];
                cells.iter_mut().enumerate().for_each(|(k, cell)| *cell = product(k, i));
            } else if i < start + n {
                for (c, cell) in row.iter_mut().enumerate() {
                    let j = self.start + c;
                    *cell = if j < start + n && j >= start {
                        inverse[(i - start) * n + j - start]
                    } else {
                        product(i - start, j)
                    };
                }
            }
        }
    }
}

/// What a strip loses; the products are negative.
struct Update<'a> {
    strip: &'a mut Strip,
    rows: &'a [f64],
    products: &'a [f64],
    size: usize,
}

impl WithSimd for Update<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { strip, rows, products, size } = self;
        let first = strip.start / PANEL;
        let left = &rows[first * size..(first + STRIP / PANEL) * size];
        for (c, right) in products[first * size..].chunks_exact(size).enumerate() {
            for (r, left) in left.chunks_exact(size).enumerate().take(c + 1) {
                for at in (0..PANEL).step_by(TILE) {
                    let out = &mut strip.cells[(r * PANEL + at) * strip.width + c * PANEL..];
                    add_tile(simd, (left, at), right, out, strip.width);
                }
            }
        }
    }
}

/// Sweeps all rows of a small full matrix, which leaves its negative inverse.
struct Small<'a> {
    matrix: &'a mut [f64],
    n: usize,
}

impl WithSimd for Small<'_> {
    type Output = bool;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> bool {
        let Self { matrix, n } = self;
        let mut pivots = vec![0.0; n];
        for k in 0..n {
            pivots.copy_from_slice(&matrix[k * n..(k + 1) * n]);
            let pivot = pivots[k];
            if pivot.partial_cmp(&0.0) != Some(std::cmp::Ordering::Greater) || !pivot.is_finite() {
                return false;
            }
            let (row, _) = S::as_simd_f64s(&pivots);
            for (i, out) in matrix.chunks_exact_mut(n).enumerate() {
                if i == k {
                    out.iter_mut().for_each(|x| *x /= pivot);
                    out[k] = -1.0 / pivot;
                } else {
                    let factor = out[k] / pivot;
                    let weight = simd.splat_f64s(-factor);
                    let (cells, _) = S::as_mut_simd_f64s(out);
                    for (cell, &x) in cells.iter_mut().zip(row) {
                        *cell = simd.mul_add_e_f64s(weight, x, *cell);
                    }
                    out[k] = factor;
                }
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_the_matrix_it_is_the_identity() {
        for n in [0, 1, 7, 96, 100, 192, 193, 290, 500] {
            let value = |i: usize, j: usize| {
                let x = ((i * 31 + j * 17) % 23 + (j * 31 + i * 17) % 23) as f64 / 23.0;
                if i == j { x + n as f64 } else { x }
            };
            let fill = |i: usize, row: &mut [f64]| {
                row.iter_mut().enumerate().for_each(|(c, cell)| *cell = value(i, i + c));
            };
            let mut matrix = Symmetric::from_rows(n, fill);
            assert!(matrix.invert());
            for i in (0..n).step_by(1 + n / 40) {
                for j in (0..n).step_by(1 + n / 40) {
                    let product: f64 = (0..n).map(|k| value(i, k) * matrix.at(k, j)).sum();
                    let expected = f64::from(u8::from(i == j));
                    assert!((product - expected).abs() < 1e-12, "{n} {i} {j} {product}");
                }
            }
        }
    }

    #[test]
    fn what_is_not_positive_definite_is_said() {
        for values in [[1.0, 2.0, 1.0], [0.0, 0.0, 1.0], [1.0, f64::NAN, 1.0], [-1.0, 0.0, 1.0]] {
            let fill = |i: usize, row: &mut [f64]| row.copy_from_slice(&values[2 * i..][..2 - i]);
            let fill = |i: usize, row: &mut [f64]| {
                if i == 0 { row.copy_from_slice(&values[..2]) } else { fill(1, row) }
            };
            assert!(!Symmetric::from_rows(2, fill).invert(), "{values:?}");
        }
    }
}
