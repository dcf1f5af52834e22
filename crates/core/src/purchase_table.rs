//! Purchases held in memory, column by column.

use crate::error::{Error, ErrorKind};
use crate::index::{CustomerIdx, ItemIdx, OrderIdx};
use crate::money::Money;
use crate::purchases::{Attribute, Line, Lines, Purchases};
use crate::time::Timestamp;

/// Purchases in columns, grouped by customer and ascending in time.
///
/// Memory is 32 bytes a line (28 without items), 4 more for each attribute, and 8 bytes a customer.
#[derive(Clone, Debug, PartialEq)]
pub struct PurchaseTable {
    starts: Vec<usize>,
    at: Vec<Timestamp>,
    orders: Vec<OrderIdx>,
    items: Option<Vec<ItemIdx>>,
    quantities: Vec<f64>,
    amounts: Vec<Money>,
    attributes: Vec<Attribute>,
    codes: Vec<Vec<u32>>,
    n_items: usize,
}

impl PurchaseTable {
    /// A builder that takes lines in any order.
    #[must_use]
    pub fn builder() -> PurchaseTableBuilder {
        PurchaseTableBuilder::default()
    }

    /// The number of lines.
    #[must_use]
    pub fn n_lines(&self) -> usize {
        self.at.len()
    }

    /// All lines, customer after customer; not in time order across customers.
    #[must_use]
    pub fn lines(&self) -> Lines<'_> {
        Lines::new(&self.at, &self.orders, self.items.as_deref(), &self.quantities, &self.amounts)
    }

    /// The first and the last instant, if there is any line; O(lines).
    #[must_use]
    pub fn period(&self) -> Option<(Timestamp, Timestamp)> {
        Some((*self.at.iter().min()?, *self.at.iter().max()?))
    }

    fn range(&self, customer: CustomerIdx) -> std::ops::Range<usize> {
        self.starts[customer.index()]..self.starts[customer.index() + 1]
    }
}

impl Purchases for PurchaseTable {
    fn n_customers(&self) -> usize {
        self.starts.len() - 1
    }

    fn n_items(&self) -> usize {
        self.n_items
    }

    fn history(&self, customer: CustomerIdx) -> Lines<'_> {
        self.lines().slice(self.range(customer))
    }

    fn attributes(&self) -> &[Attribute] {
        &self.attributes
    }

    fn attribute_codes(&self, customer: CustomerIdx, attribute: usize) -> &[u32] {
        &self.codes[attribute][self.range(customer)]
    }
}

/// Collects order lines in any order and builds a [`PurchaseTable`].
///
/// Lines of one customer at one instant keep the order in which they came.
#[derive(Clone, Debug, Default)]
pub struct PurchaseTableBuilder {
    customers: Vec<CustomerIdx>,
    at: Vec<Timestamp>,
    orders: Vec<OrderIdx>,
    items: Vec<ItemIdx>,
    quantities: Vec<f64>,
    amounts: Vec<Money>,
    attributes: Vec<Attribute>,
    codes: Vec<Vec<u32>>,
    n_customers: usize,
    n_items: usize,
}

impl PurchaseTableBuilder {
    /// Declares the optional columns whose codes [`push_with`](Self::push_with) takes; call it before the first line.
    #[must_use]
    pub fn attributes(mut self, attributes: Vec<Attribute>) -> Self {
        self.codes = vec![Vec::new(); attributes.len()];
        self.attributes = attributes;
        self
    }

    /// Replaces the attribute dictionaries, for readers that learn the levels as they go.
    ///
    /// # Panics
    ///
    /// When their number differs from the number declared.
    pub fn set_levels(&mut self, attributes: Vec<Attribute>) {
        assert_eq!(attributes.len(), self.codes.len(), "one dictionary an attribute");
        self.attributes = attributes;
    }

    /// Makes room for customers that may have no line.
    #[must_use]
    pub fn n_customers(mut self, n_customers: usize) -> Self {
        self.n_customers = self.n_customers.max(n_customers);
        self
    }

    /// Makes room for items that may be in no line.
    #[must_use]
    pub fn n_items(mut self, n_items: usize) -> Self {
        self.n_items = self.n_items.max(n_items);
        self
    }

    /// Adds a line without attributes.
    pub fn push(&mut self, customer: CustomerIdx, line: Line) {
        self.push_with(customer, line, &[]);
    }

    /// Adds a line with the codes of its attributes, in the order declared.
    ///
    /// A line without any code is found out by [`build`](Self::build).
    ///
    /// # Panics
    ///
    /// When there are codes, and not one for each attribute declared.
    pub fn push_with(&mut self, customer: CustomerIdx, line: Line, codes: &[u32]) {
        assert!(codes.is_empty() || codes.len() == self.codes.len(), "one code an attribute");
        self.customers.push(customer);
        self.at.push(line.at);
        self.orders.push(line.order);
        self.items.extend(line.item);
        self.quantities.push(line.quantity);
        self.amounts.push(line.amount);
        for (column, &code) in self.codes.iter_mut().zip(codes) {
            column.push(code);
        }
        self.n_customers = self.n_customers.max(customer.index() + 1);
        if let Some(item) = line.item {
            self.n_items = self.n_items.max(item.index() + 1);
        }
    }

    /// Adds many lines at once: `lines` in parallel with their customers and, for each attribute declared, their codes.
    ///
    /// The same as pushing them one by one, at the speed of copying columns.
    ///
    /// # Panics
    ///
    /// When there is not one customer a line, one slice of codes for each attribute declared, or one
    /// code a line in each.
    pub fn extend(&mut self, customers: &[CustomerIdx], lines: Lines<'_>, codes: &[&[u32]]) {
        assert_eq!(customers.len(), lines.len(), "one customer a line");
        assert_eq!(codes.len(), self.codes.len(), "codes for each attribute");
        assert!(codes.iter().all(|codes| codes.len() == lines.len()), "one code a line");
        self.customers.extend_from_slice(customers);
        self.at.extend_from_slice(lines.at());
        self.orders.extend_from_slice(lines.orders());
        self.quantities.extend_from_slice(lines.quantities());
        self.amounts.extend_from_slice(lines.amounts());
        for (column, codes) in self.codes.iter_mut().zip(codes) {
            column.extend_from_slice(codes);
        }
        if let Some(last) = customers.iter().max() {
            self.n_customers = self.n_customers.max(last.index() + 1);
        }
        if let Some(items) = lines.items() {
            self.items.extend_from_slice(items);
            if let Some(last) = items.iter().max() {
                self.n_items = self.n_items.max(last.index() + 1);
            }
        }
    }

    /// The number of lines so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.at.len()
    }

    /// Whether there is no line yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.at.is_empty()
    }

    /// Sorts the lines by customer and time.
    ///
    /// A counting pass by customer, then a stable sort of each history that is not yet in order.
    ///
    /// # Errors
    ///
    /// When some lines name an item and others do not, a line lacks the code of a declared
    /// attribute, a code has no level, a quantity is not a finite number above 0, or an amount is
    /// below 0: returns and cancellations are no purchases.
    pub fn build(self) -> Result<PurchaseTable, Error> {
        let n = self.at.len();
        if !self.items.is_empty() && self.items.len() != n {
            let what = "items of order lines, named by all or by none";
            return Err(ErrorKind::Length { what, expected: n, found: self.items.len() }.into());
        }
        let is_quantity = |quantity: f64| quantity.is_finite() && quantity > 0.0;
        if let Some(position) = self.quantities.iter().position(|&q| !is_quantity(q)) {
            let (what, expected) = ("quantity of order line", "a finite number above 0");
            let found = self.quantities[position];
            return Err(ErrorKind::Number { what, position, expected, found }.into());
        }
        if let Some(position) = self.amounts.iter().position(|&amount| amount < Money::ZERO) {
            let (what, expected) = ("amount of order line", "at least 0");
            let found = self.amounts[position].as_f64();
            return Err(ErrorKind::Number { what, position, expected, found }.into());
        }
        for (attribute, codes) in self.attributes.iter().zip(&self.codes) {
            if codes.len() != n {
                let what = "attribute codes of order lines";
                return Err(ErrorKind::Length { what, expected: n, found: codes.len() }.into());
            }
            let bound = attribute.levels.len();
            if let Some(&found) = codes.iter().find(|&&code| code as usize >= bound) {
                let (noun, found) = ("attribute code", found as usize);
                return Err(ErrorKind::OutOfRange { noun, bound, found }.into());
            }
        }
        let mut starts = vec![0usize; self.n_customers + 1];
        for customer in &self.customers {
            starts[customer.index() + 1] += 1;
        }
        for customer in 0..self.n_customers {
            starts[customer + 1] += starts[customer];
        }
        let mut next = starts.clone();
        let mut order = vec![0usize; n];
        for (position, customer) in self.customers.iter().enumerate() {
            let slot = &mut next[customer.index()];
            order[*slot] = position;
            *slot += 1;
        }
        for customer in 0..self.n_customers {
            let positions = &mut order[starts[customer]..starts[customer + 1]];
            if !positions.is_sorted_by_key(|&p| self.at[p]) {
                positions.sort_by_key(|&p| self.at[p]);
            }
        }
        fn gather<T: Copy>(column: &[T], order: &[usize]) -> Vec<T> {
            order.iter().map(|&position| column[position]).collect()
        }
        Ok(PurchaseTable {
            at: gather(&self.at, &order),
            orders: gather(&self.orders, &order),
            items: (!self.items.is_empty()).then(|| gather(&self.items, &order)),
            quantities: gather(&self.quantities, &order),
            amounts: gather(&self.amounts, &order),
            codes: self.codes.iter().map(|codes| gather(codes, &order)).collect(),
            attributes: self.attributes,
            n_items: self.n_items,
            starts,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_added_at_once_are_lines_added_one_by_one() {
        let attributes = vec![Attribute { name: "shop".into(), levels: vec!["a".into()] }];
        let customers = [2, 0, 2].map(CustomerIdx::new);
        let (at, orders) = ([5, 3, 1].map(Timestamp::from_seconds), [0, 1, 2].map(OrderIdx::new));
        let (items, quantities) = ([4, 0, 1].map(ItemIdx::new), [1.0, 2.0, 3.0]);
        let amounts = [7, 8, 9].map(Money::from_units);
        let lines = Lines::new(&at, &orders, Some(&items), &quantities, &amounts);
        let mut at_once = PurchaseTable::builder().attributes(attributes.clone());
        at_once.extend(&customers, lines, &[&[0, 0, 0]]);
        let mut one_by_one = PurchaseTable::builder().attributes(attributes);
        for (customer, line) in customers.into_iter().zip(lines.iter()) {
            one_by_one.push_with(customer, line, &[0]);
        }
        let table = at_once.build().unwrap();
        assert_eq!(table, one_by_one.build().unwrap());
        assert_eq!((table.n_customers(), table.n_items()), (3, 5));
    }
}
