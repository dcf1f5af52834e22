//! Votes and stacks, against scikit-learn 1.9.1 and against their definition.

use ndarray::Array2;
use patronage_classify::{
    AnyClassifier, Baseline, DecisionTree, KNearest, LogisticRegression, NaiveBayes, Preparation,
    Prepared, Stacking, VarianceFloor, Voting, cross_predict, stratified_folds,
};
use patronage_core::{
    ClassIdx, Classifier, ClassifierExt, Column, FeatureTable, Fit, Labeled, Schema, Seeded,
};

use crate::sixty::{near, repeated, table, three_classes, two_classes, weights};

fn bayes() -> NaiveBayes {
    NaiveBayes::new().variance_floor(VarianceFloor::OfGreatest(1e-9))
}

#[test]
fn a_soft_vote_is_that_of_scikit_learn() {
    // VotingClassifier([LogisticRegression(tol=1e-12), GaussianNB()], voting="soft", weights=[2, 1]).
    let (table, labels) = (table(), two_classes());
    let data = Labeled::new(&table, &labels).unwrap();
    let vote = Voting::soft()
        .member("logistic", LogisticRegression::new())
        .member("bayes", bayes())
        .weights(vec![2.0, 1.0]);
    let found = vote.fit(&data).unwrap().predict_probabilities(&table).unwrap();
    let expected =
        [0.014165660407734914, 0.42163098895294815, 0.7124982723297543, 0.061857534244279255];
    near(&found.column(1).to_vec()[..4], &expected, 1e-6);
}

#[test]
fn a_hard_vote_counts_heads() {
    let (table, labels) = (table(), three_classes());
    let data = Labeled::new(&table, &labels).unwrap();
    let vote = Voting::hard()
        .member("tree", DecisionTree::new().max_depth(2))
        .member("bayes", bayes())
        .member("neighbours", KNearest::new(3));
    let model = vote.fit(&data).unwrap();
    let found = model.predict_probabilities(&table).unwrap();
    let mut expected: Array2<f64> = Array2::zeros((60, 3));
    for (_, member) in model.members() {
        for (row, class) in member.predict(&table).unwrap().into_iter().enumerate() {
            expected[[row, class.index()]] += 1.0 / 3.0;
        }
    }
    near(found.as_slice().unwrap(), expected.as_slice().unwrap(), 1e-15);
}

#[test]
fn a_stack_learns_from_what_members_say_of_rows_they_did_not_see() {
    for labels in [two_classes(), three_classes()] {
        let table = table();
        let n_classes = labels.iter().map(|label| label.index() + 1).max().unwrap();
        let data = Labeled::new(&table, &labels).unwrap();
        let (first, second) = (DecisionTree::new().max_depth(2), bayes());
        let stack = Stacking::new().member("tree", first.clone()).member("bayes", second.clone());
        let model = stack.seed(7).fit(&data).unwrap();
        // By hand, with the same folds.
        let splits = stratified_folds(&labels, 5, 7).unwrap();
        let said = [
            cross_predict(&first, &data, &splits).unwrap(),
            cross_predict(&second, &data, &splits).unwrap(),
        ];
        let classes: Vec<usize> = if n_classes == 2 { vec![1] } else { (0..n_classes).collect() };
        let n = classes.len();
        let cell = |(i, j): (usize, usize)| said[j / n][[i, classes[j % n]]];
        let cells = Array2::from_shape_fn((60, 2 * n), cell);
        let schema = Schema::new((0..2 * n).map(|j| Column::number(format!("m{j}")))).unwrap();
        let last = FeatureTable::new(schema, cells).unwrap();
        let last = LogisticRegression::new().fit(&Labeled::new(&last, &labels).unwrap()).unwrap();
        for class in (0..n_classes as u32).map(ClassIdx::new) {
            let found = model.last().coefficients(class).unwrap();
            let expected = last.coefficients(class).unwrap();
            for (found, expected) in found.terms.iter().zip(&expected.terms) {
                assert!((found.per_unit - expected.per_unit).abs() < 1e-9);
            }
        }
        assert_eq!(model.members().map(|(name, _)| name).collect::<Vec<_>>(), ["tree", "bayes"]);
    }
}

#[test]
fn rows_drawn_twice_stand_in_one_fold() {
    let (table, labels, weights, rows) = (table(), two_classes(), weights(), repeated());
    let data = Labeled::new(&table, &labels).unwrap();
    let stack = Stacking::new()
        .member("nearest", KNearest::new(1))
        .member("tree", DecisionTree::new().max_depth(2));
    let twice = stack.fit(&data.select(&rows).unwrap()).unwrap();
    let weighted = stack.fit(&data.weighted(&weights).unwrap()).unwrap();
    let a = twice.predict_probabilities(&table).unwrap();
    let b = weighted.predict_probabilities(&table).unwrap();
    near(a.as_slice().unwrap(), b.as_slice().unwrap(), 1e-9);
}

/// Anyone's own estimator: a stump on the first column.
#[derive(Clone, Debug)]
struct Stump(f64);

#[derive(Debug)]
struct StumpModel(Schema, f64);

impl Fit<Labeled<'_, ClassIdx>> for Stump {
    type Model = StumpModel;
    type Error = std::io::Error;

    fn fit(&self, data: &Labeled<'_, ClassIdx>) -> Result<StumpModel, std::io::Error> {
        if self.0.is_nan() {
            return Err(std::io::Error::other("no threshold"));
        }
        Ok(StumpModel(data.schema().clone(), self.0))
    }
}

impl Seeded for Stump {
    fn reseeded(&self, _seed: u64) -> Self {
        self.clone()
    }
}

impl Classifier for StumpModel {
    fn schema(&self) -> &Schema {
        &self.0
    }

    fn n_classes(&self) -> usize {
        2
    }

    fn probabilities(&self, row: &[f64], out: &mut [f64]) {
        let one = f64::from(u8::from(row[0] > self.1));
        out.copy_from_slice(&[1.0 - one, one]);
    }
}

#[test]
fn anyone_may_be_a_member() {
    let (table, labels) = (table(), two_classes());
    let data = Labeled::new(&table, &labels).unwrap();
    let inner = Voting::soft().member("b", Baseline::new()).other_member("s", Stump(3.0));
    let stack = Stacking::new()
        .other_member("stump", Stump(5.0))
        .member("vote", inner)
        .member("prepared", Prepared::new(Preparation::standard(), LogisticRegression::new()));
    let model = stack.fit(&data).unwrap();
    assert!(matches!(model.members().next(), Some(("stump", AnyClassifier::Other(_)))));
    assert_eq!(model.predict_probabilities(&table).unwrap().dim(), (60, 2));
    let error = Voting::soft().other_member("stump", Stump(f64::NAN)).fit(&data).unwrap_err();
    assert_eq!(error.to_string(), "stump: no threshold");
    // Three classes are more than the stump answers.
    let three = three_classes();
    let error = Voting::soft()
        .other_member("stump", Stump(5.0))
        .fit(&Labeled::new(&table, &three).unwrap())
        .unwrap_err();
    assert_eq!(error.to_string(), "stump: classes of a member: expected 3, found 2");
}

#[test]
fn ensembles_of_nobody_and_of_namesakes_are_refused() {
    let (table, labels) = (table(), two_classes());
    let data = Labeled::new(&table, &labels).unwrap();
    assert!(Voting::soft().fit(&data).is_err());
    assert!(Stacking::new().fit(&data).is_err());
    let twice = Voting::soft().member("a", Baseline::new()).member("a", Baseline::new());
    assert_eq!(
        twice.fit(&data).unwrap_err().to_string(),
        r#"label 1: expected a name for each member, found "a""#
    );
    let one = || Voting::hard().member("a", Baseline::new());
    for wrong in [vec![], vec![0.0], vec![-1.0], vec![f64::NAN], vec![1.0, 1.0]] {
        assert!(one().weights(wrong).fit(&data).is_err());
    }
    let stack = Stacking::new().member("a", Baseline::new());
    assert!(stack.clone().folds(1).fit(&data).is_err());
    assert!(stack.folds(61).fit(&data).is_err());
}
