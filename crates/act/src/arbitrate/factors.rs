//! The factors of every customer and action, packed.

use patronage_core::{ActionIdx, CustomerIdx, Eligibility, Money, Probability, Relevance, Value};

use crate::catalogue::Catalogue;
use crate::parallel::fill;

const ELIGIBLE: u32 = 1 << 31;
/// Ineligible, and eligible had she consented.
const CONSENT_ONLY: u32 = 1 << 30;
const CHOSEN: u32 = 1 << 29;
const MILLIONTHS: u32 = (1 << 20) - 1;
const MILLION: f64 = 1e6;
const CHUNK: usize = 1024;

/// Value, relevance and eligibility of every customer and action: 12 bytes each.
///
/// Relevance is kept in millionths: what is printed is what impact is computed from.
#[derive(Clone, Debug)]
pub(crate) struct Factors {
    n_actions: usize,
    values: Vec<Money>,
    packed: Vec<u32>,
}

/// The factors of one customer and action.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cell {
    pub(crate) value: Money,
    pub(crate) millionths: u32,
    pub(crate) eligible: bool,
    pub(crate) consent_only: bool,
    pub(crate) chosen: bool,
}

impl Factors {
    pub(crate) fn evaluate(
        catalogue: &Catalogue,
        customers: &[CustomerIdx],
        value: &dyn Value,
        relevance: &dyn Relevance,
        eligibility: &dyn Eligibility,
    ) -> Self {
        let n_actions = catalogue.actions().len();
        let n = customers.len() * n_actions;
        let (mut values, mut packed) = (vec![Money::ZERO; n], vec![0u32; n]);
        fill(&mut values, &mut packed, n_actions, CHUNK, |start, values, packed| {
            let rows = values.chunks_mut(n_actions).zip(packed.chunks_mut(n_actions));
            for (&customer, (values, packed)) in customers[start..].iter().zip(rows) {
                for action in ActionIdx::all(n_actions) {
                    let probability = relevance.probability(customer, action);
                    let eligible = eligibility.verdict(customer, action).is_eligible();
                    let consent_only = !eligible
                        && eligibility.verdict_with_consent(customer, action).is_eligible();
                    values[action.index()] = value.amount(customer, action);
                    packed[action.index()] = (probability.get() * MILLION).round_ties_even() as u32
                        | if eligible { ELIGIBLE } else { 0 }
                        | if consent_only { CONSENT_ONLY } else { 0 };
                }
            }
        });
        Self { n_actions, values, packed }
    }

    pub(crate) const fn n_actions(&self) -> usize {
        self.n_actions
    }

    /// The factors of the customer at `position` and an action.
    pub(crate) fn cell(&self, position: usize, action: ActionIdx) -> Cell {
        let at = position * self.n_actions + action.index();
        let packed = self.packed[at];
        Cell {
            value: self.values[at],
            millionths: packed & MILLIONTHS,
            eligible: packed & ELIGIBLE != 0,
            consent_only: packed & CONSENT_ONLY != 0,
            chosen: packed & CHOSEN != 0,
        }
    }

    pub(crate) fn choose(&mut self, position: usize, action: ActionIdx) {
        self.packed[position * self.n_actions + action.index()] |= CHOSEN;
    }
}

impl Cell {
    /// The relevance as printed, with six decimals.
    pub(crate) fn relevance(&self) -> Probability {
        // Six decimals of a number in [0, 1] are a number in [0, 1].
        Probability::new(self.share()).unwrap_or(Probability::ONE)
    }

    fn share(&self) -> f64 {
        f64::from(self.millionths) / MILLION
    }

    /// value × relevance × eligible, in units.
    pub(crate) fn impact(&self) -> f64 {
        self.value.as_f64() * self.share() * f64::from(u8::from(self.eligible))
    }

    /// impact − cost, in units.
    pub(crate) fn net(&self, cost: Money) -> f64 {
        self.impact() - cost.as_f64()
    }

    /// The net had she consented.
    pub(crate) fn net_with_consent(&self, cost: Money) -> f64 {
        let granted = Self { eligible: self.eligible || self.consent_only, ..*self };
        granted.net(cost)
    }
}
