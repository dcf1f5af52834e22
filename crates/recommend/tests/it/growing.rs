//! More customers and items than before: a warm start, against a full refit.

use patronage_core::{Csr, CustomerIdx, Fit, InteractionTable, Interactions, Recommender, Seen};
use patronage_recommend::{
    Bpr, ErrorKind, Evaluation, ItemKnn, Metric, PairwiseModel, Similarity, Split, Warp,
};

use crate::common::{draw, table};

/// The first customers, with the first items alone.
fn first(table: &InteractionTable, customers: usize, items: u32) -> InteractionTable {
    let entries: Vec<(u32, u32, f32)> = CustomerIdx::all(customers)
        .flat_map(|customer| {
            let row = table.row(customer);
            let all = row.items().iter().zip(row.weights());
            all.filter(|(item, _)| item.get() < items)
                .map(|(item, &weight)| (customer.get(), item.get(), weight))
                .collect::<Vec<_>>()
        })
        .collect();
    let csr = Csr::from_entries(customers, items as usize, &entries, |_, _| {}).unwrap();
    InteractionTable::new(csr).unwrap()
}

/// A tenth of the customers and a fifth of the items are new. A third of the epochs from the former
/// model come within 0.01 NDCG@5 of a full refit; as many epochs from nothing do not.
#[test]
fn pairwise_factors_grow_and_are_as_good_as_refitted_ones() {
    let all = table(600);
    let split = Split::strong(
        &all,
        |customer: CustomerIdx| customer.get().is_multiple_of(4),
        |customer, item| draw(u64::from(customer.get()) * 31 + u64::from(item.get()), 4) == 0,
    )
    .unwrap();
    let now = &split.training;
    let then = first(now, now.n_customers() * 9 / 10, 24);
    let ndcg = |model: &PairwiseModel| {
        let evaluation = Evaluation::new(Seen::Exclude).metrics([Metric::Ndcg(5)]).bootstrap(0);
        evaluation.run(model, &split.held_out).unwrap().mean(Metric::Ndcg(5)).unwrap()
    };
    // Of five seeds the mean: one fit differs from the next by some hundredths.
    let mean = |of: &dyn Fn(u64) -> f64| (0..5).map(of).sum::<f64>() / 5.0;
    let bpr = Bpr::new(8).max_iter(15);
    let refitted = mean(&|seed| ndcg(&bpr.seed(seed).fit(now).unwrap()));
    let cold = mean(&|seed| ndcg(&bpr.seed(seed).max_iter(5).fit(now).unwrap()));
    let warm = mean(&|seed| {
        let former = bpr.seed(seed).fit(&then).unwrap();
        ndcg(&bpr.seed(seed).max_iter(5).fit_from(now, &former).unwrap())
    });
    assert!(warm > refitted - 0.01 && warm > cold + 0.05, "{warm} {refitted} {cold}");

    let warp = Warp::new(8).regularization(0.5).max_iter(10);
    let refitted = mean(&|seed| ndcg(&warp.seed(seed).fit(now).unwrap()));
    let cold = mean(&|seed| ndcg(&warp.seed(seed).max_iter(3).fit(now).unwrap()));
    let warm = mean(&|seed| {
        let former = warp.seed(seed).fit(&then).unwrap();
        assert_eq!((former.n_items(), former.n_customers()), (24, then.n_customers()));
        ndcg(&warp.seed(seed).max_iter(3).fit_from(now, &former).unwrap())
    });
    assert!(warm > refitted - 0.01 && warm > cold + 0.05, "{warm} {refitted} {cold}");
}

#[test]
fn what_does_not_grow_is_refused() {
    let (all, few) = (table(40), first(&table(40), 30, 20));
    let bpr = Bpr::new(3).max_iter(2);
    let former = bpr.fit(&all).unwrap();
    let error = bpr.fit_from(&few, &former).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Customers { expected: 40, found: 30, .. }));
    let error = bpr.fit_from(&first(&all, 40, 20), &former).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Items { expected: 30, found: 20, .. }));
    let error = Bpr::new(4).fit_from(&all, &former).unwrap_err();
    assert!(error.to_string().starts_with("n_factors"), "{error}");
    assert!(bpr.max_iter(0).fit_from(&all, &former).is_err());
}

/// 200 customers and 80 items; then a few changes, some of which take back what was, and new customers
/// and items.
fn grown(seed: u64, n_changes: u64, weight: impl Fn(u64) -> f32) -> [InteractionTable; 2] {
    let had = |u: u32, i: u32| {
        let odds = if u % 4 == i % 4 { 250 } else { 20 };
        u < 200 && i < 80 && draw(seed * 65_536 + u64::from(u * 128 + i), 1000) < odds
    };
    let changed: Vec<(u32, u32)> = (0..n_changes)
        .map(|n| (draw(seed * 99 + n, 200) as u32, draw(seed * 77 + n, 80) as u32))
        .filter(|&(u, i)| seed % 2 == 1 || !had(u, i))
        .chain([(200, 5), (200, 80), (17, 80), (203, 82), (203, 5)])
        .collect();
    [(200, 80, false), (205, 83, true)].map(|(n, m, late)| {
        let pairs = (0..n).flat_map(|u| (0..m).map(move |i| (u, i)));
        let entries: Vec<(u32, u32, f32)> = pairs
            .filter(|&(u, i)| had(u, i) != (late && changed.contains(&(u, i))))
            .map(|(u, i)| (u, i, weight(u64::from(u * 128 + i))))
            .collect();
        let csr = Csr::from_entries(n as usize, m as usize, &entries, |_, _| {}).unwrap();
        InteractionTable::new(csr).unwrap()
    })
}

/// An update is the refit, to the bit: the tolerance is 0.
#[test]
fn updated_neighbours_are_those_of_a_refit() {
    let bm25 = Similarity::Bm25 { k1: 1.2, b: 0.75 };
    let cosine = Similarity::Cosine;
    for seed in 0..12 {
        let n_changes = [1, 6, 200][seed as usize % 3];
        let ones = grown(seed, n_changes, |_| 1.0);
        let real = grown(seed, n_changes, |at| 0.5 + draw(at, 4) as f32);
        for similarity in [cosine, Similarity::Jaccard, Similarity::TfIdf, bm25] {
            for (k, shrinkage, longest) in [(1, 0.0, 99), (4, 2.0, 12), (99, 0.0, 99)] {
                let knn = ItemKnn::new(k).similarity(similarity).shrinkage(shrinkage);
                let knn = knn.max_history(longest);
                for [before, now] in [&ones, &real] {
                    let former = knn.fit(before).unwrap();
                    let found = knn.update(now, &former, before).unwrap();
                    assert_eq!(found, knn.fit(now).unwrap(), "{similarity:?} {k} {seed}");
                    // Nothing new, and everything at once.
                    assert_eq!(knn.update(before, &former, before).unwrap(), former);
                    let nobody = first(before, 0, 0);
                    let nothing = knn.fit(&nobody).unwrap();
                    assert_eq!(knn.update(now, &nothing, &nobody).unwrap(), found);
                }
            }
        }
    }
    let [before, now] = grown(0, 6, |_| 1.0);
    let knn = ItemKnn::new(3);
    let (then, later) = (knn.fit(&before).unwrap(), knn.fit(&now).unwrap());
    let error = knn.update(&before, &later, &now).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Customers { expected: 205, found: 200, .. }));
    assert!(matches!(
        knn.update(&now, &later, &before).unwrap_err().kind(),
        ErrorKind::Items { .. }
    ));
    let fewer = first(&now, 205, 80);
    let error = knn.update(&fewer, &later, &now).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Items { expected: 83, found: 80, .. }));
    assert_eq!(then.n_items(), 80);
}
