//! The examples of segmentation run on any user's file, and print figures that are known.

mod common;

use std::io::Write;
use std::path::Path;
use std::process::Command;

use common::{assert_done, assert_error, example, path};
use serde_json::Value;

/// Runs an example with `--json`; its figures by model and metric.
fn figures(name: &str, arguments: &[&str]) -> Vec<(String, String, Value)> {
    let run = Command::new(example(name)).args(arguments).arg("--json").output();
    let printed = assert_done(&run.expect("the example is built with the tests"));
    let text = |line: &Value, key: &str| line[key].as_str().expect("text").to_owned();
    printed
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("one JSON object a line"))
        .map(|line| (text(&line, "model"), text(&line, "metric"), line["value"].clone()))
        .collect()
}

fn value(figures: &[(String, String, Value)], model: &str, metric: &str) -> f64 {
    let found = figures.iter().find(|(m, n, _)| m == model && n == metric);
    found.and_then(|found| found.2.as_f64()).unwrap_or_else(|| panic!("no {model} {metric}"))
}

fn write(folder: &Path, name: &str, text: &str) -> String {
    let file = folder.join(name);
    std::fs::write(&file, text).expect("the temporary folder is writable");
    path(&file).to_owned()
}

/// Closed forms: of 0, 1, 10, 11 the variance is 25.25, within pairs 0.25.
#[test]
fn choose_k_prints_known_criteria() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = write(folder.path(), "x.csv", "who;x\na;0\nb;1\nc;ten\nd;10\ne;11\n");
    let found = figures("choose_k", &["--data", &file, "--columns", "x", "--k", "2..3"]);
    assert_eq!(value(&found, "data", "rows_read"), 5.0);
    assert_eq!(value(&found, "data", "rows_kept"), 4.0);
    for (metric, expected) in [
        ("inertia", 1.0 / 25.25),
        ("silhouette", ((1.0 - 1.0 / 10.5) + (1.0 - 1.0 / 9.5)) / 2.0),
        ("calinski_harabasz", 200.0),
        ("davies_bouldin", 0.1),
    ] {
        let found = value(&found, "k=2", metric);
        assert!((found - expected).abs() < 1e-12 * expected.max(1.0), "{metric}: {found}");
    }
    assert_eq!(value(&found, "recommended", "k"), 2.0);
}

#[test]
fn choose_k_refuses_what_it_cannot_read() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = write(folder.path(), "x.csv", "x,y\n1,-3\n2,4\n3,5\n");
    let run = |arguments: &[&str]| {
        let run =
            Command::new(example("choose_k")).args(["--data", &file]).args(arguments).output();
        run.expect("the example is built with the tests")
    };
    assert_error(&run(&["--columns", "z"]), r#"expected a column "z", found x, y"#);
    assert_error(&run(&["--columns", "y", "--log"]), "-3");
    assert_error(&run(&["--columns", "x", "--k", "9..10"]), "9");
}

#[test]
fn rfm_scores_summaries_as_the_r_package_does() {
    let Some(shared) = shared("data/rfm-reference/recomputed_rfm_all_customers.csv") else {
        return;
    };
    let found = figures(
        "rfm",
        &[
            "--summaries",
            &shared,
            "--columns",
            "customer_id,rec,n,amt",
            "--as-of",
            "2006-12-31",
            "--scoring",
            "r-package",
        ],
    );
    assert_eq!(value(&found, "rfm", "customers"), 995.0);
    for (dimension, cuts) in [
        ("R", [115.0, 181.0, 297.4, 482.0]),
        ("F", [4.0, 5.0, 6.0, 8.0]),
        ("M", [255.8, 382.0, 506.4, 666.0]),
    ] {
        for (cut, number) in cuts.into_iter().zip(1..) {
            let found = value(&found, dimension, &format!("cut_{number}"));
            assert!((found - cut).abs() < 1e-9, "{dimension} {number}: {found}");
        }
    }
}

/// Oracle: scikit-learn 1.9.1, best of 400 starts, and its criteria on those labels.
#[test]
fn online_retail_has_the_known_clusters() {
    let Some(file) = shared("data/online-retail/online_retail.csv.gz") else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let table = folder.path().join("rfm.csv");
    let found =
        figures("rfm", &["--transactions", &file, "--as-of", "2011-12-10", "--out", path(&table)]);
    assert_eq!(value(&found, "rfm", "customers"), 4338.0);
    assert!((value(&found, "rfm", "revenue") - 8_911_407.904).abs() < 1e-6);
    let columns = "recency_days,frequency,monetary";
    let found = figures(
        "choose_k",
        &["--data", path(&table), "--columns", columns, "--log", "--k", "2..10"],
    );
    let inertias =
        [6474.135, 4856.322, 3924.379, 3267.998, 2840.125, 2532.990, 2325.507, 2144.745, 1988.663];
    for (inertia, k) in inertias.into_iter().zip(2..) {
        let found = value(&found, &format!("k={k}"), "inertia");
        assert!(found <= inertia * 1.0001, "k {k}: {found}, known {inertia}");
    }
    for (model, silhouette, ch, db) in
        [("k=2", 0.4327, 4380.02, 0.8908), ("k=3", 0.3372, 3640.98, 1.0430)]
    {
        assert!((value(&found, model, "silhouette") - silhouette).abs() <= 5.1e-5);
        assert!((value(&found, model, "calinski_harabasz") - ch).abs() <= 0.0051);
        assert!((value(&found, model, "davies_bouldin") - db).abs() <= 5.1e-5);
    }
}

#[test]
fn migration_follows_a_simulated_shop() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let picture = folder.path().join("moves.svg");
    let found = figures("migration", &["--picture", path(&picture)]);
    assert!(value(&found, "chain", "months") >= 3.0);
    // Of every segment the shares of where its customers go sum to one.
    let mut sums = std::collections::BTreeMap::new();
    for (model, _, share) in found.iter().filter(|(_, metric, _)| metric == "probability") {
        let from = model.split(" -> ").next().unwrap_or_default();
        *sums.entry(from.to_owned()).or_insert(0.0) += share.as_f64().expect("a share");
    }
    assert!(sums.len() >= 5 && sums.values().all(|sum: &f64| (sum - 1.0).abs() < 1e-9), "{sums:?}");
    let steady: f64 = found
        .iter()
        .filter(|(_, metric, _)| metric == "steady_state")
        .filter_map(|(_, _, share)| share.as_f64())
        .sum();
    assert!((steady - 1.0).abs() < 1e-9, "{steady}");
    let svg = std::fs::read_to_string(&picture).expect("the picture was drawn");
    assert!(svg.starts_with("<svg") && svg.contains("Champions"));
}

#[test]
fn personas_describe_and_profile_a_simulated_shop() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let profiles = folder.path().join("profiles.jsonl");
    let found = figures("personas", &["--profiles", path(&profiles), "--cost-rate", "0.6"]);
    let customers: f64 = found
        .iter()
        .filter(|(_, metric, _)| metric == "customers")
        .filter_map(|(_, _, n)| n.as_f64())
        .sum();
    let lines = std::fs::read_to_string(&profiles).expect("the profiles were written");
    assert_eq!(lines.lines().count() as f64, customers);
    let first: Value =
        serde_json::from_str(lines.lines().next().expect("a customer")).expect("JSON");
    assert!(first["segment_name"].is_string() && first["standings"].is_array());
    let accuracy = value(&found, "tree", "accuracy");
    assert!((0.5..=1.0).contains(&accuracy), "{accuracy}");
}

/// A file of the folder `shared` beside the repository, where it is.
fn shared(file: &str) -> Option<String> {
    let found = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared")).join(file);
    if !found.exists() {
        let mut stderr = std::io::stderr();
        let _ = writeln!(stderr, "skipped: there is no {file} beside the repository");
        return None;
    }
    Some(path(&found).to_owned())
}
