//! Means and stacks of numbers, against scikit-learn 1.9.1 and against their definition.

use patronage_classify::{
    AnyRegressor, Baseline, GradientBoostingRegressor, KFold, KNearest, Preparation, Prepared,
    RandomForestRegressor, RegressionTree, Splitter, StackingRegressor, VotingRegressor,
    cross_predict,
};
use patronage_core::{Column, FeatureTable, Fit, Labeled, Regressor, RegressorExt, Schema, Seeded};

use crate::forests::friedman;

fn tree() -> RegressionTree {
    RegressionTree::new().max_depth(4)
}

#[test]
fn a_mean_is_that_of_scikit_learn() {
    // VotingRegressor([DecisionTreeRegressor(max_depth=4), KNeighborsRegressor(5),
    // DummyRegressor()], weights=[3, 2, 1]).
    let (table, labels) = friedman();
    let vote = VotingRegressor::new()
        .member("tree", tree())
        .member("near", KNearest::new(5))
        .member("mean", Baseline::new())
        .weights(vec![3.0, 2.0, 1.0]);
    let model = vote.fit(&Labeled::new(&table, &labels).unwrap()).unwrap();
    let found = model.predict(&table).unwrap();
    let expected = [6.58386255, 15.77347445, 13.53505031, 15.96610447];
    assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-8), "{:?}", &found[..4]);
    let weights: Vec<(&str, f64)> =
        model.members().map(|(name, weight, _)| (name, weight)).collect();
    assert_eq!(weights, [("tree", 0.5), ("near", 1.0 / 3.0), ("mean", 1.0 / 6.0)]);
}

/// The mean squared error of a mixture.
fn error(said: &[Vec<f64>], weights: &[f64], labels: &[f64]) -> f64 {
    let of = |row: usize| -> f64 {
        let value: f64 = said.iter().zip(weights).map(|(said, weight)| weight * said[row]).sum();
        (value - labels[row]).powi(2)
    };
    (0..labels.len()).map(of).sum::<f64>() / labels.len() as f64
}

#[test]
fn a_stack_believes_those_who_err_least_together_on_rows_they_did_not_see() {
    let (table, labels) = friedman();
    let data = Labeled::new(&table, &labels).unwrap();
    let near = || KNearest::new(5);
    let stack = StackingRegressor::new()
        .member("tree", tree())
        .member("near", near())
        .member("mean", Baseline::new())
        .seed(7);
    let model = stack.fit(&data).unwrap();
    let weights: Vec<f64> = model.members().map(|(_, weight, _)| weight).collect();
    // By hand, with the same folds: no share moved from one to another makes the error less.
    let splits = KFold::new(5).seed(7).splits(&labels).unwrap();
    let said = [
        cross_predict(&tree(), &data, &splits).unwrap().column(0).to_vec(),
        cross_predict(&near(), &data, &splits).unwrap().column(0).to_vec(),
        cross_predict(&Baseline::new(), &data, &splits).unwrap().column(0).to_vec(),
    ];
    let least = error(&said, &weights, &labels);
    for (from, to) in [(0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1)] {
        let moved = 1e-4_f64.min(weights[from]);
        let mut other = weights.clone();
        other[from] -= moved;
        other[to] += moved;
        assert!(error(&said, &other, &labels) >= least, "{weights:?}: {from} to {to}");
    }
    for alone in [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]] {
        assert!(error(&said, &alone, &labels) > least);
    }
    // The members are those fitted on all rows.
    let whole = tree().fit(&data).unwrap().predict(&table).unwrap();
    assert_eq!(model.members().next().unwrap().2.predict(&table).unwrap(), whole);
    assert_ne!(stack.reseeded(8).fit(&data).unwrap(), model);
}

#[test]
fn a_stack_follows_shifts_scales_and_doubled_rows() {
    let (table, labels) = friedman();
    let stack = StackingRegressor::new().member("tree", tree()).member("mean", Baseline::new());
    let weights_of = |labels: &[f64]| -> Vec<f64> {
        let model = stack.fit(&Labeled::new(&table, labels).unwrap()).unwrap();
        model.members().map(|(_, weight, _)| weight).collect()
    };
    let plain = weights_of(&labels);
    let scaled: Vec<f64> = labels.iter().map(|label| label * 1024.0).collect();
    assert_eq!(weights_of(&scaled), plain);
    let shifted: Vec<f64> = labels.iter().map(|label| label + 1e4).collect();
    assert!(weights_of(&shifted).iter().zip(&plain).all(|(a, b)| (a - b).abs() < 1e-6));
    // Numbers at the end of the range give numbers.
    for size in [1e-300, 1e300, f64::MAX / 30.0] {
        let labels: Vec<f64> = labels.iter().map(|label| label * size).collect();
        let model = stack.fit(&Labeled::new(&table, &labels).unwrap()).unwrap();
        assert!(model.predict(&table).unwrap().iter().all(|value| value.is_finite()), "{size}");
    }
    // A row drawn twice counts as one of weight two, and is in one fold.
    let data = Labeled::new(&table, &labels).unwrap();
    let rows: Vec<u32> = (0..600).chain(0..300).collect();
    let drawn = stack.fit(&data.reborrow().select(&rows).unwrap()).unwrap();
    let weights: Vec<f64> = (0..600).map(|row| if row < 300 { 2.0 } else { 1.0 }).collect();
    let weighted = stack.fit(&data.weighted(&weights).unwrap()).unwrap();
    for ((_, a, _), (_, b, _)) in drawn.members().zip(weighted.members()) {
        assert!((a - b).abs() < 1e-12);
    }
}

#[test]
fn members_may_be_of_any_kind_and_are_named_where_they_fail() {
    /// Answers with its first cell, if that is not what `fit` is told to refuse.
    #[derive(Clone)]
    struct First;
    struct FirstModel(Schema);
    impl Fit<Labeled<'_, f64>> for First {
        type Model = FirstModel;
        type Error = std::fmt::Error;
        fn fit(&self, data: &Labeled<'_, f64>) -> Result<FirstModel, std::fmt::Error> {
            if data.len() < 3 {
                Err(std::fmt::Error)
            } else {
                Ok(FirstModel(data.schema().clone()))
            }
        }
    }
    impl Seeded for First {
        fn reseeded(&self, _seed: u64) -> Self {
            self.clone()
        }
    }
    impl Regressor for FirstModel {
        fn schema(&self) -> &Schema {
            &self.0
        }
        fn value(&self, row: &[f64]) -> f64 {
            row[0]
        }
    }
    let schema = Schema::new([Column::number("x")]).unwrap();
    let table = FeatureTable::new(schema, ndarray::array![[1.0], [2.0], [3.0], [4.0]]).unwrap();
    let labels = [1.0, 2.0, 3.0, 4.0];
    let data = Labeled::new(&table, &labels).unwrap();
    let inner = VotingRegressor::new().member("mean", Baseline::new()).other_member("first", First);
    let stack = StackingRegressor::new()
        .folds(4)
        .member("vote", inner.clone())
        .other_member("first", First)
        .member("boosting", GradientBoostingRegressor::new().n_rounds(2))
        .member("prepared", Prepared::new(Preparation::standard(), tree()));
    let model = stack.fit(&data).unwrap();
    assert_eq!(model.predict(&table).unwrap(), labels, "the one that is always right");
    assert!(matches!(model.members().next().unwrap().2, AnyRegressor::Voting(_)));

    let few = data.reborrow().select(&[0, 1]).unwrap();
    let error = inner.fit(&few).unwrap_err();
    assert!(error.to_string().contains("first"), "{error}");
    assert!(VotingRegressor::new().fit(&data).is_err());
    assert!(StackingRegressor::new().fit(&data).is_err());
    let twice = VotingRegressor::new().member("a", Baseline::new()).member("a", tree());
    assert!(twice.fit(&data).unwrap_err().to_string().contains("\"a\""));
    let one = || VotingRegressor::new().member("a", Baseline::new());
    for weights in [vec![], vec![1.0, 1.0], vec![-1.0], vec![0.0], vec![f64::NAN]] {
        assert!(one().weights(weights).fit(&data).is_err());
    }
    let stack = || StackingRegressor::new().member("a", Baseline::new());
    assert!(stack().folds(1).fit(&data).is_err());
    assert!(stack().folds(5).fit(&data).is_err(), "more folds than rows");
}

#[test]
fn a_stack_of_unlike_models_beats_each_of_them() {
    let (table, labels) = friedman();
    let data = Labeled::new(&table, &labels).unwrap();
    let splits = KFold::new(4).seed(1).splits(&labels).unwrap();
    let forest = || RandomForestRegressor::new().n_trees(30);
    let boosting = || GradientBoostingRegressor::new().n_rounds(60).min_samples_leaf(5);
    let stack = StackingRegressor::new()
        .member("forest", forest())
        .member("boosting", boosting())
        .member("near", KNearest::new(8));
    let of = |said: ndarray::Array2<f64>| error(&[said.column(0).to_vec()], &[1.0], &labels);
    let stacked = of(cross_predict(&stack, &data, &splits).unwrap());
    let alone = [
        of(cross_predict(&forest(), &data, &splits).unwrap()),
        of(cross_predict(&boosting(), &data, &splits).unwrap()),
        of(cross_predict(&KNearest::new(8), &data, &splits).unwrap()),
    ];
    assert!(alone.iter().all(|&alone| stacked < alone), "{stacked} against {alone:?}");
}

#[test]
fn members_reseeded_stay_apart_and_answers_that_are_no_numbers_are_refused() {
    let (table, labels) = friedman();
    let data = Labeled::new(&table, &labels).unwrap();
    let forest = |seed| RandomForestRegressor::new().n_trees(3).seed(seed);
    let vote = VotingRegressor::new().member("one", forest(1)).member("two", forest(2));
    let model = vote.reseeded(9).fit(&data).unwrap();
    let [one, two] = [0, 1].map(|at| model.members().nth(at).unwrap().2.clone());
    assert_ne!(one, two, "each member has a seed of its own");
    // What a batch answers is what each row alone is answered, bit for bit.
    let batch = model.predict(&table).unwrap();
    assert!((0..600).all(|row| batch[row] == model.value(table.row(row))));

    /// Answers with no number where the first cell is above a half.
    #[derive(Clone)]
    struct Half(f64);
    struct HalfModel(Schema, f64);
    impl Fit<Labeled<'_, f64>> for Half {
        type Model = HalfModel;
        type Error = std::convert::Infallible;
        fn fit(&self, data: &Labeled<'_, f64>) -> Result<HalfModel, Self::Error> {
            Ok(HalfModel(data.schema().clone(), self.0))
        }
    }
    impl Seeded for Half {
        fn reseeded(&self, _seed: u64) -> Self {
            self.clone()
        }
    }
    impl Regressor for HalfModel {
        fn schema(&self) -> &Schema {
            &self.0
        }
        fn value(&self, row: &[f64]) -> f64 {
            if row[0] > 0.5 { self.1 } else { 1.0 }
        }
    }
    for wrong in [f64::NAN, f64::INFINITY] {
        let stack = StackingRegressor::new().member("tree", tree()).other_member("h", Half(wrong));
        let error = stack.fit(&data).unwrap_err();
        assert!(error.to_string().contains('h'), "{error}");
    }
}
