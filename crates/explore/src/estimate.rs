//! Figures with their uncertainty.

use patronage_core::{Money, Probability};

/// The share of repeated samples in which an interval of this crate is meant to hold the truth.
pub const CONFIDENCE: f64 = 0.95;

/// The 97.5 % point of the standard normal distribution, which goes with [`CONFIDENCE`].
const Z: f64 = 1.959_963_984_540_054;

/// A 95 % confidence interval.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Interval<T> {
    /// Its lower end.
    pub low: T,
    /// Its upper end.
    pub high: T,
}

/// A figure and, where the data allow one, its 95 % interval.
///
/// The interval treats the customers at hand as a sample of the customers there might be: it says
/// how far the figure would move with other customers of the same kind, not with other times.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Estimate<T> {
    /// The figure.
    pub value: T,
    /// Its interval; `None` where there are fewer than two customers.
    pub interval: Option<Interval<T>>,
}

impl<T> Estimate<T> {
    pub(crate) fn map<U>(self, f: impl Fn(T) -> U) -> Estimate<U> {
        Estimate {
            value: f(self.value),
            interval: self.interval.map(|i| Interval { low: f(i.low), high: f(i.high) }),
        }
    }
}

/// A share with its Wilson score interval at 95 %; `None` of no trials.
///
/// ```text
/// (p + z²/2n ± z √(p(1−p)/n + z²/4n²)) / (1 + z²/n),   z = 1.96
/// ```
///
/// Unlike the textbook `p ± 1.96 √(p(1−p)/n)` it stays inside `[0, 1]` and is sensible for few
/// trials and for shares of 0 and 1.
///
/// # Panics
///
/// When there are more successes than trials.
///
/// # References
///
/// E. B. Wilson (1927), Probable inference, the law of succession, and statistical inference.
///
/// ```
/// let share = patronage_explore::wilson(8, 10).unwrap();
/// assert_eq!(share.value.get(), 0.8);
/// let interval = share.interval.unwrap();
/// assert!((interval.low.get() - 0.4901625).abs() < 1e-7);
/// assert!((interval.high.get() - 0.9433178).abs() < 1e-7);
/// ```
#[must_use]
pub fn wilson(successes: u64, trials: u64) -> Option<Estimate<Probability>> {
    assert!(successes <= trials, "no more successes than trials");
    if trials == 0 {
        return None;
    }
    let n = trials as f64;
    let p = successes as f64 / n;
    let z2 = Z * Z;
    let centre = p + z2 / (2.0 * n);
    let reach = Z * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
    let scale = 1.0 + z2 / n;
    // At the ends rounding may leave the interval a hair short of the share itself.
    let low = ((centre - reach) / scale).clamp(0.0, p);
    let high = ((centre + reach) / scale).clamp(p, 1.0);
    let probability = |value: f64| Probability::new(value.clamp(0.0, 1.0)).unwrap_or_default();
    Some(Estimate {
        value: probability(p),
        interval: Some(Interval { low: probability(low), high: probability(high) }),
    })
}

/// The ratio `Σ numerators / Σ denominators` over customers, with its normal 95 % interval.
///
/// The standard error is that of a ratio whose units are customers (delta method):
/// `√(m/(m−1) Σ (rᵢ − A nᵢ)²) / N`. Orders of one customer resemble each other, so that counting
/// them as independent would understate it. With all denominators 1 it is the standard error of
/// the mean. Where no numerator is below zero the interval is cut there. `None` when the
/// denominators sum to zero.
pub(crate) fn ratio(pairs: impl Iterator<Item = (f64, f64)> + Clone) -> Option<Estimate<f64>> {
    let (mut count, mut numerator, mut denominator) = (0usize, 0.0, 0.0);
    let mut floor = 0.0;
    for (r, n) in pairs.clone() {
        if r < 0.0 {
            floor = f64::NEG_INFINITY;
        }
        count += 1;
        numerator += r;
        denominator += n;
    }
    if denominator <= 0.0 {
        return None;
    }
    let value = numerator / denominator;
    let interval = (count >= 2).then(|| {
        let m = count as f64;
        let squares: f64 = pairs.map(|(r, n)| (r - value * n) * (r - value * n)).sum();
        let error = (m / (m - 1.0) * squares).sqrt() / denominator;
        Interval { low: (value - Z * error).max(floor), high: value + Z * error }
    });
    Some(Estimate { value, interval })
}

/// `sum / count` to the nearest ten-thousandth, ties to even; the interval of `around` about it.
pub(crate) fn money_mean(sum: Money, count: u64, around: Estimate<f64>) -> Estimate<Money> {
    let (ticks, n) = (i128::from(sum.ticks()), i128::from(count.max(1)));
    let (quotient, rest) = (ticks.div_euclid(n), ticks.rem_euclid(n));
    let up = rest * 2 > n || (rest * 2 == n && quotient % 2 != 0);
    let exact = Money::from_ticks((quotient + i128::from(up)) as i64);
    // A float cast saturates, which is the right end of an interval beyond the range of money.
    let mut estimate = around.map(|ticks| Money::from_ticks(ticks.round_ties_even() as i64));
    estimate.value = exact;
    estimate
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wilson_at_the_ends_stays_inside() {
        assert!(wilson(0, 0).is_none());
        for n in [1, 2, 10, 1_000_000, u64::from(u32::MAX)] {
            let none = wilson(0, n).unwrap();
            let all = wilson(n, n).unwrap();
            assert_eq!(none.interval.unwrap().low.get(), 0.0);
            assert_eq!(all.interval.unwrap().high.get(), 1.0);
            assert!(none.interval.unwrap().high.get() > 0.0);
        }
    }

    #[test]
    fn a_mean_rounds_half_to_even() {
        let around = Estimate { value: 0.0, interval: None };
        let mean = |ticks, n| money_mean(Money::from_ticks(ticks), n, around).value.ticks();
        assert_eq!((mean(5, 2), mean(7, 2), mean(-5, 2), mean(10, 4)), (2, 4, -2, 2));
        assert_eq!(mean(i64::MAX, 1), i64::MAX);
    }

    #[test]
    fn a_ratio_needs_two_customers_for_an_interval() {
        assert!(ratio([].into_iter()).is_none());
        assert_eq!(ratio([(6.0, 3.0)].into_iter()).unwrap().interval, None);
        let flat = ratio([(2.0, 1.0), (4.0, 2.0)].into_iter()).unwrap();
        assert_eq!(flat.interval, Some(Interval { low: 2.0, high: 2.0 }));
    }
}
