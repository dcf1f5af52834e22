//! What saved models promise.

use std::fmt::Debug;

use patronage_core::{EnvelopeError, Provenance, SavedModel, load, save};
use serde::{Deserialize, Serialize};

/// Checks what a [`SavedModel`] promises: what is loaded equals what was saved and is saved as the
/// same text; a wrong tag, envelope format or body version, a changed checksum, a changed byte of
/// the body and a text cut anywhere are refused.
///
/// # Panics
///
/// When a promise is broken; the message names it.
pub fn check_saved_model<M: SavedModel + PartialEq + Debug>(model: &M, provenance: Provenance) {
    let text = save(model, provenance.clone()).expect("the model can be saved");
    let (loaded, from) = load::<M>(&text).expect("what was saved can be loaded");
    assert_eq!(&loaded, model, "what is loaded equals what was saved");
    assert_eq!(from, provenance, "the provenance comes back");
    let again = save(&loaded, from).expect("what was loaded can be saved");
    assert_eq!(again, text, "what was loaded is saved as the same text");
    assert!(
        M::OLDEST_VERSION <= M::VERSION,
        "the oldest version read is no newer than that written"
    );

    let refused = |changed: &str, what: &str| match load::<M>(changed) {
        Ok(_) => panic!("loading refuses {what}"),
        Err(error) => error,
    };
    let other = save(&Other, provenance.clone()).expect("a unit can be saved");
    let error = refused(&other, "another kind of model");
    assert!(matches!(error, EnvelopeError::Tag { .. }), "another kind of model, found {error}");
    let error = refused(&text.replacen(r#""format":1,"#, r#""format":99,"#, 1), "another format");
    assert!(matches!(error, EnvelopeError::Format { .. }), "another format, found {error}");
    let version = |version: u32| format!(r#""version":{version},"#);
    for wrong in [M::VERSION + 1, M::OLDEST_VERSION.wrapping_sub(1)] {
        let error =
            refused(&text.replacen(&version(M::VERSION), &version(wrong), 1), "another version");
        assert!(matches!(error, EnvelopeError::Version { .. }), "another version, found {error}");
    }
    let at = text.find(r#""checksum":""#).expect("an envelope has a checksum") + 12;
    let error = refused(&with_byte_changed(&text, at), "a changed checksum");
    assert!(matches!(error, EnvelopeError::Checksum { .. }), "a changed checksum, found {error}");
    let body = text.find(r#","body":"#).expect("an envelope has a body") + 8;
    let step = ((text.len() - body) / 64).max(1);
    // The last byte closes the envelope.
    for at in (body..text.len() - 1).step_by(step).filter(|&at| text.as_bytes()[at].is_ascii()) {
        refused(&with_byte_changed(&text, at), &format!("a changed byte at {at}"));
    }
    let step = (text.len() / 64).max(1);
    for end in (0..text.len()).step_by(step).filter(|&end| text.is_char_boundary(end)) {
        refused(&text[..end], &format!("text cut to {end} of {} bytes", text.len()));
    }
}

/// A model of a tag nobody else uses.
#[derive(Deserialize, Serialize)]
struct Other;

impl SavedModel for Other {
    const TAG: &'static str = "testkit/another kind of model";
    const VERSION: u32 = 1;
}

/// The text with the ASCII byte at `at` changed into one of its own sort.
fn with_byte_changed(text: &str, at: usize) -> String {
    let byte = match text.as_bytes()[at] {
        b'9' => '8',
        digit @ b'0'..=b'8' => char::from(digit + 1),
        b'a' => 'b',
        _ => 'a',
    };
    format!("{}{byte}{}", &text[..at], &text[at + 1..])
}
