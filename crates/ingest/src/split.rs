//! Records and their fields.

use memchr::memchr;

use crate::marks;
use crate::quote::{Close, Delimiter, Layout, Rest};

/// A field: a range of the bytes at hand, without its quotes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field {
    pub(crate) start: u32,
    pub(crate) end: u32,
}

impl Field {
    #[inline]
    fn new(start: usize, end: usize) -> Self {
        Self { start: start as u32, end: end as u32 }
    }

    #[inline]
    pub(crate) fn of(self, bytes: &[u8]) -> &[u8] {
        &bytes[self.start as usize..self.end as usize]
    }
}

/// Whether a record splits into fields.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Fault {
    None,
    /// A quote that is never closed; the fields are not to be used.
    Quote,
}

/// One record: its text without the end of its last line, and the line it starts on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Record {
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// Counted from 0 within the bytes at hand.
    pub(crate) line: u64,
    pub(crate) fault: Fault,
    /// Whether a quoted field holds a quote, still doubled in its text.
    pub(crate) doubled: bool,
}

/// The records of some bytes that start and end with whole records; blank lines are none.
#[derive(Debug)]
pub(crate) struct Records<'a> {
    bytes: &'a [u8],
    layout: Layout,
    marks: &'a [u32],
    position: usize,
    line: u64,
}

impl<'a> Records<'a> {
    /// Looks for everything with a meaning in `bytes`; `marks` is scratch space.
    pub(crate) fn new(bytes: &'a [u8], layout: Layout, marks: &'a mut Vec<u32>) -> Self {
        if let Delimiter::Byte(delimiter) = layout.syntax.delimiter {
            let quote = layout.syntax.quote.unwrap_or(delimiter);
            marks::find(bytes, [delimiter, layout.terminator, quote], marks);
        }
        Self { bytes, layout, marks, position: 0, line: 0 }
    }

    /// The next record, and its fields in `fields`.
    #[inline]
    pub(crate) fn next(&mut self, fields: &mut Vec<Field>) -> Option<Record> {
        loop {
            if self.position >= self.bytes.len() {
                return None;
            }
            let record = match self.layout.syntax.delimiter {
                Delimiter::Byte(delimiter) => self.delimited(delimiter, fields),
                Delimiter::Whitespace => self.blank_separated(fields),
            };
            let blank = match self.layout.syntax.delimiter {
                Delimiter::Byte(_) => record.start == record.end,
                Delimiter::Whitespace => fields.is_empty(),
            };
            if !blank {
                return Some(record);
            }
        }
    }

    /// Where the next record starts, in bytes.
    pub(crate) const fn position(&self) -> usize {
        self.position
    }

    /// The line on which the next record starts, from 0.
    pub(crate) const fn line(&self) -> u64 {
        self.line
    }

    #[inline]
    fn delimited(&mut self, delimiter: u8, fields: &mut Vec<Field>) -> Record {
        let (bytes, terminator) = (self.bytes, self.layout.terminator);
        let (start, line) = (self.position, self.line);
        let mut record =
            Record { start, end: bytes.len(), line, fault: Fault::None, doubled: false };
        let mut field = start;
        let mut marks = self.marks;
        fields.clear();
        loop {
            let Some((&mark, after)) = marks.split_first() else {
                // The last record of a file may lack the end of its line.
                self.position = bytes.len();
                break;
            };
            let mark = mark as usize;
            let byte = bytes[mark];
            marks = after;
            if byte == delimiter {
                fields.push(Field::new(field, mark));
                field = mark + 1;
            } else if byte == terminator {
                self.line += 1;
                self.position = mark + 1;
                record.end = mark;
                break;
            } else if mark == field {
                match self.layout.close(bytes, mark, byte, Rest::None) {
                    Close::At(close) => {
                        let inside = &bytes[mark + 1..close];
                        record.doubled |= memchr(byte, inside).is_some();
                        let (skipped, lines) = self.count(marks, close, terminator);
                        self.line += lines;
                        marks = &marks[skipped..];
                        // What follows is a delimiter, the end of the line or of the bytes.
                        let next = marks.first().map(|&next| next as usize);
                        match next.filter(|&next| bytes[next] == delimiter) {
                            Some(next) => {
                                fields.push(Field::new(mark + 1, close));
                                field = next + 1;
                                marks = &marks[1..];
                            }
                            None => {
                                fields.push(Field::new(mark + 1, close));
                                self.finish_line(next, &mut record);
                                self.marks = next.map_or(marks, |_| &marks[1..]);
                                return record;
                            }
                        }
                    }
                    Close::Never | Close::Beyond => {
                        record.fault = Fault::Quote;
                        let end = memchr(terminator, &bytes[mark..]).map(|found| mark + found);
                        self.finish_line(end, &mut record);
                        let position = self.position as u32;
                        let skipped = marks.partition_point(|&mark| mark < position);
                        self.marks = &marks[skipped..];
                        return record;
                    }
                }
            }
        }
        self.marks = marks;
        self.trim_return(&mut record);
        fields.push(Field::new(field.min(record.end), record.end));
        record
    }

    /// How many marks lie at or before `close`, and how many of them end a line.
    fn count(&self, marks: &[u32], close: usize, terminator: u8) -> (usize, u64) {
        let mut lines = 0;
        for (position, &mark) in marks.iter().enumerate() {
            if mark as usize > close {
                return (position, lines);
            }
            lines += u64::from(self.bytes[mark as usize] == terminator);
        }
        (marks.len(), lines)
    }

    /// Ends the record at the end of a line, or of the bytes.
    fn finish_line(&mut self, end: Option<usize>, record: &mut Record) {
        match end {
            Some(end) => {
                self.line += 1;
                self.position = end + 1;
                record.end = end;
            }
            None => self.position = self.bytes.len(),
        }
        self.trim_return(record);
    }

    /// Cuts the carriage return before a line feed.
    #[inline]
    fn trim_return(&self, record: &mut Record) {
        if self.layout.terminator == b'\n'
            && record.end > record.start
            && self.bytes[record.end - 1] == b'\r'
        {
            record.end -= 1;
        }
    }

    fn blank_separated(&mut self, fields: &mut Vec<Field>) -> Record {
        let (start, line) = (self.position, self.line);
        let mut record =
            Record { start, end: self.bytes.len(), line, fault: Fault::None, doubled: false };
        let end = memchr(self.layout.terminator, &self.bytes[start..]).map(|found| start + found);
        self.finish_line(end, &mut record);
        fields.clear();
        let is_blank = |byte: u8| matches!(byte, b' ' | b'\t');
        let mut field = None;
        for position in start..record.end {
            match (is_blank(self.bytes[position]), field) {
                (false, None) => field = Some(position),
                (true, Some(from)) => {
                    fields.push(Field::new(from, position));
                    field = None;
                }
                _ => {}
            }
        }
        if let Some(from) = field {
            fields.push(Field::new(from, record.end));
        }
        record
    }
}

/// Writes the fields of a record to `scratch` with doubled quotes made single, and points them there.
#[cold]
pub(crate) fn undouble(bytes: &[u8], quote: u8, fields: &mut [Field], scratch: &mut Vec<u8>) {
    scratch.clear();
    for field in fields {
        let (text, start) = (field.of(bytes), scratch.len());
        // Only quoted fields, whose text follows a quote, hold doubled quotes.
        let quoted = field.start > 0 && bytes[field.start as usize - 1] == quote;
        let mut previous = false;
        for &byte in text {
            previous = quoted && byte == quote && !previous;
            if !previous {
                scratch.push(byte);
            }
        }
        *field = Field::new(start, scratch.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quote::Syntax;

    fn layout(delimiter: Delimiter, n_fields: usize) -> Layout {
        let syntax = Syntax { delimiter, quote: Some(b'"') };
        Layout { syntax, terminator: b'\n', n_fields: Some(n_fields) }
    }

    /// Each record as `line:field|field`, or `line:!raw` where a quote is never closed.
    fn split(text: &str, layout: Layout) -> Vec<String> {
        let (mut marks, mut fields, mut scratch) = (Vec::new(), Vec::new(), Vec::new());
        let mut records = Records::new(text.as_bytes(), layout, &mut marks);
        let mut found = Vec::new();
        while let Some(record) = records.next(&mut fields) {
            let line = record.line + 1;
            if record.fault == Fault::Quote {
                found.push(format!("{line}:!{}", &text[record.start..record.end]));
                continue;
            }
            let mut base = text.as_bytes();
            if record.doubled {
                undouble(base, b'"', &mut fields, &mut scratch);
                base = &scratch;
            }
            let texts: Vec<_> =
                fields.iter().map(|field| String::from_utf8_lossy(field.of(base))).collect();
            found.push(format!("{line}:{}", texts.join("|")));
        }
        assert_eq!(records.position(), text.len());
        found
    }

    #[test]
    fn csv() {
        let csv = layout(Delimiter::Byte(b','), 3);
        for (text, expected) in [
            ("a,b,c\n1,2,3\n", vec!["1:a|b|c", "2:1|2|3"]),
            ("a,b,c\r\n\r\n1,2,3", vec!["1:a|b|c", "3:1|2|3"]),
            ("a,\"b,\"\"x\"\"\",\"c\"\nd\n", vec!["1:a|b,\"x\"|c", "2:d"]),
            ("a,\"b\nx\",c\nd,,\n", vec!["1:a|b\nx|c", "3:d||"]),
            ("a,\"b,c\nd,e,f\n", vec!["1:!a,\"b,c", "2:d|e|f"]),
            ("a,5\",c\"\n", vec!["1:a|5\"|c\""]),
            ("\"a\"\r\n\"\"\r\n", vec!["1:a", "2:"]),
            ("a,\"\"", vec!["1:a|"]),
            (",", vec!["1:|"]),
            ("\"", vec!["1:!\""]),
            ("\n\n", vec![]),
        ] {
            assert_eq!(split(text, csv), expected, "{text:?}");
        }
    }

    #[test]
    fn runs_of_blanks() {
        let blanks = layout(Delimiter::Whitespace, 2);
        let found = split(" a \t b\r\n   \n c  \"d\"", blanks);
        assert_eq!(found, ["1:a|b", "3:c|\"d\""]);
    }
}
