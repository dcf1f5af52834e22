//! The stability index and its test on tables whose truth is known.

use ndarray::Array2;
use patronage_classify::{DecisionTree, Drift, DriftSize, LogisticRegression, two_sample_test};
use patronage_core::{ClassIdx, Column, FeatureTable, Labeled, Schema};

use crate::rows::{near, noise};

fn schema() -> Schema {
    Schema::new([
        Column::number("spend"),
        Column::nullable("age"),
        Column::category("country", ["FR", "DE", "GB", "IT"]),
        Column::flag("newsletter"),
        Column::number("orders"),
    ])
    .unwrap()
}

/// `shift` moves every column.
fn table(seed: u64, n: usize, shift: f64) -> FeatureTable {
    let cell = |(i, j): (usize, usize)| {
        let u = noise(seed, 5 * i + j);
        match j {
            0 => -(1.0 - u).ln() * (1.0 + shift),
            1 if u < 0.2 + shift => f64::NAN,
            1 => (20.0 + 50.0 * u).floor(),
            2 => (u.powf(1.0 + shift) * 4.0).floor(),
            3 => f64::from(u8::from(u < 0.3 + shift)),
            _ => (u * (4.0 + 4.0 * shift)).floor(),
        }
    };
    FeatureTable::new(schema(), Array2::from_shape_fn((n, 5), cell)).unwrap()
}

#[test]
fn the_index_is_that_of_its_definition() {
    let column = Schema::new([Column::number("x")]).unwrap();
    let of = |cells: Vec<f64>| {
        FeatureTable::new(column.clone(), Array2::from_shape_vec((cells.len(), 1), cells).unwrap())
            .unwrap()
    };
    // Three values, shares 50, 30, 20 % then and 40, 40, 20 % now.
    let values = |counts: [usize; 3]| {
        of(counts.iter().enumerate().flat_map(|(v, &n)| vec![v as f64; n]).collect())
    };
    let report = Drift::new().compare(&values([50, 30, 20]), &values([40, 40, 20])).unwrap();
    let expected = -0.1 * (0.4_f64 / 0.5).ln() + 0.1 * (0.4_f64 / 0.3).ln();
    let found = &report.columns[0];
    near(found.psi, expected, 1e-15);
    assert_eq!(found.bins.len(), 3);
    // chi2.sf(psi / (1/100 + 1/100), 2) = exp(-x / 2).
    near(found.p_value, (-expected / 0.02 / 2.0).exp(), 1e-12);
    assert_eq!(found.size(), DriftSize::Small);
    // A value that was not there before has a bin of its own, and empty bins are softened.
    let report = Drift::new().compare(&values([50, 50, 0]), &values([50, 0, 50])).unwrap();
    let found = &report.columns[0];
    assert_eq!(found.bins[2].label, "(another value)");
    assert!(found.psi.is_finite() && found.psi > 1.0 && found.p_value < 1e-12);
    // A constant that becomes another is seen too.
    let report = Drift::new().compare(&values([60, 0, 0]), &values([0, 60, 0])).unwrap();
    assert_eq!(report.drifted().count(), 1);
}

#[test]
fn where_nothing_moved_the_test_is_as_rare_as_it_says() {
    // 300 pairs of tables of five columns: 5 % of 1,500 single tests are 75, four standard
    // deviations are 34; any column of a pair, corrected, in at most 5 % of 300 = 15 (+ 15).
    let (mut single, mut any) = (0, 0);
    for seed in 0..300 {
        let report = Drift::new()
            .least_psi(0.0)
            .compare(&table(seed, 300, 0.0), &table(seed + 1000, 400, 0.0))
            .unwrap();
        single += report.columns.iter().filter(|column| column.p_value < 0.05).count();
        any += usize::from(report.drifted().count() > 0);
    }
    assert!((41..=109).contains(&single), "{single}");
    assert!(any <= 30, "{any}");
}

#[test]
fn what_moved_is_found_in_every_kind_of_column() {
    let report = Drift::new().compare(&table(1, 2000, 0.0), &table(2, 2000, 0.6)).unwrap();
    let found: Vec<&str> = report.drifted().map(|column| column.column.as_str()).collect();
    assert_eq!(found, ["spend", "age", "country", "newsletter", "orders"]);
    assert!(report.columns.iter().all(|column| column.p_value <= column.adjusted_p));
    let missing = report.columns[1].bins.iter().find(|bin| bin.label == "(missing)").unwrap();
    assert!(missing.now > 0.7 && missing.then < 0.3);
}

#[test]
fn a_weight_of_a_row_is_a_share_and_labels_do_not_matter() {
    let (then, now) = (table(1, 200, 0.0), table(2, 200, 0.3));
    let labels = vec![ClassIdx::new(0); 200];
    let numbers = vec![1.5; 200];
    let plain = Drift::new().compare(&then, &now).unwrap();
    let rows = Labeled::new(&then, &labels).unwrap();
    let twos = [2.0; 200];
    let weighted = rows.weighted(&twos).unwrap();
    let other = Labeled::new(&now, &numbers).unwrap();
    assert_eq!(Drift::new().compare_labeled(&weighted, &other).unwrap(), plain);
    // Rows of weight 0 are not there.
    let half: Vec<f64> = (0..200).map(|row| f64::from(u8::from(row < 100))).collect();
    let first: Vec<u32> = (0..100).collect();
    let by_weight = Drift::new()
        .compare_labeled(&Labeled::new(&then, &labels).unwrap().weighted(&half).unwrap(), &other);
    let by_choice = Drift::new()
        .compare_labeled(&Labeled::new(&then, &labels).unwrap().select(&first).unwrap(), &other);
    assert_eq!(by_weight.unwrap(), by_choice.unwrap());
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let none = table(1, 0, 0.0);
    let some = table(1, 10, 0.0);
    assert!(
        Drift::new().compare(&none, &some).is_err() && Drift::new().compare(&some, &none).is_err()
    );
    assert!(Drift::new().n_bins(1).compare(&some, &some).is_err());
    assert!(Drift::new().level(0.0).compare(&some, &some).is_err());
    assert!(Drift::new().least_psi(f64::NAN).compare(&some, &some).is_err());
    let other =
        FeatureTable::new(Schema::new([Column::number("x")]).unwrap(), Array2::zeros((3, 1)));
    assert!(Drift::new().compare(&some, &other.unwrap()).is_err());
    let one = table(1, 1, 0.0);
    let report = Drift::new().compare(&one, &some).unwrap();
    assert!(report.columns.iter().all(|column| column.psi.is_finite() && column.p_value <= 1.0));
    // The whole range of numbers.
    let extremes = FeatureTable::new(
        Schema::new([Column::number("x")]).unwrap(),
        Array2::from_shape_fn((60, 1), |(i, _)| {
            [1e308, -1e308, 0.0, 5e-324][i % 4] * (1.0 + i as f64 / 100.0).min(1.7)
        }),
    )
    .unwrap();
    assert_eq!(Drift::new().compare(&extremes, &extremes).unwrap().columns[0].psi, 0.0);
}

#[test]
fn the_two_sample_test_is_as_rare_as_it_says_and_finds_what_moved() {
    let numbers = |seed: u64, shift: f64| {
        let schema = Schema::new(["a", "b"].map(Column::number)).unwrap();
        let cells = Array2::from_shape_fn((150, 2), |(i, j)| noise(seed, 2 * i + j) + shift);
        FeatureTable::new(schema, cells).unwrap()
    };
    let tree = DecisionTree::new().max_depth(3);
    let rare = (0..200)
        .filter(|&seed| {
            let test = two_sample_test(&tree, &numbers(seed, 0.0), &numbers(seed + 500, 0.0), seed);
            test.unwrap().p_value < 0.05
        })
        .count();
    // 5 % of 200 are 10, four standard deviations 12.
    assert!(rare <= 22, "{rare}");
    let found =
        two_sample_test(&LogisticRegression::new(), &numbers(1, 0.0), &numbers(2, 0.3), 0).unwrap();
    assert!(found.p_value < 1e-6 && found.roc_auc > 0.7, "{found:?}");
    assert_eq!(found.n_test, 150);
    let alone = FeatureTable::new(
        Schema::new(["a", "b"].map(Column::number)).unwrap(),
        Array2::zeros((1, 2)),
    )
    .unwrap();
    assert!(two_sample_test(&tree, &alone, &numbers(1, 0.0), 0).is_err());
}
