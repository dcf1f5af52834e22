//! Coordinate descent for one item.

use pulp::{Simd, WithSimd};

use crate::linear::{Rows, add_scaled};

/// Vectors of one worker.
pub(super) struct Space {
    weights: Vec<f32>,
    /// `Xᵀ (xⱼ − X w)`.
    gradient: Rows,
}

impl Space {
    pub(super) fn new(n: usize) -> Self {
        Self { weights: vec![0.0; n], gradient: Rows::zeros(1, n) }
    }
}

/// The weights of one target, ascending and without zeros, and whether they settled.
pub(super) struct Descent<'a> {
    pub(super) gram: &'a Rows,
    pub(super) target: usize,
    pub(super) l1: f32,
    pub(super) l2: f32,
    /// No weight is less.
    pub(super) lowest: f32,
    pub(super) max_iter: usize,
    pub(super) tolerance: f32,
    pub(super) space: &'a mut Space,
}

impl WithSimd for Descent<'_> {
    type Output = (Vec<(u32, f32)>, bool);

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Self::Output {
        let Self { gram, target, l1, l2, lowest, max_iter, tolerance, space } = self;
        let Space { weights, gradient } = space;
        weights.fill(0.0);
        gradient.row_mut(0).copy_from_slice(gram.row(target));
        // First passes over all items, then over those that have a weight, until they settle;
        // then over all again.
        let everything = 0..weights.len() as u32;
        let mut active: Vec<u32> = everything.clone().collect();
        let mut all = true;
        let mut converged = false;
        for _ in 0..max_iter {
            let mut largest = 0.0f32;
            for &i in &active {
                let i = i as usize;
                let slope = gradient.row(0)[i];
                let old = weights[i];
                if i == target || (old == 0.0 && slope.abs() <= l1) {
                    continue;
                }
                let square = gram.row(i)[i];
                if square + l2 <= 0.0 {
                    continue;
                }
                let pull = slope + square * old;
                let shrunk = (pull.abs() - l1).max(0.0).copysign(pull) / (square + l2);
                let new = shrunk.max(lowest);
                let step = new - old;
                if step != 0.0 && step.is_finite() {
                    weights[i] = new;
                    let row = S::as_simd_f32s(gram.row(i)).0;
                    let out = S::as_mut_simd_f32s(gradient.row_mut(0)).0;
                    add_scaled(simd, [-step], [row], out);
                    largest = largest.max(step.abs());
                }
            }
            if largest <= tolerance {
                if all {
                    converged = true;
                    break;
                }
                active.clear();
                active.extend(everything.clone());
                all = true;
            } else if all {
                active.retain(|&i| weights[i as usize] != 0.0);
                all = false;
            }
        }
        let found = weights.iter().enumerate().filter(|(_, weight)| **weight != 0.0);
        (found.map(|(i, &weight)| (i as u32, weight)).collect(), converged)
    }
}
