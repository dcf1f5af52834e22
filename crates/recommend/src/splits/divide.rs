//! One pass over the interactions, each of which goes to one side.

use patronage_core::{
    Csr, CustomerIdx, HistoryEntry, InteractionTable, Interactions, OrderIdx, Request, Timestamp,
};

use super::Split;
use crate::error::Error;
use crate::evaluate::{Case, HeldOut};

/// Where one interaction goes.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Side {
    Training,
    /// Known to the request, not to training.
    History,
    Target,
    /// After the test.
    Outside,
}

/// Divides each row as `decide` says: it is given the sides to fill (all training) and the times,
/// and returns who asks and when, or nothing where no case is made.
pub(super) fn divide<I: Interactions + ?Sized>(
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
    let mut n_outside = 0;
    for customer in CustomerIdx::all(data.n_customers()) {
        let row = data.row(customer);
        let n = row.items().len();
        let mut sides = vec![Side::Training; n];
        let who = decide(customer, &mut sides, row.at().unwrap_or_default());
        let (mut history, mut targets) = (Vec::new(), Vec::new());
        let mut tested_at = None;
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
            match side {
                Side::Target => {
                    targets.push(item);
                    if row.at().is_some() {
                        tested_at =
                            Some(tested_at.map_or(at, |earliest: Timestamp| earliest.min(at)));
                    }
                }
                Side::Outside => n_outside += 1,
                Side::Training | Side::History => {
                    history.push(HistoryEntry { item, weight, at, basket });
                }
            }
        }
        starts.push(columns.len());
        if let Some((customer, as_of)) = who {
            history.sort_by_key(|entry| entry.at);
            let request = Request { history: &history, customer, as_of };
            held_out.push_tested_at(Case { request, targets: &targets }, tested_at)?;
        }
    }
    let n_entries = columns.len();
    let training = InteractionTable::new(Csr::new(data.n_items(), starts, columns, weights)?)?;
    let training = if times.len() == n_entries { training.timed(times, orders)? } else { training };
    Ok(Split { training, held_out, n_outside })
}
