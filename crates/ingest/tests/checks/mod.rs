//! What must hold for any input at all: run by the property tests here and by the fuzz targets.

#![allow(dead_code, reason = "each user of these checks takes some of them")]

use std::num::NonZeroUsize;

use patronage_core::{
    CustomerIdx, Money, Provenance, PurchaseTable, Purchases, SavedModel, load, save,
};
use patronage_ingest::{EventLog, Mapping, Reader, Rejected, Source};

/// The mappings that ship.
pub(crate) fn mappings() -> [Mapping; 4] {
    [
        Mapping::online_retail(),
        Mapping::complete_journey(),
        Mapping::cdnow(),
        Mapping::cdnow_sample(),
    ]
}

/// Reading any bytes by any shipped mapping gives an error of one line, or a log that adds up and
/// depends neither on the size of the blocks nor on the number of threads.
pub(crate) fn read(bytes: &[u8]) {
    for mapping in mappings() {
        read_by(&mapping, bytes);
    }
}

fn read_by(mapping: &Mapping, bytes: &[u8]) {
    let mut rejected = Vec::new();
    let whole = Reader::new(mapping.clone())
        .read(Source::bytes("any", bytes), Rejected::Write(&mut rejected));
    match &whole {
        Err(error) => assert_eq!(error.to_string().lines().count(), 1, "{error}"),
        Ok(log) => adds_up(log, &rejected),
    }
    let Some(two) = NonZeroUsize::new(2) else { return };
    let mut again = Vec::new();
    let pieces = Reader::new(mapping.clone())
        .block_size(16)
        .threads(two)
        .read(Source::bytes("any", bytes), Rejected::Write(&mut again));
    match (whole, pieces) {
        (Ok(whole), Ok(pieces)) => {
            assert_eq!(whole, pieces, "the size of blocks changes nothing");
            assert_eq!(rejected, again, "the size of blocks changes nothing set aside");
        }
        (Err(whole), Err(pieces)) => assert_eq!(whole.to_string(), pieces.to_string()),
        (whole, pieces) => panic!("expected one outcome, found {whole:?} and {pieces:?}"),
    }
}

/// Rows read are those accepted and those set aside, and so is the money.
pub(crate) fn adds_up(log: &EventLog, rejected: &[u8]) {
    let report = log.report();
    assert_eq!(report.rows_read, report.rows_accepted + report.rows_set_aside());
    assert_eq!(report.rows_accepted, log.purchases().n_lines() as u64);
    assert_eq!(report.gross_revenue, total(log.purchases()));
    assert_eq!(report.returned, total(log.returns()) + report.returned_unmatched);
    let returns = log.returns().n_lines() as u64 + report.rows_returned_unmatched;
    assert_eq!(report.rows_returned, returns);
    assert!(report.exact_duplicates_accepted <= report.exact_duplicates);
    assert!(report.exact_duplicates < report.rows_read.max(1));
    assert_eq!(log.purchases().n_customers(), log.customers().len());
    assert_eq!(log.purchases().n_items(), log.items().len());
    for customer in CustomerIdx::all(log.customers().len()) {
        let history = log.purchases().history(customer);
        assert!(!history.is_empty() && history.at().is_sorted());
        assert!(history.iter().all(|line| line.quantity > 0.0 && line.amount >= Money::ZERO));
    }
    assert_eq!(records(rejected), 1 + report.rows_set_aside());
}

fn total(lines: &PurchaseTable) -> Money {
    lines.lines().amounts().iter().sum()
}

/// The records of a well-formed CSV.
fn records(csv: &[u8]) -> u64 {
    let mut quoted = false;
    let ends = csv.iter().filter(|&&byte| {
        quoted ^= byte == b'"';
        byte == b'\n' && !quoted
    });
    let n = ends.count() as u64;
    assert!(!quoted, "every quote of the rows set aside is closed");
    n
}

/// Any text is a mapping, or an error of one line that names one.
pub(crate) fn mapping(text: &str) {
    match Mapping::from_toml(text, "any.toml") {
        Ok(mapping) => {
            read_by(&mapping, b"a,b,c\n1,2,3\n4,5,2020-01-01\n\"6,7\n");
            read_by(&mapping, text.as_bytes());
        }
        Err(error) => {
            let message = error.to_string();
            assert_eq!(message.lines().count(), 1, "{message}");
            assert!(message.starts_with("any.toml, line "), "{message}");
        }
    }
}

/// A model small enough to meet every branch of the envelope.
#[derive(Debug, PartialEq, serde::Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
struct Toy {
    centres: Vec<f64>,
}

impl SavedModel for Toy {
    const TAG: &'static str = "ingest-tests/toy";
    const VERSION: u32 = 2;
}

/// Any text is a saved model that survives the round trip, or an error.
pub(crate) fn saved_model(text: &str) {
    if let Ok((model, provenance)) = load::<Toy>(text)
        && let Ok(text) = save(&model, provenance.clone())
    {
        match load::<Toy>(&text) {
            Ok(again) => assert_eq!(again, (model, provenance)),
            Err(error) => panic!("expected a saved model to load again, found {error}"),
        }
    }
}

/// A saved model, for tests that change it.
pub(crate) fn saved_toy(centres: Vec<f64>) -> String {
    let provenance = Provenance { schema: None, training: None };
    save(&Toy { centres }, provenance).unwrap_or_default()
}
