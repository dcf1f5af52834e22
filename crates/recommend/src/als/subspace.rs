//! The subspace solver.

use pulp::{Simd, WithSimd};

use super::conjugate::times_gram;
use super::solve::Equations;
use crate::linear::{LANES, Rows, System, dot};

/// Space of one worker.
#[derive(Debug)]
pub(super) struct Space {
    predictions: Vec<f32>,
    a: Vec<f32>,
    b: Vec<f32>,
    /// For the blocks, and for the last where it is shorter.
    systems: [System; 2],
    product: Rows,
}

impl Space {
    pub(super) fn new(stride: usize, block: usize) -> Self {
        let [predictions, a, b] = std::array::from_fn(|_| Vec::new());
        let last = match stride % block {
            0 => LANES,
            last => last,
        };
        let systems = [System::new(block), System::new(last)];
        Self { predictions, a, b, systems, product: Rows::zeros(1, stride) }
    }
}

/// Minimises over one block of `x` after another, the others held fixed.
///
/// Gives the objective as [`Exact`](super::solve::Exact) does.
pub(super) struct Blocks<'a> {
    pub(super) equations: Equations<'a>,
    /// Factors of a block, a multiple of [`LANES`].
    pub(super) block: usize,
    pub(super) space: &'a mut Space,
    pub(super) x: &'a mut [f32],
}

impl WithSimd for Blocks<'_> {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f64 {
        let Self { equations: Equations { other, gram, entries, ridge }, block, space, x } = self;
        let n = entries.len();
        if n == 0 {
            x.fill(0.0);
            return 0.0;
        }
        let Space { predictions, a, b, systems, product } = space;
        for numbers in [&mut *predictions, a, b] {
            numbers.clear();
        }
        for k in 0..n {
            let (row, of_square, of_product) = entries.at(k);
            a.push(of_square);
            b.push(of_product);
            let row = S::as_simd_f32s(other.row(row)).0;
            predictions.push(dot(simd, row, S::as_simd_f32s(x).0));
        }
        let stride = x.len();
        for from in (0..stride).step_by(block) {
            let width = block.min(stride - from);
            let system = &mut systems[usize::from(width < block)];
            system.reset(gram, from);
            for k in 0..n {
                let row = &other.row(entries.of[k] as usize)[from..from + width];
                system.add(simd, row, a[k], a[k] * predictions[k] - b[k]);
            }
            system.flush(simd);
            let gradient = system.rhs.row_mut(0);
            for (i, gradient) in gradient.iter_mut().enumerate() {
                let row = S::as_simd_f32s(gram.row(from + i)).0;
                *gradient += dot(simd, row, S::as_simd_f32s(x).0) + ridge * x[from + i];
            }
            system.factorise(simd, ridge, other.d().saturating_sub(from).min(width));
            system.solve(simd);
            let step = system.x.row(0);
            x[from..from + width].iter_mut().zip(step).for_each(|(x, step)| *x -= step);
            let step = S::as_simd_f32s(step).0;
            for (prediction, &row) in predictions.iter_mut().zip(entries.of) {
                let row = &other.row(row as usize)[from..from + width];
                *prediction -= dot(simd, S::as_simd_f32s(row).0, step);
            }
        }
        let x = S::as_simd_f32s(x).0;
        let product = S::as_mut_simd_f32s(product.row_mut(0)).0;
        times_gram(simd, gram, ridge, x, product);
        let observed = predictions.iter().zip(a.iter().zip(b.iter())).map(|(&p, (&a, &b))| {
            let [p, a, b] = [p, a, b].map(f64::from);
            a * p * p - 2.0 * b * p + b
        });
        observed.sum::<f64>() + f64::from(dot(simd, x, product))
    }
}
