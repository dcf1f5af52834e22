//! Choosing k: groups are found where there are groups, and nowhere else.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{matrix, normal, uniform};
use ndarray::Array2;
use patronage_segment::{
    ChooseK, ColumnWords, FeatureTable, Fit, Preparation, Structure, label_clusters,
};

fn choose(values: Array2<f64>) -> patronage_segment::KChoice {
    ChooseK::new(2..=8).choose(&matrix(values)).unwrap()
}

#[test]
fn structureless_data_have_no_structure() {
    for seed in 0..2 {
        let mut draws = uniform(seed);
        let cube = Array2::from_shape_fn((1100, 3), |_| draws());
        let mut draws = uniform(seed + 10);
        let square = Array2::from_shape_fn((400, 2), |_| draws());
        let mut draws = uniform(seed + 20);
        let line = Array2::from_shape_fn((500, 1), |_| draws());
        let mut draws = normal(seed + 30);
        let cloud = Array2::from_shape_fn((600, 3), |_| draws());
        let mut draws = normal(seed + 40);
        let mut long = Array2::from_shape_fn((600, 3), |_| draws());
        long.column_mut(0).mapv_inplace(|v| 5.0 * v);
        let mut draws = normal(seed + 50);
        let skewed = Array2::from_shape_fn((600, 3), |_| draws().exp());
        let mut draws = uniform(seed + 60);
        let counts = Array2::from_shape_fn((600, 3), |_| (draws() * 5.0).floor());
        let named = [
            ("cube", cube),
            ("square", square),
            ("line", line),
            ("cloud", cloud),
            ("long", long),
            ("skewed", skewed),
            ("counts", counts),
        ];
        for (name, values) in named {
            let choice = choose(values);
            assert_eq!(choice.structure(), Structure::NotFound, "{name} {seed}: {}", choice.why());
            assert!(choice.why().contains("no structure"), "{}", choice.why());
        }
    }
}

#[test]
fn groups_are_found_and_counted() {
    for (k, distance) in [(2, 5.0), (3, 6.0), (4, 6.0), (6, 8.0)] {
        for seed in 0..2 {
            let mut draws = normal(seed + 100);
            let values = Array2::from_shape_fn((600, 3), |(row, column)| {
                let centre = [[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1], [2, 0, 1]];
                distance * f64::from(centre[row % k][column]) + draws()
            });
            let choice = choose(values);
            assert_eq!(choice.k(), k, "{}", choice.why());
            assert_eq!(choice.structure(), Structure::Found, "{}", choice.why());
        }
    }
    // One group of one in twenty.
    let mut draws = normal(7);
    let values = Array2::from_shape_fn((1000, 3), |(row, _)| {
        draws() + if row % 20 == 0 { 6.0 } else { 0.0 }
    });
    let choice = choose(values);
    assert_eq!((choice.k(), choice.structure()), (2, Structure::Found), "{}", choice.why());
}

#[test]
fn degenerate_data_are_answered() {
    let choice = choose(Array2::from_elem((50, 2), 3.0));
    assert_eq!((choice.k(), choice.structure()), (2, Structure::NotFound));
    let choice = choose(ndarray::array![[1.0], [2.0]]);
    assert_eq!((choice.k(), choice.structure()), (2, Structure::NotFound));
    // Three distinct points, twenty times each: clusters without any spread.
    let choice = choose(Array2::from_shape_fn((60, 1), |(row, _)| (row % 3) as f64));
    assert_eq!((choice.k(), choice.structure()), (3, Structure::Found), "{}", choice.why());
    assert!(choice.candidates().iter().all(|c| c.silhouette.is_none_or(|s| s.mean.is_finite())));
    assert!(ChooseK::new(2..=3).choose(&matrix(ndarray::array![[1.0]])).is_err());
    assert!(ChooseK::new(1..=3).choose(&matrix(ndarray::array![[1.0], [2.0]])).is_err());
}

#[test]
fn a_sampled_silhouette_and_few_rows_serve() {
    let mut draws = normal(3);
    let values = Array2::from_shape_fn((300, 2), |(row, _)| draws() + 10.0 * (row % 3) as f64);
    let exact = choose(values.clone());
    let sampled = ChooseK::new(2..=8).exact_rows(100).choose(&matrix(values)).unwrap();
    // Two thousand rows are asked where there are more; here that is all of them.
    assert_eq!(exact.best().silhouette, sampled.best().silhouette);
}

#[test]
fn online_retail_is_a_continuum() {
    let Some((table, _)) = common::online_retail() else { return };
    let preparation = Preparation::new().log1p().standardise().fit(&table).unwrap();
    let prepared: FeatureTable = preparation.apply(&table).unwrap();
    let choice = ChooseK::new(2..=10).choose(&prepared).unwrap();
    eprintln!("{}", choice.why());
    for candidate in choice.candidates() {
        let gap = candidate.gap.unwrap();
        eprintln!("{} {:.4} {:.4}", candidate.k, gap.value, gap.standard_error);
        let centres = preparation.invert(candidate.model.centres()).unwrap();
        let labels = label_clusters(centres.view(), &table, &ColumnWords::rfm()).unwrap();
        let distinct: std::collections::HashSet<&String> = labels.iter().collect();
        assert_eq!(distinct.len(), candidate.k, "{labels:?}");
        eprintln!("{labels:?}");
    }
    assert_eq!(choice.k(), 2);
    assert_eq!(format!("{:.4}", choice.best().silhouette.unwrap().mean), "0.4327");
}
