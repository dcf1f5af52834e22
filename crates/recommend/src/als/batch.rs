//! Lists for many customers at once.

use patronage_core::{CustomerIdx, Interactions, ItemFilter, ItemIdx, ScoredItem, Seen};

use super::model::AlsModel;
use crate::Requests;
use crate::error::{Error, require_customers, require_items};
use crate::linear::{Allowed, Rows, System};
use crate::par;
use crate::similar::seen;

/// Customers of one block of the matrix product.
const BLOCK: usize = 64;

/// How many lists are held at a time.
const CHUNK: usize = 4096;

impl AlsModel {
    /// Calls `answer` with each customer of the training data and her `k` best items, in order, from
    /// the factors learnt at fit.
    ///
    /// `bought` says what [`Seen::Exclude`] leaves out: usually the training data. It is one
    /// blocked matrix product, in parallel under feature `rayon`, in which the filter is applied,
    /// and which passes over items of too small a norm; customers × items are never in memory.
    ///
    /// # Errors
    ///
    /// When `bought` has another number of customers, or of items, than the model.
    pub fn for_each_customer<I: Interactions + ?Sized>(
        &self,
        bought: &I,
        k: usize,
        filter: &ItemFilter<'_>,
        mut answer: impl FnMut(CustomerIdx, &[ScoredItem]),
    ) -> Result<(), Error> {
        require_items("what was bought", self.items().n(), bought.n_items())?;
        let (expected, found) = (self.n_customers(), bought.n_customers());
        require_customers("what was bought", expected, found)?;
        for start in (0..expected).step_by(CHUNK) {
            let n = CHUNK.min(expected - start);
            let blocks = par::map_grain(
                1,
                n.div_ceil(BLOCK),
                || (),
                |(), block| {
                    let from = start + block * BLOCK;
                    let customers = from..(from + BLOCK).min(start + n);
                    let x: Vec<&[f32]> =
                        customers.clone().map(|c| self.customers().row(c)).collect();
                    let allowed: Vec<Allowed<'_>> = customers
                        .map(|customer| {
                            let row = bought.row(CustomerIdx::from_usize(customer));
                            let items = ItemIdx::peel_slice(row.items());
                            let seen = if filter.seen == Seen::Exclude { items } else { &[] };
                            Allowed { seen, allow: filter.allow }
                        })
                        .collect();
                    self.panels.top_k_batch(&x, k, &allowed)
                },
            );
            for (offset, list) in blocks.iter().flatten().enumerate() {
                answer(CustomerIdx::from_usize(start + offset), list);
            }
        }
        Ok(())
    }

    /// Calls `answer` with the index of each request and its `k` best items, in order: the lists of
    /// [`top_k`](patronage_core::Recommender::top_k), by one blocked matrix product.
    pub fn for_each_request<Q: Requests + ?Sized>(
        &self,
        requests: &Q,
        k: usize,
        filter: &ItemFilter<'_>,
        mut answer: impl FnMut(usize, &[ScoredItem]),
    ) {
        let scratch = || {
            let d = self.n_factors();
            (System::new(d), Rows::zeros(BLOCK, d), Vec::new())
        };
        for start in (0..requests.len()).step_by(CHUNK) {
            let n = CHUNK.min(requests.len() - start);
            let blocks =
                par::map_grain(1, n.div_ceil(BLOCK), scratch, |(system, x, buffer), block| {
                    let from = start + block * BLOCK;
                    let indices = from..(from + BLOCK).min(start + n);
                    let n = indices.len();
                    let mut histories = Vec::with_capacity(n);
                    for (row, index) in indices.enumerate() {
                        let request = requests.request(index, buffer);
                        self.factors_into(&request, system, x.row_mut(row));
                        histories.push(seen(&request, filter));
                    }
                    let x: Vec<&[f32]> = (0..n).map(|row| x.row(row)).collect();
                    let allowed: Vec<Allowed<'_>> = (histories.iter())
                        .map(|seen| Allowed { seen, allow: filter.allow })
                        .collect();
                    self.panels.top_k_batch(&x, k, &allowed)
                });
            for (offset, list) in blocks.iter().flatten().enumerate() {
                answer(start + offset, list);
            }
        }
    }
}
