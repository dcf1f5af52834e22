//! TreeSHAP: the definition by brute force, the shap package, LightGBM, and what is promised.

use ndarray::{Array2, array};
use patronage_classify::{
    Contributions, DecisionTree, ExtraTrees, GradientBoosting, GradientBoostingRegressor,
    RandomForest, RegressionLoss, RegressionTree, ScoreKind, TreeShap,
};
use patronage_core::{
    ClassIdx, Classifier, ClassifierExt, Column, FeatureTable, Fit, Labeled, Regressor,
    RegressorExt, Schema,
};

use crate::sixty;

fn classes(labels: impl IntoIterator<Item = bool>) -> Vec<ClassIdx> {
    labels.into_iter().map(|yes| ClassIdx::new(u32::from(yes))).collect()
}

fn near(found: &[f64], expected: &[f64], within: f64) {
    assert!(found.len() >= expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() < within, "{found} for {expected}");
    }
}

/// 300 rows of four irregular columns.
fn irregular() -> FeatureTable {
    let schema = Schema::new((0..4).map(|j| Column::number(format!("x{j}")))).unwrap();
    let cells = Array2::from_shape_fn((300, 4), |(i, j)| match j {
        0 => ((i * i * 7 + i * 3) % 101) as f64,
        1 => ((i * i * 5 + i * 11) % 97) as f64,
        2 => ((i * i * 3 + i * 17) % 89) as f64,
        _ => ((i * 7919) % 83) as f64,
    });
    FeatureTable::new(schema, cells).unwrap()
}

/// 400 rows of numbers, missing cells, levels and flags, with labels they all say something of.
fn mixed() -> (FeatureTable, Vec<ClassIdx>) {
    let schema = Schema::new([
        Column::nullable("x"),
        Column::category("level", ["a", "b", "c", "d", "e", "f"]),
        Column::flag("flag"),
        Column::number("y"),
    ])
    .unwrap();
    let cells = Array2::from_shape_fn((400, 4), |(i, j)| match j {
        0 if i % 6 == 1 => f64::NAN,
        0 => ((i * i + 3 * i) % 31) as f64,
        1 => ((i * 7 + i * i / 5) % 6) as f64,
        2 => (i / 3 % 2) as f64,
        _ => ((i * 37) % 23) as f64,
    });
    let table = FeatureTable::new(schema, cells).unwrap();
    let labels = classes((0..400).map(|i| {
        let row = table.row(i);
        let x = if row[0].is_nan() { 20.0 } else { row[0] };
        x + 5.0 * (row[1] % 3.0) + 4.0 * row[2] * row[3] / 5.0 > 24.0 || i % 13 == 0
    }));
    (table, labels)
}

#[test]
fn it_is_what_the_shap_package_says() {
    // shap 0.51.0 TreeExplainer(feature_perturbation="tree_path_dependent") on scikit-learn 1.9.1
    // DecisionTreeClassifier(max_depth=3, min_samples_leaf=20, random_state=0).
    let table = irregular();
    let labels = classes((0..300).map(|i| {
        let row = table.row(i);
        row[0] + row[1] > 110.0 || row[2] * row[3] > 1500.0 || i % 7 == 0
    }));
    let data = Labeled::new(&table, &labels).unwrap();
    let tree = DecisionTree::new().max_depth(3).min_samples_leaf(20).fit(&data).unwrap();
    let shap = TreeShap::of_class(&tree, ClassIdx::new(1)).unwrap();
    let found = shap.contributions(&table).unwrap();
    assert!((found.base() - 0.716_666_666_666_666_7).abs() < 1e-12);
    let expected = [
        [-0.13405888043506684, -0.1296985340398037, -0.2299536026662607, -0.11769249163079869],
        [-0.13405888043506684, -0.11043502375764205, -0.3544521027314752, -0.012457501847745779],
        [-0.028393730227207363, -0.0413343553674194, 0.1804643948445117, 0.17259702408344835],
    ];
    near(found.values().as_slice().unwrap(), expected.as_flattened(), 1e-12);
    // DecisionTreeRegressor(max_depth=6, min_samples_leaf=5, random_state=0).
    let values: Vec<f64> = (0..300)
        .map(|i| {
            let row = table.row(i);
            row[0] * 2.0 + if row[1] > 50.0 { row[2] } else { -row[3] }
        })
        .collect();
    let data = Labeled::new(&table, &values).unwrap();
    let tree = RegressionTree::new().max_depth(6).min_samples_leaf(5).fit(&data).unwrap();
    let shap = TreeShap::of_value(&tree);
    let found = shap.contributions(&table).unwrap();
    assert!((found.base() - 91.18).abs() < 1e-10);
    let expected = [
        [-83.88613075872843, -23.254961895914597, -5.438658205991539, 19.799750860634546],
        [-82.31625747769485, -24.717730963794107, -4.434128291461624, 7.413116732950576],
        [-43.0858907618283, -39.65601565898775, 0.37842334075337036, -17.06651691993735],
    ];
    near(found.values().as_slice().unwrap(), expected.as_flattened(), 1e-10);
}

#[test]
fn it_is_what_lightgbm_says_of_equal_trees() {
    // LightGBM 4.7.0 predict(pred_contrib=True) on the trees of `boosting.rs`, equal there.
    let schema = Schema::new((0..3).map(|j| Column::nullable(format!("x{j}")))).unwrap();
    let cells = Array2::from_shape_fn((240, 3), |(i, j)| match j {
        0 => (i * 7 % 12) as f64,
        1 => (i * 5 % 9) as f64,
        _ if i % 11 == 3 => f64::NAN,
        _ => (i * i % 7) as f64,
    });
    let table = FeatureTable::new(schema, cells).unwrap();
    let labels = classes((0..240).map(|i| {
        let row = table.row(i);
        let third = if row[2].is_nan() { 5.0 } else { row[2] };
        let hints = [row[0] > 6.0, row[1] > 4.0, third > 3.0, i % 5 == 0];
        hints.iter().filter(|&&hint| hint).count() >= 2
    }));
    let estimator = GradientBoosting::new().n_rounds(12).max_leaves(6).min_samples_leaf(5).l2(1.0);
    let model = estimator.fit(&Labeled::new(&table, &labels).unwrap()).unwrap();
    let shap = TreeShap::of_class(&model, ClassIdx::new(1)).unwrap();
    let found = shap.contributions(&table).unwrap();
    assert!((found.base() + 0.25424239621370365).abs() < 1e-6);
    let expected = [
        [-0.3940619130051056, -0.5835824077746785, -0.3246666271144897],
        [0.9376268694277812, 1.1016201072978726, -0.2789207406811026],
        [-0.6160320827197353, -0.8229946431995376, 0.6745997855077159],
    ];
    near(found.values().as_slice().unwrap(), expected.as_flattened(), 1e-6);
    // Of the other class all signs turn.
    let other =
        TreeShap::of_class(&model, ClassIdx::new(0)).unwrap().contributions(&table).unwrap();
    assert_eq!(other.values(), found.values().mapv(|x| -x));
}

/// The mean answer of a saved tree where only some columns of a row are known.
fn known(tree: &serde_json::Value, node: usize, row: &[f64], known: u32, answer: &str) -> f64 {
    let Some(split) = tree["nodes"][node].get("split") else {
        return tree[answer][node].as_f64().unwrap();
    };
    let [left, right] = ["left", "right"].map(|side| split[side].as_u64().unwrap() as usize);
    let column = split["column"].as_u64().unwrap() as usize;
    let cover = |node: usize| tree["covers"][node].as_f64().unwrap();
    let go = |node: usize| self::known(tree, node, row, known, answer);
    if known >> column & 1 == 0 {
        return (cover(left) * go(left) + cover(right) * go(right)) / cover(node);
    }
    let (x, test) = (row[column], &split["test"]);
    let goes_left = if let Some(test) = test.get("at_most") {
        if x.is_nan() {
            test["missing"] == "left"
        } else {
            x <= test["threshold"].as_f64().unwrap()
        }
    } else {
        test["among"]["left"][0].as_u64().unwrap_or(0) >> (x as u64) & 1 == 1
    };
    go(if goes_left { left } else { right })
}

#[test]
fn it_is_the_definition_with_missing_cells_and_levels() {
    let (table, labels) = mixed();
    let data = Labeled::new(&table, &labels).unwrap();
    let estimator = GradientBoosting::new().n_rounds(6).max_leaves(12).min_samples_leaf(5);
    let model = estimator.min_level_rows(5).fit(&data).unwrap();
    let saved: serde_json::Value = serde_json::to_value(&model).unwrap();
    let found =
        TreeShap::of_class(&model, ClassIdx::new(1)).unwrap().contributions(&table).unwrap();
    assert!(
        saved.to_string().contains("among") && saved.to_string().contains("\"missing\":\"left\"")
    );
    // |S|! (d - |S| - 1)! / d! for four columns.
    let weights = [0.25, 1.0 / 12.0, 1.0 / 12.0, 0.25];
    for at in (0..400).step_by(7) {
        let row = table.row(at);
        for column in 0..4 {
            let mut expected = 0.0;
            for set in (0..16_u32).filter(|set| set >> column & 1 == 0) {
                for tree in saved["trees"].as_array().unwrap() {
                    let value = |set: u32| known(tree, 0, row, set, "values");
                    expected += weights[set.count_ones() as usize]
                        * (value(set | 1 << column) - value(set));
                }
            }
            near(&[found.values()[[at, column]]], &[expected], 1e-12);
        }
    }
}

#[test]
fn contributions_add_up_to_the_score() {
    let (table, labels) = mixed();
    let data = Labeled::new(&table, &labels).unwrap();
    let check = |found: &Contributions, scores: &[f64]| near(&found.scores(), scores, 1e-9);
    let one = ClassIdx::new(1);
    let of_class = |p: Array2<f64>| p.column(1).to_vec();
    let boosted = GradientBoosting::new().n_rounds(60).min_samples_leaf(2).min_level_rows(2);
    let boosted = boosted.fit(&data).unwrap();
    let log_odds: Vec<f64> = of_class(boosted.predict_probabilities(&table).unwrap())
        .iter()
        .map(|p| (p / (1.0 - p)).ln())
        .collect();
    let shap = TreeShap::of_class(&boosted, one).unwrap();
    assert_eq!(shap.kind(), ScoreKind::LogOdds);
    check(&shap.contributions(&table).unwrap(), &log_odds);
    let forest = RandomForest::new().n_trees(12).fit(&data).unwrap();
    let found = TreeShap::of_class(&forest, one).unwrap().contributions(&table).unwrap();
    check(&found, &of_class(forest.predict_probabilities(&table).unwrap()));
    let extra = ExtraTrees::new().n_trees(5).fit(&data).unwrap();
    let found = TreeShap::of_class(&extra, one).unwrap().contributions(&table).unwrap();
    check(&found, &of_class(extra.predict_probabilities(&table).unwrap()));
    let tree = DecisionTree::new().smoothing(0.5).fit(&data).unwrap();
    let found = TreeShap::of_class(&tree, one).unwrap().contributions(&table).unwrap();
    check(&found, &of_class(tree.predict_probabilities(&table).unwrap()));
    // A single row, and rows in columns, are explained alike.
    let shap = TreeShap::of_class(&tree, one).unwrap();
    near(&shap.of_row(table.row(17)), found.values().row(17).as_slice().unwrap(), 1e-15);
    // Several classes.
    let three: Vec<ClassIdx> =
        (0..400).map(|i| ClassIdx::new((table.row(i)[1] as u32) % 3)).collect();
    let data = Labeled::new(&table, &three).unwrap();
    let boosted = GradientBoosting::new().n_rounds(5).min_level_rows(2).fit(&data).unwrap();
    let scores: Vec<Vec<f64>> = (0..3)
        .map(|k| {
            let shap = TreeShap::of_class(&boosted, ClassIdx::new(k)).unwrap();
            assert_eq!(shap.kind(), ScoreKind::LogWeight);
            shap.contributions(&table).unwrap().scores()
        })
        .collect();
    let mut out = [0.0; 3];
    for (row, ((a, b), c)) in scores[0].iter().zip(&scores[1]).zip(&scores[2]).enumerate() {
        boosted.probabilities(table.row(row), &mut out);
        let total = a.exp() + b.exp() + c.exp();
        near(&out, &[a.exp() / total, b.exp() / total, c.exp() / total], 1e-9);
    }
    // Numbers.
    let values: Vec<f64> = (0..400).map(|i| 100.0 + table.row(i)[3] * 7.0).collect();
    let data = Labeled::new(&table, &values).unwrap();
    for (loss, kind) in [
        (RegressionLoss::Squared, ScoreKind::Value),
        (RegressionLoss::Poisson, ScoreKind::LogValue),
    ] {
        let model = GradientBoostingRegressor::new().loss(loss).n_rounds(20).fit(&data).unwrap();
        let shap = TreeShap::of_value(&model);
        assert_eq!(shap.kind(), kind);
        let mut scores = shap.contributions(&table).unwrap().scores();
        if kind == ScoreKind::LogValue {
            scores.iter_mut().for_each(|score| *score = score.exp());
        }
        near(&scores, &model.predict(&table).unwrap(), 1e-9);
    }
    assert!(RegressionTree::new().max_depth(0).fit(&data).is_ok_and(|tree| {
        TreeShap::of_value(&tree).of_row(table.row(0)) == [0.0; 4] && tree.value(table.row(0)) > 0.0
    }));
}

#[test]
fn derived_columns_sum_back_to_their_source() {
    let (table, labels) = mixed();
    let model = GradientBoosting::new().fit(&Labeled::new(&table, &labels).unwrap()).unwrap();
    let shap = TreeShap::of_class(&model, ClassIdx::new(1)).unwrap();
    let found = shap.contributions(&table).unwrap();
    let summed = found.by_source(&[1, 0, 1, 1], 2).unwrap();
    for (row, parts) in found.values().rows().into_iter().zip(summed.values().rows()) {
        near(&parts.to_vec(), &[row[1], row[0] + row[2] + row[3]], 1e-12);
    }
    near(&summed.scores(), &found.scores(), 1e-12);
    assert_eq!(found.importance().len(), 4);
    let error = found.by_source(&[0, 0, 0], 1).unwrap_err();
    assert_eq!(error.to_string(), "sources: expected 4, found 3");
    let error = found.by_source(&[0, 0, 0, 5], 2).unwrap_err();
    assert_eq!(error.to_string(), "source: expected an index below 2, found 5");
}

#[test]
fn reasons_read_as_a_marketer_reads() {
    let schema = Schema::new([
        Column::nullable("tenure_months"),
        Column::category("contract", ["monthly", "yearly"]),
    ])
    .unwrap();
    let cells = Array2::from_shape_fn((400, 2), |(i, j)| match j {
        0 if i % 10 == 0 => f64::NAN,
        0 => (i % 24) as f64 + 0.5,
        _ => (i / 24 % 2) as f64,
    });
    let table = FeatureTable::new(schema, cells).unwrap();
    let churned = classes((0..400).map(|i| i % 24 < 8 && i / 24 % 2 == 0 || i % 10 == 0));
    let data = Labeled::new(&table, &churned).unwrap();
    let model = GradientBoosting::new().n_rounds(20).fit(&data).unwrap();
    let shap = TreeShap::of_class(&model, ClassIdx::new(1)).unwrap();
    let reasons = shap.reasons(&[2.5, 0.0]);
    let text = reasons.to_string();
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].starts_with("probability 0.") && lines[0].ends_with(" is usual"), "{text}");
    assert!(lines[1].starts_with("+ tenure_months is 2.50: multiplies the odds by "), "{text}");
    assert!(lines[2].starts_with("+ contract is monthly: multiplies the odds by "), "{text}");
    assert_eq!(reasons.clone().strongest(1).reasons.len(), 1);
    let stays = shap.reasons(&[20.5, 2.0]).to_string();
    assert!(stays.contains("- tenure_months is 20.50: divides the odds by "), "{stays}");
    assert!(shap.reasons(&[f64::NAN, 0.0]).to_string().contains("tenure_months is missing: "));
}

#[test]
fn what_has_no_score_is_refused() {
    let schema = Schema::new([Column::number("x")]).unwrap();
    let table = FeatureTable::new(schema, array![[1.0], [2.0]]).unwrap();
    let labels = [ClassIdx::new(0); 2];
    let data = Labeled::new(&table, &labels).unwrap();
    let constant = GradientBoosting::new().fit(&data).unwrap();
    assert!(TreeShap::of_class(&constant, ClassIdx::new(0)).is_err());
    let tree = DecisionTree::new().fit(&data).unwrap();
    let error = TreeShap::of_class(&tree, ClassIdx::new(2)).unwrap_err();
    assert_eq!(error.to_string(), "class to explain: expected a class below 2, found 2");
    let other = Schema::new([Column::number("z")]).unwrap();
    let other = FeatureTable::new(other, array![[1.0]]).unwrap();
    assert!(TreeShap::of_class(&tree, ClassIdx::new(1)).unwrap().contributions(&other).is_err());
}

#[test]
fn weighted_nodes_weigh_as_their_rows_do() {
    // shap 0.51.0: TreeExplainer(feature_perturbation="tree_path_dependent") of scikit-learn's
    // DecisionTreeRegressor(max_depth=3), fitted with sample_weight.
    let (table, numbers, weights) = (sixty::table(), sixty::numbers(), sixty::weights());
    let data = Labeled::new(&table, &numbers).unwrap();
    let estimator = RegressionTree::new().max_depth(3);
    let tree = estimator.fit(&data.weighted(&weights).unwrap()).unwrap();
    let shap = TreeShap::of_value(&tree);
    assert!((shap.base() - 37.279333333333334).abs() < 1e-10);
    let expected = [
        [-13.225720514048534, -15.928612819284803, 0.0],
        [-3.3529831854480956, 9.493649852114764, 0.0],
        [3.7362402004280004, 4.119720583885746, 0.0],
    ];
    for (row, expected) in expected.iter().enumerate() {
        near(&shap.of_row(table.row(row)), expected, 1e-10);
    }
    // A weight of two is the row twice, and both are told alike once they were saved.
    let repeated = sixty::repeated();
    let twice = estimator.fit(&data.select(&repeated).unwrap()).unwrap();
    near(&TreeShap::of_value(&twice).of_row(table.row(0)), &expected[0], 1e-10);
    let text = serde_json::to_string(&tree).unwrap();
    let loaded: patronage_classify::RegressionTreeModel = serde_json::from_str(&text).unwrap();
    assert_eq!(loaded, tree);
    near(&TreeShap::of_value(&loaded).of_row(table.row(0)), &expected[0], 1e-10);
}
