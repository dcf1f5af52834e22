//! Arbitrary text as a saved model: an error, or a model that survives the round trip.
#![no_main]

#[path = "../../crates/ingest/tests/checks/mod.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|text: &str| checks::saved_model(text));
