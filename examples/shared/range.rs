//! A range of whole numbers as a user types it.

use std::ops::RangeInclusive;

/// `2..10`, `2..=10` or `3`; both ends included.
pub(crate) fn parse(text: &str) -> Result<RangeInclusive<usize>, String> {
    let wrong = || format!("expected two whole numbers as in 2..10, found {text:?}");
    let number = |text: &str| text.trim().parse::<usize>().map_err(|_| wrong());
    match text.split_once("..") {
        Some((from, to)) => Ok(number(from)?..=number(to.strip_prefix('=').unwrap_or(to))?),
        None => Ok(number(text)?..=number(text)?),
    }
}
