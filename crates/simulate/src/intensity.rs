//! How strongly a customer buys over time, piece by piece, and what follows from it in closed form.

use crate::truth::Leaving;

/// A multiplier of the purchase rate that is constant on pieces of time; times are days since the start of the simulation.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Intensity {
    /// Ascending; the first is 0, and the last piece never ends.
    starts: Vec<f64>,
    multipliers: Vec<f64>,
}

impl Intensity {
    /// Pieces `(start, multiplier)` in order; the first starts at 0.
    pub(crate) fn new(pieces: impl IntoIterator<Item = (f64, f64)>) -> Self {
        let (starts, multipliers) = pieces.into_iter().unzip();
        Self { starts, multipliers }
    }

    /// The same with `factor` on top between `from` and `to`.
    pub(crate) fn scaled(&self, from: f64, to: f64, factor: f64) -> Self {
        let mut cuts = self.starts.clone();
        cuts.extend([from, to]);
        cuts.sort_by(f64::total_cmp);
        cuts.dedup();
        Self::new(cuts.into_iter().map(|start| {
            let inside = start >= from && start < to;
            (start, self.at(start) * if inside { factor } else { 1.0 })
        }))
    }

    fn piece(&self, time: f64) -> usize {
        self.starts.partition_point(|&start| start <= time).max(1) - 1
    }

    fn at(&self, time: f64) -> f64 {
        self.multipliers[self.piece(time)]
    }

    /// The pieces between two times: length and multiplier of each.
    fn between(&self, from: f64, to: f64) -> impl Iterator<Item = (f64, f64)> {
        let first = self.piece(from);
        (first..self.starts.len())
            .map(move |piece| {
                let start = self.starts[piece].max(from);
                let end = self.starts.get(piece + 1).copied().unwrap_or(f64::INFINITY).min(to);
                (end - start, self.multipliers[piece])
            })
            .take_while(|&(length, _)| length > 0.0)
    }

    /// The time at which the area under the multiplier, counted from `from`, reaches `area`.
    pub(crate) fn advance(&self, from: f64, mut area: f64) -> f64 {
        let mut piece = self.piece(from);
        let mut time = from;
        while let Some(&end) = self.starts.get(piece + 1) {
            let inside = (end - time) * self.multipliers[piece];
            if area <= inside {
                break;
            }
            area -= inside;
            (time, piece) = (end, piece + 1);
        }
        time + area / self.multipliers[piece]
    }

    fn area(&self, from: f64, to: f64) -> f64 {
        self.between(from, to).map(|(length, multiplier)| length * multiplier).sum()
    }

    /// Expected orders between two times of one who is alive at the first.
    pub(crate) fn expected_orders(&self, rate: f64, leaving: Leaving, from: f64, to: f64) -> f64 {
        match leaving {
            Leaving::AtRate(mu) if mu > 0.0 => {
                let mut alive = 1.0;
                let mut orders = 0.0;
                for (length, multiplier) in self.between(from, to) {
                    // ∫ rate · multiplier · alive · e^(-mu t) dt over the piece.
                    orders += rate * multiplier * alive * -(-mu * length).exp_m1() / mu;
                    alive *= (-mu * length).exp();
                }
                orders
            }
            // She leaves at each order with probability p: d E / d area = rate · e^(-rate p area).
            Leaving::AfterOrder(p) if p > 0.0 => -(-rate * p * self.area(from, to)).exp_m1() / p,
            Leaving::AtRate(_) | Leaving::AfterOrder(_) => rate * self.area(from, to),
        }
    }

    /// Probability of at least one order between two times of one who is alive at the first.
    pub(crate) fn p_order(&self, rate: f64, leaving: Leaving, from: f64, to: f64) -> f64 {
        match leaving {
            Leaving::AtRate(mu) => self.race(rate, mu, from, to).0,
            Leaving::AfterOrder(_) => -(-rate * self.area(from, to)).exp_m1(),
        }
    }

    /// Probability of being alive at `to` of one who ordered last at `from`, given the rates.
    pub(crate) fn p_alive(
        &self,
        rate: f64,
        leaving: Leaving,
        n_repeats: u32,
        from: f64,
        to: f64,
    ) -> f64 {
        match leaving {
            Leaving::AtRate(mu) => {
                // Silence has two explanations: no order yet, or gone before the next one.
                let (_, left, neither) = self.race(rate, mu, from, to);
                if neither + left > 0.0 { neither / (neither + left) } else { 0.0 }
            }
            // Nobody leaves at the first order.
            Leaving::AfterOrder(_) if n_repeats == 0 => 1.0,
            Leaving::AfterOrder(p) => {
                let silent = (1.0 - p) * (-rate * self.area(from, to)).exp();
                if silent + p > 0.0 { silent / (silent + p) } else { 0.0 }
            }
        }
    }

    /// Which comes first between two times: an order, leaving, or neither.
    fn race(&self, rate: f64, mu: f64, from: f64, to: f64) -> (f64, f64, f64) {
        let (mut ordered, mut left, mut neither) = (0.0, 0.0, 1.0);
        for (length, multiplier) in self.between(from, to) {
            let (buys, both) = (rate * multiplier, rate * multiplier + mu);
            if both > 0.0 {
                let happens = neither * -(-both * length).exp_m1();
                ordered += happens * buys / both;
                left += happens * mu / both;
                neither *= (-both * length).exp();
            }
        }
        (ordered, left, neither)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: f64, b: f64) {
        assert!((a - b).abs() < 1e-9, "{a} and {b}");
    }

    #[test]
    fn areas_add_up_and_advance_inverts_them() {
        let flat = Intensity::new([(0.0, 1.0), (10.0, 2.0), (20.0, 0.5)]);
        near(flat.area(5.0, 25.0), 5.0 + 20.0 + 2.5);
        near(flat.advance(5.0, 27.5), 25.0);
        let lifted = flat.scaled(8.0, 12.0, 3.0);
        near(lifted.area(0.0, 30.0), flat.area(0.0, 30.0) + 2.0 * 2.0 + 2.0 * 2.0 * 2.0);
    }

    #[test]
    fn closed_forms_agree_with_small_steps() {
        let season = Intensity::new([(0.0, 1.0), (10.0, 2.0), (20.0, 0.5)]);
        let (rate, mu, from, to) = (0.05, 0.02, 3.0, 27.0);
        let steps = 240_000;
        let dt = (to - from) / f64::from(steps);
        let (mut alive, mut silent, mut orders, mut bought) = (1.0, 1.0, 0.0, 0.0);
        for step in 0..steps {
            let buys = rate * season.at(from + (f64::from(step) + 0.5) * dt);
            orders += alive * buys * dt;
            bought += silent * buys * dt;
            alive *= 1.0 - mu * dt;
            silent *= 1.0 - (mu + buys) * dt;
        }
        let leaving = Leaving::AtRate(mu);
        assert!((season.expected_orders(rate, leaving, from, to) - orders).abs() < 1e-4);
        assert!((season.p_order(rate, leaving, from, to) - bought).abs() < 1e-4);
        let p_alive = season.p_alive(rate, leaving, 3, from, to);
        assert!((p_alive - silent / (1.0 - bought)).abs() < 1e-4);
        near(season.p_alive(rate, Leaving::AtRate(0.0), 3, from, to), 1.0);
        near(season.p_alive(rate, Leaving::AfterOrder(1.0), 3, from, to), 0.0);
        near(
            season.expected_orders(rate, Leaving::AfterOrder(1.0), from, to),
            season.p_order(rate, Leaving::AfterOrder(1.0), from, to),
        );
    }
}
