//! Saved models, old versions included.

use std::fmt::Debug;

use patronage_core::{Fit, Provenance, Recommender, SavedModel, load, save};
use patronage_recommend::{
    CalibratedRecommender, ContentModel, Groups, ItemKnn, ItemKnnModel, Popularity,
    PopularityModel, ScoreCalibration,
};
use patronage_testkit::check_saved_model;

use crate::common::{content, held_out, histories, requests, table};

fn knn() -> ItemKnnModel {
    ItemKnn::new(2).shrinkage(1.0).fit(&table(60)).unwrap()
}

fn calibrated() -> CalibratedRecommender<PopularityModel> {
    let popularity = Popularity::new().fit(&table(60)).unwrap();
    ScoreCalibration::new().popularity(&popularity).fit(popularity, &held_out(40)).unwrap()
}

const NOWHERE: Provenance = Provenance { schema: None, training: None };

/// The model is saved by the contract, and the text an older version wrote still gives its answers.
fn check<M: SavedModel + Recommender + PartialEq + Debug>(model: &M, golden: &str) {
    check_saved_model(model, NOWHERE);
    let (old, _) = load::<M>(golden.trim()).unwrap();
    for request in requests(&histories(5)) {
        let (mut then, mut now) = (vec![0.0; old.n_items()], vec![0.0; model.n_items()]);
        old.scores(&request, &mut then);
        model.scores(&request, &mut now);
        for (then, now) in then.iter().zip(&now) {
            assert!((then - now).abs() <= 1e-5 * now.abs(), "{} {then} {now}", M::TAG);
        }
    }
}

#[test]
fn models_are_saved_and_old_ones_read() {
    let popularity = Popularity::new().fit(&table(60)).unwrap();
    check(&popularity, include_str!("../golden/popularity-v1.json"));
    check(&knn(), include_str!("../golden/item-knn-v1.json"));
    check(&content(), include_str!("../golden/content-v1.json"));
    check(&calibrated(), include_str!("../golden/calibrated-v1.json"));
}

#[test]
fn what_contradicts_itself_is_refused() {
    fn refused<M: SavedModel + Debug>(body: &str, expected: &str) {
        let error = serde_json::from_str::<M>(body).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
    refused::<PopularityModel>(r#"{"popularity":[1.0,-1.0]}"#, "counts of at least 0");
    let body = |model: &dyn Fn() -> String| model();
    let knn = body(&|| serde_json::to_string(&knn()).unwrap());
    refused::<ItemKnnModel>(
        &knn.replacen("\"n_columns\":30", "\"n_columns\":31", 1),
        "neighbours among",
    );
    refused::<ItemKnnModel>(&knn.replacen("\"values\":[", "\"values\":[-", 1), "above 0");
    refused::<ItemKnnModel>(
        &knn.replacen("\"half_life\":null", "\"half_life\":-5", 1),
        "half_life: expected a span above 0",
    );
    let content = serde_json::to_string(&content()).unwrap();
    let wide = content.replacen("\"n_columns\":8", "\"n_columns\":18446744073709551615", 1);
    refused::<ContentModel>(&wide, "a size of at most");
    refused::<ContentModel>(&content.replacen("\"red\",", "", 1), "a name for each feature");
    let calibrated = serde_json::to_string(&calibrated()).unwrap();
    let broken = calibrated.replacen("\"scale\":", "\"scale\":-", 1);
    refused::<CalibratedRecommender<PopularityModel>>(&broken, "a scale above 0");
    let error = serde_json::from_str::<Groups>(r#"{"of":[3],"n_groups":2}"#).unwrap_err();
    assert!(error.to_string().contains("expected an index below 2, found 3"), "{error}");
}

/// Run by hand when a model gets a new version, after naming the files for it.
#[test]
#[ignore = "writes the golden files"]
fn write_golden() {
    fn write<M: SavedModel>(name: &str, model: &M) {
        let path = format!("{}/tests/golden/{name}-v1.json", env!("CARGO_MANIFEST_DIR"));
        std::fs::write(path, save(model, NOWHERE).unwrap() + "\n").unwrap();
    }
    write("popularity", &Popularity::new().fit(&table(60)).unwrap());
    write("item-knn", &knn());
    write("content", &content());
    write("calibrated", &calibrated());
}
