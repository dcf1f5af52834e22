//! Retention by month of first purchase.

use patronage_core::{Calendar, Money, Probability, Purchases, Timestamp};

use crate::error::Error;
use crate::estimate::{Estimate, wilson};
use crate::month::{Month, MonthAxis, Observed};
use crate::scan::{Sum, histories};

/// The retention table: cohorts (customers by month of first purchase) × months since.
///
/// Made by [`Explore::cohorts`](crate::Explore::cohorts). Row `c` is the cohort of
/// [`month(c)`](Self::month); its column `0` is the cohort's size, its column `s` the members who
/// bought in the month `s` months later. The table is a triangle: a cell whose month had not begun
/// at the as-of is `None`, never 0. Cells of the month that was running at the as-of are
/// [`Observed::Part`] and will grow; [`average`](Self::average) leaves them out. Months in which
/// nobody bought for the first time are cohorts of size 0, whose shares are `None`.
///
/// Summed over all cells, [`revenue`](Self::revenue) is the gross revenue. Memory is 24 bytes a
/// cell, `n (n + 1) / 2` cells for `n` months.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Cohorts {
    first: Option<Month>,
    last: Observed,
    /// `customers[c][s]`; row `c` has one cell for each month from its own to the last.
    customers: Vec<Vec<u64>>,
    revenue: Vec<Vec<Money>>,
}

impl Cohorts {
    /// The number of cohorts, which is the number of months; 0 when nobody bought.
    #[must_use]
    pub fn n_cohorts(&self) -> usize {
        self.customers.len()
    }

    /// The month of first purchase of a cohort.
    #[must_use]
    pub fn month(&self, cohort: usize) -> Option<Month> {
        (cohort < self.n_cohorts()).then_some(self.first?.plus(cohort as i32))
    }

    /// The number of customers of a cohort; `None` when there is no such cohort.
    #[must_use]
    pub fn size(&self, cohort: usize) -> Option<u64> {
        self.customers(cohort, 0)
    }

    /// The members of a cohort who bought in the month `since` months after their first.
    #[must_use]
    pub fn customers(&self, cohort: usize, since: usize) -> Option<u64> {
        self.customers.get(cohort)?.get(since).copied()
    }

    /// What the members of a cohort paid in the month `since` months after their first.
    #[must_use]
    pub fn revenue(&self, cohort: usize, since: usize) -> Option<Money> {
        self.revenue.get(cohort)?.get(since).copied()
    }

    /// The share of a cohort who bought in the month `since` months after their first, with its
    /// Wilson interval; `None` where unobserved, or of a cohort of nobody.
    #[must_use]
    pub fn share(&self, cohort: usize, since: usize) -> Option<Estimate<Probability>> {
        wilson(self.customers(cohort, since)?, self.size(cohort)?)
    }

    /// How much of a cell's month was observed; `None` where nothing was.
    #[must_use]
    pub fn observed(&self, cohort: usize, since: usize) -> Option<Observed> {
        self.customers(cohort, since)?;
        let is_last = cohort + since + 1 == self.n_cohorts();
        Some(if is_last { self.last } else { Observed::Whole })
    }

    /// The share of all customers, over the cohorts for which that month was wholly observed, who
    /// bought `since` months after their first; `None` where there is none.
    ///
    /// Cohorts weigh by their size. Columns average over different cohorts, so that a rise from
    /// one column to the next may be a difference between cohorts.
    #[must_use]
    pub fn average(&self, since: usize) -> Option<Estimate<Probability>> {
        let (mut came, mut size) = (0, 0);
        for (cohort, row) in self.customers.iter().enumerate() {
            if self.observed(cohort, since) == Some(Observed::Whole) {
                came += row[since];
                size += row[0];
            }
        }
        wilson(came, size)
    }
}

pub(crate) fn cohorts(
    purchases: &dyn Purchases,
    calendar: &dyn Calendar,
    as_of: Timestamp,
) -> Result<Cohorts, Error> {
    let Some(axis) = MonthAxis::new(purchases, calendar, as_of)? else {
        let (customers, revenue) = (Vec::new(), Vec::new());
        return Ok(Cohorts { first: None, last: Observed::Whole, customers, revenue });
    };
    let n = axis.len();
    let mut customers: Vec<Vec<u64>> = (0..n).map(|cohort| vec![0; n - cohort]).collect();
    let mut revenue: Vec<Vec<Sum>> =
        (0..n).map(|cohort| vec![Sum::default(); n - cohort]).collect();
    for (_, lines) in histories(purchases, as_of) {
        let cohort = axis.find(lines.at()[0]);
        let mut month = cohort;
        let mut seen = None;
        for (&at, &amount) in lines.at().iter().zip(lines.amounts()) {
            month = axis.advance(month, at);
            revenue[cohort][month - cohort].add(amount);
            if seen != Some(month) {
                customers[cohort][month - cohort] += 1;
                seen = Some(month);
            }
        }
    }
    let revenue = revenue
        .into_iter()
        .map(|row| row.into_iter().map(|sum| sum.money("revenue of a cohort")).collect())
        .collect::<Result<_, Error>>()?;
    Ok(Cohorts { first: Some(axis.first()), last: axis.observed(n - 1), customers, revenue })
}
