//! Fingerprints: short names for content.

use std::fmt;

use xxhash_rust::xxh3::Xxh3;

/// A 128-bit fingerprint of some content (XXH3): equal content, equal fingerprint, on every machine.
///
/// It detects change and corruption; it is no defence against someone who forges content on purpose.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(try_from = "String", into = "String")
)]
pub struct Fingerprint(u128);

impl Fingerprint {
    /// The fingerprint of `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(xxhash_rust::xxh3::xxh3_128(bytes))
    }

    /// The fingerprint of a matrix: its shape and the bits of its numbers, row by row.
    ///
    /// Independent of the memory layout; O(cells).
    #[must_use]
    pub fn of_matrix(values: ndarray::ArrayView2<'_, f64>) -> Self {
        let mut hasher = Fingerprinter::new();
        hasher.number(values.nrows() as u64);
        hasher.number(values.ncols() as u64);
        for row in values.rows() {
            for value in row {
                hasher.number(value.to_bits());
            }
        }
        hasher.finish()
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl TryFrom<String> for Fingerprint {
    type Error = std::num::ParseIntError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        u128::from_str_radix(&text, 16).map(Self)
    }
}

impl From<Fingerprint> for String {
    fn from(fingerprint: Fingerprint) -> Self {
        fingerprint.to_string()
    }
}

/// Builds a [`Fingerprint`] piece by piece; pieces are delimited, so that moving a boundary changes it.
#[derive(Default)]
pub struct Fingerprinter(Xxh3);

impl Fingerprinter {
    /// Nothing seen yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a text.
    pub fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.0.update(text.as_bytes());
    }

    /// Adds a number.
    pub fn number(&mut self, number: u64) {
        self.0.update(&number.to_le_bytes());
    }

    /// The fingerprint of everything added.
    #[must_use]
    pub fn finish(&self) -> Fingerprint {
        Fingerprint(self.0.digest128())
    }
}

impl fmt::Debug for Fingerprinter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprinter({})", self.finish())
    }
}
