//! Who buys this also buys that.

use std::fmt;

use patronage_core::ItemIdx;

use super::fisher::LogFactorials;

/// An association rule: baskets with the antecedent hold the consequent as well.
///
/// With `n` baskets, of which `n(A)` hold the antecedent, `n(C)` the consequent and `n(AC)` both:
/// support `n(AC)/n`, confidence `n(AC)/n(A)`, lift `confidence / (n(C)/n)`, leverage
/// `n(AC)/n − n(A) n(C)/n²`, conviction `(1 − n(C)/n) / (1 − confidence)`.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct Rule {
    /// The items that call for others, ascending.
    pub antecedent: Vec<ItemIdx>,
    /// The items called for, ascending.
    pub consequent: Vec<ItemIdx>,
    /// The number of baskets with both.
    pub count: u32,
    /// The share of baskets with both.
    pub support: f64,
    /// The share of baskets with the consequent, of those with the antecedent.
    pub confidence: f64,
    /// How many times more often the consequent is in baskets with the antecedent than in all.
    pub lift: f64,
    /// By how much the share of baskets with both exceeds what chance would have.
    pub leverage: f64,
    /// How many times more often the rule would fail by chance; `None` where it never fails.
    pub conviction: Option<f64>,
    /// Fisher's exact test against chance, one-sided.
    pub p_value: f64,
    /// The same, adjusted for the number of rules that reach the confidence asked for (Benjamini and
    /// Hochberg).
    pub adjusted_p_value: f64,
}

/// How many baskets hold the antecedent, the consequent and both.
#[derive(Clone, Copy)]
pub(super) struct Counts {
    pub(super) antecedent: u32,
    pub(super) consequent: u32,
    pub(super) both: u32,
}

impl Rule {
    pub(super) fn new(
        antecedent: Vec<ItemIdx>,
        consequent: Vec<ItemIdx>,
        counts: Counts,
        n: usize,
        logs: &LogFactorials,
    ) -> Self {
        let share = |count: u32| f64::from(count) / n as f64;
        let support = share(counts.both);
        let confidence = f64::from(counts.both) / f64::from(counts.antecedent);
        let expected = share(counts.consequent);
        let fails = counts.antecedent > counts.both;
        let (a, c) = (counts.antecedent as usize, counts.consequent as usize);
        let p_value = logs.fisher(n, a, c, counts.both as usize);
        Self {
            antecedent,
            consequent,
            count: counts.both,
            support,
            confidence,
            lift: confidence / expected,
            leverage: support - share(counts.antecedent) * expected,
            conviction: fails.then(|| (1.0 - expected) / (1.0 - confidence)),
            p_value,
            adjusted_p_value: p_value,
        }
    }
}

impl fmt::Display for Rule {
    /// `item 3, item 7 => item 9: confidence 0.62, lift 4.1, 120 baskets`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, items: &[ItemIdx]| {
            items
                .iter()
                .enumerate()
                .try_for_each(|(at, item)| write!(f, "{}{item}", if at > 0 { ", " } else { "" }))
        };
        list(f, &self.antecedent)?;
        write!(f, " => ")?;
        list(f, &self.consequent)?;
        let (confidence, lift, count) = (self.confidence, self.lift, self.count);
        let noun = if count == 1 { "basket" } else { "baskets" };
        write!(f, ": confidence {confidence:.2}, lift {lift:.1}, {count} {noun}")
    }
}
