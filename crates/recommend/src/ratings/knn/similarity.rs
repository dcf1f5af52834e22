//! How alike two customers rate, or two items are rated.

use patronage_core::Csr;

use super::Neighbours;
use crate::error::{Error, require};
use crate::par;
use crate::ratings::baseline::Biases;
use crate::ratings::data::{Ratings, row};

/// How alike two customers rate, from the items both rated (or two items, from the customers).
///
/// `a` and `b` are the ratings of both, `n` how many they have in common.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub enum RatingSimilarity {
    /// `1 / (1 + Σ (a − b)² / n)`: always above 0.
    MeanSquaredDifference,
    /// `Σ a b / √(Σ a² Σ b²)`.
    Cosine,
    /// The correlation of `a` and `b` over what they have in common; 0 where one does not vary.
    Pearson,
    /// The cosine of residuals of the baseline, times `(n − 1) / (n − 1 + shrinkage)`.
    PearsonBaseline {
        /// How many in common it takes to believe half; at least 0, usually 100.
        shrinkage: f64,
    },
}

impl RatingSimilarity {
    pub(super) fn validate(self) -> Result<(), Error> {
        if let Self::PearsonBaseline { shrinkage } = self {
            let holds = shrinkage.is_finite() && shrinkage >= 0.0;
            require(holds, "shrinkage", "a finite number of at least 0", shrinkage)?;
        }
        Ok(())
    }

    fn of(self, common: &Common) -> f64 {
        let Common { n, a, b, aa, bb, ab } = *common;
        let cosine = |ab: f64, aa: f64, bb: f64| {
            let norm = (aa * bb).sqrt();
            // What rounding leaves of a difference is no variation.
            if norm > 0.0 { (ab / norm).clamp(-1.0, 1.0) } else { 0.0 }
        };
        match self {
            Self::MeanSquaredDifference => 1.0 / (1.0 + ((aa + bb - 2.0 * ab) / n).max(0.0)),
            Self::Cosine => cosine(ab, aa, bb),
            Self::Pearson => {
                let spread = |sum: f64, squares: f64| {
                    let left = n * squares - sum * sum;
                    if left > 1e-10 * n * squares { left } else { 0.0 }
                };
                cosine(n * ab - a * b, spread(a, aa), spread(b, bb))
            }
            Self::PearsonBaseline { shrinkage } => {
                // One in common says nothing, even where nothing is asked to be shrunk.
                let weight = if n > 1.0 { (n - 1.0) / (n - 1.0 + shrinkage) } else { 0.0 };
                cosine(ab, aa, bb) * weight
            }
        }
    }
}

/// Sums over what two have in common.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Common {
    n: f64,
    a: f64,
    b: f64,
    aa: f64,
    bb: f64,
    ab: f64,
}

/// Those who are compared, and what they are compared by: each a sparse matrix with the values that
/// enter the similarity.
pub(super) struct Sides {
    own: Csr<f32>,
    other: Csr<f32>,
}

impl Sides {
    pub(super) fn of(
        ratings: &Ratings,
        biases: &Biases,
        neighbours: Neighbours,
        similarity: RatingSimilarity,
    ) -> Self {
        let mut by_customer = ratings.by_customer.clone();
        if let RatingSimilarity::PearsonBaseline { .. } = similarity {
            let residuals = (0..by_customer.n_rows()).flat_map(|u| {
                let of = biases.mean + biases.customers[u];
                row(&ratings.by_customer, u).map(move |(i, r)| (r - of - biases.items[i]) as f32)
            });
            let residuals: Vec<f32> = residuals.collect();
            let mut at = 0..residuals.len();
            by_customer = by_customer.map(|_| residuals[at.next().unwrap_or_default()]);
        }
        let by_item = by_customer.transpose();
        match neighbours {
            Neighbours::Customers => Self { own: by_customer, other: by_item },
            Neighbours::Items => Self { own: by_item, other: by_customer },
        }
    }

    /// The similarities above 0 of one, given its row, to all others: index and similarity, ascending.
    pub(super) fn one(
        &self,
        own: impl Iterator<Item = (usize, f64)>,
        except: Option<usize>,
        similarity: RatingSimilarity,
        min_support: u32,
        sums: &mut Sums,
    ) -> Vec<(u32, f32)> {
        for (index, a) in own {
            for (other, b) in row(&self.other, index) {
                let common = &mut sums.0[other];
                common.n += 1.0;
                common.a += a;
                common.b += b;
                common.aa += a * a;
                common.bb += b * b;
                common.ab += a * b;
            }
        }
        let mut found = Vec::new();
        for (other, common) in sums.0.iter_mut().enumerate() {
            let common = std::mem::take(common);
            if common.n >= f64::from(min_support) && except != Some(other) {
                let value = similarity.of(&common) as f32;
                if value > 0.0 {
                    found.push((other as u32, value));
                }
            }
        }
        found
    }

    pub(super) fn sums(&self) -> Sums {
        Sums(vec![Common::default(); self.own.n_rows()])
    }

    /// The similarities of all, at most `kept` of each.
    pub(super) fn all(
        &self,
        similarity: RatingSimilarity,
        min_support: u32,
        kept: usize,
    ) -> Vec<Vec<(u32, f32)>> {
        par::map(
            self.own.n_rows(),
            || self.sums(),
            |sums, at| {
                let found = self.one(row(&self.own, at), Some(at), similarity, min_support, sums);
                greatest(found, kept)
            },
        )
    }
}

/// A worker's space: sums for each of the others.
pub(super) struct Sums(Vec<Common>);

/// The `kept` greatest, ascending by index; of equal ones the lower index.
pub(super) fn greatest(mut found: Vec<(u32, f32)>, kept: usize) -> Vec<(u32, f32)> {
    if found.len() > kept {
        found.select_nth_unstable_by(kept, |a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        found.truncate(kept);
        found.sort_unstable_by_key(|&(index, _)| index);
    }
    found.shrink_to_fit();
    found
}
