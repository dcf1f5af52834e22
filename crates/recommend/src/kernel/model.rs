//! What each customer adds, learnt.

use patronage_core::{Csr, CustomerIdx, ItemIdx, Recommender, Request};
use pulp::{Simd, WithSimd};

use super::estimator::KernelRidge;
use crate::linear::{Rows, add_scaled, dispatch};

/// What customers who are like her add to every score, learnt by [`KernelRidge`].
///
/// A request costs O(customers × items); memory is 4 × customers × items bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct KernelRidgeModel {
    of: KernelRidge,
    /// Of each customer the length of her row; 0 where she has nothing.
    lengths: Vec<f64>,
    /// Weights, customers within items.
    by_item: Csr<f32>,
    /// Row `u` holds what customer u adds to every score at a kernel of 1.
    coefficients: Rows,
}

impl KernelRidgeModel {
    /// `None` where a number is not finite.
    pub(super) fn from_parts(
        of: KernelRidge,
        lengths: Vec<f64>,
        by_item: Csr<f32>,
        coefficients: Rows,
    ) -> Option<Self> {
        let finite = coefficients.all().iter().all(|coefficient| coefficient.is_finite());
        finite.then_some(Self { of, lengths, by_item, coefficients })
    }

    /// What a customer of training adds to the score of an item for a request whose history is hers.
    ///
    /// # Panics
    ///
    /// When there is no such customer or item.
    #[must_use]
    pub fn coefficient(&self, customer: CustomerIdx, item: ItemIdx) -> f32 {
        self.coefficients.values(customer.index())[item.index()]
    }

    /// The `k` customers most alike by cosine, best first with their cosines, ties by ascending
    /// customer; only those of a cosine above 0, and not the customer who asks.
    #[must_use]
    pub fn similar_customers(&self, request: &Request<'_>, k: usize) -> Vec<(CustomerIdx, f64)> {
        let mut alike: Vec<(CustomerIdx, f64)> = (0..)
            .map(CustomerIdx::new)
            .zip(self.cosines(request))
            .filter_map(|(customer, cosine)| Some((customer, cosine?)))
            .filter(|&(customer, cosine)| cosine > 0.0 && request.customer != Some(customer))
            .collect();
        // Stable, so that ties stay in order.
        alike.sort_by(|a, b| b.1.total_cmp(&a.1));
        alike.truncate(k);
        alike
    }

    /// The cosine of the request's history and of each customer's row; `None` where either is empty.
    fn cosines(&self, request: &Request<'_>) -> impl Iterator<Item = Option<f64>> {
        let own = self.of.rule().read(request, self.by_item.n_rows());
        let length = own.iter().map(|&(_, w)| f64::from(w) * f64::from(w)).sum::<f64>().sqrt();
        let mut dots = vec![0.0_f64; self.lengths.len()];
        for (item, weight) in own {
            let (customers, others) = self.by_item.row(item as usize);
            for (&customer, &other) in customers.iter().zip(others) {
                dots[customer as usize] += f64::from(weight) * f64::from(other);
            }
        }
        dots.into_iter().zip(&self.lengths).map(move |(dot, &other)| {
            let is_there = length > 0.0 && other > 0.0;
            is_there.then(|| (dot / length / other).clamp(-1.0, 1.0))
        })
    }

    /// The kernel of the request's history and of each customer's row; 0 where either is empty.
    fn kernels(&self, request: &Request<'_>) -> Vec<f32> {
        let kernel =
            |cosine: Option<f64>| cosine.map_or(0.0, |cosine| self.of.kernel(cosine) as f32);
        self.cosines(request).map(kernel).collect()
    }
}

impl Recommender for KernelRidgeModel {
    fn n_items(&self) -> usize {
        self.by_item.n_rows()
    }

    fn scores(&self, request: &Request<'_>, out: &mut [f32]) {
        let kernels = self.kernels(request);
        let mut sums = Rows::zeros(1, self.n_items());
        dispatch(Sums { model: self, kernels: &kernels, out: sums.row_mut(0) });
        // Of the largest weights the sum may leave the range.
        for (out, &score) in out.iter_mut().zip(sums.row(0)) {
            *out = if score.is_nan() { 0.0 } else { score.clamp(f32::MIN, f32::MAX) };
        }
    }
}

struct Sums<'a> {
    model: &'a KernelRidgeModel,
    kernels: &'a [f32],
    out: &'a mut [f32],
}

impl WithSimd for Sums<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let (out, _) = S::as_mut_simd_f32s(self.out);
        let row = |customer: usize| S::as_simd_f32s(self.model.coefficients.row(customer)).0;
        let (fours, rest) = self.kernels.as_chunks::<4>();
        for (at, &weights) in fours.iter().enumerate() {
            let rows = [0, 1, 2, 3].map(|n| row(4 * at + n));
            add_scaled(simd, weights, rows, out);
        }
        for (at, &weight) in rest.iter().enumerate() {
            add_scaled(simd, [weight], [row(4 * fours.len() + at)], out);
        }
    }
}

#[cfg(feature = "serde")]
mod saved {
    use patronage_core::Csr;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::{KernelRidge, KernelRidgeModel, Rows};
    use crate::error::{Error, ErrorKind, require_saved, require_saved_size};
    use crate::kernel::estimator::lengths;

    #[derive(Deserialize, Serialize)]
    struct Repr {
        of: KernelRidge,
        rows: Csr<f32>,
        coefficients: Vec<f32>,
    }

    impl Serialize for KernelRidgeModel {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let (rows, coefficients) = (self.by_item.transpose(), self.coefficients.to_values());
            Repr { of: self.of, rows, coefficients }.serialize(serializer)
        }
    }

    impl TryFrom<Repr> for KernelRidgeModel {
        type Error = Error;

        fn try_from(repr: Repr) -> Result<Self, Error> {
            let Repr { of, rows, coefficients } = repr;
            of.validate()?;
            let finite = rows.values().iter().all(|weight| weight.is_finite());
            require_saved(finite, "finite weights")?;
            require_saved_size(rows.n_columns(), coefficients.len())?;
            let by_item = rows.transpose();
            let (n_customers, n_items) = (rows.n_rows(), by_item.n_rows());
            let holds = n_customers.checked_mul(n_items) == Some(coefficients.len());
            require_saved(holds, "a coefficient for each customer and item")?;
            let coefficients = match n_items {
                0 => Rows::zeros(n_customers, 0),
                _ => Rows::from_values(n_items, &coefficients),
            };
            Self::from_parts(of, lengths(&rows), by_item, coefficients)
                .ok_or_else(|| ErrorKind::Saved { expected: "finite coefficients" }.into())
        }
    }

    impl<'de> Deserialize<'de> for KernelRidgeModel {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            Repr::deserialize(deserializer)?.try_into().map_err(serde::de::Error::custom)
        }
    }

    impl patronage_core::SavedModel for KernelRidgeModel {
        const TAG: &'static str = "recommend/kernel-ridge";
        const VERSION: u32 = 1;
    }
}
