//! Switches, fallback chains and blends by rank.

use patronage_core::{
    Fit, HistoryEntry, ItemFilter, ItemIdx, Recommender, Request, ScoredItem, Seen,
};
use patronage_recommend::{
    Als, Blend, ErrorKind, Explain, Fallback, FallbackModel, Normalise, Popularity, Switch,
    SwitchModel, UserKnn,
};
use patronage_testkit::{check_recommender, check_send_sync};

use crate::common::{Fixed, N_ITEMS, anonymous, content, histories, requests, table};

fn switch<'a>() -> SwitchModel<'a> {
    let table = table(60);
    Switch::new()
        .explained(0, Popularity::new().fit(&table).unwrap())
        .explained(1, content())
        .member(3, Als::new(4).max_iter(3).fit(&table).unwrap())
        .build()
        .unwrap()
}

fn chain<'a>() -> FallbackModel<'a> {
    let table = table(60);
    Fallback::new()
        .link_above(Als::new(4).max_iter(3).fit(&table).unwrap(), 0.2)
        .link(UserKnn::new(3).fit(&table).unwrap())
        .link(content())
        .link(Popularity::new().fit(&table).unwrap())
        .build()
        .unwrap()
}

#[test]
fn they_keep_the_promises_of_recommenders() {
    let histories = histories(12);
    check_recommender(&switch(), &requests(&histories));
    check_recommender(&chain(), &requests(&histories));
    check_recommender(&Fallback::new().link(content()).build().unwrap(), &requests(&histories));
    check_send_sync::<SwitchModel<'_>>();
    check_send_sync::<FallbackModel<'_>>();
}

#[test]
fn the_length_of_the_history_decides() {
    let model = switch();
    let alone: [Box<dyn Recommender>; 3] = [
        Box::new(Popularity::new().fit(&table(60)).unwrap()),
        Box::new(content()),
        Box::new(Als::new(4).max_iter(3).fit(&table(60)).unwrap()),
    ];
    // Repeated and unknown items, and what she sent back, do not count.
    let mut history = HistoryEntry::from_items(&[5, 5, 999, 8, 8, 2, 6].map(ItemIdx::new));
    history[5].weight = -1.0;
    for (n, expected) in [(0, 0), (1, 1), (2, 1), (3, 1), (4, 1), (5, 1), (6, 1), (7, 2)] {
        let request = anonymous(&history[..n]);
        assert_eq!(model.chosen(&request), expected, "{n}");
        let (mut found, mut of_member) = (vec![0.0; N_ITEMS], vec![0.0; N_ITEMS]);
        model.scores(&request, &mut found);
        alone[expected].scores(&request, &mut of_member);
        assert_eq!(found, of_member);
        let filter = ItemFilter::default();
        assert_eq!(model.top_k(&request, 5, &filter), alone[expected].top_k(&request, 5, &filter));
        let item = ItemIdx::new(9);
        let total = model.explain(&request, item).total();
        assert!((total - f64::from(found[9])).abs() < 1e-5, "{n} {total} {}", found[9]);
    }
    assert!(!model.uses_customer());
}

#[test]
fn a_switch_that_leaves_a_gap_is_refused() {
    let of = |lengths: &[usize]| {
        let switch = lengths.iter().fold(Switch::new(), |s, &n| s.member(n, Fixed(vec![0.0; 3])));
        switch.build().map(|_| ()).map_err(|error| error.to_string())
    };
    assert_eq!(of(&[0, 1, 9]), Ok(()));
    let expected = "at_least: expected 0 for the first member, and more for each next";
    assert_eq!(of(&[1]), Err(format!("{expected}, found 1")));
    assert_eq!(of(&[0, 2, 2]), Err(format!("{expected}, found 2")));
    assert_eq!(of(&[]), Err("members of a switch: expected at least one, found none".to_owned()));
    let two = Switch::new().member(0, Fixed(vec![0.0; 3])).member(1, Fixed(vec![0.0; 2]));
    assert!(matches!(two.build().unwrap_err().kind(), ErrorKind::Items { .. }));
}

#[test]
fn a_chain_fills_every_list_and_says_which_link_did() {
    let (model, histories) = (chain(), histories(12));
    let mut requests = requests(&histories);
    requests.push(anonymous(&[]));
    let few = |item: ItemIdx| item.get() % 4 == 1;
    let mut by_link = [0; 4];
    for request in &requests {
        for seen in [Seen::Exclude, Seen::Allow] {
            for filter in [ItemFilter::seen(seen), ItemFilter::seen(seen).allow(&few)] {
                for k in [0, 1, 7, N_ITEMS, usize::MAX] {
                    let list = model.fill(request, k, &filter);
                    let items: Vec<ItemIdx> = list.iter().map(|place| place.item).collect();
                    let top: Vec<ItemIdx> =
                        model.top_k(request, k, &filter).iter().map(|s| s.item).collect();
                    assert_eq!(items, top);
                    assert!(list.is_sorted_by_key(|place| place.link));
                    list.iter().for_each(|place| by_link[place.link] += 1);
                }
            }
        }
    }
    assert!(by_link.iter().all(|&n| n > 0), "{by_link:?}");
    // Without a history the last link fills every place.
    let list = model.fill(&anonymous(&[]), 9, &ItemFilter::default());
    assert!(list.len() == 9 && list.iter().all(|place| place.link == 3));
    assert_eq!(model.n_links(), 4);
}

#[test]
fn a_link_takes_what_it_scores_above_its_threshold() {
    let scored = |scores: [f32; 4]| Fixed(scores.to_vec());
    let chain = Fallback::new()
        .link_above(scored([0.1, 0.5, 0.6, 0.0]), 0.4)
        .link(scored([0.0, 0.9, 0.9, -1.0]))
        .link_above(scored([-3.0, 0.0, 0.0, -2.0]), 7.0)
        .build()
        .unwrap();
    let list = chain.fill(&anonymous(&[]), 9, &ItemFilter::default());
    let places: Vec<_> = list.iter().map(|p| (p.item.get(), p.score, p.link)).collect();
    assert_eq!(places, [(2, 0.6, 0), (1, 0.5, 0), (3, -2.0, 2), (0, -3.0, 2)]);
    let mut scores = vec![0.0; 4];
    chain.scores(&anonymous(&[]), &mut scores);
    assert_eq!(scores, [1.0, 3.0, 4.0, 2.0]);
    let refused = |chain: Fallback<'_>| chain.build().unwrap_err().to_string();
    assert!(refused(Fallback::new()).starts_with("links of a fallback chain"));
    assert!(refused(Fallback::new().link_above(Fixed(vec![]), f32::NAN)).starts_with("threshold"));
    let two = Fallback::new().link(Fixed(vec![0.0])).link(Fixed(vec![]));
    assert!(matches!(two.build().unwrap_err().kind(), ErrorKind::Items { .. }));
}

#[test]
fn ranks_are_blended_as_borda_and_cormack_have_them() {
    let lists = [[0.9, 0.5, 0.4, 0.1], [0.1, 0.2, 0.8, 0.9]];
    let of = |blend: Blend<'_>| {
        let blend = lists.iter().fold(blend, |b, l| b.member(Fixed(l.to_vec()), 1.0));
        let model = blend.build().unwrap();
        let mut scores = vec![0.0; 4];
        model.scores(&anonymous(&[]), &mut scores);
        scores
    };
    // Points by hand: items ranked lower, of three; 3 + 0, 2 + 1, 1 + 2, 0 + 3.
    assert_eq!(of(Blend::borda()), [1.0; 4]);
    let fused = of(Blend::reciprocal_rank_fusion());
    let expected = [1.0 / 61.0 + 1.0 / 64.0, 1.0 / 62.0 + 1.0 / 63.0];
    for (item, found) in fused.into_iter().enumerate() {
        let expected = expected[usize::from(item == 1 || item == 2)];
        assert!((f64::from(found) - expected).abs() < 1e-7, "{item} {found} {expected}");
    }
    let named = of(Blend::new().normalise(Normalise::ReciprocalRank { offset: 60.0 }));
    assert_eq!(named, of(Blend::reciprocal_rank_fusion()));
}

/// Wrappers of wrappers are recommenders still.
#[test]
fn links_may_be_switches_and_members_chains() {
    let chain = Fallback::new().link(switch()).link(chain()).build().unwrap();
    let model = Switch::new().member(0, chain).build().unwrap();
    let histories = histories(3);
    check_recommender(&model, &requests(&histories));
    let request: Request<'_> = anonymous(&[]);
    let list: Vec<ScoredItem> = model.top_k(&request, 5, &ItemFilter::default());
    assert_eq!(list.len(), 5);
}
