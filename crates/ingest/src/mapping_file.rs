//! The layout of a mapping's TOML.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer, SeqAccess, Visitor};
use toml::Spanned;

/// Where a column is: under one of several names, or at a position.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum ColumnSpec {
    /// Names, of which the header has exactly one.
    Names(Vec<String>),
    /// A position, from 0.
    Position(usize),
}

impl fmt::Display for ColumnSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Names(names) => {
                for (position, name) in names.iter().enumerate() {
                    write!(f, "{}{name:?}", if position > 0 { " or " } else { "" })?;
                }
                Ok(())
            }
            Self::Position(position) => write!(f, "at position {}", position + 1),
        }
    }
}

impl<'de> Deserialize<'de> for ColumnSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Spec;
        impl<'de> Visitor<'de> for Spec {
            type Value = ColumnSpec;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a column's name, a list of names, or a position from 1")
            }

            fn visit_str<E: de::Error>(self, name: &str) -> Result<ColumnSpec, E> {
                Ok(ColumnSpec::Names(vec![name.to_owned()]))
            }

            fn visit_i64<E: de::Error>(self, position: i64) -> Result<ColumnSpec, E> {
                match usize::try_from(position) {
                    // Wider than any file; the bound keeps sums of positions in range.
                    Ok(position @ 1..=1_000_000) => Ok(ColumnSpec::Position(position - 1)),
                    _ => Err(E::invalid_value(de::Unexpected::Signed(position), &self)),
                }
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<ColumnSpec, A::Error> {
                let mut names = Vec::new();
                while let Some(name) = seq.next_element::<String>()? {
                    names.push(name);
                }
                match names.is_empty() {
                    true => Err(de::Error::invalid_length(0, &self)),
                    false => Ok(ColumnSpec::Names(names)),
                }
            }
        }
        deserializer.deserialize_any(Spec)
    }
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MappingFile {
    pub(crate) name: String,
    pub(crate) currency: Option<Spanned<String>>,
    #[serde(default)]
    pub(crate) file: Dialect,
    pub(crate) columns: Spanned<Columns>,
    pub(crate) time: Time,
    #[serde(default)]
    pub(crate) returns: Returns,
    #[serde(default)]
    pub(crate) rules: Rules,
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Dialect {
    pub(crate) delimiter: Option<Spanned<String>>,
    pub(crate) quote: Option<Spanned<String>>,
    pub(crate) header: Option<bool>,
    pub(crate) encoding: Option<Spanned<String>>,
    pub(crate) decimal: Option<Spanned<String>>,
    pub(crate) thousands: Option<Spanned<String>>,
    pub(crate) symbol: String,
    pub(crate) missing: Vec<String>,
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Columns {
    pub(crate) customer: Spanned<ColumnSpec>,
    pub(crate) order: Option<Spanned<ColumnSpec>>,
    pub(crate) item: Option<Spanned<ColumnSpec>>,
    pub(crate) description: Option<Spanned<ColumnSpec>>,
    pub(crate) category: Option<Spanned<ColumnSpec>>,
    pub(crate) quantity: Option<Spanned<ColumnSpec>>,
    pub(crate) price: Option<Spanned<ColumnSpec>>,
    pub(crate) amount: Option<Spanned<ColumnSpec>>,
    pub(crate) time: Spanned<ColumnSpec>,
    pub(crate) time_of_day: Option<Spanned<ColumnSpec>>,
    #[serde(default)]
    pub(crate) attributes: BTreeMap<String, Spanned<ColumnSpec>>,
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Time {
    pub(crate) formats: Spanned<Vec<Spanned<String>>>,
    pub(crate) zone: Option<Spanned<String>>,
}

#[derive(Clone, Debug, Default, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Returns {
    pub(crate) order_prefix: String,
    pub(crate) negative_quantity: bool,
    pub(crate) negative_amount: bool,
}

#[derive(Clone, Debug, Default, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Rules {
    pub(crate) customer_ids: CustomerIds,
    pub(crate) zero_amount: ZeroAmount,
}

/// How customer ids are cleaned.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CustomerIds {
    #[default]
    AsWritten,
    /// `17850.0` is `17850`.
    WholeNumbers,
}

impl CustomerIds {
    /// The id without the decimals that a spreadsheet or a data frame added.
    #[inline]
    pub(crate) fn clean(self, id: &[u8]) -> &[u8] {
        if self == Self::WholeNumbers
            && let Some(point) = id.iter().position(|&byte| byte == b'.')
            && point > 0
            && id[..point].iter().all(u8::is_ascii_digit)
            && id[point + 1..].iter().all(|&byte| byte == b'0')
        {
            return &id[..point];
        }
        id
    }
}

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ZeroAmount {
    #[default]
    SetAside,
    Accept,
}

#[cfg(test)]
mod tests {
    use super::CustomerIds;

    #[test]
    fn whole_numbers_lose_their_decimals() {
        for (id, expected) in [
            ("17850.0", "17850"),
            ("17850", "17850"),
            ("17850.", "17850"),
            ("17850.5", "17850.5"),
            (".0", ".0"),
            ("a.0", "a.0"),
        ] {
            assert_eq!(CustomerIds::WholeNumbers.clean(id.as_bytes()), expected.as_bytes(), "{id}");
        }
        assert_eq!(CustomerIds::AsWritten.clean(b"7.0"), b"7.0");
    }
}
