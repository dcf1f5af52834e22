//! Order lines and histories as baskets.

use patronage_core::{CustomerIdx, HistoryEntry, ItemIdx, OrderIdx, Purchases, Timestamp};

use crate::error::{Error, ErrorKind};

/// The baskets of one customer in time order, each with its distinct items ascending.
///
/// A basket is where its first line is; of two at one instant, that of the lower order comes first.
pub(super) fn baskets(
    lines: impl Iterator<Item = (OrderIdx, Timestamp, ItemIdx)>,
) -> Vec<Vec<u32>> {
    let mut lines: Vec<(OrderIdx, Timestamp, ItemIdx)> = lines.collect();
    lines.sort_unstable();
    let mut baskets: Vec<(Timestamp, OrderIdx, Vec<u32>)> = lines
        .chunk_by(|a, b| a.0 == b.0)
        .map(|same| {
            let mut items: Vec<u32> = same.iter().map(|&(.., item)| item.get()).collect();
            items.sort_unstable();
            items.dedup();
            (same[0].1, same[0].0, items)
        })
        .collect();
    baskets.sort_unstable_by_key(|&(at, order, _)| (at, order));
    baskets.into_iter().map(|(.., items)| items).collect()
}

/// The baskets of a request's history; entries of unknown items, and those whose weight does not
/// speak for the item, are left out.
pub(super) fn of_history(history: &[HistoryEntry], n_items: usize) -> Vec<Vec<u32>> {
    let bought = history.iter().filter(|e| e.item.index() < n_items && e.weight > 0.0);
    baskets(bought.map(|entry| (entry.basket, entry.at, entry.item)))
}

/// The baskets of a customer in purchases.
pub(super) fn of_customer<P: Purchases + ?Sized>(
    purchases: &P,
    customer: CustomerIdx,
) -> Result<Vec<Vec<u32>>, Error> {
    let lines = purchases.history(customer);
    let Some(items) = lines.items() else {
        if lines.is_empty() {
            return Ok(Vec::new());
        }
        return Err(ErrorKind::Empty { what: "items of the purchases" }.into());
    };
    let lines = lines.orders().iter().zip(lines.at()).zip(items);
    Ok(baskets(lines.map(|((&order, &at), &item)| (order, at, item))))
}

/// The baskets of all customers.
pub(super) fn of_all<P: Purchases + ?Sized>(purchases: &P) -> Result<Vec<Vec<Vec<u32>>>, Error> {
    CustomerIdx::all(purchases.n_customers()).map(|at| of_customer(purchases, at)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interleaved_orders_are_told_apart() {
        let line = |order, second, item| {
            (OrderIdx::new(order), Timestamp::from_seconds(second), ItemIdx::new(item))
        };
        let lines = [line(7, 1, 4), line(2, 5, 1), line(7, 5, 3), line(7, 6, 4), line(1, 5, 9)];
        assert_eq!(baskets(lines.into_iter()), [vec![3, 4], vec![9], vec![1]]);
    }
}
