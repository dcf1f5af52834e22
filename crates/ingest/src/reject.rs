//! The rows set aside, as a file.

use std::fmt;
use std::io::Write;

use crate::error::{Error, io_error};
use crate::reason::Reasons;

/// The first line of the file.
pub(crate) const HEADER: &[u8] = b"line,reasons,raw\n";

/// Where the rows set aside go.
pub enum Rejected<'s> {
    /// They are counted, and nothing more.
    Count,
    /// They are written as CSV, `line,reasons,raw`, in the order of the file, while it is read:
    /// the line on which the row starts, from 1; all its [reasons](crate::Reason) in their fixed
    /// order, joined by `+`; its text as one quoted field (bytes that are no text as U+FFFD).
    Write(&'s mut (dyn Write + Send)),
}

impl Rejected<'_> {
    pub(crate) fn write(&mut self, text: &[u8]) -> Result<(), Error> {
        match self {
            Self::Count => Ok(()),
            Self::Write(sink) => sink.write_all(text).map_err(failed),
        }
    }

    pub(crate) fn flush(&mut self) -> Result<(), Error> {
        match self {
            Self::Count => Ok(()),
            Self::Write(sink) => sink.flush().map_err(failed),
        }
    }
}

fn failed(error: std::io::Error) -> Error {
    io_error("the rows set aside", "write", error)
}

impl fmt::Debug for Rejected<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Count => "Count",
            Self::Write(_) => "Write(..)",
        })
    }
}

/// Renders rows set aside.
#[derive(Debug, Default)]
pub(crate) struct RejectWriter {
    /// The last reasons written, and their text: most rows share them with the one before.
    last: (Reasons, String),
}

impl RejectWriter {
    /// Writes line, reasons, and the row's text as one quoted field.
    pub(crate) fn write(&mut self, out: &mut Vec<u8>, line: u64, reasons: Reasons, raw: &[u8]) {
        if self.last.0 != reasons {
            self.last = (reasons, reasons.to_string());
        }
        write!(out, "{line},{},\"", self.last.1).expect("a vector takes any bytes");
        let raw = String::from_utf8_lossy(raw);
        for (position, part) in raw.split('"').enumerate() {
            if position > 0 {
                out.extend_from_slice(b"\"\"");
            }
            out.extend_from_slice(part.as_bytes());
        }
        out.extend_from_slice(b"\"\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reason::Reason;

    #[test]
    fn the_text_of_a_row_is_one_field() {
        let (mut writer, mut out) = (RejectWriter::default(), Vec::new());
        writer.write(&mut out, 7, Reason::Ragged.into(), b"a,\"b\"\"c\",\xff");
        writer.write(&mut out, 8, Reason::Ragged.into(), b"");
        let expected = "7,ragged,\"a,\"\"b\"\"\"\"c\"\",\u{fffd}\"\n8,ragged,\"\"\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}
