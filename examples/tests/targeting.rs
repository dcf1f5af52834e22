//! The examples of targeting run on any table, and name what is wrong with one.

mod common;

use std::fmt::Write;
use std::process::{Command, Output};

use common::{assert_done, assert_error, example, path};
use serde_json::Value;

/// A table with everything that tables have: ids, blanks, decimal commas, yes and no, levels, a
/// column that never changes, and a row without a target.
fn customers() -> String {
    let mut text = "id;plan;paperless;months;spend;country;left\n".to_owned();
    for row in 0..400_u32 {
        let months = row * 7 % 60;
        let plan = ["monthly", "yearly", "two years"][(row * 11 % 3) as usize];
        let paperless = if row.is_multiple_of(2) { "Yes" } else { "No" };
        let spend =
            if row.is_multiple_of(50) { " ".to_owned() } else { format!("{},5", row * 13 % 90) };
        let left = (months < 20 && plan == "monthly") != (row * 31 % 97 < 12);
        let left = if left { "Yes" } else { "No" };
        writeln!(text, "c{row};{plan};{paperless};{months};{spend};FR;{left}").expect("text grows");
    }
    text.push_str("c400;monthly;Yes;3;1,0;FR;\n");
    text
}

fn run(content: &str, more: &[&str]) -> Output {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("customers.csv");
    std::fs::write(&file, content).expect("writable");
    Command::new(example("bias_variance"))
        .args(["--data", path(&file), "--depths", "1,3,9", "--rounds", "8"])
        .args(more)
        .output()
        .expect("the example is built with the tests")
}

#[test]
fn bias_variance_says_why_a_tree_errs_and_writes_the_picture() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let picture = folder.path().join("u.svg");
    let more = ["--target", "left", "--positive", "Yes", "--id", "id", "--svg", path(&picture)];
    let output = run(&customers(), &more);
    let words = assert_done(&output);
    assert!(words.contains("At tree depth"), "{words}");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains(r#"column "country" left out: every cell is "FR""#), "{said}");
    assert!(said.contains("column \"spend\": 8 cells missing"), "{said}");
    assert!(said.contains("1 rows without a target left out, the first on line 402"), "{said}");
    let svg = std::fs::read_to_string(&picture).expect("the picture was written");
    assert!(svg.starts_with("<svg "), "{svg}");
    let data = std::fs::read_to_string(folder.path().join("u.svg.csv")).expect("so were its data");
    assert_eq!(data.lines().count(), 4, "{data}");
}

#[test]
fn every_figure_of_bias_variance_is_a_line_of_json() {
    let output = run(&customers(), &["--target", "left", "--positive", "Yes", "--json"]);
    let printed = assert_done(&output);
    let mut parts = [f64::NAN; 3];
    for line in printed.lines() {
        let figure: Value = serde_json::from_str(line).expect("JSON");
        assert!(figure["model"].is_string() && figure["metric"].is_string(), "{line}");
        if figure["model"] == "tree depth 3" {
            for (part, metric) in parts.iter_mut().zip(["brier", "brier_bias", "brier_variance"]) {
                if figure["metric"] == metric {
                    *part = figure["value"].as_f64().expect("a number");
                }
            }
        }
    }
    assert!((parts[0] - parts[1] - parts[2]).abs() < 1e-9, "{parts:?}");
    assert!(printed.contains("\"diagnosis\"") && printed.contains("\"mlxtend_loss\""), "{printed}");
}

#[test]
fn what_is_wrong_with_a_table_is_named() {
    let target = ["--target", "left", "--positive", "Yes"];
    assert_error(
        &run(&customers(), &["--target", "gone", "--positive", "Yes"]),
        "expected a column \"gone\"",
    );
    assert_error(
        &run(&customers(), &["--target", "left", "--positive", "1"]),
        "expected \"1\" somewhere",
    );
    let short = "a,left\n1,Yes\n2\n";
    assert_error(&run(short, &target), "line 3: expected 2 cells, found 1");
    assert_error(&run("a,a,left\n1,2,Yes\n", &target), "found \"a\" as columns 1 and 2");
    assert_error(&run("a,left\n", &target), "no such row");
    assert_error(&run("a,left\n1,Yes\n1,No\n", &target), "every cell is \"1\"");
    assert_error(&run("a,left\n1,Yes\n2,Yes\n", &target), "in every row");
}
