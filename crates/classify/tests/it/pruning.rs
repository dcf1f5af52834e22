//! Cost-complexity pruning, against scikit-learn 1.9.1.

use patronage_classify::{Criterion, DecisionTree, RegressionTree};
use patronage_core::{Classifier, ClassifierExt, Fit, Labeled, Regressor};

use crate::sixty::{near, numbers, repeated, table, two_classes, weights};

#[test]
fn paths_of_classes_are_those_of_scikit_learn() {
    // DecisionTreeClassifier(max_depth=4, random_state=0).cost_complexity_pruning_path(X, y, w).
    let (table, labels, weights) = (table(), two_classes(), weights());
    let data = Labeled::new(&table, &labels).unwrap();
    let tree = DecisionTree::new().max_depth(4);
    let path = tree.pruning_path(&data).unwrap();
    let alphas = [
        0.0,
        0.015000000000000005,
        0.023076923076923078,
        0.026666666666666672,
        0.028584995251661926,
        0.03130434782608693,
        0.03324110671936764,
        0.11798540965207638,
    ];
    let impurities = [
        0.16666666666666666,
        0.19666666666666666,
        0.21974358974358973,
        0.2464102564102564,
        0.30358024691358027,
        0.3348845947396672,
        0.36812570145903484,
        0.4861111111111112,
    ];
    near(&path.alphas, &alphas, 1e-13);
    near(&path.impurities, &impurities, 1e-13);
    for (alpha, n_leaves) in [(0.0, path.n_leaves[0]), (0.01, 10), (0.02, 8), (0.03, 4), (0.2, 1)] {
        assert_eq!(
            tree.clone().ccp_alpha(alpha).fit(&data).unwrap().n_leaves(),
            n_leaves,
            "{alpha}"
        );
    }
    let entropy = DecisionTree::new().max_depth(3).criterion(Criterion::Entropy);
    let path = entropy.pruning_path(&data).unwrap();
    // scikit-learn counts in bits: times ln 2.
    let alphas =
        [0.0, 0.03107558954657653, 0.04099862887205292, 0.04787376405140725, 0.12991077415797828];
    near(&path.alphas, &alphas, 1e-13);

    let weighted = tree.pruning_path(&data.weighted(&weights).unwrap()).unwrap();
    let alphas = [
        0.0,
        0.012649572649572645,
        0.012698412698412698,
        0.018421052631578956,
        0.0237037037037037,
        0.030476190476190483,
        0.035718355718355715,
        0.052606374693796615,
        0.1290579913495168,
    ];
    near(&weighted.alphas, &alphas, 1e-13);
    let rows = repeated();
    let twice = tree.pruning_path(&data.select(&rows).unwrap()).unwrap();
    near(&twice.alphas, &weighted.alphas, 1e-15);
    assert_eq!(twice.n_leaves, weighted.n_leaves);
}

#[test]
fn paths_of_numbers_are_those_of_scikit_learn() {
    // DecisionTreeRegressor(max_depth=3, random_state=0).cost_complexity_pruning_path(X, z).
    let (table, labels) = (table(), numbers());
    let data = Labeled::new(&table, &labels).unwrap();
    let tree = RegressionTree::new().max_depth(3);
    let path = tree.pruning_path(&data).unwrap();
    let alphas = [
        0.0,
        5.984297619047743,
        6.527575906119813,
        7.0165401709401625,
        7.133350694444486,
        22.755062003968852,
        35.8786536199096,
        98.57180277777798,
    ];
    near(&path.alphas, &alphas, 1e-10);
    near(&path.impurities[..2], &[22.822414430013914, 28.80671204906166], 1e-10);
    assert_eq!(path.impurities.len(), 8);
    for (step, &alpha) in path.alphas.iter().enumerate() {
        let model = tree.ccp_alpha(alpha * (1.0 + 1e-12)).fit(&data).unwrap();
        assert_eq!(model.n_leaves(), path.n_leaves[step]);
    }
    let root = tree.ccp_alpha(1e300).fit(&data).unwrap();
    let mean = labels.iter().sum::<f64>() / labels.len() as f64;
    assert!((root.value(table.row(0)) - mean).abs() < 1e-12);
}

#[test]
fn pruned_trees_answer_as_their_nodes_did() {
    let (table, labels) = (table(), two_classes());
    let data = Labeled::new(&table, &labels).unwrap();
    let tree = DecisionTree::new();
    let path = tree.pruning_path(&data).unwrap();
    assert!(path.alphas.windows(2).all(|pair| pair[0] <= pair[1]));
    assert!(path.n_leaves.windows(2).all(|pair| pair[0] > pair[1]));
    assert_eq!(path.n_leaves.last(), Some(&1));
    for (step, &alpha) in path.alphas.iter().enumerate().skip(1) {
        let model = tree.clone().ccp_alpha(alpha * (1.0 + 1e-12)).fit(&data).unwrap();
        // The Gini impurity of the leaves, from the answers: p(1 - p) for each row and class.
        let answers = model.predict_probabilities(&table).unwrap();
        let impurity: f64 = answers.rows().into_iter().map(|p| 1.0 - p.dot(&p)).sum::<f64>();
        let last = path.alphas[step + 1..].iter().take_while(|&&next| next <= alpha).count();
        let expected = path.impurities[step + last];
        assert!((impurity / 60.0 - expected).abs() < 1e-12, "{alpha}");
        assert_eq!(model.rules().len(), model.n_leaves());
        assert_eq!(model.n_classes(), 2);
    }
    assert!(DecisionTree::new().ccp_alpha(-1.0).fit(&data).is_err());
    assert!(DecisionTree::new().ccp_alpha(f64::NAN).pruning_path(&data).is_err());
}
