//! What can be wrong with segmentation.

use patronage_core::{CustomerIdx, Date, ItemIdx, OrderIdx, SegmentIdx, Span, Timestamp};

use crate::migration::MigrationProblem;
use crate::rules::RuleProblem;

/// An error of this crate; [`kind`](Self::kind) says what it is.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct Error(Box<ErrorKind>);

impl Error {
    /// What went wrong, with the data behind it.
    #[must_use]
    pub fn kind(&self) -> &ErrorKind {
        &self.0
    }
}

impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        Self(Box::new(kind))
    }
}

impl From<MigrationProblem> for Error {
    fn from(problem: MigrationProblem) -> Self {
        ErrorKind::Migration(problem).into()
    }
}

impl From<patronage_core::Error> for Error {
    fn from(error: patronage_core::Error) -> Self {
        ErrorKind::Core(error).into()
    }
}

/// What went wrong in segmentation.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A parameter outside its range.
    #[error("parameter {name}: expected {expected}, found {found}")]
    Parameter {
        /// The parameter.
        name: &'static str,
        /// Its range, in words.
        expected: &'static str,
        /// The value.
        found: f64,
    },
    /// A cell that cannot be computed with.
    #[error("row {row}, column {column:?}: expected {expected}, found {found}")]
    Cell {
        /// The row, from 0.
        row: usize,
        /// The column's name.
        column: String,
        /// What is admitted.
        expected: &'static str,
        /// The number found.
        found: f64,
    },
    /// A column whose codes have no distances.
    #[error("column {column:?}: expected a column of numbers, found a category")]
    Category {
        /// The column's name.
        column: String,
    },
    /// Nothing where something is needed.
    #[error("{what}: expected at least one, found none")]
    Empty {
        /// What there is none of.
        what: &'static str,
    },
    /// Fewer rows than are needed.
    #[error("expected at least {expected} rows, one for each cluster, found {found}")]
    TooFewRows {
        /// How many are needed.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// More rows than a method whose time grows with their square is let to take.
    #[error("expected at most {most} rows, found {found}")]
    TooManyRows {
        /// How many are admitted.
        most: usize,
        /// How many there are.
        found: usize,
    },
    /// Bounds on the sizes of clusters that so many rows cannot keep.
    #[error(
        "expected sizes that add up to {n_rows} rows, found {n_clusters} clusters of {least} to {most} rows each"
    )]
    Sizes {
        /// How many rows there are.
        n_rows: usize,
        /// How many clusters there should be.
        n_clusters: usize,
        /// The least rows of a cluster.
        least: usize,
        /// The most rows of a cluster.
        most: usize,
    },
    /// Two things that must be of one length and are not.
    #[error("{what}: expected {expected}, found {found}")]
    Length {
        /// What was counted.
        what: &'static str,
        /// How many there should be.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// A number at a position that is not admitted there.
    #[error("{what} {position}: expected {expected}, found {found}")]
    Number {
        /// What was read.
        what: &'static str,
        /// Where, from 0.
        position: usize,
        /// What is admitted.
        expected: &'static str,
        /// The number found.
        found: f64,
    },
    /// A customer whose purchases sum to more money than can be counted.
    #[error("{customer}: expected purchases below 922 million million units in sum, found more")]
    MoneyOverflow {
        /// The customer.
        customer: CustomerIdx,
    },
    /// A customer who stands in a table twice.
    #[error("{customer}: expected one row, found a second")]
    DoubledCustomer {
        /// The customer.
        customer: CustomerIdx,
    },
    /// A purchase on or after the date from which recency is counted.
    #[error("{customer}: expected a last purchase before {as_of}, found {found}")]
    FuturePurchase {
        /// The customer.
        customer: CustomerIdx,
        /// The date from which recency is counted.
        as_of: Date,
        /// The date of the purchase.
        found: Date,
    },
    /// A line whose cost is not known, or is beyond the range of money.
    #[error("{customer}: expected a cost of every line, found none of one with {}", Item(.item))]
    Cost {
        /// The customer.
        customer: CustomerIdx,
        /// What was bought, where the line says.
        item: Option<ItemIdx>,
    },
    /// An item of which no category is named.
    #[error("{item}: expected a category, found none")]
    NoCategory {
        /// The item.
        item: ItemIdx,
    },
    /// Something that a measure is made of is not given.
    #[error("{needed_for}: expected {what}, found none")]
    Missing {
        /// What is not given.
        what: &'static str,
        /// The measure.
        needed_for: &'static str,
    },
    /// Two accumulators that do not measure the same.
    #[error("expected accumulators of the same {what}, found two")]
    OtherMeasures {
        /// What they differ in.
        what: &'static str,
    },
    /// A criterion needs at least two clusters, and fewer clusters than rows.
    #[error("expected between 2 and {most} non-empty clusters, found {found}")]
    Clusters {
        /// One less than there are rows.
        most: usize,
        /// How many there are.
        found: usize,
    },
    /// A column that cannot be followed through time.
    #[error(
        "{column:?}: expected recency_days, frequency, or monetary of amounts, which a tracker measures"
    )]
    NotTracked {
        /// The column's name.
        column: String,
    },
    /// Time that goes backwards.
    #[error("expected an instant no earlier than {now}, found {found}")]
    Backwards {
        /// The earliest instant admitted.
        now: Timestamp,
        /// The instant found.
        found: Timestamp,
    },
    /// A purchase later than a tracker listens.
    #[error(
        "{customer}: expected a purchase at most {} before {now}, found one at {at}, {} before",
        days(*lateness),
        days(*behind)
    )]
    TooLate {
        /// Whose purchase.
        customer: CustomerIdx,
        /// When she bought.
        at: Timestamp,
        /// The tracker's time.
        now: Timestamp,
        /// How far before it a purchase may come.
        lateness: Span,
        /// How far before it this one came.
        behind: Span,
    },
    /// A purchase after it became known.
    #[error("{customer}: expected a purchase no later than {now}, found one at {at}")]
    FutureEvent {
        /// Whose purchase.
        customer: CustomerIdx,
        /// When she bought.
        at: Timestamp,
        /// When that became known.
        now: Timestamp,
    },
    /// A line of an order that is of another customer, or too far from the order's other lines.
    #[error(
        "{customer}: expected {order} to be of one customer, its lines within {}, found another at {at}",
        days(*span)
    )]
    OrderClosed {
        /// Whose line.
        customer: CustomerIdx,
        /// The order.
        order: OrderIdx,
        /// When the line was bought.
        at: Timestamp,
        /// How far apart the lines of an order may lie.
        span: Span,
    },
    /// A customer whose purchases sum to more than a tracker can count.
    #[error(
        "{customer}: expected purchases below 922 million million units and 2^32 in number, found more"
    )]
    CountOverflow {
        /// The customer.
        customer: CustomerIdx,
    },
    /// A move or correction that does not follow from what is believed.
    #[error("{customer} at {at}: expected to be in {}, found {}", place(*expected), place(*found))]
    Believed {
        /// Who moved.
        customer: CustomerIdx,
        /// When.
        at: Timestamp,
        /// The segment believed.
        expected: Option<SegmentIdx>,
        /// The segment found.
        found: Option<SegmentIdx>,
    },
    /// A tracker that cannot be merged with, or restored as, another.
    #[error("expected two trackers with the same {what}, found another")]
    OtherTracker {
        /// What differs.
        what: &'static str,
    },
    /// A customer whom two trackers know.
    #[error("{customer}: expected to be known to one tracker, found in two")]
    SharedCustomer {
        /// The customer.
        customer: CustomerIdx,
    },
    /// An order that two trackers or customers know.
    #[error("{order}: expected to be of one customer, found otherwise")]
    SharedOrder {
        /// The order.
        order: OrderIdx,
    },
    /// An estimator that was handed in refused the rows.
    #[error("the estimator: {0}")]
    Estimator(#[source] patronage_core::BoxError),
    /// A row of zeros where cosines are asked for.
    #[error("row {row}: expected a number other than 0, found none and so no direction")]
    NoDirection {
        /// The row, from 0.
        row: usize,
    },
    /// Two clusters of one name.
    #[error("names of clusters: expected each once, found {name:?} twice")]
    DoubledName {
        /// The name.
        name: String,
    },
    /// Two models that measure distances differently.
    #[error("expected a model of metric {expected}, found {found}")]
    OtherMetric {
        /// The metric of the one.
        expected: &'static str,
        /// The metric of the other.
        found: &'static str,
    },
    /// Rules over score cells that do not do what their builder promises.
    #[error(transparent)]
    Rules(RuleProblem),
    /// Memberships over time that cannot be followed, or not so as was asked.
    #[error(transparent)]
    Migration(MigrationProblem),
    /// Something wrong with the shared vocabulary, such as another schema than at fit.
    #[error(transparent)]
    Core(patronage_core::Error),
}

struct Item<'a>(&'a Option<ItemIdx>);

impl std::fmt::Display for Item<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Some(item) => write!(f, "{item}"),
            None => f.write_str("no item"),
        }
    }
}

fn place(segment: Option<SegmentIdx>) -> String {
    segment.map_or_else(|| "no segment".to_owned(), |segment| segment.to_string())
}

/// A span in words.
fn days(span: Span) -> String {
    let days = span.as_days();
    if days == 1.0 { "1 day".to_owned() } else { format!("{days} days") }
}
