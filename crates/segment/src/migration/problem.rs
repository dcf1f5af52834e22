//! What can be wrong with movement between segments.

use patronage_core::{CustomerIdx, Date, SegmentIdx};

/// What is wrong with a table of memberships, or with what was asked of it.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum MigrationProblem {
    /// Two segments of one name.
    #[error("expected distinct names of segments, found {name:?} twice")]
    DoubledName {
        /// The name.
        name: String,
    },
    /// A segment that has no name.
    #[error("{place}: expected a segment below {n_segments}, found {found}")]
    NoSuchSegment {
        /// Where it stands.
        place: Place,
        /// How many segments there are.
        n_segments: usize,
        /// The segment.
        found: SegmentIdx,
    },
    /// A customer in two segments at once.
    #[error("{customer} on {date}: expected one segment, found a second row")]
    DoubledMembership {
        /// The customer.
        customer: CustomerIdx,
        /// The date.
        date: Date,
    },
    /// Values on some rows and none on others.
    #[error("{place}: expected a value, as on other rows, found none")]
    NoValue {
        /// Where it is missing.
        place: Place,
    },
    /// A date on which nobody's segment is known.
    #[error("expected one of the {n_dates} dates from {first} to {last}, found {found}")]
    NoSuchDate {
        /// The date asked for.
        found: Date,
        /// The first date there is.
        first: Date,
        /// The last date there is.
        last: Date,
        /// How many there are.
        n_dates: usize,
    },
    /// A second date that is not after the first.
    #[error("expected a date after {from}, found {to}")]
    NotAfter {
        /// The first.
        from: Date,
        /// The second.
        to: Date,
    },
    /// Too few dates.
    #[error("expected at least {expected} dates, found {found}")]
    TooFewDates {
        /// How many are needed.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// Dates that are not one period apart.
    #[error("from {from} to {to}: expected {expected}, found {found} days")]
    UnequalPeriods {
        /// The date before.
        from: Date,
        /// The date after.
        to: Date,
        /// What a period is, in words.
        expected: String,
        /// The days between.
        found: i32,
    },
    /// A segment whose customers were never followed a period on.
    #[error(
        "segment {name:?}: expected customers followed over at least one period, found none; \
         additive smoothing admits it"
    )]
    NeverLeft {
        /// The segment's name.
        name: String,
    },
    /// Nobody in one of the arms of a study.
    #[error("expected treated and control customers, found {treated} and {control}")]
    EmptyArm {
        /// Treated customers.
        treated: usize,
        /// Control customers.
        control: usize,
    },
    /// A customer in both arms of a study, or twice in one.
    #[error("{customer}: expected one arm, found a second row")]
    DoubledArm {
        /// The customer.
        customer: CustomerIdx,
    },
}

/// Where something stands in a table of memberships.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Place {
    /// A customer on a date.
    Membership(CustomerIdx, Date),
    /// A row of a table, from 0.
    Row(usize),
    /// A customer without a date.
    Customer(CustomerIdx),
    /// The segments asked for, at a position from 0.
    Asked(usize),
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Membership(customer, date) => write!(f, "{customer} on {date}"),
            Self::Row(row) => write!(f, "row {row}"),
            Self::Customer(customer) => write!(f, "{customer}"),
            Self::Asked(position) => write!(f, "segment asked for at {position}"),
        }
    }
}
