//! Folds of rows.

use patronage_core::{ClassIdx, Label, Seeded};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{Split, Splitter, by_fold};
use crate::error::{Error, ErrorKind, parameter};
use crate::sample::MOST_CLASSES;

/// The numbers `0..n` in an order drawn by `seed`.
pub(super) fn shuffled(n: usize, seed: u64) -> Vec<u32> {
    let mut order: Vec<u32> = (0..n as u32).collect();
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    for at in (1..order.len()).rev() {
        order.swap(at, rng.random_range(0..=at));
    }
    order
}

pub(super) fn require_folds(n_folds: usize, what: &'static str, found: usize) -> Result<(), Error> {
    if n_folds < 2 {
        return Err(parameter("n_folds", "at least 2", n_folds as f64));
    }
    if found < n_folds {
        return Err(ErrorKind::Folds { what, n_folds, found }.into());
    }
    Ok(())
}

/// Folds of equal size up to one row, drawn by a seed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct KFold {
    n_folds: usize,
    seed: u64,
}

impl KFold {
    /// This many folds; at least `2`.
    #[must_use]
    pub const fn new(n_folds: usize) -> Self {
        Self { n_folds, seed: 0 }
    }

    /// Seed of the draw; default `0`.
    #[must_use]
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }
}

impl Seeded for KFold {
    fn reseeded(&self, seed: u64) -> Self {
        self.seed(seed)
    }
}

impl<Y: Label> Splitter<Y> for KFold {
    fn split_rows(&self, rows: &[u32], _labels: &[Y]) -> Result<Vec<Split>, Error> {
        require_folds(self.n_folds, "rows", rows.len())?;
        let mut fold = vec![0; rows.len()];
        let order = shuffled(rows.len(), self.seed);
        order.iter().enumerate().for_each(|(at, &row)| fold[row as usize] = at % self.n_folds);
        by_fold(rows, self.n_folds, &fold)
    }
}

/// Folds of equal size in which every class has its share, up to one row, drawn by a seed.
///
/// Refuses a class with fewer rows than folds; [`stratified_folds`](super::stratified_folds) lets
/// it be missing from some.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct StratifiedKFold {
    n_folds: usize,
    seed: u64,
}

impl StratifiedKFold {
    /// This many folds; at least `2`.
    #[must_use]
    pub const fn new(n_folds: usize) -> Self {
        Self { n_folds, seed: 0 }
    }

    /// Seed of the draw; default `0`.
    #[must_use]
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }
}

impl Seeded for StratifiedKFold {
    fn reseeded(&self, seed: u64) -> Self {
        self.seed(seed)
    }
}

/// The rows of each class, refusing a class that has some but fewer than `least`.
pub(super) fn require_of_each_class(
    counts: &[usize],
    what: &'static str,
    least: usize,
) -> Result<(), Error> {
    match counts.iter().position(|&count| count > 0 && count < least) {
        None => Ok(()),
        Some(class) => {
            Err(ErrorKind::FewOfClass { class, what, least, found: counts[class] }.into())
        }
    }
}

/// How many there are of each class.
///
/// # Errors
///
/// When a label is beyond the classes that models are made for: a sign of ids taken for classes.
pub(super) fn class_counts(labels: impl Iterator<Item = ClassIdx>) -> Result<Vec<usize>, Error> {
    let mut counts = Vec::new();
    for label in labels {
        if counts.len() <= label.index() {
            let (most, found) = (MOST_CLASSES, label.index() + 1);
            if found > most {
                return Err(ErrorKind::TooManyClasses { most, found }.into());
            }
            counts.resize(found, 0);
        }
        counts[label.index()] += 1;
    }
    Ok(counts)
}

impl Splitter<ClassIdx> for StratifiedKFold {
    fn split_rows(&self, rows: &[u32], labels: &[ClassIdx]) -> Result<Vec<Split>, Error> {
        require_folds(self.n_folds, "rows", rows.len())?;
        let counts = class_counts(rows.iter().map(|&row| labels[row as usize]))?;
        require_of_each_class(&counts, "rows", self.n_folds)?;
        let own: Vec<ClassIdx> = rows.iter().map(|&row| labels[row as usize]).collect();
        let mut splits = super::stratified_folds(&own, self.n_folds, self.seed)?;
        for split in &mut splits {
            for part in [&mut split.train, &mut split.test] {
                part.iter_mut().for_each(|at| *at = rows[*at as usize]);
            }
        }
        Ok(splits)
    }
}

/// Folds that are given: one for each row of the table.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PredefinedSplit<'a> {
    folds: &'a [u32],
}

impl<'a> PredefinedSplit<'a> {
    /// The fold of each row of the table; folds are counted from 0 and none is empty.
    #[must_use]
    pub const fn new(folds: &'a [u32]) -> Self {
        Self { folds }
    }
}

impl<Y: Label> Splitter<Y> for PredefinedSplit<'_> {
    fn split_rows(&self, rows: &[u32], labels: &[Y]) -> Result<Vec<Split>, Error> {
        if self.folds.len() != labels.len() {
            let (what, expected, found) = ("folds", labels.len(), self.folds.len());
            return Err(ErrorKind::Length { what, expected, found }.into());
        }
        let fold: Vec<usize> = rows.iter().map(|&row| self.folds[row as usize] as usize).collect();
        let n_folds = fold.iter().max().map_or(0, |most| most + 1);
        require_folds(n_folds, "rows", rows.len())?;
        by_fold(rows, n_folds, &fold)
    }
}

/// The same way of dividing rows many times over, each time drawn anew.
///
/// Repeat r divides with the seed `seed + r`; a row is judged once in each repeat.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Repeated<S> {
    splitter: S,
    n_repeats: usize,
    seed: u64,
}

impl<S> Repeated<S> {
    /// `splitter` this many times; at least `1`.
    #[must_use]
    pub const fn new(splitter: S, n_repeats: usize) -> Self {
        Self { splitter, n_repeats, seed: 0 }
    }

    /// Seed of the first repeat; default `0`.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }
}

impl<S: Clone> Seeded for Repeated<S> {
    fn reseeded(&self, seed: u64) -> Self {
        self.clone().seed(seed)
    }
}

impl<Y: Label, S: Splitter<Y> + Seeded> Splitter<Y> for Repeated<S> {
    fn split_rows(&self, rows: &[u32], labels: &[Y]) -> Result<Vec<Split>, Error> {
        if self.n_repeats == 0 {
            return Err(parameter("n_repeats", "at least 1", 0.0));
        }
        let mut splits = Vec::new();
        for repeat in 0..self.n_repeats as u64 {
            let splitter = self.splitter.reseeded(self.seed.wrapping_add(repeat));
            splits.extend(splitter.split_rows(rows, labels)?);
        }
        Ok(splits)
    }
}
