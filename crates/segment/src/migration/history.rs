//! Who was in which segment on which date.

use std::fmt;

use patronage_core::{CustomerIdx, Date, Money, SegmentIdx};

use super::between::{Migration, Transition};
use super::chain::MarkovChain;
use super::chain_model::MarkovChainModel;
use super::order::OrderTest;
use super::problem::{MigrationProblem, Place};
use crate::error::{Error, ErrorKind};

/// A row of a table of memberships: a customer's segment on a date, and what she is worth there.
///
/// Made from `(customer, date, segment)` or `(customer, date, segment, value)` too.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct HistoryRow {
    /// The customer.
    pub customer: CustomerIdx,
    /// The date.
    pub date: Date,
    /// Her segment on it.
    pub segment: SegmentIdx,
    /// What she carries with her when she moves, such as her spend of the year before.
    pub value: Option<Money>,
}

impl From<(CustomerIdx, Date, SegmentIdx)> for HistoryRow {
    fn from((customer, date, segment): (CustomerIdx, Date, SegmentIdx)) -> Self {
        Self { customer, date, segment, value: None }
    }
}

impl From<(CustomerIdx, Date, SegmentIdx, Money)> for HistoryRow {
    fn from((customer, date, segment, value): (CustomerIdx, Date, SegmentIdx, Money)) -> Self {
        Self { customer, date, segment, value: Some(value) }
    }
}

/// The segment of every customer on each of several dates.
///
/// From any segmentation: RFM, clusters, or a marketer's own ("brand switcher", "loyal"). A customer
/// without a row on a date is absent on it. Holds 8 bytes a row, and 8 more with values.
///
/// ```
/// use patronage_segment::{CustomerIdx, Date, SegmentHistory, SegmentIdx};
///
/// let [march, april] = [Date::new(2024, 3, 1)?, Date::new(2024, 4, 1)?];
/// let [switcher, loyal] = [0, 1].map(SegmentIdx::new);
/// let anna = CustomerIdx::new(0);
/// let rows = [(anna, april, loyal), (anna, march, switcher)];
/// let history = SegmentHistory::new(["Brand switcher", "Loyal"], rows)?;
/// assert_eq!(history.segment_of(anna, march), Some(switcher));
/// let moves = history.migration(march, april)?;
/// assert_eq!(moves.count(Some(switcher), Some(loyal)), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct SegmentHistory {
    names: Vec<String>,
    dates: Vec<Date>,
    /// Where the rows of each date start, and where the last end.
    starts: Vec<usize>,
    /// Ascending within each date.
    customers: Vec<CustomerIdx>,
    segments: Vec<SegmentIdx>,
    /// As long as the rows, or empty.
    values: Vec<Money>,
}

impl SegmentHistory {
    /// A history of segments of these names, from rows in any order; O(rows log dates) where the
    /// rows of a date list customers in order, else O(rows log rows).
    ///
    /// # Errors
    ///
    /// When there are no names or two are equal, a row's segment has no name, a customer has two
    /// rows of one date, or some rows have values and others not.
    pub fn new<S, R>(
        names: impl IntoIterator<Item = S>,
        rows: impl IntoIterator<Item = R>,
    ) -> Result<Self, Error>
    where
        S: Into<String>,
        R: Into<HistoryRow>,
    {
        let names = checked_names(names)?;
        let (rows, dates, starts) = by_date(rows.into_iter().map(Into::into).collect());
        let place = |row: &HistoryRow| Place::Membership(row.customer, row.date);
        for row in &rows {
            check_segment(row.segment, names.len(), place(row))?;
        }
        let same = |pair: &&[HistoryRow]| {
            pair[0].date == pair[1].date && pair[0].customer == pair[1].customer
        };
        if let Some(pair) = rows.windows(2).find(same) {
            let HistoryRow { customer, date, .. } = pair[0];
            return Err(MigrationProblem::DoubledMembership { customer, date }.into());
        }
        let valued = rows.iter().any(|row| row.value.is_some());
        let mut values = Vec::with_capacity(if valued { rows.len() } else { 0 });
        if valued {
            for row in &rows {
                values.push(row.value.ok_or(MigrationProblem::NoValue { place: place(row) })?);
            }
        }
        let (customers, segments) = rows.iter().map(|row| (row.customer, row.segment)).unzip();
        Ok(Self { names, dates, starts, customers, segments, values })
    }

    /// A history from the labels of each date: the segment of each customer by position, `None`
    /// where she is absent.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn of_labels<'a, S: Into<String>>(
        names: impl IntoIterator<Item = S>,
        labels: impl IntoIterator<Item = (Date, &'a [Option<SegmentIdx>])>,
    ) -> Result<Self, Error> {
        let rows = labels.into_iter().flat_map(|(date, labels)| {
            CustomerIdx::all(labels.len())
                .zip(labels)
                .filter_map(move |(customer, segment)| Some((customer, date, (*segment)?)))
        });
        Self::new(names, rows)
    }

    /// The segments' names.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The dates, ascending.
    #[must_use]
    pub fn dates(&self) -> &[Date] {
        &self.dates
    }

    /// The number of rows.
    #[must_use]
    pub fn n_rows(&self) -> usize {
        self.customers.len()
    }

    /// The segment of a customer on a date, if she has a row; O(log rows).
    #[must_use]
    pub fn segment_of(&self, customer: CustomerIdx, date: Date) -> Option<SegmentIdx> {
        let rows = self.rows_of(self.dates.binary_search(&date).ok()?);
        let at = self.customers[rows.clone()].binary_search(&customer).ok()?;
        Some(self.segments[rows.start + at])
    }

    /// The customers of a date with their segments, in ascending order of customer; none on a date
    /// without rows.
    pub fn on(&self, date: Date) -> impl Iterator<Item = (CustomerIdx, SegmentIdx)> + '_ {
        let rows = self.dates.binary_search(&date).map_or(0..0, |at| self.rows_of(at));
        rows.map(|row| (self.customers[row], self.segments[row]))
    }

    /// The number of customers of each segment on a date; all 0 on a date without rows.
    #[must_use]
    pub fn sizes(&self, date: Date) -> Vec<u64> {
        let mut sizes = vec![0; self.names.len()];
        self.on(date).for_each(|(_, segment)| sizes[segment.index()] += 1);
        sizes
    }

    /// The history up to and with a date, such as to forecast what is known already.
    ///
    /// # Errors
    ///
    /// When the date is none of the history's.
    pub fn until(&self, last: Date) -> Result<Self, Error> {
        let n_dates = self.position(last)? + 1;
        let n_rows = self.starts[n_dates];
        Ok(Self {
            names: self.names.clone(),
            dates: self.dates[..n_dates].to_vec(),
            starts: self.starts[..=n_dates].to_vec(),
            customers: self.customers[..n_rows].to_vec(),
            segments: self.segments[..n_rows].to_vec(),
            values: self.values[..n_rows.min(self.values.len())].to_vec(),
        })
    }

    /// Who moved where from one date to a later one; O(rows of both).
    ///
    /// # Errors
    ///
    /// When a date is none of the history's, or the second is not after the first.
    pub fn migration(&self, from: Date, to: Date) -> Result<Migration, Error> {
        let (first, second) = (self.position(from)?, self.position(to)?);
        if first >= second {
            return Err(MigrationProblem::NotAfter { from, to }.into());
        }
        Ok(self.between(first, second))
    }

    /// The migrations from each date to the next, in order.
    pub fn migrations(&self) -> impl Iterator<Item = Migration> + '_ {
        (1..self.dates.len()).map(|second| self.between(second - 1, second))
    }

    /// A Markov chain of the moves from each date to the next, as
    /// [`MarkovChain::new`] fits it.
    ///
    /// # Errors
    ///
    /// As [`MarkovChain`].
    pub fn markov(&self) -> Result<MarkovChainModel, Error> {
        patronage_core::Fit::fit(&MarkovChain::new(), self)
    }

    /// How much of the past the next segment depends on.
    ///
    /// # Errors
    ///
    /// When there are fewer than three dates.
    pub fn order(&self) -> Result<OrderTest, Error> {
        OrderTest::of(self)
    }

    pub(super) fn rows_of(&self, date: usize) -> std::ops::Range<usize> {
        self.starts[date]..self.starts[date + 1]
    }

    /// Calls back with every customer of the two dates, by position, and her row in each.
    pub(super) fn pair(
        &self,
        first: usize,
        second: usize,
        mut pair: impl FnMut(CustomerIdx, Option<usize>, Option<usize>),
    ) {
        let (mut a, mut b) = (self.rows_of(first), self.rows_of(second));
        while !(a.is_empty() && b.is_empty()) {
            let left = (!a.is_empty()).then(|| self.customers[a.start]);
            let right = (!b.is_empty()).then(|| self.customers[b.start]);
            let customer = match (left, right) {
                (Some(left), Some(right)) => left.min(right),
                (one, other) => one.or(other).expect("one side has rows left"),
            };
            let before = if left == Some(customer) { a.next() } else { None };
            let after = if right == Some(customer) { b.next() } else { None };
            pair(customer, before, after);
        }
    }

    pub(super) fn segment_at(&self, row: usize) -> SegmentIdx {
        self.segments[row]
    }

    fn between(&self, first: usize, second: usize) -> Migration {
        let mut migration = Migration::empty(self.names.clone(), !self.values.is_empty());
        migration.date(self.dates[first], self.dates[second]);
        self.pair(first, second, |_, before, after| {
            migration.add(Transition {
                before: before.map(|row| self.segments[row]),
                after: after.map(|row| self.segments[row]),
                value_before: before.and_then(|row| self.values.get(row).copied()),
                value_after: after.and_then(|row| self.values.get(row).copied()),
            });
        });
        migration
    }

    pub(super) fn position(&self, date: Date) -> Result<usize, Error> {
        let (Some(&first), Some(&last)) = (self.dates.first(), self.dates.last()) else {
            return Err(ErrorKind::Empty { what: "rows of the history" }.into());
        };
        self.dates.binary_search(&date).map_err(|_| {
            let n_dates = self.dates.len();
            MigrationProblem::NoSuchDate { found: date, first, last, n_dates }.into()
        })
    }
}

impl fmt::Display for SegmentHistory {
    /// `2 segments on 3 dates from 2024-03-01 to 2024-05-01, 120 rows`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} segments on {} dates", self.names.len(), self.dates.len())?;
        if let (Some(first), Some(last)) = (self.dates.first(), self.dates.last()) {
            write!(f, " from {first} to {last}")?;
        }
        write!(f, ", {} rows", self.n_rows())
    }
}

/// The rows in order of date and customer, the dates, and where the rows of each start and the last
/// end.
fn by_date(rows: Vec<HistoryRow>) -> (Vec<HistoryRow>, Vec<Date>, Vec<usize>) {
    let mut dates: Vec<Date> = rows.iter().map(|row| row.date).collect();
    dates.sort_unstable();
    dates.dedup();
    let date_of = |row: &HistoryRow| dates.partition_point(|&date| date < row.date);
    let mut starts = vec![0; dates.len() + 1];
    rows.iter().for_each(|row| starts[date_of(row) + 1] += 1);
    for date in 0..dates.len() {
        starts[date + 1] += starts[date];
    }
    // Dates are few: one pass puts rows where they belong, and most tables list customers in order.
    let mut sorted = rows.clone();
    let mut next = starts.clone();
    for row in &rows {
        let date = date_of(row);
        sorted[next[date]] = *row;
        next[date] += 1;
    }
    for range in starts.windows(2) {
        let rows = &mut sorted[range[0]..range[1]];
        if !rows.is_sorted_by_key(|row| row.customer) {
            rows.sort_unstable_by_key(|row| row.customer);
        }
    }
    (sorted, dates, starts)
}

/// Names of segments, at least one and all distinct.
pub(super) fn checked_names<S: Into<String>>(
    names: impl IntoIterator<Item = S>,
) -> Result<Vec<String>, Error> {
    let names: Vec<String> = names.into_iter().map(Into::into).collect();
    if names.is_empty() {
        return Err(ErrorKind::Empty { what: "names of segments" }.into());
    }
    let mut seen = std::collections::HashSet::new();
    match names.iter().find(|name| !seen.insert(name.as_str())) {
        Some(name) => Err(MigrationProblem::DoubledName { name: name.clone() }.into()),
        None => Ok(names),
    }
}

pub(super) fn check_segment(
    found: SegmentIdx,
    n_segments: usize,
    place: Place,
) -> Result<(), Error> {
    if found.index() < n_segments {
        return Ok(());
    }
    Err(MigrationProblem::NoSuchSegment { place, n_segments, found }.into())
}
