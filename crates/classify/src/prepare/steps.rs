//! The steps there are, and which columns they are for.

use patronage_core::{ColumnKind, Date};

use super::bin_steps::{Cutting, WeightOfEvidence};
use super::level_steps::{OneHot, Ordinal, Shrinkage, TargetEncoding, Unseen};
use super::number_steps::{Fill, Imputation, Scaler};
use crate::error::{Error, parameter};

/// Which columns a step is for.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Select {
    /// All columns of numbers, nullable or not.
    Numbers,
    /// All columns of categories.
    Categories,
    /// All flags.
    Flags,
    /// All dates.
    Dates,
    /// The columns of these names. A name is that of a column as the steps before left it, or that
    /// of a source column, which stands for all that was made of it and that the step can take.
    Names(Vec<String>),
}

impl Select {
    /// The columns of these names.
    pub fn names<S: Into<String>>(names: impl IntoIterator<Item = S>) -> Self {
        Self::Names(names.into_iter().map(Into::into).collect())
    }

    /// Whether a selection by kind takes such columns.
    pub(super) const fn takes(&self, kind: &ColumnKind) -> bool {
        match self {
            Self::Numbers => matches!(kind, ColumnKind::Number | ColumnKind::NullableNumber),
            Self::Categories => matches!(kind, ColumnKind::Category { .. }),
            Self::Flags => matches!(kind, ColumnKind::Flag),
            Self::Dates => matches!(kind, ColumnKind::Date),
            Self::Names(_) => false,
        }
    }
}

/// One step of a [`Preparation`](super::Preparation).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Step {
    /// Fills missing numbers.
    Impute(Imputation),
    /// Levels as indicators.
    OneHot(OneHot),
    /// Levels as numbers.
    Ordinal(Ordinal),
    /// Levels as mean outcomes.
    Target(TargetEncoding),
    /// Bins as evidence.
    Evidence(WeightOfEvidence),
    /// Numbers on one scale.
    Scale(Scaler),
    /// Dates as days before this one: negative after it.
    DaysBefore(Date),
    /// The columns are left out.
    Drop,
}

impl Step {
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Impute(_) => "impute",
            Self::OneHot(_) => "one_hot",
            Self::Ordinal(_) => "ordinal",
            Self::Target(_) => "target_encode",
            Self::Evidence(_) => "weight_of_evidence",
            Self::Scale(_) => "scale",
            Self::DaysBefore(_) => "days_before",
            Self::Drop => "drop",
        }
    }

    /// Whether the step can take a column of that kind.
    pub(super) const fn takes(&self, kind: &ColumnKind) -> bool {
        match self {
            Self::Impute(_) => matches!(kind, ColumnKind::Number | ColumnKind::NullableNumber),
            Self::OneHot(_) | Self::Ordinal(_) | Self::Target(_) => {
                matches!(kind, ColumnKind::Category { .. })
            }
            Self::Scale(_) => !matches!(kind, ColumnKind::Category { .. }),
            Self::DaysBefore(_) => matches!(kind, ColumnKind::Date),
            Self::Evidence(_) | Self::Drop => true,
        }
    }

    pub(super) const fn expectation(&self) -> &'static str {
        match self {
            Self::Impute(_) => "a number, nullable or not",
            Self::OneHot(_) | Self::Ordinal(_) | Self::Target(_) => "a category",
            Self::Scale(_) => "a number, a flag or a date",
            Self::DaysBefore(_) => "a date",
            Self::Evidence(_) | Self::Drop => "a column",
        }
    }

    /// What becomes of levels never seen, for steps on levels.
    pub(super) const fn unseen(&self) -> Option<Unseen> {
        match self {
            Self::OneHot(step) => Some(step.unseen),
            Self::Ordinal(step) => Some(step.unseen),
            Self::Target(step) => Some(step.unseen),
            Self::Evidence(step) => Some(step.unseen),
            _ => None,
        }
    }

    pub(super) fn validate(&self) -> Result<(), Error> {
        match self {
            Self::Impute(Imputation { fill: Fill::Constant(value), .. }) if !value.is_finite() => {
                Err(parameter("fill", "a finite constant", *value))
            }
            Self::Target(step) => {
                if step.n_folds < 2 {
                    return Err(parameter("folds", "at least 2", step.n_folds as f64));
                }
                match step.shrinkage {
                    Shrinkage::Weight(m) if !m.is_finite() || m < 0.0 => {
                        Err(parameter("shrinkage", "a finite weight, at least 0", m))
                    }
                    _ => Ok(()),
                }
            }
            Self::Evidence(step) => {
                let (Cutting::Quantiles(n_bins) | Cutting::Supervised(n_bins)) = step.cutting;
                if n_bins < 2 {
                    return Err(parameter("n_bins", "at least 2", n_bins as f64));
                }
                if !step.smoothing.is_finite() || step.smoothing <= 0.0 {
                    return Err(parameter("smoothing", "a finite number above 0", step.smoothing));
                }
                if !(0.0..=0.5).contains(&step.min_share) {
                    return Err(parameter("min_share", "a number in [0, 0.5]", step.min_share));
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }
}
