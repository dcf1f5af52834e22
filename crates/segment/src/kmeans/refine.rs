//! A way out of poor local optima.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::init::draw_far;
use super::lloyd::{Limits, Run, lloyd};
use super::metric::square;
use crate::data::Rows;
use crate::float::Float;
use crate::parallel;

/// Swaps tried side by side; fixed, so that the number of threads changes nothing.
const SIDE_BY_SIDE: usize = 4;

/// Random swaps (Fränti 2018): a centre drawn at random moves onto a row drawn far from its own,
/// Lloyd's iterations follow, and the best of a few side by side is kept where inertia fell.
///
/// Swap `i` draws from stream `first_stream + i` of the seed.
pub(super) fn swap<T: Float>(
    rows: &Rows<'_, T>,
    mut best: Run,
    n_swaps: usize,
    limits: Limits,
    seed: u64,
    first_stream: u64,
) -> Run {
    let d = rows.d;
    let k = best.centres.len() / d;
    if k < 2 {
        return best;
    }
    let mut squares = own_squares(rows, &best);
    for batch in parallel::ranges(n_swaps, SIDE_BY_SIDE) {
        let trials = parallel::map(batch.len(), |i| {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            rng.set_stream(first_stream + (batch.start + i) as u64);
            let target = draw_far(rows, &squares, &mut rng)?;
            let victim = rng.random_range(0..k);
            let mut centres = best.centres.clone();
            let cells = rows.row(target).iter().map(|cell| cell.to_f64());
            centres.splice(victim * d..(victim + 1) * d, cells);
            Some(lloyd(rows, centres, limits))
        });
        let Some(trial) =
            trials.into_iter().flatten().reduce(|a, b| if b.inertia < a.inertia { b } else { a })
        else {
            break;
        };
        if trial.inertia < best.inertia * (1.0 - 1e-12) {
            best = trial;
            squares = own_squares(rows, &best);
        }
    }
    best
}

/// The squared distance of each row to its own centre.
pub(super) fn own_squares<T: Float>(rows: &Rows<'_, T>, run: &Run) -> Vec<f64> {
    let d = rows.d;
    (0..rows.n)
        .map(|i| {
            let label = run.labels[i] as usize;
            square(rows.row(i), &run.centres[label * d..(label + 1) * d])
        })
        .collect()
}
