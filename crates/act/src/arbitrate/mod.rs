//! Arbitration: the best plan for each customer, and the best set of plans within the budget.

mod core_search;
mod desk;
mod factors;
mod knapsack;
mod plans;
#[cfg(test)]
mod tests;

use patronage_core::{CustomerIdx, Eligibility, Money, Relevance, Value};

use crate::catalogue::Catalogue;
use crate::contacts::ContactHistory;
use crate::decisions::Decisions;
use crate::error::{Error, ErrorKind};
use crate::offers::Offers;
use crate::parallel::chunks;
use crate::summary::{self, Bounds};

pub(crate) use desk::Desk;
pub(crate) use factors::{Cell, Factors};
pub(crate) use knapsack::{Solution, Sum};
pub(crate) use plans::Plans;

use desk::Customers;

const CHUNK: usize = 1024;

/// Decides what to do next for each customer, within the budget.
///
/// For each customer and action
///
/// ```text
/// impact = value × relevance × eligible         (currency units; eligible is 0 or 1)
/// net    = impact − cost
/// ```
///
/// Relevance is rounded to six decimals *before* impact is computed, so that the printed columns
/// multiply to the printed impact. A *plan* of a customer is a set of at most
/// [`actions_per_customer`](Catalogue::actions_per_customer) actions, each with net above 0, of
/// which none excludes another, and for each of which all it requires is in the plan or was given
/// before. Doing nothing is a plan too. Of all ways to give each customer one plan within the
/// budget, one of the greatest total `Σ weight × net` is chosen: a multiple-choice knapsack.
///
/// Without a budget each customer gets her best plan (ties: the one that comes first in the order
/// of the catalogue). With one that all best plans together exceed, the linear relaxation gives an
/// upper bound, and a search over the customers nearest to the margin closes the gap (of plans of
/// equal worth the cheaper is taken, ties by the order of the customers). The
/// [`Summary`](crate::Summary) reports bound and gap; where the gap is 0, no other choice is better
/// (but for rounding, 1 part in 10¹³).
///
/// The models may be anyone's: whatever implements [`Value`], [`Relevance`] and [`Eligibility`].
/// The decisions do not depend on the number of threads. O(customers × (actions + plans)) and a
/// sort of the plans on the upper hulls; memory 12 bytes a customer and action, and 24 bytes a plan
/// on a hull while a budget is being spent.
///
/// # References
///
/// H. Kellerer, U. Pferschy and D. Pisinger (2004), *Knapsack Problems*, chapter 11; D. Pisinger
/// (1995), *A minimal algorithm for the multiple-choice knapsack problem*.
///
/// # Examples
///
/// ```
/// use patronage_act::{Catalogue, NextBestAction, RuleColumns};
/// use patronage_core::{
///     ActionIdx, CustomerIdx, Eligibility, Explained, Money, Probability, Relevance, Schema, Value,
///     Verdict,
/// };
///
/// /// A user's own models.
/// struct Mine;
/// impl Value for Mine {
///     fn value(&self, customer: CustomerIdx, _: ActionIdx) -> Explained<Money> {
///         Explained::new(Money::from_units(10 * i64::from(customer.get())), "ten a number")
///     }
/// }
/// impl Relevance for Mine {
///     fn relevance(&self, _: CustomerIdx, _: ActionIdx) -> Explained<Probability> {
///         Explained::new(Probability::ONE, "she always does")
///     }
/// }
/// impl Eligibility for Mine {
///     fn eligibility(&self, _: CustomerIdx, _: ActionIdx) -> Explained<Verdict> {
///         Explained::new(Verdict::Eligible, "everybody may")
///     }
/// }
///
/// let catalogue = r#"
/// channel = [{ id = "till", needs_consent = false }]
/// [[action]]
/// id = "voucher"
/// channel = "till"
/// cost = 6
/// margin = 0.5
/// offer = { service = "voucher" }
/// eligible = "true"
/// "#;
/// let catalogue = Catalogue::parse(catalogue, &RuleColumns::new(Schema::new([])?))?;
/// let decisions = NextBestAction::new(&catalogue)
///     .budget(Money::from_units(13))
///     .decide(CustomerIdx::all(4), &Mine, &Mine, &Mine)?;
/// let chosen: Vec<_> = decisions.chosen().map(|(customer, _)| customer.get()).collect();
/// assert_eq!(chosen, [2, 3]);
/// assert_eq!(decisions.summary().net, 38.0);
/// assert_eq!(decisions.summary().gap, 0.0);
/// # Ok::<(), patronage_act::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct NextBestAction<'a> {
    catalogue: &'a Catalogue,
    budget: Option<Money>,
    contacts: Option<&'a ContactHistory>,
    offers: Option<&'a Offers>,
    effort: usize,
}

impl<'a> NextBestAction<'a> {
    /// Decides on the actions of `catalogue`, without a budget.
    #[must_use]
    pub const fn new(catalogue: &'a Catalogue) -> Self {
        Self { catalogue, budget: None, contacts: None, offers: None, effort: 2_000_000 }
    }

    /// What all chosen actions may cost together, at least 0; default unlimited. A budget of 0 leaves actions that cost nothing.
    #[must_use]
    pub const fn budget(mut self, budget: Money) -> Self {
        self.budget = Some(budget);
        self
    }

    /// What customers were given before, which meets what actions require; default nothing.
    #[must_use]
    pub const fn contacts(mut self, contacts: &'a ContactHistory) -> Self {
        self.contacts = Some(contacts);
        self
    }

    /// What actions offer, so that the summary can warn of offers the data do not have; default none.
    #[must_use]
    pub const fn offers(mut self, offers: &'a Offers) -> Self {
        self.offers = Some(offers);
        self
    }

    /// How many partial solutions the search for the optimum may look at; default `2_000_000`. Where they do not suffice, the gap says what may be missing.
    #[must_use]
    pub const fn effort(mut self, effort: usize) -> Self {
        self.effort = effort;
        self
    }

    /// Decides for `customers`, in their order.
    ///
    /// The models are asked for every customer and action once for the factors, and once more for
    /// their reasons when these are written.
    ///
    /// # Errors
    ///
    /// When the budget is below 0 or a customer comes twice.
    ///
    /// # Panics
    ///
    /// When a model panics for a customer it was not made for.
    pub fn decide(
        &self,
        customers: impl IntoIterator<Item = CustomerIdx>,
        value: &'a dyn Value,
        relevance: &'a dyn Relevance,
        eligibility: &'a dyn Eligibility,
    ) -> Result<Decisions<'a>, Error> {
        if let Some(found) = self.budget.filter(|&budget| budget < Money::ZERO) {
            return Err(ErrorKind::Budget { found }.into());
        }
        let customers: Vec<CustomerIdx> = customers.into_iter().collect();
        refuse_doubles(&customers)?;
        let factors = Factors::evaluate(self.catalogue, &customers, value, relevance, eligibility);
        let desk = Desk { catalogue: self.catalogue, contacts: self.contacts, customers, factors };
        let (desk, bounds) = self.arbitrate(desk);
        let mut summary = summary::summarise(&desk, self.budget, bounds);
        summary.warnings.extend(self.catalogue.warnings().iter().map(ToString::to_string));
        summary.warnings.extend(self.offers.iter().flat_map(|o| o.unknown().iter().cloned()));
        Ok(Decisions { desk, value, relevance, eligibility, summary })
    }

    /// Marks what is chosen.
    fn arbitrate(&self, mut desk: Desk<'a>) -> (Desk<'a>, Bounds) {
        let n = desk.customers.len();
        let best = chunks(n, CHUNK, |range| {
            let (mut plans, mut candidates) = (Plans::default(), Vec::new());
            let (mut chosen, mut cost) = (Vec::new(), 0i128);
            for position in range {
                desk.list_plans(position, &mut candidates, &mut plans);
                let plan = plans.best();
                cost += i128::from(plan.cost);
                chosen.extend(plans.actions(&plan).iter().map(|&action| (position, action)));
            }
            (chosen, cost)
        });
        let cost: i128 = best.iter().map(|(_, cost)| cost).sum();
        if self.budget.is_none_or(|budget| cost <= i128::from(budget.ticks())) {
            for (position, action) in best.into_iter().flat_map(|(chosen, _)| chosen) {
                desk.factors.choose(position, action);
            }
            return (desk, Bounds::unlimited());
        }
        let budget = self.budget.map_or(i64::MAX, Money::ticks);
        let solution = knapsack::solve(&Customers::new(&desk, budget), budget, self.effort);
        let chosen = chunks(n, CHUNK, |range| {
            let (mut plans, mut candidates) = (Plans::default(), Vec::new());
            let mut chosen = Vec::new();
            for position in range {
                desk.list_plans(position, &mut candidates, &mut plans);
                plans.keep_undominated(budget);
                let plan = plans.plans[solution.choices[position] as usize];
                chosen.extend(plans.actions(&plan).iter().map(|&action| (position, action)));
            }
            chosen
        });
        for (position, action) in chosen.into_iter().flatten() {
            desk.factors.choose(position, action);
        }
        (desk, Bounds::from(&solution))
    }
}

fn refuse_doubles(customers: &[CustomerIdx]) -> Result<(), Error> {
    // Ascending customers, the common case, need no memory.
    if customers.is_sorted_by(|a, b| a < b) {
        return Ok(());
    }
    let mut seen = std::collections::HashSet::with_capacity(customers.len());
    match customers.iter().find(|&&customer| !seen.insert(customer)) {
        Some(&customer) => Err(ErrorKind::DoubledCustomer { customer }.into()),
        None => Ok(()),
    }
}
