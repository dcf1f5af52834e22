//! What recency, frequency, monetary value and the further dimensions count.

use std::fmt;

use patronage_core::{CategoryIdx, CustomerIdx, ItemIdx, Line, Money};

/// How recency, and tenure where it is asked for, is counted.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Recency {
    /// Whole calendar days from the date of the last purchase to the as-of date.
    #[default]
    CalendarDays,
    /// Days of 24 hours, with fractions, from the last purchase to the start of the as-of date.
    Elapsed,
}

/// What frequency counts.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Frequency {
    /// Distinct orders.
    #[default]
    Orders,
    /// Distinct calendar days with a purchase.
    Days,
    /// Order lines.
    Lines,
}

/// What monetary value sums up.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Monetary {
    /// All amounts.
    #[default]
    Sum,
    /// The mean amount of an order, to the nearest ten-thousandth, ties to even.
    MeanPerOrder,
    /// All amounts less their costs, which [`Rfm::costs`](crate::Rfm::costs) tells; may be below 0.
    Margin,
}

/// What the things sold have cost, for [`Monetary::Margin`].
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum Costs<'a> {
    /// The same share of every amount, a finite number such as 0.6; the cost of a line is rounded
    /// to the nearest ten-thousandth, ties to even.
    Rate(f64),
    /// The cost of one unit of each item; a line costs that times its quantity, rounded likewise.
    PerUnit(&'a [Money]),
    /// What the function says of a customer's line; `None` where the cost is not known, which is
    /// an error.
    PerLine(&'a CostOf<'a>),
}

/// The cost of a customer's line, where it is known.
pub type CostOf<'a> = dyn Fn(CustomerIdx, &Line) -> Option<Money> + Send + Sync + 'a;

impl Costs<'_> {
    /// The amount less the cost.
    pub(crate) fn margin(&self, customer: CustomerIdx, line: &Line) -> Option<Money> {
        let cost = match self {
            Self::Rate(rate) => line.amount.times(*rate),
            Self::PerUnit(costs) => costs.get(line.item?.index())?.times(line.quantity),
            Self::PerLine(cost) => cost(customer, line),
        }?;
        line.amount.ticks().checked_sub(cost.ticks()).map(Money::from_ticks)
    }
}

impl fmt::Debug for Costs<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rate(rate) => f.debug_tuple("Rate").field(rate).finish(),
            Self::PerUnit(costs) => write!(f, "PerUnit({} items)", costs.len()),
            Self::PerLine(_) => f.write_str("PerLine(_)"),
        }
    }
}

/// Of what a customer's variety counts the distinct ones.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Variety<'a> {
    /// Items.
    Items,
    /// Categories, of which this names one for each item.
    Categories(&'a [CategoryIdx]),
}

impl Variety<'_> {
    /// The number that stands for what the item counts as.
    #[inline]
    pub(super) fn thing(self, item: ItemIdx) -> Option<u32> {
        match self {
            Self::Items => Some(item.get()),
            Self::Categories(categories) => categories.get(item.index()).map(|c| c.get()),
        }
    }
}
