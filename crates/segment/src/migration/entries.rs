//! Customers who come.

use rand_chacha::ChaCha8Rng;

use super::chain::Population;
use super::chain_model::{MarkovChainModel, normalised};
use super::draw::{bootstrap_weights, dirichlet, gamma, multinomial, poisson};

/// Entries of the periods seen.
pub(super) struct Entries<'a> {
    /// Shape `(n_periods, n)`; empty in a closed population.
    counts: &'a [u64],
    /// The mean of each segment.
    pub(super) mean: Vec<f64>,
}

/// Entries of one future.
pub(super) struct DrawnEntries {
    mean: f64,
    variance: f64,
    shares: Vec<f64>,
}

impl<'a> Entries<'a> {
    pub(super) fn of(chain: &'a MarkovChainModel) -> Self {
        let n = chain.n_segments();
        let counts: &[u64] = match chain.population() {
            Population::Open => &chain.entries,
            Population::Closed => &[],
        };
        let mut mean = vec![0.0; n];
        for period in counts.chunks(n) {
            mean.iter_mut().zip(period).for_each(|(mean, &count)| *mean += count as f64);
        }
        mean.iter_mut().for_each(|mean| *mean /= chain.n_periods() as f64);
        Self { counts, mean }
    }

    pub(super) fn draw(&self, rng: &mut ChaCha8Rng) -> DrawnEntries {
        let n = self.mean.len();
        let periods: Vec<(u64, &[u64])> =
            self.counts.chunks(n).map(|row| (row.iter().sum(), row)).collect();
        let weights = match periods.len() {
            // One period tells nothing of how periods differ: its own number is uncertain.
            1 => vec![gamma(rng, periods[0].0 as f64, 1.0) / periods[0].0.max(1) as f64],
            n => bootstrap_weights(rng, n),
        };
        let mut shares = vec![0.0; n];
        for (weight, (_, row)) in weights.iter().zip(&periods) {
            shares.iter_mut().zip(*row).for_each(|(s, &count)| *s += weight * count as f64);
        }
        let mean: f64 = shares.iter().sum();
        let square =
            |(weight, (total, _)): (&f64, &(u64, &[u64]))| weight * (*total as f64 - mean).powi(2);
        let spread: f64 = match periods.len() {
            0 | 1 => 0.0,
            n => weights.iter().zip(&periods).map(square).sum::<f64>() * n as f64 / (n - 1) as f64,
        };
        let shares = match periods[..] {
            [(_, row)] => {
                let weights: Vec<f64> = row.iter().map(|&count| count as f64).collect();
                dirichlet(rng, &weights)
            }
            _ => normalised(&shares).unwrap_or(shares),
        };
        DrawnEntries { mean, variance: spread, shares }
    }
}

impl DrawnEntries {
    /// The mean entries of each segment.
    pub(super) fn means(&self) -> Vec<f64> {
        self.shares.iter().map(|share| share * self.mean).collect()
    }

    pub(super) fn add(&self, rng: &mut ChaCha8Rng, sizes: &mut [u64]) {
        let more = self.variance - self.mean;
        let mean = if self.mean > 0.0 && more > 0.0 {
            gamma(rng, self.mean * self.mean / more, more / self.mean)
        } else {
            self.mean
        };
        let total = poisson(rng, mean);
        multinomial(rng, total, &self.shares, sizes);
    }
}
