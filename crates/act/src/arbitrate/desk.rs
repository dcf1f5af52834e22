//! The customers, their plans, and the knapsack they make.

use patronage_core::{ActionIdx, CustomerIdx, Money};

use super::factors::{Cell, Factors};
use super::knapsack::{Choice, Classes};
use super::plans::{Candidate, Plans};
use crate::catalogue::Catalogue;
use crate::contacts::ContactHistory;

/// All that arbitration works on.
#[derive(Clone, Debug)]
pub(crate) struct Desk<'a> {
    pub(crate) catalogue: &'a Catalogue,
    pub(crate) contacts: Option<&'a ContactHistory>,
    pub(crate) customers: Vec<CustomerIdx>,
    pub(crate) factors: Factors,
}

impl Desk<'_> {
    /// Lists the plans of the customer at `position`.
    pub(crate) fn list_plans(
        &self,
        position: usize,
        candidates: &mut Vec<Candidate>,
        plans: &mut Plans,
    ) {
        self.list_plans_by(position, Cell::net, candidates, plans);
    }

    /// Lists the plans she would have, were the nets `net`.
    pub(crate) fn list_plans_by(
        &self,
        position: usize,
        net: fn(&Cell, Money) -> f64,
        candidates: &mut Vec<Candidate>,
        plans: &mut Plans,
    ) {
        candidates.clear();
        for (action, terms) in
            ActionIdx::all(self.factors.n_actions()).zip(self.catalogue.actions())
        {
            let net = net(&self.factors.cell(position, action), terms.cost());
            if net > 0.0 {
                let (cost, worth) = (terms.cost().ticks(), terms.weight() * net);
                candidates.push(Candidate { action, cost, worth });
            }
        }
        let was_given = |action| self.was_given(position, action);
        plans.enumerate(self.catalogue, candidates, &was_given);
    }

    /// Whether the customer at `position` was given the action before.
    pub(crate) fn was_given(&self, position: usize, action: ActionIdx) -> bool {
        self.contacts.is_some_and(|given| given.times(self.customers[position], action) > 0)
    }
}

/// The customers as classes of the knapsack.
pub(super) struct Customers<'d, 'a> {
    desk: &'d Desk<'a>,
    budget: i64,
    step: i64,
}

impl<'d, 'a> Customers<'d, 'a> {
    /// The customers of `desk`, of whose plans those count that cost at most `budget`.
    pub(super) fn new(desk: &'d Desk<'a>, budget: i64) -> Self {
        let costs = desk.catalogue.actions().iter().map(|action| action.cost().ticks());
        Self { desk, budget, step: costs.fold(0, greatest_common_divisor) }
    }
}

impl Classes for Customers<'_, '_> {
    fn n_classes(&self) -> usize {
        self.desk.customers.len()
    }

    fn choices(&self, class: usize, out: &mut Vec<Choice>) {
        let (mut plans, mut candidates) = (Plans::default(), Vec::new());
        self.desk.list_plans(class, &mut candidates, &mut plans);
        plans.keep_undominated(self.budget);
        out.clear();
        out.extend(plans.plans.iter().map(|plan| Choice { cost: plan.cost, worth: plan.worth }));
    }

    fn step(&self) -> i64 {
        self.step
    }
}

pub(super) fn greatest_common_divisor(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}
