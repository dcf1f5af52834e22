//! Distribution functions that tests and intervals need.
//!
//! The incomplete gamma and beta functions by series and continued fractions (Abramowitz and
//! Stegun, 1964, *Handbook of mathematical functions*, chapters 6 and 26; Lentz, 1976, for the
//! evaluation of continued fractions), good to about 1e-13 relative.

/// Lanczos' coefficients for `g = 7`, nine terms.
const LANCZOS: [f64; 9] = [
    0.999_999_999_999_809_9,
    676.520_368_121_885_1,
    -1_259.139_216_722_402_8,
    771.323_428_777_653_1,
    -176.615_029_162_140_6,
    12.507_343_278_686_905,
    -0.138_571_095_265_720_12,
    9.984_369_578_019_572e-6,
    1.505_632_735_149_311_6e-7,
];

/// Smallest denominator a continued fraction may meet.
const TINY: f64 = 1e-300;

/// The logarithm of the gamma function for `x > 0`.
pub(crate) fn ln_gamma(x: f64) -> f64 {
    if x < 0.5 {
        // Reflection.
        return (std::f64::consts::PI / (std::f64::consts::PI * x).sin()).ln() - ln_gamma(1.0 - x);
    }
    let x = x - 1.0;
    let base = x + 7.5;
    let sum =
        LANCZOS[1..].iter().zip(1..).fold(LANCZOS[0], |sum, (c, i)| sum + c / (x + f64::from(i)));
    0.5 * (2.0 * std::f64::consts::PI).ln() + (x + 0.5) * base.ln() - base + sum.ln()
}

/// The upper regularised incomplete gamma function `Q(a, x)` for `a > 0`, `x >= 0`.
fn gamma_upper(a: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 1.0;
    }
    if x.is_infinite() {
        return 0.0;
    }
    let scale = (a * x.ln() - x - ln_gamma(a)).exp();
    if x < a + 1.0 {
        let (mut term, mut sum, mut k) = (1.0 / a, 1.0 / a, a);
        for _ in 0..100_000 {
            k += 1.0;
            term *= x / k;
            sum += term;
            if term < sum * 1e-17 {
                break;
            }
        }
        return (1.0 - scale * sum).clamp(0.0, 1.0);
    }
    let mut b = x + 1.0 - a;
    let mut c = 1.0 / TINY;
    let mut d = 1.0 / b;
    let mut fraction = d;
    for i in 1..100_000 {
        let i = f64::from(i);
        let numerator = -i * (i - a);
        b += 2.0;
        d = 1.0 / keep_from_zero(numerator * d + b);
        c = keep_from_zero(b + numerator / c);
        fraction *= d * c;
        if (d * c - 1.0).abs() < 1e-16 {
            break;
        }
    }
    (scale * fraction).clamp(0.0, 1.0)
}

fn keep_from_zero(x: f64) -> f64 {
    if x.abs() < TINY { TINY } else { x }
}

/// The chance that a chi-squared number of `df` degrees of freedom exceeds `x`; `df > 0`.
pub(crate) fn chi_squared_tail(x: f64, df: f64) -> f64 {
    gamma_upper(df / 2.0, x / 2.0)
}

/// The regularised incomplete beta function `I_x(a, b)` for `a, b > 0`: the chance that a beta
/// number is at most `x`.
pub(crate) fn beta_distribution(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    // The fraction converges fast below the mean; above it the other tail is taken.
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - beta_lower(1.0 - x, b, a);
    }
    beta_lower(x, a, b)
}

fn beta_lower(x: f64, a: f64, b: f64) -> f64 {
    let scale =
        (a * x.ln() + b * (-x).ln_1p() + ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b)).exp() / a;
    let mut c = 1.0;
    let mut d = 1.0 / keep_from_zero(1.0 - (a + b) * x / (a + 1.0));
    let mut fraction = d;
    for m in 1..100_000 {
        let m = f64::from(m);
        for numerator in [
            m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0)),
        ] {
            d = 1.0 / keep_from_zero(1.0 + numerator * d);
            c = keep_from_zero(1.0 + numerator / c);
            fraction *= d * c;
        }
        if (d * c - 1.0).abs() < 1e-16 {
            break;
        }
    }
    (scale * fraction).clamp(0.0, 1.0)
}

/// The chance that Student's t with `df` degrees of freedom is further from 0 than `t`.
pub(crate) fn student_two_sided(t: f64, df: f64) -> f64 {
    if t.is_infinite() {
        return 0.0;
    }
    beta_distribution(df / (df + t * t), df / 2.0, 0.5)
}

/// The number that Student's t with `df` degrees of freedom stays below with chance `p`, for `p`
/// in `(0.5, 1)`.
pub(crate) fn student_quantile(p: f64, df: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    let outside = |t: f64| student_two_sided(t, df) / 2.0 > 1.0 - p;
    while outside(high) && high < 1e300 {
        high *= 2.0;
    }
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if outside(middle) { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

/// The chance that Snedecor's F with these degrees of freedom exceeds `f`.
pub(crate) fn f_tail(f: f64, df1: f64, df2: f64) -> f64 {
    if f <= 0.0 {
        return 1.0;
    }
    if f.is_infinite() {
        return 0.0;
    }
    beta_distribution(df2 / (df2 + df1 * f), df2 / 2.0, df1 / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: f64, expected: f64) {
        assert!((found - expected).abs() <= 1e-12 * expected.abs(), "{found} for {expected}");
    }

    #[test]
    fn distributions_are_those_of_scipy() {
        // scipy 1.17.1: chi2.sf, beta.cdf, t.sf times 2, t.ppf, f.sf, gammaln.
        near(chi_squared_tail(3.84, 1.0), 0.05004352124870519);
        near(chi_squared_tail(0.3, 4.0), 0.9898141728888165);
        near(chi_squared_tail(25.0, 9.0), 0.002971180485917624);
        near(chi_squared_tail(1200.0, 1000.0), 1.2255942330622893e-05);
        near(chi_squared_tail(80.0, 3.0), 3.0692774861724164e-17);
        near(beta_distribution(0.3, 6.0, 14.0), 0.5261374757264855);
        near(beta_distribution(0.9, 7.0, 14.0), 0.9999999997845321);
        near(beta_distribution(0.05, 0.5, 0.5), 0.14356629312870628);
        near(beta_distribution(0.5, 200.0, 180.0), 0.15212954940791235);
        near(student_two_sided(2.0, 5.0), 0.10193947882985835);
        near(student_two_sided(0.1, 1.0), 0.936548965138893);
        near(student_two_sided(12.0, 9.0), 7.699886222985653e-07);
        near(student_two_sided(1.3, 30.5), 0.20334008889112123);
        near(student_quantile(0.975, 5.0), 2.5705818356363146);
        near(student_quantile(0.995, 1.0), 63.656741162871526);
        near(student_quantile(0.9, 40.0), 1.3030770526071949);
        near(f_tail(4.7, 10.0, 5.0), 0.05074893013940602);
        near(f_tail(0.4, 3.0, 8.0), 0.7569048173095946);
        near(f_tail(1.0, 2.0, 2.0), 0.5);
        near(ln_gamma(0.2), 1.5240638224307845);
        near(ln_gamma(1.5), -0.12078223763524526);
        near(ln_gamma(30.0), 71.257038967168);
        near(ln_gamma(10000.0), 82099.71749644238);
    }

    #[test]
    fn ends_are_exact() {
        assert_eq!(chi_squared_tail(0.0, 3.0), 1.0);
        assert_eq!(chi_squared_tail(f64::INFINITY, 3.0), 0.0);
        assert_eq!(
            (beta_distribution(0.0, 2.0, 3.0), beta_distribution(1.0, 2.0, 3.0)),
            (0.0, 1.0)
        );
        assert_eq!(student_two_sided(0.0, 4.0), 1.0);
        assert_eq!((f_tail(0.0, 2.0, 3.0), f_tail(f64::INFINITY, 2.0, 3.0)), (1.0, 0.0));
    }
}
