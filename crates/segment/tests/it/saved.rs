//! Models saved by the first version of their formats, which must stay readable.

use crate::common::matrix;
use ndarray::array;
use patronage_core::{Provenance, SavedModel, load, save};
use patronage_segment::{
    BisectingKMeans, BisectingModel, Column, FeatureTable, Features, Fit, Grouped, KPrototypes,
    KPrototypesModel, OnlineKMeans, Preparation, PreparationModel, Schema, SegmentIdx, Segmenter,
};

const DIR: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden");

fn rows() -> FeatureTable {
    matrix(array![[1.0, 0.0], [2.0, 0.0], [11.0, 4.0], [12.0, 4.0], [30.0, 4.0]])
}

fn mixed() -> FeatureTable {
    let channel = Column::category("channel", ["shop", "web"]);
    let schema = Schema::new([Column::nullable("orders"), channel]).unwrap();
    let cells = array![[1.0, 0.0], [2.0, 0.0], [f64::NAN, 1.0], [9.0, 1.0]];
    FeatureTable::new(schema, cells).unwrap()
}

fn text<M: SavedModel>(model: &M, rows: &FeatureTable) -> String {
    save(model, Provenance { schema: Some(rows.schema().clone()), training: None }).unwrap()
}

fn bisecting() -> BisectingModel {
    BisectingKMeans::new(3).fit(&rows()).unwrap()
}

fn online() -> OnlineKMeans {
    let mut state = OnlineKMeans::new(rows().schema().clone(), 2)
        .and_then(|state| state.batch_size(2))
        .and_then(|state| state.start_size(4))
        .unwrap();
    for _ in 0..3 {
        state.absorb(&rows()).unwrap();
    }
    state
}

fn texts() -> [(&'static str, String); 5] {
    let groups = [0, 0, 1].map(SegmentIdx::new).to_vec();
    let preparation =
        Preparation::new().winsorise(10).signed_log().min_max().robust().standardise();
    [
        ("bisecting-kmeans-1", text(&bisecting(), &rows())),
        ("grouped-bisecting-kmeans-1", text(&Grouped::new(bisecting(), groups).unwrap(), &rows())),
        ("k-prototypes-1", text(&KPrototypes::new(2).fit(&mixed()).unwrap(), &mixed())),
        ("online-kmeans-1", text(&online(), &rows())),
        ("preparation-1", text(&preparation.fit(&rows()).unwrap(), &rows())),
    ]
}

#[test]
#[ignore = "writes the golden files of this version"]
fn write_golden_files() {
    for (name, text) in texts() {
        std::fs::write(format!("{DIR}/{name}.json"), text + "\n").unwrap();
    }
}

/// Reads a golden file, and checks that it is saved again as the same text.
fn golden<M: SavedModel>(name: &str) -> M {
    let text = std::fs::read_to_string(format!("{DIR}/{name}.json")).unwrap();
    let (model, from) = load::<M>(text.trim_end()).unwrap();
    assert_eq!(save(&model, from).unwrap(), text.trim_end(), "{name}");
    model
}

#[test]
fn golden_files_are_read() {
    let model: BisectingModel = golden("bisecting-kmeans-1");
    assert_eq!(model.centres(), array![[1.5, 0.0], [11.5, 4.0], [30.0, 4.0]]);
    assert_eq!((model.sizes(), model.inertia()), (vec![2, 2, 1], 1.0));
    assert_eq!(model.name(model.segment(&[2.0, 0.0])), Some("1.1"));
    let model: Grouped<BisectingModel> = golden("grouped-bisecting-kmeans-1");
    assert_eq!(model.n_segments(), 2);
    assert_eq!(model.segment(&[12.0, 4.0]), SegmentIdx::new(0));
    let model: KPrototypesModel = golden("k-prototypes-1");
    assert_eq!(model.n_segments(), 2);
    assert_ne!(model.segment(&[f64::NAN, 0.0]), model.segment(&[f64::NAN, 1.0]));
    let state: OnlineKMeans = golden("online-kmeans-1");
    assert_eq!(state.n_rows(), 15);
    assert_eq!(state.model().unwrap().sizes().iter().sum::<u64>(), 15);
    let model: PreparationModel = golden("preparation-1");
    let name = "standardised(robust(min_max(signed_log(winsorised(x0)))))";
    assert_eq!(model.prepared_schema().columns()[0].name(), name);
}

/// Bodies that a careless or hostile hand changed, under a checksum that fits.
#[test]
fn damaged_models_are_refused() {
    fn refused<M: SavedModel>(text: &str, from: &str, to: &str) {
        let damaged = text.replacen(from, to, 1);
        assert_ne!(damaged, text, "{from} occurs in {text}");
        let error = load::<M>(&damaged).map(|_| ()).unwrap_err().to_string();
        let sums: Vec<_> = error.split([' ', ',', ':']).filter(|word| word.len() == 32).collect();
        let mended = damaged.replace(sums[0], sums[1]);
        assert!(load::<M>(&mended).is_err(), "{from} became {to}");
    }
    let [(_, tree), (_, grouped), _, (_, online), (_, preparation)] = texts();
    for (from, to) in [
        ("\"size\":5", "\"size\":6"),
        ("\"size\":5", "\"size\":0"),
        ("\"node\":0", "\"node\":1"),
        ("\"node\":0", "\"node\":77"),
        ("\"mean\":[", "\"mean\":[1.0,"),
        ("\"inertia\":", "\"inertia\":-"),
        ("\"splits\":[", "\"splits\":[],\"other\":["),
    ] {
        refused::<BisectingModel>(&tree, from, to);
    }
    refused::<Grouped<BisectingModel>>(&grouped, "\"groups\":[0,", "\"groups\":[3,");
    refused::<Grouped<BisectingModel>>(&grouped, "\"groups\":[0,", "\"groups\":[0,0,");
    for (from, to) in [
        ("\"k\":2", "\"k\":0"),
        ("\"k\":2", "\"k\":1"),
        ("\"n_rows\":15", "\"n_rows\":3"),
        ("\"counts\":[", "\"counts\":[18446744073709551615,"),
        ("\"waiting\":[", "\"waiting\":[1.0,"),
        ("\"n_steps\":", "\"n_steps\":0,\"n_steps\":"),
        ("\"start_size\":4", "\"start_size\":1"),
        ("\"batch_size\":2", "\"batch_size\":0"),
    ] {
        refused::<OnlineKMeans>(&online, from, to);
    }
    for (from, to) in [("\"low\":", "\"low\":1e99,\"was\":"), ("\"scale\":", "\"scale\":-")] {
        refused::<PreparationModel>(&preparation, from, to);
    }
}
