//! How much a customer's own mean counts.

use super::Shrinkage;

/// What is known of all customers' orders of one kind; amounts in currency units, before the margin rate.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct KindStats {
    /// Orders of the kind.
    pub n_orders: usize,
    /// Customers with at least one.
    pub n_customers: usize,
    /// The mean amount over customers, each by her weight; 0 where there is no order.
    pub mean: f64,
    /// How many orders of her own count as much as all others; infinite where own orders say nothing.
    pub k: f64,
}

impl KindStats {
    /// The weight `n / (n + k)` of a customer's own mean of `n` orders.
    #[must_use]
    pub fn weight(&self, n: u32) -> f64 {
        if n == 0 { 0.0 } else { f64::from(n) / (f64::from(n) + self.k) }
    }
}

/// One customer's orders of one kind: how many, their mean, and the squares around it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Own {
    pub(super) kind: u32,
    pub(super) n: u32,
    pub(super) mean: f64,
    pub(super) squares: f64,
}

/// Sums over customers, updated one by one so that equal amounts leave no rounding behind.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sums {
    n_orders: f64,
    n_customers: f64,
    mean: f64,
    between: f64,
    within: f64,
    squared_orders: f64,
}

impl Sums {
    pub(super) fn add(&mut self, own: &Own) {
        let n = f64::from(own.n);
        self.n_orders += n;
        self.n_customers += 1.0;
        let difference = own.mean - self.mean;
        self.mean += difference * n / self.n_orders;
        self.between += n * difference * (own.mean - self.mean);
        self.within += own.squares;
        self.squared_orders += n * n;
    }

    /// The statistics but for the mean, which is that of all orders until customers are weighted.
    pub(super) fn finish(&self, shrinkage: Shrinkage) -> KindStats {
        let k = match shrinkage {
            Shrinkage::Orders(k) => k,
            Shrinkage::Estimated => self.estimate(),
        };
        KindStats {
            n_orders: self.n_orders as usize,
            n_customers: self.n_customers as usize,
            mean: self.mean,
            k,
        }
    }

    fn estimate(&self) -> f64 {
        let repeats = self.n_orders - self.n_customers;
        if self.n_customers < 2.0 || repeats < 1.0 {
            return f64::INFINITY;
        }
        let within = self.within / repeats;
        let spread = self.between - (self.n_customers - 1.0) * within;
        let between = spread / (self.n_orders - self.squared_orders / self.n_orders);
        if between > 0.0 { within / between } else { f64::INFINITY }
    }
}

/// Means of customers weighted by how much each counts.
pub(super) fn weighted_means(stats: &mut [KindStats], all: impl Iterator<Item = Own>) {
    let mut sums = vec![(0.0, 0.0); stats.len()];
    for own in all {
        let weight = stats[own.kind as usize].weight(own.n);
        let (total, mean) = &mut sums[own.kind as usize];
        *total += weight;
        if *total > 0.0 {
            *mean += (own.mean - *mean) * weight / *total;
        }
    }
    for (stats, (total, mean)) in stats.iter_mut().zip(sums) {
        if total > 0.0 {
            stats.mean = mean;
        }
    }
}
