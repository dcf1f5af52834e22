//! Data that break careless implementations.

use crate::common::{matrix, uniform};
use ndarray::{Array2, array};
use patronage_segment::{
    Binning, Column, ErrorKind, FeatureTable, Features, Fit, Init, KMeans, Preparation, RfmScoring,
    Schema, SegmentIdx, Segmenter, SegmenterExt, silhouette,
};

/// A view whose cells nobody checked.
struct Unchecked(Schema, Array2<f64>);

impl Features for Unchecked {
    fn schema(&self) -> &Schema {
        &self.0
    }

    fn values(&self) -> ndarray::ArrayView2<'_, f64> {
        self.1.view()
    }
}

#[test]
fn nan_is_refused_with_its_place() {
    let schema = || Schema::new([Column::number("a"), Column::nullable("b")]).unwrap();
    let message = r#"row 1, column "b": expected a finite number, found NaN"#;
    let mut cells = array![[1.0, 2.0], [3.0, f64::NAN], [5.0, 6.0]];
    let table = FeatureTable::new(schema(), cells.clone()).unwrap();
    assert_eq!(KMeans::new(2).fit(&table).unwrap_err().to_string(), message);
    assert_eq!(Preparation::new().fit(&table).unwrap_err().to_string(), message);
    let labels = [0, 0, 1].map(SegmentIdx::new);
    assert_eq!(silhouette(&table, &labels).unwrap_err().to_string(), message);
    cells[[1, 1]] = f64::INFINITY;
    let error = KMeans::new(2).fit(&Unchecked(schema(), cells)).unwrap_err();
    assert!(error.to_string().ends_with("found inf"), "{error}");
}

#[test]
fn categories_and_no_columns_are_refused() {
    let schema = Schema::new([Column::category("country", ["de", "fr"])]).unwrap();
    let table = FeatureTable::new(schema, array![[0.0], [1.0]]).unwrap();
    for error in [
        KMeans::new(2).fit(&table).unwrap_err(),
        Preparation::new().standardise().fit(&table).unwrap_err(),
    ] {
        assert!(matches!(error.kind(), ErrorKind::Category { .. }), "{error}");
    }
    let table = FeatureTable::new(Schema::new([]).unwrap(), Array2::zeros((3, 0))).unwrap();
    assert!(KMeans::new(2).fit(&table).is_err());
}

#[test]
fn parameters_out_of_range_are_named() {
    let table = matrix(array![[1.0], [2.0], [3.0]]);
    for (estimator, message) in [
        (KMeans::new(0), "parameter k: expected at least 1, found 0"),
        (KMeans::new(4), "expected at least 4 rows, one for each cluster, found 3"),
        (KMeans::new(2).restarts(0), "parameter restarts: expected at least 1, found 0"),
        (KMeans::new(2).max_iter(0), "parameter max_iter: expected at least 1, found 0"),
        (
            KMeans::new(2).tolerance(f64::NAN),
            "parameter tolerance: expected a finite number, at least 0, found NaN",
        ),
        (
            KMeans::new(2).init(Init::Centres(array![[1.0]])),
            "rows of the centres given: expected 2, found 1",
        ),
    ] {
        assert_eq!(estimator.fit(&table).unwrap_err().to_string(), message);
    }
    let empty = matrix(Array2::zeros((0, 1)));
    assert!(KMeans::new(1).fit(&empty).is_err());
    assert!(Preparation::new().standardise().fit(&empty).is_err());
    assert!(RfmScoring::default().fit(&empty).is_err());
}

#[test]
fn fewer_distinct_rows_than_clusters_give_fewer_clusters() {
    let table = matrix(array![[1.0], [1.0], [5.0], [5.0], [5.0], [9.0]]);
    let (model, labels) = KMeans::new(5).fit_assign(&table).unwrap();
    assert_eq!((model.n_segments(), model.n_asked()), (3, 5));
    assert_eq!(model.inertia(), 0.0);
    assert_eq!(model.sizes().iter().sum::<u64>(), 6);
    assert_eq!(labels, model.assign(&table).unwrap());
    let same = matrix(Array2::from_elem((40, 2), 7.0));
    let model = KMeans::new(3).fit(&same).unwrap();
    assert_eq!((model.n_segments(), model.inertia()), (1, 0.0));
    assert!(model.converged());
}

#[test]
fn given_centres_without_rows_take_the_farthest() {
    // Both centres lie left of all rows; the second has none at first.
    let table = matrix(array![[0.0], [1.0], [10.0], [11.0]]);
    let start = array![[-1.0], [-100.0]];
    let model = KMeans::new(2).init(Init::Centres(start)).fit(&table).unwrap();
    assert_eq!(model.centres(), array![[0.5], [10.5]]);
    assert!(model.converged());
}

#[test]
fn huge_and_tiny_scales_cluster_alike() {
    let shape = array![[1.0, 1.0], [1.1, 1.0], [-1.0, -1.0], [-1.0, -1.1], [0.9, 1.0]];
    let expected = KMeans::new(2).fit_assign(&matrix(shape.clone())).unwrap().1;
    for scale in [1e308, 1e200, 1e-200, 1e-300, 1e-307] {
        let table = matrix(&shape * scale);
        let (model, labels) = KMeans::new(2).fit_assign(&table).unwrap();
        assert_eq!(labels, expected, "{scale}");
        assert_eq!(model.assign(&table).unwrap(), expected, "{scale}");
        assert!(model.inertia().is_finite() && model.converged(), "{scale}");
        let distances = model.distances(&table).unwrap();
        assert!(distances.iter().all(|distance| distance.is_finite()), "{scale}");
        let own = distances[[0, labels[0].index()]] / scale;
        assert!((own - 0.0).abs() < 0.2, "{scale}: {own}");
        assert!((silhouette(&table, &labels).unwrap().mean - 0.96).abs() < 0.03, "{scale}");
        let prepared = Preparation::new().standardise().fit(&table).unwrap().apply(&table).unwrap();
        assert!(prepared.values().iter().all(|v| v.abs() < 2.0), "{scale}");
    }
}

#[test]
fn a_constant_column_changes_nothing() {
    let mut draws = uniform(5);
    let plain = Array2::from_shape_fn((200, 2), |_| draws());
    let mut with = Array2::from_elem((200, 3), 1e9);
    for column in 0..2 {
        with.column_mut(column).assign(&plain.column(column));
    }
    let a = KMeans::new(4).fit_assign(&matrix(plain)).unwrap();
    let b = KMeans::new(4).fit_assign(&matrix(with.clone())).unwrap();
    assert!((a.0.inertia() - b.0.inertia()).abs() < 1e-9);
    let prepared = Preparation::new().log1p().standardise().fit(&matrix(with.clone())).unwrap();
    let rows = prepared.apply(&matrix(with)).unwrap();
    assert!(rows.values().column(2).iter().all(|&v| v == 0.0));
}

#[test]
fn a_huge_constant_column_hides_no_cluster() {
    for huge in [1e13, 1e200, -f64::MAX] {
        let cells = array![[huge, 1.0], [huge, 2.0], [huge, 100.0], [huge, 101.0]];
        let table = matrix(cells.clone());
        let (model, labels) = KMeans::new(2).fit_assign(&table).unwrap();
        assert_eq!((model.n_segments(), model.inertia()), (2, 1.0), "{huge}");
        assert_eq!(model.assign(&table).unwrap(), labels);
        assert!((labels[0] == labels[1]) && (labels[2] == labels[3]) && labels[0] != labels[3]);
        // Centres are nearest to themselves, though squares at the scale of the rows vanish.
        for (c, centre) in model.centres().rows().into_iter().enumerate() {
            let centre = centre.to_vec();
            assert_eq!(centre[0], huge);
            assert_eq!(model.nearest(&centre), (SegmentIdx::from_usize(c), 0.0));
            let mut distances = [0.0; 2];
            model.distances_into(&centre, &mut distances);
            assert_eq!((distances[c], distances[1 - c]), (0.0, 99.0));
        }
        let start = Init::Centres(array![[huge, 0.0], [huge, 200.0]]);
        let model = KMeans::new(2).init(start).fit(&table).unwrap();
        assert_eq!(model.centres(), array![[huge, 1.5], [huge, 100.5]]);
        assert!(silhouette(&table, &labels).unwrap().mean > 0.98);
    }
}

#[test]
fn a_row_of_missing_numbers_is_at_distance_zero() {
    let schema = Schema::new([Column::nullable("a"), Column::nullable("b")]).unwrap();
    let cells = array![[1.0, 1.0], [2.0, 2.0], [30.0, 30.0]];
    let model = KMeans::new(2).fit(&FeatureTable::new(schema, cells).unwrap()).unwrap();
    let mut distances = [1.0; 2];
    model.distances_into(&[f64::NAN; 2], &mut distances);
    assert_eq!(distances.map(f64::to_bits), [0, 0]);
    assert_eq!(model.nearest(&[f64::NAN; 2]).1.to_bits(), 0);
}

#[test]
fn weights_count_as_repeated_rows() {
    let mut draws = uniform(6);
    let rows = Array2::from_shape_fn((60, 2), |_| draws());
    let weights: Vec<f64> = (0..60).map(|i| f64::from(i % 4)).collect();
    let repeated: Vec<f64> =
        (0..60).flat_map(|i| std::iter::repeat_n(rows.row(i).to_vec(), i % 4)).flatten().collect();
    let repeated = Array2::from_shape_vec((repeated.len() / 2, 2), repeated).unwrap();
    let start = Init::Centres(array![[0.2, 0.2], [0.8, 0.2], [0.5, 0.8]]);
    let kmeans = KMeans::new(3).init(start);
    let (weighted, _) = kmeans.fit_weighted(&matrix(rows.clone()), &weights).unwrap();
    let plain = kmeans.fit(&matrix(repeated)).unwrap();
    assert!((weighted.inertia() - plain.inertia()).abs() < 1e-12);
    assert!((&weighted.centres() - &plain.centres()).iter().all(|off| off.abs() < 1e-12));
    // Huge weights are a matter of units.
    let huge: Vec<f64> = weights.iter().map(|w| w * 1e300).collect();
    let (model, _) = kmeans.fit_weighted(&matrix(rows.clone()), &huge).unwrap();
    assert_eq!(model.centres(), weighted.centres());
    for wrong in [vec![0.0; 60], vec![1.0; 59], vec![-1.0; 60], vec![f64::NAN; 60]] {
        assert!(kmeans.fit_weighted(&matrix(rows.clone()), &wrong).is_err());
    }
}

#[test]
fn logarithms_refuse_what_they_cannot_take() {
    let table = matrix(array![[3.0], [-1.0]]);
    let error = Preparation::new().log1p().fit(&table).unwrap_err();
    assert_eq!(
        error.to_string(),
        r#"row 1, column "x0": expected a number above -1 to take ln(1 + x) of, found -1"#
    );
    let model = Preparation::new().log1p().fit(&matrix(array![[3.0], [0.0]])).unwrap();
    assert!(model.apply(&table).is_err());
    let mut out = [0.0];
    model.apply_row(&[-7.0], &mut out);
    assert!(out[0].is_finite() && out[0] < -30.0);
}

#[test]
fn cut_points_of_extremes_are_finite() {
    let schema =
        Schema::new(["recency_days", "frequency", "monetary"].map(Column::number)).unwrap();
    let cells = array![[0.0, 1.0, -1e308], [f64::MAX, 1.0, 1e308], [1.0, 1.0, f64::MAX]];
    let table = FeatureTable::new(schema, cells).unwrap();
    for binning in [
        Binning::Quantiles(5),
        Binning::ShiftedQuantiles(5, f64::MAX),
        Binning::EqualWidth(7),
        Binning::Quantiles(1),
        Binning::Cuts(vec![]),
    ] {
        let model = RfmScoring::new(binning).fit(&table).unwrap();
        for dimension in 0..3 {
            assert!(model.cuts(dimension).iter().all(|cut| cut.is_finite()));
            assert!(model.cuts(dimension).is_sorted());
        }
        model.score(&table).unwrap();
    }
    for binning in [
        Binning::Quantiles(0),
        Binning::EqualWidth(256),
        Binning::ShiftedQuantiles(3, f64::NAN),
        Binning::Cuts(vec![2.0, 1.0]),
        Binning::Cuts(vec![f64::NAN]),
    ] {
        assert!(RfmScoring::new(binning).fit(&table).is_err());
    }
}
