//! What is won by starting with the best.

use super::bootstrap::Bootstrap;
use super::scored::{Interval, Scored};
use crate::error::{Error, parameter};

/// More slices than anyone looks at; a table of any number would not fit into memory.
const MOST_SLICES: usize = 1 << 16;

/// One slice of the rows, from the highest scores down.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct GainsRow {
    /// The slice, from 1.
    pub slice: usize,
    /// The lowest score in it.
    pub least_score: f64,
    /// The weight in it.
    pub weight: f64,
    /// Of that, with the outcome.
    pub positive: f64,
    /// The share with the outcome.
    pub rate: f64,
    /// That share over the share among all.
    pub lift: f64,
    /// The share of all with the outcome found up to here (cumulative gain).
    pub cumulative_gain: f64,
    /// The share with the outcome up to here over the share among all.
    pub cumulative_lift: f64,
}

impl Scored {
    /// The rows in `n_slices` slices of equal weight from the highest scores down: ten for deciles.
    ///
    /// A group of equal scores that two slices share is divided between them in proportion, which
    /// is the mean over all orders of the tied rows.
    ///
    /// # Errors
    ///
    /// When all rows are of one outcome, or `n_slices` is 0 or above 65,536.
    pub fn gains(&self, n_slices: usize) -> Result<Vec<GainsRow>, Error> {
        self.require_both("gains")?;
        if !(1..=MOST_SLICES).contains(&n_slices) {
            let range = "a number from 1 to 65,536";
            return Err(parameter("n_slices", range, n_slices as f64));
        }
        let total = self.positive() + self.negative();
        let mut table = Vec::with_capacity(n_slices);
        let mut groups = self.groups().iter();
        let mut group = groups.next();
        // How much of the group at hand, and of everything, is used up.
        let (mut used, mut passed, mut found) = (0.0, 0.0, 0.0);
        for slice in 1..=n_slices {
            let until = total * slice as f64 / n_slices as f64;
            let (mut weight, mut positive) = (0.0, 0.0);
            let mut least_score = group.map_or(f64::NAN, |group| group.score);
            while let Some(at) = group {
                let left = at.weight() - used;
                let room = until - passed - weight;
                // Rounding must not leave a grain for the next slice, nor anything after the last.
                let taken =
                    if slice == n_slices || left <= room + total * 1e-12 { left } else { room };
                if taken > 0.0 {
                    least_score = at.score;
                    weight += taken;
                    positive += at.positive * (taken / at.weight());
                }
                if taken < left {
                    used += taken;
                    break;
                }
                used = 0.0;
                group = groups.next();
            }
            passed += weight;
            found += positive;
            if least_score.is_nan() {
                least_score = self.groups()[self.groups().len() - 1].score;
            }
            let rate = if weight > 0.0 { positive / weight } else { 0.0 };
            table.push(GainsRow {
                slice,
                least_score,
                weight,
                positive,
                rate,
                lift: rate / self.base_rate(),
                cumulative_gain: found / self.positive(),
                cumulative_lift: found / passed / self.base_rate(),
            });
        }
        Ok(table)
    }
}

/// One slice with intervals for its figures.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct GainsIntervals {
    /// The slice.
    pub row: GainsRow,
    /// For the share with the outcome.
    pub rate: Interval,
    /// For the lift.
    pub lift: Interval,
    /// For the cumulative gain.
    pub cumulative_gain: Interval,
    /// For the cumulative lift.
    pub cumulative_lift: Interval,
}

impl Scored {
    /// [`gains`](Self::gains) with an interval for every figure, all from the same resamples.
    ///
    /// O(rounds · n_rows).
    ///
    /// # Errors
    ///
    /// As [`gains`](Self::gains), and when a parameter of the bootstrap is out of range.
    pub fn gains_intervals(
        &self,
        n_slices: usize,
        bootstrap: &Bootstrap,
    ) -> Result<Vec<GainsIntervals>, Error> {
        let figures = |scored: &Self| -> Result<Vec<f64>, Error> {
            let of_row =
                |row: GainsRow| [row.rate, row.lift, row.cumulative_gain, row.cumulative_lift];
            Ok(scored.gains(n_slices)?.into_iter().flat_map(of_row).collect())
        };
        let rows = self.gains(n_slices)?;
        let intervals = bootstrap.intervals(self, figures)?;
        let with = |(row, of): (GainsRow, &[Interval])| GainsIntervals {
            row,
            rate: of[0],
            lift: of[1],
            cumulative_gain: of[2],
            cumulative_lift: of[3],
        };
        Ok(rows.into_iter().zip(intervals.chunks_exact(4)).map(with).collect())
    }
}

#[cfg(test)]
mod tests {
    use patronage_core::ClassIdx;

    use super::*;

    #[test]
    fn ties_are_divided_in_proportion() {
        let labels = [1, 1, 0, 0, 1, 0, 0, 0].map(ClassIdx::new);
        let scores = [0.9, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.1];
        let table = Scored::new(&scores, &labels).unwrap().gains(4).unwrap();
        // Six tied rows hold two of the outcome: a third of each tied row's weight.
        assert!((table[0].positive - (1.0 + 1.0 / 3.0)).abs() < 1e-12);
        assert!((table[1].positive - 2.0 / 3.0).abs() < 1e-12);
        assert!((table[3].cumulative_gain - 1.0).abs() < 1e-12);
        assert!((table[3].cumulative_lift - 1.0).abs() < 1e-12);
        assert_eq!(table.iter().map(|row| row.weight).sum::<f64>(), 8.0);
    }
}
