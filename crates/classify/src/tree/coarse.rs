//! The best cut of columns of many values, found without sorting a node's rows.
//!
//! Rows are first summed into a few buckets of neighbouring values. The purity of two sides is
//! convex in what the left one holds, so no cut inside a bucket is better than the best corner of
//! the box between nothing and all of each class of it. Only buckets whose corners beat the best
//! cut between buckets are sorted: the cut found is that of an exhaustive search.

use super::codes::{Coded, CodedColumn, Place};
use super::nodes::Side;
use super::split::{Candidate, Cut, between};
use super::target::Target;

/// Buckets of known values; a multiple of `1 << MOST_SHIFT`.
const KNOWN: usize = 224;
/// The bucket of missing cells, apart from the known ones however many are made one.
const MISSING: u8 = 255;
/// Up to `1 << MOST_SHIFT` buckets are made one where rows are few.
const MOST_SHIFT: usize = 5;
/// Fewer rows are sorted at once.
const FEWEST: usize = 64;
/// Rows a bucket should hold on average.
const PER_BUCKET: usize = 8;
/// More classes have too many corners.
pub(crate) const MOST_WIDTH: usize = 3;

/// The bucket of every row in every wide column of numbers.
#[derive(Debug)]
pub(crate) struct Coarse {
    /// Row-major, one byte for each wide column.
    buckets: Vec<u8>,
    n_wide: usize,
    /// For each wide column the first code of each bucket, and one past the last known code.
    firsts: Vec<Vec<u32>>,
}

impl Coarse {
    /// Buckets of about equally many rows: O(rows · wide columns).
    pub(crate) fn new(coded: &Coded) -> Self {
        let n_wide = coded.wide.len();
        let n = coded.wide.first().map_or(0, Vec::len);
        let mut this = Self { buckets: vec![0; n * n_wide], n_wide, firsts: vec![vec![]; n_wide] };
        for column in &coded.columns {
            if let Place::Wide(place) = column.place
                && !column.is_category
            {
                this.add(place, column, &coded.wide[place]);
            }
        }
        this
    }

    fn add(&mut self, place: usize, column: &CodedColumn, codes: &[u32]) {
        let mut held = vec![0_usize; column.n_codes];
        codes.iter().for_each(|&code| held[code as usize] += 1);
        let n_known = column.n_known;
        let total = held[..n_known].iter().sum::<usize>().max(1);
        let mut bucket_of = vec![MISSING; column.n_codes];
        let mut firsts = vec![n_known as u32; KNOWN + 1];
        let mut before = 0;
        for code in 0..n_known {
            // The middle one of the code's rows decides.
            let middle = (before + held[code] / 2).min(total - 1);
            let bucket = middle * KNOWN / total;
            bucket_of[code] = bucket as u8;
            firsts[bucket] = firsts[bucket].min(code as u32);
            before += held[code];
        }
        // An empty bucket begins where the next one does.
        for bucket in (0..KNOWN).rev() {
            firsts[bucket] = firsts[bucket].min(firsts[bucket + 1]);
        }
        self.firsts[place] = firsts;
        for (row, &code) in codes.iter().enumerate() {
            self.buckets[row * self.n_wide + place] = bucket_of[code as usize];
        }
    }
}

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

/// What a side holds: the sum of its rows, and how many they are.
#[derive(Clone, Copy)]
struct Held<const W: usize> {
    sums: [f64; W],
    rows: f64,
}

impl<const W: usize> Held<W> {
    const NOTHING: Self = Self { sums: [0.0; W], rows: 0.0 };

    /// Of `W + 1` numbers, the last of which counts rows.
    fn of(bin: &[f64]) -> Self {
        Self { sums: std::array::from_fn(|k| bin[k]), rows: bin[W] }
    }

    fn plus(mut self, other: &Self) -> Self {
        self.sums.iter_mut().zip(&other.sums).for_each(|(sum, other)| *sum += other);
        self.rows += other.rows;
        self
    }
}

/// A cut and its purity.
#[derive(Clone, Copy)]
struct Best {
    purity: f64,
    /// Which of the columns asked for.
    at: usize,
    /// Known codes up to this one go left.
    up_to: u32,
    missing: Side,
}

/// What the search of one column needs.
struct Column<'a, const W: usize> {
    at: usize,
    place: usize,
    codes: &'a [u32],
    coded: &'a CodedColumn,
    firsts: &'a [u32],
    missing: Held<W>,
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

    fn admits(&self, rows: f64) -> bool {
        rows >= self.min_rows && self.n_rows - rows >= self.min_rows
    }

    fn purity<const W: usize>(&self, left: &[f64; W]) -> f64 {
        let right: [f64; W] = std::array::from_fn(|k| self.sums[k] - left[k]);
        self.target.purity(left) + self.target.purity(&right)
    }

    fn consider<const W: usize>(
        &self,
        column: &Column<'_, W>,
        left: &Held<W>,
        up_to: u32,
        best: &mut Option<Best>,
    ) {
        let mut offer = |left: &Held<W>, missing: Side| {
            if self.admits(left.rows) {
                let purity = self.purity(&left.sums);
                replace(best, Best { purity, at: column.at, up_to, missing });
            }
        };
        offer(left, Side::Right);
        if column.missing.rows > 0.0 {
            offer(&left.plus(&column.missing), Side::Left);
        }
    }

    /// The cut that parts all known cells from the missing.
    fn part_missing<const W: usize>(
        &self,
        column: &Column<'_, W>,
        known: Held<W>,
        best: &mut Option<Best>,
    ) {
        if column.missing.rows > 0.0 && self.admits(known.rows) {
            let purity = self.purity(&known.sums);
            let (at, up_to) = (column.at, u32::MAX);
            replace(best, Best { purity, at, up_to, missing: Side::Right });
        }
    }

    /// No cut inside `bin`, which comes after `left`, has more purity.
    fn bound<const W: usize>(&self, column: &Column<'_, W>, left: &Held<W>, bin: &Held<W>) -> f64 {
        let mut bound = f64::NEG_INFINITY;
        let mut corners = |left: &Held<W>| {
            let all = (1_usize << W) - 1;
            for corner in 0..=all {
                // Nothing and all of the bin are cuts of their own, looked at where admitted.
                if (corner == 0 && self.admits(left.rows))
                    || (corner == all && self.admits(left.rows + bin.rows))
                {
                    continue;
                }
                let part =
                    |k: usize| left.sums[k] + if corner >> k & 1 == 1 { bin.sums[k] } else { 0.0 };
                bound = bound.max(self.purity(&std::array::from_fn::<f64, W, _>(part)));
            }
        };
        corners(left);
        if column.missing.rows > 0.0 {
            corners(&left.plus(&column.missing));
        }
        bound
    }

    fn holds_two<const W: usize>(&self, column: &Column<'_, W>) -> bool {
        let code = |row: &u32| column.codes[*row as usize];
        self.rows.first().is_some_and(|first| self.rows.iter().any(|row| code(row) != code(first)))
    }

    /// The threshold lies between the nearest values that rows of the node have.
    fn candidate(&self, position: u32, best: Best) -> Candidate {
        let column = &self.coded.columns[position as usize];
        let n_known = column.n_known as u32;
        let (mut last, mut next, mut any_missing) = (0, u32::MAX, false);
        for &row in self.rows {
            let code = self.coded.code(column, row);
            any_missing |= code == n_known;
            if code < n_known {
                if code <= best.up_to {
                    last = last.max(code);
                } else {
                    next = next.min(code);
                }
            }
        }
        let values = &column.values;
        let threshold = match values.get(next as usize) {
            Some(&next) => between(values[last as usize], next),
            None => f64::MAX,
        };
        let missing = any_missing.then_some(best.missing);
        let cut = Cut::UpTo { last, threshold, missing };
        Candidate { column: position, purity: best.purity, cut }
    }
}

/// The better one stays; of equals the first in the order of columns, codes and sides.
fn replace(best: &mut Option<Best>, found: Best) {
    let order = |best: &Best| (best.at, best.up_to, best.missing == Side::Left);
    let wins = |other: &Best| {
        found.purity > other.purity
            || (found.purity == other.purity && order(&found) < order(other))
    };
    if best.as_ref().is_none_or(wins) {
        *best = Some(found);
    }
}

fn code_of(key: u64) -> u32 {
    (key >> 32) as u32
}

fn row_of(key: u64) -> u32 {
    key as u32
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;
    use patronage_core::{ClassIdx, Column, FeatureTable, Labeled, Schema};
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::par::Threads;
    use crate::sample::Sample;
    use crate::tree::Shape;
    use crate::tree::draw::{Cuts, Draw};
    use crate::tree::grow::{Grower, Grown};
    use crate::tree::target::{Classes, Criterion};

    /// Four columns of many values, some missing, some repeated, and labels that follow two of
    /// them; `n_classes` classes.
    fn table(n: usize, n_classes: u32, seed: u64) -> (FeatureTable, Vec<ClassIdx>) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let names = ["even", "with_missing", "repeated", "skewed"];
        let schema = Schema::new(names.map(Column::nullable)).unwrap();
        let mut cells = Array2::zeros((n, 4));
        let labels = (0..n).map(|row| {
            let x: [f64; 4] = std::array::from_fn(|_| rng.random());
            cells[[row, 0]] = x[0];
            cells[[row, 1]] = if x[1] < 0.2 { f64::NAN } else { x[1] };
            cells[[row, 2]] = (x[2] * 400.0).floor();
            cells[[row, 3]] = x[3].powi(9);
            let follows = if x[1] < 0.3 { x[0] } else { 1.0 - x[2] };
            let label = if rng.random_bool(0.2) { rng.random() } else { follows };
            ClassIdx::new(((label * f64::from(n_classes)) as u32).min(n_classes - 1))
        });
        let labels = labels.collect();
        (FeatureTable::new(schema, cells).unwrap(), labels)
    }

    fn grow(
        data: &Labeled<'_, ClassIdx>,
        n_classes: usize,
        criterion: Criterion,
        least: usize,
        way: impl Fn(&Coded) -> Option<Coarse>,
    ) -> Grown {
        let sample = Sample::new(data, "test").unwrap();
        let coded = Coded::new(data, &sample).unwrap();
        assert_eq!(coded.wide.len(), 4);
        let coarse = way(&coded);
        let labels = data.labels().iter().map(|label| label.get()).collect();
        let weights = sample.weights.clone();
        let target = Classes { labels, weights, n_classes, criterion };
        let shape = Shape { min_samples_leaf: least, ..Shape::new() };
        let grower = Grower {
            coded: &coded,
            target: &target,
            counts: &sample.counts,
            whole: true,
            coarse: coarse.as_ref(),
            limits: shape.limits(),
            draw: Some(Draw { n_columns: 2, cuts: Cuts::Best, seed: 3 }),
            threads: Threads::One,
        };
        grower.grow((0..sample.len() as u32).collect())
    }

    #[test]
    fn the_tree_is_that_of_a_search_of_every_cut() {
        for (n, n_classes, seed) in [(3000, 2, 1), (3000, 3, 2), (700, 2, 3), (5000, 2, 4)] {
            for criterion in [Criterion::Gini, Criterion::Entropy] {
                for least in [1, 7] {
                    let (table, labels) = table(n, n_classes, seed);
                    let data = Labeled::new(&table, &labels).unwrap();
                    let n_classes = n_classes as usize;
                    let exhaustive = grow(&data, n_classes, criterion, least, |_| None);
                    let coarse =
                        grow(&data, n_classes, criterion, least, |coded| Some(Coarse::new(coded)));
                    assert!(coarse.nodes.0.len() > 50);
                    assert_eq!(
                        coarse.nodes, exhaustive.nodes,
                        "{n} {n_classes} {criterion:?} {least}"
                    );
                    assert_eq!(coarse.sums, exhaustive.sums);
                }
            }
        }
    }

    #[test]
    fn buckets_ascend_with_their_codes() {
        let (table, labels) = table(2000, 2, 5);
        let data = Labeled::new(&table, &labels).unwrap();
        let sample = Sample::new(&data, "test").unwrap();
        let coded = Coded::new(&data, &sample).unwrap();
        let coarse = Coarse::new(&coded);
        for (place, codes) in coded.wide.iter().enumerate() {
            let firsts = &coarse.firsts[place];
            for (row, &code) in codes.iter().enumerate() {
                let bucket = usize::from(coarse.buckets[row * 4 + place]);
                if bucket == usize::from(MISSING) {
                    assert_eq!(code, firsts[KNOWN]);
                } else {
                    assert!((firsts[bucket]..firsts[bucket + 1]).contains(&code));
                }
            }
        }
    }
}
