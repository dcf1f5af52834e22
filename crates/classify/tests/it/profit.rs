//! Money by cut-off, against counting by hand and numeric integration.

use patronage_classify::{Bootstrap, Campaign, ChurnProfit, Prospects, Ranking, Scored};
use patronage_core::{ClassIdx, Money};

use crate::rows::{N, labels, near, noise, scores, weights};

fn money(units: f64) -> Money {
    Money::from_f64(units).unwrap()
}

#[test]
fn the_curve_is_what_counting_gives() {
    let campaign = Campaign::new(money(12.5), money(2.55)).fixed_cost(money(7.0));
    let (scores, labels) = (scores(), labels());
    let curve = campaign.curve(&Prospects::new(&scores, &labels)).unwrap();
    assert_eq!(curve.points.len(), 42);
    assert_eq!((curve.points[0].profit, curve.points[0].contacts), (Money::ZERO, 0.0));
    for point in &curve.points[1..] {
        let threshold = point.threshold.unwrap();
        let chosen: Vec<usize> = (0..N).filter(|&row| scores[row] >= threshold).collect();
        let hits = chosen.iter().filter(|&&row| labels[row] == ClassIdx::new(1)).count();
        let profit = 12.5 * hits as f64 - 2.55 * chosen.len() as f64 - 7.0;
        assert_eq!((point.contacts, point.responses), (chosen.len() as f64, hits as f64));
        assert_eq!(point.profit, money(profit));
        let expected: f64 = chosen.iter().map(|&row| 12.5 * scores[row]).sum();
        near(
            point.expected_profit.unwrap().as_f64(),
            expected - 2.55 * chosen.len() as f64 - 7.0,
            1e-4,
        );
    }
    let best = curve.best();
    assert!(curve.points.iter().all(|point| point.profit <= best.profit));
    assert!(curve.best_expected().is_some());
    // The same rows twice, or with weight 2, bring twice as much but for the fixed cost.
    let twos = vec![2.0; N];
    let doubled = campaign.curve(&Prospects::new(&scores, &labels).weights(&twos)).unwrap();
    assert_eq!(doubled.points[9].profit + money(7.0), {
        let once = curve.points[9].profit + money(7.0);
        once + once
    });
}

#[test]
fn limits_are_kept() {
    let (scores, labels) = (scores(), labels());
    let prospects = Prospects::new(&scores, &labels);
    let campaign = Campaign::new(money(50.0), money(2.0)).fixed_cost(money(5.0));
    // 25 contacts: some group of equal scores is divided.
    let limited = campaign.max_contacts(25.0).curve(&prospects).unwrap();
    let last = limited.points.last().unwrap();
    near(last.contacts, 25.0, 1e-9);
    assert!(last.share_at_threshold <= 1.0);
    // 5 + 2 · 25 = 55 units buy the same.
    let budget = campaign.budget(money(55.0)).curve(&prospects).unwrap();
    assert_eq!(budget.points.last(), limited.points.last());
    assert!(budget.points.iter().all(|point| point.cost <= money(55.0)));
    let nobody = campaign.budget(money(4.0)).curve(&prospects).unwrap();
    assert_eq!(nobody.points.len(), 1);
    assert_eq!(campaign.max_contacts(0.0).curve(&prospects).unwrap().best().threshold, None);
    let dear = Campaign::new(money(1.0), money(2.0)).curve(&prospects).unwrap();
    assert_eq!((dear.best().profit, dear.best().contacts), (Money::ZERO, 0.0));
}

#[test]
fn each_customer_may_be_worth_another_amount() {
    let scores = [0.9, 0.5, 0.5, 0.1];
    let labels = [1, 1, 0, 1].map(ClassIdx::new);
    let revenues = [1.0, 10.0, 10.0, 300.0].map(money);
    let costs = [2.0, 1.0, 4.0, 20.0].map(money);
    let prospects = Prospects::new(&scores, &labels).revenues(&revenues).costs(&costs);
    let campaign = Campaign::new(Money::ZERO, Money::ZERO);
    let by_score = campaign.curve(&prospects).unwrap();
    assert_eq!(by_score.points[1].profit, money(-1.0));
    let by_profit = campaign.ranking(Ranking::ExpectedProfit).curve(&prospects).unwrap();
    // 30 - 20, 5 - 1, 5 - 4, 0.9 - 2.
    let thresholds: Vec<f64> =
        by_profit.points.iter().filter_map(|point| point.threshold).collect();
    for (found, expected) in thresholds.iter().zip([10.0, 4.0, 1.0, -1.1]) {
        near(*found, expected, 1e-9);
    }
    let profits: Vec<f64> = by_profit.points.iter().map(|point| point.profit.as_f64()).collect();
    assert_eq!(profits, [0.0, 280.0, 289.0, 285.0, 284.0]);
    // With 6 units the two dearest-for-their-cost are not affordable in one piece: 1 and 4 are.
    let limited = campaign.ranking(Ranking::ReturnOnCost).budget(money(6.0));
    let curve = limited.curve(&prospects).unwrap();
    assert_eq!(curve.points[1].threshold, Some(5.0));
    assert_eq!(curve.best().contacts, 1.25);
    assert!(
        campaign
            .ranking(Ranking::ExpectedProfit)
            .curve(&Prospects::new(&[2.0; 4], &labels))
            .is_err()
    );
    let negative = [-1.0; 4].map(money);
    assert!(campaign.curve(&Prospects::new(&scores, &labels).costs(&negative)).is_err());
    assert!(campaign.curve(&Prospects::new(&scores[1..], &labels)).is_err());
    assert!(campaign.max_contacts(f64::NAN).curve(&prospects).is_err());
    assert!(campaign.budget(money(-1.0)).curve(&prospects).is_err());
    let most = Campaign::new(Money::MAX, Money::ZERO);
    assert!(most.curve(&Prospects::new(&scores, &labels)).is_err());
    assert!(campaign.curve(&Prospects::new(&[], &[])).is_err());
    let huge = [1e308; 4];
    assert!(campaign.curve(&Prospects::new(&scores, &labels).weights(&huge)).is_err());
}

/// Two hundred customers, each of whom responds with the chance `chance` gives for her score.
fn customers(seed: u64, chance: impl Fn(f64) -> f64) -> (Vec<f64>, Vec<ClassIdx>) {
    let scores: Vec<f64> = (0..200).map(|i| noise(seed, 2 * i)).collect();
    let responds = |i: usize| noise(seed, 2 * i + 1) < chance(scores[i]);
    let outcomes = (0..200).map(|i| ClassIdx::new(u32::from(responds(i)))).collect();
    (scores, outcomes)
}

#[test]
fn the_luck_of_choosing_is_told_apart() {
    // A response earns 2 and a contact costs 1. Where scores say nothing and half respond, every
    // cut-off earns 0 in truth, and what is seen is luck.
    let campaign = Campaign::new(money(2.0), money(1.0));
    let (mut seen, mut honest) = (0.0, 0.0);
    for seed in 0..200 {
        let (scores, outcomes) = customers(seed, |_| 0.5);
        let prospects = Prospects::new(&scores, &outcomes);
        let best = campaign.best_cutoff(&prospects, &Bootstrap::new(20).seed(seed)).unwrap();
        assert_eq!(best.honest_profit, best.point.profit - best.optimism);
        seen += best.point.profit.as_f64() / 200.0;
        honest += best.honest_profit.as_f64() / 200.0;
    }
    assert!(seen > 8.0, "{seen}");
    assert!(honest.abs() < 2.5, "{honest}");
}

#[test]
fn the_interval_holds_what_the_cutoff_brings() {
    // Scores are the chances of response: contacting those from t up brings 200 · t (1 - t).
    let campaign = Campaign::new(money(2.0), money(1.0));
    let mut held = 0;
    for seed in 0..200 {
        let (scores, outcomes) = customers(seed, |score| score);
        let prospects = Prospects::new(&scores, &outcomes);
        let best = campaign.best_cutoff(&prospects, &Bootstrap::new(100).seed(seed)).unwrap();
        let t = best.point.threshold.unwrap();
        let truth = 200.0 * t * (1.0 - t);
        held += u32::from(best.interval.low <= truth && truth <= best.interval.high);
    }
    // 95 % of 200 is 190; four standard deviations are 12.
    assert!(held >= 178, "{held}");
}

#[test]
fn emp_is_the_integral_it_stands_for() {
    // scipy 1.17.1: the integral of the upper envelope of the profit lines over the beta
    // distribution, by its breaks and by 10,000 midpoints (20.92157 and 11.50995).
    let plain = Scored::new(&scores(), &labels()).unwrap();
    let found = ChurnProfit::new().maximum(&plain).unwrap();
    near(found.profit, 20.921573232776293, 1e-10);
    near(found.share, 0.6819289641492658, 1e-10);
    let weighted = Scored::weighted(&scores(), &labels(), &weights()).unwrap();
    let terms =
        ChurnProfit::new().lifetime_value(120.0).offer(15.0).contact(4.0).acceptance(3.0, 5.0);
    let found = terms.maximum(&weighted).unwrap();
    near(found.profit, 11.509947854580245, 1e-10);
    near(found.share, 0.6326174980224738, 1e-10);
}

#[test]
fn emp_has_an_interval_by_the_bootstrap() {
    let scored = Scored::new(&scores(), &labels()).unwrap();
    let profit = |scored: &Scored| Ok(ChurnProfit::new().maximum(scored)?.profit);
    let interval = Bootstrap::new(300).interval(&scored, profit).unwrap();
    let found = profit(&scored).unwrap();
    assert!(interval.low < found && found < interval.high, "{interval:?}");
}

#[test]
fn emp_at_the_ends() {
    let labels = [1, 0, 1, 0].map(ClassIdx::new);
    let perfect = Scored::new(&[0.9, 0.1, 0.8, 0.2], &labels).unwrap();
    let found = ChurnProfit::new().maximum(&perfect).unwrap();
    // Half leave, all are contacted and none else: 200 (0.3 · 0.95 - 0.005) / 2.
    near(found.profit, 28.0, 0.01);
    near(found.share, 0.5, 0.01);
    let dear = ChurnProfit::new().contact(1e6).maximum(&perfect).unwrap();
    assert_eq!((dear.profit, dear.share), (0.0, 0.0));
    let free = ChurnProfit::new().contact(0.0).offer(0.0).maximum(&perfect).unwrap();
    near(free.profit, 30.0, 1e-9);
    assert!(ChurnProfit::new().lifetime_value(5.0).maximum(&perfect).is_err());
    assert!(ChurnProfit::new().acceptance(0.0, 1.0).maximum(&perfect).is_err());
    assert!(ChurnProfit::new().contact(-1.0).maximum(&perfect).is_err());
    let one = Scored::new(&[0.9, 0.1], &[1, 1].map(ClassIdx::new)).unwrap();
    assert!(ChurnProfit::new().maximum(&one).is_err());
}
