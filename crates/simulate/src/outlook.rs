//! What the truth says of the future.

use patronage_core::{Timestamp, Window};

use crate::intensity::Intensity;
use crate::simulation::Simulation;
use crate::truth::CustomerTruth;

/// What is expected of a customer whose rates are known: the best that any model can do.
///
/// Windows count from their start to their end; seasons are known until five years after the last
/// day, and stay as they are then.
impl Simulation {
    /// Expected number of orders within `window` of one who is a customer at its start.
    ///
    /// With rate `λ`, leaving rate `μ`, and `s(t)` the multiplier of seasons and campaigns:
    ///
    /// ```text
    /// Pareto/NBD  ∫ λ s(t) exp(-μ (t - start)) dt        BG/NBD  (1 - exp(-λ p ∫ s dt)) / p
    /// ```
    #[must_use]
    pub fn expected_orders(&self, truth: &CustomerTruth, window: Window) -> f64 {
        let (from, to) = self.span(window);
        self.intensity(truth).expected_orders(truth.rate, truth.leaving, from, to)
    }

    /// Probability of at least one order within `window` of one who is a customer at its start.
    #[must_use]
    pub fn p_order(&self, truth: &CustomerTruth, window: Window) -> f64 {
        let (from, to) = self.span(window);
        self.intensity(truth).p_order(truth.rate, truth.leaving, from, to)
    }

    /// Probability that she is still a customer at `as_of`, given her rates, and that she ordered
    /// `n_orders` times before it, last at `last_order`.
    #[must_use]
    pub fn p_alive(
        &self,
        truth: &CustomerTruth,
        n_orders: usize,
        last_order: Timestamp,
        as_of: Timestamp,
    ) -> f64 {
        let (from, to) = self.span(Window { start: last_order, end: as_of });
        let n_repeats = n_orders.saturating_sub(1) as u32;
        self.intensity(truth).p_alive(truth.rate, truth.leaving, n_repeats, from, to)
    }

    /// Probability of at least one order within `window`, given her rates and what she did before
    /// it: the propensity that a perfect model would give.
    ///
    /// It is [`p_alive`](Self::p_alive) at the start of the window times [`p_order`](Self::p_order).
    #[must_use]
    pub fn propensity(
        &self,
        truth: &CustomerTruth,
        n_orders: usize,
        last_order: Timestamp,
        window: Window,
    ) -> f64 {
        let alive = self.p_alive(truth, n_orders, last_order, window.start);
        alive * self.p_order(truth, window)
    }

    /// The probability of each item whenever she picks one; sums to 1.
    ///
    /// `P(i) ∝ popularity(i) exp(tastes · factors(i))`. O(items × factors).
    #[must_use]
    pub fn affinity(&self, truth: &CustomerTruth) -> Vec<f64> {
        self.catalogue.affinity(&truth.tastes)
    }

    /// The expected number of orders that being treated by a campaign adds while it runs, for one
    /// who is a customer when it starts; below 0 where it puts her off.
    ///
    /// # Panics
    ///
    /// When there is no campaign at that position.
    #[must_use]
    pub fn campaign_effect(&self, truth: &CustomerTruth, campaign: usize) -> f64 {
        let (runs, _) = &self.campaigns[campaign];
        let (from, to) = (f64::from(runs.from_day), f64::from(runs.from_day + runs.days));
        // Other campaigns act as they did.
        let mut others = truth.clone();
        others.campaigns[campaign].arm = crate::truth::Arm::Control;
        let without = self.intensity(&others);
        let with = self.under(&without, campaign, truth.campaigns[campaign].lift);
        let orders =
            |intensity: &Intensity| intensity.expected_orders(truth.rate, truth.leaving, from, to);
        orders(&with) - orders(&without)
    }

    fn span(&self, window: Window) -> (f64, f64) {
        (self.clock.days(window.start).max(0.0), self.clock.days(window.end).max(0.0))
    }
}
