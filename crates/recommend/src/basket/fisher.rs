//! Whether two things are in one basket more often than chance would have it.

/// Logarithms of factorials from 0 to a number of baskets.
pub(super) struct LogFactorials(Vec<f64>);

impl LogFactorials {
    pub(super) fn up_to(n: usize) -> Self {
        let mut sum = 0.0;
        let logs = (0..=n).map(|i| {
            sum += (i.max(1) as f64).ln();
            sum
        });
        Self(logs.collect())
    }

    /// Fisher's exact test, one-sided: the probability that of `n` baskets, `a` with one thing and
    /// `c` with another, at least `both` hold both, were they put in by chance.
    pub(super) fn fisher(&self, n: usize, a: usize, c: usize, both: usize) -> f64 {
        let most = a.min(c);
        let least = (a + c).saturating_sub(n);
        if both <= least {
            return 1.0;
        }
        let Self(log) = self;
        let chosen = |n: usize, k: usize| log[n] - log[k] - log[n - k];
        let first = chosen(c, both) + chosen(n - c, a - both) - chosen(n, a);
        // The tail as a multiple of its first term, from one term to the next.
        let (mut term, mut sum) = (1.0, 1.0);
        for x in both..most {
            let (up, down) = ((c - x) as f64 * (a - x) as f64, (x + 1) as f64);
            term *= up / (down * (n + x + 1 - a - c) as f64);
            sum += term;
            if term < 1e-17 * sum {
                break;
            }
        }
        (first.exp() * sum).min(1.0)
    }
}

/// The p-values adjusted for their number, so that of all taken below a level no more than that share
/// is expected to be false (Benjamini and Hochberg, 1995).
pub(super) fn adjusted(p_values: &[f64]) -> Vec<f64> {
    let n = p_values.len() as f64;
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| p_values[b].total_cmp(&p_values[a]));
    let mut adjusted = vec![1.0; p_values.len()];
    let mut least = 1.0_f64;
    for (place, &at) in order.iter().enumerate() {
        least = least.min(p_values[at] * n / (n - place as f64));
        adjusted[at] = least;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tails_of_known_tables() {
        // scipy 1.17.1: scipy.stats.hypergeom.sf(both - 1, n, a, c)
        let logs = LogFactorials::up_to(1000);
        for ((n, a, c, both), expected) in [
            ((20, 8, 6, 5), 0.018_059_855_521_155_833),
            ((10, 5, 5, 5), 0.003_968_253_968_253_969),
            ((1000, 100, 100, 30), 1.883_809_543_123_829_7e-9),
            ((1000, 900, 900, 820), 0.001_069_633_001_485_990_5),
            ((10, 9, 9, 8), 1.0),
        ] {
            let found = logs.fisher(n, a, c, both);
            assert!((found / expected - 1.0).abs() < 1e-9, "{n} {a} {c} {both}: {found}");
        }
    }

    #[test]
    fn adjustment_by_hand() {
        // statsmodels 0.15.0: multipletests([.01, .04, .03, .9], method="fdr_bh")[1]
        let found = adjusted(&[0.01, 0.04, 0.03, 0.9]);
        let expected = [0.04, 0.04 * 4.0 / 3.0, 0.04 * 4.0 / 3.0, 0.9];
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-12, "{found}");
        }
        assert_eq!(adjusted(&[]), Vec::<f64>::new());
    }
}
