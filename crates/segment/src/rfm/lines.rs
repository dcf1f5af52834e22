//! Order lines as columns.

use patronage_core::{CustomerIdx, ItemIdx, Line, Money, OrderIdx, Timestamp};

use crate::error::{Error, ErrorKind};

/// Order lines of many customers as parallel columns, in any order.
///
/// The shape in which a warehouse hands them over: nothing is sorted or grouped. Items are needed
/// for variety, quantities and items for margins from unit costs.
#[derive(Clone, Copy, Debug, Default)]
pub struct OrderLines<'a> {
    pub(super) customers: &'a [CustomerIdx],
    pub(super) orders: &'a [OrderIdx],
    pub(super) at: &'a [Timestamp],
    pub(super) amounts: &'a [Money],
    pub(super) items: Option<&'a [ItemIdx]>,
    pub(super) quantities: Option<&'a [f64]>,
}

impl<'a> OrderLines<'a> {
    /// Lines from columns of one length: who, in which order, when, and what was paid.
    ///
    /// # Errors
    ///
    /// When lengths differ.
    pub fn new(
        customers: &'a [CustomerIdx],
        orders: &'a [OrderIdx],
        at: &'a [Timestamp],
        amounts: &'a [Money],
    ) -> Result<Self, Error> {
        let n = customers.len();
        same_length("orders of lines", n, orders.len())?;
        same_length("instants of lines", n, at.len())?;
        same_length("amounts of lines", n, amounts.len())?;
        Ok(Self { customers, orders, at, amounts, items: None, quantities: None })
    }

    /// The item of each line; default none.
    ///
    /// # Errors
    ///
    /// When there is not one for each line.
    pub fn items(mut self, items: &'a [ItemIdx]) -> Result<Self, Error> {
        same_length("items of lines", self.len(), items.len())?;
        self.items = Some(items);
        Ok(self)
    }

    /// The quantity of each line; default none.
    ///
    /// # Errors
    ///
    /// When there is not one for each line.
    pub fn quantities(mut self, quantities: &'a [f64]) -> Result<Self, Error> {
        same_length("quantities of lines", self.len(), quantities.len())?;
        self.quantities = Some(quantities);
        Ok(self)
    }

    /// The number of lines.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.customers.len()
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.customers.is_empty()
    }

    /// The line at a position; its quantity is NaN where no quantities are given.
    #[inline]
    pub(super) fn line(&self, position: usize) -> Line {
        Line {
            at: self.at[position],
            order: self.orders[position],
            item: self.items.map(|items| items[position]),
            quantity: self.quantities.map_or(f64::NAN, |quantities| quantities[position]),
            amount: self.amounts[position],
        }
    }
}

fn same_length(what: &'static str, expected: usize, found: usize) -> Result<(), Error> {
    if expected == found {
        return Ok(());
    }
    Err(ErrorKind::Length { what, expected, found }.into())
}
