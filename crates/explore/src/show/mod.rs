//! What was found, as tiles, figures, tables and words.

mod found;
mod section;
mod words;

use crate::estimate::{Estimate, Interval};
use crate::format;

/// `95 % interval 64.1 to 67.0 %`, or what is known instead.
fn interval_of<T: Copy>(estimate: Estimate<T>, write: impl Fn(T) -> String) -> String {
    match estimate.interval {
        Some(Interval { low, high }) => {
            format!("95\u{202f}% interval {} to {}", write(low), write(high))
        }
        None => "no interval from one customer".to_owned(),
    }
}

fn count(value: u64) -> String {
    format::integer(i64::try_from(value).unwrap_or(i64::MAX))
}

fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(n), if n == 1 { one } else { many })
}
