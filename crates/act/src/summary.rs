//! What was decided, in figures.

use patronage_core::{ActionIdx, ChannelIdx, Money};
use serde::{Serialize, Serializer};

use crate::arbitrate::{Cell, Desk, Plans, Solution, Sum};
use crate::parallel::chunks;

const CHUNK: usize = 1024;

/// What was decided, in figures. Money is in currency units; nets are sums of floats, cost is exact.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Summary {
    /// Customers decided on.
    pub customers: usize,
    /// Customers and actions considered: customers × actions.
    pub considered: usize,
    /// Of them, those eligible.
    pub eligible: usize,
    /// Of them, those chosen.
    pub chosen: usize,
    /// Customers with at least one action chosen.
    pub customers_chosen: usize,
    /// The budget; none when it is unlimited.
    #[serde(serialize_with = "maybe_units")]
    pub budget: Option<Money>,
    /// What the chosen actions cost.
    #[serde(serialize_with = "units")]
    pub spent: Money,
    /// Σ impact of the chosen actions.
    pub impact: f64,
    /// Σ net of the chosen actions.
    pub net: f64,
    /// Σ weight × net of the chosen actions: what was maximised. Equal to `net` where all weights are 1.
    pub weighted_net: f64,
    /// No choice within the budget has a greater Σ weight × net.
    pub upper_bound: f64,
    /// `upper_bound − weighted_net`, at least 0; 0 proves that no choice is better.
    pub gap: f64,
    /// What the linear relaxation is worth, in which customers may be given parts of plans.
    pub relaxation: f64,
    /// What one more unit of budget would earn (weighted net by cost at the margin); none while the budget does not bind.
    pub marginal_return: Option<f64>,
    /// What missing consent cost.
    pub consent: ConsentCost,
    /// Figures of each action, in the order of the catalogue.
    pub by_action: Vec<Part>,
    /// Figures of each channel, in the order of the catalogue.
    pub by_channel: Vec<Part>,
    /// What may be mistakes: offers and levels the data do not have.
    pub warnings: Vec<String>,
}

/// What missing (unrecorded, refused or unreadable) consent cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ConsentCost {
    /// Customers and actions that nothing but missing consent made ineligible.
    pub refused: usize,
    /// Of them, those whose net would have been above 0.
    pub lost: usize,
    /// Σ net of those. One customer may count for several actions, of which only some could be given.
    pub lost_net: f64,
    /// Customers with at least one of those.
    pub customers: usize,
    /// By how much Σ weight × net of every customer's best plan would be greater with consent, before any budget.
    pub lost_best_plan: f64,
}

/// Figures of one action or channel.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Part {
    /// Its id.
    pub id: String,
    /// Customers eligible (for a channel: customers × its actions).
    pub eligible: usize,
    /// Customers kept out by missing consent alone.
    pub refused: usize,
    /// Customers it was chosen for.
    pub chosen: usize,
    /// What that costs.
    #[serde(serialize_with = "units")]
    pub spent: Money,
    /// Σ net of that.
    pub net: f64,
}

/// What at best could be chosen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// None where what was chosen is proved to be the best.
    upper_bound: Option<f64>,
    relaxation: Option<f64>,
    marginal: Option<f64>,
}

impl Bounds {
    /// Every customer has her best plan.
    pub(crate) const fn unlimited() -> Self {
        Self { upper_bound: None, relaxation: None, marginal: None }
    }
}

impl From<&Solution> for Bounds {
    fn from(solution: &Solution) -> Self {
        Self {
            upper_bound: Some(solution.upper_bound).filter(|_| !solution.is_optimal),
            relaxation: Some(solution.relaxation),
            // The knapsack counts cost in ticks, its reader in units.
            marginal: solution.marginal.map(|marginal| marginal * Money::SCALE as f64),
        }
    }
}

#[derive(Clone, Debug, Default)]
struct Tally {
    actions: Vec<(usize, usize, usize, Sum)>,
    impact: Sum,
    net: Sum,
    weighted_net: Sum,
    customers_chosen: usize,
    lost: usize,
    lost_net: Sum,
    customers_lost: usize,
    lost_best_plan: Sum,
}

pub(crate) fn summarise(desk: &Desk<'_>, budget: Option<Money>, bounds: Bounds) -> Summary {
    let actions = desk.catalogue.actions();
    let n = desk.customers.len();
    let tallies = chunks(n, CHUNK, |range| tally(desk, range));
    let part = |id: &str| Part {
        id: id.to_owned(),
        eligible: 0,
        refused: 0,
        chosen: 0,
        spent: Money::ZERO,
        net: 0.0,
    };
    let mut by_channel: Vec<Part> =
        desk.catalogue.channels().iter().map(|channel| part(channel.id())).collect();
    let mut by_action = Vec::with_capacity(actions.len());
    for (index, action) in ActionIdx::all(actions.len()).zip(actions) {
        let mut own = part(action.id());
        let mut net = Sum::default();
        for (eligible, refused, chosen, chunk_net) in
            tallies.iter().map(|tally| tally.actions[index.index()])
        {
            own.eligible += eligible;
            own.refused += refused;
            own.chosen += chosen;
            net.add(chunk_net.total());
        }
        own.net = net.total();
        own.spent = action.cost().times(own.chosen as f64).unwrap_or(Money::MAX);
        let channel: ChannelIdx = action.channel();
        let channel = &mut by_channel[channel.index()];
        channel.eligible += own.eligible;
        channel.refused += own.refused;
        channel.chosen += own.chosen;
        channel.spent += own.spent;
        channel.net += own.net;
        by_action.push(own);
    }
    let total = |of: fn(&Part) -> usize| by_action.iter().map(of).sum::<usize>();
    let sum =
        |of: fn(&Tally) -> Sum| tallies.iter().map(|t| of(t).total()).collect::<Sum>().total();
    let count = |of: fn(&Tally) -> usize| tallies.iter().map(of).sum::<usize>();
    let weighted_net = sum(|tally| tally.weighted_net);
    let at_least = |bound: Option<f64>| bound.map_or(weighted_net, |bound| bound.max(weighted_net));
    let upper_bound = at_least(bounds.upper_bound);
    Summary {
        customers: n,
        considered: n * actions.len(),
        eligible: total(|part| part.eligible),
        chosen: total(|part| part.chosen),
        customers_chosen: count(|tally| tally.customers_chosen),
        budget,
        spent: by_action.iter().map(|part| part.spent).sum(),
        impact: sum(|tally| tally.impact),
        net: sum(|tally| tally.net),
        weighted_net,
        upper_bound,
        gap: upper_bound - weighted_net,
        relaxation: at_least(bounds.relaxation),
        marginal_return: bounds.marginal,
        consent: ConsentCost {
            refused: total(|part| part.refused),
            lost: count(|tally| tally.lost),
            lost_net: sum(|tally| tally.lost_net),
            customers: count(|tally| tally.customers_lost),
            lost_best_plan: sum(|tally| tally.lost_best_plan),
        },
        by_action,
        by_channel,
        warnings: Vec::new(),
    }
}

fn tally(desk: &Desk<'_>, range: std::ops::Range<usize>) -> Tally {
    let actions = desk.catalogue.actions();
    let mut tally =
        Tally { actions: vec![(0, 0, 0, Sum::default()); actions.len()], ..Tally::default() };
    let (mut plans, mut candidates) = (Plans::default(), Vec::new());
    for position in range {
        let (mut is_chosen, mut is_lost) = (false, false);
        // Added up a customer at a time, as arbitration does, so that net and weighted net agree to
        // the last bit where all weights are 1.
        let (mut own_net, mut own_weighted) = (0.0, 0.0);
        for (index, action) in ActionIdx::all(actions.len()).zip(actions) {
            let cell = desk.factors.cell(position, index);
            let of_action = &mut tally.actions[index.index()];
            of_action.0 += usize::from(cell.eligible);
            of_action.1 += usize::from(cell.consent_only);
            if cell.chosen {
                is_chosen = true;
                of_action.2 += 1;
                let net = cell.net(action.cost());
                of_action.3.add(net);
                own_net += net;
                own_weighted += action.weight() * net;
                tally.impact.add(cell.impact());
            }
            let net = cell.net_with_consent(action.cost());
            if cell.consent_only && net > 0.0 {
                is_lost = true;
                tally.lost += 1;
                tally.lost_net.add(net);
            }
        }
        tally.net.add(own_net);
        tally.weighted_net.add(own_weighted);
        tally.customers_chosen += usize::from(is_chosen);
        tally.customers_lost += usize::from(is_lost);
        if is_lost {
            desk.list_plans(position, &mut candidates, &mut plans);
            let without = plans.best().worth;
            desk.list_plans_by(position, Cell::net_with_consent, &mut candidates, &mut plans);
            tally.lost_best_plan.add(plans.best().worth - without);
        }
    }
    tally
}

fn units<S: Serializer>(money: &Money, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(money.as_f64())
}

fn maybe_units<S: Serializer>(money: &Option<Money>, serializer: S) -> Result<S::Ok, S::Error> {
    match money {
        Some(money) => serializer.serialize_some(&money.as_f64()),
        None => serializer.serialize_none(),
    }
}
