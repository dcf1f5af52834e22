//! What is learnt from, and what is held back.

use patronage_core::{
    Csr, CustomerIdx, HistoryEntry, InteractionTable, Interactions, ItemIdx, OrderIdx, Request,
    Timestamp,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::error::{Error, ErrorKind, require};
use crate::evaluate::{Case, HeldOut};

/// Interactions to learn from, and the cases held back from them.
///
/// Customers keep their indices. For splits at one moment in time, cut the purchases instead
/// ([`HeldOut::from_purchases`]).
#[derive(Clone, Debug, PartialEq)]
pub struct Split {
    /// What to learn from.
    pub training: InteractionTable,
    /// What to judge on.
    pub held_out: HeldOut,
}

/// Where one interaction goes.
#[derive(Clone, Copy, PartialEq)]
enum Side {
    Training,
    /// Known to the request, not to training.
    History,
    Target,
}

impl Split {
    /// Strong generalisation: customers of whom `is_test` says yes are unknown to training; of
    /// their items those of which `is_target` says yes are held back, the rest is their history.
    ///
    /// Requests are anonymous and made at the end of time. O(interactions).
    ///
    /// # Errors
    ///
    /// When the data break the promises of [`Interactions`].
    pub fn strong<I: Interactions + ?Sized>(
        data: &I,
        is_test: impl Fn(CustomerIdx) -> bool,
        is_target: impl Fn(CustomerIdx, ItemIdx) -> bool,
    ) -> Result<Self, Error> {
        divide(data, |customer, sides, _| {
            if is_test(customer) {
                for (side, &item) in sides.iter_mut().zip(data.row(customer).items()) {
                    *side = if is_target(customer, item) { Side::Target } else { Side::History };
                }
            }
            Some((None, Timestamp::MAX))
        })
    }

    /// For every customer, a random `share` of her items is held back; she stays known by the rest.
    ///
    /// Each item is drawn by itself, so shares differ between customers, and a customer may keep
    /// none. Time is ignored: on data with times the future is learnt from, which flatters every
    /// model. Requests are made at the end of time. O(interactions); customer `u` draws from stream `u`.
    ///
    /// # Errors
    ///
    /// When `share` is not in `(0, 1)`, or the data break the promises of [`Interactions`].
    pub fn random<I: Interactions + ?Sized>(
        data: &I,
        share: f64,
        seed: u64,
    ) -> Result<Self, Error> {
        require(share > 0.0 && share < 1.0, "share", "a number in (0, 1)", share)?;
        divide(data, |customer, sides, _| {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            rng.set_stream(u64::from(customer.get()));
            for side in sides {
                if rng.random::<f64>() < share {
                    *side = Side::Target;
                }
            }
            Some((Some(customer), Timestamp::MAX))
        })
    }

    /// For every customer of at least two moments, what she last did is held back: all items of her last moment, which are one basket.
    ///
    /// The request is made as of that moment. Since interactions keep one time a pair, an item of
    /// the last basket that she had bought before is a target and leaves her history. Other
    /// customers' later interactions stay in training. O(interactions).
    ///
    /// # Errors
    ///
    /// When a customer has items without times.
    pub fn leave_last_out<I: Interactions + ?Sized>(data: &I) -> Result<Self, Error> {
        for customer in CustomerIdx::all(data.n_customers()) {
            let row = data.row(customer);
            if row.at().is_none() && !row.items().is_empty() {
                return Err(ErrorKind::Untimed { customer: customer.index() }.into());
            }
        }
        divide(data, |customer, sides, at| {
            let (first, last) = (at.iter().min()?, at.iter().max()?);
            if first == last {
                return None;
            }
            for (side, at) in sides.iter_mut().zip(at) {
                if at == last {
                    *side = Side::Target;
                }
            }
            Some((Some(customer), *last))
        })
    }
}

/// Divides each row as `decide` says: it is given the sides to fill (all training) and the times,
/// and returns who asks and when, or nothing where no case is made.
fn divide<I: Interactions + ?Sized>(
    data: &I,
    mut decide: impl FnMut(
        CustomerIdx,
        &mut [Side],
        &[Timestamp],
    ) -> Option<(Option<CustomerIdx>, Timestamp)>,
) -> Result<Split, Error> {
    let mut held_out = HeldOut::new(data.n_items());
    let (mut starts, mut columns, mut weights) = (vec![0], Vec::new(), Vec::new());
    let (mut times, mut orders) = (Vec::new(), Vec::new());
    for customer in CustomerIdx::all(data.n_customers()) {
        let row = data.row(customer);
        let n = row.items().len();
        let mut sides = vec![Side::Training; n];
        let who = decide(customer, &mut sides, row.at().unwrap_or_default());
        let (mut history, mut targets) = (Vec::new(), Vec::new());
        for (position, &side) in sides.iter().enumerate() {
            let (item, weight) = (row.items()[position], row.weights()[position]);
            let at = row.at().map_or_else(Timestamp::default, |at| at[position]);
            let basket = row.baskets().map_or(OrderIdx::new(0), |baskets| baskets[position]);
            if side == Side::Training {
                columns.push(item.get());
                weights.push(weight);
                times.extend(row.at().map(|_| at));
                orders.extend(row.baskets().map(|_| basket));
            }
            if side == Side::Target {
                targets.push(item);
            } else {
                history.push(HistoryEntry { item, weight, at, basket });
            }
        }
        starts.push(columns.len());
        let makes_case = sides.iter().any(|&side| side != Side::Training);
        if let Some((customer, as_of)) = who.filter(|_| makes_case) {
            history.sort_by_key(|entry| entry.at);
            let request = Request { history: &history, customer, as_of };
            held_out.push(Case { request, targets: &targets })?;
        }
    }
    let n_entries = columns.len();
    let training = InteractionTable::new(Csr::new(data.n_items(), starts, columns, weights)?)?;
    let training = if times.len() == n_entries { training.timed(times, orders)? } else { training };
    Ok(Split { training, held_out })
}
