//! Arbitrary text as a mapping: an error that names the line, or a mapping that reads.
#![no_main]

#[path = "../../crates/ingest/tests/checks/mod.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|text: &str| checks::mapping(text));
