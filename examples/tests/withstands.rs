//! What the main job must withstand: each ends in one clear line, or in rows set aside with their reasons.

mod common;

use common::{assert_done, assert_error, path, run, run_on};
use serde_json::Value;
use std::path::Path;

const HEADER: &str =
    "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n";

/// A small shop: `customers` customers with an order of two lines every 30 days for `orders` orders.
fn shop(customers: u32, orders: u32) -> String {
    let mut text = HEADER.to_owned();
    for customer in 0..customers {
        for order in 0..orders {
            let (year, month) = (2020 + order / 12, order % 12 + 1);
            let day = customer % 28 + 1;
            for line in 0..2 {
                let item = (customer + order + line) % 7;
                text.push_str(&format!(
                    "{},I{item},THING {item},{},{year}-{month:02}-{day:02} 10:00:00,2.50,{},France\n",
                    1000 + customer * 100 + order,
                    line + 1,
                    500 + customer,
                ));
            }
        }
    }
    text
}

fn summary(out: &Path) -> Value {
    let text = std::fs::read_to_string(out.join("summary.json")).expect("a summary was written");
    let summary: Value = serde_json::from_str(&text).expect("the summary is JSON");
    let rows = &summary["rows"];
    let by_combination: u64 = rows["set_aside"]["by_combination"]
        .as_object()
        .expect("counts by combination")
        .values()
        .map(|count| count.as_u64().expect("a count"))
        .sum();
    assert_eq!(rows["set_aside"]["total"].as_u64(), Some(by_combination));
    assert_eq!(
        rows["read"].as_u64(),
        Some(rows["accepted"].as_u64().expect("a count") + by_combination),
        "rows read = accepted + set aside"
    );
    summary
}

fn temporary() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

#[test]
fn an_empty_file() {
    let folder = temporary();
    let (_, output) = run_on(folder.path(), b"", &[]);
    assert_error(&output, "empty");
}

#[test]
fn a_header_only() {
    let folder = temporary();
    let (_, output) = run_on(folder.path(), HEADER.as_bytes(), &[]);
    assert_error(&output, "no row");
}

#[test]
fn a_missing_column() {
    let folder = temporary();
    let (_, output) = run_on(folder.path(), b"InvoiceNo,StockCode\n1,2\n", &[]);
    assert_error(&output, "column");
}

#[test]
fn a_doubled_column() {
    let folder = temporary();
    let text = shop(3, 3).replacen("StockCode", "InvoiceNo", 1);
    let (_, output) = run_on(folder.path(), text.as_bytes(), &[]);
    assert_error(&output, "InvoiceNo");
}

#[test]
fn a_wrong_delimiter() {
    let folder = temporary();
    let (_, output) = run_on(folder.path(), shop(3, 3).replace(',', ";").as_bytes(), &[]);
    assert_error(&output, "column");
}

#[test]
fn a_byte_order_mark() {
    let folder = temporary();
    let text = format!("\u{feff}{}", shop(5, 4));
    let (out, output) = run_on(folder.path(), text.as_bytes(), &[]);
    assert_done(&output);
    assert_eq!(summary(&out)["rows"]["accepted"], 40);
}

#[test]
fn latin_1_and_broken_utf_8() {
    let folder = temporary();
    let text = shop(5, 4).replace("THING 3", "CAF\u{1} 3");
    let bytes: Vec<u8> = text.bytes().map(|b| if b == 1 { 0xe9 } else { b }).collect();
    let (out, output) = run_on(folder.path(), &bytes, &[]);
    assert_done(&output);
    summary(&out);
}

#[test]
fn ragged_rows() {
    let folder = temporary();
    let text = format!("{}1,2,3\n1,2,3,4,5,6,7,8,9,10\n", shop(5, 4));
    let (out, output) = run_on(folder.path(), text.as_bytes(), &[]);
    assert_done(&output);
    assert_eq!(summary(&out)["rows"]["set_aside"]["total"], 2);
}

#[test]
fn a_quote_never_closed() {
    let folder = temporary();
    let text = format!("{}9,I1,\"THING,1,2020-01-01 10:00:00,2.50,501,France\n", shop(5, 4));
    let (out, output) = run_on(folder.path(), text.as_bytes(), &[]);
    if output.status.success() {
        assert_eq!(summary(&out)["rows"]["set_aside"]["total"], 1);
    } else {
        assert_error(&output, "quote");
    }
}

#[test]
fn impossible_dates_and_numbers_are_set_aside() {
    let folder = temporary();
    let mut text = shop(5, 4);
    for (date, quantity, price) in [
        ("2020-02-30 10:00:00", "1", "1.00"),
        ("yesterday", "1", "1.00"),
        ("2020-01-01 25:00:00", "1", "1.00"),
        ("2020-01-01 10:00:00", "NaN", "1.00"),
        ("2020-01-01 10:00:00", "1", "inf"),
        ("2020-01-01 10:00:00", "1", "1e308"),
        ("2020-01-01 10:00:00", "99999999999999999999", "1.00"),
    ] {
        text.push_str(&format!("9,I1,THING,{quantity},{date},{price},501,France\n"));
    }
    let (out, output) = run_on(folder.path(), text.as_bytes(), &[]);
    assert_done(&output);
    let summary = summary(&out);
    assert_eq!(summary["rows"]["set_aside"]["total"], 7);
    assert_eq!(summary["rows"]["accepted"], 40);
    let rejected = std::fs::read_to_string(out.join("rejected.csv")).expect("rejected.csv");
    assert!(rejected.starts_with("line,reasons,raw\n"));
    assert_eq!(rejected.lines().count(), 8);
}

#[test]
fn one_customer() {
    let folder = temporary();
    let (out, output) = run_on(folder.path(), shop(1, 12).as_bytes(), &[]);
    assert_done(&output);
    summary(&out);
}

#[test]
fn one_item_and_all_rows_the_same() {
    let folder = temporary();
    let row = "1,I1,THING,1,2020-01-01 10:00:00,2.50,501,France\n";
    let (out, output) =
        run_on(folder.path(), format!("{HEADER}{}", row.repeat(50)).as_bytes(), &[]);
    assert_done(&output);
    assert_eq!(summary(&out)["rows"]["accepted"], 50);
}

#[test]
fn all_customers_buying_once() {
    let folder = temporary();
    let (out, output) = run_on(folder.path(), shop(40, 1).as_bytes(), &[]);
    assert_done(&output);
    summary(&out);
}

#[test]
fn an_as_of_before_the_first_purchase() {
    let folder = temporary();
    let (_, output) = run_on(folder.path(), shop(5, 4).as_bytes(), &["--as-of", "2001-01-01"]);
    assert_error(&output, "2001-01-01");
}

#[test]
fn events_at_or_after_the_as_of_do_not_count() {
    let folder = temporary();
    let (out, output) = run_on(folder.path(), shop(5, 4).as_bytes(), &["--as-of", "2020-03-01"]);
    assert_done(&output);
    assert_eq!(summary(&out)["rows"]["accepted"], 20);
}

#[test]
fn a_budget_of_zero_spends_nothing() {
    let folder = temporary();
    let (out, output) = run_on(folder.path(), shop(30, 24).as_bytes(), &["--budget", "0"]);
    assert_done(&output);
    let summary = summary(&out);
    assert_eq!(summary["decisions"]["spent"].as_f64(), Some(0.0));
}

#[test]
fn a_negative_budget_is_wrong_usage() {
    let output = run(&["--budget=-1"]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn a_broken_catalogue() {
    let folder = temporary();
    let catalogue = folder.path().join("catalogue.toml");
    std::fs::write(&catalogue, "[[action]]\nid = \"a\"\nid = \"b\"\n").expect("writable");
    let (out, output) =
        run_on(folder.path(), shop(5, 4).as_bytes(), &["--catalogue", path(&catalogue)]);
    assert_error(&output, "line 3");
    assert!(!out.join("decisions.csv").exists());
}

#[test]
fn an_output_folder_that_exists_is_used_and_one_that_is_a_file_is_not() {
    let folder = temporary();
    std::fs::create_dir(folder.path().join("out")).expect("writable");
    let (_, output) = run_on(folder.path(), shop(5, 4).as_bytes(), &[]);
    assert_done(&output);
    let file = folder.path().join("file");
    std::fs::write(&file, "kept").expect("writable");
    let transactions = folder.path().join("transactions.csv");
    let output = run(&["--transactions", path(&transactions), "--out", path(&file)]);
    assert_error(&output, "file");
    assert_eq!(std::fs::read_to_string(&file).expect("still there"), "kept");
}

#[test]
fn an_input_that_an_output_would_replace() {
    let folder = temporary();
    let file = folder.path().join("rejected.csv");
    std::fs::write(&file, shop(5, 4)).expect("writable");
    let output = run(&["--transactions", path(&file), "--out", path(folder.path())]);
    assert_error(&output, "rejected.csv");
    assert_eq!(std::fs::read_to_string(&file).expect("still there"), shop(5, 4));
}

#[test]
fn a_window_in_which_nobody_buys_anything_new() {
    let folder = temporary();
    let mut text = HEADER.to_owned();
    for customer in 0..60 {
        for month in 1..=12 {
            let invoice = customer * 100 + month;
            let date = format!("2020-{month:02}-{:02} 10:00:00", customer % 28 + 1);
            text.push_str(&format!("{invoice},A,THING,1,{date},2.50,{customer},France\n"));
        }
    }
    let (out, output) = run_on(folder.path(), text.as_bytes(), &[]);
    assert_done(&output);
    assert!(summary(&out)["recommendation"]["message"].is_string());
}

#[test]
fn a_file_that_is_not_there() {
    let output = run(&["--transactions", "no-such-file.csv"]);
    assert_error(&output, "no-such-file.csv");
}

#[test]
fn help_version_and_wrong_usage() {
    assert!(assert_done(&run(&["--help"])).contains("--transactions"));
    assert!(assert_done(&run(&["--version"])).contains(env!("CARGO_PKG_VERSION")));
    assert_eq!(run(&["--no-such-option"]).status.code(), Some(2));
    assert_eq!(run(&["--as-of", "2011-02-30"]).status.code(), Some(2));
}
