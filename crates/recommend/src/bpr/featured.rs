//! Interactions with what is known of customers and items.

use patronage_core::{Csr, FeatureRow, Interactions, ItemFeatures, ItemIdx};

use crate::error::{Error, ErrorKind};

/// Interactions with the features of customers and items, as [`FeatureMf`](crate::FeatureMf) learns from them.
///
/// Customers and items without any interaction belong in it: with features they can be served.
#[derive(Clone, Copy)]
pub struct Featured<'a> {
    pub(super) interactions: &'a dyn Interactions,
    pub(super) customers: Option<&'a dyn ItemFeatures>,
    pub(super) items: Option<&'a dyn ItemFeatures>,
}

impl<'a> Featured<'a> {
    /// Interactions of customers and items of whom nothing else is known.
    #[must_use]
    pub fn new(interactions: &'a dyn Interactions) -> Self {
        Self { interactions, customers: None, items: None }
    }

    /// What is known of each customer: a row each, in their order.
    #[must_use]
    pub fn customers(mut self, features: &'a dyn ItemFeatures) -> Self {
        self.customers = Some(features);
        self
    }

    /// What is known of each item.
    #[must_use]
    pub fn items(mut self, features: &'a dyn ItemFeatures) -> Self {
        self.items = Some(features);
        self
    }
}

impl std::fmt::Debug for Featured<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let n_features = |features: Option<&dyn ItemFeatures>| features.map(|f| f.n_features());
        f.debug_struct("Featured")
            .field("n_customers", &self.interactions.n_customers())
            .field("n_items", &self.interactions.n_items())
            .field("n_customer_features", &n_features(self.customers))
            .field("n_item_features", &n_features(self.items))
            .finish()
    }
}

/// The weight of each row of factors in each customer (or item): its own row first, where it has one,
/// then its features'; the weights of each are of length 1.
pub(super) fn weights(
    what: &'static str,
    n: usize,
    features: Option<&dyn ItemFeatures>,
    own: bool,
) -> Result<Csr<f32>, Error> {
    let n_own = if own { n } else { 0 };
    let n_features = features.map_or(0, ItemFeatures::n_features);
    let (mut starts, mut columns, mut values) = (vec![0], Vec::new(), Vec::new());
    for row in 0..n {
        let of_row = features.map(|features| features.row(ItemIdx::from_usize(row)));
        let length = length(what, row, of_row, own)?;
        if own {
            columns.push(row as u32);
            values.push((1.0 / length) as f32);
        }
        if let Some(of_row) = of_row {
            of_row.for_each(|feature, value| {
                if value != 0.0 {
                    columns.push((n_own + feature) as u32);
                    values.push((f64::from(value) / length) as f32);
                }
            });
        }
        starts.push(columns.len());
    }
    Ok(Csr::new(n_own + n_features, starts, columns, values)?)
}

/// By what the features of a row are divided: their length, counting that of its own factors as 1.
pub(super) fn length(
    what: &'static str,
    row: usize,
    features: Option<FeatureRow<'_>>,
    own: bool,
) -> Result<f64, Error> {
    let square = features.map_or(0.0, |features| features.squared_norm()) + f64::from(own);
    if !square.is_finite() {
        let (position, expected) = (row, "finite numbers");
        let kind = patronage_core::ErrorKind::Number { what, position, expected, found: square };
        return Err(ErrorKind::Core(kind.into()).into());
    }
    Ok(if square > 0.0 { square.sqrt() } else { 1.0 })
}
