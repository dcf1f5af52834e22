//! The best cut of columns of many values, found without sorting a node's rows.
//!
//! Rows are first summed into a few buckets of neighbouring values. The purity of two sides is
//! convex in what the left one holds, so no cut inside a bucket is better than the best corner of
//! the box between nothing and all of each class of it. Only buckets whose corners beat the best
//! cut between buckets are sorted: the cut found is that of an exhaustive search.

mod buckets;
mod cut;
#[cfg(test)]
mod tests;

use buckets::{KNOWN, MISSING};
use cut::{Best, Column, Held};

pub(crate) use buckets::Coarse;

use super::codes::{Coded, Place};
use super::split::Candidate;
use super::target::Target;

/// Up to `1 << MOST_SHIFT` buckets are made one where rows are few.
const MOST_SHIFT: usize = 5;
/// Fewer rows are sorted at once.
const FEWEST: usize = 64;
/// Rows a bucket should hold on average.
const PER_BUCKET: usize = 8;
/// More classes have too many corners.
pub(crate) const MOST_WIDTH: usize = 3;
/// Buffers that live as long as the growing.
#[derive(Debug, Default)]
pub(crate) struct Spare {
    sums: Vec<f64>,
    bounds: Vec<f64>,
    keys: Vec<u64>,
}

/// One node, whose rows weigh in sums and count towards the room of leaves.
pub(crate) struct Node<'a, T> {
    pub(crate) coded: &'a Coded,
    pub(crate) coarse: &'a Coarse,
    pub(crate) target: &'a T,
    pub(crate) counts: &'a [u32],
    pub(crate) rows: &'a [u32],
    pub(crate) sums: &'a [f64],
    pub(crate) n_rows: f64,
    pub(crate) min_rows: f64,
}

impl<T: Target> Node<'_, T> {
    /// The best cut in `columns`, all wide and of numbers, the first of equals; and which of them
    /// vary among the rows.
    pub(crate) fn seek(
        &self,
        columns: &[u32],
        varies: &mut [bool],
        spare: &mut Spare,
    ) -> Option<Candidate> {
        match self.target.width() {
            2 => self.seek_of::<2>(columns, varies, spare),
            3 => self.seek_of::<3>(columns, varies, spare),
            _ => None,
        }
    }

    fn seek_of<const W: usize>(
        &self,
        columns: &[u32],
        varies: &mut [bool],
        spare: &mut Spare,
    ) -> Option<Candidate> {
        let best = if self.rows.len() < FEWEST {
            self.seek_sorted::<W>(columns, varies, &mut spare.keys)
        } else {
            self.seek_bounded::<W>(columns, varies, spare)
        };
        let best = best?;
        Some(self.candidate(columns[best.at], best))
    }

    fn column<const W: usize>(&self, at: usize, column: u32) -> Option<Column<'_, W>> {
        let coded = &self.coded.columns[column as usize];
        let Place::Wide(place) = coded.place else { return None };
        let (codes, firsts) = (&self.coded.wide[place], &self.coarse.firsts[place]);
        Some(Column { at, place, codes, coded, firsts, missing: Held::NOTHING })
    }

    fn add<const W: usize>(&self, row: u32, to: &mut Held<W>) {
        self.target.add(row as usize, &mut to.sums);
        to.rows += f64::from(self.counts[row as usize]);
    }

    /// Few rows: every column in order.
    fn seek_sorted<const W: usize>(
        &self,
        columns: &[u32],
        varies: &mut [bool],
        keys: &mut Vec<u64>,
    ) -> Option<Best> {
        let mut best = None;
        for (at, &column) in columns.iter().enumerate() {
            let Some(mut column) = self.column::<W>(at, column) else { continue };
            self.sort_into(keys, column.codes, |_| true);
            let n_known = keys.partition_point(|key| code_of(*key) < column.coded.n_known as u32);
            for &key in &keys[n_known..] {
                self.add(row_of(key), &mut column.missing);
            }
            varies[at] = code_of(keys[0]) != code_of(keys[keys.len() - 1]);
            let known = self.scan(&column, &keys[..n_known], Held::NOTHING, &mut best);
            self.part_missing(&column, known, &mut best);
        }
        best
    }

    /// Many rows: sums of buckets, and the inside of those that may hold something better.
    fn seek_bounded<const W: usize>(
        &self,
        columns: &[u32],
        varies: &mut [bool],
        spare: &mut Spare,
    ) -> Option<Best> {
        let wanted = self.rows.len() / PER_BUCKET;
        let shift = (0..MOST_SHIFT).find(|shift| KNOWN >> shift <= wanted).unwrap_or(MOST_SHIFT);
        let n_buckets = (usize::from(MISSING) >> shift) + 1;
        let size = n_buckets * (W + 1);
        let Spare { sums, bounds, keys } = spare;
        self.fill::<W>(columns, shift, size, sums);
        bounds.clear();
        bounds.resize(columns.len() * n_buckets, f64::NEG_INFINITY);
        let mut best = None;
        for (at, &column) in columns.iter().enumerate() {
            let Some(column) = self.column_in::<W>(at, column, &sums[at * size..][..size]) else {
                continue;
            };
            let bounds = &mut bounds[at * n_buckets..][..n_buckets];
            let mut left = Held::NOTHING;
            let mut n_held = usize::from(column.missing.rows > 0.0);
            for bucket in 0..KNOWN >> shift {
                let bin = Held::<W>::of(&sums[at * size + bucket * (W + 1)..]);
                if bin.rows <= 0.0 {
                    continue;
                }
                n_held += 1;
                let (from, to) =
                    (column.firsts[bucket << shift], column.firsts[(bucket + 1) << shift]);
                if left.rows > 0.0 {
                    self.consider(&column, &left, from - 1, &mut best);
                }
                if to - from > 1 && bin.rows > 1.0 {
                    bounds[bucket] = self.bound(&column, &left, &bin);
                }
                left = left.plus(&bin);
            }
            self.part_missing(&column, left, &mut best);
            varies[at] = n_held > 1 || self.holds_two(&column);
        }
        for (at, &column) in columns.iter().enumerate() {
            let Some(column) = self.column_in::<W>(at, column, &sums[at * size..][..size]) else {
                continue;
            };
            let bounds = &bounds[at * n_buckets..][..n_buckets];
            // Sums of the same rows in another order may differ by rounding.
            let least = best
                .map_or(f64::NEG_INFINITY, |best: Best| best.purity - 1e-12 * best.purity.abs());
            let open =
                |bucket: usize| bounds[bucket] > f64::NEG_INFINITY && bounds[bucket] >= least;
            if !(0..KNOWN >> shift).any(open) {
                continue;
            }
            let mut is_open = [false; 256];
            (0..KNOWN >> shift).for_each(|bucket| is_open[bucket] = open(bucket));
            let of_row = |row: u32| {
                let byte = self.coarse.buckets[row as usize * self.coarse.n_wide + column.place];
                is_open[usize::from(byte) >> shift]
            };
            self.sort_into(keys, column.codes, of_row);
            let (mut left, mut done) = (Held::NOTHING, 0);
            for bucket in 0..KNOWN >> shift {
                if is_open[bucket] {
                    let end = column.firsts[(bucket + 1) << shift];
                    let n = keys[done..].partition_point(|&key| code_of(key) < end);
                    self.scan(&column, &keys[done..done + n], left, &mut best);
                    done += n;
                }
                left = left.plus(&Held::of(&sums[at * size + bucket * (W + 1)..]));
            }
        }
        best
    }

    /// The column with what its missing bucket holds.
    fn column_in<const W: usize>(
        &self,
        at: usize,
        column: u32,
        sums: &[f64],
    ) -> Option<Column<'_, W>> {
        let mut column = self.column::<W>(at, column)?;
        column.missing = Held::of(&sums[sums.len() - (W + 1)..]);
        Some(column)
    }

    fn fill<const W: usize>(
        &self,
        columns: &[u32],
        shift: usize,
        size: usize,
        sums: &mut Vec<f64>,
    ) {
        sums.clear();
        sums.resize(columns.len() * size, 0.0);
        let places: Vec<(usize, usize)> = columns
            .iter()
            .enumerate()
            .filter_map(|(at, &column)| match self.coded.columns[column as usize].place {
                Place::Wide(place) => Some((place, at * size)),
                Place::Narrow(_) => None,
            })
            .collect();
        let n_wide = self.coarse.n_wide;
        for &row in self.rows {
            let buckets = &self.coarse.buckets[row as usize * n_wide..][..n_wide];
            let mut own = Held::<W>::NOTHING;
            self.add(row, &mut own);
            for &(place, first) in &places {
                let from = first + (usize::from(buckets[place]) >> shift) * (W + 1);
                let bin = &mut sums[from..=from + W];
                bin.iter_mut().zip(&own.sums).for_each(|(sum, own)| *sum += own);
                bin[W] += own.rows;
            }
        }
    }

    /// Codes and rows of those rows that are asked for, ascending.
    fn sort_into(&self, keys: &mut Vec<u64>, codes: &[u32], wanted: impl Fn(u32) -> bool) {
        keys.clear();
        let key = |row: u32| u64::from(codes[row as usize]) << 32 | u64::from(row);
        keys.extend(self.rows.iter().filter(|&&row| wanted(row)).map(|&row| key(row)));
        keys.sort_unstable();
    }

    /// Tries each cut between rows in order, of which `left` are before the first.
    fn scan<const W: usize>(
        &self,
        column: &Column<'_, W>,
        keys: &[u64],
        mut left: Held<W>,
        best: &mut Option<Best>,
    ) -> Held<W> {
        let mut last = None;
        for &key in keys {
            let code = code_of(key);
            if let Some(last) = last.filter(|&last| last != code) {
                self.consider(column, &left, last, best);
            }
            last = Some(code);
            self.add(row_of(key), &mut left);
        }
        left
    }
}

fn code_of(key: u64) -> u32 {
    (key >> 32) as u32
}

fn row_of(key: u64) -> u32 {
    key as u32
}
