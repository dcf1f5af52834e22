//! Tables of what someone else measured.

use patronage_core::{CustomerIdx, Date, Money};

use super::choices::Recency;
use super::measure::Rfm;
use super::table::{RfmRow, RfmTable};
use crate::error::{Error, ErrorKind};

/// A customer's purchases as a shop system sums them up: when last, how often, how much.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct CustomerSummary {
    /// Whose summary it is.
    pub customer: CustomerIdx,
    /// The date of the last purchase.
    pub last_purchase: Date,
    /// How often she bought, at least 1.
    pub frequency: u64,
    /// How much she paid.
    pub monetary: Money,
}

impl Rfm<'_> {
    /// The table of summaries that someone else measured, in any order; recency is counted here.
    ///
    /// Days of [`Recency::Elapsed`] count from the start of the date of the last purchase.
    ///
    /// ```
    /// use patronage_segment::{CustomerIdx, CustomerSummary, Date, Money, Rfm, UtcOffset};
    ///
    /// let summary = CustomerSummary {
    ///     customer: CustomerIdx::new(0),
    ///     last_purchase: Date::new(2006, 5, 14)?,
    ///     frequency: 9,
    ///     monetary: Money::from_units(777),
    /// };
    /// let table = Rfm::new(Date::new(2007, 1, 1)?, &UtcOffset::UTC).summaries([summary])?;
    /// assert_eq!(table.rows()[0].recency_days, 232.0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When a customer stands there twice, a purchase is not before the as-of date, or a frequency
    /// is 0.
    pub fn summaries(
        &self,
        summaries: impl IntoIterator<Item = CustomerSummary>,
    ) -> Result<RfmTable, Error> {
        let end = self.calendar.start_of(self.as_of);
        let rows = summaries.into_iter().map(|summary| {
            let CustomerSummary { customer, last_purchase: last_date, frequency, monetary } =
                summary;
            if last_date >= self.as_of {
                let (as_of, found) = (self.as_of, last_date);
                return Err(ErrorKind::FuturePurchase { customer, as_of, found }.into());
            }
            let last_purchase = self.calendar.start_of(last_date);
            let recency_days = match self.recency {
                Recency::CalendarDays => f64::from(self.as_of - last_date),
                Recency::Elapsed => (end - last_purchase).as_days(),
            };
            Ok(RfmRow { customer, last_purchase, last_date, recency_days, frequency, monetary })
        });
        RfmTable::new(self.as_of, rows.collect::<Result<Vec<_>, Error>>()?)
    }
}
