//! Folds that keep groups whole.

use patronage_core::{ClassIdx, Label, Seeded};

use super::kfold::{class_counts, require_folds, require_of_each_class, shuffled};
use super::{Split, Splitter, by_fold};
use crate::error::{Error, ErrorKind};

/// Folds of about equal size in which no group (a customer, a household) is on both sides.
///
/// Groups are dealt from the largest down, each to the fold with the fewest rows; among groups of
/// one size the order is drawn by a seed. O(n_rows log n_rows + n_groups · n_folds).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct GroupKFold<'a, G> {
    n_folds: usize,
    groups: &'a [G],
    seed: u64,
}

impl<'a, G> GroupKFold<'a, G> {
    /// This many folds, at least `2`, by the group of each row of the table.
    #[must_use]
    pub const fn new(n_folds: usize, groups: &'a [G]) -> Self {
        Self { n_folds, groups, seed: 0 }
    }

    /// Seed of the order among groups of one size; default `0`.
    #[must_use]
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }
}

impl<G: Copy> Seeded for GroupKFold<'_, G> {
    fn reseeded(&self, seed: u64) -> Self {
        self.seed(seed)
    }
}

/// Positions of rows by group, groups in ascending order.
fn members<G: Copy + Ord>(
    rows: &[u32],
    groups: &[G],
    n_rows: usize,
) -> Result<Vec<Vec<usize>>, Error> {
    if groups.len() != n_rows {
        let (what, expected, found) = ("groups", n_rows, groups.len());
        return Err(ErrorKind::Length { what, expected, found }.into());
    }
    let mut order: Vec<usize> = (0..rows.len()).collect();
    let of = |at: usize| groups[rows[at] as usize];
    order.sort_by_key(|&at| of(at));
    Ok(order.chunk_by(|&a, &b| of(a) == of(b)).map(<[usize]>::to_vec).collect())
}

impl<Y: Label, G: Copy + Ord + Send + Sync> Splitter<Y> for GroupKFold<'_, G> {
    fn split_rows(&self, rows: &[u32], labels: &[Y]) -> Result<Vec<Split>, Error> {
        let members = members(rows, self.groups, labels.len())?;
        require_folds(self.n_folds, "groups", members.len())?;
        let mut order = shuffled(members.len(), self.seed);
        order.sort_by_key(|&group| std::cmp::Reverse(members[group as usize].len()));
        let mut sizes = vec![0; self.n_folds];
        let mut fold = vec![0; rows.len()];
        for group in order {
            let of_group = &members[group as usize];
            let into = (0..self.n_folds).min_by_key(|&fold| sizes[fold]).unwrap_or(0);
            sizes[into] += of_group.len();
            of_group.iter().for_each(|&at| fold[at] = into);
        }
        by_fold(rows, self.n_folds, &fold)
    }
}

/// Folds in which no group is on both sides and every class has its share, as evenly as groups
/// allow.
///
/// Groups are dealt from those whose classes are most unequal down, each to the fold where the
/// shares of the classes then differ least between folds (of equals, to the one with the fewest
/// rows). Refuses a class that is in fewer groups than folds. O(n_groups · n_folds² · n_classes).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct StratifiedGroupKFold<'a, G> {
    n_folds: usize,
    groups: &'a [G],
    seed: u64,
}

impl<'a, G> StratifiedGroupKFold<'a, G> {
    /// This many folds, at least `2`, by the group of each row of the table.
    #[must_use]
    pub const fn new(n_folds: usize, groups: &'a [G]) -> Self {
        Self { n_folds, groups, seed: 0 }
    }

    /// Seed of the order among like groups; default `0`.
    #[must_use]
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }
}

impl<G: Copy> Seeded for StratifiedGroupKFold<'_, G> {
    fn reseeded(&self, seed: u64) -> Self {
        self.seed(seed)
    }
}

/// The variance of numbers.
fn variance(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let n = values.clone().count().max(1) as f64;
    let mean = values.clone().sum::<f64>() / n;
    values.map(|x| (x - mean) * (x - mean)).sum::<f64>() / n
}

impl<G: Copy + Ord + Send + Sync> Splitter<ClassIdx> for StratifiedGroupKFold<'_, G> {
    fn split_rows(&self, rows: &[u32], labels: &[ClassIdx]) -> Result<Vec<Split>, Error> {
        let members = members(rows, self.groups, labels.len())?;
        let n_folds = self.n_folds;
        require_folds(n_folds, "groups", members.len())?;
        let label = |at: usize| labels[rows[at] as usize];
        let totals = class_counts((0..rows.len()).map(label))?;
        let n_classes = totals.len();
        let counts: Vec<Vec<usize>> = members
            .iter()
            .map(|of_group| {
                let mut counts = vec![0; n_classes];
                of_group.iter().for_each(|&at| counts[label(at).index()] += 1);
                counts
            })
            .collect();
        let in_groups: Vec<usize> = (0..n_classes)
            .map(|class| counts.iter().filter(|of_group| of_group[class] > 0).count())
            .collect();
        require_of_each_class(&in_groups, "groups", n_folds)?;
        let unequal: Vec<f64> =
            counts.iter().map(|of| variance(of.iter().map(|&count| count as f64))).collect();
        let mut order = shuffled(members.len(), self.seed);
        order.sort_by(|&a, &b| unequal[b as usize].total_cmp(&unequal[a as usize]));
        let mut in_fold = vec![vec![0_usize; n_classes]; n_folds];
        let mut fold = vec![0; rows.len()];
        for (dealt, &group) in order.iter().enumerate() {
            let of_group = &counts[group as usize];
            let empty = in_fold.iter().filter(|of| of.iter().all(|&count| count == 0)).count();
            // The last groups must fill the folds that are still empty.
            let must_fill = members.len() - dealt <= empty;
            let mut best: Option<(f64, usize, usize)> = None;
            for into in 0..n_folds {
                let rows_there: usize = in_fold[into].iter().sum();
                if must_fill && rows_there > 0 {
                    continue;
                }
                let spread: f64 = (0..n_classes)
                    .filter(|&class| totals[class] > 0)
                    .map(|class| {
                        let share = |at: usize| {
                            let more = if at == into { of_group[class] } else { 0 };
                            (in_fold[at][class] + more) as f64 / totals[class] as f64
                        };
                        variance((0..n_folds).map(share)).sqrt()
                    })
                    .sum();
                let better = best.is_none_or(|(least, fewest, _)| {
                    spread < least - 1e-12 || (spread < least + 1e-12 && rows_there < fewest)
                });
                if better {
                    best = Some((spread, rows_there, into));
                }
            }
            let into = best.map_or(0, |best| best.2);
            in_fold[into].iter_mut().zip(of_group).for_each(|(sum, count)| *sum += count);
            members[group as usize].iter().for_each(|&at| fold[at] = into);
        }
        by_fold(rows, n_folds, &fold)
    }
}
