//! Terms of a campaign and whom it may reach.

use patronage_core::{ClassIdx, Money};

use crate::error::{Error, ErrorKind, parameter};

/// By what customers are put in order, from whom to contact first.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Ranking {
    /// By score.
    Score,
    /// By `probability · revenue - cost`: right where contacts are limited in number.
    ExpectedProfit,
    /// By `probability · revenue / cost`: right where money is limited.
    ReturnOnCost,
}

/// What a contact brings and costs, and how many can be made.
///
/// ```text
/// profit of contacting a set = sum of revenue of those who respond - sum of cost - fixed cost
/// ```
///
/// Contacting nobody costs nothing, not even the fixed cost. Customers of equal rank are contacted
/// together; where a limit falls among them, the share of them that fits, in expectation.
///
/// # Examples
///
/// ```
/// use patronage_classify::{Campaign, Prospects};
/// use patronage_core::{ClassIdx, Money};
///
/// let outcomes = [1, 1, 0, 1, 0, 0].map(ClassIdx::new);
/// let scores = [0.9, 0.7, 0.6, 0.4, 0.2, 0.1];
/// let campaign = Campaign::new(Money::from_units(50), Money::from_units(10));
/// let best = *campaign.curve(&Prospects::new(&scores, &outcomes))?.best();
/// // Four contacts, three responses: 150 - 40.
/// assert_eq!((best.threshold, best.profit), (Some(0.4), Money::from_units(110)));
/// let two = campaign.max_contacts(2.0).curve(&Prospects::new(&scores, &outcomes))?;
/// assert_eq!(two.best().profit, Money::from_units(80));
/// # Ok::<(), patronage_classify::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Campaign {
    pub(super) revenue: Money,
    pub(super) cost: Money,
    pub(super) fixed_cost: Money,
    pub(super) max_contacts: f64,
    pub(super) budget: Option<Money>,
    pub(super) ranking: Ranking,
}

impl Campaign {
    /// A campaign that earns `revenue` (its margin) from who responds and pays `cost` for each
    /// contact; a cost is at least 0.
    #[must_use]
    pub const fn new(revenue: Money, cost: Money) -> Self {
        Self {
            revenue,
            cost,
            fixed_cost: Money::ZERO,
            max_contacts: f64::INFINITY,
            budget: None,
            ranking: Ranking::Score,
        }
    }

    /// What the campaign costs once anybody is contacted; default nothing, at least 0.
    #[must_use]
    pub const fn fixed_cost(mut self, fixed_cost: Money) -> Self {
        self.fixed_cost = fixed_cost;
        self
    }

    /// Most contacts, in weight where rows have weights; default no limit, at least `0`.
    #[must_use]
    pub const fn max_contacts(mut self, max_contacts: f64) -> Self {
        self.max_contacts = max_contacts;
        self
    }

    /// Most money for contacts and the fixed cost together; default no limit, at least 0.
    #[must_use]
    pub const fn budget(mut self, budget: Money) -> Self {
        self.budget = Some(budget);
        self
    }

    /// Who is contacted first; default [`Ranking::Score`]. The others need probabilities.
    #[must_use]
    pub const fn ranking(mut self, ranking: Ranking) -> Self {
        self.ranking = ranking;
        self
    }

    pub(super) fn validate(&self) -> Result<(), Error> {
        for (name, money) in [
            ("cost", self.cost),
            ("fixed_cost", self.fixed_cost),
            ("budget", self.budget.unwrap_or(Money::ZERO)),
        ] {
            if money < Money::ZERO {
                return Err(parameter(name, "an amount of at least 0", money.as_f64()));
            }
        }
        if self.max_contacts.is_nan() || self.max_contacts < 0.0 {
            return Err(parameter("max_contacts", "a number of at least 0", self.max_contacts));
        }
        Ok(())
    }
}

/// Customers a campaign could contact: their scores and what became of them.
///
/// Revenue and cost are the campaign's, unless each customer has their own.
#[derive(Clone, Copy, Debug)]
pub struct Prospects<'a> {
    scores: &'a [f64],
    outcomes: &'a [ClassIdx],
    weights: Option<&'a [f64]>,
    revenues: Option<&'a [Money]>,
    costs: Option<&'a [Money]>,
}

impl<'a> Prospects<'a> {
    /// Customers by score, best first where it is greatest, and whether they responded (class 1).
    #[must_use]
    pub const fn new(scores: &'a [f64], outcomes: &'a [ClassIdx]) -> Self {
        Self { scores, outcomes, weights: None, revenues: None, costs: None }
    }

    /// How many customers each row stands for; default 1.
    #[must_use]
    pub const fn weights(mut self, weights: &'a [f64]) -> Self {
        self.weights = Some(weights);
        self
    }

    /// What each earns when responding; default the campaign's revenue.
    #[must_use]
    pub const fn revenues(mut self, revenues: &'a [Money]) -> Self {
        self.revenues = Some(revenues);
        self
    }

    /// What contacting each costs, at least 0; default the campaign's cost.
    #[must_use]
    pub const fn costs(mut self, costs: &'a [Money]) -> Self {
        self.costs = Some(costs);
        self
    }

    /// The customers in the campaign's order.
    pub(super) fn ranked(&self, campaign: &Campaign) -> Result<Ranked, Error> {
        campaign.validate()?;
        let expected = self.scores.len();
        for (what, found) in [
            ("outcomes", self.outcomes.len()),
            ("weights", self.weights.map_or(expected, <[f64]>::len)),
            ("revenues", self.revenues.map_or(expected, <[Money]>::len)),
            ("costs", self.costs.map_or(expected, <[Money]>::len)),
        ] {
            if found != expected {
                return Err(ErrorKind::Length { what, expected, found }.into());
            }
        }
        let number = |what, position, expected, found| -> Error {
            ErrorKind::Number { what, position, expected, found }.into()
        };
        let mut rows = Vec::with_capacity(expected);
        let mut are_probabilities = true;
        for (at, &score) in self.scores.iter().enumerate() {
            if !score.is_finite() {
                return Err(number("score", at, "a finite number", score));
            }
            let is_probability = (0.0..=1.0).contains(&score);
            if campaign.ranking != Ranking::Score && !is_probability {
                return Err(number("score", at, "a probability in [0, 1]", score));
            }
            are_probabilities &= is_probability;
            let weight = self.weights.map_or(1.0, |weights| weights[at]);
            if !weight.is_finite() || weight < 0.0 {
                return Err(number("weight", at, "a finite number, at least 0", weight));
            }
            let cost = self.costs.map_or(campaign.cost, |costs| costs[at]);
            if cost < Money::ZERO {
                return Err(number("cost", at, "an amount of at least 0", cost.as_f64()));
            }
            let revenue = self.revenues.map_or(campaign.revenue, |revenues| revenues[at]);
            let (revenue, cost) = (revenue.ticks() as f64, cost.ticks() as f64);
            let rank = match campaign.ranking {
                Ranking::Score => score,
                Ranking::ExpectedProfit => score * revenue - cost,
                // What costs nothing comes first where it earns, last where it loses.
                Ranking::ReturnOnCost if cost > 0.0 => score * revenue / cost,
                Ranking::ReturnOnCost if score * revenue > 0.0 => f64::MAX,
                Ranking::ReturnOnCost if score * revenue < 0.0 => f64::MIN,
                Ranking::ReturnOnCost => 1.0,
            };
            if weight > 0.0 {
                let responded = self.outcomes[at] == ClassIdx::new(1);
                rows.push(Prospect { rank: rank + 0.0, score, responded, weight, revenue, cost });
            }
        }
        if rows.is_empty() {
            return Err(ErrorKind::NoRows { what: "campaign" }.into());
        }
        let total: f64 = rows.iter().map(|row| row.weight).sum();
        if !total.is_finite() {
            let expected = "a finite number of customers";
            return Err(number("sum of weights up to row", self.scores.len() - 1, expected, total));
        }
        // In full, so that sums do not depend on the order in which rows came.
        rows.sort_unstable_by(|a, b| {
            b.rank
                .total_cmp(&a.rank)
                .then(b.score.total_cmp(&a.score))
                .then(b.responded.cmp(&a.responded))
                .then(b.weight.total_cmp(&a.weight))
                .then(b.revenue.total_cmp(&a.revenue))
                .then(b.cost.total_cmp(&a.cost))
        });
        Ok(Ranked { rows, are_probabilities })
    }
}

/// One customer, amounts in ticks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Prospect {
    pub(super) rank: f64,
    pub(super) score: f64,
    pub(super) responded: bool,
    pub(super) weight: f64,
    pub(super) revenue: f64,
    pub(super) cost: f64,
}

/// Customers in the order in which they are contacted.
#[derive(Clone, Debug)]
pub(super) struct Ranked {
    pub(super) rows: Vec<Prospect>,
    pub(super) are_probabilities: bool,
}
