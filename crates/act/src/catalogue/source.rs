//! Where in the file something stands.

use std::ops::Range;

use crate::error::{Error, ErrorKind, Problem};

/// The text of a catalogue, for turning bytes into lines and columns.
#[derive(Clone, Copy, Debug)]
pub(super) struct Source<'a>(pub(super) &'a str);

impl<'a> Source<'a> {
    /// The line and the character in it of a byte, both from 1.
    pub(super) fn place(self, byte: usize) -> (usize, usize) {
        let mut byte = byte.min(self.0.len());
        while !self.0.is_char_boundary(byte) {
            byte -= 1;
        }
        let before = &self.0[..byte];
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        (before.matches('\n').count() + 1, before[start..].chars().count() + 1)
    }

    pub(super) fn line(self, byte: usize) -> usize {
        self.place(byte).0
    }

    pub(super) fn error(self, byte: usize, problem: Problem) -> Error {
        let (line, column) = self.place(byte);
        ErrorKind::Catalogue { line, column, problem }.into()
    }

    /// The text a value was written as, cut to a length fit for messages.
    pub(super) fn excerpt(self, span: Range<usize>) -> String {
        let text = self.0.get(span).unwrap_or_default();
        let line: Vec<&str> = text.split_whitespace().collect();
        let line = line.join(" ");
        if line.chars().count() <= 60 {
            return line;
        }
        line.chars().take(57).chain("...".chars()).collect()
    }

    /// The byte of the file that byte `within` of a string value came from.
    ///
    /// Exact where the value is written as it reads; where it holds escapes, the start of the value.
    pub(super) fn byte_in_string(self, span: &Range<usize>, value: &str, within: usize) -> usize {
        let raw = self.0.get(span.clone()).unwrap_or_default();
        for quote in ["\"\"\"", "'''", "\"", "'"] {
            let inner = raw.strip_prefix(quote).and_then(|raw| raw.strip_suffix(quote));
            let Some(inner) = inner else { continue };
            let skipped = inner.len() - inner.trim_start_matches(['\r', '\n']).len();
            for skip in [0, skipped] {
                if &inner[skip..] == value {
                    return span.start + quote.len() + skip + within;
                }
            }
        }
        span.start
    }
}
