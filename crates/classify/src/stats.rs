//! Weighted figures of one column, where a weight of two is a row twice.

/// The power of two next below a size, or the least that is normal; 1 for 0. To divide by it leaves
/// every digit as it is and brings the size into `[1, 2)`.
pub(crate) fn binade(size: f64) -> f64 {
    const FRACTION: u64 = (1 << 52) - 1;
    if size > 0.0 { f64::from_bits(size.to_bits() & !FRACTION).max(f64::MIN_POSITIVE) } else { 1.0 }
}

/// Known values with their weights.
pub(crate) fn known<'a>(
    values: &'a [f64],
    weights: &'a [f64],
) -> impl Iterator<Item = (f64, f64)> + Clone + 'a {
    values.iter().copied().zip(weights.iter().copied()).filter(|(x, _)| !x.is_nan())
}

/// Mean and deviation (divisor: total weight); the value and 0 where all are equal, `None` where
/// nothing is known.
pub(crate) fn moments(values: &[f64], weights: &[f64]) -> Option<(f64, f64)> {
    let pairs = known(values, weights);
    let (first, _) = pairs.clone().next()?;
    // Everything is brought to the order of one first, so that no square leaves the range.
    let greatest = pairs.clone().map(|(x, _)| x.abs()).fold(0.0, f64::max);
    if pairs.clone().all(|(x, _)| x == first) {
        return Some((first, 0.0));
    }
    let total: f64 = pairs.clone().map(|(_, w)| w).sum();
    let mean = pairs.clone().map(|(x, w)| w / total * (x / greatest)).sum::<f64>();
    let variance = pairs.map(|(x, w)| w / total * (x / greatest - mean).powi(2)).sum::<f64>();
    Some((mean * greatest, variance.sqrt() * greatest))
}

/// The known values in ascending order, each once, with the weight of all its rows.
pub(crate) fn distinct(values: &[f64], weights: &[f64]) -> Vec<(f64, f64)> {
    // Both zeros are one.
    let mut pairs: Vec<(f64, f64)> = known(values, weights).map(|(x, w)| (x + 0.0, w)).collect();
    // A stable sort, so that weights of equal values are summed in the order of rows.
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
    pairs.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        if same {
            kept.1 += next.1;
        }
        same
    });
    pairs
}

/// The number below which the share `p` of the weight lies: that of the inverted distribution, and
/// the middle of both where it steps exactly there.
pub(crate) fn quantile(distinct: &[(f64, f64)], p: f64) -> Option<f64> {
    let total: f64 = distinct.iter().map(|(_, w)| w).sum();
    let wanted = p * total;
    let mut below = 0.0;
    for (at, &(x, w)) in distinct.iter().enumerate() {
        below += w;
        // Rounding in sums of weights must not decide whether a step was met.
        let off = below - wanted;
        if off.abs() <= 1e-12 * total {
            let next = distinct.get(at + 1).map_or(x, |next| next.0);
            return Some(x / 2.0 + next / 2.0);
        }
        if off > 0.0 {
            return Some(x);
        }
    }
    distinct.last().map(|last| last.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn binades_are_powers_of_two_up_to_the_end_of_the_range() {
        for (size, expected) in
            [(0.0, 1.0), (1.0, 1.0), (1.99, 1.0), (0.3, 0.25), (1e-320, f64::MIN_POSITIVE)]
        {
            assert_eq!(binade(size), expected);
        }
        assert_eq!(f64::MAX / binade(f64::MAX), 2.0 - f64::EPSILON);
    }

    #[test]
    fn quantiles_are_those_of_numpy() {
        // numpy.quantile(method="averaged_inverted_cdf"), also of the rows repeated.
        let values = [7.0, 1.0, 3.0, f64::NAN, 10.0];
        let of = |weights: &[f64], p| quantile(&distinct(&values, weights), p).unwrap();
        assert_eq!([0.25, 0.5, 0.75].map(|p| of(&[1.0; 5], p)), [2.0, 5.0, 8.5]);
        // 1, 3, 3, 3, 7, 7, 10.
        assert_eq!([0.25, 0.5, 0.9].map(|p| of(&[2.0, 1.0, 3.0, 1.0, 1.0], p)), [3.0, 3.0, 10.0]);
        assert_eq!(quantile(&[], 0.5), None);
    }

    #[test]
    fn moments_bear_the_range() {
        let (mean, deviation) = moments(&[f64::MAX, -f64::MAX], &[1.0, 1.0]).unwrap();
        assert_eq!((mean, deviation), (0.0, f64::MAX));
        assert_eq!(moments(&[0.1, 0.1, 0.1], &[1.0; 3]), Some((0.1, 0.0)));
        assert_eq!(moments(&[f64::NAN], &[1.0]), None);
    }
}
