//! Draws of probabilities and of counts.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Binomial, Distribution, Gamma, Poisson};

/// The generator of the draw at a position.
pub(crate) fn generator(seed: u64, position: usize) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(1 + position as u64);
    rng
}

/// A gamma number of mean `shape * scale`; 0 where that is 0.
pub(crate) fn gamma(rng: &mut ChaCha8Rng, shape: f64, scale: f64) -> f64 {
    Gamma::new(shape, scale).map_or(0.0, |gamma| gamma.sample(rng))
}

/// A Poisson number; 0 where the mean is 0.
pub(crate) fn poisson(rng: &mut ChaCha8Rng, mean: f64) -> u64 {
    // Beyond any number of customers the generator refuses, and so do counts.
    Poisson::new(mean.min(1e15)).map_or(0, |poisson| poisson.sample(rng) as u64)
}

/// Shares drawn from the Dirichlet distribution with these weights, those of weight 0 staying 0.
///
/// Shares of a positive weight stay positive, so that what leads where never changes.
pub(crate) fn dirichlet(rng: &mut ChaCha8Rng, weights: &[f64]) -> Vec<f64> {
    let mut shares: Vec<f64> = weights.iter().map(|&weight| gamma(rng, weight, 1.0)).collect();
    let sum: f64 = shares.iter().sum();
    for (share, &weight) in shares.iter_mut().zip(weights) {
        if weight > 0.0 {
            *share = if sum > 0.0 { (*share / sum).max(1e-30) } else { weight };
        }
    }
    let sum: f64 = shares.iter().sum();
    if sum > 0.0 {
        shares.iter_mut().for_each(|share| *share /= sum);
    }
    shares
}

/// Adds to `out` how `n` customers spread over shares that sum to 1.
pub(crate) fn multinomial(rng: &mut ChaCha8Rng, n: u64, shares: &[f64], out: &mut [u64]) {
    let last = shares.iter().rposition(|&share| share > 0.0);
    let (mut left, mut rest) = (n, 1.0_f64);
    for (position, (&share, out)) in shares.iter().zip(out).enumerate() {
        if left == 0 {
            return;
        }
        if share == 0.0 {
            continue;
        }
        let drawn = if Some(position) == last {
            left
        } else {
            binomial(rng, left, (share / rest).clamp(0.0, 1.0))
        };
        *out += drawn;
        left -= drawn;
        rest = (rest - share).max(f64::MIN_POSITIVE);
    }
}

fn binomial(rng: &mut ChaCha8Rng, n: u64, p: f64) -> u64 {
    Binomial::new(n, p).map_or(0, |binomial| binomial.sample(rng)).min(n)
}

/// Weights of a Bayesian bootstrap of `n` observations: uniform over all that sum to 1.
pub(crate) fn bootstrap_weights(rng: &mut ChaCha8Rng, n: usize) -> Vec<f64> {
    // Spacings of exponential numbers.
    let mut weights: Vec<f64> = (0..n).map(|_| -(1.0 - rng.random::<f64>()).ln()).collect();
    let sum: f64 = weights.iter().sum();
    if sum > 0.0 {
        weights.iter_mut().for_each(|weight| *weight /= sum);
    }
    weights
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spreads_keep_the_number_and_the_empty_cells() {
        let mut rng = generator(1, 0);
        for n in [0, 1, 7, 100_000_000] {
            let shares = dirichlet(&mut rng, &[0.0, 1e-9, 3.0, 0.0, 80.0, 0.0]);
            assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-12);
            assert!(shares[1] > 0.0 && shares[0] == 0.0 && shares[5] == 0.0);
            let mut out = [0; 6];
            multinomial(&mut rng, n, &shares, &mut out);
            assert_eq!(out.iter().sum::<u64>(), n);
            assert_eq!((out[0], out[3], out[5]), (0, 0, 0));
        }
        assert_eq!((gamma(&mut rng, 0.0, 1.0), poisson(&mut rng, 0.0)), (0.0, 0));
    }
}
