//! The interactions by item.

use patronage_core::{CustomerIdx, Interactions, ItemIdx};

use crate::error::Error;

/// Who interacted with each item: the interactions, transposed. Memory is 4 bytes an interaction,
/// 8 where weights differ.
pub(crate) struct ByItem {
    starts: Vec<usize>,
    customers: Vec<u32>,
    /// `None` where all weights are 1.
    weights: Option<Vec<f32>>,
}

impl ByItem {
    /// # Errors
    ///
    /// When an item is out of range or out of order, or a weight not finite.
    pub(crate) fn new<I: Interactions + ?Sized>(data: &I) -> Result<Self, Error> {
        let n_items = data.n_items();
        let mut starts = vec![0usize; n_items + 1];
        let mut ones = true;
        let mut position = 0;
        for customer in CustomerIdx::all(data.n_customers()) {
            let row = data.row(customer);
            let mut last = None;
            for (&item, &weight) in row.items().iter().zip(row.weights()) {
                check(item, last, weight, n_items, position)?;
                starts[item.index() + 1] += 1;
                ones &= weight == 1.0;
                last = Some(item);
                position += 1;
            }
        }
        for item in 0..n_items {
            starts[item + 1] += starts[item];
        }
        let mut next = starts.clone();
        let mut customers = vec![0; position];
        let mut weights = (!ones).then(|| vec![0.0; position]);
        for customer in CustomerIdx::all(data.n_customers()) {
            let row = data.row(customer);
            for (item, &weight) in row.items().iter().zip(row.weights()) {
                let slot = &mut next[item.index()];
                customers[*slot] = customer.get();
                if let Some(weights) = &mut weights {
                    weights[*slot] = weight;
                }
                *slot += 1;
            }
        }
        Ok(Self { starts, customers, weights })
    }

    /// Whether every weight is 1.
    pub(crate) const fn is_binary(&self) -> bool {
        self.weights.is_none()
    }

    /// The customers of an item, ascending, and their weights where not all are 1.
    pub(crate) fn row(&self, item: usize) -> (&[u32], Option<&[f32]>) {
        let range = self.starts[item]..self.starts[item + 1];
        let weights = self.weights.as_ref().map(|weights| &weights[range.clone()]);
        (&self.customers[range], weights)
    }

    /// Adds the row of `Xᵀ X` from `item` on, right of the diagonal, to `row`; `data` are those this was made from.
    pub(crate) fn add_products<I: Interactions + ?Sized>(
        &self,
        data: &I,
        item: usize,
        row: &mut [f64],
    ) {
        let (customers, weights) = self.row(item);
        for (k, &customer) in customers.iter().enumerate() {
            let bought = data.row(CustomerIdx::new(customer));
            let items = ItemIdx::peel_slice(bought.items());
            let from = items.partition_point(|&other| (other as usize) < item);
            match weights {
                None => items[from..].iter().for_each(|&other| row[other as usize - item] += 1.0),
                Some(weights) => {
                    let weight = f64::from(weights[k]);
                    for (&other, &w) in items[from..].iter().zip(&bought.weights()[from..]) {
                        row[other as usize - item] += weight * f64::from(w);
                    }
                }
            }
        }
    }
}

/// Refuses what [`Interactions`] promises not to have.
fn check(
    item: ItemIdx,
    last: Option<ItemIdx>,
    weight: f32,
    n_items: usize,
    position: usize,
) -> Result<(), Error> {
    use patronage_core::ErrorKind;
    let kind = if item.index() >= n_items {
        ErrorKind::OutOfRange { noun: "item", bound: n_items, found: item.index() }
    } else if last.is_some_and(|last| last >= item) {
        ErrorKind::Unordered { what: "items of a customer", position }
    } else if !weight.is_finite() {
        let (what, found) = ("interaction weight", f64::from(weight));
        ErrorKind::Number { what, position, expected: "a finite number", found }
    } else {
        return Ok(());
    };
    Err(patronage_core::Error::from(kind).into())
}
