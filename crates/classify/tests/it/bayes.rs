//! Naive Bayes, against scikit-learn 1.9.1.

use ndarray::{Array2, array};
use patronage_classify::{ClassWeights, NaiveBayes, VarianceFloor};
use patronage_core::{
    ClassIdx, Classifier, ClassifierExt, Column, FeatureTable, Fit, Labeled, Schema,
};

use crate::sixty::{N, near, repeated, table, three_classes, two_classes, weights};

/// Probabilities of class 1 of the first four rows: plain, and weighted.
fn first_four(estimator: &NaiveBayes, table: &FeatureTable) -> [Vec<f64>; 2] {
    let (labels, weights, rows) = (two_classes(), weights(), repeated());
    let data = Labeled::new(table, &labels).unwrap();
    let weighted = data.weighted(&weights).unwrap();
    let of = |data: &Labeled<'_, ClassIdx>| {
        let model = estimator.fit(data).unwrap();
        model.predict_probabilities(table).unwrap().column(1).to_vec()[..4].to_vec()
    };
    let found = [of(&data), of(&weighted)];
    // A weight of n is a row n times.
    near(&of(&data.select(&rows).unwrap()), &found[1], 1e-12);
    found
}

#[test]
fn numbers_are_those_of_gaussian_nb() {
    // GaussianNB().fit(X, y, sample_weight).predict_proba(X), with var_smoothing of 1e-9.
    let estimator = NaiveBayes::new().variance_floor(VarianceFloor::OfGreatest(1e-9));
    let [plain, weighted] = first_four(&estimator, &table());
    let expected =
        [0.010324388094072748, 0.4096487015874337, 0.6899093984627559, 0.0488096254937158];
    near(&plain, &expected, 1e-13);
    // scikit-learn takes the floor of the weighted from the unweighted variance.
    let expected =
        [0.011107687135765158, 0.4243013599315351, 0.6745303056354672, 0.05631215383753082];
    near(&weighted, &expected, 1e-8);

    let (table, labels) = (table(), three_classes());
    let model = estimator.fit(&Labeled::new(&table, &labels).unwrap()).unwrap();
    let found = model.predict_probabilities(&table).unwrap();
    let expected = [
        0.6753012275709425,
        0.3246987724288937,
        1.6304122774029158e-13,
        0.6072538891541519,
        0.37418414782138176,
        0.018561963024466156,
    ];
    near(&found.as_slice().unwrap()[..6], &expected, 1e-12);
}

#[test]
fn levels_are_those_of_categorical_nb() {
    // CategoricalNB(alpha=0.5).
    let schema = Schema::new([
        Column::category("a", ["p", "q", "r", "s"]),
        Column::category("b", ["t", "u", "v"]),
    ])
    .unwrap();
    let cell =
        |(i, j): (usize, usize)| if j == 0 { (i * 5 % 4) as f64 } else { (i * 11 % 3) as f64 };
    let table = FeatureTable::new(schema, Array2::from_shape_fn((N, 2), cell)).unwrap();
    let [plain, weighted] = first_four(&NaiveBayes::new().smoothing(0.5), &table);
    let expected =
        [0.39791182474319137, 0.4324729773670054, 0.4956396000191614, 0.2817823905116413];
    near(&plain, &expected, 1e-14);
    let expected =
        [0.37078766473388414, 0.4447510585621871, 0.5115272348188027, 0.25488507798951965];
    near(&weighted, &expected, 1e-14);
}

#[test]
fn flags_are_those_of_bernoulli_nb() {
    // BernoulliNB(alpha=1.0).
    let schema = Schema::new(["a", "b", "c"].map(Column::flag)).unwrap();
    let cell = |(i, j): (usize, usize)| match j {
        0 => (i * 3 % 2) as f64,
        1 => (i / 2 % 2) as f64,
        _ => (i / 5 % 2) as f64,
    };
    let table = FeatureTable::new(schema, Array2::from_shape_fn((N, 3), cell)).unwrap();
    let [plain, weighted] = first_four(&NaiveBayes::new(), &table);
    let expected = [0.463267226962268, 0.36985037238404433, 0.4315888820112712, 0.3405073841674806];
    near(&plain, &expected, 1e-14);
    let expected = [0.42702540443146736, 0.3424287878703878, 0.4270254044314675, 0.342428787870388];
    near(&weighted, &expected, 1e-14);
}

#[test]
fn what_is_missing_or_never_seen_says_nothing() {
    let nan = f64::NAN;
    let schema = Schema::new([
        Column::nullable("age"),
        Column::category("plan", ["basic", "gold", "silver"]),
        Column::number("constant"),
    ])
    .unwrap();
    let cells = array![[20.0, 0.0, 7.0], [nan, 0.0, 7.0], [50.0, 1.0, 7.0], [60.0, 1.0, 7.0]];
    let table = FeatureTable::new(schema, cells).unwrap();
    let labels = [0, 0, 1, 1].map(ClassIdx::new);
    let model = NaiveBayes::new().fit(&Labeled::new(&table, &labels).unwrap()).unwrap();
    let mut out = [0.0; 2];
    // The code for the unseen had no row, so all that speaks are the shares.
    model.probabilities(&[nan, 3.0, 7.0], &mut out);
    near(&out, &[0.5, 0.5], 1e-15);
    model.probabilities(&[nan, 3.0, 1e300], &mut out);
    near(&out, &[0.5, 0.5], 1e-15);
    // A level of the dictionary without rows is as likely in both.
    model.probabilities(&[nan, 2.0, 7.0], &mut out);
    near(&out, &[0.5, 0.5], 1e-15);
    let evidence = model.evidence(&[55.0, 1.0, 7.0], ClassIdx::new(1));
    assert!(evidence[0] > 0.0 && evidence[1] > 0.0 && evidence[2] == 0.0);
}

#[test]
fn classes_without_rows_and_balanced_classes() {
    let (table, labels) = (table(), three_classes());
    let data = Labeled::new(&table, &labels).unwrap();
    let of_two: Vec<u32> = (0..N as u32).filter(|&i| labels[i as usize].get() != 1).collect();
    let model = NaiveBayes::new().fit(&data.select(&of_two).unwrap()).unwrap();
    let found = model.predict_probabilities(&table).unwrap();
    assert!(found.column(1).iter().all(|&p| p == 0.0));
    let balanced = NaiveBayes::new().class_weights(ClassWeights::Balanced).fit(&data).unwrap();
    near(balanced.shares(), &[1.0 / 3.0; 3], 1e-15);
    assert!(NaiveBayes::new().smoothing(0.0).fit(&data).is_err());
    assert!(
        NaiveBayes::new().variance_floor(VarianceFloor::OfColumn(f64::NAN)).fit(&data).is_err()
    );
}
