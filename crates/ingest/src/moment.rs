//! Dates and times read from bytes by a format.

use patronage_core::{Date, Span, Timestamp, UtcOffset};

use crate::zone::{Zone, offset_minutes};

const MONTHS: [&[u8; 3]; 12] = [
    b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec",
];

/// Years before this one are misreadings (a zero date of a spreadsheet, a year typed short).
const FIRST_YEAR: i32 = 1900;

/// A date format, compiled from its `strptime` text.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Format(Vec<Part>);

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Part {
    Literal(u8),
    /// One or more white-space characters.
    Space,
    Year,
    ShortYear,
    /// A number of one or two digits, or of exactly two where digits follow or precede.
    Number(Unit, Digits),
    MonthName,
    /// A fraction of a second with its full stop, if there is one.
    Fraction,
    HalfDay,
    /// `Z`, `+01:00` or `+0100`.
    Offset,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Unit {
    Month,
    Day,
    Hour,
    Hour12,
    Minute,
    Second,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Digits {
    OneOrTwo,
    Two,
}

/// What the formats of a mapping make of a text.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Moment {
    At(Timestamp),
    Unreadable,
    /// Two formats read it as different moments.
    Ambiguous,
}

/// Reads `text` by every format; one reading, or several that agree, make a moment.
pub(crate) fn read(text: &[u8], formats: &[Format], zone: &Zone) -> Moment {
    let mut found = None;
    for format in formats {
        if let Some(at) = format.read(text, zone) {
            match found {
                Some(before) if before != at => return Moment::Ambiguous,
                _ => found = Some(at),
            }
        }
    }
    found.map_or(Moment::Unreadable, Moment::At)
}

impl Format {
    /// Compiles a format that has a year, a month and a day, each once.
    pub(crate) fn new(text: &str) -> Option<Self> {
        let mut parts = Vec::new();
        let mut bytes = text.bytes();
        while let Some(byte) = bytes.next() {
            let number = |unit| Part::Number(unit, Digits::OneOrTwo);
            parts.push(match byte {
                b'%' => match bytes.next()? {
                    b'Y' => Part::Year,
                    b'y' => Part::ShortYear,
                    b'm' => number(Unit::Month),
                    b'd' | b'e' => number(Unit::Day),
                    b'H' => number(Unit::Hour),
                    b'I' => number(Unit::Hour12),
                    b'M' => Part::Number(Unit::Minute, Digits::Two),
                    b'S' => Part::Number(Unit::Second, Digits::Two),
                    b'b' => Part::MonthName,
                    b'f' => Part::Fraction,
                    b'p' => Part::HalfDay,
                    b'z' => Part::Offset,
                    b'%' => Part::Literal(b'%'),
                    _ => return None,
                },
                b' ' => Part::Space,
                literal => Part::Literal(literal),
            });
        }
        let is_digits = |part: Option<&Part>| {
            matches!(part, Some(Part::Year | Part::ShortYear | Part::Number(..)))
        };
        for position in 0..parts.len() {
            let touches = is_digits(parts.get(position + 1))
                || (position > 0 && is_digits(parts.get(position - 1)));
            if let Part::Number(unit, Digits::OneOrTwo) = parts[position]
                && touches
            {
                parts[position] = Part::Number(unit, Digits::Two);
            }
        }
        let count = |wanted: &dyn Fn(&Part) -> bool| parts.iter().filter(|&p| wanted(p)).count();
        let unit = |unit| count(&|p| matches!(p, Part::Number(u, _) if *u == unit));
        let months = unit(Unit::Month) + count(&|p| *p == Part::MonthName);
        let years = count(&|p| matches!(p, Part::Year | Part::ShortYear));
        let halves = count(&|p| *p == Part::HalfDay);
        let complete = years == 1
            && months == 1
            && unit(Unit::Day) == 1
            && unit(Unit::Hour) + unit(Unit::Hour12) <= 1
            && halves == unit(Unit::Hour12);
        complete.then_some(Self(parts))
    }

    fn read(&self, text: &[u8], zone: &Zone) -> Option<Timestamp> {
        let mut rest = text;
        let (mut year, mut month, mut day) = (0, 0, 0);
        let (mut hour, mut minute, mut second, mut fraction) = (0, 0, 0, 0);
        let mut half = None;
        let mut offset = None;
        for part in &self.0 {
            match *part {
                Part::Literal(expected) => {
                    let (&found, after) = rest.split_first()?;
                    if found != expected {
                        return None;
                    }
                    rest = after;
                }
                Part::Space => {
                    let after = rest.trim_ascii_start();
                    if after.len() == rest.len() {
                        return None;
                    }
                    rest = after;
                }
                Part::Year => year = digits(&mut rest, 4, 4)? as i32,
                Part::ShortYear => {
                    let short = digits(&mut rest, 2, 2)? as i32;
                    year = if short < 69 { 2000 + short } else { 1900 + short };
                }
                Part::Number(unit, wanted) => {
                    let least = if wanted == Digits::Two { 2 } else { 1 };
                    let number = digits(&mut rest, least, 2)?;
                    match unit {
                        Unit::Month => month = number,
                        Unit::Day => day = number,
                        Unit::Hour if number < 24 => hour = number,
                        Unit::Hour12 if (1..=12).contains(&number) => hour = number % 12,
                        Unit::Minute if number < 60 => minute = number,
                        Unit::Second if number < 60 => second = number,
                        _ => return None,
                    }
                }
                Part::MonthName => {
                    let (name, after) = rest.split_at_checked(3)?;
                    let position = MONTHS.iter().position(|m| name.eq_ignore_ascii_case(*m))?;
                    month = position as u32 + 1;
                    rest = after;
                }
                Part::Fraction => fraction = micros(&mut rest)?,
                Part::HalfDay => {
                    let (name, after) = rest.split_at_checked(2)?;
                    half = Some(match &name.to_ascii_lowercase()[..] {
                        b"am" => 0,
                        b"pm" => 12,
                        _ => return None,
                    });
                    rest = after;
                }
                Part::Offset => {
                    offset = Some(match rest {
                        b"Z" | b"z" => 0,
                        _ => offset_minutes(rest)?,
                    });
                    rest = &[];
                }
            }
        }
        if !rest.is_empty() || year < FIRST_YEAR || !(1..=31).contains(&day) {
            return None;
        }
        if !(1..=12).contains(&month) || day > patronage_core::days_in_month(year, month) {
            return None;
        }
        let date = Date::new(year, month, day).ok()?;
        let seconds = i64::from((hour + half.unwrap_or(0)) * 3600 + minute * 60 + second);
        let micros = seconds * 1_000_000 + fraction;
        Some(match offset {
            None => zone.instant(date, micros),
            Some(minutes) => {
                use patronage_core::Calendar;
                UtcOffset::minutes_east(minutes).start_of(date) + Span::micros(micros)
            }
        })
    }
}

/// Takes at least `least` and at most `most` digits off the front.
#[inline]
fn digits(rest: &mut &[u8], least: usize, most: usize) -> Option<u32> {
    let mut number = 0;
    let mut length = 0;
    while length < most && length < rest.len() && rest[length].is_ascii_digit() {
        number = number * 10 + u32::from(rest[length] - b'0');
        length += 1;
    }
    *rest = &rest[length..];
    (length >= least).then_some(number)
}

/// Takes an optional fraction of a second off the front; digits beyond the sixth are cut.
fn micros(rest: &mut &[u8]) -> Option<i64> {
    let Some(after) = rest.strip_prefix(b".").or_else(|| rest.strip_prefix(b",")) else {
        return Some(0);
    };
    let length = after.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if !(1..=9).contains(&length) {
        return None;
    }
    let padded = after[..length].iter().copied().chain(std::iter::repeat(b'0')).take(6);
    let number = padded.fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0'));
    *rest = &after[length..];
    Some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(format: &str, text: &str, expected: &str) {
        let format = Format::new(format).unwrap();
        let found = format.read(text.as_bytes(), &Zone::UTC).map(|at| at.to_string());
        assert_eq!(found.unwrap_or_default(), expected, "{text}");
    }

    #[test]
    fn formats_read_what_they_say() {
        for (format, text, expected) in [
            ("%Y-%m-%d %H:%M:%S", "2010-12-01 08:26:00", "2010-12-01T08:26:00Z"),
            ("%m/%d/%Y %H:%M", "12/1/2010 8:26", "2010-12-01T08:26:00Z"),
            ("%d/%m/%Y", "01/02/2010", "2010-02-01T00:00:00Z"),
            ("%Y%m%d", "19970101", "1997-01-01T00:00:00Z"),
            ("%d-%b-%y", "3-Feb-14", "2014-02-03T00:00:00Z"),
            ("%m/%d/%y %I:%M %p", "1/2/99 12:05 PM", "1999-01-02T12:05:00Z"),
            ("%m/%d/%y %I:%M %p", "1/2/99 12:05 am", "1999-01-02T00:05:00Z"),
            ("%Y-%m-%dT%H:%M:%S%f%z", "2020-02-29T01:02:03.5+01:00", "2020-02-29T00:02:03Z"),
            ("%Y-%m-%dT%H:%M:%S%f%z", "2020-02-29T01:02:03Z", "2020-02-29T01:02:03Z"),
            ("%Y-%m-%d", "2021-02-29", ""),
            ("%Y-%m-%d", "2021-13-01", ""),
            ("%Y-%m-%d", "2021-00-01", ""),
            ("%Y-%m-%d", "1899-12-30", ""),
            ("%Y-%m-%d", "2021-01-01 ", ""),
            ("%Y-%m-%d %H:%M", "2021-01-01 24:00", ""),
            ("%Y%m%d", "1997111", ""),
            ("%Y-%m-%d", "", ""),
        ] {
            check(format, text, expected);
        }
    }

    #[test]
    fn incomplete_formats_are_refused() {
        for wrong in ["", "%Y-%m", "%Y-%m-%d %q", "%", "%I %Y-%m-%d", "%Y-%Y-%m-%d"] {
            assert_eq!(Format::new(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn two_readings_that_differ_are_ambiguous() {
        let formats = ["%m/%d/%Y", "%d/%m/%Y"].map(|f| Format::new(f).unwrap());
        let moment = |text: &[u8]| read(text, &formats, &Zone::UTC);
        assert_eq!(moment(b"01/02/2010"), Moment::Ambiguous);
        assert!(matches!(moment(b"13/02/2010"), Moment::At(_)));
        assert!(matches!(moment(b"02/02/2010"), Moment::At(_)));
        assert_eq!(moment(b"31/02/2010"), Moment::Unreadable);
    }
}
