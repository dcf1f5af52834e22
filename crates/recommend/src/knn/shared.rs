//! What pairs of items share, summed over the customers who have both.

use std::cmp::Reverse;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use patronage_core::Csr;

use super::best::Best;
use crate::par;

/// Interactions with customers and items in other places, so that what is met most often lies
/// together, in the nearest cache: items of many customers first, customers of many items first.
pub(super) struct Places<T> {
    /// The item at each place.
    pub(super) order: Vec<u32>,
    /// Customers × items.
    pub(super) rows: Csr<T>,
    /// Items × customers.
    pub(super) by_item: Csr<T>,
}

impl<T: Clone> Places<T> {
    pub(super) fn new(rows: &Csr<T>) -> Self {
        let by_item = reordered(rows, &longest_first(rows)).transpose();
        let order = longest_first(&by_item);
        let by_item = reordered(&by_item, &order);
        Self { order, rows: by_item.transpose(), by_item }
    }
}

/// Rows by how much they hold, most first; of equals the lower one.
fn longest_first<T>(rows: &Csr<T>) -> Vec<u32> {
    let mut order: Vec<u32> = (0..rows.n_rows() as u32).collect();
    let starts = rows.starts();
    order.sort_by_key(|&row| Reverse(starts[row as usize + 1] - starts[row as usize]));
    order
}

fn reordered<T: Clone>(rows: &Csr<T>, order: &[u32]) -> Csr<T> {
    let n = rows.n_entries();
    let mut starts = Vec::with_capacity(order.len() + 1);
    let (mut columns, mut values) = (Vec::with_capacity(n), Vec::with_capacity(n));
    starts.push(0);
    for &row in order {
        let (of_row, held) = rows.row(row as usize);
        columns.extend_from_slice(of_row);
        values.extend_from_slice(held);
        starts.push(columns.len());
    }
    Csr::new(rows.n_columns(), starts, columns, values).expect("the same rows in another order")
}

/// What is made of the customers two items share.
pub(super) struct Rule<A, F, Add, Bound, Alike> {
    /// The sum of nobody.
    pub(super) nothing: A,
    /// Adds one customer's two weights to a sum.
    pub(super) add: Add,
    /// What each item brings to the bound.
    pub(super) factors: Vec<F>,
    /// Of a sum and the factors of both items: at least their similarity.
    pub(super) bound: Bound,
    /// The similarity of two items, the same to the bit whichever comes first.
    pub(super) alike: Alike,
}

/// Interactions and a rule; a place is a `P`, as small as holds them all.
pub(super) struct Shared<'a, P, T, A, F, Add, Bound, Alike> {
    pub(super) starts: &'a [usize],
    pub(super) places: &'a [P],
    pub(super) weights: &'a [T],
    pub(super) by_item: &'a Csr<T>,
    pub(super) k: usize,
    pub(super) rule: Rule<A, F, Add, Bound, Alike>,
}

/// Sums looked at together: one that matters is rare.
const CHUNK: usize = 64;

/// A worker's own space: a sum for each item, which items have one where those are few, and what a
/// similarity must reach to matter to each.
struct Scratch<A, F> {
    sums: Vec<A>,
    touched: Vec<u32>,
    thresholds: Vec<F>,
    best: Best,
}

impl<P, T, A, F, Add, Bound, Alike> Shared<'_, P, T, A, F, Add, Bound, Alike>
where
    P: Copy + Into<u32> + Sync,
    T: Sync,
    A: Copy + PartialEq + Send + Sync,
    F: Copy + PartialOrd + From<f32> + Send + Sync,
    Add: Fn(&mut A, &T, &T) + Sync + Send,
    Bound: Fn(A, F, F) -> F + Sync + Send,
    Alike: Fn(usize, usize, A) -> f64 + Sync + Send,
{
    fn scratch(&self) -> Scratch<A, F> {
        let n = self.by_item.n_rows();
        let (sums, thresholds) = (vec![self.rule.nothing; n], vec![F::from(0.0); n]);
        Scratch { sums, touched: Vec::new(), thresholds, best: Best::new(self.k) }
    }

    fn row(&self, customer: u32) -> (&[P], &[T]) {
        let range = self.starts[customer as usize]..self.starts[customer as usize + 1];
        (&self.places[range.clone()], &self.weights[range])
    }

    /// Reads a little of a row, so that all of it is on its way from memory while another is summed.
    fn fetch(&self, customer: u32) {
        let lines = self.row(customer).0.iter().step_by(64 / size_of::<P>());
        std::hint::black_box(lines.fold(0, |sum: u32, &place| sum | place.into()));
    }

    /// Sums what the target shares with the items that have a sum; whether few of them do.
    fn sum(&self, target: usize, sums: &mut [A]) -> bool {
        let (customers, weights) = self.by_item.row(target);
        let mut work = 0;
        for (at, (&customer, weight)) in customers.iter().zip(weights).enumerate() {
            if let Some(&next) = customers.get(at + 1) {
                self.fetch(next);
            }
            let (items, others) = self.row(customer);
            work += items.len();
            for (&item, other) in items.iter().zip(others) {
                // Items ascend.
                let Some(sum) = sums.get_mut(item.into() as usize) else { break };
                (self.rule.add)(sum, weight, other);
            }
        }
        work < sums.len() / 8
    }

    /// Calls `visit` for those items that share something with the target where those are few, and
    /// clears their sums.
    fn few(
        &self,
        target: usize,
        sums: &mut [A],
        touched: &mut Vec<u32>,
        mut visit: impl FnMut(usize, A),
    ) {
        touched.clear();
        for &customer in self.by_item.row(target).0 {
            touched.extend(self.row(customer).0.iter().map(|&item| item.into()));
        }
        touched.sort_unstable();
        touched.dedup();
        for &item in touched.iter() {
            let Some(sum) = sums.get_mut(item as usize) else { break };
            let sum = std::mem::replace(sum, self.rule.nothing);
            if sum != self.rule.nothing {
                visit(item as usize, sum);
            }
        }
    }

    /// Calls `visit` for every item whose similarity may reach its threshold or the target's, and
    /// clears all sums.
    fn many(
        &self,
        sums: &mut [A],
        factor: F,
        thresholds: &[F],
        own: F,
        mut visit: impl FnMut(usize, A),
    ) {
        let factors = self.rule.factors.chunks(CHUNK);
        let parts = sums.chunks_mut(CHUNK).zip(factors).zip(thresholds.chunks(CHUNK));
        for (at, ((sums, factors), thresholds)) in parts.enumerate() {
            let mut matters = false;
            for ((&sum, &other), &threshold) in sums.iter().zip(factors).zip(thresholds) {
                let bound = (self.rule.bound)(sum, other, factor);
                matters |= (bound >= threshold) | (bound >= own);
            }
            if matters {
                for (place, &sum) in (at * CHUNK..).zip(&*sums) {
                    if sum != self.rule.nothing {
                        visit(place, sum);
                    }
                }
            }
            sums.fill(self.rule.nothing);
        }
    }

    /// The neighbours of some items, in their order; each item stands at its own place.
    pub(super) fn of(&self, targets: &[u32]) -> Vec<Vec<(u32, f32)>> {
        par::map(
            targets.len(),
            || self.scratch(),
            |scratch, at| {
                let Scratch { sums, touched, best, .. } = scratch;
                let target = targets[at] as usize;
                let factor = self.rule.factors[target];
                let few = self.sum(target, sums);
                let mut visit = |item: usize, sum: A| {
                    let bound = (self.rule.bound)(sum, self.rule.factors[item], factor);
                    if item != target && bound >= F::from(best.threshold()) {
                        best.offer(item as u32, (self.rule.alike)(item, target, sum) as f32);
                    }
                };
                if few {
                    self.few(target, sums, touched, visit);
                } else {
                    for (item, sum) in sums.iter_mut().enumerate() {
                        let sum = std::mem::replace(sum, self.rule.nothing);
                        if sum != self.rule.nothing {
                            visit(item, sum);
                        }
                    }
                }
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
        // What a similarity must reach to matter to an item only ever rises, and may be read late.
        let published: Vec<AtomicU32> = (0..n_items).map(|_| AtomicU32::new(0)).collect();
        let threshold = |at: usize| f32::from_bits(published[at].load(Ordering::Relaxed));
        let publish = |at: usize, best: &Best| {
            published[at].store(best.threshold().to_bits(), Ordering::Relaxed);
        };
        par::map(
            n_items,
            || self.scratch(),
            |scratch, target| {
                let Scratch { sums, touched, thresholds, best } = scratch;
                let factor = self.rule.factors[target];
                let few = self.sum(target, &mut sums[..target]);
                let own = F::from(threshold(target));
                let visit = |item: usize, sum: A| {
                    let bound = (self.rule.bound)(sum, self.rule.factors[item], factor);
                    let mine = bound >= F::from(best.threshold()) && bound >= own;
                    let its = bound >= F::from(threshold(item));
                    if mine || its {
                        let score = (self.rule.alike)(item, target, sum) as f32;
                        if mine {
                            best.offer(order[item], score);
                        }
                        if its && score >= threshold(item) {
                            let mut best = lock(&all[item]);
                            best.offer(order[target], score);
                            publish(item, &best);
                        }
                    }
                };
                if few {
                    self.few(target, &mut sums[..target], touched, visit);
                } else {
                    for (place, known) in thresholds[..target].iter_mut().enumerate() {
                        *known = F::from(threshold(place));
                    }
                    self.many(&mut sums[..target], factor, &thresholds[..target], own, visit);
                }
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
