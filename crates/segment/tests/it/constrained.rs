//! k-means with bounds on the sizes of clusters.

use crate::common::{matrix, normal, uniform};
use ndarray::{Array2, array};
use patronage_core::Provenance;
use patronage_segment::{
    ConstrainedKMeans, ErrorKind, FeatureTable, Features, Fit, KMeans, SegmentIdx, Segmenter,
    SegmenterExt, inertia,
};
use patronage_testkit as testkit;
use proptest::prelude::*;

fn sizes(labels: &[SegmentIdx], k: usize) -> Vec<usize> {
    (0..k).map(|c| labels.iter().filter(|label| label.index() == c).count()).collect()
}

fn long_tailed(n: usize, d: usize, seed: u64) -> FeatureTable {
    let mut draws = normal(seed);
    matrix(Array2::from_shape_fn((n, d), |_| draws().exp()))
}

#[test]
fn without_bounds_it_is_k_means() {
    let rows = long_tailed(300, 2, 1);
    let (model, labels) = ConstrainedKMeans::new(5).fit_assign(&rows).unwrap();
    let free = KMeans::new(5).fit(&rows).unwrap();
    assert!((model.inertia() / free.inertia() - 1.0).abs() < 1e-12);
    assert_eq!(labels, model.assign(&rows).unwrap());
    assert!(model.converged());
}

#[test]
fn it_is_a_segmenter_and_the_same_on_any_number_of_threads() {
    let rows = long_tailed(500, 3, 2);
    let estimator = ConstrainedKMeans::new(4).min_size(100).max_size(150);
    let model = estimator.fit(&rows).unwrap();
    testkit::check_segmenter(&model, &rows);
    let schema = Some(rows.schema().clone());
    testkit::check_saved_model(&model, Provenance { schema, training: None });
    testkit::check_fit_deterministic(&estimator, &rows, |a, b| a == b);
    testkit::check_seeded(&estimator.restarts(1), &rows, |a, b| a == b);
}

#[test]
fn equal_sizes_cost_least_at_the_given_centres() {
    let mut draws = uniform(3);
    let rows = matrix(Array2::from_shape_fn((12, 2), |_| draws()));
    let (model, labels) =
        ConstrainedKMeans::new(3).min_size(4).max_size(4).fit_assign(&rows).unwrap();
    assert_eq!(sizes(&labels, 3), [4, 4, 4]);
    // No swap of two rows, at the means that came out, costs less.
    let cost = |row: usize, c: usize| {
        let off = &rows.values().row(row) - &model.centres().row(c);
        off.dot(&off)
    };
    for a in 0..12 {
        for b in 0..12 {
            let (of_a, of_b) = (labels[a].index(), labels[b].index());
            assert!(cost(a, of_a) + cost(b, of_b) <= cost(a, of_b) + cost(b, of_a) + 1e-12);
        }
    }
    let again = ConstrainedKMeans::new(9).min_size(4).max_size(4);
    assert_eq!(again.assign_within(&model, &rows).unwrap(), labels);
}

#[test]
fn bounds_that_cannot_be_kept_are_refused_with_their_figures() {
    let rows = long_tailed(10, 1, 4);
    for (estimator, message) in [
        (
            ConstrainedKMeans::new(3).min_size(4),
            "expected sizes that add up to 10 rows, found 3 clusters of 4 to 10 rows each",
        ),
        (
            ConstrainedKMeans::new(3).max_size(3),
            "expected sizes that add up to 10 rows, found 3 clusters of 1 to 3 rows each",
        ),
        (
            ConstrainedKMeans::new(2).min_size(5).max_size(4),
            "expected sizes that add up to 10 rows, found 2 clusters of 5 to 4 rows each",
        ),
        (ConstrainedKMeans::new(0), "parameter k: expected at least 1, found 0"),
        (
            ConstrainedKMeans::new(11).min_size(0),
            "expected at least 11 rows, one for each cluster, found 10",
        ),
        (ConstrainedKMeans::new(2).restarts(0), "parameter restarts: expected at least 1, found 0"),
        (ConstrainedKMeans::new(2).max_iter(0), "parameter max_iter: expected at least 1, found 0"),
    ] {
        assert_eq!(estimator.fit(&rows).unwrap_err().to_string(), message);
    }
    let huge = ConstrainedKMeans::new(2).min_size(usize::MAX).fit(&rows).unwrap_err();
    assert!(matches!(huge.kind(), ErrorKind::Sizes { .. }));
}

#[test]
fn degenerate_rows_keep_the_bounds() {
    let equal = matrix(Array2::from_elem((9, 2), 7.0));
    let (model, labels) = ConstrainedKMeans::new(3).min_size(3).fit_assign(&equal).unwrap();
    assert_eq!(sizes(&labels, 3), [3, 3, 3]);
    assert_eq!(model.inertia(), 0.0);
    let one = matrix(array![[1.0]]);
    assert_eq!(ConstrainedKMeans::new(1).fit(&one).unwrap().sizes(), [1]);
    let far = matrix(array![[-1e308], [0.0], [0.0], [1e308], [1e-300], [f64::MAX]]);
    let (model, labels) =
        ConstrainedKMeans::new(2).min_size(3).max_size(3).fit_assign(&far).unwrap();
    assert_eq!(sizes(&labels, 2), [3, 3]);
    assert!(model.inertia().is_finite() && model.centres().iter().all(|c| c.is_finite()));
    // Empty clusters are admitted on request, and are then none.
    let (model, _) = ConstrainedKMeans::new(3).min_size(0).fit_assign(&equal).unwrap();
    assert_eq!(model.n_segments(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn sizes_lie_within_bounds_and_inertia_is_that_of_the_labels(
        n in 4_usize..120, k in 1_usize..8, d in 1_usize..4, tight in 0.0..1.0_f64, seed in 0_u64..1000,
    ) {
        prop_assume!(k <= n);
        let rows = long_tailed(n, d, seed);
        let least = (tight * (n / k) as f64) as usize;
        let most = n.div_ceil(k) + ((1.0 - tight) * n as f64) as usize;
        let estimator = ConstrainedKMeans::new(k).min_size(least.max(1)).max_size(most).restarts(1);
        let (model, labels) = estimator.fit_assign(&rows).unwrap();
        let found = sizes(&labels, k);
        prop_assert!(found.iter().all(|size| (least..=most).contains(size)), "{found:?}");
        prop_assert!(model.sizes().iter().map(|&size| size as usize).eq(found));
        let own = inertia(&rows, &labels).unwrap();
        prop_assert!((model.inertia() - own).abs() <= 1e-9 * own.max(1e-300));
        // The assignment is the best at its own centres, so a fixed point stays where it is.
        if model.converged() {
            let again = estimator.assign_within(&model, &rows).unwrap();
            let centres = model.centres();
            let cost = |labels: &[SegmentIdx]| -> f64 {
                labels.iter().zip(rows.values().rows()).map(|(label, row)| {
                    let off = &row - &centres.row(label.index());
                    off.dot(&off)
                }).sum()
            };
            prop_assert!((cost(&again) - cost(&labels)).abs() <= 1e-9 * own.max(1e-300));
        }
    }
}

/// `cargo test --release -p patronage-segment --test constrained -- --ignored --nocapture`.
#[test]
#[ignore = "measures"]
#[allow(clippy::print_stderr, reason = "a measurement is read")]
fn a_hundred_thousand_rows_into_twenty() {
    let rows = long_tailed(100_000, 3, 5);
    for (least, most) in [(1, 100_000), (2_500, 10_000), (4_900, 5_100), (5_000, 5_000)] {
        let start = std::time::Instant::now();
        let (model, labels) =
            ConstrainedKMeans::new(20).min_size(least).max_size(most).fit_assign(&rows).unwrap();
        let found = sizes(&labels, 20);
        assert!(found.iter().all(|size| (least..=most).contains(size)));
        eprintln!(
            "{least}..={most}: {:.2} s, {} assignments, inertia {:.1}",
            start.elapsed().as_secs_f64(),
            model.n_iter(),
            model.inertia()
        );
    }
}
