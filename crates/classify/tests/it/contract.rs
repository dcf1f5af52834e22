//! The contracts of the traits of `core`, kept by every estimator and model here.

use ndarray::Array2;
use patronage_classify::{
    Baseline, BiasVariance, Calibration, CalibrationMethod, ClassWeights, ColumnDraw, DecisionTree,
    Error, ExtraTrees, ExtraTreesRegressor, GradientBoosting, GradientBoostingRegressor, KNearest,
    LogisticRegression, NaiveBayes, NeighbourSearch, NeighbourWeighting, Preparation, Prepared,
    RandomForest, RandomForestRegressor, RegressionLoss, RegressionTree, Scaling, Select, Stacking,
    StackingRegressor, TargetEncoding, Voting, VotingRegressor, WeightOfEvidence, cross_predict,
    stratified_folds,
};
use patronage_core::{
    ClassIdx, Classifier, ClassifierExt, Column, ColumnKind, FeatureTable, Features, Fit, Labeled,
    Provenance, Regressor, SavedModel, Schema, Seeded, Timestamp, Window,
};
use patronage_testkit::{
    check_calibrated, check_classifier, check_fit_deterministic, check_regressor,
    check_same_on_any_pool, check_saved_model, check_seeded, check_send_sync, ordinary_rows,
    random_rows,
};

/// A column of every kind.
fn schema() -> Schema {
    let other = ColumnKind::Category { levels: vec!["web".into(), "other".into()], unseen: 1 };
    Schema::new([
        Column::number("spend"),
        Column::nullable("age"),
        Column::category("country", ["FR", "DE", "GB"]),
        Column::new("channel", other),
        Column::flag("newsletter"),
        Column::date("joined"),
    ])
    .unwrap()
}

fn rows(n: usize) -> FeatureTable {
    let values = ordinary_rows(&schema(), n, 3);
    FeatureTable::new(schema(), values).unwrap()
}

/// Classes that columns say something of.
fn labels(table: &FeatureTable, n_classes: u32) -> Vec<ClassIdx> {
    let say = |(row, at): (ndarray::ArrayView1<'_, f64>, usize)| {
        let score = row[2] + row[4] + f64::from(u8::from(row[1].is_nan())) + (at % 3) as f64;
        ClassIdx::new(score as u32 % n_classes)
    };
    table.values().rows().into_iter().zip(0..).map(say).collect()
}

fn keeps_contract<E, M>(estimator: &E)
where
    E: for<'a> Fit<Labeled<'a, ClassIdx>, Model = M, Error = Error> + Seeded + Sync,
    M: Classifier + SavedModel + PartialEq + std::fmt::Debug,
{
    for (n_rows, n_classes) in [(1, 2), (40, 2), (400, 4)] {
        let table = rows(n_rows);
        let labels = labels(&table, n_classes);
        let data = Labeled::new(&table, &labels).unwrap();
        check_fit_deterministic(estimator, &data, |a, b| a == b);
        check_seeded(estimator, &data, |a, b| a == b);
        let model = estimator.fit(&data).unwrap();
        check_classifier(&model, &table);
        let training = Some(table.fingerprint());
        check_saved_model(&model, Provenance { schema: Some(schema()), training });
    }
    // The whole range of numbers in training too.
    let values = random_rows(&schema(), 60, 9);
    let table = FeatureTable::new(schema(), values).unwrap();
    let labels = labels(&table, 2);
    let model = estimator.fit(&Labeled::new(&table, &labels).unwrap()).unwrap();
    check_classifier(&model, &table);
}

#[test]
fn baseline() {
    keeps_contract(&Baseline::new());
    let table = rows(40);
    let values: Vec<f64> = table.values().rows().into_iter().map(|row| row[2] + row[4]).collect();
    let data = Labeled::new(&table, &values).unwrap();
    check_fit_deterministic(&Baseline::new(), &data, |a, b| a == b);
    let model = Baseline::new().fit(&data).unwrap();
    check_regressor(&model, &table);
    check_saved_model(&model, Provenance { schema: None, training: None });
}

#[test]
fn logistic_regression() {
    keeps_contract(&LogisticRegression::new());
    keeps_contract(&LogisticRegression::new().scaling(Scaling::Standard).c(0.1));
    keeps_contract(&LogisticRegression::new().c(f64::INFINITY).max_iter(20));
}

#[test]
fn decision_tree() {
    keeps_contract(&DecisionTree::new());
    keeps_contract(&DecisionTree::new().max_leaves(5).smoothing(0.5));
    keeps_contract(&DecisionTree::new().max_depth(3).min_samples_leaf(4));
}

#[test]
fn forests() {
    keeps_contract(&RandomForest::new().n_trees(9));
    keeps_contract(&ExtraTrees::new().n_trees(9).min_samples_leaf(3));
}

#[test]
fn boosting() {
    keeps_contract(&GradientBoosting::new().n_rounds(8));
    let drawn = GradientBoosting::new().n_rounds(8).min_samples_leaf(1).min_level_rows(1);
    keeps_contract(&drawn.clone().row_share(0.7).columns_by_tree(0.8).columns_by_node(0.8));
    keeps_contract(&drawn.max_bins(4).max_leaves(5).l2(1.0));
}

#[test]
fn boosted_regression() {
    let table = rows(300);
    let values: Vec<f64> = table.values().rows().into_iter().map(|row| row[2] + row[4]).collect();
    let data = Labeled::new(&table, &values).unwrap();
    for loss in [RegressionLoss::Squared, RegressionLoss::Poisson] {
        let estimator = GradientBoostingRegressor::new().loss(loss).n_rounds(8).row_share(0.9);
        check_fit_deterministic(&estimator, &data, |a, b| a == b);
        check_seeded(&estimator, &data, |a, b| a == b);
        let model = estimator.fit_validated(&data, &data).unwrap();
        check_regressor(&model, &table);
        check_saved_model(&model, Provenance { schema: None, training: None });
    }
}

#[test]
fn weighted_and_pruned() {
    keeps_contract(&DecisionTree::new().class_weights(ClassWeights::Balanced).ccp_alpha(0.01));
    keeps_contract(&LogisticRegression::new().class_weights(ClassWeights::Balanced));
    keeps_contract(&RandomForest::new().n_trees(5).class_weights(ClassWeights::Balanced));
}

#[test]
fn naive_bayes() {
    keeps_contract(&NaiveBayes::new());
    keeps_contract(&NaiveBayes::new().class_weights(ClassWeights::Balanced).smoothing(0.1));
}

#[test]
fn nearest_neighbours() {
    keeps_contract(&KNearest::new(5));
    let by_distance = KNearest::new(3).weighting(NeighbourWeighting::Distance);
    keeps_contract(&by_distance.clone().search(NeighbourSearch::KdTree));
    let brute = by_distance.clone().search(NeighbourSearch::BruteForce).scaling(Scaling::Raw);
    keeps_contract(&brute.class_weights(ClassWeights::Balanced));
    let table = rows(300);
    let values: Vec<f64> = table.values().rows().into_iter().map(|row| row[2] + row[4]).collect();
    let data = Labeled::new(&table, &values).unwrap();
    check_fit_deterministic(&by_distance, &data, |a, b| a == b);
    let model = by_distance.fit(&data).unwrap();
    check_regressor(&model, &table);
    check_saved_model(&model, Provenance { schema: None, training: None });
}

#[test]
fn prepared_models() {
    keeps_contract(&Prepared::new(Preparation::standard(), LogisticRegression::new()));
    let encoded = Preparation::new()
        .target_encode(Select::names(["channel"]), TargetEncoding::new())
        .then(Preparation::standard());
    keeps_contract(&Prepared::new(encoded, NaiveBayes::new()));
    let table = rows(200);
    let labels = labels(&table, 2);
    let data = Labeled::new(&table, &labels).unwrap();
    let evidence = Preparation::new().weight_of_evidence(
        Select::names(["spend", "age", "country", "channel", "newsletter", "joined"]),
        WeightOfEvidence::supervised(4),
    );
    let estimator = Prepared::new(evidence, LogisticRegression::new());
    check_fit_deterministic(&estimator, &data, |a, b| a == b);
    let model = estimator.fit(&data).unwrap();
    check_classifier(&model, &table);
    check_saved_model(model.preparation(), Provenance { schema: Some(schema()), training: None });
    check_saved_model(&model, Provenance { schema: Some(schema()), training: None });
    let values: Vec<f64> = table.values().rows().into_iter().map(|row| row[2] + row[4]).collect();
    let data = Labeled::new(&table, &values).unwrap();
    let estimator = Prepared::new(Preparation::standard(), RegressionTree::new().max_depth(3));
    let model = estimator.fit(&data).unwrap();
    check_regressor(&model, &table);
    check_saved_model(&model, Provenance { schema: Some(schema()), training: None });
}

#[test]
fn votes_and_stacks() {
    let tree = || DecisionTree::new().max_depth(3);
    let prepared = || Prepared::new(Preparation::standard(), LogisticRegression::new());
    keeps_contract(&Voting::soft().member("tree", tree()).member("linear", prepared()));
    keeps_contract(&Voting::hard().member("tree", tree()).member("bayes", NaiveBayes::new()));
    let forest = RandomForest::new().n_trees(4);
    let stack = Stacking::new().folds(3).member("forest", forest).member("linear", prepared());
    for n_classes in [2, 3] {
        let table = rows(120);
        let labels = labels(&table, n_classes);
        let data = Labeled::new(&table, &labels).unwrap();
        check_fit_deterministic(&stack, &data, |a, b| a == b);
        check_seeded(&stack, &data, |a, b| a == b);
        let model = stack.fit(&data).unwrap();
        check_classifier(&model, &table);
        check_saved_model(&model, Provenance { schema: Some(schema()), training: None });
    }
}

/// What every estimator of numbers keeps.
fn keeps_contract_of_numbers<E, M>(estimator: &E)
where
    E: for<'a> Fit<Labeled<'a, f64>, Model = M, Error = Error> + Seeded + Sync,
    M: Regressor + SavedModel + PartialEq + std::fmt::Debug,
{
    for n in [1, 300] {
        let table = rows(n);
        let values: Vec<f64> =
            table.values().rows().into_iter().map(|row| row[2] + row[4]).collect();
        let data = Labeled::new(&table, &values).unwrap();
        check_fit_deterministic(estimator, &data, |a, b| a == b);
        check_seeded(estimator, &data, |a, b| a == b);
        let model = estimator.fit(&data).unwrap();
        check_regressor(&model, &table);
        check_saved_model(&model, Provenance { schema: None, training: None });
    }
}

#[test]
fn trees_of_numbers() {
    keeps_contract_of_numbers(&RegressionTree::new().max_depth(4));
    keeps_contract_of_numbers(&RandomForestRegressor::new().n_trees(9).min_samples_leaf(3));
    keeps_contract_of_numbers(&ExtraTreesRegressor::new().n_trees(9).columns(ColumnDraw::All));
}

#[test]
fn means_and_stacks_of_numbers() {
    let tree = || Prepared::new(Preparation::standard(), RegressionTree::new().max_depth(3));
    let forest = || RandomForestRegressor::new().n_trees(4);
    keeps_contract_of_numbers(
        &VotingRegressor::new().member("tree", tree()).member("forest", forest()),
    );
    let stack = StackingRegressor::new().folds(3).member("tree", tree()).member("forest", forest());
    let table = rows(120);
    let values: Vec<f64> = table.values().rows().into_iter().map(|row| row[2] + row[4]).collect();
    let data = Labeled::new(&table, &values).unwrap();
    check_fit_deterministic(&stack, &data, |a, b| a == b);
    check_seeded(&stack, &data, |a, b| a == b);
    let model = stack.fit(&data).unwrap();
    check_regressor(&model, &table);
    check_saved_model(&model, Provenance { schema: Some(schema()), training: None });
}

#[test]
fn calibrated_classifiers() {
    for n_classes in [2, 3] {
        let table = rows(300);
        let labels = labels(&table, n_classes);
        let data = Labeled::new(&table, &labels).unwrap();
        let tree = DecisionTree::new().max_depth(6).fit(&data).unwrap();
        let window =
            Window { start: Timestamp::from_seconds(0), end: Timestamp::from_seconds(86_400) };
        for method in
            [CalibrationMethod::Platt, CalibrationMethod::Beta, CalibrationMethod::Isotonic]
        {
            let calibration = Calibration::new(method).window(window);
            let model = calibration.calibrate(tree.clone(), &data).unwrap();
            check_classifier(&model, &table);
            check_calibrated(&model);
            check_saved_model(&model, Provenance { schema: Some(schema()), training: None });
        }
    }
}

#[test]
fn large_fits_are_the_same_on_any_pool() {
    // Large enough that work is shared among threads.
    let table = rows(40_000);
    let labels = labels(&table, 3);
    let data = Labeled::new(&table, &labels).unwrap();
    check_fit_deterministic(&DecisionTree::new().max_depth(6), &data, |a, b| a == b);
    check_fit_deterministic(&LogisticRegression::new(), &data, |a, b| a == b);
    check_fit_deterministic(&GradientBoosting::new().n_rounds(3), &data, |a, b| a == b);
    let many = GradientBoosting::new().n_rounds(2).fit(&data).unwrap();
    check_same_on_any_pool(|| many.predict_probabilities(&table).unwrap(), |a, b| a == b);
    let few = rows(200);
    let labels = &labels[..200];
    let data = Labeled::new(&few, labels).unwrap();
    check_same_on_any_pool(
        || BiasVariance::new(9).predictions(&DecisionTree::new(), &data, &data).unwrap(),
        |a, b| a == b,
    );
    let splits = stratified_folds(labels, 4, 1).unwrap();
    check_same_on_any_pool(
        || cross_predict(&DecisionTree::new(), &data, &splits).unwrap(),
        |a: &Array2<f64>, b| a == b,
    );
}

#[test]
fn everything_may_be_shared() {
    check_send_sync::<Error>();
    check_send_sync::<patronage_classify::Scored>();
    check_send_sync::<patronage_classify::Decomposition>();
}
