//! The reader on arbitrary bytes: an error, or a log in which rows read = accepted + set aside.
#![no_main]

#[path = "../../crates/ingest/tests/checks/mod.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| checks::read(bytes));
