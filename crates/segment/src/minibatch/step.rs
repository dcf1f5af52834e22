//! One mini-batch.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::kmeans::metric::{Width, nearest, with_width};

/// A centre is looked after once so many rows for each centre have passed.
const WINDOW: u64 = 100;

/// A centre that took fewer rows than this share of an even part of the window is starved.
const STARVED: f64 = 0.01;

/// Centres that move towards the rows they take, ever more slowly.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Centres {
    pub(super) k: usize,
    pub(super) d: usize,
    /// Row-major, at most `k` of them: fewer while too few distinct rows were seen.
    pub(super) cells: Vec<f64>,
    /// The rows each has taken since it came to be, of which it is the mean; at least 1.
    pub(super) counts: Vec<u64>,
    /// The rows each has taken in this window.
    pub(super) recent: Vec<u64>,
}

impl Centres {
    /// Takes the rows of one batch; gives the sum of squares to the centres as they stood before.
    ///
    /// Every row moves its centre by `1 / count` of the way. Draws come from `stream` of the seed.
    pub(super) fn step(&mut self, rows: &[f64], seed: u64, stream: u64) -> f64 {
        let d = self.d;
        let mut squares = Vec::with_capacity(rows.len() / d);
        let mut labels = Vec::with_capacity(rows.len() / d);
        with_width!(d, width => {
            for row in rows.chunks_exact(width.get()) {
                let found = nearest(width, row, &self.cells);
                labels.push(found.label as usize);
                squares.push(found.square);
            }
        });
        for (row, &label) in rows.chunks_exact(d).zip(&labels) {
            self.counts[label] += 1;
            self.recent[label] += 1;
            let rate = 1.0 / self.counts[label] as f64;
            let centre = &mut self.cells[label * d..(label + 1) * d];
            for (centre, cell) in centre.iter_mut().zip(row) {
                *centre += rate * (cell - *centre);
            }
        }
        self.look_after(rows, &squares, seed, stream);
        squares.iter().sum()
    }

    /// Gives centres that are wanting or starved a row far from its own centre to start from.
    fn look_after(&mut self, rows: &[f64], squares: &[f64], seed: u64, stream: u64) {
        let (d, n) = (self.d, self.counts.len());
        let passed: u64 = self.recent.iter().sum();
        let window_ends = passed >= WINDOW.saturating_mul(self.k as u64);
        if n == self.k && !window_ends {
            return;
        }
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(stream);
        let mut squares = squares.to_vec();
        let mut far_row = || {
            let total: f64 = squares.iter().sum();
            if total <= 0.0 {
                return None;
            }
            let mut rest = rng.random::<f64>() * total;
            let found = squares.iter().position(|&square| {
                rest -= square;
                square > 0.0 && rest < 0.0
            });
            let found = found.or_else(|| squares.iter().rposition(|&square| square > 0.0))?;
            squares[found] = 0.0;
            Some(&rows[found * d..(found + 1) * d])
        };
        if window_ends {
            let least = (STARVED * passed as f64 / self.k as f64) as u64;
            for c in 0..n {
                if self.recent[c] < least.max(1) {
                    let Some(row) = far_row() else { break };
                    self.cells[c * d..(c + 1) * d].copy_from_slice(row);
                    self.counts[c] = 1;
                }
            }
            self.recent.iter_mut().for_each(|recent| *recent = 0);
        }
        for _ in n..self.k {
            let Some(row) = far_row() else { break };
            // A row drawn twice over is no second centre.
            if self.cells.chunks_exact(d).any(|centre| centre == row) {
                continue;
            }
            self.cells.extend_from_slice(row);
            self.counts.push(1);
            self.recent.push(0);
        }
    }
}
