//! Boosting: closed forms, LightGBM on data where both are exact, what is promised, and the hostile.

use ndarray::{Array2, array};
use patronage_classify::{
    ClassWeights, Direction, GradientBoosting, GradientBoostingModel, GradientBoostingRegressor,
    RegressionLoss, multiclass_log_loss,
};
use patronage_core::{
    ClassIdx, Classifier, ClassifierExt, Column, FeatureTable, Fit, Labeled, RegressorExt, Schema,
};

fn classes(labels: impl IntoIterator<Item = u32>) -> Vec<ClassIdx> {
    labels.into_iter().map(ClassIdx::new).collect()
}

fn nullable(n_columns: usize) -> Schema {
    Schema::new((0..n_columns).map(|j| Column::nullable(format!("x{j}")))).unwrap()
}

/// 240 rows of three columns of few values, one with missing cells.
fn few_values() -> FeatureTable {
    let cells = Array2::from_shape_fn((240, 3), |(i, j)| match j {
        0 => (i * 7 % 12) as f64,
        1 => (i * 5 % 9) as f64,
        _ if i % 11 == 3 => f64::NAN,
        _ => (i * i % 7) as f64,
    });
    FeatureTable::new(nullable(3), cells).unwrap()
}

fn yes_or_no(table: &FeatureTable) -> Vec<ClassIdx> {
    classes((0..240).map(|i| {
        let row = table.row(i);
        let third = if row[2].is_nan() { 5.0 } else { row[2] };
        let hints = [row[0] > 6.0, row[1] > 4.0, third > 3.0, i % 5 == 0];
        u32::from(hints.iter().filter(|&&hint| hint).count() >= 2)
    }))
}

/// `learning_rate=0.1, num_leaves=6, min_data_in_leaf=5, min_data_in_bin=1, lambda_l2=1`, 12 rounds.
fn small() -> GradientBoosting {
    GradientBoosting::new().n_rounds(12).max_leaves(6).min_samples_leaf(5).l2(1.0)
}

fn small_regressor() -> GradientBoostingRegressor {
    GradientBoostingRegressor::new().n_rounds(12).max_leaves(6).min_samples_leaf(5).l2(1.0)
}

fn log_odds(model: &GradientBoostingModel, table: &FeatureTable) -> Vec<f64> {
    let probabilities = model.predict_probabilities(table).unwrap();
    probabilities.column(1).iter().map(|p| (p / (1.0 - p)).ln()).collect()
}

fn near(found: &[f64], expected: &[f64], within: f64) {
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() < within, "{found} for {expected}");
    }
}

#[test]
fn two_classes_are_learnt_as_lightgbm_learns_them() {
    // LightGBM 4.7.0: train({"objective": "binary", ...}), predict(raw_score=True).
    let table = few_values();
    let labels = yes_or_no(&table);
    let data = Labeled::new(&table, &labels).unwrap();
    let found = log_odds(&small().fit(&data).unwrap(), &table);
    let expected = [
        -1.556553344108,
        1.506083839831,
        -1.018669336625,
        1.506083839831,
        -1.556553344108,
        1.506083839831,
        -1.556553344108,
        -0.763795945725,
        -1.098592217218,
        -1.018669336625,
        1.506083839831,
        -1.556553344108,
    ];
    near(&found[..12], &expected, 1e-6);
    near(&[found.iter().sum()], &[-61.018_175_091_288_91], 1e-4);
    // lambda_l1=0.5, min_gain_to_split=0.3, max_depth=3 besides.
    let bounded = small().l1(0.5).min_gain(0.3).max_depth(3).fit(&data).unwrap();
    let found = log_odds(&bounded, &table);
    near(&found[..4], &[-1.531083355003, 1.45465424522, -0.995553610326, 1.45465424522], 1e-6);
    near(&[found.iter().sum()], &[-61.222_188_029_020_8], 1e-4);
    // weight = 1 + i % 4.
    let weights: Vec<f64> = (0..240).map(|i| f64::from(1 + i % 4)).collect();
    let model = small().fit(&data.weighted(&weights).unwrap()).unwrap();
    let found = log_odds(&model, &table);
    near(&found[..4], &[-1.613676946619, 1.58714809489, -1.127179503369, 1.58714809489], 1e-6);
    near(&[found.iter().sum()], &[-52.821_950_390_377_71], 1e-4);
}

#[test]
fn more_classes_are_learnt_as_lightgbm_learns_them() {
    // LightGBM 4.7.0: train({"objective": "multiclass", "num_class": 3, "min_data_in_leaf": 1,
    // "min_sum_hessian_in_leaf": 1, ...}): it takes rows for hessians where it counts them.
    let table = few_values();
    let labels = classes((0..240).map(|i| {
        let row = table.row(i);
        (u32::from(row[0] > 6.0) + u32::from(row[1] > 4.0) + u32::from((i * i * 3 + i) % 17 < 5))
            % 3
    }));
    let estimator = small().min_samples_leaf(1).min_child_weight(1.0);
    let model = estimator.fit(&Labeled::new(&table, &labels).unwrap()).unwrap();
    let found = model.predict_probabilities(&table).unwrap();
    let expected = [
        [0.425650508889, 0.457560881867, 0.116788609244],
        [0.472633140022, 0.137073754258, 0.39029310572],
        [0.375972035983, 0.520869973412, 0.103157990605],
        [0.380475464634, 0.152773484664, 0.466751050702],
    ];
    near(found.as_slice().unwrap(), expected.as_flattened(), 1e-6);
    near(&[found.iter().map(|p| p * p).sum()], &[98.57743684207156], 1e-4);
}

#[test]
fn numbers_are_learnt_as_lightgbm_learns_them() {
    // LightGBM 4.7.0: train({"objective": "regression", ...}) and "poisson".
    let table = few_values();
    let spend: Vec<f64> = (0..240)
        .map(|i| {
            let row = table.row(i);
            let third = if row[2].is_nan() { 20.0 } else { row[2] };
            row[0] * 3.0 - row[1] * row[1] + third + (i % 3) as f64
        })
        .collect();
    let model = small_regressor().fit(&Labeled::new(&table, &spend).unwrap()).unwrap();
    let found = model.predict(&table).unwrap();
    near(&found[..4], &[3.2221844653, -1.2705257896, 4.2968783943, -4.3625850496], 1e-5);
    near(&[found.iter().sum()], &[-342.526_724_843_335_96], 1e-3);
    let counts: Vec<f64> = (0..240)
        .map(|i| (table.row(i)[0] / 3.0).floor() + f64::from(u8::from(i % 4 == 0)))
        .collect();
    let poisson = small_regressor().loss(RegressionLoss::Poisson);
    let model = poisson.fit(&Labeled::new(&table, &counts).unwrap()).unwrap();
    let found = model.predict(&table).unwrap();
    near(&found[..4], &[1.413254878672, 1.829171195992, 0.969749042992, 2.325389182592], 1e-6);
    near(&[found.iter().sum()], &[421.357_239_752_030_6], 1e-3);
}

#[test]
fn one_round_is_the_closed_form() {
    // Rows 0..6 of x = 0, 0, 0, 1, 1, 1 with labels 0, 0, 1, 1, 1, 1: p = 4/6, g = p - y, h = p(1 - p).
    let schema = Schema::new([Column::number("x")]).unwrap();
    let table = FeatureTable::new(schema, array![[0.], [0.], [0.], [1.], [1.], [1.]]).unwrap();
    let labels = classes([0, 0, 1, 1, 1, 1]);
    let data = Labeled::new(&table, &labels).unwrap();
    let estimator = GradientBoosting::new().n_rounds(1).learning_rate(0.5).min_samples_leaf(1);
    let found = log_odds(&estimator.clone().l2(0.25).fit(&data).unwrap(), &table);
    let (p, base) = (4.0 / 6.0, 2.0_f64.ln());
    let h = 3.0 * p * (1.0 - p) + 0.25;
    let (low, high) = (3.0 * p - 1.0, 3.0 * p - 3.0);
    near(&found, &[base - 0.5 * low / h; 3], 1e-9);
    near(&found[3..], &[base - 0.5 * high / h; 3], 1e-9);
    // L1 shrinks gradients, and a gain that is asked for and not reached leaves the base score.
    let l1 = log_odds(&estimator.clone().l2(0.25).l1(0.1).fit(&data).unwrap(), &table);
    near(&l1[..1], &[base - 0.5 * (low - 0.1) / h], 1e-9);
    let gain = (low * low + high * high) / h;
    let model = |min_gain: f64| estimator.clone().l2(0.25).min_gain(min_gain).fit(&data).unwrap();
    assert_eq!(model(gain * 1.001).n_rounds(), 0);
    assert_eq!(model(gain * 0.999).n_rounds(), 1);
    assert_eq!(model(0.0).split_counts(), [1]);
    // A mean of numbers.
    let values = [1.0, 2.0, 3.0, 10.0, 20.0, 30.0];
    let regressor = GradientBoostingRegressor::new().n_rounds(1).learning_rate(1.0).l2(0.0);
    let model =
        regressor.min_samples_leaf(1).max_leaves(2).fit(&Labeled::new(&table, &values).unwrap());
    near(&model.unwrap().predict(&table).unwrap(), &[2.0, 2.0, 2.0, 20.0, 20.0, 20.0], 1e-9);
}

#[test]
fn a_weight_of_two_is_the_row_twice() {
    let table = few_values();
    let labels = yes_or_no(&table);
    let data = Labeled::new(&table, &labels).unwrap();
    let rows: Vec<u32> = (0..240).chain((0..240).filter(|row| row % 3 == 0)).collect();
    let weights: Vec<f64> = (0..240).map(|row| if row % 3 == 0 { 2.0 } else { 1.0 }).collect();
    let estimator = GradientBoosting::new().n_rounds(15).min_samples_leaf(1).max_leaves(8);
    let twice = estimator.fit(&data.reborrow().select(&rows).unwrap()).unwrap();
    let weighted = estimator.fit(&data.weighted(&weights).unwrap()).unwrap();
    near(&log_odds(&weighted, &table), &log_odds(&twice, &table), 1e-9);
    let classes = estimator.clone().class_weights(ClassWeights::Given(vec![1.0, 2.0]));
    let doubled: Vec<f64> = labels.iter().map(|label| f64::from(1 + label.get())).collect();
    let by_class = classes.fit(&data).unwrap();
    let by_row = estimator.fit(&data.weighted(&doubled).unwrap()).unwrap();
    near(&log_odds(&by_class, &table), &log_odds(&by_row, &table), 1e-9);
}

#[test]
fn monotone_columns_are_so_on_a_grid() {
    let cells = Array2::from_shape_fn((900, 3), |(i, j)| ((i * [7, 11, 13][j]) % 30) as f64);
    let table = FeatureTable::new(nullable(3), cells).unwrap();
    let labels = classes((0..900).map(|i| {
        let row = table.row(i);
        let score =
            (row[0] / 3.0).sin() * 3.0 + row[0] / 6.0 - row[1] / 5.0 + (row[2] - 15.0).abs() / 8.0;
        u32::from(score + f64::from((i * 37 % 17) as u32) / 5.0 > 2.0)
    }));
    let data = Labeled::new(&table, &labels).unwrap();
    let estimator = GradientBoosting::new().n_rounds(60).min_samples_leaf(5);
    let free = estimator.fit(&data).unwrap();
    let bound = estimator
        .monotone("x0", Direction::Increasing)
        .monotone("x1", Direction::Decreasing)
        .fit(&data)
        .unwrap();
    let falls = |model: &GradientBoostingModel, column: usize, sign: f64| {
        let mut n = 0;
        for other in 0..30 {
            let mut last = f64::NEG_INFINITY;
            for x in 0..30 {
                let mut row = [f64::from(other), f64::from(other), f64::from((other * 7) % 30)];
                row[column] = f64::from(x);
                let mut out = [0.0; 2];
                model.probabilities(&row, &mut out);
                n += usize::from(sign * out[1] < last);
                last = sign * out[1];
            }
        }
        n
    };
    assert!(falls(&free, 0, 1.0) > 10);
    assert_eq!((falls(&bound, 0, 1.0), falls(&bound, 1, -1.0)), (0, 0));
    assert!(falls(&bound, 2, 1.0) > 0, "the third column is free");
}

#[test]
fn columns_that_may_not_act_together_add_up() {
    let cells = Array2::from_shape_fn((600, 4), |(i, j)| ((i * [7, 11, 13, 17][j]) % 20) as f64);
    let table = FeatureTable::new(nullable(4), cells).unwrap();
    let labels = classes((0..600).map(|i| {
        let row = table.row(i);
        u32::from((row[0] > 9.0) != (row[2] > 9.0) || (row[1] > 15.0 && row[3] > 9.0))
    }));
    let data = Labeled::new(&table, &labels).unwrap();
    let estimator = GradientBoosting::new().n_rounds(30).min_samples_leaf(5);
    let apart = estimator.clone().interactions([["x0", "x1"]]).fit(&data).unwrap();
    let free = estimator.fit(&data).unwrap();
    // Log-odds of columns that never meet are a sum: mixed differences vanish.
    let mixed = |model: &GradientBoostingModel| {
        let score = |a: f64, b: f64| {
            let mut out = [0.0; 2];
            model.probabilities(&[a, 5.0, b, 5.0], &mut out);
            (out[1] / out[0]).ln()
        };
        (score(15.0, 15.0) - score(15.0, 2.0) - score(2.0, 15.0) + score(2.0, 2.0)).abs()
    };
    assert!(mixed(&apart) < 1e-9, "{}", mixed(&apart));
    assert!(mixed(&free) > 0.5);
}

#[test]
fn the_missing_go_where_more_is_gained_and_levels_where_they_belong() {
    // The missing are as the high; levels b, d and f buy, whatever their codes.
    let schema = Schema::new([
        Column::nullable("x"),
        Column::category("level", ["a", "b", "c", "d", "e", "f", "g"]),
    ])
    .unwrap();
    let cells = Array2::from_shape_fn((1400, 2), |(i, j)| match j {
        0 if i % 5 == 0 => f64::NAN,
        0 => (i % 10) as f64,
        _ => (i / 10 % 7) as f64,
    });
    let table = FeatureTable::new(schema, cells).unwrap();
    let by_x = classes((0..1400).map(|i| u32::from(i % 5 == 0 || i % 10 > 6)));
    let by_level = classes((0..1400).map(|i| u32::from(i / 10 % 7 % 2 == 1)));
    for (labels, column) in [(by_x, 0), (by_level, 1)] {
        let estimator = GradientBoosting::new().n_rounds(30).min_level_rows(50).max_leaves(4);
        let model = estimator.fit(&Labeled::new(&table, &labels).unwrap()).unwrap();
        assert_eq!(model.predict(&table).unwrap(), labels);
        assert_eq!(model.importance()[column], 1.0);
        let mut out = [0.0; 2];
        // The unseen level goes where most rows go, and has a probability like any other.
        model.probabilities(&[3.0, 7.0], &mut out);
        assert!((out[0] + out[1] - 1.0).abs() < 1e-12);
    }
}

#[test]
fn levels_beyond_a_byte_are_learnt_too() {
    let levels = (0..600).map(|level| level.to_string());
    let schema = Schema::new([Column::category("level", levels)]).unwrap();
    let cells = Array2::from_shape_fn((12_000, 1), |(i, _)| {
        // Low codes are frequent.
        ((i % 600) * (i / 600 + 1) / 20) as f64
    });
    let table = FeatureTable::new(schema, cells).unwrap();
    let labels =
        classes((0..12_000).map(|i| u32::from((table.row(i)[0] as u32).is_multiple_of(3))));
    let data = Labeled::new(&table, &labels).unwrap();
    let model = GradientBoosting::new().min_level_rows(10).fit(&data).unwrap();
    let found = model.predict(&table).unwrap();
    let right = found.iter().zip(&labels).filter(|(a, b)| a == b).count();
    assert!(right > 11_000, "{right}");
}

#[test]
fn held_out_rows_say_when_to_stop() {
    let cells =
        Array2::from_shape_fn((800, 4), |(i, j)| ((i * i + i * [7, 11, 13, 17][j]) % 101) as f64);
    let table = FeatureTable::new(nullable(4), cells).unwrap();
    let labels = classes((0..800).map(|i| u32::from(table.row(i)[0] > 50.0 || i % 3 == 0)));
    let data = Labeled::new(&table, &labels).unwrap();
    let (train, held): (Vec<u32>, Vec<u32>) = (0..800).partition(|row| row % 4 != 0);
    let (train, held) =
        (data.reborrow().select(&train).unwrap(), data.reborrow().select(&held).unwrap());
    let estimator = GradientBoosting::new().n_rounds(300).min_samples_leaf(5);
    let all = estimator.fit_validated(&train, &held).unwrap();
    let history = all.history().unwrap();
    assert_eq!(
        (all.n_rounds(), history.validation().len(), history.training().len()),
        (300, 301, 301)
    );
    assert!(history.training().windows(2).all(|pair| pair[1] < pair[0] + 1e-12));
    let best = history.best_round();
    assert!(best > 0 && best < 250);
    let stopped = estimator.patience(20).fit_validated(&train, &held).unwrap();
    assert_eq!(stopped.n_rounds(), best);
    assert_eq!(stopped.history().unwrap().validation().len(), best + 21);
    // Stages are the truncated models, and what history says of them is so.
    for (round, stage) in all.staged_probabilities(&table).unwrap().enumerate().step_by(60) {
        let alone = all.truncated(round).predict_probabilities(&table).unwrap();
        near(stage.as_slice().unwrap(), alone.as_slice().unwrap(), 1e-12);
        let rows: Vec<usize> = (0..800).step_by(4).collect();
        let of_held = stage.select(ndarray::Axis(0), &rows);
        let outcomes: Vec<ClassIdx> = rows.iter().map(|&row| labels[row]).collect();
        let loss = multiclass_log_loss(of_held.view(), &outcomes, None).unwrap();
        near(&[history.validation()[round]], &[loss], 1e-9);
    }
    assert_eq!(all.staged_probabilities(&table).unwrap().count(), 301);
}

#[test]
fn shares_of_rows_and_columns_are_drawn_by_the_seed() {
    let table = few_values();
    let labels = yes_or_no(&table);
    let data = Labeled::new(&table, &labels).unwrap();
    let estimator = small().row_share(0.6).columns_by_tree(0.7).columns_by_node(0.7);
    let of = |seed: u64| log_odds(&estimator.clone().seed(seed).fit(&data).unwrap(), &table);
    assert_eq!(of(1), of(1));
    assert_ne!(of(1), of(2));
    let one = small().columns_by_tree(0.01).n_rounds(40).fit(&data).unwrap();
    assert!(one.split_counts().iter().all(|&n| n > 0), "every column has its turn");
}

#[test]
fn many_rows_are_learnt_as_few_are() {
    // From 32,768 rows gradients are of few bits: the answers hardly differ from exact ones.
    let cells = Array2::from_shape_fn((40_000, 4), |(i, j)| {
        ((i as u64).wrapping_mul([2_654_435_761, 40_503, 2_246_822_519, 3_266_489_917][j]) >> 7
            & 1023) as f64
    });
    let table = FeatureTable::new(nullable(4), cells).unwrap();
    let labels = classes((0..40_000).map(|i| {
        let row = table.row(i);
        u32::from(row[0] + 0.5 * row[1] > 700.0 + (row[2] - 500.0) * f64::from(i as u32 % 3))
    }));
    let data = Labeled::new(&table, &labels).unwrap();
    let estimator = GradientBoosting::new().n_rounds(20).max_leaves(15);
    let few_bits = estimator.fit(&data).unwrap();
    // One row of thrice the mean weight of its own kind twice over makes them exact.
    let rows: Vec<u32> = (0..40_000).chain([0]).collect();
    let exact = estimator.fit(&data.select(&rows).unwrap()).unwrap();
    let loss = |model: &GradientBoostingModel| {
        let probabilities = model.predict_probabilities(&table).unwrap();
        multiclass_log_loss(probabilities.view(), &labels, None).unwrap()
    };
    assert_ne!(few_bits, exact);
    assert!(
        (loss(&few_bits) / loss(&exact) - 1.0).abs() < 2e-3,
        "{} {}",
        loss(&few_bits),
        loss(&exact)
    );
}

#[test]
fn hostile_data_has_an_answer_or_an_error() {
    let schema = Schema::new([Column::number("x"), Column::nullable("y")]).unwrap();
    let fit = |cells: Array2<f64>, labels: Vec<u32>| {
        let table = FeatureTable::new(schema.clone(), cells).unwrap();
        let labels = classes(labels);
        let estimator = GradientBoosting::new().n_rounds(20).min_samples_leaf(1).l2(0.0);
        let model = estimator.fit(&Labeled::new(&table, &labels).unwrap()).unwrap();
        model.predict_probabilities(&table).unwrap()
    };
    let all_equal = fit(Array2::ones((50, 2)), (0..50).map(|i| u32::from(i % 5 == 0)).collect());
    near(all_equal.as_slice().unwrap(), &[0.8, 0.2].repeat(50), 1e-12);
    assert_eq!(fit(array![[1.0, 2.0]], vec![1]), array![[0.0, 1.0]]);
    assert_eq!(fit(Array2::zeros((9, 2)), vec![0; 9]).column(0).to_vec(), [1.0; 9]);
    let huge =
        array![[f64::MAX, f64::NAN], [f64::MIN, f64::MAX], [1e308, -1e308], [-1e308, f64::NAN]];
    let found = fit(huge, vec![1, 0, 1, 0]);
    assert!(
        found[[0, 1]] > 0.8 && found[[1, 1]] < 0.2 && found[[2, 1]] > 0.8 && found[[3, 1]] < 0.2
    );
    // Three classes of which one has no row.
    let found = fit(array![[0.0, 0.0], [1.0, 0.0], [2.0, 0.0], [3.0, 0.0]], vec![3, 3, 1, 1]);
    assert_eq!(found.dim(), (4, 4));
    assert!(found[[0, 3]] > 0.8 && found[[0, 0]] == 0.0 && found[[0, 2]] == 0.0);
    // Numbers of any size.
    let table =
        FeatureTable::new(schema, Array2::from_shape_fn((40, 2), |(i, _)| i as f64)).unwrap();
    for unit in [1e-308, 1.0, 1e308] {
        let values: Vec<f64> = (0..40).map(|i| if i < 20 { -unit } else { unit }).collect();
        let data = Labeled::new(&table, &values).unwrap();
        let found = GradientBoostingRegressor::new().fit(&data).unwrap().predict(&table).unwrap();
        assert!(found.iter().zip(&values).all(|(f, v)| (f / v - 1.0).abs() < 1e-3), "{found:?}");
    }
    let one = [f64::MAX; 40];
    let model = GradientBoostingRegressor::new().fit(&Labeled::new(&table, &one).unwrap()).unwrap();
    assert!(model.predict(&table).unwrap().iter().all(|&v| (v / f64::MAX - 1.0).abs() < 1e-12));
}

#[test]
fn what_is_out_of_range_is_named() {
    let table = few_values();
    let labels = yes_or_no(&table);
    let data = Labeled::new(&table, &labels).unwrap();
    let told = |estimator: GradientBoosting| estimator.fit(&data).unwrap_err().to_string();
    let new = GradientBoosting::new;
    assert_eq!(
        told(new().learning_rate(0.0)),
        "learning_rate: expected a number in (0, 1], found 0"
    );
    assert_eq!(told(new().max_bins(256)), "max_bins: expected at least 2, at most 255, found 256");
    assert_eq!(
        told(new().max_leaves(0)),
        "max_leaves: expected at least 1, at most 65536, found 0"
    );
    assert_eq!(told(new().row_share(1.5)), "row_share: expected a share in (0, 1], found 1.5");
    assert_eq!(told(new().l2(f64::NAN)), "l2: expected a finite number, at least 0, found NaN");
    assert!(told(new().monotone("z", Direction::Increasing)).contains("\"z\""));
    assert!(told(new().interactions([["x0", "z"]])).contains("\"z\""));
    let both = new().monotone("x0", Direction::Increasing).monotone("x0", Direction::Decreasing);
    assert_eq!(
        told(both),
        r#"monotone: expected a column of numbers and one direction, found both directions for "x0""#
    );
    let negative = [-1.0; 240];
    let poisson = GradientBoostingRegressor::new().loss(RegressionLoss::Poisson);
    let error = poisson.fit(&Labeled::new(&table, &negative).unwrap()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "label 0: expected a number in [0, 1e15] for Poisson loss, found -1"
    );
    let other = classes([2; 240]);
    let held = Labeled::new(&table, &other).unwrap();
    let error = new().fit_validated(&data, &held).unwrap_err();
    assert_eq!(error.to_string(), "validation: expected a class below 2, found 2");
}

/// A model of every kind of question, as it was first saved.
#[cfg(feature = "serde")]
#[test]
fn a_model_saved_by_the_first_version_is_still_read() {
    let schema = Schema::new([
        Column::nullable("x"),
        Column::category("level", ["a", "b", "c", "d", "e", "f", "g"]),
    ])
    .unwrap();
    let cells = Array2::from_shape_fn((140, 2), |(i, j)| match j {
        0 if i % 5 == 0 => f64::NAN,
        0 => (i % 10) as f64,
        _ => (i / 10 % 7) as f64,
    });
    let table = FeatureTable::new(schema, cells).unwrap();
    let labels = classes((0..140).map(|i| (i % 5 / 2 + i / 10 % 7 % 2) % 3));
    let data = Labeled::new(&table, &labels).unwrap();
    let estimator = GradientBoosting::new().n_rounds(2).max_leaves(4).min_samples_leaf(5).l2(0.0);
    let model = estimator.min_level_rows(5).fit_validated(&data, &data).unwrap();
    let provenance = patronage_core::Provenance { schema: None, training: None };
    let text = include_str!("../golden/boosting-1.json").trim_end();
    let (loaded, _) = patronage_core::load::<GradientBoostingModel>(text).unwrap();
    let (found, expected) =
        (loaded.predict_probabilities(&table), model.predict_probabilities(&table));
    near(found.unwrap().as_slice().unwrap(), expected.unwrap().as_slice().unwrap(), 1e-12);
    assert_eq!(patronage_core::save(&loaded, provenance).unwrap(), text);
    // What a hostile file could break.
    for (from, to) in [
        (r#""present":[0,1,2]"#, r#""present":[0,2,1]"#),
        (r#""n_classes":3"#, r#""n_classes":2"#),
        (r#""column":0"#, r#""column":9"#),
        (r#""left":1"#, r#""left":0"#),
        (r#""values":[0.0,"#, r#""values":["#),
        (r#""covers":[140.0,"#, r#""covers":[141.0,"#),
    ] {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text, "{from}");
        assert!(patronage_core::load::<GradientBoostingModel>(&changed).is_err());
        let body = &changed[changed.find(r#""body":"#).unwrap() + 7..changed.len() - 1];
        assert!(serde_json::from_str::<GradientBoostingModel>(body).is_err(), "{from}");
    }
}
