//! Leakage, drift, paired tests and profit on the IBM Telco churn table, fold = row mod 5. The table
//! is optional: without it the tests say so and pass.

use ndarray::Array2;
use patronage_classify::{
    Binning, Bootstrap, Campaign, DecisionTree, Drift, LeakageCheck, LogisticRegression,
    PredefinedSplit, Prospects, Scaling, Scored, Splitter, cross_predict, delong_test,
    two_sample_test,
};
use patronage_core::{ClassIdx, Column, FeatureTable, Features, Labeled, Money, Schema};

use crate::common::telco;

fn folds(n: usize) -> Vec<u32> {
    (0..n as u32).map(|row| row % 5).collect()
}

fn part(table: &FeatureTable, keep: impl Fn(usize) -> bool) -> FeatureTable {
    let rows: Vec<usize> = (0..table.n_rows()).filter(|&row| keep(row)).collect();
    let cells = table.values().select(ndarray::Axis(0), &rows);
    FeatureTable::new(table.schema().clone(), cells).unwrap()
}

#[test]
fn no_column_is_suspect_until_one_is_planted() {
    let Some((table, labels)) = telco() else { return };
    let data = Labeled::new(&table, &labels).unwrap();
    let report = LeakageCheck::new().check(&data).unwrap();
    let found: Vec<String> = report.suspects().map(ToString::to_string).collect();
    assert!(found.is_empty(), "{found:?}");
    assert!(report.all > 0.8, "{}", report.all);
    // A closing date, which nine in ten of those who left have.
    let columns = table.schema().columns().iter().cloned().chain([Column::flag("closed")]);
    let closed = |row: usize| {
        f64::from(u8::from(labels[row] == ClassIdx::new(1) && !row.is_multiple_of(10)))
    };
    let width = table.schema().len();
    let cells = Array2::from_shape_fn((table.n_rows(), width + 1), |(row, column)| {
        if column < width { table.row(row)[column] } else { closed(row) }
    });
    let planted = FeatureTable::new(Schema::new(columns).unwrap(), cells).unwrap();
    let report = LeakageCheck::new().roc_auc(0.9).check(&Labeled::new(&planted, &labels).unwrap());
    let names: Vec<String> = report.unwrap().suspects().map(|of| of.column.clone()).collect();
    assert_eq!(names, ["closed"]);
}

#[test]
fn folds_have_not_drifted_and_long_standing_customers_have() {
    let Some((table, _)) = telco() else { return };
    let (train, test) = (part(&table, |row| row % 5 > 0), part(&table, |row| row % 5 == 0));
    assert_eq!(Drift::new().compare(&train, &test).unwrap().drifted().count(), 0);
    let tree = DecisionTree::new().max_depth(4);
    assert!(two_sample_test(&tree, &train, &test, 0).unwrap().p_value > 0.01);
    let tenure = table.schema().position("tenure").unwrap();
    let (young, old) = (
        part(&table, |row| table.row(row)[tenure] <= 24.0),
        part(&table, |row| table.row(row)[tenure] > 24.0),
    );
    let report = Drift::new().compare(&young, &old).unwrap();
    let worst = report.columns.iter().max_by(|a, b| a.psi.total_cmp(&b.psi)).unwrap();
    assert_eq!(worst.column, "tenure");
    assert!(report.drifted().any(|column| column.column == "Contract=Two year"));
    assert!(two_sample_test(&tree, &young, &old, 0).unwrap().p_value < 1e-12);
}

#[test]
fn logistic_regression_beats_a_tree_and_earns_money() {
    let Some((table, labels)) = telco() else { return };
    let data = Labeled::new(&table, &labels).unwrap();
    let folds = folds(labels.len());
    let splits = PredefinedSplit::new(&folds).splits(&labels).unwrap();
    let logistic = LogisticRegression::new().scaling(Scaling::Standard);
    let by_logistic = cross_predict(&logistic, &data, &splits).unwrap().column(1).to_vec();
    let tree = DecisionTree::new().max_depth(5);
    let by_tree = cross_predict(&tree, &data, &splits).unwrap().column(1).to_vec();
    let paired = delong_test(&by_logistic, &by_tree, &labels, None).unwrap();
    assert!(paired.difference > 0.01 && paired.test.p_value < 1e-9, "{paired:?}");
    let scored = Scored::new(&by_logistic, &labels).unwrap();
    let parts = scored.brier_decomposition(Binning::EqualCount(10)).unwrap();
    assert!(parts.reliability < 0.002 && parts.resolution > 0.05, "{parts:?}");
    // Who leaves is worth 60 when kept (net of the chance of it), a contact costs 12.
    let campaign = Campaign::new(Money::from_units(60), Money::from_units(12));
    let prospects = Prospects::new(&by_logistic, &labels);
    let best = campaign.best_cutoff(&prospects, &Bootstrap::new(100)).unwrap();
    // Probabilities are calibrated, so the best cut-off is near cost over revenue, 0.2.
    assert!((best.point.threshold.unwrap() - 0.2).abs() < 0.08, "{best:?}");
    assert!(best.optimism > Money::ZERO && best.optimism < Money::from_units(2000), "{best:?}");
    let honest = best.honest_profit.as_f64();
    assert!(best.interval.low < honest && honest < best.interval.high, "{best:?}");
    let everybody = campaign.curve(&prospects).unwrap().points.last().unwrap().profit;
    assert!(best.honest_profit > everybody);
}
