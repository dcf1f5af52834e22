//! k-means: every way to the same fixed point, against a reference implementation and by hand.

use crate::common::{matrix, normal, uniform};
use ndarray::{Array2, ArrayView2, array};
use patronage_segment::{
    Algorithm, Column, ErrorKind, FeatureTable, Fit, Init, KMeans, KMeansModel, Metric, Schema,
    SegmentIdx, Segmenter, SegmenterExt,
};
use proptest::prelude::*;

const ALGORITHMS: [Algorithm; 3] = [Algorithm::Lloyd, Algorithm::Hamerly, Algorithm::Yinyang];

/// Lloyd's iterations as the book has them.
fn plain(rows: ArrayView2<'_, f64>, mut centres: Array2<f64>) -> (Vec<u32>, f64) {
    let mut labels = vec![u32::MAX; rows.nrows()];
    loop {
        let mut inertia = 0.0;
        let mut same = true;
        for (row, label) in rows.rows().into_iter().zip(&mut labels) {
            let square = |c: usize| (&row - &centres.row(c)).mapv(|off| off * off).sum();
            let squares: Vec<f64> = (0..centres.nrows()).map(square).collect();
            let best =
                (0..squares.len()).fold(0, |b, c| if squares[c] < squares[b] { c } else { b });
            same &= *label == best as u32;
            *label = best as u32;
            inertia += squares[best];
        }
        if same {
            return (labels, inertia);
        }
        for c in 0..centres.nrows() {
            let own: Vec<_> = (0..rows.nrows()).filter(|&i| labels[i] == c as u32).collect();
            if !own.is_empty() {
                centres.row_mut(c).assign(
                    &rows.select(ndarray::Axis(0), &own).mean_axis(ndarray::Axis(0)).unwrap(),
                );
            }
        }
    }
}

fn first(rows: &Array2<f64>, n: usize) -> Array2<f64> {
    Array2::from_shape_fn((n, rows.ncols()), |place| rows[place])
}

fn labels_of(labels: &[SegmentIdx]) -> Vec<u32> {
    labels.iter().map(|label| label.get()).collect()
}

#[test]
fn every_algorithm_reaches_the_fixed_point_of_plain_iterations() {
    for (n, d, k, seed) in [(3000, 3, 8, 1), (2500, 7, 33, 2), (1500, 20, 60, 3), (900, 65, 17, 4)]
    {
        let mut draws = normal(seed);
        let rows = Array2::from_shape_fn((n, d), |(i, _)| draws() + f64::from((i % 5) as u32));
        let start = first(&rows, k);
        let (labels, inertia) = plain(rows.view(), start.clone());
        let table = matrix(rows.clone());
        let fits = ALGORITHMS.map(|algorithm| {
            let start = Init::Centres(start.clone());
            KMeans::new(k).init(start).algorithm(algorithm).fit_assign(&table).unwrap()
        });
        for (algorithm, (model, found)) in ALGORITHMS.iter().zip(&fits) {
            assert_eq!(model.algorithm(), Some(*algorithm));
            assert!(model.converged(), "{algorithm:?}");
            assert_eq!(labels_of(found), labels, "{algorithm:?} {n} {d} {k}");
            assert!((model.inertia() / inertia - 1.0).abs() < 1e-12, "{algorithm:?}");
            assert_eq!(&model.assign(&table).unwrap(), found);
            // The same trajectory, so the same bits.
            assert_eq!(model.centres(), fits[0].0.centres());
            assert_eq!(model.inertia().to_bits(), fits[0].0.inertia().to_bits());
            assert_eq!(model.n_iter(), fits[0].0.n_iter());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Cells on a small grid give many equal distances.
    #[test]
    fn algorithms_agree_on_ties_offsets_and_duplicates(
        cells in prop::collection::vec(0_u8..6, 60..600),
        d in 1_usize..20,
        k in 1_usize..40,
        offset in prop::sample::select(vec![0.0, 1e9, -1e15, 1e300]),
        unit in prop::sample::select(vec![1.0, 1e-3, 1e6]),
    ) {
        let n = cells.len() / d;
        prop_assume!(n >= k);
        let rows = Array2::from_shape_fn((n, d), |(i, j)| offset + unit * f64::from(cells[i * d + j]));
        let start = Init::Centres(first(&rows, k));
        let table = matrix(rows);
        let fits = ALGORITHMS.map(|algorithm| {
            KMeans::new(k).init(start.clone()).max_iter(40).algorithm(algorithm).fit_assign(&table).unwrap()
        });
        for (model, labels) in &fits[1..] {
            prop_assert_eq!(labels, &fits[0].1);
            prop_assert_eq!(model.inertia().to_bits(), fits[0].0.inertia().to_bits());
        }
        let (model, labels) = &fits[0];
        if offset == 0.0 {
            prop_assert_eq!(&model.assign(&table).unwrap(), labels);
        }
        prop_assert_eq!(model.sizes().iter().sum::<u64>() as usize, n);
    }

    #[test]
    fn single_floats_have_the_labels_of_the_same_numbers_as_doubles(
        cells in prop::collection::vec(-1e3_f32..1e3, 40..400),
        d in 1_usize..6,
        k in 1_usize..8,
    ) {
        let n = cells.len() / d;
        let single = Array2::from_shape_vec((n, d), cells[..n * d].to_vec()).unwrap();
        let double = single.mapv(f64::from);
        let start = Init::Centres(first(&double, k));
        let kmeans = KMeans::new(k).init(start);
        let (a, b) = (kmeans.fit_array(single.view()).unwrap(), kmeans.fit_array(double.view()).unwrap());
        prop_assert_eq!(&a.labels, &b.labels);
        prop_assert_eq!((a.inertia, a.n_iter, &a.sizes), (b.inertia, b.n_iter, &b.sizes));
        prop_assert_eq!(a.centres, b.centres.mapv(|cell| cell as f32));
        let (model, labels) = kmeans.fit_assign(&matrix(double)).unwrap();
        prop_assert_eq!((labels, model.centres()), (b.labels, b.centres.view()));
    }
}

#[test]
fn the_algorithm_is_chosen_and_reported() {
    let mut draws = normal(5);
    for (d, k, expected) in
        [(3, 8, Algorithm::Lloyd), (64, 10, Algorithm::Hamerly), (16, 50, Algorithm::Yinyang)]
    {
        let rows = Array2::from_shape_fn((200, d), |_| draws());
        let fit = KMeans::new(k).restarts(1).swaps(0).fit_array(rows.view()).unwrap();
        assert_eq!(fit.algorithm, Some(expected));
    }
}

// scikit-learn 1.9.1: KMeans(3, init=rows[:3], n_init=1, tol=0).fit(rows, sample_weight=w) with
// rows[i] = (i * i % 17, i * 7 % 11), w[i] = 1 + i % 4, i < 24.
#[test]
fn weighted_rows_equal_the_oracle() {
    let rows = Array2::from_shape_fn((24, 2), |(i, j)| [i * i % 17, i * 7 % 11][j] as f64);
    let weights: Vec<f64> = (0..24).map(|i| f64::from(1 + i % 4)).collect();
    let start = Init::Centres(first(&rows, 3));
    let (model, labels) = KMeans::new(3).init(start).fit_weighted(&matrix(rows), &weights).unwrap();
    assert_eq!(labels_of(&labels), WEIGHTED_LABELS);
    assert!((model.inertia() - WEIGHTED_INERTIA).abs() < 1e-9, "{}", model.inertia());
}

const WEIGHTED_LABELS: [u32; 24] =
    [0, 1, 0, 1, 2, 0, 1, 2, 2, 2, 2, 0, 1, 2, 1, 1, 0, 1, 1, 0, 1, 2, 0, 1];
const WEIGHTED_INERTIA: f64 = 606.3481481481481;

#[test]
fn oversampled_starts_are_as_good_as_greedy_ones() {
    let mut draws = normal(6);
    let rows = Array2::from_shape_fn((6000, 2), |(i, j)| {
        let cloud = i % 20;
        8.0 * [cloud % 5, cloud / 5][j] as f64 + draws()
    });
    let kmeans = KMeans::new(20).restarts(3).swaps(0);
    let greedy = kmeans.fit_array(rows.view()).unwrap().inertia;
    let start = Init::Parallel { oversampling: 2.0, rounds: 5 };
    let found = kmeans.clone().init(start).fit_array(rows.view()).unwrap();
    assert!(found.inertia < 1.02 * greedy, "{} {greedy}", found.inertia);
    // Little is drawn, and there is little to draw.
    let start = Init::Parallel { oversampling: 0.01, rounds: 1 };
    let found = kmeans.clone().init(start.clone()).fit_array(rows.view()).unwrap();
    assert_eq!(found.sizes.len(), 20);
    let same = Array2::from_elem((50, 2), 3.0);
    assert_eq!(KMeans::new(4).init(start).fit_array(same.view()).unwrap().sizes, [50]);
    for (oversampling, rounds, message) in [
        (0.0, 5, "parameter oversampling: expected a finite number above 0, found 0"),
        (f64::NAN, 5, "parameter oversampling: expected a finite number above 0, found NaN"),
        (2.0, 0, "parameter rounds: expected at least 1, found 0"),
    ] {
        let start = Init::Parallel { oversampling, rounds };
        let error = KMeans::new(2).init(start).fit_array(same.view()).unwrap_err();
        assert_eq!(error.to_string(), message);
    }
}

#[test]
fn cosines_count_directions_and_not_sizes() {
    let mut draws = uniform(7);
    let angles = [0.1_f64, 0.9, 1.5];
    let rows = Array2::from_shape_fn((300, 2), |_| 0.0);
    let mut rows = rows;
    for (i, mut row) in rows.rows_mut().into_iter().enumerate() {
        let (angle, size) = (angles[i % 3] + 0.02 * draws(), 10.0_f64.powf(6.0 * draws()));
        row.assign(&array![size * angle.cos(), size * angle.sin()]);
    }
    let table = matrix(rows.clone());
    let kmeans = KMeans::new(3).metric(Metric::Cosine);
    let (model, labels) = kmeans.fit_assign(&table).unwrap();
    for i in 3..300 {
        assert_eq!(labels[i], labels[i % 3]);
    }
    assert_eq!(model.assign(&table).unwrap(), labels);
    let mut inertia = 0.0;
    for (row, label) in rows.rows().into_iter().zip(&labels) {
        let centre = model.centres().row(label.index()).to_owned();
        assert!((centre.dot(&centre) - 1.0).abs() < 1e-12);
        let cosine = row.dot(&centre) / row.dot(&row).sqrt();
        inertia += 1.0 - cosine;
        let (_, distance) = model.nearest(&row.to_vec());
        assert!((distance - (1.0 - cosine)).abs() < 1e-12);
    }
    assert!((model.inertia() - inertia).abs() < 1e-10);
    // The size of a row changes nothing, however large or small.
    let huge = rows.mapv(|cell| cell * 1e300);
    assert_eq!(kmeans.fit_assign(&matrix(huge)).unwrap().1, labels);
    let single = kmeans.fit_array(rows.mapv(|cell| cell as f32).view()).unwrap();
    assert_eq!(single.labels, labels);
    let weights = vec![2.0; 300];
    let weighted = kmeans.fit_array_weighted(rows.view(), &weights).unwrap();
    assert!((weighted.inertia - 2.0 * inertia).abs() < 1e-9);
    // A row without a direction is refused when fitting, and has an answer after.
    rows.row_mut(5).fill(0.0);
    let error = kmeans.fit(&matrix(rows)).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::NoDirection { row: 5 }), "{error}");
    assert_eq!(model.nearest(&[0.0, 0.0]), (SegmentIdx::new(0), 1.0));
    let mut distances = [0.0; 3];
    model.distances_into(&[0.0, 0.0], &mut distances);
    assert_eq!(distances, [1.0; 3]);
}

#[test]
fn opposite_rows_leave_a_centre_where_it_was() {
    let rows = array![[1.0_f64, 0.0], [-1.0, 0.0], [0.0, 1.0]];
    let start = Init::Centres(array![[0.0, -1.0], [0.0, 2.0]]);
    let model = KMeans::new(2).metric(Metric::Cosine).init(start).fit_array(rows.view()).unwrap();
    assert!(model.centres.iter().all(|cell| cell.is_finite()));
    let start = Init::Centres(array![[0.0, 0.0], [0.0, 2.0]]);
    let error = KMeans::new(2).metric(Metric::Cosine).init(start).fit_array(rows.view());
    assert!(matches!(error.unwrap_err().kind(), ErrorKind::NoDirection { row: 0 }));
}

#[test]
fn hostile_arrays_are_refused_with_their_place_or_survived() {
    let mut rows = array![[1.0_f32, 2.0], [3.0, 4.0], [5.0, 6.0]];
    assert!(KMeans::new(4).fit_array(rows.view()).is_err());
    rows[[1, 1]] = f32::NAN;
    for metric in [Metric::Euclidean, Metric::Cosine] {
        let error = KMeans::new(2).metric(metric).fit_array(rows.view()).unwrap_err();
        let message = r#"row 1, column "1": expected a finite number, found NaN"#;
        assert_eq!(error.to_string(), message);
    }
    assert!(KMeans::new(1).fit_array(Array2::<f32>::zeros((3, 0)).view()).is_err());
    for scale in [f32::MAX, 1e30, 1e-30, 1e-40] {
        let rows = array![[1.0_f32, 0.5], [0.9, 0.5], [-1.0, -0.5], [-0.9, -0.5]] * scale;
        let found = KMeans::new(2).fit_array(rows.view()).unwrap();
        assert!(found.labels[0] == found.labels[1] && found.labels[2] == found.labels[3]);
        assert!(found.labels[0] != found.labels[2] && found.converged, "{scale}");
        assert!(found.centres.iter().all(|cell| cell.is_finite()));
    }
    // One column is far from zero, one row far from all.
    for far in [1e9, 1e18, 1e30] {
        let mut rows = Array2::from_shape_fn((200, 18), |(i, j)| ((i * 7 + j * j) % 13) as f64);
        rows[[77, 3]] = far;
        let start = Init::Centres(first(&rows, 20));
        let fits = ALGORITHMS.map(|algorithm| {
            let kmeans = KMeans::new(20).init(start.clone()).algorithm(algorithm);
            kmeans.fit_array(rows.view()).unwrap()
        });
        assert_eq!(fits[0].labels, fits[1].labels, "{far}");
        assert_eq!(fits[0].labels, fits[2].labels, "{far}");
        // A transposed view is read in its own order.
        let columns = rows.t().as_standard_layout().to_owned();
        let kmeans = KMeans::new(20).init(start).algorithm(Algorithm::Yinyang);
        assert_eq!(kmeans.fit_array(columns.t()).unwrap(), fits[2]);
    }
}

#[test]
fn refitted_clusters_keep_their_numbers_and_names() {
    let rows = |shift: f64| {
        Array2::from_shape_fn((60, 2), |(i, _)| {
            (i % 3) as f64 * 10.0 + shift + (i / 3) as f64 * 0.01
        })
    };
    let (before, after) = (matrix(rows(0.0)), matrix(rows(0.5)));
    let old = KMeans::new(3).fit(&before).unwrap();
    let order: Vec<usize> =
        old.centres().column(0).iter().map(|&x| (x / 10.0).round() as usize).collect();
    let names: Vec<_> = order.iter().map(|&place| ["Lapsed", "Regular", "Loyal"][place]).collect();
    let old = old.named(names).unwrap();
    for seed in 0..8 {
        let refit = KMeans::new(3).seed(seed).fit(&after).unwrap();
        for new in [refit.aligned_to(&old).unwrap(), refit.aligned_on(&old, &after).unwrap()] {
            assert_eq!(new.names(), old.names());
            assert_eq!(new.assign(&after).unwrap(), old.assign(&before).unwrap());
            assert_eq!(new.inertia(), refit.inertia());
            let loyal = new.segment(&[20.6, 20.6]);
            assert_eq!(new.name(loyal), Some("Loyal"));
        }
    }
    let fewer = KMeans::new(2).fit(&after).unwrap().aligned_to(&old).unwrap();
    assert_eq!((fewer.n_segments(), fewer.names().len()), (2, 2));
    let more = KMeans::new(5).fit(&after).unwrap().aligned_to(&old).unwrap();
    assert_eq!(&more.names()[..3], old.names());
    assert_eq!(&more.names()[3..], ["New 1", "New 2"]);
    let cosine = KMeans::new(2).metric(Metric::Cosine).fit(&matrix(rows(1.0))).unwrap();
    assert!(matches!(cosine.aligned_to(&old).unwrap_err().kind(), ErrorKind::OtherMetric { .. }));
    let other = matrix(Array2::zeros((4, 1)));
    assert!(KMeans::new(1).fit(&other).unwrap().aligned_to(&old).is_err());
}

#[test]
fn frozen_centres_are_checked() {
    let schema = Schema::new([Column::number("a"), Column::number("b")]).unwrap();
    let frozen = |centres: Array2<f64>| {
        KMeansModel::frozen(schema.clone(), centres.view(), Metric::Euclidean)
    };
    let model = frozen(array![[0.0, 0.0], [4.0, 0.0]]).unwrap();
    assert_eq!(model.nearest(&[3.0, 0.0]), (SegmentIdx::new(1), 1.0));
    assert_eq!((model.sizes(), model.n_iter(), model.algorithm()), (&[0, 0][..], 0, None));
    assert!(frozen(Array2::zeros((0, 2))).is_err());
    assert!(frozen(Array2::zeros((2, 3))).is_err());
    let error = frozen(array![[0.0, 0.0], [4.0, f64::NAN]]).unwrap_err().to_string();
    assert_eq!(error, r#"row 1, column "b": expected a finite number, found NaN"#);
    let zeros = Array2::zeros((1, 2));
    assert!(KMeansModel::frozen(schema.clone(), zeros.view(), Metric::Cosine).is_err());
    assert!(model.clone().named(["one"]).is_err());
    assert!(model.named(["one", "one"]).is_err());
    let category = Schema::new([Column::category("c", ["x"])]).unwrap();
    assert!(KMeansModel::frozen(category, array![[0.0]].view(), Metric::Euclidean).is_err());
    let table = FeatureTable::new(schema, array![[1.0, 1.0], [2.0, 2.0]]).unwrap();
    assert_eq!(KMeans::new(2).fit(&table).unwrap().names(), [""; 0]);
}
