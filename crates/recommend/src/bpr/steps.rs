//! Steps down the gradient.

use patronage_core::{CustomerIdx, Interactions, ItemIdx};
use pulp::{Simd, WithSimd};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use crate::linear::{Rows, add_scaled, dot};

/// The greatest step a score's difference may make the loss take.
const STEEPEST: f32 = 30.0;

/// How steps are made.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub(super) struct Descent {
    pub(super) loss: Loss,
    pub(super) learning_rate: f64,
    pub(super) regularization: f64,
}

/// Which pairs count, and how much.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub(super) enum Loss {
    /// The logistic loss of a positive item against one other.
    Bpr,
    /// The hinge loss against the first of some others that violates the margin, weighted by the rank this suggests.
    Warp { max_sampled: usize },
}

impl Loss {
    /// How many items are drawn at most for one step.
    pub(super) const fn n_tries(self) -> usize {
        match self {
            Self::Bpr => 1,
            Self::Warp { max_sampled } => max_sampled,
        }
    }

    /// How hard a step pulls two items apart, the one `ahead` of the other that was drawn as the
    /// `tried`-th; `None` where they are far enough apart.
    #[inline(always)]
    pub(super) fn pull(self, ahead: f32, n_items: usize, tried: usize) -> Option<f32> {
        match self {
            Self::Bpr => Some(1.0 / (1.0 + ahead.clamp(-STEEPEST, STEEPEST).exp())),
            Self::Warp { .. } if ahead < 1.0 => {
                let rank = ((n_items - 1) / tried).max(1) as f32;
                Some(rank.ln_1p())
            }
            Self::Warp { .. } => None,
        }
    }
}

/// One epoch over some interactions, or over those of one customer with the items held.
pub(super) struct Epoch<'a> {
    pub(super) descent: Descent,
    /// The customer and the item of each interaction.
    pub(super) pairs: &'a mut dyn Iterator<Item = (usize, u32)>,
    /// The items of a customer, ascending.
    pub(super) items_of: &'a dyn Fn(usize) -> &'a [u32],
    pub(super) customers: &'a mut Rows,
    pub(super) items: Items<'a>,
    pub(super) rng: &'a mut ChaCha8Rng,
}

/// The items' factors; the last is the item's bias, for which the customer's factor is 1.
pub(super) enum Items<'a> {
    Learnt(&'a mut Rows),
    Held(&'a Rows),
}

impl Items<'_> {
    fn rows(&self) -> &Rows {
        match self {
            Self::Learnt(rows) => rows,
            Self::Held(rows) => rows,
        }
    }
}

impl WithSimd for Epoch<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { descent, pairs, items_of, customers, mut items, rng } = self;
        let n_items = items.rows().n();
        let bias = items.rows().d() - 1;
        let (rate, decay) = (descent.learning_rate as f32, descent.regularization as f32);
        let mut old = Rows::zeros(1, bias + 1);
        for (customer, positive) in pairs {
            let liked = items_of(customer);
            if liked.len() >= n_items {
                continue;
            }
            let x = S::as_simd_f32s(customers.row(customer)).0;
            let rows = items.rows();
            let of_positive = dot(simd, x, S::as_simd_f32s(rows.row(positive as usize)).0);
            let mut found = None;
            for tried in 1..=descent.loss.n_tries() {
                let negative = rng.random_range(0..n_items as u32);
                if liked.binary_search(&negative).is_ok() {
                    continue;
                }
                let row = S::as_simd_f32s(rows.row(negative as usize)).0;
                let ahead = of_positive - dot(simd, x, row);
                found = descent.loss.pull(ahead, n_items, tried).map(|pull| (negative, pull));
                if found.is_some() {
                    break;
                }
            }
            let Some((negative, pull)) = found else { continue };
            let (step, keep) = (rate * pull, 1.0 - rate * decay);
            let [positive, negative] = [positive as usize, negative as usize];
            old.row_mut(0).copy_from_slice(customers.row(customer));
            let out = S::as_mut_simd_f32s(customers.row_mut(customer)).0;
            scale(simd, keep, out);
            let both =
                [S::as_simd_f32s(rows.row(positive)).0, S::as_simd_f32s(rows.row(negative)).0];
            add_scaled(simd, [step, -step], both, out);
            customers.row_mut(customer)[bias] = 1.0;
            if let Items::Learnt(rows) = &mut items {
                let x = S::as_simd_f32s(old.row(0)).0;
                for (item, step) in [(positive, step), (negative, -step)] {
                    let out = S::as_mut_simd_f32s(rows.row_mut(item)).0;
                    scale(simd, keep, out);
                    add_scaled(simd, [step], [x], out);
                }
            }
        }
    }
}

#[inline(always)]
pub(super) fn scale<S: Simd>(simd: S, by: f32, out: &mut [S::f32s]) {
    let by = simd.splat_f32s(by);
    for out in out {
        *out = simd.mul_f32s(by, *out);
    }
}

/// The positive interactions of the data, customer after customer.
pub(super) struct Positives {
    pub(super) starts: Vec<usize>,
    pub(super) items: Vec<u32>,
    /// The customer of each.
    pub(super) customers: Vec<u32>,
}

impl Positives {
    pub(super) fn new<I: Interactions + ?Sized>(data: &I) -> Self {
        let (mut starts, mut items, mut customers) = (vec![0], Vec::new(), Vec::new());
        for customer in CustomerIdx::all(data.n_customers()) {
            let row = data.row(customer);
            let all = ItemIdx::peel_slice(row.items()).iter().zip(row.weights());
            items.extend(all.filter(|&(_, &weight)| weight > 0.0).map(|(&item, _)| item));
            customers.resize(items.len(), customer.get());
            starts.push(items.len());
        }
        Self { starts, items, customers }
    }

    pub(super) fn of(&self, customer: usize) -> &[u32] {
        &self.items[self.starts[customer]..self.starts[customer + 1]]
    }
}
