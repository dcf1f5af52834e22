//! Weights of classes: as rows of that weight, and as scikit-learn has them.

use ndarray::Array2;
use patronage_classify::{
    ClassWeights, DecisionTree, ExtraTrees, LogisticRegression, RandomForest,
};
use patronage_core::{
    ClassIdx, Classifier, ClassifierExt, Column, FeatureTable, Fit, Labeled, Schema,
};

const N: usize = 90;

fn table() -> FeatureTable {
    let schema = Schema::new(["a", "b"].map(Column::number)).unwrap();
    let cell = |(i, j): (usize, usize)| ((i * (37 + 16 * j)) % (101 - 34 * j)) as f64 / 10.0;
    FeatureTable::new(schema, Array2::from_shape_fn((N, 2), cell)).unwrap()
}

/// One row in five is of class 1.
fn labels(table: &FeatureTable) -> Vec<ClassIdx> {
    let of = |i: usize| u32::from(table.row(i)[0] + ((i * 29) % 13) as f64 > 16.0);
    (0..N).map(|i| ClassIdx::new(of(i))).collect()
}

/// What a model says when classes are weighted, and when their rows are.
fn both<E, M>(plain: &E, weighted: &E)
where
    E: for<'a> Fit<Labeled<'a, ClassIdx>, Model = M, Error = patronage_classify::Error>,
    M: Classifier,
{
    let table = table();
    let labels = labels(&table);
    let data = Labeled::new(&table, &labels).unwrap();
    let of_class = [1.0, 4.0];
    let weights: Vec<f64> = labels.iter().map(|label| of_class[label.index()]).collect();
    let by_class = weighted.fit(&data).unwrap().predict_probabilities(&table).unwrap();
    let by_row = plain.fit(&data.weighted(&weights).unwrap()).unwrap();
    let by_row = by_row.predict_probabilities(&table).unwrap();
    let most = (&by_class - &by_row).iter().fold(0.0_f64, |most, d| most.max(d.abs()));
    assert!(most < 1e-9, "{most}");
    let before = plain.fit(&data).unwrap().predict_probabilities(&table).unwrap();
    assert!(by_class.column(1).sum() > before.column(1).sum());
}

#[test]
fn a_weighted_class_is_a_class_of_weighted_rows() {
    let four = || ClassWeights::Given(vec![1.0, 4.0]);
    let tree = DecisionTree::new().max_depth(3);
    both(&tree, &tree.clone().class_weights(four()));
    let logistic = LogisticRegression::new();
    both(&logistic, &logistic.clone().class_weights(four()));
    let forest = RandomForest::new().n_trees(10).max_depth(4);
    both(&forest, &forest.clone().class_weights(four()));
    let extra = ExtraTrees::new().n_trees(10).max_depth(4);
    both(&extra, &extra.clone().class_weights(four()));
}

#[test]
fn weights_that_do_not_fit_are_refused() {
    let table = table();
    let labels = labels(&table);
    let data = Labeled::new(&table, &labels).unwrap();
    for wrong in [vec![1.0], vec![1.0, 0.0], vec![1.0, f64::NAN]] {
        let given = ClassWeights::Given(wrong);
        assert!(DecisionTree::new().class_weights(given.clone()).fit(&data).is_err());
        assert!(RandomForest::new().class_weights(given.clone()).fit(&data).is_err());
        assert!(LogisticRegression::new().class_weights(given).fit(&data).is_err());
    }
}
