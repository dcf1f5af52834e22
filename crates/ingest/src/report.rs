//! What became of the rows of a file.

use patronage_core::{Money, Timestamp};

use crate::reason::{Reason, Reasons};

/// What became of the rows of a file.
///
/// Every row read is accepted or set aside: [`rows_read`](Self::rows_read) is the sum of the two,
/// always, and the amounts of the accepted and of every combination of reasons add up to what the
/// readable rows of the file add up to.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Report {
    /// Rows of the file, without its header and blank lines.
    pub rows_read: u64,
    /// Rows that became purchases.
    pub rows_accepted: u64,
    /// Rows set aside, by the combination of reasons that apply, in a fixed order.
    pub set_aside: Vec<SetAside>,
    /// Rows equal, character for character, to an earlier row of the file; `0` when they were not counted.
    pub exact_duplicates: u64,
    /// Those of them that were accepted: duplicates are kept.
    pub exact_duplicates_accepted: u64,
    /// What the accepted rows add up to.
    pub gross_revenue: Money,
    /// Rows set aside for no other reason than that they are returns or cancellations.
    pub rows_returned: u64,
    /// What those rows add up to, above zero.
    pub returned: Money,
    /// Of the rows returned, those whose customer or item was never bought from: they are in no table of returns.
    pub rows_returned_unmatched: u64,
    /// What those rows add up to, above zero.
    pub returned_unmatched: Money,
    /// Accepted rows whose price or amount had more than four decimals and was rounded.
    pub prices_rounded: u64,
    /// Lines that were not UTF-8 and were read as windows-1252, header excluded.
    pub lines_decoded: u64,
    /// The first accepted purchase.
    pub earliest: Option<Timestamp>,
    /// The last accepted purchase.
    pub latest: Option<Timestamp>,
}

/// Rows set aside for one combination of reasons.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct SetAside {
    /// All reasons that apply to each of the rows.
    pub reasons: Reasons,
    /// How many rows.
    pub rows: u64,
    /// What those of them add up to whose quantity and price can be read; saturates.
    pub amount: Money,
}

impl Report {
    /// Rows set aside.
    #[must_use]
    pub fn rows_set_aside(&self) -> u64 {
        self.set_aside.iter().map(|part| part.rows).sum()
    }

    /// Rows to which each reason applies, alone or with others; reasons that apply to none are left out.
    #[must_use]
    pub fn by_reason(&self) -> Vec<(Reason, u64)> {
        let rows = |reason| {
            let parts = self.set_aside.iter().filter(|part| part.reasons.contains(reason));
            parts.map(|part| part.rows).sum()
        };
        let all = Reason::ALL.into_iter().map(|reason| (reason, rows(reason)));
        all.filter(|&(_, rows)| rows > 0).collect()
    }

    /// Rows to which `reason` applies, alone or with others.
    #[must_use]
    pub fn rows_with(&self, reason: Reason) -> u64 {
        self.by_reason().iter().find(|(found, _)| *found == reason).map_or(0, |&(_, rows)| rows)
    }

    /// Gross revenue less returns.
    #[must_use]
    pub fn net_revenue(&self) -> Money {
        self.gross_revenue - self.returned
    }
}
