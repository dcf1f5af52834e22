//! Small positive definite systems of equations.

use pulp::Simd;

use super::Rows;
use super::kernel::{TILE, add_products, add_scaled, block_row, dot};

/// Rows gathered at a time: with their weighted copy about as much as the nearest cache holds.
const BLOCK: usize = 48;

/// A pivot below this share of its diagonal element is rounding, and is lifted to it.
const LEAST_PIVOT: f32 = 1e-7;

/// Space for `A x = b` with `A` symmetric and positive definite, reused from system to system.
///
/// Only the upper triangle of `A` is kept, which becomes its Cholesky factor `U` with `A = Uᵀ U`.
#[derive(Debug)]
pub(crate) struct System {
    stride: usize,
    matrix: Rows,
    /// The diagonal before it is factorised, then the inverse of that of `U`.
    diagonal: Vec<f32>,
    left: Rows,
    right: Rows,
    held: usize,
    pub(crate) rhs: Rows,
    pub(crate) x: Rows,
}

impl System {
    /// For systems of `n` unknowns, padded as rows are.
    pub(crate) fn new(n: usize) -> Self {
        let matrix = Rows::zeros(n, n);
        let stride = matrix.stride();
        Self {
            stride,
            matrix: Rows::zeros(stride, stride),
            diagonal: vec![0.0; stride],
            left: Rows::zeros(BLOCK, stride),
            right: Rows::zeros(BLOCK, stride),
            held: 0,
            rhs: Rows::zeros(1, stride),
            x: Rows::zeros(1, stride),
        }
    }

    /// `A` is the block of `gram` that starts at row and column `from`, `b` is 0.
    #[inline(always)]
    pub(crate) fn reset(&mut self, gram: &Rows, from: usize) {
        if self.stride == gram.stride() {
            self.matrix.all_mut().copy_from_slice(gram.all());
        } else {
            for i in 0..self.stride {
                let row = &gram.row(from + i)[from..from + self.stride];
                self.matrix.row_mut(i).copy_from_slice(row);
            }
        }
        self.rhs.all_mut().fill(0.0);
        self.held = 0;
    }

    /// Adds `a v vᵀ` to `A` and `b v` to the right side; complete only after [`flush`](Self::flush).
    #[inline(always)]
    pub(crate) fn add<S: Simd>(&mut self, simd: S, row: &[f32], a: f32, b: f32) {
        let (v, _) = S::as_simd_f32s(row);
        let (left, _) = S::as_mut_simd_f32s(self.left.row_mut(self.held));
        left.copy_from_slice(v);
        let (right, _) = S::as_mut_simd_f32s(self.right.row_mut(self.held));
        let weight = simd.splat_f32s(a);
        for (right, &v) in right.iter_mut().zip(v) {
            *right = simd.mul_f32s(weight, v);
        }
        if b != 0.0 {
            add_scaled(simd, [b], [v], S::as_mut_simd_f32s(self.rhs.all_mut()).0);
        }
        self.held += 1;
        if self.held == BLOCK {
            self.flush(simd);
        }
    }

    #[inline(always)]
    pub(crate) fn flush<S: Simd>(&mut self, simd: S) {
        let n = self.held * self.stride;
        let (left, right) = (&self.left.all()[..n], &self.right.all()[..n]);
        add_products(simd, left, right, self.stride, self.matrix.all_mut());
        self.held = 0;
    }

    /// Adds `ridge` to the first `n` diagonal elements of `A`, and factorises it.
    #[inline(always)]
    pub(crate) fn factorise<S: Simd>(&mut self, simd: S, ridge: f32, n: usize) {
        let stride = self.stride;
        for i in 0..stride {
            let cell = &mut self.matrix.row_mut(i)[i];
            *cell = if i < n { *cell + ridge } else { 1.0 };
            self.diagonal[i] = *cell;
        }
        for i in (0..stride).step_by(TILE) {
            let (done, rest) = self.matrix.all_mut().split_at_mut(i * stride);
            let rows = &mut rest[..TILE * stride];
            block_row::<S, true>(simd, done, done, stride, i, rows);
            factorise_rows(simd, rows, stride, i, &mut self.diagonal[i..i + TILE]);
        }
    }

    /// Solves for the right side; the solution is in `x`.
    #[inline(always)]
    pub(crate) fn solve<S: Simd>(&mut self, simd: S) {
        let (stride, matrix) = (self.stride, self.matrix.all());
        let (rhs, x) = (self.rhs.all_mut(), self.x.all_mut());
        // Uᵀ z = b; z takes the place of b, row by row. What lies left of the diagonal only
        // touches what is done.
        let mut z = [0.0; super::LANES];
        for (k, row) in matrix.chunks_exact(stride).enumerate() {
            let value = rhs[k] * self.diagonal[k];
            z[k % super::LANES] = value;
            let from = k / S::F32_LANES;
            let (row, _) = S::as_simd_f32s(row);
            let (rest, _) = S::as_mut_simd_f32s(rhs);
            add_scaled(simd, [-value], [&row[from..]], &mut rest[from..]);
            if k % super::LANES == super::LANES - 1 {
                x[k + 1 - super::LANES..=k].copy_from_slice(&z);
            }
        }
        rhs.copy_from_slice(x);
        x.fill(0.0);
        // U x = z; what is not yet solved is 0.
        for (k, row) in matrix.chunks_exact(stride).enumerate().rev() {
            let from = k / S::F32_LANES;
            let (row, _) = S::as_simd_f32s(row);
            let (solved, _) = S::as_simd_f32s(x);
            let known = dot(simd, &row[from..], &solved[from..]);
            x[k] = (rhs[k] - known) * self.diagonal[k];
        }
    }
}

/// The last step for `TILE` rows from which all rows above have been taken.
#[inline(always)]
fn factorise_rows<S: Simd>(
    simd: S,
    rows: &mut [f32],
    stride: usize,
    i: usize,
    diagonal: &mut [f32],
) {
    let from = i / S::F32_LANES;
    let width = stride / S::F32_LANES;
    for q in 0..TILE {
        let (above, row) = rows.split_at_mut(q * stride);
        let mut factors = [simd.splat_f32s(0.0); TILE];
        for (p, above) in above.chunks_exact(stride).enumerate() {
            factors[p] = simd.splat_f32s(above[i + q]);
        }
        let (above, _) = S::as_simd_f32s(above);
        let (cells, _) = S::as_mut_simd_f32s(&mut row[..stride]);
        for v in from..width {
            let mut sum = cells[v];
            for (above, &factor) in above.chunks_exact(width).zip(&factors) {
                sum = simd.negate_mul_add_e_f32s(factor, above[v], sum);
            }
            cells[v] = sum;
        }
        let least = (LEAST_PIVOT * diagonal[q]).max(f32::MIN_POSITIVE);
        let pivot = row[i + q].max(least).sqrt();
        diagonal[q] = 1.0 / pivot;
        let scale = simd.splat_f32s(1.0 / pivot);
        let (cells, _) = S::as_mut_simd_f32s(&mut row[..stride]);
        for cell in &mut cells[from..] {
            *cell = simd.mul_f32s(*cell, scale);
        }
    }
}

#[cfg(test)]
mod tests {
    use pulp::WithSimd;

    use super::*;
    use crate::linear::dispatch;

    struct Run<'a> {
        system: &'a mut System,
        gram: &'a Rows,
        rows: &'a Rows,
        d: usize,
    }

    impl WithSimd for Run<'_> {
        type Output = ();

        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) {
            self.system.reset(self.gram, 0);
            for i in 0..self.rows.n() {
                self.system.add(simd, self.rows.row(i), 1.0 + (i % 3) as f32, (i % 2) as f32);
            }
            self.system.flush(simd);
            self.system.factorise(simd, 0.5, self.d);
            self.system.solve(simd);
        }
    }

    #[test]
    fn the_solution_solves() {
        for (n, d) in [(0, 1), (3, 5), (100, 16), (49, 40), (300, 70)] {
            let values: Vec<f32> =
                (0..n * d).map(|i| (((i * i + 7 * i) % 103) as f32 - 51.0) / 50.0).collect();
            let rows = Rows::from_values(d, &values);
            let gram = crate::linear::gram(&rows, 0.1);
            let mut system = System::new(d);
            dispatch(Run { system: &mut system, gram: &gram, rows: &rows, d });
            let x: Vec<f64> = system.x.row(0).iter().map(|&x| f64::from(x)).collect();
            assert!(x[d..].iter().all(|&x| x == 0.0));
            for j in 0..d {
                let (mut left, mut right) = (0.5 * x[j], 0.0);
                for i in 0..n {
                    let row = rows.values(i);
                    let dot: f64 = row.iter().zip(&x).map(|(&v, x)| f64::from(v) * x).sum();
                    left += (1.1 + (i % 3) as f64) * dot * f64::from(row[j]);
                    right += (i % 2) as f64 * f64::from(row[j]);
                }
                assert!(
                    (left - right).abs() < 1e-4 * n.max(1) as f64,
                    "{n} {d} {j} {left} {right}"
                );
            }
        }
    }
}
