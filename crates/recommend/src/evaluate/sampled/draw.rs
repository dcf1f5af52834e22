//! Items drawn to rank a target against.

use std::collections::BTreeSet;

use patronage_core::ItemIdx;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

/// `n` different items below `n_items`, ascending, each set of them as likely, none of `excluded`
/// (ascending and distinct, all below `n_items`); all there are where there are not more.
///
/// Floyd's method: O(n log n + excluded).
pub(super) fn draw(
    rng: &mut ChaCha8Rng,
    n: usize,
    n_items: usize,
    excluded: &[ItemIdx],
) -> Vec<ItemIdx> {
    let n_left = n_items - excluded.len();
    let ranks: Vec<usize> = if n_left <= n {
        (0..n_left).collect()
    } else {
        let mut ranks = BTreeSet::new();
        for last in n_left - n..n_left {
            let rank = rng.random_range(0..=last);
            if !ranks.insert(rank) {
                ranks.insert(last);
            }
        }
        ranks.into_iter().collect()
    };
    // The item of a rank: as many further on as there are excluded before it.
    let mut n_before = 0;
    let item_of = |rank: usize| {
        while excluded.get(n_before).is_some_and(|item| item.index() <= rank + n_before) {
            n_before += 1;
        }
        ItemIdx::from_usize(rank + n_before)
    };
    ranks.into_iter().map(item_of).collect()
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn draws_are_uniform_and_avoid_what_is_excluded() {
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        let excluded = ItemIdx::wrap_slice(&[0, 3, 4, 9]);
        let mut counts = [0u32; 10];
        for _ in 0..6000 {
            let drawn = draw(&mut rng, 2, 10, excluded);
            assert!(drawn.len() == 2 && drawn[0] < drawn[1]);
            drawn.iter().for_each(|item| counts[item.index()] += 1);
        }
        for (item, &count) in counts.iter().enumerate() {
            let expected = if [0, 3, 4, 9].contains(&item) { 0.0 } else { 2000.0 };
            // Five standard deviations of a binomial count.
            assert!((f64::from(count) - expected).abs() < 5.0 * 36.6, "{item}: {count}");
        }
        let all = draw(&mut rng, 99, 10, excluded);
        assert_eq!(ItemIdx::peel_slice(&all), [1, 2, 5, 6, 7, 8]);
        assert!(draw(&mut rng, 5, 0, &[]).is_empty());
        let everything: Vec<ItemIdx> = ItemIdx::all(3).collect();
        assert!(draw(&mut rng, 5, 3, &everything).is_empty());
    }
}
