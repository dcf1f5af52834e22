//! Bisecting k-means, Ward's method, and both together.

use crate::common::{matrix, normal, uniform};
use ndarray::{Array2, array};
use patronage_core::Provenance;
use patronage_segment::{
    BisectingKMeans, BisectingModel, FeatureTable, Features, Fit, Grouped, KMeans, SegmentIdx,
    Segmenter, SegmenterExt, SplitBy, Ward, adjusted_rand, inertia,
};
use patronage_testkit as testkit;

fn provenance(rows: &FeatureTable) -> Provenance {
    Provenance { schema: Some(rows.schema().clone()), training: None }
}

/// Hundredths below 1000, the same as the script that asked the oracle drew.
fn drawn(n: usize, d: usize, mut state: u64) -> FeatureTable {
    matrix(Array2::from_shape_fn((n, d), |_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        ((state >> 33) % 100_000) as f64 / 100.0
    }))
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-11 * b.abs()
}

// scipy 1.17.1: scipy.cluster.hierarchy.linkage(X, method="ward").
#[test]
fn merges_equal_scipy() {
    let expected = [
        (4, 6, 14.308518441823376, 2.0),
        (2, 3, 98.47650735073825, 2.0),
        (0, 11, 114.61464347979276, 2.0),
        (10, 13, 143.7899362496091, 3.0),
        (7, 12, 152.78879420079645, 3.0),
        (1, 8, 165.72265264591923, 2.0),
        (5, 14, 308.366504071589, 3.0),
        (9, 15, 375.31923010063485, 4.0),
        (16, 17, 377.5633550368291, 5.0),
        (18, 20, 687.5136721307197, 8.0),
        (19, 21, 1398.6500802321266, 12.0),
    ];
    let tree = Ward::new(4).tree(&drawn(12, 2, 5)).unwrap();
    assert_eq!(tree.merges().len(), expected.len());
    for (merge, (first, second, height, size)) in tree.merges().iter().zip(expected) {
        assert_eq!((merge.first, merge.second, merge.size), (first, second, size));
        assert!(near(merge.height, height), "{merge:?}");
    }
    // fcluster(Z, 4, "maxclust") and fcluster(Z, 300, "distance").
    let numbers = |labels: [u32; 12]| labels.map(SegmentIdx::new);
    let by_number = numbers([2, 4, 1, 1, 3, 2, 3, 3, 4, 1, 1, 2]);
    assert_eq!(adjusted_rand(&tree.labels(4).unwrap(), &by_number).unwrap(), 1.0);
    let by_height = numbers([3, 6, 1, 1, 5, 4, 5, 5, 6, 2, 1, 3]);
    assert_eq!(tree.n_clusters_at_height(300.0), 6);
    assert_eq!(adjusted_rand(&tree.labels_at_height(300.0), &by_height).unwrap(), 1.0);
    assert_eq!(tree.labels(4).unwrap()[..4], [0, 1, 2, 2].map(SegmentIdx::new));

    let tree = Ward::new(7).tree(&drawn(400, 3, 6)).unwrap();
    let heights: Vec<f64> = tree.merges().iter().map(|merge| merge.height).collect();
    assert!(near(heights.iter().sum(), 121816.04598007741));
    let moments = heights.iter().enumerate().map(|(i, height)| (i + 1) as f64 * height);
    assert!(near(moments.sum(), 39331744.95480828));
    let last = [4593.733077261054, 5232.116447838773, 6823.6452161725165];
    assert!(heights[396..].iter().zip(last).all(|(a, b)| near(*a, b)));
    let mut sizes = tree.cut(7).unwrap().sizes().to_vec();
    sizes.sort_unstable();
    assert_eq!(sizes, [38, 46, 50, 52, 61, 68, 85]);
}

// scipy 1.17.1: linkage(np.repeat(X, w, axis=0), method="ward")[-9:].
#[test]
fn sizes_stand_for_rows_repeated() {
    let sizes = [1.0, 5.0, 2.0, 7.0, 1.0, 1.0, 3.0, 4.0, 2.0, 6.0];
    let tree = Ward::new(2).tree_of(&drawn(10, 2, 7), &sizes).unwrap();
    let expected = [
        (34.04584776444848, 4.0),
        (134.50287848220964, 10.0),
        (216.4189844183422, 6.0),
        (411.4006284227902, 3.0),
        (450.97093494666234, 6.0),
        (677.6482133329455, 13.0),
        (771.157816760508, 16.0),
        (938.002120717663, 16.0),
        (2106.3414064468516, 32.0),
    ];
    for (merge, (height, size)) in tree.merges().iter().zip(expected) {
        assert!(near(merge.height, height) && merge.size == size, "{merge:?}");
    }
}

#[test]
fn heights_are_the_inertia_that_merges_add() {
    let rows = drawn(60, 2, 8);
    let tree = Ward::new(1).tree(&rows).unwrap();
    assert_eq!(tree.merges().last().unwrap().size, 60.0);
    for k in 1..60 {
        let of = |k: usize| inertia(&rows, &tree.labels(k).unwrap()).unwrap();
        let added = tree.merges()[59 - k].height.powi(2) / 2.0;
        assert!((of(k) - of(k + 1) - added).abs() < 1e-6 * of(k).max(1.0), "{k}");
        let model = tree.cut(k).unwrap();
        assert!((model.inertia() - of(k)).abs() <= 1e-9 * of(1), "{k}");
    }
    assert!(tree.labels(0).is_err() && tree.labels(61).is_err() && tree.cut(0).is_err());
    assert_eq!(tree.labels_at_height(f64::INFINITY), tree.labels(1).unwrap());
    assert_eq!(tree.labels_at_height(-1.0), tree.labels(60).unwrap());
}

#[test]
fn ward_is_a_segmenter_and_refuses_what_it_must() {
    let blobs = testkit::blobs(4, 80, 3, 1);
    let (model, labels) = Ward::new(4).fit_assign(&blobs.table).unwrap();
    assert_eq!(adjusted_rand(&labels, &blobs.blob).unwrap(), 1.0);
    assert_eq!(model.assign(&blobs.table).unwrap(), labels);
    testkit::check_segmenter(&model, &blobs.table);
    testkit::check_saved_model(&model, provenance(&blobs.table));
    testkit::check_seeded(&Ward::new(3), &blobs.table, |a, b| a == b);
    let error = |ward: Ward, rows: &FeatureTable| ward.fit(rows).unwrap_err().to_string();
    assert_eq!(
        error(Ward::new(2).max_rows(79), &blobs.table),
        "expected at most 79 rows, found 80"
    );
    assert_eq!(error(Ward::new(0), &blobs.table), "parameter k: expected at least 1, found 0");
    let none = matrix(Array2::zeros((0, 2)));
    assert_eq!(
        error(Ward::new(1), &none),
        "expected at least 1 rows, one for each cluster, found 0"
    );
    assert!(Ward::new(1).tree(&none).is_err());
    let one = matrix(array![[3.0]]);
    assert!(Ward::new(1).tree(&one).unwrap().merges().is_empty());
    assert!(Ward::new(1).tree_of(&one, &[]).is_err());
    for size in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(Ward::new(1).tree_of(&one, &[size]).is_err());
    }
    let equal = matrix(Array2::from_elem((7, 2), -5.0));
    let tree = Ward::new(1).tree(&equal).unwrap();
    assert!(tree.merges().iter().all(|merge| merge.height == 0.0));
    assert_eq!(tree.n_clusters_at_height(0.0), 1);
    let far = matrix(array![[f64::MAX], [f64::MIN], [0.0], [1e-308], [1e308]]);
    let tree = Ward::new(1).tree(&far).unwrap();
    assert!(tree.merges().iter().all(|merge| merge.height.is_finite()));
    assert!(tree.cut(2).unwrap().centres().iter().all(|cell| cell.is_finite()));
}

#[test]
fn a_grid_has_only_ties_and_one_answer() {
    let grid = matrix(Array2::from_shape_fn((64, 2), |(row, c)| [row / 8, row % 8][c] as f64));
    let tree = Ward::new(4).tree(&grid).unwrap();
    assert!(tree.merges().is_sorted_by(|a, b| a.height <= b.height));
    assert!(tree.merges()[..32].iter().all(|merge| merge.height == 1.0 && merge.size == 2.0));
    let labels = tree.labels(4).unwrap();
    assert!((0..4).all(|c| labels.iter().filter(|label| label.index() == c).count() == 16));
}

fn long_tailed(n: usize, d: usize, seed: u64) -> FeatureTable {
    let mut draws = normal(seed);
    matrix(Array2::from_shape_fn((n, d), |_| draws().exp()))
}

#[test]
fn bisecting_is_a_segmenter_and_is_saved() {
    let blobs = testkit::blobs(5, 200, 2, 3);
    let (model, labels) = BisectingKMeans::new(5).fit_assign(&blobs.table).unwrap();
    assert_eq!(adjusted_rand(&labels, &blobs.blob).unwrap(), 1.0);
    testkit::check_segmenter(&model, &blobs.table);
    testkit::check_saved_model(&model, provenance(&blobs.table));
    testkit::check_send_sync::<BisectingModel>();
    let wide = long_tailed(400, 11, 4);
    let estimator = BisectingKMeans::new(30).split_by(SplitBy::Size).restarts(3);
    testkit::check_segmenter(&estimator.fit(&wide).unwrap(), &wide);
    testkit::check_fit_deterministic(&estimator, &wide, |a, b| a == b);
    testkit::check_seeded(&estimator, &wide, |a, b| a == b);
    let rows = long_tailed(20_000, 2, 5);
    testkit::check_fit_deterministic(&BisectingKMeans::new(40), &rows, |a, b| a == b);
}

#[test]
fn labels_sizes_inertia_and_nesting_agree() {
    let rows = long_tailed(900, 3, 6);
    let (model, labels) = BisectingKMeans::new(40).fit_assign(&rows).unwrap();
    assert_eq!(model.n_segments(), 40);
    assert_eq!(model.assign(&rows).unwrap(), labels);
    for (segment, &size) in SegmentIdx::all(40).zip(&model.sizes()) {
        assert_eq!(labels.iter().filter(|&&label| label == segment).count() as u64, size);
    }
    let own = inertia(&rows, &labels).unwrap();
    assert!((model.inertia() / own - 1.0).abs() < 1e-9);
    let mut finer = (model.clone(), labels);
    for k in (1..40).rev() {
        let coarser = model.cut(k).unwrap();
        assert_eq!(coarser, BisectingKMeans::new(k).fit(&rows).unwrap(), "cut before growing");
        assert_eq!(coarser.n_segments(), k);
        assert!(coarser.inertia() > finer.0.inertia());
        let labels = coarser.assign(&rows).unwrap();
        for (coarse, fine) in labels.iter().zip(&finer.1) {
            let (coarse, fine) = (coarser.path(*coarse), finer.0.path(*fine));
            assert!(k == 1 || fine == coarse || fine.starts_with(&format!("{coarse}.")));
        }
        finer = (coarser, labels);
    }
    assert_eq!(model.cut(1).unwrap().path(SegmentIdx::new(0)), "1");
    assert_eq!(model.cut(99).unwrap(), model);
    assert!(model.cut(0).is_err());
}

#[test]
fn cuts_end_at_small_and_at_narrow_segments() {
    let rows = long_tailed(500, 2, 7);
    let fit = |estimator: BisectingKMeans| estimator.fit(&rows).unwrap();
    let small = fit(BisectingKMeans::new(usize::MAX).leaf_size(20));
    assert!(small.sizes().iter().all(|&size| size <= 20));
    let narrow = fit(BisectingKMeans::new(usize::MAX).radius(0.25));
    for (inertia, size) in narrow.inertias().into_iter().zip(narrow.sizes()) {
        assert!(inertia <= 0.0625 * size as f64);
    }
    assert!(narrow.n_segments() < fit(BisectingKMeans::new(usize::MAX).radius(0.1)).n_segments());
    assert_eq!(fit(BisectingKMeans::new(usize::MAX)).n_segments(), 500);
    // The largest segment by rows is the one that is cut.
    let by_size = fit(BisectingKMeans::new(64).split_by(SplitBy::Size));
    assert!(by_size.sizes().iter().max() < fit(BisectingKMeans::new(64)).sizes().iter().max());
}

#[test]
fn degenerate_rows_are_one_segment_or_few() {
    let equal = matrix(Array2::from_elem((9, 2), 7.0));
    let model = BisectingKMeans::new(4).fit(&equal).unwrap();
    assert_eq!((model.n_segments(), model.inertia()), (1, 0.0));
    testkit::check_segmenter(&model, &equal);
    testkit::check_saved_model(&model, provenance(&equal));
    let two = matrix(array![[1.0], [1.0], [2.0]]);
    let model = BisectingKMeans::new(usize::MAX).fit(&two).unwrap();
    assert_eq!(model.sizes(), [2, 1]);
    for rows in [
        matrix(array![[f64::MAX], [f64::MIN], [0.0], [1e-308]]),
        matrix(array![[1e-308], [3e-308], [2e-308]]),
        matrix(array![[1e15, 1.0], [1e15, 2.0], [1e15 + 1.0, 1.0]]),
    ] {
        let (model, labels) = BisectingKMeans::new(2).fit_assign(&rows).unwrap();
        assert_eq!(model.n_segments(), 2);
        assert_eq!(model.assign(&rows).unwrap(), labels);
        assert!(model.inertia().is_finite());
        testkit::check_segmenter(&model, &rows);
    }
    for (estimator, message) in [
        (BisectingKMeans::new(0), "parameter k: expected at least 1, found 0"),
        (BisectingKMeans::new(2).leaf_size(0), "parameter leaf_size: expected at least 1, found 0"),
        (BisectingKMeans::new(2).restarts(0), "parameter restarts: expected at least 1, found 0"),
        (BisectingKMeans::new(2).max_iter(0), "parameter max_iter: expected at least 1, found 0"),
        (
            BisectingKMeans::new(2).radius(-1.0),
            "parameter radius: expected a finite number, at least 0, found -1",
        ),
    ] {
        assert_eq!(estimator.fit(&two).unwrap_err().to_string(), message);
    }
    assert!(BisectingKMeans::new(2).fit(&matrix(Array2::zeros((0, 1)))).is_err());
}

#[test]
fn micro_segments_are_gathered_by_ward() {
    let blobs = testkit::blobs(6, 3000, 3, 9);
    let micro = BisectingKMeans::new(60).fit(&blobs.table).unwrap();
    let centroids = FeatureTable::new(blobs.table.schema().clone(), micro.centres()).unwrap();
    let sizes: Vec<f64> = micro.sizes().iter().map(|&size| size as f64).collect();
    let tree = Ward::new(6).tree_of(&centroids, &sizes).unwrap();
    let model = Grouped::new(micro, tree.labels(6).unwrap()).unwrap();
    let labels = model.assign(&blobs.table).unwrap();
    assert_eq!(adjusted_rand(&labels, &blobs.blob).unwrap(), 1.0);
    testkit::check_segmenter(&model, &blobs.table);
    testkit::check_saved_model(&model, provenance(&blobs.table));
    let kmeans = KMeans::new(2).fit(&blobs.table).unwrap();
    let groups = |numbers: &[u32]| numbers.iter().map(|&n| SegmentIdx::new(n)).collect::<Vec<_>>();
    for wrong in [&[0][..], &[0, 0, 0], &[0, 2]] {
        assert!(Grouped::new(kmeans.clone(), groups(wrong)).is_err());
    }
}

/// `cargo test --release -p patronage-segment --test hierarchy -- --ignored --nocapture`.
#[test]
#[ignore = "measures"]
#[allow(clippy::print_stderr, reason = "a measurement is read")]
fn a_million_rows_into_micro_segments() {
    let mut draws = uniform(1);
    let rows = matrix(Array2::from_shape_fn((1_000_000, 3), |_| draws()));
    for k in [100, 1_000, 4_000] {
        let start = std::time::Instant::now();
        let model = BisectingKMeans::new(k).fit(&rows).unwrap();
        eprintln!(
            "bisecting to {k}: {:.2} s, inertia {:.2}",
            start.elapsed().as_secs_f64(),
            model.inertia()
        );
        let start = std::time::Instant::now();
        model.assign(&rows).unwrap();
        eprintln!("  assign: {:.2} s", start.elapsed().as_secs_f64());
    }
    for n in [2_000, 10_000, 20_000] {
        let rows = matrix(Array2::from_shape_fn((n, 3), |(row, c)| rows.row(row)[c]));
        let start = std::time::Instant::now();
        Ward::new(2).tree(&rows).unwrap();
        eprintln!("Ward of {n}: {:.2} s", start.elapsed().as_secs_f64());
    }
}
