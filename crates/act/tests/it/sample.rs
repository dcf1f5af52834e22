//! The sample catalogue and the manual that shows it.

use crate::common::{SAMPLE, standard};
use patronage_act::{Catalogue, Needs, Offer, RuleColumns};

const MANUAL: &str = include_str!("../../../../docs/going-live.md");

#[test]
fn the_manual_shows_the_sample_byte_by_byte() {
    let start = MANUAL.find("```toml\n").expect("the manual shows a catalogue") + "```toml\n".len();
    let length = MANUAL[start..].find("```").expect("the block ends");
    assert_eq!(&MANUAL[start..start + length], SAMPLE);
}

#[test]
fn the_manual_and_the_code_state_one_grammar() {
    let source = include_str!("../../src/rule/mod.rs");
    let grammar: Vec<&str> = source
        .lines()
        .skip_while(|line| !line.starts_with("/// rule  "))
        .take_while(|line| !line.starts_with("/// ```"))
        .map(|line| line.trim_start_matches("///").strip_prefix(' ').unwrap_or_default())
        .collect();
    assert!(grammar.len() > 10);
    assert!(MANUAL.contains(&grammar.join("\n")), "expected:\n{}", grammar.join("\n"));
}

#[test]
fn the_sample_is_read_without_a_warning() {
    let catalogue = Catalogue::parse(SAMPLE, &standard()).unwrap();
    assert!(catalogue.warnings().is_empty());
    assert_eq!(catalogue.actions_per_customer(), 1);
    let needs = |id: &str| catalogue.channel(catalogue.find_channel(id).unwrap()).needs();
    assert_eq!([needs("email"), needs("phone")], [Needs::Consent; 2]);
    assert_eq!([needs("site"), needs("till")], [Needs::Nothing; 2]);
    assert_eq!(catalogue.actions().len(), 9);
    // Fixed ids would tie the sample to one file.
    let fixed = |offer: &Offer| matches!(offer, Offer::Item(_) | Offer::Category(_));
    assert!(!catalogue.actions().iter().any(|action| fixed(action.offer())));
}

#[test]
fn the_sample_works_where_no_country_is_known() {
    let columns = RuleColumns::standard(crate::common::SEGMENTS, Vec::<String>::new()).unwrap();
    let catalogue = Catalogue::parse(SAMPLE, &columns).unwrap();
    let warnings: Vec<String> = catalogue.warnings().iter().map(ToString::to_string).collect();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(
        warnings[0].ends_with(
            "no customer has the country \"United Kingdom\" that \"export-terms\" asks for"
        ),
        "{warnings:?}"
    );
}

#[test]
fn the_manual_names_every_standard_column_and_segment() {
    for column in standard().schema().columns() {
        assert!(MANUAL.contains(&format!("`{}`", column.name())), "{}", column.name());
    }
    for segment in crate::common::SEGMENTS {
        assert!(MANUAL.contains(segment), "{segment}");
    }
    for column in patronage_act::HEADER.split(',') {
        assert!(MANUAL.contains(&format!("`{column}`")), "{column}");
    }
}
