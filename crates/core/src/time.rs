//! Instants, spans and calendar dates, without a clock.

use std::fmt;
use std::ops::{Add, Sub};

use crate::error::{Error, ErrorKind};

const MICROS_PER_SECOND: i64 = 1_000_000;
const MICROS_PER_DAY: i64 = 86_400 * MICROS_PER_SECOND;

/// An instant: microseconds since 1970-01-01T00:00:00Z.
///
/// Covers about ± 292,000 years. Arithmetic saturates at the ends of that range.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize), serde(transparent))]
pub struct Timestamp(i64);

impl Timestamp {
    /// The earliest instant.
    pub const MIN: Self = Self(i64::MIN);
    /// The latest instant.
    pub const MAX: Self = Self(i64::MAX);

    /// The instant `micros` microseconds after the epoch.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// The instant `seconds` seconds after the epoch, saturating.
    #[must_use]
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(MICROS_PER_SECOND))
    }

    /// Microseconds since the epoch.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }
}

/// A signed length of time in microseconds; a day is 24 hours.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize), serde(transparent))]
pub struct Span(i64);

impl Span {
    /// `days` times 24 hours, saturating.
    #[must_use]
    pub const fn days(days: i64) -> Self {
        Self(days.saturating_mul(MICROS_PER_DAY))
    }

    /// `micros` microseconds.
    #[must_use]
    pub const fn micros(micros: i64) -> Self {
        Self(micros)
    }

    /// The length in microseconds.
    #[must_use]
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// The length in days of 24 hours.
    #[must_use]
    pub fn as_days(self) -> f64 {
        self.0 as f64 / MICROS_PER_DAY as f64
    }
}

impl Add<Span> for Timestamp {
    type Output = Self;

    fn add(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

impl Sub<Span> for Timestamp {
    type Output = Self;

    fn sub(self, span: Span) -> Self {
        Self(self.0.saturating_sub(span.0))
    }
}

impl Sub for Timestamp {
    type Output = Span;

    fn sub(self, earlier: Self) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }
}

impl fmt::Display for Timestamp {
    /// ISO 8601 in UTC, to the second: `2011-12-09T12:50:00Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let date = UtcOffset::UTC.date(*self);
        let second = self.0.rem_euclid(MICROS_PER_DAY) / MICROS_PER_SECOND;
        write!(f, "{date}T{:02}:{:02}:{:02}Z", second / 3600, second / 60 % 60, second % 60)
    }
}

/// A calendar date in the proleptic Gregorian calendar: days since 1970-01-01.
///
/// ```
/// use patronage_core::Date;
///
/// let date = Date::new(2011, 12, 10)?;
/// assert_eq!(date - Date::new(2010, 12, 2)?, 373);
/// assert_eq!(date.to_string(), "2011-12-10");
/// assert_eq!("2011-12-10".parse::<Date>()?, date);
/// # Ok::<(), patronage_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize), serde(transparent))]
pub struct Date(i32);

impl Date {
    /// The date of a civil year, month `1..=12` and day `1..=31`; years `-9999..=9999`.
    ///
    /// # Errors
    ///
    /// When there is no such day.
    pub fn new(year: i32, month: u32, day: u32) -> Result<Self, Error> {
        let fail = || ErrorKind::NoSuchDate { year, month, day };
        if !(-9999..=9999).contains(&year) || !(1..=12).contains(&month) {
            return Err(fail().into());
        }
        if day < 1 || day > days_in_month(year, month) {
            return Err(fail().into());
        }
        // Counts from 1 March, so that the leap day is the last of its year.
        let shifted = i64::from(year) - i64::from(month <= 2);
        let era = shifted.div_euclid(400);
        let year_of_era = shifted.rem_euclid(400);
        let month_from_march = i64::from((month + 9) % 12);
        let day_of_year = (153 * month_from_march + 2) / 5 + i64::from(day) - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        Ok(Self((era * 146_097 + day_of_era - 719_468) as i32))
    }

    /// The date `days` days after 1970-01-01.
    #[must_use]
    pub const fn from_days(days: i32) -> Self {
        Self(days)
    }

    /// Days since 1970-01-01.
    #[must_use]
    pub const fn days(self) -> i32 {
        self.0
    }

    /// Year, month `1..=12` and day `1..=31`.
    #[must_use]
    pub fn ymd(self) -> (i32, u32, u32) {
        let days = i64::from(self.0) + 719_468;
        let era = days.div_euclid(146_097);
        let day_of_era = days.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = (day_of_year - (153 * month_from_march + 2) / 5 + 1) as u32;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        (year as i32, month as u32, day)
    }

    /// The date `days` days later, saturating.
    #[must_use]
    pub const fn plus_days(self, days: i32) -> Self {
        Self(self.0.saturating_add(days))
    }

    /// The first day of the date's month.
    #[must_use]
    pub fn first_of_month(self) -> Self {
        let (_, _, day) = self.ymd();
        self.plus_days(1 - day as i32)
    }

    /// The day of the week, Monday `0` to Sunday `6`.
    #[must_use]
    pub const fn weekday(self) -> u32 {
        // 1970-01-01 was a Thursday.
        (self.0 as i64 + 3).rem_euclid(7) as u32
    }
}

/// Days of a month `1..=12` in the proleptic Gregorian calendar.
#[must_use]
pub const fn days_in_month(year: i32, month: u32) -> u32 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl Sub for Date {
    type Output = i32;

    /// Whole days from `earlier` to `self`, saturating.
    fn sub(self, earlier: Self) -> i32 {
        self.0.saturating_sub(earlier.0)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.ymd();
        if f.width().is_some() {
            let sign = if year < 0 { "-" } else { "" };
            f.pad(&format!("{sign}{:04}-{month:02}-{day:02}", year.unsigned_abs()))
        } else if year < 0 {
            write!(f, "-{:04}-{month:02}-{day:02}", -year)
        } else {
            write!(f, "{year:04}-{month:02}-{day:02}")
        }
    }
}

impl std::str::FromStr for Date {
    type Err = Error;

    /// Reads `YYYY-MM-DD`.
    fn from_str(text: &str) -> Result<Self, Error> {
        let fail = || Error::from(ErrorKind::NotADate { found: text.to_owned() });
        let bytes = text.as_bytes();
        if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
            return Err(fail());
        }
        let number = |range: std::ops::Range<usize>| {
            let digits = &bytes[range];
            digits
                .iter()
                .all(u8::is_ascii_digit)
                .then(|| digits.iter().fold(0u32, |sum, digit| sum * 10 + u32::from(digit - b'0')))
        };
        match (number(0..4), number(5..7), number(8..10)) {
            (Some(year), Some(month), Some(day)) => Self::new(year as i32, month, day),
            _ => Err(fail()),
        }
    }
}

/// A rule that says which calendar date an instant falls on: a time zone.
///
/// `core` ships the fixed offset; crates that know the zone database implement the rest.
/// Outsiders may implement it.
pub trait Calendar: Send + Sync {
    /// The local calendar date at `instant`.
    fn date(&self, instant: Timestamp) -> Date;

    /// The first instant of the local calendar date.
    fn start_of(&self, date: Date) -> Timestamp;
}

impl<C: Calendar + ?Sized> Calendar for &C {
    fn date(&self, instant: Timestamp) -> Date {
        (**self).date(instant)
    }

    fn start_of(&self, date: Date) -> Timestamp {
        (**self).start_of(date)
    }
}

impl<C: Calendar + ?Sized> Calendar for Box<C> {
    fn date(&self, instant: Timestamp) -> Date {
        (**self).date(instant)
    }

    fn start_of(&self, date: Date) -> Timestamp {
        (**self).start_of(date)
    }
}

impl<C: Calendar + ?Sized> Calendar for std::sync::Arc<C> {
    fn date(&self, instant: Timestamp) -> Date {
        (**self).date(instant)
    }

    fn start_of(&self, date: Date) -> Timestamp {
        (**self).start_of(date)
    }
}

/// A fixed distance from UTC, in minutes east.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(from = "i32", into = "i32")
)]
pub struct UtcOffset(i32);

impl UtcOffset {
    /// UTC itself.
    pub const UTC: Self = Self(0);

    /// An offset of `minutes` east of UTC, clamped to ± 18 hours.
    #[must_use]
    pub const fn minutes_east(minutes: i32) -> Self {
        if minutes > 1080 {
            Self(1080)
        } else if minutes < -1080 {
            Self(-1080)
        } else {
            Self(minutes)
        }
    }
}

impl From<i32> for UtcOffset {
    /// As [`minutes_east`](UtcOffset::minutes_east).
    fn from(minutes: i32) -> Self {
        Self::minutes_east(minutes)
    }
}

impl From<UtcOffset> for i32 {
    /// Minutes east of UTC.
    fn from(offset: UtcOffset) -> Self {
        offset.0
    }
}

impl Calendar for UtcOffset {
    fn date(&self, instant: Timestamp) -> Date {
        let local = instant.0.saturating_add(i64::from(self.0) * 60 * MICROS_PER_SECOND);
        Date(local.div_euclid(MICROS_PER_DAY) as i32)
    }

    fn start_of(&self, date: Date) -> Timestamp {
        Timestamp(
            i64::from(date.0)
                .saturating_mul(MICROS_PER_DAY)
                .saturating_sub(i64::from(self.0) * 60 * MICROS_PER_SECOND),
        )
    }
}

/// A half-open stretch of time: `start` belongs to it, `end` does not.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct Window {
    /// The first instant inside.
    pub start: Timestamp,
    /// The first instant after.
    pub end: Timestamp,
}

impl Window {
    /// Whether `instant` lies inside.
    #[must_use]
    pub fn contains(self, instant: Timestamp) -> bool {
        self.start <= instant && instant < self.end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_of_four_centuries_round_trips() {
        let first = Date::new(1600, 1, 1).unwrap();
        for offset in 0..146_097 * 2 {
            let date = first.plus_days(offset);
            let (year, month, day) = date.ymd();
            assert_eq!(Date::new(year, month, day).unwrap(), date);
        }
    }

    #[test]
    fn known_dates() {
        assert_eq!(Date::new(1970, 1, 1).unwrap().days(), 0);
        assert_eq!(Date::new(2000, 3, 1).unwrap().days(), 11_017);
        assert_eq!(Date::new(2026, 11, 21).unwrap().weekday(), 5);
        assert!(Date::new(1900, 2, 29).is_err());
        assert!(Date::new(2000, 2, 29).is_ok());
    }

    #[test]
    fn an_offset_moves_midnight() {
        let zone = UtcOffset::minutes_east(-300);
        let date = Date::new(2020, 5, 17).unwrap();
        let midnight = zone.start_of(date);
        assert_eq!(zone.date(midnight), date);
        assert_eq!(zone.date(midnight - Span::micros(1)), date.plus_days(-1));
        assert_eq!(midnight.to_string(), "2020-05-17T05:00:00Z");
    }
}
