//! From the TOML of a mapping to the mapping, checked.

use patronage_core::Currency;
use toml::Spanned;

use crate::decode::Encoding;
use crate::error::MappingProblem;
use crate::mapping::{ColumnSpecs, Mapping, Valued};
use crate::mapping_file::{ColumnSpec, Columns, MappingFile};
use crate::moment::Format;
use crate::number::Numbers;
use crate::quote::{Delimiter, Syntax};
use crate::zone::Zone;

/// A problem and its place, in bytes from the start of the text.
type Problem = (usize, MappingProblem);

fn value(key: &'static str, expected: &'static str, found: &Spanned<String>) -> Problem {
    let problem = MappingProblem::Value { key, expected, found: found.get_ref().clone() };
    (found.span().start, problem)
}

/// One ASCII character that ends no line, or none where the text is empty.
fn character(key: &'static str, text: &Spanned<String>) -> Result<Option<u8>, Problem> {
    match *text.get_ref().as_bytes() {
        [] => Ok(None),
        [byte @ (b' '..=b'~' | b'\t')] => Ok(Some(byte)),
        _ => Err(value(key, "one printable ASCII character", text)),
    }
}

/// Checks what a mapping's TOML says.
pub(crate) fn build(raw: MappingFile) -> Result<Mapping, Problem> {
    let MappingFile { name, currency, file, columns, time, returns, rules } = raw;
    let currency = currency
        .map(|text| {
            let code = text.get_ref().parse::<Currency>();
            code.map_err(|_| value("currency", "three capital letters", &text))
        })
        .transpose()?;
    let delimiter = match &file.delimiter {
        None => Delimiter::Byte(b','),
        Some(text) => match text.get_ref().as_str() {
            "tab" => Delimiter::Byte(b'\t'),
            "whitespace" => Delimiter::Whitespace,
            _ => match character("file.delimiter", text)? {
                Some(byte) if byte != b' ' && !byte.is_ascii_alphanumeric() => {
                    Delimiter::Byte(byte)
                }
                _ => {
                    let expected = "one printable ASCII character that is neither letter, digit \
                                    nor blank, \"tab\" or \"whitespace\"";
                    return Err(value("file.delimiter", expected, text));
                }
            },
        },
    };
    let quote = match &file.quote {
        _ if delimiter == Delimiter::Whitespace => None,
        None => Some(b'"'),
        Some(text) => match character("file.quote", text)? {
            Some(byte) if byte.is_ascii_alphanumeric() || byte.is_ascii_whitespace() => {
                return Err(value("file.quote", "no letter, digit or blank", text));
            }
            quote => quote,
        },
    };
    let decimal = match &file.decimal {
        None => b'.',
        Some(text) => match character("file.decimal", text)? {
            Some(byte @ (b'.' | b',' | b'\'')) => byte,
            _ => return Err(value("file.decimal", "a full stop, a comma or an apostrophe", text)),
        },
    };
    let thousands = match &file.thousands {
        None => None,
        Some(text) => {
            let mut characters = text.get_ref().chars();
            match (characters.next(), characters.next()) {
                (None, _) => None,
                (Some(c), None) if !c.is_ascii_alphanumeric() && !"+-\r\n".contains(c) => Some(c),
                _ => return Err(value("file.thousands", "one character, no digit or sign", text)),
            }
        }
    };
    let distinct = [
        match delimiter {
            Delimiter::Byte(byte) => Some(char::from(byte)),
            Delimiter::Whitespace => None,
        },
        quote.map(char::from),
    ];
    if let [Some(found), Some(other)] = distinct
        && found == other
    {
        let offset = file.quote.as_ref().map_or(0, |text| text.span().start);
        return Err((offset, MappingProblem::Clash { found }));
    }
    if thousands == Some(char::from(decimal)) {
        let offset = file.thousands.as_ref().map_or(0, |text| text.span().start);
        return Err((offset, MappingProblem::Clash { found: char::from(decimal) }));
    }
    let encoding = match &file.encoding {
        None => Encoding::Auto,
        Some(text) => Encoding::new(text.get_ref())
            .ok_or_else(|| value("file.encoding", "\"auto\" or a label such as \"utf-8\"", text))?,
    };
    let header = file.header.unwrap_or(true);
    let mut formats = Vec::new();
    for text in time.formats.get_ref() {
        let expected = "a format of one year, month and day, such as \"%Y-%m-%d\"";
        let format = Format::new(text.get_ref());
        formats.push(format.ok_or_else(|| value("time.formats", expected, text))?);
    }
    if formats.is_empty() {
        let (key, expected) = ("time.formats", "at least one format");
        let problem = MappingProblem::Value { key, expected, found: "[]".to_owned() };
        return Err((time.formats.span().start, problem));
    }
    let zone = match &time.zone {
        None => Zone::UTC,
        Some(text) => text.get_ref().parse().map_err(|_| {
            value("time.zone", "a zone such as \"UTC\", \"+01:00\" or \"Europe/London\"", text)
        })?,
    };
    let missing = if file.missing.is_empty() { vec![String::new()] } else { file.missing };
    Ok(Mapping {
        name,
        currency,
        syntax: Syntax { delimiter, quote },
        header,
        encoding,
        numbers: Numbers { decimal, thousands, symbol: file.symbol },
        missing,
        columns: specs(columns, header)?,
        formats,
        zone,
        returns,
        rules,
    })
}

fn specs(columns: Spanned<Columns>, header: bool) -> Result<ColumnSpecs, Problem> {
    let offset = columns.span().start;
    let columns = columns.into_inner();
    let admitted = |spec: Spanned<ColumnSpec>| match spec.get_ref() {
        ColumnSpec::Names(names) if !header => {
            let (key, expected) = ("columns", "a position, because the file has no header");
            let problem = MappingProblem::Value { key, expected, found: names.join(", ") };
            Err((spec.span().start, problem))
        }
        _ => Ok(spec.into_inner()),
    };
    let optional = |spec: Option<Spanned<ColumnSpec>>| spec.map(admitted).transpose();
    let customer = admitted(columns.customer)?;
    let value = match (columns.price, columns.amount) {
        (Some(price), None) => Valued::ByPrice(admitted(price)?),
        (None, Some(amount)) => Valued::ByAmount(admitted(amount)?),
        (Some(_), Some(_)) => {
            return Err((offset, MappingProblem::PriceOrAmount { found: "both" }));
        }
        (None, None) => return Err((offset, MappingProblem::PriceOrAmount { found: "neither" })),
    };
    let attributes = columns.attributes.into_iter();
    Ok(ColumnSpecs {
        customer,
        order: optional(columns.order)?,
        item: optional(columns.item)?,
        description: optional(columns.description)?,
        category: optional(columns.category)?,
        quantity: optional(columns.quantity)?,
        value,
        time: admitted(columns.time)?,
        time_of_day: optional(columns.time_of_day)?,
        attributes: attributes
            .map(|(name, spec)| Ok((name, admitted(spec)?)))
            .collect::<Result<_, Problem>>()?,
    })
}
