//! Did an intervention move customers?

use std::collections::HashSet;

use patronage_core::{CustomerIdx, Date, Features, SegmentIdx};

use super::balance::{Balance, BalanceWarning};
use super::effect::{InterventionEffect, StratumEffect};
use super::history::{SegmentHistory, check_segment, checked_names};
use super::power::detectable_difference;
use super::problem::{MigrationProblem, Place};
use super::proportion::{Confidence, RiskDifference};
use super::strata::{Strata, standardise};
use super::tables::Tables;
use crate::error::{Error, ErrorKind};

/// Which arm of a study a customer is in.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub enum Arm {
    /// She got the intervention.
    Treated,
    /// She did not.
    Control,
}

/// A customer of a study: her arm, and her segments before and after (`None` where she is absent).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct Participant {
    /// The customer.
    pub customer: CustomerIdx,
    /// Her arm.
    pub arm: Arm,
    /// Her segment before the intervention.
    pub before: Option<SegmentIdx>,
    /// Her segment after it.
    pub after: Option<SegmentIdx>,
}

impl SegmentHistory {
    /// The participants of a study, with their segments on a date before and one after it.
    ///
    /// # Errors
    ///
    /// When a date is none of the history's, the second is not after the first, or a customer
    /// stands in the arms twice.
    pub fn participants(
        &self,
        before: Date,
        after: Date,
        arms: impl IntoIterator<Item = (CustomerIdx, Arm)>,
    ) -> Result<Vec<Participant>, Error> {
        if self.position(before)? >= self.position(after)? {
            return Err(MigrationProblem::NotAfter { from: before, to: after }.into());
        }
        let mut seen = HashSet::new();
        arms.into_iter()
            .map(|(customer, arm)| {
                if !seen.insert(customer) {
                    return Err(MigrationProblem::DoubledArm { customer }.into());
                }
                let segment = |date| self.segment_of(customer, date);
                Ok(Participant { customer, arm, before: segment(before), after: segment(after) })
            })
            .collect()
    }
}

/// How much more often treated customers reach the target segments than controls.
///
/// - **Crude**: the difference of the two shares, with Newcombe's (1998) hybrid score interval and a
///   pooled z test (Fisher's exact test where a cell is expected to hold fewer than 5).
/// - **Standardised**: the differences within each segment of before, weighed by all participants of
///   the segment, `Σ w_s d_s`; its interval recovers the variances of Newcombe's intervals (Zou,
///   Donner 2008), and its test is that of Cochran, Mantel and Haenszel without correction.
///   Segments of before with one arm only say nothing and are left out, and counted.
/// - **Comparability**: were the arms alike before? Standardised mean differences above 0.1 (Austin
///   2009) in the segments of before or in any feature given, and a chi-square test of the segments,
///   raise warnings; then the standardised difference is the [`primary`](InterventionEffect::primary)
///   one. It corrects what the segments of before account for and nothing else: a feature that still
///   differs within them is named.
///
/// Absent customers have not reached the target. Where assignment was not random, the difference is
/// an association: customers chosen for their prospects move more often with or without treatment.
/// O(participants · columns).
///
/// ```
/// use patronage_segment::{Arm, CustomerIdx, Intervention, Participant, SegmentIdx};
///
/// // Of 200 brand switchers with a loyalty card 60 turn loyal, of 200 without one 36.
/// let [switcher, loyal] = [0, 1].map(SegmentIdx::new);
/// let participants: Vec<Participant> = (0..400)
///     .map(|n| Participant {
///         customer: CustomerIdx::new(n),
///         arm: if n < 200 { Arm::Treated } else { Arm::Control },
///         before: Some(switcher),
///         after: Some(if n < 60 || (200..236).contains(&n) { loyal } else { switcher }),
///     })
///     .collect();
/// let effect = Intervention::toward([loyal])
///     .evaluate(["Brand switcher", "Loyal"], &participants)?;
/// let primary = effect.primary();
/// assert!((primary.difference - 0.12).abs() < 1e-12);
/// assert!(primary.low > 0.03 && primary.high < 0.21 && primary.p_value < 0.01);
/// assert!(effect.balance.is_comparable());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # References
///
/// R. G. Newcombe (1998), Interval estimation for the difference between independent proportions.
/// G. Y. Zou, A. Donner (2008), Construction of confidence limits about effect measures: a general
/// approach. N. Mantel, W. Haenszel (1959), Statistical aspects of the analysis of data from
/// retrospective studies. P. C. Austin (2009), Balance diagnostics for comparing the distribution
/// of baseline covariates between treatment groups.
#[derive(Clone, Debug, PartialEq)]
pub struct Intervention {
    target: Vec<SegmentIdx>,
    confidence: Confidence,
    imbalance: f64,
}

impl Intervention {
    /// An intervention meant to bring customers into these segments.
    #[must_use]
    pub fn toward(target: impl IntoIterator<Item = SegmentIdx>) -> Self {
        let target = target.into_iter().collect();
        Self { target, confidence: Confidence::P95, imbalance: 0.1 }
    }

    /// The confidence of the intervals; default [`Confidence::P95`].
    #[must_use]
    pub const fn confidence(mut self, confidence: Confidence) -> Self {
        self.confidence = confidence;
        self
    }

    /// The standardised mean difference above which arms are not comparable; default `0.1`, above
    /// `0`.
    #[must_use]
    pub const fn imbalance(mut self, imbalance: f64) -> Self {
        self.imbalance = imbalance;
        self
    }

    /// The effect on these participants.
    ///
    /// # Errors
    ///
    /// When there are no names or two are equal, no target or one without a name, a participant
    /// twice or in a segment without a name, an empty arm, or a parameter out of its range.
    pub fn evaluate<S: Into<String>>(
        &self,
        names: impl IntoIterator<Item = S>,
        participants: &[Participant],
    ) -> Result<InterventionEffect, Error> {
        self.run(checked_names(names)?, participants, None)
    }

    /// The effect on these participants, whose features of before stand in the same order.
    ///
    /// # Errors
    ///
    /// As [`evaluate`](Self::evaluate), and when there is not one row for each participant.
    pub fn evaluate_on<S: Into<String>, F: Features>(
        &self,
        names: impl IntoIterator<Item = S>,
        participants: &[Participant],
        features: &F,
    ) -> Result<InterventionEffect, Error> {
        self.run(checked_names(names)?, participants, Some(features))
    }

    fn run(
        &self,
        names: Vec<String>,
        participants: &[Participant],
        features: Option<&dyn Features>,
    ) -> Result<InterventionEffect, Error> {
        let n = names.len();
        self.check(n, participants, features)?;
        let reached = |one: &Participant| one.after.is_some_and(|s| self.target.contains(&s));
        let strata = Strata::of(n, participants, reached);
        let [treated, control] = strata.totals();
        let empty = || MigrationProblem::EmptyArm {
            treated: treated.1 as usize,
            control: control.1 as usize,
        };
        let crude =
            RiskDifference::newcombe(treated, control, self.confidence).ok_or_else(empty)?;
        let gone = |one: &Participant| one.before.is_some() && one.after.is_none();
        let present: Vec<Participant> =
            participants.iter().filter(|one| one.before.is_some()).copied().collect();
        let [out_treated, out_control] = Strata::of(n, &present, gone).totals();
        let attrition = RiskDifference::newcombe(out_treated, out_control, self.confidence);

        // The whole spread after, within each segment of before: arms × segments after.
        let (mut spread, mut before) = (Tables::default(), vec![0; 2 * (n + 1)]);
        let mut after = vec![0; (n + 1) * 2 * (n + 1)];
        for one in participants {
            let [from, to] = [one.before, one.after].map(|s| s.map_or(n, SegmentIdx::index));
            after[(from * 2 + one.arm as usize) * (n + 1) + to] += 1;
            before[one.arm as usize * (n + 1) + from] += 1;
        }
        after.chunks(2 * (n + 1)).for_each(|table| spread.add(table, n + 1));

        let segments = SegmentIdx::all(n).map(Some).chain(std::iter::once(None));
        let strata_effects: Vec<StratumEffect> = segments
            .zip(&strata.cells)
            .filter(|(_, cells)| cells[0].1 + cells[1].1 > 0)
            .map(|(segment, &[treated, control])| StratumEffect {
                segment,
                name: segment.map_or("(absent)", |s| &names[s.index()]).to_owned(),
                n_treated: treated.1,
                n_control: control.1,
                effect: RiskDifference::newcombe(treated, control, self.confidence),
            })
            .collect();
        let mut balance = Balance::of(&names, participants, &before, features, self.imbalance);
        balance.strata(&strata_effects);
        if let Some(attrition) = attrition.filter(|attrition| attrition.p_value < 0.05) {
            let (treated, control) = (attrition.treated.estimate, attrition.control.estimate);
            balance.warnings.push(BalanceWarning::Attrition { treated, control });
        }
        let detectable = detectable_difference(
            treated.1,
            control.1,
            crude.control.estimate,
            0.8,
            self.confidence,
        )?;
        Ok(InterventionEffect {
            standardised: standardise(&strata, self.confidence),
            crude,
            strata: strata_effects,
            spread: spread.pearson(),
            spread_sparse: spread.sparse(),
            attrition,
            detectable,
            balance,
        })
    }

    fn check(
        &self,
        n_segments: usize,
        participants: &[Participant],
        features: Option<&dyn Features>,
    ) -> Result<(), Error> {
        if !(self.imbalance > 0.0 && self.imbalance.is_finite()) {
            let (name, expected) = ("imbalance", "a number above 0");
            return Err(ErrorKind::Parameter { name, expected, found: self.imbalance }.into());
        }
        if self.target.is_empty() {
            return Err(ErrorKind::Empty { what: "target segments" }.into());
        }
        for (position, &segment) in self.target.iter().enumerate() {
            check_segment(segment, n_segments, Place::Asked(position))?;
        }
        let mut seen = HashSet::with_capacity(participants.len());
        for one in participants {
            if !seen.insert(one.customer) {
                return Err(MigrationProblem::DoubledArm { customer: one.customer }.into());
            }
            for segment in [one.before, one.after].into_iter().flatten() {
                check_segment(segment, n_segments, Place::Customer(one.customer))?;
            }
        }
        match features.map(|features| features.values().nrows()) {
            Some(found) if found != participants.len() => {
                let (what, expected) = ("rows of features", participants.len());
                Err(ErrorKind::Length { what, expected, found }.into())
            }
            _ => Ok(()),
        }
    }
}
