//! From numbers to positions, with ticks at round numbers.

use crate::figure::{Axis, AxisKind, Spacing, Unit};
use crate::svg::label::{compact, decimals_of};

/// Where an axis must begin or end.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Anchor {
    /// At the data: positions along x.
    Data,
    /// At round numbers; at zero where the data come near it.
    Round,
    /// At round numbers, zero among them: bars lie otherwise.
    Zero,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tick {
    pub(crate) at: f64,
    pub(crate) label: String,
}

/// A numeric axis: its ends, its ticks, and where they are drawn.
#[derive(Clone, Debug)]
pub(crate) struct Scale {
    low: f64,
    high: f64,
    spacing: Spacing,
    from: f64,
    to: f64,
    pub(crate) ticks: Vec<Tick>,
}

impl Scale {
    /// A scale that covers `values` with about `n_ticks` ticks; place it before use.
    pub(crate) fn new(
        axis: &Axis,
        values: impl Iterator<Item = f64>,
        anchor: Anchor,
        n_ticks: usize,
    ) -> Self {
        let (spacing, cover) = match axis.kind() {
            AxisKind::Number { spacing, cover, .. } => (*spacing, *cover),
            AxisKind::Categories(_) => (Spacing::Linear, None),
        };
        let mut extent = cover;
        for value in values {
            let (low, high) = extent.unwrap_or((value, value));
            extent = Some((low.min(value), high.max(value)));
        }
        let n_ticks = n_ticks.max(2);
        match spacing {
            Spacing::Linear => linear(axis, extent.unwrap_or((0.0, 1.0)), anchor, n_ticks),
            Spacing::Logarithmic => logarithmic(axis, extent.unwrap_or((1.0, 10.0)), n_ticks),
        }
    }

    /// Draws the low end at `from` and the high end at `to`.
    pub(crate) fn place(&mut self, from: f64, to: f64) {
        (self.from, self.to) = (from, to);
    }

    /// The position of a value.
    pub(crate) fn at(&self, value: f64) -> f64 {
        let part = match self.spacing {
            Spacing::Linear => (value - self.low) / (self.high - self.low),
            Spacing::Logarithmic => (value.ln() - self.low.ln()) / (self.high.ln() - self.low.ln()),
        };
        self.from + part * (self.to - self.from)
    }

    pub(crate) fn is_logarithmic(&self) -> bool {
        self.spacing == Spacing::Logarithmic
    }

    /// Where bars begin: zero, or the end of the scale nearest to it.
    pub(crate) fn base(&self) -> f64 {
        self.at(0.0_f64.clamp(self.low, self.high))
    }
}

fn linear(axis: &Axis, (mut low, mut high): (f64, f64), anchor: Anchor, n_ticks: usize) -> Scale {
    let near_zero = anchor == Anchor::Round && low >= 0.0 && low <= high / 2.0;
    if anchor == Anchor::Zero || near_zero {
        (low, high) = (low.min(0.0), high.max(0.0));
    }
    let size = low.abs().max(high.abs());
    if high - low <= size * 1e-12 || high - low < 1e-290 {
        // All values one: room around it, so that it stands in the middle.
        let reach = if size < 1e-290 { 1.0 } else { size / 2.0 };
        (low, high) = match anchor {
            Anchor::Zero if size < 1e-290 => (0.0, 1.0),
            _ => (low - reach, high + reach),
        };
    }
    let mut step = nice((high - low) / n_ticks as f64);
    if *axis.number_unit() == Unit::Count {
        step = step.max(1.0);
    }
    if anchor != Anchor::Data {
        // A hair of tolerance, lest rounding adds an empty stretch.
        low = (low / step + 1e-9).floor() * step;
        high = (high / step - 1e-9).ceil() * step;
    }
    let (first, last) = ((low / step - 1e-9).ceil(), (high / step + 1e-9).floor());
    let n = ((last - first) as usize).min(4 * n_ticks + 4);
    let largest = (first.abs().max(last.abs())) * step;
    let ticks = (0..=n)
        .map(|i| {
            // Adding zero turns a negative zero into zero.
            let at = (first + i as f64) * step + 0.0;
            Tick { at, label: tick_label(axis, at, step, largest) }
        })
        .collect();
    Scale { low, high, spacing: Spacing::Linear, from: 0.0, to: 1.0, ticks }
}

fn logarithmic(axis: &Axis, (mut low, mut high): (f64, f64), n_ticks: usize) -> Scale {
    if high / low < 1.0 + 1e-9 {
        (low, high) = (low / 2.0, high * 2.0);
    }
    let (first, last) = (low.log10().floor() as i32, high.log10().ceil() as i32);
    let decades = (last - first).max(1) as usize;
    let every = decades.div_ceil(n_ticks).max(1);
    let within: &[f64] = match decades {
        1 => &[1.0, 2.0, 3.0, 5.0, 7.0],
        2 => &[1.0, 2.0, 5.0],
        _ => &[1.0],
    };
    let powers = (first..=last).step_by(every);
    let values = powers.flat_map(|power| within.iter().map(move |m| m * 10_f64.powi(power)));
    let inside = |value: &f64| *value >= low * (1.0 - 1e-9) && *value <= high * (1.0 + 1e-9);
    let ticks =
        values.filter(inside).map(|at| Tick { at, label: tick_label(axis, at, at, at) }).collect();
    Scale { low, high, spacing: Spacing::Logarithmic, from: 0.0, to: 1.0, ticks }
}

/// The next of 1, 2, 2.5, 5 × 10ⁿ from `raw` upwards.
pub(crate) fn nice(raw: f64) -> f64 {
    let power = 10_f64.powi(raw.log10().floor() as i32);
    let part = raw / power;
    let step = [1.0, 2.0, 2.5, 5.0].into_iter().find(|step| part <= step + 1e-9).unwrap_or(10.0);
    step * power
}

fn tick_label(axis: &Axis, at: f64, step: f64, largest: f64) -> String {
    match axis.number_unit() {
        Unit::Percent => {
            let decimals = decimals_of(step * 100.0);
            crate::format::percent(at, decimals)
        }
        _ => compact(at, step, largest),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(values: &[f64], anchor: Anchor, unit: Unit) -> Vec<String> {
        let axis = Axis::number("x").unit(unit);
        let scale = Scale::new(&axis, values.iter().copied(), anchor, 5);
        scale.ticks.into_iter().map(|tick| tick.label).collect()
    }

    #[test]
    fn ticks_are_round() {
        assert_eq!(
            labels(&[3.0, 97.0], Anchor::Zero, Unit::None),
            ["0", "20", "40", "60", "80", "100"]
        );
        assert_eq!(labels(&[0.0, 1.0], Anchor::Zero, Unit::Percent)[1], "20\u{202f}%");
        assert_eq!(
            labels(&[0.0, 1.2e6], Anchor::Zero, Unit::None),
            ["0", "0.25M", "0.50M", "0.75M", "1.00M", "1.25M"]
        );
        assert_eq!(labels(&[-3.0, 4.0], Anchor::Zero, Unit::None)[0], "\u{2212}4");
        assert_eq!(labels(&[1.0, 2.0], Anchor::Zero, Unit::Count), ["0", "1", "2"]);
        assert_eq!(labels(&[0.61, 0.64], Anchor::Round, Unit::None)[..2], ["0.61", "0.62"]);
    }

    #[test]
    fn any_extent_makes_a_scale() {
        let edges = [0.0, 5e-324, 1e-300, 1e-9, 1.0, 1.0 + 1e-15, 1e15, 1e300];
        for anchor in [Anchor::Data, Anchor::Round, Anchor::Zero] {
            for a in edges.into_iter().flat_map(|edge| [edge, -edge]) {
                for b in edges {
                    let axis = Axis::number("x");
                    let mut scale = Scale::new(&axis, [a, b].into_iter(), anchor, 5);
                    scale.place(0.0, 100.0);
                    for value in [a, b] {
                        let at = scale.at(value);
                        assert!((-0.1..=100.1).contains(&at), "{anchor:?} {a} {b}: {at}");
                    }
                    assert!(scale.ticks.len() <= 30);
                }
            }
        }
    }

    #[test]
    fn logarithms_have_ticks_at_powers() {
        let axis = Axis::logarithmic("x");
        let scale = Scale::new(&axis, [0.01, 100.0].into_iter(), Anchor::Data, 5);
        let labels: Vec<_> = scale.ticks.iter().map(|tick| tick.label.as_str()).collect();
        assert_eq!(labels, ["0.01", "0.1", "1", "10", "100"]);
    }
}
