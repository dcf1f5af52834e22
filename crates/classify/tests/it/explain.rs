//! Explanations of models whose answers are known.

use ndarray::{Array2, ArrayView2};
use patronage_classify::{
    DecisionTree, ErrorKind, GridSpec, Metric, PermutationImportance, accumulated_local_effects,
    multiclass_log_loss, partial_dependence, partial_dependence_2,
};
use patronage_core::{
    ClassIdx, Classifier, ClassifierExt, Column, FeatureTable, Features, Fit, Labeled, Schema,
};

use crate::rows::{near, noise};

/// `p = 0.2 + 0.3 a + 0.1 [b is "x"] + 0.2 a c`, with a missing `a` counted as 1.
struct Known(Schema);

fn schema() -> Schema {
    Schema::new([
        Column::nullable("a"),
        Column::category("b", ["x", "y", "z"]),
        Column::number("c"),
        Column::flag("d"),
    ])
    .unwrap()
}

impl Classifier for Known {
    fn schema(&self) -> &Schema {
        &self.0
    }

    fn n_classes(&self) -> usize {
        2
    }

    fn probabilities(&self, row: &[f64], out: &mut [f64]) {
        let a = if row[0].is_nan() { 1.0 } else { row[0] };
        let p = 0.2 + 0.3 * a + if row[1] == 0.0 { 0.1 } else { 0.0 } + 0.2 * a * row[2];
        out.copy_from_slice(&[1.0 - p, p]);
    }
}

const N: usize = 200;

fn table() -> FeatureTable {
    let cell = |(i, j): (usize, usize)| {
        let u = noise(7, 4 * i + j);
        match j {
            0 if i % 20 == 0 => f64::NAN,
            1 => (u * 3.0).floor(),
            3 => f64::from(u8::from(u < 0.5)),
            _ => u,
        }
    };
    FeatureTable::new(schema(), Array2::from_shape_fn((N, 4), cell)).unwrap()
}

const YES: ClassIdx = ClassIdx::new(1);

#[test]
fn partial_dependence_is_the_mean_of_the_rows_curves() {
    let (model, table) = (Known(schema()), table());
    let found = partial_dependence(&model, &table, "a", YES, &GridSpec::Quantiles(7)).unwrap();
    assert_eq!((found.grid.len(), found.rows.len()), (8, N));
    let last = found.grid.last().unwrap();
    assert_eq!((last.value, last.label.as_str()), (None, "(missing)"));
    // The least and the greatest value are asked.
    let column = table.values().column(0).to_owned();
    let known: Vec<f64> = column.iter().copied().filter(|a| !a.is_nan()).collect();
    assert_eq!(found.grid[0].value, known.iter().copied().reduce(f64::min));
    assert_eq!(found.grid[6].value, known.iter().copied().reduce(f64::max));
    for (point, mean) in found.grid.iter().zip(&found.mean) {
        let expected: f64 = (0..N)
            .map(|i| {
                let mut row = table.row(i).to_vec();
                row[0] = point.value.unwrap_or(f64::NAN);
                let mut out = [0.0; 2];
                model.probabilities(&row, &mut out);
                out[1] / N as f64
            })
            .sum();
        near(*mean, expected, 1e-12);
    }
    // Curves are steeper where c is greater: they fan out.
    let centred = found.centred();
    assert!(centred.iter().all(|row| row[0] == 0.0));
    let slopes: Vec<f64> = centred.iter().map(|row| row[6]).collect();
    assert!(
        slopes.iter().copied().fold(0.0, f64::max)
            > 1.3 * slopes.iter().copied().fold(1.0, f64::min)
    );
    let levels = partial_dependence(&model, &table, "b", YES, &GridSpec::Even(5)).unwrap();
    let names: Vec<&str> = levels.grid.iter().map(|point| point.label.as_str()).collect();
    assert_eq!(names, ["x", "y", "z"]);
    near(levels.mean[0] - levels.mean[1], 0.1, 1e-12);
    near(levels.mean[1], levels.mean[2], 1e-15);
    let flat = partial_dependence(&model, &table, "d", YES, &GridSpec::Quantiles(5)).unwrap();
    assert_eq!((flat.grid.len(), flat.mean[0]), (2, flat.mean[1]));
    // Of the other class it is the mirror.
    let other =
        partial_dependence(&model, &table, "b", ClassIdx::new(0), &GridSpec::Even(5)).unwrap();
    near(other.mean[0], 1.0 - levels.mean[0], 1e-12);
}

#[test]
fn of_two_columns_it_shows_what_they_do_together() {
    let (model, table) = (Known(schema()), table());
    let values = GridSpec::Values(vec![0.0, 1.0]);
    let found = partial_dependence_2(&model, &table, ["a", "c"], YES, [&values, &values]).unwrap();
    assert_eq!(found.mean.dim(), (2, 2));
    let together =
        found.mean[[1, 1]] - found.mean[[1, 0]] - found.mean[[0, 1]] + found.mean[[0, 0]];
    near(together, 0.2, 1e-12);
    assert!(partial_dependence_2(&model, &table, ["a", "a"], YES, [&values, &values]).is_err());
}

#[test]
fn accumulated_effects_of_a_line_are_the_line() {
    let (model, table) = (Known(schema()), table());
    let found = accumulated_local_effects(&model, &table, "c", YES, 12).unwrap();
    assert_eq!(found.counts.iter().sum::<usize>(), N);
    assert_eq!(found.effects.len(), found.edges.len());
    // Within an interval the slope is 0.2 times the mean of a there, in [0, 1].
    for (edges, effects) in found.edges.windows(2).zip(found.effects.windows(2)) {
        let slope = (effects[1] - effects[0]) / (edges[1] - edges[0]);
        assert!((0.02..0.2).contains(&slope), "{slope}");
    }
    let middles = found.effects.windows(2).map(|pair| 0.5 * (pair[0] + pair[1]));
    let mean: f64 = middles.zip(&found.counts).map(|(m, &n)| m * n as f64).sum();
    near(mean / N as f64, 0.0, 1e-14);
    // Rows without a value stay out.
    let found = accumulated_local_effects(&model, &table, "a", YES, 5).unwrap();
    assert_eq!(found.counts.iter().sum::<usize>(), N - N / 20);
    assert!(accumulated_local_effects(&model, &table, "b", YES, 5).is_err());
    assert!(accumulated_local_effects(&model, &table, "a", YES, 0).is_err());
    let same = FeatureTable::new(schema(), Array2::zeros((3, 4))).unwrap();
    let found = accumulated_local_effects(&model, &same, "a", YES, 5).unwrap();
    assert_eq!((found.edges, found.effects, found.counts), (vec![0.0], vec![0.0], vec![]));
}

fn labelled() -> (FeatureTable, Vec<ClassIdx>) {
    let table = table();
    let probabilities = Known(schema()).predict_probabilities(&table).unwrap();
    let labels = (0..N).map(|i| ClassIdx::new(u32::from(probabilities[[i, 1]] > 0.45))).collect();
    (table, labels)
}

#[test]
fn importance_is_what_shuffling_costs() {
    let (table, labels) = labelled();
    let data = Labeled::new(&table, &labels).unwrap();
    let model = Known(schema());
    let importance = PermutationImportance::new(Metric::RocAuc).n_repeats(30);
    let found = importance.run(&model, &data).unwrap();
    let means: Vec<f64> = found.iter().map(|of| of.mean).collect();
    assert!(means[0] > means[1] && means[1] > 0.0 && means[2] > 0.0, "{means:?}");
    assert_eq!(found[3].repeats, vec![0.0; 30]);
    assert_eq!((found[3].interval.low, found[3].interval.high), (0.0, 0.0));
    for of in &found {
        assert!(of.interval.low <= of.mean && of.mean <= of.interval.high);
        near(of.mean, of.repeats.iter().sum::<f64>() / 30.0, 1e-15);
    }
    // The exact expectation for accuracy at a threshold: over all pairs of rows, how often the
    // answer is right when the first has the column of the second.
    let at = 0.45;
    let right = |row: &[f64], label: ClassIdx| {
        let mut out = [0.0; 2];
        model.probabilities(row, &mut out);
        f64::from(u8::from((out[1] >= at) == (label == YES)))
    };
    let mut expected = 0.0;
    for (i, &label) in labels.iter().enumerate() {
        for j in 0..N {
            let mut row = table.row(i).to_vec();
            row[0] = table.row(j)[0];
            expected += right(&row, label) / (N * N) as f64;
        }
    }
    let whole = (0..N).map(|i| right(table.row(i), labels[i])).sum::<f64>() / N as f64;
    let found = PermutationImportance::new(Metric::Accuracy(at))
        .n_repeats(400)
        .seed(1)
        .run(&model, &data)
        .unwrap();
    let of_a = &found[0];
    let error = of_a.standard_deviation / 20.0;
    assert!(
        (of_a.mean - (whole - expected)).abs() < 4.0 * error,
        "{} {}",
        of_a.mean,
        whole - expected
    );
}

#[test]
fn groups_are_shuffled_as_one_and_losses_count_the_other_way() {
    // Two copies of one column: shuffling one costs a tree nothing if it splits on the other.
    let schema = Schema::new(["a", "copy", "other"].map(Column::number)).unwrap();
    let cells = Array2::from_shape_fn((N, 3), |(i, j)| noise(3, 2 * i + j / 2));
    let labels: Vec<ClassIdx> =
        cells.rows().into_iter().map(|row| ClassIdx::new(u32::from(row[0] > 0.5))).collect();
    let table = FeatureTable::new(schema, cells).unwrap();
    let data = Labeled::new(&table, &labels).unwrap();
    let model = DecisionTree::new().max_depth(2).smoothing(1.0).fit(&data).unwrap();
    let importance = PermutationImportance::new(Metric::LogLoss);
    let found =
        importance.run_groups(&model, &data, &[&["a", "copy"], &["copy"], &["other"]]).unwrap();
    assert_eq!(found[0].columns, ["a", "copy"]);
    assert!(found[0].mean > 0.5, "{found:?}");
    assert_eq!(found[2].mean, 0.0);
    let error = importance.run_groups(&model, &data, &[&["b"]]).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Core(_)));
    assert!(importance.run_groups(&model, &data, &[&[]]).is_err());
    assert!(importance.n_repeats(1).run(&model, &data).is_err());
    assert!(importance.level(1.0).run(&model, &data).is_err());
    // Any figure will do.
    let measure = patronage_classify::MeasureFn::new(
        "log loss",
        patronage_classify::Goal::Minimize,
        |p: ArrayView2<'_, f64>, l: &[ClassIdx], w: Option<&[f64]>| multiclass_log_loss(p, l, w),
    );
    let own = PermutationImportance::new(measure).run(&model, &data).unwrap();
    let named = importance.run(&model, &data).unwrap();
    for (own, named) in own.iter().zip(&named) {
        near(own.mean, named.mean, 1e-12);
    }
}

#[test]
fn what_cannot_be_asked_is_refused() {
    let (model, table) = (Known(schema()), table());
    let grid = GridSpec::Quantiles(5);
    assert!(partial_dependence(&model, &table, "nobody", YES, &grid).is_err());
    assert!(partial_dependence(&model, &table, "a", ClassIdx::new(2), &grid).is_err());
    assert!(partial_dependence(&model, &table, "a", YES, &GridSpec::Quantiles(1)).is_err());
    assert!(partial_dependence(&model, &table, "b", YES, &GridSpec::Values(vec![7.0])).is_err());
    assert!(
        partial_dependence(&model, &table, "a", YES, &GridSpec::Values(vec![f64::NAN])).is_err()
    );
    let none = FeatureTable::new(schema(), Array2::zeros((0, 4))).unwrap();
    assert!(partial_dependence(&model, &none, "a", YES, &grid).is_err());
    let other =
        FeatureTable::new(Schema::new([Column::number("a")]).unwrap(), Array2::zeros((2, 1)))
            .unwrap();
    assert!(partial_dependence(&model, &other, "a", YES, &grid).is_err());
    // The whole range of numbers.
    let mut cells = Array2::zeros((4, 4));
    cells.column_mut(2).assign(&ndarray::array![1e308, -1e308, 1e300, 0.0]);
    let extreme = FeatureTable::new(schema(), cells).unwrap();
    for grid in [GridSpec::Quantiles(3), GridSpec::Even(3)] {
        let found = partial_dependence(&model, &extreme, "c", YES, &grid).unwrap();
        assert!(found.grid.iter().all(|point| point.value.unwrap().is_finite()));
    }
}

#[cfg(feature = "rayon")]
#[test]
fn importance_is_the_same_on_any_pool() {
    let (table, labels) = labelled();
    let data = Labeled::new(&table, &labels).unwrap();
    let model = Known(schema());
    let run = || PermutationImportance::new(Metric::Brier).run(&model, &data).unwrap();
    patronage_testkit::check_same_on_any_pool(run, |a, b| a == b);
}
