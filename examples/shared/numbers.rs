//! Columns of numbers from a delimited text file.

use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::path::Path;

use ndarray::Array2;
use patronage::core::{BoxError, Column, FeatureTable, Schema};

/// Rows whose cells are all numbers, and what became of the others.
pub(crate) struct Numbers {
    pub(crate) table: FeatureTable,
    /// The line of the file on which each row of the table stands.
    pub(crate) lines: Vec<u64>,
    /// The id of each row, where a column of ids was asked for.
    pub(crate) ids: Vec<String>,
    pub(crate) n_read: u64,
    /// How many rows were left out, and the first reason.
    pub(crate) set_aside: Option<(u64, String)>,
}

/// Reads the columns of these names from a file with a header: comma, semicolon or tab between
/// cells, plain or gzip, in UTF-8 or not.
///
/// Rows with a cell that is no finite number are set aside and counted. `id` names a column of text
/// that says whose each row is.
pub(crate) fn read(path: &Path, columns: &[String], id: Option<&str>) -> Result<Numbers, BoxError> {
    let shown = path.display();
    let mut file = File::open(path).map_err(|error| format!("{shown}: {error}"))?;
    let mut magic = [0; 2];
    let n = file.read(&mut magic)?;
    file.rewind()?;
    let mut text = Vec::new();
    let done = if magic[..n] == [0x1f, 0x8b] {
        flate2::read::MultiGzDecoder::new(BufReader::new(file)).read_to_end(&mut text)
    } else {
        file.read_to_end(&mut text)
    };
    done.map_err(|error| format!("{shown}: {error}"))?;
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&text);
    let header = text.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let delimiter = *b",;\t"
        .iter()
        .max_by_key(|&&delimiter| {
            (header.iter().filter(|&&byte| byte == delimiter).count(), delimiter == b',')
        })
        .unwrap_or(&b',');
    let mut reader =
        csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(text);
    let names: Vec<String> = reader
        .byte_headers()?
        .iter()
        .map(|name| String::from_utf8_lossy(name).trim().to_owned())
        .collect();
    let position_of = |column: &str| {
        names.iter().position(|name| name == column).ok_or_else(|| {
            format!("{shown}: expected a column {column:?}, found {}", names.join(", "))
        })
    };
    let positions =
        columns.iter().map(|column| position_of(column)).collect::<Result<Vec<_>, _>>()?;
    let id = id.map(position_of).transpose()?;
    let (mut cells, mut lines, mut ids) = (Vec::new(), Vec::new(), Vec::new());
    let (mut n_read, mut n_aside, mut first) = (0, 0, None);
    let mut record = csv::ByteRecord::new();
    while reader.read_byte_record(&mut record)? {
        n_read += 1;
        let line = record.position().map_or(0, csv::Position::line);
        let kept = cells.len();
        for (&position, name) in positions.iter().zip(columns) {
            let cell = String::from_utf8_lossy(record.get(position).unwrap_or_default());
            match cell.trim().parse::<f64>() {
                Ok(number) if number.is_finite() => cells.push(number),
                _ => {
                    cells.truncate(kept);
                    n_aside += 1;
                    first.get_or_insert_with(|| {
                        format!("line {line}, column {name:?}: expected a number, found {cell:?}")
                    });
                    break;
                }
            }
        }
        if cells.len() > kept {
            lines.push(line);
            ids.extend(id.map(|id| {
                String::from_utf8_lossy(record.get(id).unwrap_or_default()).trim().to_owned()
            }));
        }
    }
    let schema = Schema::new(columns.iter().map(|name| Column::number(name.as_str())))?;
    let rows = Array2::from_shape_vec((lines.len(), columns.len()), cells)?;
    let table = FeatureTable::new(schema, rows)?;
    Ok(Numbers { table, lines, ids, n_read, set_aside: first.map(|first| (n_aside, first)) })
}
