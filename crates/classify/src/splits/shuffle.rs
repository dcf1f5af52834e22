//! Hold-outs drawn at random.

use patronage_core::{ClassIdx, Seeded};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::kfold::{class_counts, require_of_each_class};
use super::{Split, Splitter};
use crate::error::{Error, ErrorKind, parameter};

/// Hold-outs of a share of the rows, each class by its share, drawn anew for every split.
///
/// Of a class of n rows `n · test_share` are held out, rounded, and at least one row stays on each
/// side; a class of one row is refused. Split s draws from stream s of the seed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StratifiedShuffleSplit {
    n_splits: usize,
    test_share: f64,
    seed: u64,
}

impl StratifiedShuffleSplit {
    /// This many hold-outs, at least `1`, of this share of the rows, between 0 and 1.
    #[must_use]
    pub const fn new(n_splits: usize, test_share: f64) -> Self {
        Self { n_splits, test_share, seed: 0 }
    }

    /// Seed of the draws; default `0`.
    #[must_use]
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }
}

impl Seeded for StratifiedShuffleSplit {
    fn reseeded(&self, seed: u64) -> Self {
        self.seed(seed)
    }
}

impl Splitter<ClassIdx> for StratifiedShuffleSplit {
    fn split_rows(&self, rows: &[u32], labels: &[ClassIdx]) -> Result<Vec<Split>, Error> {
        if self.n_splits == 0 {
            return Err(parameter("n_splits", "at least 1", 0.0));
        }
        if !(self.test_share > 0.0 && self.test_share < 1.0) {
            return Err(parameter("test_share", "a number between 0 and 1", self.test_share));
        }
        if rows.is_empty() {
            return Err(ErrorKind::NoRows { what: "splitting" }.into());
        }
        let counts = class_counts(rows.iter().map(|&row| labels[row as usize]))?;
        require_of_each_class(&counts, "rows", 2)?;
        let mut by_class: Vec<Vec<u32>> = vec![Vec::new(); counts.len()];
        rows.iter().for_each(|&row| by_class[labels[row as usize].index()].push(row));
        let split = |at: usize| {
            let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
            rng.set_stream(at as u64);
            let mut split = Split { train: Vec::new(), test: Vec::new() };
            for of_class in by_class.iter().filter(|of_class| !of_class.is_empty()) {
                let mut order = of_class.clone();
                let n = order.len();
                let held = ((n as f64 * self.test_share).round() as usize).clamp(1, n - 1);
                (0..held).for_each(|at| order.swap(at, rng.random_range(at..n)));
                split.test.extend(&order[..held]);
                split.train.extend(&order[held..]);
            }
            split.test.sort_unstable();
            split.train.sort_unstable();
            split
        };
        Ok((0..self.n_splits).map(split).collect())
    }
}
