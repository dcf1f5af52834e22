//! Ratings: the library Surprise on small data, figures on MovieLens-100K, and what holds for all.

use std::path::Path;

use patronage_core::{
    Csr, CustomerIdx, Fit, HistoryEntry, InteractionTable, ItemFilter, ItemIdx, RatingPredictor,
    Recommender, Request, Timestamp,
};
use patronage_recommend::{
    BiasedMf, Centre, Error, ErrorKind, Neighbours, Nmf, NmfUpdates, RatingBaseline, RatingKnn,
    RatingReport, RatingScale, RatingSimilarity, SgdOrder, SlopeOne, SvdPlusPlus,
};
use patronage_testkit::{check_rating_predictor, check_recommender};

/// Ratings by a rule, two in three cells; as in the script that made the expected values.
fn by_rule() -> Vec<(u32, u32, f32)> {
    let cells = (0..12).flat_map(|u| (0..10).map(move |i| (u, i)));
    cells
        .filter(|(u, i)| (u * 5 + i * 11) % 3 != 0)
        .map(|(u, i)| (u, i, ((u * 7 + i * 3 + (u * i) % 4) % 5 + 1) as f32))
        .collect()
}

fn table(n_customers: usize, n_items: usize, ratings: &[(u32, u32, f32)]) -> InteractionTable {
    let csr = Csr::from_entries(n_customers, n_items, ratings, |_, _| {}).unwrap();
    InteractionTable::new(csr).unwrap()
}

fn small() -> InteractionTable {
    table(12, 10, &by_rule())
}

/// Wide, so that nothing is clipped.
fn wide() -> RatingScale {
    RatingScale::new(0.0, 20.0).unwrap()
}

/// None of them rated: of rated ones Surprise counts a customer or item among its own neighbours.
const PAIRS: [(u32, u32); 5] = [(0, 0), (3, 3), (11, 1), (1, 2), (4, 5)];

fn compare(model: &dyn RatingPredictor, expected: [f64; 5]) {
    for ((u, i), expected) in PAIRS.into_iter().zip(expected) {
        let found = model.rating(Some(CustomerIdx::new(u)), Some(ItemIdx::new(i)));
        assert!((found - expected).abs() < 1e-6, "{u}, {i}: {found}, expected {expected}");
    }
}

/// scikit-surprise 1.1.5 on the same ratings: `predict(u, i, clip=False).est`.
#[test]
fn models_equal_surprise() {
    let (data, scale) = (small(), wide());
    compare(
        &RatingBaseline::new(scale).fit(&data).unwrap(),
        [2.9711497211, 3.1536894037, 2.4388206693, 2.868718607, 2.7879105262],
    );
    // SVD and SVDpp(n_factors=3, n_epochs=5, lr_all=.01, reg_all=.02, init_mean=.1, init_std_dev=0)
    let svd =
        BiasedMf::new(scale).n_factors(3).max_iter(5).learning_rate(0.01).regularization(0.02);
    compare(
        &svd.start(0.1, 0.0).order(SgdOrder::ByCustomer).fit(&data).unwrap(),
        [2.9468824257, 3.1292383317, 2.5412035245, 2.8956431177, 2.8142469219],
    );
    let svd =
        SvdPlusPlus::new(scale).n_factors(3).max_iter(5).learning_rate(0.01).regularization(0.02);
    compare(
        &svd.start(0.1, 0.0).order(SgdOrder::ByCustomer).fit(&data).unwrap(),
        [2.9777832732, 3.1536767008, 2.5182841019, 2.9054738788, 2.8384724714],
    );
    // NMF(n_factors=2, n_epochs=5, init_low=.5, init_high=.5)
    let nmf = Nmf::new(scale).n_factors(2).max_iter(5).start(0.5, 0.5);
    let nmf = nmf.regularization(0.06, 0.06);
    compare(
        &nmf.updates(NmfUpdates::Simultaneous).fit(&data).unwrap(),
        [10.8736903275, 14.2427015755, 5.523918833, 9.3574211482, 8.3908787332],
    );
    compare(
        &SlopeOne::new(scale).fit(&data).unwrap(),
        [3.4166666667, 4.125, 1.1785714286, 2.75, 2.3571428571],
    );
}

/// As above; user_based is `Neighbours::Customers`.
#[test]
fn neighbours_equal_surprise() {
    let (data, scale) = (small(), wide());
    let fit = |knn: RatingKnn| knn.fit(&data).unwrap();
    // KNNBaseline(k=3), which is by mean squared difference of customers
    let customers = |k| RatingKnn::new(k, scale).neighbours(Neighbours::Customers);
    let msd = RatingSimilarity::MeanSquaredDifference;
    compare(
        &fit(customers(3).similarity(msd)),
        [3.2347354261, 3.5799530649, 1.5498641497, 3.4234642195, 3.3047151875],
    );
    // KNNBasic(k=3, msd, user_based=False)
    compare(
        &fit(RatingKnn::new(3, scale).similarity(msd).centre(Centre::Zero)),
        [2.5321888412, 4.7513043478, 1.8513513514, 4.216080402, 3.0146862483],
    );
    // KNNWithMeans(k=4, cosine, user_based=False)
    let means = RatingKnn::new(4, scale).centre(Centre::Mean);
    compare(
        &fit(means.similarity(RatingSimilarity::Cosine)),
        [3.2455475786, 3.3616021854, 1.7510834971, 2.3895131817, 2.3466577544],
    );
    // KNNWithZScore(k=4, pearson)
    let z_scores = customers(4).centre(Centre::ZScore);
    compare(
        &fit(z_scores.similarity(RatingSimilarity::Pearson)),
        [3.2737146582, 3.6791837885, 3.0503157405, 3.9031434515, 4.5282111207],
    );
    // KNNBaseline(k=4, pearson_baseline, shrinkage=10)
    let shrunk = RatingSimilarity::PearsonBaseline { shrinkage: 10.0 };
    compare(
        &fit(customers(4).similarity(shrunk)),
        [3.2212435103, 2.7557817802, 1.49193179, 3.242806396, 4.3735934354],
    );
}

fn history(rated: &[(u32, f32)]) -> Vec<HistoryEntry> {
    let items: Vec<ItemIdx> = rated.iter().map(|&(item, _)| ItemIdx::new(item)).collect();
    let mut history = HistoryEntry::from_items(&items);
    history.iter_mut().zip(rated).for_each(|(entry, &(_, rating))| entry.weight = rating);
    history
}

/// A rating predictor that recommends as well.
trait Both: RatingPredictor + Recommender {}
impl<T: RatingPredictor + Recommender> Both for T {}

fn all_models(data: &InteractionTable, scale: RatingScale) -> Vec<(&'static str, Box<dyn Both>)> {
    let items = RatingKnn::new(5, scale);
    let shrunk = RatingSimilarity::PearsonBaseline { shrinkage: 5.0 };
    let knn = RatingKnn::new(5, scale).neighbours(Neighbours::Customers).similarity(shrunk);
    let knn = knn.centre(Centre::ZScore).most_similar(6);
    vec![
        ("baseline", Box::new(RatingBaseline::new(scale).fit(data).unwrap())),
        ("svd", Box::new(BiasedMf::new(scale).n_factors(4).fit(data).unwrap())),
        ("svd++", Box::new(SvdPlusPlus::new(scale).n_factors(4).fit(data).unwrap())),
        ("nmf", Box::new(Nmf::new(scale).n_factors(3).fit(data).unwrap())),
        ("slope one", Box::new(SlopeOne::new(scale).fit(data).unwrap())),
        ("knn of customers", Box::new(knn.fit(data).unwrap())),
        ("knn of items", Box::new(items.fit(data).unwrap())),
    ]
}

#[test]
fn every_model_keeps_its_promises() {
    let data = small();
    let histories = [
        history(&[]),
        history(&[(0, 5.0), (3, 1.0)]),
        history(&[(2, 4.0), (2, 2.0), (99, 5.0), (4, f32::NAN), (5, f32::INFINITY)]),
    ];
    let at = Timestamp::from_seconds(99);
    let mut requests = Vec::new();
    for customer in [None, Some(CustomerIdx::new(3)), Some(CustomerIdx::new(77))] {
        requests.extend(histories.iter().map(|history| Request { history, customer, as_of: at }));
    }
    for (_, model) in all_models(&data, RatingScale::FIVE_STARS) {
        check_rating_predictor(&*model, 12, 10);
        check_recommender(&*model, &requests);
    }
}

/// Whoever rates as a customer of training did is told the same without being known.
#[test]
fn a_newcomer_with_a_known_history_is_rated_alike() {
    let data = small();
    let own: Vec<(u32, f32)> =
        by_rule().iter().filter(|&&(u, ..)| u == 4).map(|&(_, i, r)| (i, r)).collect();
    let history = history(&own);
    let at = Timestamp::from_seconds(99);
    for (name, model) in all_models(&data, RatingScale::FIVE_STARS) {
        // Factors are where steps left them, and she may be her own neighbour: these differ.
        if name.starts_with("svd") || name == "nmf" || name == "knn of customers" {
            continue;
        }
        let scores = |customer| {
            let mut scores = vec![0.0; 10];
            model.scores(&Request { history: &history, customer, as_of: at }, &mut scores);
            scores
        };
        let (known, new) = (scores(Some(CustomerIdx::new(4))), scores(None));
        for (known, new) in known.iter().zip(&new) {
            assert!((known - new).abs() < 1e-5, "{name}: {known} and {new}");
        }
    }
}

/// The least squares of a newcomer: no other bias and factors fit her ratings better.
#[test]
fn folding_in_minimises_the_loss() {
    let data = small();
    let lambda = 0.1;
    let scale = wide();
    let model = BiasedMf::new(scale).n_factors(3).regularization(lambda).fit(&data).unwrap();
    let own = [(0, 5.0), (3, 1.0), (7, 4.0)];
    let history = history(&own);
    let request = Request { history: &history, customer: None, as_of: Timestamp::from_seconds(9) };
    let mut scores = vec![0.0; 10];
    model.scores(&request, &mut scores);
    // With the gradient at 0: Σ e = λ n b and Σ e q = λ n p; so b = Σ e / (λ n) gives the scores back.
    let errors: Vec<f64> =
        own.iter().map(|&(i, r)| f64::from(r) - f64::from(scores[i as usize])).collect();
    let n = own.len() as f64;
    let bias = errors.iter().sum::<f64>() / (lambda * n);
    let factors: Vec<f64> = (0..3)
        .map(|f| {
            let of = |i: u32| model.item_factors(ItemIdx::new(i))[f];
            own.iter().zip(&errors).map(|(&(i, _), e)| e * of(i)).sum::<f64>() / (lambda * n)
        })
        .collect();
    let nobody = Request { history: &[], ..request };
    let mut baseline = vec![0.0; 10];
    model.scores(&nobody, &mut baseline);
    for item in 0..10 {
        let q = model.item_factors(ItemIdx::new(item));
        let taste: f64 = q.iter().zip(&factors).map(|(q, p)| q * p).sum();
        let expected = f64::from(baseline[item as usize]) + bias + taste;
        let found = f64::from(scores[item as usize]);
        assert!((found - expected).abs() < 1e-3, "{item}: {found}, expected {expected}");
    }
}

#[test]
fn what_cannot_be_learnt_from_is_refused() {
    let stars = RatingScale::FIVE_STARS;
    let kind = |error: Error| format!("{error}");
    let none = table(2, 2, &[]);
    let off = table(2, 2, &[(0, 0, 3.0), (1, 1, 6.0)]);
    for (data, expected) in [
        (&none, "ratings: expected at least one, found none"),
        (&off, "customer 1, item 1: expected a rating from 1 to 5, found 6"),
    ] {
        assert_eq!(kind(RatingBaseline::new(stars).fit(data).unwrap_err()), expected);
        assert_eq!(kind(BiasedMf::new(stars).fit(data).unwrap_err()), expected);
        assert_eq!(kind(SvdPlusPlus::new(stars).fit(data).unwrap_err()), expected);
        assert_eq!(kind(Nmf::new(stars).fit(data).unwrap_err()), expected);
        assert_eq!(kind(SlopeOne::new(stars).fit(data).unwrap_err()), expected);
        assert_eq!(kind(RatingKnn::new(2, stars).fit(data).unwrap_err()), expected);
    }
    let data = small();
    let fast = BiasedMf::new(stars).learning_rate(50.0).fit(&data).unwrap_err();
    assert!(matches!(fast.kind(), ErrorKind::Diverged { .. }), "{fast}");
    let fast = SvdPlusPlus::new(stars).learning_rate(50.0).fit(&data).unwrap_err();
    assert!(matches!(fast.kind(), ErrorKind::Diverged { .. }), "{fast}");
    let below = RatingScale::new(-1.0, 1.0).unwrap();
    let error = Nmf::new(below).fit(&data).unwrap_err();
    assert_eq!(kind(error), "low end of the scale: expected a rating of at least 0, found -1");
    assert!(RatingKnn::new(0, stars).fit(&data).is_err());
    assert!(RatingKnn::new(9, stars).most_similar(8).fit(&data).is_err());
}

/// One rating, and one customer and item without any.
#[test]
fn a_single_rating_is_enough() {
    let data = table(2, 2, &[(0, 0, 4.0)]);
    for (name, model) in all_models(&data, RatingScale::FIVE_STARS) {
        for (u, i) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
            let rating = model.rating(Some(CustomerIdx::new(u)), Some(ItemIdx::new(i)));
            assert!((rating - 4.0).abs() < 0.2, "{name} {u} {i}: {rating}");
        }
        assert!((model.rating(None, None) - 4.0).abs() < 1e-9, "{name}");
    }
}

#[test]
fn the_best_rated_come_first_even_beyond_the_scale() {
    let data = small();
    let model = SlopeOne::new(RatingScale::FIVE_STARS).fit(&data).unwrap();
    let history = history(&[(1, 5.0), (2, 5.0)]);
    let request = Request { history: &history, customer: None, as_of: Timestamp::from_seconds(9) };
    let best = model.top_k(&request, 8, &ItemFilter::default());
    assert_eq!(best.len(), 8);
    assert!(best[0].score > 5.0 && best.is_sorted_by(|a, b| a.score >= b.score), "{best:?}");
}

#[cfg(feature = "serde")]
mod saved {
    use super::*;
    use patronage_core::{Provenance, SavedModel};
    use patronage_testkit::check_saved_model;

    fn check<M: SavedModel + PartialEq + std::fmt::Debug>(model: &M) {
        check_saved_model(model, Provenance { schema: None, training: None });
    }

    #[test]
    fn every_model_is_saved() {
        let (data, scale) = (small(), RatingScale::FIVE_STARS);
        check(&RatingBaseline::new(scale).fit(&data).unwrap());
        check(&BiasedMf::new(scale).n_factors(2).fit(&data).unwrap());
        check(&SvdPlusPlus::new(scale).n_factors(2).fit(&data).unwrap());
        check(&Nmf::new(scale).n_factors(2).fit(&data).unwrap());
        check(&SlopeOne::new(scale).fit(&data).unwrap());
        check(&RatingKnn::new(3, scale).fit(&data).unwrap());
        check(&RatingKnn::new(3, scale).neighbours(Neighbours::Customers).fit(&data).unwrap());
    }
}

type Triples = Vec<(u32, u32, f32)>;

/// MovieLens-100K in the order of its file.
#[allow(clippy::print_stderr, reason = "a test says that it was skipped")]
fn movielens() -> Option<Triples> {
    let shared = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared");
    let path = Path::new(shared).join("data/movielens-100k/u.data");
    let Ok(text) = std::fs::read_to_string(path) else {
        eprintln!("skipped for lack of data: MovieLens-100K");
        return None;
    };
    let rating = |line: &str| {
        let mut fields = line.split('\t').map(|field| field.parse::<u32>().unwrap());
        let mut next = || fields.next().unwrap();
        (next() - 1, next() - 1, next() as f32)
    };
    Some(text.lines().map(rating).collect())
}

/// Mean RMSE over five folds, fold = row mod 5.
fn cross_validated<M: RatingPredictor>(
    ratings: &Triples,
    fit: impl Fn(&InteractionTable) -> M,
) -> f64 {
    let folds = (0..5).map(|fold| {
        let of = |held_out: bool| {
            let rows = ratings.iter().enumerate();
            rows.filter(move |(row, _)| (row % 5 == fold) == held_out).map(|(_, &rating)| rating)
        };
        let model = fit(&table(943, 1682, &of(false).collect::<Vec<_>>()));
        let test: Vec<_> = of(true)
            .map(|(u, i, r)| (CustomerIdx::new(u), ItemIdx::new(i), f64::from(r)))
            .collect();
        RatingReport::of(&model, &test).unwrap().rmse()
    });
    folds.sum::<f64>() / 5.0
}

/// scikit-surprise 1.1.5 with its defaults on the same folds: baseline 0.9438, k-NN baseline
/// 0.9297, k-NN with means 0.9499, slope one 0.9444, NMF 0.9631, SVD 0.9364, SVD++ 0.9181.
#[test]
#[allow(clippy::print_stderr, reason = "a test says what it measured")]
fn movielens_100k() {
    let Some(ratings) = movielens() else { return };
    let scale = RatingScale::FIVE_STARS;
    let reached = |name: &str, most: f64, found: f64| {
        eprintln!("{name}: RMSE {found:.4}");
        assert!((found * 1e4).round() <= most * 1e4 + 0.5, "{name}: {found}, at most {most}");
    };
    let fit = |model: RatingBaseline| move |data: &InteractionTable| model.fit(data).unwrap();
    reached("baseline", 0.9438, cross_validated(&ratings, fit(RatingBaseline::new(scale))));
    let slope = |data: &InteractionTable| SlopeOne::new(scale).fit(data).unwrap();
    reached("slope one", 0.9444, cross_validated(&ratings, slope));
    let knn = |knn: RatingKnn| move |data: &InteractionTable| knn.fit(data).unwrap();
    reached("knn baseline", 0.9297, cross_validated(&ratings, knn(RatingKnn::new(40, scale))));
    // As Surprise does by default; which of equally similar customers are taken differs.
    let msd = RatingKnn::new(40, scale).neighbours(Neighbours::Customers);
    let msd = msd.similarity(RatingSimilarity::MeanSquaredDifference);
    let found = cross_validated(&ratings, knn(msd));
    assert!((found - 0.9297).abs() < 2e-4, "{found}");
    reached("knn means", 0.9499, cross_validated(&ratings, knn(msd.centre(Centre::Mean))));
    let nmf = |data: &InteractionTable| Nmf::new(scale).fit(data).unwrap();
    reached("nmf", 0.9631, cross_validated(&ratings, nmf));
    let svd = |data: &InteractionTable| BiasedMf::new(scale).fit(data).unwrap();
    reached("svd", 0.9364, cross_validated(&ratings, svd));
    let svd = |data: &InteractionTable| SvdPlusPlus::new(scale).fit(data).unwrap();
    reached("svd++", 0.9181, cross_validated(&ratings, svd));
}
