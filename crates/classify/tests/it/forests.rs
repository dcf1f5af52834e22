//! Forests of numbers, against scikit-learn and against what they promise.

use ndarray::Array2;
use patronage_classify::{
    ColumnDraw, Error, ErrorKind, ExtraTreesRegressor, RandomForestRegressor, TreeShap,
};
use patronage_core::{
    Column, FeatureTable, Features, Fit, Labeled, Regressor, RegressorExt, Schema,
};

/// Friedman's first function (1991) on columns that whole numbers fill evenly; the sixth says nothing.
pub(crate) fn friedman() -> (FeatureTable, Vec<f64>) {
    let steps = [(37, 5, 101), (53, 11, 97), (71, 3, 89), (29, 7, 103), (61, 2, 107), (43, 9, 83)];
    let names = ["a", "b", "c", "d", "e", "nothing"];
    let schema = Schema::new(names.map(Column::number)).unwrap();
    let cell = |(i, j): (usize, usize)| {
        let (by, from, bound) = steps[j];
        ((i * by + from) % bound) as f64 / bound as f64
    };
    let table = FeatureTable::new(schema, Array2::from_shape_fn((600, 6), cell)).unwrap();
    let of = |row: ndarray::ArrayView1<'_, f64>| {
        10.0 * (std::f64::consts::PI * row[0] * row[1]).sin()
            + 20.0 * (row[2] - 0.5).powi(2)
            + 10.0 * row[3]
            + 5.0 * row[4]
    };
    let labels = table.values().rows().into_iter().map(of).collect();
    (table, labels)
}

#[test]
fn out_of_bag_figures_are_those_of_scikit_learn() {
    let (table, labels) = friedman();
    // numpy: y.sum() of the same rows.
    assert!((labels.iter().sum::<f64>() - 8_574.557_164_392_24).abs() < 1e-8);
    // scikit-learn 1.9.1, RandomForestRegressor(200, max_features=2, min_samples_leaf=3,
    // oob_score=True), ten seeds: 0.85181, standard deviation 0.00245.
    let data = Labeled::new(&table, &labels).unwrap();
    let forest = RandomForestRegressor::new().n_trees(200).min_samples_leaf(3);
    let of = |seed: u64| {
        let found = forest.seed(seed).fit(&data).unwrap().out_of_bag().unwrap();
        assert_eq!(found.n_rows, 600);
        found.r_squared.unwrap()
    };
    let mean = (0..5).map(of).sum::<f64>() / 5.0;
    assert!((mean - 0.85181).abs() < 0.005, "{mean}");
    let importance = forest.fit(&data).unwrap().importance();
    assert!((importance.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    assert!(importance[..4].iter().all(|&share| share > 2.0 * importance[5]), "{importance:?}");
}

#[test]
fn extra_trees_foretell_as_scikit_learns() {
    // ExtraTreesRegressor(200, max_features=2, min_samples_leaf=3) fitted on rows not divisible by 3
    // and judged on the others, ten seeds: mean squared error 4.704, standard deviation 0.079.
    let (table, labels) = friedman();
    let data = Labeled::new(&table, &labels).unwrap();
    let training: Vec<u32> = (0..600).filter(|row| row % 3 != 0).collect();
    let training = data.select(&training).unwrap();
    let trees = ExtraTreesRegressor::new().n_trees(200).min_samples_leaf(3);
    let of = |seed: u64| {
        let model = trees.seed(seed).fit(&training).unwrap();
        assert!(model.out_of_bag().is_none());
        let answers = model.predict(&table).unwrap();
        let off = (0..600).step_by(3).map(|row| (answers[row] - labels[row]).powi(2));
        off.sum::<f64>() / 200.0
    };
    let mean = (0..5).map(of).sum::<f64>() / 5.0;
    assert!((mean - 4.704).abs() < 0.2, "{mean}");
}

#[test]
fn contributions_add_up_to_the_answer() {
    let (table, labels) = friedman();
    let data = Labeled::new(&table, &labels).unwrap();
    let model = RandomForestRegressor::new().n_trees(20).max_depth(6).fit(&data).unwrap();
    let found = TreeShap::of_value(&model).contributions(&table).unwrap();
    for (row, (parts, answer)) in
        found.values().rows().into_iter().zip(model.predict(&table).unwrap()).enumerate()
    {
        assert!((found.base() + parts.sum() - answer).abs() < 1e-9, "{row}");
    }
}

#[test]
fn a_weight_of_two_is_the_row_twice() {
    let (table, labels) = friedman();
    let weights: Vec<f64> = (0..600).map(|row| f64::from(1 + row % 2)).collect();
    let twice: Vec<u32> = (0..600).flat_map(|row| vec![row; 1 + row as usize % 2]).collect();
    let data = Labeled::new(&table, &labels).unwrap();
    let trees = ExtraTreesRegressor::new().n_trees(5);
    let repeated = trees.fit(&data.reborrow().select(&twice).unwrap()).unwrap();
    let weighted = trees.fit(&data.weighted(&weights).unwrap()).unwrap();
    let [a, b] = [repeated, weighted].map(|model| model.predict(&table).unwrap());
    for (a, b) in a.iter().zip(&b) {
        assert!((a - b).abs() < 1e-9, "{a} {b}");
    }
}

#[test]
fn ends_of_the_range_stay_finite_and_constants_are_learnt() {
    let (table, _) = friedman();
    let huge: Vec<f64> =
        (0..600).map(|row| if row % 2 == 0 { f64::MAX } else { f64::MIN }).collect();
    let constant = vec![7.25; 600];
    let fit = |labels: &[f64]| {
        let data = Labeled::new(&table, labels).unwrap();
        RandomForestRegressor::new().n_trees(7).fit(&data).unwrap()
    };
    let model = fit(&huge);
    assert!(model.predict(&table).unwrap().iter().all(|answer| answer.is_finite()));
    assert!(model.out_of_bag().unwrap().mean_squared_error.is_finite());
    let model = fit(&constant);
    assert!(model.predict(&table).unwrap().iter().all(|&answer| answer == 7.25));
    let found = model.out_of_bag().unwrap();
    assert_eq!((found.mean_squared_error, found.r_squared), (0.0, None));
    assert_eq!(model.schema().len(), 6);
}

#[test]
fn parameters_out_of_range_are_named() {
    let (table, labels) = friedman();
    let data = Labeled::new(&table, &labels).unwrap();
    let named = |result: Result<_, Error>| match result
        .map(|_: patronage_classify::ForestRegressorModel| ())
    {
        Err(error) => matches!(error.kind(), ErrorKind::Parameter { .. }),
        Ok(()) => false,
    };
    assert!(named(RandomForestRegressor::new().n_trees(0).fit(&data)));
    assert!(named(RandomForestRegressor::new().columns(ColumnDraw::Count(0)).fit(&data)));
    assert!(named(ExtraTreesRegressor::new().min_samples_leaf(0).fit(&data)));
}
