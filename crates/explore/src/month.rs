//! Calendar months, and which of them a run of instants falls into.

use std::fmt;

use patronage_core::{Calendar, Date, Purchases, Timestamp, days_in_month};

use crate::error::{Error, ErrorKind};
use crate::scan::histories;

/// The most months a table by month may have: two hundred years.
pub(crate) const MONTHS_LIMIT: usize = 2_400;

/// A calendar month.
///
/// ```
/// use patronage_explore::Month;
///
/// let month = Month::of(patronage_core::Date::new(2010, 12, 9)?);
/// assert_eq!(month.to_string(), "2010-12");
/// assert_eq!(month.plus(1).to_string(), "2011-01");
/// assert_eq!(month.plus(3) - month, 3);
/// # Ok::<(), patronage_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Month(i32);

impl Month {
    /// The month that holds `date`.
    #[must_use]
    pub fn of(date: Date) -> Self {
        let (year, month, _) = date.ymd();
        Self(year.saturating_mul(12).saturating_add(month as i32 - 1))
    }

    /// The year.
    #[must_use]
    pub const fn year(self) -> i32 {
        self.0.div_euclid(12)
    }

    /// The month of the year, `1..=12`.
    #[must_use]
    pub const fn month(self) -> u32 {
        self.0.rem_euclid(12) as u32 + 1
    }

    /// The month `months` later, saturating.
    #[must_use]
    pub const fn plus(self, months: i32) -> Self {
        Self(self.0.saturating_add(months))
    }
}

impl std::ops::Sub for Month {
    type Output = i32;

    /// Months from `earlier` to `self`, saturating.
    fn sub(self, earlier: Self) -> i32 {
        self.0.saturating_sub(earlier.0)
    }
}

impl fmt::Display for Month {
    /// ISO 8601 to the month: `2010-12`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.year() < 0 { "-" } else { "" };
        write!(f, "{sign}{:04}-{:02}", self.year().unsigned_abs(), self.month())
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Month {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// How much of a month lies before the as-of.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum Observed {
    /// All of it.
    Whole,
    /// It was still running at the as-of: its figures will grow.
    Part,
}

/// The months from the first purchase to the month that holds the last instant before the as-of.
pub(crate) struct MonthAxis {
    first: Month,
    /// The first instant of each month.
    starts: Vec<Timestamp>,
    /// Whether the last month ended by the as-of.
    last: Observed,
}

impl MonthAxis {
    /// `None` when nobody bought anything before `as_of`.
    pub(crate) fn new(
        purchases: &dyn Purchases,
        calendar: &dyn Calendar,
        as_of: Timestamp,
    ) -> Result<Option<Self>, Error> {
        let earliest =
            histories(purchases, as_of).filter_map(|(_, lines)| lines.at().first().copied()).min();
        let Some(earliest) = earliest else { return Ok(None) };
        let mut date = calendar.date(earliest).first_of_month();
        let first = Month::of(date);
        let mut starts = vec![calendar.start_of(date)];
        let last = loop {
            let (year, month, _) = date.ymd();
            let next = date.plus_days(days_in_month(year, month) as i32);
            let start = calendar.start_of(next);
            if start >= as_of || next == date {
                break if start == as_of { Observed::Whole } else { Observed::Part };
            }
            if starts.len() == MONTHS_LIMIT {
                let (limit, found) = (MONTHS_LIMIT, MONTHS_LIMIT + 1);
                return Err(ErrorKind::LongPeriod { limit, found }.into());
            }
            starts.push(start);
            date = next;
        };
        Ok(Some(Self { first, starts, last }))
    }

    pub(crate) fn first(&self) -> Month {
        self.first
    }

    pub(crate) fn len(&self) -> usize {
        self.starts.len()
    }

    pub(crate) fn month(&self, position: usize) -> Month {
        self.first.plus(position as i32)
    }

    pub(crate) fn observed(&self, position: usize) -> Observed {
        if position + 1 == self.len() { self.last } else { Observed::Whole }
    }

    /// The position of the month of `at`.
    pub(crate) fn find(&self, at: Timestamp) -> usize {
        self.starts.partition_point(|&start| start <= at).saturating_sub(1)
    }

    /// The position of the month of `at`, which is not before that of an earlier instant at `from`.
    #[inline]
    pub(crate) fn advance(&self, mut from: usize, at: Timestamp) -> usize {
        while self.starts.get(from + 1).is_some_and(|&start| start <= at) {
            from += 1;
        }
        from
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_before_year_one_have_names_too() {
        let month = Month::of(Date::new(-44, 3, 15).unwrap());
        assert_eq!((month.year(), month.month(), month.to_string().as_str()), (-44, 3, "-0044-03"));
        assert_eq!(Month::of(Date::new(0, 1, 1).unwrap()).plus(-1).to_string(), "-0001-12");
    }
}
