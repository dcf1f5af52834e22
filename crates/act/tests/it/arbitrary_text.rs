//! Any text whatever gives a rule or a catalogue, or an error; never a panic.

use crate::common::{SAMPLE, standard};
use patronage_act::{Catalogue, ErrorKind, Rule, Truth};
use proptest::prelude::*;

/// Pieces of rules, in any order.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "and",
        "or",
        "not",
        "in",
        "between",
        "is",
        "missing",
        "true",
        "false",
        "(",
        ")",
        "[",
        "]",
        ",",
        "=",
        "!=",
        "<",
        "<=",
        ">",
        ">=",
        "+",
        "-",
        "*",
        "/",
        "recency_days",
        "segment",
        "country",
        "last_purchase",
        "propensity",
        "\"Loyal\"",
        "'France'",
        "1",
        "0",
        "2.5",
        "1e9",
        "2011-12-09",
        "`f`",
        "\"",
        "'",
        "`",
        "é",
        "\u{0}",
    ]);
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.join(" "))
}

fn rule(text: &str) {
    let columns = standard();
    match Rule::parse(text, &columns) {
        Ok(rule) => {
            let rows = [vec![f64::NAN; columns.schema().len()], vec![0.0; columns.schema().len()]];
            for row in rows {
                let truth = rule.truth(&row);
                assert_eq!(rule.objections(&row).count() == 0, truth == Truth::Met, "{text}");
                for objection in rule.objections(&row) {
                    assert!(!objection.contains('\n'), "{objection}");
                }
            }
        }
        Err(error) => {
            let length = text.chars().count();
            match error.kind() {
                ErrorKind::Rule { at, .. } => assert!((1..=length + 1).contains(at), "{error}"),
                other => panic!("{other:?}"),
            }
        }
    }
}

fn catalogue(text: &str) {
    if let Err(error) = Catalogue::parse(text, &standard()) {
        match error.kind() {
            ErrorKind::Catalogue { line, column, .. } => {
                assert!(*line >= 1 && *column >= 1);
                assert!(*line <= text.matches('\n').count() + 1, "{error}");
            }
            other => panic!("{other:?}"),
        }
        assert!(!error.to_string().contains('\n'), "{error}");
    }
}

#[test]
fn deep_toml_is_refused_and_long_toml_is_read() {
    for n in [1_000, 100_000] {
        for text in [
            format!("action = {}{}", "[".repeat(n), "]".repeat(n)),
            "action = ".to_owned() + &"[".repeat(n),
            format!("{}x = 1", "a.".repeat(n)),
            format!("[{}x]", "a.".repeat(n)),
            format!("action = {}1{}", "{ a = ".repeat(n), "}".repeat(n)),
            format!("action = [{}]", "{},".repeat(n)),
        ] {
            catalogue(&text);
            assert!(Catalogue::parse(&text, &standard()).is_err());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn rules_of_pieces(text in pieces()) {
        rule(&text);
    }

    #[test]
    fn rules_of_anything(text in any::<String>()) {
        rule(&text);
    }

    #[test]
    fn catalogues_of_anything(text in any::<String>()) {
        catalogue(&text);
    }

    #[test]
    fn catalogues_with_a_rule_of_pieces(text in pieces(), quote in prop::sample::select(vec!["'''", "\"\"\"", "'", "\""])) {
        let rule = format!("{quote}{text}{quote}");
        catalogue(&SAMPLE.replacen("\"frequency >= 2\"", &rule, 1));
    }

    #[test]
    fn a_sample_with_a_piece_cut_out_or_put_in(start in 0usize..4000, length in 0usize..40, piece in "[\\PC\\n\"'=\\[\\]{}0-9a-z]{0,6}") {
        let boundary = |mut at: usize| {
            at = at.min(SAMPLE.len());
            while !SAMPLE.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let (start, end) = (boundary(start), boundary(start + length));
        catalogue(&format!("{}{piece}{}", &SAMPLE[..start], &SAMPLE[end..]));
    }
}
