//! Every fault of a catalogue is one line that says where, what was expected and what was found.

use crate::common::{SAMPLE, standard};
use patronage_act::{Catalogue, ErrorKind};

/// Replaces `from` in the sample by `to`; the error is on the line of the replacement, or on that of the first `place`.
fn check(from: &str, to: &str, place: Option<&str>, expected: &str) {
    let at = SAMPLE.find(from).unwrap_or_else(|| panic!("the sample has {from:?}"));
    let text = SAMPLE.replacen(from, to, 1);
    let error = Catalogue::parse(&text, &standard()).expect_err(to);
    let message = error.to_string();
    let at = place.map_or(at, |place| text.find(place).expect("the place is there"));
    let expected_line = text[..at].matches('\n').count() + 1;
    let found = match error.kind() {
        ErrorKind::Catalogue { line, .. } => *line,
        other => panic!("{other:?}"),
    };
    assert_eq!(found, expected_line, "{message}");
    assert!(message.contains(expected), "expected {expected:?} in {message:?}");
    assert!(!message.contains('\n'), "one line: {message:?}");
}

#[test]
fn toml_that_is_none() {
    check("[limits]", "[limits", None, "expected TOML, found");
    check("id = \"email\"", "id = \"email", None, "expected TOML, found");
    check(
        "id = \"email\"",
        "id = \"email\"\nid = \"again\"",
        Some("id = \"again\""),
        "expected TOML",
    );
}

#[test]
fn keys() {
    check(
        "needs_consent",
        "need_consent",
        None,
        "found \"need_consent\"; did you mean \"needs_consent\"?",
    );
    check("[limits]", "[limit]", None, "did you mean \"limits\"?");
    check("cost = 0\n", "costs = 0\n", None, "did you mean \"cost\"?");
    check(
        "cost = 0\n",
        "\n",
        Some("[[action]]"),
        "[[action]]: expected the key \"cost\", found none",
    );
    check("eligible = \"true\"", "", Some("[[action]]"), "expected the key \"eligible\"");
    check("needs_consent = true\n", "", Some("[[channel]]"), "expected the key \"needs_consent\"");
    check("{ item = \"best\" }", "{ itm = \"best\" }", None, "did you mean \"item\"?");
}

#[test]
fn values() {
    check(
        "cost = 0\n",
        "cost = -0.5\n",
        None,
        "cost: expected an amount of at least 0 with at most four decimals, such as 0.05, found -0.5",
    );
    for wrong in
        ["nan", "inf", "1e3", "0.00001", "\"five\"", "true", "0x10", "99999999999999999999"]
    {
        check("cost = 0\n", &format!("cost = {wrong}\n"), None, "cost: expected an amount");
    }
    for wrong in ["1.5", "-0.1", "nan", "\"a\"", "{ }", "{ rate = 0.1, amount = 3 }"] {
        check(
            "margin = 0.30 ",
            &format!("margin = {wrong} "),
            None,
            "margin: expected a rate from 0 to 1",
        );
    }
    check(
        "margin = 0.30 ",
        "margin = { rate = 3 } ",
        None,
        "rate: expected a rate from 0 to 1, found 3",
    );
    check("margin = 0.30 ", "margin = { amount = -3 } ", None, "amount: expected an amount");
    for wrong in ["\"mug\"", "{}", "{ item = \"a\", category = \"b\" }", "[1]"] {
        check("{ item = \"best\" }", wrong, None, "offer: expected one of");
    }
    check(
        "{ item = \"best\" }",
        "{ item = \"\" }",
        None,
        "item: expected a text that is not empty",
    );
    check(
        "actions_per_customer = 1",
        "actions_per_customer = 0",
        None,
        "expected a whole number from 1",
    );
    check(
        "actions_per_customer = 1",
        "actions_per_customer = 1.5",
        None,
        "expected a whole number from 1",
    );
    check(
        "# currency = \"GBP\"",
        "currency = \"pounds\"",
        None,
        "currency: expected three capital letters",
    );
    check("cap = 2", "cap = 0", None, "cap: expected a whole number from 1");
    check("cap = 2", "weight = 0", None, "weight: expected a number above 0");
    check("cap = 2", "weight = inf", None, "weight: expected a number above 0");
    check("cap = 2", "response = 0.3", None, "expected TOML");
    check("response = 0.10", "response = 1.1", None, "response: expected a share from 0 to 1");
    check(
        "cost = 0\n",
        "cost = 0\nresponse = 0.1\n",
        Some("response = 0.1\n"),
        "response: expected no response",
    );
    check(
        "valid_from = 1990-01-01",
        "valid_from = 2100-01-01",
        Some("valid_until"),
        "valid_until: expected a date not before valid_from 2100-01-01, found 2099-12-31",
    );
    check(
        "valid_from = 1990-01-01",
        "valid_from = \"1990-02-30\"",
        None,
        "valid_from: expected a day of the calendar",
    );
    check(
        "valid_from = 1990-01-01",
        "valid_from = 1990-01-01T00:00:00Z",
        None,
        "valid_from: expected a day of the calendar",
    );
    check("id = \"site-item\"", "id = \" site\"", None, "id: expected a text on one line");
    check(
        "needs_consent = true",
        "needs_consent = 1",
        None,
        "needs_consent: expected true or false, found 1",
    );
    check(
        "excludes = [\"email-item\", \"email-category\"]",
        "excludes = \"email-item\"",
        None,
        "excludes: expected a list of texts",
    );
    check(
        "excludes = [\"email-item\", \"email-category\"]",
        "excludes = [3]",
        None,
        "excludes: expected a list of texts",
    );
}

#[test]
fn ids() {
    check(
        "id = \"site-category\"",
        "id = \"site-item\"",
        None,
        "expected distinct action ids, found \"site-item\" again, first on line 33",
    );
    check("id = \"phone\"", "id = \"email\"", None, "expected distinct channel ids");
    check(
        "channel = \"site\"",
        "channel = \"sites\"",
        None,
        "found \"sites\"; did you mean \"site\"?",
    );
    check("[\"email-item\", ", "[\"email-items\", ", None, "did you mean \"email-item\"?");
    check(
        "[\"email-item\", ",
        "[\"win-back-email\", ",
        None,
        "excludes: expected other actions, found \"win-back-email\" itself",
    );
}

#[test]
fn rules() {
    check(
        "frequency >= 2",
        "frequensy >= 2",
        None,
        "found \"frequensy\"; did you mean \"frequency\"?",
    );
    check(
        "\"Hibernating\", \"Lost\"]",
        "\"Hibernating\", \"Gone\"]",
        None,
        "segment: expected one of the levels",
    );
    check(
        "frequency >= 2",
        "frequency >= \\\"2\\\"",
        None,
        "comparison: expected a number, found the text \"2\"",
    );
    check(
        "frequency >= 2",
        "segment > \\\"Lost\\\"",
        None,
        "comparison by order: expected a number or a date, found a category",
    );
    check(
        "frequency >= 2",
        "last_purchase > 2",
        None,
        "expected a date such as 2011-12-09, found a number",
    );
    check(
        "frequency >= 2",
        "frequency",
        None,
        "rule: expected a condition such as recency_days > 60, found a number",
    );
    check("frequency >= 2", "frequency => 2", None, "expected a value after the operator");
    check("frequency >= 2", "(frequency >= 2", None, "expected \")\", found the end");
    check("frequency >= 2", "frequency >= 2 ad r > 1", None, "did you mean \"and\"?");
    check("frequency >= 2", "", None, "eligible: expected a text that is not empty");
    check(
        "frequency >= 2",
        &format!("{}true", "(".repeat(1000)),
        None,
        "at most 64 levels of nesting",
    );
    // The second line of a rule that runs over lines.
    check(
        "recency_days > 60 and propensity",
        "recency_days > 60 and propensitty",
        None,
        "did you mean \"propensity\"?",
    );
}

#[test]
fn an_error_in_a_rule_points_at_its_column() {
    let text = SAMPLE
        .replace("frequency = 1 and recency_days <= 90", "frequency = 1 and recency_day <= 90");
    let error = Catalogue::parse(&text, &standard()).unwrap_err();
    let ErrorKind::Catalogue { line, column, .. } = error.kind() else { panic!("{error}") };
    let found = text.lines().nth(line - 1).unwrap();
    assert!(
        found.chars().skip(column - 1).collect::<String>().starts_with("recency_day "),
        "{error}"
    );
}

#[test]
fn graphs() {
    let requires = |ids: &str| format!("requires = {ids}\nexcludes = [\"email-item\"]");
    let excludes = "excludes = [\"email-item\", \"email-category\"]";
    check(excludes, &requires("[\"nobody\"]"), None, "requires: expected one of the actions");
    check(excludes, &requires("[\"email-item\"]"), None, "which exclude each other");
    check(excludes, &requires("[\"rescue-call\"]"), None, "which exclude each other");
    // A circle of two, named in full.
    let text = SAMPLE
        .replace("id = \"site-item\"", "id = \"site-item\"\nrequires = [\"site-category\"]")
        .replace("id = \"site-category\"", "id = \"site-category\"\nrequires = [\"site-item\"]");
    let error = Catalogue::parse(&text, &standard()).unwrap_err().to_string();
    assert!(error.contains("found site-item -> site-category -> site-item"), "{error}");
}

#[test]
fn nothing_and_too_much() {
    for text in ["", "\n\n", "[limits]\n", "channel = []\naction = []"] {
        let error = Catalogue::parse(text, &standard()).unwrap_err().to_string();
        assert!(error.ends_with("expected at least one [[action]], found none"), "{error}");
    }
    let mut text = SAMPLE.replace("actions_per_customer = 1 ", "actions_per_customer = 9 ");
    assert!(Catalogue::parse(&text, &standard()).is_ok());
    for extra in 0..20 {
        text += &format!(
            "[[action]]\nid = \"x{extra}\"\nchannel = \"till\"\ncost = 0\nmargin = 0\noffer = {{ service = \"s\" }}\neligible = \"true\"\n"
        );
    }
    let error = Catalogue::parse(&text, &standard()).unwrap_err().to_string();
    assert!(error.contains("at most 65536 plans a customer, found 9 of 29 actions"), "{error}");
    assert!(error.starts_with("line 9, "), "{error}");
}
