//! Whether two arms were alike before.

use std::fmt;

use patronage_core::{ColumnKind, Features, SegmentIdx};

use super::effect::StratumEffect;
use super::intervention::{Arm, Participant};
use super::tables::{ChiSquareTest, SPARSE, Tables, p_in_words};
use crate::stats::mean_and_deviation;

/// How alike two arms were in one thing.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct CovariateBalance {
    /// What: a column, `column = level`, `column missing` or `segment = name`.
    pub name: String,
    /// Its mean among the treated (a share, of levels and segments).
    pub treated: f64,
    /// Its mean among the controls.
    pub control: f64,
    /// The difference of the means in standard deviations, those of the two arms pooled; `None`
    /// where the means differ and nothing varies.
    pub difference: Option<f64>,
    /// The same within the segments of before, each given its share of participants; `None` where
    /// no segment holds both arms.
    pub within: Option<f64>,
}

/// What makes arms hard to compare.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub enum BalanceWarning {
    /// The segments of before are spread differently over the arms than chance would.
    Segments {
        /// The p-value of the chi-square test.
        p_value: f64,
    },
    /// A covariate's means differ by too many standard deviations.
    Covariate {
        /// The covariate.
        name: String,
        /// By how many; `None` where nothing varies within the arms.
        difference: Option<f64>,
        /// By how many within segments of before.
        within: Option<f64>,
        /// Whether it differs as much within the segments of before, so that standardising does
        /// not correct it.
        remains: bool,
    },
    /// A segment of before with one arm only.
    OneArm {
        /// The segment's name.
        name: String,
        /// Treated customers from it.
        treated: u64,
        /// Control customers from it.
        control: u64,
    },
    /// A segment of before with fewer than 10 customers in an arm.
    Few {
        /// The segment's name.
        name: String,
        /// Treated customers from it.
        treated: u64,
        /// Control customers from it.
        control: u64,
    },
    /// One arm lost more customers than the other.
    Attrition {
        /// The share lost among the treated.
        treated: f64,
        /// The share lost among the controls.
        control: f64,
    },
}

impl fmt::Display for BalanceWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Segments { p_value } => {
                write!(f, "the groups came from different segments ({})", p_in_words(*p_value))
            }
            Self::Covariate { name, difference, within, remains } => {
                write!(f, "the groups differed before in {name}")?;
                if let Some(difference) = difference {
                    write!(f, ", by {difference:+.2} standard deviations")?;
                }
                match within {
                    Some(within) if *remains => {
                        write!(f, ", and within segments by {within:+.2}: not corrected")
                    }
                    Some(within) => write!(f, ", within segments by {within:+.2}"),
                    None => f.write_str(", which nothing corrects"),
                }
            }
            Self::OneArm { name, treated, control } => write!(
                f,
                "{name} held {treated} treated and {control} controls: left out of the comparison \
                 within segments"
            ),
            Self::Few { name, treated, control } => {
                write!(f, "{name} held few customers: {treated} treated, {control} controls")
            }
            Self::Attrition { treated, control } => write!(
                f,
                "{:.1} % of the treated and {:.1} % of the controls were lost",
                100.0 * treated,
                100.0 * control
            ),
        }
    }
}

/// Whether the arms of a study were alike before.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct Balance {
    /// Whether the segments of before are spread alike over the arms: Pearson's chi-square.
    pub segments: ChiSquareTest,
    /// The share of its cells expected to hold fewer than 5; above a fifth it raises no warning.
    pub sparse: f64,
    /// Every segment of before and every column of features. In small groups differences of 0.1
    /// arise by chance: expect ± 2 √(1/n + 1/m) in groups of n and m.
    pub covariates: Vec<CovariateBalance>,
    /// What makes the arms hard to compare.
    pub warnings: Vec<BalanceWarning>,
}

impl Balance {
    /// Whether neither the segments of before nor any covariate differ.
    #[must_use]
    pub fn is_comparable(&self) -> bool {
        use BalanceWarning::{Covariate, Segments};
        !self.warnings.iter().any(|w| matches!(w, Covariate { .. } | Segments { .. }))
    }

    /// Of arms × segments of before, and the rows of the participants.
    pub(super) fn of(
        names: &[String],
        participants: &[Participant],
        before: &[u64],
        features: Option<&dyn Features>,
        imbalance: f64,
    ) -> Self {
        let n = names.len();
        let mut tables = Tables::default();
        tables.add(before, n + 1);
        let segments = tables.pearson();
        let mut warnings = Vec::new();
        if let Some(p_value) = segments.p_value.filter(|&p| p < 0.05 && tables.sparse() <= SPARSE) {
            warnings.push(BalanceWarning::Segments { p_value });
        }
        let mut covariates = Vec::new();
        for segment in 0..=n {
            if before[segment] + before[n + 1 + segment] > 0 {
                let name = names.get(segment).map_or("(absent)", String::as_str);
                let inside = |row: usize| {
                    let at = participants[row].before.map_or(n, SegmentIdx::index);
                    Some(f64::from(u8::from(at == segment)))
                };
                covariates.extend(balance(format!("segment = {name}"), participants, n, inside));
            }
        }
        if let Some(features) = features {
            for (at, column) in features.schema().columns().iter().enumerate() {
                let rows = features.values();
                let cell = |row: usize| Some(rows[[row, at]]).filter(|cell| !cell.is_nan());
                let name = column.name();
                if let ColumnKind::Category { levels, .. } = column.kind() {
                    for (code, level) in levels.iter().enumerate() {
                        let is = |row: usize| {
                            cell(row).map(|cell| f64::from(u8::from(cell == code as f64)))
                        };
                        covariates.extend(balance(
                            format!("{name} = {level}"),
                            participants,
                            n,
                            is,
                        ));
                    }
                    continue;
                }
                covariates.extend(balance(name.to_owned(), participants, n, cell));
                let missing = |row: usize| Some(f64::from(u8::from(cell(row).is_none())));
                if (0..participants.len()).any(|row| cell(row).is_none()) {
                    let name = format!("{name} missing");
                    covariates.extend(balance(name, participants, n, missing));
                }
            }
        }
        let differs = |difference: Option<f64>| difference.is_none_or(|d| d.abs() > imbalance);
        for one in covariates.iter().filter(|one| differs(one.difference)) {
            let CovariateBalance { name, difference, within, .. } = one.clone();
            let remains = differs(within);
            warnings.push(BalanceWarning::Covariate { name, difference, within, remains });
        }
        Self { segments, sparse: tables.sparse(), covariates, warnings }
    }

    /// Warns of segments of before that hold few customers or one arm only.
    pub(super) fn strata(&mut self, strata: &[StratumEffect]) {
        for one in strata {
            let (name, treated, control) = (one.name.clone(), one.n_treated, one.n_control);
            if treated == 0 || control == 0 {
                self.warnings.push(BalanceWarning::OneArm { name, treated, control });
            } else if treated.min(control) < 10 {
                self.warnings.push(BalanceWarning::Few { name, treated, control });
            }
        }
    }
}

/// The balance of one covariate; `None` where an arm knows nothing of it.
fn balance(
    name: String,
    participants: &[Participant],
    n_segments: usize,
    value: impl Fn(usize) -> Option<f64>,
) -> Option<CovariateBalance> {
    let mut arms = [Vec::new(), Vec::new()];
    let mut strata = vec![[(0.0, 0.0); 2]; n_segments + 1];
    for (row, one) in participants.iter().enumerate() {
        let Some(value) = value(row) else { continue };
        let arm = usize::from(one.arm == Arm::Control);
        arms[arm].push(value);
        let cell = &mut strata[one.before.map_or(n_segments, SegmentIdx::index)][arm];
        cell.1 += 1.0;
        // A running mean does not overflow.
        cell.0 += value / cell.1 - cell.0 / cell.1;
    }
    if arms.iter().any(Vec::is_empty) {
        return None;
    }
    let [(treated, sd1), (control, sd0)] = [&arms[0], &arms[1]].map(|arm| {
        let (mean, deviation) = mean_and_deviation(arm);
        // The sample's deviation; that of a share is its own, as Austin has it.
        let share = arm.iter().all(|&value| value == 0.0 || value == 1.0);
        let n = arm.len() as f64;
        let correction = if share || n < 2.0 { 1.0 } else { (n / (n - 1.0)).sqrt() };
        (mean, deviation * correction)
    });
    // Halved first: the larger of two extreme deviations is finite.
    let pooled = (sd1 / 2.0_f64.sqrt()).hypot(sd0 / 2.0_f64.sqrt());
    let scaled = |difference: f64| {
        if difference == 0.0 {
            return Some(0.0);
        }
        Some(difference / pooled).filter(|d| d.is_finite())
    };
    let both = || strata.iter().filter(|[one, two]| one.1 > 0.0 && two.1 > 0.0);
    let covered: f64 = both().map(|[one, two]| one.1 + two.1).sum();
    let inside: f64 = both().map(|[one, two]| (one.1 + two.1) / covered * (one.0 - two.0)).sum();
    let within = if covered > 0.0 { scaled(inside) } else { None };
    Some(CovariateBalance { name, treated, control, difference: scaled(treated - control), within })
}
