//! k-means|| (Bahmani et al. 2012).

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::init::plus_plus;
use super::lloyd::{BLOCK, nearest_all};
use super::metric::square;
use crate::data::Rows;
use crate::float::Float;
use crate::parallel;

/// `k` centres from rows drawn in a few passes; as many as there are distinct rows, where fewer.
///
/// Each block of rows draws from a stream of its own, set by `stream`, the round and the block.
pub(super) fn parallel<T: Float>(
    rows: &Rows<'_, T>,
    k: usize,
    oversampling: f64,
    rounds: usize,
    rng: &mut ChaCha8Rng,
    stream: u64,
) -> Vec<f64> {
    let seed: u64 = rng.random();
    let first = plus_plus(rows, 1, rng);
    let mut candidates = first.clone();
    // For each row the squared distance to the nearest candidate, and which it is.
    let mut squares = vec![f64::INFINITY; rows.n];
    let mut nearest = vec![0_u32; rows.n];
    let mut fresh = first;
    let mut n_before = 0;
    for round in 0..=rounds {
        approach(rows, &fresh, n_before, &mut squares, &mut nearest);
        n_before = candidates.len() / rows.d;
        if round == rounds {
            break;
        }
        let drawn = draw(rows, &squares, oversampling * k as f64, |block| {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            rng.set_stream((stream << 48) ^ ((round as u64) << 32) ^ block as u64);
            rng
        });
        fresh = drawn.iter().flat_map(|&i| rows.row(i)).map(|cell| cell.to_f64()).collect();
        if fresh.is_empty() {
            break;
        }
        candidates.extend_from_slice(&fresh);
    }
    let mut weights = vec![0.0; n_before];
    for (i, &candidate) in nearest.iter().enumerate() {
        weights[candidate as usize] += rows.weight(i);
    }
    let few = Rows {
        values: candidates.into(),
        n: n_before,
        d: rows.d,
        scale: 1.0,
        origin: Vec::new(),
        weights: Some(weights.into()),
        weight_unit: 1.0,
    };
    let centres = plus_plus(&few, k, rng);
    // Too few distinct rows were drawn where oversampling is small, or there are no more.
    if centres.len() < k * rows.d { plus_plus(rows, k, rng) } else { centres }
}

/// Takes the new candidates, numbered from `first`, into account.
fn approach<T: Float>(
    rows: &Rows<'_, T>,
    fresh: &[f64],
    first: usize,
    squares: &mut [f64],
    nearest: &mut [u32],
) {
    let labels = nearest_all(rows, fresh);
    let mut blocks: Vec<_> = squares.chunks_mut(BLOCK).zip(nearest.chunks_mut(BLOCK)).collect();
    parallel::map_mut(&mut blocks, |b, (squares, nearest)| {
        for (i, (old, nearest)) in squares.iter_mut().zip(nearest.iter_mut()).enumerate() {
            let position = b * BLOCK + i;
            let label = labels[position] as usize;
            let centre = &fresh[label * rows.d..(label + 1) * rows.d];
            let found = square(rows.row(position), centre);
            if found < *old {
                *old = found;
                *nearest = (first + label) as u32;
            }
        }
    });
}

/// The rows drawn, each by itself, with a chance in proportion to weight times squared distance;
/// about `expected` of them.
fn draw<T: Float>(
    rows: &Rows<'_, T>,
    squares: &[f64],
    expected: f64,
    rng_of: impl Fn(usize) -> ChaCha8Rng + Send + Sync,
) -> Vec<usize> {
    let ranges: Vec<_> = parallel::ranges(rows.n, BLOCK).collect();
    let potentials = parallel::map(ranges.len(), |b| {
        ranges[b].clone().map(|i| rows.weight(i) * squares[i]).sum::<f64>()
    });
    let total: f64 = potentials.iter().sum();
    if total <= 0.0 {
        return Vec::new();
    }
    let drawn = parallel::map(ranges.len(), |b| {
        let mut rng = rng_of(b);
        let chance = |i: usize| expected * rows.weight(i) * squares[i] / total;
        ranges[b].clone().filter(|&i| rng.random::<f64>() < chance(i)).collect::<Vec<_>>()
    });
    drawn.concat()
}
