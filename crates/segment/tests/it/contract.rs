//! What every implementor of a trait of the core promises.

use crate::common::{matrix, normal};
use ndarray::{Array2, array};
use patronage_core::{Provenance, load, save};
use patronage_segment::{
    Algorithm, Better, Binning, ChooseK, Column, CustomerIdx, Date, Dimension, DisjointRules,
    FeatureTable, Features, Fit, Init, KMeans, KMeansModel, MarkovChain, MarkovChainModel, Metric,
    Preparation, Prepared, Rfm, RfmModel, RfmScoring, RfmSegmenter, Schema, ScoreGrid,
    SegmentHistory, SegmentIdx, SegmentRules, Segmenter, Ties, Transform, UtcOffset,
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
fn spherical_kmeans_is_a_segmenter_and_is_saved() {
    let blobs = testkit::blobs(4, 120, 3, 1);
    let estimator = KMeans::new(4).metric(Metric::Cosine).restarts(3).swaps(4);
    let model = estimator.fit(&blobs.table).unwrap();
    testkit::check_segmenter(&model, &blobs.table);
    testkit::check_saved_model(&model, provenance(blobs.table.schema()));
    testkit::check_fit_deterministic(&estimator, &blobs.table, |a, b| a == b);
}

#[test]
fn frozen_kmeans_is_a_segmenter_and_is_saved() {
    let schema = Schema::new([Column::nullable("x"), Column::number("y")]).unwrap();
    let table = FeatureTable::new(schema.clone(), array![[f64::NAN, 1.0], [5.0, 2.0]]).unwrap();
    for metric in [Metric::Euclidean, Metric::Cosine] {
        let centres = array![[1.0, 0.0], [3.0, 4.0]];
        let model = KMeansModel::frozen(schema.clone(), centres.view(), metric).unwrap();
        let model = model.named(["A", "B"]).unwrap();
        testkit::check_segmenter(&model, &table);
        testkit::check_saved_model(&model, provenance(&schema));
    }
}

#[test]
fn kmeans_fits_the_same_on_any_number_of_threads() {
    let mut draws = normal(1);
    // More than one block of rows, so that threads have something to share.
    let table = matrix(Array2::from_shape_fn((10_000, 2), |_| draws()));
    let estimator = KMeans::new(7).restarts(2).swaps(4);
    testkit::check_fit_deterministic(&estimator, &table, |a, b| a == b);
    testkit::check_seeded(&estimator.restarts(1).swaps(1), &table, |a, b| a == b);
    let oversampled = Init::Parallel { oversampling: 2.0, rounds: 5 };
    let estimator = KMeans::new(7).restarts(2).swaps(0).init(oversampled);
    testkit::check_fit_deterministic(&estimator, &table, |a, b| a == b);
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
    let model = MarkovChain::new().smoothing(0.5).fit(&small_history()).unwrap();
    let text = save(&model, Provenance { schema: None, training: None }).unwrap();
    std::fs::write(format!("{dir}/markov-chain-1.json"), text + "\n").unwrap();
    let table = matrix(array![[1.0, 0.0], [2.0, 0.0], [11.0, 4.0], [12.0, 4.0]]);
    let start = patronage_segment::Init::Centres(array![[1.0, 0.0], [12.0, 4.0]]);
    let model = KMeans::new(2).init(start).fit(&table).unwrap();
    let model = model.named(["Near", "Far"]).unwrap();
    let text = save(&model, provenance(table.schema())).unwrap();
    std::fs::write(format!("{dir}/kmeans-2.json"), text + "\n").unwrap();
    let columns = ["recency_days", "frequency", "monetary"].map(Column::number);
    let cells = Array2::from_shape_fn((25, 3), |(row, column)| (row * (column + 1)) as f64);
    let table = FeatureTable::new(Schema::new(columns).unwrap(), cells).unwrap();
    let scores = RfmScoring::default().fit(&table).unwrap();
    let model = RfmSegmenter::new(scores, SegmentRules::standard()).unwrap();
    let text = save(&model, provenance(table.schema())).unwrap();
    std::fs::write(format!("{dir}/rfm-segmenter-1.json"), text + "\n").unwrap();
}

/// Cut points of the R package's rule, saved by the first version: equal cuts, ties above.
#[test]
fn cut_points_of_version_one_are_read() {
    let text = include_str!("../golden/rfm-1.json").trim_end();
    let (model, from): (RfmModel, _) = load(text).unwrap();
    let fitted = RfmScoring::r_package().fit(&rfm_rows()).unwrap();
    assert_eq!(model, fitted);
    assert_eq!(model.cuts(1), [2.0, 2.0, 2.0, 3.0]);
    assert_eq!(save(&model, from).unwrap(), text);
}

#[test]
#[ignore = "writes the golden file of this version"]
fn write_golden_cut_points() {
    let model = RfmScoring::r_package().fit(&rfm_rows()).unwrap();
    let text = save(&model, provenance(model.schema())).unwrap();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/rfm-1.json");
    std::fs::write(path, text + "\n").unwrap();
}

fn rfm_rows() -> FeatureTable {
    let columns = ["recency_days", "frequency", "monetary"].map(Column::number);
    let orders = [1.0, 1.0, 1.0, 1.0, 2.0, 9.0];
    let cells = Array2::from_shape_fn((6, 3), |(row, column)| match column {
        1 => orders[row],
        _ => (row * row + column) as f64,
    });
    FeatureTable::new(Schema::new(columns).unwrap(), cells).unwrap()
}

/// A model saved by the first version of this format, which must stay readable.
#[test]
fn a_saved_model_of_version_one_is_read() {
    let text = include_str!("../golden/kmeans-1.json");
    let (model, from): (KMeansModel, _) = load(text.trim_end()).unwrap();
    assert_eq!(model.centres(), array![[1.5, 0.0], [11.5, 4.0]]);
    assert_eq!(model.sizes(), [2, 2]);
    assert_eq!((model.algorithm(), model.metric()), (None, Metric::Euclidean));
    assert_eq!(load::<KMeansModel>(&save(&model, from).unwrap()).unwrap().0, model);
    let text = include_str!("../golden/kmeans-2.json");
    let (model, from): (KMeansModel, _) = load(text.trim_end()).unwrap();
    assert_eq!(model.names(), ["Near", "Far"]);
    assert_eq!(model.algorithm(), Some(Algorithm::Lloyd));
    assert_eq!(save(&model, from).unwrap(), text.trim_end());
    let text = include_str!("../golden/rfm-segmenter-1.json");
    let (model, from): (RfmSegmenter, _) = load(text.trim_end()).unwrap();
    assert_eq!(model.n_segments(), 11);
    assert_eq!(save(&model, from).unwrap(), text.trim_end());
}

#[test]
fn scores_of_constant_columns_are_saved() {
    let schema =
        Schema::new(["recency_days", "frequency", "monetary"].map(Column::number)).unwrap();
    for constant in [0.1, 0.7, -0.3, 1e308, 5e-324, -0.0] {
        for bins in [1, 2, 3, 5, 7, 10, 49, 255] {
            for binning in [
                Binning::Quantiles(bins),
                Binning::ShiftedQuantiles(bins, 0.1),
                Binning::EqualWidth(bins),
                Binning::Cuts(vec![constant; bins - 1]),
            ] {
                let rows = Array2::from_elem((3, 3), constant);
                let table = FeatureTable::new(schema.clone(), rows).unwrap();
                let model = RfmScoring::new(binning.clone()).fit(&table).unwrap();
                assert!(model.cuts(0).is_sorted(), "{constant}: {binning:?}");
                if !matches!(binning, Binning::ShiftedQuantiles(..)) {
                    assert!(model.cuts(0).iter().all(|&cut| cut == constant), "{binning:?}");
                }
                let text = save(&model, provenance(&schema)).unwrap();
                assert_eq!(load::<RfmModel>(&text).unwrap().0, model);
            }
        }
    }
}

#[test]
fn cut_points_of_neighbouring_numbers_ascend() {
    let schema =
        Schema::new(["recency_days", "frequency", "monetary"].map(Column::number)).unwrap();
    for low in [0.1, 0.3, 0.7, -0.9, 1e300] {
        let rows = Array2::from_shape_fn((2, 3), |(row, _)| [low, f64::next_up(low)][row]);
        let table = FeatureTable::new(schema.clone(), rows).unwrap();
        for binning in [Binning::Quantiles(255), Binning::EqualWidth(255)] {
            let model = RfmScoring::new(binning).fit(&table).unwrap();
            assert!(model.cuts(0).is_sorted(), "{low}");
            assert!(model.cuts(0).iter().all(|&cut| cut >= low && cut <= low.next_up()));
        }
    }
}

#[test]
fn damaged_cut_points_are_refused_with_the_number_at_fault() {
    let table = matrix(array![[1.0], [2.0], [3.0]]);
    let name = table.schema().columns()[0].name();
    let cuts = Binning::Cuts(vec![1.5, 2.25]);
    let dimension = Dimension::new("A", name, Better::Higher, cuts);
    let model = RfmScoring::of([dimension]).fit(&table).unwrap();
    let text = save(&model, provenance(table.schema())).unwrap();
    let damaged = text.replace("2.25", "1.25");
    assert_ne!(damaged, text);
    // The checksum of a careless editor would be refused first, so this one mends it.
    let error = load::<RfmModel>(&damaged).unwrap_err().to_string();
    let sums: Vec<_> = error.split([' ', ',', ':']).filter(|word| word.len() == 32).collect();
    let damaged = damaged.replace(sums[0], sums[1]);
    let error = load::<RfmModel>(&damaged).unwrap_err().to_string();
    assert!(error.contains("no less than the cut point before, found 1.25"), "{error}");
}

#[test]
fn prepared_columns_are_known_when_the_raw_ones_are() {
    let instant = patronage_core::Timestamp::from_micros(86_400_000_000);
    let columns = [Column::number("spend"), Column::number("orders"), Column::date("at")];
    let schema = Schema::new(columns.map(|column| column.known_from(instant))).unwrap();
    let table = FeatureTable::new(schema, array![[1.0, 2.0, 3.0], [4.0, 5.0, 7.0]]).unwrap();
    let model = Preparation::new()
        .log1p()
        .of(Transform::Standardise, ["spend", "orders"])
        .fit(&table)
        .unwrap();
    let known = |schema: &Schema| schema.columns().iter().map(Column::known_at).collect::<Vec<_>>();
    assert_eq!(known(model.prepared_schema()), [Some(instant); 3]);
    assert_eq!(known(model.apply(&table).unwrap().schema()), [Some(instant); 3]);
    let text = save(&model, provenance(table.schema())).unwrap();
    assert_eq!(load::<patronage_segment::PreparationModel>(&text).unwrap().0, model);
    let undated = matrix(array![[1.0], [2.0]]);
    let model = Preparation::new().standardise().fit(&undated).unwrap();
    assert_eq!(known(model.prepared_schema()), [None]);
}

/// Two brand switchers, of whom one turns loyal, and a customer who comes late.
fn small_history() -> SegmentHistory {
    let [march, april, may] = [3, 4, 5].map(|month| Date::new(2024, month, 1).unwrap());
    let [switcher, loyal] = [0, 1].map(SegmentIdx::new);
    let [anna, berta, clara] = [0, 1, 2].map(CustomerIdx::new);
    let rows = [
        (anna, march, switcher),
        (anna, april, loyal),
        (anna, may, loyal),
        (berta, march, switcher),
        (berta, april, switcher),
        (clara, may, switcher),
    ];
    SegmentHistory::new(["Brand switcher", "Loyal"], rows).unwrap()
}

#[test]
fn a_markov_chain_is_saved() {
    let history = small_history();
    testkit::check_fit_deterministic(&MarkovChain::new(), &history, |a, b| a == b);
    let model = MarkovChain::new().smoothing(0.5).fit(&history).unwrap();
    let from = Provenance { schema: None, training: None };
    testkit::check_saved_model(&model, from.clone());
    testkit::check_send_sync::<MarkovChainModel>();
    let text = save(&model, from).unwrap();
    assert_eq!(text, include_str!("../golden/markov-chain-1.json").trim_end());
    // What no fit gives is refused.
    for (is, becomes) in [
        (r#""smoothing":0.5"#, r#""smoothing":-1.0"#),
        (r#""Loyal""#, r#""Brand switcher""#),
        (r#""sizes":[1,1]"#, r#""sizes":[1]"#),
        (r#""sizes":[1,1]"#, r#""sizes":[1,18446744073709551615]"#),
        (r#""period":{"Months":1}"#, r#""period":{"Months":2}"#),
        (r#""period":{"Months":1}"#, r#""period":"Detect""#),
        (r#""confidence":0.95"#, r#""confidence":1.0"#),
        (r#""dates":[19783,"#, r#""dates":[29783,"#),
    ] {
        assert!(text.contains(is), "{is} in {text}");
        let body = text.replacen(is, becomes, 1);
        let body = &body[body.find(r#""body":"#).unwrap() + 7..body.len() - 1];
        assert!(serde_json::from_str::<MarkovChainModel>(body).is_err(), "{becomes}");
    }
}
