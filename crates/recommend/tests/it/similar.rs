//! Items and customers who are alike, by every model that says so.

use patronage_core::{
    Csr, CustomerIdx, Fit, HistoryEntry, InteractionTable, Interactions, ItemIdx, Request,
    Timestamp,
};
use patronage_recommend::{
    Als, BiasedMf, Bpr, ContentBased, Ease, FeatureMf, Featured, ItemKnn, KernelRidge, Neighbours,
    Nmf, RatingKnn, RatingScale, SimilarCustomers, SimilarItems, Slim, SvdPlusPlus, TifuKnn,
    UserKnn, Warp,
};

use crate::common::{N_ITEMS, anonymous, features, table};
use crate::everyone::purchases;

const N: u32 = 90;

#[test]
fn similar_items_are_of_a_kind() {
    let (table, scale) = (table(N), RatingScale::FIVE_STARS);
    let of_items = features();
    let data = Featured::new(&table).items(&of_items);
    let models: Vec<(&str, bool, Box<dyn SimilarItems>)> = vec![
        ("als", true, Box::new(Als::new(6).fit(&table).unwrap())),
        ("bpr", true, Box::new(Bpr::new(6).fit(&table).unwrap())),
        ("warp", true, Box::new(Warp::new(6).regularization(0.5).fit(&table).unwrap())),
        ("features", true, Box::new(FeatureMf::bpr(6).fit(&data).unwrap())),
        ("item-knn", true, Box::new(ItemKnn::new(20).fit(&table).unwrap())),
        ("ease", true, Box::new(Ease::new(5.0).fit(&table).unwrap())),
        ("slim", true, Box::new(Slim::new(0.1, 1.0).fit(&table).unwrap())),
        ("content", true, Box::new(ContentBased::new().fit(&features()).unwrap())),
        // Ratings say what was liked of what was had, not what goes together.
        ("rating-knn", false, Box::new(RatingKnn::new(5, scale).fit(&table).unwrap())),
        ("mf", false, Box::new(BiasedMf::new(scale).n_factors(3).fit(&table).unwrap())),
        ("svd++", false, Box::new(SvdPlusPlus::new(scale).n_factors(3).fit(&table).unwrap())),
        ("nmf", false, Box::new(Nmf::new(scale).n_factors(3).fit(&table).unwrap())),
    ];
    for (name, tells_kinds, model) in &models {
        let (mut alike, mut n) = (0, 0);
        for item in (0..6).map(ItemIdx::new) {
            let all = model.similar_items(item, usize::MAX);
            assert!(all.is_sorted_by(|a, b| patronage_core::rank(a, b).is_lt()), "{name}");
            assert!(all.iter().all(|s| s.item != item && s.score.is_finite()), "{name}");
            assert!(all.iter().all(|s| s.item.index() < N_ITEMS), "{name}");
            let best = model.similar_items(item, 4);
            assert_eq!(best, all[..all.len().min(4)], "{name}");
            alike += best.iter().filter(|s| s.item.get() % 3 == item.get() % 3).count();
            n += best.len();
        }
        assert!(n > 0, "{name}");
        assert!(!tells_kinds || alike * 4 >= n * 3, "{name}: {alike} of {n}");
        assert!(model.similar_items(ItemIdx::new(0), 0).is_empty(), "{name}");
    }
}

#[test]
fn similar_customers_are_of_a_taste() {
    let (table, scale) = (table(N), RatingScale::FIVE_STARS);
    let of_items = features();
    let data = Featured::new(&table).items(&of_items);
    let by_customers = RatingKnn::new(5, scale).neighbours(Neighbours::Customers);
    let models: Vec<(&str, bool, Box<dyn SimilarCustomers>)> = vec![
        ("als", true, Box::new(Als::new(6).fit(&table).unwrap())),
        ("bpr", true, Box::new(Bpr::new(6).fit(&table).unwrap())),
        ("features", true, Box::new(FeatureMf::bpr(6).fit(&data).unwrap())),
        ("user-knn", true, Box::new(UserKnn::new(20).fit(&table).unwrap())),
        ("kernel", true, Box::new(KernelRidge::new(1.0).fit(&table).unwrap())),
        ("tifu-knn", true, Box::new(TifuKnn::new().k(20).fit(&purchases()).unwrap())),
        ("rating-knn", false, Box::new(by_customers.fit(&table).unwrap())),
        ("mf", false, Box::new(BiasedMf::new(scale).n_factors(3).fit(&table).unwrap())),
        ("svd++", false, Box::new(SvdPlusPlus::new(scale).n_factors(3).fit(&table).unwrap())),
        ("nmf", false, Box::new(Nmf::new(scale).n_factors(3).fit(&table).unwrap())),
    ];
    let visit = HistoryEntry::from_items(&[1, 4, 7, 10, 13].map(ItemIdx::new));
    for (name, tells_tastes, model) in &models {
        let history = HistoryEntry::from_items(table.row(CustomerIdx::new(7)).items());
        let as_of = Timestamp::from_seconds(100);
        let known = Request { history: &history, customer: Some(CustomerIdx::new(7)), as_of };
        for request in [anonymous(&visit), known] {
            let all = model.similar_customers(&request, usize::MAX);
            assert!(all.is_sorted_by(|a, b| a.1 > b.1 || (a.1 == b.1 && a.0 < b.0)), "{name}");
            assert!(all.iter().all(|(other, s)| other.get() < N && s.is_finite()), "{name}");
            assert!(all.iter().all(|&(other, _)| Some(other) != request.customer), "{name}");
            let best = model.similar_customers(&request, 8);
            assert_eq!(best, all[..all.len().min(8)], "{name}");
            // Whoever asks is of taste 1.
            let alike = best.iter().filter(|(other, _)| other.get() % 3 == 1).count();
            assert!(!tells_tastes || (best.len() == 8 && alike >= 6), "{name}: {alike} {best:?}");
        }
    }
}

/// Who likes the same is found by what she rated, trained or not.
#[test]
fn customers_who_rate_alike_are_similar() {
    let likes = |u: u32, i: u32| if (u < 6) == (i < 6) { 5.0 } else { 1.0 };
    let stars: Vec<(u32, u32, f32)> =
        (0..144).map(|cell| (cell / 12, cell % 12, likes(cell / 12, cell % 12))).collect();
    let table = Csr::from_entries(13, 12, &stars, |_, _| {}).unwrap();
    let (table, scale) = (InteractionTable::new(table).unwrap(), RatingScale::FIVE_STARS);
    let models: [(&str, Box<dyn SimilarCustomers>); 3] = [
        ("mf", Box::new(BiasedMf::new(scale).n_factors(3).fit(&table).unwrap())),
        ("svd++", Box::new(SvdPlusPlus::new(scale).n_factors(3).fit(&table).unwrap())),
        ("nmf", Box::new(Nmf::new(scale).n_factors(3).fit(&table).unwrap())),
    ];
    let items: Vec<ItemIdx> = ItemIdx::all(12).collect();
    let mut history = HistoryEntry::from_items(&items);
    for entry in &mut history {
        entry.weight = likes(3, entry.item.get());
    }
    for (name, model) in models {
        let known = Request { customer: Some(CustomerIdx::new(3)), ..anonymous(&[]) };
        for request in [known, anonymous(&history)] {
            let best = model.similar_customers(&request, 5);
            assert!(best.len() == 5 && best.iter().all(|(c, _)| c.get() < 6), "{name} {best:?}");
            // Nobody is like the last, who rated nothing.
            let all = model.similar_customers(&request, 99);
            assert_eq!(all.len(), 12 - usize::from(request.customer.is_some()), "{name}");
        }
        assert!(model.similar_customers(&anonymous(&[]), 5).is_empty(), "{name}");
    }
}
