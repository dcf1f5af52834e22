//! What a file of transactions looks like.

use std::path::Path;

use patronage_core::Currency;
use toml::Spanned;

use crate::decode::Encoding;
use crate::error::{Error, ErrorKind, MappingProblem, io_error};
use crate::mapping_file::{ColumnSpec, Columns, MappingFile, Returns, Rules};
use crate::moment::Format;
use crate::number::Numbers;
use crate::quote::{Delimiter, Syntax};
use crate::zone::Zone;

/// What a file of transactions looks like: its columns, how it writes text, numbers and dates, and what a return is.
///
/// A mapping is TOML. The one for [Online Retail](Self::online_retail) shows and explains every
/// key; keys that are left out take the defaults below. An unknown key is an error that names its
/// line.
///
/// | key | default | meaning |
/// |---|---|---|
/// | `name` | required | of the mapping, for messages |
/// | `currency` | none | three capital letters |
/// | `file.delimiter` | `","` | one ASCII character, `"tab"`, or `"whitespace"` for runs of blanks and tabs |
/// | `file.quote` | `'"'` | one ASCII character, or `""`; means nothing between white space |
/// | `file.header` | `true` | whether the first line names the columns |
/// | `file.encoding` | `"auto"` | `"auto"`: a byte order mark decides, else UTF-8, and lines that are not UTF-8 are read as windows-1252 and counted; `"utf-8"`: rows that are not are set aside; else a label of the WHATWG encoding standard, such as `"latin-1"` |
/// | `file.decimal` | `"."` | one ASCII character |
/// | `file.thousands` | `""` | one character between groups of three digits |
/// | `file.symbol` | `""` | a text before or after prices and amounts |
/// | `file.missing` | `[""]` | what stands for no customer, order or item |
/// | `columns.customer`, `.time` | required | |
/// | `columns.order` | one order per customer and day | |
/// | `columns.item`, `.description`, `.category` | none | |
/// | `columns.quantity` | 1 a line | |
/// | `columns.price` or `.amount` | one of them required | of one unit, or of the whole line |
/// | `columns.time_of_day` | none | joined to `time` by a blank before the formats are tried |
/// | `columns.attributes` | none | a table of further columns, name = column |
/// | `time.formats` | required | `%Y %y %m %d %e %b %H %I %p %M %S %f %z` and literal text; `%f` is an optional fraction with its full stop |
/// | `time.zone` | `"UTC"` | as [`Zone`] reads it |
/// | `returns.order_prefix` | `""` | orders that start with it are cancelled |
/// | `returns.negative_quantity`, `.negative_amount` | `false` | such rows are returns |
/// | `rules.customer_ids` | `"as_written"` | or `"whole_numbers"`: `17850.0` is `17850` |
/// | `rules.zero_amount` | `"set_aside"` | or `"accept"` |
///
/// ```
/// use patronage_ingest::Mapping;
///
/// let mapping = Mapping::from_toml(
///     r#"
///     name = "till"
///     currency = "EUR"
///     [file]
///     delimiter = ";"
///     decimal = ","
///     [columns]
///     customer = "card"
///     amount = "paid"
///     time = "day"
///     [time]
///     formats = ["%d.%m.%Y"]
///     "#,
///     "till.toml",
/// )?;
/// assert_eq!(mapping.name(), "till");
///
/// let error = Mapping::from_toml("name = 'till'\ncolour = 'red'", "till.toml").unwrap_err();
/// assert!(error.to_string().starts_with("till.toml, line 2: unknown field `colour`"));
/// # Ok::<(), patronage_ingest::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Mapping {
    pub(crate) name: String,
    pub(crate) currency: Option<Currency>,
    pub(crate) syntax: Syntax,
    pub(crate) header: bool,
    pub(crate) encoding: Encoding,
    pub(crate) numbers: Numbers,
    pub(crate) missing: Vec<String>,
    pub(crate) columns: ColumnSpecs,
    pub(crate) formats: Vec<Format>,
    pub(crate) zone: Zone,
    pub(crate) returns: Returns,
    pub(crate) rules: Rules,
}

/// Where each column is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ColumnSpecs {
    pub(crate) customer: ColumnSpec,
    pub(crate) order: Option<ColumnSpec>,
    pub(crate) item: Option<ColumnSpec>,
    pub(crate) description: Option<ColumnSpec>,
    pub(crate) category: Option<ColumnSpec>,
    pub(crate) quantity: Option<ColumnSpec>,
    pub(crate) value: Valued<ColumnSpec>,
    pub(crate) time: ColumnSpec,
    pub(crate) time_of_day: Option<ColumnSpec>,
    pub(crate) attributes: Vec<(String, ColumnSpec)>,
}

/// Whether money is given for one unit or for the whole line.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Valued<T> {
    ByPrice(T),
    ByAmount(T),
}

/// The mapping of UCI Online Retail, as TOML.
pub const ONLINE_RETAIL: &str = include_str!("../mappings/online_retail.toml");
/// The mapping of The Complete Journey, as TOML.
pub const COMPLETE_JOURNEY: &str = include_str!("../mappings/complete_journey.toml");
/// The mapping of CDNOW's master file, as TOML.
pub const CDNOW: &str = include_str!("../mappings/cdnow.toml");
/// The mapping of CDNOW's sample, as TOML.
pub const CDNOW_SAMPLE: &str = include_str!("../mappings/cdnow_sample.toml");

impl Mapping {
    /// UCI Online Retail, with ISO dates or its original ones, and Online Retail II; the default.
    #[must_use]
    pub fn online_retail() -> Self {
        Self::shipped(ONLINE_RETAIL, "online_retail.toml")
    }

    /// The Complete Journey: `transactions_with_products.csv.gz`.
    #[must_use]
    pub fn complete_journey() -> Self {
        Self::shipped(COMPLETE_JOURNEY, "complete_journey.toml")
    }

    /// CDNOW: `CDNOW_master.txt` with its header; no items.
    #[must_use]
    pub fn cdnow() -> Self {
        Self::shipped(CDNOW, "cdnow.toml")
    }

    /// CDNOW: `CDNOW_sample.txt`, which has no header; no items.
    #[must_use]
    pub fn cdnow_sample() -> Self {
        Self::shipped(CDNOW_SAMPLE, "cdnow_sample.toml")
    }

    fn shipped(text: &str, file: &str) -> Self {
        Self::from_toml(text, file).expect("a shipped mapping is valid, as the tests show")
    }

    /// A mapping from its TOML; `file` names it in messages.
    ///
    /// # Errors
    ///
    /// When the text is no TOML, has an unknown key or lacks a required one, or a value does not
    /// fit; the message names the line.
    pub fn from_toml(text: &str, file: &str) -> Result<Self, Error> {
        let place = |offset: usize| {
            1 + text.as_bytes()[..offset.min(text.len())].iter().filter(|&&b| b == b'\n').count()
        };
        let fail = |offset: usize, problem: MappingProblem| -> Error {
            ErrorKind::Mapping { file: file.to_owned(), line: place(offset), problem }.into()
        };
        let raw: MappingFile = toml::from_str(text).map_err(|error| {
            let message = error.message().split_whitespace().collect::<Vec<_>>().join(" ");
            let offset = error.span().map_or(0, |span| span.start);
            fail(offset, MappingProblem::Syntax(message))
        })?;
        build(raw).map_err(|(offset, problem)| fail(offset, problem))
    }

    /// A mapping from a TOML file.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, or as [`from_toml`](Self::from_toml).
    pub fn read(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|e| io_error(&name, "read", e))?;
        Self::from_toml(&text, &name)
    }

    /// The mapping's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The currency of prices and amounts, where it is declared.
    #[must_use]
    pub const fn currency(&self) -> Option<Currency> {
        self.currency
    }

    /// The time zone of dates.
    #[must_use]
    pub const fn zone(&self) -> &Zone {
        &self.zone
    }

    /// Whether the file names items.
    #[must_use]
    pub const fn has_items(&self) -> bool {
        self.columns.item.is_some()
    }
}

impl Default for Mapping {
    /// [Online Retail](Self::online_retail).
    fn default() -> Self {
        Self::online_retail()
    }
}

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

fn build(raw: MappingFile) -> Result<Mapping, Problem> {
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
