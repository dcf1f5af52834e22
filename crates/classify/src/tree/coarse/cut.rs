//! Cuts of a node: what they hold, how pure they are, and which is better.

use super::Node;
use crate::tree::codes::CodedColumn;
use crate::tree::nodes::Side;
use crate::tree::split::{Candidate, Cut, between};
use crate::tree::target::Target;

/// What a side holds: the sum of its rows, and how many they are.
#[derive(Clone, Copy)]
pub(super) struct Held<const W: usize> {
    pub(super) sums: [f64; W],
    pub(super) rows: f64,
}

impl<const W: usize> Held<W> {
    pub(super) const NOTHING: Self = Self { sums: [0.0; W], rows: 0.0 };

    /// Of `W + 1` numbers, the last of which counts rows.
    pub(super) fn of(bin: &[f64]) -> Self {
        Self { sums: std::array::from_fn(|k| bin[k]), rows: bin[W] }
    }

    pub(super) fn plus(mut self, other: &Self) -> Self {
        self.sums.iter_mut().zip(&other.sums).for_each(|(sum, other)| *sum += other);
        self.rows += other.rows;
        self
    }
}

/// A cut and its purity.
#[derive(Clone, Copy)]
pub(super) struct Best {
    pub(super) purity: f64,
    /// Which of the columns asked for.
    pub(super) at: usize,
    /// Known codes up to this one go left.
    pub(super) up_to: u32,
    pub(super) missing: Side,
}

/// What the search of one column needs.
pub(super) struct Column<'a, const W: usize> {
    pub(super) at: usize,
    pub(super) place: usize,
    pub(super) codes: &'a [u32],
    pub(super) coded: &'a CodedColumn,
    pub(super) firsts: &'a [u32],
    pub(super) missing: Held<W>,
}

impl<T: Target> Node<'_, T> {
    pub(super) fn admits(&self, rows: f64) -> bool {
        rows >= self.min_rows && self.n_rows - rows >= self.min_rows
    }

    pub(super) fn purity<const W: usize>(&self, left: &[f64; W]) -> f64 {
        let right: [f64; W] = std::array::from_fn(|k| self.sums[k] - left[k]);
        self.target.purity(left) + self.target.purity(&right)
    }

    pub(super) fn consider<const W: usize>(
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
    pub(super) fn part_missing<const W: usize>(
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
    pub(super) fn bound<const W: usize>(
        &self,
        column: &Column<'_, W>,
        left: &Held<W>,
        bin: &Held<W>,
    ) -> f64 {
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

    pub(super) fn holds_two<const W: usize>(&self, column: &Column<'_, W>) -> bool {
        let code = |row: &u32| column.codes[*row as usize];
        self.rows.first().is_some_and(|first| self.rows.iter().any(|row| code(row) != code(first)))
    }

    /// The threshold lies between the nearest values that rows of the node have.
    pub(super) fn candidate(&self, position: u32, best: Best) -> Candidate {
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
pub(super) fn replace(best: &mut Option<Best>, found: Best) {
    let order = |best: &Best| (best.at, best.up_to, best.missing == Side::Left);
    let wins = |other: &Best| {
        found.purity > other.purity
            || (found.purity == other.purity && order(&found) < order(other))
    };
    if best.as_ref().is_none_or(wins) {
        *best = Some(found);
    }
}
