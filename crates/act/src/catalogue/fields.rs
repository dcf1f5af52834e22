//! Values of a TOML table, each of the type its key asks for.

use std::ops::Range;

use patronage_core::{Date, Money};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::source::Source;
use crate::error::{Error, Problem};
use crate::suggest::nearest;

/// A table whose keys are all known.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fields<'t, 'a> {
    pub(super) source: Source<'a>,
    name: &'static str,
    start: usize,
    table: &'t DeTable<'a>,
}

/// A value found, and the bytes it spans.
#[derive(Clone, Debug)]
pub(super) struct Found<T> {
    pub(super) value: T,
    pub(super) span: Range<usize>,
}

impl<'t, 'a> Fields<'t, 'a> {
    /// The table `name`, which starts at byte `start`, if it has only `known` keys.
    pub(super) fn new(
        source: Source<'a>,
        name: &'static str,
        start: usize,
        table: &'t DeTable<'a>,
        known: &'static [&'static str],
    ) -> Result<Self, Error> {
        let unknown = table.keys().filter(|key| !known.contains(&key.get_ref().as_ref()));
        if let Some(key) = unknown.min_by_key(|key| key.span().start) {
            let found = key.get_ref().to_string();
            let hint = nearest(&found, known.iter().copied());
            let problem = Problem::UnknownKey { table: name, found, known, hint };
            return Err(source.error(key.span().start, problem));
        }
        Ok(Self { source, name, start, table })
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    fn find(&self, key: &'static str) -> Option<&'t Spanned<DeValue<'a>>> {
        self.table.get(key)
    }

    fn missing(&self, key: &'static str) -> Error {
        self.source.error(self.start, Problem::MissingKey { table: self.name, key })
    }

    /// The error that the value is none the key takes.
    pub(super) fn wrong(
        &self,
        key: &'static str,
        span: Range<usize>,
        expected: &'static str,
    ) -> Error {
        let found = self.source.excerpt(span.clone());
        self.source.error(span.start, Problem::Value { key, expected, found })
    }

    /// The value of an optional key as `read` understands it.
    fn optional<T>(
        &self,
        key: &'static str,
        expected: &'static str,
        read: impl FnOnce(&'t DeValue<'a>) -> Option<T>,
    ) -> Result<Option<Found<T>>, Error> {
        let Some(value) = self.find(key) else { return Ok(None) };
        let span = value.span();
        match read(value.get_ref()) {
            Some(value) => Ok(Some(Found { value, span })),
            None => Err(self.wrong(key, span, expected)),
        }
    }

    pub(super) fn optional_text(&self, key: &'static str) -> Result<Option<Found<&'t str>>, Error> {
        self.optional(key, "a text that is not empty", |value| {
            value.as_str().filter(|text| !text.trim().is_empty())
        })
    }

    pub(super) fn text(&self, key: &'static str) -> Result<Found<&'t str>, Error> {
        self.optional_text(key)?.ok_or_else(|| self.missing(key))
    }

    /// An id: a text on one line, without spaces around it.
    pub(super) fn id(&self) -> Result<Found<&'t str>, Error> {
        let expected = "a text on one line that is not empty, without spaces around it";
        let id = self.optional("id", expected, |value| {
            value.as_str().filter(|text| {
                !text.is_empty() && text.trim() == *text && !text.contains(char::is_control)
            })
        })?;
        id.ok_or_else(|| self.missing("id"))
    }

    pub(super) fn flag(&self, key: &'static str) -> Result<bool, Error> {
        let flag = self.optional(key, "true or false", DeValue::as_bool)?;
        flag.map(|flag| flag.value).ok_or_else(|| self.missing(key))
    }

    /// A whole number of at least 1.
    pub(super) fn count(&self, key: &'static str) -> Result<Option<Found<u32>>, Error> {
        self.optional(key, "a whole number from 1 to 4294967295", |value| {
            let integer = value.as_integer().filter(|integer| integer.radix() == 10)?;
            integer.as_str().parse().ok().filter(|&count| count >= 1)
        })
    }

    /// A finite number that `admits` takes.
    pub(super) fn number(
        &self,
        key: &'static str,
        expected: &'static str,
        admits: impl Fn(f64) -> bool,
    ) -> Result<Option<f64>, Error> {
        let number = self.optional(key, expected, |value| {
            number(value).filter(|&number| number.is_finite() && admits(number))
        })?;
        Ok(number.map(|number| number.value))
    }

    pub(super) fn money(&self, key: &'static str) -> Result<Money, Error> {
        let expected = "an amount of at least 0 with at most four decimals, such as 0.05";
        let amount = self.optional(key, expected, |value| money(value))?;
        amount.map(|amount| amount.value).ok_or_else(|| self.missing(key))
    }

    pub(super) fn date(&self, key: &'static str) -> Result<Option<Found<Date>>, Error> {
        self.optional(key, "a day of the calendar as YYYY-MM-DD", |value| match value {
            DeValue::String(text) => text.parse().ok(),
            DeValue::Datetime(found) => {
                if found.time.is_some() || found.offset.is_some() {
                    return None;
                }
                let date = found.date?;
                Date::new(i32::from(date.year), u32::from(date.month), u32::from(date.day)).ok()
            }
            _ => None,
        })
    }

    pub(super) fn texts(&self, key: &'static str) -> Result<Vec<Found<&'t str>>, Error> {
        let expected = "a list of texts such as [\"a\", \"b\"]";
        let Some(list) = self.optional(key, expected, DeValue::as_array)? else {
            return Ok(Vec::new());
        };
        let texts = list.value.iter().map(|value| match value.get_ref().as_str() {
            Some(text) => Ok(Found { value: text, span: value.span() }),
            None => Err(self.wrong(key, value.span(), expected)),
        });
        texts.collect()
    }

    /// A table under `key` with only `known` keys.
    pub(super) fn table(
        &self,
        key: &'static str,
        name: &'static str,
        known: &'static [&'static str],
    ) -> Result<Option<Self>, Error> {
        let table = self.optional(key, "a table", DeValue::as_table)?;
        table
            .map(|found| Self::new(self.source, name, found.span.start, found.value, known))
            .transpose()
    }

    /// The tables `[[key]]`, each with only `known` keys.
    pub(super) fn tables(
        &self,
        key: &'static str,
        name: &'static str,
        known: &'static [&'static str],
    ) -> Result<Vec<Self>, Error> {
        let Some(list) = self.optional(key, "tables, each under its [[…]]", DeValue::as_array)?
        else {
            return Ok(Vec::new());
        };
        let tables = list.value.iter().map(|value| match value.get_ref().as_table() {
            Some(table) => Self::new(self.source, name, value.span().start, table, known),
            None => Err(self.wrong(key, value.span(), "a table")),
        });
        tables.collect()
    }

    /// The value under `key` as it stands.
    pub(super) fn raw(&self, key: &'static str) -> Result<&'t Spanned<DeValue<'a>>, Error> {
        self.find(key).ok_or_else(|| self.missing(key))
    }

    /// The byte the table starts at.
    pub(super) const fn start(&self) -> usize {
        self.start
    }
}

pub(super) fn number(value: &DeValue<'_>) -> Option<f64> {
    match value {
        DeValue::Integer(integer) if integer.radix() == 10 => integer.as_str().parse().ok(),
        DeValue::Float(float) => float.as_str().parse().ok(),
        _ => None,
    }
}

/// An amount read from its digits, so that 0.1 is exactly a tenth.
fn money(value: &DeValue<'_>) -> Option<Money> {
    let text = match value {
        DeValue::Integer(integer) if integer.radix() == 10 => integer.as_str(),
        DeValue::Float(float) => float.as_str(),
        DeValue::String(text) => text,
        _ => return None,
    };
    let decimals = text.split_once('.').map_or("", |(_, decimals)| decimals);
    if decimals.trim_end_matches('0').len() > 4 {
        return None;
    }
    text.parse().ok().filter(|&amount| amount >= Money::ZERO)
}
