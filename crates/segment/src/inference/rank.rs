//! Each segment against the rest by ranks.

use super::interval::{Interval, Z95, wilson};
use super::special::{ln_choose, normal_sf};

/// How the ranks of a segment lie among those of the rest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct RankContrast {
    /// The chance that a row of the segment exceeds one of the rest, equals counting half.
    pub(crate) superiority: f64,
    /// Its interval.
    pub(crate) interval: Interval,
    /// The two-sided p-value of the Mann-Whitney test.
    pub(crate) p_value: f64,
}

/// Counts for one segment while ascending through groups of equal numbers.
#[derive(Clone, Copy, Debug, Default)]
struct Climb {
    n: f64,
    below: f64,
    rank_sum: f64,
    /// Σ and Σ² of the share of the rest below each row of the segment, …
    inner: [f64; 2],
    /// … and of the share of the segment below each row of the rest.
    outer: [f64; 2],
}

/// The contrast of each of `n_segments` with the rest in one column, `None` where either is empty;
/// `ascending` holds (number, segment) in ascending order of number. O(rows + groups · segments).
///
/// The interval of the superiority is DeLong's on the logit scale; where it is 0 or 1 or a side is
/// a single row, Wilson's for as many rows as the smaller side has. The p-value is exact where
/// there are no ties and the smaller side has at most eight rows (and the product of both sides'
/// sizes is at most 20,000), else normal, corrected for ties and continuity.
///
/// H. B. Mann, D. R. Whitney (1947), On a test of whether one of two random variables is
/// stochastically larger than the other. E. R. DeLong, D. M. DeLong, D. L. Clarke-Pearson (1988),
/// Comparing the areas under two or more correlated receiver operating characteristic curves.
pub(crate) fn rank_contrasts(
    ascending: &[(f64, u32)],
    n_segments: usize,
) -> Vec<Option<RankContrast>> {
    let n = ascending.len() as f64;
    let mut climbs = vec![Climb::default(); n_segments];
    ascending.iter().for_each(|&(_, segment)| climbs[segment as usize].n += 1.0);
    let (mut below, mut ties) = (0.0, 0.0);
    let mut equal = vec![0.0; n_segments];
    for group in ascending.chunk_by(|a, b| a.0 == b.0) {
        let size = group.len() as f64;
        ties += size * size * size - size;
        group.iter().for_each(|&(_, segment)| equal[segment as usize] += 1.0);
        for (climb, equal) in climbs.iter_mut().zip(&mut equal) {
            let (own, rest) = (*equal, climb.n_rest(n));
            if own > 0.0 && rest > 0.0 {
                let place = (below - climb.below + (size - own) / 2.0) / rest;
                climb.inner[0] += own * place;
                climb.inner[1] += own * place * place;
                climb.rank_sum += own * (below + (size + 1.0) / 2.0);
            }
            if size > own && climb.n > 0.0 {
                let place = (climb.below + own / 2.0) / climb.n;
                climb.outer[0] += (size - own) * place;
                climb.outer[1] += (size - own) * place * place;
            }
            climb.below += own;
            *equal = 0.0;
        }
        below += size;
    }
    climbs.iter().map(|climb| climb.contrast(n, ties)).collect()
}

impl Climb {
    fn n_rest(&self, n: f64) -> f64 {
        n - self.n
    }

    fn contrast(&self, n: f64, ties: f64) -> Option<RankContrast> {
        let (own, rest) = (self.n, self.n_rest(n));
        if own == 0.0 || rest == 0.0 {
            return None;
        }
        let u = self.rank_sum - own * (own + 1.0) / 2.0;
        let superiority = (u / (own * rest)).clamp(0.0, 1.0);
        let smaller = own.min(rest);
        let interval = if superiority > 0.0 && superiority < 1.0 && smaller >= 2.0 {
            let spread = |[sum, squares]: [f64; 2], n: f64| {
                ((squares - sum * sum / n) / (n - 1.0)).max(0.0) / n
            };
            let deviation = (spread(self.inner, own) + spread(self.outer, rest)).sqrt();
            let logit = (superiority / (1.0 - superiority)).ln();
            let half = Z95 * deviation / (superiority * (1.0 - superiority));
            let back = |logit: f64| 1.0 / (1.0 + (-logit).exp());
            Interval { low: back(logit - half), high: back(logit + half) }
        } else {
            wilson(superiority, smaller)
        };
        let p_value = if ties == 0.0 && smaller <= 8.0 && own * rest <= 20_000.0 {
            exact(u, own as usize, rest as usize)
        } else {
            let variance = own * rest / 12.0 * ((n + 1.0) - ties / (n * (n - 1.0)));
            if variance <= 0.0 {
                1.0
            } else {
                let beyond = (u - own * rest / 2.0).abs() - 0.5;
                (2.0 * normal_sf(beyond / variance.sqrt())).min(1.0)
            }
        };
        Some(RankContrast { superiority, interval, p_value })
    }
}

/// The exact two-sided p-value of `u` where there are no ties.
///
/// Numbers of arrangements are the coefficients of the Gaussian binomial; only those of the lesser
/// tail are needed, and there every step but the last adds.
fn exact(u: f64, a: usize, b: usize) -> f64 {
    let (few, many) = (a.min(b), a.max(b));
    let most = a * b;
    let reach = (u as usize).min(most - u as usize);
    let mut ways = vec![0.0; reach + 1];
    ways[0] = 1.0;
    for i in 1..=few {
        for at in (many + i..=reach).rev() {
            ways[at] -= ways[at - many - i];
        }
        for at in i..=reach {
            ways[at] += ways[at - i];
        }
    }
    let tail: f64 = ways.iter().sum();
    (2.0 * (tail.ln() - ln_choose((a + b) as u64, few as u64)).exp()).min(1.0)
}

#[cfg(test)]
#[allow(clippy::unreadable_literal, reason = "printed by the oracle")]
mod tests {
    use super::*;

    fn contrast(segment: &[f64], rest: &[f64]) -> RankContrast {
        let mut all: Vec<(f64, u32)> = segment.iter().map(|&v| (v, 1)).collect();
        all.extend(rest.iter().map(|&v| (v, 0)));
        all.sort_by(|a, b| a.0.total_cmp(&b.0));
        let of = rank_contrasts(&all, 3);
        assert_eq!(of[2], None);
        let (own, other) = (of[1].unwrap(), of[0].unwrap());
        // Two segments are each other's rest.
        assert!((own.superiority + other.superiority - 1.0).abs() < 1e-12);
        assert!((own.interval.low + other.interval.high - 1.0).abs() < 1e-12);
        assert!((own.p_value - other.p_value).abs() < 1e-12);
        own
    }

    // scipy 1.17.1: mannwhitneyu(segment, rest) (method="auto"), superiority = U / (n1 n2); the
    // interval by numpy from DeLong's placements, pair by pair.
    #[test]
    fn contrasts_equal_the_oracle() {
        let many = |n: u32, step: u32, shift: f64| -> Vec<f64> {
            (0..n).map(|i| f64::from(i * step % 101) + shift).collect()
        };
        let cases = [
            (vec![1.5, 9.0, 7.2], vec![2.0, 3.0, 4.0, 5.0, 6.0]),
            (vec![1.0, 2.0, 2.0, 3.0], vec![2.0, 3.0, 3.0, 4.0, 5.0, 5.0]),
            (many(40, 37, 9.0), many(60, 29, 0.0)),
            (vec![100.5, 90.5, 80.5], many(100, 29, 0.0)),
            (vec![5.0], vec![1.0, 2.0, 3.0]),
        ];
        for ((segment, rest), (superiority, p_value, interval)) in cases.iter().zip(EXPECTED) {
            let found = contrast(segment, rest);
            assert!((found.superiority - superiority).abs() < 1e-12);
            assert!((found.p_value / p_value - 1.0).abs() < 1e-9, "{}", found.p_value);
            if let Some((low, high)) = interval {
                assert!((found.interval.low - low).abs() < 1e-9, "{:?}", found.interval);
                assert!((found.interval.high - high).abs() < 1e-9);
            }
            assert!(found.interval.contains(superiority));
        }
    }

    #[test]
    fn equal_numbers_are_no_finding() {
        let found = contrast(&[3.0; 20], &[3.0; 30]);
        assert_eq!((found.superiority, found.p_value), (0.5, 1.0));
        let all: Vec<(f64, u32)> = vec![(1.0, 0), (2.0, 0)];
        assert_eq!(rank_contrasts(&all, 2), [None, None]);
    }

    type Expected = (f64, f64, Option<(f64, f64)>);
    const EXPECTED: [Expected; 5] = [
        (0.6666666666666666, 0.5714285714285714, Some((0.09562595207106037, 0.9742464835876538))),
        (0.125, 0.06235706036140629, Some((0.020550683326046943, 0.49306944430559263))),
        (0.605625, 0.07504269999343566, Some((0.48884259477881603, 0.7114741762196009))),
        (0.9, 0.011772622150850148, Some((0.7018090251724083, 0.971764185234144))),
        (1.0, 0.5, None),
    ];
}
