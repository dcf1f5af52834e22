//! Money against whole numbers of 128 bits.

use patronage_core::Money;
use proptest::prelude::*;

/// `n / d` to the nearest whole number, ties to even.
fn half_even(n: i128, d: i128) -> i128 {
    let (quotient, rest) = (n.div_euclid(d), n.rem_euclid(d));
    match (2 * rest).cmp(&d) {
        std::cmp::Ordering::Less => quotient,
        std::cmp::Ordering::Greater => quotient + 1,
        std::cmp::Ordering::Equal => quotient + quotient.rem_euclid(2),
    }
}

#[test]
fn the_oracle_rounds_half_to_even() {
    let quotients: Vec<i128> = (-7..8).map(|n| half_even(n, 2)).collect();
    assert_eq!(quotients, [-4, -3, -2, -2, -2, -1, 0, 0, 0, 1, 2, 2, 2, 3, 4]);
}

#[test]
fn the_ends_of_the_range_read_back() {
    for ticks in [i64::MIN, i64::MIN + 1, -1, 0, 1, i64::MAX - 1, i64::MAX] {
        let money = Money::from_ticks(ticks);
        assert_eq!(money.to_string().parse::<Money>().unwrap(), money, "{money}");
    }
    assert_eq!(Money::from_ticks(i64::MIN).to_string(), "-922337203685477.5808");
    assert!("922337203685477.5808".parse::<Money>().is_err());
    assert!("-922337203685477.5809".parse::<Money>().is_err());
    // Rounds to the end of the range, and just beyond it.
    assert_eq!("922337203685477.58074".parse::<Money>().unwrap(), Money::MAX);
    assert!("922337203685477.58075".parse::<Money>().is_err());
}

proptest! {
    #[test]
    fn text_reads_back(ticks: i64) {
        let money = Money::from_ticks(ticks);
        prop_assert_eq!(money.to_string().parse::<Money>().unwrap(), money);
    }

    #[test]
    fn reading_rounds_as_whole_numbers_do(
        negative: bool, whole in 0_u64..900_000_000_000_000, fraction in "[0-9]{0,9}",
    ) {
        let sign = if negative { "-" } else { "" };
        let text = format!("{sign}{whole}.{fraction}");
        let scaled = i128::from(whole) * 1_000_000_000
            + format!("{fraction:0<9}").parse::<i128>().unwrap();
        let expected = half_even(if negative { -scaled } else { scaled }, 100_000);
        prop_assert_eq!(i128::from(text.parse::<Money>().unwrap().ticks()), expected, "{}", text);
    }

    #[test]
    fn other_text_is_refused(text in "[-+.0-9 ,eE_]{0,12}") {
        // What is read is what the grammar says, and nothing else.
        let digits = text.strip_prefix(['-', '+']).unwrap_or(&text);
        let parts: Vec<&str> = digits.split('.').collect();
        let sound = parts.len() <= 2
            && parts.iter().all(|part| part.bytes().all(|b| b.is_ascii_digit()))
            && parts.iter().any(|part| !part.is_empty());
        prop_assert_eq!(text.parse::<Money>().is_ok(), sound, "{:?}", text);
    }

    #[test]
    fn a_precision_rounds_as_whole_numbers_do(ticks: i64, precision in 0_usize..=4) {
        let step = 10_i128.pow(4 - precision as u32);
        let rounded = half_even(i128::from(ticks), step);
        let unit = 10_i128.pow(precision as u32);
        let sign = if rounded < 0 { "-" } else { "" };
        let (whole, rest) = (rounded.abs() / unit, rounded.abs() % unit);
        let expected = match precision {
            0 => format!("{sign}{whole}"),
            _ => format!("{sign}{whole}.{rest:0precision$}"),
        };
        prop_assert_eq!(format!("{:.precision$}", Money::from_ticks(ticks)), expected);
    }

    #[test]
    fn whole_factors_are_exact(ticks: i64, factor in -9_007_199_254_740_992_i64..=9_007_199_254_740_992) {
        let product = i128::from(ticks) * i128::from(factor);
        let found = Money::from_ticks(ticks).times(factor as f64).map(|money| i128::from(money.ticks()));
        let fits = i64::try_from(product).is_ok();
        prop_assert_eq!(found, fits.then_some(product));
    }

    #[test]
    fn dyadic_factors_round_to_even(ticks in -(1_i64 << 30)..1 << 30, eighths in -(1_i64 << 20)..1 << 20) {
        let found = Money::from_ticks(ticks).times(eighths as f64 / 8.0).unwrap();
        let expected = half_even(i128::from(ticks) * i128::from(eighths), 8);
        prop_assert_eq!(i128::from(found.ticks()), expected);
    }

    #[test]
    fn floats_read_back(ticks in -(1_i64 << 49)..1 << 49) {
        let money = Money::from_ticks(ticks);
        prop_assert_eq!(Money::from_f64(money.as_f64()), Some(money));
    }

    #[test]
    fn any_float_gives_an_amount_or_none(units: f64, factor: f64, ticks: i64) {
        // No panic, and nothing that is not near what was meant.
        if let Some(money) = Money::from_f64(units) {
            prop_assert!((money.as_f64() - units).abs() <= 1e-4 + units.abs() * 1e-15);
        }
        if let Some(money) = Money::from_ticks(ticks).times(factor) {
            let exact = ticks as f64 * factor;
            prop_assert!((money.ticks() as f64 - exact).abs() <= 0.5 + exact.abs() * 1e-15);
        }
    }

    #[test]
    fn sums_saturate_in_any_order_that_does_not(amounts in prop::collection::vec(-(1_i64 << 50)..1 << 50, 0..20)) {
        let sum: Money = amounts.iter().map(|&ticks| Money::from_ticks(ticks)).sum();
        let backwards: Money = amounts.iter().rev().map(|&ticks| Money::from_ticks(ticks)).sum();
        prop_assert_eq!(sum, backwards);
        prop_assert_eq!(sum.ticks(), amounts.iter().sum::<i64>());
    }

    #[test]
    fn arithmetic_saturates(a: i64, b: i64) {
        let (x, y) = (Money::from_ticks(a), Money::from_ticks(b));
        prop_assert_eq!((x + y).ticks(), a.saturating_add(b));
        prop_assert_eq!((x - y).ticks(), a.saturating_sub(b));
        prop_assert_eq!((-x).ticks(), a.saturating_neg());
        prop_assert_eq!(x.checked_add(y).map(Money::ticks), a.checked_add(b));
    }
}
