//! Factors, learnt.

use ndarray::ArrayView2;
use patronage_core::{CustomerIdx, ItemIdx, Request, ScoredItem};

use super::estimator::Als;
use super::solve::{Equations, Exact};
use super::sweep::Objective;
use super::terms::Entries;
use crate::error::{Error, ErrorKind};
use crate::history::HistoryRule;
use crate::linear::{Panels, Rows, System, dispatch, gram};
use crate::par;
use crate::similar::{nearest, nearest_customers};

/// The greatest size of a factor, so that no score leaves the range.
pub(super) const LARGEST: f32 = 1e15;

/// Factors of items and customers, learnt by [`Als`](crate::Als).
///
/// A request costs O(n d² + d³) for the `n` items of its history, and at most O(items × d) for its
/// scores; [`top_k`](patronage_core::Recommender::top_k) looks at items by descending norm and stops
/// where none can be among the best. Memory is 8 d bytes an item and 4 d a customer.
#[derive(Clone, Debug)]
pub struct AlsModel {
    pub(super) objective: Objective,
    pub(super) rule: HistoryRule,
    pub(super) losses: Vec<f64>,
    pub(super) converged: bool,
    items: Rows,
    customers: Rows,
    /// `α₀ Σ v vᵀ` over the items.
    pub(super) gram: Rows,
    pub(super) panels: Panels,
}

impl PartialEq for AlsModel {
    fn eq(&self, other: &Self) -> bool {
        // The rest is derived from the items.
        self.objective == other.objective
            && self.rule == other.rule
            && self.losses == other.losses
            && self.converged == other.converged
            && self.items == other.items
            && self.customers == other.customers
    }
}

impl AlsModel {
    pub(super) fn new(
        als: &Als,
        items: Rows,
        customers: Rows,
        losses: Vec<f64>,
        converged: bool,
    ) -> Result<Self, Error> {
        Self::from_parts(als.objective(), als.rule(), items, customers, losses, converged)
    }

    pub(super) fn from_parts(
        objective: Objective,
        rule: HistoryRule,
        items: Rows,
        customers: Rows,
        losses: Vec<f64>,
        converged: bool,
    ) -> Result<Self, Error> {
        // Refuses NaN too.
        if !items.all().iter().chain(customers.all()).all(|x| x.abs() <= LARGEST) {
            return Err(ErrorKind::NotFinite { what: "alternating least squares" }.into());
        }
        let gram = gram(&items, objective.unobserved_weight);
        let panels = Panels::new(&items);
        Ok(Self { objective, rule, losses, converged, items, customers, gram, panels })
    }

    /// A model of given factors, of shapes `(n_customers, n_factors)` and `(n_items, n_factors)`,
    /// such as another program learnt; `als` says how requests are read and solved.
    ///
    /// # Errors
    ///
    /// When a parameter is out of its range, a matrix has another number of columns than `als` has
    /// factors, or a factor is no number or greater than 1e15.
    pub fn from_factors(
        als: &Als,
        customers: ArrayView2<'_, f32>,
        items: ArrayView2<'_, f32>,
    ) -> Result<Self, Error> {
        als.validate()?;
        let d = als.n_factors();
        let rows = |values: ArrayView2<'_, f32>| {
            if values.ncols() != d {
                let (what, found) = ("columns of factors", values.ncols());
                let kind = patronage_core::ErrorKind::Length { what, expected: d, found };
                return Err(Error::from(patronage_core::Error::from(kind)));
            }
            let mut rows = Rows::zeros(values.nrows(), d);
            for (i, values) in values.rows().into_iter().enumerate() {
                rows.row_mut(i).iter_mut().zip(values).for_each(|(cell, &x)| *cell = x);
            }
            Ok(rows)
        };
        Self::new(als, rows(items)?, rows(customers)?, Vec::new(), false)
    }

    /// The same model with each customer's factors solved exactly for her interactions.
    pub(super) fn with_customers_of<'a>(
        mut self,
        entries_of: &(dyn Fn(usize) -> Entries<'a> + Sync),
    ) -> Self {
        let mut customers = std::mem::replace(&mut self.customers, Rows::zeros(0, 0));
        let (d, stride) = (customers.d(), customers.stride());
        par::map_rows(
            customers.all_mut(),
            stride,
            8,
            || System::new(d),
            |system, customer, x| {
                self.solve(entries_of(customer), system, x);
            },
        );
        self.customers = customers;
        self
    }

    /// Solves a customer's equations for her factors; numbers out of range become 0.
    pub(super) fn solve(&self, entries: Entries<'_>, system: &mut System, x: &mut [f32]) {
        let ridge = self.objective.ridge(entries.n_observed(), self.items.n()) as f32;
        let equations = Equations { other: &self.items, gram: &self.gram, entries, ridge };
        dispatch(Exact { equations, system, x });
        for x in x {
            *x = if x.abs() <= LARGEST { *x } else { 0.0 };
        }
    }

    pub(super) const fn items(&self) -> &Rows {
        &self.items
    }

    pub(super) const fn customers(&self) -> &Rows {
        &self.customers
    }

    /// The number of factors.
    #[must_use]
    pub const fn n_factors(&self) -> usize {
        self.items.d()
    }

    /// The number of customers it was fitted on.
    #[must_use]
    pub const fn n_customers(&self) -> usize {
        self.customers.n()
    }

    /// The objective after each sweep.
    #[must_use]
    pub fn losses(&self) -> &[f64] {
        &self.losses
    }

    /// The number of sweeps made.
    #[must_use]
    pub const fn n_iter(&self) -> usize {
        self.losses.len()
    }

    /// Whether the sweeps ended because the objective fell by less than the tolerance.
    #[must_use]
    pub const fn converged(&self) -> bool {
        self.converged
    }

    /// An item's factors.
    ///
    /// # Panics
    ///
    /// When there is no such item.
    #[must_use]
    pub fn item_factors(&self, item: ItemIdx) -> &[f32] {
        self.items.values(item.index())
    }

    /// The factors of a customer of the training data.
    ///
    /// # Panics
    ///
    /// When there is no such customer.
    #[must_use]
    pub fn customer_factors(&self, customer: CustomerIdx) -> &[f32] {
        self.customers.values(customer.index())
    }

    /// The `k` items most similar to `item` by the cosine of their factors, best first, ties by
    /// ascending item; items without factors are similar to none.
    ///
    /// # Panics
    ///
    /// When there is no such item.
    #[must_use]
    pub fn similar_items(&self, item: ItemIdx, k: usize) -> Vec<ScoredItem> {
        nearest(&self.items, self.items.values(item.index()), Some(item.index()), k)
    }

    /// The `k` customers of the training data most similar to whoever asks, by the cosine of their
    /// factors with those of her history: best first, ties by ascending customer, herself left out.
    #[must_use]
    pub fn similar_customers(&self, request: &Request<'_>, k: usize) -> Vec<(CustomerIdx, f64)> {
        nearest_customers(&self.customers, &self.fold_in(request), request.customer, k)
    }
}
