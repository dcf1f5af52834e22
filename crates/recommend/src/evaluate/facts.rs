//! What an evaluation knows of items: how popular, how alike, how dear.

use patronage_core::{CustomerIdx, Interactions, ItemFeatures, ItemIdx};

use super::metrics::{Metric, Source};
use crate::error::{Error, ErrorKind, require, require_items};

/// How many customers of the training data have each item.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Training {
    /// Customers with a weight above 0 for the item.
    n_customers_of: Vec<u32>,
    /// Whether the item stands in the data at all.
    known: Vec<bool>,
    /// Whether the customer has anything.
    has_any: Vec<bool>,
    /// Items by descending popularity, ties ascending.
    order: Vec<ItemIdx>,
    n_customers: usize,
}

impl Training {
    pub(super) fn new<I: Interactions + ?Sized>(data: &I) -> Self {
        let mut n_customers_of = vec![0u32; data.n_items()];
        let mut known = vec![false; data.n_items()];
        let mut has_any = vec![false; data.n_customers()];
        for customer in CustomerIdx::all(data.n_customers()) {
            let row = data.row(customer);
            has_any[customer.index()] = !row.items().is_empty();
            for (item, &weight) in row.items().iter().zip(row.weights()) {
                known[item.index()] = true;
                n_customers_of[item.index()] += u32::from(weight > 0.0);
            }
        }
        let mut order: Vec<ItemIdx> = ItemIdx::all(data.n_items()).collect();
        order.sort_by_key(|item| std::cmp::Reverse(n_customers_of[item.index()]));
        let n_customers = has_any.iter().filter(|&&any| any).count();
        Self { n_customers_of, known, has_any, order, n_customers }
    }

    pub(super) fn knows(&self, item: ItemIdx) -> bool {
        self.known.get(item.index()).copied().unwrap_or(false)
    }

    pub(super) fn knows_customer(&self, customer: CustomerIdx) -> bool {
        self.has_any.get(customer.index()).copied().unwrap_or(false)
    }

    /// Items by descending popularity.
    pub(super) fn order(&self) -> &[ItemIdx] {
        &self.order
    }

    /// Customers of the item, at least one.
    fn count(&self, item: ItemIdx) -> f64 {
        f64::from(self.n_customers_of.get(item.index()).copied().unwrap_or(0).max(1))
    }

    /// Bits of surprise: `−log₂` of the share of customers who have the item.
    pub(super) fn self_information(&self, item: ItemIdx) -> f64 {
        (self.n_customers.max(1) as f64 / self.count(item)).log2()
    }

    /// `1 / propensity`, up to a factor common to all items: `count^−power`.
    pub(super) fn inverse_propensity(&self, item: ItemIdx, power: f64) -> f64 {
        self.count(item).powf(-power)
    }
}

/// Item features as rows of length 1: columns and values.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct UnitRows {
    starts: Vec<usize>,
    columns: Vec<u32>,
    values: Vec<f64>,
}

impl UnitRows {
    pub(super) fn new<F: ItemFeatures + ?Sized>(features: &F) -> Self {
        let mut rows = Self { starts: vec![0], ..Self::default() };
        for item in ItemIdx::all(features.n_items()) {
            let row = features.row(item);
            let norm = row.squared_norm().sqrt();
            row.for_each(|column, value| {
                if value != 0.0 {
                    rows.columns.push(column as u32);
                    rows.values.push(f64::from(value) / norm);
                }
            });
            rows.starts.push(rows.columns.len());
        }
        rows
    }

    fn n(&self) -> usize {
        self.starts.len() - 1
    }

    /// The cosine of two items; 0 where one has no features.
    pub(super) fn cosine(&self, a: ItemIdx, b: ItemIdx) -> f64 {
        let of = |item: ItemIdx| {
            let range = self.starts[item.index()]..self.starts[item.index() + 1];
            (&self.columns[range.clone()], &self.values[range])
        };
        let ((a_columns, a_values), (b_columns, b_values)) = (of(a), of(b));
        let (mut i, mut j, mut sum) = (0, 0, 0.0);
        while i < a_columns.len() && j < b_columns.len() {
            match a_columns[i].cmp(&b_columns[j]) {
                std::cmp::Ordering::Less => i += 1,
                std::cmp::Ordering::Greater => j += 1,
                std::cmp::Ordering::Equal => {
                    sum += a_values[i] * b_values[j];
                    (i, j) = (i + 1, j + 1);
                }
            }
        }
        sum
    }
}

/// Everything metrics need beside the model and the cases.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Facts {
    pub(super) training: Option<Training>,
    pub(super) features: Option<UnitRows>,
    pub(super) prices: Option<Vec<f64>>,
    pub(super) margins: Option<Vec<f64>>,
}

impl Facts {
    /// Refuses metrics whose facts are missing, or do not fit a model of `n_items`.
    pub(super) fn check(&self, metrics: &[Metric], n_items: usize) -> Result<(), Error> {
        for &metric in metrics {
            let (there, needed) = match metric.source() {
                Source::Popularity => (self.training.is_some(), "training data"),
                Source::Scores if metric == Metric::SnipsAuc => {
                    (self.training.is_some(), "training data")
                }
                Source::Features => (self.features.is_some(), "item features"),
                Source::Prices => (self.prices.is_some(), "prices"),
                Source::Margins => (self.margins.is_some(), "margins"),
                Source::Hits | Source::Candidates | Source::Scores | Source::Lists => continue,
            };
            if !there {
                return Err(ErrorKind::MetricNeeds { metric: metric.name(), needed }.into());
            }
        }
        if let Some(features) = &self.features {
            require_items("item features", n_items, features.n())?;
        }
        for (what, values) in [("prices", &self.prices), ("margins", &self.margins)] {
            let Some(values) = values else { continue };
            require_items(what, n_items, values.len())?;
            let bad = values.iter().find(|value| !value.is_finite() || value.abs() > 1e100);
            require(bad.is_none(), what, "numbers of at most 1e100", bad.copied().unwrap_or(0.0))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use patronage_core::{Csr, InteractionTable, SparseItemFeatures};

    use super::*;

    #[test]
    fn popularity_counts_customers() {
        let entries = [(0, 1, 2.0), (1, 1, 9.0), (1, 2, -1.0), (3, 3, 1.0)];
        let table = Csr::from_entries(5, 5, &entries, |_, _| {}).unwrap();
        let training = Training::new(&InteractionTable::new(table).unwrap());
        assert_eq!(ItemIdx::peel_slice(training.order()), [1, 3, 0, 2, 4]);
        assert!(training.knows(ItemIdx::new(2)) && !training.knows(ItemIdx::new(0)));
        assert!(!training.knows(ItemIdx::new(9)));
        assert!(training.knows_customer(CustomerIdx::new(3)));
        assert!(!training.knows_customer(CustomerIdx::new(2)));
        // Three customers have anything.
        let bits = training.self_information(ItemIdx::new(1));
        assert!((bits - (1.5f64).log2()).abs() < 1e-15);
        assert!((training.self_information(ItemIdx::new(4)) - 3f64.log2()).abs() < 1e-15);
        assert_eq!(training.inverse_propensity(ItemIdx::new(1), 2.0), 0.25);
        assert_eq!(training.inverse_propensity(ItemIdx::new(4), 2.0), 1.0);
    }

    #[test]
    fn cosines_of_sparse_rows() {
        let entries = [(0, 0, 3.0), (0, 2, 4.0), (1, 2, 2.0), (2, 1, 5.0)];
        let values = Csr::from_entries(4, 3, &entries, |_, _| {}).unwrap();
        let rows = UnitRows::new(&SparseItemFeatures::new(values, Vec::new()).unwrap());
        let cosine = |a, b| rows.cosine(ItemIdx::new(a), ItemIdx::new(b));
        assert!((cosine(0, 1) - 0.8).abs() < 1e-15);
        assert_eq!((cosine(0, 2), cosine(0, 3), cosine(3, 3)), (0.0, 0.0, 0.0));
    }
}
