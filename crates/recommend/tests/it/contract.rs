//! The promises of every recommender.

use patronage_core::{Fit, ItemIdx, Request, Seeded, Span, Timestamp};
use patronage_recommend::{
    Als, Blend, BlendModel, ContentBased, Ease, Explain, GroupScore, GroupedItems, Groups,
    HistoryWeight, ItemKnn, Normalise, Popularity, ScoreCalibration, ScoreCurve, Similarity, Slim,
};
use patronage_testkit::{
    check_calibrated, check_fit_deterministic, check_recommender, check_same_on_any_pool,
    check_send_sync,
};

use crate::common::{N_ITEMS, content, features, held_out, histories, requests, table};

fn groups() -> Groups {
    let of = (0..N_ITEMS as u32).map(|item| (item != 4).then(|| ItemIdx::new(item % 7))).collect();
    Groups::new(of, 8).unwrap()
}

fn blend<'a>(normalise: Normalise) -> BlendModel<'a> {
    Blend::new()
        .normalise(normalise)
        .explained(ItemKnn::new(10).fit(&table(60)).unwrap(), 0.6)
        .explained(content(), 0.3)
        .member(Popularity::new().fit(&table(60)).unwrap(), 0.1)
        .build()
        .unwrap()
}

fn normalisations() -> [Normalise; 5] {
    let fusion = Normalise::ReciprocalRank { offset: 60.0 };
    [Normalise::MinMax, Normalise::ZScore, Normalise::Rank, fusion, Normalise::Raw]
}

fn knns() -> Vec<ItemKnn> {
    let bm25 = Similarity::Bm25 { k1: 1.2, b: 0.75 };
    vec![
        ItemKnn::new(5),
        ItemKnn::new(500).similarity(Similarity::TfIdf).history(HistoryWeight::Sum),
        ItemKnn::new(5).similarity(bm25).shrinkage(3.0).half_life(Span::days(1)),
        ItemKnn::new(5).similarity(bm25).history(HistoryWeight::Sum),
        ItemKnn::new(1).similarity(Similarity::Jaccard).shrinkage(1.0),
    ]
}

#[test]
fn every_recommender_keeps_its_promises() {
    let histories = histories(12);
    let requests = requests(&histories);
    let table = table(60);
    let popularity = Popularity::new().fit(&table).unwrap();
    check_recommender(&popularity, &requests);
    for knn in knns() {
        check_recommender(&knn.fit(&table).unwrap(), &requests);
    }
    check_recommender(&content(), &requests);
    let decayed = ContentBased::new().half_life(Span::days(1)).history(HistoryWeight::Sum);
    check_recommender(&decayed.fit(&features()).unwrap(), &requests);
    for normalise in normalisations() {
        check_recommender(&blend(normalise), &requests);
    }
    for score in [GroupScore::Sum, GroupScore::Max, GroupScore::Mean, GroupScore::NoisyOr] {
        let knn = ItemKnn::new(10).fit(&table).unwrap();
        check_recommender(&GroupedItems::new(knn, groups(), score).unwrap(), &requests);
    }
    for curve in [ScoreCurve::Platt, ScoreCurve::Isotonic] {
        let estimator = ScoreCalibration::new().curve(curve).popularity(&popularity);
        let model = estimator.fit(content(), &held_out(40)).unwrap();
        check_recommender(&model, &requests);
        check_calibrated(&model);
    }
    let grouped = GroupedItems::new(content(), groups(), GroupScore::Sum).unwrap();
    let later = held_out(40).grouped(&groups()).unwrap();
    check_recommender(&ScoreCalibration::new().fit(grouped, &later).unwrap(), &requests);
}

#[test]
fn fits_are_the_same_on_any_number_of_threads() {
    let same = |a: &_, b: &_| a == b;
    check_fit_deterministic(&Popularity::new(), &table(60), same);
    for knn in knns() {
        check_fit_deterministic(&knn, &table(60), |a, b| a == b);
    }
    check_fit_deterministic(&ContentBased::new(), &features(), |a, b| a == b);
    let later = held_out(40);
    let calibrate = || ScoreCalibration::new().negatives(3).fit(content(), &later).unwrap();
    check_same_on_any_pool(calibrate, |a, b| a == b);
}

#[test]
fn another_seed_is_another_draw() {
    let later = held_out(40);
    let fit = |estimator: ScoreCalibration| estimator.fit(content(), &later).unwrap();
    let estimator = ScoreCalibration::new().negatives(2);
    assert_eq!(fit(estimator.reseeded(3)), fit(estimator.reseeded(3)));
    assert_ne!(fit(estimator.reseeded(3)), fit(estimator.reseeded(4)));
}

#[test]
fn models_cross_threads() {
    check_send_sync::<BlendModel<'_>>();
    check_send_sync::<patronage_recommend::ItemKnnModel>();
    check_send_sync::<patronage_recommend::ContentModel>();
    check_send_sync::<patronage_recommend::Error>();
}

/// Contributions add up to the score, within 1e-5 of the sum of their sizes.
fn check_explain(what: &str, model: &dyn Explain, requests: &[Request<'_>]) {
    let mut n_because = 0;
    for request in requests {
        let mut scores = vec![0.0; model.n_items()];
        model.scores(request, &mut scores);
        for item in ItemIdx::all(model.n_items()) {
            let explanation = model.explain(request, item);
            let parts = &explanation.contributions;
            n_because += parts.len();
            let size: f64 =
                explanation.base.abs() + parts.iter().map(|part| part.amount.abs()).sum::<f64>();
            let score = f64::from(scores[item.index()]);
            let gap = (explanation.total() - score).abs();
            assert!(gap <= 1e-5 * size.max(1e-9), "{what}, {item}: {score} {explanation:?}");
            assert!(parts.windows(2).all(|pair| {
                pair[0].amount > pair[1].amount
                    || (pair[0].amount == pair[1].amount && pair[0].item < pair[1].item)
            }));
            let mut bought = request.history.iter().map(|entry| entry.item);
            assert!(parts.iter().all(|part| bought.clone().any(|item| item == part.item)));
            assert!(parts.is_empty() || bought.next().is_some());
        }
    }
    assert!(n_because > 0 || what == "popularity", "{what} explains something");
}

#[test]
fn explanations_add_up() {
    let histories = histories(12);
    let mut requests = requests(&histories);
    requests.push(Request { history: &[], customer: None, as_of: Timestamp::from_seconds(0) });
    let table = table(60);
    check_explain("popularity", &Popularity::new().fit(&table).unwrap(), &requests);
    for knn in knns() {
        check_explain("item-knn", &knn.fit(&table).unwrap(), &requests);
    }
    for als in [Als::new(6), Als::hu_koren_volinsky(20).history(HistoryWeight::Sum)] {
        check_explain("als", &als.fit(&table).unwrap(), &requests);
    }
    check_explain("ease", &Ease::new(2.0).fit(&table).unwrap(), &requests);
    check_explain("slim", &Slim::new(0.5, 2.0).fit(&table).unwrap(), &requests);
    check_explain("content", &content(), &requests);
    for normalise in normalisations() {
        check_explain("blend", &blend(normalise), &requests);
    }
    for score in [GroupScore::Sum, GroupScore::Max, GroupScore::Mean, GroupScore::NoisyOr] {
        let knn = ItemKnn::new(10).fit(&table).unwrap();
        let grouped = GroupedItems::new(knn, groups(), score).unwrap();
        check_explain("groups", &grouped, &requests);
    }
}
