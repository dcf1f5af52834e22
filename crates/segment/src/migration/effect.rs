//! What an intervention did.

use std::fmt;

use patronage_core::SegmentIdx;

use super::balance::Balance;
use super::proportion::RiskDifference;
use super::tables::{ChiSquareTest, p_in_words};

/// The effect on customers of one segment of before.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct StratumEffect {
    /// The segment of before; `None` is absence.
    pub segment: Option<SegmentIdx>,
    /// Its name, or `(absent)`.
    pub name: String,
    /// Treated customers from it.
    pub n_treated: u64,
    /// Control customers from it.
    pub n_control: u64,
    /// The difference in the share that reached the target; `None` where an arm is empty.
    pub effect: Option<RiskDifference>,
}

/// The difference with every segment of before given its share of all participants.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct StandardisedDifference {
    /// Treated less control.
    pub difference: f64,
    /// The lower end of its interval.
    pub low: f64,
    /// The upper end.
    pub high: f64,
    /// The statistic of Cochran, Mantel and Haenszel, without correction.
    pub statistic: f64,
    /// Its p-value: chi-square with one degree of freedom.
    pub p_value: f64,
    /// Participants in segments of before that hold both arms.
    pub covered: u64,
    /// Participants in those that hold one arm only, who say nothing.
    pub left_out: u64,
}

/// The figure to act on.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct PrimaryEffect {
    /// Treated less control.
    pub difference: f64,
    /// The lower end of its interval.
    pub low: f64,
    /// The upper end.
    pub high: f64,
    /// The chance of a difference at least as large where there is none.
    pub p_value: f64,
    /// Which of the two it is.
    pub basis: Basis,
}

/// Where the primary effect comes from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub enum Basis {
    /// The crude difference: the arms were comparable.
    Crude,
    /// The standardised difference: they were not.
    Standardised,
    /// The crude difference, though the arms were not comparable: no segment of before holds both,
    /// so that nothing can be corrected.
    CrudeForLack,
}

/// The effect of an intervention; made by [`Intervention`](crate::Intervention).
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct InterventionEffect {
    /// The difference of the two arms as they are.
    pub crude: RiskDifference,
    /// The difference with the segments of before alike; `None` where none holds both arms.
    pub standardised: Option<StandardisedDifference>,
    /// The difference within each segment of before that holds participants.
    pub strata: Vec<StratumEffect>,
    /// Whether the arms spread alike over all segments after (and absence), within the segments of
    /// before: Pearson's chi-square.
    pub spread: ChiSquareTest,
    /// The share of its cells expected to hold fewer than 5; above a fifth its p-value is not to be
    /// trusted.
    pub spread_sparse: f64,
    /// The difference in the share of those present before who are absent after; `None` where an
    /// arm held none.
    pub attrition: Option<RiskDifference>,
    /// The smallest rise that as many customers would show four times out of five, at the crude
    /// share of the controls; `None` where none would.
    pub detectable: Option<f64>,
    /// Whether the arms were alike before.
    pub balance: Balance,
}

impl InterventionEffect {
    /// The figure to act on: the crude difference where the arms were comparable before, else the
    /// standardised one.
    #[must_use]
    pub fn primary(&self) -> PrimaryEffect {
        let crude = |basis| {
            let RiskDifference { difference, low, high, p_value, .. } = self.crude;
            PrimaryEffect { difference, low, high, p_value, basis }
        };
        match self.standardised {
            _ if self.balance.is_comparable() => crude(Basis::Crude),
            None => crude(Basis::CrudeForLack),
            Some(StandardisedDifference { difference, low, high, p_value, .. }) => {
                PrimaryEffect { difference, low, high, p_value, basis: Basis::Standardised }
            }
        }
    }
}

impl fmt::Display for InterventionEffect {
    /// The primary effect, the shares behind it, and every warning, in sentences.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let primary = self.primary();
        let points = |share: f64| 100.0 * share;
        let basis = match primary.basis {
            Basis::Crude => "the groups as they are",
            Basis::Standardised => "segments of before alike",
            Basis::CrudeForLack => "the groups as they are, though not comparable",
        };
        writeln!(
            f,
            "{:+.1} percentage points ({:+.1} to {:+.1}), {}; {basis}",
            points(primary.difference),
            points(primary.low),
            points(primary.high),
            p_in_words(primary.p_value)
        )?;
        let (treated, control) = (self.crude.treated, self.crude.control);
        writeln!(
            f,
            "reached the target: {treated} of {} treated, {control} of {} controls",
            treated.of, control.of
        )?;
        for warning in &self.balance.warnings {
            writeln!(f, "warning: {warning}")?;
        }
        Ok(())
    }
}
