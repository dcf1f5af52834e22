//! Popularity by segment and by category.

use patronage_core::{
    Csr, CustomerIdx, Fit, HistoryEntry, InteractionTable, Interactions, ItemFilter, ItemIdx,
    OrderIdx, Recommender, Request, SegmentIdx, Span, Timestamp, Window,
};
use patronage_recommend::{
    CategoryPopularity, Explain, Groups, HistoryWeight, Popularity, SegmentPopularity,
};
use patronage_testkit::{check_fit_deterministic, check_recommender};

use crate::common::{N_ITEMS, anonymous, histories, requests, table};

const N: usize = 60;

fn segments() -> Vec<Option<SegmentIdx>> {
    (0..N as u32).map(|c| (c % 5 != 4).then(|| SegmentIdx::new(c % 3))).collect()
}

fn kinds() -> Groups {
    let of = (0..N_ITEMS as u32).map(|item| (item != 4).then(|| ItemIdx::new(item % 3))).collect();
    Groups::new(of, 3).unwrap()
}

/// The table, every interaction in its own hour.
fn timed() -> InteractionTable {
    let table = table(N as u32);
    let n = table.weights().n_entries() as i64;
    let at = (0..n).map(|i| Timestamp::from_seconds(i * 3600)).collect();
    table.timed(at, vec![OrderIdx::new(0); n as usize]).unwrap()
}

#[test]
fn they_keep_the_promises_of_recommenders() {
    let histories = histories(6);
    let mut requests = requests(&histories);
    requests[1].customer = Some(CustomerIdx::new(1));
    requests[2].customer = Some(CustomerIdx::new(4));
    let by_segment = SegmentPopularity::new(segments(), 4);
    check_recommender(&by_segment.fit(&timed()).unwrap(), &requests);
    check_fit_deterministic(&by_segment, &timed(), |a, b| a == b);
    let by_category = CategoryPopularity::new(kinds());
    check_recommender(&by_category.fit(&timed()).unwrap(), &requests);
    let faded = by_category.clone().history(HistoryWeight::Sum).half_life(Span::days(1));
    check_recommender(&faded.fit(&timed()).unwrap(), &requests);
    check_fit_deterministic(&by_category, &timed(), |a, b| a == b);
}

/// By hand, in a window with a half-life too.
#[test]
fn a_segment_is_counted_and_drawn_to_everybody() {
    let (data, segments) = (timed(), segments());
    let as_of = Timestamp::from_seconds(500_000);
    let window = Window { start: Timestamp::from_seconds(0), end: as_of };
    let estimators = [
        Popularity::new(),
        Popularity::new().window(window),
        Popularity::new().half_life(Span::days(2), as_of),
    ];
    for popularity in estimators {
        for prior in [0.0, 7.5] {
            let estimator = SegmentPopularity::new(segments.clone(), 4);
            let model = estimator.popularity(popularity).prior(prior).fit(&data).unwrap();
            // Of the customers of one segment alone, everything else empty.
            let count = |segment: Option<Option<SegmentIdx>>| {
                let entries: Vec<(u32, u32, f32)> = CustomerIdx::all(N)
                    .filter(|c| segment.is_none_or(|s| segments[c.index()] == s))
                    .flat_map(|c| data.row(c).items().iter().map(move |i| (c.get(), i.get(), 1.0)))
                    .collect();
                let at: Vec<Timestamp> = CustomerIdx::all(N)
                    .filter(|c| segment.is_none_or(|s| segments[c.index()] == s))
                    .flat_map(|c| data.row(c).at().unwrap().to_vec())
                    .collect();
                let csr = Csr::from_entries(N, N_ITEMS, &entries, |_, _| {}).unwrap();
                let baskets = vec![OrderIdx::new(0); at.len()];
                let table = InteractionTable::new(csr).unwrap().timed(at, baskets).unwrap();
                let n = CustomerIdx::all(N).filter(|&c| !table.row(c).items().is_empty()).count();
                (popularity.fit(&table).unwrap(), n as f64)
            };
            let (all, n_all) = count(None);
            for segment in (0..3).map(SegmentIdx::new) {
                let (own, n) = count(Some(Some(segment)));
                for item in 0..N_ITEMS {
                    let overall = f64::from(all.popularity()[item]) / n_all;
                    let own = f64::from(own.popularity()[item]);
                    let expected = (own + prior * overall) / (n + prior);
                    let found = f64::from(model.popularity(Some(segment))[item]);
                    assert!((found - expected).abs() < 1e-6, "{segment} {item} {found} {expected}");
                    let found = f64::from(model.popularity(None)[item]);
                    assert!((found - overall).abs() < 1e-6);
                }
            }
            // Nobody is in segment 3; customer 4 has no segment, 99 is not known.
            assert_eq!(model.popularity(Some(SegmentIdx::new(3))), model.popularity(None));
            assert_eq!(model.segment(CustomerIdx::new(4)), None);
            assert_eq!(model.segment(CustomerIdx::new(99)), None);
            assert_eq!(model.segment(CustomerIdx::new(1)), Some(SegmentIdx::new(1)));
        }
    }
}

#[test]
fn a_category_counts_as_often_as_it_was_bought() {
    let (data, kinds) = (timed(), kinds());
    let model = CategoryPopularity::new(kinds.clone()).prior(2.0).fit(&data).unwrap();
    let popularity = Popularity::new().fit(&data).unwrap();
    let group = |item: usize| kinds.group(ItemIdx::from_usize(item)).map_or(3, ItemIdx::index);
    let of_group = |g| -> f64 {
        let items = (0..N_ITEMS).filter(|&item| group(item) == g);
        items.map(|item| f64::from(popularity.popularity()[item])).sum()
    };
    let total: f64 = (0..4).map(of_group).sum();
    // Three of kind 0, one of kind 1, one of none.
    let history = HistoryEntry::from_items(&[0, 3, 6, 1, 4].map(ItemIdx::new));
    let request = anonymous(&history);
    let mut scores = vec![0.0; N_ITEMS];
    model.scores(&request, &mut scores);
    let n = [3.0, 1.0, 0.0, 1.0];
    for (item, &found) in scores.iter().enumerate() {
        let g = group(item);
        let of_history = (n[g] + 2.0 * of_group(g) / total) / (5.0 + 2.0);
        let expected = of_history * f64::from(popularity.popularity()[item]) / of_group(g);
        assert!((f64::from(found) - expected).abs() < 1e-6, "{item} {found} {expected}");
        let because = model.explain(&request, ItemIdx::from_usize(item));
        assert!((because.total() - expected).abs() < 1e-9);
        assert_eq!(because.contributions.len(), n[g] as usize);
    }
    assert!((scores.iter().sum::<f32>() - 1.0).abs() < 1e-5);
    // Without a history, plain popularity.
    model.scores(&anonymous(&[]), &mut scores);
    for (item, &found) in scores.iter().enumerate() {
        let expected = f64::from(popularity.popularity()[item]) / total;
        assert!((f64::from(found) - expected).abs() < 1e-6);
    }
    let best = model.best_sellers(ItemIdx::new(1), 4);
    let filter = |item: ItemIdx| kinds.group(item) == Some(ItemIdx::new(1));
    assert_eq!(best, popularity.top_k(&anonymous(&[]), 4, &ItemFilter::default().allow(&filter)));
    assert!(model.best_sellers(ItemIdx::new(9), 4).is_empty());
}

#[test]
fn nobody_nothing_and_what_cannot_be() {
    let empty = |n, m| {
        let csr = Csr::from_entries(n, m, &[], |_: &mut f32, _| {}).unwrap();
        InteractionTable::new(csr).unwrap()
    };
    let model = SegmentPopularity::new(vec![None; 2], 0).fit(&empty(2, 3)).unwrap();
    assert_eq!(model.popularity(None), [0.0; 3]);
    assert_eq!(SegmentPopularity::new(vec![], 0).fit(&empty(0, 0)).unwrap().n_items(), 0);
    let groups = |n| Groups::new(vec![None; n], 0).unwrap();
    let model = CategoryPopularity::new(groups(3)).fit(&empty(2, 3)).unwrap();
    let mut scores = [9.0; 3];
    model.scores(&anonymous(&HistoryEntry::from_items(&[ItemIdx::new(1)])), &mut scores);
    assert_eq!(scores, [0.0; 3]);

    let refused = |of: SegmentPopularity| of.fit(&empty(1, 1)).unwrap_err().to_string();
    let one = || SegmentPopularity::new(vec![Some(SegmentIdx::new(0))], 1);
    assert!(refused(one().prior(f64::NAN)).starts_with("prior"));
    assert!(refused(SegmentPopularity::new(vec![], 1)).starts_with("segments of customers"));
    let beyond = SegmentPopularity::new(vec![Some(SegmentIdx::new(1))], 1);
    assert_eq!(refused(beyond), "segment: expected an index below 1, found 1");
    let half_life = Popularity::new().half_life(Span::days(-1), Timestamp::MAX);
    assert!(refused(one().popularity(half_life)).starts_with("half_life"));
    let refused = |of: CategoryPopularity| of.fit(&empty(1, 1)).unwrap_err().to_string();
    assert!(refused(CategoryPopularity::new(groups(2))).starts_with("groups"));
    assert!(refused(CategoryPopularity::new(groups(1)).prior(0.0)).starts_with("prior"));
    let faded = CategoryPopularity::new(groups(1)).half_life(Span::days(0));
    assert!(refused(faded).starts_with("half_life"));
    let windowed = Popularity::new().half_life(Span::days(1), Timestamp::MAX);
    let by_segment = SegmentPopularity::new(segments(), 3).popularity(windowed);
    assert!(by_segment.fit(&table(N as u32)).is_err(), "times are needed");
}

/// The best-sellers of her segment are hers, with the customers' own request.
#[test]
fn customers_are_served_by_their_segment() {
    let entries: Vec<(u32, u32, f32)> =
        (0..40).flat_map(|u| [(u, u % 2, 1.0), (u, 2, 1.0)]).collect();
    let csr = Csr::from_entries(40, 4, &entries, |_, _| {}).unwrap();
    let data = InteractionTable::new(csr).unwrap();
    let of = (0..40).map(|u| Some(SegmentIdx::new(u % 2))).collect();
    let model = SegmentPopularity::new(of, 2).fit(&data).unwrap();
    let second = |customer| {
        let as_of = Timestamp::from_seconds(0);
        let request = Request { history: &[], customer, as_of };
        model.top_k(&request, 2, &ItemFilter::default())[1].item.get()
    };
    assert_eq!(second(Some(CustomerIdx::new(7))), 1);
    assert_eq!(second(Some(CustomerIdx::new(8))), 0);
}
