//! Bins as evidence.

use super::level_steps::Unseen;

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
/// many levels [`TargetEncoding`](crate::TargetEncoding) keeps labels out of training rows.
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
