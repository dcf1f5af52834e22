//! What was decided, customer by customer.

use patronage_core::{
    ActionIdx, ChannelIdx, CustomerIdx, Eligibility, Money, Probability, Relevance, Value, Verdict,
};

use crate::arbitrate::{Desk, Plans};
use crate::catalogue::Catalogue;
use crate::summary::Summary;

/// What was decided for each customer and action; made by [`NextBestAction::decide`](crate::NextBestAction::decide).
///
/// Rows come customer after customer in the order given, and for each customer by rank.
#[derive(Clone)]
pub struct Decisions<'a> {
    pub(crate) desk: Desk<'a>,
    pub(crate) value: &'a dyn Value,
    pub(crate) relevance: &'a dyn Relevance,
    pub(crate) eligibility: &'a dyn Eligibility,
    pub(crate) summary: Summary,
}

/// What was decided for one customer and action.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Decision {
    /// The customer.
    pub customer: CustomerIdx,
    /// The action.
    pub action: ActionIdx,
    /// Where she would be met.
    pub channel: ChannelIdx,
    /// What it is worth if accepted.
    pub value: Money,
    /// How likely she is to respond, rounded to six decimals.
    pub relevance: Probability,
    /// Whether she may be given it.
    pub eligible: Verdict,
    /// value × relevance × eligible, in currency units.
    pub impact: f64,
    /// What giving it costs.
    pub cost: Money,
    /// impact − cost, in currency units.
    pub net: f64,
    /// Its place among the customer's actions by weight × net, from 1; ties by the order of the catalogue.
    pub rank: usize,
    /// Whether it is given.
    pub chosen: bool,
}

impl<'a> Decisions<'a> {
    /// The catalogue decided on.
    #[must_use]
    pub const fn catalogue(&self) -> &'a Catalogue {
        self.desk.catalogue
    }

    /// The customers, in the order given.
    #[must_use]
    pub fn customers(&self) -> &[CustomerIdx] {
        &self.desk.customers
    }

    /// The figures.
    #[must_use]
    pub const fn summary(&self) -> &Summary {
        &self.summary
    }

    /// The number of rows: customers × actions.
    #[must_use]
    pub fn len(&self) -> usize {
        self.desk.customers.len() * self.desk.factors.n_actions()
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Every row: customers in the order given, the actions of each by rank.
    pub fn iter(&self) -> impl Iterator<Item = Decision> + '_ {
        (0..self.desk.customers.len()).flat_map(|position| self.of(position))
    }

    /// The rows of the customer at `position` in the order given, by rank.
    ///
    /// # Panics
    ///
    /// When there is no such position.
    #[must_use]
    pub fn of(&self, position: usize) -> Vec<Decision> {
        let catalogue = self.desk.catalogue;
        let worth = |row: &Decision| catalogue.action(row.action).weight() * row.net;
        let mut rows: Vec<Decision> =
            ActionIdx::all(self.desk.factors.n_actions()).map(|a| self.row(position, a)).collect();
        // Stable, so that ties stay in the order of the catalogue.
        rows.sort_by(|a, b| worth(b).total_cmp(&worth(a)));
        for (place, row) in rows.iter_mut().enumerate() {
            row.rank = place + 1;
        }
        rows
    }

    /// The customers and actions chosen: customers in the order given, actions in that of the catalogue.
    pub fn chosen(&self) -> impl Iterator<Item = (CustomerIdx, ActionIdx)> + '_ {
        self.desk.customers.iter().enumerate().flat_map(move |(position, &customer)| {
            let actions = ActionIdx::all(self.desk.factors.n_actions());
            let chosen = actions.filter(move |&a| self.desk.factors.cell(position, a).chosen);
            chosen.map(move |action| (customer, action))
        })
    }

    /// The rows of the customer at `position`, by rank, each with its reason: what its factors are
    /// and why, which rule excluded it, what it beat or was beaten by, and whether the budget
    /// dropped it.
    ///
    /// # Panics
    ///
    /// When there is no such position.
    #[must_use]
    pub fn explain(&self, position: usize) -> Vec<(Decision, String)> {
        let rows = self.of(position);
        let outcomes = self.outcomes(position, &rows);
        rows.into_iter()
            .zip(outcomes)
            .map(|(row, outcome)| {
                let value = self.value.value(row.customer, row.action).reason;
                let relevance = self.relevance.relevance(row.customer, row.action).reason;
                let eligible = self.eligibility.eligibility(row.customer, row.action).reason;
                let reason = format!(
                    "{outcome} | value: {value} | relevance: {relevance} | eligible: {eligible}"
                );
                (row, reason)
            })
            .collect()
    }

    /// The plan the customer at `position` would have were there no budget.
    pub(crate) fn best_plan(&self, position: usize) -> Vec<ActionIdx> {
        let (mut plans, mut candidates) = (Plans::default(), Vec::new());
        self.desk.list_plans(position, &mut candidates, &mut plans);
        plans.actions(&plans.best()).to_vec()
    }

    fn row(&self, position: usize, index: ActionIdx) -> Decision {
        let (cell, action) =
            (self.desk.factors.cell(position, index), self.desk.catalogue.action(index));
        Decision {
            customer: self.desk.customers[position],
            action: index,
            channel: action.channel(),
            value: cell.value,
            relevance: cell.relevance(),
            eligible: if cell.eligible { Verdict::Eligible } else { Verdict::Ineligible },
            impact: cell.impact(),
            cost: action.cost(),
            net: cell.net(action.cost()),
            rank: 0,
            chosen: cell.chosen,
        }
    }
}

impl std::fmt::Debug for Decisions<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Decisions").field("summary", &self.summary).finish_non_exhaustive()
    }
}
