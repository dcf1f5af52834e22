//! A labelled table from any delimited text file with a header.

#[path = "table_column.rs"]
mod column;

use std::fmt;
use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::path::{Path, PathBuf};

use ndarray::Array2;
use patronage::core::{ClassIdx, FeatureTable, Schema};

use self::column::{Cells, Made};

/// What a column of `yes` and `no` becomes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[allow(dead_code, reason = "each example uses one of them")]
pub(crate) enum YesNo {
    /// One flag.
    Flag,
    /// A category of two levels, as any other column of texts.
    Levels,
}

/// What to read, and what to learn from it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Source<'a> {
    /// Plain or gzip, in UTF-8 or not.
    pub(crate) path: &'a Path,
    /// The column to foretell.
    pub(crate) target: &'a str,
    /// The cell of the target that makes class 1.
    pub(crate) positive: &'a str,
    /// The column that says whose each row is.
    pub(crate) id: Option<&'a str>,
    /// Columns that shall not be learnt from.
    pub(crate) drop: &'a [String],
    /// What stands between cells; found from the header where none is given.
    pub(crate) delimiter: Option<u8>,
    pub(crate) yes_no: YesNo,
}

/// Rows with their classes, and what became of everything else in the file.
#[allow(dead_code, reason = "each example uses some of it")]
#[derive(Clone, Debug)]
pub(crate) struct LabeledTable {
    /// Numbers, nullable numbers, flags and categories, in the order of the file.
    pub(crate) features: FeatureTable,
    /// 1 where the target is the positive cell, else 0.
    pub(crate) labels: Vec<ClassIdx>,
    /// The line of the file on which each row stands.
    pub(crate) lines: Vec<u64>,
    /// Whose each row is: one a row where a column of ids was named, else none.
    pub(crate) ids: Vec<String>,
    /// Rows read.
    pub(crate) n_read: u64,
    /// Rows without a target, and the line of the first.
    pub(crate) unlabelled: Option<(u64, u64)>,
    /// Columns that say nothing or cannot be read, with the reason.
    pub(crate) left_out: Vec<LeftOut>,
    /// Cells that were empty in the columns that are learnt from: a column and how many, where any.
    pub(crate) missing: Vec<(String, u64)>,
}

/// A column that is not learnt from, and why.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LeftOut {
    pub(crate) column: String,
    pub(crate) reason: String,
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "column {:?} left out: {}", self.column, self.reason)
    }
}

/// What is wrong with a file.
#[derive(Debug)]
pub(crate) struct TableError {
    path: PathBuf,
    kind: TableErrorKind,
}

#[derive(Debug)]
pub(crate) enum TableErrorKind {
    Io(std::io::Error),
    Csv(csv::Error),
    NoSuchColumn { found: String, known: Vec<String> },
    DoubledColumn { name: String, first: usize, second: usize },
    Cells { line: u64, expected: usize, found: usize },
    NoRows,
    NoFeatures { left_out: Vec<LeftOut> },
    NoPositive { target: String, positive: String, known: Vec<String> },
    NoNegative { target: String, positive: String },
    Core(patronage::core::Error),
}

impl fmt::Display for TableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use TableErrorKind::*;
        write!(f, "{}: ", self.path.display())?;
        match &self.kind {
            Io(error) => write!(f, "{error}"),
            Csv(error) => write!(f, "{error}"),
            NoSuchColumn { found, known } => {
                write!(f, "expected a column {found:?}, found {}", known.join(", "))
            }
            DoubledColumn { name, first, second } => {
                write!(
                    f,
                    "line 1: expected distinct names, found {name:?} as columns {first} and {second}"
                )
            }
            Cells { line, expected, found } => {
                write!(f, "line {line}: expected {expected} cells, found {found}")
            }
            NoRows => write!(f, "expected a header and rows with a target, found no such row"),
            NoFeatures { left_out } => {
                write!(f, "expected a column to learn from, found none")?;
                left_out.iter().try_for_each(|left_out| write!(f, "; {left_out}"))
            }
            NoPositive { target, positive, known } => {
                write!(
                    f,
                    "column {target:?}: expected {positive:?} somewhere, found only {known:?}"
                )
            }
            NoNegative { target, positive } => {
                write!(
                    f,
                    "column {target:?}: expected two outcomes, found {positive:?} in every row"
                )
            }
            Core(error) => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for TableError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.kind {
            TableErrorKind::Io(error) => Some(error),
            TableErrorKind::Csv(error) => Some(error),
            TableErrorKind::Core(error) => Some(error),
            _ => None,
        }
    }
}

/// Reads a table: every column but target, ids and those dropped is a number, a nullable number, a
/// flag or a category, as its cells say.
///
/// An empty cell, or one of `NA`, `N/A`, `NaN`, `null`, `None` and `?`, is missing. A column of
/// finite numbers is a number (a flag where all are 0 or 1), nullable where some are missing; with a
/// semicolon between cells a comma may stand in a number for the point. A column of `yes` and `no`,
/// `y` and `n`, `true` and `false` is a flag, unless asked to be a category. Any other column is a category of its texts, with a
/// level `(missing)` where some are missing. Columns of one value and of too many levels are left
/// out, with the reason. A row without a target is left out and counted.
pub(crate) fn read(source: &Source<'_>) -> Result<LabeledTable, TableError> {
    load(source).map_err(|kind| TableError { path: source.path.to_owned(), kind })
}

fn load(source: &Source<'_>) -> Result<LabeledTable, TableErrorKind> {
    let text = contents(source.path).map_err(TableErrorKind::Io)?;
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&text);
    let delimiter = source.delimiter.unwrap_or_else(|| guessed_delimiter(text));
    let mut reader =
        csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(text);
    let names = names(reader.byte_headers().map_err(TableErrorKind::Csv)?)?;
    let position = |name: &str| {
        names.iter().position(|other| other == name).ok_or_else(|| TableErrorKind::NoSuchColumn {
            found: name.to_owned(),
            known: names.clone(),
        })
    };
    let target = position(source.target)?;
    let id = source.id.map(position).transpose()?;
    let mut apart = vec![target];
    apart.extend(id);
    for name in source.drop {
        apart.push(position(name)?);
    }
    let mut columns: Vec<Cells> = names.iter().map(|_| Cells::default()).collect();
    let (mut lines, mut ids) = (Vec::new(), Vec::new());
    let (mut n_read, mut unlabelled): (u64, Option<(u64, u64)>) = (0, None);
    let mut record = csv::ByteRecord::new();
    while reader.read_byte_record(&mut record).map_err(TableErrorKind::Csv)? {
        let line = record.position().map_or(0, csv::Position::line);
        if record.len() != names.len() {
            let (expected, found) = (names.len(), record.len());
            return Err(TableErrorKind::Cells { line, expected, found });
        }
        n_read += 1;
        if column::is_missing(&String::from_utf8_lossy(&record[target])) {
            let (n, _) = unlabelled.get_or_insert((0, line));
            *n += 1;
            continue;
        }
        lines.push(line);
        for (at, cell) in record.iter().enumerate() {
            let cell = String::from_utf8_lossy(cell);
            if Some(at) == id {
                ids.push(cell.trim().to_owned());
            } else if at == target || !apart.contains(&at) {
                columns[at].push(cell.trim(), line);
            }
        }
    }
    if lines.is_empty() {
        return Err(TableErrorKind::NoRows);
    }
    let labels = labels(&columns[target], source)?;
    let (mut made, mut left_out, mut missing) = (Vec::new(), Vec::new(), Vec::new());
    for (at, cells) in columns.iter().enumerate() {
        let name = &names[at];
        if apart.contains(&at) {
            continue;
        }
        match cells.make(name, delimiter == b';', source.yes_no) {
            Ok(column) => {
                if cells.n_missing() > 0 {
                    missing.push((name.clone(), cells.n_missing()));
                }
                made.push(column);
            }
            Err(reason) => left_out.push(LeftOut { column: name.clone(), reason }),
        }
    }
    if made.is_empty() {
        return Err(TableErrorKind::NoFeatures { left_out });
    }
    let values =
        Array2::from_shape_fn((lines.len(), made.len()), |(row, column)| made[column].cells[row]);
    let schema = Schema::new(made.into_iter().map(|Made { column, .. }| column))
        .map_err(TableErrorKind::Core)?;
    let features = FeatureTable::new(schema, values).map_err(TableErrorKind::Core)?;
    Ok(LabeledTable { features, labels, lines, ids, n_read, unlabelled, left_out, missing })
}

fn labels(cells: &Cells, source: &Source<'_>) -> Result<Vec<ClassIdx>, TableErrorKind> {
    let target = source.target.to_owned();
    let positive = source.positive.trim().to_owned();
    let Some(code) = cells.code_of(&positive) else {
        let known = cells.texts().take(10).map(str::to_owned).collect();
        return Err(TableErrorKind::NoPositive { target, positive, known });
    };
    if cells.texts().nth(1).is_none() {
        return Err(TableErrorKind::NoNegative { target, positive });
    }
    Ok(cells.codes().map(|found| ClassIdx::new(u32::from(found == code))).collect())
}

fn names(header: &csv::ByteRecord) -> Result<Vec<String>, TableErrorKind> {
    let mut names: Vec<String> = Vec::with_capacity(header.len());
    for (second, name) in header.iter().enumerate() {
        let name = String::from_utf8_lossy(name).trim().to_owned();
        let name = if name.is_empty() { format!("column {}", second + 1) } else { name };
        if let Some(first) = names.iter().position(|other| *other == name) {
            let (first, second) = (first + 1, second + 1);
            return Err(TableErrorKind::DoubledColumn { name, first, second });
        }
        names.push(name);
    }
    Ok(names)
}

fn contents(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    let mut magic = [0; 2];
    let n = file.read(&mut magic)?;
    file.rewind()?;
    let mut text = Vec::new();
    if magic[..n] == [0x1f, 0x8b] {
        flate2::read::MultiGzDecoder::new(BufReader::new(file)).read_to_end(&mut text)?;
    } else {
        file.read_to_end(&mut text)?;
    }
    Ok(text)
}

/// Of comma, semicolon and tab the most frequent in the header, the comma of equals.
fn guessed_delimiter(text: &[u8]) -> u8 {
    let header = text.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let count = |delimiter: u8| header.iter().filter(|&&byte| byte == delimiter).count();
    *b"\t;,".iter().max_by_key(|&&delimiter| count(delimiter)).unwrap_or(&b',')
}

/// The delimiter as a user types it: one character, or `tab`.
#[allow(dead_code, reason = "each example uses some of it")]
pub(crate) fn parse_delimiter(text: &str) -> Result<u8, String> {
    match text.as_bytes() {
        b"tab" | b"\\t" => Ok(b'\t'),
        [byte] if byte.is_ascii() => Ok(*byte),
        _ => Err(format!("expected one character or \"tab\", found {text:?}")),
    }
}
