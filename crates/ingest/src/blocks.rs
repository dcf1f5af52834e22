//! A file in blocks of whole records.

use std::io::{self, Read};

use memchr::{memchr_iter, memchr2};

use crate::error::{Error, ErrorKind, io_error};
use crate::quote::Layout;

/// The most bytes of a record; a file without line ends must not be read into memory whole.
const LONGEST_RECORD: usize = 16 << 20;

/// Cuts a file into blocks of whole records, in order.
pub(crate) struct Blocks<'a> {
    pub(crate) name: String,
    source: Box<dyn Read + Send + 'a>,
    pub(crate) layout: Layout,
    size: usize,
    /// Read, and not yet handed out.
    rest: Vec<u8>,
    /// The line on which the rest starts, from 1.
    line: u64,
    number: usize,
    finished: bool,
}

/// One block: its place among the blocks and the line on which it starts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Block {
    pub(crate) number: usize,
    pub(crate) line: u64,
    pub(crate) length: usize,
}

impl<'a> Blocks<'a> {
    /// Reads the start of the file, to see how its lines end.
    pub(crate) fn new(
        name: String,
        source: Box<dyn Read + Send + 'a>,
        mut layout: Layout,
        size: usize,
    ) -> Result<Self, Error> {
        let (rest, line) = (Vec::new(), 1);
        layout.terminator = b'\n';
        let size = size.max(16);
        let mut blocks =
            Self { name, source, layout, size, rest, line, number: 0, finished: false };
        let (mut start, mut length) = (Vec::new(), 0);
        blocks.layout.terminator = loop {
            length = blocks.fill(&mut start, length)?;
            let first = memchr2(b'\n', b'\r', &start[..length]);
            // A carriage return that no line feed follows ends lines by itself.
            match first.map(|at| (start[at], start[..length].get(at + 1))) {
                Some((b'\r', None)) if blocks.finished => break b'\r',
                Some((b'\r', Some(&next))) if next != b'\n' => break b'\r',
                Some((b'\n', _) | (b'\r', Some(_))) => break b'\n',
                _ if blocks.finished => break b'\n',
                _ => {}
            }
        };
        start.truncate(length);
        blocks.rest = start;
        Ok(blocks)
    }

    /// What is at hand of the file's start: whole records, and the rest of the file if it is short.
    pub(crate) fn start(&mut self) -> Result<&[u8], Error> {
        let mut buffer = std::mem::take(&mut self.rest);
        let mut length = buffer.len();
        let mut cut = self.cut(&buffer, length);
        while cut == 0 && !self.finished {
            length = self.fill(&mut buffer, length)?;
            cut = self.cut(&buffer, length);
        }
        buffer.truncate(length);
        self.rest = buffer;
        Ok(&self.rest[..cut])
    }

    /// The line on which what follows starts, from 1.
    pub(crate) const fn line(&self) -> u64 {
        self.line
    }

    /// Drops `length` bytes of the start, which hold `lines` line ends.
    pub(crate) fn skip(&mut self, length: usize, lines: u64) {
        self.rest.drain(..length);
        self.line += lines;
    }

    /// Fills `buffer` with the next block; its length tells how much of the buffer is the block.
    pub(crate) fn next(&mut self, buffer: &mut Vec<u8>) -> Result<Option<Block>, Error> {
        let mut length = self.rest.len();
        if buffer.len() < length {
            buffer.resize(length, 0);
        }
        buffer[..length].copy_from_slice(&self.rest);
        let mut cut = 0;
        if self.finished || length >= self.size / 2 {
            cut = self.cut(buffer, length);
        }
        while cut == 0 && !self.finished {
            length = self.fill(buffer, length)?;
            cut = self.cut(buffer, length);
        }
        self.rest.clear();
        if cut == 0 {
            return Ok(None);
        }
        self.rest.extend_from_slice(&buffer[cut..length]);
        let block = Block { number: self.number, line: self.line, length: cut };
        self.number += 1;
        self.line += memchr_iter(self.layout.terminator, &buffer[..cut]).count() as u64;
        Ok(Some(block))
    }

    /// Whether the whole file is at hand.
    pub(crate) const fn is_read(&self) -> bool {
        self.finished
    }

    fn cut(&self, buffer: &[u8], length: usize) -> usize {
        match self.finished {
            true => length,
            false => self.layout.cut(&buffer[..length]),
        }
    }

    /// Reads until `buffer` holds a block's worth beyond `from`, or the file ends; returns how much it holds.
    fn fill(&mut self, buffer: &mut Vec<u8>, from: usize) -> Result<usize, Error> {
        if from > LONGEST_RECORD {
            let (file, expected) = (self.name.clone(), LONGEST_RECORD);
            return Err(ErrorKind::LongRecord { file, line: self.line, expected }.into());
        }
        // A rest that fills a block is a record longer than one: more than it must be read.
        let wanted = if from < self.size / 2 { self.size } else { from * 2 };
        if buffer.len() < wanted {
            buffer.resize(wanted, 0);
        }
        let mut length = from;
        while length < wanted {
            match self.source.read(&mut buffer[length..wanted]) {
                Ok(0) => {
                    self.finished = true;
                    break;
                }
                Ok(read) => length += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(io_error(&self.name, "read", error)),
            }
        }
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quote::{Delimiter, Syntax};

    fn layout() -> Layout {
        let syntax = Syntax { delimiter: Delimiter::Byte(b','), quote: Some(b'"') };
        Layout { syntax, terminator: b'\n', n_fields: None }
    }

    #[test]
    fn blocks_put_together_are_the_file() {
        let text: String = (0..500).map(|i| format!("{i},\"a\nb{}\",c\n", "x".repeat(i))).collect();
        for size in [16, 100, 1000, 1 << 20] {
            let source = Box::new(text.as_bytes());
            let mut blocks = Blocks::new("test".into(), source, layout(), size).unwrap();
            let (mut together, mut line, mut number) = (Vec::new(), 1, 0);
            let mut buffer = Vec::new();
            while let Some(block) = blocks.next(&mut buffer).unwrap() {
                assert_eq!((block.number, block.line), (number, line));
                let bytes = &buffer[..block.length];
                number += 1;
                line += memchr_iter(b'\n', bytes).count() as u64;
                assert!(bytes.ends_with(b"c\n"), "{}", String::from_utf8_lossy(bytes));
                together.extend_from_slice(bytes);
            }
            assert_eq!(together, text.as_bytes());
        }
    }

    #[test]
    fn a_record_without_end_is_an_error() {
        let source = Box::new(io::repeat(b'a'));
        let error = Blocks::new("endless".into(), source, layout(), 1 << 16).map(drop).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::LongRecord { line: 1, .. }), "{error}");
    }
}
