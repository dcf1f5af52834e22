//! The cheapest assignment of rows to clusters of bounded sizes.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

/// Moves that a queue holds at first; tests want queues that run out.
const FEW: usize = if cfg!(test) { 2 } else { 256 };

/// The least and the most rows of each cluster.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Bounds {
    pub(super) least: usize,
    pub(super) most: usize,
}

/// The cluster of each row at the least sum of costs, sizes within bounds; bounds must be feasible.
///
/// `costs` has one row of `k` costs for each row. `prices` of clusters are where the search starts
/// and where it ends: any will do, those of a like problem save most of the work.
///
/// Minimum-cost flow from rows through clusters to a sink, by shortest augmenting paths: rows first
/// go where cost and price are least together, which is optimal but for the sizes; then one row
/// after another is moved along the shortest path from a cluster with too many rows to one with
/// room. Paths live on clusters and the sink alone, since of all rows of `a` only the cheapest to
/// move to `b` matters, and a queue of the cheapest few knows it. O(n k) and, for each of at most `n`
/// rows in excess, O(k²) and a path's moves at O(k log n).
pub(super) fn assign(costs: &[f64], k: usize, bounds: Bounds, prices: &mut [f64]) -> Vec<u32> {
    let mut flow = Flow::new(costs, k, bounds, prices);
    while let Some(from) = (0..=k).find(|&node| flow.excess(node) > 0) {
        flow.augment(from);
    }
    let largest = costs.iter().fold(0.0_f64, |most, cost| most.max(*cost));
    let sink = flow.potentials[k];
    for (price, potential) in prices.iter_mut().zip(&flow.potentials) {
        *price = sink - potential;
        // What rounding left of a price of nothing would send rows astray and back next time.
        if price.abs() <= 1e-13 * largest {
            *price = 0.0;
        }
    }
    flow.labels
}

/// A row that may leave its cluster for another, at this further cost.
#[derive(Clone, Copy, Debug)]
struct Move {
    cost: f64,
    row: u32,
}

impl Ord for Move {
    fn cmp(&self, other: &Self) -> Ordering {
        self.cost.total_cmp(&other.cost).then(self.row.cmp(&other.row))
    }
}

impl PartialOrd for Move {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Eq for Move {}

impl PartialEq for Move {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

/// The moves from one cluster to another, the cheapest first; may hold rows that left.
#[derive(Clone, Debug, Default)]
struct Queue {
    heap: BinaryHeap<Reverse<Move>>,
    /// Moves that are not in the heap cost no less; infinite where all are in it.
    beyond: f64,
    /// The most moves that were in the heap when it was last filled; none before.
    room: usize,
}

impl Queue {
    /// Holds the cheapest of `moves`, more of them each time.
    fn fill(&mut self, mut moves: Vec<Move>) {
        self.room = (4 * self.room).max(FEW);
        self.beyond = f64::INFINITY;
        if moves.len() > self.room {
            self.beyond = moves.select_nth_unstable(self.room).1.cost;
            moves.truncate(self.room);
        }
        self.heap = moves.into_iter().map(Reverse).collect::<Vec<_>>().into();
    }
}

/// Node `c < k` is a cluster, node `k` the sink.
struct Flow<'a> {
    costs: &'a [f64],
    k: usize,
    bounds: Bounds,
    labels: Vec<u32>,
    sizes: Vec<usize>,
    /// What flows from each cluster to the sink, within bounds; the size once all is done.
    to_sink: Vec<usize>,
    /// Edge costs plus potential of the tail less that of the head are never negative.
    potentials: Vec<f64>,
    /// The moves from cluster to cluster, row-major, filled when first asked for.
    queues: Vec<Queue>,
    /// The cheapest move from cluster to cluster where there is one; a row that left stands for those
    /// that cost no less until it is asked for.
    cheapest: Vec<Option<Move>>,
}

impl<'a> Flow<'a> {
    fn new(costs: &'a [f64], k: usize, bounds: Bounds, prices: &[f64]) -> Self {
        let mut sizes = vec![0; k];
        let label = |costs: &[f64]| {
            let mut best = (0, f64::INFINITY);
            for (cluster, (cost, price)) in costs.iter().zip(prices).enumerate() {
                if cost + price < best.1 {
                    best = (cluster, cost + price);
                }
            }
            sizes[best.0] += 1;
            best.0 as u32
        };
        let labels = costs.chunks_exact(k).map(label).collect();
        let flow = |(&price, &size): (&f64, &usize)| match price.total_cmp(&0.0) {
            Ordering::Greater => bounds.most,
            Ordering::Less if price < 0.0 => bounds.least,
            _ => size.clamp(bounds.least, bounds.most),
        };
        let to_sink = prices.iter().zip(&sizes).map(flow).collect();
        let potentials = prices.iter().map(|price| -price).chain([0.0]).collect();
        let (queues, cheapest) = (vec![Queue::default(); k * k], vec![None; k * k]);
        Self { costs, k, bounds, labels, sizes, to_sink, potentials, queues, cheapest }
    }

    /// What flows into a node less what flows out of it.
    fn excess(&self, node: usize) -> i64 {
        if node < self.k {
            return self.sizes[node] as i64 - self.to_sink[node] as i64;
        }
        self.to_sink.iter().sum::<usize>() as i64 - self.labels.len() as i64
    }

    fn has_queues(&self, from: usize) -> bool {
        self.queues[from * self.k..(from + 1) * self.k].iter().any(|queue| queue.room > 0)
    }

    fn rows_of(&self, cluster: usize) -> Vec<u32> {
        let rows = self.labels.iter().enumerate().filter(|(_, label)| **label == cluster as u32);
        rows.map(|(row, _)| row as u32).collect()
    }

    /// What it costs that the row goes from one cluster to another.
    fn move_of(&self, row: u32, from: usize, to: usize) -> Move {
        let costs = &self.costs[row as usize * self.k..][..self.k];
        Move { cost: costs[to] - costs[from], row }
    }

    /// Fills the queues from a cluster to every other.
    fn fill_queues(&mut self, from: usize) {
        let rows = self.rows_of(from);
        let mut moves = vec![Vec::with_capacity(rows.len()); self.k];
        for row in rows {
            for (to, moves) in moves.iter_mut().enumerate() {
                moves.push(self.move_of(row, from, to));
            }
        }
        for (to, moves) in moves.into_iter().enumerate().filter(|(to, _)| *to != from) {
            self.queues[from * self.k + to].fill(moves);
            self.find_cheapest(from, to);
        }
    }

    /// Brings up to date what the cheapest move between two clusters with a queue is.
    fn find_cheapest(&mut self, from: usize, to: usize) {
        let at = from * self.k + to;
        loop {
            match self.queues[at].heap.peek() {
                Some(Reverse(found)) if self.labels[found.row as usize] == from as u32 => {
                    self.cheapest[at] = Some(*found);
                    return;
                }
                Some(_) => {
                    self.queues[at].heap.pop();
                }
                None if self.queues[at].beyond == f64::INFINITY => {
                    self.cheapest[at] = None;
                    return;
                }
                None => {
                    let rows = self.rows_of(from);
                    let moves = rows.iter().map(|&row| self.move_of(row, from, to)).collect();
                    self.queues[at].fill(moves);
                }
            }
        }
    }

    /// Moves what is in excess at `from` along the shortest path to a node that lacks it.
    fn augment(&mut self, from: usize) {
        let n = self.k + 1;
        let mut distances = vec![f64::INFINITY; n];
        let mut came_by: Vec<(usize, Option<u32>)> = vec![(from, None); n];
        let mut done = vec![false; n];
        distances[from] = 0.0;
        let to = loop {
            let open = (0..n).filter(|&node| !done[node] && distances[node].is_finite());
            let Some(node) = open.reduce(|a, b| if distances[b] < distances[a] { b } else { a })
            else {
                unreachable!("feasible bounds leave room for every row");
            };
            done[node] = true;
            if self.excess(node) < 0 {
                break node;
            }
            if node < self.k && !self.has_queues(node) {
                self.fill_queues(node);
            }
            for next in (0..n).filter(|&next| !done[next]) {
                let reach = |(cost, _): (f64, Option<u32>)| {
                    let reduced = cost + self.potentials[node] - self.potentials[next];
                    distances[node] + reduced.max(0.0)
                };
                let nearer = |edge: &(f64, Option<u32>)| reach(*edge) < distances[next];
                let Some((_, row)) = self.edge(node, next).filter(nearer) else { continue };
                // A row that left says only that no other costs less.
                if row.is_some_and(|row| self.labels[row as usize] != node as u32) {
                    self.find_cheapest(node, next);
                }
                let reach = |(cost, row): (f64, Option<u32>)| {
                    let reduced = cost + self.potentials[node] - self.potentials[next];
                    (distances[node] + reduced.max(0.0), row)
                };
                if let Some((distance, row)) = self.edge(node, next).map(reach)
                    && distance < distances[next]
                {
                    distances[next] = distance;
                    came_by[next] = (node, row);
                }
            }
        };
        for (potential, distance) in self.potentials.iter_mut().zip(&distances) {
            *potential += distance.min(distances[to]);
        }
        let mut path = Vec::new();
        let mut node = to;
        while node != from {
            let (before, row) = came_by[node];
            path.push((before, node, row));
            node = before;
        }
        // Rows go one at a time; what only changes sizes may go at once.
        let amount = if path.iter().any(|(.., row)| row.is_some()) {
            1
        } else {
            let room = path.iter().map(|&(tail, head, _)| {
                if head == self.k {
                    self.bounds.most - self.to_sink[tail]
                } else {
                    self.to_sink[head] - self.bounds.least
                }
            });
            let most = self.excess(from).min(-self.excess(to)) as usize;
            room.fold(most, usize::min)
        };
        for (tail, head, row) in path {
            match row {
                Some(row) => self.relabel(row, tail, head),
                None if head == self.k => self.to_sink[tail] += amount,
                None => self.to_sink[head] -= amount,
            }
        }
    }

    /// The cost of the edge where there is one, with the row it moves.
    fn edge(&self, tail: usize, head: usize) -> Option<(f64, Option<u32>)> {
        if head == self.k {
            return (self.to_sink[tail] < self.bounds.most).then_some((0.0, None));
        }
        if tail == self.k {
            return (self.to_sink[head] > self.bounds.least).then_some((0.0, None));
        }
        self.cheapest[tail * self.k + head].map(|found| (found.cost, Some(found.row)))
    }

    fn relabel(&mut self, row: u32, from: usize, to: usize) {
        self.labels[row as usize] = to as u32;
        self.sizes[from] -= 1;
        self.sizes[to] += 1;
        if !self.has_queues(to) {
            return;
        }
        for other in (0..self.k).filter(|&other| other != to) {
            let (at, found) = (to * self.k + other, self.move_of(row, to, other));
            // What costs more than all that the queue holds is found when it is filled again.
            if found.cost < self.queues[at].beyond {
                self.queues[at].heap.push(Reverse(found));
                if self.cheapest[at].is_none_or(|cheapest| found < cheapest) {
                    self.cheapest[at] = Some(found);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn total(costs: &[f64], k: usize, labels: &[u32]) -> f64 {
        labels.iter().enumerate().map(|(row, &label)| costs[row * k + label as usize]).sum()
    }

    /// Whole numbers below 1000.
    fn draws(mut state: u64) -> impl FnMut() -> f64 {
        move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            ((state >> 33) % 1000) as f64
        }
    }

    fn brute(costs: &[f64], k: usize, bounds: Bounds) -> f64 {
        let n = costs.len() / k;
        let mut best = f64::INFINITY;
        for code in 0..k.pow(n as u32) {
            let labels: Vec<u32> =
                (0..n).map(|row| (code / k.pow(row as u32) % k) as u32).collect();
            let size = |c: u32| labels.iter().filter(|&&label| label == c).count();
            if (0..k as u32).all(|c| (bounds.least..=bounds.most).contains(&size(c))) {
                best = best.min(total(costs, k, &labels));
            }
        }
        best
    }

    #[test]
    fn assignments_are_the_cheapest_of_all() {
        for seed in 0..12 {
            let mut draw = draws(seed);
            let (n, k): (usize, usize) = ([4, 6, 7][seed as usize % 3], [2, 3][seed as usize % 2]);
            let costs: Vec<f64> = (0..n * k).map(|_| draw()).collect();
            for least in 0..=n / k {
                for most in n.div_ceil(k)..=n {
                    let bounds = Bounds { least, most };
                    let expected = brute(&costs, k, bounds);
                    // Prices of another problem are as good a start as none.
                    for start in [0.0, 300.0, -300.0] {
                        let mut prices: Vec<f64> = (0..k).map(|c| start * c as f64).collect();
                        for _ in 0..2 {
                            let labels = assign(&costs, k, bounds, &mut prices);
                            assert_eq!(total(&costs, k, &labels), expected, "{n} {k} {bounds:?}");
                            let size = |c: usize| labels.iter().filter(|&&l| l == c as u32).count();
                            assert!((0..k).all(|c| (least..=most).contains(&size(c))));
                        }
                    }
                }
            }
        }
    }

    // scipy 1.17.1: the sum of the costs that linear_sum_assignment picks where each cluster is
    // `most` columns, of which `least` must be taken (their cost less 10^6).
    #[test]
    fn larger_assignments_equal_the_oracle() {
        let mut draw = draws(99);
        let (n, k) = (300, 7);
        let costs: Vec<f64> = (0..n * k).map(|_| draw()).collect();
        for (least, most, expected) in SCIPY {
            let mut prices = vec![0.0; k];
            let labels = assign(&costs, k, Bounds { least, most }, &mut prices);
            assert_eq!(total(&costs, k, &labels), expected, "{least}..={most}");
        }
    }

    const SCIPY: [(usize, usize, f64); 6] = [
        (0, 300, 36_889.0),
        (0, 50, 36_896.0),
        (40, 45, 36_985.0),
        (42, 43, 37_099.0),
        (30, 300, 36_889.0),
        (10, 44, 37_018.0),
    ];
}
