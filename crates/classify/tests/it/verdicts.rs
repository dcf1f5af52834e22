//! Verdicts on simulated cases whose right verdict is known, many seeds each.

use ndarray::{Array2, ArrayView1};
use patronage_classify::{
    BiasVariance, CheckUp, ComplexityCurve, DecisionTree, Diagnosis, Drift, LeakageCheck,
    LearningCurve, Loss, Noise, Remedy, Resample, Verdict, learning_curve, stratified_folds,
    validation_curve,
};
use patronage_core::{ClassIdx, Column, FeatureTable, Features, Labeled, Schema};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const SEEDS: u64 = 20;

/// Rows of uniform numbers, and classes drawn by a chance that depends on the row.
struct Case {
    table: FeatureTable,
    labels: Vec<ClassIdx>,
}

impl Case {
    fn new(
        n: usize,
        n_columns: usize,
        seed: u64,
        cell: impl Fn(f64) -> f64,
        chance: impl Fn(ArrayView1<'_, f64>) -> f64,
    ) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let cells = Array2::from_shape_fn((n, n_columns), |_| cell(rng.random()));
        let schema = Schema::new((0..n_columns).map(|j| Column::number(format!("x{j}")))).unwrap();
        let labels = cells
            .rows()
            .into_iter()
            .map(|row| ClassIdx::new(u32::from(rng.random_bool(chance(row)))))
            .collect();
        Self { table: FeatureTable::new(schema, cells).unwrap(), labels }
    }

    fn data(&self) -> Labeled<'_, ClassIdx> {
        Labeled::new(&self.table, &self.labels).unwrap()
    }
}

fn tree(depth: u32) -> DecisionTree {
    DecisionTree::new().max_depth(depth as usize).smoothing(1.0)
}

fn sweep(train: &Case, test: &Case, depths: &[u32], seed: u64) -> ComplexityCurve {
    let (train, test) = (train.data(), test.data());
    let driver = BiasVariance::new(24).seed(seed);
    let depths = depths.iter().copied();
    let curves = driver.sweep("tree depth", depths, tree, &train, &test, &[Loss::Brier]);
    curves.unwrap().remove(0)
}

fn rows_curve(case: &Case, depth: u32) -> LearningCurve {
    // Four divisions: how one tree differs from the next would drown what rows bring.
    let splits: Vec<_> =
        (0..4).flat_map(|seed| stratified_folds(&case.labels, 8, seed).unwrap()).collect();
    let shares = [0.25, 0.5, 1.0];
    learning_curve(&tree(depth), &case.data(), &splits, &shares, Loss::Brier, 2).unwrap()
}

fn has(verdict: &Verdict, diagnosis: Diagnosis) -> bool {
    verdict.findings.iter().any(|finding| finding.diagnosis == diagnosis)
}

/// Gains fall along the advice, and what is promised is no more than what there is.
fn check_advice(verdict: &Verdict) {
    assert!(!verdict.next.is_empty());
    assert_eq!(verdict.diagnosis, verdict.findings[0].diagnosis);
    let gains: Vec<f64> = verdict.next.iter().filter_map(|advice| advice.gain).collect();
    assert!(gains.windows(2).all(|pair| pair[0] >= pair[1]), "{gains:?}");
    assert!(gains.iter().all(|&gain| gain > 0.0 && gain <= verdict.terms.loss), "{gains:?}");
}

fn stairs(row: ArrayView1<'_, f64>) -> f64 {
    if ((row[0] * 8.0) as u32).is_multiple_of(2) { 0.9 } else { 0.1 }
}

/// Likely where two columns are both great: two questions tell all.
fn both_great(row: ArrayView1<'_, f64>) -> f64 {
    if row[0] > 0.5 && row[1] > 0.5 { 0.9 } else { 0.1 }
}

#[test]
fn too_simple_and_too_complex_are_told_apart() {
    for seed in 0..SEEDS {
        let train = Case::new(800, 4, seed, |u| u, both_great);
        let test = Case::new(2000, 4, 1000 + seed, |u| u, both_great);
        let curve = sweep(&train, &test, &[1, 3, 30], seed);
        let simple = CheckUp::new(&curve, 0).verdict();
        assert_eq!(simple.diagnosis, Diagnosis::HighBias, "{seed}: {}", simple.words);
        check_advice(&simple);
        // A deeper tree, or many of them: both take most of what is lost beyond the noise of 0.09.
        assert!(simple.next[0].gain.unwrap() > 0.03, "{}", simple.next[0]);
        let steps = [&simple.next[0].step, &simple.next[1].step];
        assert!(steps.iter().any(|step| matches!(step, Remedy::Complexity { .. })), "{steps:?}");
        let complex = CheckUp::new(&curve, 2).verdict();
        assert_eq!(complex.diagnosis, Diagnosis::HighVariance, "{seed}: {}", complex.words);
        check_advice(&complex);
        assert!(matches!(complex.next[0].step, Remedy::Average { .. } | Remedy::Complexity { .. }));
        // The promise of averaging is what the mean of all rounds gives, on the same rows.
        let predictions = BiasVariance::new(24).seed(seed);
        let found = predictions.predictions(&tree(30), &train.data(), &test.data()).unwrap();
        let averaged = found.decompose(Loss::Brier).unwrap().mean().bias;
        let promise =
            complex.next.iter().find(|advice| matches!(advice.step, Remedy::Average { .. }));
        let promise = promise.unwrap().gain.unwrap();
        assert!(promise >= complex.terms.loss - averaged - 1e-12);
    }
}

#[test]
fn noise_is_named_where_alike_customers_end_differently() {
    for seed in 0..SEEDS {
        // Eight kinds of customers; the chance is all there is to know of each.
        let chance = |row: ArrayView1<'_, f64>| 0.25 + 0.5 * row[0] / 7.0;
        let kind = |u: f64| (u * 8.0).floor();
        let train = Case::new(3000, 1, seed, kind, chance);
        let test = Case::new(3000, 1, 1000 + seed, kind, chance);
        let curve = sweep(&train, &test, &[0, 2, 4], seed);
        let noise = Noise::of_classes(&test.data(), Loss::Brier).unwrap();
        let verdict = CheckUp::new(&curve, 2).noise(noise).verdict();
        assert_eq!(verdict.diagnosis, Diagnosis::NoiseBound, "{seed}: {}", verdict.words);
        assert!(verdict.next.iter().any(|advice| advice.step == Remedy::NewColumns));
        assert!(!has(&verdict, Diagnosis::HighBias) && !has(&verdict, Diagnosis::HighVariance));
        check_advice(&verdict);
        // Where noise is small, as on stairs that are sure, it is not blamed.
        let sure =
            |row: ArrayView1<'_, f64>| f64::from(u8::from((row[0] as u32).is_multiple_of(2)));
        let train = Case::new(300, 1, seed, kind, sure);
        let curve = sweep(&train, &train, &[1, 3], seed);
        let noise = Noise::of_classes(&train.data(), Loss::Brier).unwrap();
        let verdict = CheckUp::new(&curve, 0).noise(noise).verdict();
        assert!(!has(&verdict, Diagnosis::NoiseBound), "{seed}: {}", verdict.words);
    }
}

#[test]
fn too_few_rows_are_named_and_enough_are_not() {
    let slope = |row: ArrayView1<'_, f64>| if row[0] + row[1] > 1.0 { 0.99 } else { 0.01 };
    let mut named = 0;
    for seed in 0..SEEDS {
        let few = Case::new(800, 4, seed, |u| u, slope);
        let test = Case::new(1500, 4, 1000 + seed, |u| u, slope);
        let curve = sweep(&few, &test, &[2, 4, 12], seed);
        let learning = rows_curve(&few, 12);
        let verdict = CheckUp::new(&curve, 2).learning(&learning).verdict();
        named += u64::from(has(&verdict, Diagnosis::TooLittleData));
        check_advice(&verdict);
        // A constant has learnt all it can from a few dozen rows.
        let many = Case::new(2000, 4, seed, |u| u, slope);
        let curve = sweep(&many, &test, &[0, 1], seed);
        let learning = rows_curve(&many, 1);
        let verdict = CheckUp::new(&curve, 1).learning(&learning).verdict();
        assert!(!has(&verdict, Diagnosis::TooLittleData), "{seed}: {}", verdict.words);
        // What chance promises all the same is next to nothing.
        let promised = verdict.next.iter().find(|advice| advice.step == Remedy::MoreRows);
        let promised = promised.and_then(|advice| advice.gain).unwrap_or(0.0);
        assert!(promised < 0.03 * verdict.terms.loss, "{seed}: {promised}");
    }
    assert!(named >= SEEDS * 3 / 4, "{named} of {SEEDS}");
}

#[test]
fn leaks_and_drift_are_named_first_and_only_where_there_is_evidence() {
    // Two columns of three say something, none of them nearly all.
    let both = |row: ArrayView1<'_, f64>| {
        0.1 + 0.4 * f64::from(u8::from(row[0] > 0.5)) + 0.4 * f64::from(u8::from(row[1] > 0.4))
    };
    for seed in 0..SEEDS {
        let train = Case::new(600, 3, seed, |u| u, both);
        let test = Case::new(1000, 3, 1000 + seed, |u| u, both);
        // In the shifted rows cells are greater and say the contrary.
        let shifted = Case::new(1000, 3, 2000 + seed, |u| u.sqrt(), |row| 1.0 - both(row));
        let splits = stratified_folds(&train.labels, 5, seed).unwrap();
        let held = validation_curve("d", [2_u32], tree, &train.data(), &splits, Loss::Brier);
        let held_out = held.unwrap().points[0].validation;
        let check = |train: &Case, test: &Case, held_out| {
            let curve = sweep(train, test, &[2, 3], seed);
            let drift = Drift::new().level(0.001).compare(&train.table, &test.table).unwrap();
            let leakage = LeakageCheck::new().check(&train.data()).unwrap();
            let check = CheckUp::new(&curve, 0).drift(&drift).leakage(&leakage);
            check.held_out(held_out).verdict()
        };
        let clean = check(&train, &test, held_out);
        for diagnosis in [Diagnosis::LeakingFeature, Diagnosis::DriftedTestSet] {
            assert!(!has(&clean, diagnosis), "{seed}: {}", clean.words);
        }
        check_advice(&clean);
        let drifted = check(&train, &shifted, held_out);
        assert_eq!(drifted.diagnosis, Diagnosis::DriftedTestSet, "{seed}: {}", drifted.words);
        let refit =
            drifted.next.iter().find(|advice| advice.step == Remedy::RefitOnRecent).unwrap();
        assert!(refit.gain.unwrap() > 0.1, "{refit}");
        // Rows that moved where it costs nothing are named, and nothing is promised.
        let harmless = Case::new(1000, 3, 3000 + seed, |u| u, both);
        let mut cells = harmless.table.values().to_owned();
        cells.column_mut(2).iter_mut().for_each(|cell| *cell += 0.5);
        let table = FeatureTable::new(harmless.table.schema().clone(), cells).unwrap();
        let harmless = check(&train, &Case { table, ..harmless }, held_out);
        assert!(has(&harmless, Diagnosis::DriftedTestSet), "{}", harmless.words);
        assert!(!harmless.next.iter().any(|advice| advice.step == Remedy::RefitOnRecent));
        // A column written after the outcome.
        let leak = |case: &Case| {
            let mut cells = case.table.values().to_owned();
            let outcomes = cells.column_mut(2).into_iter().zip(&case.labels);
            outcomes.for_each(|(cell, label)| *cell = 0.1 * *cell + f64::from(label.get()));
            let table = FeatureTable::new(case.table.schema().clone(), cells).unwrap();
            Case { table, labels: case.labels.clone() }
        };
        let leaking = check(&leak(&train), &leak(&test), held_out);
        assert_eq!(leaking.diagnosis, Diagnosis::LeakingFeature, "{seed}: {}", leaking.words);
        assert_eq!(leaking.next[0].step, Remedy::RemoveColumn { column: "x2".into() });
    }
}

#[test]
fn chance_alone_is_nothing_learnt_or_noise() {
    for seed in 0..SEEDS {
        let coin = |_: ArrayView1<'_, f64>| 0.3;
        let train = Case::new(300, 3, seed, |u| u, coin);
        let test = Case::new(800, 3, 1000 + seed, |u| u, coin);
        let curve = sweep(&train, &test, &[0, 1, 6], seed);
        let verdict = CheckUp::new(&curve, 0).verdict();
        assert!(
            [Diagnosis::NothingLearnt, Diagnosis::NoiseBound].contains(&verdict.diagnosis),
            "{seed}: {}",
            verdict.words
        );
        assert_eq!(CheckUp::new(&curve, 2).verdict().diagnosis, Diagnosis::HighVariance);
    }
}

#[test]
fn a_decomposition_alone_advises_with_its_own_figures() {
    let train = Case::new(400, 4, 1, |u| u, stairs);
    let test = Case::new(800, 4, 2, |u| u, stairs);
    let driver = BiasVariance::new(20).resample(Resample::Subsample(0.5));
    let deep = driver.predictions(&tree(30), &train.data(), &test.data()).unwrap();
    let deep = deep.decompose(Loss::Brier).unwrap();
    let verdict = deep.verdict(0.25, Some(0.09));
    assert_eq!(verdict.diagnosis, Diagnosis::HighVariance, "{}", verdict.words);
    let advice = &verdict.next[0];
    assert_eq!(advice.step, Remedy::Average { complexity: None });
    assert_eq!(advice.gain, Some(deep.mean().variance));
    assert!(advice.to_string().contains("less"), "{advice}");
    let simple = driver.predictions(&tree(1), &train.data(), &test.data()).unwrap();
    let verdict = simple.decompose(Loss::Brier).unwrap().verdict(0.3, Some(0.09));
    assert_eq!(verdict.diagnosis, Diagnosis::HighBias, "{}", verdict.words);
}
