//! Sizes at which those who come balance those who go.

use super::chain::Population;
use super::chain_model::{MarkovChainModel, normalised};
use super::draw::{dirichlet, generator};
use super::entries::Entries;
use super::linear::solve;
use super::steady::{DRAWS, Estimate, reachable};
use crate::parallel;

impl MarkovChainModel {
    /// The customers of each segment once exits balance entries, if moves and entries stay as they
    /// are; `None` where they never do: in a closed population, without entries, or where customers
    /// come to segments from which nobody exits in the end, or nobody was followed.
    ///
    /// The solution of `x = x P + e`. Intervals are percentiles over 1000 matrices and mean
    /// entries, drawn as [`Forecast`](crate::Forecast) draws them (seed 0): of the expected sizes,
    /// without the chance of single periods. O(n³) for each.
    #[must_use]
    pub fn equilibrium(&self) -> Option<Vec<Estimate>> {
        let n = self.n_segments();
        let entries = Entries::of(self);
        if self.population() == Population::Closed || entries.mean.iter().all(|&e| e == 0.0) {
            return None;
        }
        let weights: Vec<Vec<f64>> = (0..n).map(|i| self.weights(i)).collect();
        let matrix: Vec<Vec<f64>> =
            weights.iter().map(|row| normalised(row).unwrap_or_else(|| vec![0.0; n + 1])).collect();
        let inside: Vec<Vec<f64>> = matrix.iter().map(|row| row[..n].to_vec()).collect();
        let reached = reachable(&inside, (0..n).filter(|&s| entries.mean[s] > 0.0));
        let back: Vec<Vec<f64>> =
            (0..n).map(|to| (0..n).map(|from| matrix[from][to]).collect()).collect();
        let exits = reachable(&back, (0..n).filter(|&s| matrix[s][n] > 0.0));
        let here: Vec<usize> = (0..n).filter(|&s| reached[s]).collect();
        if here.iter().any(|&s| !exits[s]) {
            return None;
        }
        let estimate = balance(&matrix, &entries.mean, &here)?;
        let drawn: Vec<Vec<f64>> = parallel::map(DRAWS, |draw| {
            let mut rng = generator(0, draw);
            let matrix: Vec<Vec<f64>> =
                weights.iter().map(|row| dirichlet(&mut rng, row)).collect();
            let mean = entries.draw(&mut rng).means();
            balance(&matrix, &mean, &here).unwrap_or_default()
        });
        let size = |(segment, estimate): (usize, f64)| {
            let drawn = drawn.iter().filter_map(|sizes| sizes.get(segment).copied()).collect();
            Estimate::new(estimate, drawn, self.confidence())
        };
        Some(estimate.into_iter().enumerate().map(size).collect())
    }
}

/// The sizes of all segments, of which those not reached are empty; `None` where numbers fail.
fn balance(matrix: &[Vec<f64>], entries: &[f64], here: &[usize]) -> Option<Vec<f64>> {
    let row = |&to: &usize| {
        here.iter().map(|&from| f64::from(u8::from(from == to)) - matrix[from][to]).collect()
    };
    let system = here.iter().map(row).collect();
    let solved = solve(system, vec![here.iter().map(|&s| entries[s]).collect()])?.remove(0);
    let mut sizes = vec![0.0; matrix.len()];
    for (&segment, size) in here.iter().zip(solved) {
        sizes[segment] = size.max(0.0);
    }
    Some(sizes)
}
