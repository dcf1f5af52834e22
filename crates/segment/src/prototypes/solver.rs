//! The iterations of k-prototypes.

use std::collections::BTreeMap;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::mixed::{Mixed, cheapest, cost};
use crate::parallel;

/// Rows in one piece of work.
const BLOCK: usize = 4096;

/// Where the iterations ended, at the scale of the rows.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) prototypes: Vec<f64>,
    pub(super) labels: Vec<u32>,
    pub(super) cost: f64,
    pub(super) n_iter: usize,
    pub(super) converged: bool,
}

pub(super) struct Solver<'a> {
    pub(super) rows: &'a Mixed,
    pub(super) gamma: f64,
    pub(super) max_iter: usize,
}

impl Solver<'_> {
    /// Rows far apart, each drawn in proportion to its cost at those before; missing numbers are 0.
    pub(super) fn draw(&self, k: usize, rng: &mut ChaCha8Rng) -> Vec<f64> {
        let rows = self.rows;
        let mut prototypes = Vec::with_capacity(k * rows.d());
        let mut costs = vec![f64::INFINITY; rows.n];
        let mut next = rng.random_range(0..rows.n);
        loop {
            let start = prototypes.len();
            let cells = rows.row(next).iter();
            prototypes.extend(cells.map(|cell| if cell.is_nan() { 0.0 } else { *cell }));
            if prototypes.len() == k * rows.d() {
                return prototypes;
            }
            for (i, least) in costs.iter_mut().enumerate() {
                let found = cost(rows.row(i), &prototypes[start..], &rows.categories, self.gamma);
                *least = least.min(found);
            }
            let mut rest = rng.random::<f64>() * costs.iter().sum::<f64>();
            next = costs
                .iter()
                .position(|cost| {
                    rest -= cost;
                    rest < 0.0
                })
                .unwrap_or(rows.n - 1);
        }
    }

    pub(super) fn run(&self, mut prototypes: Vec<f64>) -> Run {
        let mut labels: Vec<u32> = Vec::new();
        for n_iter in 1.. {
            let (mut found, costs) = self.assign(&prototypes);
            let settled = found == labels;
            if settled || n_iter > self.max_iter {
                let cost = costs.iter().sum();
                let n_iter = n_iter.min(self.max_iter);
                return Run { prototypes, labels: found, cost, n_iter, converged: settled };
            }
            labels.clone_from(&found);
            self.fill_empty(&mut found, costs, prototypes.len() / self.rows.d());
            self.update(&found, &mut prototypes);
        }
        unreachable!("iterations end at their upper bound")
    }

    fn assign(&self, prototypes: &[f64]) -> (Vec<u32>, Vec<f64>) {
        let ranges: Vec<_> = parallel::ranges(self.rows.n, BLOCK).collect();
        let of_block = |block: usize| -> Vec<(u32, f64)> {
            let positions = ranges[block].clone();
            let row = |i| cheapest(self.rows.row(i), prototypes, &self.rows.categories, self.gamma);
            positions.map(row).collect()
        };
        parallel::map(ranges.len(), of_block).into_iter().flatten().unzip()
    }

    /// Gives every cluster without rows the row that costs most in a cluster of several.
    fn fill_empty(&self, labels: &mut [u32], mut costs: Vec<f64>, k: usize) {
        let mut sizes = vec![0_usize; k];
        labels.iter().for_each(|&label| sizes[label as usize] += 1);
        for empty in 0..k {
            if sizes[empty] > 0 {
                continue;
            }
            let mut best = (0.0, None);
            for (i, &cost) in costs.iter().enumerate() {
                if cost > best.0 && sizes[labels[i] as usize] > 1 {
                    best = (cost, Some(i));
                }
            }
            let Some(row) = best.1 else { return };
            sizes[labels[row] as usize] -= 1;
            sizes[empty] = 1;
            labels[row] = empty as u32;
            costs[row] = 0.0;
        }
    }

    /// Makes prototypes the means and modes of their rows; what has no row or no number stays.
    fn update(&self, labels: &[u32], prototypes: &mut [f64]) {
        let (d, k) = (self.rows.d(), prototypes.len() / self.rows.d());
        for column in 0..d {
            let cells = self.rows.cells.iter().skip(column).step_by(d);
            let pairs = labels.iter().map(|&label| label as usize).zip(cells);
            if self.rows.categories[column] {
                let mut counts: BTreeMap<(usize, u64), usize> = BTreeMap::new();
                for (label, &code) in pairs {
                    *counts.entry((label, code as u64)).or_default() += 1;
                }
                let mut most = vec![0; k];
                // Codes come in ascending order, so the least of equals stays.
                for ((label, code), count) in counts {
                    if count > most[label] {
                        most[label] = count;
                        prototypes[label * d + column] = code as f64;
                    }
                }
            } else {
                let mut sums = vec![(0.0, 0_u64); k];
                for (label, &cell) in pairs.filter(|(_, cell)| !cell.is_nan()) {
                    sums[label].0 += cell;
                    sums[label].1 += 1;
                }
                for (label, (sum, n)) in sums.into_iter().enumerate().filter(|(_, (_, n))| *n > 0) {
                    prototypes[label * d + column] = sum / n as f64;
                }
            }
        }
    }
}
