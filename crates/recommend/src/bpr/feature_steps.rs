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

#[cfg(test)]
mod tests {
    use super::super::pairwise::stream;
    use super::super::steps::Loss;
    use super::*;
    use crate::linear::dispatch;

    const D: usize = 3;

    /// One customer of two features, and two items that share one.
    fn weights() -> [Csr<f32>; 2] {
        let customer = [(0, 0, 0.8), (0, 1, -0.6)];
        let items = [(0, 0, 0.6), (0, 2, 0.8), (1, 1, 1.0), (1, 2, 0.5)];
        [
            Csr::from_entries(1, 2, &customer, |_, _| {}).unwrap(),
            Csr::from_entries(2, 3, &items, |_, _| {}).unwrap(),
        ]
    }

    fn rows(n: usize, bias: f32) -> Rows {
        let value = |at: usize| (at * 7 % 11) as f32 / 11.0 - 0.4;
        let values: Vec<f32> = (0..n * (D + 1))
            .map(|at| if at % (D + 1) == D { bias * value(at) } else { value(at) })
            .collect();
        let mut rows = Rows::zeros(n, D + 1);
        for (row, values) in values.chunks(D + 1).enumerate() {
            rows.row_mut(row)[..=D].copy_from_slice(values);
        }
        rows
    }

    /// The loss of item 0 against item 1, from its definition.
    fn loss(of: Loss, customers: &[Vec<f64>], items: &[Vec<f64>]) -> f64 {
        let [of_customer, of_items] = weights();
        let sum = |weights: &Csr<f32>, rows: &[Vec<f64>], at: usize| -> Vec<f64> {
            let (columns, values) = weights.row(at);
            let of = |f: usize| {
                let parts = columns.iter().zip(values);
                parts.map(|(&row, &w)| f64::from(w) * rows[row as usize][f]).sum()
            };
            (0..=D).map(of).collect()
        };
        let u = sum(&of_customer, customers, 0);
        let score = |item| {
            let v = sum(&of_items, items, item);
            v[D] + (0..D).map(|f| u[f] * v[f]).sum::<f64>()
        };
        let ahead = score(0) - score(1);
        match of {
            Loss::Bpr => (-ahead).exp().ln_1p(),
            // One draw of two items: rank 1.
            Loss::Warp { .. } => 2.0_f64.ln() * (1.0 - ahead).max(0.0),
        }
    }

    #[test]
    fn a_step_goes_down_the_gradient_of_every_row() {
        let [of_customer, of_items] = weights();
        for of in [Loss::Bpr, Loss::Warp { max_sampled: 1 }] {
            let (start_customers, start_items) = (rows(2, 0.0), rows(3, 1.0));
            let rate = 1e-3;
            // The first seed that draws item 1.
            let (customers, items) = (0..)
                .map(|seed| {
                    let (mut customers, mut items) = (start_customers.clone(), start_items.clone());
                    dispatch(FeatureEpoch {
                        descent: Descent { loss: of, learning_rate: rate, regularization: 0.0 },
                        pairs: &mut std::iter::once((0, 0)),
                        items_of: &|_| &[0],
                        known: &[0, 1],
                        customers: Side { weights: &of_customer, rows: &mut customers },
                        items: Side { weights: &of_items, rows: &mut items },
                        rng: &mut stream(seed, 0),
                    });
                    (customers, items)
                })
                .find(|(customers, _)| *customers != start_customers)
                .unwrap();
            let plain = |rows: &Rows| -> Vec<Vec<f64>> {
                (0..rows.n())
                    .map(|row| rows.values(row).iter().map(|&x| f64::from(x)).collect())
                    .collect()
            };
            let (then, now) = ([&start_customers, &start_items], [&customers, &items]);
            let start = then.map(plain);
            for side in 0..2 {
                for row in 0..then[side].n() {
                    for f in 0..=D {
                        let moved = |by: f64| {
                            let mut at = start.clone();
                            at[side][row][f] += by;
                            loss(of, &at[0], &at[1])
                        };
                        let gradient = (moved(1e-5) - moved(-1e-5)) / 2e-5;
                        // Customers have no bias.
                        let gradient = if side == 0 && f == D { 0.0 } else { gradient };
                        let step = now[side].values(row)[f] - then[side].values(row)[f];
                        let step = f64::from(step) / rate;
                        assert!((step + gradient).abs() < 1e-3, "{of:?} {side} {row} {f}: {step}");
                    }
                }
            }
        }
    }
}
