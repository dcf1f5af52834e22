//! Profit by how many are contacted.

use patronage_core::Money;

use super::campaign::{Campaign, Prospects, Ranked};
use crate::error::{Error, ErrorKind};

/// What comes of contacting everybody down to a cut-off.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct ProfitPoint {
    /// The least rank contacted (a score, or what the ranking orders by, in money units for the
    /// expected profit); `None` where nobody is.
    pub threshold: Option<f64>,
    /// The share contacted of those exactly at the threshold: below 1 where a limit falls among
    /// them.
    pub share_at_threshold: f64,
    /// Customers contacted.
    pub contacts: f64,
    /// Of them, those who responded.
    pub responses: f64,
    /// What the contacts and the fixed cost came to.
    pub cost: Money,
    /// Revenue less cost, as it turned out.
    pub profit: Money,
    /// Revenue less cost, as the probabilities foretold; `None` where a score is no probability.
    pub expected_profit: Option<Money>,
}

/// Profit by cut-off, from nobody contacted down to the limit of the campaign.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct ProfitCurve {
    /// One point for nobody, then one for each distinct rank.
    pub points: Vec<ProfitPoint>,
    /// The weight of all customers.
    pub n_customers: f64,
}

impl ProfitCurve {
    /// The point of greatest profit, the one with the fewest contacts of equals. It was found on
    /// the rows it is judged by; [`Campaign::best_cutoff`] says how much of it is luck.
    ///
    /// # Panics
    ///
    /// When there is no point, which no curve of this crate lacks.
    #[must_use]
    pub fn best(&self) -> &ProfitPoint {
        self.first_greatest(|point| Some(point.profit)).expect("a curve has a point for nobody")
    }

    /// The point of greatest expected profit, which no outcome was needed for; `None` where scores
    /// are no probabilities.
    #[must_use]
    pub fn best_expected(&self) -> Option<&ProfitPoint> {
        self.first_greatest(|point| point.expected_profit)
    }

    fn first_greatest(&self, of: impl Fn(&ProfitPoint) -> Option<Money>) -> Option<&ProfitPoint> {
        let mut best: Option<(&ProfitPoint, Money)> = None;
        for point in &self.points {
            let profit = of(point)?;
            if best.is_none_or(|best| profit > best.1) {
                best = Some((point, profit));
            }
        }
        best.map(|best| best.0)
    }
}

impl Campaign {
    /// The profit of every cut-off the limits allow.
    ///
    /// Sums are of whole ticks and so exact up to 2⁵³ of them, where weights are whole.
    /// O(n_rows log n_rows).
    ///
    /// # Errors
    ///
    /// When a parameter is out of range, lengths differ, a score or weight is not finite, a cost is
    /// negative, a ranking needs probabilities that scores are not, no row has weight, or an amount
    /// leaves the range of money.
    pub fn curve(&self, prospects: &Prospects<'_>) -> Result<ProfitCurve, Error> {
        let ranked = prospects.ranked(self)?;
        let mut points = Vec::new();
        let mut failed = None;
        walk(
            self,
            &ranked,
            |_| 1.0,
            |state| match point(self, &ranked, state) {
                Ok(point) => points.push(point),
                Err(error) => failed = Some(error),
            },
        );
        match failed {
            Some(error) => Err(error),
            None => {
                let n_customers = ranked.rows.iter().map(|row| row.weight).sum();
                Ok(ProfitCurve { points, n_customers })
            }
        }
    }
}

/// Sums down to a cut-off, in ticks.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct State {
    pub(super) rank: Option<f64>,
    pub(super) share: f64,
    pub(super) contacts: f64,
    responses: f64,
    cost: f64,
    revenue: f64,
    expected_revenue: f64,
}

impl State {
    fn plus(mut self, more: &Self, share: f64) -> Self {
        self.contacts += share * more.contacts;
        self.responses += share * more.responses;
        self.cost += share * more.cost;
        self.revenue += share * more.revenue;
        self.expected_revenue += share * more.expected_revenue;
        self
    }

    /// Profit in ticks.
    pub(super) fn profit(&self, campaign: &Campaign) -> f64 {
        self.revenue - self.spent(campaign)
    }

    fn spent(&self, campaign: &Campaign) -> f64 {
        if self.contacts > 0.0 { self.cost + campaign.fixed_cost.ticks() as f64 } else { 0.0 }
    }
}

/// Goes down the ranks to the limit and shows the sums after each; row `at` counts `times(at)`.
pub(super) fn walk(
    campaign: &Campaign,
    ranked: &Ranked,
    times: impl Fn(usize) -> f64,
    mut visit: impl FnMut(&State),
) {
    let fixed = campaign.fixed_cost.ticks() as f64;
    let budget = campaign.budget.map_or(f64::INFINITY, |budget| budget.ticks() as f64 - fixed);
    let mut sums = State { share: 1.0, ..State::default() };
    visit(&sums);
    if budget < 0.0 || campaign.max_contacts <= 0.0 {
        return;
    }
    let mut at = 0;
    while at < ranked.rows.len() {
        let rank = ranked.rows[at].rank;
        let mut tied = State::default();
        while at < ranked.rows.len() && ranked.rows[at].rank == rank {
            let row = &ranked.rows[at];
            let weight = row.weight * times(at);
            tied.contacts += weight;
            tied.cost += weight * row.cost;
            tied.expected_revenue += weight * row.score * row.revenue;
            if row.responded {
                tied.responses += weight;
                tied.revenue += weight * row.revenue;
            }
            at += 1;
        }
        if tied.contacts <= 0.0 {
            continue;
        }
        let room =
            |left: f64, wanted: f64| if wanted <= left { 1.0 } else { left.max(0.0) / wanted };
        let share = room(campaign.max_contacts - sums.contacts, tied.contacts)
            .min(room(budget - sums.cost, tied.cost));
        if share > 0.0 {
            sums = sums.plus(&tied, share);
            (sums.rank, sums.share) = (Some(rank), share);
            visit(&sums);
        }
        if share < 1.0 {
            return;
        }
    }
}

fn point(campaign: &Campaign, ranked: &Ranked, state: &State) -> Result<ProfitPoint, Error> {
    let money = |what, ticks: f64| {
        let found = ticks / Money::SCALE as f64;
        let rounded = ticks.round_ties_even();
        // 2^63 as a float: every float strictly below it fits.
        if rounded.abs() < 9_223_372_036_854_775_808.0 {
            Ok(Money::from_ticks(rounded as i64))
        } else {
            Err(Error::from(ErrorKind::MoneyRange { what, found }))
        }
    };
    let spent = state.spent(campaign);
    let expected_profit = if ranked.are_probabilities {
        Some(money("expected profit", state.expected_revenue - spent)?)
    } else {
        None
    };
    let in_units = campaign.ranking == super::Ranking::ExpectedProfit;
    let scale = if in_units { Money::SCALE as f64 } else { 1.0 };
    Ok(ProfitPoint {
        threshold: state.rank.map(|rank| rank / scale),
        share_at_threshold: state.share,
        contacts: state.contacts,
        responses: state.responses,
        cost: money("cost", spent)?,
        profit: money("profit", state.profit(campaign))?,
        expected_profit,
    })
}
