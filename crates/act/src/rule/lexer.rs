//! A rule's text as tokens.

use std::borrow::Cow;
use std::ops::Range;

use patronage_core::Date;

use crate::error::{Hint, Problem};

/// A token and the bytes it spans.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token<'a> {
    pub(super) kind: Kind<'a>,
    pub(super) span: Range<usize>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind<'a> {
    /// A keyword, in lower case.
    Keyword(&'static str),
    /// An operator or a bracket.
    Mark(&'static str),
    Column(&'a str),
    Text(Cow<'a, str>),
    Number(f64),
    Date(Date),
    End,
}

pub(super) const KEYWORDS: [&str; 9] =
    ["and", "or", "not", "in", "between", "is", "missing", "true", "false"];

/// The longer marks come first, so that `<=` is not read as `<`.
const MARKS: [&str; 15] =
    ["!=", "<=", ">=", "=", "<", ">", "+", "-", "*", "/", "(", ")", "[", "]", ","];

/// Cuts `text` into tokens, [`Kind::End`] last; the error comes with its byte.
pub(super) fn tokens(text: &str) -> Result<Vec<Token<'_>>, (usize, Problem)> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        }
        let (kind, length) = token(&text[at..], first).map_err(|problem| (at, problem))?;
        tokens.push(Token { kind, span: at..at + length });
        at += length;
    }
    tokens.push(Token { kind: Kind::End, span: text.len()..text.len() });
    Ok(tokens)
}

/// The token at the start of `rest` and its length in bytes.
fn token(rest: &str, first: char) -> Result<(Kind<'_>, usize), Problem> {
    match first {
        '"' | '\'' => quoted(rest, first).map(|(text, length)| (Kind::Text(text), length)),
        '`' => match rest[1..].find('`') {
            Some(end) => Ok((Kind::Column(&rest[1..=end]), end + 2)),
            None => Err(unexpected("a column name closed by `", "none")),
        },
        '0'..='9' | '.' => number(rest),
        _ if first.is_alphabetic() || first == '_' => {
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            let word = &rest[..end];
            let keyword = KEYWORDS.iter().find(|keyword| word.eq_ignore_ascii_case(keyword));
            Ok((keyword.map_or(Kind::Column(word), |keyword| Kind::Keyword(keyword)), end))
        }
        _ => {
            let mark = MARKS.iter().find(|mark| rest.starts_with(**mark));
            mark.map(|mark| (Kind::Mark(mark), mark.len()))
                .ok_or_else(|| unexpected("a column, a value or an operator", first))
        }
    }
}

/// Text between quotes; a quote inside is written twice.
fn quoted(rest: &str, quote: char) -> Result<(Cow<'_, str>, usize), Problem> {
    let mut at = 1;
    let mut doubled = false;
    while let Some(end) = rest[at..].find(quote) {
        at += end + 1;
        if !rest[at..].starts_with(quote) {
            let inner = &rest[1..at - 1];
            let text = if doubled {
                let mut pair = String::from(quote);
                pair.push(quote);
                Cow::Owned(inner.replace(&pair, &quote.to_string()))
            } else {
                Cow::Borrowed(inner)
            };
            return Ok((text, at));
        }
        doubled = true;
        at += 1;
    }
    Err(unexpected("text closed by a quote", "none"))
}

/// A date `YYYY-MM-DD`, or a number: digits, a full stop, an exponent; `_` between digits is read over.
fn number(rest: &str) -> Result<(Kind<'_>, usize), Problem> {
    let bytes = rest.as_bytes();
    let digits_from = |from: usize| {
        from + bytes[from..].iter().take_while(|b| b.is_ascii_digit() || **b == b'_').count()
    };
    let dashed = bytes.len() >= 10
        && bytes[..10].iter().enumerate().all(|(i, b)| match i {
            4 | 7 => *b == b'-',
            _ => b.is_ascii_digit(),
        });
    if dashed {
        let date = rest[..10].parse();
        return date
            .map(|date| (Kind::Date(date), 10))
            .map_err(|_| unexpected("a day of the calendar", &rest[..10]));
    }
    let mut end = digits_from(0);
    if bytes.get(end) == Some(&b'.') {
        end = digits_from(end + 1);
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let exponent = digits_from(end + 1 + sign);
        if exponent > end + 1 + sign {
            end = exponent;
        }
    }
    let text = &rest[..end];
    let glued = rest[end..].chars().next().filter(|c| c.is_alphanumeric() || *c == '.');
    let value: Option<f64> = text.replace('_', "").parse().ok().filter(|v: &f64| v.is_finite());
    match (value, glued) {
        (Some(value), None) => Ok((Kind::Number(value), end)),
        _ => {
            let glued = rest[end..].chars().take_while(|c| c.is_alphanumeric() || *c == '.');
            let found: String = text.chars().chain(glued).take(40).collect();
            Err(unexpected("a number or a date as YYYY-MM-DD", found))
        }
    }
}

fn unexpected(expected: &'static str, found: impl ToString) -> Problem {
    Problem::Unexpected { expected, found: found.to_string(), hint: Hint(None) }
}

impl Kind<'_> {
    /// The token in words, for messages.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Keyword(word) => format!("{word:?}"),
            Self::Mark(mark) => format!("{mark:?}"),
            Self::Column(name) => format!("the column {name:?}"),
            Self::Text(text) => format!("the text {text:?}"),
            Self::Number(value) => format!("the number {value}"),
            Self::Date(date) => format!("the date {date}"),
            Self::End => "the end".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<Kind<'_>> {
        tokens(text).unwrap().into_iter().map(|token| token.kind).collect()
    }

    #[test]
    fn tells_dates_numbers_and_subtraction_apart() {
        let date = Date::new(2011, 12, 9).unwrap();
        assert_eq!(kinds("2011-12-09"), [Kind::Date(date), Kind::End]);
        assert_eq!(
            kinds("1_000.5 - .5e1"),
            [Kind::Number(1000.5), Kind::Mark("-"), Kind::Number(5.0), Kind::End]
        );
        assert!(tokens("2011-13-01").is_err());
        for wrong in ["12ab", "1.2.3", "1e999", ".", "5e"] {
            assert!(tokens(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn quotes_double_and_backquotes_name_columns() {
        assert_eq!(
            kinds(r#""Can't" 'Can''t' `order value` AND"#),
            [
                Kind::Text("Can't".into()),
                Kind::Text("Can't".into()),
                Kind::Column("order value"),
                Kind::Keyword("and"),
                Kind::End
            ]
        );
        for wrong in ["\"", "'a", "`a", "\"a\"\"", "§"] {
            assert!(tokens(wrong).is_err(), "{wrong}");
        }
    }
}
