//! What every model of the crate promises alike: an anonymous visit and a new customer are ordinary requests.

use patronage_core::{
    CustomerIdx, Fit, HistoryEntry, ItemFilter, ItemIdx, Line, Money, OrderIdx, PurchaseTable,
    Recommender, Request, Seen, SegmentIdx, Timestamp,
};
use patronage_recommend::{
    Als, AssociationRules, Assortment, BiasedMf, Blend, Bpr, CategoryCalibration,
    CategoryPopularity, ContentBased, Ease, Fallback, FeatureMf, Featured, GroupScore,
    GroupedItems, Groups, ItemKnn, KernelRidge, Mmr, Nmf, PersonalFrequency, Popularity,
    RatingBaseline, RatingKnn, RatingScale, Reranked, ScoreCalibration, SegmentPopularity, Slim,
    SlopeOne, SvdPlusPlus, Switch, TifuKnn, Transitions, UserKnn, Warp,
};

use crate::common::{N_ITEMS, anonymous, content, features, held_out, table, tastes};

const N: u32 = 90;

/// The items of `tastes`, two a basket.
pub(crate) fn purchases() -> PurchaseTable {
    let mut builder = PurchaseTable::builder().n_items(N_ITEMS);
    for (customer, items) in tastes(N).into_iter().enumerate() {
        for (position, item) in items.into_iter().enumerate() {
            let basket = position / 2;
            let line = Line {
                at: Timestamp::from_seconds(basket as i64),
                order: OrderIdx::new((customer * 100 + basket) as u32),
                item: Some(item),
                quantity: 1.0,
                amount: Money::from_units(1),
            };
            builder.push(CustomerIdx::from_usize(customer), line);
        }
    }
    builder.build().unwrap()
}

fn kinds() -> Groups {
    let of = (0..N_ITEMS as u32).map(|item| Some(ItemIdx::new(item % 3))).collect();
    Groups::new(of, 3).unwrap()
}

/// Every model by name, and whether it tells one taste from another.
fn models() -> Vec<(&'static str, bool, Box<dyn Recommender>)> {
    let (table, purchases, scale) = (table(N), purchases(), RatingScale::FIVE_STARS);
    let popularity = Popularity::new().fit(&table).unwrap();
    let knn = ItemKnn::new(10).fit(&table).unwrap();
    let als = Als::new(6).fit(&table).unwrap();
    let segments = (0..N).map(|customer| Some(SegmentIdx::new(customer % 3))).collect();
    let of_content = content();
    let alike = move |a: ItemIdx, b: ItemIdx| of_content.similarity(a, b);
    let of_items = features();
    let featured = FeatureMf::bpr(6).fit(&Featured::new(&table).items(&of_items)).unwrap();
    let calibrated = ScoreCalibration::new();
    let calibration = CategoryCalibration::new(kinds(), 0.5);
    vec![
        ("popularity", false, Box::new(popularity.clone())),
        ("segments", false, Box::new(SegmentPopularity::new(segments, 3).fit(&table).unwrap())),
        ("categories", true, Box::new(CategoryPopularity::new(kinds()).fit(&table).unwrap())),
        ("item-knn", true, Box::new(knn.clone())),
        ("user-knn", true, Box::new(UserKnn::new(20).fit(&table).unwrap())),
        ("als", true, Box::new(als.clone())),
        ("bpr", true, Box::new(Bpr::new(6).fit(&table).unwrap())),
        ("warp", true, Box::new(Warp::new(6).regularization(0.5).fit(&table).unwrap())),
        ("features", true, Box::new(featured)),
        ("ease", true, Box::new(Ease::new(5.0).fit(&table).unwrap())),
        ("kernel", true, Box::new(KernelRidge::new(1.0).fit(&table).unwrap())),
        ("slim", true, Box::new(Slim::new(0.1, 1.0).fit(&table).unwrap())),
        ("content", true, Box::new(ContentBased::new().fit(&features()).unwrap())),
        ("baseline", false, Box::new(RatingBaseline::new(scale).fit(&table).unwrap())),
        ("rating-knn", false, Box::new(RatingKnn::new(5, scale).fit(&table).unwrap())),
        ("slope one", false, Box::new(SlopeOne::new(scale).fit(&table).unwrap())),
        ("nmf", false, Box::new(Nmf::new(scale).n_factors(3).fit(&table).unwrap())),
        ("mf", false, Box::new(BiasedMf::new(scale).n_factors(3).fit(&table).unwrap())),
        ("svd++", false, Box::new(SvdPlusPlus::new(scale).n_factors(3).fit(&table).unwrap())),
        ("frequency", false, Box::new(PersonalFrequency::new().fit(&purchases).unwrap())),
        ("tifu-knn", true, Box::new(TifuKnn::new().k(9).fit(&purchases).unwrap())),
        ("transitions", false, Box::new(Transitions::new().fit(&purchases).unwrap())),
        ("rules", false, Box::new(AssociationRules::new(0.01).fit(&purchases).unwrap())),
        (
            "blend",
            true,
            Box::new({
                Blend::new()
                    .member(knn.clone(), 0.9)
                    .member(popularity.clone(), 0.1)
                    .build()
                    .unwrap()
            }),
        ),
        (
            "groups",
            false,
            Box::new(GroupedItems::new(knn.clone(), kinds(), GroupScore::Sum).unwrap()),
        ),
        ("calibrated", true, Box::new(calibrated.fit(als.clone(), &held_out(N)).unwrap())),
        (
            "switch",
            true,
            Box::new({
                Switch::new().member(0, popularity.clone()).member(2, als.clone()).build().unwrap()
            }),
        ),
        (
            "fallback",
            true,
            Box::new({
                Fallback::new().link(knn.clone()).link(popularity.clone()).build().unwrap()
            }),
        ),
        ("mmr", true, Box::new(Reranked::new(als.clone(), Mmr::new(0.9, alike), 20).unwrap())),
        ("calibration", true, Box::new(Reranked::new(als, calibration, 20).unwrap())),
    ]
}

#[test]
fn an_anonymous_visit_and_a_new_customer_are_ordinary_requests() {
    let kind = |item: ItemIdx| item.get() % 3;
    for (name, tells_tastes, model) in models() {
        let (n_items, mut alike) = (model.n_items(), 0);
        for taste in 0..3 {
            let bought = [taste, taste + 3, taste + 6, taste + 9].map(ItemIdx::new);
            let visit = HistoryEntry::from_items(&bought);
            for history in [&visit[..], &visit[..1], &[]] {
                let request = anonymous(history);
                for filter in [ItemFilter::seen(Seen::Allow), ItemFilter::default()] {
                    let list = model.top_k(&request, 5, &filter);
                    let left = match filter.seen {
                        Seen::Allow => n_items,
                        Seen::Exclude => {
                            let seen: Vec<_> = bought[..history.len()]
                                .iter()
                                .map(|&i| model.scored_as(i))
                                .collect();
                            (ItemIdx::all(n_items)).filter(|&i| !seen.contains(&Some(i))).count()
                        }
                    };
                    assert_eq!(list.len(), left.min(5), "{name}: a full list");
                    // A customer who came after the fit is as good as nobody.
                    let new = Request { customer: Some(CustomerIdx::new(N + 7)), ..request };
                    assert_eq!(model.top_k(&new, 5, &filter), list, "{name}: a new customer");
                    let all = Assortment::new(n_items);
                    assert_eq!(all.top_k(&*model, &request, 5, &filter), list, "{name}");
                }
            }
            if tells_tastes {
                let list = model.top_k(&anonymous(&visit), 4, &ItemFilter::default());
                alike += list.iter().filter(|scored| kind(scored.item) == taste).count();
            }
        }
        // Of twelve, four by chance.
        assert!(!tells_tastes || alike >= 8, "{name}: {alike} of 12 are of her taste");
    }
}
