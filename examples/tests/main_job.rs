//! The main job on the simulated shop: its files, their headers, and what must hold between them.

mod common;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;
use std::sync::OnceLock;

use common::{assert_done, path, run};
use serde_json::Value;

const HEADERS: [(&str, &str); 6] = [
    ("rejected.csv", "line,reasons,raw"),
    ("rfm.csv", "customer,last_purchase,recency_days,frequency,monetary,r,f,m,segment"),
    ("segments.csv", "customer,cluster,distance,label"),
    ("propensity.csv", "customer,probability"),
    ("recommendations.csv", "customer,rank,item,score,because"),
    (
        "decisions.csv",
        "customer,action,channel,value,relevance,eligible,impact,cost,net,rank,chosen,reason",
    ),
];

/// One run of the main job for all tests here, with a budget.
fn done() -> &'static Path {
    static DONE: OnceLock<tempfile::TempDir> = OnceLock::new();
    DONE.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let printed = assert_done(&run(&["--out", path(folder.path()), "--budget", "400"]));
        assert!(printed.lines().count() <= 40, "a short summary");
        folder
    })
    .path()
}

fn rows(name: &str) -> Vec<HashMap<String, String>> {
    let file = done().join(name);
    let mut reader = csv::Reader::from_path(&file).expect("the file was written");
    reader.deserialize().map(|row| row.expect("a row of the header's width")).collect()
}

fn summary(folder: &Path) -> Value {
    let text = std::fs::read_to_string(folder.join("summary.json")).expect("a summary");
    serde_json::from_str(&text).expect("JSON")
}

fn number(row: &HashMap<String, String>, column: &str) -> f64 {
    row[column].parse().unwrap_or_else(|_| panic!("a number in {column}: {row:?}"))
}

#[test]
fn the_headers_are_exact() {
    for (name, header) in HEADERS {
        let text = std::fs::read_to_string(done().join(name)).expect("the file was written");
        assert_eq!(text.lines().next(), Some(header), "{name}");
    }
}

#[test]
fn the_summary_has_its_keys_and_adds_up() {
    let summary = summary(done());
    for key in [
        "rows",
        "revenue",
        "kpis",
        "segmentation",
        "target",
        "recommendation",
        "decisions",
        "steps",
        "timings",
        "versions",
        "seed",
    ] {
        assert!(!summary[key].is_null(), "{key}");
    }
    for key in ["windows", "roc_auc", "log_loss", "brier", "calibration_error", "baseline"] {
        assert!(!summary["target"][key].is_null(), "target.{key}");
    }
    for key in ["eligible", "chosen", "budget", "spent", "net", "upper_bound", "gap"] {
        assert!(!summary["decisions"][key].is_null(), "decisions.{key}");
    }
    for key in ["k", "criteria", "why"] {
        assert!(!summary["segmentation"][key].is_null(), "segmentation.{key}");
    }
    let rows_read = summary["rows"]["read"].as_u64().expect("a count");
    let accepted = summary["rows"]["accepted"].as_u64().expect("a count");
    let set_aside = summary["rows"]["set_aside"]["total"].as_u64().expect("a count");
    assert_eq!(rows_read, accepted + set_aside);
    assert_eq!(rows("rejected.csv").len() as u64, set_aside);
    let spent = summary["decisions"]["spent"].as_f64().expect("an amount");
    assert!(spent <= 400.0 + 1e-9, "{spent}");
    let net = summary["decisions"]["net"].as_f64().expect("an amount");
    let bound = summary["decisions"]["upper_bound"].as_f64().expect("an amount");
    assert!(net <= bound + 1e-6 * bound.abs(), "{net} {bound}");
}

#[test]
fn the_model_beats_its_baseline_on_the_hold_out() {
    let summary = summary(done());
    let target = &summary["target"];
    let log_loss = target["log_loss"].as_f64().expect("a number");
    let baseline = target["baseline"]["log_loss"].as_f64().expect("a number");
    assert!(log_loss < baseline, "{log_loss} {baseline}");
    assert!(target["roc_auc"].as_f64().expect("a number") > 0.6);
}

#[test]
fn every_customer_is_in_every_table_once() {
    let customers: Vec<String> =
        rows("rfm.csv").into_iter().map(|row| row["customer"].clone()).collect();
    assert_eq!(customers.iter().collect::<HashSet<_>>().len(), customers.len());
    for name in ["segments.csv", "propensity.csv"] {
        let others: Vec<String> =
            rows(name).into_iter().map(|row| row["customer"].clone()).collect();
        assert_eq!(others, customers, "{name}");
    }
    let decided: HashSet<String> =
        rows("decisions.csv").into_iter().map(|row| row["customer"].clone()).collect();
    assert_eq!(decided.len(), customers.len());
}

#[test]
fn impact_is_value_times_relevance_times_eligibility() {
    let decisions = rows("decisions.csv");
    let mut per_customer: BTreeMap<&str, usize> = BTreeMap::new();
    let mut spent = 0.0;
    for row in &decisions {
        let (eligible, chosen) = (number(row, "eligible"), number(row, "chosen"));
        assert!([0.0, 1.0].contains(&eligible) && [0.0, 1.0].contains(&chosen));
        let impact = number(row, "value") * number(row, "relevance") * eligible;
        assert!((impact - number(row, "impact")).abs() < 1e-9, "{row:?}");
        assert!((impact - number(row, "cost") - number(row, "net")).abs() < 1e-9, "{row:?}");
        assert!((0.0..=1.0).contains(&number(row, "relevance")));
        assert!(!row["reason"].is_empty());
        if chosen == 1.0 {
            assert!(eligible == 1.0 && number(row, "net") > 0.0, "{row:?}");
            *per_customer.entry(&row["customer"]).or_default() += 1;
            spent += number(row, "cost");
        }
    }
    assert!(per_customer.values().all(|&n| n == 1));
    let summary = summary(done());
    assert!((spent - summary["decisions"]["spent"].as_f64().expect("an amount")).abs() < 1e-6);
    assert_eq!(summary["decisions"]["chosen"].as_u64(), Some(per_customer.len() as u64));
    assert!(!per_customer.is_empty());
}

#[test]
fn probabilities_are_probabilities() {
    for row in rows("propensity.csv") {
        assert!((0.0..=1.0).contains(&number(&row, "probability")), "{row:?}");
    }
}

#[test]
fn ranks_count_from_one_and_scores_fall() {
    let mut last: Option<(String, f64, f64)> = None;
    for row in rows("recommendations.csv") {
        let (rank, score) = (number(&row, "rank"), number(&row, "score"));
        match &last {
            Some((customer, before, best)) if *customer == row["customer"] => {
                assert!(rank == before + 1.0 && score <= *best, "{row:?}");
            }
            _ => assert!(rank == 1.0, "{row:?}"),
        }
        last = Some((row["customer"].clone(), rank, score));
    }
}

#[test]
fn the_dashboard_stands_alone() {
    let page = std::fs::read_to_string(done().join("dashboard.html")).expect("the page");
    for outside in ["http://", "https://", "<link", "src=", "@import", "url("] {
        let found = page.matches(outside).count();
        let allowed = page.matches("http://www.w3.org/").count();
        let found = if outside == "http://" { found - allowed } else { found };
        assert_eq!(found, 0, "{outside}");
    }
    assert!(page.contains("<svg") && page.contains("<table"));
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let again = tempfile::tempdir().expect("a temporary folder");
    assert_done(&run(&["--out", path(again.path()), "--budget", "400"]));
    let files = || {
        let mut names: Vec<_> = std::fs::read_dir(done())
            .expect("a folder")
            .map(|entry| entry.expect("an entry").file_name())
            .collect();
        names.sort();
        names
    };
    assert_eq!(files().len(), 8);
    for name in files() {
        let (a, b) = (done().join(&name), again.path().join(&name));
        if name == "summary.json" {
            let (mut a, mut b) = (summary(done()), summary(again.path()));
            a["timings"] = Value::Null;
            b["timings"] = Value::Null;
            assert_eq!(a, b);
        } else {
            let same = std::fs::read(&a).expect("a file") == std::fs::read(&b).expect("a file");
            assert!(same, "{name:?}");
        }
    }
}
