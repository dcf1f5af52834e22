//! Confidence intervals.

/// Standard normal deviation that both tails of a 95 % interval exceed with chance 0.025.
pub(crate) const Z95: f64 = 1.959_963_984_540_054;

/// A 95 % confidence interval.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

impl Interval {
    /// Whether `value` lies inside, ends included.
    #[must_use]
    pub fn contains(self, value: f64) -> bool {
        self.low <= value && value <= self.high
    }
}

/// Wilson's interval at 95 % for a share `share` of `n`, which need not be whole; `[0, 1]` of none.
pub(crate) fn wilson(share: f64, n: f64) -> Interval {
    score(share, n, Z95)
}

/// Wilson's score interval for a standard normal deviation `z`.
///
/// ```text
/// (p + z²/2n ± z √(p (1 - p)/n + z²/4n²)) / (1 + z²/n)
/// ```
///
/// E. B. Wilson (1927), Probable inference, the law of succession, and statistical inference.
pub(crate) fn score(share: f64, n: f64, z: f64) -> Interval {
    if n <= 0.0 {
        return Interval { low: 0.0, high: 1.0 };
    }
    let square = z * z / n;
    let middle = share + square / 2.0;
    let half = (square * (share * (1.0 - share) + square / 4.0)).max(0.0).sqrt();
    // The ends of nobody and of everybody are exact.
    let low = if share <= 0.0 { 0.0 } else { ((middle - half) / (1.0 + square)).max(0.0) };
    let high = if share >= 1.0 { 1.0 } else { ((middle + half) / (1.0 + square)).min(1.0) };
    Interval { low, high }
}

/// How much of what one side did was of a kind: `of_kind` of `all`, and the variance of their
/// ratio's logarithm, which counts customers, not lines, as independent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counted {
    pub(crate) of_kind: f64,
    pub(crate) all: f64,
    pub(crate) log_variance: f64,
}

impl Counted {
    /// A share of independent customers, half a customer added to either count so that none is 0.
    pub(crate) fn independent(of_kind: f64, all: f64) -> Self {
        let (of_kind, all) = (of_kind + 0.5, all + 0.5);
        Self { of_kind, all, log_variance: 1.0 / of_kind - 1.0 / all }
    }

    /// A share of lines that come in customers: linearised, with `n` customers, sums of lines of
    /// the kind `x` and of lines `m`, and of their squares and products.
    ///
    /// Half a line is added where there is none of the kind.
    pub(crate) fn clustered(n: f64, [x, m, xx, xm, mm]: [f64; 5]) -> Self {
        if x == 0.0 || n < 2.0 {
            return Self { of_kind: x + 0.5, all: m + 0.5, log_variance: 1.0 / (x + 0.5) };
        }
        let share = x / m;
        let square = (xx - 2.0 * share * xm + share * share * mm).max(0.0);
        let log_variance = n / (n - 1.0) * square / (x * x);
        Self { of_kind: x, all: m, log_variance }
    }

    fn share(&self) -> f64 {
        self.of_kind / self.all
    }
}

/// The interval of (share in the segment) ÷ (share among all), from that of the ratio of the
/// segment's share to the rest's; `weight` is the segment's part of all.
///
/// With ratio ρ of segment to rest the lift is ρ / (wρ + 1 − w), which grows with ρ from 0 to 1/w:
/// ends of one interval map to ends of the other.
pub(crate) fn ratio_of_shares(segment: Counted, rest: Counted, weight: f64, lift: f64) -> Interval {
    let log = (segment.share() / rest.share()).ln();
    let half = Z95 * (segment.log_variance + rest.log_variance).sqrt();
    let most = 1.0 / weight;
    let mapped = |log: f64| {
        // Divided by the ratio, which may overflow.
        let inverse = (-log).exp();
        if inverse.is_infinite() { 0.0 } else { 1.0 / (weight + (1.0 - weight) * inverse) }
    };
    let (low, high) = (mapped(log - half).min(lift), mapped(log + half).min(most).max(lift));
    Interval { low: if lift == 0.0 { 0.0 } else { low }, high }
}

#[cfg(test)]
#[allow(clippy::unreadable_literal, reason = "printed by the oracle")]
mod tests {
    use super::*;

    // statsmodels 0.15.0: proportion_confint(k, n, method="wilson").
    #[test]
    fn wilson_equals_the_oracle() {
        for (k, n, low, high) in WILSON {
            let found = wilson(k / n, n);
            assert!((found.low - low).abs() < 1e-9 && (found.high - high).abs() < 1e-9, "{k}");
        }
        assert_eq!(wilson(0.0, 0.0), Interval { low: 0.0, high: 1.0 });
    }

    // statsmodels 0.15.0: confint_proportions_2indep(compare="ratio", method="log-adjusted"), the
    // ratio then mapped to a lift over all by hand.
    #[test]
    fn lifts_lie_in_the_interval_of_the_oracle() {
        for ([a, n1, c, n0], [low, high]) in RATIO {
            let (weight, all) = (n1 / (n1 + n0), (a + c) / (n1 + n0));
            let lift = a / n1 / all;
            let found = ratio_of_shares(
                Counted::independent(a, n1),
                Counted::independent(c, n0),
                weight,
                lift,
            );
            assert!((found.low - low).abs() < 1e-9 && (found.high - high).abs() < 1e-9, "{a}");
            assert!(found.contains(lift));
        }
    }

    #[test]
    fn single_lines_of_single_customers_are_independent() {
        // Each customer one line: the clustered variance is the binomial one.
        let (n, x) = (400.0, 30.0);
        let clustered = Counted::clustered(n, [x, n, x, x, n]);
        let expected = (1.0 / x - 1.0 / n) * n / (n - 1.0);
        assert!((clustered.log_variance - expected).abs() < 1e-15);
        // Each customer's lines all alike: as many independent lines as customers.
        let alike = Counted::clustered(n, [10.0 * x, 10.0 * n, 100.0 * x, 100.0 * x, 100.0 * n]);
        assert!((alike.log_variance - expected).abs() < 1e-15);
    }

    const WILSON: [(f64, f64, f64, f64); 5] = [
        (0.0, 10.0, 0.0, 0.27753279986288926),
        (3.0, 10.0, 0.10779126740630104, 0.6032218525388546),
        (62.0, 100.0, 0.5220975529551107, 0.7090240074752127),
        (10.0, 10.0, 0.7224672001371106, 1.0),
        (1.0, 100000.0, 1.7652477303783092e-06, 5.664709659040968e-05),
    ];
    const RATIO: [([f64; 4], [f64; 2]); 4] = [
        ([8.0, 10.0, 20.0, 90.0], [1.9714121091120487, 3.910361614752959]),
        ([30.0, 400.0, 90.0, 3600.0], [1.8453853323788136, 3.336836568456418]),
        ([5.0, 20.0, 0.0, 80.0], [1.9174848112085054, 5.0]),
        ([100.0, 1000.0, 900.0, 9000.0], [0.8403506703151244, 1.1944150441387522]),
    ];
}
