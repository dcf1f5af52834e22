//! Whether a segment's customers do more of something, by permuting customers.

use super::special::{gamma_p, gamma_q, normal_sf};

/// Power sums over customers of what is tested and of what it is a part of: for a customer with
/// `m` lines, `x` of them of the kind, Σx, Σx², Σx³, Σxm, Σx²m and Σxm².
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Spread {
    pub(crate) x: f64,
    pub(crate) xx: f64,
    pub(crate) xxx: f64,
    pub(crate) xm: f64,
    pub(crate) xxm: f64,
    pub(crate) xmm: f64,
}

impl Spread {
    /// Counts one customer.
    pub(crate) fn add(&mut self, x: f64, m: f64) {
        self.x += x;
        self.xx += x * x;
        self.xxx += x * x * x;
        self.xm += x * m;
        self.xxm += x * x * m;
        self.xmm += x * m * m;
    }

    /// The two-sided p-value of "the segment's lines are of the kind as often as everybody's", where
    /// customers are exchangeable.
    ///
    /// With p = Σx/Σm a customer's residual is r = x − pm, and residuals sum to 0. The segment's sum
    /// T of residuals is, when `n_segment` of `n` customers are drawn without replacement, of
    ///
    /// ```text
    /// E T = 0,   Var T = n₁n₀ Σr² / (n(n−1)),   E T³ = n₁n₀(n₀−n₁) Σr³ / (n(n−1)(n−2))
    /// ```
    ///
    /// and either tail is taken to be that of Pearson's type III of those moments or of the normal,
    /// whichever is heavier: the type III ends abruptly on its thin side, where a few customers with
    /// many lines are absent, which is no rarity. `m` is Σm, Σm², Σm³ over everybody; `found` and `lines` are the
    /// segment's Σx and Σm. 1 where nothing varies.
    ///
    /// K. J. Berry, P. W. Mielke (1983), Moment approximations as an alternative to the F test in
    /// analysis of variance.
    pub(crate) fn p_value(
        &self,
        n: f64,
        n_segment: f64,
        m: [f64; 3],
        found: f64,
        lines: f64,
    ) -> f64 {
        let rest = n - n_segment;
        if n < 3.0 || n_segment == 0.0 || rest == 0.0 || m[0] == 0.0 {
            return 1.0;
        }
        let p = self.x / m[0];
        let square = self.xx - 2.0 * p * self.xm + p * p * m[1];
        let cube = self.xxx - 3.0 * p * self.xxm + 3.0 * p * p * self.xmm - p * p * p * m[2];
        let variance = n_segment * rest / (n * (n - 1.0)) * square;
        // What rounding leaves of nothing is nothing.
        if variance <= 1e-12 * (self.xx + p * p * m[1]) {
            return 1.0;
        }
        let third = n_segment * rest * (rest - n_segment) / (n * (n - 1.0) * (n - 2.0)) * cube;
        let deviation = (found - p * lines) / variance.sqrt();
        let skewness = third / (variance * variance.sqrt());
        let tail = |z: f64, skewness: f64| pearson_sf(z, skewness).max(normal_sf(z));
        let upper = tail(deviation, skewness);
        let lower = tail(-deviation, -skewness);
        (2.0 * upper.min(lower)).min(1.0)
    }
}

/// The chance that a number of mean 0, variance 1 and that skewness, of Pearson's type III (a
/// shifted gamma), exceeds `z`.
fn pearson_sf(z: f64, skewness: f64) -> f64 {
    if skewness.abs() < 1e-4 {
        return normal_sf(z);
    }
    let shape = 4.0 / (skewness * skewness);
    let at = shape + 2.0 * z / skewness;
    if skewness > 0.0 { gamma_q(shape, at) } else { gamma_p(shape, at) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::unreadable_literal, reason = "tests; printed by the oracle")]
mod tests {
    use super::*;

    // scipy 1.17.1: scipy.stats.pearson3.sf(z, skewness).
    #[test]
    fn tails_equal_the_oracle() {
        for (z, skewness, expected) in PEARSON {
            let found = pearson_sf(z, skewness);
            assert!((found - expected).abs() <= 1e-8 * expected, "{z} {skewness}: {found}");
        }
    }

    /// Over all ways to draw the segment: the exact two-sided p-value (twice the lesser tail).
    fn by_enumeration(customers: &[(f64, f64)], segment: &[usize]) -> f64 {
        let n = customers.len();
        let p =
            customers.iter().map(|c| c.0).sum::<f64>() / customers.iter().map(|c| c.1).sum::<f64>();
        let t = |members: &dyn Fn(usize) -> bool| -> f64 {
            (0..n).filter(|&i| members(i)).map(|i| customers[i].0 - p * customers[i].1).sum()
        };
        let found = t(&|i| segment.contains(&i));
        let (mut all, mut above, mut below) = (0.0, 0.0, 0.0);
        for mask in 0_u32..1 << n {
            if mask.count_ones() as usize == segment.len() {
                let drawn = t(&|i| mask >> i & 1 == 1);
                all += 1.0;
                above += f64::from(u8::from(drawn >= found - 1e-9));
                below += f64::from(u8::from(drawn <= found + 1e-9));
            }
        }
        (2.0 * f64::min(above, below) / all).min(1.0)
    }

    #[test]
    fn p_values_are_those_of_all_permutations() {
        let customers: Vec<(f64, f64)> = (0..18_u32)
            .map(|i| {
                let m = f64::from(1 + i * 7 % 11);
                (f64::from(i * 5 % 4).min(m), m)
            })
            .collect();
        let mut all = Spread::default();
        let mut m = [0.0; 3];
        for &(x, lines) in &customers {
            all.add(x, lines);
            for (power, sum) in m.iter_mut().enumerate() {
                *sum += lines.powi(power as i32 + 1);
            }
        }
        for segment in
            [vec![0, 1, 2, 3, 4, 5], vec![1, 3, 5, 7, 9, 11, 13], vec![3, 7, 11, 15, 1, 9]]
        {
            let of =
                |pick: fn(&(f64, f64)) -> f64| segment.iter().map(|&i| pick(&customers[i])).sum();
            let (x, lines) = (of(|c| c.0), of(|c| c.1));
            let found = all.p_value(18.0, segment.len() as f64, m, x, lines);
            let exact = by_enumeration(&customers, &segment);
            // The true distribution is in steps; its p-value counts the whole step found.
            assert!((found - exact).abs() < 0.03, "{segment:?}: {found}, exactly {exact}");
        }
    }

    #[test]
    fn a_few_customers_with_many_lines_may_be_absent() {
        // Six of a thousand customers buy something, a lot of it; none of the 200 of the segment.
        let mut all = Spread::default();
        let mut m = [0.0; 3];
        for customer in 0..1000_u32 {
            let lines = f64::from(5 + customer % 40);
            all.add(if customer % 170 == 3 { lines } else { 0.0 }, lines);
            (0..3).for_each(|i| m[i] += lines.powi(i as i32 + 1));
        }
        let found = all.p_value(1000.0, 200.0, m, 0.0, m[0] / 5.0);
        // None of six by chance: 0.8⁶.
        let exact = 0.8_f64.powi(6);
        assert!(found > exact / 2.0, "{found}, about {exact} in truth");
    }

    #[test]
    fn what_does_not_vary_is_no_finding() {
        let mut all = Spread::default();
        let mut m = [0.0; 3];
        for lines in [2.0_f64, 4.0, 6.0, 8.0] {
            all.add(lines / 2.0, lines);
            (0..3).for_each(|i| m[i] += lines.powi(i as i32 + 1));
        }
        assert_eq!(all.p_value(4.0, 2.0, m, 3.0, 6.0), 1.0);
        assert_eq!(Spread::default().p_value(4.0, 2.0, [0.0; 3], 0.0, 0.0), 1.0);
    }

    const PEARSON: [(f64, f64, f64); 6] = [
        (2.0, 0.5, 0.0344000940595748),
        (2.0, -0.5, 0.008231010986844851),
        (-1.0, 1.2, 0.8670073129287779),
        (4.0, 0.05, 5.1756174898769415e-05),
        (6.0, 0.001, 1.0225919683796894e-09),
        (-3.0, 0.9, 1.0),
    ];
}
