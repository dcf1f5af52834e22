//! Saved models.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::fingerprint::{Fingerprint, Fingerprinter};
use crate::schema::Schema;

/// The layout of the envelope itself; a reader refuses another.
const ENVELOPE_FORMAT: u32 = 1;

/// A model that can be saved: its tag, and the versions of its body this build reads.
///
/// Deserialising must validate (`#[serde(try_from = "…")]`), so that a loaded model obeys the
/// invariants of a fitted one.
pub trait SavedModel: Serialize + DeserializeOwned {
    /// Names the kind of model, such as `"segment/kmeans"`; never changes.
    const TAG: &'static str;
    /// The version of the body that this build writes.
    const VERSION: u32;
    /// The oldest version of the body that this build reads.
    const OLDEST_VERSION: u32 = 1;

    /// The columns of the rows the model answers, for models of rows: what prepares rows for it is
    /// checked against them when both are loaded. Default `None`: it cannot be saved behind a
    /// preparation.
    fn takes(&self) -> Option<&Schema> {
        None
    }
}

/// Where a saved model comes from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Provenance {
    /// The columns it was fitted on, for models of feature tables.
    pub schema: Option<Schema>,
    /// A short name for the data it was fitted on.
    pub training: Option<Fingerprint>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Envelope<'a> {
    format: u32,
    model: String,
    version: u32,
    schema: Option<Schema>,
    training: Option<Fingerprint>,
    checksum: Fingerprint,
    #[serde(borrow)]
    body: &'a RawValue,
}

/// As much of an envelope as all formats share.
#[derive(Deserialize)]
struct Format {
    format: u32,
}

/// Saves a model as JSON text: tag, format and body version, schema, fingerprint of the training data, checksum, body.
///
/// Numbers are written so that they read back as the same bits.
///
/// # Errors
///
/// When the model cannot be read back: it holds something JSON cannot say, such as NaN, or breaks its
/// own invariants. It is read back once to be sure.
pub fn save<M: SavedModel>(model: &M, provenance: Provenance) -> Result<String, EnvelopeError> {
    let body = serde_json::value::to_raw_value(model).map_err(EnvelopeError::Body)?;
    serde_json::from_str::<M>(body.get()).map_err(EnvelopeError::Body)?;
    let Provenance { schema, training } = provenance;
    let checksum = checksum(M::TAG, M::VERSION, schema.as_ref(), training, body.get());
    let envelope = Envelope {
        format: ENVELOPE_FORMAT,
        model: M::TAG.to_owned(),
        version: M::VERSION,
        schema,
        training,
        checksum,
        body: &body,
    };
    serde_json::to_string(&envelope).map_err(EnvelopeError::Body)
}

/// Loads a model that [`save`] wrote, with where it comes from.
///
/// # Errors
///
/// When the text is no envelope, is of another kind of model or of a version this build does not
/// read, was changed since it was written, or holds a body that breaks the model's invariants.
pub fn load<M: SavedModel>(text: &str) -> Result<(M, Provenance), EnvelopeError> {
    let envelope: Envelope<'_> = serde_json::from_str(text).map_err(|error| {
        // Another format may have other fields: say which it is, rather than which field is odd.
        match serde_json::from_str::<Format>(text) {
            Ok(Format { format: found }) if found != ENVELOPE_FORMAT => {
                EnvelopeError::Format { expected: ENVELOPE_FORMAT, found }
            }
            _ => EnvelopeError::Malformed(error),
        }
    })?;
    if envelope.format != ENVELOPE_FORMAT {
        return Err(EnvelopeError::Format { expected: ENVELOPE_FORMAT, found: envelope.format });
    }
    if envelope.model != M::TAG {
        return Err(EnvelopeError::Tag { expected: M::TAG, found: envelope.model });
    }
    if !(M::OLDEST_VERSION..=M::VERSION).contains(&envelope.version) {
        return Err(EnvelopeError::Version {
            oldest: M::OLDEST_VERSION,
            newest: M::VERSION,
            found: envelope.version,
        });
    }
    let Envelope { version, schema, training, body, .. } = envelope;
    let found = checksum(M::TAG, version, schema.as_ref(), training, body.get());
    if found != envelope.checksum {
        return Err(EnvelopeError::Checksum { expected: envelope.checksum, found });
    }
    let model = serde_json::from_str(body.get()).map_err(EnvelopeError::Body)?;
    Ok((model, Provenance { schema, training }))
}

fn checksum(
    tag: &str,
    version: u32,
    schema: Option<&Schema>,
    training: Option<Fingerprint>,
    body: &str,
) -> Fingerprint {
    let mut hasher = Fingerprinter::new();
    hasher.text(tag);
    hasher.number(u64::from(version));
    hasher.text(&schema.map(|schema| schema.fingerprint().to_string()).unwrap_or_default());
    hasher.text(&training.map(|training| training.to_string()).unwrap_or_default());
    hasher.text(body);
    hasher.finish()
}

/// Why a model could not be saved or loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EnvelopeError {
    /// The text is no envelope.
    #[error("expected a saved model, found text that is none: {0}")]
    Malformed(#[source] serde_json::Error),
    /// The envelope is laid out as another version lays it out.
    #[error("expected envelope format {expected}, found {found}")]
    Format {
        /// The format this build reads.
        expected: u32,
        /// The format found.
        found: u32,
    },
    /// Another kind of model.
    #[error("expected a saved {expected:?}, found {found:?}")]
    Tag {
        /// The tag asked for.
        expected: &'static str,
        /// The tag found.
        found: String,
    },
    /// A version of the body that this build does not read.
    #[error("expected a body of version {oldest} to {newest}, found {found}")]
    Version {
        /// The oldest version read.
        oldest: u32,
        /// The newest version read.
        newest: u32,
        /// The version found.
        found: u32,
    },
    /// The text was changed since it was written.
    #[error("expected checksum {expected}, found {found}: the saved model was changed or cut")]
    Checksum {
        /// The checksum written.
        expected: Fingerprint,
        /// The checksum of what is there.
        found: Fingerprint,
    },
    /// The body cannot be written, or breaks the model's invariants.
    #[error("the body of the saved model: {0}")]
    Body(#[source] serde_json::Error),
}
