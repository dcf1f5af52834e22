//! The named segment of every customer of a table.

use patronage_core::{CustomerIdx, Features, Fit, SegmentIdx, SegmenterExt};

use super::scoring::RfmScoring;
use super::segmenter::RfmSegmenter;
use super::summary::SegmentSummary;
use super::table::RfmTable;
use crate::error::Error;
use crate::rules::SegmentRules;

/// The named segment of every customer of an [`RfmTable`], and the model that found them.
#[derive(Clone, Debug, PartialEq)]
pub struct RfmSegments {
    model: RfmSegmenter,
    customers: Vec<CustomerIdx>,
    segments: Vec<SegmentIdx>,
    summary: Vec<SegmentSummary>,
}

impl RfmTable {
    /// The eleven segments of [`SegmentRules::standard`] over quintiles of R, F and M.
    ///
    /// ```
    /// use patronage_segment::{
    ///     Calendar, CustomerIdx, Date, Line, Money, OrderIdx, PurchaseTable, Rfm, UtcOffset,
    /// };
    ///
    /// let mut purchases = PurchaseTable::builder();
    /// for (customer, order, day) in [(0, 0, 1), (0, 1, 20), (0, 2, 28), (1, 3, 2), (2, 4, 15)] {
    ///     let at = UtcOffset::UTC.start_of(Date::new(2024, 2, day)?);
    ///     let (order, amount) = (OrderIdx::new(order), Money::from_units(10));
    ///     purchases.push(
    ///         CustomerIdx::new(customer),
    ///         Line { at, order, item: None, quantity: 1.0, amount },
    ///     );
    /// }
    /// let purchases = purchases.build()?;
    ///
    /// let rfm = Rfm::new(Date::new(2024, 3, 1)?, &UtcOffset::UTC).table(&purchases)?;
    /// let segments = rfm.segments()?;
    /// for (customer, segment) in segments.iter() {
    ///     println!("{customer}: {segment}");
    /// }
    /// assert_eq!(segments.name_of(CustomerIdx::new(0)), Some("Champions"));
    /// assert_eq!(segments.name_of(CustomerIdx::new(1)), Some("Lost"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When there is no row.
    pub fn segments(&self) -> Result<RfmSegments, Error> {
        self.segments_by(&RfmScoring::default(), SegmentRules::standard())
    }

    /// The segments of these rules over these scores.
    ///
    /// # Errors
    ///
    /// When there is no row, the table lacks a column, or the rules are written for other scores.
    pub fn segments_by(
        &self,
        scoring: &RfmScoring,
        rules: SegmentRules,
    ) -> Result<RfmSegments, Error> {
        RfmSegments::of(self, RfmSegmenter::new(scoring.fit(self)?, rules)?)
    }
}

impl RfmSegments {
    /// The segments that a model, fitted on these or on other customers, gives those of a table.
    ///
    /// # Errors
    ///
    /// When the table's columns are not the model's.
    pub fn of(table: &RfmTable, model: RfmSegmenter) -> Result<Self, Error> {
        model.scores().schema().check(table.schema())?;
        let segments = model.assign(table)?;
        let summary = SegmentSummary::of(table, &segments, model.rules().n_segments())?;
        Ok(Self { model, customers: table.customers().to_vec(), segments, summary })
    }

    /// The model: cut points and rules, to name customers to come and to be saved.
    #[must_use]
    pub const fn model(&self) -> &RfmSegmenter {
        &self.model
    }

    /// The segment of each row of the table.
    #[must_use]
    pub fn segments(&self) -> &[SegmentIdx] {
        &self.segments
    }

    /// One summary for each segment of the rules, empty ones too.
    #[must_use]
    pub fn summary(&self) -> &[SegmentSummary] {
        &self.summary
    }

    /// The name of the customer's segment, if she is in the table; O(log rows).
    #[must_use]
    pub fn name_of(&self, customer: CustomerIdx) -> Option<&str> {
        let row = self.customers.binary_search(&customer).ok()?;
        self.model.rules().name(self.segments[row])
    }

    /// Customers and the names of their segments, in ascending order of customer.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (CustomerIdx, &str)> {
        let named = |(&customer, &segment): (&CustomerIdx, &SegmentIdx)| {
            (customer, self.model.rules().name(segment).unwrap_or_default())
        };
        self.customers.iter().zip(&self.segments).map(named)
    }
}
