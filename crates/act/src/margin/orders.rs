//! A customer's orders by kind.

use patronage_core::{CategoryIdx, CustomerIdx, ItemIdx, Money, OrderIdx, Purchases};

use super::credibility::{KindStats, Own, Sums, weighted_means};
use super::{Shrinkage, item_of};
use crate::offers::{Offered, Offers};
use crate::parallel::chunks;

/// The kind of all orders stands first.
pub(super) const ALL: usize = 0;
const NONE: u32 = u32::MAX;
const CHUNK: usize = 1024;

/// The kinds of order that some offer to some customer asks for.
#[derive(Clone, Debug)]
pub(super) struct Kinds {
    of_item: Vec<u32>,
    of_category: Vec<u32>,
    n: usize,
}

impl Kinds {
    pub(super) fn of(offers: &Offers) -> Self {
        let assortment = offers.assortment();
        let mut kinds = Self {
            of_item: vec![NONE; assortment.n_items()],
            of_category: vec![NONE; assortment.n_categories()],
            n: ALL + 1,
        };
        for customer in CustomerIdx::all(offers.n_customers()) {
            for action in patronage_core::ActionIdx::all(offers.n_actions()) {
                let place = match offers.offered(customer, action) {
                    Offered::Item(item) => &mut kinds.of_item[item.index()],
                    Offered::Category(category) => &mut kinds.of_category[category.index()],
                    Offered::Service | Offered::Nothing => continue,
                };
                if *place == NONE {
                    *place = kinds.n as u32;
                    kinds.n += 1;
                }
            }
        }
        kinds
    }

    pub(super) fn of_item(&self, item: ItemIdx) -> Option<usize> {
        Some(self.of_item[item.index()]).filter(|&kind| kind != NONE).map(|kind| kind as usize)
    }

    pub(super) fn of_category(&self, category: CategoryIdx) -> Option<usize> {
        let kind = self.of_category[category.index()];
        Some(kind).filter(|&kind| kind != NONE).map(|kind| kind as usize)
    }
}

/// Statistics of each kind; and for each customer and action her number of orders and their mean.
pub(super) fn learn<P: Purchases>(
    kinds: &Kinds,
    offers: &Offers,
    purchases: &P,
    shrinkage: Shrinkage,
) -> (Vec<KindStats>, Vec<u32>, Vec<f64>) {
    let (n_customers, n_actions) = (offers.n_customers(), offers.n_actions());
    let parts = chunks(n_customers, CHUNK, |range| {
        let (mut all, mut n_orders, mut means) = (Vec::new(), Vec::new(), Vec::new());
        let mut lines = Vec::new();
        for customer in range.map(CustomerIdx::from_usize) {
            let start = all.len();
            own_orders(kinds, offers, purchases, customer, &mut lines, &mut all);
            let own = &all[start..];
            for action in patronage_core::ActionIdx::all(n_actions) {
                let kind = kinds.position(offers.offered(customer, action));
                let found = kind.and_then(|kind| {
                    own.binary_search_by_key(&(kind as u32), |own: &Own| own.kind).ok()
                });
                n_orders.push(found.map_or(0, |at| own[at].n));
                means.push(found.map_or(0.0, |at| own[at].mean));
            }
        }
        (all, n_orders, means)
    });
    // One after the other in the order of customers, so that sums do not depend on threads.
    let mut sums = vec![Sums::default(); kinds.n];
    for own in parts.iter().flat_map(|(all, ..)| all) {
        sums[own.kind as usize].add(own);
    }
    let mut stats: Vec<KindStats> = sums.iter().map(|sums| sums.finish(shrinkage)).collect();
    weighted_means(&mut stats, parts.iter().flat_map(|(all, ..)| all.iter().copied()));
    let mut n_orders = Vec::with_capacity(n_customers * n_actions);
    let mut means = Vec::with_capacity(n_customers * n_actions);
    for (_, counts, amounts) in parts {
        n_orders.extend(counts);
        means.extend(amounts);
    }
    (stats, n_orders, means)
}

/// Appends what one customer ordered of each kind, kinds ascending.
fn own_orders<P: Purchases>(
    kinds: &Kinds,
    offers: &Offers,
    purchases: &P,
    customer: CustomerIdx,
    lines: &mut Vec<(u32, OrderIdx, Money)>,
    out: &mut Vec<Own>,
) {
    let history = purchases.history(customer);
    lines.clear();
    for line in 0..history.len() {
        let (order, amount) = (history.orders()[line], history.amounts()[line]);
        lines.push((ALL as u32, order, amount));
        let Some(item) = item_of(history.items(), line) else { continue };
        let category = offers.assortment().category_of()[item.index()];
        let kind = kinds.of_item(item);
        let others = [kind, category.and_then(|category| kinds.of_category(category))];
        lines.extend(others.into_iter().flatten().map(|kind| (kind as u32, order, amount)));
    }
    lines.sort_unstable_by_key(|&(kind, order, _)| (kind, order));
    for of_kind in lines.chunk_by(|a, b| a.0 == b.0) {
        let orders = || {
            let by_order = of_kind.chunk_by(|a, b| a.1 == b.1);
            by_order.map(|lines| lines.iter().map(|line| line.2).sum::<Money>().as_f64())
        };
        let (mut n, mut mean) = (0u32, 0.0);
        for amount in orders() {
            n += 1;
            mean += (amount - mean) / f64::from(n);
        }
        let squares = orders().map(|amount| (amount - mean) * (amount - mean)).sum();
        out.push(Own { kind: of_kind[0].0, n, mean, squares });
    }
}
