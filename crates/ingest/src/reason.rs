//! Why a row was set aside.

use std::fmt;

/// Why a row was set aside.
///
/// A row carries every reason that applies to it. The order of the variants is the fixed order in
/// which reasons are written; a row that does not split into its columns (the first two) has no
/// other reason, because none of its fields can be trusted.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Reason {
    /// Another number of fields than the header.
    Ragged,
    /// A quote that is never closed, or text after a closed one.
    BadQuote,
    /// Bytes that are not in the encoding declared.
    NotText,
    /// No customer.
    NoCustomer,
    /// No order, where the file has a column for it.
    NoOrder,
    /// No item, where the file has a column for it.
    NoItem,
    /// A cancelled order.
    Cancelled,
    /// A quantity that is no finite number.
    QuantityUnreadable,
    /// A quantity of zero or below.
    QuantityNotPositive,
    /// A price that is no finite number.
    PriceUnreadable,
    /// A price below zero, or of zero where the mapping does not accept that.
    PriceNotPositive,
    /// An amount that is no finite number.
    AmountUnreadable,
    /// An amount below zero, or of zero where the mapping does not accept that.
    AmountNotPositive,
    /// A price, an amount or their product beyond what can be counted.
    AmountOutOfRange,
    /// A date that no format of the mapping reads, or that the calendar does not have.
    DateUnreadable,
    /// A date that two formats of the mapping read as different moments.
    DateAmbiguous,
    /// A moment later than now, as the caller stated it.
    InFuture,
    /// A moment at or after the as-of instant.
    AfterAsOf,
    /// No channel, in a record of consent.
    NoChannel,
    /// Neither a yes nor a no, in a record of consent.
    GrantedUnreadable,
}

impl Reason {
    /// All reasons in the order in which they are written.
    pub const ALL: [Self; 20] = [
        Self::Ragged,
        Self::BadQuote,
        Self::NotText,
        Self::NoCustomer,
        Self::NoOrder,
        Self::NoItem,
        Self::Cancelled,
        Self::QuantityUnreadable,
        Self::QuantityNotPositive,
        Self::PriceUnreadable,
        Self::PriceNotPositive,
        Self::AmountUnreadable,
        Self::AmountNotPositive,
        Self::AmountOutOfRange,
        Self::DateUnreadable,
        Self::DateAmbiguous,
        Self::InFuture,
        Self::AfterAsOf,
        Self::NoChannel,
        Self::GrantedUnreadable,
    ];

    /// The reason as it is written in `rejected.csv`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ragged => "ragged",
            Self::BadQuote => "bad_quote",
            Self::NotText => "not_text",
            Self::NoCustomer => "no_customer",
            Self::NoOrder => "no_order",
            Self::NoItem => "no_item",
            Self::Cancelled => "cancelled",
            Self::QuantityUnreadable => "quantity_unreadable",
            Self::QuantityNotPositive => "quantity_not_positive",
            Self::PriceUnreadable => "price_unreadable",
            Self::PriceNotPositive => "price_not_positive",
            Self::AmountUnreadable => "amount_unreadable",
            Self::AmountNotPositive => "amount_not_positive",
            Self::AmountOutOfRange => "amount_out_of_range",
            Self::DateUnreadable => "date_unreadable",
            Self::DateAmbiguous => "date_ambiguous",
            Self::InFuture => "in_future",
            Self::AfterAsOf => "after_as_of",
            Self::NoChannel => "no_channel",
            Self::GrantedUnreadable => "granted_unreadable",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A set of reasons, written joined by `+` in their fixed order.
///
/// ```
/// use patronage_ingest::{Reason, Reasons};
///
/// let reasons: Reasons = [Reason::QuantityNotPositive, Reason::Cancelled].into_iter().collect();
/// assert_eq!(reasons.to_string(), "cancelled+quantity_not_positive");
/// assert!(reasons.contains(Reason::Cancelled));
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Reasons(u32);

impl Reasons {
    /// No reason.
    pub const NONE: Self = Self(0);

    /// Whether there is none.
    #[inline]
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether `reason` is among them.
    #[inline]
    #[must_use]
    pub const fn contains(self, reason: Reason) -> bool {
        self.0 & (1 << reason as u32) != 0
    }

    /// The reasons in their fixed order.
    pub fn iter(self) -> impl Iterator<Item = Reason> {
        Reason::ALL.into_iter().filter(move |&reason| self.contains(reason))
    }

    #[inline]
    pub(crate) const fn add(&mut self, reason: Reason) {
        self.0 |= 1 << reason as u32;
    }

    /// Whether all of them are among `others`.
    #[inline]
    pub(crate) const fn within(self, others: Self) -> bool {
        self.0 & !others.0 == 0
    }
}

impl From<Reason> for Reasons {
    fn from(reason: Reason) -> Self {
        Self(1 << reason as u32)
    }
}

impl FromIterator<Reason> for Reasons {
    fn from_iter<T: IntoIterator<Item = Reason>>(reasons: T) -> Self {
        let mut set = Self::NONE;
        reasons.into_iter().for_each(|reason| set.add(reason));
        set
    }
}

impl fmt::Display for Reasons {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, reason) in self.iter().enumerate() {
            if position > 0 {
                f.write_str("+")?;
            }
            f.write_str(reason.name())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_complete_and_in_order() {
        assert!(Reason::ALL.is_sorted());
        let all: Reasons = Reason::ALL.into_iter().collect();
        assert_eq!(all.iter().count(), Reason::ALL.len());
        assert!(Reasons::from(Reason::AfterAsOf).within(all));
        assert_eq!(Reason::ALL.last(), Some(&Reason::GrantedUnreadable));
    }
}
