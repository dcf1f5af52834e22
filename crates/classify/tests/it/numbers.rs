//! Judging, choosing and explaining models of numbers.

use ndarray::{Array2, ArrayView2};
use patronage_classify::{
    Baseline, BiasVariance, Bootstrap, Diagnosis, ErrorKind, Goal, Grid, GridSpec, Measure,
    MeasureFn, NumberMetric, PermutationImportance, Point, RegressionTree, Search, Splitter,
    SuccessiveHalving, accumulated_local_effects_of_value, compare_by_splits, cross_predict,
    cross_score, nested_splits, partial_dependence_2_of_value, partial_dependence_of_value,
};
use patronage_core::{
    Column, FeatureTable, Features, Fit, Labeled, Regressor, RegressorExt, Schema,
};

use crate::rows::noise;
use crate::sixty;

const N: usize = 60;

fn answers() -> Vec<f64> {
    (0..N).map(|i| 1.0 + ((i * 29) % 83) as f64).collect()
}

#[test]
fn figures_are_those_of_scikit_learn() {
    // scikit-learn 1.9.1: mean_squared_error, root_mean_squared_error, mean_absolute_error,
    // r2_score and mean_poisson_deviance, with and without sample_weight.
    let metrics = [
        NumberMetric::MeanSquaredError,
        NumberMetric::RootMeanSquaredError,
        NumberMetric::MeanAbsoluteError,
        NumberMetric::R2,
        NumberMetric::MeanPoissonDeviance,
    ];
    let plain =
        [717.7528333333333, 26.79090952792259, 22.545, -2.4726105992677616, 21.500137534383438];
    let weighted =
        [810.667, 28.472214525744217, 24.019333333333336, -2.8989688533416698, 24.320722307280644];
    let (truth, answers, weights) = (sixty::numbers(), answers(), sixty::weights());
    let repeated = |of: &[f64]| -> Vec<f64> {
        sixty::repeated().iter().map(|&row| of[row as usize]).collect()
    };
    for ((metric, plain), weighted) in metrics.into_iter().zip(plain).zip(weighted) {
        let near = |found: f64, expected: f64| {
            assert!((found - expected).abs() <= 1e-12 * expected.abs(), "{metric}: {found}");
        };
        near(metric.of(&answers, &truth, None).unwrap(), plain);
        near(metric.of(&answers, &truth, Some(&weights)).unwrap(), weighted);
        // A weight of two is the row twice.
        near(metric.of(&repeated(&answers), &repeated(&truth), None).unwrap(), weighted);
    }
    assert_eq!(NumberMetric::R2.of(&[2.0; 3], &[2.0; 3], None).unwrap(), 1.0);
    assert_eq!(NumberMetric::R2.of(&[2.0, 2.0, 3.0], &[2.0; 3], None).unwrap(), 0.0);
}

#[test]
fn figures_of_numbers_bear_the_range_and_name_what_they_refuse() {
    let (far, truth) = ([f64::MAX, -f64::MAX, 0.0], [-f64::MAX, f64::MAX, 0.0]);
    for metric in [
        NumberMetric::MeanSquaredError,
        NumberMetric::RootMeanSquaredError,
        NumberMetric::MeanAbsoluteError,
        NumberMetric::R2,
    ] {
        let found = metric.of(&far, &truth, Some(&[f64::MAX, f64::MAX, 0.0])).unwrap();
        assert!(found.is_finite(), "{metric}: {found}");
    }
    assert_eq!(NumberMetric::R2.of(&far, &truth, None).unwrap(), -3.0);
    let huge = NumberMetric::RootMeanSquaredError.of(&[1e200, 0.0], &[0.0, 0.0], None).unwrap();
    assert!((huge / 1e200 - 0.5_f64.sqrt()).abs() < 1e-15);
    let mse = NumberMetric::MeanSquaredError;
    assert!(mse.of(&[], &[], None).is_err());
    assert!(mse.of(&[1.0], &[1.0, 2.0], None).is_err());
    assert!(mse.of(&[1.0], &[1.0], Some(&[0.0])).is_err());
    for wrong in [f64::NAN, f64::INFINITY] {
        assert!(mse.of(&[wrong], &[1.0], None).is_err() && mse.of(&[1.0], &[wrong], None).is_err());
        assert!(mse.of(&[1.0], &[1.0], Some(&[wrong])).is_err());
    }
    let error = mse.of(&[1.0, 2.0], &[1.0, 2.0], Some(&[1.0, -1.0])).unwrap_err();
    assert_eq!(error.to_string(), "weight 1: expected a finite number, at least 0, found -1");
    assert!(NumberMetric::R2.of(&[1.0], &[1.0], None).is_err());
    let poisson = NumberMetric::MeanPoissonDeviance;
    assert_eq!(poisson.of(&[2.0], &[2.0], None).unwrap(), 0.0);
    assert!(poisson.of(&[0.0], &[1.0], None).is_err());
    assert!(poisson.of(&[1.0], &[-1.0], None).is_err());
    let two = Array2::zeros((1, 2));
    assert!(mse.measure(two.view(), &[1.0], None).is_err());
}

/// A step in `a`, a slope in `b` and noise.
fn steps(n: usize) -> (FeatureTable, Vec<f64>) {
    let schema = Schema::new(["a", "b", "c"].map(Column::number)).unwrap();
    let cells = Array2::from_shape_fn((n, 3), |(i, j)| noise(11, 4 * i + j));
    let label = |i: usize| {
        let step = (cells[[i, 0]] * 8.0).floor();
        step + 0.5 * cells[[i, 1]] + 0.3 * (noise(11, 4 * i + 3) - 0.5)
    };
    let labels = (0..n).map(label).collect();
    (FeatureTable::new(schema, cells).unwrap(), labels)
}

fn depth(point: &Point) -> Result<RegressionTree, patronage_classify::Error> {
    Ok(RegressionTree::new().max_depth(point.count("depth")?).min_samples_leaf(5))
}

#[test]
fn searches_serve_regressors() {
    let (table, labels) = steps(400);
    let data = Labeled::new(&table, &labels).unwrap();
    let splits = patronage_classify::KFold::new(4).splits(&labels).unwrap();
    let points = Grid::new().values("depth", [0_i64, 1, 2, 3]).points();
    let mse = NumberMetric::MeanSquaredError;
    let found = Search::new(mse).run(&points, depth, &data, &splits).unwrap();
    assert_eq!((found.measure.as_str(), found.goal), ("mean_squared_error", Goal::Minimize));
    // Eight steps are three halvings.
    assert_eq!(found.best().point.count("depth").unwrap(), 3);
    for candidate in &found.candidates {
        let estimator = depth(&candidate.point).unwrap();
        let scores = cross_score(&estimator, &data, &splits, &mse).unwrap();
        assert_eq!(candidate.scores, scores);
        // Folds of one size: their mean is the figure of all rows together.
        let said = cross_predict(&estimator, &data, &splits).unwrap();
        assert_eq!(said.dim(), (400, 1));
        let all = mse.of(&said.column(0).to_vec(), &labels, None).unwrap();
        assert!((candidate.mean - all).abs() < 1e-12 * all);
    }
    let halving = SuccessiveHalving::new(60, 300);
    let search = Search::new(NumberMetric::R2);
    let by_rows = halving.by_rows(&search, &points, depth, &data, &splits).unwrap();
    assert_eq!(by_rows.best().point.count("depth").unwrap(), 3);
    let nested = nested_splits(
        &patronage_classify::KFold::new(3),
        &patronage_classify::KFold::new(2),
        &labels,
    );
    let nested = search.nested(&points, depth, &data, &nested.unwrap()).unwrap();
    assert!(nested.iter().all(|of| of.score > 0.9), "{nested:?}");
    // Anyone's own figure.
    let largest = |f: ArrayView2<'_, f64>, y: &[f64], _: Option<&[f64]>| {
        Ok(f.iter().zip(y).map(|(f, y)| (f - y).abs()).fold(0.0, f64::max))
    };
    let own = MeasureFn::of_numbers("largest error", Goal::Minimize, largest);
    let found = Search::new(own).run(&points, depth, &data, &splits).unwrap();
    assert!(found.best().mean < 1.5 && found.candidates[0].mean > 3.0);
    let compared = compare_by_splits(
        &depth(&points[3]).unwrap(),
        &depth(&points[0]).unwrap(),
        &data,
        &splits,
        &mse,
    );
    let compared = compared.unwrap();
    assert!(compared.mean() < -3.0 && compared.corrected_t().unwrap().p_value < 0.01);
    let wrong = |_: &Point| Ok(RegressionTree::new().min_samples_leaf(0));
    let error = Search::new(mse).run(&points, wrong, &data, &splits).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Refit { .. }));
}

/// `3 a + b + 2 a b`, whatever `c`.
struct Known(Schema);

impl Regressor for Known {
    fn schema(&self) -> &Schema {
        &self.0
    }

    fn value(&self, row: &[f64]) -> f64 {
        3.0 * row[0] + row[1] + 2.0 * row[0] * row[1]
    }
}

#[test]
fn intervals_of_numbers_hold_what_they_promise() {
    let (n, n_sets) = (100, 400);
    let metrics = [NumberMetric::MeanSquaredError, NumberMetric::MeanAbsoluteError];
    let answers = vec![0.5; n];
    let mut held = [0.0_f64; 2];
    for set in 0..n_sets {
        let truth: Vec<f64> = (0..n).map(|i| noise(500 + set, i)).collect();
        let bootstrap = Bootstrap::new(300).seed(set);
        let found = bootstrap.of_numbers(&metrics, &answers, &truth, None).unwrap();
        // Labels are uniform on the unit interval.
        for ((held, interval), expected) in held.iter_mut().zip(found).zip([1.0 / 12.0, 0.25]) {
            *held += f64::from(interval.low <= expected && expected <= interval.high);
        }
    }
    let share = held.map(|held| held / n_sets as f64);
    assert!(share.iter().all(|share| (0.90..=0.985).contains(share)), "{share:?}");
    let bootstrap = Bootstrap::new(50);
    assert!(bootstrap.of_numbers(&metrics, &answers, &answers[1..], None).is_err());
    assert!(bootstrap.of_numbers(&metrics, &[], &[], None).is_err());
}

#[test]
fn importance_of_numbers_is_what_shuffling_costs() {
    let (table, _) = steps(300);
    let model = Known(table.schema().clone());
    let truth = model.predict(&table).unwrap();
    let data = Labeled::new(&table, &truth).unwrap();
    let importance = PermutationImportance::new(NumberMetric::MeanSquaredError).n_repeats(200);
    let found = importance.run(&model, &data).unwrap();
    // Over all shuffles a row gets any other's cell alike.
    let n = table.n_rows();
    for (column, of) in found.iter().enumerate() {
        let mut expected = 0.0;
        for (i, &truth) in truth.iter().enumerate() {
            let mut row = table.row(i).to_vec();
            for j in 0..n {
                row[column] = table.row(j)[column];
                expected += (model.value(&row) - truth).powi(2) / (n * n) as f64;
            }
        }
        let error = of.standard_deviation / 200_f64.sqrt();
        assert!((of.mean - expected).abs() <= 4.0 * error, "{column}: {} {expected}", of.mean);
    }
    assert_eq!(found[2].repeats, vec![0.0; 200]);
    let together = importance.run_groups(&model, &data, &[&["a", "b"]]).unwrap();
    assert!(together[0].mean > found[0].mean);
}

#[test]
fn dependence_of_numbers_is_the_mean_of_the_rows_curves() {
    let (table, _) = steps(200);
    let model = Known(table.schema().clone());
    let b = table.values().column(1).mean().unwrap();
    let found =
        partial_dependence_of_value(&model, &table, "a", &GridSpec::Values(vec![0.0, 0.5, 2.0]))
            .unwrap();
    for (point, mean) in found.grid.iter().zip(&found.mean) {
        let a = point.value.unwrap();
        assert!((mean - (3.0 * a + b + 2.0 * a * b)).abs() < 1e-12);
    }
    let values = GridSpec::Values(vec![0.0, 1.0]);
    let pair = partial_dependence_2_of_value(&model, &table, ["a", "b"], [&values, &values]);
    let mean = pair.unwrap().mean;
    assert!((mean[[1, 1]] - mean[[1, 0]] - mean[[0, 1]] + mean[[0, 0]] - 2.0).abs() < 1e-12);
    // Along `b` the slope is 1 + 2 a, of the rows at hand.
    let effects = accumulated_local_effects_of_value(&model, &table, "b", 1).unwrap();
    let a = table.values().column(0).mean().unwrap();
    let (rise, run) =
        (effects.effects[1] - effects.effects[0], effects.edges[1] - effects.edges[0]);
    assert!((rise / run - (1.0 + 2.0 * a)).abs() < 1e-12);
    // As many intervals as anyone asks for are as many as there are values.
    let many = accumulated_local_effects_of_value(&model, &table, "b", usize::MAX).unwrap();
    assert_eq!(many.edges.len(), 200);
    // One huge number does not drown what the others say.
    let extreme = RegressionTree::new();
    let labels = [f64::MAX, -f64::MAX, f64::MAX];
    let schema = Schema::new([Column::number("x")]).unwrap();
    let three = FeatureTable::new(schema, ndarray::array![[1.0], [2.0], [3.0]]).unwrap();
    let model = extreme.fit(&Labeled::new(&three, &labels).unwrap()).unwrap();
    let values = model.predict(&three).unwrap();
    assert!(values.iter().zip(labels).all(|(value, label)| (value / label - 1.0).abs() < 1e-15));
    let found = partial_dependence_of_value(&model, &three, "x", &GridSpec::Quantiles(3)).unwrap();
    assert!(found.mean.iter().all(|mean| mean.is_finite()));
    let found = accumulated_local_effects_of_value(&model, &three, "x", 2).unwrap();
    assert!(found.effects.iter().all(|effect| effect.is_finite()));
}

#[test]
fn the_mean_is_what_every_model_must_beat() {
    let (truth, weights) = (sixty::numbers(), sixty::weights());
    let table = sixty::table();
    let data = Labeled::new(&table, &truth).unwrap();
    let weighted = Baseline::new().fit(&data.weighted(&weights).unwrap()).unwrap();
    // numpy 2: average(y, weights=w).
    assert!((weighted.mean() - 37.279333333333334).abs() < 1e-12);
    let repeated = sixty::repeated();
    let twice = Baseline::new().fit(&data.select(&repeated).unwrap()).unwrap();
    assert!((weighted.mean() - twice.mean()).abs() < 1e-12);
    assert!(Baseline::new().fit(&data.weighted(&[0.0; N]).unwrap()).is_err());
    let ends = [f64::MAX; N];
    let far = Baseline::new().fit(&Labeled::new(&table, &ends).unwrap()).unwrap();
    assert_eq!(far.mean(), f64::MAX);
}

#[test]
fn depths_of_regression_trees_show_their_bias_and_variance() {
    let (table, labels) = steps(500);
    let data = Labeled::new(&table, &labels).unwrap();
    let (train, test): (Vec<u32>, Vec<u32>) = (0..500).partition(|row| row % 5 != 0);
    let (train, test) = (data.select(&train).unwrap(), data.select(&test).unwrap());
    let tree = |depth: u32| RegressionTree::new().max_depth(depth as usize);
    let driver = BiasVariance::new(40);
    let curve = driver.sweep_numbers("tree depth", [0, 1, 2, 3, 4, 12], tree, &train, &test);
    let curve = curve.unwrap();
    for (at, depth) in [(1, 1_u32), (3, 3)] {
        let alone = driver.number_predictions(&tree(depth), &train, &test).unwrap();
        assert_eq!(curve.points[at].terms, alone.decompose().unwrap().mean());
    }
    // A tree without a question answers the mean of its resample.
    let constant = curve.points[0].terms.loss;
    assert!((constant / curve.baseline_loss - 1.0).abs() < 0.05);
    assert!((3..=4).contains(&curve.best), "{curve:?}");
    assert_eq!(curve.verdict(0).diagnosis, Diagnosis::HighBias);
    let variance = |at: usize| curve.points[at].terms.variance;
    assert!(variance(5) > variance(curve.best) && variance(curve.best) > variance(0), "{curve:?}");
    assert!(driver.sweep_numbers("depth", Vec::<u32>::new(), tree, &train, &test).is_err());
}
