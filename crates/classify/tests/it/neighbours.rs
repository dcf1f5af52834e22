//! Nearest neighbours, against scikit-learn 1.9.1 and against all distances sorted.

use ndarray::{Array2, array};
use patronage_classify::{ClassWeights, KNearest, NeighbourSearch, NeighbourWeighting, Scaling};
use patronage_core::{
    ClassIdx, Classifier, ClassifierExt, Column, FeatureTable, Fit, Labeled, RegressorExt, Schema,
};
use proptest::prelude::*;

use crate::sixty::{near, numbers, queries, repeated, table, two_classes, weights};

#[test]
fn figures_are_those_of_scikit_learn() {
    // KNeighborsClassifier(5, weights=...), KNeighborsRegressor, and the first with StandardScaler.
    let (table, labels, values, queries) = (table(), two_classes(), numbers(), queries());
    let classes = Labeled::new(&table, &labels).unwrap();
    let data = Labeled::new(&table, &values).unwrap();
    let uniform = KNearest::new(5).scaling(Scaling::Raw);
    let distance = uniform.clone().weighting(NeighbourWeighting::Distance);
    let of = |estimator: &KNearest| {
        let model = estimator.fit(&classes).unwrap();
        model.predict_probabilities(&queries).unwrap().column(1).to_vec()[..6].to_vec()
    };
    near(&of(&uniform), &[0.2, 0.4, 0.2, 0.6, 0.2, 0.4], 1e-15);
    let expected = [
        0.0,
        0.4086911323456861,
        0.17040287337409207,
        0.695712521755273,
        0.19979567032109552,
        0.3462773742581989,
    ];
    near(&of(&distance), &expected, 1e-13);
    let seven = KNearest::new(7);
    let expected = [0.0, 2.0 / 7.0, 1.0 / 7.0, 5.0 / 7.0, 4.0 / 7.0, 3.0 / 7.0];
    near(&of(&seven), &expected, 1e-14);
    let of = |estimator: &KNearest| estimator.fit(&data).unwrap().predict(&queries).unwrap();
    near(&of(&uniform)[..6], &[14.18, 24.5, 14.18, 34.1, 22.24, 39.1], 1e-13);
    let expected = [
        0.0,
        25.28038759247905,
        13.359258537473595,
        35.32725770167707,
        23.246484177463188,
        38.81487134354181,
    ];
    near(&of(&distance)[..6], &expected, 1e-12);
}

#[test]
fn a_weight_is_a_row_so_many_times() {
    let (table, labels, weights, queries) = (table(), two_classes(), weights(), queries());
    let data = Labeled::new(&table, &labels).unwrap();
    // The rows written out, so that equal ones stand beside each other.
    let rows: Vec<usize> = repeated().iter().map(|&row| row as usize).collect();
    let (schema, cells) = table.clone().into_parts();
    let written = FeatureTable::new(schema, cells.select(ndarray::Axis(0), &rows)).unwrap();
    let of_written: Vec<ClassIdx> = rows.iter().map(|&row| labels[row]).collect();
    for weighting in [NeighbourWeighting::Uniform, NeighbourWeighting::Distance] {
        // Raw numbers: the deviations of both are the same but for rounding.
        let estimator = KNearest::new(6).weighting(weighting).scaling(Scaling::Raw);
        let weighted = estimator.fit(&data.weighted(&weights).unwrap()).unwrap();
        let repeated = estimator.fit(&Labeled::new(&written, &of_written).unwrap()).unwrap();
        let a = weighted.predict_probabilities(&queries).unwrap();
        let b = repeated.predict_probabilities(&queries).unwrap();
        near(a.as_slice().unwrap(), b.as_slice().unwrap(), 1e-12);
    }
}

#[test]
fn ties_go_to_the_earlier_row_and_zero_distances_vote_alone() {
    let schema = Schema::new([Column::number("x"), Column::category("c", ["a", "b"])]).unwrap();
    let cells = array![[1.0, 0.0], [3.0, 0.0], [1.0, 0.0], [2.0, 1.0], [2.0, 0.0]];
    let table = FeatureTable::new(schema, cells).unwrap();
    let labels = [0, 1, 1, 0, 1].map(ClassIdx::new);
    let data = Labeled::new(&table, &labels).unwrap();
    for search in [NeighbourSearch::KdTree, NeighbourSearch::BruteForce] {
        let estimator = KNearest::new(2).scaling(Scaling::Raw).search(search);
        let model = estimator.clone().fit(&data).unwrap();
        let rows: Vec<u32> = model.neighbours(&[2.0, 0.0]).iter().map(|near| near.row).collect();
        // The row itself, then the first of four at distance 1, one of them by its category.
        assert_eq!(rows, [4, 0]);
        let model = estimator.weighting(NeighbourWeighting::Distance).fit(&data).unwrap();
        let mut out = [0.0; 2];
        model.probabilities(&[1.0, 0.0], &mut out);
        assert_eq!(out, [0.5, 0.5]);
        model.probabilities(&[2.0, 0.0], &mut out);
        assert_eq!(out, [0.0, 1.0]);
    }
}

#[test]
fn votes_of_a_class_count_what_it_is_said_to() {
    let (table, labels) = (table(), two_classes());
    let data = Labeled::new(&table, &labels).unwrap();
    let plain = KNearest::new(7).fit(&data).unwrap().predict_probabilities(&table).unwrap();
    let weights = ClassWeights::Given(vec![1.0, 3.0]);
    let model = KNearest::new(7).class_weights(weights).fit(&data).unwrap();
    let found = model.predict_probabilities(&table).unwrap();
    for (before, after) in plain.rows().into_iter().zip(found.rows()) {
        let expected = 3.0 * before[1] / (before[0] + 3.0 * before[1]);
        assert!((after[1] - expected).abs() < 1e-14);
    }
    let mut alone = [0.0; 2];
    model.probabilities(table.row(5), &mut alone);
    assert_eq!(alone[1], found[[5, 1]]);
}

#[test]
fn no_column_and_few_rows() {
    let table = FeatureTable::new(Schema::new([]).unwrap(), Array2::zeros((3, 0))).unwrap();
    let labels = [0, 1, 1].map(ClassIdx::new);
    let model = KNearest::new(2).fit(&Labeled::new(&table, &labels).unwrap()).unwrap();
    let mut out = [0.0; 2];
    model.probabilities(&[], &mut out);
    assert_eq!(out, [0.5, 0.5]);
    let all = KNearest::new(9).fit(&Labeled::new(&table, &labels).unwrap()).unwrap();
    all.probabilities(&[], &mut out);
    near(&out, &[1.0 / 3.0, 2.0 / 3.0], 1e-15);
    assert!(KNearest::new(0).fit(&Labeled::new(&table, &labels).unwrap()).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn both_searches_find_what_sorting_finds(
        cells in prop::collection::vec(0..12_u32, 90..400),
        k in 1..9_usize,
        codes in any::<bool>(),
    ) {
        // Whole numbers, so that many distances are equal.
        let n = cells.len() / 3;
        let kind = if codes { Column::category("c", (0..12).map(|i| i.to_string())) } else { Column::number("c") };
        let schema = Schema::new([Column::number("a"), Column::number("b"), kind]).unwrap();
        let values = Array2::from_shape_fn((n, 3), |(i, j)| f64::from(cells[i * 3 + j]));
        let table = FeatureTable::new(schema, values).unwrap();
        let labels: Vec<ClassIdx> = (0..n as u32).map(|i| ClassIdx::new(i % 3)).collect();
        let data = Labeled::new(&table, &labels).unwrap();
        let estimator = KNearest::new(k).scaling(Scaling::Raw);
        let tree = estimator.clone().search(NeighbourSearch::KdTree).fit(&data).unwrap();
        let brute = estimator.search(NeighbourSearch::BruteForce).fit(&data).unwrap();
        for row in 0..n.min(12) {
            let row = table.row(row);
            let mut order: Vec<(f64, u32)> = (0..n as u32).map(|other| {
                let y = table.row(other as usize);
                let last = if codes { f64::from(u8::from(row[2] != y[2])) } else { (row[2] - y[2]).powi(2) };
                ((row[0] - y[0]).powi(2) + (row[1] - y[1]).powi(2) + last, other)
            }).collect();
            order.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            let expected: Vec<u32> = order[..k].iter().map(|near| near.1).collect();
            for model in [&tree, &brute] {
                let found: Vec<u32> = model.neighbours(row).iter().map(|near| near.row).collect();
                prop_assert_eq!(&found, &expected);
            }
        }
        let (a, b) = (tree.predict_probabilities(&table).unwrap(), brute.predict_probabilities(&table).unwrap());
        prop_assert_eq!(a, b);
    }
}
