//! The steps there are, and their parameters.

use patronage_core::{ColumnKind, Date};

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

/// What is put in the place of missing numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum Fill {
    /// The weighted mean of the known.
    #[default]
    Mean,
    /// The weighted median of the known: the mean of both middle numbers where there are two.
    Median,
    /// The known number of most weight, the least of equals.
    MostFrequent,
    /// This number: finite.
    Constant(f64),
}

/// Whether a flag says that a number was missing.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum Indicator {
    /// Where a training row was missing.
    #[default]
    WhereMissing,
    /// For every nullable column.
    Always,
    /// For none.
    Never,
}

/// Fills missing numbers, and says in a flag of its own that they were.
///
/// `age` becomes `imputed(age)` and, as [`Indicator`] has it, `age is missing`. Columns in which
/// nothing can be missing stay as they are; one in which nothing is known is filled with 0.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Imputation {
    pub(super) fill: Fill,
    pub(super) indicator: Indicator,
}

impl Imputation {
    /// An imputation by `fill`.
    #[must_use]
    pub const fn new(fill: Fill) -> Self {
        Self { fill, indicator: Indicator::WhereMissing }
    }

    /// Whether a flag says that a number was missing; default [`Indicator::WhereMissing`].
    #[must_use]
    pub const fn indicator(mut self, indicator: Indicator) -> Self {
        self.indicator = indicator;
        self
    }
}

/// What becomes of a level that no training row had: one of the dictionary, or that which the
/// schema declares for the unseen.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum Unseen {
    /// It says nothing: zero in every indicator, −1 as a number, the overall mean as an encoded
    /// target, 0 as evidence.
    #[default]
    Neutral,
    /// It is missing: NaN in a nullable column, for what comes after to handle. Indicators have no
    /// such value.
    Missing,
    /// A table with it is refused, row and column named. A model of prepared rows must answer for
    /// every row, so [`Prepared`](super::Prepared) takes no such step.
    Refuse,
}

/// Which level of a category has no indicator.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum DropLevel {
    /// All have one: for models with a penalty, and for trees.
    #[default]
    None,
    /// The first level that training rows had has none: for linear models without a penalty, where
    /// the coefficients of the others are against it. A level never seen then looks like the first.
    First,
}

/// One indicator for each level that training rows had: `country` becomes `country = FR`, ….
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct OneHot {
    pub(super) drop: DropLevel,
    pub(super) unseen: Unseen,
}

impl OneHot {
    /// Indicators of all levels.
    #[must_use]
    pub const fn new() -> Self {
        Self { drop: DropLevel::None, unseen: Unseen::Neutral }
    }

    /// Which level has no indicator; default [`DropLevel::None`].
    #[must_use]
    pub const fn drop(mut self, drop: DropLevel) -> Self {
        self.drop = drop;
        self
    }

    /// What becomes of a level never seen; default [`Unseen::Neutral`], not [`Unseen::Missing`].
    #[must_use]
    pub const fn unseen(mut self, unseen: Unseen) -> Self {
        self.unseen = unseen;
        self
    }
}

/// Levels as numbers, in the order of the dictionary: `size` becomes `ordinal(size)`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Ordinal {
    pub(super) unseen: Unseen,
}

impl Ordinal {
    /// The codes of the levels.
    #[must_use]
    pub const fn new() -> Self {
        Self { unseen: Unseen::Neutral }
    }

    /// What becomes of a level never seen; default [`Unseen::Neutral`].
    #[must_use]
    pub const fn unseen(mut self, unseen: Unseen) -> Self {
        self.unseen = unseen;
        self
    }
}

/// How far the mean of a level is drawn to that of all rows.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum Shrinkage {
    /// By what the data say, as in scikit-learn's `smooth="auto"`:
    /// `share = v n / (v n + s / n)` with `v` the variance of all outcomes, `n` the weight of the
    /// level and `s` its sum of squares about its mean.
    #[default]
    EmpiricalBayes,
    /// As if so many rows more had the mean of all: finite, at least 0.
    Weight(f64),
}

/// Levels as the mean outcome of their rows: `country` becomes `target(country)`.
///
/// ```text
/// encoding(level) = share · mean of the level + (1 - share) · mean of all
/// EmpiricalBayes: share = v n / (v n + s / n)        Weight(m): share = n / (n + m)
/// ```
///
/// The outcome is 1 for class 1 of two; with more classes there is one column for each, against
/// the rest; of numbers it is the number. **Training rows get the means of the folds they are not
/// in**, so that no row's own label leaks into its features; new rows get those of all rows. That
/// is why a training table must come from
/// [`Preparation::fit_apply`](super::Preparation::fit_apply), not from applying the fitted
/// preparation; [`Prepared`](super::Prepared) sees to it. A row that is drawn twice is in one fold.
///
/// # References
///
/// Micci-Barreca, 2001, *A preprocessing scheme for high-cardinality categorical attributes in
/// classification and prediction problems*, equations 3 to 6.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TargetEncoding {
    pub(super) shrinkage: Shrinkage,
    pub(super) n_folds: usize,
    pub(super) unseen: Unseen,
    pub(super) seed: u64,
}

impl Default for TargetEncoding {
    fn default() -> Self {
        Self::new()
    }
}

impl TargetEncoding {
    /// Empirical Bayes over five folds.
    #[must_use]
    pub const fn new() -> Self {
        Self { shrinkage: Shrinkage::EmpiricalBayes, n_folds: 5, unseen: Unseen::Neutral, seed: 0 }
    }

    /// How far means are drawn together; default [`Shrinkage::EmpiricalBayes`].
    #[must_use]
    pub const fn shrinkage(mut self, shrinkage: Shrinkage) -> Self {
        self.shrinkage = shrinkage;
        self
    }

    /// Folds for the training rows; default `5`, at least `2`. Drawn so that every class has its
    /// share.
    #[must_use]
    pub const fn folds(mut self, n_folds: usize) -> Self {
        self.n_folds = n_folds;
        self
    }

    /// What becomes of a level never seen; default [`Unseen::Neutral`].
    #[must_use]
    pub const fn unseen(mut self, unseen: Unseen) -> Self {
        self.unseen = unseen;
        self
    }

    /// Seed of the folds; default `0`.
    #[must_use]
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }
}

/// How numbers are cut into bins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Cutting {
    Quantiles(usize),
    Supervised(usize),
}

/// Whether the rate of outcomes must rise or fall from bin to bin.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum Trend {
    /// It may do as it likes.
    #[default]
    Free,
    /// It rises: neighbouring bins that fall are pooled.
    Rising,
    /// It falls: neighbouring bins that rise are pooled.
    Falling,
    /// It rises or falls, whichever leaves more information.
    Monotone,
}

/// Bins as the evidence they give for class 1 of two: `age` becomes `woe(age)`.
///
/// ```text
/// woe(bin) = ln( ((e + s) / (E + s k)) / ((n + s) / (N + s k)) )
/// information value = sum over bins of (share of E - share of N) · woe
/// ```
///
/// for `e` of `E` in weight of rows of class 1 and `n` of `N` of class 0 in the bin, `k` bins and
/// smoothing `s`. Log-odds are linear in it, so that a logistic model of such columns is a
/// scorecard. Numbers are cut at quantiles, or where a tree would cut them; the missing are a bin
/// of their own; each level of a category is one. A bin without training rows has evidence 0.
/// What was found is reported by [`FittedPreparation::evidence`](super::FittedPreparation::evidence).
///
/// The evidence of a row contains its own label. With few bins that is nothing; for categories of
/// many levels [`TargetEncoding`] keeps labels out of training rows.
///
/// # References
///
/// Good, 1950, *Probability and the Weighing of Evidence*. Siddiqi, 2006, *Credit Risk
/// Scorecards*.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WeightOfEvidence {
    pub(super) cutting: Cutting,
    pub(super) smoothing: f64,
    pub(super) trend: Trend,
    pub(super) min_share: f64,
    pub(super) unseen: Unseen,
}

impl WeightOfEvidence {
    /// Numbers cut at quantiles, into at most `n_bins` bins of equal weight; at least `2`.
    #[must_use]
    pub const fn quantiles(n_bins: usize) -> Self {
        Self::new(Cutting::Quantiles(n_bins))
    }

    /// Numbers cut where a tree of entropy splits, into at most `n_bins` bins; at least `2`.
    #[must_use]
    pub const fn supervised(n_bins: usize) -> Self {
        Self::new(Cutting::Supervised(n_bins))
    }

    const fn new(cutting: Cutting) -> Self {
        Self {
            cutting,
            smoothing: 0.5,
            trend: Trend::Free,
            min_share: 0.05,
            unseen: Unseen::Neutral,
        }
    }

    /// Weight added to each class in each bin; default `0.5`, finite and above `0`.
    #[must_use]
    pub const fn smoothing(mut self, smoothing: f64) -> Self {
        self.smoothing = smoothing;
        self
    }

    /// Whether the rate of outcomes must rise or fall from bin to bin of a number; default
    /// [`Trend::Free`].
    #[must_use]
    pub const fn trend(mut self, trend: Trend) -> Self {
        self.trend = trend;
        self
    }

    /// Least share of the known rows in a supervised bin; default `0.05`, in `[0, 0.5]`.
    #[must_use]
    pub const fn min_share(mut self, min_share: f64) -> Self {
        self.min_share = min_share;
        self
    }

    /// What becomes of a level never seen; default [`Unseen::Neutral`].
    #[must_use]
    pub const fn unseen(mut self, unseen: Unseen) -> Self {
        self.unseen = unseen;
        self
    }
}

/// How numbers are brought to one scale; missing ones stay missing.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum Scaler {
    /// `(x - mean) / standard deviation` (divisor: total weight); a constant column becomes 0.
    #[default]
    Standard,
    /// `(x - least) / (greatest - least)`: training rows lie in `[0, 1]`, others may lie outside; a
    /// constant column becomes 0.
    MinMax,
    /// `(x - median) / (upper quartile - lower quartile)`; where the quartiles are equal only the
    /// median is taken away. Quantiles are those of the inverted distribution, averaged at its steps.
    Robust,
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
