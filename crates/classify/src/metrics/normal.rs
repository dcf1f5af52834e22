//! The normal distribution.

/// The density of the standard normal distribution.
fn density(x: f64) -> f64 {
    (-0.5 * x * x).exp() / (2.0 * std::f64::consts::PI).sqrt()
}

/// The chance that a standard normal number is at most `x`, by its series near 0 and its
/// continued fraction in the tails (Abramowitz and Stegun 26.2.11 and 26.2.14).
pub(crate) fn normal_distribution(x: f64) -> f64 {
    if x.abs() < 3.0 {
        let (mut term, mut sum, mut n) = (x, x, 1.0);
        while term.abs() > 1e-17 * sum.abs() {
            n += 2.0;
            term *= x * x / n;
            sum += term;
        }
        0.5 + density(x) * sum
    } else {
        let tail = far_tail(x.abs());
        if x > 0.0 { 1.0 - tail } else { tail }
    }
}

/// The chance that a standard normal number exceeds `x`, for `x` of at least 3.
fn far_tail(x: f64) -> f64 {
    if x > 40.0 {
        return 0.0;
    }
    let fraction = (1..200).rev().fold(x, |f, k| x + f64::from(k) / f);
    density(x) / fraction
}

/// The chance that a standard normal number is further from 0 than `z`.
pub(crate) fn normal_two_sided(z: f64) -> f64 {
    let z = z.abs();
    if z < 3.0 { (2.0 * normal_distribution(-z)).clamp(0.0, 1.0) } else { 2.0 * far_tail(z) }
}

/// The standard normal number below which the share `p` lies, for `p` in `(0, 1)`.
pub(crate) fn normal_quantile(p: f64) -> f64 {
    let (mut low, mut high) = (-40.0, 40.0);
    // The distribution ascends: halving reaches the last bit without a start that must be good.
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if normal_distribution(middle) < p {
            low = middle;
        } else {
            high = middle;
        }
    }
    0.5 * (low + high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_sided_chances_are_those_of_tables() {
        // scipy 1.17.1: 2 * norm.sf.
        for (z, p) in [
            (0.0, 1.0),
            (1.96, 0.049_995_790_296_440_87),
            (-2.5, 0.012_419_330_651_552_265),
            (6.0, 1.973_175_290_075_389e-9),
        ] {
            assert!((normal_two_sided(z) - p).abs() < 1e-12 * p, "{z}");
        }
        assert_eq!(normal_two_sided(f64::INFINITY), 0.0);
    }

    #[test]
    fn quantiles_are_those_of_tables() {
        // scipy 1.16 norm.ppf.
        for (p, z) in [
            (0.975, 1.959_963_984_540_054),
            (0.5, 0.0),
            (0.05, -1.644_853_626_951_472_9),
            (0.9999, 3.719_016_485_455_68),
            (1e-6, -4.753_424_308_822_899),
        ] {
            assert!((normal_quantile(p) - z).abs() < 1e-9, "{p}");
        }
    }
}
