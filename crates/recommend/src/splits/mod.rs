//! What is learnt from, and what is held back.

mod divide;
mod rolling;
mod time;

use patronage_core::{CustomerIdx, InteractionTable, Interactions, ItemIdx, Timestamp};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::error::{Error, ErrorKind, require};
use crate::evaluate::HeldOut;
use divide::{Side, divide};

pub use rolling::RollingWindows;

/// Interactions to learn from, and the cases held back from them.
///
/// Customers and items keep their indices. Every interaction is somewhere: in training, in the
/// history of a request, among its targets, or counted as outside; and every customer who might ask
/// is a case, or counted as [without a target](HeldOut::n_without_targets). [`HeldOut::audit`] says what of
/// the test training does not know; splitting `training` again makes a validation set.
///
/// | how | tests | leaks |
/// |---|---|---|
/// | [`at`](Self::at), [`windows`](Self::windows), [`RollingWindows`] | what is sold next | nothing |
/// | [`leave_last_out`](Self::leave_last_out) | what each buys next | what others did later |
/// | [`strong`](Self::strong), [`strong_drawn`](Self::strong_drawn) | new customers | the test customers' future among their own history |
/// | [`random`](Self::random) | holes in what is known | the future |
#[derive(Clone, Debug, PartialEq)]
pub struct Split {
    /// What to learn from.
    pub training: InteractionTable,
    /// What to judge on.
    pub held_out: HeldOut,
    /// The number of interactions (order lines, where purchases were divided) after the test, which are in neither.
    pub n_outside: usize,
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
            if !is_test(customer) {
                return None;
            }
            for (side, &item) in sides.iter_mut().zip(data.row(customer).items()) {
                *side = if is_target(customer, item) { Side::Target } else { Side::History };
            }
            Some((None, Timestamp::MAX))
        })
    }

    /// Strong generalisation with customers drawn: each is a test customer with probability
    /// `customers`, and each of a test customer's items is held back with probability `targets`.
    ///
    /// Otherwise as [`strong`](Self::strong). A test customer may be left without a history, or
    /// without a target. O(interactions); customer `u` draws from stream `u`.
    ///
    /// # Errors
    ///
    /// When a share is not in `(0, 1)`, or the data break the promises of [`Interactions`].
    pub fn strong_drawn<I: Interactions + ?Sized>(
        data: &I,
        customers: f64,
        targets: f64,
        seed: u64,
    ) -> Result<Self, Error> {
        for (parameter, share) in [("customers", customers), ("targets", targets)] {
            require(share > 0.0 && share < 1.0, parameter, "a number in (0, 1)", share)?;
        }
        divide(data, |customer, sides, _| {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            rng.set_stream(u64::from(customer.get()));
            if rng.random::<f64>() >= customers {
                return None;
            }
            for side in sides {
                let held_back = rng.random::<f64>() < targets;
                *side = if held_back { Side::Target } else { Side::History };
            }
            Some((None, Timestamp::MAX))
        })
    }

    /// For every customer, a random `share` of her items is held back; she stays known by the rest.
    ///
    /// Each item is drawn by itself, so shares differ between customers, and a customer may keep
    /// none. Time is ignored: on data with times the future is learnt from, which flatters every
    /// model, and [`HeldOut::check_leakage`] fails. Requests are made at the end of time. O(interactions); customer `u` draws from stream `u`.
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
        require_times(data)?;
        divide(data, |customer, sides, at| {
            let (first, last) = (at.iter().min(), at.iter().max());
            let Some(&last) = last.filter(|_| first != last) else {
                return Some((Some(customer), Timestamp::MAX));
            };
            for (side, _) in sides.iter_mut().zip(at).filter(|&(_, &at)| at == last) {
                *side = Side::Target;
            }
            Some((Some(customer), last))
        })
    }
}

/// Refuses interactions without times.
fn require_times<I: Interactions + ?Sized>(data: &I) -> Result<(), Error> {
    for customer in CustomerIdx::all(data.n_customers()) {
        let row = data.row(customer);
        if row.at().is_none() && !row.items().is_empty() {
            return Err(ErrorKind::Untimed { customer: customer.index() }.into());
        }
    }
    Ok(())
}

/// The interactions that `keep` leaves: it is given the customer and one flag an interaction to set.
pub(crate) fn subset<I: Interactions + ?Sized>(
    data: &I,
    mut keep: impl FnMut(CustomerIdx, &mut [bool]),
) -> Result<InteractionTable, Error> {
    let split = divide(data, |customer, sides, _| {
        let mut kept = vec![true; sides.len()];
        keep(customer, &mut kept);
        for (side, kept) in sides.iter_mut().zip(kept) {
            *side = if kept { Side::Training } else { Side::Outside };
        }
        None
    })?;
    Ok(split.training)
}
