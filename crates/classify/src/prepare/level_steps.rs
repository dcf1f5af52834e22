//! Steps on levels: indicators, codes and mean outcomes.

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
