//! The nearest neighbours of every item, without a dense matrix of similarities.

use std::cmp::Ordering;

use patronage_core::{Csr, ItemIdx, ScoredItem, rank};

use super::weighting::{Similarity, Weighted};
use crate::par;

/// The `k` items most similar to each item, as rows of shape `(n_items, n_items)`; only similarities above 0.
///
/// For each item the rows of its customers are added up in order, so the sums do not depend on the
/// number of threads. Each worker holds `n_items` sums; the result holds at most `k × n_items`
/// entries. Time is O(Σ over customers of (items of the customer)²).
pub(super) fn neighbours(
    weighted: &Weighted,
    similarity: Similarity,
    shrinkage: f64,
    k: usize,
) -> Csr<f32> {
    let n_items = weighted.n_items();
    let all: Vec<u32> = (0..n_items as u32).collect();
    collect(neighbours_of(&all, weighted, similarity, shrinkage, k), n_items)
}

/// The same rows of the targets alone, in their order: ascending items with their similarities.
pub(super) fn neighbours_of(
    targets: &[u32],
    weighted: &Weighted,
    similarity: Similarity,
    shrinkage: f64,
    k: usize,
) -> Vec<Vec<(u32, f32)>> {
    match weighted {
        Weighted::Ones(rows) => {
            let by_item = rows.transpose();
            let counts: Vec<f64> =
                by_item.starts().windows(2).map(|pair| (pair[1] - pair[0]) as f64).collect();
            let alike = |i: usize, j: usize, both: u32| {
                of_counts(similarity, shrinkage, [counts[i], counts[j]], f64::from(both))
            };
            // A little above any similarity, for far less work: most pairs end there.
            let roots: Vec<f32> = counts.iter().map(|n| 1.0001 / n.sqrt() as f32).collect();
            let bound = |i: usize, j: usize, both: u32| match similarity {
                Similarity::Bm25 { .. } => f32::INFINITY,
                _ => both as f32 * roots[i] * roots[j],
            };
            if counts.iter().all(|&count| count <= f64::from(u16::MAX)) {
                // Half the memory stays in a nearer cache.
                let bound = |i, j, both| bound(i, j, u32::from(both));
                let alike = |i, j, both| alike(i, j, u32::from(both));
                let add = |sum: &mut u16, (): &(), (): &()| *sum += 1;
                return nearest(targets, rows, &by_item, k, add, bound, alike);
            }
            nearest(targets, rows, &by_item, k, |sum, (), ()| *sum += 1, bound, alike)
        }
        Weighted::Real(rows) => {
            let by_item = rows.transpose();
            let norms: Vec<f64> = (0..by_item.n_rows())
                .map(|item| {
                    let weights = by_item.row(item).1.iter().map(|&w| f64::from(w));
                    weights.map(|w| w * w).sum::<f64>().sqrt()
                })
                .collect();
            let value = |i: usize, j: usize, dot: f64| match similarity {
                Similarity::Bm25 { .. } => dot,
                _ if norms[i] > 0.0 && norms[j] > 0.0 => dot / norms[i] / norms[j],
                _ => 0.0,
            };
            if shrinkage == 0.0 {
                let add = |sum: &mut f64, a: &f32, b: &f32| *sum += f64::from(*a) * f64::from(*b);
                let bound = |_, _, _| f32::INFINITY;
                return nearest(targets, rows, &by_item, k, add, bound, value);
            }
            let add = |sum: &mut (f64, u32), a: &f32, b: &f32| {
                sum.0 += f64::from(*a) * f64::from(*b);
                sum.1 += 1;
            };
            let bound = |_, _, _| f32::INFINITY;
            nearest(targets, rows, &by_item, k, add, bound, |i, j, (dot, both)| {
                value(i, j, dot) * shrink(f64::from(both), shrinkage)
            })
        }
    }
}

/// The similarity of two items had by so many customers, and by so many both.
pub(super) fn of_counts(
    similarity: Similarity,
    shrinkage: f64,
    [one, other]: [f64; 2],
    both: f64,
) -> f64 {
    let value = match similarity {
        Similarity::Jaccard => both / (one + other - both),
        Similarity::Bm25 { .. } => both,
        Similarity::Cosine | Similarity::TfIdf => both / (one * other).sqrt(),
    };
    value * shrink(both, shrinkage)
}

fn shrink(both: f64, shrinkage: f64) -> f64 {
    both / (both + shrinkage)
}

/// A worker's own space: a sum for each item, and which items have one where those are few.
struct Scratch<A> {
    sums: Vec<A>,
    touched: Vec<u32>,
    best: Best,
}

fn nearest<T: Sync, A: Copy + Default + PartialEq>(
    targets: &[u32],
    by_customer: &Csr<T>,
    by_item: &Csr<T>,
    k: usize,
    add: impl Fn(&mut A, &T, &T) + Sync + Send,
    bound: impl Fn(usize, usize, A) -> f32 + Sync + Send,
    alike: impl Fn(usize, usize, A) -> f64 + Sync + Send,
) -> Vec<Vec<(u32, f32)>> {
    let n_items = by_item.n_rows();
    let scratch =
        || Scratch { sums: vec![A::default(); n_items], touched: Vec::new(), best: Best::new(k) };
    par::map(targets.len(), scratch, |scratch, at| {
        let Scratch { sums, touched, best } = scratch;
        let target = targets[at] as usize;
        let (customers, weights) = by_item.row(target);
        let mut work = 0;
        for (&customer, weight) in customers.iter().zip(weights) {
            let (items, others) = by_customer.row(customer as usize);
            work += items.len();
            for (&item, other) in items.iter().zip(others) {
                add(&mut sums[item as usize], weight, other);
            }
        }
        let mut offer = |item: usize, sum: &mut A| {
            let sum = std::mem::take(sum);
            if sum != A::default() && item != target && bound(item, target, sum) > best.threshold {
                best.offer(item, alike(item, target, sum) as f32);
            }
        };
        if work < n_items / 8 {
            // Few sums: visit those, not all items. Ascending, as in the other branch.
            touched.clear();
            for &customer in customers {
                touched.extend_from_slice(by_customer.row(customer as usize).0);
            }
            touched.sort_unstable();
            touched.dedup();
            for &item in touched.iter() {
                offer(item as usize, &mut sums[item as usize]);
            }
        } else {
            sums.iter_mut().enumerate().for_each(|(item, sum)| offer(item, sum));
        }
        best.take()
    })
}

/// The best so far of items offered in ascending order.
struct Best {
    k: usize,
    kept: Vec<ScoredItem>,
    /// What a score must exceed to matter.
    threshold: f32,
}

impl Best {
    fn new(k: usize) -> Self {
        Self { k, kept: Vec::new(), threshold: 0.0 }
    }

    #[inline]
    fn offer(&mut self, item: usize, score: f32) {
        // Also refuses NaN. Items ascend, so an equal score later never displaces one kept.
        if score.partial_cmp(&self.threshold) != Some(Ordering::Greater) {
            return;
        }
        // Of unnormalised weights the sum may leave the range.
        let score = score.min(f32::MAX);
        self.kept.push(ScoredItem { item: ItemIdx::from_usize(item), score });
        if self.kept.len() >= self.k.saturating_mul(4) {
            self.kept.select_nth_unstable_by(self.k - 1, rank);
            self.kept.truncate(self.k);
            self.threshold = self.kept[self.k - 1].score;
        }
    }

    /// The `k` best as ascending items and their scores; empty afterwards.
    fn take(&mut self) -> Vec<(u32, f32)> {
        if self.kept.len() > self.k {
            self.kept.select_nth_unstable_by(self.k - 1, rank);
            self.kept.truncate(self.k);
        }
        self.kept.sort_unstable_by_key(|scored| scored.item);
        self.threshold = 0.0;
        self.kept.drain(..).map(|scored| (scored.item.get(), scored.score)).collect()
    }
}

pub(super) fn collect(rows: Vec<Vec<(u32, f32)>>, n_items: usize) -> Csr<f32> {
    let entries = rows.iter().map(Vec::len).sum();
    let mut starts = Vec::with_capacity(rows.len() + 1);
    let (mut columns, mut values) = (Vec::with_capacity(entries), Vec::with_capacity(entries));
    starts.push(0);
    for row in rows {
        for (item, similarity) in row {
            columns.push(item);
            values.push(similarity);
        }
        starts.push(columns.len());
    }
    Csr::new(n_items, starts, columns, values).expect("rows hold ascending items of the data")
}
