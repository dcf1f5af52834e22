//! Distribution functions: gamma, chi-square, normal, hypergeometric.

/// The natural logarithm of the gamma function at `x > 0`, by Stirling's series, shifted up to
/// where it converges; about 1e-14 relative.
pub(crate) fn ln_gamma(x: f64) -> f64 {
    // Γ(x) = Γ(x + n) / (x (x + 1) … (x + n - 1)).
    let (mut x, mut shift) = (x, 0.0);
    while x < 12.0 {
        shift += x.ln();
        x += 1.0;
    }
    let square = x * x;
    let series = [1.0 / 12.0, -1.0 / 360.0, 1.0 / 1260.0, -1.0 / 1680.0, 1.0 / 1188.0];
    let tail = series.iter().rev().fold(0.0, |sum, term| sum / square + term) / x;
    (x - 0.5) * x.ln() - x + 0.5 * std::f64::consts::TAU.ln() + tail - shift
}

/// The upper regularised incomplete gamma function Q(a, x), for `a > 0` and `x >= 0`.
///
/// By the series of P below `a + 1` and Legendre's continued fraction above (Abramowitz and Stegun
/// 6.5.29 and 6.5.31, evaluated by Lentz's method).
pub(crate) fn gamma_q(a: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 1.0;
    }
    let front = a * x.ln() - x - ln_gamma(a);
    if !front.is_finite() {
        return 0.0;
    }
    if x < a + 1.0 {
        let (mut term, mut sum, mut n) = (1.0 / a, 1.0 / a, a);
        while term > sum * 1e-17 {
            n += 1.0;
            term *= x / n;
            sum += term;
        }
        return (1.0 - sum * front.exp()).clamp(0.0, 1.0);
    }
    const TINY: f64 = 1e-300;
    let mut b = x + 1.0 - a;
    let mut c = 1.0 / TINY;
    let mut d = 1.0 / b;
    let mut fraction = d;
    for i in 1..100_000 {
        let i = f64::from(i);
        let an = -i * (i - a);
        b += 2.0;
        d = an * d + b;
        d = 1.0 / if d.abs() < TINY { TINY } else { d };
        c = b + an / c;
        c = if c.abs() < TINY { TINY } else { c };
        let step = d * c;
        fraction *= step;
        if (step - 1.0).abs() < 1e-16 {
            break;
        }
    }
    (front.exp() * fraction).clamp(0.0, 1.0)
}

/// The chance that a chi-square number with `df >= 1` degrees of freedom exceeds `x`.
pub(crate) fn chi_square_sf(x: f64, df: u64) -> f64 {
    gamma_q(df as f64 / 2.0, x / 2.0)
}

/// The chance that a standard normal number exceeds `z`.
pub(crate) fn normal_sf(z: f64) -> f64 {
    let tail = 0.5 * gamma_q(0.5, z * z / 2.0);
    if z >= 0.0 { tail } else { 1.0 - tail }
}

/// The standard normal number that the share `tail` in `(0, 1)` exceeds.
pub(crate) fn normal_upper(tail: f64) -> f64 {
    let (mut low, mut high) = (-40.0, 40.0);
    for _ in 0..120 {
        let middle = 0.5 * (low + high);
        if middle == low || middle == high {
            break;
        }
        if normal_sf(middle) > tail {
            low = middle;
        } else {
            high = middle;
        }
    }
    0.5 * (low + high)
}

/// The two-sided p-value of Fisher's exact test of the table `[[a, b], [c, d]]`: the chance of all
/// tables of the same margins that are no more probable than it; O(smallest margin).
pub(crate) fn fisher_exact([[a, b], [c, d]]: [[u64; 2]; 2]) -> f64 {
    let (row, column, n) = (a + b, a + c, a + b + c + d);
    let ln_factorial = |n: u64| ln_gamma(n as f64 + 1.0);
    let margins =
        ln_factorial(row) + ln_factorial(n - row) + ln_factorial(column) + ln_factorial(n - column)
            - ln_factorial(n);
    let ln_probability = |a: u64| {
        margins
            - ln_factorial(a)
            - ln_factorial(row - a)
            - ln_factorial(column - a)
            - ln_factorial(n + a - row - column)
    };
    // Tables that are equally probable must not be told apart by rounding.
    let limit = ln_probability(a) + 1e-7;
    let sum: f64 = ((row + column).saturating_sub(n)..=row.min(column))
        .map(ln_probability)
        .filter(|&p| p <= limit)
        .map(f64::exp)
        .sum();
    sum.min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: f64, expected: f64, relative: f64) {
        assert!((found / expected - 1.0).abs() < relative, "expected {expected}, found {found}");
    }

    // scipy 1.17.1: special.gammaln, stats.chi2.sf, stats.norm.isf, stats.fisher_exact.
    #[test]
    fn distributions_are_those_of_scipy() {
        for (x, expected) in [
            (0.5, 0.5723649429247),
            (0.001, 6.907178885383853),
            (3.7, 1.428072326665388),
            (11.9, 17.25847745059552),
            (150.0, 600.0094705553274),
            (1e6, 12815504.569147611),
        ] {
            close(ln_gamma(x), expected, 1e-12);
        }
        for (x, df, expected) in [
            (3.841458820694124, 1, 0.05),
            (0.2, 1, 0.6547208460185768),
            (12.3, 7, 0.0911148860003131),
            (150.0, 100, 0.0009039320423540184),
            (1.0, 30, 1.0),
            (800.0, 100, 1.1366407840501675e-109),
            (5000.0, 5100, 0.8389330391021327),
            (55.0, 3, 6.8661697289876764e-12),
        ] {
            close(chi_square_sf(x, df), expected, 1e-10);
        }
        assert_eq!((chi_square_sf(0.0, 3), chi_square_sf(f64::MAX, 3)), (1.0, 0.0));
        for (tail, z) in [
            (0.025, 1.9599639845400545),
            (0.1, 1.2815515655446004),
            (0.005, 2.575829303548901),
            (1e-9, 5.9978070150076865),
            (0.9, -1.2815515655446004),
        ] {
            close(normal_upper(tail), z, 1e-11);
        }
        for (table, p) in [
            ([[3, 1], [1, 3]], 0.48571428571428565),
            ([[0, 5], [7, 2]], 0.020979020979020983),
            ([[12, 88], [3, 97]], 0.028671314973177094),
            ([[8, 2], [1, 5]], 0.034965034965034975),
            ([[0, 0], [3, 4]], 1.0),
        ] {
            close(fisher_exact(table), p, 1e-9);
        }
    }
}
