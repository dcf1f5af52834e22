//! Greedy k-means++ (Arthur & Vassilvitskii 2007; several candidates a step).

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::lloyd::BLOCK;
use super::metric::{Width, with_width};
use crate::data::Rows;
use crate::float::Float;
use crate::parallel;

/// `k` rows far apart: each drawn with a probability in proportion to weight times squared
/// distance from those before; of `2 + ln k` candidates the one that leaves the least inertia.
///
/// Fewer than `k` when there are fewer distinct rows of a weight above zero.
pub(super) fn plus_plus<T: Float>(rows: &Rows<'_, T>, k: usize, rng: &mut ChaCha8Rng) -> Vec<f64> {
    with_width!(rows.d, width => Draw::new(width, rows).centres(k, rng))
}

struct Draw<'a, W, T: Float> {
    width: W,
    rows: &'a Rows<'a, T>,
    /// Weight times squared distance to the nearest centre so far, block by block.
    potential: Vec<Vec<f64>>,
    /// Sums of the potentials of each block.
    block_sums: Vec<f64>,
}

impl<'a, W: Width, T: Float> Draw<'a, W, T> {
    fn new(width: W, rows: &'a Rows<'a, T>) -> Self {
        // The first draw is by weight alone.
        let potential: Vec<Vec<f64>> = parallel::ranges(rows.n, BLOCK)
            .map(|range| range.map(|i| rows.weight(i)).collect())
            .collect();
        let block_sums = potential.iter().map(|block| block.iter().sum()).collect();
        Self { width, rows, potential, block_sums }
    }

    fn centres(mut self, k: usize, rng: &mut ChaCha8Rng) -> Vec<f64> {
        let n_trials = 2 + (k as f64).ln() as usize;
        let first = self.draw(rng);
        let mut centres = wide(self.rows.row(first));
        self.potential = parallel::map(self.potential.len(), |b| {
            let start = b * BLOCK;
            let center = &wide(self.rows.row(first));
            (start..start + self.potential[b].len())
                .map(|i| self.rows.weight(i) * self.width.square(self.rows.row(i), center))
                .collect()
        });
        self.block_sums = self.potential.iter().map(|block| block.iter().sum()).collect();
        for _ in 1..k {
            if self.block_sums.iter().sum::<f64>() <= 0.0 {
                break;
            }
            let candidates: Vec<usize> = (0..n_trials).map(|_| self.draw(rng)).collect();
            let best = self.best(&candidates);
            self.add(best);
            centres.extend(wide(self.rows.row(best)));
        }
        centres
    }

    /// A row drawn in proportion to its potential.
    fn draw(&self, rng: &mut ChaCha8Rng) -> usize {
        let total: f64 = self.block_sums.iter().sum();
        let mut rest = rng.random::<f64>() * total;
        let mut last = 0;
        for (b, &sum) in self.block_sums.iter().enumerate() {
            if sum <= 0.0 {
                continue;
            }
            if rest < sum {
                for (i, &potential) in self.potential[b].iter().enumerate() {
                    if potential > 0.0 {
                        last = b * BLOCK + i;
                        if rest < potential {
                            return last;
                        }
                        rest -= potential;
                    }
                }
                // Rounding left a crumb at the end of the block: its last row with a potential.
                return last;
            }
            rest -= sum;
            last = b * BLOCK + self.potential[b].iter().rposition(|&p| p > 0.0).unwrap_or(0);
        }
        last
    }

    /// The candidate after which the least potential is left; of equals the first.
    fn best(&self, candidates: &[usize]) -> usize {
        let others: Vec<_> = candidates.iter().map(|&c| wide(self.rows.row(c))).collect();
        let sums = parallel::map(self.potential.len(), |b| {
            let start = b * BLOCK;
            let mut sums = vec![0.0; candidates.len()];
            for (i, &potential) in self.potential[b].iter().enumerate() {
                let (row, weight) = (self.rows.row(start + i), self.rows.weight(start + i));
                for (sum, other) in sums.iter_mut().zip(&others) {
                    let other = weight * self.width.square(row, other);
                    *sum += if other < potential { other } else { potential };
                }
            }
            sums
        });
        let mut best = (f64::INFINITY, candidates[0]);
        for (t, &candidate) in candidates.iter().enumerate() {
            let total: f64 = sums.iter().map(|block| block[t]).sum();
            if total < best.0 {
                best = (total, candidate);
            }
        }
        best.1
    }

    fn add(&mut self, row: usize) {
        let (rows, width) = (self.rows, self.width);
        let row = &wide(rows.row(row));
        self.block_sums = parallel::map_mut(&mut self.potential, |b, block| {
            let mut sum = 0.0;
            for (i, potential) in block.iter_mut().enumerate() {
                let position = b * BLOCK + i;
                let other = rows.weight(position) * width.square(rows.row(position), row);
                if other < *potential {
                    *potential = other;
                }
                sum += *potential;
            }
            sum
        });
    }
}

/// The row in double precision.
fn wide<T: Float>(row: &[T]) -> Vec<f64> {
    row.iter().map(|cell| cell.to_f64()).collect()
}

/// A row drawn in proportion to weight times squared distance from the nearest of `centres`.
pub(super) fn draw_far<T: Float>(
    rows: &Rows<'_, T>,
    squares: &[f64],
    rng: &mut ChaCha8Rng,
) -> Option<usize> {
    let total: f64 = squares.iter().enumerate().map(|(i, s)| rows.weight(i) * s).sum();
    let mut rest = rng.random::<f64>() * total;
    let mut last = None;
    for (i, &square) in squares.iter().enumerate() {
        let potential = rows.weight(i) * square;
        if potential > 0.0 {
            last = Some(i);
            if rest < potential {
                break;
            }
            rest -= potential;
        }
    }
    last
}
