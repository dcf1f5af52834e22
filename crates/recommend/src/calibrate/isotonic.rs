//! A curve that never falls, from counts in bins.

use super::logistic::{logit, sigmoid};

const LOWEST: f64 = -20.0;
const WIDTH: f64 = 0.01;
const N_BINS: usize = 3000;
/// How many pairs the logistic curve stands for in each bin.
const PRIOR: f64 = 5.0;

/// Pairs and purchases by log odds, in bins of 0.01 from −20 to 10; what lies beyond counts in the first and the last.
#[derive(Clone)]
pub(super) struct Histogram {
    /// Pairs, purchases, and the sum of log odds in hundred-millionths, so that adding is exact in any order.
    bins: Vec<(u64, u64, i64)>,
}

const TICKS: f64 = 1e8;
/// What the curve rises by in a pool and beyond its ends.
const SLOPE: f64 = 0.01;

impl Histogram {
    pub(super) fn new() -> Self {
        Self { bins: vec![(0, 0, 0); N_BINS] }
    }

    pub(super) fn add(&mut self, z: f64, bought: bool) {
        let z = z.clamp(LOWEST, LOWEST + WIDTH * N_BINS as f64);
        let bin = (((z - LOWEST) / WIDTH) as usize).min(N_BINS - 1);
        let bin = &mut self.bins[bin];
        bin.0 += 1;
        bin.1 += u64::from(bought);
        bin.2 += (z * TICKS) as i64;
    }

    pub(super) fn merge(&mut self, other: &Self) {
        for (bin, other) in self.bins.iter_mut().zip(&other.bins) {
            *bin = (bin.0 + other.0, bin.1 + other.1, bin.2.saturating_add(other.2));
        }
    }

    /// The best curve that never falls, by pooling adjacent violators: each pool is all but level,
    /// with just enough slope to keep the order inside it.
    pub(super) fn curve(&self) -> Curve {
        let mut pools: Vec<Pool> = Vec::new();
        for &(pairs, bought, sum) in self.bins.iter().filter(|bin| bin.0 > 0) {
            let (pairs, sum) = (pairs as f64, sum as f64 / TICKS);
            let at = sum / pairs;
            let shrunk = pairs * (bought as f64 + PRIOR * sigmoid(at)) / (pairs + PRIOR);
            let mut pool = Pool { pairs, bought: shrunk, sum, first: at, last: at };
            while let Some(before) =
                pools.pop_if(|before| before.bought * pool.pairs >= pool.bought * before.pairs)
            {
                pool.pairs += before.pairs;
                pool.bought += before.bought;
                pool.sum += before.sum;
                pool.first = before.first;
            }
            pools.push(pool);
        }
        let mut points: Vec<(f64, f64)> = Vec::new();
        for pool in &pools {
            let (middle, p) = (pool.sum / pool.pairs, pool.bought / pool.pairs);
            let level = logit(p.clamp(1e-9, 1.0 - 1e-9));
            for x in [pool.first, pool.last] {
                let y = level + SLOPE * (x - middle);
                match points.last() {
                    Some(&(x_before, _)) if x <= x_before => {}
                    Some(&(_, y_before)) => points.push((x, y.max(y_before))),
                    None => points.push((x, y)),
                }
            }
        }
        Curve { points }
    }
}

/// Bins that share one probability.
struct Pool {
    pairs: f64,
    bought: f64,
    sum: f64,
    /// The mean log odds of the first and of the last bin.
    first: f64,
    last: f64,
}

/// A piecewise linear curve from log odds to log odds that never falls; beyond its ends it all but stays.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub(super) struct Curve {
    points: Vec<(f64, f64)>,
}

impl Curve {
    /// The curve that changes nothing.
    pub(super) const fn identity() -> Self {
        Self { points: Vec::new() }
    }

    /// Whether the points ascend.
    #[cfg(feature = "serde")]
    pub(super) fn is_sound(&self) -> bool {
        self.points.iter().all(|(x, y)| x.is_finite() && y.is_finite())
            && self.points.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 <= pair[1].1)
    }

    pub(super) fn at(&self, z: f64) -> f64 {
        let next = self.points.partition_point(|&(x, _)| x <= z);
        match (next.checked_sub(1).map(|last| self.points[last]), self.points.get(next)) {
            (None, None) => z,
            (Some((x, y)), None) | (None, Some(&(x, y))) => y + SLOPE * (z - x),
            (Some((x, y)), Some(&(x_next, y_next))) => y + (y_next - y) * ((z - x) / (x_next - x)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn violators_are_pooled() {
        let mut histogram = Histogram::new();
        // Shares of 0.2, 0.6, 0.4 and 0.9: the middle two pool to 0.5.
        for (z, bought) in [(-2.0, 20_000), (-1.0, 60_000), (0.0, 40_000), (1.0, 90_000)] {
            (0..100_000).for_each(|pair| histogram.add(z, pair < bought));
        }
        let curve = histogram.curve();
        assert_eq!(curve.points.len(), 4);
        for (z, share) in [(-2.0, 0.2), (-0.5, 0.5), (1.0, 0.9)] {
            assert!((sigmoid(curve.at(z)) - share).abs() < 1e-3, "{z}");
        }
        let values: Vec<f64> = (-400..400).map(|z| curve.at(f64::from(z) / 20.0)).collect();
        assert!(values.windows(2).all(|pair| pair[0] <= pair[1]));
    }

    #[test]
    fn without_pairs_nothing_changes() {
        assert_eq!(Histogram::new().curve().at(-3.0), -3.0);
    }

    #[test]
    fn merging_is_adding() {
        let (mut a, mut b) = (Histogram::new(), Histogram::new());
        a.add(1.234, true);
        b.add(1e9, false);
        a.merge(&b);
        assert_eq!(a.bins.iter().map(|bin| bin.0).sum::<u64>(), 2);
    }
}
