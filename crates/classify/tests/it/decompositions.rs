//! Noise, intervals, repeated splits, closures and recommenders, where the truth is known.

use ndarray::{Array1, Array2, Array3, ArrayViewMut2};
use patronage_classify::{
    BiasVariance, DecisionTree, Decomposition, ErrorKind, HitTask, Loss, Noise, NumberPredictions,
    Predictions, RandomForest, RegressionTree, Resample, Round, brier_terms_given,
    log_loss_terms_given, squared_terms_given, zero_one_terms_given,
};
use patronage_core::{
    ClassIdx, Column, FeatureTable, Features, Fit, ItemIdx, Labeled, Recommender, Request, Schema,
    Seeded, SegmentIdx, Timestamp,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A standard normal number (the polar way would do too; this is the sum of twelve).
fn normal(rng: &mut ChaCha8Rng) -> f64 {
    (0..12).map(|_| rng.random::<f64>()).sum::<f64>() - 6.0
}

fn table(cells: Array2<f64>) -> FeatureTable {
    let schema = (0..cells.ncols()).map(|j| Column::number(format!("x{j}")));
    FeatureTable::new(Schema::new(schema).unwrap(), cells).unwrap()
}

fn adds_up(of: &Decomposition) {
    let mean = of.mean();
    for terms in of.rows().iter().chain([&mean]) {
        let parts = terms.noise + terms.bias + terms.unbiased_variance - terms.biased_variance;
        assert!((terms.loss - parts).abs() <= 1e-9 * terms.loss.abs().max(1.0), "{terms:?}");
    }
}

#[test]
fn noise_of_numbers_is_covered_and_without_bias() {
    let (mut covered, mut sum, mut truths) = (0, 0.0, 0.0);
    for seed in 0..100 {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        // Sixty kinds of customers, some frequent, some seen once; noisier as x grows.
        let kinds: Vec<f64> = (0..300).map(|_| f64::from(rng.random_range(0..60_u32))).collect();
        let cells = Array2::from_shape_fn((300, 1), |(row, _)| kinds[row]);
        let deviation = |x: f64| 0.5 + x / 60.0;
        let y: Vec<f64> =
            kinds.iter().map(|&x| 1e4 + x * x + deviation(x) * normal(&mut rng)).collect();
        let table = table(cells);
        let noise = Noise::of_numbers(&Labeled::new(&table, &y).unwrap()).unwrap();
        let repeats = |x: f64| kinds.iter().filter(|&&other| other == x).count() > 1;
        let of_rows: Vec<f64> =
            kinds.iter().filter(|&&x| repeats(x)).map(|&x| deviation(x).powi(2)).collect();
        let truth = of_rows.iter().sum::<f64>() / of_rows.len() as f64;
        assert_eq!(noise.n_rows, of_rows.len());
        covered += u32::from(noise.interval.low <= truth && truth <= noise.interval.high);
        sum += noise.value;
        truths += truth;
    }
    assert!(covered >= 90, "{covered} of 100");
    assert!((sum / truths - 1.0).abs() < 0.02, "{sum} for {truths}");
}

#[test]
fn noise_of_outcomes_is_covered_for_every_loss() {
    let losses = [Loss::Brier, Loss::ZeroOne, Loss::LogLoss];
    for n_classes in [2_u32, 3] {
        let mut covered = [0; 3];
        let (mut sum, mut truths) = (0.0, 0.0);
        for seed in 0..100 {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let kinds: Vec<u32> = (0..400).map(|_| rng.random_range(0..120_u32)).collect();
            let cells = Array2::from_shape_fn((400, 1), |(row, _)| f64::from(kinds[row]));
            let p = |kind: u32| {
                let raw = |k: u32| (f64::from(kind * (k + 1)) * 0.7).sin().exp().powi(2);
                let total: f64 = (0..n_classes).map(raw).sum();
                (0..n_classes).map(|k| raw(k) / total).collect::<Vec<f64>>()
            };
            let draw = |p: Vec<f64>, u: f64| {
                let mut passed = 0.0;
                p.iter()
                    .position(|p| {
                        passed += p;
                        u < passed
                    })
                    .unwrap_or(p.len() - 1)
            };
            let labels: Vec<ClassIdx> = kinds
                .iter()
                .map(|&kind| ClassIdx::from_usize(draw(p(kind), rng.random())))
                .collect();
            let table = table(cells);
            let data = Labeled::new(&table, &labels).unwrap();
            let repeats = |kind: u32| kinds.iter().filter(|&&other| other == kind).count() > 1;
            let rows: Vec<Vec<f64>> =
                kinds.iter().filter(|&&kind| repeats(kind)).map(|&kind| p(kind)).collect();
            let mean = |of: &dyn Fn(&Vec<f64>) -> f64| {
                rows.iter().map(of).sum::<f64>() / rows.len() as f64
            };
            let half = if n_classes == 2 { 0.5 } else { 1.0 };
            let truth = [
                mean(&|p| half * (1.0 - p.iter().map(|p| p * p).sum::<f64>())),
                mean(&|p| 1.0 - p.iter().copied().fold(0.0, f64::max)),
                mean(&|p| p.iter().map(|p| -p * p.ln()).sum()),
            ];
            for (at, loss) in losses.into_iter().enumerate() {
                let noise = Noise::of_classes(&data, loss).unwrap();
                let within = noise.interval.low <= truth[at] && truth[at] <= noise.interval.high;
                covered[at] += u32::from(within);
                assert!(noise.interval.low <= noise.value && noise.value <= noise.interval.high);
                if loss == Loss::Brier {
                    sum += noise.value;
                    truths += truth[at];
                }
            }
        }
        assert!(covered.iter().all(|&n| n >= 90), "{covered:?} of 100");
        assert!((sum / truths - 1.0).abs() < 0.02, "{sum} for {truths}");
    }
}

#[test]
fn noise_needs_rows_that_repeat() {
    let of =
        |cells: Array2<f64>, y: &[f64]| Noise::of_numbers(&Labeled::new(&table(cells), y).unwrap());
    let column = |cells: &[f64]| Array1::from(cells.to_vec()).insert_axis(ndarray::Axis(1));
    let error = of(column(&[1.0, 2.0, 3.0]), &[0.0, 1.0, 2.0]).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::FewRows { found: 0, least: 2, .. }));
    // Both zeros are one number; outcomes that agree have no noise, within what so few can say.
    let noise = of(column(&[0.0, -0.0, 1.0, 1.0]), &[5.0, 5.0, 7.0, 7.0]).unwrap();
    assert_eq!((noise.value, noise.interval.low, noise.n_groups), (0.0, 0.0, 2));
    assert!(noise.interval.high > 0.0);
    // A row of the table taken twice is no second customer, and rows of weight 0 are none.
    let rows = table(column(&[1.0, 1.0, 2.0, 2.0, 3.0]));
    let y = [1.0, 3.0, 1.0, 5.0, 9.0];
    let data = Labeled::new(&rows, &y).unwrap();
    let whole = Noise::of_numbers(&data).unwrap();
    assert_eq!(Noise::of_numbers(&data.select(&[4, 3, 2, 1, 0, 0, 1]).unwrap()).unwrap(), whole);
    let weights = [1.0, 0.0, 1.0, 1.0, 1.0];
    assert!(Noise::of_numbers(&data.weighted(&weights).unwrap()).is_err());
    let huge = of(column(&[0.0, 0.0, 1.0, 1.0]), &[1e308, -1e308, 0.0, 1.0]).unwrap();
    assert!(huge.value.is_finite() && huge.interval.high.is_finite());
}

#[test]
fn what_is_known_of_the_truth_is_told_apart() {
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    for n_classes in [2_usize, 4] {
        let mut distribution = |n: usize| {
            let mut p = Array2::from_shape_fn((n, n_classes), |_| rng.random::<f64>().powi(2));
            p.rows_mut().into_iter().for_each(|mut row| {
                let total = row.sum();
                row /= total;
            });
            p
        };
        let truth = distribution(6);
        let rounds: Vec<Array2<f64>> = (0..7).map(|_| distribution(6)).collect();
        let views: Vec<_> = rounds.iter().map(|round| round.view()).collect();
        let stacked: Array3<f64> = ndarray::stack(ndarray::Axis(0), &views).unwrap();
        let brier = brier_terms_given(stacked.view(), truth.view()).unwrap();
        let log_loss = log_loss_terms_given(stacked.view(), truth.view()).unwrap();
        let outcomes = vec![ClassIdx::new(0); 6];
        let predictions = Predictions { probabilities: stacked, truth: outcomes, weights: None };
        let zero_one = zero_one_terms_given(predictions.classes().view(), truth.view()).unwrap();
        for of in [&brier, &log_loss, &zero_one] {
            adds_up(of);
        }
        // What noise adds to the 0-1 loss may be less than nothing: it helps who is wrong.
        assert!(brier.mean().noise > 0.0 && log_loss.mean().noise > 0.0);
        for (row, terms) in zero_one.rows().iter().enumerate() {
            // Each round loses one less the chance of what it says.
            let said = predictions.classes();
            let said =
                said.column(row).iter().map(|class| truth[[row, class.index()]]).sum::<f64>();
            assert!((terms.loss - (1.0 - said / 7.0)).abs() < 1e-12);
        }
        for (row, terms) in log_loss.rows().iter().enumerate() {
            let entropy: f64 = truth.row(row).iter().map(|p| -p * p.ln()).sum();
            assert!((terms.noise - entropy).abs() < 1e-12 && terms.bias >= -1e-12);
        }
    }
    let values = Array2::from_shape_fn((5, 3), |(r, n)| (r * 3 + n) as f64);
    let known = squared_terms_given(values.view(), &[1.0, 2.0, 3.0], &[0.5, 0.0, 2.0]).unwrap();
    adds_up(&known);
    assert!(squared_terms_given(values.view(), &[1.0; 3], &[0.5, -1.0, 2.0]).is_err());
    assert!(
        zero_one_terms_given(
            Array2::from_elem((1, 1), ClassIdx::new(2)).view(),
            Array2::from_elem((1, 2), 0.5).view()
        )
        .is_err()
    );
    assert!(
        brier_terms_given(
            Array3::from_elem((1, 1, 2), 0.5).view(),
            Array2::from_elem((1, 2), 0.4).view()
        )
        .is_err()
    );
}

/// Rounds and rows of known bias and variance: `f = y + bias + round + cell`.
fn simulated(seed: u64, n_rounds: usize, n_rows: usize) -> NumberPredictions {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let rounds: Vec<f64> = (0..n_rounds).map(|_| 0.3 * normal(&mut rng)).collect();
    // Segment 0 is missed by 1 on average, segment 1 by 2.
    let truth: Vec<f64> = (0..n_rows).map(|_| 10.0 * rng.random::<f64>()).collect();
    let rows: Vec<f64> = (0..n_rows).map(|n| 1.0 + (n % 2) as f64 + normal(&mut rng)).collect();
    let values = Array2::from_shape_fn((n_rounds, n_rows), |(r, n)| {
        truth[n] + rows[n] + rounds[r] + 0.8 * normal(&mut rng)
    });
    NumberPredictions { values, truth, weights: None }
}

#[test]
fn intervals_cover_overall_and_by_segment_and_by_customer() {
    let segments: Vec<SegmentIdx> = (0..300).map(|n| SegmentIdx::new(n % 2)).collect();
    // E(bias²) is that of rows: (1² + 1) and (2² + 1), their mean overall; variance 0.09 + 0.64.
    let variance = 0.73;
    let (mut overall, mut of_segments, mut of_rows) = ([0; 3], [0; 3], 0);
    for seed in 0..100 {
        let found = simulated(seed, 40, 300);
        let within = |interval: patronage_classify::Interval, truth: f64| {
            u32::from(interval.low <= truth && truth <= interval.high)
        };
        let estimate = found.estimate().unwrap();
        let i = estimate.intervals;
        for (at, (interval, truth)) in
            [(i.loss, 3.5 + variance), (i.bias, 3.5), (i.variance, variance)]
                .into_iter()
                .enumerate()
        {
            overall[at] += within(interval, truth);
        }
        let both = found.estimate_segments(&segments).unwrap();
        assert_eq!(both.len(), 2);
        let i = both[1].estimate.intervals;
        for (at, (interval, truth)) in
            [(i.loss, 5.0 + variance), (i.bias, 5.0), (i.variance, variance)]
                .into_iter()
                .enumerate()
        {
            of_segments[at] += within(interval, truth);
        }
        let customers = found.estimate_rows().unwrap();
        assert_eq!(customers.len(), 300);
        of_rows += customers.iter().map(|c| within(c.intervals.variance, variance)).sum::<u32>();
    }
    assert!(overall.iter().chain(&of_segments).all(|&n| n >= 90), "{overall:?} {of_segments:?}");
    // Of one customer rounds alone tell, and they are few: 40.
    assert!(of_rows >= 27_000, "{of_rows} of 30,000");
}

#[test]
fn weights_are_repeats_in_every_mean() {
    let found = simulated(3, 6, 5);
    let weights = vec![2.0, 1.0, 0.0, 3.0, 1.0];
    let repeated: Vec<usize> = vec![0, 0, 1, 3, 3, 3, 4];
    let values = found.values.select(ndarray::Axis(1), &repeated);
    let truth = repeated.iter().map(|&row| found.truth[row]).collect();
    let plain = NumberPredictions { values, truth, weights: None }.decompose().unwrap().mean();
    let weighted = NumberPredictions { weights: Some(weights), ..found.clone() };
    let mean = weighted.decompose().unwrap().mean();
    for (a, b) in
        [(plain.loss, mean.loss), (plain.bias, mean.bias), (plain.variance, mean.variance)]
    {
        assert!((a - b).abs() < 1e-12);
    }
    assert_eq!(weighted.estimate().unwrap().n_rows, 4);
    for bad in [vec![0.0; 5], vec![1.0; 4], vec![f64::NAN; 5], vec![-1.0; 5]] {
        let bad = NumberPredictions { weights: Some(bad), ..found.clone() };
        assert!(bad.decompose().is_err());
    }
    let one_round = simulated(3, 1, 5);
    assert!(matches!(one_round.estimate().unwrap_err().kind(), ErrorKind::FewRows { .. }));
    let one_row = simulated(3, 5, 1);
    assert!(one_row.estimate().is_err());
    assert_eq!(one_row.estimate_rows().unwrap().len(), 1);
}

fn steps(n: usize, seed: u64) -> (FeatureTable, Vec<ClassIdx>) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let table = table(Array2::from_shape_fn((n, 3), |_| rng.random::<f64>()));
    let of = |row: ndarray::ArrayView1<'_, f64>| (row[0] * 6.0) as u32 % 2;
    let rows = table.values();
    let labels = rows.rows().into_iter();
    let labels =
        labels.map(|row| ClassIdx::new(of(row) ^ u32::from(rng.random_bool(0.1)))).collect();
    (table, labels)
}

#[test]
fn repeated_splits_judge_every_row_by_models_that_never_saw_it() {
    let (table, labels) = steps(150, 1);
    let data = Labeled::new(&table, &labels).unwrap();
    let driver = BiasVariance::new(12).seed(2);
    let predictions = driver.split_predictions(&DecisionTree::new(), &data, 3).unwrap();
    assert_eq!(predictions.probabilities.dim(), (12, 150, 2));
    // An unbounded tree knows the rows it saw by heart: had it seen them, nothing would be lost.
    let terms = predictions.decompose(Loss::ZeroOne).unwrap().mean();
    assert!(terms.loss > 0.1 && terms.loss < 0.4, "{terms:?}");
    let again = driver.split_predictions(&DecisionTree::new(), &data, 3).unwrap();
    assert_eq!(again, predictions);
    let forest = RandomForest::new().n_trees(3);
    let [fixed, reseeded] = [
        driver.split_predictions(&forest, &data, 2).unwrap(),
        driver.split_predictions_reseeded(&forest, &data, 2).unwrap(),
    ];
    assert_ne!(fixed, reseeded);
    let goals: Vec<f64> = table.values().column(0).iter().map(|x| 3.0 * x).collect();
    let data = data.relabeled(&goals).unwrap();
    let numbers = driver.split_number_predictions(&RegressionTree::new(), &data, 5).unwrap();
    let terms = numbers.decompose().unwrap().mean();
    assert!(terms.loss > 0.0 && terms.loss < 0.05, "{terms:?}");
    let short = data.select(&[0, 1]).unwrap();
    assert!(driver.split_number_predictions(&RegressionTree::new(), &short, 3).is_err());
    assert!(driver.split_number_predictions(&RegressionTree::new(), &data, 1).is_err());
}

#[test]
fn reseeded_regressors_and_closures_are_driven_too() {
    /// The mean of the rows, and a little chance of its own.
    struct Shaky(u64);
    impl Fit<Labeled<'_, f64>> for Shaky {
        type Model = patronage_classify::RegressionTreeModel;
        type Error = patronage_classify::Error;
        fn fit(&self, data: &Labeled<'_, f64>) -> Result<Self::Model, Self::Error> {
            let depth = 1 + (self.0 % 3) as usize;
            RegressionTree::new().max_depth(depth).fit(data)
        }
    }
    impl Seeded for Shaky {
        fn reseeded(&self, seed: u64) -> Self {
            Self(seed)
        }
    }
    let (table, _) = steps(80, 4);
    let goals: Vec<f64> = table.values().column(1).to_vec();
    let data = Labeled::new(&table, &goals).unwrap();
    let driver = BiasVariance::new(9).resample(Resample::Subsample(1.0));
    let fixed = driver.number_predictions(&Shaky(0), &data, &data).unwrap();
    let reseeded = driver.number_predictions_reseeded(&Shaky(0), &data, &data).unwrap();
    // The whole sample each time: only the estimator's own chance is left.
    assert!(fixed.decompose().unwrap().mean().variance < 1e-12);
    assert!(reseeded.decompose().unwrap().mean().variance > 1e-6);
    // A closure that fits the same estimator on the same rows says the same.
    let bootstrap = BiasVariance::new(9).seed(7);
    let tree = RegressionTree::new().max_depth(3);
    let by_driver = bootstrap.number_predictions(&tree, &data, &data).unwrap();
    let by_closure = bootstrap
        .number_predictions_by(80, goals.clone(), |round: &Round<'_>| {
            let model = tree.fit(&data.reborrow().select(round.rows).unwrap())?;
            let rows = table.values();
            let values = rows.rows().into_iter();
            let value = |row: ndarray::ArrayView1<'_, f64>| {
                patronage_core::Regressor::value(&model, &row.to_vec())
            };
            Ok::<_, patronage_classify::Error>(values.map(value).collect())
        })
        .unwrap();
    assert_eq!(by_driver, by_closure);
    let short = bootstrap.number_predictions_by(80, goals, |_| Ok::<_, std::fmt::Error>(vec![0.0]));
    assert!(matches!(short.unwrap_err().kind(), ErrorKind::Length { expected: 80, found: 1, .. }));
    let failing = bootstrap.map_rounds(3, |_| Err::<(), _>(std::fmt::Error));
    assert!(matches!(failing.unwrap_err().kind(), ErrorKind::Refit { round: 0, .. }));
    assert!(bootstrap.map_rounds(0, |_| Ok::<_, std::fmt::Error>(())).is_err());
}

/// Scores items by how many of the drawn baskets hold them.
struct Popular(Vec<f32>);

impl Recommender for Popular {
    fn n_items(&self) -> usize {
        self.0.len()
    }
    fn scores(&self, _request: &Request<'_>, out: &mut [f32]) {
        out.copy_from_slice(&self.0);
    }
    fn scores_batch(&self, requests: &[Request<'_>], mut out: ArrayViewMut2<'_, f32>) {
        assert_eq!(requests.len(), out.nrows());
        out.rows_mut().into_iter().for_each(|mut row| {
            row.iter_mut().zip(&self.0).for_each(|(out, score)| *out = *score);
        });
    }
}

#[test]
fn a_recommenders_hits_are_decomposed_customer_by_customer() {
    // Item 0 in every basket, item 1 in most, items 2 and 3 tied on average, item 4 never.
    let baskets: Vec<Vec<u32>> = (0..40_u32)
        .map(|n| {
            let mut basket = vec![0];
            basket.extend((n % 5 > 0).then_some(1));
            basket.push(2 + n % 2);
            basket
        })
        .collect();
    let request = Request { history: &[], customer: None, as_of: Timestamp::from_seconds(0) };
    let requests = [request; 4];
    let taken: Vec<Vec<ItemIdx>> = [vec![0], vec![2], vec![4], vec![]]
        .map(|items: Vec<u32>| items.into_iter().map(ItemIdx::new).collect())
        .to_vec();
    let fit = |round: &Round<'_>| {
        let mut counts = vec![0.0; 5];
        for &row in round.rows {
            baskets[row as usize].iter().for_each(|&item| counts[item as usize] += 1.0);
        }
        Ok::<_, std::fmt::Error>(Popular(counts))
    };
    let task = HitTask::new(&requests, &taken, 3);
    let driver = BiasVariance::new(60).seed(1);
    let predictions = driver.hits(baskets.len(), &task, fit).unwrap();
    let zero_one = predictions.decompose(Loss::ZeroOne).unwrap();
    adds_up(&zero_one);
    let rows = zero_one.rows();
    assert_eq!((rows[0].loss, rows[0].bias), (0.0, 0.0));
    assert!(rows[1].loss > 0.2 && rows[1].loss < 0.8, "{:?}", rows[1]);
    assert_eq!((rows[2].loss, rows[2].bias, rows[2].variance), (1.0, 1.0, 0.0));
    assert_eq!(rows[3].loss, 1.0);
    // The Brier loss of hits and misses is their share too.
    let brier = predictions.decompose(Loss::Brier).unwrap().mean();
    assert!((brier.loss - zero_one.mean().loss).abs() < 1e-12);
    let segments = [0, 0, 1, 1].map(SegmentIdx::new);
    let found = predictions.estimate_segments(Loss::ZeroOne, &segments).unwrap();
    assert_eq!(found[1].estimate.terms.loss, 1.0);
    for bad in [
        HitTask::new(&requests, &taken, 0),
        HitTask::new(&requests[..1], &taken, 1),
        HitTask::new(&[], &[], 1),
    ] {
        assert!(driver.hits(baskets.len(), &bad, fit).is_err());
    }
}

#[test]
fn trees_that_share_ranks_are_those_fitted_plainly() {
    let (numbers, labels) = steps(400, 9);
    // Flags, few values, many values, missing cells and levels in one table.
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let kinds = [
        Column::number("many"),
        Column::nullable("missing"),
        Column::flag("a"),
        Column::flag("b"),
        Column::flag("c"),
        Column::number("d"),
        Column::flag("e"),
        Column::number("few"),
        Column::category("level", ["x", "y", "z"]),
    ];
    let cells = Array2::from_shape_fn((400, 9), |(row, column)| match column {
        0 => numbers.values()[[row, 0]],
        1 if rng.random_bool(0.2) => f64::NAN,
        1 => numbers.values()[[row, 1]],
        7 => f64::from(rng.random_range(0..20_u32)),
        8 => f64::from(rng.random_range(0..3_u32)),
        _ => f64::from(u8::from(rng.random_bool(0.1 * column as f64))),
    });
    let mixed = FeatureTable::new(Schema::new(kinds).unwrap(), cells).unwrap();
    let goals: Vec<f64> = mixed.values().column(7).iter().map(|x| x.sqrt()).collect();
    let weights: Vec<f64> = (0..400).map(|row| f64::from(row % 3) * 0.7).collect();
    let all = Labeled::new(&mixed, &labels).unwrap();
    let weighted = all.weighted(&weights).unwrap();
    let tree = DecisionTree::new().min_samples_leaf(2);
    let trees = [tree.clone().max_depth(5), tree.clone(), tree.max_leaves(9)];
    let derived = patronage_core::Derived::new();
    for seed in 0..6 {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let rows: Vec<u32> = (0..300).map(|_| rng.random_range(0..350_u32)).collect();
        for data in [&all, &weighted] {
            let plain = data.reborrow().select(&rows).unwrap();
            for tree in &trees {
                let expected = tree.fit(&plain).unwrap();
                assert_eq!(tree.fit(&plain.derived_in(&derived)).unwrap(), expected);
            }
            let regression = RegressionTree::new().max_depth(6);
            let plain = plain.relabeled(&goals).unwrap();
            let expected = regression.fit(&plain).unwrap();
            assert_eq!(regression.fit(&plain.derived_in(&derived)).unwrap(), expected);
        }
    }
}

#[test]
fn every_round_is_a_plain_fit_on_its_rows() {
    let (table, labels) = steps(200, 3);
    let data = Labeled::new(&table, &labels).unwrap();
    let driver = BiasVariance::new(5).seed(4);
    let tree = DecisionTree::new().max_depth(4);
    let together = driver.predictions(&tree, &data, &data).unwrap();
    let apart = driver.predictions_by(200, labels.clone(), |round: &Round<'_>| {
        let model = tree.fit(&data.reborrow().select(round.rows).unwrap())?;
        let found = patronage_core::ClassifierExt::predict_probabilities(&model, &table);
        found.map_err(patronage_classify::Error::from)
    });
    assert_eq!(apart.unwrap(), together);
}
