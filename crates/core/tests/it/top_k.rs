//! The best k against a full sort.

use std::collections::HashSet;

use patronage_core::{
    HistoryEntry, ItemFilter, ItemIdx, Request, ScoredItem, Seen, Timestamp, rank, top_k_of,
};
use proptest::prelude::*;

fn sorted(scores: &[f32], keep: impl Fn(ItemIdx) -> bool, k: usize) -> Vec<ScoredItem> {
    let mut all: Vec<ScoredItem> = ItemIdx::all(scores.len())
        .filter(|&item| keep(item))
        .map(|item| ScoredItem { item, score: scores[item.index()] })
        .collect();
    // Stable, so ties stay in the order of items.
    all.sort_by(|a, b| b.score.partial_cmp(&a.score).expect("finite scores"));
    all.truncate(k);
    all
}

proptest! {
    #[test]
    fn equals_a_full_sort(
        // Few distinct scores, so that there are many ties; both zeros among them.
        scores in prop::collection::vec(prop_oneof![Just(-0.0_f32), Just(0.0), -3.0_f32..3.0, (-2_i8..3).prop_map(f32::from)], 0..300),
        seen in prop::collection::vec(0_u32..320, 0..40),
        k in prop_oneof![0_usize..40, Just(1000), Just(usize::MAX), Just(1 << 62)],
        exclude: bool,
        modulus in 1_u32..5,
    ) {
        let items: Vec<ItemIdx> = seen.iter().map(|&item| ItemIdx::new(item)).collect();
        let history = HistoryEntry::from_items(&items);
        let request = Request { history: &history, customer: None, as_of: Timestamp::MAX };
        let seen: HashSet<ItemIdx> = items.into_iter().collect();
        let mode = if exclude { Seen::Exclude } else { Seen::Allow };
        let unseen = |item: ItemIdx| !exclude || !seen.contains(&item);
        let found = top_k_of(&scores, &request, k, &ItemFilter::seen(mode));
        prop_assert_eq!(&found, &sorted(&scores, unseen, k));
        prop_assert!(found.is_sorted_by(|a, b| rank(a, b).is_lt()));
        let allow = |item: ItemIdx| item.get().is_multiple_of(modulus);
        let found = top_k_of(&scores, &request, k, &ItemFilter::seen(mode).allow(&allow));
        prop_assert_eq!(found, sorted(&scores, |item| unseen(item) && allow(item), k));
    }
}

#[test]
fn ascending_scores_displace_all_kept_before() {
    let scores: Vec<f32> = (0..10_000_u16).map(f32::from).collect();
    let request = Request { history: &[], customer: None, as_of: Timestamp::MIN };
    let found = top_k_of(&scores, &request, 7, &ItemFilter::default());
    assert_eq!(found, sorted(&scores, |_| true, 7));
}
