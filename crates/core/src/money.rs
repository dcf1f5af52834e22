//! Money in ten-thousandths of the currency unit.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};

use crate::error::{Error, ErrorKind};

/// An amount of money: a whole number of ten-thousandths of the currency unit.
///
/// Four decimals hold the unit prices met in practice (a price of 0.001 is real); sums are exact,
/// whatever their order. The range is ± 922 million million units; sums beyond it saturate, and
/// [`checked_add`](Self::checked_add) says so. The currency is named once beside the data, by its
/// [`Currency`]; amounts of two currencies never meet in one log.
///
/// ```
/// use patronage_core::Money;
///
/// let price: Money = "2.55".parse()?;
/// assert_eq!(price.times(6.0), Some("15.30".parse()?));
/// assert_eq!(Money::from_units(3).to_string(), "3.00");
/// assert_eq!("0.001".parse::<Money>()?.to_string(), "0.001");
/// # Ok::<(), patronage_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize), serde(transparent))]
pub struct Money(i64);

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The largest amount.
    pub const MAX: Self = Self(i64::MAX);
    /// Ten-thousandths in one unit.
    pub const SCALE: i64 = 10_000;

    /// `ticks` ten-thousandths.
    #[must_use]
    pub const fn from_ticks(ticks: i64) -> Self {
        Self(ticks)
    }

    /// `units` whole units, saturating.
    #[must_use]
    pub const fn from_units(units: i64) -> Self {
        Self(units.saturating_mul(Self::SCALE))
    }

    /// The nearest ten-thousandth to `units`, ties to even; `None` when it is not finite or out of range.
    ///
    /// Amounts to ± 56 thousand million units come back from [`as_f64`](Self::as_f64) as they
    /// were; beyond, a float is coarser than that.
    #[must_use]
    pub fn from_f64(units: f64) -> Option<Self> {
        let ticks = (units * Self::SCALE as f64).round_ties_even();
        // 2^63 as a float: every float strictly below it fits.
        (ticks.abs() < 9_223_372_036_854_775_808.0).then_some(Self(ticks as i64))
    }

    /// The amount in ten-thousandths.
    #[must_use]
    pub const fn ticks(self) -> i64 {
        self.0
    }

    /// The amount in units, as the nearest float.
    #[must_use]
    pub fn as_f64(self) -> f64 {
        self.0 as f64 / Self::SCALE as f64
    }

    /// The amount times `factor`, to the nearest ten-thousandth, ties to even.
    ///
    /// Exact for whole factors; for others of amounts above 2⁵³ ten-thousandths (some 900 thousand
    /// million units) the float's own precision is the limit; `None` when the product is not finite or out of range.
    #[must_use]
    pub fn times(self, factor: f64) -> Option<Self> {
        if factor.fract() == 0.0 && factor.abs() <= 9_007_199_254_740_992.0 {
            return self.0.checked_mul(factor as i64).map(Self);
        }
        let ticks = (self.0 as f64 * factor).round_ties_even();
        (ticks.abs() < 9_223_372_036_854_775_808.0).then_some(Self(ticks as i64))
    }

    /// The sum, or `None` when it is out of range.
    #[must_use]
    pub const fn checked_add(self, other: Self) -> Option<Self> {
        match self.0.checked_add(other.0) {
            Some(ticks) => Some(Self(ticks)),
            None => None,
        }
    }
}

impl Add for Money {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Money {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for Money {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl SubAssign for Money {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl Neg for Money {
    type Output = Self;

    fn neg(self) -> Self {
        Self(self.0.saturating_neg())
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

impl<'a> Sum<&'a Self> for Money {
    fn sum<I: Iterator<Item = &'a Self>>(amounts: I) -> Self {
        amounts.copied().sum()
    }
}

impl fmt::Display for Money {
    /// At least two decimals, at most four, a full stop between, no thousands separators.
    ///
    /// A precision rounds half to even: `{:.2}` writes cents.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut ticks = i128::from(self.0);
        let mut decimals = if ticks % 100 == 0 {
            2
        } else if ticks % 10 == 0 {
            3
        } else {
            4
        };
        if let Some(precision) = f.precision() {
            decimals = precision.min(4);
            let step = 10_i128.pow(4 - decimals as u32);
            let (quotient, rest) = (ticks.div_euclid(step), ticks.rem_euclid(step));
            let up = rest * 2 > step || (rest * 2 == step && quotient % 2 != 0);
            ticks = (quotient + i128::from(up)) * step;
        }
        let sign = if ticks < 0 { "-" } else { "" };
        let magnitude = ticks.unsigned_abs();
        let fraction = (magnitude % 10_000) / 10_u128.pow(4 - decimals as u32);
        if f.width().is_some() {
            let text = match decimals {
                0 => (magnitude / 10_000).to_string(),
                _ => format!("{}.{fraction:0decimals$}", magnitude / 10_000),
            };
            f.pad_integral(ticks >= 0, "", &text)
        } else if decimals == 0 {
            write!(f, "{sign}{}", magnitude / 10_000)
        } else {
            write!(f, "{sign}{}.{fraction:0decimals$}", magnitude / 10_000)
        }
    }
}

impl std::str::FromStr for Money {
    type Err = Error;

    /// Reads an optional sign, digits, and an optional full stop with digits, rounding half to even at the fourth decimal.
    fn from_str(text: &str) -> Result<Self, Error> {
        let fail = || Error::from(ErrorKind::NotMoney { found: text.to_owned() });
        let (negative, digits) = match text.as_bytes() {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            rest => (false, rest),
        };
        let point = digits.iter().position(|&b| b == b'.');
        let (whole, fraction) = match point {
            Some(at) => (&digits[..at], &digits[at + 1..]),
            None => (digits, &digits[..0]),
        };
        let all_digits = |part: &[u8]| part.iter().all(u8::is_ascii_digit);
        if (whole.is_empty() && fraction.is_empty()) || !all_digits(whole) || !all_digits(fraction)
        {
            return Err(fail());
        }
        // Counted downwards, since the range reaches one further below zero.
        let mut ticks: i64 = 0;
        let kept = fraction.iter().copied().chain(std::iter::repeat(b'0')).take(4);
        for digit in whole.iter().copied().chain(kept) {
            ticks = ticks
                .checked_mul(10)
                .and_then(|ticks| ticks.checked_sub(i64::from(digit - b'0')))
                .ok_or_else(fail)?;
        }
        if let Some((&first, rest)) = fraction.get(4..).and_then(<[u8]>::split_first) {
            let above_half = first > b'5' || (first == b'5' && rest.iter().any(|&b| b != b'0'));
            if above_half || (first == b'5' && ticks % 2 != 0) {
                ticks = ticks.checked_sub(1).ok_or_else(fail)?;
            }
        }
        if negative { Ok(Self(ticks)) } else { ticks.checked_neg().map(Self).ok_or_else(fail) }
    }
}

/// A currency by its three-letter ISO 4217 code.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(try_from = "String", into = "String")
)]
pub struct Currency([u8; 3]);

impl Currency {
    /// The code: three capital letters.
    #[must_use]
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("XXX")
    }
}

impl std::str::FromStr for Currency {
    type Err = Error;

    /// Reads three capital letters.
    fn from_str(text: &str) -> Result<Self, Error> {
        match *text.as_bytes() {
            [a, b, c] if [a, b, c].iter().all(u8::is_ascii_uppercase) => Ok(Self([a, b, c])),
            _ => Err(ErrorKind::NotACurrency { found: text.to_owned() }.into()),
        }
    }
}

impl TryFrom<String> for Currency {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.code().to_owned()
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(text: &str) -> Money {
        text.parse().unwrap()
    }

    #[test]
    fn reads_and_writes() {
        for (read, written) in [
            ("2.55", "2.55"),
            ("0.001", "0.001"),
            ("-.5", "-0.50"),
            ("+12", "12.00"),
            ("1.00005", "1.00"),
            ("1.00015", "1.0002"),
            ("1.000051", "1.0001"),
            ("-11062.06", "-11062.06"),
        ] {
            assert_eq!(money(read).to_string(), written, "{read}");
        }
        for wrong in ["", ".", "-", "1,000.00", "1e5", "NaN", "1.2.3", "922337203685477.5808"] {
            assert!(wrong.parse::<Money>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_width_pads() {
        assert_eq!(
            format!("{:>10}|{:<8}|{:8.0}", money("-2.5"), money("3"), money("7.4")),
            "     -2.50|3.00    |       7"
        );
    }

    #[test]
    fn a_precision_rounds_half_to_even() {
        for (amount, cents) in
            [("0.125", "0.12"), ("0.135", "0.14"), ("-0.125", "-0.12"), ("0.1251", "0.13")]
        {
            assert_eq!(format!("{:.2}", money(amount)), cents, "{amount}");
        }
        assert_eq!(format!("{:.0}", money("2.5")), "2");
    }

    #[test]
    fn products_are_exact_or_refused() {
        assert_eq!(money("0.001").times(80_995.0), Some(money("80.995")));
        assert_eq!(money("2.08").times(0.5), Some(money("1.04")));
        assert_eq!(Money::MAX.times(2.0), None);
        assert_eq!(money("1").times(f64::NAN), None);
        assert_eq!(Money::from_f64(1e308), None);
    }
}
