//! Who was in which segment, as known when.

use std::collections::BTreeMap;

use patronage_core::{Calendar, CustomerIdx, Date, SegmentIdx, Timestamp};

use super::chronicle::{MembershipRow, Stay};
use super::correction::Correction;
use super::moves::SegmentMove;
use super::observe::{Observed, SegmentTracker};
use crate::error::{Error, ErrorKind};

/// Memberships of segments in two times: when they held, and when that was known.
///
/// Takes in the moves and corrections that a [`SegmentTracker`] tells, in the order told. A move is
/// known from its own instant on; a [`Correction`] from [`known_at`](Correction::known_at) on: the
/// beliefs it supersedes are closed, none is ever deleted. Nothing is known of the future: an
/// instant after `known_at` is in no segment. Both times take in the instant asked for: a move at
/// it has happened, a correction at it is known.
///
/// Memory: 56 bytes a row; a row for each move, and up to three for each stretch a correction
/// revises.
///
/// ```
/// use patronage_segment::{
///     Cause, CustomerIdx, Measures, Memberships, Money, SegmentMove, SegmentIdx, Timestamp,
/// };
///
/// let (anna, loyal) = (CustomerIdx::new(0), SegmentIdx::new(1));
/// let day = |days: i64| Timestamp::from_seconds(86_400 * days);
/// let measures = Measures { recency_days: 0.0, frequency: 1, monetary: Money::from_units(20) };
/// let mut memberships = Memberships::new();
/// memberships.absorb(&SegmentMove {
///     customer: anna,
///     at: day(3),
///     from: None,
///     to: Some(loyal),
///     cause: Cause::Purchase,
///     before: None,
///     after: Some(measures),
/// })?;
/// assert_eq!(memberships.segment_of(anna, day(5), day(9)), Some(loyal));
/// assert_eq!(memberships.segment_of(anna, day(2), day(9)), None);
/// assert_eq!(memberships.members(loyal, day(3), day(3)), [anna]);
/// # Ok::<(), patronage_segment::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(try_from = "Vec<MembershipRow>", into = "Vec<MembershipRow>")
)]
pub struct Memberships {
    pub(super) rows: BTreeMap<CustomerIdx, Vec<MembershipRow>>,
}

impl Memberships {
    /// Nothing known yet: for a tracker that has seen nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts from where a tracker's customers stand: known from its [`now`](SegmentTracker::now)
    /// on, each since her present stay began.
    #[must_use]
    pub fn of<C: Calendar>(tracker: &SegmentTracker<C>) -> Self {
        let mut rows = BTreeMap::new();
        let recorded_from = tracker.now().unwrap_or(Timestamp::MIN);
        for known in tracker.in_order() {
            if let (Some(segment), Some(valid_from)) =
                (known.segment(), SegmentTracker::<C>::since(known))
            {
                let customer = CustomerIdx::new(known.id);
                rows.insert(
                    customer,
                    vec![row(customer, segment, valid_from, None, recorded_from)],
                );
            }
        }
        Self { rows }
    }

    /// Takes in all that a purchase brought.
    ///
    /// # Errors
    ///
    /// As [`absorb`](Self::absorb) and [`correct`](Self::correct).
    pub fn absorb_all(&mut self, observed: &Observed) -> Result<(), Error> {
        observed.moves.iter().try_for_each(|step| self.absorb(step))?;
        observed.correction.iter().try_for_each(|correction| self.correct(correction))
    }

    /// Takes in a move, known from its own instant on.
    ///
    /// # Errors
    ///
    /// When the customer is not believed to be in the segment it leaves, or it is before what is
    /// known of her already.
    pub fn absorb(&mut self, step: &SegmentMove) -> Result<(), Error> {
        let SegmentMove { customer, at, from, to, .. } = *step;
        let rows = self.rows.entry(customer).or_default();
        let open = rows.iter_mut().rev().find(|r| r.recorded_to.is_none() && r.valid_to.is_none());
        let believed = open.as_ref().map(|row| row.segment);
        if believed != from {
            let (expected, found) = (believed, from);
            return Err(ErrorKind::Believed { customer, at, expected, found }.into());
        }
        if let Some(open) = open {
            if let Some(now) = [open.valid_from, open.recorded_from].into_iter().find(|&t| at < t) {
                return Err(ErrorKind::Backwards { now, found: at }.into());
            }
            // A stay of no length was never anybody's answer.
            if open.valid_from == at {
                open.recorded_to = Some(at);
            } else {
                open.valid_to = Some(at);
            }
        }
        rows.extend(to.map(|segment| row(customer, segment, at, None, at)));
        Ok(())
    }

    /// Takes in a correction: closes what it supersedes and records what is known instead.
    ///
    /// # Errors
    ///
    /// When something else was believed than the correction revises; nothing is changed then.
    pub fn correct(&mut self, correction: &Correction) -> Result<(), Error> {
        let (customer, known_at) = (correction.customer, correction.known_at);
        let revisions = correction.revisions();
        if revisions.is_empty() {
            return Ok(());
        }
        let mut rows = self.rows.get(&customer).cloned().unwrap_or_default();
        for revision in revisions {
            let (from, until) = (revision.from, revision.until);
            let overlaps = |row: &MembershipRow| {
                row.recorded_to.is_none()
                    && row.valid_to.is_none_or(|to| to > from)
                    && until.is_none_or(|until| row.valid_from < until)
            };
            let mut superseded: Vec<_> = rows.iter_mut().filter(|row| overlaps(row)).collect();
            let expected = revision.believed;
            let other = superseded.iter().map(|row| Some(row.segment)).find(|&s| s != expected);
            if other.is_some() || expected.is_some() == superseded.is_empty() {
                let (at, expected, found) = (from, other.flatten(), expected);
                return Err(ErrorKind::Believed { customer, at, expected, found }.into());
            }
            let mut pieces = Vec::new();
            for old in &mut superseded {
                old.recorded_to = Some(known_at);
                if old.valid_from < from {
                    pieces.push(row(customer, old.segment, old.valid_from, Some(from), known_at));
                }
                if let Some(until) = until.filter(|&t| old.valid_to.is_none_or(|to| t < to)) {
                    pieces.push(row(customer, old.segment, until, old.valid_to, known_at));
                }
            }
            pieces.extend(revision.known.map(|known| row(customer, known, from, until, known_at)));
            rows.extend(pieces);
        }
        self.rows.insert(customer, rows);
        Ok(())
    }

    /// The customers who were in `segment` at `valid_at`, as known at `known_at`, ascending; O(rows).
    #[must_use]
    pub fn members(
        &self,
        segment: SegmentIdx,
        valid_at: Timestamp,
        known_at: Timestamp,
    ) -> Vec<CustomerIdx> {
        let of = self.at(valid_at, known_at);
        of.filter(|&(_, found)| found == segment).map(|(customer, _)| customer).collect()
    }

    /// Every customer who was in a segment at `valid_at`, as known at `known_at`, ascending; O(rows).
    pub fn at(
        &self,
        valid_at: Timestamp,
        known_at: Timestamp,
    ) -> impl Iterator<Item = (CustomerIdx, SegmentIdx)> + '_ {
        self.rows
            .iter()
            .filter_map(move |(&customer, rows)| Some((customer, held(rows, valid_at, known_at)?)))
    }

    /// Rows of customer, date and segment for migration between dates: the memberships at the start
    /// of each date, as known at `known_at`.
    pub fn at_dates<'a>(
        &'a self,
        dates: &'a [Date],
        calendar: &'a dyn Calendar,
        known_at: Timestamp,
    ) -> impl Iterator<Item = (CustomerIdx, Date, SegmentIdx)> + 'a {
        dates.iter().flat_map(move |&date| {
            let rows = self.at(calendar.start_of(date), known_at);
            rows.map(move |(customer, segment)| (customer, date, segment))
        })
    }

    /// The segment of a customer at `valid_at`, as known at `known_at`; O(log customers + her rows).
    #[must_use]
    pub fn segment_of(
        &self,
        customer: CustomerIdx,
        valid_at: Timestamp,
        known_at: Timestamp,
    ) -> Option<SegmentIdx> {
        held(self.rows.get(&customer)?, valid_at, known_at)
    }

    /// A customer's stays up to `known_at`, as known then, in time order.
    #[must_use]
    pub fn history(&self, customer: CustomerIdx, known_at: Timestamp) -> Vec<Stay> {
        let rows = self.rows.get(&customer).map_or(&[][..], Vec::as_slice);
        let mut stays: Vec<Stay> = rows
            .iter()
            .filter(|row| row.is_known(known_at) && row.valid_from <= known_at)
            .map(|row| Stay {
                segment: row.segment,
                from: row.valid_from,
                // An end that had not come yet was not known.
                to: row.valid_to.filter(|&to| to <= known_at),
            })
            .collect();
        stays.sort_by_key(|stay| stay.from);
        stays.dedup_by(|later, earlier| {
            let joined = later.segment == earlier.segment && earlier.to == Some(later.from);
            if joined {
                earlier.to = later.to;
            }
            joined
        });
        stays
    }

    /// All rows, superseded ones too: by customer, in the order in which they were recorded.
    pub fn rows(&self) -> impl Iterator<Item = &MembershipRow> + '_ {
        self.rows.values().flatten()
    }

    /// The number of rows.
    #[must_use]
    pub fn n_rows(&self) -> usize {
        self.rows.values().map(Vec::len).sum()
    }
}

fn held(rows: &[MembershipRow], valid_at: Timestamp, known_at: Timestamp) -> Option<SegmentIdx> {
    if valid_at > known_at {
        return None;
    }
    let holds = |row: &&MembershipRow| row.is_known(known_at) && row.holds(valid_at);
    rows.iter().rev().find(holds).map(|row| row.segment)
}

const fn row(
    customer: CustomerIdx,
    segment: SegmentIdx,
    valid_from: Timestamp,
    valid_to: Option<Timestamp>,
    recorded_from: Timestamp,
) -> MembershipRow {
    MembershipRow { customer, segment, valid_from, valid_to, recorded_from, recorded_to: None }
}
