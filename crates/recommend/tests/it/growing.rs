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

/// Of 30 items for 500 customers after `seed` rounds of change: new customers and items, more of what
/// was, and some of it taken back.
fn grown(seed: u64, weight: impl Fn(u64) -> f32) -> [InteractionTable; 2] {
    let entries = |late: bool| -> Vec<(u32, u32, f32)> {
        let (customers, items) = if late { (505, 33) } else { (500, 30) };
        (0..customers)
            .flat_map(|u| (0..items).map(move |i| (u, i)))
            .filter(|&(u, i)| {
                let at = u64::from(u) * 64 + u64::from(i);
                let had = i < 30 && u < 500 && draw(seed * 100_000 + at, 900) < u64::from(30 - i);
                let changed = late && draw(at + seed * 77_777, 1000) < 2;
                let new = late && (i >= 30 || u >= 500) && draw(at, 100) < 3;
                had != changed || new
            })
            .map(|(u, i)| (u, i, weight(u64::from(u * 64 + i))))
            .collect()
    };
    [(500, 30, false), (505, 33, true)].map(|(n, m, late)| {
        InteractionTable::new(Csr::from_entries(n, m, &entries(late), |_, _| {}).unwrap()).unwrap()
    })
}

/// An update is the refit, to the bit: the tolerance is 0.
#[test]
fn updated_neighbours_are_those_of_a_refit() {
    let bm25 = Similarity::Bm25 { k1: 1.2, b: 0.75 };
    let cosine = Similarity::Cosine;
    for seed in 0..12 {
        let ones = grown(seed, |_| 1.0);
        let real = grown(seed, |at| 0.5 + draw(at, 4) as f32);
        for similarity in [cosine, Similarity::Jaccard, Similarity::TfIdf, bm25] {
            for (k, shrinkage, longest) in [(1, 0.0, 99), (4, 2.0, 5), (99, 0.0, 99)] {
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
    let [before, now] = grown(0, |_| 1.0);
    let knn = ItemKnn::new(3);
    let (then, later) = (knn.fit(&before).unwrap(), knn.fit(&now).unwrap());
    let error = knn.update(&before, &later, &now).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Customers { expected: 505, found: 500, .. }));
    assert!(matches!(
        knn.update(&now, &later, &before).unwrap_err().kind(),
        ErrorKind::Items { .. }
    ));
    let fewer = first(&now, 505, 30);
    let error = knn.update(&fewer, &later, &now).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Items { expected: 33, found: 30, .. }));
    assert_eq!(then.n_items(), 30);
}
