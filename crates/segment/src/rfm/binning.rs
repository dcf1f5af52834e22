//! How one dimension is cut into scores.

/// Which end of a measure is the good one.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Better {
    /// More is better: the highest numbers get the highest score.
    Higher,
    /// Less is better, as with recency: the lowest numbers get the highest score.
    Lower,
}

/// Into which bin a number falls that equals a cut point.
///
/// Equal numbers always share a score; no policy breaks ties by the order of rows, because a
/// model that scores new customers has none.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Ties {
    /// Into the bin of lower numbers: a bin is `(a, b]`.
    #[default]
    Below,
    /// Into the bin of higher numbers: a bin is `[a, b)`.
    Above,
}

/// Where the cut points between scores come from.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Binning {
    /// So many bins (1 to 255) cut at quantiles of the data by linear interpolation (R's type 7).
    Quantiles(usize),
    /// So many bins (1 to 255) cut at the same quantiles plus a number.
    ShiftedQuantiles(usize, f64),
    /// So many bins (1 to 255) of equal width between the least and the greatest number.
    EqualWidth(usize),
    /// These cut points, ascending, of which two may be equal; one bin more than there are cuts, at most 255.
    Cuts(Vec<f64>),
}

/// One dimension of a score: its letter, the column it is cut from, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct Dimension {
    pub(super) name: String,
    pub(super) column: String,
    pub(super) better: Better,
    pub(super) binning: Binning,
    pub(super) ties: Ties,
}

impl Dimension {
    /// A dimension of this name, cut from the column of that name.
    #[must_use]
    pub fn new(
        name: impl Into<String>,
        column: impl Into<String>,
        better: Better,
        binning: Binning,
    ) -> Self {
        let (name, column) = (name.into(), column.into());
        Self { name, column, better, binning, ties: Ties::Below }
    }

    /// R, from the column `recency_days`, less is better.
    #[must_use]
    pub fn recency(binning: Binning) -> Self {
        Self::new("R", "recency_days", Better::Lower, binning)
    }

    /// F, from the column `frequency`, more is better.
    #[must_use]
    pub fn frequency(binning: Binning) -> Self {
        Self::new("F", "frequency", Better::Higher, binning)
    }

    /// M, from the column `monetary`, more is better.
    #[must_use]
    pub fn monetary(binning: Binning) -> Self {
        Self::new("M", "monetary", Better::Higher, binning)
    }

    /// T, from the column `tenure_days`, more is better.
    #[must_use]
    pub fn tenure(binning: Binning) -> Self {
        Self::new("T", "tenure_days", Better::Higher, binning)
    }

    /// V, from the column `variety`, more is better.
    #[must_use]
    pub fn variety(binning: Binning) -> Self {
        Self::new("V", "variety", Better::Higher, binning)
    }

    /// B for what was brought back, from the column `return_rate`, less is better.
    #[must_use]
    pub fn return_rate(binning: Binning) -> Self {
        Self::new("B", "return_rate", Better::Lower, binning)
    }

    /// Where numbers fall that equal a cut point; default [`Ties::Below`].
    #[must_use]
    pub const fn ties(mut self, ties: Ties) -> Self {
        self.ties = ties;
        self
    }
}
