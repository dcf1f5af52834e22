//! Orders on the local clock.

use patronage_core::{Calendar, Date, Lines, OrderIdx, Timestamp};

const MICROS_PER_HOUR: i64 = 3_600_000_000;

/// Local days, looked up once for neighbouring instants.
#[derive(Clone, Copy)]
pub(crate) struct LocalClock<'a> {
    calendar: &'a dyn Calendar,
    date: Date,
    start: Timestamp,
    next: Timestamp,
}

impl std::fmt::Debug for LocalClock<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LocalClock").field("date", &self.date).finish_non_exhaustive()
    }
}

impl<'a> LocalClock<'a> {
    pub(crate) fn new(calendar: &'a dyn Calendar) -> Self {
        // An empty day: the first look-up replaces it.
        let start = Timestamp::MAX;
        Self { calendar, date: Date::default(), start, next: Timestamp::MIN }
    }

    /// The local date of an instant.
    pub(crate) fn date(&mut self, at: Timestamp) -> Date {
        if at < self.start || at >= self.next {
            self.date = self.calendar.date(at);
            self.start = self.calendar.start_of(self.date);
            self.next = self.calendar.start_of(self.date.plus_days(1));
        }
        self.date
    }

    /// The local date and the hour on the clock, `0..=23`.
    ///
    /// On the two days a year that are an hour longer or shorter, hours are counted back from the
    /// next midnight: right from the change of the clock on, and that is before the morning.
    pub(crate) fn date_and_hour(&mut self, at: Timestamp) -> (Date, u8) {
        let date = self.date(at);
        let left = (self.next - at).as_micros().max(1);
        let hour = 24 - (left - 1) / MICROS_PER_HOUR - 1;
        (date, hour.clamp(0, 23) as u8)
    }
}

/// The first instant of each distinct order of a history, in order of time.
pub(crate) fn order_times(lines: Lines<'_>, orders: &mut Vec<(OrderIdx, Timestamp)>) {
    orders.clear();
    orders.extend(lines.orders().iter().copied().zip(lines.at().iter().copied()));
    orders.dedup_by_key(|order| order.0);
    // The earliest line of an order comes first, so that the others go.
    orders.sort_unstable();
    orders.dedup_by_key(|order| order.0);
    orders.sort_unstable_by_key(|&(order, at)| (at, order));
}

#[cfg(test)]
mod tests {
    use super::*;
    use patronage_core::{Span, UtcOffset};

    /// A zone whose 10th day has 23 hours and whose 20th has 25.
    struct Summer;

    impl Summer {
        fn shift(day: i32) -> i64 {
            if day > 10 && day <= 20 { -1 } else { 0 }
        }
    }

    impl Calendar for Summer {
        fn date(&self, instant: Timestamp) -> Date {
            let day = UtcOffset::UTC.date(instant);
            let next = day.plus_days(1);
            if instant >= self.start_of(next) { next } else { day }
        }

        fn start_of(&self, date: Date) -> Timestamp {
            UtcOffset::UTC.start_of(date) + Span::micros(Self::shift(date.days()) * MICROS_PER_HOUR)
        }
    }

    #[test]
    fn hours_are_those_on_the_clock() {
        let mut clock = LocalClock::new(&Summer);
        let hours = |day: i32, hour: i64| {
            UtcOffset::UTC.start_of(Date::from_days(day)) + Span::micros(hour * MICROS_PER_HOUR)
        };
        for (day, hour, expected) in [(5, 0, (5, 0)), (5, 23, (5, 23)), (15, 10, (15, 11))] {
            let found = clock.date_and_hour(hours(day, hour));
            assert_eq!((found.0.days(), found.1), expected);
        }
        // Ten hours of universal time are eleven on the clock once it is summer.
        assert_eq!(clock.date_and_hour(hours(10, 10)).1, 11);
        assert_eq!(clock.date_and_hour(hours(20, 12)).1, 12);
        let zone = UtcOffset::minutes_east(330);
        let mut clock = LocalClock::new(&zone);
        let at = hours(3, 20);
        assert_eq!(clock.date_and_hour(at), (Date::from_days(4), 1));
        assert_eq!(clock.date_and_hour(at - Span::micros(1)), (Date::from_days(4), 1));
        assert_eq!(clock.date_and_hour(at - Span::micros(1_800_000_001)), (Date::from_days(4), 0));
    }

    #[test]
    fn an_order_is_as_old_as_its_first_line() {
        let at = [1, 2, 3, 4].map(Timestamp::from_seconds);
        let orders = [7, 3, 7, 3].map(OrderIdx::new);
        let lines = Lines::new(&at, &orders, None, &[1.0; 4], &[patronage_core::Money::ZERO; 4]);
        let mut found = Vec::new();
        order_times(lines, &mut found);
        assert_eq!(found, [(OrderIdx::new(7), at[0]), (OrderIdx::new(3), at[1])]);
    }
}
