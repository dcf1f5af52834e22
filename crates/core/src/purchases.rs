//! A customer's order lines in time order.

use crate::index::{CustomerIdx, ItemIdx, OrderIdx};
use crate::money::Money;
use crate::time::{Timestamp, Window};

/// Purchases: for each customer her order lines in time order.
///
/// Implementors promise that the lines of [`history`](Self::history) ascend in time, that every
/// customer below [`n_customers`](Self::n_customers) has one (it may be empty), that items lie
/// below [`n_items`](Self::n_items), and that a purchase is a purchase: returns and cancellations
/// are kept elsewhere. Outsiders may implement it.
pub trait Purchases: Send + Sync {
    /// The number of customers.
    fn n_customers(&self) -> usize;

    /// The number of items; `0` where the data name none.
    fn n_items(&self) -> usize;

    /// The customer's order lines, ascending in time.
    ///
    /// # Panics
    ///
    /// May panic when there is no such customer.
    fn history(&self, customer: CustomerIdx) -> Lines<'_>;

    /// The optional columns beside each line, such as category or channel.
    fn attributes(&self) -> &[Attribute] {
        &[]
    }

    /// The codes of one optional column for the lines of [`history`](Self::history), in the same order.
    ///
    /// # Panics
    ///
    /// May panic when there is no such customer or column.
    fn attribute_codes(&self, _customer: CustomerIdx, _attribute: usize) -> &[u32] {
        &[]
    }
}

macro_rules! forward {
    () => {
        fn n_customers(&self) -> usize {
            (**self).n_customers()
        }

        fn n_items(&self) -> usize {
            (**self).n_items()
        }

        fn history(&self, customer: CustomerIdx) -> Lines<'_> {
            (**self).history(customer)
        }

        fn attributes(&self) -> &[Attribute] {
            (**self).attributes()
        }

        fn attribute_codes(&self, customer: CustomerIdx, attribute: usize) -> &[u32] {
            (**self).attribute_codes(customer, attribute)
        }
    };
}

impl<P: Purchases + ?Sized> Purchases for &P {
    forward!();
}

impl<P: Purchases + ?Sized> Purchases for Box<P> {
    forward!();
}

impl<P: Purchases + ?Sized> Purchases for std::sync::Arc<P> {
    forward!();
}

/// An optional column beside each order line: its name and the levels its codes stand for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Attribute {
    /// The column's name, such as `"country"`.
    pub name: String,
    /// The level of each code.
    pub levels: Vec<String>,
}

/// One order line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Line {
    /// When it was bought.
    pub at: Timestamp,
    /// The order it belongs to.
    pub order: OrderIdx,
    /// What was bought, where the data say.
    pub item: Option<ItemIdx>,
    /// How much of it, above zero.
    pub quantity: f64,
    /// What was paid for the line.
    pub amount: Money,
}

/// Order lines as parallel slices of one length, ascending in time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Lines<'a> {
    at: &'a [Timestamp],
    orders: &'a [OrderIdx],
    items: Option<&'a [ItemIdx]>,
    quantities: &'a [f64],
    amounts: &'a [Money],
}

impl<'a> Lines<'a> {
    /// Lines from parallel slices.
    ///
    /// # Panics
    ///
    /// When lengths differ. That times ascend is the caller's promise, checked by the contract
    /// tests of [`Purchases`].
    #[must_use]
    pub fn new(
        at: &'a [Timestamp],
        orders: &'a [OrderIdx],
        items: Option<&'a [ItemIdx]>,
        quantities: &'a [f64],
        amounts: &'a [Money],
    ) -> Self {
        let n = at.len();
        assert!(
            orders.len() == n
                && items.is_none_or(|items| items.len() == n)
                && quantities.len() == n
                && amounts.len() == n,
            "order lines are parallel slices of one length"
        );
        Self { at, orders, items, quantities, amounts }
    }

    /// The number of lines.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.at.len()
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.at.is_empty()
    }

    /// When each was bought.
    #[must_use]
    pub const fn at(&self) -> &'a [Timestamp] {
        self.at
    }

    /// The order of each.
    #[must_use]
    pub const fn orders(&self) -> &'a [OrderIdx] {
        self.orders
    }

    /// What each was, where the data say.
    #[must_use]
    pub const fn items(&self) -> Option<&'a [ItemIdx]> {
        self.items
    }

    /// How much of each.
    #[must_use]
    pub const fn quantities(&self) -> &'a [f64] {
        self.quantities
    }

    /// What was paid for each.
    #[must_use]
    pub const fn amounts(&self) -> &'a [Money] {
        self.amounts
    }

    /// The lines one by one.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Line> + use<'a> {
        let lines = *self;
        (0..lines.len()).map(move |i| Line {
            at: lines.at[i],
            order: lines.orders[i],
            item: lines.items.map(|items| items[i]),
            quantity: lines.quantities[i],
            amount: lines.amounts[i],
        })
    }

    /// The lines at the positions `range`.
    ///
    /// # Panics
    ///
    /// When the range reaches beyond the lines.
    #[must_use]
    pub fn slice(&self, range: std::ops::Range<usize>) -> Self {
        Self {
            at: &self.at[range.clone()],
            orders: &self.orders[range.clone()],
            items: self.items.map(|items| &items[range.clone()]),
            quantities: &self.quantities[range.clone()],
            amounts: &self.amounts[range],
        }
    }

    /// The lines strictly before `instant`; O(log lines).
    #[must_use]
    pub fn before(&self, instant: Timestamp) -> Self {
        self.slice(0..self.at.partition_point(|&at| at < instant))
    }

    /// The lines inside `window`; O(log lines).
    #[must_use]
    pub fn during(&self, window: Window) -> Self {
        self.slice(positions_during(self.at, window))
    }

    /// The number of distinct orders among the lines; O(lines log lines) at worst, O(lines) when an order's lines stand together.
    #[must_use]
    pub fn n_orders(&self) -> usize {
        let mut orders: Vec<OrderIdx> = self.orders.to_vec();
        orders.dedup();
        orders.sort_unstable();
        orders.dedup();
        orders.len()
    }
}

fn positions_during(at: &[Timestamp], window: Window) -> std::ops::Range<usize> {
    let start = at.partition_point(|&at| at < window.start);
    let end = at.partition_point(|&at| at < window.end);
    start..end.max(start)
}

/// A view of purchases in which only those inside a window exist.
///
/// Customers and items keep their indices; nothing is copied. It is how "features strictly before
/// the cut, labels at or after it" is said.
///
/// ```
/// use patronage_core::{Date, CustomerIdx, During, Line, Money, OrderIdx, PurchaseTable, Purchases, Timestamp};
///
/// let mut table = PurchaseTable::builder();
/// for (order, seconds) in [(0, 10), (1, 20)] {
///     table.push(CustomerIdx::new(0), Line {
///         at: Timestamp::from_seconds(seconds),
///         order: OrderIdx::new(order),
///         item: None,
///         quantity: 1.0,
///         amount: Money::from_units(5),
///     });
/// }
/// let table = table.build()?;
/// let early = During::before(&table, Timestamp::from_seconds(20));
/// assert_eq!(early.history(CustomerIdx::new(0)).len(), 1);
/// # Ok::<(), patronage_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct During<P> {
    purchases: P,
    window: Window,
}

impl<P: Purchases> During<P> {
    /// The purchases inside `window`.
    pub const fn new(purchases: P, window: Window) -> Self {
        Self { purchases, window }
    }

    /// The purchases strictly before `instant`.
    pub const fn before(purchases: P, instant: Timestamp) -> Self {
        Self::new(purchases, Window { start: Timestamp::MIN, end: instant })
    }

    /// The window.
    pub const fn window(&self) -> Window {
        self.window
    }
}

impl<P: Purchases> Purchases for During<P> {
    fn n_customers(&self) -> usize {
        self.purchases.n_customers()
    }

    fn n_items(&self) -> usize {
        self.purchases.n_items()
    }

    fn history(&self, customer: CustomerIdx) -> Lines<'_> {
        self.purchases.history(customer).during(self.window)
    }

    fn attributes(&self) -> &[Attribute] {
        self.purchases.attributes()
    }

    fn attribute_codes(&self, customer: CustomerIdx, attribute: usize) -> &[u32] {
        let positions = positions_during(self.purchases.history(customer).at(), self.window);
        &self.purchases.attribute_codes(customer, attribute)[positions]
    }
}
