//! The examples of recommending run on any file, and name what is wrong with one.

mod common;

use std::fmt::Write;
use std::path::Path;
use std::process::{Command, Output};

use common::{assert_done, assert_error, example, path};
use serde_json::Value;

/// Two tastes of twenty items each; every customer takes eight of hers over eight days.
fn taken() -> String {
    let mut text = "who;what;times;when\n".to_owned();
    for customer in 0..120_u32 {
        for day in 0..8_u32 {
            let item = customer % 2 * 20 + (customer / 2 * 3 + day * 7) % 20;
            let times = 1 + (customer + day) % 3;
            let day = customer % 16 + day + 1;
            writeln!(text, "c{customer};i{item};{times};2026-03-{day:02} 09:30:00")
                .expect("text grows");
        }
    }
    text.push_str("c0;;1;2026-03-01\nc0;i1;-4;2026-03-01\n");
    text
}

fn run(more: &[&str]) -> Output {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("taken.csv");
    std::fs::write(&file, taken()).expect("writable");
    Command::new(example("recommend"))
        .args(["--data", path(&file), "--customer", "who", "--item", "what"])
        .args(more)
        .output()
        .expect("the example is built with the tests")
}

#[test]
fn the_best_model_is_served_with_its_reasons_and_saved() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("model.json");
    let words = assert_done(&run(&["--time", "when", "--for", "c7", "--save", path(&file)]));
    assert!(words.contains("962 rows: 120 customers, 40 items, 960 pairs"), "{words}");
    assert!(words.contains("1 rows set aside, the first: line 962: no item"), "{words}");
    assert!(words.contains("Protocol   time"), "{words}");
    assert!(words.contains("to c7:"), "{words}");
    let saved = std::fs::read_to_string(&file).expect("the model was saved");
    let saved: Value = serde_json::from_str(&saved).expect("as JSON");
    assert!(saved.to_string().contains("i39"), "the ids of items travel with the model");
}

#[test]
fn every_protocol_gives_figures_as_json_and_taste_beats_popularity() {
    for protocol in ["strong", "last", "time"] {
        let more = ["--time", "when", "--weight", "times", "--protocol", protocol, "--json"];
        let words = assert_done(&run(&more));
        let figures: Vec<Value> =
            words.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        let of = |model: &str| {
            let wanted =
                |figure: &&Value| figure["model"] == model && figure["metric"] == "recall@20";
            let found = figures.iter().find(wanted).expect("one figure each");
            assert_eq!(found["protocol"], protocol);
            found["value"].as_f64().expect("a number")
        };
        for model in ["item-knn", "user-knn", "ials", "ease", "slim", "bpr"] {
            assert!((0.0..=1.0).contains(&of(model)), "{model}");
        }
        assert!(
            of("ease") > of("popularity") + 0.1,
            "{protocol}: {} {}",
            of("ease"),
            of("popularity")
        );
    }
}

#[test]
fn what_is_wrong_is_named() {
    assert_error(
        &run(&["--weight", "often"]),
        r#"no column "often"; there are who, what, times, when"#,
    );
    assert_error(&run(&["--protocol", "time"]), "--time");
    assert_error(&run(&["--for", "nobody"]), r#"no customer "nobody""#);
}

#[test]
fn movielens_that_is_not_there_is_said() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let run = |folder: &str| {
        Command::new(example("reproduce_movielens")).args(["--data", folder]).output()
    };
    let output = run(path(folder.path())).expect("the example runs");
    assert_error(&output, "ml-1m-strong, ml-1m-1v99, ml-100k-5fold, complete-journey-next");
    let words = String::from_utf8_lossy(&output.stdout);
    assert_eq!(words.matches("skipped: its files are not there").count(), 4, "{words}");
    let nowhere = folder.path().join("nowhere");
    assert_error(&run(path(&nowhere)).expect("the example runs"), "no such folder");
}

/// What the example prints of the next basket.
fn next_basket(folder: &Path) -> Vec<Value> {
    let output = Command::new(example("reproduce_movielens"))
        .args(["--data", path(folder), "--protocol", "complete-journey-next", "--json"])
        .output();
    let words = assert_done(&output.expect("the example runs"));
    words.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

fn value(figures: &[Value], model: &str, metric: &str) -> f64 {
    let wanted = |f: &&Value| {
        f["protocol"] == "complete-journey-next" && f["model"] == model && f["metric"] == metric
    };
    figures.iter().find(wanted).expect("one each")["value"].as_f64().expect("a number")
}

#[test]
fn habits_foretell_the_next_basket() {
    // Every household buys three products of its own each week and one that it has never bought before;
    // household 7 has too few baskets. Refunds are no purchases.
    let mut text =
        "basket_id,household_id,product_id,quantity,transaction_timestamp,brand\n".to_owned();
    for household in 0..8_u32 {
        for week in 0..if household == 7 { 3 } else { 6_u32 } {
            let basket = household * 100 + week;
            let own = (0..3).map(|n| household * 10 + n);
            for product in own.chain([1000 + basket]) {
                let day = week * 4 + 1;
                writeln!(
                    text,
                    "{basket},{household},{product},1,2017-01-{day:02} 10:00:00,\"a, b\""
                )
                .expect("text grows");
            }
            writeln!(text, "{basket},{household},5000,0,2017-01-01 10:00:00,c")
                .expect("text grows");
        }
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let journey = folder.path().join("complete-journey");
    std::fs::create_dir(&journey).expect("writable");
    let file = journey.join("transactions_with_products.csv.gz");
    let file = std::fs::File::create(file).expect("writable");
    let mut packed = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
    std::io::Write::write_all(&mut packed, text.as_bytes()).expect("writable");
    packed.finish().expect("writable");
    let figures = next_basket(folder.path());
    assert_eq!(figures.len(), 6, "{figures:?}");
    for model in ["personal-frequency", "tifu-knn"] {
        assert!((value(&figures, model, "recall@10") - 0.75).abs() < 1e-12, "{figures:?}");
    }
    // Everybody's ten most frequent products are three each of three households and one of a fourth.
    assert!(
        (value(&figures, "popularity", "recall@10") - 10.0 / 28.0).abs() < 1e-12,
        "{figures:?}"
    );
}

#[test]
fn the_complete_journey_is_as_the_reference_says() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    if !data.join("complete-journey").is_dir() {
        eprintln!("skipped for lack of data: The Complete Journey");
        return;
    }
    let figures = next_basket(&data);
    for (model, at_10, at_20) in
        [("popularity", 0.0816, 0.0952), ("personal-frequency", 0.1437, 0.1890)]
    {
        assert!((value(&figures, model, "recall@10") - at_10).abs() < 5e-5, "{figures:?}");
        assert!((value(&figures, model, "recall@20") - at_20).abs() < 5e-5, "{figures:?}");
    }
    let better: Vec<&Value> =
        figures.iter().filter(|f| f["baseline"] == "personal-frequency").collect();
    assert_eq!(better.len(), 2, "{figures:?}");
    for figure in better {
        let number = |key: &str| figure[key].as_f64().expect("a number");
        assert!(number("difference") > 0.008 && number("p_value") < 0.01, "{figure}");
        assert!(number("sign_flip_p_value") < 0.01, "{figure}");
    }
}

#[test]
fn ratings_are_judged_in_five_folds() {
    // Two kinds of users, one of which likes what the other does not.
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::create_dir(folder.path().join("movielens-100k")).expect("writable");
    let mut text = String::new();
    for row in 0..1200_u32 {
        let (user, movie) = (row / 30, (row * 7 + row / 30) % 30);
        let stars = if (user % 2 == 0) == (movie % 3 == 0) { 5 } else { 1 };
        writeln!(text, "{}\t{}\t{stars}\t0", user + 1, movie + 1).expect("text grows");
    }
    std::fs::write(folder.path().join("movielens-100k/u.data"), text).expect("writable");
    let output = Command::new(example("reproduce_movielens"))
        .args(["--data", path(folder.path()), "--only", "ml-100k-5fold", "--json"])
        .output()
        .expect("the example runs");
    let words = assert_done(&output);
    let figures: Vec<Value> =
        words.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let rmse = |model: &str| {
        let wanted = |f: &&Value| f["model"] == model && f["metric"] == "rmse";
        figures.iter().find(wanted).expect("one each")["value"].as_f64().expect("a number")
    };
    assert_eq!(figures[0]["protocol"], "ml-100k-5fold");
    assert!(rmse("knn baseline") < 0.5 && rmse("baseline") > 1.5, "{words}");
}

#[test]
fn who_is_new_is_served_by_what_is_known_of_items() {
    let output = Command::new(example("cold_start")).arg("--json").output();
    let words = assert_done(&output.expect("the example runs"));
    let figures: Vec<Value> =
        words.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let of = |model: &str, protocol: &str, history: Option<u64>| {
        let wanted = |f: &&Value| {
            f["model"] == model
                && f["protocol"] == protocol
                && history.is_none_or(|length| f["history"] == length)
        };
        figures.iter().find(wanted).expect("one each")["value"].as_f64().expect("a number")
    };
    // With nothing known only popularity is left; with ten items neighbours are better.
    let (popularity, chain) = ("popularity", "chain");
    let at = |model, length| of(model, "new-customers", Some(length));
    assert!((at(chain, 0) - at(popularity, 0)).abs() < 1e-12, "{words}");
    assert!(at(chain, 10) > at(popularity, 10), "{words}");
    let new = |model| of(model, "new-items", None);
    assert!(new("content") > new("chance") && new("feature-mf") > new("chance"), "{words}");
}
