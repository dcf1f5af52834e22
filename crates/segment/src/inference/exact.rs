//! Fisher's exact test.

/// The two-sided p-value of Fisher's exact test: of `n_segment` among `n` rows, `found` have what
/// `with` of all have.
///
/// Sums the hypergeometric chances that are no greater than that of what was found. Walks outward
/// from the mode until chances vanish: O(√n) steps or so.
///
/// R. A. Fisher (1922), On the interpretation of χ² from contingency tables.
pub(crate) fn fisher(found: u64, n_segment: u64, with: u64, n: u64) -> f64 {
    let lowest = (with + n_segment).saturating_sub(n);
    let highest = with.min(n_segment);
    if lowest == highest {
        return 1.0;
    }
    let mode = ((u128::from(n_segment) + 1) * (u128::from(with) + 1) / (u128::from(n) + 2)) as u64;
    let mode = mode.clamp(lowest, highest);
    // The chance of one more, relative to that of `k`.
    let step = |k: u64| {
        let up = (with - k) as f64 * (n_segment - k) as f64;
        up / ((k + 1) as f64 * (n + k + 1 - with - n_segment) as f64)
    };
    // Calls `f` with each count and its chance relative to that of the mode, until they vanish.
    let walk = |f: &mut dyn FnMut(u64, f64)| {
        let mut chance = 1.0;
        for k in mode..=highest {
            if chance == 0.0 {
                break;
            }
            f(k, chance);
            if k < highest {
                chance *= step(k);
            }
        }
        chance = 1.0;
        for k in (lowest..mode).rev() {
            chance /= step(k);
            if chance == 0.0 {
                break;
            }
            f(k, chance);
        }
    };
    let (mut total, mut of_found) = (0.0, 0.0);
    walk(&mut |k, chance| {
        total += chance;
        if k == found {
            of_found = chance;
        }
    });
    // Equal chances differ by rounding.
    let (most, mut tail) = (of_found * (1.0 + 1e-7), 0.0);
    walk(&mut |_, chance| {
        if chance <= most {
            tail += chance;
        }
    });
    (tail / total).min(1.0)
}

#[cfg(test)]
#[allow(clippy::unreadable_literal, reason = "printed by the oracle")]
mod tests {
    use super::*;

    // scipy 1.17.1: fisher_exact([[a, n1 - a], [K - a, n - n1 - K + a]]).pvalue.
    #[test]
    fn p_values_equal_the_oracle() {
        for ((found, n_segment, with, n), expected) in FISHER {
            let p = fisher(found, n_segment, with, n);
            assert!((p - expected).abs() <= 1e-8 * expected, "{found}: {p}, expected {expected}");
        }
        assert_eq!(fisher(0, 0, 3, 9), 1.0);
        assert_eq!(fisher(4, 4, 9, 9), 1.0);
    }

    const FISHER: [((u64, u64, u64, u64), f64); 12] = [
        ((3, 4, 4, 8), 0.48571428571428565),
        ((0, 5, 7, 14), 0.020979020979020983),
        ((12, 100, 15, 200), 0.028671314973177094),
        ((8, 10, 9, 16), 0.034965034965034975),
        ((3, 10, 5, 40), 0.08928766823503667),
        ((8, 10, 9, 40), 4.9736891842155e-06),
        ((0, 12, 6, 50), 0.3143729351129907),
        ((50, 400, 300, 4000), 0.00018702887468371646),
        ((20, 400, 300, 4000), 0.04522201495374478),
        ((2000, 20000, 9000, 100000), 4.8205290362108074e-08),
        ((1, 2, 1, 3), 1.0),
        ((400, 4000, 400, 100000), 0.0),
    ];
}
