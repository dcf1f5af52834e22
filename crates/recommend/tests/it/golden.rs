//! What an older version saved is still read, and what a hostile one would is refused.

use std::fmt::Debug;

use patronage_core::{
    Column, Csr, CustomerIdx, Fit, IdMap, InteractionTable, ItemFilter, ItemIdx, Line, Money,
    OrderIdx, Provenance, PurchaseTable, Recommender, SavedModel, Schema, SegmentIdx, Timestamp,
    load, save,
};
use patronage_recommend::{
    AssociationRules, BiasedMf, CategoryPopularity, Evaluation, FeatureMf, Featured, Groups,
    ItemKnn, ItemKnnModel, Metric, Nmf, Packaged, PersonalFrequency, Popularity, PopularityModel,
    RatingBaseline, RatingKnn, RatingScale, SegmentPopularity, SlopeOne, SvdPlusPlus, TifuKnn,
    Transitions, UserKnn, fingerprint,
};
use patronage_testkit::{check_recommender, check_saved_model};
use serde_json::{Value, json};

use crate::common::{N_ITEMS, anonymous, draw, features, held_out, histories, requests, table};

const NOWHERE: Provenance = Provenance { schema: None, training: None };

/// Where a body is changed, to what, and what the refusal says.
type Hostile = (&'static str, Value, &'static str);

/// The model is saved by the contract, the text an older version wrote gives the same answers, and
/// every hostile body is refused.
fn check<M: SavedModel + Recommender + PartialEq + Debug>(model: &M, hostile: &[Hostile]) {
    check_saved_model(model, NOWHERE);
    let name = M::TAG.trim_start_matches("recommend/");
    let path = format!("{}/tests/golden/{name}-v1.json", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("WRITE_GOLDEN").is_some() {
        std::fs::write(&path, save(model, NOWHERE).unwrap() + "\n").unwrap();
    }
    let (old, _) = load::<M>(std::fs::read_to_string(path).unwrap().trim()).unwrap();
    assert_eq!(old.n_items(), model.n_items());
    for request in requests(&histories(5)) {
        let (mut then, mut now) = (vec![0.0; old.n_items()], vec![0.0; model.n_items()]);
        old.scores(&request, &mut then);
        model.scores(&request, &mut now);
        for (then, now) in then.iter().zip(&now) {
            assert!((then - now).abs() <= 1e-4 * now.abs().max(1e-3), "{name} {then} {now}");
        }
    }
    assert!(!hostile.is_empty());
    for (at, value, expected) in hostile {
        let mut body = serde_json::to_value(model).unwrap();
        *body.pointer_mut(at).unwrap_or_else(|| panic!("{name}: nothing at {at}")) = value.clone();
        let error = match serde_json::from_value::<M>(body) {
            Ok(_) => panic!("{name}: {at} = {value} is refused"),
            Err(error) => error.to_string(),
        };
        assert!(error.contains(expected), "{name}, {at} = {value}: {error}");
    }
}

/// Eight customers and six items; the last of each without ratings.
fn ratings() -> InteractionTable {
    let pairs = (0..7_u32).flat_map(|u| (0..5_u32).map(move |i| (u, i)));
    let entries: Vec<(u32, u32, f32)> = pairs
        .filter(|&(u, i)| (u + 2 * i) % 4 != 0)
        .map(|(u, i)| (u, i, 1.0 + draw(u64::from(u * 8 + i), 5) as f32))
        .collect();
    InteractionTable::new(Csr::from_entries(8, 6, &entries, |_, _| {}).unwrap()).unwrap()
}

fn purchases() -> PurchaseTable {
    let mut builder = PurchaseTable::builder().n_items(6).n_customers(6);
    for customer in 0..5 {
        for basket in 0..3 + customer % 2 {
            for item in 0..5 {
                if draw(u64::from(customer * 100 + basket * 10 + item), 2) == 0 {
                    let line = Line {
                        at: Timestamp::from_seconds(i64::from(basket)),
                        order: OrderIdx::new(customer * 10 + basket),
                        item: Some(ItemIdx::new(item)),
                        quantity: 1.0,
                        amount: Money::from_units(1),
                    };
                    builder.push(CustomerIdx::new(customer), line);
                }
            }
        }
    }
    builder.build().unwrap()
}

const SCALE: RatingScale = RatingScale::FIVE_STARS;

fn upside_down() -> Hostile {
    ("/scale", json!([5.0, 1.0]), "high: expected a number above the lowest rating")
}

#[test]
fn biases_and_neighbours_of_ratings() {
    check(
        &RatingBaseline::new(SCALE).fit(&ratings()).unwrap(),
        &[
            upside_down(),
            ("/biases/items/0", json!(1e300), "biases below 1e9"),
            ("/regularisation", json!(-1.0), "a regularisation of at least 0"),
        ],
    );
    check(
        &RatingKnn::new(3, SCALE).fit(&ratings()).unwrap(),
        &[
            ("/manner/scale", json!([5.0, 1.0]), "high"),
            ("/manner/k", json!(0), "ratings on the scale and ascending neighbours"),
            ("/similar/0/0/0", json!(99), "ascending neighbours"),
            ("/similar/0/0/0", json!(0), "ascending neighbours"),
            ("/similar/0/0/1", json!(1.5), "ascending neighbours"),
            ("/similar", json!([]), "ascending neighbours"),
            ("/biases/customers", json!([0.0]), "ascending neighbours"),
            ("/by_customer/values/0", json!(9.0), "ratings on the scale"),
        ],
    );
    check(
        &SlopeOne::new(SCALE).fit(&ratings()).unwrap(),
        &[
            upside_down(),
            ("/mean", json!(9.0), "ratings on the scale"),
            ("/deviations/values/0/support", json!(0), "deviations among the items"),
            ("/deviations/n_columns", json!(7), "deviations among the items"),
            ("/deviations/columns/0", json!(99), "expected"),
        ],
    );
}

#[test]
fn factors_of_ratings() {
    check(
        &Nmf::new(SCALE).n_factors(2).fit(&ratings()).unwrap(),
        &[
            upside_down(),
            ("/q/values/0", json!(-1.0), "factors of at least 0"),
            ("/p/width", json!(0), "factors"),
            ("/q/width", json!(3), "as many factors as rows times their number"),
            ("/mean", json!(0.5), "a mean on the scale"),
        ],
    );
    let hostile = [
        upside_down(),
        ("/q/values/0", json!(1e300), "below 1e9"),
        ("/q/width", json!(3), "as many factors as rows times their number"),
        ("/q/values", json!([]), "as many factors as rows times their number"),
        ("/biases/mean", json!(-1e10), "biases below 1e9"),
        ("/regularisation", json!(-1.0), "a regularisation and errors that are finite"),
    ];
    check(&BiasedMf::new(SCALE).n_factors(2).fit(&ratings()).unwrap(), &hostile);
    let svd = SvdPlusPlus::new(SCALE).n_factors(2).fit(&ratings()).unwrap();
    check(&svd, &hostile);
    check(&svd, &[("/y/width", json!(9), "as many factors as rows times their number")]);
}

#[test]
fn models_of_baskets() {
    check(
        &TifuKnn::new().k(2).fit(&purchases()).unwrap(),
        &[
            ("/group_size", json!(0), "group_size"),
            ("/alpha", json!(1.5), "alpha"),
            ("/vectors/values/0", json!(-1.0), "weights of at least 0"),
            ("/vectors/columns/0", json!(99), "expected"),
            ("/vectors/n_columns", json!(u64::MAX), "a size of at most"),
        ],
    );
    check(
        &Transitions::new().fit(&purchases()).unwrap(),
        &[
            ("/decay", json!(0.0), "decay"),
            ("/last", json!(0), "last"),
            ("/probabilities/values/0", json!(1.5), "probabilities of transitions"),
            ("/probabilities/n_columns", json!(9), "probabilities of transitions"),
        ],
    );
    check(
        &AssociationRules::new(0.1).fit(&purchases()).unwrap(),
        &[
            ("/rules/0/confidence", json!(1.5), "shares in [0, 1]"),
            ("/rules/0/consequent/0", json!(99), "rules among the items"),
            ("/rules/0/antecedent", json!([]), "rules among the items"),
            ("/itemsets/0/items/0", json!(99), "rules among the items"),
            ("/n_items", json!(1_u64 << 40), "a size of at most"),
        ],
    );
    check(
        &PersonalFrequency::new().fit(&purchases()).unwrap(),
        &[("/counts/0", json!(-1), "u32"), ("/counts", json!("many"), "a sequence")],
    );
}

#[test]
fn customers_segments_categories_and_features() {
    let bought = ratings();
    check(
        &UserKnn::new(3).fit(&bought).unwrap(),
        &[
            ("/n_neighbours", json!(0), "n_neighbours"),
            ("/shrinkage", json!(-1.0), "shrinkage"),
            ("/by_customer/values/0", json!(0.0), "weights that count as interactions"),
            ("/by_customer/starts/1", json!(99), "expected"),
            ("/by_customer/n_columns", json!(1_u64 << 40), "a size of at most"),
        ],
    );
    let segments = (0..8).map(|c| (c != 5).then(|| SegmentIdx::new(c % 2))).collect();
    check(
        &SegmentPopularity::new(segments, 2).fit(&bought).unwrap(),
        &[
            ("/n_segments", json!(1), "segment: expected an index below 1"),
            ("/n_segments", json!(u64::MAX), "a share a segment and item"),
            ("/n_items", json!(5), "a share a segment and item"),
            ("/shares/0", json!(-0.5), "shares of at least 0"),
        ],
    );
    let groups = Groups::new((0..6).map(|i| Some(ItemIdx::new(i % 2))).collect(), 2).unwrap();
    check(
        &CategoryPopularity::new(groups).fit(&bought).unwrap(),
        &[
            ("/prior", json!(0.0), "prior"),
            ("/popularity/0", json!(-1.0), "counts of at least 0"),
            ("/popularity", json!([1.0]), "groups: expected 1 items, found 6"),
            ("/groups/of/0", json!(2), "expected an index below 2"),
            ("/groups/n_groups", json!(1_u64 << 40), "a size of at most"),
        ],
    );
    let of_items = features();
    let table = table(6);
    let data = Featured::new(&table).items(&of_items);
    check(
        &FeatureMf::bpr(2).max_iter(2).fit(&data).unwrap(),
        &[
            ("/items", json!([1.0]), "as many factors for each feature"),
            ("/items/0", json!(1e20), "finite numbers"),
            ("/model/n_factors", json!(0), "1 to 4096"),
            ("/own", json!([[]]), "array of length 2"),
            ("/own/0", json!([1.0]), "a mean of as many factors, or none"),
        ],
    );
}

/// One file to serve from: ids, schema, figures and the fingerprint of the data come back with the model.
#[test]
fn a_package_has_all_a_service_needs() {
    let table = table(60);
    let model = ItemKnn::new(5).fit(&table).unwrap();
    let metrics = [Metric::Ndcg(5), Metric::Recall(10)];
    let evaluation = Evaluation::new(patronage_core::Seen::Exclude).metrics(metrics).bootstrap(50);
    let report = evaluation.run(&model, &held_out(30)).unwrap();
    let ids: IdMap<ItemIdx> = (0..N_ITEMS).map(|item| format!("sku-{item}")).collect();
    let package = Packaged::new(model, ids.clone()).unwrap().figures(report.figures());
    let schema = Schema::new([Column::number("weight"), Column::date("at")]).unwrap();
    let provenance = Provenance { schema: Some(schema), training: Some(fingerprint(&table)) };
    check_saved_model(&package, provenance.clone());
    let histories = histories(4);
    check_recommender(&package, &requests(&histories));

    let text = save(&package, provenance.clone()).unwrap();
    let (loaded, from) = load::<Packaged<ItemKnnModel>>(&text).unwrap();
    assert_eq!(from, provenance);
    assert_eq!(loaded.items().id(ItemIdx::new(7)), Some("sku-7"));
    assert_eq!(loaded.reached()[0].metric, "ndcg@5");
    assert_eq!(loaded.reached()[0].mean, report.figures()[0].mean);
    assert_eq!(loaded.reached()[1].interval, report.figures()[1].interval);
    let request = anonymous(&histories[0]);
    let list = loaded.top_k_ids(&request, 3, &ItemFilter::default());
    let expected = package.model().top_k(&request, 3, &ItemFilter::default());
    let expected: Vec<_> =
        expected.iter().map(|s| (format!("sku-{}", s.item.get()), s.score)).collect();
    assert!(list.iter().zip(&expected).all(|(a, b)| a.0 == b.0 && a.1 == b.1) && list.len() == 3);

    // Another model, another number of ids, figures that are none.
    assert!(load::<Packaged<PopularityModel>>(&text).is_err());
    let short = ["a"].into_iter().collect();
    assert!(Packaged::new(package.model().clone(), short).is_err());
    check(
        &package,
        &[
            ("/tag", json!("recommend/als"), "the kind of model asked for"),
            ("/version", json!(99), "a version of the packaged model"),
            ("/items/0", json!("sku-1"), "distinct ids"),
            ("/items", json!(["a"]), "ids of items: expected 30 items, found 1"),
            ("/model/n_left_out", json!(-1), "usize"),
            ("/model/by_target/columns/0", json!(0), "neighbours among the other items"),
            ("/figures/0/mean", json!(null), "f64"),
        ],
    );
    // Of other data there is another fingerprint.
    assert_ne!(fingerprint(&table), fingerprint(&ratings()));
    let popularity = Popularity::new().fit(&table).unwrap();
    assert_eq!(popularity.n_items(), ids.len());
}
