//! Rows with their scores.

use std::ops::Range;

use super::loss::{Objective, Rows, Stretch};
use super::quanta::{Cells, Scale};
use super::rows::Partition;
use crate::par::{self, Threads};

/// Rows whose scores one thread keeps at a time.
const STRETCH: usize = 1 << 14;

/// Rows with their scores.
pub(super) struct Scored {
    pub(super) rows: Rows,
    pub(super) scores: Vec<Vec<f64>>,
}

impl Scored {
    fn stretches(&self, objective: Objective) -> Vec<Stretch<'_>> {
        let n = self.rows.weights.len();
        let stretch = |from: usize| {
            let to = (from + STRETCH).min(n);
            let scores = self.scores.iter().map(|scores| &scores[from..to]).collect();
            Stretch { objective, rows: &self.rows, from, scores }
        };
        (0..n).step_by(STRETCH).map(stretch).collect()
    }

    /// The weighted mean loss.
    pub(super) fn loss(&self, objective: Objective) -> f64 {
        let sums = par::map_vec(self.stretches(objective), Threads::Many, |part| part.loss());
        sums.iter().sum::<f64>() / self.rows.total
    }

    pub(super) fn greatest(&self, objective: Objective) -> (f64, f64) {
        let most = par::map_vec(self.stretches(objective), Threads::Many, |part| part.greatest());
        most.iter().fold((0.0, 0.0), |a, b| (a.0.max(b.0), a.1.max(b.1)))
    }

    /// Writes the gradients of the scores.
    pub(super) fn write(&self, objective: Objective, scale: &Scale, cells: &mut [Cells]) {
        let mut work: Vec<_> =
            self.stretches(objective).into_iter().map(|part| (part, Vec::new())).collect();
        for cells in cells {
            let places = work.iter_mut().zip(cells.stretches(STRETCH));
            places.for_each(|((_, all), cells)| all.push(cells));
        }
        par::map_vec(work, Threads::Many, |(part, mut cells)| part.write(scale, &mut cells));
    }

    /// Adds to the scores of an output what the leaves answer.
    pub(super) fn add(
        &mut self,
        output: usize,
        partition: &Partition,
        leaves: &[(Range<usize>, f64)],
    ) {
        let work = self.scores[output].chunks_mut(STRETCH).enumerate().collect();
        par::map_vec(work, Threads::Many, |(i, scores): (usize, &mut [f64])| {
            let from = (i * STRETCH) as u32;
            let to = from + scores.len() as u32;
            for (range, value) in leaves {
                // Rows of a leaf ascend, so those of the stretch are together.
                let rows = partition.rows(range.clone());
                let first = rows.partition_point(|&row| row < from);
                let n = rows[first..].partition_point(|&row| row < to);
                for &row in &rows[first..first + n] {
                    scores[(row - from) as usize] += value;
                }
            }
        });
    }
}
