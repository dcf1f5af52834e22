//! Time zones of files.

use patronage_core::{Calendar, Date, Span, Timestamp, UtcOffset};

/// The time zone in which a file writes its dates: a [`Calendar`].
///
/// Read from text as `UTC`, an offset such as `+01:00`, or (feature `tz`) a name such as
/// `Europe/London`. A local time that a change of the clocks skips is read an hour later, one that
/// it repeats as the first of the two.
///
/// ```
/// use patronage_core::{Calendar, Date};
/// use patronage_ingest::Zone;
///
/// let zone: Zone = "-05:00".parse()?;
/// let midnight = zone.start_of(Date::new(2020, 5, 17)?);
/// assert_eq!(midnight.to_string(), "2020-05-17T05:00:00Z");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Zone(Kind);

#[derive(Clone, Debug, PartialEq)]
enum Kind {
    Fixed(UtcOffset),
    #[cfg(feature = "tz")]
    Named(jiff::tz::TimeZone),
}

/// A text that names no time zone.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("expected a time zone such as UTC, +01:00 or Europe/London{}, found {found:?}", hint())]
pub struct ZoneError {
    /// The text.
    pub found: String,
}

const fn hint() -> &'static str {
    if cfg!(feature = "tz") { "" } else { " (names need the feature `tz`)" }
}

impl Zone {
    /// Coordinated universal time.
    pub const UTC: Self = Self(Kind::Fixed(UtcOffset::UTC));

    /// The instant at which the clocks of this zone show `micros` microseconds after midnight of `date`.
    pub(crate) fn instant(&self, date: Date, micros: i64) -> Timestamp {
        match &self.0 {
            Kind::Fixed(offset) => offset.start_of(date) + Span::micros(micros),
            #[cfg(feature = "tz")]
            Kind::Named(zone) => named::instant(zone, date, micros),
        }
    }
}

impl From<UtcOffset> for Zone {
    fn from(offset: UtcOffset) -> Self {
        Self(Kind::Fixed(offset))
    }
}

impl Calendar for Zone {
    fn date(&self, instant: Timestamp) -> Date {
        match &self.0 {
            Kind::Fixed(offset) => offset.date(instant),
            #[cfg(feature = "tz")]
            Kind::Named(zone) => named::date(zone, instant),
        }
    }

    fn start_of(&self, date: Date) -> Timestamp {
        self.instant(date, 0)
    }
}

impl std::str::FromStr for Zone {
    type Err = ZoneError;

    fn from_str(text: &str) -> Result<Self, ZoneError> {
        let text = text.trim();
        if text.eq_ignore_ascii_case("utc") || text == "Z" {
            return Ok(Self::UTC);
        }
        if let Some(minutes) = offset_minutes(text.as_bytes()) {
            return Ok(Self(Kind::Fixed(UtcOffset::minutes_east(minutes))));
        }
        #[cfg(feature = "tz")]
        if let Ok(zone) = jiff::tz::TimeZone::get(text) {
            return Ok(Self(Kind::Named(zone)));
        }
        Err(ZoneError { found: text.to_owned() })
    }
}

/// Minutes east of UTC of `+01:00`, `-0530` or `+01`, at most eighteen hours.
pub(crate) fn offset_minutes(text: &[u8]) -> Option<i32> {
    let (sign, rest) = match text {
        [b'+', rest @ ..] => (1, rest),
        [b'-', rest @ ..] => (-1, rest),
        _ => return None,
    };
    let two = |a: u8, b: u8| {
        (a.is_ascii_digit() && b.is_ascii_digit())
            .then(|| i32::from(a - b'0') * 10 + i32::from(b - b'0'))
    };
    let (hours, minutes) = match *rest {
        [a, b] => (two(a, b)?, 0),
        [a, b, c, d] | [a, b, b':', c, d] => (two(a, b)?, two(c, d)?),
        _ => return None,
    };
    let total = hours * 60 + minutes;
    (minutes < 60 && total <= 1080).then_some(sign * total)
}

#[cfg(feature = "tz")]
mod named {
    use jiff::civil;
    use jiff::tz::TimeZone;
    use patronage_core::{Calendar, Date, Span, Timestamp, UtcOffset};

    /// The zone's distance from UTC at `instant`; instants beyond the range of jiff take that of its ends.
    fn offset_micros(zone: &TimeZone, instant: Timestamp) -> i64 {
        let clamped = instant
            .micros()
            .clamp(jiff::Timestamp::MIN.as_microsecond(), jiff::Timestamp::MAX.as_microsecond());
        let instant = jiff::Timestamp::from_microsecond(clamped).unwrap_or_default();
        i64::from(zone.to_offset(instant).seconds()) * 1_000_000
    }

    pub(super) fn date(zone: &TimeZone, instant: Timestamp) -> Date {
        UtcOffset::UTC.date(instant + Span::micros(offset_micros(zone, instant)))
    }

    pub(super) fn instant(zone: &TimeZone, date: Date, micros: i64) -> Timestamp {
        let utc = UtcOffset::UTC.start_of(date) + Span::micros(micros);
        let civil_time = || {
            let (year, month, day) = date.ymd();
            let date = civil::Date::new(
                i16::try_from(year).ok()?,
                i8::try_from(month).ok()?,
                i8::try_from(day).ok()?,
            );
            date.ok()?
                .to_datetime(civil::Time::midnight())
                .checked_add(jiff::SignedDuration::from_micros(micros))
                .ok()
        };
        civil_time()
            .and_then(|local| zone.to_timestamp(local).ok())
            .map(|instant| Timestamp::from_micros(instant.as_microsecond()))
            .unwrap_or_else(|| utc - Span::micros(offset_micros(zone, utc)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_are_read() {
        for (text, minutes) in [("+01:00", 60), ("-0530", -330), ("+14", 840)] {
            let zone: Zone = text.parse().unwrap();
            assert_eq!(zone, Zone::from(UtcOffset::minutes_east(minutes)), "{text}");
        }
        for wrong in ["", "+1", "+25:00", "01:00", "Mars/Olympus"] {
            let error = wrong.parse::<Zone>().unwrap_err();
            assert_eq!(error.found, wrong);
        }
    }

    #[cfg(feature = "tz")]
    #[test]
    fn a_named_zone_knows_summer_time() {
        let zone: Zone = "Europe/London".parse().unwrap();
        let (winter, summer) = (Date::new(2011, 1, 5).unwrap(), Date::new(2011, 7, 5).unwrap());
        assert_eq!(zone.start_of(winter).to_string(), "2011-01-05T00:00:00Z");
        assert_eq!(zone.start_of(summer).to_string(), "2011-07-04T23:00:00Z");
        for date in [winter, summer] {
            let midnight = zone.start_of(date);
            assert_eq!(zone.date(midnight), date);
            assert_eq!(zone.date(midnight - Span::micros(1)), date.plus_days(-1));
        }
        // 27 March 2011, 01:30 does not exist in London; it is read as 02:30 summer time.
        let skipped = zone.instant(Date::new(2011, 3, 27).unwrap(), 5_400_000_000);
        assert_eq!(skipped.to_string(), "2011-03-27T01:30:00Z");
    }

    #[cfg(feature = "tz")]
    #[test]
    fn the_ends_of_time_do_not_panic() {
        let zone: Zone = "America/New_York".parse().unwrap();
        for instant in [Timestamp::MIN, Timestamp::MAX] {
            let _ = zone.start_of(zone.date(instant));
        }
    }
}
