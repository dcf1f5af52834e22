//! What the segments of an RFM table look like.

use patronage_core::{Money, SegmentIdx};

use super::table::{RfmRow, RfmTable};
use crate::error::{Error, ErrorKind};
use crate::stats;

/// Size and middle of one segment.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct SegmentSummary {
    /// The segment.
    pub segment: SegmentIdx,
    /// Its customers.
    pub n_customers: usize,
    /// Its share of all customers, in `[0, 1]`; 0 of none.
    pub share: f64,
    /// Median recency in days; 0 in an empty segment.
    pub median_recency_days: f64,
    /// Median frequency; 0 in an empty segment.
    pub median_frequency: f64,
    /// Median monetary value in currency units; 0 in an empty segment.
    pub median_monetary: f64,
    /// The sum of its monetary values; saturates.
    pub revenue: Money,
    /// Its share of the sum of all monetary values; 0 where that is not above 0.
    pub revenue_share: f64,
}

impl SegmentSummary {
    /// One summary for each of `n_segments`, empty ones too; `segments` says the segment of each
    /// row of `table`.
    ///
    /// ```
    /// use patronage_segment::{CustomerIdx, Date, Money, RfmRow, RfmTable, SegmentIdx, SegmentSummary};
    ///
    /// let row = |customer, units| RfmRow {
    ///     customer: CustomerIdx::new(customer),
    ///     last_purchase: Default::default(),
    ///     last_date: Date::default(),
    ///     recency_days: 1.0,
    ///     frequency: 2,
    ///     monetary: Money::from_units(units),
    /// };
    /// let table = RfmTable::new(Date::default(), [row(0, 10), row(1, 30)])?;
    /// let summaries = SegmentSummary::of(&table, &[SegmentIdx::new(1); 2], 2)?;
    /// assert_eq!(summaries[0].n_customers, 0);
    /// assert_eq!(summaries[1].median_monetary, 20.0);
    /// assert_eq!(summaries[1].revenue, Money::from_units(40));
    /// assert_eq!(summaries[1].revenue_share, 1.0);
    /// # Ok::<(), patronage_segment::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When there is not one segment for each row, or one lies beyond `n_segments`.
    pub fn of(
        table: &RfmTable,
        segments: &[SegmentIdx],
        n_segments: usize,
    ) -> Result<Vec<Self>, Error> {
        if segments.len() != table.n_rows() {
            let (what, expected) = ("segments of rows", table.n_rows());
            return Err(ErrorKind::Length { what, expected, found: segments.len() }.into());
        }
        let mut members = vec![Vec::new(); n_segments];
        for (position, &segment) in segments.iter().enumerate() {
            let Some(members) = members.get_mut(segment.index()) else {
                let (what, expected) = ("segment of row", "a segment below the number of segments");
                let found = segment.index() as f64;
                return Err(ErrorKind::Number { what, position, expected, found }.into());
            };
            members.push(table.rows()[position]);
        }
        let all = table.n_rows().max(1) as f64;
        let ticks = |rows: &[RfmRow]| -> i128 {
            rows.iter().map(|row| i128::from(row.monetary.ticks())).sum()
        };
        let total = ticks(table.rows());
        let summary = |(segment, rows): (usize, &Vec<RfmRow>)| Self {
            segment: SegmentIdx::from_usize(segment),
            n_customers: rows.len(),
            share: rows.len() as f64 / all,
            median_recency_days: stats::median(rows.iter().map(|r| r.recency_days).collect()),
            median_frequency: stats::median(rows.iter().map(|r| r.frequency as f64).collect()),
            median_monetary: stats::median(rows.iter().map(|r| r.monetary.as_f64()).collect()),
            revenue: rows.iter().map(|row| row.monetary).sum(),
            revenue_share: if total > 0 { ticks(rows) as f64 / total as f64 } else { 0.0 },
        };
        Ok(members.iter().enumerate().map(summary).collect())
    }
}
