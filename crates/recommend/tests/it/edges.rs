//! Weights, scores and answers that no sound model gives, and evaluations too small to be sure of.

use patronage_core::{
    Fit, HistoryEntry, ItemFilter, ItemIdx, Recommender, Request, ScoredItem, Seen, Span, Timestamp,
};
use patronage_recommend::{
    Blend, BlendSearch, Case, ErrorKind, Evaluation, Explain, Explanation, HeldOut, HistoryWeight,
    ItemKnn, Metric, Normalise, Popularity, ScoreCalibration,
};

use crate::common::{N_ITEMS, content, held_out, histories, requests, table};

/// The same scores for everybody; items of a history are scored as the last number says.
#[derive(Debug)]
struct Says(Vec<f32>, Option<u32>);

impl Recommender for Says {
    fn n_items(&self) -> usize {
        self.0.len()
    }

    fn scores(&self, _: &Request<'_>, out: &mut [f32]) {
        out.copy_from_slice(&self.0);
    }

    fn scored_as(&self, item: ItemIdx) -> Option<ItemIdx> {
        self.1.map_or(Some(item), |item| Some(ItemIdx::new(item)))
    }
}

impl Explain for Says {
    fn explain(&self, _: &Request<'_>, item: ItemIdx) -> Explanation {
        Explanation { base: f64::from(self.0[item.index()]), contributions: Vec::new() }
    }
}

fn says(item: usize, score: f32) -> Says {
    let mut scores: Vec<f32> = (0..N_ITEMS).map(|item| item as f32).collect();
    scores[item] = score;
    Says(scores, None)
}

fn later(history: &[HistoryEntry]) -> Request<'_> {
    Request { history, customer: None, as_of: Timestamp::MAX }
}

#[test]
fn infinite_weights_of_a_history_leave_scores_finite() {
    let training = table(60);
    let mut history = HistoryEntry::from_items(&[0, 0, 3, 6].map(ItemIdx::new));
    history[0].weight = f32::INFINITY;
    history[1].weight = f32::NEG_INFINITY;
    history[2].weight = f32::INFINITY;
    history[3].weight = f32::NAN;
    for as_of in [Timestamp::default(), Timestamp::MAX] {
        let request = Request { history: &history, customer: None, as_of };
        let knn = ItemKnn::new(9).history(HistoryWeight::Sum);
        for knn in [knn, knn.half_life(Span::days(1))] {
            let model = knn.fit(&training).unwrap();
            let mut scores = vec![0.0; N_ITEMS];
            model.scores(&request, &mut scores);
            assert!(scores.iter().all(|score| score.is_finite()), "{scores:?}");
            assert!(model.explain(&request, ItemIdx::new(9)).total().is_finite());
        }
        let mut scores = vec![0.0; N_ITEMS];
        content().scores(&request, &mut scores);
        assert!(scores.iter().all(|score| score.is_finite()), "{scores:?}");
    }
}

#[test]
fn nothing_is_calibrated_on_what_is_no_number() {
    for found in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let error = ScoreCalibration::new().fit(says(7, found), &held_out(50)).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Score { item, .. } if item.get() == 7));
    }
    let error = ScoreCalibration::new().fit(says(7, f32::NAN), &held_out(50)).unwrap_err();
    assert_eq!(error.to_string(), "the score of item 7: expected a finite number, found NaN");
    // What turns up only in service says nothing, but stays a probability.
    let model = ScoreCalibration::new().fit(says(7, 1.0), &held_out(50)).unwrap();
    for found in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let mut p = vec![0.0; N_ITEMS];
        model.refitted(says(7, found), None).unwrap().scores(&later(&[]), &mut p);
        assert!(p.iter().all(|p| (0.0..=1.0).contains(p)), "{p:?}");
    }
}

#[test]
fn as_many_pairs_as_there_are_may_be_asked_for() {
    let fit =
        |negatives| ScoreCalibration::new().negatives(negatives).fit(says(0, 0.0), &held_out(50));
    assert_eq!(format!("{:?}", fit(usize::MAX).unwrap().score_coefficient()), {
        format!("{:?}", fit(N_ITEMS).unwrap().score_coefficient())
    });
}

#[test]
fn answers_beyond_the_items_are_ignored() {
    for beyond in [N_ITEMS as u32, u32::MAX - 1] {
        let mut model = says(0, 0.0);
        model.1 = Some(beyond);
        let model = ScoreCalibration::new().fit(model, &held_out(50)).unwrap();
        let histories = histories(3);
        for request in requests(&histories) {
            let mut p = vec![0.0; N_ITEMS];
            model.scores(&request, &mut p);
            assert!(p.iter().all(|p| (0.0..=1.0).contains(p)), "{p:?}");
            assert_eq!(model.top_k(&request, 3, &ItemFilter::seen(Seen::Exclude)).len(), 3);
        }
    }
}

/// Answers whatever it is asked with the same list, however long and however often an item stands in it.
struct Answers(Vec<u32>);

impl Recommender for Answers {
    fn n_items(&self) -> usize {
        N_ITEMS
    }

    fn scores(&self, _: &Request<'_>, out: &mut [f32]) {
        out.fill(0.0);
    }

    fn top_k(&self, _: &Request<'_>, _: usize, _: &ItemFilter<'_>) -> Vec<ScoredItem> {
        let listed = |&item: &u32| ScoredItem { item: ItemIdx::new(item), score: 0.0 };
        self.0.iter().map(listed).collect()
    }
}

#[test]
fn answers_that_cheat_gain_nothing() {
    let mut cases = HeldOut::new(N_ITEMS + 5);
    for _ in 0..3 {
        let targets = [4, 7, N_ITEMS as u32 + 2].map(ItemIdx::new);
        cases.push(Case { request: later(&[]), targets: &targets }).unwrap();
    }
    let metrics = [
        Metric::Recall(3),
        Metric::Precision(3),
        Metric::Ndcg(3),
        Metric::Map(3),
        Metric::Revenue(3),
        Metric::LimitedAuc(3),
        Metric::Coverage(3),
    ];
    let judged = |list: &[u32]| {
        let evaluation = Evaluation::new(Seen::Allow).metrics(metrics).prices(vec![1.0; N_ITEMS]);
        let report = evaluation.run(&Answers(list.to_vec()), &cases).unwrap();
        metrics.map(|metric| report.mean(metric).unwrap())
    };
    let once = judged(&[4, 0, 1]);
    assert_eq!((once[0], once[4]), (1.0 / 3.0, 1.0));
    let twice = judged(&[4, 4, 4]);
    assert_eq!((twice[0], twice[1], twice[4]), (1.0 / 3.0, 1.0 / 3.0, 1.0));
    assert!(twice.iter().zip(&once).all(|(twice, once)| twice <= once), "{twice:?} {once:?}");
    // More than was asked for, and items there are not.
    assert_eq!(judged(&[4, 0, 1, 7]), once);
    assert_eq!(judged(&[4, 0, 1, N_ITEMS as u32 + 2, u32::MAX]), once);
}

#[test]
fn reports_of_other_cases_are_not_compared() {
    let cases = |target: u32, item: u32| {
        let mut cases = HeldOut::new(N_ITEMS);
        for target in [target, 5, 6] {
            let history = HistoryEntry::from_items(&[ItemIdx::new(item)]);
            let case = Case { request: later(&history), targets: &[ItemIdx::new(target)] };
            cases.push(case).unwrap();
        }
        cases
    };
    let evaluation = Evaluation::new(Seen::Allow).metrics([Metric::Ndcg(5)]);
    let report = |cases: &HeldOut| evaluation.run(&says(0, 0.0), cases).unwrap();
    let one = report(&cases(7, 0));
    let error = one.compare(&report(&cases(8, 0)), Metric::Ndcg(5)).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::OtherCases { .. }));
    assert_eq!(error.to_string(), "the other report: expected the same cases, found others");
    // The same targets asked for with more or less known are the same cases.
    assert!(one.compare(&report(&cases(7, 1)), Metric::Ndcg(5)).is_ok());
}

#[test]
fn one_customer_has_no_interval() {
    let metric = Metric::Recall(5);
    let cases = |n: usize| {
        let mut cases = HeldOut::new(N_ITEMS);
        for _ in 0..n {
            cases.push(Case { request: later(&[]), targets: &[ItemIdx::new(29)] }).unwrap();
        }
        cases
    };
    let report = |n| Evaluation::new(Seen::Allow).metrics([metric]).run(&says(0, 0.0), &cases(n));
    let one = report(1).unwrap();
    assert_eq!((one.figures()[0].mean, one.figures()[0].interval), (1.0, None));
    assert_eq!(one.figures()[0].to_string(), "recall@5 1.0000");
    let same = one.compare(&one, metric).unwrap();
    assert_eq!((same.interval, same.p_value), (None, 1.0));
    assert!(report(2).unwrap().figures()[0].interval.is_some());
}

/// Beyond some weight a blend would leave single precision, and its explanations its scores.
#[test]
fn weights_of_a_blend_are_bounded() {
    let popularity = Popularity::new().fit(&table(60)).unwrap();
    for weight in [-1.0, 1.1e9, f64::INFINITY, f64::NAN] {
        let error = Blend::new().explained(&popularity, weight).build().unwrap_err();
        assert!(
            error.to_string().starts_with("weight: expected a number from 0 to 1e9"),
            "{error}"
        );
    }
    let blend = Blend::new().explained(&popularity, 1e9).build().unwrap();
    let mut scores = vec![0.0; N_ITEMS];
    blend.scores(&later(&[]), &mut scores);
    for item in ItemIdx::all(N_ITEMS) {
        let (total, score) =
            (blend.explain(&later(&[]), item).total(), f64::from(scores[item.index()]));
        assert!((total - score).abs() <= 1e-5 * 1e9, "{total} {score}");
    }
}

#[test]
fn a_member_without_numbers_leaves_a_blend_finite() {
    let popularity = Popularity::new().fit(&table(60)).unwrap();
    let rules = [
        Normalise::MinMax,
        Normalise::ZScore,
        Normalise::Rank,
        Normalise::ReciprocalRank { offset: 60.0 },
        Normalise::Raw,
    ];
    for normalise in rules {
        for found in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let blend = Blend::new()
                .normalise(normalise)
                .explained(says(7, found), 0.5)
                .member(&popularity, 0.5)
                .build()
                .unwrap();
            let mut scores = vec![0.0; N_ITEMS];
            blend.scores(&later(&[]), &mut scores);
            assert!(scores.iter().all(|score| score.is_finite()), "{normalise:?} {scores:?}");
            let total = blend.explain(&later(&[]), ItemIdx::new(7)).total();
            assert!(total.is_finite(), "{normalise:?} {total}");
        }
        let zero = Blend::new().normalise(normalise).member(says(7, 0.0), 1.0).build().unwrap();
        let nan = Blend::new().normalise(normalise).member(says(7, f32::NAN), 1.0).build().unwrap();
        let (mut a, mut b) = (vec![0.0; N_ITEMS], vec![0.0; N_ITEMS]);
        zero.scores(&later(&[]), &mut a);
        nan.scores(&later(&[]), &mut b);
        assert_eq!(a, b);
        let search = BlendSearch::new(Metric::Ndcg(5)).steps(2).normalise(normalise);
        let trials = search.run(&[&says(7, f32::NAN), &popularity], &held_out(20)).unwrap();
        assert!(trials.trials().iter().all(|trial| trial.value.is_finite()));
    }
}
