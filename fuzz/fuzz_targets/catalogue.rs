//! Arbitrary text as a catalogue of actions and as a rule: an error that names the line, or one that reads.
#![no_main]

use patronage_act::{Catalogue, Rule, RuleColumns};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let columns = RuleColumns::standard(["Champions", "Lost"], ["France"]).expect("distinct levels");
    if let Err(error) = Catalogue::parse(text, &columns) {
        assert!(!error.to_string().is_empty());
    }
    let _ = Rule::parse(text, &columns);
});
