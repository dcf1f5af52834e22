//! Arbitrary bytes as records of consent: rows read = rows accepted + rows set aside, and no panic.
#![no_main]

use patronage_ingest::{ConsentLog, Mapping, Rejected, Source};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let source = Source::bytes("fuzz", bytes);
    if let Ok(log) = ConsentLog::read(source, &Mapping::online_retail(), Rejected::Count) {
        let set_aside: u64 = log.set_aside().map(|(_, rows)| rows).sum();
        assert_eq!(log.rows_read(), log.rows_accepted() + set_aside);
    }
});
