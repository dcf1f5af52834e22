//! Probabilities against a truth that is known.

use patronage_core::{
    Calibrated, Csr, Fit, HistoryEntry, InteractionTable, ItemIdx, Recommender, Request, Timestamp,
};
use patronage_recommend::{
    Case, GroupScore, GroupedItems, Groups, HeldOut, Popularity, PopularityModel, Reliability,
    Repeats, ScoreCalibration, ScoreCurve,
};
use proptest::prelude::*;

use crate::common::draw;

const N: usize = 60;

/// Scores the items by how far they stand behind the item last bought, on a scale of its own.
struct Near;

impl Near {
    fn distance(history: &[HistoryEntry], item: usize) -> usize {
        let last = history.last().map_or(0, |entry| entry.item.index());
        (item + N - last) % N
    }
}

impl Recommender for Near {
    fn n_items(&self) -> usize {
        N
    }

    fn scores(&self, request: &Request<'_>, out: &mut [f32]) {
        for (item, score) in out.iter_mut().enumerate() {
            let distance = Self::distance(request.history, item) as f32;
            *score = 1e6 * (-distance / 3.0).exp();
        }
    }
}

/// What is bought: item popularity times nearness.
fn truth(distance: usize, item: usize) -> f64 {
    let popular = if item.is_multiple_of(4) { 0.6 } else { 0.15 };
    (popular * 2.0 / (2.0 + distance as f64)).min(1.0)
}

fn cases(seed: u64, n: u64) -> HeldOut {
    let mut cases = HeldOut::new(N);
    for customer in 0..n {
        let key = seed * 1_000_003 + customer;
        let history = HistoryEntry::from_items(&[ItemIdx::new(draw(key, N as u64) as u32)]);
        let targets: Vec<ItemIdx> = (0..N)
            .filter(|&item| {
                let p = truth(Near::distance(&history, item), item);
                (draw(key * 64 + item as u64 + 7_777_777, 1 << 30) as f64) < p * f64::from(1 << 30)
            })
            .map(ItemIdx::from_usize)
            .collect();
        let request = Request { history: &history, customer: None, as_of: Timestamp::MAX };
        cases.push(Case { request, targets: &targets }).unwrap();
    }
    cases
}

fn popularity() -> PopularityModel {
    let entries: Vec<(u32, u32, f32)> = (0..100)
        .flat_map(|customer| (0..N as u32).map(move |item| (customer, item, 1.0)))
        .filter(|&(customer, item, _)| customer < if item % 4 == 0 { 60 } else { 15 })
        .collect();
    let table = Csr::from_entries(100, N, &entries, |_, _| {}).unwrap();
    Popularity::new().fit(&InteractionTable::new(table).unwrap()).unwrap()
}

#[test]
fn probabilities_are_recovered() {
    let (fit_on, judge_on) = (cases(1, 4000), cases(2, 4000));
    for curve in [ScoreCurve::Platt, ScoreCurve::Isotonic] {
        let estimator =
            ScoreCalibration::new().curve(curve).popularity(&popularity()).negatives(20);
        let model = estimator.fit(Near, &fit_on).unwrap();
        let record = model.calibration();
        assert_eq!(record.n_rows, fit_on.len() * N);
        let found = Reliability::of(&model, &judge_on).unwrap();
        let ratio = found.expected / found.observed as f64;
        assert!((ratio - 1.0).abs() < 0.03, "{curve:?} {ratio}");
        let most = if curve == ScoreCurve::Isotonic { 0.05 } else { 0.12 };
        assert!(found.relative_error < most, "{curve:?} {found:?}");
        // Item by item and near by near, not only on average.
        let history = HistoryEntry::from_items(&[ItemIdx::new(8)]);
        let request = Request { history: &history, customer: None, as_of: Timestamp::MAX };
        let mut scores = vec![0.0; N];
        model.scores(&request, &mut scores);
        for (item, &score) in scores.iter().enumerate().take(20).skip(9) {
            let expected = truth(item - 8, item);
            let gap = (f64::from(score) - expected).abs();
            assert!(gap < 0.35 * expected + 0.02, "{curve:?} {item}: {score} {expected}");
        }
    }
}

#[test]
fn groups_are_calibrated_too() {
    let of = (0..N as u32).map(|item| Some(ItemIdx::new(item / 10))).collect();
    let groups = Groups::new(of, 6).unwrap();
    let inner =
        ScoreCalibration::new().popularity(&popularity()).fit(Near, &cases(1, 2000)).unwrap();
    let any = GroupedItems::new(inner, groups.clone(), GroupScore::NoisyOr).unwrap();
    let model =
        ScoreCalibration::new().fit(any, &cases(3, 2000).grouped(&groups).unwrap()).unwrap();
    let found = Reliability::of(&model, &cases(4, 2000).grouped(&groups).unwrap()).unwrap();
    assert!((found.expected / found.observed as f64 - 1.0).abs() < 0.03);
    assert!(found.calibration_error < 0.02, "{found:?}");
}

#[test]
fn a_calibration_outlives_its_model() {
    let popularity = popularity();
    let fit = ScoreCalibration::new().popularity(&popularity).fit(Near, &cases(1, 500)).unwrap();
    let again = fit.refitted(Near, Some(&popularity)).unwrap();
    let request = cases(1, 1).case(0).request.as_of;
    let request = Request { history: &[], customer: None, as_of: request };
    let (mut before, mut after) = (vec![0.0; N], vec![0.0; N]);
    fit.scores(&request, &mut before);
    again.scores(&request, &mut after);
    assert_eq!(before, after);
    assert!(fit.refitted(Near, None).is_err());
    let without = ScoreCalibration::new().fit(Near, &cases(1, 500)).unwrap();
    assert!(without.refitted(Near, Some(&popularity)).is_err());
    without.refitted(Near, None).unwrap();
}

#[test]
fn a_model_that_knows_nothing_gets_the_base_rate() {
    struct Constant;
    impl Recommender for Constant {
        fn n_items(&self) -> usize {
            N
        }
        fn scores(&self, _: &Request<'_>, out: &mut [f32]) {
            out.fill(3.0);
        }
    }
    let cases = cases(1, 500);
    let model = ScoreCalibration::new().repeats(Repeats::Ignore).fit(Constant, &cases).unwrap();
    let base = model.calibration().base_rate.get();
    let request = cases.case(0).request;
    let mut scores = vec![0.0; N];
    model.scores(&request, &mut scores);
    assert!(scores.iter().all(|&p| (f64::from(p) / base - 1.0).abs() < 0.01), "{base} {scores:?}");
    assert_eq!(model.score_coefficient(), 0.0);
    assert!(ScoreCalibration::new().fit(Constant, &HeldOut::new(N)).is_err());
    assert!(ScoreCalibration::new().fit(Constant, &HeldOut::new(3)).is_err());
    assert!(ScoreCalibration::new().negatives(0).fit(Constant, &cases).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// For one request the order of scores is the order of probabilities, whatever was learnt.
    #[test]
    fn order_is_kept(
        scores in prop::collection::vec(-1e3f32..1e3, 8),
        bought in prop::collection::vec(prop::collection::btree_set(0u32..8, 0..5), 1..12),
        platt in any::<bool>(),
    ) {
        struct Fixed(Vec<f32>);
        impl Recommender for Fixed {
            fn n_items(&self) -> usize {
                self.0.len()
            }
            fn scores(&self, _: &Request<'_>, out: &mut [f32]) {
                out.copy_from_slice(&self.0);
            }
        }
        let mut cases = HeldOut::new(8);
        let request = Request { history: &[], customer: None, as_of: Timestamp::MAX };
        for items in bought {
            let targets: Vec<ItemIdx> = items.into_iter().map(ItemIdx::new).collect();
            cases.push(Case { request, targets: &targets }).unwrap();
        }
        prop_assume!(!cases.is_empty());
        let curve = if platt { ScoreCurve::Platt } else { ScoreCurve::Isotonic };
        let model = ScoreCalibration::new().curve(curve).fit(Fixed(scores.clone()), &cases).unwrap();
        let mut p = vec![0.0; 8];
        model.scores(&request, &mut p);
        for a in 0..8 {
            prop_assert!((0.0..=1.0).contains(&p[a]));
            for b in 0..8 {
                prop_assert!(scores[a] < scores[b] || p[a] >= p[b] - 1e-7);
            }
        }
    }
}
