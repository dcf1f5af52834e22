//! Ratings, checked, by customer and by item.

use patronage_core::{Csr, CustomerIdx, Interactions, Request};

use super::scale::RatingScale;
use crate::error::{Error, ErrorKind};

/// Ratings on a scale, at least one.
#[derive(Clone, Debug)]
pub(super) struct Ratings {
    pub(super) by_customer: Csr<f32>,
    pub(super) by_item: Csr<f32>,
    pub(super) mean: f64,
}

impl Ratings {
    pub(super) fn new<I: Interactions + ?Sized>(
        data: &I,
        scale: RatingScale,
    ) -> Result<Self, Error> {
        let (mut starts, mut columns, mut values) = (vec![0], Vec::new(), Vec::new());
        let mut sum = 0.0;
        for customer in CustomerIdx::all(data.n_customers()) {
            let row = data.row(customer);
            for (&item, &rating) in row.items().iter().zip(row.weights()) {
                if !scale.contains(f64::from(rating)) {
                    let (low, high, found) = (scale.low(), scale.high(), rating);
                    return Err(ErrorKind::Rating { customer, item, low, high, found }.into());
                }
                columns.push(item.get());
                values.push(rating);
                sum += f64::from(rating);
            }
            starts.push(columns.len());
        }
        if values.is_empty() {
            return Err(ErrorKind::Empty { what: "ratings" }.into());
        }
        let mean = sum / values.len() as f64;
        let by_customer = Csr::new(data.n_items(), starts, columns, values)?;
        let by_item = by_customer.transpose();
        Ok(Self { by_customer, by_item, mean })
    }

    pub(super) fn n_customers(&self) -> usize {
        self.by_customer.n_rows()
    }

    pub(super) fn n_items(&self) -> usize {
        self.by_item.n_rows()
    }

    pub(super) fn len(&self) -> usize {
        self.by_customer.n_entries()
    }
}

/// The entries of a row: index and rating.
pub(super) fn row(
    matrix: &Csr<f32>,
    row: usize,
) -> impl ExactSizeIterator<Item = (usize, f64)> + Clone {
    let (columns, values) = matrix.row(row);
    columns.iter().zip(values).map(|(&column, &value)| (column as usize, f64::from(value)))
}

/// What a request's history rates: items that are known, ascending, each with its last rating,
/// brought onto the scale.
pub(super) fn read(request: &Request<'_>, n_items: usize, scale: RatingScale) -> Vec<(usize, f64)> {
    let known = |index: usize, weight: f32| index < n_items && !weight.is_nan();
    let mut rated: Vec<(usize, f64)> = request
        .history
        .iter()
        .filter(|entry| known(entry.item.index(), entry.weight))
        .map(|entry| (entry.item.index(), scale.clip(f64::from(entry.weight))))
        .collect();
    // Stable, and from the latest on: of one item the last stays.
    rated.reverse();
    rated.sort_by_key(|&(item, _)| item);
    rated.dedup_by_key(|&mut (item, _)| item);
    rated
}
