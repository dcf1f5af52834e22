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

    /// How many rounds there are for `n` customers: of fewer than two there is none, since one
    /// tells nothing of how customers differ.
    pub(super) const fn rounds_of(&self, n: usize) -> usize {
        if n < 2 { 0 } else { self.n_rounds }
    }

    /// The customers of one round, with repetition; round `r` draws from stream `r`.
    pub(super) fn resample(&self, round: usize, n: usize) -> impl Iterator<Item = usize> + use<> {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        rng.set_stream(round as u64);
        (0..n).map(move |_| rng.random_range(0..n))
    }

    /// The means of each round, for rows of figures of one customer each: one vector of ascending means a column.
    pub(super) fn means(&self, rows: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let n_columns = rows.first().map_or(0, Vec::len);
        let n_rounds = self.rounds_of(rows.len());
        let rounds = par::map(
            n_rounds,
            || (),
            |(), round| {
                let mut sums = vec![0.0; n_columns];
                for at in self.resample(round, rows.len()) {
                    sums.iter_mut().zip(&rows[at]).for_each(|(sum, value)| *sum += value);
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

impl Bootstrap {
    /// How often differences whose signs are drawn by lot have a mean at least as far from 0 as they
    /// have: the two-sided p-value, at least 1 / (rounds + 1); 1 without rounds.
    ///
    /// Rounds draw from other streams than resamples do.
    pub(super) fn sign_flips(&self, differences: &[f64]) -> f64 {
        let n_rounds = self.rounds_of(differences.len());
        let observed = differences.iter().sum::<f64>().abs();
        // Sums in another order differ in their last digits, and equal ones must count.
        let size: f64 = differences.iter().map(|difference| difference.abs()).sum();
        let least = observed - 1e-12 * size;
        let beyond = par::map(
            n_rounds,
            || (),
            |(), round| {
                let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
                rng.set_stream((1 << 40) + round as u64);
                let mut sum = 0.0;
                for differences in differences.chunks(64) {
                    let mut signs = rng.random::<u64>();
                    for difference in differences {
                        sum += if signs & 1 == 1 { *difference } else { -difference };
                        signs >>= 1;
                    }
                }
                sum.abs() >= least
            },
        );
        let n_beyond = beyond.into_iter().filter(|&beyond| beyond).count();
        (n_beyond + 1) as f64 / (n_rounds + 1) as f64
    }
}

/// The quantile of ascending values by linear interpolation.
pub(super) fn quantile(values: &[f64], share: f64) -> Option<f64> {
    let position = share * values.len().checked_sub(1)? as f64;
    let (low, high) = (position.floor() as usize, position.ceil() as usize);
    Some(values[low] + (values[high] - values[low]) * (position - low as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of four differences of 1, two in sixteen ways to sign them are as far from 0.
    #[test]
    fn signs_by_lot() {
        let bootstrap = Bootstrap { n_rounds: 20_000, level: 0.95, seed: 3 };
        let p = bootstrap.sign_flips(&[1.0; 4]);
        assert!((p - 0.125).abs() < 0.01, "{p}");
        // 0.5 + 0.5 + 0.5 − 0.1 = 1.4: only all alike are further (1.6), in 2 of 16 ways, and it itself in 2.
        let p = bootstrap.sign_flips(&[0.5, 0.5, 0.5, -0.1]);
        assert!((p - 0.25).abs() < 0.012, "{p}");
        assert_eq!(bootstrap.sign_flips(&[0.0; 5]), 1.0);
        assert_eq!(bootstrap.sign_flips(&[3.0]), 1.0);
        assert_eq!(bootstrap.sign_flips(&[]), 1.0);
    }
}
