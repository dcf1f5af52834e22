//! Accumulators saved and restored.

use patronage_core::Timestamp;

use super::accumulator::RfmAccumulator;
use super::measure::Rfm;
use super::pairs::PairSet;
use super::settings::Settings;
use crate::error::Error;
#[cfg(feature = "serde")]
use crate::error::ErrorKind;

/// What an [`RfmAccumulator`] has absorbed, as it is stored between runs.
///
/// Taken by [`RfmAccumulator::state`], continued by [`Rfm::resume`]. Customers and their orders,
/// days and items stand in ascending order, so that equal accumulators store equal states.
///
/// ```
/// use patronage_segment::{CustomerIdx, Date, Money, OrderIdx, Rfm, Timestamp, UtcOffset};
///
/// let rfm = Rfm::new(Date::new(1970, 1, 11)?, &UtcOffset::UTC);
/// let (customer, order) = ([CustomerIdx::new(0)], [OrderIdx::new(0)]);
/// let mut first = rfm.accumulator()?;
/// first.absorb(&customer, &order, &[Timestamp::from_seconds(0)], &[Money::from_units(5)])?;
/// let stored = first.state();
/// let mut second = rfm.resume(&stored)?;
/// second.absorb(&customer, &order, &[Timestamp::from_seconds(9)], &[Money::from_units(2)])?;
/// assert_eq!(second.table(1)?.rows()[0].monetary, Money::from_units(7));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(try_from = "Repr", into = "Repr")
)]
pub struct RfmState {
    settings: Settings,
    n_lines: u64,
    customers: Vec<Sums>,
    orders: Vec<(u32, u32)>,
    days: Vec<(u32, u32)>,
    things: Vec<(u32, u32)>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
struct Sums {
    customer: u32,
    n_lines: u64,
    first: Timestamp,
    last: Timestamp,
    /// The high and the low half of ten-thousandths.
    paid: (i64, u64),
    margin: (i64, u64),
}

const fn halves(ticks: i128) -> (i64, u64) {
    ((ticks >> 64) as i64, ticks as u64)
}

const fn whole((high, low): (i64, u64)) -> i128 {
    (high as i128) << 64 | low as i128
}

impl RfmAccumulator<'_> {
    /// What was absorbed so far, to be stored; O(customers + orders log orders).
    #[must_use]
    pub fn state(&self) -> RfmState {
        let pairs = |set: &PairSet| {
            let mut pairs: Vec<_> = set.iter().collect();
            pairs.sort_unstable();
            pairs
        };
        let sums = |(customer, tally): (u32, &super::tally::Tally)| Sums {
            customer,
            n_lines: tally.n_lines,
            first: tally.first,
            last: tally.last,
            paid: halves(tally.paid),
            margin: halves(tally.margin),
        };
        RfmState {
            settings: self.settings(),
            n_lines: self.n_lines(),
            customers: self.tallies().map(sums).collect(),
            orders: pairs(&self.orders),
            days: pairs(&self.days),
            things: pairs(&self.things),
        }
    }
}

impl<'a> Rfm<'a> {
    /// An accumulator that goes on where the stored one stood.
    ///
    /// Costs, categories and calendar must be those of before; whether they are beyond the as-of
    /// instant cannot be seen and is the caller's promise.
    ///
    /// # Errors
    ///
    /// When the state measures other things or as of another date, and as
    /// [`accumulator`](Self::accumulator).
    pub fn resume(&self, state: &RfmState) -> Result<RfmAccumulator<'a>, Error> {
        let mut accumulator = self.accumulator()?;
        accumulator.settings().check_same(&state.settings)?;
        accumulator.n_lines = state.n_lines;
        for sums in &state.customers {
            let tally = accumulator.tally(sums.customer);
            tally.n_lines = sums.n_lines;
            (tally.first, tally.last) = (sums.first, sums.last);
            (tally.paid, tally.margin) = (whole(sums.paid), whole(sums.margin));
        }
        for &(customer, order) in &state.orders {
            accumulator.count_order(customer, order);
        }
        for &(customer, day) in &state.days {
            accumulator.count_day(customer, day);
        }
        for &(customer, thing) in &state.things {
            accumulator.count_thing(customer, thing);
        }
        Ok(accumulator)
    }
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
struct Repr {
    settings: Settings,
    n_lines: u64,
    customers: Vec<Sums>,
    orders: Vec<(u32, u32)>,
    days: Vec<(u32, u32)>,
    things: Vec<(u32, u32)>,
}

#[cfg(feature = "serde")]
impl From<RfmState> for Repr {
    fn from(state: RfmState) -> Self {
        let RfmState { settings, n_lines, customers, orders, days, things } = state;
        Self { settings, n_lines, customers, orders, days, things }
    }
}

#[cfg(feature = "serde")]
impl TryFrom<Repr> for RfmState {
    type Error = Error;

    fn try_from(repr: Repr) -> Result<Self, Error> {
        let Repr { settings, n_lines, customers, orders, days, things } = repr;
        let state = Self { settings, n_lines, customers, orders, days, things };
        state.check_sums()?;
        let Settings { frequency, monetary, variety, .. } = &state.settings;
        use super::choices::{Frequency, Monetary};
        let counts_orders = *frequency == Frequency::Orders || *monetary == Monetary::MeanPerOrder;
        state.check_pairs("order of stored customer", &state.orders, counts_orders)?;
        state.check_pairs("day of stored customer", &state.days, *frequency == Frequency::Days)?;
        state.check_pairs("item of stored customer", &state.things, variety.is_some())?;
        Ok(state)
    }
}

/// More lines than anyone stores, and few enough that sums of two states stay in range.
#[cfg(feature = "serde")]
const MOST_LINES: u64 = 1 << 60;

#[cfg(feature = "serde")]
fn refuse(what: &'static str, position: u32, expected: &'static str, found: f64) -> Error {
    ErrorKind::Number { what, position: position as usize, expected, found }.into()
}

#[cfg(feature = "serde")]
impl RfmState {
    fn check_sums(&self) -> Result<(), Error> {
        let mut left = self.n_lines;
        if left > MOST_LINES {
            return Err(refuse("lines of stored state", 0, "at most 2^60", left as f64));
        }
        for (position, sums) in self.customers.iter().enumerate() {
            let Sums { customer, n_lines, first, last, .. } = *sums;
            if position > 0 && customer <= self.customers[position - 1].customer {
                let (what, expected) = ("stored customer", "one after the customer before");
                return Err(refuse(what, position as u32, expected, f64::from(customer)));
            }
            if n_lines == 0 || n_lines > left {
                let expected = "at least 1, and all together at most those of the state";
                return Err(refuse("lines of stored customer", customer, expected, n_lines as f64));
            }
            left -= n_lines;
            if first > last || last >= self.settings.end {
                let expected = "after the first and before the as-of date";
                let found = last.micros() as f64;
                return Err(refuse("last purchase of stored customer", customer, expected, found));
            }
            let bound = i128::from(n_lines) << 63;
            for sum in [whole(sums.paid), whole(sums.margin)] {
                if sum.unsigned_abs() > bound.unsigned_abs() {
                    let expected = "no more than its lines can hold";
                    return Err(refuse("sum of stored customer", customer, expected, sum as f64));
                }
            }
        }
        Ok(())
    }

    /// Every customer has between one and as many as she has lines; or nobody has any.
    fn check_pairs(
        &self,
        what: &'static str,
        pairs: &[(u32, u32)],
        counted: bool,
    ) -> Result<(), Error> {
        if let Some(pair) = pairs.windows(2).find(|pair| pair[0] >= pair[1]) {
            return Err(refuse(what, pair[1].0, "ascending numbers", f64::from(pair[1].1)));
        }
        let mut rest = pairs;
        for sums in &self.customers {
            let n = rest.iter().take_while(|(customer, _)| *customer == sums.customer).count();
            let admitted = if counted { 1..=sums.n_lines } else { 0..=0 };
            if !admitted.contains(&(n as u64)) {
                let expected = "one to as many as she has lines, where they are counted";
                return Err(refuse(what, sums.customer, expected, n as f64));
            }
            rest = &rest[n..];
        }
        match rest.first() {
            None => Ok(()),
            Some(&(customer, _)) => {
                Err(refuse(what, customer, "a customer who has lines", f64::from(customer)))
            }
        }
    }
}

#[cfg(feature = "serde")]
impl patronage_core::SavedModel for RfmState {
    const TAG: &'static str = "segment/rfm-state";
    const VERSION: u32 = 1;
}
