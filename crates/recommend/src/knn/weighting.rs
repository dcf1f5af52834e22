//! What an interaction weighs in a similarity.

use patronage_core::{Csr, CustomerIdx, Interactions};

use crate::error::{Error, require};

/// How alike two items are, from the customers who have them.
///
/// `w(u, i)` is the weight of customer `u`'s interaction with item `i`, `n(u)` her number of
/// items, `N` the number of items.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub enum Similarity {
    /// `Σ_u w(u,i) w(u,j) / (√Σ_u w(u,i)² √Σ_u w(u,j)²)`.
    #[default]
    Cosine,
    /// The cosine of `√w(u,i) × ln(N / (1 + n(u)))`: customers who have everything say little.
    /// Weights of 0 or less count as no interaction.
    TfIdf,
    /// The dot product of `ln(N / (1 + n(u))) × w (k1 + 1) / (w + k1 (1 − b + b × sum(i) / mean sum))`,
    /// with `sum(i)` the item's sum of weights. Weights of 0 or less count as no interaction.
    Bm25 {
        /// How soon a greater weight stops counting; at least 0, usually 1.2.
        k1: f64,
        /// How far items of many customers are marked down; in `[0, 1]`, usually 0.75.
        b: f64,
    },
    /// Customers who have both over customers who have either; weights of 0 or less count as no interaction.
    Jaccard,
}

impl Similarity {
    pub(crate) fn validate(self) -> Result<(), Error> {
        if let Self::Bm25 { k1, b } = self {
            require(k1.is_finite() && k1 >= 0.0, "k1", "a finite number of at least 0", k1)?;
            require((0.0..=1.0).contains(&b), "b", "a number in [0, 1]", b)?;
        }
        Ok(())
    }
}

/// Customers × items as the similarity weighs them; without values where all of them are 1.
pub(super) enum Weighted {
    Ones(Csr<()>),
    Real(Csr<f32>),
}

impl Weighted {
    pub(super) const fn n_items(&self) -> usize {
        match self {
            Self::Ones(rows) => rows.n_columns(),
            Self::Real(rows) => rows.n_columns(),
        }
    }
}

/// The weighted rows of `data`, those longer than `max_history` emptied, and how many those were.
pub(super) fn weighted<I: Interactions + ?Sized>(
    data: &I,
    similarity: Similarity,
    max_history: usize,
) -> Result<(Weighted, usize), Error> {
    let (mut starts, mut columns, mut values) = (vec![0], Vec::new(), Vec::new());
    let mut n_left_out = 0;
    for customer in CustomerIdx::all(data.n_customers()) {
        let row = data.row(customer);
        if row.items().len() > max_history {
            n_left_out += 1;
        } else {
            for (item, &weight) in row.items().iter().zip(row.weights()) {
                if weight > 0.0 || (weight < 0.0 && similarity == Similarity::Cosine) {
                    columns.push(item.get());
                    values.push(weight);
                }
            }
        }
        starts.push(columns.len());
    }
    let n_items = data.n_items();
    match similarity {
        Similarity::Cosine => {}
        Similarity::Jaccard => values.fill(1.0),
        Similarity::TfIdf => reweigh(&starts, &columns, &mut values, |u, _, w| {
            w.sqrt() * idf(n_items, starts[u + 1] - starts[u])
        }),
        Similarity::Bm25 { k1, b } => {
            let mut sums = vec![0.0f64; n_items];
            for (&item, &weight) in columns.iter().zip(&values) {
                sums[item as usize] += f64::from(weight);
            }
            let mean = sums.iter().sum::<f64>() / n_items.max(1) as f64;
            reweigh(&starts, &columns, &mut values, |u, i, w| {
                let length = 1.0 - b + b * sums[i] / mean;
                // The greatest weight a finite one can have is (k1 + 1) × idf.
                idf(n_items, starts[u + 1] - starts[u]) * (w / (w + k1 * length)) * (k1 + 1.0)
            });
        }
    }
    let ones = values.iter().all(|&value| value == 1.0);
    let weighted = if ones {
        let n = columns.len();
        Weighted::Ones(Csr::new(n_items, starts, columns, vec![(); n])?)
    } else {
        Weighted::Real(Csr::new(n_items, starts, columns, values)?)
    };
    Ok((weighted, n_left_out))
}

fn idf(n_items: usize, n: usize) -> f64 {
    (n_items as f64 / (1 + n) as f64).ln()
}

fn reweigh(
    starts: &[usize],
    columns: &[u32],
    values: &mut [f32],
    weight: impl Fn(usize, usize, f64) -> f64,
) {
    for (customer, range) in starts.windows(2).enumerate() {
        for entry in range[0]..range[1] {
            let item = columns[entry] as usize;
            values[entry] = weight(customer, item, f64::from(values[entry])) as f32;
        }
    }
}
