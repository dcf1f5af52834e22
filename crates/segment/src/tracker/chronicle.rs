//! Rows of two times.

use patronage_core::{CustomerIdx, SegmentIdx, Timestamp};

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
