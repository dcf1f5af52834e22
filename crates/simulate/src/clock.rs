//! Simulated days and instants.

use patronage_core::{Calendar, Date, Span, Timestamp, UtcOffset};

const MINUTES_PER_DAY: f64 = 1440.0;
/// The shop is open from eight to eight.
const OPENS: f64 = 480.0;
const OPEN_MINUTES: f64 = 720.0;

/// Days since the start, as numbers, and the instants they stand for.
///
/// Whole days are midnights; within a day time runs in opening hours only, so that order is kept
/// and nobody buys at night.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    pub(crate) start: Date,
}

impl Clock {
    /// The instant of a purchase at `days`, to the minute.
    pub(crate) fn instant(self, days: f64) -> Timestamp {
        // Who leaves in a thousand years leaves late enough.
        let days = days.min(365_000.0);
        // A whole minute that went through `days` comes back as itself.
        let minute = (OPENS + days.fract() * OPEN_MINUTES + 1e-6).floor();
        self.midnight(days.floor() as i32) + Span::micros(minute as i64 * 60_000_000)
    }

    fn midnight(self, day: i32) -> Timestamp {
        UtcOffset::UTC.start_of(self.start.plus_days(day))
    }

    /// The days of an instant; inverse of [`instant`](Self::instant) to the minute.
    pub(crate) fn days(self, instant: Timestamp) -> f64 {
        let date = UtcOffset::UTC.date(instant);
        let minutes = (instant - UtcOffset::UTC.start_of(date)).as_days() * MINUTES_PER_DAY;
        f64::from(date - self.start) + ((minutes - OPENS) / OPEN_MINUTES).clamp(0.0, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_and_days_agree_to_the_minute() {
        let clock = Clock { start: Date::new(2023, 1, 2).unwrap() };
        assert_eq!(clock.instant(0.0).to_string(), "2023-01-02T08:00:00Z");
        assert_eq!(clock.instant(1.5).to_string(), "2023-01-03T14:00:00Z");
        for step in 0..5000 {
            let days = f64::from(step) * 0.0137;
            assert!((clock.days(clock.instant(days)) - days).abs() <= 1.0 / 720.0 + 1e-8);
            let instant = clock.instant(days);
            assert_eq!(clock.instant(clock.days(instant)), instant);
        }
        assert_eq!(clock.days(clock.midnight(17)), 17.0);
    }
}
