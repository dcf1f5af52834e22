//! Customers × items, sparse.

use crate::csr::Csr;
use crate::error::{Error, ErrorKind};
use crate::index::{CustomerIdx, ItemIdx, OrderIdx};
use crate::purchases::Purchases;
use crate::time::Timestamp;

/// Who interacted with what, and how strongly: a sparse matrix of shape `(n_customers, n_items)`.
///
/// Implementors promise that in each row the items ascend and are distinct, weights are finite,
/// and times and baskets, where present, are those of the last interaction with the item.
/// Outsiders may implement it.
pub trait Interactions: Send + Sync {
    /// The number of customers.
    fn n_customers(&self) -> usize;

    /// The number of items.
    fn n_items(&self) -> usize;

    /// The customer's items and weights.
    ///
    /// # Panics
    ///
    /// May panic when there is no such customer.
    fn row(&self, customer: CustomerIdx) -> InteractionRow<'_>;
}

macro_rules! forward {
    () => {
        fn n_customers(&self) -> usize {
            (**self).n_customers()
        }

        fn n_items(&self) -> usize {
            (**self).n_items()
        }

        fn row(&self, customer: CustomerIdx) -> InteractionRow<'_> {
            (**self).row(customer)
        }
    };
}

impl<T: Interactions + ?Sized> Interactions for &T {
    forward!();
}

impl<T: Interactions + ?Sized> Interactions for Box<T> {
    forward!();
}

impl<T: Interactions + ?Sized> Interactions for std::sync::Arc<T> {
    forward!();
}

/// One customer's interactions as parallel slices, items ascending.
#[derive(Clone, Copy, Debug, Default)]
pub struct InteractionRow<'a> {
    items: &'a [ItemIdx],
    weights: &'a [f32],
    at: Option<&'a [Timestamp]>,
    baskets: Option<&'a [OrderIdx]>,
}

impl<'a> InteractionRow<'a> {
    /// A row of items and weights.
    ///
    /// # Panics
    ///
    /// When lengths differ.
    #[must_use]
    pub fn new(items: &'a [ItemIdx], weights: &'a [f32]) -> Self {
        assert_eq!(items.len(), weights.len(), "one weight an item");
        Self { items, weights, at: None, baskets: None }
    }

    /// The row with the time and the basket of the last interaction with each item.
    ///
    /// # Panics
    ///
    /// When lengths differ.
    #[must_use]
    pub fn timed(mut self, at: &'a [Timestamp], baskets: &'a [OrderIdx]) -> Self {
        assert!(
            at.len() == self.items.len() && baskets.len() == self.items.len(),
            "one time and one basket an item"
        );
        self.at = Some(at);
        self.baskets = Some(baskets);
        self
    }

    /// The items, ascending and distinct.
    #[must_use]
    pub const fn items(&self) -> &'a [ItemIdx] {
        self.items
    }

    /// The weight of each.
    #[must_use]
    pub const fn weights(&self) -> &'a [f32] {
        self.weights
    }

    /// When each was last interacted with, where the data say.
    #[must_use]
    pub const fn at(&self) -> Option<&'a [Timestamp]> {
        self.at
    }

    /// The basket of the last interaction with each, where the data say.
    #[must_use]
    pub const fn baskets(&self) -> Option<&'a [OrderIdx]> {
        self.baskets
    }
}

/// What an interaction weighs when it is made from order lines.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum Weight {
    /// `1`, however often it was bought.
    #[default]
    Binary,
    /// The number of order lines.
    Lines,
    /// The sum of quantities.
    Quantity,
    /// The sum of amounts, in currency units.
    Amount,
}

/// Interactions held in memory, with the time and basket of the last one of each pair where known.
#[derive(Clone, Debug, PartialEq)]
pub struct InteractionTable {
    weights: Csr<f32>,
    at: Option<Vec<Timestamp>>,
    baskets: Option<Vec<OrderIdx>>,
}

impl InteractionTable {
    /// Interactions without times from a sparse matrix of shape `(n_customers, n_items)`.
    ///
    /// # Errors
    ///
    /// When a weight is not finite.
    pub fn new(weights: Csr<f32>) -> Result<Self, Error> {
        if let Some(position) = weights.values().iter().position(|weight| !weight.is_finite()) {
            let (what, expected) = ("interaction weight", "a finite number");
            let found = f64::from(weights.values()[position]);
            return Err(ErrorKind::Number { what, position, expected, found }.into());
        }
        Ok(Self { weights, at: None, baskets: None })
    }

    /// The same interactions with the time and the basket of the last interaction of each entry, row after row.
    ///
    /// # Errors
    ///
    /// When there is not one of each an entry.
    pub fn timed(self, at: Vec<Timestamp>, baskets: Vec<OrderIdx>) -> Result<Self, Error> {
        let expected = self.weights.n_entries();
        for (what, found) in
            [("times of interactions", at.len()), ("baskets of interactions", baskets.len())]
        {
            if found != expected {
                return Err(ErrorKind::Length { what, expected, found }.into());
            }
        }
        Ok(Self { at: Some(at), baskets: Some(baskets), ..self })
    }

    /// The interactions of `purchases`: one entry for each customer and item she bought.
    ///
    /// O(lines log lines of one customer).
    ///
    /// # Errors
    ///
    /// When the purchases name no items, or a weight leaves the range of `f32`.
    pub fn from_purchases<P: Purchases + ?Sized>(
        purchases: &P,
        weight: Weight,
    ) -> Result<Self, Error> {
        let mut starts = vec![0];
        let (mut columns, mut weights, mut at, mut baskets) = (vec![], vec![], vec![], vec![]);
        let mut order: Vec<u32> = Vec::new();
        for customer in CustomerIdx::all(purchases.n_customers()) {
            let lines = purchases.history(customer);
            if !lines.is_empty() {
                let Some(items) = lines.items() else {
                    return Err(ErrorKind::Empty { what: "items of the purchases" }.into());
                };
                order.clear();
                order.extend(0..lines.len() as u32);
                // By item, and by time within it.
                order.sort_unstable_by_key(|&p| (items[p as usize], p));
                for same in order.chunk_by(|&a, &b| items[a as usize] == items[b as usize]) {
                    let sum: f64 = match weight {
                        Weight::Binary => 1.0,
                        Weight::Lines => same.len() as f64,
                        Weight::Quantity => {
                            same.iter().map(|&p| lines.quantities()[p as usize]).sum()
                        }
                        Weight::Amount => same
                            .iter()
                            .map(|&p| lines.amounts()[p as usize])
                            .sum::<crate::Money>()
                            .as_f64(),
                    };
                    let last = same[same.len() - 1] as usize;
                    columns.push(items[last].get());
                    weights.push(sum as f32);
                    at.push(lines.at()[last]);
                    baskets.push(lines.orders()[last]);
                }
            }
            starts.push(columns.len());
        }
        let table = Self::new(Csr::new(purchases.n_items(), starts, columns, weights)?)?;
        Ok(Self { at: Some(at), baskets: Some(baskets), ..table })
    }

    /// The weights as a sparse matrix of shape `(n_customers, n_items)`.
    #[must_use]
    pub const fn weights(&self) -> &Csr<f32> {
        &self.weights
    }
}

impl Interactions for InteractionTable {
    fn n_customers(&self) -> usize {
        self.weights.n_rows()
    }

    fn n_items(&self) -> usize {
        self.weights.n_columns()
    }

    fn row(&self, customer: CustomerIdx) -> InteractionRow<'_> {
        let (items, weights) = self.weights.row(customer.index());
        let row = InteractionRow::new(ItemIdx::wrap_slice(items), weights);
        match (&self.at, &self.baskets) {
            (Some(at), Some(baskets)) => {
                let starts = self.weights.starts();
                let range = starts[customer.index()]..starts[customer.index() + 1];
                row.timed(&at[range.clone()], &baskets[range])
            }
            _ => row,
        }
    }
}
