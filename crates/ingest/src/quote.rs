//! Where quoted fields and records end: the one authority for the reader's blocks and its rows.
//!
//! A quote opens a field only where the field starts; elsewhere it is an ordinary character. A
//! doubled quote inside is one quote. A quoted field may span lines. Its quote counts as never
//! closed, and the line it opens on is set aside alone, when
//! - no closing quote follows within [`LONGEST`] bytes or before the end of the file,
//! - something other than a delimiter or the end of a line follows the closing quote, or
//! - one of the further lines it spans would alone have as many fields as the header, so that
//!   it rather swallows records than holds them.

use memchr::{memchr, memchr_iter, memrchr};

/// The most bytes of a quoted field.
pub(crate) const LONGEST: usize = 1 << 16;

/// What stands between fields.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Delimiter {
    Byte(u8),
    /// Runs of blanks and tabs; those at either end of a line mean nothing.
    Whitespace,
}

/// What stands between fields and around them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Syntax {
    pub(crate) delimiter: Delimiter,
    pub(crate) quote: Option<u8>,
}

/// A syntax with what the file at hand adds to it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout {
    pub(crate) syntax: Syntax,
    /// What ends a line: a line feed (a carriage return before it is cut), or a carriage return.
    pub(crate) terminator: u8,
    /// The number of fields of a record, once it is known.
    pub(crate) n_fields: Option<usize>,
}

/// Whether more of the file follows the bytes at hand.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Rest {
    None,
    Follows,
}

/// Where a quoted field closes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Close {
    At(usize),
    Never,
    /// The bytes at hand do not tell.
    Beyond,
}

impl Layout {
    /// Where the quote at `open`, which starts a field, is closed.
    pub(crate) fn close(&self, bytes: &[u8], open: usize, quote: u8, rest: Rest) -> Close {
        let Delimiter::Byte(delimiter) = self.syntax.delimiter else { return Close::Never };
        let limit = bytes.len().min(open + 1 + LONGEST);
        let at_end = if limit == open + 1 + LONGEST || rest == Rest::None {
            Close::Never
        } else {
            Close::Beyond
        };
        let ran_out = |close| if rest == Rest::None { close } else { Close::Beyond };
        let mut from = open + 1;
        loop {
            let Some(found) = bytes.get(from..limit).and_then(|bytes| memchr(quote, bytes)) else {
                return at_end;
            };
            let close = from + found;
            let closed = match bytes.get(close + 1) {
                Some(&next) if next == quote => {
                    from = close + 2;
                    continue;
                }
                None => ran_out(Close::At(close)),
                Some(&next) if next == delimiter || next == self.terminator => Close::At(close),
                Some(b'\r') => match bytes.get(close + 2) {
                    None => ran_out(Close::At(close)),
                    Some(&next) if next == self.terminator => Close::At(close),
                    Some(_) => Close::Never,
                },
                Some(_) => Close::Never,
            };
            return match closed {
                Close::At(close) => self.unless_swallowing(bytes, open, close, delimiter, rest),
                other => other,
            };
        }
    }

    /// `close`, unless a line the field spans would be a record of its own.
    fn unless_swallowing(
        &self,
        bytes: &[u8],
        open: usize,
        close: usize,
        delimiter: u8,
        rest: Rest,
    ) -> Close {
        // Lines of one or two fields resemble any text.
        let Some(n_fields) = self.n_fields.filter(|&n_fields| n_fields > 2) else {
            return Close::At(close);
        };
        let mut start = open;
        while let Some(found) = memchr(self.terminator, &bytes[start..close]) {
            start += found + 1;
            let end = match memchr(self.terminator, &bytes[start..]) {
                Some(found) => start + found,
                None if rest == Rest::Follows => return Close::Beyond,
                None => bytes.len(),
            };
            if memchr_iter(delimiter, &bytes[start..end]).count() + 1 == n_fields {
                return Close::Never;
            }
        }
        Close::At(close)
    }

    /// The end of the last whole record of `bytes`, which start with a record; `0` if there is none.
    pub(crate) fn cut(&self, bytes: &[u8]) -> usize {
        let last = |from: usize, to: usize| {
            memrchr(self.terminator, &bytes[from..to]).map(|found| from + found + 1)
        };
        let (Some(quote), Delimiter::Byte(delimiter)) = (self.syntax.quote, self.syntax.delimiter)
        else {
            return last(0, bytes.len()).unwrap_or(0);
        };
        // Outside any quoted field at `position`; the last record so far ends at `best`.
        let (mut position, mut best) = (0, 0);
        loop {
            let Some(found) = memchr(quote, &bytes[position..]) else {
                return last(position, bytes.len()).unwrap_or(best);
            };
            let open = position + found;
            best = last(position, open).unwrap_or(best);
            let before = open.checked_sub(1).map(|before| bytes[before]);
            if before.is_some_and(|before| before != delimiter && before != self.terminator) {
                position = open + 1;
                continue;
            }
            match self.close(bytes, open, quote, Rest::Follows) {
                Close::At(close) => position = close + 1,
                Close::Never => match memchr(self.terminator, &bytes[open..]) {
                    Some(found) => {
                        position = open + found + 1;
                        best = position;
                    }
                    None => return best,
                },
                Close::Beyond => return best,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CSV: Layout = Layout {
        syntax: Syntax { delimiter: Delimiter::Byte(b','), quote: Some(b'"') },
        terminator: b'\n',
        n_fields: Some(3),
    };

    fn close(text: &str, rest: Rest) -> Close {
        CSV.close(text.as_bytes(), 0, b'"', rest)
    }

    #[test]
    fn quotes_close_before_a_delimiter_or_the_end_of_a_line() {
        for text in ["\"a\"", "\"a\",b", "\"a\"\nb", "\"a\"\r\nb"] {
            assert_eq!(close(text, Rest::None), Close::At(2), "{text}");
        }
        assert_eq!(close("\"a\"\"b\",c", Rest::None), Close::At(5));
        assert_eq!(close("\"a\" b,c", Rest::None), Close::Never);
        assert_eq!(close("\"a", Rest::None), Close::Never);
    }

    #[test]
    fn what_is_not_at_hand_is_not_guessed() {
        for text in ["\"a", "\"a\"", "\"a\"\r", "\"a\nb\",c"] {
            assert_eq!(close(text, Rest::Follows), Close::Beyond, "{text}");
        }
    }

    #[test]
    fn a_field_that_swallows_records_is_not_closed() {
        assert_eq!(close("\"a\nx,y,z\nb\",c,d\n", Rest::None), Close::Never);
        assert_eq!(close("\"a\nx y z\nb\",c,d\n", Rest::None), Close::Never);
        assert_eq!(close("\"a\nx y z\nb\",c\n", Rest::None), Close::At(10));
    }

    #[test]
    fn a_long_field_is_not_closed() {
        let text = format!("\"{}\",b", "a".repeat(LONGEST));
        assert_eq!(close(&text, Rest::Follows), Close::Never);
        let text = format!("\"{}\",b", "a".repeat(LONGEST - 1));
        assert_eq!(close(&text, Rest::Follows), Close::At(LONGEST));
    }

    #[test]
    fn blocks_end_with_a_record() {
        for (text, expected) in [
            ("a,b,c\nd,e", "a,b,c\n"),
            ("a,\"b\nc\",d\ne", "a,\"b\nc\",d\n"),
            ("a,\"b\nc", ""),
            ("a,5\",c\nd,6\",f\n", "a,5\",c\nd,6\",f\n"),
            ("a,\"b,c\nd,e,f\ng,\"h\"i,j\nk", "a,\"b,c\nd,e,f\ng,\"h\"i,j\n"),
            ("", ""),
        ] {
            assert_eq!(&text[..CSV.cut(text.as_bytes())], expected, "{text:?}");
        }
    }
}
