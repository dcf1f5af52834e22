//! Rows of two times.

use std::collections::BTreeMap;

use patronage_core::{CustomerIdx, SegmentIdx, Timestamp};

use super::memberships::Memberships;
use crate::error::{Error, ErrorKind};

/// A belief about a customer's segment: when it held, and when it was believed.
///
/// Both times are half open; `None` is an end that has not come yet.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct MembershipRow {
    /// Whose segment.
    pub customer: CustomerIdx,
    /// The segment.
    pub segment: SegmentIdx,
    /// The first instant of the stay.
    pub valid_from: Timestamp,
    /// The first instant after.
    pub valid_to: Option<Timestamp>,
    /// When this was recorded.
    pub recorded_from: Timestamp,
    /// When a correction superseded it.
    pub recorded_to: Option<Timestamp>,
}

impl MembershipRow {
    /// Whether it was believed at `known_at`.
    pub(super) fn is_known(&self, known_at: Timestamp) -> bool {
        self.recorded_from <= known_at && self.recorded_to.is_none_or(|to| known_at < to)
    }

    /// Whether it holds at `valid_at`.
    pub(super) fn holds(&self, valid_at: Timestamp) -> bool {
        self.valid_from <= valid_at && self.valid_to.is_none_or(|to| valid_at < to)
    }
}

/// A stretch of time in one segment.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct Stay {
    /// The segment.
    pub segment: SegmentIdx,
    /// The first instant.
    pub from: Timestamp,
    /// The first instant after; `None` where it lasts.
    pub to: Option<Timestamp>,
}

impl From<Memberships> for Vec<MembershipRow> {
    fn from(memberships: Memberships) -> Self {
        memberships.rows.into_values().flatten().collect()
    }
}

impl TryFrom<Vec<MembershipRow>> for Memberships {
    type Error = Error;

    /// Memberships of rows in the order in which they were recorded, as [`rows`](Memberships::rows)
    /// tells them.
    ///
    /// # Errors
    ///
    /// When a stay or a belief ends before it begins, or two beliefs of one customer contradict
    /// each other.
    fn try_from(all: Vec<MembershipRow>) -> Result<Self, Error> {
        let mut rows: BTreeMap<CustomerIdx, Vec<MembershipRow>> = BTreeMap::new();
        for row in all {
            let ends = [(row.valid_from, row.valid_to), (row.recorded_from, row.recorded_to)];
            if let Some((now, found)) =
                ends.into_iter().find_map(|(from, to)| Some((from, to.filter(|&to| to < from)?)))
            {
                return Err(ErrorKind::Backwards { now, found }.into());
            }
            rows.entry(row.customer).or_default().push(row);
        }
        for rows in rows.values() {
            if let Some((a, b)) = contradiction(rows) {
                let (customer, at) = (a.customer, a.valid_from.max(b.valid_from));
                let (expected, found) = (Some(a.segment), Some(b.segment));
                return Err(ErrorKind::Believed { customer, at, expected, found }.into());
            }
        }
        Ok(Self { rows })
    }
}

/// Two rows that were believed at once of the same instant.
fn contradiction(rows: &[MembershipRow]) -> Option<(&MembershipRow, &MembershipRow)> {
    let meet = |a: (Timestamp, Option<Timestamp>), b: (Timestamp, Option<Timestamp>)| {
        let from = a.0.max(b.0);
        a.1.is_none_or(|to| from < to) && b.1.is_none_or(|to| from < to)
    };
    let mut sorted: Vec<&MembershipRow> = rows.iter().collect();
    sorted.sort_by_key(|row| row.valid_from);
    for (i, a) in sorted.iter().enumerate() {
        let after = sorted[i + 1..].iter();
        let reached = after.take_while(|b| a.valid_to.is_none_or(|to| b.valid_from < to));
        for b in reached {
            let valid = meet((a.valid_from, a.valid_to), (b.valid_from, b.valid_to));
            let known = meet((a.recorded_from, a.recorded_to), (b.recorded_from, b.recorded_to));
            if valid && known {
                return Some((a, b));
            }
        }
    }
    None
}
