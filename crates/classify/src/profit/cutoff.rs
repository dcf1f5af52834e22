//! The best cut-off, and how much of its profit is the luck of having chosen it.

use patronage_core::Money;
use rand::RngExt;

use super::campaign::{Campaign, Prospects, Ranked};
use super::curve::{ProfitPoint, State, walk};
use crate::error::{Error, ErrorKind};
use crate::metrics::{Bootstrap, Interval, quantile};
use crate::par::{self, Threads};

/// Parts of the customers, each judged by a cut-off chosen on the others.
const FOLDS: usize = 10;

/// The cut-off of greatest profit, and what choosing one this way brings on other customers.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct BestCutoff {
    /// The cut-off, with the profit seen on the rows it was chosen on.
    pub point: ProfitPoint,
    /// The profit on the same customers when each tenth of them is judged by the cut-off chosen on
    /// the other nine tenths: what may be expected of as many others.
    pub honest_profit: Money,
    /// The profit seen less the honest one: the luck of having chosen.
    pub optimism: Money,
    /// An interval for the honest profit, in currency units.
    pub interval: Interval,
}

impl Campaign {
    /// The cut-off of greatest profit on these customers, and its profit without the flattery of
    /// having been chosen on them.
    ///
    /// Customers are divided into ten parts (fewer where there are fewer customers), drawn by the
    /// seed of `bootstrap`; limits and fixed cost count nine tenths where a cut-off is chosen. The
    /// interval is read from the percentiles of the honest profit over resamples of the customers,
    /// all from all, with cut-offs chosen anew: how many respond and what is chosen are part of the
    /// chance. Strata and method of `bootstrap` are not used. O(10 · rounds · n_rows).
    ///
    /// # Errors
    ///
    /// As [`curve`](Self::curve), and when a parameter of the bootstrap is out of range.
    pub fn best_cutoff(
        &self,
        prospects: &Prospects<'_>,
        bootstrap: &Bootstrap,
    ) -> Result<BestCutoff, Error> {
        bootstrap.validate()?;
        let point = *self.curve(prospects)?.best();
        let ranked = prospects.ranked(self)?;
        let n = ranked.rows.len();
        // A stream that no round draws from.
        let mut rng = bootstrap.generator(usize::MAX);
        let mut fold: Vec<usize> = (0..n).map(|at| at % FOLDS.min(n)).collect();
        (1..n).rev().for_each(|at| fold.swap(at, rng.random_range(0..=at)));
        let honest = self.cross_fitted(&ranked, &fold, &vec![1; n]);
        let threads = Threads::for_work(bootstrap.n_rounds() * n * FOLDS);
        let mut rounds = par::map(bootstrap.n_rounds(), threads, |round| {
            let mut rng = bootstrap.generator(round);
            let mut times = vec![0_u32; n];
            (0..n).for_each(|_| times[rng.random_range(0..n as u32) as usize] += 1);
            self.cross_fitted(&ranked, &fold, &times)
        });
        rounds.sort_unstable_by(f64::total_cmp);
        let level = bootstrap.confidence();
        let end = |share: f64| quantile(&rounds, share) / Money::SCALE as f64;
        let interval =
            Interval { low: end(0.5 - level / 2.0), high: end(0.5 + level / 2.0), level };
        let found = honest / Money::SCALE as f64;
        let honest_profit = Money::from_f64(found)
            .ok_or(Error::from(ErrorKind::MoneyRange { what: "honest profit", found }))?;
        let optimism = point.profit - honest_profit;
        Ok(BestCutoff { point, honest_profit, optimism, interval })
    }

    /// The profit in ticks of rows that count `times`, each part judged by the cut-off chosen on the
    /// others.
    fn cross_fitted(&self, ranked: &Ranked, fold: &[usize], times: &[u32]) -> f64 {
        let n_folds = FOLDS.min(fold.len());
        let share = 1.0 - 1.0 / n_folds as f64;
        let scaled = |money: Money| money.times(share).unwrap_or(money);
        let mut smaller =
            self.fixed_cost(scaled(self.fixed_cost)).max_contacts(self.max_contacts * share);
        smaller.budget = self.budget.map(scaled);
        let choose = |of: usize| {
            let mut best: Option<State> = None;
            let counted = |at: usize| if fold[at] == of { 0.0 } else { f64::from(times[at]) };
            walk(&smaller, ranked, counted, |state| {
                let profit = state.profit(&smaller);
                if best.is_none_or(|best| profit > best.profit(&smaller)) {
                    best = Some(*state);
                }
            });
            best.unwrap_or_default()
        };
        let cutoffs: Vec<State> = (0..n_folds).map(choose).collect();
        let (mut contacts, mut profit) = (0.0, 0.0);
        for (at, row) in ranked.rows.iter().enumerate() {
            let contacted = match cutoffs[fold[at]].rank {
                Some(rank) if row.rank > rank => 1.0,
                Some(rank) if row.rank == rank => cutoffs[fold[at]].share,
                _ => continue,
            };
            let of_row = contacted * row.weight * f64::from(times[at]);
            let revenue = if row.responded { row.revenue } else { 0.0 };
            contacts += of_row;
            profit += of_row * (revenue - row.cost);
        }
        if contacts > 0.0 { profit - self.fixed_cost.ticks() as f64 } else { 0.0 }
    }
}
