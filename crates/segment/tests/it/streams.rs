//! Mini-batch and online k-means.

use crate::common::{matrix, normal, uniform};
use ndarray::{Array2, array};
use patronage_core::{Provenance, load, save};
use patronage_segment::{
    FeatureTable, Features, Fit, KMeans, MiniBatchKMeans, OnlineKMeans, Segmenter, SegmenterExt,
    inertia,
};
use patronage_testkit as testkit;

fn provenance(rows: &FeatureTable) -> Provenance {
    Provenance { schema: Some(rows.schema().clone()), training: None }
}

fn data() -> Vec<(&'static str, usize, FeatureTable)> {
    let mut draws = normal(1);
    let long_tailed = Array2::from_shape_fn((20_000, 3), |_| draws().exp());
    let mut draws = uniform(2);
    let even = Array2::from_shape_fn((20_000, 8), |_| draws());
    let mut draws = normal(3);
    let groups = Array2::from_shape_fn((20_000, 2), |(row, c)| {
        draws() + 5.0 * ((row % 12) as f64 / [1.0, 4.0][c]).floor()
    });
    vec![
        ("long-tailed", 8, matrix(long_tailed)),
        ("even", 20, matrix(even)),
        ("groups", 12, matrix(groups)),
    ]
}

fn part(rows: &FeatureTable, range: std::ops::Range<usize>) -> FeatureTable {
    let d = rows.schema().len();
    let cells = Array2::from_shape_fn((range.len(), d), |(i, c)| rows.row(range.start + i)[c]);
    FeatureTable::new(rows.schema().clone(), cells).unwrap()
}

#[test]
fn inertia_is_within_a_few_per_cent_of_k_means() {
    for (name, k, rows) in data() {
        let full = KMeans::new(k).restarts(3).swaps(0).fit(&rows).unwrap().inertia();
        let (model, labels) = MiniBatchKMeans::new(k).fit_assign(&rows).unwrap();
        let ratio = model.inertia() / full;
        assert!(ratio < 1.04, "{name}: {ratio} of k-means in mini-batches");
        assert_eq!(model.assign(&rows).unwrap(), labels);
        let mut online = OnlineKMeans::new(rows.schema().clone(), k).unwrap();
        online.absorb(&rows).unwrap();
        let labels = online.model().unwrap().assign(&rows).unwrap();
        let ratio = inertia(&rows, &labels).unwrap() / full;
        assert!(ratio < 1.08, "{name}: {ratio} of k-means in one pass");
    }
}

#[test]
fn mini_batches_are_a_segmenter_and_the_same_on_any_number_of_threads() {
    let (_, k, rows) = data().remove(0);
    let rows = part(&rows, 0..9_000);
    let estimator = MiniBatchKMeans::new(k).batch_size(256);
    let model = estimator.fit(&rows).unwrap();
    testkit::check_segmenter(&model, &rows);
    testkit::check_saved_model(&model, provenance(&rows));
    testkit::check_fit_deterministic(&estimator, &rows, |a, b| a == b);
    testkit::check_seeded(&estimator, &rows, |a, b| a == b);
    for (estimator, message) in [
        (MiniBatchKMeans::new(0), "parameter k: expected at least 1, found 0"),
        (
            MiniBatchKMeans::new(2).batch_size(0),
            "parameter batch_size: expected at least 1, found 0",
        ),
        (
            MiniBatchKMeans::new(2).max_passes(0),
            "parameter max_passes: expected at least 1, found 0",
        ),
        (
            MiniBatchKMeans::new(9_001),
            "expected at least 9001 rows, one for each cluster, found 9000",
        ),
    ] {
        assert_eq!(estimator.fit(&rows).unwrap_err().to_string(), message);
    }
    let equal = matrix(Array2::from_elem((50, 2), 3.0));
    let model = MiniBatchKMeans::new(4).fit(&equal).unwrap();
    assert_eq!((model.n_segments(), model.inertia()), (1, 0.0));
    let far = matrix(array![[f64::MAX], [f64::MIN], [0.0], [1e308]]);
    assert!(MiniBatchKMeans::new(2).fit(&far).unwrap().inertia().is_finite());
}

#[test]
fn a_stream_is_the_same_however_it_is_cut() {
    let (_, k, rows) = data().remove(2);
    let rows = part(&rows, 0..5_000);
    let new = || OnlineKMeans::new(rows.schema().clone(), k).unwrap().batch_size(300).unwrap();
    let mut whole = new();
    whole.absorb(&rows).unwrap();
    for step in [1, 7, 1_000] {
        let mut pieces = new();
        for start in (0..5_000).step_by(step) {
            pieces.absorb(&part(&rows, start..(start + step).min(5_000))).unwrap();
            if start % 1_750 == 0 {
                // Saving, loading and looking change nothing.
                let text = save(&pieces, provenance(&rows)).unwrap();
                pieces = load(&text).unwrap().0;
                pieces.model().unwrap();
            }
        }
        assert_eq!(pieces, whole, "{step}");
    }
    assert_eq!(whole.n_rows(), 5_000);
    assert_eq!(whole.model().unwrap().sizes().iter().sum::<u64>(), 5_000);
    testkit::check_saved_model(&whole, provenance(&rows));
    testkit::check_segmenter(&whole.model().unwrap(), &rows);
    let absorb = || {
        let mut state = new();
        state.absorb(&rows).unwrap();
        state
    };
    testkit::check_same_on_any_pool(absorb, |a, b| a == b);
}

#[test]
fn a_centre_is_the_mean_of_the_rows_it_took() {
    // Two groups so far apart that every row's centre is known.
    let mut draws = uniform(4);
    let rows = matrix(Array2::from_shape_fn((4_000, 1), |(row, _)| {
        draws() + if row % 4 == 0 { 1000.0 } else { 0.0 }
    }));
    let mut state = OnlineKMeans::new(rows.schema().clone(), 2).unwrap();
    state.absorb(&rows).unwrap();
    let model = state.model().unwrap();
    let mean = |far: bool| {
        let of = rows.values().iter().copied().filter(|x| (*x > 500.0) == far).collect::<Vec<_>>();
        of.iter().sum::<f64>() / of.len() as f64
    };
    for far in [false, true] {
        let row = if far { 1000.0 } else { 0.0 };
        let segment = model.segment(&[row]).index();
        assert!((model.centres()[[segment, 0]] - mean(far)).abs() < 1e-9);
        assert_eq!(model.sizes()[segment], if far { 1_000 } else { 3_000 });
    }
}

#[test]
fn starved_and_wanting_centres_start_anew() {
    // The second group comes long after the start.
    let mut draws = normal(5);
    let rows = matrix(Array2::from_shape_fn((12_000, 1), |(row, _)| {
        draws() + if row > 6_000 && row % 2 == 0 { 500.0 } else { 0.0 }
    }));
    let mut state = OnlineKMeans::new(rows.schema().clone(), 3).unwrap();
    state.absorb(&rows).unwrap();
    let model = state.model().unwrap();
    assert_ne!(model.segment(&[0.0]), model.segment(&[500.0]));
    // One point alone, and only then others.
    let equal = matrix(Array2::from_elem((3_000, 1), 7.0));
    let mut state = OnlineKMeans::new(equal.schema().clone(), 3).unwrap();
    state.absorb(&equal).unwrap();
    assert_eq!(state.model().unwrap().n_segments(), 1);
    let others = matrix(Array2::from_shape_fn((3_000, 1), |(row, _)| (row % 3) as f64 * 50.0));
    state.absorb(&others).unwrap();
    let model = state.model().unwrap();
    assert_eq!((model.n_segments(), model.n_asked()), (3, 3));
}

#[test]
fn what_cannot_be_absorbed_changes_nothing() {
    let schema = matrix(Array2::zeros((0, 2))).schema().clone();
    let mut state = OnlineKMeans::new(schema.clone(), 2).unwrap();
    assert_eq!(state.model().unwrap_err().to_string(), "rows: expected at least one, found none");
    state.absorb(&matrix(array![[1.0, 2.0]])).unwrap();
    let before = state.clone();
    assert!(state.absorb(&matrix(array![[1.0]])).is_err());
    struct Unchecked(patronage_segment::Schema, Array2<f64>);
    impl Features for Unchecked {
        fn schema(&self) -> &patronage_segment::Schema {
            &self.0
        }
        fn values(&self) -> ndarray::ArrayView2<'_, f64> {
            self.1.view()
        }
    }
    let error = state.absorb(&Unchecked(schema.clone(), array![[0.0, 1.0], [f64::NAN, 0.0]]));
    assert!(error.unwrap_err().to_string().starts_with("row 1, column \"x0\""));
    assert_eq!(state, before);
    assert_eq!(state.model().unwrap().n_segments(), 1);
    assert!(state.clone().seed(1).is_err() && state.clone().batch_size(9).is_err());
    assert!(OnlineKMeans::new(schema.clone(), 0).is_err());
    assert!(OnlineKMeans::new(schema.clone(), 5).unwrap().start_size(4).is_err());
    assert!(OnlineKMeans::new(schema, 5).unwrap().batch_size(0).is_err());
    let mut far = OnlineKMeans::new(matrix(array![[0.0]]).schema().clone(), 2).unwrap();
    for _ in 0..1_500 {
        far.absorb(&matrix(array![[f64::MAX], [f64::MIN], [1e-308]])).unwrap();
    }
    let model = far.model().unwrap();
    assert!(model.inertia().is_finite() && model.centres().iter().all(|cell| cell.is_finite()));
}

/// `cargo test --release -p patronage-segment --test streams -- --ignored --nocapture`.
#[test]
#[ignore = "measures"]
#[allow(clippy::print_stderr, reason = "a measurement is read")]
fn mini_batches_beside_k_means() {
    let mut draws = normal(6);
    let rows = matrix(Array2::from_shape_fn((1_000_000, 8), |_| draws()));
    for k in [8, 50] {
        let start = std::time::Instant::now();
        let full = KMeans::new(k).fit(&rows).unwrap();
        let of_full = start.elapsed().as_secs_f64();
        let start = std::time::Instant::now();
        let mini = MiniBatchKMeans::new(k).fit(&rows).unwrap();
        let of_mini = start.elapsed().as_secs_f64();
        let start = std::time::Instant::now();
        let mut online = OnlineKMeans::new(rows.schema().clone(), k).unwrap();
        online.absorb(&rows).unwrap();
        let of_online = start.elapsed().as_secs_f64();
        let labels = online.model().unwrap().assign(&rows).unwrap();
        eprintln!(
            "k {k}: k-means {of_full:.2} s, mini-batch {of_mini:.2} s at {:.4} of its inertia, online {of_online:.2} s at {:.4}",
            mini.inertia() / full.inertia(),
            inertia(&rows, &labels).unwrap() / full.inertia(),
        );
    }
}
