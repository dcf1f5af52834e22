//! The other examples run, and show what they promise.

mod common;

use std::process::Command;

use common::{assert_done, example, path};

fn output(name: &str) -> String {
    assert_done(&Command::new(example(name)).output().expect("the example is built with the tests"))
}

#[test]
fn quickstart_names_a_segment_and_an_item_for_each_customer() {
    let printed = output("quickstart");
    assert_eq!(printed.lines().count(), 5);
    assert!(printed.lines().all(|line| line.contains("Some(") && line.contains("next Some(")));
}

#[test]
fn the_readme_shows_the_quickstart() {
    let (readme, source) = (include_str!("../../README.md"), include_str!("../quickstart.rs"));
    let program = source.find("use patronage").map(|start| source[start..].trim_end());
    let shown = readme.split("```rust\n").nth(1).and_then(|rest| rest.split("\n```").next());
    assert_eq!(shown, program);
}

#[test]
fn one_crate_serves_alone_and_refuses_swapped_columns() {
    let printed = output("embed_one_crate");
    assert!(printed.contains(r#"expected "recency_days", found "frequency""#), "{printed}");
}

#[test]
fn a_custom_model_is_arbitrated_and_explained() {
    let printed = output("custom_model");
    assert!(printed.starts_with("customer,action,channel,value,relevance,"), "{printed}");
    assert!(printed.contains("chosen: net"), "{printed}");
}

#[test]
fn rfm_writes_the_table_of_a_file() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (file, out) = (folder.path().join("in.csv"), folder.path().join("rfm.csv"));
    let rows = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n\
        1,A,MUG,2,2011-01-01 10:00:00,1.50,7.0,France\n\
        2,A,MUG,1,2011-01-03 10:00:00,1.50,7.0,France\n\
        3,B,LAMP,1,2011-01-02 09:00:00,9.99,12.0,France\n";
    std::fs::write(&file, rows).expect("writable");
    let run = Command::new(example("rfm"))
        .args(["--transactions", path(&file), "--out", path(&out)])
        .output()
        .expect("the example is built with the tests");
    assert_done(&run);
    let table = std::fs::read_to_string(&out).expect("the table was written");
    assert_eq!(
        table,
        "customer,last_purchase,recency_days,frequency,monetary,r,f,m,segment\n\
         7,2011-01-03,1,2,4.50,5,5,1,Loyal\n12,2011-01-02,2,1,9.99,1,1,5,Hibernating\n"
    );
}
