//! Numbers read from bytes, as a mapping writes them.

use patronage_core::Money;

/// How a file writes its numbers.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Numbers {
    pub(crate) decimal: u8,
    pub(crate) thousands: Option<char>,
    /// A text before or after an amount, such as `$`; empty when there is none.
    pub(crate) symbol: String,
}

/// What the bytes of a price or an amount say.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Amount {
    /// A number of at most four decimals.
    Exact(Money),
    /// A number of more decimals, rounded half to even at the fourth.
    Rounded(Money),
    /// A finite number beyond what can be counted.
    OutOfRange,
    Unreadable,
}

impl Amount {
    #[inline]
    pub(crate) const fn money(self) -> Option<Money> {
        match self {
            Self::Exact(money) | Self::Rounded(money) => Some(money),
            Self::OutOfRange | Self::Unreadable => None,
        }
    }
}

impl Numbers {
    /// A finite number, or nothing.
    #[inline]
    pub(crate) fn quantity(&self, text: &[u8]) -> Option<f64> {
        if let Some((ticks, 0)) = self.plain(text, 0) {
            return Some(ticks as f64);
        }
        let text = self.normal(text)?;
        text.parse::<f64>().ok().filter(|number| number.is_finite())
    }

    /// An amount of money in ten-thousandths.
    #[inline]
    pub(crate) fn amount(&self, text: &[u8]) -> Amount {
        if let Some((ticks, _)) = self.plain(text, 4) {
            return Amount::Exact(Money::from_ticks(ticks));
        }
        self.unusual(text)
    }

    #[cold]
    fn unusual(&self, text: &[u8]) -> Amount {
        let Some(text) = self.normal(text) else { return Amount::Unreadable };
        let Ok(number) = text.parse::<f64>() else { return Amount::Unreadable };
        if !number.is_finite() {
            // Digits only, and more of them than a float holds, are a number all the same.
            let named = text.bytes().any(|byte| matches!(byte, b'n' | b'N'));
            return if named { Amount::Unreadable } else { Amount::OutOfRange };
        }
        if let Ok(money) = text.parse::<Money>() {
            let decimals = text.split_once('.').map_or("", |(_, decimals)| decimals);
            let exact = decimals.bytes().skip(4).all(|digit| digit == b'0');
            return if exact { Amount::Exact(money) } else { Amount::Rounded(money) };
        }
        match Money::from_f64(number) {
            Some(money) if money.as_f64() == number => Amount::Exact(money),
            Some(money) => Amount::Rounded(money),
            None => Amount::OutOfRange,
        }
    }

    /// A number of the commonest form (a sign, at most fourteen digits, a decimal point with at
    /// most `decimals` digits), scaled by `10^decimals`, with the number of its decimals.
    #[inline]
    fn plain(&self, text: &[u8], decimals: usize) -> Option<(i64, usize)> {
        let (negative, digits) = match text {
            [b'-', rest @ ..] => (true, rest),
            rest => (false, rest),
        };
        if digits.is_empty() || digits.len() > 14 {
            return None;
        }
        let mut number: i64 = 0;
        let mut point = None;
        for (position, &byte) in digits.iter().enumerate() {
            let digit = byte.wrapping_sub(b'0');
            if digit < 10 {
                number = number * 10 + i64::from(digit);
            } else if byte == self.decimal && point.is_none() {
                point = Some(position);
            } else {
                return None;
            }
        }
        let after = match point {
            None => 0,
            Some(_) if digits.len() == 1 => return None,
            Some(position) => digits.len() - position - 1,
        };
        if after > decimals {
            return None;
        }
        number *= [1, 10, 100, 1_000, 10_000][decimals - after];
        Some((if negative { -number } else { number }, after))
    }

    /// The text with a full stop as decimal point and without thousands separators and symbol, if
    /// it looks like a number at all.
    fn normal(&self, text: &[u8]) -> Option<String> {
        let text = std::str::from_utf8(text).ok()?;
        let mut text = text.trim();
        if !self.symbol.is_empty() {
            let (sign, rest) = match text.strip_prefix('-') {
                Some(rest) => ("-", rest.trim_start()),
                None => ("", text),
            };
            if let Some(bare) =
                rest.strip_prefix(&self.symbol).or_else(|| rest.strip_suffix(&self.symbol))
            {
                let bare = bare.trim();
                let normal = Self { symbol: String::new(), ..self.clone() };
                // One sign, before or after the symbol.
                if !sign.is_empty() && bare.starts_with(['-', '+']) {
                    return None;
                }
                return normal.normal(format!("{sign}{bare}").as_bytes());
            }
        }
        let mut normal = String::with_capacity(text.len());
        if let Some(rest) = text.strip_prefix(['-', '+']) {
            if text.starts_with('-') {
                normal.push('-');
            }
            text = rest;
        }
        let (whole, rest) = match text.find(char::from(self.decimal)) {
            Some(point) => text.split_at(point),
            None => (text, ""),
        };
        match self.thousands.filter(|&separator| whole.contains(separator)) {
            // A full stop that is neither decimal point nor separator is a mistake, not a number.
            None if whole.contains('.') => return None,
            None => normal.push_str(whole),
            Some(separator) => {
                for (position, group) in whole.split(separator).enumerate() {
                    let fits = if position == 0 {
                        (1..=3).contains(&group.len())
                    } else {
                        group.len() == 3
                    };
                    if !fits || !group.bytes().all(|byte| byte.is_ascii_digit()) {
                        return None;
                    }
                    normal.push_str(group);
                }
            }
        }
        if let Some(fraction) = rest.strip_prefix(char::from(self.decimal)) {
            normal.push('.');
            normal.push_str(fraction);
        }
        // The only letter of a number is that of its exponent; NaN and infinities are none.
        let numeric = |byte: u8| matches!(byte, b'0'..=b'9' | b'.' | b'-' | b'+' | b'e' | b'E');
        normal.bytes().all(numeric).then_some(normal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(decimal: u8, thousands: Option<char>) -> Numbers {
        Numbers { decimal, thousands, symbol: String::new() }
    }

    #[test]
    fn quantities() {
        let plain = numbers(b'.', None);
        for (text, expected) in [
            ("6", Some(6.0)),
            ("-9360", Some(-9360.0)),
            ("2.5", Some(2.5)),
            ("1e3", Some(1000.0)),
            ("1e308", Some(1e308)),
            ("+7", Some(7.0)),
            ("1,000", None),
            ("NaN", None),
            ("inf", None),
            ("-infinity", None),
            ("1e999", None),
            ("", None),
            (".", None),
            ("six", None),
            ("12345678901234567890", Some(12_345_678_901_234_567_890.0)),
        ] {
            assert_eq!(plain.quantity(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn amounts() {
        let plain = numbers(b'.', None);
        let ticks = |n| Money::from_ticks(n);
        for (text, expected) in [
            ("2.55", Amount::Exact(ticks(25_500))),
            ("0.001", Amount::Exact(ticks(10))),
            ("-11062.06", Amount::Exact(ticks(-110_620_600))),
            ("5.", Amount::Exact(ticks(50_000))),
            (".5", Amount::Exact(ticks(5_000))),
            ("1.00000", Amount::Exact(ticks(10_000))),
            ("1.00005", Amount::Rounded(ticks(10_000))),
            ("0.30000000000000004", Amount::Rounded(ticks(3_000))),
            ("1e2", Amount::Exact(ticks(1_000_000))),
            ("1e308", Amount::OutOfRange),
            ("1e400", Amount::OutOfRange),
            ("922337203685477.5808", Amount::OutOfRange),
            ("nan", Amount::Unreadable),
            ("Infinity", Amount::Unreadable),
            ("1,000.00", Amount::Unreadable),
            ("", Amount::Unreadable),
            ("-", Amount::Unreadable),
        ] {
            assert_eq!(plain.amount(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn separators_and_symbols() {
        let german = numbers(b',', Some('.'));
        assert_eq!(german.amount(b"1.234,50").money(), Some(Money::from_ticks(12_345_000)));
        assert_eq!(german.amount(b"1.23,50"), Amount::Unreadable);
        assert_eq!(numbers(b',', None).amount(b"12.5"), Amount::Unreadable);
        assert_eq!(german.amount(b"12,5").money(), Some(Money::from_ticks(125_000)));
        let english = Numbers { symbol: "$".into(), ..numbers(b'.', Some(',')) };
        for (text, ticks) in
            [("$1,234.50", 12_345_000), ("-$1.00", -10_000), ("$ 7", 70_000), ("7 $", 70_000)]
        {
            let found = english.amount(text.as_bytes()).money();
            assert_eq!(found, Some(Money::from_ticks(ticks)), "{text}");
        }
        assert_eq!(english.amount(b"-$-1"), Amount::Unreadable);
        assert_eq!(english.quantity(b"1,000"), Some(1000.0));
        assert_eq!(english.quantity(b"1,00"), None);
    }
}
