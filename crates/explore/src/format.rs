//! Numbers as people read them, and as machines do.

use patronage_core::Money;

/// From here up numbers are written with an exponent: more digits would say nothing.
const LONG: f64 = 1e15;

/// A number with thousands separators: `-12,345.60` comes out as `−12,345.60`, with a true minus sign.
pub(crate) fn number(value: f64, decimals: usize) -> String {
    if value.abs() >= LONG {
        return format!("{value:.3e}").replace('-', "\u{2212}");
    }
    group(&format!("{value:.decimals$}"))
}

pub(crate) fn integer(value: i64) -> String {
    group(&value.to_string())
}

/// An amount to the cent; four decimals where cents would hide it (a unit price of 0.001).
pub(crate) fn money(amount: Money) -> String {
    if amount != Money::ZERO && amount.ticks().unsigned_abs() < 100 {
        return group(&amount.to_string());
    }
    group(&format!("{amount:.2}"))
}

pub(crate) fn percent(share: f64, decimals: usize) -> String {
    // A narrow no-break space, so that the sign never stands alone on a line.
    format!("{}\u{202f}%", number(share * 100.0, decimals))
}

/// Separates thousands in a plain decimal text, and drops the sign of zero.
fn group(plain: &str) -> String {
    let (negative, digits) = match plain.strip_prefix('-') {
        Some(digits) => (digits.bytes().any(|b| matches!(b, b'1'..=b'9')), digits),
        None => (false, plain),
    };
    let (whole, fraction) = digits.split_at(digits.find('.').unwrap_or(digits.len()));
    let mut out = String::with_capacity(plain.len() + plain.len() / 3 + 2);
    if negative {
        out.push('\u{2212}');
    }
    for (position, digit) in whole.chars().enumerate() {
        if position > 0 && (whole.len() - position).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out.push_str(fraction);
    out
}

/// The decimals that show about three significant digits of the largest of `values`, none of whole numbers.
pub(crate) fn decimals_for(values: impl Iterator<Item = f64> + Clone) -> usize {
    if values.clone().all(|value| value.fract() == 0.0) {
        return 0;
    }
    let largest = values.fold(0.0_f64, |largest, value| largest.max(value.abs()));
    match largest {
        x if x >= 1000.0 => 1,
        x if x >= 10.0 => 2,
        x if x >= 0.01 => 4,
        x if x >= 0.0001 => 6,
        _ => 9,
    }
}

/// A number for a machine: the shortest text that reads back as the same bits.
pub(crate) fn exact(value: f64) -> String {
    let size = value.abs();
    if size == 0.0 {
        "0".to_owned()
    } else if (1e-5..LONG).contains(&size) {
        value.to_string()
    } else {
        format!("{value:e}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_separated() {
        for (value, decimals, text) in [
            (0.0, 0, "0"),
            (-0.4, 0, "0"),
            (999.0, 0, "999"),
            (1000.0, 0, "1,000"),
            (-1234567.891, 2, "\u{2212}1,234,567.89"),
            (123456.0, 1, "123,456.0"),
            (1e308, 0, "1.000e308"),
            (-1e-20, 3, "0.000"),
        ] {
            assert_eq!(number(value, decimals), text);
        }
        assert_eq!(integer(i64::MIN), "\u{2212}9,223,372,036,854,775,808");
        assert_eq!(money("8911407.904".parse().unwrap()), "8,911,407.90");
        assert_eq!(money("0.001".parse().unwrap()), "0.001");
        assert_eq!(percent(0.6557, 1), "65.6\u{202f}%");
    }

    #[test]
    fn machines_read_the_same_bits() {
        for value in [0.1, 1e308, 5e-324, -2.5, 1e15, 123456789.125, 1e-5, 9.99e-6] {
            assert_eq!(exact(value).parse::<f64>().unwrap().to_bits(), f64::to_bits(value));
        }
        assert_eq!(exact(-0.0), "0");
    }
}
