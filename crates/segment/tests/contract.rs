//! What every implementor of a trait of the core promises.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{matrix, normal};
use ndarray::{Array2, array};
use patronage_core::{Provenance, load, save};
use patronage_segment::{
    Better, Binning, ChooseK, Column, Dimension, DisjointRules, FeatureTable, Features, Fit,
    KMeans, KMeansModel, Preparation, Prepared, Rfm, RfmScoring, RfmSegmenter, Schema, ScoreGrid,
    SegmentRules, Segmenter, Ties, Transform, UtcOffset,
};
use patronage_testkit as testkit;

fn provenance(schema: &Schema) -> Provenance {
    Provenance { schema: Some(schema.clone()), training: None }
}

#[test]
fn kmeans_is_a_segmenter_and_is_saved() {
    let blobs = testkit::blobs(4, 120, 3, 1);
    let model = KMeans::new(4).fit(&blobs.table).unwrap();
    testkit::check_segmenter(&model, &blobs.table);
    testkit::check_saved_model(&model, provenance(blobs.table.schema()));
    testkit::check_send_sync::<KMeansModel>();
    // Wide rows take another path than narrow ones.
    let blobs = testkit::blobs(25, 400, 11, 2);
    let model = KMeans::new(25).fit(&blobs.table).unwrap();
    testkit::check_segmenter(&model, &blobs.table);
}

#[test]
fn kmeans_fits_the_same_on_any_number_of_threads() {
    let mut draws = normal(1);
    // More than one block of rows, so that threads have something to share.
    let table = matrix(Array2::from_shape_fn((10_000, 2), |_| draws()));
    let estimator = KMeans::new(7).restarts(2).swaps(4);
    testkit::check_fit_deterministic(&estimator, &table, |a, b| a == b);
    testkit::check_seeded(&estimator.restarts(1).swaps(1), &table, |a, b| a == b);
    let choice = || ChooseK::new(2..=3).references(4).exact_rows(500).choose(&table).unwrap();
    testkit::check_same_on_any_pool(choice, |a, b| a == b);
}

#[test]
fn prepared_kmeans_is_a_segmenter_of_raw_rows() {
    let mut draws = normal(2);
    let table = matrix(Array2::from_shape_fn((80, 3), |_| draws().exp()));
    for preparation in [
        Preparation::new().log1p().standardise(),
        Preparation::new().robust(),
        Preparation::new().of(Transform::Log1p, ["x1"]).standardise(),
        Preparation::new(),
    ] {
        let preparation = preparation.fit(&table).unwrap();
        testkit::check_saved_model(&preparation, provenance(table.schema()));
        let clusters = KMeans::new(3).fit(&preparation.apply(&table).unwrap()).unwrap();
        let model = Prepared::new(preparation, clusters).unwrap();
        testkit::check_segmenter(&model, &table);
        testkit::check_saved_model(&model, provenance(table.schema()));
    }
}

#[test]
fn rfm_rules_are_a_segmenter_and_are_saved() {
    let shop = testkit::small_shop();
    let table = Rfm::new(patronage_segment::Date::new(2030, 1, 1).unwrap(), &UtcOffset::UTC)
        .table(&shop)
        .unwrap();
    testkit::check_features(&table);
    for scoring in [
        RfmScoring::default(),
        RfmScoring::r_package(),
        RfmScoring::new(Binning::EqualWidth(5)).ties(Ties::Above),
        RfmScoring::new(Binning::Cuts(vec![1.0, 2.0, 2.0, 1e9])),
    ] {
        let scores = scoring.fit(&table).unwrap();
        testkit::check_saved_model(&scores, provenance(table.schema()));
        let model = RfmSegmenter::new(scores, SegmentRules::standard()).unwrap();
        testkit::check_segmenter(&model, &table);
        testkit::check_saved_model(&model, provenance(table.schema()));
    }
}

#[test]
fn rules_over_nullable_columns_are_total() {
    let schema = Schema::new([Column::nullable("age"), Column::date("joined")]).unwrap();
    let table = FeatureTable::new(schema, array![[20.0, 5.0], [30.0, 7.0], [40.0, 9.0]]).unwrap();
    let scores = RfmScoring::of([
        Dimension::new("A", "age", Better::Lower, Binning::Quantiles(3)),
        Dimension::new("J", "joined", Better::Higher, Binning::EqualWidth(2)),
    ])
    .fit(&table)
    .unwrap();
    let rules = DisjointRules::new(ScoreGrid::new([("A", 3), ("J", 2)]).unwrap())
        .rule("Low", [1..=1, 1..=2])
        .rule("Other", [2..=3, 1..=2])
        .build()
        .unwrap();
    let model = RfmSegmenter::new(scores, rules).unwrap();
    testkit::check_segmenter(&model, &table);
    assert_eq!(model.name(model.segment(&[f64::NAN, 5.0])), Some("Low"));
    let clusters = KMeans::new(2).fit(&table).unwrap();
    testkit::check_segmenter(&clusters, &table);
}

#[test]
#[ignore = "writes the golden files of this version"]
fn write_golden_files() {
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden");
    let table = matrix(array![[1.0, 0.0], [2.0, 0.0], [11.0, 4.0], [12.0, 4.0]]);
    let start = patronage_segment::Init::Centres(array![[1.0, 0.0], [12.0, 4.0]]);
    let model = KMeans::new(2).init(start).fit(&table).unwrap();
    let text = save(&model, provenance(table.schema())).unwrap();
    std::fs::write(format!("{dir}/kmeans-1.json"), text + "\n").unwrap();
    let columns = ["recency_days", "frequency", "monetary"].map(Column::number);
    let cells = Array2::from_shape_fn((25, 3), |(row, column)| (row * (column + 1)) as f64);
    let table = FeatureTable::new(Schema::new(columns).unwrap(), cells).unwrap();
    let scores = RfmScoring::default().fit(&table).unwrap();
    let model = RfmSegmenter::new(scores, SegmentRules::standard()).unwrap();
    let text = save(&model, provenance(table.schema())).unwrap();
    std::fs::write(format!("{dir}/rfm-segmenter-1.json"), text + "\n").unwrap();
}

/// A model saved by the first version of this format, which must stay readable.
#[test]
fn a_saved_model_of_version_one_is_read() {
    let text = include_str!("golden/kmeans-1.json");
    let (model, from): (KMeansModel, _) = load(text.trim_end()).unwrap();
    assert_eq!(model.centres(), array![[1.5, 0.0], [11.5, 4.0]]);
    assert_eq!(model.sizes(), [2, 2]);
    assert_eq!(save(&model, from).unwrap(), text.trim_end());
    let text = include_str!("golden/rfm-segmenter-1.json");
    let (model, from): (RfmSegmenter, _) = load(text.trim_end()).unwrap();
    assert_eq!(model.n_segments(), 11);
    assert_eq!(save(&model, from).unwrap(), text.trim_end());
}
