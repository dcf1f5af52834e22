//! The typed event log.

use patronage_core::{
    Currency, CustomerIdx, IdMap, ItemIdx, Money, OrderIdx, PurchaseTable, Purchases,
};

use crate::report::Report;
use crate::zone::Zone;

/// What a file of transactions says: purchases, returns, and the ids and texts behind their indices.
///
/// Customers, items and orders are numbered in the order in which the file first shows them in an
/// accepted row; only those with an accepted row have an index. The same file gives the same log,
/// on any number of threads.
///
/// Returns are kept apart from purchases and share their customers and items; a return by a
/// customer who bought nothing, or of an item nobody bought, is in the [`Report`] alone.
#[derive(Clone, Debug, PartialEq)]
pub struct EventLog {
    pub(crate) purchases: PurchaseTable,
    pub(crate) returns: PurchaseTable,
    pub(crate) customers: IdMap<CustomerIdx>,
    pub(crate) items: IdMap<ItemIdx>,
    pub(crate) orders: IdMap<OrderIdx>,
    pub(crate) return_orders: IdMap<OrderIdx>,
    /// One an item, empty where none is known; empty altogether where the file has none.
    pub(crate) descriptions: Vec<String>,
    pub(crate) categories: Vec<String>,
    /// The position of each item's category.
    pub(crate) item_categories: Vec<Option<u32>>,
    pub(crate) currency: Option<Currency>,
    pub(crate) zone: Zone,
    pub(crate) report: Report,
}

impl EventLog {
    /// The accepted rows.
    #[must_use]
    pub const fn purchases(&self) -> &PurchaseTable {
        &self.purchases
    }

    /// Returns and cancellations, with quantities and amounts above zero.
    ///
    /// Their order indices count [`return_orders`](Self::return_orders).
    #[must_use]
    pub const fn returns(&self) -> &PurchaseTable {
        &self.returns
    }

    /// The customers' ids.
    #[must_use]
    pub const fn customers(&self) -> &IdMap<CustomerIdx> {
        &self.customers
    }

    /// The items' ids; none where the file names no items.
    #[must_use]
    pub const fn items(&self) -> &IdMap<ItemIdx> {
        &self.items
    }

    /// Whether the file names items.
    #[must_use]
    pub fn has_items(&self) -> bool {
        !self.items.is_empty()
    }

    /// The orders' ids; where the file names no orders, customer and day separated by a blank.
    #[must_use]
    pub const fn orders(&self) -> &IdMap<OrderIdx> {
        &self.orders
    }

    /// The ids of the orders in which things were returned.
    #[must_use]
    pub const fn return_orders(&self) -> &IdMap<OrderIdx> {
        &self.return_orders
    }

    /// The item's description: of its accepted rows the most frequent one that is not empty, the first seen of several.
    #[must_use]
    pub fn description(&self, item: ItemIdx) -> Option<&str> {
        let text = self.descriptions.get(item.index())?;
        (!text.is_empty()).then_some(text)
    }

    /// The categories of items, in the order of their indices.
    #[must_use]
    pub fn categories(&self) -> &[String] {
        &self.categories
    }

    /// The position of the item's category among [`categories`](Self::categories), chosen as its description is.
    #[must_use]
    pub fn category(&self, item: ItemIdx) -> Option<u32> {
        self.item_categories.get(item.index()).copied().flatten()
    }

    /// For each item the median of what was paid for one unit of it, line by line; O(lines).
    ///
    /// The lower of the two middle prices where the number of lines is even.
    #[must_use]
    pub fn median_prices(&self) -> Vec<Money> {
        let n_items = self.purchases.n_items();
        let lines = self.purchases.lines();
        let Some(items) = lines.items() else { return vec![Money::ZERO; n_items] };
        let mut starts = vec![0usize; n_items + 1];
        for item in items {
            starts[item.index() + 1] += 1;
        }
        for item in 0..n_items {
            starts[item + 1] += starts[item];
        }
        let mut next = starts.clone();
        let mut prices = vec![Money::ZERO; items.len()];
        for ((item, amount), quantity) in items.iter().zip(lines.amounts()).zip(lines.quantities())
        {
            let slot = &mut next[item.index()];
            prices[*slot] = unit_price(*amount, *quantity);
            *slot += 1;
        }
        let medians = starts.windows(2).map(|range| {
            let prices = &mut prices[range[0]..range[1]];
            match prices.len() {
                0 => Money::ZERO,
                n => *prices.select_nth_unstable((n - 1) / 2).1,
            }
        });
        medians.collect()
    }

    /// The currency of all amounts, where the mapping declares it.
    #[must_use]
    pub const fn currency(&self) -> Option<Currency> {
        self.currency
    }

    /// The time zone of the file: the calendar by which days are counted.
    #[must_use]
    pub const fn calendar(&self) -> &Zone {
        &self.zone
    }

    /// What became of the rows.
    #[must_use]
    pub const fn report(&self) -> &Report {
        &self.report
    }
}

/// An amount divided by a quantity above zero, to the nearest ten-thousandth.
fn unit_price(amount: Money, quantity: f64) -> Money {
    let ticks = (amount.ticks() as f64 / quantity).round_ties_even();
    // The cast saturates where the quantity is a tiny fraction.
    Money::from_ticks(ticks as i64)
}
