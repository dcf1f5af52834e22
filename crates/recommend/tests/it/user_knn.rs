//! Neighbouring customers, against neighbouring items of the transposed table.

use patronage_core::{
    Csr, CustomerIdx, Fit, HistoryEntry, InteractionTable, Interactions, ItemIdx, Recommender,
    Request, Span, Timestamp,
};
use patronage_recommend::{Explain, HistoryWeight, ItemKnn, Similarity, UserKnn};
use patronage_testkit::check_recommender;

/// Customers × items, the same as items × customers.
fn tables() -> [InteractionTable; 2] {
    let mut entries = Vec::new();
    for u in 0..14u32 {
        for i in 0..9u32 {
            let weight = (7 * u + 3 * i + u * i) % 5;
            if weight > 1 {
                entries.push((u, i, weight as f32));
            }
        }
    }
    let turned: Vec<(u32, u32, f32)> = entries.iter().map(|&(u, i, w)| (i, u, w)).collect();
    let table = |rows, columns, entries: &[_]| {
        InteractionTable::new(Csr::from_entries(rows, columns, entries, |_, _| {}).unwrap())
            .unwrap()
    };
    [table(14, 9, &entries), table(9, 14, &turned)]
}

fn history(table: &InteractionTable, customer: u32) -> Vec<HistoryEntry> {
    let row = table.row(CustomerIdx::new(customer));
    let mut history = HistoryEntry::from_items(row.items());
    history.iter_mut().zip(row.weights()).for_each(|(entry, &weight)| entry.weight = weight);
    history
}

fn request(history: &[HistoryEntry], customer: Option<CustomerIdx>) -> Request<'_> {
    Request { history, customer, as_of: Timestamp::from_seconds(99) }
}

fn similarities() -> [Similarity; 4] {
    let bm25 = Similarity::Bm25 { k1: 1.2, b: 0.75 };
    [Similarity::Cosine, Similarity::TfIdf, bm25, Similarity::Jaccard]
}

/// Those of `ItemKnn` are held to implicit 0.7.3.
#[test]
fn similarities_are_those_of_items_with_roles_changed() {
    let [table, turned] = tables();
    for similarity in similarities() {
        for shrinkage in [0.0, 2.0] {
            let users = UserKnn::new(100).similarity(similarity).shrinkage(shrinkage);
            let users = users.history(HistoryWeight::Sum).fit(&table).unwrap();
            let items = ItemKnn::new(100).similarity(similarity).shrinkage(shrinkage);
            let items = items.fit(&turned).unwrap();
            for customer in 0..14 {
                let history = history(&table, customer);
                let own = Some(CustomerIdx::new(customer));
                let mut found = users.similar_customers(&request(&history, own), 100);
                let mut expected = items.similar_items(ItemIdx::new(customer), 100);
                found.sort_by_key(|&(other, _)| other);
                expected.sort_by_key(|scored| scored.item);
                assert_eq!(found.len(), expected.len());
                for ((other, found), expected) in found.iter().zip(&expected) {
                    assert_eq!(other.get(), expected.item.get());
                    let expected = f64::from(expected.score);
                    assert!((found - expected).abs() < 1e-5 * expected, "{similarity:?}");
                }
            }
        }
    }
}

#[test]
fn scores_are_sums_over_the_nearest() {
    let [table, _] = tables();
    let model = UserKnn::new(3).fit(&table).unwrap();
    let history = history(&table, 5);
    let request = request(&history, Some(CustomerIdx::new(5)));
    let near = model.similar_customers(&request, 9);
    assert!(near.len() == 3 && near.is_sorted_by(|a, b| a.1 >= b.1));
    let mut scores = vec![0.0; 9];
    model.scores(&request, &mut scores);
    for item in ItemIdx::all(9) {
        let with = near.iter().filter(|(other, _)| table.row(*other).items().contains(&item));
        let expected: f64 = with.map(|&(_, similarity)| similarity).sum();
        assert!((f64::from(scores[item.index()]) - expected).abs() < 1e-6);
    }
}

#[test]
fn it_keeps_its_promises_and_explains_its_scores() {
    let [table, _] = tables();
    let mut odd = history(&table, 3);
    odd[0].item = ItemIdx::new(77);
    odd[1].weight = f32::NAN;
    let histories = [history(&table, 0), Vec::new(), odd, history(&table, 13)];
    let requests: Vec<Request<'_>> = histories
        .iter()
        .flat_map(|history| {
            [None, Some(CustomerIdx::new(3)), Some(CustomerIdx::new(99))]
                .map(|customer| request(history, customer))
        })
        .collect();
    for similarity in similarities() {
        let model = UserKnn::new(4).similarity(similarity).shrinkage(1.0);
        let model = model.half_life(Span::days(1)).fit(&table).unwrap();
        check_recommender(&model, &requests);
        for request in &requests {
            let mut scores = vec![0.0; 9];
            model.scores(request, &mut scores);
            for item in ItemIdx::all(9) {
                let (total, score) = (model.explain(request, item).total(), scores[item.index()]);
                assert!((total - f64::from(score)).abs() <= 1e-5 * total.abs().max(1e-6));
            }
        }
        #[cfg(feature = "serde")]
        patronage_testkit::check_saved_model(
            &model,
            patronage_core::Provenance { schema: None, training: None },
        );
    }
    assert!(UserKnn::new(0).fit(&table).is_err());
    assert!(UserKnn::new(1).shrinkage(f64::NAN).fit(&table).is_err());
}
