//! How sure a mean over customers is.

use rand::RngExt;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::error::{Error, require};
use crate::par;

/// Resampling of customers, with replacement.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Bootstrap {
    pub(super) n_rounds: usize,
    pub(super) level: f64,
    pub(super) seed: u64,
}

impl Bootstrap {
    pub(super) fn validate(&self) -> Result<(), Error> {
        let level = self.level;
        require(level > 0.0 && level < 1.0, "level", "a share in (0, 1)", level)
    }

    /// The means of each round, for rows of figures of one customer each: one vector of ascending means a column.
    ///
    /// Round `r` draws from stream `r`. Of fewer than two customers there is no round: one tells
    /// nothing of how customers differ.
    pub(super) fn means(&self, rows: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let n_columns = rows.first().map_or(0, Vec::len);
        let n_rounds = if rows.len() < 2 { 0 } else { self.n_rounds };
        let rounds = par::map(
            n_rounds,
            || (),
            |(), round| {
                let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
                rng.set_stream(round as u64);
                let mut sums = vec![0.0; n_columns];
                for _ in 0..rows.len() {
                    let row = &rows[rng.random_range(0..rows.len())];
                    sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
                }
                sums.iter_mut().for_each(|sum| *sum /= rows.len() as f64);
                sums
            },
        );
        let mut columns = vec![Vec::with_capacity(n_rounds); n_columns];
        for round in rounds {
            columns.iter_mut().zip(round).for_each(|(column, mean)| column.push(mean));
        }
        columns.iter_mut().for_each(|column| column.sort_unstable_by(f64::total_cmp));
        columns
    }

    /// The percentile interval of ascending means; `None` without rounds.
    pub(super) fn interval(&self, means: &[f64]) -> Option<(f64, f64)> {
        let tail = (1.0 - self.level) / 2.0;
        Some((quantile(means, tail)?, quantile(means, 1.0 - tail)?))
    }
}

/// The quantile of ascending values by linear interpolation.
fn quantile(values: &[f64], share: f64) -> Option<f64> {
    let position = share * values.len().checked_sub(1)? as f64;
    let (low, high) = (position.floor() as usize, position.ceil() as usize);
    Some(values[low] + (values[high] - values[low]) * (position - low as f64))
}
