//! Bytes in any encoding become UTF-8.

use std::borrow::Cow;
use std::io::{self, Read};

/// How a file writes its characters.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Encoding {
    /// A byte order mark decides, else UTF-8; lines that are not UTF-8 are windows-1252.
    Auto,
    /// UTF-8; rows that are not are set aside.
    Utf8,
    Other(&'static encoding_rs::Encoding),
}

impl Encoding {
    /// The encoding of a label, or `auto`.
    pub(crate) fn new(label: &str) -> Option<Self> {
        if label.eq_ignore_ascii_case("auto") {
            return Some(Self::Auto);
        }
        let encoding = match label.to_ascii_lowercase().as_str() {
            // The common way to write it, which the standard's list lacks.
            "latin-1" => encoding_rs::WINDOWS_1252,
            _ => encoding_rs::Encoding::for_label(label.as_bytes())?,
        };
        let replacement = encoding == encoding_rs::REPLACEMENT;
        match encoding == encoding_rs::UTF_8 {
            true => Some(Self::Utf8),
            false => (!replacement).then_some(Self::Other(encoding)),
        }
    }
}

/// Reads UTF-8, or bytes meant to be UTF-8, from a file in any encoding; a byte order mark is honoured and dropped.
///
/// Returns the reader and what is left to check line by line.
pub(crate) fn decoded<'a>(
    mut source: Box<dyn Read + Send + 'a>,
    encoding: Encoding,
) -> io::Result<(Box<dyn Read + Send + 'a>, Encoding)> {
    let mut start = Vec::new();
    source.by_ref().take(3).read_to_end(&mut start)?;
    let (encoding, mark) = match encoding_rs::Encoding::for_bom(&start) {
        Some((found, length)) if found == encoding_rs::UTF_8 => (Encoding::Utf8, length),
        Some((found, length)) => (Encoding::Other(found), length),
        None => (encoding, 0),
    };
    start.drain(..mark);
    let source: Box<dyn Read + Send + 'a> = match start.is_empty() {
        true => source,
        false => Box::new(io::Cursor::new(start).chain(source)),
    };
    match encoding {
        Encoding::Other(other) => Ok((Box::new(Transcoded::new(source, other)), Encoding::Utf8)),
        Encoding::Auto | Encoding::Utf8 => Ok((source, encoding)),
    }
}

/// UTF-8 from another encoding; characters the encoding does not have become U+FFFD.
struct Transcoded<R> {
    source: R,
    decoder: encoding_rs::Decoder,
    raw: Vec<u8>,
    text: Vec<u8>,
    read: usize,
    finished: bool,
}

impl<R: Read> Transcoded<R> {
    fn new(source: R, encoding: &'static encoding_rs::Encoding) -> Self {
        let decoder = encoding.new_decoder_without_bom_handling();
        let (raw, text) = (vec![0; 1 << 16], Vec::new());
        Self { source, decoder, raw, text, read: 0, finished: false }
    }

    fn refill(&mut self) -> io::Result<()> {
        let length = loop {
            match self.source.read(&mut self.raw) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => break result?,
            }
        };
        self.finished = length == 0;
        let room = self.decoder.max_utf8_buffer_length(length).unwrap_or(length * 3 + 16);
        self.text.resize(room, 0);
        let (_, _, written, _) =
            self.decoder.decode_to_utf8(&self.raw[..length], &mut self.text, self.finished);
        self.text.truncate(written);
        self.read = 0;
        Ok(())
    }
}

impl<R: Read> Read for Transcoded<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.read == self.text.len() && !self.finished {
            self.refill()?;
        }
        let length = out.len().min(self.text.len() - self.read);
        out[..length].copy_from_slice(&self.text[self.read..self.read + length]);
        self.read += length;
        Ok(length)
    }
}

/// The bytes with every line that is not UTF-8 read as windows-1252, and the number of such lines.
///
/// Both encodings agree on the ASCII characters, so that fields and records stay where they are.
pub(crate) fn repaired(bytes: &[u8], terminator: u8) -> (Cow<'_, [u8]>, u64) {
    if std::str::from_utf8(bytes).is_ok() {
        return (Cow::Borrowed(bytes), 0);
    }
    let mut text = Vec::with_capacity(bytes.len() + bytes.len() / 8);
    let mut lines = 0;
    for line in bytes.split_inclusive(|&byte| byte == terminator) {
        if std::str::from_utf8(line).is_ok() {
            text.extend_from_slice(line);
        } else {
            let (decoded, _) = encoding_rs::WINDOWS_1252.decode_without_bom_handling(line);
            text.extend_from_slice(decoded.as_bytes());
            lines += 1;
        }
    }
    (Cow::Owned(text), lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8], encoding: &str) -> (String, Encoding) {
        let encoding = Encoding::new(encoding).unwrap();
        let (mut reader, left) = decoded(Box::new(bytes), encoding).unwrap();
        let mut text = Vec::new();
        reader.read_to_end(&mut text).unwrap();
        (String::from_utf8_lossy(&text).into_owned(), left)
    }

    #[test]
    fn byte_order_marks_are_honoured_and_dropped() {
        assert_eq!(read(b"\xef\xbb\xbfab", "auto"), ("ab".into(), Encoding::Utf8));
        assert_eq!(read(b"\xff\xfea\0\xa3\0", "utf-8"), ("a£".into(), Encoding::Utf8));
        assert_eq!(read(b"\xfe\xff\0a", "auto"), ("a".into(), Encoding::Utf8));
        assert_eq!(read(b"a", "auto"), ("a".into(), Encoding::Auto));
        assert_eq!(read(b"", "auto"), ("".into(), Encoding::Auto));
    }

    #[test]
    fn labels() {
        assert_eq!(read(b"\xa3 \x80", "latin-1"), ("£ €".into(), Encoding::Utf8));
        assert_eq!(read(b"\x83e", "shift_jis").0, "テ");
        assert_eq!(Encoding::new("UTF8"), Some(Encoding::Utf8));
        assert_eq!(Encoding::new("klingon"), None);
        assert_eq!(Encoding::new("iso-2022-kr"), None);
    }

    #[test]
    fn broken_lines_alone_are_repaired() {
        let (text, lines) = repaired("é\n".as_bytes(), b'\n');
        assert_eq!((lines, text.as_ref()), (0, "é\n".as_bytes()));
        let (text, lines) = repaired(b"\xc3\xa9\n\xa3\nx", b'\n');
        assert_eq!((lines, text.as_ref()), (1, "é\n£\nx".as_bytes()));
    }
}
