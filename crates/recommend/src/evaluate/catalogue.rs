//! How much of the catalogue is shown: figures of all lists together.

use patronage_core::ItemIdx;

use super::bootstrap::{Bootstrap, quantile};
use super::metrics::Metric;
use crate::par;

/// The lists of the customers judged, one after another.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Lists {
    n_items: usize,
    starts: Vec<usize>,
    items: Vec<ItemIdx>,
}

impl Lists {
    pub(super) fn new(n_items: usize) -> Self {
        Self { n_items, starts: vec![0], items: Vec::new() }
    }

    pub(super) fn push(&mut self, list: &[ItemIdx]) {
        self.items.extend_from_slice(list);
        self.starts.push(self.items.len());
    }

    fn n(&self) -> usize {
        self.starts.len() - 1
    }

    /// How often each item stands among the first `k` of the lists of `customers`.
    fn counts(&self, k: usize, customers: impl Iterator<Item = usize>, counts: &mut [u32]) {
        counts.fill(0);
        for at in customers {
            let list = &self.items[self.starts[at]..self.starts[at + 1]];
            for item in list.iter().take(k) {
                counts[item.index()] += 1;
            }
        }
    }

    /// The figure of a metric of all lists and its interval; `None` for other metrics.
    ///
    /// The interval reaches as far to each side as the given share of resamples of customers stay
    /// from their mean: a resample repeats customers and so shows fewer items than there are, and
    /// its quantiles would lie below the figure.
    pub(super) fn figure(
        &self,
        metric: Metric,
        bootstrap: &Bootstrap,
    ) -> Option<(f64, Option<(f64, f64)>)> {
        let (k, of): (usize, fn(&mut [u32]) -> f64) = match metric {
            Metric::Coverage(k) => (k, |counts| coverage(counts)),
            Metric::Gini(k) => (k, gini),
            _ => return None,
        };
        let n = self.n();
        let mut counts = vec![0; self.n_items];
        self.counts(k, 0..n, &mut counts);
        let value = of(&mut counts);
        let n_rounds = bootstrap.rounds_of(n);
        if n_rounds == 0 {
            return Some((value, None));
        }
        let rounds = par::map(
            n_rounds,
            || vec![0; self.n_items],
            |counts, round| {
                self.counts(k, bootstrap.resample(round, n), counts);
                of(counts)
            },
        );
        let mean = rounds.iter().sum::<f64>() / n_rounds as f64;
        let mut away: Vec<f64> = rounds.iter().map(|round| (round - mean).abs()).collect();
        away.sort_unstable_by(f64::total_cmp);
        let interval = quantile(&away, bootstrap.level)
            .map(|reach| ((value - reach).max(0.0), (value + reach).min(1.0)));
        Some((value, interval))
    }
}

/// The share of items listed at all.
fn coverage(counts: &[u32]) -> f64 {
    counts.iter().filter(|&&count| count > 0).count() as f64 / counts.len().max(1) as f64
}

/// The Gini index; sorts the counts. 0 where nothing is listed, or there is one item.
fn gini(counts: &mut [u32]) -> f64 {
    counts.sort_unstable();
    let n = counts.len() as f64;
    let (mut sum, mut weighed) = (0.0, 0.0);
    for (position, &count) in counts.iter().enumerate() {
        sum += f64::from(count);
        weighed += (2.0 * (position as f64 + 1.0) - n - 1.0) * f64::from(count);
    }
    if sum > 0.0 && n > 1.0 { weighed / ((n - 1.0) * sum) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gini_index_by_hand() {
        assert_eq!(gini(&mut [3, 3, 3]), 0.0);
        assert_eq!(gini(&mut [0, 7, 0]), 1.0);
        // (−3·0 − 1·1 + 1·1 + 3·2) / (3 · 4)
        assert_eq!(gini(&mut [1, 2, 0, 1]), 0.5);
        assert_eq!((gini(&mut []), gini(&mut [5]), gini(&mut [0, 0])), (0.0, 0.0, 0.0));
        assert_eq!(coverage(&[0, 2, 0, 1]), 0.5);
        assert_eq!(coverage(&[]), 0.0);
    }

    #[test]
    fn figures_are_of_the_first_k() {
        let mut lists = Lists::new(4);
        lists.push(ItemIdx::wrap_slice(&[0, 1, 2]));
        lists.push(ItemIdx::wrap_slice(&[0, 2]));
        let bootstrap = Bootstrap { n_rounds: 400, level: 0.95, seed: 1 };
        let (value, interval) = lists.figure(Metric::Coverage(2), &bootstrap).unwrap();
        assert_eq!(value, 0.75);
        // Half of the resamples show 2 items, half 3: all are 1/8 from their mean, but for chance.
        let (low, high) = interval.unwrap();
        assert!((low - 0.625).abs() < 0.02 && (high - 0.875).abs() < 0.02, "{low} {high}");
        let (value, _) = lists.figure(Metric::Gini(1), &bootstrap).unwrap();
        assert_eq!(value, 1.0);
        assert!(lists.figure(Metric::Recall(1), &bootstrap).is_none());
        let none = Bootstrap { n_rounds: 0, ..bootstrap };
        assert_eq!(lists.figure(Metric::Coverage(3), &none), Some((0.75, None)));
    }
}
