//! A customer's days: rhythm, habits and the next purchase.

use patronage_core::{Date, Lines, OrderIdx, Timestamp};

use super::rhythm::{Intervals, PopulationRhythm};
use super::types::{Habit, NextPurchase, Rhythm};
use crate::inference::ln_choose;
use crate::persona::{LocalClock, order_times};
use crate::stats;

/// Orders from which on a habit may be told.
const HABITUAL: usize = 5;
/// A chance below which a wait is overdue, and a habit is sure.
const RARE: f64 = 0.1;
const SURE: f64 = 0.05;

/// Buffers that are filled for one customer after the other.
#[derive(Debug, Default)]
pub(super) struct Days {
    orders: Vec<(OrderIdx, Timestamp)>,
    pub(super) hours: Vec<u8>,
    pub(super) weekdays: Vec<u8>,
    /// Distinct local days, ascending.
    days: Vec<Date>,
    intervals: Vec<f64>,
}

impl Days {
    /// Reads a history.
    pub(super) fn read(&mut self, lines: Lines<'_>, clock: &mut LocalClock<'_>) {
        order_times(lines, &mut self.orders);
        self.hours.clear();
        self.weekdays.clear();
        self.days.clear();
        for &(_, at) in &self.orders {
            let (date, hour) = clock.date_and_hour(at);
            self.hours.push(hour);
            self.weekdays.push(date.weekday() as u8);
            self.days.push(date);
        }
        self.days.dedup();
        self.intervals.clear();
        let gaps = self.days.windows(2).map(|pair| f64::from((pair[1] - pair[0]).max(1)));
        self.intervals.extend(gaps);
    }

    /// What the days say of intervals, as of a date; `None` without a day.
    pub(super) fn seen(&self, as_of: Date) -> Option<Intervals> {
        let last = *self.days.last()?;
        Some(Intervals::of(&self.intervals, f64::from((as_of - last).max(0))))
    }

    /// How she buys; `None` without a day.
    pub(super) fn rhythm(&self, habits: &Habits) -> Option<Rhythm> {
        let n = self.intervals.len();
        let median_interval_days = (n > 0).then(|| stats::median(self.intervals.clone()));
        let variation = (n > 1).then(|| {
            let (mean, deviation) = stats::mean_and_deviation(&self.intervals);
            deviation * (n as f64 / (n as f64 - 1.0)).sqrt() / mean
        });
        Some(Rhythm {
            n_orders: self.orders.len(),
            n_days: self.days.len(),
            last_day: *self.days.last()?,
            median_interval_days,
            variation,
            weekday: habits.habit(&self.weekdays, &habits.weekdays),
            hour: habits.habit(&self.hours, &habits.hours),
        })
    }

    /// When she is to be expected again; `None` without a day.
    pub(super) fn next_purchase(
        &self,
        rhythms: &PopulationRhythm,
        as_of: Date,
        horizon_days: u32,
    ) -> Option<NextPurchase> {
        let (last, seen) = (*self.days.last()?, self.seen(as_of)?);
        let date = |days: f64| last.plus_days(days.round() as i32).max(as_of);
        let [earliest, likely, latest] = rhythms.quantiles(&seen).map(date);
        let usual = rhythms.still_waiting(&seen);
        Some(NextPurchase {
            earliest,
            likely,
            latest,
            days_since_last: seen.elapsed as u32,
            usual,
            overdue: usual < RARE,
            returns: rhythms.returns(&seen),
            within_horizon: rhythms.within(&seen, f64::from(horizon_days)),
            horizon_days,
            n_intervals: self.intervals.len(),
        })
    }
}

/// When everybody orders.
#[derive(Clone, Debug)]
pub(super) struct Habits {
    pub(super) hours: [f64; 24],
    pub(super) weekdays: [f64; 7],
}

impl Habits {
    pub(super) const NONE: Self = Self { hours: [0.0; 24], weekdays: [0.0; 7] };

    pub(super) fn add(&mut self, days: &Days) {
        days.hours.iter().for_each(|&hour| self.hours[usize::from(hour)] += 1.0);
        days.weekdays.iter().for_each(|&day| self.weekdays[usize::from(day)] += 1.0);
    }

    /// The time at which she orders most surely more than all do, among `at` of all her orders.
    fn habit(&self, at: &[u8], all: &[f64]) -> Option<Habit> {
        if at.len() < HABITUAL {
            return None;
        }
        let (n, total) = (at.len() as u64, all.iter().sum::<f64>());
        let mut counts = [0_u64; 24];
        at.iter().for_each(|&at| counts[usize::from(at)] += 1);
        let times = all.iter().filter(|&&count| count > 0.0).count() as f64;
        let habits = all.iter().enumerate().filter(|&(at, &count)| counts[at] > 1 && count < total);
        let habits = habits.map(|(at, &count)| {
            let share_of_all = count / total;
            let share = counts[at] as f64 / n as f64;
            let p_value = (times * binomial_sf(counts[at], n, share_of_all)).min(1.0);
            Habit { at: at as u8, share, share_of_all, p_value }
        });
        let best = habits.reduce(|a, b| if b.p_value < a.p_value { b } else { a })?;
        (best.p_value <= SURE).then_some(best)
    }
}

/// The chance of `k` or more of `n`, each with chance `p` strictly between 0 and 1.
fn binomial_sf(k: u64, n: u64, p: f64) -> f64 {
    if k as f64 <= n as f64 * p {
        // Never what a habit is made of.
        return 1.0;
    }
    let ln = ln_choose(n, k) + k as f64 * p.ln() + (n - k) as f64 * (-p).ln_1p();
    let (mut chance, mut sum) = (1.0, 1.0);
    for at in k..n {
        chance *= (n - at) as f64 / (at + 1) as f64 * p / (1.0 - p);
        sum += chance;
        if chance < sum * 1e-17 {
            break;
        }
    }
    (ln.exp() * sum).min(1.0)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::unreadable_literal, reason = "tests; printed by the oracle")]
mod tests {
    use super::*;

    // scipy 1.17.1: scipy.stats.binom.sf(k - 1, n, p).
    #[test]
    fn binomial_tails_equal_the_oracle() {
        for (k, n, p, expected) in BINOMIAL {
            let found = binomial_sf(k, n, p);
            assert!((found / expected - 1.0).abs() < 1e-9, "{k} {n}: {found}");
        }
    }

    #[test]
    fn habits_need_more_than_others_do() {
        let mut habits = Habits::NONE;
        habits.hours[9..19].fill(100.0);
        let found = habits.habit(&[17, 17, 17, 17, 12, 17], &habits.hours).unwrap();
        assert_eq!((found.at, found.share_of_all), (17, 0.1));
        assert!((found.share - 5.0 / 6.0).abs() < 1e-12);
        // Six times .1⁵ .9 and .1⁶, times ten hours.
        assert!((found.p_value - 10.0 * (6.0 * 0.9e-5 + 1e-6)).abs() < 1e-12);
        assert_eq!(habits.habit(&[17; 4], &habits.hours), None);
        assert_eq!(habits.habit(&[9, 10, 11, 12, 13, 13], &habits.hours), None);
        // A shop that opens at one hour only.
        let mut one = Habits::NONE;
        one.hours[9] = 50.0;
        assert_eq!(one.habit(&[9; 20], &one.hours), None);
    }

    const BINOMIAL: [(u64, u64, f64, f64); 5] = [
        (5, 6, 0.1, 5.5000000000000016e-05),
        (3, 20, 0.05, 0.07548367378849626),
        (40, 100, 0.2, 3.6084201146408714e-06),
        (7, 7, 0.9, 0.4782969000000001),
        (300, 1000, 0.25, 0.0001935903219490758),
    ];
}
