//! Dates and instants against a calendar that counts day by day, and against Python's.

use patronage_core::{Calendar, Date, Span, Timestamp, UtcOffset, Window, days_in_month};
use proptest::prelude::*;

/// Days from 1970-01-01 to the first of January, one year at a time.
fn days_to_year(year: i32) -> i64 {
    let length = |year: i32| if days_in_month(year, 2) == 29 { 366 } else { 365 };
    if year >= 1970 {
        (1970..year).map(length).sum()
    } else {
        -(year..1970).map(length).sum::<i64>()
    }
}

#[test]
fn agrees_with_another_calendar() {
    // Python 3: `date(y, m, d).toordinal() - date(1970, 1, 1).toordinal()` and `.weekday()`.
    for (text, days, weekday) in [
        ("0001-01-01", -719_162, 0),
        ("1582-10-15", -141_427, 4),
        ("1900-03-01", -25_508, 3),
        ("1969-12-31", -1, 2),
        ("2000-02-29", 11_016, 1),
        ("2024-12-31", 20_088, 1),
        ("2400-02-29", 157_113, 1),
        ("9999-12-31", 2_932_896, 4),
    ] {
        let date: Date = text.parse().unwrap();
        assert_eq!((date.days(), date.weekday()), (days, weekday), "{text}");
        assert_eq!(date.to_string(), text);
    }
}

#[test]
fn what_is_no_date_is_refused() {
    for text in [
        "",
        "2011-12-1",
        "2011-12-100",
        "2011/12/10",
        "11-12-2010",
        "2011-13-01",
        "2011-00-10",
        "2011-02-29",
        "2011-04-31",
        "2011-12-00",
        "+011-12-10",
        "2011-12-1 ",
        " 2011-12-1",
        "２０11-1-1",
        "-001-01-01",
    ] {
        assert!(text.parse::<Date>().is_err(), "{text:?}");
    }
    assert!(Date::new(10_000, 1, 1).is_err());
    assert!(Date::new(-9_999, 1, 1).is_ok());
}

#[test]
fn an_offset_is_loaded_within_its_range() {
    let loaded: UtcOffset = serde_json::from_str("99999").unwrap();
    assert_eq!(loaded, UtcOffset::minutes_east(1080));
    let zone = UtcOffset::minutes_east(-300);
    assert_eq!(serde_json::to_string(&zone).unwrap(), "-300");
}

proptest! {
    #[test]
    fn days_count(year in -9_999_i32..=9_999, month in 1_u32..=12, day in 1_u32..=31) {
        let date = Date::new(year, month, day);
        prop_assert_eq!(date.is_ok(), day <= days_in_month(year, month));
        if let Ok(date) = date {
            let months: u32 = (1..month).map(|month| days_in_month(year, month)).sum();
            let expected = days_to_year(year) + i64::from(months) + i64::from(day) - 1;
            prop_assert_eq!(i64::from(date.days()), expected);
            prop_assert_eq!(date.ymd(), (year, month, day));
            prop_assert_eq!(date.first_of_month().ymd(), (year, month, 1));
            if year >= 0 {
                prop_assert_eq!(date.to_string().parse::<Date>().unwrap(), date);
            }
        }
    }

    #[test]
    fn any_day_has_a_civil_date(days: i32) {
        let date = Date::from_days(days);
        let (year, month, day) = date.ymd();
        prop_assert!((1..=12).contains(&month) && (1..=days_in_month(year, month)).contains(&day));
        prop_assert_eq!(date.weekday(), (days.rem_euclid(7) as u32 + 3) % 7);
    }

    #[test]
    fn any_text_is_read_or_refused(text in ".{0,12}") {
        if let Ok(date) = text.parse::<Date>() {
            prop_assert_eq!(date.to_string(), text);
        }
    }

    #[test]
    fn a_calendar_day_starts_where_the_one_before_ends(days in -10_000_000_i32..10_000_000, minutes: i32) {
        let calendar = UtcOffset::minutes_east(minutes);
        let date = Date::from_days(days);
        let start = calendar.start_of(date);
        prop_assert_eq!(calendar.date(start), date);
        prop_assert_eq!(calendar.date(start - Span::micros(1)), date.plus_days(-1));
        prop_assert_eq!(calendar.start_of(date.plus_days(1)) - start, Span::days(1));
    }

    #[test]
    fn arithmetic_saturates(instant: i64, span: i64) {
        let (at, by) = (Timestamp::from_micros(instant), Span::micros(span));
        prop_assert_eq!((at + by).micros(), instant.saturating_add(span));
        prop_assert_eq!((at - by).micros(), instant.saturating_sub(span));
        prop_assert_eq!((at - Timestamp::from_micros(span)).as_micros(), instant.saturating_sub(span));
        // Any instant can be shown, and lies on some day.
        prop_assert!(!at.to_string().is_empty());
    }

    #[test]
    fn a_window_holds_its_start_and_not_its_end(start in -100_i64..100, end in -100_i64..100, at in -100_i64..100) {
        let window = Window { start: Timestamp::from_micros(start), end: Timestamp::from_micros(end) };
        prop_assert_eq!(window.contains(Timestamp::from_micros(at)), start <= at && at < end);
    }
}
