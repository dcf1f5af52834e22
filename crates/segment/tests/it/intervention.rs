//! Effects of interventions and drivers of moves, against scipy, statsmodels and planted truths.

use ndarray::{Array2, array};
use patronage_segment::{
    Arm, BalanceWarning, Basis, Column, ColumnPhrase, Confidence, CustomerIdx, Date,
    DifferenceTest, FeatureTable, Intervention, InterventionEffect, MoveDrivers, Participant,
    RiskDifference, Schema, SegmentHistory, SegmentIdx, Segmenter, detectable_difference,
    power_of_difference,
};
use patronage_testkit::Draws;
use proptest::prelude::*;

fn segment(at: u32) -> SegmentIdx {
    SegmentIdx::new(at)
}

fn close(found: f64, expected: f64, relative: f64) {
    let error = (found - expected).abs() / expected.abs().max(1e-300);
    assert!(error < relative, "expected {expected}, found {found}");
}

// statsmodels 0.15.0: confint_proportions_2indep(a, n, b, m, method="newcomb", compare="diff",
// alpha), proportions_ztest([a, b], [n, m]); scipy 1.17.1: stats.fisher_exact. The first is
// Newcombe's (1998) example (a).
#[test]
fn differences_are_those_of_statsmodels() {
    use DifferenceTest::{Fisher, Pooled};
    for (treated, control, level, low, high, p, test) in [
        (
            (56, 70),
            (48, 80),
            0.95,
            0.05243147240236498,
            0.33387265403690614,
            0.00804508136819656,
            Pooled,
        ),
        (
            (9, 10),
            (3, 10),
            0.95,
            0.1705227239345029,
            0.809017973535488,
            0.019766611097880443,
            Fisher,
        ),
        (
            (6, 7),
            (2, 7),
            0.95,
            0.05822792748231209,
            0.8062496375242278,
            0.10256410256410256,
            Fisher,
        ),
        ((0, 10), (0, 20), 0.95, -0.1611251580528194, 0.27753279986288926, 1.0, Fisher),
        ((10, 10), (0, 10), 0.95, 0.6075093504305241, 1.0, 7.74421643104407e-06, Pooled),
        (
            (300, 1000),
            (250, 900),
            0.8,
            -0.00449134408446579,
            0.048811703826906375,
            0.2862238046571338,
            Pooled,
        ),
    ] {
        let confidence = Confidence::new(level).unwrap();
        let found = RiskDifference::newcombe(treated, control, confidence).unwrap();
        close(found.low, low, 1e-8);
        close(found.high, high, 1e-8);
        close(found.p_value, p, 1e-8);
        assert_eq!(found.test, test);
    }
}

// statsmodels 0.15.0: power_proportions_2indep(difference, control, n_treated, ratio, alpha).
#[test]
fn power_is_that_of_statsmodels() {
    for (treated, control, share, difference, level, power) in [
        (500, 500, 0.1, 0.06, 0.95, 0.8063158232088771),
        (1000, 500, 0.2, 0.03, 0.8, 0.5205317901986252),
        (80, 160, 0.4, -0.1, 0.95, 0.3241308394764201),
    ] {
        let confidence = Confidence::new(level).unwrap();
        let found = power_of_difference(treated, control, share, difference, confidence).unwrap();
        close(found, power, 1e-9);
        let least = detectable_difference(treated, control, share, found, confidence).unwrap();
        if difference > 0.0 {
            close(least.unwrap(), difference, 1e-9);
        }
    }
    let p95 = Confidence::P95;
    assert_eq!(detectable_difference(2, 2, 0.5, 0.8, p95).unwrap(), None);
    assert_eq!(detectable_difference(100, 100, 1.0, 0.8, p95).unwrap(), None);
    assert!(detectable_difference(0, 9, 0.5, 0.8, p95).is_err());
    assert!(detectable_difference(9, 9, 0.5, 0.02, p95).is_err());
    assert!(power_of_difference(9, 9, 0.5, 0.6, p95).is_err());
    assert!(power_of_difference(9, 9, f64::NAN, 0.0, p95).is_err());
}

/// Participants of each segment of before: how many of how many treated, and controls, reach the
/// last segment.
fn participants(strata: &[[(u32, u32); 2]]) -> Vec<Participant> {
    let mut all = Vec::new();
    for (before, arms) in strata.iter().enumerate() {
        for (arm, &(reached, n)) in [Arm::Treated, Arm::Control].into_iter().zip(arms) {
            for one in 0..n {
                let after = if one < reached { strata.len() as u32 } else { before as u32 };
                all.push(Participant {
                    customer: CustomerIdx::from_usize(all.len()),
                    arm,
                    before: Some(segment(before as u32)),
                    after: Some(segment(after)),
                });
            }
        }
    }
    all
}

fn names(n: usize) -> Vec<String> {
    (0..n).map(|at| format!("S{at}")).collect()
}

fn evaluate(strata: &[[(u32, u32); 2]]) -> InterventionEffect {
    let target = segment(strata.len() as u32);
    Intervention::toward([target]).evaluate(names(strata.len() + 1), &participants(strata)).unwrap()
}

// statsmodels 0.15.0: StratifiedTable(tables).test_null_odds(correction=False).
#[test]
fn the_stratified_test_is_that_of_statsmodels() {
    let effect = evaluate(&[
        [(30, 100), (20, 100)],
        [(8, 10), (5, 12)],
        [(100, 400), (60, 400)],
        [(0, 5), (1, 10)],
    ]);
    let standardised = effect.standardised.unwrap();
    close(standardised.statistic, 16.625002779816935, 1e-12);
    close(standardised.p_value, 4.554662035882728e-05, 1e-9);
    let weighed = (200.0 * 0.1 + 22.0 * (0.8 - 5.0 / 12.0) + 800.0 * 0.1 - 15.0 * 0.1) / 1037.0;
    close(standardised.difference, weighed, 1e-12);
    assert!(standardised.low < weighed && weighed < standardised.high);
    assert_eq!((standardised.covered, standardised.left_out), (1037, 0));
}

#[test]
fn one_stratum_is_the_crude_difference() {
    let effect = evaluate(&[[(40, 150), (25, 160)]]);
    let (crude, standardised) = (effect.crude, effect.standardised.unwrap());
    close(standardised.difference, crude.difference, 1e-14);
    close(standardised.low, crude.low, 1e-12);
    close(standardised.high, crude.high, 1e-12);
    assert_eq!(effect.primary().basis, Basis::Crude);
    assert_eq!(effect.spread.degrees_of_freedom, 1);
    // The same table, by Pearson's chi-square and by z.
    close(effect.spread.p_value.unwrap(), crude.p_value, 1e-10);
}

/// A study of 400 in two segments of before, with chances of reaching the target by segment, and
/// chances of treatment by segment.
fn study(seed: u64, treatment: [f64; 2], reach: [f64; 2], effect: f64) -> Vec<Participant> {
    let mut draws = Draws::new(seed);
    CustomerIdx::all(400)
        .map(|customer| {
            let before = draws.below(2);
            let treated = draws.uniform() < treatment[before];
            let chance = reach[before] + if treated { effect } else { 0.0 };
            let after = if draws.uniform() < chance { 2 } else { before as u32 };
            Participant {
                customer,
                arm: if treated { Arm::Treated } else { Arm::Control },
                before: Some(segment(before as u32)),
                after: Some(segment(after)),
            }
        })
        .collect()
}

fn run(seed: u64, treatment: [f64; 2], reach: [f64; 2], effect: f64) -> InterventionEffect {
    let participants = study(seed, treatment, reach, effect);
    Intervention::toward([segment(2)]).evaluate(names(3), &participants).unwrap()
}

#[test]
fn without_an_effect_one_in_twenty_is_found() {
    let n = 2000;
    let (mut crude, mut adjusted, mut primary, mut low_half) = (0, 0, 0, 0);
    for seed in 0..n {
        let effect = run(seed, [0.5, 0.5], [0.2, 0.5], 0.0);
        crude += u32::from(effect.crude.p_value < 0.05);
        adjusted += u32::from(effect.standardised.unwrap().p_value < 0.05);
        primary += u32::from(effect.primary().p_value < 0.05);
        low_half += u32::from(effect.primary().p_value < 0.5);
    }
    // The standard error is half a percentage point, and 1.1 of the half.
    for (what, found) in [("crude", crude), ("standardised", adjusted), ("primary", primary)] {
        let share = f64::from(found) / n as f64;
        assert!((0.033..=0.067).contains(&share), "{what}: {share} below 0.05");
    }
    let share = f64::from(low_half) / n as f64;
    assert!((0.46..=0.54).contains(&share), "{share} below 0.5");
}

#[test]
fn a_planted_effect_is_inside_the_interval_as_often_as_it_says() {
    let n = 2000;
    let (mut crude, mut adjusted, mut found) = (0, 0, 0);
    for seed in 0..n {
        let effect = run(seed, [0.5, 0.5], [0.2, 0.5], 0.15);
        let inside = |low: f64, high: f64| u32::from(low <= 0.15 && 0.15 <= high);
        crude += inside(effect.crude.low, effect.crude.high);
        let standardised = effect.standardised.unwrap();
        adjusted += inside(standardised.low, standardised.high);
        found += u32::from(effect.crude.p_value < 0.05);
    }
    for (what, held) in [("crude", crude), ("standardised", adjusted)] {
        let share = f64::from(held) / n as f64;
        assert!((0.935..=0.972).contains(&share), "{what}: {share} held");
    }
    // What the power formula promises, at the mean share of the controls.
    let promised = power_of_difference(200, 200, 0.35, 0.15, Confidence::P95).unwrap();
    let share = f64::from(found) / n as f64;
    assert!((share - promised).abs() < 0.03, "{share} found, {promised} promised");
}

#[test]
fn confounding_is_warned_of_and_corrected() {
    let n = 500;
    let (mut warned, mut crude, mut held, mut sum) = (0, 0, 0, 0.0);
    for seed in 0..n {
        // Those who would have come anyway are treated more often.
        let effect = run(seed, [0.25, 0.75], [0.1, 0.6], 0.1);
        let primary = effect.primary();
        warned +=
            u32::from(!effect.balance.is_comparable() && primary.basis == Basis::Standardised);
        crude += u32::from(effect.crude.low <= 0.1 && 0.1 <= effect.crude.high);
        held += u32::from(primary.low <= 0.1 && 0.1 <= primary.high);
        sum += primary.difference;
    }
    assert_eq!(warned, n as u32);
    assert!(crude < 10, "the crude interval held {crude} of {n}");
    assert!((0.925..=0.985).contains(&(f64::from(held) / n as f64)), "{held} of {n} held");
    assert!((sum / n as f64 - 0.1).abs() < 0.008, "a mean of {}", sum / n as f64);
}

#[test]
fn features_that_differ_within_segments_are_named() {
    let participants = study(3, [0.5, 0.5], [0.2, 0.2], 0.0);
    let mut draws = Draws::new(5);
    let treated = |one: &Participant| f64::from(u8::from(one.arm == Arm::Treated));
    let schema = Schema::new([
        Column::number("spend"),
        Column::number("age"),
        Column::nullable("income"),
        Column::category("plan", ["basic", "gold"]),
        Column::number("same"),
    ])
    .unwrap();
    let rows = participants.iter().flat_map(|one| {
        let treated = treated(one);
        let income = if treated == 1.0 { f64::NAN } else { 7.0 };
        [draws.normal() + 0.5 * treated, draws.normal(), income, treated, 0.1]
    });
    let cells: Vec<f64> = rows.collect();
    let rows = Array2::from_shape_vec((400, 5), cells.clone()).unwrap();
    let features = FeatureTable::new(schema, rows).unwrap();
    let effect = Intervention::toward([segment(2)])
        .imbalance(0.3)
        .evaluate_on(names(3), &participants, &features)
        .unwrap();
    let spend = effect.balance.covariates.iter().find(|c| c.name == "spend").unwrap();
    // Austin (2009): the difference of means over the root of the mean of the sample variances.
    let of = |arm: Arm| -> Vec<f64> {
        let rows = participants.iter().zip(cells.chunks(5));
        rows.filter(|(one, _)| one.arm == arm).map(|(_, row)| row[0]).collect()
    };
    let moments = |values: &[f64]| {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        (mean, values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0))
    };
    let ((m1, v1), (m0, v0)) = (moments(&of(Arm::Treated)), moments(&of(Arm::Control)));
    close(spend.difference.unwrap(), (m1 - m0) / ((v1 + v0) / 2.0).sqrt(), 1e-12);
    assert!((spend.within.unwrap() - 0.5).abs() < 0.25);
    let named: Vec<(&str, bool)> = effect
        .balance
        .warnings
        .iter()
        .filter_map(|warning| match warning {
            BalanceWarning::Covariate { name, remains, .. } => Some((name.as_str(), *remains)),
            _ => None,
        })
        .collect();
    assert_eq!(
        named,
        [("spend", true), ("income missing", true), ("plan = basic", true), ("plan = gold", true)]
    );
    let same = effect.balance.covariates.iter().find(|c| c.name == "same").unwrap();
    assert_eq!((same.difference, same.within), (Some(0.0), Some(0.0)));
    let text = effect.to_string();
    assert!(text.contains("warning: the groups differed before in spend, by +0."), "{text}");
}

#[test]
fn studies_that_cannot_be_read_are_refused() {
    let good = participants(&[[(3, 10), (2, 10)]]);
    let toward = |at: u32| Intervention::toward([segment(at)]);
    let none: [SegmentIdx; 0] = [];
    assert!(Intervention::toward(none).evaluate(names(2), &good).is_err());
    assert!(toward(2).evaluate(names(2), &good).is_err());
    assert!(toward(1).imbalance(0.0).evaluate(names(2), &good).is_err());
    assert!(toward(0).evaluate(names(1), &good).is_err());
    let error = toward(1).evaluate(names(2), &good[..10]).unwrap_err();
    let message = "expected treated and control customers, found 10 and 0";
    assert_eq!(error.to_string(), message);
    let twice: Vec<Participant> = [good.clone(), good[..1].to_vec()].concat();
    let error = toward(1).evaluate(names(2), &twice).unwrap_err();
    assert_eq!(error.to_string(), "customer 0: expected one arm, found a second row");
    let schema = Schema::new([Column::number("x")]).unwrap();
    let features = FeatureTable::new(schema, array![[1.0]]).unwrap();
    assert!(toward(1).evaluate_on(names(2), &good, &features).is_err());

    // Arms that share no segment: nothing corrects them.
    let apart = evaluate(&[[(3, 10), (0, 0)], [(0, 0), (1, 10)]]);
    assert_eq!((apart.standardised, apart.primary().basis), (None, Basis::CrudeForLack));
    let one_arm = |w: &&BalanceWarning| matches!(w, BalanceWarning::OneArm { .. });
    assert_eq!(apart.balance.warnings.iter().filter(one_arm).count(), 2);
}

#[test]
fn absence_is_a_segment_of_before_and_no_target() {
    let [march, may] = [3, 5].map(|month| Date::new(2024, month, 1).unwrap());
    let rows = (0..40).flat_map(|n| {
        let customer = CustomerIdx::new(n);
        let before = (n >= 4).then_some((customer, march, segment(0)));
        // Only treated customers are lost.
        let after = (n % 2 == 1 || n < 20).then_some((customer, may, segment(n % 2)));
        [before, after].into_iter().flatten()
    });
    let history = SegmentHistory::new(["A", "B"], rows.collect::<Vec<_>>()).unwrap();
    let arm = |n: u32| if n.is_multiple_of(2) { Arm::Treated } else { Arm::Control };
    let arms = || (0..40).map(|n| (CustomerIdx::new(n), arm(n)));
    let participants = history.participants(march, may, arms()).unwrap();
    let effect = Intervention::toward([segment(1)]).evaluate(["A", "B"], &participants).unwrap();
    assert_eq!((effect.crude.treated.count, effect.crude.control.count), (0, 20));
    assert_eq!(effect.strata.len(), 2);
    assert_eq!(effect.strata[1].name, "(absent)");
    let attrition = effect.attrition.unwrap();
    assert_eq!((attrition.treated.count, attrition.treated.of), (10, 18));
    let lost = |w: &BalanceWarning| matches!(w, BalanceWarning::Attrition { .. });
    assert!(effect.balance.warnings.iter().any(lost));
    assert!(history.participants(may, march, arms()).is_err());
    let twice = [(CustomerIdx::new(1), Arm::Treated), (CustomerIdx::new(1), Arm::Control)];
    assert!(history.participants(march, may, twice).is_err());
}

/// In the first segment while the sum of the cells is below a limit.
struct Sum(Schema, f64);

impl Segmenter for Sum {
    fn schema(&self) -> &Schema {
        &self.0
    }

    fn n_segments(&self) -> usize {
        2
    }

    fn segment(&self, row: &[f64]) -> SegmentIdx {
        let sum: f64 = row.iter().filter(|cell| !cell.is_nan()).sum();
        segment(u32::from(sum >= self.1))
    }
}

fn table(n_columns: usize, rows: Array2<f64>) -> FeatureTable {
    let columns = (0..n_columns).map(|at| Column::nullable(format!("column_{at}")));
    FeatureTable::new(Schema::new(columns).unwrap(), rows).unwrap()
}

#[test]
fn the_smallest_sufficient_set_drives_a_move() {
    // Either of two columns suffices for the first customer, and the larger change is named; the
    // second needs two of three; the third stayed; the fourth is new and the fifth left.
    let before =
        table(3, array![[0.0, 0.0, 0.0], [0.0, 0.0, 0.0], [1.0, 1.0, 1.0], [5.0, 5.0, 5.0]]);
    let after =
        table(3, array![[9.0, 0.0, 0.0], [1.0, 5.0, 6.0], [12.0, 0.0, 11.0], [1.0, 1.0, 2.0]]);
    let model = Sum(table(3, array![[0.0, 0.0, 0.0]]).into_parts().0, 10.0);
    let [one, two, three, four, five] = [0, 1, 2, 3, 4].map(CustomerIdx::new);
    let why = MoveDrivers::of(
        &model,
        (&[one, two, three, five], &before),
        (&[four, two, one, three], &after),
        &[ColumnPhrase::new("column_2", "visits").unit("visit", "visits")],
    )
    .unwrap();
    assert_eq!(why.n_stayed(), 1);
    assert_eq!(
        why.moves().iter().map(|one| why.words(one)).collect::<Vec<_>>(),
        [
            "from segment 0 to segment 1 because visits rose from 0 to 11 visits",
            "from segment 0 to segment 1 because column 1 rose from 0 to 5 and visits rose from 0 to \
             6 visits",
        ]
    );
    let flows = why.flows();
    assert_eq!(flows.len(), 1);
    assert_eq!((flows[0].count, flows[0].reasons.len()), (2, 2));
    assert_eq!(flows[0].reasons[0].share.of, 2);
    assert!(flows[0].to_string().starts_with("segment 0 to segment 1, 2 customers: 50 % ("));

    let wrong = |customers: &[CustomerIdx], phrases: &[ColumnPhrase]| {
        MoveDrivers::of(&model, (customers, &before), (&[one, two, three, four], &after), phrases)
    };
    assert!(wrong(&[one], &[]).is_err());
    assert!(wrong(&[one, one, two, three], &[]).is_err());
    assert!(wrong(&[one, two, three, four], &[ColumnPhrase::new("none", "none")]).is_err());
}

#[test]
fn many_columns_and_extreme_numbers_are_explained() {
    // Thirty columns of which any twenty suffice: too many sets to try.
    let (before, after) = (Array2::zeros((1, 30)), Array2::ones((1, 30)));
    let model = Sum(table(30, before.clone()).into_parts().0, 20.0);
    let customer = [CustomerIdx::new(0)];
    let explain = |model: &Sum, n: usize, before, after| {
        let (before, after) = (table(n, before), table(n, after));
        MoveDrivers::of(model, (&customer, &before), (&customer, &after), &[]).unwrap()
    };
    let why = explain(&model, 30, before, after);
    assert_eq!(why.moves()[0].drivers.len(), 20);
    let model = Sum(table(2, array![[0.0, 0.0]]).into_parts().0, 10.0);
    let why = explain(&model, 2, array![[-1e308, f64::NAN]], array![[1e308, 1.0]]);
    let drivers = &why.moves()[0].drivers;
    assert_eq!((drivers.len(), drivers[0].column), (1, 0));
    assert!(drivers[0].standardised.is_finite());
    let why = explain(&model, 2, array![[3.0, f64::NAN]], array![[3.0, 11.0]]);
    assert_eq!(
        why.words(&why.moves()[0]),
        "from segment 0 to segment 1 because column 1 changed from unknown to 11"
    );
}

/// A segment for each pattern of cells above 0, at random.
#[derive(Debug)]
struct Patterns(Schema, Vec<u32>);

impl Segmenter for Patterns {
    fn schema(&self) -> &Schema {
        &self.0
    }

    fn n_segments(&self) -> usize {
        3
    }

    fn segment(&self, row: &[f64]) -> SegmentIdx {
        segment(self.1[row.iter().fold(0, |at, &cell| 2 * at + usize::from(cell > 0.0))])
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn drivers_suffice_and_no_smaller_set_does(
        segments in prop::collection::vec(0_u32..3, 32),
        old in prop::collection::vec(-3_i8..3, 5),
        new in prop::collection::vec(-3_i8..3, 5),
    ) {
        let row = |cells: &[i8]| {
            Array2::from_shape_fn((1, 5), |(_, column)| f64::from(cells[column]))
        };
        let (before, after) = (table(5, row(&old)), table(5, row(&new)));
        let model = Patterns(table(5, row(&old)).into_parts().0, segments);
        let customer = [CustomerIdx::new(0)];
        let why = MoveDrivers::of(&model, (&customer, &before), (&customer, &after), &[]).unwrap();
        let with = |set: u32| {
            let cells: Vec<f64> = (0..5)
                .map(|at| f64::from(if set >> at & 1 == 1 { new[at] } else { old[at] }))
                .collect();
            model.segment(&cells)
        };
        prop_assert_eq!(why.moves().len(), usize::from(with(0) != with(31)));
        for one in why.moves() {
            let set: u32 = one.drivers.iter().map(|driver| 1 << driver.column).sum();
            prop_assert_eq!(with(set), one.to);
            for other in 0..32_u32 {
                prop_assert!(other.count_ones() >= set.count_ones() || with(other) != one.to);
            }
            prop_assert!(one.drivers.iter().all(|driver| driver.before != driver.after));
        }
    }
}
