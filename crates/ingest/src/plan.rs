//! A mapping bound to the header of a file.

use patronage_core::Timestamp;

use crate::blocks::Blocks;
use crate::decode::Encoding;
use crate::error::{Error, ErrorKind};
use crate::mapping::{Mapping, Valued};
use crate::mapping_file::ColumnSpec;
use crate::quote::{Delimiter, Layout};
use crate::split::{Fault, Field, Records, undouble};

/// A mapping bound to the columns of a file: everything its rows are read by.
#[derive(Debug)]
pub(crate) struct Plan<'m> {
    pub(crate) mapping: &'m Mapping,
    pub(crate) layout: Layout,
    /// Whether lines or rows are still to be checked for broken UTF-8.
    pub(crate) encoding: Encoding,
    pub(crate) n_fields: usize,
    pub(crate) customer: usize,
    pub(crate) order: Option<usize>,
    pub(crate) item: Option<usize>,
    pub(crate) description: Option<usize>,
    pub(crate) category: Option<usize>,
    pub(crate) quantity: Option<usize>,
    pub(crate) value: Valued<usize>,
    pub(crate) time: usize,
    pub(crate) time_of_day: Option<usize>,
    pub(crate) attributes: Vec<usize>,
    pub(crate) as_of: Option<Timestamp>,
    pub(crate) now: Option<Timestamp>,
}

/// The first record of a file.
pub(crate) struct Header {
    pub(crate) line: u64,
    pub(crate) names: Vec<String>,
}

/// Takes the header off the blocks, or looks at the first row where there is none.
pub(crate) fn header(
    blocks: &mut Blocks<'_>,
    has_header: bool,
    expected: &'static str,
) -> Result<Header, Error> {
    skip_blank_lines(blocks)?;
    let (layout, first, file) = (blocks.layout, blocks.line(), blocks.name.clone());
    let (mut marks, mut fields, mut scratch) = (Vec::new(), Vec::new(), Vec::new());
    let start = blocks.start()?;
    let mut records = Records::new(start, layout, &mut marks);
    let Some(record) = records.next(&mut fields) else {
        return Err(ErrorKind::Empty { file, expected }.into());
    };
    let line = first + record.line;
    if start[record.start..record.end].contains(&0) {
        return Err(ErrorKind::Binary { file, line }.into());
    }
    let mut base = start;
    if record.fault == Fault::Quote {
        // Not a header one can read; its text shows in the error for the columns it lacks.
        fields.clear();
        fields.push(Field { start: record.start as u32, end: record.end as u32 });
    } else if let (true, Some(quote)) = (record.doubled, layout.syntax.quote) {
        undouble(start, quote, &mut fields, &mut scratch);
        base = &scratch;
    }
    let names: Vec<String> = fields
        .iter()
        .map(|field| String::from_utf8_lossy(field.of(base)).trim().to_owned())
        .collect();
    if has_header {
        let (length, lines) = (records.position(), records.line());
        blocks.skip(length, lines);
    }
    blocks.layout.n_fields = Some(names.len());
    Ok(Header { line, names })
}

/// Drops blank lines off the start, until a record is at hand or the file ends.
fn skip_blank_lines(blocks: &mut Blocks<'_>) -> Result<(), Error> {
    let layout = blocks.layout;
    let (mut marks, mut fields) = (Vec::new(), Vec::new());
    loop {
        let start = blocks.start()?;
        let mut records = Records::new(start, layout, &mut marks);
        if records.next(&mut fields).is_some() {
            return Ok(());
        }
        let (length, lines) = (records.position(), records.line());
        blocks.skip(length, lines);
        if blocks.is_read() {
            return Ok(());
        }
    }
}

impl<'m> Plan<'m> {
    /// Finds the columns of the mapping in the header.
    pub(crate) fn new(
        mapping: &'m Mapping,
        blocks: &mut Blocks<'_>,
        encoding: Encoding,
        as_of: Option<Timestamp>,
        now: Option<Timestamp>,
    ) -> Result<Self, Error> {
        let expected = if mapping.header { "a header line" } else { "order lines" };
        let header = header(blocks, mapping.header, expected)?;
        let find = |spec: &ColumnSpec| column(&blocks.name, mapping, &header, spec);
        let optional = |spec: &Option<ColumnSpec>| spec.as_ref().map(find).transpose();
        let columns = &mapping.columns;
        let customer = find(&columns.customer)?;
        let value = match &columns.value {
            Valued::ByPrice(spec) => Valued::ByPrice(find(spec)?),
            Valued::ByAmount(spec) => Valued::ByAmount(find(spec)?),
        };
        Ok(Self {
            customer,
            order: optional(&columns.order)?,
            item: optional(&columns.item)?,
            description: optional(&columns.description)?,
            category: optional(&columns.category)?,
            quantity: optional(&columns.quantity)?,
            value,
            time: find(&columns.time)?,
            time_of_day: optional(&columns.time_of_day)?,
            attributes: columns
                .attributes
                .iter()
                .map(|(_, spec)| find(spec))
                .collect::<Result<_, _>>()?,
            n_fields: header.names.len(),
            layout: blocks.layout,
            mapping,
            encoding,
            as_of,
            now,
        })
    }
}

/// The position of a column in the header.
fn column(
    file: &str,
    mapping: &Mapping,
    header: &Header,
    spec: &ColumnSpec,
) -> Result<usize, Error> {
    let (line, file) = (header.line, file.to_owned());
    let n_fields = header.names.len();
    match spec {
        ColumnSpec::Position(position) if *position < n_fields => Ok(*position),
        ColumnSpec::Position(position) => {
            match wrong_delimiter(mapping, header, |parts| parts > *position) {
                Some(found) => Err(delimiters(file, line, mapping, found)),
                None => {
                    let expected = position + 1;
                    Err(ErrorKind::TooFewColumns { file, line, expected, found: n_fields }.into())
                }
            }
        }
        ColumnSpec::Names(names) => named(file, mapping, header, spec, names),
    }
}

fn named(
    file: String,
    mapping: &Mapping,
    header: &Header,
    spec: &ColumnSpec,
    names: &[String],
) -> Result<usize, Error> {
    let line = header.line;
    let mut positions =
        (0..header.names.len()).filter(|&position| names.contains(&header.names[position]));
    match (positions.next(), positions.next()) {
        (Some(position), None) => Ok(position),
        (Some(first), Some(second)) => {
            let name = header.names[first].clone();
            let (first, second) = (first + 1, second + 1);
            Err(ErrorKind::DoubledColumn { file, line, name, first, second }.into())
        }
        (None, _) => match wrong_delimiter(mapping, header, |_| true) {
            Some(found)
                if header.names.iter().any(|text| names.iter().any(|n| text.contains(n))) =>
            {
                Err(delimiters(file, line, mapping, found))
            }
            _ => {
                let (expected, found) = (spec.to_string(), header.names.clone());
                Err(ErrorKind::MissingColumn { file, line, expected, found }.into())
            }
        },
    }
}

/// Another delimiter that splits what the mapping's own leaves in one piece.
fn wrong_delimiter(
    mapping: &Mapping,
    header: &Header,
    enough: impl Fn(usize) -> bool,
) -> Option<Delimiter> {
    let other = |delimiter: &Delimiter| *delimiter != mapping.syntax.delimiter;
    let text = match mapping.syntax.delimiter {
        Delimiter::Byte(_) if header.names.len() == 1 => header.names[0].clone(),
        Delimiter::Whitespace => header.names.join(" "),
        Delimiter::Byte(_) => return None,
    };
    let candidates = [b',', b';', b'\t', b'|'].map(Delimiter::Byte);
    candidates.into_iter().filter(other).find(|delimiter| match delimiter {
        Delimiter::Byte(byte) => {
            let parts = text.split(char::from(*byte)).count();
            parts > 1 && enough(parts)
        }
        Delimiter::Whitespace => false,
    })
}

fn delimiters(file: String, line: u64, mapping: &Mapping, found: Delimiter) -> Error {
    let words = |delimiter| match delimiter {
        Delimiter::Byte(b'\t') => "tabs".to_owned(),
        Delimiter::Byte(byte) => format!("{:?}", char::from(byte)),
        Delimiter::Whitespace => "runs of blanks".to_owned(),
    };
    let (expected, found) = (words(mapping.syntax.delimiter), words(found));
    ErrorKind::WrongDelimiter { file, line, expected, found }.into()
}
