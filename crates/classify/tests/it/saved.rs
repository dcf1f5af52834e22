//! Models as this version saves them: what older versions saved must stay readable.

use std::fmt::Debug;

use ndarray::Array2;
use patronage_classify::{
    Baseline, CalibratedClassifier, Calibration, CalibrationMethod, DecisionTree, ExtraTrees,
    GradientBoosting, GradientBoostingRegressor, KNearest, LogisticRegression, NaiveBayes, OneHot,
    Preparation, Prepared, RandomForest, RandomForestRegressor, RegressionTree, Scaler, Select,
    Splitter, Stacking, StackingRegressor, StratifiedKFold, TargetEncoding, Unseen, Voting,
    VotingRegressor, WeightOfEvidence,
};
use patronage_core::{
    ClassIdx, Classifier, ClassifierExt, Column, FeatureTable, Features, Fit, Labeled, Provenance,
    Regressor, RegressorExt, SavedModel, Schema, load, save,
};

const DIR: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden");

/// Twenty rows; numbers are eighths, so that sums of them are exact.
fn table() -> FeatureTable {
    let columns = [
        Column::number("spend"),
        Column::nullable("age"),
        Column::category("plan", ["basic", "gold"]),
        Column::flag("newsletter"),
    ];
    let cell = |(i, j): (usize, usize)| match j {
        0 => (i * 7 % 20) as f64 / 8.0,
        1 if i % 6 == 5 => f64::NAN,
        1 => (i * 3 % 16) as f64,
        2 => (i / 3 % 2) as f64,
        _ => (i % 2) as f64,
    };
    let schema = Schema::new(columns).unwrap();
    FeatureTable::new(schema, Array2::from_shape_fn((20, 4), cell)).unwrap()
}

fn labels() -> Vec<ClassIdx> {
    let table = table();
    let of = |i: usize| table.row(i)[0] + table.row(i)[2] + (i % 3) as f64 / 2.0;
    (0..20).map(|i| ClassIdx::new(u32::from(of(i) > 1.8))).collect()
}

/// Everything that is saved, under the name of its file.
fn each(mut visit: impl Visit) {
    let (table, labels) = (table(), labels());
    let data = Labeled::new(&table, &labels).unwrap();
    let numbers: Vec<f64> =
        (0..20).map(|i| table.row(i)[0] * 2.0 + f64::from(i as u32 % 4)).collect();
    let values = Labeled::new(&table, &numbers).unwrap();
    let tree = DecisionTree::new().max_depth(2);
    visit.answering("baseline-1", &Baseline::new().fit(&data).unwrap(), classify);
    visit.answering("baseline-regressor-1", &Baseline::new().fit(&values).unwrap(), regress);
    visit.answering("tree-1", &tree.fit(&data).unwrap(), classify);
    visit.answering(
        "regression-tree-1",
        &RegressionTree::new().max_depth(2).fit(&values).unwrap(),
        regress,
    );
    visit.answering(
        "forest-1",
        &RandomForest::new().n_trees(2).max_depth(2).fit(&data).unwrap(),
        classify,
    );
    visit.answering(
        "extra-trees-1",
        &ExtraTrees::new().n_trees(2).max_depth(2).fit(&data).unwrap(),
        classify,
    );
    let numbers = RandomForestRegressor::new().n_trees(2).max_depth(2);
    visit.answering("forest-regressor-1", &numbers.fit(&values).unwrap(), regress);
    let boosting = GradientBoosting::new().n_rounds(2).max_leaves(3).min_samples_leaf(2);
    visit.answering("boosting-two-1", &boosting.fit(&data).unwrap(), classify);
    let boosting = GradientBoostingRegressor::new().n_rounds(2).max_leaves(3).min_samples_leaf(2);
    let boosted = boosting.fit_validated(&values, &values).unwrap();
    visit.answering("boosting-regressor-1", &boosted, regress);
    visit.answering("logistic-1", &LogisticRegression::new().fit(&data).unwrap(), classify);
    visit.answering("naive-bayes-1", &NaiveBayes::new().fit(&data).unwrap(), classify);
    visit.answering("k-nearest-1", &KNearest::new(3).fit(&data).unwrap(), classify);
    visit.answering("k-nearest-regressor-1", &KNearest::new(3).fit(&values).unwrap(), regress);
    for (name, method) in [
        ("calibrated-platt-1", CalibrationMethod::Platt),
        ("calibrated-isotonic-1", CalibrationMethod::Isotonic),
    ] {
        let model: CalibratedClassifier<_> =
            Calibration::new(method).calibrate(tree.fit(&data).unwrap(), &data).unwrap();
        assert!(model.takes().is_some(), "it can be saved behind a preparation");
        visit.model(name, &model);
    }
    let temperature = Calibration::new(CalibrationMethod::Temperature);
    let splits = StratifiedKFold::new(2).splits(&labels).unwrap();
    let ensemble = temperature.ensemble(&tree, &data, &splits).unwrap();
    assert!(ensemble.takes().is_some(), "it can be saved behind a preparation");
    visit.model("calibrated-ensemble-1", &ensemble);
    let three: Vec<ClassIdx> = (0..20).map(|i| ClassIdx::new(i * 7 % 20 / 7)).collect();
    let data_of_three = Labeled::new(&table, &three).unwrap();
    let bayes = NaiveBayes::new().fit(&data_of_three).unwrap();
    let cooled = temperature.calibrate(bayes, &data_of_three).unwrap();
    visit.model("calibrated-temperature-1", &cooled);
    let preparation = Preparation::new()
        .weight_of_evidence(Select::names(["spend"]), WeightOfEvidence::quantiles(3))
        .target_encode(Select::names(["plan"]), TargetEncoding::new().unseen(Unseen::Missing))
        .then(Preparation::standard())
        .scale(Select::Flags, Scaler::MinMax);
    visit.model("preparation-1", &preparation.fit(&data).unwrap());
    let refusing = OneHot::new().unseen(Unseen::Refuse);
    let refusing = Preparation::new().one_hot(Select::Categories, refusing);
    visit.model("preparation-refusing-1", &refusing.fit(&data).unwrap());
    let prepared = Prepared::new(Preparation::standard(), LogisticRegression::new());
    visit.answering("prepared-1", &prepared.fit(&data).unwrap(), classify);
    let vote = Voting::hard().member("tree", tree.clone()).member("bayes", NaiveBayes::new());
    visit.answering("voting-1", &vote.fit(&data).unwrap(), classify);
    let stack = Stacking::new().folds(2).member("prepared", prepared).member("vote", vote);
    visit.answering("stacking-1", &stack.fit(&data).unwrap(), classify);
    let tree = RegressionTree::new().max_depth(2);
    let prepared = Prepared::new(Preparation::standard(), tree);
    visit.answering("prepared-regressor-1", &prepared.fit(&values).unwrap(), regress);
    let vote = VotingRegressor::new().member("tree", prepared).member("mean", Baseline::new());
    visit.answering("voting-regressor-1", &vote.fit(&values).unwrap(), regress);
    let stack = StackingRegressor::new().folds(2).member("near", KNearest::new(3));
    let stack = stack.member("vote", vote);
    visit.answering("stacking-regressor-1", &stack.fit(&values).unwrap(), regress);
}

trait Visit {
    fn model<M: SavedModel + PartialEq + Debug>(&mut self, name: &str, model: &M);

    /// A model that answers: `answer` lets one predict.
    fn answering<M: SavedModel + PartialEq + Debug>(
        &mut self,
        name: &str,
        model: &M,
        _answer: impl Fn(&M),
    ) {
        assert!(model.takes().is_some(), "{name}: it can be saved behind a preparation");
        self.model(name, model);
    }
}

/// Lets a model answer for every row, in a batch and alone.
fn classify(model: &(impl Classifier + ?Sized)) {
    let rows = Array2::zeros((1, model.schema().len()));
    let table = if model.schema() == table().schema() {
        table()
    } else {
        FeatureTable::new(model.schema().clone(), rows).unwrap()
    };
    let _ = model.predict_probabilities(&table).unwrap();
    let mut out = vec![0.0; model.n_classes()];
    model.probabilities(table.row(0), &mut out);
}

fn regress(model: &impl Regressor) {
    if model.schema() == table().schema() {
        let _ = RegressorExt::predict(&model, &table()).unwrap();
    }
}

fn text<M: SavedModel>(model: &M) -> String {
    let training = Some(table().fingerprint());
    save(model, Provenance { schema: Some(table().schema().clone()), training }).unwrap()
}

struct Write;

impl Visit for Write {
    fn model<M: SavedModel + PartialEq + Debug>(&mut self, name: &str, model: &M) {
        std::fs::create_dir_all(DIR).unwrap();
        std::fs::write(format!("{DIR}/{name}.json"), text(model) + "\n").unwrap();
    }
}

#[test]
#[ignore = "writes the golden files of this version"]
fn write_golden_files() {
    each(Write);
}

struct Read;

impl Visit for Read {
    fn model<M: SavedModel + PartialEq + Debug>(&mut self, name: &str, model: &M) {
        let golden = std::fs::read_to_string(format!("{DIR}/{name}.json")).unwrap();
        let (loaded, provenance) = load::<M>(golden.trim_end()).unwrap();
        // What is counted comes out the same on every machine; what is solved for, to rounding.
        if ["baseline-1", "tree-1", "regression-tree-1", "forest-1"].contains(&name) {
            assert_eq!(&loaded, model, "{name}: what was saved is what is fitted");
        }
        assert_eq!(provenance.schema.as_ref(), Some(table().schema()), "{name}");
        assert_eq!(text(&loaded) + "\n", golden, "{name}: what was saved is saved again");
    }
}

#[test]
fn golden_files_are_read_and_written_again() {
    each(Read);
}

/// Bodies with one thing broken: loading refuses them, and nothing panics.
struct Break;

impl Visit for Break {
    fn model<M: SavedModel + PartialEq + Debug>(&mut self, name: &str, model: &M) {
        self.answering(name, model, |_| ());
    }

    fn answering<M: SavedModel + PartialEq + Debug>(
        &mut self,
        name: &str,
        model: &M,
        answer: impl Fn(&M),
    ) {
        let text = serde_json::to_string(model).unwrap();
        let body: serde_json::Value = serde_json::from_str(&text).unwrap();
        let mut tried = 0;
        broken(&body, &mut |wrong| {
            tried += 1;
            // Some numbers may as well be others; what cannot be is refused, without a panic.
            if let Ok(loaded) = serde_json::from_value::<M>(wrong.clone()) {
                assert!(serde_json::to_string(&loaded).is_ok(), "{name}");
                answer(&loaded);
            }
        });
        assert!(tried > 3, "{name}: {tried} broken bodies");
        // What may be absent is so by right: forests without rows out of bag, numbers without classes.
        let optional = ["out_of_bag", "factors", "history"];
        for key in body.as_object().unwrap().keys().filter(|key| !optional.contains(&&***key)) {
            let mut wrong = body.clone();
            wrong.as_object_mut().unwrap().remove(key);
            let loaded = serde_json::from_value::<M>(wrong);
            assert!(loaded.is_err(), "{name}: a body without {key} is refused");
        }
        let mut more = body;
        more.as_object_mut().unwrap().insert("stranger".to_owned(), 1.into());
        assert!(serde_json::from_value::<M>(more).is_err(), "{name}: a strange field is refused");
    }
}

/// Every body with one number changed or one list cut.
fn broken(body: &serde_json::Value, visit: &mut dyn FnMut(&serde_json::Value)) {
    fn paths(value: &serde_json::Value, at: String, all: &mut Vec<String>) {
        match value {
            serde_json::Value::Array(items) => {
                all.push(at.clone());
                for (i, item) in items.iter().enumerate().take(6) {
                    paths(item, format!("{at}/{i}"), all);
                }
            }
            serde_json::Value::Object(fields) => {
                for (key, item) in fields {
                    paths(item, format!("{at}/{}", key.replace('/', "~1")), all);
                }
            }
            serde_json::Value::Number(_) => all.push(at),
            _ => {}
        }
    }
    let mut all = Vec::new();
    paths(body, String::new(), &mut all);
    for path in all {
        let mut wrong = body.clone();
        match wrong.pointer_mut(&path).unwrap() {
            serde_json::Value::Array(items) => drop(items.pop()),
            number => *number = serde_json::json!(4_000_000_000_u64),
        }
        visit(&wrong);
    }
}

#[test]
fn broken_bodies_are_refused() {
    each(Break);
}
