//! k-prototypes against the package kmodes, and what it promises of mixed rows.

use crate::common::matrix;
use ndarray::{Array2, array};
use patronage_core::{Provenance, load, save};
use patronage_segment::{
    Column, ErrorKind, FeatureTable, Features, Fit, Init, KMeans, KPrototypes, KPrototypesModel,
    Schema, Segmenter, SegmenterExt,
};
use patronage_testkit as testkit;

fn provenance(rows: &FeatureTable) -> Provenance {
    Provenance { schema: Some(rows.schema().clone()), training: None }
}

/// Three groups of two numbers and two categories, as the script that asked the oracle drew them.
fn groups(spread: f64) -> FeatureTable {
    let mut state = 11_u64;
    let mut draw = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        state >> 33
    };
    let mut cells = Vec::new();
    for row in 0..90 {
        let group = row % 3;
        cells.push([0.0, 6.0, 12.0][group] + (draw() % 1000) as f64 / spread);
        cells.push([0.0, 5.0, 0.0][group] + (draw() % 1000) as f64 / spread);
        let own = draw() % 10 < 7;
        cells.push(if own { group as f64 } else { (draw() % 4) as f64 });
        let own = draw() % 10 < 8;
        cells.push(if own { (group % 2) as f64 } else { (draw() % 3) as f64 });
    }
    let schema = Schema::new([
        Column::number("spend"),
        Column::number("orders"),
        Column::category("channel", ["shop", "web", "phone", "post"]),
        Column::category("region", ["north", "south", "west"]),
    ]);
    let cells = Array2::from_shape_vec((90, 4), cells).unwrap();
    FeatureTable::new(schema.unwrap(), cells).unwrap()
}

// kmodes 0.12.2: KPrototypes(3, init=[X[:3, :2], X[:3, 2:]], n_init=1, gamma).fit(X, categorical=[2, 3]).cost_.
#[test]
fn costs_equal_the_package_kmodes() {
    let rows = groups(400.0);
    let start = Array2::from_shape_fn((3, 4), |(row, column)| rows.row(row)[column]);
    let fit = |estimator: KPrototypes| estimator.start(start.clone()).fit(&rows).unwrap();
    let default = fit(KPrototypes::new(3));
    assert!((default.gamma() / 1.8322566127146853 - 1.0).abs() < 1e-12);
    for (model, cost) in [
        (default, 122.99728401391516),
        (fit(KPrototypes::new(3).gamma(0.5)), 88.35861208333336),
        (fit(KPrototypes::new(3).gamma(3.0)), 153.35861208333336),
        (fit(KPrototypes::new(3).gamma(20.0)), 595.358612083333),
    ] {
        assert!((model.cost() / cost - 1.0).abs() < 1e-12, "{} {cost}", model.cost());
        assert_eq!(model.sizes(), [30, 30, 30]);
        assert!(model.converged());
        let expected = [1.2116666666666664, 1.3579166666666667, 0.0, 0.0];
        let found = model.prototypes();
        assert!(found.row(0).iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12));
    }
}

// The same with groups that overlap: the best of a few starts costs no more than kmodes' one.
#[test]
fn overlapping_groups_cost_no_more_than_in_kmodes() {
    let rows = groups(150.0);
    for (gamma, cost) in KMODES {
        let model = KPrototypes::new(3).gamma(gamma).fit(&rows).unwrap();
        assert!(model.cost() <= cost * (1.0 + 1e-12), "{gamma}: {} {cost}", model.cost());
    }
}

const KMODES: [(f64, f64); 3] =
    [(0.5, 548.8834637037036), (3.0, 613.8834637037037), (20.0, 1055.8834637037037)];

#[test]
fn it_is_a_segmenter_and_is_saved() {
    let rows = groups(150.0);
    let (model, labels) = KPrototypes::new(4).fit_assign(&rows).unwrap();
    assert_eq!(model.assign(&rows).unwrap(), labels);
    testkit::check_segmenter(&model, &rows);
    testkit::check_saved_model(&model, provenance(&rows));
    testkit::check_send_sync::<KPrototypesModel>();
    let estimator = KPrototypes::new(3).restarts(3);
    testkit::check_fit_deterministic(&estimator, &rows, |a, b| a == b);
    testkit::check_seeded(&estimator, &rows, |a, b| a == b);
    // Every kind of column, numbers missing among them.
    let schema = Schema::new([
        Column::nullable("age"),
        Column::flag("club"),
        Column::date("joined"),
        Column::category("channel", ["shop", "web"]),
    ]);
    let cells = testkit::ordinary_rows(schema.as_ref().unwrap(), 60, 1);
    let rows = FeatureTable::new(schema.unwrap(), cells).unwrap();
    let (model, labels) = KPrototypes::new(3).fit_assign(&rows).unwrap();
    assert_eq!(model.assign(&rows).unwrap(), labels);
    assert!(model.prototypes().iter().all(|cell| cell.is_finite()));
    testkit::check_segmenter(&model, &rows);
    testkit::check_saved_model(&model, provenance(&rows));
}

#[test]
fn without_categories_it_is_k_means_and_without_numbers_k_modes() {
    let blobs = testkit::blobs(4, 120, 3, 1);
    let start = blobs.centres.clone();
    let kmeans = KMeans::new(4).init(Init::Centres(start.clone())).fit(&blobs.table).unwrap();
    let model = KPrototypes::new(4).start(start).fit(&blobs.table).unwrap();
    assert!((model.cost() / kmeans.inertia() - 1.0).abs() < 1e-12);
    let schema =
        Schema::new([Column::category("a", ["x", "y"]), Column::category("b", ["x", "y"])]);
    let cells = array![[0.0, 0.0], [0.0, 0.0], [0.0, 1.0], [1.0, 1.0], [1.0, 1.0]];
    let rows = FeatureTable::new(schema.unwrap(), cells).unwrap();
    let model = KPrototypes::new(2).fit(&rows).unwrap();
    assert_eq!((model.gamma(), model.cost()), (1.0, 1.0));
    // More clusters than distinct rows.
    let model = KPrototypes::new(5).fit(&rows).unwrap();
    assert_eq!((model.n_segments(), model.cost()), (3, 0.0));
}

#[test]
fn missing_numbers_are_left_out() {
    let schema = Schema::new([Column::nullable("a"), Column::nullable("b")]).unwrap();
    let nan = f64::NAN;
    let cells = array![[0.0, nan], [2.0, 1.0], [nan, 3.0], [50.0, nan], [nan, 60.0], [54.0, 62.0]];
    let rows = FeatureTable::new(schema.clone(), cells).unwrap();
    let (model, labels) = KPrototypes::new(2).fit_assign(&rows).unwrap();
    assert_eq!((labels[0], labels[0]), (labels[1], labels[2]));
    assert_eq!((labels[3], labels[3]), (labels[4], labels[5]));
    assert_eq!(model.prototypes().row(labels[0].index()), array![1.0, 2.0].view());
    assert_eq!(model.prototypes().row(labels[3].index()), array![52.0, 61.0].view());
    // Nothing but missing numbers is one cluster at no cost.
    let rows = FeatureTable::new(schema, Array2::from_elem((4, 2), nan)).unwrap();
    let model = KPrototypes::new(2).fit(&rows).unwrap();
    assert_eq!((model.n_segments(), model.cost()), (1, 0.0));
    testkit::check_saved_model(&model, provenance(&rows));
}

#[test]
fn what_cannot_be_is_refused_and_extremes_are_computed() {
    let rows = groups(400.0);
    for (estimator, message) in [
        (KPrototypes::new(0), "parameter k: expected at least 1, found 0"),
        (KPrototypes::new(91), "expected at least 91 rows, one for each cluster, found 90"),
        (KPrototypes::new(2).restarts(0), "parameter restarts: expected at least 1, found 0"),
        (KPrototypes::new(2).max_iter(0), "parameter max_iter: expected at least 1, found 0"),
        (
            KPrototypes::new(2).gamma(f64::NAN),
            "parameter gamma: expected a finite number, at least 0, found NaN",
        ),
        (
            KPrototypes::new(2).start(array![[1.0, 2.0, 0.0, 0.0]]),
            "rows of the prototypes given: expected 2, found 1",
        ),
        (
            KPrototypes::new(1).start(array![[1.0, 2.0, 0.5, 0.0]]),
            "row 0, column \"channel\": expected the code of a level, or that of the unseen, found 0.5",
        ),
        (
            KPrototypes::new(1).start(array![[f64::NAN, 2.0, 0.0, 0.0]]),
            "row 0, column \"spend\": expected a finite number, found NaN",
        ),
    ] {
        assert_eq!(estimator.fit(&rows).unwrap_err().to_string(), message);
    }
    for cells in [
        array![[f64::MAX], [f64::MIN], [0.0], [1e308]],
        array![[1e-320], [3e-320], [0.0], [5e-324]],
    ] {
        let rows = matrix(cells);
        let model = KPrototypes::new(2).fit(&rows).unwrap();
        assert!(model.cost().is_finite() && model.prototypes().iter().all(|c| c.is_finite()));
        testkit::check_segmenter(&model, &rows);
    }
    let none = matrix(Array2::zeros((0, 1)));
    let error = KPrototypes::new(1).fit(&none).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::TooFewRows { .. }));
}

#[test]
fn damaged_prototypes_are_refused() {
    let rows = groups(400.0);
    let model = KPrototypes::new(2).fit(&rows).unwrap();
    let text = save(&model, provenance(&rows)).unwrap();
    let cost = format!("\"cost\":{}", model.cost());
    for (from, to) in [(cost.as_str(), "\"cost\":-1.0"), ("\"sizes\":[", "\"sizes\":[7,")] {
        let damaged = text.replacen(from, to, 1);
        assert_ne!(damaged, text);
        let error = load::<KPrototypesModel>(&damaged).unwrap_err().to_string();
        let sums: Vec<_> = error.split([' ', ',', ':']).filter(|word| word.len() == 32).collect();
        let mended = damaged.replace(sums[0], sums[1]);
        assert!(load::<KPrototypesModel>(&mended).is_err(), "{to}");
    }
}
