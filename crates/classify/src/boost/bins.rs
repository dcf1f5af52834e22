//! Cells as bins: at most 255 for the values of a column, and one code apart for what has none.

use patronage_core::{ColumnKind, Label, Labeled};

use crate::par::{self, Threads};
use crate::sample::Sample;
use crate::tree::codes::ascending_bits;
use crate::tree::split::between;

/// Rows from which bounds are taken: more would move them by less than one row in a thousand.
const MOST_SAMPLED: usize = 200_000;

/// The code of levels that no row of the training table has.
pub(super) const NO_LEVEL: u8 = 255;

/// What the codes of a column stand for.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Coding {
    /// Bin `b` holds the numbers above `bounds[b - 1]` and at most `bounds[b]`; the missing have
    /// the code after the last bin.
    Numbers { bounds: Vec<f64> },
    /// The bin of each level's code.
    Levels { bin_of: Vec<u8> },
}

/// The bins of one column.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ColumnBins {
    pub(super) coding: Coding,
    /// Bins of values, at most 255.
    pub(super) n_bins: usize,
}

impl ColumnBins {
    /// Bins of each column by the rows of the sample, `max_bins` at most.
    pub(super) fn of_table<Y: Label>(
        data: &Labeled<'_, Y>,
        sample: &Sample,
        max_bins: usize,
    ) -> Vec<Self> {
        let n_columns = data.schema().len();
        let picked = picked(sample.len());
        // Eight cells of a row lie side by side in memory.
        let groups: Vec<_> = (0..n_columns).step_by(8).map(|j| j..(j + 8).min(n_columns)).collect();
        let threads = Threads::for_work(picked.len() * n_columns);
        let groups = par::map_vec(groups, threads, |group| {
            let mut cells = vec![Vec::with_capacity(picked.len()); group.len()];
            for &at in &picked {
                let row = data
                    .table()
                    .index_axis_move(ndarray::Axis(0), sample.rows[at as usize] as usize);
                cells.iter_mut().zip(group.clone()).for_each(|(cells, j)| cells.push(row[j]));
            }
            let column = |(j, cells): (usize, Vec<f64>)| {
                let weights = || picked.iter().map(|&at| sample.weights[at as usize]);
                match data.schema().columns()[j].kind() {
                    ColumnKind::Category { levels, unseen } => {
                        let n_levels = levels.len().max(*unseen as usize + 1);
                        of_levels(data, sample, j, n_levels, max_bins)
                    }
                    _ if sample.whole && sample.total == sample.len() as f64 => {
                        of_numbers(counted(&cells), max_bins)
                    }
                    _ => of_numbers(weighed(&cells, weights()), max_bins),
                }
            };
            group.clone().zip(cells).map(column).collect::<Vec<_>>()
        });
        groups.into_iter().flatten().collect()
    }
}

/// Positions of the sample from which bounds are taken: all, or one out of each of
/// `MOST_SAMPLED` stretches of equal length.
fn picked(n: usize) -> Vec<u32> {
    if n <= MOST_SAMPLED {
        return (0..n as u32).collect();
    }
    let stretch = n as f64 / MOST_SAMPLED as f64;
    let pick = |i: usize| {
        // Where in the stretch is as good as drawn, so that no period of the table can matter.
        let share = (super::quanta::scramble(i as u64) >> 11) as f64 / (1_u64 << 53) as f64;
        (((i as f64 + share) * stretch) as usize).min(n - 1) as u32
    };
    (0..MOST_SAMPLED).map(pick).collect()
}

/// Distinct finite values in order, with how many there are of each.
fn counted(cells: &[f64]) -> Vec<(f64, f64)> {
    let finite = cells.iter().filter(|x| x.is_finite());
    let mut keys: Vec<u64> = finite.map(|&x| ascending_bits(x)).collect();
    keys.sort_unstable();
    let run = |run: &[u64]| (of_bits(run[0]), run.len() as f64);
    keys.chunk_by(|a, b| a == b).map(run).collect()
}

/// Distinct finite values in order, with the weight of each.
fn weighed(cells: &[f64], weights: impl Iterator<Item = f64>) -> Vec<(f64, f64)> {
    let finite = cells.iter().zip(weights).filter(|(x, _)| x.is_finite());
    let mut keys: Vec<(u64, f64)> = finite.map(|(&x, w)| (ascending_bits(x), w)).collect();
    // Stable: weights of one value are summed in the order of rows.
    keys.sort_by_key(|key| key.0);
    let run = |run: &[(u64, f64)]| (of_bits(run[0].0), run.iter().map(|key| key.1).sum());
    keys.chunk_by(|a, b| a.0 == b.0).map(run).collect()
}

/// The number whose ascending bits these are.
fn of_bits(bits: u64) -> f64 {
    f64::from_bits(if bits >> 63 == 1 { bits ^ (1 << 63) } else { !bits })
}

/// One bin a value where they are few, else bins of about one weight: a value that alone weighs a
/// bin has its own, the others share what is left.
fn of_numbers(values: Vec<(f64, f64)>, max_bins: usize) -> ColumnBins {
    let bound = |i: usize| between(values[i].0, values[i + 1].0);
    let n = values.len();
    if n <= max_bins {
        let bounds = (1..n).map(|i| bound(i - 1)).collect();
        return ColumnBins { coding: Coding::Numbers { bounds }, n_bins: n.max(1) };
    }
    // In shares, lest a sum of great weights overflow.
    let greatest = values.iter().map(|value| value.1).fold(0.0, f64::max);
    let weight = |i: usize| values[i].1 / greatest;
    let total: f64 = (0..n).map(weight).sum();
    let heavy = |i: usize| weight(i) * max_bins as f64 >= total;
    let n_heavy = (0..n).filter(|&i| heavy(i)).count();
    let mut left: f64 = (0..n).filter(|&i| !heavy(i)).map(weight).sum();
    let mut bins_left = (max_bins - n_heavy).max(1);
    let mut share = left / bins_left as f64;
    let mut bounds = Vec::with_capacity(max_bins);
    let mut held = 0.0;
    for i in 0..n - 1 {
        held += weight(i);
        left -= if heavy(i) { 0.0 } else { weight(i) };
        // What stands before a value with a bin of its own joins it only where it is very little.
        let closes = heavy(i) || held >= share || (heavy(i + 1) && held >= share / 2.0);
        if closes {
            bounds.push(bound(i));
            held = 0.0;
            if bounds.len() + 1 == max_bins {
                break;
            }
            if !heavy(i) {
                bins_left = (bins_left - 1).max(1);
                share = left / bins_left as f64;
            }
        }
    }
    let n_bins = bounds.len() + 1;
    ColumnBins { coding: Coding::Numbers { bounds }, n_bins }
}

/// One bin a level that has rows; where they are too many the rarest share the last.
fn of_levels<Y: Label>(
    data: &Labeled<'_, Y>,
    sample: &Sample,
    column: usize,
    n_levels: usize,
    max_bins: usize,
) -> ColumnBins {
    let mut weights = vec![0.0; n_levels];
    let cells = data.table().index_axis_move(ndarray::Axis(1), column);
    for (&row, weight) in sample.rows.iter().zip(&sample.weights) {
        let cell = cells[row as usize];
        // What is no code is found and refused where cells are coded.
        if cell >= 0.0 && cell < n_levels as f64 {
            weights[cell as usize] += weight;
        }
    }
    let mut present: Vec<usize> = (0..n_levels).filter(|&level| weights[level] > 0.0).collect();
    let mut bin_of = vec![NO_LEVEL; n_levels];
    let mut n_bins = present.len();
    if n_bins > max_bins {
        present.sort_by(|&a, &b| weights[b].total_cmp(&weights[a]));
        for &rare in &present[max_bins - 1..] {
            bin_of[rare] = (max_bins - 1) as u8;
        }
        present.truncate(max_bins - 1);
        present.sort_unstable();
        n_bins = max_bins;
    }
    present.iter().zip(0..).for_each(|(&level, bin)| bin_of[level] = bin);
    ColumnBins { coding: Coding::Levels { bin_of }, n_bins: n_bins.max(1) }
}

/// The bounds of a column, ready for a search without branches.
#[derive(Clone, Debug)]
pub(super) struct Ladder {
    /// Padded with infinity, below which every number lies.
    bounds: [f64; 256],
    first_step: usize,
    missing: u8,
}

impl Ladder {
    pub(super) fn new(bounds: &[f64]) -> Self {
        let mut padded = [f64::INFINITY; 256];
        padded[..bounds.len()].copy_from_slice(bounds);
        let first_step = (bounds.len() + 1).next_power_of_two() / 2;
        Self { bounds: padded, first_step, missing: bounds.len() as u8 + 1 }
    }

    /// The same with another code for NaN.
    pub(super) const fn missing_as(mut self, missing: u8) -> Self {
        self.missing = missing;
        self
    }

    /// The codes of cells, several side by side.
    #[inline(always)]
    pub(super) fn codes(&self, cells: &[f64], codes: &mut [u8]) {
        const LANES: usize = 32;
        let (groups, rest) = cells.as_chunks::<LANES>();
        let (codes, codes_rest) = codes.as_chunks_mut::<LANES>();
        for (codes, cells) in codes.iter_mut().zip(groups) {
            let mut at = [0_u64; LANES];
            let mut step = self.first_step as u64;
            while step > 0 {
                for lane in 0..LANES {
                    let bound = self.bounds[(at[lane] + step - 1) as usize & 255];
                    at[lane] += if bound < cells[lane] { step } else { 0 };
                }
                step /= 2;
            }
            for lane in 0..LANES {
                let at = at[lane] as u8;
                codes[lane] = if cells[lane].is_nan() { self.missing } else { at };
            }
        }
        codes_rest.iter_mut().zip(rest).for_each(|(code, &x)| *code = self.code(x));
    }

    /// The number of bounds below `x`, which is its bin; the code after the last for NaN.
    #[inline(always)]
    pub(super) fn code(&self, x: f64) -> u8 {
        let (mut at, mut step) = (0, self.first_step);
        while step > 0 {
            let below = self.bounds[(at + step - 1) & 255] < x;
            at += step * usize::from(below);
            step /= 2;
        }
        if x.is_nan() { self.missing } else { at as u8 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bounds_of(values: &[(f64, f64)], max_bins: usize) -> Vec<f64> {
        match of_numbers(values.to_vec(), max_bins).coding {
            Coding::Numbers { bounds } => bounds,
            Coding::Levels { .. } => unreachable!(),
        }
    }

    #[test]
    fn few_values_have_a_bin_each() {
        let values = counted(&[3.0, 1.0, f64::NAN, -0.0, 0.0, 3.0]);
        assert_eq!(values, [(0.0, 2.0), (1.0, 1.0), (3.0, 2.0)]);
        assert_eq!(bounds_of(&values, 255), [0.5, 2.0]);
        assert!(bounds_of(&[(7.0, 4.0)], 255).is_empty() && bounds_of(&[], 255).is_empty());
    }

    #[test]
    fn many_values_share_bins_of_about_one_weight() {
        let values: Vec<(f64, f64)> = (0..1000).map(|i| (f64::from(i), 1.0)).collect();
        let bounds = bounds_of(&values, 10);
        assert_eq!(bounds, (1..10).map(|i| f64::from(i) * 100.0 - 0.5).collect::<Vec<_>>());
        // A value of half of all weight has its own bin.
        let values: Vec<(f64, f64)> =
            (0..1000).map(|i| (f64::from(i), if i == 500 { 1000.0 } else { 1.0 })).collect();
        let bounds = bounds_of(&values, 10);
        assert!(bounds.contains(&499.5) && bounds.contains(&500.5), "{bounds:?}");
        assert_eq!(bounds.len(), 9);
        let tiny: Vec<(f64, f64)> = (0..1000).map(|i| (f64::from(i), 1e306)).collect();
        assert_eq!(bounds_of(&tiny, 2), [499.5]);
    }

    #[test]
    fn weights_count_as_rows_do() {
        let cells: Vec<f64> = (0..900).map(|i| f64::from(i * 7919 % 613)).collect();
        let twice: Vec<f64> = cells.iter().flat_map(|&x| [x, x]).collect();
        let weights = std::iter::repeat_n(2.0, cells.len());
        assert_eq!(weighed(&cells, weights), counted(&twice));
    }

    #[test]
    fn a_ladder_counts_the_bounds_below() {
        for n in [0_usize, 1, 2, 3, 7, 100, 127, 128, 254] {
            let bounds: Vec<f64> = (0..n).map(|i| i as f64).collect();
            let ladder = Ladder::new(&bounds);
            for x in [-1e308, -0.5, 0.0, 0.5, 1.0, 63.5, 127.0, 253.0, 254.0, 1e308] {
                assert_eq!(ladder.code(x) as usize, bounds.iter().filter(|&&b| b < x).count());
            }
            assert_eq!(ladder.code(f64::NAN) as usize, n + 1);
        }
    }
}
