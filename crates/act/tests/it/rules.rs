//! What rules say of rows.

use patronage_act::{Rule, RuleColumns, Truth};
use patronage_core::{Column, Date, Schema};

fn columns() -> RuleColumns {
    let schema = Schema::new([
        Column::nullable("recency_days"),
        Column::category("segment", ["Champions", "Loyal", "Can't Lose Them"]),
        Column::flag("member"),
        Column::date("last_purchase"),
        Column::category("country", ["Norway"]),
        Column::nullable("order value"),
    ]);
    RuleColumns::new(schema.unwrap()).open("country").unwrap()
}

/// 74 days, Loyal, a member, last bought on 2011-09-26, country unseen, no order value.
fn row() -> [f64; 6] {
    let date = Date::new(2011, 9, 26).unwrap();
    [74.0, 1.0, 1.0, f64::from(date.days()), 1.0, f64::NAN]
}

fn check(truth: Truth, rules: &[&str]) {
    for rule in rules {
        let read = Rule::parse(rule, &columns()).unwrap_or_else(|error| panic!("{rule}: {error}"));
        assert_eq!(read.truth(&row()), truth, "{rule}");
        let met = read.objections(&row()).count() == 0;
        assert_eq!(met, truth.is_met(), "{rule}: objections exactly where it is not met");
    }
}

#[test]
fn met() {
    check(
        Truth::Met,
        &[
            "true",
            "recency_days > 60",
            "60 < recency_days",
            "recency_days = 74 and recency_days != 73",
            "recency_days between 74 and 74",
            "recency_days not between 75 and 99",
            "recency_days in [1, 74,]",
            "recency_days in [-1, 74]",
            "segment = \"Loyal\"",
            "'Loyal' = segment",
            "segment != 'Can''t Lose Them'",
            "segment IN [\"Champions\", \"Loyal\"] AND NOT segment = \"Champions\"",
            "segment not in [\"Champions\"]",
            "member",
            "member = true",
            "member != false",
            "not (false or not true)",
            "last_purchase = 2011-09-26",
            "last_purchase + 30 < 2011-10-27",
            "2011-12-09 - last_purchase = recency_days",
            "last_purchase between 2011-01-01 and 2011-12-31",
            "last_purchase in [2011-09-26]",
            "country is missing",
            "`order value` is missing and segment is not missing",
            "recency_days * 2 - 3 * -1 = 151",
            "recency_days / 2 / 37 = 1",
            "-recency_days < - -1",
            "(recency_days - 70) * 2 = 8",
            "((recency_days)) > 60",
            "true or country = \"Norway\"",
            "false and true or true",
            "true or true and false",
        ],
    );
}

#[test]
fn not_met() {
    check(
        Truth::NotMet,
        &[
            "false",
            "recency_days > 74",
            "not member",
            "member = false",
            "segment in [\"Champions\"]",
            "country is not missing",
            "false and `order value` > 3",
            "not true or false",
        ],
    );
}

#[test]
fn what_is_missing_is_unknown() {
    check(
        Truth::Unknown,
        &[
            "country = \"Norway\"",
            "not country = \"Norway\"",
            "country != \"Norway\"",
            "country not in [\"France\"]",
            "`order value` > 3 or false",
            "`order value` > 3 and true",
            "`order value` + 1 in [1]",
            "`order value` not between 1 and 2",
            "recency_days / 0 > 3",
            "1e308 * 10 * recency_days > 1",
        ],
    );
}

#[test]
fn refused() {
    for rule in [
        "",
        " ",
        "and",
        "recency_days >",
        "recency_days",
        "74",
        "\"a\"",
        "2011-09-26",
        "segment",
        "segment = Loyal",
        "segment < \"Loyal\"",
        "segment = 3",
        "segment = \"Loyl\"",
        "segment = segment",
        "\"a\" = \"a\"",
        "true = true",
        "member > false",
        "member = 1",
        "recency_days = true",
        "recency_days = 2011-01-01",
        "recency_days in []",
        "recency_days in [\"a\"]",
        "recency_days in 3",
        "segment in [3]",
        "last_purchase in [3]",
        "member in [true]",
        "recency_days between 1",
        "recency_days between 1 or 2",
        "recency_days between 2011-01-01 and 3",
        "recency_days is",
        "recency_days is 3",
        "recency_days + 1 is missing",
        "true is missing",
        "1 < recency_days < 3",
        "recency_days == 74",
        "recency_days => 74",
        "recency_days <> 74",
        "recency_days > 1 2",
        "(recency_days > 1",
        "recency_days > 1)",
        "not",
        "segment + 1 > 2",
        "member * 2 > 1",
        "last_purchase * 2 > 2011-01-01",
        "1 - last_purchase > 3",
        "last_purchase + last_purchase > 1",
        "-last_purchase < 3",
        "not 3",
        "true and 3",
        "3 or true",
        "age > 3",
        "recency_days > 1;",
        "recency_days > 2011-02-30",
        "recency_days > 1e999",
    ] {
        let error = Rule::parse(rule, &columns()).expect_err(rule).to_string();
        assert!(error.starts_with("character ") && !error.contains('\n'), "{rule}: {error}");
    }
}

#[test]
fn hostile_lengths_and_depths() {
    let columns = columns();
    for (open, close) in [("(", ")"), ("not ", ""), ("- ", ""), ("(not ", ")"), ("((", "))")] {
        for n in [10_000, 100_000] {
            let number = format!("{}1{} > 0", open.repeat(n), close.repeat(n));
            let flag = format!("{}member{}", open.repeat(n), close.repeat(n));
            for rule in [number, flag, open.repeat(n)] {
                assert!(Rule::parse(&rule, &columns).is_err());
            }
        }
    }
    // Long is not deep.
    let ones = vec!["1"; 100_000];
    for rule in [
        format!("{} = 100000", ones.join("+")),
        format!("{} = 1", ones.join("*")),
        vec!["member"; 100_000].join(" and "),
        format!("recency_days in [74, {}]", ones.join(",")),
    ] {
        let rule = Rule::parse(&rule, &columns).unwrap();
        assert_eq!(rule.truth(&row()), Truth::Met);
    }
    let deep = format!("{}member{}", "(".repeat(64), ")".repeat(64));
    assert_eq!(Rule::parse(&deep, &columns).unwrap().truth(&row()), Truth::Met);
}
