//! Saved vectorisers, old versions included.

use patronage_core::{EnvelopeError, Provenance, load, save};
use patronage_testkit::check_saved_model;
use patronage_text::{
    ENGLISH_STOP_WORDS, Ngrams, Numbers, TfIdf, TfIdfModel, Tokenizer, Weighting,
};

fn model() -> TfIdfModel {
    let tokenizer = Tokenizer::new()
        .stop_words(ENGLISH_STOP_WORDS)
        .numbers(Numbers::Merge)
        .ngrams(Ngrams::WordsAndPairs);
    TfIdf::new()
        .tokenizer(tokenizer)
        .weighting(Weighting::Bm25 { k1: 1.2, b: 0.75 })
        .fit_texts(["set of 6 red mugs", "red mug", "café lamp"])
        .unwrap()
}

fn saved() -> String {
    save(&model(), Provenance { schema: None, training: None }).unwrap()
}

#[test]
fn a_saved_model_reads_back_equal() {
    check_saved_model(&model(), Provenance { schema: None, training: None });
    let (read, _) = load::<TfIdfModel>(&saved()).unwrap();
    assert_eq!(read.vector("6 red mugs"), model().vector("6 red mugs"));
}

/// Written by version 1; every later version must read it and give the same rows.
#[test]
fn version_one_stays_readable() {
    let (read, _) = load::<TfIdfModel>(include_str!("../golden/tfidf-v1.json").trim()).unwrap();
    let (read, now) = (read.vector("6 red mugs café"), model().vector("6 red mugs café"));
    assert_eq!(read.len(), now.len());
    for (read, now) in read.iter().zip(&now) {
        assert!(read.0 == now.0 && (read.1 - now.1).abs() < 1e-12);
    }
}

#[test]
fn a_model_that_contradicts_itself_is_refused() {
    let body = serde_json::to_string(&model()).unwrap();
    let broken = body.replace("\"café\"", "\"zzz\"");
    assert_ne!(body, broken);
    let error = serde_json::from_str::<TfIdfModel>(&broken).unwrap_err();
    assert!(error.to_string().contains("ascending distinct terms"), "{error}");
    let changed = saved().replace("café", "cafe");
    assert!(matches!(load::<TfIdfModel>(&changed), Err(EnvelopeError::Checksum { .. })));
}
