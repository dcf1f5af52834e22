//! Numbers as they stand in pictures.

use crate::figure::{Axis, AxisKind, Unit};
use crate::format;

/// The fewest decimals that show `step` exactly, at most 9.
pub(crate) fn decimals_of(step: f64) -> usize {
    let mut scaled = step.abs();
    for decimals in 0..9 {
        if (scaled - scaled.round()).abs() < 1e-6 * scaled.max(1.0) && scaled.round() > 0.0 {
            return decimals;
        }
        scaled *= 10.0;
    }
    9
}

/// A tick among others `step` apart, none larger than `largest`: thousands as k, millions as M.
pub(crate) fn compact(value: f64, step: f64, largest: f64) -> String {
    if largest >= 1e15 || (step != 0.0 && step.abs() < 1e-9) {
        if value == 0.0 {
            return "0".to_owned();
        }
        return format!("{value:.2e}").replace('-', "\u{2212}");
    }
    let (divisor, suffix) = match largest {
        x if x >= 1e9 => (1e9, "bn"),
        x if x >= 1e6 => (1e6, "M"),
        x if x >= 1e4 => (1e3, "k"),
        _ => (1.0, ""),
    };
    if value == 0.0 {
        return "0".to_owned();
    }
    let decimals = decimals_of(step / divisor);
    format!("{}{suffix}", format::number(value / divisor, decimals))
}

/// A value in full, with its unit, for the text that a pointer brings up.
pub(crate) fn spoken(value: f64, axis: &Axis) -> String {
    match axis.kind() {
        AxisKind::Categories(labels) => {
            labels.get(value as usize).cloned().unwrap_or_else(|| value.to_string())
        }
        AxisKind::Number { unit, .. } => match unit {
            Unit::Percent => format::percent(value, 1),
            Unit::Money(currency) => format!("{} {currency}", format::number(value, 2)),
            Unit::Named(name) => format!("{} {name}", plain(value)),
            Unit::Count | Unit::None => plain(value),
        },
    }
}

/// A value in few characters, for the end of a bar or a cell.
pub(crate) fn short(value: f64, axis: &Axis) -> String {
    if *axis.number_unit() == Unit::Percent {
        let decimals = usize::from(value != 0.0 && value.abs() < 0.0995);
        return format::percent(value, decimals);
    }
    let size = value.abs();
    match size {
        x if x >= 1e4 => {
            // Three digits are enough to compare bars by.
            let step = 10_f64.powi(x.log10().floor() as i32 - 2);
            compact(value, step, x)
        }
        x if x >= 100.0 || value.fract() == 0.0 => format::number(value, 0),
        _ => plain(value),
    }
}

fn plain(value: f64) -> String {
    format::number(value, format::decimals_for(std::iter::once(value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_values_keep_three_digits() {
        let axis = Axis::number("x");
        for (value, text) in [
            (0.0, "0"),
            (12.0, "12"),
            (999.4, "999"),
            (12_345.0, "12.3k"),
            (8_911_407.9, "8.91M"),
            (-2.5e9, "\u{2212}2.50bn"),
            (1e300, "1.00e300"),
        ] {
            assert_eq!(short(value, &axis), text);
        }
        let share = Axis::number("x").unit(Unit::Percent);
        assert_eq!(short(0.032, &share), "3.2\u{202f}%");
        assert_eq!(short(0.41, &share), "41\u{202f}%");
    }
}
