//! The nearest neighbours of every item, without a dense matrix of similarities.

use patronage_core::Csr;

use super::shared::{Places, Rule, Shared};
use super::weighting::{Similarity, Weighted};

/// The `k` items most similar to each item, as rows of shape `(n_items, n_items)`; only similarities above 0.
///
/// Each pair of items is counted once and offered to both. Each worker holds `n_items` sums; the
/// result holds at most `k × n_items` entries, and twice as many on the way. Sums are taken in one
/// order of customers, so they do not depend on the number of threads. Time is
/// O(Σ over customers of (items of the customer)²).
pub(super) fn neighbours(
    weighted: &Weighted,
    similarity: Similarity,
    shrinkage: f64,
    k: usize,
) -> Csr<f32> {
    let lists = match weighted {
        Weighted::Ones(rows) => {
            let Places { order, rows, by_item } = Places::new(rows);
            of_ones(Which::All(&order), &rows, &by_item, similarity, shrinkage, k)
        }
        Weighted::Real(rows) => {
            let Places { order, rows, by_item } = Places::new(rows);
            of_reals(Which::All(&order), &rows, &by_item, similarity, shrinkage, k)
        }
    };
    collect(lists, weighted.n_items())
}

/// The same rows of the targets alone, in their order: ascending items with their similarities.
pub(super) fn neighbours_of(
    targets: &[u32],
    weighted: &Weighted,
    similarity: Similarity,
    shrinkage: f64,
    k: usize,
) -> Vec<Vec<(u32, f32)>> {
    let some = Which::Some(targets);
    match weighted {
        Weighted::Ones(rows) => of_ones(some, rows, &rows.transpose(), similarity, shrinkage, k),
        Weighted::Real(rows) => of_reals(some, rows, &rows.transpose(), similarity, shrinkage, k),
    }
}

/// Whose neighbours are wanted.
#[derive(Clone, Copy)]
enum Which<'a> {
    /// Those of every item; each place has the item that stands there.
    All(&'a [u32]),
    /// Those of these items, which stand at their own places.
    Some(&'a [u32]),
}

fn of_ones(
    which: Which<'_>,
    rows: &Csr<()>,
    by_item: &Csr<()>,
    similarity: Similarity,
    shrinkage: f64,
    k: usize,
) -> Vec<Vec<(u32, f32)>> {
    let counts: Vec<f64> =
        by_item.starts().windows(2).map(|pair| (pair[1] - pair[0]) as f64).collect();
    let alike = |i: usize, j: usize, both: u32| {
        of_counts(similarity, shrinkage, [counts[i], counts[j]], f64::from(both))
    };
    // A little above any similarity, for far less work: most pairs end there.
    let factor = |n: &f64| match similarity {
        Similarity::Bm25 { .. } => 1.0001,
        _ => 1.0001 / n.sqrt() as f32,
    };
    let factors: Vec<f32> = counts.iter().map(factor).collect();
    if counts.iter().all(|&count| count <= f64::from(u16::MAX)) {
        // Half the memory stays in a nearer cache.
        let bound = |both: u16, i: f32, j: f32| f32::from(both) * i * j;
        let alike = |i, j, both| alike(i, j, u32::from(both));
        let add = |sum: &mut u16, (): &(), (): &()| *sum += 1;
        return nearest(which, rows, by_item, k, Rule { nothing: 0, add, factors, bound, alike });
    }
    let bound = |both: u32, i: f32, j: f32| both as f32 * i * j;
    let add = |sum: &mut u32, (): &(), (): &()| *sum += 1;
    nearest(which, rows, by_item, k, Rule { nothing: 0, add, factors, bound, alike })
}

fn of_reals(
    which: Which<'_>,
    rows: &Csr<f32>,
    by_item: &Csr<f32>,
    similarity: Similarity,
    shrinkage: f64,
    k: usize,
) -> Vec<Vec<(u32, f32)>> {
    let norms: Vec<f64> = (0..by_item.n_rows())
        .map(|item| {
            let weights = by_item.row(item).1.iter().map(|&w| f64::from(w));
            weights.map(|w| w * w).sum::<f64>().sqrt()
        })
        .collect();
    // The same of (i, j) and (j, i), to the bit.
    let value = |i: usize, j: usize, dot: f64| match similarity {
        Similarity::Bm25 { .. } => dot,
        _ if norms[i] > 0.0 && norms[j] > 0.0 => dot / (norms[i] * norms[j]),
        _ => 0.0,
    };
    let factor = |norm: &f64| match similarity {
        Similarity::Bm25 { .. } => 1.0001,
        _ if *norm > 0.0 => 1.0001 / norm,
        _ => 0.0,
    };
    let factors: Vec<f64> = norms.iter().map(factor).collect();
    if shrinkage == 0.0 {
        let bound = |dot: f64, i: f64, j: f64| dot * i * j;
        let add = |sum: &mut f64, a: &f32, b: &f32| *sum += f64::from(*a) * f64::from(*b);
        let rule = Rule { nothing: 0.0, add, factors, bound, alike: value };
        return nearest(which, rows, by_item, k, rule);
    }
    let bound = |(dot, _): (f64, u32), i: f64, j: f64| dot * i * j;
    let add = |sum: &mut (f64, u32), a: &f32, b: &f32| {
        sum.0 += f64::from(*a) * f64::from(*b);
        sum.1 += 1;
    };
    let alike =
        |i, j, (dot, both): (f64, u32)| value(i, j, dot) * shrink(f64::from(both), shrinkage);
    nearest(which, rows, by_item, k, Rule { nothing: (0.0, 0), add, factors, bound, alike })
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

/// The neighbours of those wanted.
fn nearest<T, A, F, Add, Bound, Alike>(
    which: Which<'_>,
    rows: &Csr<T>,
    by_item: &Csr<T>,
    k: usize,
    rule: Rule<A, F, Add, Bound, Alike>,
) -> Vec<Vec<(u32, f32)>>
where
    T: Sync,
    A: Copy + PartialEq + Send + Sync,
    F: Copy + PartialOrd + From<f32> + Send + Sync,
    Add: Fn(&mut A, &T, &T) + Sync + Send,
    Bound: Fn(A, F, F) -> F + Sync + Send,
    Alike: Fn(usize, usize, A) -> f64 + Sync + Send,
{
    let (starts, weights) = (rows.starts(), rows.values());
    match which {
        Which::All(order) if order.len() <= 1 << 16 => {
            let places: Vec<u16> = rows.columns().iter().map(|&place| place as u16).collect();
            Shared { starts, places: &places, weights, by_item, k, rule }.of_all(order)
        }
        Which::All(order) => {
            let places = rows.columns();
            Shared { starts, places, weights, by_item, k, rule }.of_all(order)
        }
        Which::Some(targets) => {
            let places = rows.columns();
            Shared { starts, places, weights, by_item, k, rule }.of(targets)
        }
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

#[cfg(test)]
mod tests {
    use patronage_core::Csr;
    use proptest::prelude::*;

    use super::{collect, neighbours, neighbours_of};
    use crate::knn::weighting::{Similarity, Weighted};

    const ALL: [Similarity; 4] = [
        Similarity::Cosine,
        Similarity::TfIdf,
        Similarity::Bm25 { k1: 1.2, b: 0.75 },
        Similarity::Jaccard,
    ];

    proptest! {
        /// Pairs counted once and offered to both give what comparing each item with all others
        /// gives, ties included; so small weights make many.
        #[test]
        fn pairs_counted_once_are_pairs_counted_twice(
            cells in prop::collection::vec(0_u32..4, 12 * 90),
            k in 1_usize..12,
            shrinkage in prop::sample::select(vec![0.0, 2.5]),
        ) {
            let of = |u: usize, i: usize| cells[u * 90 + i].saturating_sub(1);
            let entries: Vec<(u32, u32, f32)> = (0..12 * 90)
                .map(|at| (at / 90, at % 90))
                .filter(|&(u, i)| of(u, i) > 0)
                .map(|(u, i)| (u as u32, i as u32, of(u, i) as f32))
                .collect();
            let rows = Csr::from_entries(12, 90, &entries, |_, _| {}).unwrap();
            let all: Vec<u32> = (0..90).collect();
            for weighted in [Weighted::Ones(rows.map(|_| ())), Weighted::Real(rows)] {
                for similarity in ALL {
                    let once = neighbours(&weighted, similarity, shrinkage, k);
                    let twice = neighbours_of(&all, &weighted, similarity, shrinkage, k);
                    prop_assert_eq!(once, collect(twice, 90));
                }
            }
        }
    }
}
