//! What may be answered: lists within an assortment and its quotas, against a walk down the full ranking.

use patronage_core::{Fit, ItemFilter, ItemIdx, Recommender, Request, ScoredItem, Seen, rank};
use patronage_recommend::{Als, Assortment, ErrorKind, Groups, ItemKnn, Popularity};
use patronage_testkit::check_same_on_any_pool;
use proptest::prelude::*;

use crate::common::{Fixed, N_ITEMS, anonymous, draw, histories, requests, subsets, table};

/// Five categories; every seventh item has none.
fn categories() -> Groups {
    let of = (0..N_ITEMS as u32).map(|item| (item % 7 != 6).then(|| ItemIdx::new(item % 5)));
    Groups::new(of.collect(), 5).unwrap()
}

/// The definition: sort everything, then walk down.
fn walk(
    scores: &[f32],
    may: &dyn Fn(ItemIdx) -> bool,
    groups: &Groups,
    most: &[usize],
    k: usize,
) -> Vec<ScoredItem> {
    let mut all: Vec<ScoredItem> = ItemIdx::all(scores.len())
        .filter(|&item| may(item))
        .map(|item| ScoredItem { item, score: scores[item.index()] })
        .collect();
    all.sort_by(rank);
    let mut room = most.to_vec();
    all.retain(|scored| match groups.group(scored.item) {
        None => true,
        Some(group) if room[group.index()] == 0 => false,
        Some(group) => {
            room[group.index()] -= 1;
            true
        }
    });
    all.truncate(k);
    all
}

#[test]
fn filters_and_quotas_are_inside_the_search_of_every_model() {
    let table = table(60);
    let margins: Vec<f64> = (0..N_ITEMS as u64).map(|item| draw(item, 100) as f64 / 10.0).collect();
    let denied = [3, 5, 8, 400].map(ItemIdx::new);
    let allowed: Vec<ItemIdx> = (0..25).chain([99]).map(ItemIdx::new).collect();
    let (groups, most) = (categories(), vec![1, 2, 0, 3, 1]);
    let assortment = Assortment::new(N_ITEMS)
        .allow(&allowed)
        .deny(&denied)
        .minimum_margin(&margins, 2.0)
        .unwrap()
        .keep(|item| item.get() != 11)
        .quotas(groups.clone(), most.clone())
        .unwrap();
    let passes = |item: ItemIdx| {
        allowed.contains(&item)
            && !denied.contains(&item)
            && margins[item.index()] >= 2.0
            && item.get() != 11
    };
    assert_eq!(assortment.n_on_offer(), ItemIdx::all(N_ITEMS).filter(|&i| passes(i)).count());
    let models: [Box<dyn Recommender>; 3] = [
        Box::new(Popularity::new().fit(&table).unwrap()),
        Box::new(ItemKnn::new(9).fit(&table).unwrap()),
        Box::new(Als::new(6).max_iter(3).fit(&table).unwrap()),
    ];
    let histories = histories(15);
    let late = |item: ItemIdx| item.get() >= 2;
    let mut n_places = 0;
    for model in &models {
        for request in requests(&histories) {
            let mut scores = vec![0.0; N_ITEMS];
            model.scores(&request, &mut scores);
            for seen in [Seen::Exclude, Seen::Allow] {
                let filter = ItemFilter::seen(seen);
                for (filter, of_call) in [(filter, false), (filter.allow(&late), true)] {
                    let may = |item: ItemIdx| {
                        let bought = request.history.iter().any(|entry| entry.item == item);
                        passes(item) && (seen == Seen::Allow || !bought) && (!of_call || late(item))
                    };
                    for k in [0, 1, 3, 6, N_ITEMS, usize::MAX] {
                        let found = assortment.top_k(&**model, &request, k, &filter);
                        assert_eq!(found, walk(&scores, &may, &groups, &most, k), "{k} {filter:?}");
                        n_places += found.len();
                    }
                }
            }
        }
    }
    assert!(n_places > 1000);
}

#[test]
fn without_rules_it_is_the_model() {
    let model = ItemKnn::new(9).fit(&table(60)).unwrap();
    let histories = histories(5);
    for request in requests(&histories) {
        for filter in [ItemFilter::default(), ItemFilter::seen(Seen::Allow)] {
            let all = Assortment::new(N_ITEMS);
            assert_eq!(all.top_k(&model, &request, 7, &filter), model.top_k(&request, 7, &filter));
            let room = all.quota(categories(), N_ITEMS).unwrap();
            assert_eq!(room.top_k(&model, &request, 7, &filter), model.top_k(&request, 7, &filter));
        }
    }
    // Items beyond the assortment are not on offer, and those beyond the model do not matter.
    let few = Assortment::new(3);
    assert_eq!(few.top_k(&model, &anonymous(&[]), 9, &ItemFilter::default()).len(), 3);
    assert!(!few.contains(ItemIdx::new(3)));
    let many = Assortment::new(99);
    assert_eq!(many.top_k(&model, &anonymous(&[]), 99, &ItemFilter::default()).len(), N_ITEMS);
    let none = Assortment::new(N_ITEMS).allow(&[]);
    assert_eq!(none.n_on_offer(), 0);
    assert!(none.top_k(&model, &anonymous(&[]), 9, &ItemFilter::default()).is_empty());
}

#[test]
fn a_batch_is_each_request_alone_on_any_number_of_threads() {
    let model = Als::new(4).max_iter(2).fit(&table(60)).unwrap();
    let assortment = Assortment::new(N_ITEMS).quota(categories(), 2).unwrap();
    let histories = histories(60);
    let requests = requests(&histories);
    let filter = ItemFilter::default();
    let batch = || {
        let mut lists = Vec::new();
        assortment.for_each_top_k(&model, &requests[..], 8, &filter, |index, list| {
            assert_eq!(index, lists.len());
            lists.push(list.to_vec());
        });
        lists
    };
    let alone: Vec<_> =
        requests.iter().map(|request| assortment.top_k(&model, request, 8, &filter)).collect();
    assert_eq!(batch(), alone);
    check_same_on_any_pool(batch, |a, b| a == b);
}

#[test]
fn what_cannot_be_is_refused_with_its_place() {
    let of = || Assortment::new(3);
    let error = of().minimum_margin(&[1.0, f64::NAN, 2.0], 0.0).unwrap_err();
    assert_eq!(error.to_string(), "margin 1: expected a number, found NaN");
    let error = of().minimum_margin(&[1.0; 3], f64::NAN).unwrap_err();
    assert_eq!(error.to_string(), "minimum margin 0: expected a number, found NaN");
    let error = of().minimum_margin(&[1.0], 0.0).unwrap_err();
    assert_eq!(error.to_string(), "margins: expected 3 items, found 1");
    assert!(matches!(of().quota(categories(), 1).unwrap_err().kind(), ErrorKind::Items { .. }));
    let groups = Groups::new(vec![None; 3], 2).unwrap();
    let error = of().quotas(groups, vec![1]).unwrap_err();
    assert_eq!(error.to_string(), "quotas of groups: expected 2, found 1");
}

proptest! {
    /// Greedy is best: of all lists within the quota none scores more at any place, and none is longer.
    #[test]
    fn no_list_within_the_quota_is_better(
        scores in prop::collection::vec(-3_i8..4, 0..9),
        of in prop::collection::vec(prop::option::of(0_u32..3), 9),
        most in prop::collection::vec(0_usize..4, 3),
        k in 0_usize..7,
    ) {
        let n = scores.len();
        let scores: Vec<f32> = scores.into_iter().map(f32::from).collect();
        let of: Vec<Option<ItemIdx>> = of[..n].iter().map(|g| g.map(ItemIdx::new)).collect();
        let groups = Groups::new(of.clone(), 3).unwrap();
        let assortment = Assortment::new(n).quotas(groups.clone(), most.clone()).unwrap();
        let model = Fixed(scores.clone());
        let found = assortment.top_k(&model, &anonymous(&[]), k, &ItemFilter::default());
        prop_assert_eq!(&found, &walk(&scores, &|_| true, &groups, &most, k));
        let within = |list: &Vec<usize>| (0..3).all(|group| {
            let n = list.iter().filter(|&&item| of[item] == Some(ItemIdx::new(group))).count();
            n <= most[group as usize]
        });
        for size in 0..=k.min(n) {
            for mut list in subsets(n, size).into_iter().filter(within) {
                prop_assert!(list.len() <= found.len());
                list.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
                for (place, item) in list.into_iter().enumerate() {
                    prop_assert!(scores[item] <= found[place].score);
                }
            }
        }
    }
}

/// A predicate sees only items of the model, whatever the assortment knows.
#[test]
fn a_model_of_groups_is_restricted_by_group() {
    use patronage_recommend::{GroupScore, GroupedItems};
    let of = (0..N_ITEMS as u32).map(|item| Some(ItemIdx::new(item % 3))).collect();
    let kinds = Groups::new(of, 3).unwrap();
    let inner = Popularity::new().fit(&table(60)).unwrap();
    let model = GroupedItems::new(inner, kinds, GroupScore::Sum).unwrap();
    let assortment = Assortment::new(3).deny(&[ItemIdx::new(0)]);
    let request: Request<'_> = anonymous(&[]);
    let list = assortment.top_k(&model, &request, 9, &ItemFilter::default());
    assert!(list.len() == 2 && list.iter().all(|scored| scored.item.get() != 0));
}
