//! What a file of transactions looks like.

use std::path::Path;

use patronage_core::Currency;

use crate::decode::Encoding;
use crate::error::{Error, ErrorKind, MappingProblem, io_error};
use crate::mapping_build;
use crate::mapping_file::{ColumnSpec, MappingFile, Returns, Rules};
use crate::moment::Format;
use crate::number::Numbers;
use crate::quote::Syntax;
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
/// | `file.encoding` | `"auto"` | `"auto"`: a byte order mark decides, else UTF-8, and lines that are not UTF-8 are read as windows-1252 and counted; `"utf-8"`: rows that are not are set aside; else a label of the WHATWG encoding standard, such as `"latin-1"`; what it cannot decode becomes U+FFFD |
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
        mapping_build::build(raw).map_err(|(offset, problem)| fail(offset, problem))
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

    /// What a user names on a command line: `online-retail`, `complete-journey`, `cdnow` or
    /// `cdnow-sample` for a mapping that ships, anything else for a TOML file.
    ///
    /// ```
    /// use patronage_ingest::Mapping;
    ///
    /// assert_eq!(Mapping::named("cdnow")?, Mapping::cdnow());
    /// assert!(Mapping::named("no such file.toml").is_err());
    /// # Ok::<(), patronage_ingest::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub fn named(name: &str) -> Result<Self, Error> {
        Ok(match name {
            "online-retail" => Self::online_retail(),
            "complete-journey" => Self::complete_journey(),
            "cdnow" => Self::cdnow(),
            "cdnow-sample" => Self::cdnow_sample(),
            path => Self::read(path)?,
        })
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
