//! Steps down the gradient of sums of factors.

use patronage_core::Csr;
use pulp::{Simd, WithSimd};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::steps::{Descent, scale};
use crate::linear::{Rows, add_scaled, dot};

/// Customers or items: the weights of rows of factors in each, and the factors.
pub(super) struct Side<'a> {
    pub(super) weights: &'a Csr<f32>,
    pub(super) rows: &'a mut Rows,
}

impl Side<'_> {
    /// The factors of one of them, into `out`.
    #[inline(always)]
    fn sum<S: Simd>(&self, simd: S, at: usize, out: &mut Rows) {
        sum(simd, self.weights.row(at), self.rows, out.row_mut(0));
    }
}

#[inline(always)]
fn sum<S: Simd>(simd: S, (rows, weights): (&[u32], &[f32]), of: &Rows, out: &mut [f32]) {
    out.fill(0.0);
    let out = S::as_mut_simd_f32s(out).0;
    for (&row, &weight) in rows.iter().zip(weights) {
        add_scaled(simd, [weight], [S::as_simd_f32s(of.row(row as usize)).0], out);
    }
}

/// The factors of everybody on one side, padded, row after row.
pub(super) struct Sums<'a> {
    pub(super) weights: &'a Csr<f32>,
    pub(super) rows: &'a Rows,
}

impl WithSimd for Sums<'_> {
    type Output = Rows;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Rows {
        let n = self.weights.n_rows();
        let mut out = Rows::zeros(n, self.rows.d());
        for at in 0..n {
            sum(simd, self.weights.row(at), self.rows, out.row_mut(at));
        }
        out
    }
}

/// One epoch over some interactions, every step of which moves all rows that make up the customer and
/// the two items. Where each has but its own row, of weight 1, the steps are those of `Epoch`.
pub(super) struct FeatureEpoch<'a> {
    pub(super) descent: Descent,
    /// The customer and the item of each interaction.
    pub(super) pairs: &'a mut dyn Iterator<Item = (usize, u32)>,
    /// The items of a customer, ascending.
    pub(super) items_of: &'a dyn Fn(usize) -> &'a [u32],
    /// The items that somebody has, ascending: others teach nothing, not even by being drawn.
    pub(super) known: &'a [u32],
    pub(super) customers: Side<'a>,
    pub(super) items: Side<'a>,
    pub(super) rng: &'a mut ChaCha8Rng,
}

impl WithSimd for FeatureEpoch<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { descent, pairs, items_of, known, customers, items, rng } = self;
        let bias = items.rows.d() - 1;
        let (rate, decay) = (descent.learning_rate as f32, descent.regularization as f32);
        let [mut x, mut p, mut q] = [(); 3].map(|()| Rows::zeros(1, bias + 1));
        for (customer, positive) in pairs {
            let liked = items_of(customer);
            if liked.len() >= known.len() {
                continue;
            }
            customers.sum(simd, customer, &mut x);
            x.row_mut(0)[bias] = 1.0;
            items.sum(simd, positive as usize, &mut p);
            let one = S::as_simd_f32s(x.row(0)).0;
            let of_positive = dot(simd, one, S::as_simd_f32s(p.row(0)).0);
            let mut found = None;
            for tried in 1..=descent.loss.n_tries() {
                let negative = known[rng.random_range(0..known.len() as u32) as usize];
                if liked.binary_search(&negative).is_ok() {
                    continue;
                }
                items.sum(simd, negative as usize, &mut q);
                let ahead = of_positive - dot(simd, one, S::as_simd_f32s(q.row(0)).0);
                found = descent.loss.pull(ahead, known.len(), tried).map(|pull| (negative, pull));
                if found.is_some() {
                    break;
                }
            }
            let Some((negative, pull)) = found else { continue };
            let (step, keep) = (rate * pull, 1.0 - rate * decay);
            let both = [S::as_simd_f32s(p.row(0)).0, S::as_simd_f32s(q.row(0)).0];
            let (rows, weights) = customers.weights.row(customer);
            for (&row, &weight) in rows.iter().zip(weights) {
                let out = S::as_mut_simd_f32s(customers.rows.row_mut(row as usize)).0;
                scale(simd, keep, out);
                add_scaled(simd, [step * weight, -step * weight], both, out);
                customers.rows.row_mut(row as usize)[bias] = 0.0;
            }
            for (item, step) in [(positive, step), (negative, -step)] {
                let (rows, weights) = items.weights.row(item as usize);
                for (&row, &weight) in rows.iter().zip(weights) {
                    let out = S::as_mut_simd_f32s(items.rows.row_mut(row as usize)).0;
                    scale(simd, keep, out);
                    add_scaled(simd, [step * weight], [one], out);
                }
            }
        }
    }
}
