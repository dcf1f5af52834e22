//! The exact solver.

use pulp::{Simd, WithSimd};

use super::terms::Entries;
use crate::linear::{Rows, System, dot};

/// One row's equations: `(gram + Σ a v vᵀ + ridge I) x = Σ b v`, over rows `v` of `other`.
pub(super) struct Equations<'a> {
    pub(super) other: &'a Rows,
    pub(super) gram: &'a Rows,
    pub(super) entries: Entries<'a>,
    pub(super) ridge: f32,
}

/// Solves them by Cholesky's method into `x`.
///
/// Gives the objective as far as it depends on the row, `Σ a (vᵀx)² − 2 b vᵀx + b + xᵀ gram x + ridge xᵀx`.
pub(super) struct Exact<'a> {
    pub(super) equations: Equations<'a>,
    pub(super) system: &'a mut System,
    pub(super) x: &'a mut [f32],
}

impl WithSimd for Exact<'_> {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f64 {
        let Self { equations: Equations { other, gram, entries, ridge }, system, x } = self;
        if entries.len() == 0 {
            x.fill(0.0);
            return 0.0;
        }
        system.reset(gram, 0);
        let mut sum = 0.0;
        for k in 0..entries.len() {
            let (row, a, b) = entries.at(k);
            system.add(simd, other.row(row), a, b);
            sum += f64::from(b);
        }
        system.flush(simd);
        system.factorise(simd, ridge, other.d());
        let rhs = S::as_mut_simd_f32s(x).0;
        rhs.copy_from_slice(S::as_simd_f32s(system.rhs.row(0)).0);
        system.solve(simd);
        let solution = S::as_simd_f32s(system.x.row(0)).0;
        // At the minimum the quadratic part is half the linear part.
        let objective = sum - f64::from(dot(simd, rhs, solution));
        rhs.copy_from_slice(solution);
        objective
    }
}
