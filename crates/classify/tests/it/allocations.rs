//! A row alone is answered without allocating, once a thread has its buffers.

use ndarray::Array2;
use patronage_classify::{
    Baseline, Calibration, CalibrationMethod, DecisionTree, ExtraTrees, ExtraTreesRegressor,
    GradientBoosting, GradientBoostingRegressor, KNearest, LogisticRegression, NaiveBayes,
    Preparation, Prepared, RandomForest, RandomForestRegressor, RegressionTree, Stacking,
    StackingRegressor, Voting, VotingRegressor,
};
use patronage_core::{ClassIdx, Classifier, Column, FeatureTable, Fit, Labeled, Regressor, Schema};

/// Forty columns of numbers, more than are lent from the stack, and one of levels.
fn table() -> FeatureTable {
    let levels = Column::category("plan", ["basic", "gold", "none"]);
    let columns = (0..40).map(|j| Column::number(format!("x{j}"))).chain([levels]);
    let cell = |(i, j): (usize, usize)| match j {
        40 => (i % 3) as f64,
        _ => (i * (j + 3) * 7 % 31) as f64 / 8.0,
    };
    let schema = Schema::new(columns).unwrap();
    FeatureTable::new(schema, Array2::from_shape_fn((200, 41), cell)).unwrap()
}

/// Allocations while `answer` is called with each row; those of the first row are the thread's buffers.
fn allocations(table: &FeatureTable, mut answer: impl FnMut(&[f64])) -> u64 {
    answer(table.row(0));
    let answer_all = || (0..200).for_each(|row| answer(table.row(row)));
    allocation_counter::measure(answer_all).count_total
}

#[test]
fn the_count_sees_allocations() {
    assert_eq!(allocations(&table(), |row| drop(row.to_vec())), 200);
}

#[test]
fn classes_of_a_row() {
    let table = table();
    for n_classes in [2, 3] {
        let labels: Vec<ClassIdx> =
            (0..200).map(|i| ClassIdx::new(i * 7 % 11 % n_classes)).collect();
        let data = Labeled::new(&table, &labels).unwrap();
        let logistic = || Prepared::new(Preparation::standard(), LogisticRegression::new().c(0.1));
        let tree = || DecisionTree::new().max_depth(4);
        let vote = Voting::soft().member("tree", tree()).member("logistic", logistic());
        let platt = Calibration::new(CalibrationMethod::Platt);
        let stack = Stacking::new().folds(2).member("vote", vote.clone()).member("tree", tree());
        let models: [(&str, Box<dyn Classifier>); 11] = [
            ("baseline", Box::new(Baseline::new().fit(&data).unwrap())),
            ("logistic", Box::new(logistic().fit(&data).unwrap())),
            ("tree", Box::new(tree().fit(&data).unwrap())),
            ("forest", Box::new(RandomForest::new().n_trees(5).fit(&data).unwrap())),
            ("extra trees", Box::new(ExtraTrees::new().n_trees(5).fit(&data).unwrap())),
            ("boosting", Box::new(GradientBoosting::new().n_rounds(5).fit(&data).unwrap())),
            ("bayes", Box::new(NaiveBayes::new().fit(&data).unwrap())),
            ("neighbours", Box::new(KNearest::new(5).fit(&data).unwrap())),
            ("vote", Box::new(vote.fit(&data).unwrap())),
            ("stack", Box::new(stack.fit(&data).unwrap())),
            ("calibrated", Box::new(platt.calibrate(tree().fit(&data).unwrap(), &data).unwrap())),
        ];
        for (name, model) in models {
            let mut out = vec![0.0; model.n_classes()];
            let found = allocations(&table, |row| model.probabilities(row, &mut out));
            assert_eq!(found, 0, "{name}, {n_classes} classes");
        }
    }
}

#[test]
fn the_number_of_a_row() {
    let table = table();
    let labels: Vec<f64> = (0..200).map(|i| f64::from(i * 7 % 11)).collect();
    let data = Labeled::new(&table, &labels).unwrap();
    let tree = || Prepared::new(Preparation::standard(), RegressionTree::new().max_depth(4));
    let mean = VotingRegressor::new().member("tree", tree()).member("mean", Baseline::new());
    let stack =
        StackingRegressor::new().folds(2).member("mean", mean.clone()).member("tree", tree());
    let models: [(&str, Box<dyn Regressor>); 8] = [
        ("baseline", Box::new(Baseline::new().fit(&data).unwrap())),
        ("tree", Box::new(tree().fit(&data).unwrap())),
        ("forest", Box::new(RandomForestRegressor::new().n_trees(5).fit(&data).unwrap())),
        ("extra trees", Box::new(ExtraTreesRegressor::new().n_trees(5).fit(&data).unwrap())),
        ("boosting", Box::new(GradientBoostingRegressor::new().n_rounds(5).fit(&data).unwrap())),
        ("neighbours", Box::new(KNearest::new(5).fit(&data).unwrap())),
        ("mean", Box::new(mean.fit(&data).unwrap())),
        ("stack", Box::new(stack.fit(&data).unwrap())),
    ];
    for (name, model) in models {
        let found = allocations(&table, |row| assert!(model.value(row).is_finite()));
        assert_eq!(found, 0, "{name}");
    }
}
