//! What pairs of items share, summed over the customers who have both.

use std::cmp::Reverse;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use patronage_core::Csr;

use super::best::Best;
use crate::par;

/// Items in order of how many customers have them, most first (of equals the lower one): the item at
/// each place, and the interactions with places for items.
///
/// Sums of the items most often met then lie together, in the nearest cache.
pub(super) fn by_popularity<T: Clone>(rows: &Csr<T>) -> (Vec<u32>, Csr<T>, Csr<T>) {
    let by_item = rows.transpose();
    let mut order: Vec<u32> = (0..by_item.n_rows() as u32).collect();
    order.sort_by_key(|&item| Reverse(by_item.row(item as usize).0.len()));
    let (mut starts, mut columns, mut values) = (vec![0], Vec::new(), Vec::new());
    columns.reserve_exact(by_item.n_entries());
    values.reserve_exact(by_item.n_entries());
    for &item in &order {
        let (customers, weights) = by_item.row(item as usize);
        columns.extend_from_slice(customers);
        values.extend_from_slice(weights);
        starts.push(columns.len());
    }
    let by_place = Csr::new(by_item.n_columns(), starts, columns, values)
        .expect("rows of a matrix in another order");
    (order, by_place.transpose(), by_place)
}

/// Interactions, and what is made of the customers two items share.
pub(super) struct Shared<'a, T, A, Add, Bound, Alike> {
    pub(super) by_customer: &'a Csr<T>,
    pub(super) by_item: &'a Csr<T>,
    pub(super) k: usize,
    /// The sum of nobody.
    pub(super) nothing: A,
    /// Adds one customer's two weights to a sum.
    pub(super) add: Add,
    /// At least the similarity.
    pub(super) bound: Bound,
    pub(super) alike: Alike,
}

/// A worker's own space: a sum for each item, and which items have one where those are few.
struct Scratch<A> {
    sums: Vec<A>,
    touched: Vec<u32>,
    best: Best,
}

impl<T, A, Add, Bound, Alike> Shared<'_, T, A, Add, Bound, Alike>
where
    T: Sync,
    A: Copy + PartialEq + Send + Sync,
    Add: Fn(&mut A, &T, &T) + Sync + Send,
    Bound: Fn(usize, usize, A) -> f32 + Sync + Send,
    Alike: Fn(usize, usize, A) -> f64 + Sync + Send,
{
    fn scratch(&self) -> Scratch<A> {
        let sums = vec![self.nothing; self.by_item.n_rows()];
        Scratch { sums, touched: Vec::new(), best: Best::new(self.k) }
    }

    /// Sums what the target shares with items below `sums.len()`, and calls `visit` for each item that
    /// shares something, ascending; sums are nothing again afterwards.
    fn each(
        &self,
        target: usize,
        sums: &mut [A],
        touched: &mut Vec<u32>,
        mut visit: impl FnMut(usize, A),
    ) {
        let (customers, weights) = self.by_item.row(target);
        let mut work = 0;
        for (&customer, weight) in customers.iter().zip(weights) {
            let (items, others) = self.by_customer.row(customer as usize);
            work += items.len();
            for (&item, other) in items.iter().zip(others) {
                // Items ascend.
                let Some(sum) = sums.get_mut(item as usize) else { break };
                (self.add)(sum, weight, other);
            }
        }
        let mut take = |item: usize, sum: &mut A| {
            let sum = std::mem::replace(sum, self.nothing);
            if sum != self.nothing {
                visit(item, sum);
            }
        };
        if work < sums.len() / 8 {
            // Few sums: visit those, not all items.
            touched.clear();
            for &customer in customers {
                touched.extend_from_slice(self.by_customer.row(customer as usize).0);
            }
            touched.sort_unstable();
            touched.dedup();
            for &item in touched.iter() {
                let Some(sum) = sums.get_mut(item as usize) else { break };
                take(item as usize, sum);
            }
        } else {
            sums.iter_mut().enumerate().for_each(|(item, sum)| take(item, sum));
        }
    }

    /// The neighbours of some items, in their order.
    pub(super) fn of(&self, targets: &[u32]) -> Vec<Vec<(u32, f32)>> {
        par::map(
            targets.len(),
            || self.scratch(),
            |Scratch { sums, touched, best }, at| {
                let target = targets[at] as usize;
                self.each(target, sums, touched, |item, sum| {
                    if item != target && (self.bound)(item, target, sum) >= best.threshold() {
                        best.offer(item as u32, (self.alike)(item, target, sum) as f32);
                    }
                });
                best.take()
            },
        )
    }

    /// The neighbours of all items, in the order of items; `order` has the item at each place.
    ///
    /// Each item is compared with those before it, and the pair is offered to both. Which offers come
    /// first depends on the threads; which are the best does not.
    pub(super) fn of_all(&self, order: &[u32]) -> Vec<Vec<(u32, f32)>> {
        let n_items = self.by_item.n_rows();
        let all: Vec<Mutex<Best>> = (0..n_items).map(|_| Mutex::new(Best::new(self.k))).collect();
        // What a similarity must reach to matter to an item: it only ever rises, and may be read late.
        let thresholds: Vec<AtomicU32> = (0..n_items).map(|_| AtomicU32::new(0)).collect();
        let threshold = |at: usize| f32::from_bits(thresholds[at].load(Ordering::Relaxed));
        let publish = |at: usize, best: &Best| {
            thresholds[at].store(best.threshold().to_bits(), Ordering::Relaxed);
        };
        par::map(
            n_items,
            || self.scratch(),
            |Scratch { sums, touched, best }, target| {
                self.each(target, &mut sums[..target], touched, |item, sum| {
                    let bound = (self.bound)(item, target, sum);
                    let (mine, its) = (bound >= best.threshold(), bound >= threshold(item));
                    if mine || its {
                        let score = (self.alike)(item, target, sum) as f32;
                        if mine {
                            best.offer(order[item], score);
                        }
                        if its && score >= threshold(item) {
                            let mut best = lock(&all[item]);
                            best.offer(order[target], score);
                            publish(item, &best);
                        }
                    }
                });
                let mut kept = lock(&all[target]);
                best.take().into_iter().for_each(|(item, score)| kept.offer(item, score));
                publish(target, &kept);
            },
        );
        let mut lists = vec![Vec::new(); n_items];
        for (&item, best) in order.iter().zip(all) {
            let mut best = best.into_inner().unwrap_or_else(PoisonError::into_inner);
            lists[item as usize] = best.take();
        }
        lists
    }
}

fn lock(best: &Mutex<Best>) -> MutexGuard<'_, Best> {
    best.lock().unwrap_or_else(PoisonError::into_inner)
}
