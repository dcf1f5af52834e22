//! How often targets rank above the rest.

use patronage_core::ItemIdx;

/// For each target the share of candidates that are no target and score less, equal scores counting half.
///
/// Candidates are all items but those `seen`; `seen` and `targets` ascend and have nothing in
/// common. A target without a score ranks below all: its share is 0. Without another candidate
/// shares are 0.5. O(items × log targets).
pub(super) fn shares_below(scores: &[f32], seen: &[ItemIdx], targets: &[ItemIdx]) -> Vec<f64> {
    // The order of ranking: what is no number comes last, 0 and −0 tie.
    let key = |item: ItemIdx| match scores[item.index()] {
        score if score.is_nan() => f32::NEG_INFINITY,
        score => score + 0.0,
    };
    let mut order: Vec<usize> =
        (0..targets.len()).filter(|&at| targets[at].index() < scores.len()).collect();
    order.sort_by(|&a, &b| key(targets[a]).total_cmp(&key(targets[b])));
    let keys: Vec<f32> = order.iter().map(|&at| key(targets[at])).collect();
    // `steps[i]`: by how much the doubled wins of the i-th target exceed those of the one before.
    let mut steps = vec![0u64; keys.len() + 1];
    let mut n_others = 0usize;
    for item in ItemIdx::all(scores.len()) {
        if seen.binary_search(&item).is_ok() || targets.binary_search(&item).is_ok() {
            continue;
        }
        n_others += 1;
        let score = key(item);
        // Equal scores win once, greater ones twice.
        steps[keys.partition_point(|&target| target < score)] += 1;
        steps[keys.partition_point(|&target| target <= score)] += 1;
    }
    let mut shares = vec![0.0; targets.len()];
    let mut doubled = 0;
    for (&at, step) in order.iter().zip(steps) {
        doubled += step;
        shares[at] = if n_others == 0 { 0.5 } else { doubled as f64 / 2.0 / n_others as f64 };
    }
    shares
}

/// The area when only the first `k` places are known, and beyond them any order is as likely.
///
/// `n_known` of the `n_targets` have a score; the others rank below all.
pub(super) fn limited(
    hits: &[bool],
    k: usize,
    n_known: usize,
    n_targets: usize,
    n_candidates: usize,
) -> f64 {
    let n_others = n_candidates.saturating_sub(n_known);
    if n_others == 0 {
        return 0.5 * n_known as f64 / n_targets.max(1) as f64;
    }
    let (mut n_hits, mut n_missed, mut area) = (0usize, 0usize, 0.0);
    for &hit in hits.iter().take(k) {
        if hit {
            n_hits += 1;
        } else {
            n_missed += 1;
            area += n_hits as f64;
        }
    }
    area += (n_hits + n_known) as f64 / 2.0 * n_others.saturating_sub(n_missed) as f64;
    area / (n_targets.max(1) as f64 * n_others as f64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        /// Pair by pair, with many ties.
        #[test]
        fn shares_are_those_of_all_pairs(
            scores in prop::collection::vec(0u8..5, 1..30),
            kinds in prop::collection::vec(0u8..4, 30),
        ) {
            let scores: Vec<f32> = scores.into_iter().map(f32::from).collect();
            let of = |kind: u8| -> Vec<ItemIdx> {
                ItemIdx::all(scores.len()).filter(|item| kinds[item.index()] == kind).collect()
            };
            let (seen, targets) = (of(0), of(1));
            let others = [of(2), of(3)].concat();
            let shares = shares_below(&scores, &seen, &targets);
            for (target, share) in targets.iter().zip(shares) {
                let wins: f64 = others
                    .iter()
                    .map(|other| match scores[target.index()].total_cmp(&scores[other.index()]) {
                        std::cmp::Ordering::Greater => 1.0,
                        std::cmp::Ordering::Equal => 0.5,
                        std::cmp::Ordering::Less => 0.0,
                    })
                    .sum();
                let expected = if others.is_empty() { 0.5 } else { wins / others.len() as f64 };
                prop_assert!((share - expected).abs() < 1e-12, "{} {}", share, expected);
            }
        }
    }

    fn items(items: &[u32]) -> &[ItemIdx] {
        ItemIdx::wrap_slice(items)
    }

    #[test]
    fn shares_by_hand() {
        let scores = [0.9, 0.1, 0.5, 0.5, f32::NAN];
        // Others: items 1, 3, 4.
        let shares = shares_below(&scores, &[], items(&[0, 2]));
        assert_eq!(shares, [1.0, 2.5 / 3.0]);
        // Of the others only item 3 is left; the unknown target is below it.
        assert_eq!(shares_below(&scores, items(&[1, 4]), items(&[0, 2, 7])), [1.0, 0.5, 0.0]);
        assert_eq!(shares_below(&scores[..1], &[], items(&[0])), [0.5]);
        assert_eq!(shares_below(&[0.0, -0.0], &[], items(&[1])), [0.5]);
        assert_eq!(shares_below(&[], &[], items(&[1])), [0.0]);
    }

    #[test]
    fn the_limited_area_counts_half_beyond() {
        // Nothing known of the order.
        assert_eq!(limited(&[], 0, 2, 2, 10), 0.5);
        // A perfect list of all targets, and the worst.
        assert_eq!(limited(&[true, true], 2, 2, 2, 10), 1.0);
        assert_eq!(limited(&[false; 8], 8, 2, 2, 10), 0.0);
        // One of two first, one of eight others second, seven beside one target unknown.
        assert_eq!(limited(&[true, false], 2, 2, 2, 10), (1.0 + 1.5 * 7.0) / 16.0);
        assert_eq!(limited(&[], 5, 3, 3, 3), 0.5);
    }
}
