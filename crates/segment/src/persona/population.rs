//! Rows with their segments, checked once.

use ndarray::ArrayView2;
use patronage_core::{CustomerIdx, Features, IdMap, ItemIdx, Purchases, Schema, SegmentIdx};

use crate::error::{Error, ErrorKind};

/// Rows, their segments and whose they are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Population<'a> {
    pub(crate) schema: &'a Schema,
    pub(crate) rows: ArrayView2<'a, f64>,
    pub(crate) segments: &'a [SegmentIdx],
    pub(crate) n_segments: usize,
    customers: Option<&'a [CustomerIdx]>,
}

impl<'a> Population<'a> {
    /// Checks that there is one segment a row, below `n_segments`, and one customer a row.
    pub(crate) fn new<F: Features + ?Sized>(
        features: &'a F,
        segments: &'a [SegmentIdx],
        n_segments: usize,
        customers: Option<&'a [CustomerIdx]>,
    ) -> Result<Self, Error> {
        let (schema, rows) = (features.schema(), features.values());
        if rows.nrows() == 0 {
            return Err(ErrorKind::Empty { what: "rows" }.into());
        }
        if segments.len() != rows.nrows() {
            let (what, expected) = ("segments of rows", rows.nrows());
            return Err(ErrorKind::Length { what, expected, found: segments.len() }.into());
        }
        if let Some(position) = segments.iter().position(|s| s.index() >= n_segments) {
            let (what, expected) = ("segment of row", "a segment below the number of names");
            let found = segments[position].index() as f64;
            return Err(ErrorKind::Number { what, position, expected, found }.into());
        }
        if let Some(customers) = customers {
            if customers.len() != rows.nrows() {
                let (what, expected) = ("customers of rows", rows.nrows());
                return Err(ErrorKind::Length { what, expected, found: customers.len() }.into());
            }
            let mut sorted = customers.to_vec();
            sorted.sort_unstable();
            if let Some(pair) = sorted.windows(2).find(|pair| pair[0] == pair[1]) {
                return Err(ErrorKind::DoubledCustomer { customer: pair[0] }.into());
            }
        }
        Ok(Self { schema, rows, segments, n_segments, customers })
    }

    /// Checks that every row's customer is among the customers of `purchases`; without customers
    /// given, that rows are the customers.
    pub(crate) fn check_purchases(&self, purchases: &dyn Purchases) -> Result<(), Error> {
        let bound = purchases.n_customers();
        let Some(customers) = self.customers else {
            if bound != self.n() {
                let what = "rows where none says whose they are, one for each customer";
                let (expected, found) = (bound, self.n());
                return Err(ErrorKind::Length { what, expected, found }.into());
            }
            return Ok(());
        };
        if let Some(position) = customers.iter().position(|c| c.index() >= bound) {
            let (what, expected) = ("customer of row", "a customer of the purchases");
            let found = customers[position].index() as f64;
            return Err(ErrorKind::Number { what, position, expected, found }.into());
        }
        Ok(())
    }

    pub(crate) fn n(&self) -> usize {
        self.segments.len()
    }

    pub(crate) fn customer(&self, row: usize) -> CustomerIdx {
        self.customers.map_or_else(|| CustomerIdx::from_usize(row), |customers| customers[row])
    }

    /// The rows of each segment, ascending.
    pub(crate) fn members(&self) -> Vec<Vec<usize>> {
        let mut members = vec![Vec::new(); self.n_segments];
        for (row, segment) in self.segments.iter().enumerate() {
            members[segment.index()].push(row);
        }
        members
    }
}

/// What items are called: an [`IdMap`] of item ids, or a list of names in the order of items.
///
/// Outsiders may implement it.
pub trait ItemNames: Send + Sync {
    /// The item's name, where it has one.
    fn item_name(&self, item: ItemIdx) -> Option<&str>;
}

impl ItemNames for IdMap<ItemIdx> {
    fn item_name(&self, item: ItemIdx) -> Option<&str> {
        self.id(item)
    }
}

impl<S: AsRef<str> + Send + Sync> ItemNames for [S] {
    fn item_name(&self, item: ItemIdx) -> Option<&str> {
        self.get(item.index()).map(AsRef::as_ref)
    }
}

impl<S: AsRef<str> + Send + Sync> ItemNames for Vec<S> {
    fn item_name(&self, item: ItemIdx) -> Option<&str> {
        self.as_slice().item_name(item)
    }
}

impl<S: AsRef<str> + Send + Sync, const N: usize> ItemNames for [S; N] {
    fn item_name(&self, item: ItemIdx) -> Option<&str> {
        self.as_slice().item_name(item)
    }
}

/// The item's name, or `item 7` where it has none.
pub(crate) fn item_name(names: Option<&dyn ItemNames>, item: ItemIdx) -> String {
    let name = names.and_then(|names| names.item_name(item));
    name.map_or_else(|| item.to_string(), str::to_owned)
}
