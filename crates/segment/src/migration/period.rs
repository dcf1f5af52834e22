//! How far apart the dates of a history are.

use patronage_core::{Date, days_in_month};

use super::problem::MigrationProblem;
use crate::error::{Error, ErrorKind};

/// What one step of a chain is.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub enum Period {
    /// Found from the dates: equal calendar months or, failing that, equal days.
    #[default]
    Detect,
    /// So many days, at least 1.
    Days(u32),
    /// So many calendar months, at least 1: the same day of the month, or the last of a month that
    /// has no such day.
    Months(u32),
    /// From each date to the next, however far it is.
    AsGiven,
}

impl Period {
    /// Checks the dates, of which there are at least two, and says what a period is where that was
    /// to be found.
    pub(super) fn resolve(self, dates: &[Date]) -> Result<Self, Error> {
        let (first, second) = (dates[0], dates[1]);
        match self {
            Self::AsGiven => Ok(self),
            Self::Days(0) | Self::Months(0) => {
                let (name, expected) = ("period", "at least 1 day or month");
                Err(ErrorKind::Parameter { name, expected, found: 0.0 }.into())
            }
            Self::Days(_) | Self::Months(_) => match self.unequal(dates) {
                Some(problem) => Err(problem.into()),
                None => Ok(self),
            },
            Self::Detect => {
                // Months first: from July to September they are equal days too.
                let months = Self::Months(month_of(second).abs_diff(month_of(first)));
                let days = Self::Days((second - first) as u32);
                let anchor = anchor_of(dates);
                let monthly =
                    months != Self::Months(0) && dates.iter().all(|&date| is_regular(date, anchor));
                match (months.unequal(dates), days.unequal(dates)) {
                    (None, _) if monthly => Ok(months),
                    (_, None) => Ok(days),
                    (Some(problem), _) if monthly => Err(problem.into()),
                    (_, Some(problem)) => Err(problem.into()),
                }
            }
        }
    }

    /// The first pair of dates that are not one period apart.
    fn unequal(self, dates: &[Date]) -> Option<MigrationProblem> {
        let anchor = anchor_of(dates);
        let pair = dates.windows(2).find(|pair| !self.apart(pair[0], pair[1], anchor))?;
        let (from, to) = (pair[0], pair[1]);
        Some(MigrationProblem::UnequalPeriods {
            from,
            to,
            expected: self.to_string(),
            found: to - from,
        })
    }

    fn apart(self, from: Date, to: Date, anchor: u32) -> bool {
        match self {
            Self::Days(days) => i64::from(to - from) == i64::from(days),
            Self::Months(months) => {
                i64::from(month_of(to)) - i64::from(month_of(from)) == i64::from(months)
                    && is_regular(from, anchor)
                    && is_regular(to, anchor)
            }
            Self::Detect | Self::AsGiven => true,
        }
    }

    /// The date so many periods after the last, where a period has a length.
    pub(super) fn after(self, dates: &[Date], periods: u32) -> Option<Date> {
        let last = *dates.last()?;
        match self {
            Self::Days(days) => {
                let days = i32::try_from(u64::from(days) * u64::from(periods)).ok()?;
                Some(last.plus_days(days))
            }
            Self::Months(months) => {
                let steps = i32::try_from(u64::from(months) * u64::from(periods)).ok()?;
                let month = month_of(last).checked_add(steps)?;
                let (year, month) = (month.div_euclid(12), month.rem_euclid(12) as u32 + 1);
                let anchor = anchor_of(dates);
                Date::new(year, month, anchor.min(days_in_month(year, month))).ok()
            }
            Self::Detect | Self::AsGiven => None,
        }
    }
}

impl std::fmt::Display for Period {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Detect => f.write_str("equal days or months"),
            Self::Days(1) => f.write_str("1 day"),
            Self::Days(days) => write!(f, "{days} days"),
            Self::Months(1) => f.write_str("1 calendar month"),
            Self::Months(months) => write!(f, "{months} calendar months"),
            Self::AsGiven => f.write_str("the dates as given"),
        }
    }
}

/// The day of the month that monthly dates keep to.
fn anchor_of(dates: &[Date]) -> u32 {
    dates.iter().map(|date| date.ymd().2).max().unwrap_or(1)
}

/// Whether a date is on that day, or the last of a month that has no such day.
fn is_regular(date: Date, anchor: u32) -> bool {
    let (year, month, day) = date.ymd();
    day == anchor.min(days_in_month(year, month))
}

/// Months since the year 0.
fn month_of(date: Date) -> i32 {
    let (year, month, _) = date.ymd();
    year * 12 + month as i32 - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dates(texts: &[&str]) -> Vec<Date> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn periods_are_found() {
        for (texts, period) in [
            (&["2024-01-01", "2024-01-08", "2024-01-15"][..], Period::Days(7)),
            (&["2024-01-01", "2024-02-01", "2024-03-01"], Period::Months(1)),
            (&["2024-01-31", "2024-02-29", "2024-03-31"], Period::Months(1)),
            (&["2024-07-01", "2024-08-01", "2024-09-01"], Period::Months(1)),
            (&["2023-11-15", "2024-02-15", "2024-05-15"], Period::Months(3)),
        ] {
            assert_eq!(Period::Detect.resolve(&dates(texts)).unwrap(), period);
        }
        let uneven = dates(&["2024-01-01", "2024-02-01", "2024-04-01"]);
        for (period, message) in [
            (
                Period::Detect,
                "from 2024-02-01 to 2024-04-01: expected 1 calendar month, found 60 days",
            ),
            (
                Period::Months(1),
                "from 2024-02-01 to 2024-04-01: expected 1 calendar month, found 60 days",
            ),
        ] {
            assert_eq!(period.resolve(&uneven).unwrap_err().to_string(), message);
        }
        assert_eq!(Period::AsGiven.resolve(&uneven).unwrap(), Period::AsGiven);
        for none in [Period::Days(0), Period::Months(0)] {
            assert!(none.resolve(&uneven).is_err());
        }
        // Thirty days apart and no month apart.
        assert!(
            Period::Detect.resolve(&dates(&["2024-01-01", "2024-01-02", "2024-01-30"])).is_err()
        );
    }

    #[test]
    fn the_date_after_keeps_the_day() {
        let ends = dates(&["2023-12-31", "2024-01-31"]);
        let after = |steps| Period::Months(1).after(&ends, steps).unwrap().to_string();
        assert_eq!(
            (after(1), after(2), after(12)),
            ("2024-02-29".into(), "2024-03-31".into(), "2025-01-31".into())
        );
        assert_eq!(Period::Days(7).after(&ends, 2).unwrap().to_string(), "2024-02-14");
        assert_eq!(Period::Days(u32::MAX).after(&ends, u32::MAX), None);
        assert_eq!(Period::Months(u32::MAX).after(&ends, 1), None);
    }
}
