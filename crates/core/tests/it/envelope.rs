//! Saved models: what is refused, and that files of old versions stay readable.

use patronage_core::{
    Column, EnvelopeError, Fingerprint, Provenance, SavedModel, Schema, Timestamp, load, save,
};
use patronage_testkit::check_saved_model;

/// A model whose shares must sum to one.
#[derive(Debug, PartialEq, serde::Deserialize, serde::Serialize)]
#[serde(try_from = "Repr")]
struct Shares {
    shares: Vec<f64>,
    names: Vec<String>,
}

#[derive(serde::Deserialize)]
struct Repr {
    shares: Vec<f64>,
    names: Vec<String>,
}

impl TryFrom<Repr> for Shares {
    type Error = &'static str;

    fn try_from(Repr { shares, names }: Repr) -> Result<Self, &'static str> {
        if (shares.iter().sum::<f64>() - 1.0).abs() > 1e-9 {
            return Err("shares sum to one");
        }
        Ok(Self { shares, names })
    }
}

impl SavedModel for Shares {
    const TAG: &'static str = "core-tests/shares";
    const VERSION: u32 = 2;
    const OLDEST_VERSION: u32 = 2;
}

fn shares() -> Shares {
    let names = ["a", "\"quoted\", \\ and é"].map(str::to_owned).to_vec();
    Shares { shares: vec![0.1 + 0.2, 1.0 - (0.1 + 0.2)], names }
}

fn provenance() -> Provenance {
    let schema = Schema::new([
        Column::number("monetary"),
        Column::nullable("age"),
        Column::category("country", ["north", "south"]),
        Column::flag("member"),
        Column::date("joined").known_from(Timestamp::from_seconds(1_700_000_000)),
    ]);
    Provenance { schema: Some(schema.unwrap()), training: Some(Fingerprint::of(b"training rows")) }
}

/// Written by version 0.1.0; must be read, to the bit, by every later one.
const GOLDEN: &str = include_str!("../golden/envelope-1.json");

#[test]
fn the_golden_envelope_is_read_and_written() {
    let (model, from) = load::<Shares>(GOLDEN.trim_end()).unwrap();
    assert_eq!(model, shares());
    assert_eq!(from, provenance());
    assert_eq!(save(&shares(), provenance()).unwrap(), GOLDEN.trim_end());
}

#[test]
fn the_contract_holds() {
    check_saved_model(&shares(), provenance());
    check_saved_model(&shares(), Provenance { schema: None, training: None });
}

#[test]
fn what_is_wrong_is_said() {
    let error = |text: &str| load::<Shares>(text).unwrap_err();
    let changed = |from: &str, to: &str| {
        assert!(GOLDEN.contains(from), "{from}");
        error(&GOLDEN.replacen(from, to, 1))
    };
    assert!(matches!(error(""), EnvelopeError::Malformed(_)));
    assert!(matches!(error("{}"), EnvelopeError::Malformed(_)));
    assert!(matches!(error("[1,2]"), EnvelopeError::Malformed(_)));
    let found = changed(r#""format":1"#, r#""format":2"#);
    assert_eq!(found.to_string(), "expected envelope format 1, found 2");
    // Even when that format has other fields.
    let found = error(r#"{"format":7,"anything":"else"}"#);
    assert_eq!(found.to_string(), "expected envelope format 1, found 7");
    let found = changed("core-tests/shares", "segment/kmeans");
    assert_eq!(
        found.to_string(),
        r#"expected a saved "core-tests/shares", found "segment/kmeans""#
    );
    let found = changed(r#""version":2"#, r#""version":1"#);
    assert_eq!(found.to_string(), "expected a body of version 2 to 2, found 1");
    for (from, to) in [
        (r#""version":2"#, r#""version":3"#),
        ("monetary", "monetarx"),
        (r#""unseen":2"#, r#""unseen":1"#),
        ("0.30000000000000004", "0.30000000000000005"),
        (r#""body":{"#, r#""body":{ "#),
    ] {
        let found = changed(from, to);
        match from {
            r#""version":2"# => assert!(matches!(found, EnvelopeError::Version { .. })),
            _ => assert!(matches!(found, EnvelopeError::Checksum { .. }), "{from}: {found}"),
        }
    }
}

#[test]
fn a_body_that_breaks_an_invariant_is_refused_even_with_its_checksum() {
    /// The same body from a writer that checks nothing.
    #[derive(serde::Deserialize, serde::Serialize)]
    struct Unchecked {
        shares: Vec<f64>,
        names: Vec<String>,
    }

    impl SavedModel for Unchecked {
        const TAG: &'static str = Shares::TAG;
        const VERSION: u32 = Shares::VERSION;
        const OLDEST_VERSION: u32 = Shares::OLDEST_VERSION;
    }

    let nothing = || Provenance { schema: None, training: None };
    let broken = Unchecked { shares: vec![0.5], names: vec![] };
    let text = save(&broken, nothing()).unwrap();
    let found = load::<Shares>(&text).unwrap_err();
    assert!(matches!(found, EnvelopeError::Body(_)));
    assert!(found.to_string().contains("shares sum to one"), "{found}");
    // Nor is it saved in the first place.
    let broken = Shares { shares: vec![0.5], names: vec![] };
    assert!(matches!(save(&broken, nothing()), Err(EnvelopeError::Body(_))));
}

#[test]
fn what_json_cannot_say_is_not_saved() {
    let nan = Shares { shares: vec![f64::NAN], names: vec![] };
    let found = save(&nan, Provenance { schema: None, training: None });
    assert!(matches!(found, Err(EnvelopeError::Body(_))));
}

#[test]
fn a_schema_that_breaks_an_invariant_is_refused() {
    let doubled = GOLDEN.replacen(r#""name":"age""#, r#""name":"monetary""#, 1);
    assert!(matches!(load::<Shares>(&doubled), Err(EnvelopeError::Malformed(_))));
}
