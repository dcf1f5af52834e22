//! What an exact tree learns, and what others are known to miss.

use ndarray::{Array2, array};
use patronage_classify::{
    ColumnDraw, Criterion, DecisionTree, ErrorKind, ExtraTrees, RandomForest, RegressionTree,
};
use patronage_core::{
    ClassIdx, Classifier, ClassifierExt, Column, FeatureTable, Fit, Labeled, Regressor,
    RegressorExt, Schema,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

fn numbers(n_columns: usize) -> Schema {
    Schema::new((0..n_columns).map(|j| Column::number(format!("x{j}")))).unwrap()
}

fn classes(labels: impl IntoIterator<Item = bool>) -> Vec<ClassIdx> {
    labels.into_iter().map(|yes| ClassIdx::new(u32::from(yes))).collect()
}

fn accuracy(tree: &DecisionTree, table: &FeatureTable, labels: &[ClassIdx]) -> f64 {
    let model = tree.fit(&Labeled::new(table, labels).unwrap()).unwrap();
    let found = model.predict(table).unwrap();
    found.iter().zip(labels).filter(|(a, b)| a == b).count() as f64 / labels.len() as f64
}

#[test]
fn a_noiseless_and_of_three_thresholds_is_learnt_exactly() {
    for seed in 0..5 {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        // Whole numbers with many ties: where splits are lost by comparing beyond the node.
        let cells = Array2::from_shape_fn((2000, 5), |_| f64::from(rng.random_range(0..10_u8)));
        let labels =
            classes(cells.rows().into_iter().map(|x| x[0] > 4.0 && x[1] > 3.0 && x[2] <= 6.0));
        let table = FeatureTable::new(numbers(5), cells).unwrap();
        assert_eq!(accuracy(&DecisionTree::new().max_depth(3), &table, &labels), 1.0);
        assert_eq!(accuracy(&DecisionTree::new().max_leaves(4), &table, &labels), 1.0);
        let by_entropy = DecisionTree::new().criterion(Criterion::Entropy).max_depth(3);
        assert_eq!(accuracy(&by_entropy, &table, &labels), 1.0);
    }
}

#[test]
fn rows_that_differ_are_told_apart() {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    // As RFM: days, orders, amounts, all whole and tied, with labels of pure chance.
    let cells = Array2::from_shape_fn((3000, 3), |(_, j)| {
        let most = [365, 40, 5000][j];
        f64::from(rng.random_range(0..most))
    });
    let distinct: std::collections::HashSet<Vec<u64>> =
        cells.rows().into_iter().map(|row| row.iter().map(|x| x.to_bits()).collect()).collect();
    assert_eq!(distinct.len(), 3000, "the sample is one of distinct rows");
    let labels = classes((0..3000).map(|_| rng.random_bool(0.3)));
    let table = FeatureTable::new(numbers(3), cells).unwrap();
    assert_eq!(accuracy(&DecisionTree::new(), &table, &labels), 1.0);
}

#[test]
fn thresholds_lie_between_values_however_close_or_far() {
    for values in [
        [1.0, 1.0 + 1e-6, 2.0],
        [0.0, 1e-300, 2e-300],
        [-1e308, 0.5e308, 1.7e308],
        [1.0, 1.0_f64.next_up(), 2.0],
    ] {
        let cells = Array2::from_shape_fn((30, 1), |(i, _)| values[i % 3]);
        let labels = classes((0..30).map(|i| i % 3 > 0));
        let table = FeatureTable::new(numbers(1), cells).unwrap();
        assert_eq!(accuracy(&DecisionTree::new().max_depth(1), &table, &labels), 1.0, "{values:?}");
    }
}

#[test]
fn exclusive_or_is_learnt_though_no_first_split_gains() {
    let cells = array![[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]];
    let table = FeatureTable::new(numbers(2), cells).unwrap();
    assert_eq!(accuracy(&DecisionTree::new(), &table, &classes([false, true, true, false])), 1.0);
}

#[test]
fn a_constant_column_is_never_asked() {
    let cells = Array2::from_shape_fn((50, 2), |(i, j)| if j == 0 { 3.0 } else { i as f64 });
    let labels = classes((0..50).map(|i| i % 7 == 0));
    let table = FeatureTable::new(numbers(2), cells).unwrap();
    let model = DecisionTree::new().fit(&Labeled::new(&table, &labels).unwrap()).unwrap();
    assert_eq!(model.importance(), [0.0, 1.0]);
    let alone = table.select(&["x0"]).unwrap();
    let model = DecisionTree::new().fit(&Labeled::new(&alone, &labels).unwrap()).unwrap();
    assert_eq!((model.n_leaves(), model.importance()), (1, vec![0.0]));
}

#[test]
fn bounds_hold() {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let cells = Array2::from_shape_fn((400, 4), |_| rng.random::<f64>());
    let labels = classes((0..400).map(|_| rng.random_bool(0.5)));
    let table = FeatureTable::new(numbers(4), cells).unwrap();
    let data = Labeled::new(&table, &labels).unwrap();
    let model = DecisionTree::new().max_depth(4).min_samples_leaf(20).fit(&data).unwrap();
    assert!(model.depth() <= 4);
    assert!(model.rules().iter().all(|rule| rule.n_rows >= 20));
    assert_eq!(model.rules().iter().map(|rule| rule.n_rows).sum::<u64>(), 400);
    assert_eq!(DecisionTree::new().max_leaves(7).fit(&data).unwrap().n_leaves(), 7);
    assert_eq!(DecisionTree::new().max_depth(0).fit(&data).unwrap().n_leaves(), 1);
    assert_eq!(DecisionTree::new().min_gain(0.6).fit(&data).unwrap().n_leaves(), 1);
    // Weights do not lower the bound on rows.
    let weights: Vec<f64> = (0..400).map(|i| 1.0 + f64::from(i % 5) * 30.0).collect();
    let weighted = data.weighted(&weights).unwrap();
    let model = DecisionTree::new().min_samples_leaf(20).fit(&weighted).unwrap();
    assert!(model.rules().iter().all(|rule| rule.n_rows >= 20));
    for (tree, parameter) in [
        (DecisionTree::new().min_samples_leaf(0), "min_samples_leaf"),
        (DecisionTree::new().max_leaves(0), "max_leaves"),
        (DecisionTree::new().min_gain(f64::NAN), "min_gain"),
        (DecisionTree::new().smoothing(-1.0), "smoothing"),
    ] {
        let error = tree.fit(&data).unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::Parameter { parameter: p, .. } if *p == parameter)
        );
    }
}

#[test]
fn weights_are_repeats_and_zero_is_absence() {
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let cells = Array2::from_shape_fn((200, 3), |_| f64::from(rng.random_range(0..30_u8)));
    let labels = classes((0..200).map(|_| rng.random_bool(0.4)));
    let table = FeatureTable::new(numbers(3), cells).unwrap();
    let data = Labeled::new(&table, &labels).unwrap();
    let weights: Vec<f64> = (0..200).map(|i| f64::from(i % 4)).collect();
    let repeated: Vec<u32> =
        (0..200).flat_map(|i| std::iter::repeat_n(i, i as usize % 4)).collect();
    let tree = DecisionTree::new().max_depth(5);
    let by_weight = tree.fit(&data.weighted(&weights).unwrap()).unwrap();
    let by_repeat = tree.fit(&data.select(&repeated).unwrap()).unwrap();
    for row in 0..200 {
        let (mut a, mut b) = ([0.0; 2], [0.0; 2]);
        by_weight.probabilities(table.row(row), &mut a);
        by_repeat.probabilities(table.row(row), &mut b);
        assert_eq!(a, b);
    }
    // The order of rows is irrelevant, to the bit.
    let mut turned = repeated.clone();
    turned.reverse();
    assert_eq!(tree.fit(&data.select(&turned).unwrap()).unwrap(), by_repeat);
}

#[test]
fn the_missing_go_where_they_gain_most() {
    let schema = Schema::new([Column::nullable("age")]).unwrap();
    let nan = f64::NAN;
    let fit = |cells: [f64; 6], labels: [bool; 6]| {
        let cells = Array2::from_shape_vec((6, 1), cells.to_vec()).unwrap();
        let table = FeatureTable::new(schema.clone(), cells).unwrap();
        let labels = classes(labels);
        DecisionTree::new().max_depth(1).fit(&Labeled::new(&table, &labels).unwrap()).unwrap()
    };
    let says = |model: &dyn Classifier, age: f64| {
        let mut out = [0.0; 2];
        model.probabilities(&[age], &mut out);
        out[1]
    };
    let with_young = fit([1.0, 2.0, nan, nan, 8.0, 9.0], [true, true, true, true, false, false]);
    assert_eq!((says(&with_young, nan), says(&with_young, 9.0)), (1.0, 0.0));
    let with_old = fit([1.0, 2.0, nan, nan, 8.0, 9.0], [true, true, false, false, false, false]);
    assert_eq!((says(&with_old, nan), says(&with_old, 1.0)), (0.0, 1.0));
    let alone = fit([1.0, 2.0, nan, nan, 8.0, 9.0], [true, true, false, false, true, true]);
    assert_eq!((says(&alone, nan), says(&alone, 5.0)), (0.0, 1.0));
    assert!(alone.rules()[0].to_string().starts_with("age is known: class 1"));
    // None missing in training: with the heavier side.
    let unseen = fit([1.0, 2.0, 3.0, 4.0, 8.0, 9.0], [true, true, true, true, false, false]);
    assert_eq!(says(&unseen, nan), 1.0);
}

#[test]
fn levels_are_split_as_sets() {
    let levels = ["a", "b", "c", "d", "e"];
    let schema = Schema::new([Column::category("plan", levels)]).unwrap();
    // b and d buy: no threshold on codes tells them apart, one set does.
    let cells = Array2::from_shape_fn((40, 1), |(i, _)| (i % 4) as f64);
    let labels = classes((0..40).map(|i| i % 4 == 1 || i % 4 == 3));
    let table = FeatureTable::new(schema.clone(), cells.clone()).unwrap();
    let data = Labeled::new(&table, &labels).unwrap();
    let model = DecisionTree::new().max_depth(1).fit(&data).unwrap();
    assert_eq!(model.predict(&table).unwrap(), labels);
    assert_eq!(
        model.rules()[1].to_string(),
        r#"plan is one of ["b", "d"]: class 1 with probability 1.0000 (20 rows)"#
    );
    // A level without rows in training, and the code of the unseen, have an answer.
    for code in [4.0, 5.0] {
        let mut out = [0.0; 2];
        model.probabilities(&[code], &mut out);
        assert_eq!(out[0] + out[1], 1.0);
    }
    // Three classes: one level against the rest, again and again.
    let labels: Vec<ClassIdx> = (0..40).map(|i| ClassIdx::new(i % 4 % 3)).collect();
    let data = Labeled::new(&table, &labels).unwrap();
    let model = DecisionTree::new().fit(&data).unwrap();
    assert_eq!(model.predict(&table).unwrap(), labels);
}

#[test]
fn smoothing_draws_leaves_towards_all_classes() {
    let table = FeatureTable::new(numbers(1), array![[1.0], [2.0], [8.0], [9.0]]).unwrap();
    let labels = classes([false, false, false, true]);
    let data = Labeled::new(&table, &labels).unwrap();
    let model = DecisionTree::new().smoothing(1.0).fit(&data).unwrap();
    let mut out = [0.0; 2];
    model.probabilities(&[1.0], &mut out);
    // A leaf of three rows of class 0: (3 + 1) / (3 + 2).
    assert_eq!(out, [0.8, 0.2]);
}

#[test]
fn sound_on_next_to_nothing() {
    let empty = FeatureTable::new(numbers(2), Array2::zeros((0, 2))).unwrap();
    let error = DecisionTree::new().fit(&Labeled::new(&empty, &[]).unwrap()).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::NoRows { .. }));
    let one = FeatureTable::new(numbers(2), array![[1.0, 2.0]]).unwrap();
    let labels = classes([true]);
    let model = DecisionTree::new().fit(&Labeled::new(&one, &labels).unwrap()).unwrap();
    assert_eq!(model.predict(&one).unwrap(), labels);
    let no_columns = FeatureTable::new(numbers(0), Array2::zeros((3, 0))).unwrap();
    let labels = classes([true, false, true]);
    let model = DecisionTree::new().fit(&Labeled::new(&no_columns, &labels).unwrap()).unwrap();
    assert_eq!(model.n_leaves(), 1);
    assert_eq!(model.to_string(), "always: class 1 with probability 0.6667 (3 rows)\n");
    let zero = [0.0; 3];
    let data = Labeled::new(&no_columns, &labels).unwrap().weighted(&zero).unwrap();
    assert!(matches!(DecisionTree::new().fit(&data).unwrap_err().kind(), ErrorKind::NoRows { .. }));
    let ids = [ClassIdx::new(0), ClassIdx::new(4_000_000), ClassIdx::new(1)];
    let error = DecisionTree::new().fit(&Labeled::new(&no_columns, &ids).unwrap()).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::TooManyClasses { .. }));
}

#[test]
fn regression_trees_answer_means() {
    let table = FeatureTable::new(numbers(1), array![[1.0], [2.0], [3.0], [9.0]]).unwrap();
    let spend = [1e308, 1e308, -1e308, 5.0];
    let model = RegressionTree::new().fit(&Labeled::new(&table, &spend).unwrap()).unwrap();
    let found = model.predict(&table).unwrap();
    assert!(found.iter().zip(spend).all(|(a, b)| (a - b).abs() <= 1e295));
    let same = [7.25; 4];
    let model = RegressionTree::new().fit(&Labeled::new(&table, &same).unwrap()).unwrap();
    assert_eq!((model.n_leaves(), model.value(&[4.0])), (1, 7.25));
    let weights = [1.0, 3.0, 0.0, 1.0];
    let data = Labeled::new(&table, &[10.0, 20.0, 99.0, 50.0]).unwrap().weighted(&weights).unwrap();
    let model = RegressionTree::new().max_leaves(2).fit(&data).unwrap();
    assert_eq!(model.predict(&table).unwrap(), [17.5, 17.5, 17.5, 50.0]);
}

#[test]
fn forests_learn_the_rule_and_repeat_themselves() {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let cells = Array2::from_shape_fn((2000, 5), |_| f64::from(rng.random_range(0..10_u8)));
    let rule = |x: ndarray::ArrayView1<'_, f64>| x[0] > 4.0 && x[1] > 3.0 && x[2] <= 6.0;
    let labels = classes(cells.rows().into_iter().map(rule));
    let table = FeatureTable::new(numbers(5), cells).unwrap();
    let data = Labeled::new(&table, &labels).unwrap();
    let random = RandomForest::new().n_trees(40).fit(&data).unwrap();
    let extra = ExtraTrees::new().n_trees(40).columns(ColumnDraw::All).fit(&data).unwrap();
    assert_eq!(random.predict(&table).unwrap(), labels);
    assert_eq!(extra.predict(&table).unwrap(), labels);
    assert!(random.out_of_bag().unwrap().accuracy > 0.99);
    assert!(extra.out_of_bag().is_none());
    let importance = random.importance();
    assert!(importance[..3].iter().all(|share| *share > 10.0 * importance[3].max(importance[4])));
    assert_ne!(RandomForest::new().n_trees(40).seed(1).fit(&data).unwrap(), random);
    for (forest, parameter) in [
        (RandomForest::new().n_trees(0), "n_trees"),
        (RandomForest::new().columns(ColumnDraw::Count(0)), "columns"),
        (RandomForest::new().columns(ColumnDraw::Share(1.5)), "columns"),
    ] {
        let error = forest.fit(&data).unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::Parameter { parameter: p, .. } if *p == parameter)
        );
    }
}
