//! The conjugate gradient solver.

use pulp::{Simd, WithSimd};

use super::solve::Equations;
use crate::linear::{Rows, add_scaled, dot, products};

/// A squared residual below this is none.
const NOTHING: f32 = 1e-20;

/// Vectors of one worker.
#[derive(Debug)]
pub(super) struct Space {
    a: Vec<f32>,
    b: Vec<f32>,
    residual: Rows,
    direction: Rows,
    product: Rows,
    rhs: Rows,
}

impl Space {
    pub(super) fn new(d: usize) -> Self {
        let row = || Rows::zeros(1, d);
        let (a, b) = (Vec::new(), Vec::new());
        Self { a, b, residual: row(), direction: row(), product: row(), rhs: row() }
    }
}

/// Takes some steps from `x` towards the solution.
///
/// Gives the objective as [`Exact`](super::solve::Exact) does.
pub(super) struct Steps<'a> {
    pub(super) equations: Equations<'a>,
    pub(super) n_steps: usize,
    pub(super) space: &'a mut Space,
    pub(super) x: &'a mut [f32],
}

impl WithSimd for Steps<'_> {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f64 {
        let Self { equations, n_steps, space, x } = self;
        let Equations { other, gram, entries, ridge } = equations;
        if entries.len() == 0 {
            x.fill(0.0);
            return 0.0;
        }
        let Space { a, b, residual, direction, product, rhs } = space;
        let weights = (0..entries.len()).map(|k| entries.at(k));
        a.clear();
        b.clear();
        let mut sum = 0.0;
        for (_, of_square, of_product) in weights {
            a.push(of_square);
            b.push(of_product);
            sum += f64::from(of_product);
        }
        let residual = S::as_mut_simd_f32s(residual.row_mut(0)).0;
        let direction = S::as_mut_simd_f32s(direction.row_mut(0)).0;
        let product = S::as_mut_simd_f32s(product.row_mut(0)).0;
        let rhs = S::as_mut_simd_f32s(rhs.row_mut(0)).0;
        let x = S::as_mut_simd_f32s(x).0;

        // residual = b − A x
        times_gram(simd, gram, ridge, x, product);
        rhs.fill(simd.splat_f32s(0.0));
        times_rows(simd, other, entries.of, a, x, product);
        add_rows(simd, other, entries.of, b, rhs);
        for v in 0..x.len() {
            residual[v] = simd.sub_f32s(rhs[v], product[v]);
            direction[v] = residual[v];
        }
        let mut square = dot(simd, residual, residual);
        for _ in 0..n_steps {
            if square < NOTHING {
                break;
            }
            times_gram(simd, gram, ridge, direction, product);
            times_rows(simd, other, entries.of, a, direction, product);
            let curvature = dot(simd, direction, product);
            if curvature.partial_cmp(&0.0) != Some(std::cmp::Ordering::Greater) {
                break;
            }
            let step = square / curvature;
            add_scaled(simd, [step], [direction], x);
            add_scaled(simd, [-step], [product], residual);
            let next = dot(simd, residual, residual);
            let turn = simd.splat_f32s(next / square);
            for (direction, &residual) in direction.iter_mut().zip(residual.iter()) {
                *direction = simd.mul_add_e_f32s(turn, *direction, residual);
            }
            square = next;
        }
        sum - f64::from(dot(simd, x, rhs)) - f64::from(dot(simd, x, residual))
    }
}

/// `out += Σ a (v · x) v` over some rows `v`.
#[inline(always)]
fn times_rows<S: Simd>(
    simd: S,
    other: &Rows,
    of: &[u32],
    a: &[f32],
    x: &[S::f32s],
    out: &mut [S::f32s],
) {
    let ((fours, rest), (of_fours, of_rest)) = (of.as_chunks::<4>(), a.as_chunks::<4>());
    for (four, a) in fours.iter().zip(of_fours) {
        let rows = [
            row::<S>(other, four[0]),
            row::<S>(other, four[1]),
            row::<S>(other, four[2]),
            row::<S>(other, four[3]),
        ];
        let found = products(simd, rows, x);
        let weights = [a[0] * found[0], a[1] * found[1], a[2] * found[2], a[3] * found[3]];
        add_scaled(simd, weights, rows, out);
    }
    for (&one, &a) in rest.iter().zip(of_rest) {
        let row = row::<S>(other, one);
        let [found] = products(simd, [row], x);
        add_scaled(simd, [a * found], [row], out);
    }
}

/// `out += Σ b v` over some rows `v`.
#[inline(always)]
fn add_rows<S: Simd>(simd: S, other: &Rows, of: &[u32], b: &[f32], out: &mut [S::f32s]) {
    let ((fours, rest), (of_fours, of_rest)) = (of.as_chunks::<4>(), b.as_chunks::<4>());
    for (four, &b) in fours.iter().zip(of_fours) {
        let rows = [
            row::<S>(other, four[0]),
            row::<S>(other, four[1]),
            row::<S>(other, four[2]),
            row::<S>(other, four[3]),
        ];
        add_scaled(simd, b, rows, out);
    }
    for (&one, &b) in rest.iter().zip(of_rest) {
        add_scaled(simd, [b], [row::<S>(other, one)], out);
    }
}

#[inline(always)]
fn row<S: Simd>(rows: &Rows, i: u32) -> &[S::f32s] {
    S::as_simd_f32s(rows.row(i as usize)).0
}

/// `out = (gram + ridge I) x`.
#[inline(always)]
pub(super) fn times_gram<S: Simd>(
    simd: S,
    gram: &Rows,
    ridge: f32,
    x: &[S::f32s],
    out: &mut [S::f32s],
) {
    let ridge = simd.splat_f32s(ridge);
    for (out, &x) in out.iter_mut().zip(x) {
        *out = simd.mul_f32s(ridge, x);
    }
    let (values, _): (&[[f32; 4]], _) =
        pulp::bytemuck::cast_slice::<S::f32s, f32>(x).as_chunks::<4>();
    for (k, &values) in values.iter().enumerate() {
        let k = 4 * k as u32;
        let rows = [
            row::<S>(gram, k),
            row::<S>(gram, k + 1),
            row::<S>(gram, k + 2),
            row::<S>(gram, k + 3),
        ];
        add_scaled(simd, values, rows, out);
    }
}
