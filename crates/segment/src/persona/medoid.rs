//! Real customers who stand for a segment.

use patronage_core::ColumnKind;
use rand::SeedableRng as _;
use rand::seq::SliceRandom as _;
use rand_chacha::ChaCha8Rng;

use super::population::Population;
use crate::data::scale_for;
use crate::{parallel, stats};

/// Distinct members up to which everything is exact.
const SMALL: usize = 1_024;
/// Members whose distances to all others are looked at beyond that, at most.
const LOOKED_AT: usize = 512;

/// All rows in the space in which they are near or far: numbers, dates and flags in standard
/// deviations (a missing one at the median); another level of a category is at distance 1.
#[derive(Debug)]
pub(crate) struct Space {
    width: usize,
    /// How many leading cells of a row are numbers; the others are codes.
    n_numbers: usize,
    cells: Vec<f64>,
}

impl Space {
    pub(crate) fn of(population: &Population<'_>) -> Self {
        let columns = population.schema.columns();
        let is_category = |c: &usize| matches!(columns[*c].kind(), ColumnKind::Category { .. });
        let (codes, numbers): (Vec<usize>, Vec<usize>) = (0..columns.len()).partition(is_category);
        let width = columns.len();
        let mut cells = vec![0.0; population.n() * width];
        for (at, &position) in numbers.iter().enumerate() {
            let values = population.rows.column(position);
            let known: Vec<f64> = values.iter().copied().filter(|v| !v.is_nan()).collect();
            // At a scale at which squares neither overflow nor vanish.
            let scale = scale_for(known.iter().fold(0.0_f64, |m, v| m.max(v.abs())));
            let scaled: Vec<f64> = known.iter().map(|v| v * scale).collect();
            let (mean, deviation) = stats::mean_and_deviation(&scaled);
            let median = stats::median(scaled);
            for (row, &value) in cells.chunks_exact_mut(width).zip(values) {
                let value = if value.is_nan() { median } else { value * scale };
                row[at] = if deviation > 0.0 { (value - mean) / deviation } else { 0.0 };
            }
        }
        for (at, &position) in codes.iter().enumerate() {
            let values = population.rows.column(position);
            for (row, &code) in cells.chunks_exact_mut(width).zip(values) {
                row[numbers.len() + at] = code;
            }
        }
        Self { width, n_numbers: numbers.len(), cells }
    }

    fn row(&self, row: usize) -> &[f64] {
        &self.cells[row * self.width..(row + 1) * self.width]
    }

    fn distance(&self, a: usize, b: usize) -> f64 {
        let (a, b) = (self.row(a).split_at(self.n_numbers), self.row(b).split_at(self.n_numbers));
        let numbers: f64 = a.0.iter().zip(b.0).map(|(a, b)| (a - b) * (a - b)).sum();
        let codes = a.1.iter().zip(b.1).filter(|(a, b)| a != b).count();
        (numbers + codes as f64).sqrt()
    }
}

/// A prototype: her row, the members nearest to her, their mean distance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Chosen {
    pub(crate) row: usize,
    pub(crate) n_members: usize,
    pub(crate) mean_distance: f64,
    pub(crate) excess: Option<f64>,
}

/// Distinct rows with how many members have each; the first of equals stands for them.
fn distinct(space: &Space, members: &[usize]) -> (Vec<usize>, Vec<f64>) {
    let mut order = members.to_vec();
    let compare = |&a: &usize, &b: &usize| {
        let mut cells = space.row(a).iter().zip(space.row(b));
        cells.find_map(|(a, b)| Some(a.total_cmp(b)).filter(|o| o.is_ne())).unwrap_or(a.cmp(&b))
    };
    order.sort_unstable_by(compare);
    let groups = order.chunk_by(|&a, &b| space.row(a) == space.row(b));
    let mut rows: Vec<(usize, f64)> = groups.map(|g| (g[0], g.len() as f64)).collect();
    rows.sort_unstable_by_key(|row| row.0);
    rows.into_iter().unzip()
}

/// The medoid of `members`, ascending rows, then greedily the members that lower the sum of
/// distances to the nearest prototype most; at most `count`.
///
/// The medoid is exact by the triangle inequality (J. Newling, F. Fleuret (2017), A sub-quadratic
/// exact medoid algorithm), until, among more than 1,024 distinct members, 512 were looked at; what
/// is then lost at most is known. Further prototypes are the best of up to 512 members drawn.
/// O(members · 512 · columns) at most for each prototype, and among 1,024 or fewer their square.
pub(crate) fn prototypes(space: &Space, members: &[usize], count: usize, seed: u64) -> Vec<Chosen> {
    if members.is_empty() || count == 0 {
        return Vec::new();
    }
    let (rows, weights) = distinct(space, members);
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.shuffle(&mut rng);
    let (medoid, excess) = medoid(space, &rows, &weights, &order);
    let mut chosen = vec![medoid];
    let mut nearest: Vec<f64> = rows.iter().map(|&row| space.distance(row, rows[medoid])).collect();
    let candidates = if rows.len() <= SMALL { &order[..] } else { &order[..LOOKED_AT] };
    while chosen.len() < count.min(rows.len()) {
        let gains = parallel::map(candidates.len(), |at| {
            let row = rows[candidates[at]];
            let gain = |i: usize| weights[i] * (nearest[i] - space.distance(rows[i], row)).max(0.0);
            (0..rows.len()).map(gain).sum::<f64>()
        });
        // The greatest gain, the earliest row of equals.
        let best = (0..candidates.len())
            .max_by(|&a, &b| gains[a].total_cmp(&gains[b]).then(candidates[b].cmp(&candidates[a])));
        let Some(best) = best.filter(|&best| gains[best] > 0.0) else { break };
        let next = candidates[best];
        for (nearest, &row) in nearest.iter_mut().zip(&rows) {
            *nearest = nearest.min(space.distance(row, rows[next]));
        }
        chosen.push(next);
    }
    let mut sums = vec![(0.0, 0.0); chosen.len()];
    for (&row, &weight) in rows.iter().zip(&weights) {
        let distances = chosen.iter().map(|&c| space.distance(row, rows[c])).enumerate();
        let (at, distance) =
            distances.reduce(|a, b| if b.1 < a.1 { b } else { a }).unwrap_or_default();
        sums[at].0 += weight;
        sums[at].1 += weight * distance;
    }
    let alone = chosen.len() == 1;
    let result = chosen.iter().zip(&sums).map(|(&at, &(n, sum))| Chosen {
        row: rows[at],
        n_members: n as usize,
        mean_distance: if n > 0.0 { sum / n } else { 0.0 },
        excess: if alone { Some(excess) } else { None },
    });
    result.collect()
}

/// The place of the row of least sum of distances, and by how much its mean distance may at most
/// lie above the least.
fn medoid(space: &Space, rows: &[usize], weights: &[f64], order: &[usize]) -> (usize, f64) {
    let n: f64 = weights.iter().sum();
    let most = if rows.len() <= SMALL { usize::MAX } else { LOOKED_AT };
    // No member's mean distance lies below her bound.
    let mut bounds = vec![0.0_f64; rows.len()];
    let (mut best, mut least) = (0, f64::INFINITY);
    let (mut looked_at, mut first) = (0, Some(near_the_middle(space, rows, weights)));
    let mut at = 0;
    while let Some(candidate) = first.take().or_else(|| {
        let candidate = order.get(at).copied();
        at += 1;
        candidate
    }) {
        // Rounding must not rule out an equal.
        if bounds[candidate] > least * (1.0 + 1e-12) {
            continue;
        }
        if looked_at == most {
            // What was not looked at may be as low as its bound.
            let open = order[at - 1..].iter().map(|&i| bounds[i]).fold(least, f64::min);
            return (best, least - open);
        }
        looked_at += 1;
        let distances: Vec<f64> =
            rows.iter().map(|&r| space.distance(r, rows[candidate])).collect();
        let mean = distances.iter().zip(weights).map(|(d, w)| d * w).sum::<f64>() / n;
        if mean < least || (mean == least && candidate < best) {
            (best, least) = (candidate, mean);
        }
        for (bound, distance) in bounds.iter_mut().zip(&distances) {
            *bound = bound.max((mean - distance).abs());
        }
        bounds[candidate] = f64::INFINITY;
    }
    (best, 0.0)
}

/// The place of the row nearest to the mean of the numbers.
fn near_the_middle(space: &Space, rows: &[usize], weights: &[f64]) -> usize {
    let n: f64 = weights.iter().sum();
    let numbers = |row: usize| &space.row(row)[..space.n_numbers];
    let mut mean = vec![0.0; space.n_numbers];
    for (&row, &weight) in rows.iter().zip(weights) {
        mean.iter_mut().zip(numbers(row)).for_each(|(mean, cell)| *mean += cell * (weight / n));
    }
    let square = |row: usize| -> f64 {
        numbers(row).iter().zip(&mean).map(|(cell, mean)| (cell - mean) * (cell - mean)).sum()
    };
    (0..rows.len()).min_by(|&a, &b| square(rows[a]).total_cmp(&square(rows[b]))).unwrap_or(0)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use ndarray::Array2;
    use patronage_core::{Column, FeatureTable, Schema, SegmentIdx};

    fn table(n: usize, width: usize, levels: usize, seed: u64) -> FeatureTable {
        let mut draws = patronage_testkit::Draws::new(seed);
        let schema = Schema::new((0..width).map(|c| Column::number(format!("x{c}")))).unwrap();
        let cell = |_| match levels {
            0 => draws.normal().exp(),
            levels => draws.below(levels) as f64,
        };
        FeatureTable::new(schema, Array2::from_shape_simple_fn((n, width), || 0.0).mapv(cell))
            .unwrap()
    }

    fn in_space<R>(table: &FeatureTable, f: impl Fn(&Space) -> R) -> R {
        let segments = vec![SegmentIdx::new(0); table.n_rows()];
        f(&Space::of(&Population::new(table, &segments, 1, None).unwrap()))
    }

    fn mean(space: &Space, row: usize, n: usize) -> f64 {
        (0..n).map(|other| space.distance(row, other)).sum::<f64>() / n as f64
    }

    #[test]
    fn the_medoid_is_that_of_all_pairs() {
        for (n, width, levels, seed) in
            [(1, 2, 0, 1), (2, 1, 0, 2), (60, 3, 0, 3), (300, 2, 4, 4), (900, 4, 0, 5)]
        {
            in_space(&table(n, width, levels, seed), |space| {
                let members: Vec<usize> = (0..n).collect();
                let found = prototypes(space, &members, 1, 0)[0];
                let least = (0..n).map(|row| mean(space, row, n)).fold(f64::INFINITY, f64::min);
                assert!((mean(space, found.row, n) - least).abs() < 1e-9, "{n}");
                assert!((found.mean_distance - least).abs() < 1e-9);
                assert_eq!((found.n_members, found.excess), (n, Some(0.0)));
            });
        }
    }

    #[test]
    fn what_is_lost_among_many_is_bounded() {
        let n = 3000;
        in_space(&table(n, 6, 0, 6), |space| {
            let members: Vec<usize> = (0..n).collect();
            let found = prototypes(space, &members, 1, 0)[0];
            let least = (0..n).map(|row| mean(space, row, n)).fold(f64::INFINITY, f64::min);
            let lost = found.mean_distance - least;
            assert!(lost >= -1e-9 && lost <= found.excess.unwrap() + 1e-9, "{lost}");
            // Little is lost in fact.
            assert!(lost < 0.01 * least, "{lost} of {least}");
        });
    }

    #[test]
    fn further_prototypes_lower_the_sum_most() {
        in_space(&table(80, 2, 0, 7), |space| {
            let members: Vec<usize> = (0..80).collect();
            let found = prototypes(space, &members, 3, 0);
            let sum = |rows: &[usize]| -> f64 {
                let nearest =
                    |i| rows.iter().map(|&r| space.distance(i, r)).fold(f64::MAX, f64::min);
                (0..80).map(nearest).sum()
            };
            for k in 1..3 {
                let before: Vec<usize> = found[..k].iter().map(|c| c.row).collect();
                let with = |row| sum(&[&before[..], &[row]].concat());
                let best = (0..80).map(with).fold(f64::MAX, f64::min);
                assert!((with(found[k].row) - best).abs() < 1e-9);
            }
            assert_eq!(found.iter().map(|c| c.n_members).sum::<usize>(), 80);
            assert_eq!(found[0].excess, None);
        });
        // As many as there are distinct members.
        in_space(&table(50, 1, 2, 8), |space| {
            assert_eq!(prototypes(space, &(0..50).collect::<Vec<_>>(), 9, 0).len(), 2);
            assert!(prototypes(space, &[], 1, 0).is_empty());
        });
    }
}
