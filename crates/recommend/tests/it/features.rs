//! Factors of features: customers and items without any interaction, and the same model without features.

use patronage_core::{
    Csr, CustomerIdx, Fit, HistoryEntry, InteractionTable, Interactions, ItemFeatures, ItemFilter,
    ItemIdx, Recommender, Request, Seen, SparseItemFeatures, Timestamp,
};
use patronage_recommend::{
    Bpr, Case, ErrorKind, Evaluation, FeatureMf, FeatureMfModel, Featured, HeldOut, Metric,
    OwnFactors, PairwiseModel, Popularity, Warp,
};
use patronage_testkit::{
    check_fit_deterministic, check_recommender, check_seeded, check_send_sync,
};

use crate::common::{anonymous, draw, histories, requests, table};

const CUSTOMERS: u32 = 240;
const WARM_CUSTOMERS: u32 = 200;
const ITEMS: u32 = 60;
const WARM_ITEMS: u32 = 48;

/// Customers buy of their own one of three kinds ten times as often.
fn wants(customer: u32, item: u32) -> bool {
    let odds = if customer % 3 == item % 3 { 400 } else { 40 };
    draw(u64::from(customer) * 977 + u64::from(item), 1000) < odds
}

/// What was bought; the last customers and items have no interaction yet.
fn bought() -> InteractionTable {
    let pairs = (0..WARM_CUSTOMERS).flat_map(|u| (0..WARM_ITEMS).map(move |i| (u, i)));
    let entries: Vec<(u32, u32, f32)> =
        pairs.filter(|&(u, i)| wants(u, i)).map(|(u, i)| (u, i, 1.0)).collect();
    let csr = Csr::from_entries(CUSTOMERS as usize, ITEMS as usize, &entries, |_, _| {}).unwrap();
    InteractionTable::new(csr).unwrap()
}

/// Of each row its kind, and something that does not matter.
fn features(n: u32, noise: u32) -> SparseItemFeatures {
    let entries: Vec<(u32, u32, f32)> =
        (0..n).flat_map(|row| [(row, row % 3, 1.0), (row, 3 + row / 3 % noise, 1.0)]).collect();
    let values = Csr::from_entries(n as usize, 3 + noise as usize, &entries, |_, _| {}).unwrap();
    SparseItemFeatures::new(values, Vec::new()).unwrap()
}

fn fitted(of: FeatureMf) -> FeatureMfModel {
    let (bought, customers, items) = (bought(), features(CUSTOMERS, 4), features(ITEMS, 5));
    of.fit(&Featured::new(&bought).customers(&customers).items(&items)).unwrap()
}

fn of_customer(customer: u32) -> Request<'static> {
    let as_of = Timestamp::from_seconds(0);
    Request { history: &[], customer: Some(CustomerIdx::new(customer)), as_of }
}

/// The share of her own kind among the best for each customer of a range.
fn own_kind(
    model: &dyn Recommender,
    customers: std::ops::Range<u32>,
    k: usize,
    filter: &ItemFilter<'_>,
) -> f64 {
    let n = customers.len() * k;
    let hits = customers.map(|customer| {
        let best = model.top_k(&of_customer(customer), k, filter);
        best.iter().filter(|scored| scored.item.get() % 3 == customer % 3).count()
    });
    hits.sum::<usize>() as f64 / n as f64
}

#[test]
fn without_features_it_is_the_plain_model_to_the_bit() {
    let table = table(60);
    let same = |plain: &PairwiseModel, model: &FeatureMfModel| {
        for item in ItemIdx::all(30) {
            assert_eq!(plain.item_factors(item), model.factors().item_factors(item));
        }
        for customer in CustomerIdx::all(60) {
            let found = model.factors().customer_factors(customer);
            assert_eq!(plain.customer_factors(customer), found);
        }
        for request in requests(&histories(5)) {
            assert_eq!(plain.fold_in(&request), model.fold_in(&request));
        }
    };
    let every = CustomerIdx::all(60).all(|customer| !table.row(customer).items().is_empty());
    let popularity = Popularity::new().fit(&table).unwrap();
    assert!(every && popularity.popularity().iter().all(|&n| n > 0.0), "everyone has something");
    let data = Featured::new(&table);
    for seed in 0..2 {
        let plain = Bpr::new(5).max_iter(7).seed(seed).fit(&table).unwrap();
        same(&plain, &FeatureMf::bpr(5).max_iter(7).seed(seed).fit(&data).unwrap());
        let plain = Warp::new(20).max_iter(7).max_sampled(4).seed(seed).fit(&table).unwrap();
        let warp = FeatureMf::warp(20).max_iter(7).max_sampled(4).seed(seed);
        same(&plain, &warp.fit(&data).unwrap());
    }
    // One feature for each, and nothing else, is the same again.
    let identity = |n: u32| {
        let entries: Vec<(u32, u32, f32)> = (0..n).map(|row| (row, row, 2.5)).collect();
        let values = Csr::from_entries(n as usize, n as usize, &entries, |_, _| {}).unwrap();
        SparseItemFeatures::new(values, Vec::new()).unwrap()
    };
    let (customers, items) = (identity(60), identity(30));
    let data = data.customers(&customers).items(&items);
    let bpr = FeatureMf::bpr(5).max_iter(7).own(OwnFactors::Leave);
    same(&Bpr::new(5).max_iter(7).fit(&table).unwrap(), &bpr.fit(&data).unwrap());
}

#[test]
fn those_without_interactions_are_served_by_their_features() {
    let popularity = Popularity::new().fit(&bought()).unwrap();
    let all = ItemFilter::default();
    let cold = |item: ItemIdx| item.get() >= WARM_ITEMS;
    let only_cold = ItemFilter::default().allow(&cold);
    let cold_customers = WARM_CUSTOMERS..CUSTOMERS;
    // Four of the twelve new items are of her kind.
    let chance = own_kind(&popularity, 0..WARM_CUSTOMERS, 4, &only_cold);
    let popular = own_kind(&popularity, cold_customers.clone(), 5, &all);
    assert!(chance < 0.4 && popular < 0.5, "{chance} {popular}");
    for of in [FeatureMf::bpr(8), FeatureMf::warp(8), FeatureMf::bpr(8).own(OwnFactors::Leave)] {
        let model = fitted(of.max_iter(20));
        let customers = own_kind(&model, cold_customers.clone(), 5, &all);
        let items = own_kind(&model, 0..WARM_CUSTOMERS, 4, &only_cold);
        let both = own_kind(&model, cold_customers.clone(), 4, &only_cold);
        assert!(customers > 0.9 && items > 0.9 && both > 0.9, "{customers} {items} {both}");
        // A visit of somebody nobody knows learns from what she looks at.
        let history = HistoryEntry::from_items(&[2, 5, 8].map(ItemIdx::new));
        let best = model.top_k(&anonymous(&history), 5, &all);
        let alike = best.iter().filter(|scored| scored.item.get() % 3 == 2).count();
        assert!(alike >= 4, "{best:?}");
    }
    // Plain factors know nothing of them.
    let plain = Bpr::new(8).max_iter(20).fit(&bought()).unwrap();
    assert!(own_kind(&plain, cold_customers, 5, &all) < 0.5);
}

/// What customers of a range want of a range of items, the new ones asking with nothing.
fn later(customers: std::ops::Range<u32>, items: std::ops::Range<u32>) -> HeldOut {
    let bought = bought();
    let mut held_out = HeldOut::new(ITEMS as usize);
    for customer in customers {
        let known = bought.row(CustomerIdx::new(customer)).items();
        let history = HistoryEntry::from_items(known);
        let targets: Vec<ItemIdx> =
            items.clone().filter(|&item| wants(customer, item)).map(ItemIdx::new).collect();
        let as_of = Timestamp::from_seconds(100);
        let request =
            Request { history: &history, customer: Some(CustomerIdx::new(customer)), as_of };
        held_out.push(Case { request, targets: &targets }).unwrap();
    }
    held_out
}

/// New customers and new items are ordinary requests and answers, ranked among all the others, and
/// much better than by popularity.
#[test]
fn the_cold_are_served_better_than_by_popularity() {
    // As long as there are items of a kind.
    let metric = Metric::Ndcg(20);
    let evaluation = Evaluation::new(Seen::Exclude).metrics([metric]).training(&bought());
    let popularity = Popularity::new().fit(&bought()).unwrap();
    for (name, held_out) in [
        ("new customers", later(WARM_CUSTOMERS..CUSTOMERS, 0..WARM_ITEMS)),
        ("new items", later(0..WARM_CUSTOMERS, WARM_ITEMS..ITEMS)),
        ("new items to new customers", later(WARM_CUSTOMERS..CUSTOMERS, WARM_ITEMS..ITEMS)),
    ] {
        let audit = held_out.audit(&bought()).unwrap();
        assert!(audit.n_customers_unknown + audit.n_targets_unknown > 0, "{name}: {audit}");
        let by_popularity = evaluation.run(&popularity, &held_out).unwrap();
        for of in [FeatureMf::bpr(8), FeatureMf::warp(8)] {
            let model = fitted(of.max_iter(20));
            let report = evaluation.run(&model, &held_out).unwrap();
            let gain = report.compare(&by_popularity, metric).unwrap();
            let (low, _) = gain.interval.unwrap();
            assert!(low > 0.1 && gain.sign_flip_p_value < 0.01, "{name}: {gain:?}");
        }
    }
}

#[test]
fn whoever_is_not_in_the_data_is_the_sum_of_her_features() {
    let model = fitted(FeatureMf::bpr(6).max_iter(4));
    let (customers, items) = (features(CUSTOMERS, 4), features(ITEMS, 5));
    // The last ones have no interaction, so nothing but their features.
    let last = ItemIdx::new(CUSTOMERS - 1);
    let found = model.customer(customers.row(last)).unwrap();
    let known = model.factors().customer_factors(CustomerIdx::new(last.get()));
    assert!(found.iter().zip(known).all(|(a, b)| (a - b).abs() < 1e-6), "{found:?} {known:?}");
    let last = ItemIdx::new(ITEMS - 1);
    let found = model.item(items.row(last)).unwrap();
    let known = model.factors().item_factors(last);
    assert!(found.iter().zip(known).all(|(a, b)| (a - b).abs() < 1e-6), "{found:?} {known:?}");

    let request = of_customer(CUSTOMERS - 1);
    let new = Request { customer: None, ..request };
    let factors = model.customer(customers.row(ItemIdx::new(CUSTOMERS - 1))).unwrap();
    let list = model.top_k_from(&factors, &new, 5, &ItemFilter::default());
    let expected = model.top_k(&request, 5, &ItemFilter::default());
    let of = |list: &[patronage_core::ScoredItem]| list.iter().map(|s| s.item).collect::<Vec<_>>();
    assert_eq!(of(&list), of(&expected));
    let mut scores = vec![0.0; ITEMS as usize];
    model.scores_from(&factors, &new, &mut scores);
    assert_eq!(scores[list[0].item.index()], list[0].score);
    assert_eq!(model.customer_feature(0).len(), 7);
    assert_eq!(model.item_feature(7).len(), 7);
    assert_eq!(model.similar_items(ItemIdx::new(59), 3).len(), 3);

    let beyond = Csr::from_entries(1, 99, &[(0, 98, 1.0)], |_, _| {}).unwrap();
    let beyond = SparseItemFeatures::new(beyond, Vec::new()).unwrap();
    let error = model.customer(beyond.row(ItemIdx::new(0))).unwrap_err().to_string();
    assert_eq!(error, "features of a customer: expected an index below 7, found 98");
    assert!(model.item(beyond.row(ItemIdx::new(0))).is_err());
}

#[test]
fn it_keeps_its_promises() {
    let (bought, customers, items) = (bought(), features(CUSTOMERS, 4), features(ITEMS, 5));
    let data = Featured::new(&bought).customers(&customers).items(&items);
    let estimator = FeatureMf::bpr(5).max_iter(2);
    let histories = histories(6);
    let mut requests = requests(&histories);
    requests[0].customer = Some(CustomerIdx::new(3));
    requests[1].customer = Some(CustomerIdx::new(CUSTOMERS - 1));
    let model = estimator.fit(&data).unwrap();
    check_recommender(&model, &requests);
    check_recommender(&FeatureMf::warp(5).max_iter(2).fit(&data).unwrap(), &requests[..2]);
    check_fit_deterministic(&estimator, &data, |a, b| a == b);
    check_seeded(&estimator, &data, |a, b| a == b);
    check_send_sync::<FeatureMfModel>();
    #[cfg(feature = "serde")]
    {
        use patronage_core::Provenance;
        let nowhere = Provenance { schema: None, training: None };
        patronage_testkit::check_saved_model(&model, nowhere);
        let body = serde_json::to_string(&model).unwrap();
        for (from, to, expected) in [
            ("\"n_factors\":5", "\"n_factors\":4", "1 as the last factor"),
            ("]],\"customers\":[", "]],\"customers\":[1.0,", "as many factors for each feature"),
            ("]],\"customers\":[", "]],\"customers\":[1e30,0,0,0,0,0,", "finite"),
            ("\"own\":[[", "\"own\":[[1.0,", "a mean of as many factors"),
        ] {
            let broken = body.replacen(from, to, 1);
            assert_ne!(broken, body);
            let error = serde_json::from_str::<FeatureMfModel>(&broken).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}

#[test]
fn what_cannot_be_is_refused() {
    let (bought, few) = (bought(), features(3, 1));
    let error = FeatureMf::bpr(2).fit(&Featured::new(&bought).customers(&few)).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Customers { expected: 240, found: 3, .. }));
    let error = FeatureMf::bpr(2).fit(&Featured::new(&bought).items(&few)).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Items { expected: 60, found: 3, .. }));
    for (of, name) in [
        (FeatureMf::bpr(0), "n_factors"),
        (FeatureMf::warp(2).max_sampled(0), "max_sampled"),
        (FeatureMf::bpr(2).learning_rate(f64::NAN), "learning_rate"),
        (FeatureMf::bpr(2).max_iter(0), "max_iter"),
    ] {
        let error = of.fit(&Featured::new(&bought)).unwrap_err().to_string();
        assert!(error.starts_with(name), "{error}");
    }
    // Nobody, nothing, and rows of zeros.
    let empty = |n, m| {
        let csr = Csr::from_entries(n, m, &[], |_: &mut f32, _| {}).unwrap();
        InteractionTable::new(csr).unwrap()
    };
    assert_eq!(FeatureMf::bpr(2).fit(&Featured::new(&empty(0, 0))).unwrap().n_items(), 0);
    let none = Csr::from_entries(2, 0, &[], |_: &mut f32, _| {}).unwrap();
    let none = SparseItemFeatures::new(none, Vec::new()).unwrap();
    let table = empty(2, 2);
    let data = Featured::new(&table).customers(&none).items(&none);
    let model = FeatureMf::warp(2).own(OwnFactors::Leave).fit(&data).unwrap();
    let mut scores = [9.0; 2];
    model.scores(&of_customer(0), &mut scores);
    assert_eq!(scores, [0.0; 2]);
    assert!(format!("{data:?}").contains("n_item_features: Some(0)"));
}
