//! The plans a customer may be given, and those worth considering.

use patronage_core::ActionIdx;

use crate::catalogue::Catalogue;

/// An action that would pay for one customer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidate {
    pub(crate) action: ActionIdx,
    /// Ten-thousandths.
    pub(crate) cost: i64,
    /// weight × net, above 0.
    pub(crate) worth: f64,
}

/// A set of actions for one customer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Plan {
    pub(crate) cost: i64,
    pub(crate) worth: f64,
    /// Its actions are `start..start + len` of [`Plans::actions`].
    start: u32,
    len: u32,
}

/// The plans of one customer; kept and refilled, so that nothing is allocated a customer.
#[derive(Debug, Default)]
pub(crate) struct Plans {
    pub(crate) plans: Vec<Plan>,
    actions: Vec<ActionIdx>,
    set: Vec<usize>,
}

impl Plans {
    /// Lists every feasible plan, the empty one first, then sets in the order of the catalogue.
    ///
    /// `candidates` ascend by action; `was_given` says what a customer had before of any action.
    pub(crate) fn enumerate(
        &mut self,
        catalogue: &Catalogue,
        candidates: &[Candidate],
        was_given: &dyn Fn(ActionIdx) -> bool,
    ) {
        self.plans.clear();
        self.actions.clear();
        self.plans.push(Plan { cost: 0, worth: 0.0, start: 0, len: 0 });
        self.set.clear();
        let limit = catalogue.actions_per_customer();
        // Depth first over sets whose positions ascend.
        let mut next = 0;
        loop {
            if next < candidates.len() && self.set.len() < limit {
                if self.fits(catalogue, candidates, next) {
                    self.set.push(next);
                    self.push_if_complete(catalogue, candidates, was_given);
                }
                next += 1;
            } else {
                match self.set.pop() {
                    Some(last) => next = last + 1,
                    None => break,
                }
            }
        }
    }

    /// Whether nothing in the set excludes the candidate.
    fn fits(&self, catalogue: &Catalogue, candidates: &[Candidate], next: usize) -> bool {
        let excludes = catalogue.action(candidates[next].action).excludes();
        excludes.is_empty()
            || self.set.iter().all(|&other| !excludes.contains(&candidates[other].action))
    }

    fn push_if_complete(
        &mut self,
        catalogue: &Catalogue,
        candidates: &[Candidate],
        was_given: &dyn Fn(ActionIdx) -> bool,
    ) {
        let in_set = |other: ActionIdx| self.set.iter().any(|&at| candidates[at].action == other);
        let complete = self.set.iter().all(|&at| {
            let requires = catalogue.action(candidates[at].action).requires();
            requires.iter().all(|&other| in_set(other) || was_given(other))
        });
        if !complete {
            return;
        }
        let start = self.actions.len() as u32;
        let (mut cost, mut worth) = (0i64, 0.0);
        for &at in &self.set {
            cost = cost.saturating_add(candidates[at].cost);
            worth += candidates[at].worth;
            self.actions.push(candidates[at].action);
        }
        self.plans.push(Plan { cost, worth, start, len: self.set.len() as u32 });
    }

    /// The actions of a plan, in the order of the catalogue.
    pub(crate) fn actions(&self, plan: &Plan) -> &[ActionIdx] {
        &self.actions[plan.start as usize..(plan.start + plan.len) as usize]
    }

    /// The plan of the greatest worth, the first of equals.
    pub(crate) fn best(&self) -> Plan {
        let mut best = self.plans[0];
        for plan in &self.plans[1..] {
            if plan.worth > best.worth {
                best = *plan;
            }
        }
        best
    }

    /// Keeps the plans within `budget` that no other beats: costs ascend, and so does worth.
    pub(crate) fn keep_undominated(&mut self, budget: i64) {
        self.plans.retain(|plan| plan.cost <= budget);
        // Of plans alike in both the first listed stays.
        self.plans.sort_unstable_by(|a, b| {
            let better = a.cost.cmp(&b.cost).then(b.worth.total_cmp(&a.worth));
            better.then((a.start, a.len).cmp(&(b.start, b.len)))
        });
        let mut best = f64::NEG_INFINITY;
        self.plans.retain(|plan| {
            let keep = plan.worth > best;
            best = best.max(plan.worth);
            keep
        });
    }
}
