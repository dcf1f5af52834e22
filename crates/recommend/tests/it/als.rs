//! What alternating least squares promises.

use ndarray::Array2;
use patronage_core::{
    Csr, CustomerIdx, Fit, HistoryEntry, InteractionTable, Interactions, ItemFilter, ItemIdx,
    Recommender, Request, Seen, Timestamp,
};
use patronage_recommend::{
    Als, AlsInit, AlsModel, AlsSolver, Confidence, ErrorKind, HistoryWeight,
};
use patronage_testkit::{check_fit_deterministic, check_recommender, check_seeded};
use proptest::prelude::*;

use crate::common::{draw, histories, requests, table};

fn solvers() -> [AlsSolver; 3] {
    let cg = AlsSolver::ConjugateGradient { n_steps: 3 };
    [AlsSolver::Exact, cg, AlsSolver::Subspace { block: 16 }]
}

fn estimators() -> Vec<Als> {
    let mut all: Vec<Als> =
        solvers().iter().map(|&solver| Als::new(40).solver(solver).max_iter(4)).collect();
    all.push(Als::hu_koren_volinsky(5).alpha(3.0).history(HistoryWeight::Sum));
    all.push(Als::new(1).exponent(0.0).unobserved_weight(0.0).regularization(1e-6));
    all.push(Als::new(17).confidence(Confidence::Replacing).unobserved_weight(0.5));
    all
}

#[test]
fn models_keep_the_promises_of_recommenders() {
    let histories = histories(12);
    for als in estimators() {
        check_recommender(&als.fit(&table(60)).unwrap(), &requests(&histories));
    }
}

#[test]
fn fits_are_the_same_on_any_number_of_threads() {
    for als in estimators() {
        check_fit_deterministic(&als, &table(60), |a, b| a == b);
    }
    check_seeded(&Als::new(3).max_iter(2), &table(20), |a, b| a == b);
    let fit = |seed| Als::new(3).max_iter(2).seed(seed).fit(&table(20)).unwrap();
    assert_ne!(fit(1), fit(2));
}

#[test]
fn the_objective_falls_and_all_solvers_reach_it() {
    let fit = |solver| {
        let als = Als::new(20).solver(solver).regularization(0.01).max_iter(40);
        als.fit(&table(300)).unwrap()
    };
    let exact = fit(AlsSolver::Exact);
    for solver in solvers() {
        let model = fit(solver);
        let losses = model.losses();
        assert_eq!((losses.len(), model.n_iter(), model.converged()), (40, 40, false));
        let falls = |pair: &[f64]| pair[1] <= pair[0] * (1.0 + 1e-5);
        assert!(losses.windows(2).all(falls), "{solver:?} {losses:?}");
        let [best, last] = [&exact, &model].map(|model| model.losses()[39]);
        assert!((last - best).abs() < 0.01 * best, "{solver:?} {last} {best}");
    }
    let stopped = Als::new(20).tolerance(1e-2).max_iter(500).fit(&table(300)).unwrap();
    assert!(stopped.converged() && stopped.n_iter() < 100);
}

#[test]
fn a_known_customer_is_a_request_with_her_history() {
    let data = table(60);
    let model = Als::new(8).history(HistoryWeight::Sum).fit(&data).unwrap();
    let filter = ItemFilter::seen(Seen::Exclude);
    let mut of_customers = Vec::new();
    let answer = |customer: CustomerIdx, list: &[_]| {
        assert_eq!(customer.index(), of_customers.len());
        of_customers.push(list.to_vec());
    };
    model.for_each_customer(&data, 7, &filter, answer).unwrap();
    let histories: Vec<Vec<HistoryEntry>> = CustomerIdx::all(60)
        .map(|customer| {
            let row = data.row(customer);
            let mut history = HistoryEntry::from_items(row.items());
            history
                .iter_mut()
                .zip(row.weights())
                .for_each(|(entry, &weight)| entry.weight = weight);
            history
        })
        .collect();
    let requests = requests(&histories);
    let mut n = 0;
    model.for_each_request(&requests[..], 7, &filter, |index, list| {
        assert_eq!(list, of_customers[index], "{index}");
        assert_eq!(list, model.top_k(&requests[index], 7, &filter));
        n += 1;
    });
    assert_eq!(n, 60);
    for (customer, request) in CustomerIdx::all(60).zip(&requests) {
        assert_eq!(model.customer_factors(customer), model.fold_in(request));
        let (nearest, cosine) = model.similar_customers(request, 1)[0];
        assert!(nearest <= customer && cosine > 0.999_999);
    }
}

#[test]
fn lists_are_those_of_a_full_sort_for_many_items() {
    // Norms that differ much, ties, and items of no factors at all.
    let (n, d) = (1000, 7);
    let value =
        |i: usize, k: usize, s: u64| draw(s + (i * 31 + k) as u64, 2001) as f32 / 1000.0 - 1.0;
    let items = Array2::from_shape_fn((n, d), |(i, k)| {
        let scale = [1.0, 0.1, 0.0, 3.0][i / 5 % 4];
        scale * value(i / 2, k, 1)
    });
    let customers = Array2::from_shape_fn((70, d), |(u, k)| value(u, k, 900_000));
    let model = AlsModel::from_factors(&Als::new(d), customers.view(), items.view()).unwrap();
    let odd = |item: ItemIdx| item.get() % 3 != 1;
    let entries: Vec<(u32, u32, f32)> =
        (0..70).flat_map(|u| (0..40).map(move |i| (u, (u * 7 + i * 11) % 1000, 1.0))).collect();
    let bought = InteractionTable::new(Csr::from_entries(70, n, &entries, |_, _| {}).unwrap());
    let bought = bought.unwrap();
    for seen in [Seen::Exclude, Seen::Allow] {
        for filter in [ItemFilter::seen(seen), ItemFilter::seen(seen).allow(&odd)] {
            for k in [0, 1, 20, 300, 5000] {
                let answer = |customer: CustomerIdx, list: &[patronage_core::ScoredItem]| {
                    let x = customers.row(customer.index());
                    let scores: Vec<f32> = items
                        .rows()
                        .into_iter()
                        .map(|v| v.iter().zip(x).fold(0.0, |sum, (&v, &x)| v.mul_add(x, sum)))
                        .collect();
                    let history = HistoryEntry::from_items(bought.row(customer).items());
                    let as_of = Timestamp::from_seconds(0);
                    let request = Request { history: &history, customer: None, as_of };
                    let expected = patronage_core::top_k_of(&scores, &request, k, &filter);
                    assert_eq!(list.len(), expected.len());
                    for (found, expected) in list.iter().zip(&expected) {
                        let gap = (found.score - expected.score).abs();
                        assert!(gap < 1e-5, "{customer} {found:?} {expected:?}");
                    }
                    let sorted = list.is_sorted_by(|a, b| patronage_core::rank(a, b).is_lt());
                    assert!(sorted, "best first, ties by item");
                };
                model.for_each_customer(&bought, k, &filter, answer).unwrap();
            }
        }
    }
    let error = model.for_each_customer(&table(70), 1, &ItemFilter::default(), |_, _| {});
    assert!(matches!(error.unwrap_err().kind(), ErrorKind::Items { .. }));
}

/// The stated tolerance: with a tenth more customers and items, two sweeps from the former model
/// have an objective within 1 % of that of a full refit, and lists as close to it as those of a
/// full refit from another start.
#[test]
fn a_warm_start_is_close_to_a_full_refit() {
    let data = table(600);
    let grown: Vec<(u32, u32, f32)> = CustomerIdx::all(600)
        .flat_map(|customer| {
            let row = data.row(customer);
            let all = row.items().iter().zip(row.weights());
            all.map(move |(item, &weight)| (customer.get(), item.get(), weight)).collect::<Vec<_>>()
        })
        .collect();
    let former: Vec<(u32, u32, f32)> =
        grown.iter().copied().filter(|&(customer, item, _)| customer < 540 && item < 27).collect();
    let former = Csr::from_entries(540, 27, &former, |_, _| {}).unwrap();
    let als = Als::new(4).regularization(0.01).max_iter(30);
    let former = als.fit(&InteractionTable::new(former).unwrap()).unwrap();
    let full = als.fit(&data).unwrap();
    let warm = als.max_iter(2).fit_from(&data, &former).unwrap();
    let cold = als.max_iter(2).fit(&data).unwrap();
    let loss = |model: &AlsModel| *model.losses().last().unwrap();
    assert!(loss(&warm) < 1.01 * loss(&full), "{} {}", loss(&warm), loss(&full));
    assert!(loss(&warm) < loss(&cold));
    let lists = |model: &AlsModel| {
        let mut lists = Vec::new();
        let keep = |_, list: &[patronage_core::ScoredItem]| {
            lists.push(list.iter().map(|scored| scored.item).collect::<Vec<_>>());
        };
        model.for_each_customer(&data, 5, &ItemFilter::default(), keep).unwrap();
        lists
    };
    let expected = lists(&full);
    let in_common = |model: &AlsModel| -> usize {
        let pairs = lists(model).into_iter().zip(&expected);
        pairs.map(|(a, b)| a.iter().filter(|item| b.contains(item)).count()).sum()
    };
    let other = als.seed(1).fit(&data).unwrap();
    let [warm, other] = [&warm, &other].map(in_common);
    assert!(warm as f64 > 0.95 * other as f64 && warm > 1500, "{warm} {other}");
    let error = als.fit_from(&table(500), &full).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Customers { expected: 600, found: 500, .. }));
    let error = Als::new(5).fit_from(&data, &full).unwrap_err();
    assert!(error.to_string().contains("n_factors"), "{error}");
}

#[test]
fn dislikes_and_nothing() {
    // Customer 0 likes item 0 and dislikes item 1; the others have both.
    let mut entries = vec![(0, 0, 1.0), (0, 1, -5.0)];
    entries.extend((1..6).flat_map(|u| [(u, 0, 1.0), (u, 1, 1.0), (u, 2, 0.0)]));
    let data = InteractionTable::new(Csr::from_entries(7, 4, &entries, |_, _| {}).unwrap());
    let model = Als::new(3).history(HistoryWeight::Sum).fit(&data.unwrap()).unwrap();
    let mut history = HistoryEntry::from_items(&[ItemIdx::new(0), ItemIdx::new(1)]);
    let score = |history: &[HistoryEntry], item: usize| {
        let as_of = Timestamp::from_seconds(9);
        let mut scores = [0.0; 4];
        model.scores(&Request { history, customer: None, as_of }, &mut scores);
        scores[item]
    };
    let liked = score(&history, 1);
    history[1].weight = -5.0;
    assert!(score(&history, 1) < liked - 0.1);
    // Nobody has item 3, and nothing but weights of 0 speaks of item 2.
    assert_eq!([2, 3].map(|item| score(&history, item)), [0.0; 2]);
    assert_eq!(model.customer_factors(CustomerIdx::new(6)), [0.0; 3]);
    assert!(model.similar_items(ItemIdx::new(3), 9).is_empty());
    assert_eq!(model.similar_items(ItemIdx::new(0), 9)[0].item, ItemIdx::new(1));
    let nobody = InteractionTable::new(Csr::from_entries(0, 0, &[], |_, _| {}).unwrap()).unwrap();
    let model = Als::new(3).fit(&nobody).unwrap();
    assert_eq!((model.n_items(), model.n_customers(), model.losses()[0]), (0, 0, 0.0));
}

#[test]
fn parameters_out_of_range_are_named() {
    for (als, name) in [
        (Als::new(0), "n_factors"),
        (Als::new(5000), "n_factors"),
        (Als::new(2).regularization(0.0), "regularization"),
        (Als::new(2).regularization(f64::NAN), "regularization"),
        (Als::new(2).alpha(-1.0), "alpha"),
        (Als::new(2).unobserved_weight(-0.1), "unobserved_weight"),
        (Als::new(2).exponent(2.5), "exponent"),
        (Als::new(2).max_iter(0), "max_iter"),
        (Als::new(2).tolerance(f64::INFINITY), "tolerance"),
        (Als::new(2).init(AlsInit::Normal { std: 0.0 }), "std"),
        (Als::new(2).solver(AlsSolver::ConjugateGradient { n_steps: 0 }), "n_steps"),
        (Als::new(2).solver(AlsSolver::Subspace { block: 0 }), "block"),
    ] {
        let error = als.fit(&table(5)).unwrap_err();
        assert!(error.to_string().starts_with(name), "{name}: {error}");
    }
}

#[cfg(feature = "serde")]
#[test]
fn models_are_saved_and_old_ones_read() {
    use patronage_core::{Provenance, load, save};

    let nowhere = Provenance { schema: None, training: None };
    let model = Als::new(2).max_iter(3).fit(&table(6)).unwrap();
    patronage_testkit::check_saved_model(&model, nowhere.clone());
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/als-v1.json");
    if std::env::var_os("WRITE_GOLDEN").is_some() {
        std::fs::write(golden, save(&model, nowhere).unwrap() + "\n").unwrap();
    }
    let (old, _) = load::<AlsModel>(std::fs::read_to_string(golden).unwrap().trim()).unwrap();
    for request in requests(&histories(5)) {
        let [mut then, mut now] = [[0.0; 30]; 2];
        old.scores(&request, &mut then);
        model.scores(&request, &mut now);
        assert!(then.iter().zip(&now).all(|(a, b)| (a - b).abs() < 1e-4), "{then:?} {now:?}");
    }
    let body = serde_json::to_string(&model).unwrap();
    for (from, to, expected) in [
        ("\"n_factors\":2", "\"n_factors\":7", "as many factors"),
        ("\"n_factors\":2", "\"n_factors\":0", "1 to 4096"),
        ("\"alpha\":1.0", "\"alpha\":-1.0", "alpha"),
        ("\"items\":[", "\"items\":[1e20,", "as many factors"),
        ("\"items\":[", "\"items\":[1e20,1e30,", "finite"),
        ("\"half_life\":null", "\"half_life\":-5", "half_life"),
    ] {
        let broken = body.replacen(from, to, 1);
        let error = serde_json::from_str::<AlsModel>(&broken).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn any_data_give_finite_factors(
        entries in prop::collection::vec((0u32..9, 0u32..11, -1e30f32..1e30), 0..60),
        d in 1usize..20,
        solver in 0usize..3,
        exponent in 0.0f64..2.0,
    ) {
        let data = Csr::from_entries(9, 11, &entries, |a, b| *a = *b).unwrap();
        let data = InteractionTable::new(data).unwrap();
        let als = Als::new(d).solver(solvers()[solver]).exponent(exponent).max_iter(3);
        // Not every such problem fits into single precision: then it is said.
        match als.fit(&data) {
            Ok(model) => {
                for item in ItemIdx::all(11) {
                    prop_assert!(model.item_factors(item).iter().all(|x| x.is_finite()));
                }
                for customer in CustomerIdx::all(9) {
                    prop_assert!(model.customer_factors(customer).iter().all(|x| x.is_finite()));
                }
            }
            Err(error) => {
                prop_assert!(matches!(error.kind(), ErrorKind::NotFinite { .. }), "{}", error);
            }
        }
    }
}

#[test]
fn a_spectral_start_is_nearer_the_end() {
    let table = table(300);
    let als = Als::new(8).regularization(0.01).unobserved_weight(0.1);
    let last = |als: Als| *als.fit(&table).unwrap().losses().last().unwrap();
    for sweeps in [1, 2, 4] {
        let normal = last(als.max_iter(sweeps));
        let spectral = last(als.init(AlsInit::Spectral { n_iter: 3 }).max_iter(sweeps));
        assert!(spectral < normal, "{sweeps}: {spectral} {normal}");
    }
}

#[test]
fn a_spectral_start_is_deterministic_and_bears_what_is_degenerate() {
    let spectral = Als::new(5).init(AlsInit::Spectral { n_iter: 2 });
    check_fit_deterministic(&spectral, &table(60), |a, b| a == b);
    // More factors than items, a customer and an item without interactions, negative feedback.
    let entries = [(0, 0, 1.0), (0, 1, -1.0), (2, 0, 2.0), (2, 2, 1.0)];
    let csr = Csr::from_entries(4, 4, &entries, |_, _| {}).unwrap();
    let model = spectral.fit(&InteractionTable::new(csr).unwrap()).unwrap();
    assert!(model.losses().iter().all(|loss| loss.is_finite()));
    let many = Als::new(130).init(AlsInit::Spectral { n_iter: 3 }).max_iter(2);
    assert!(many.fit(&table(60)).unwrap().losses().iter().all(|loss| loss.is_finite()));
    let empty = Csr::from_entries(0, 0, &[], |_, _: &f32| {}).unwrap();
    assert!(spectral.fit(&InteractionTable::new(empty).unwrap()).is_ok());
    let none = spectral.init(AlsInit::Spectral { n_iter: 0 }).fit(&table(5)).unwrap_err();
    assert!(none.to_string().contains("n_iter"), "{none}");
}
