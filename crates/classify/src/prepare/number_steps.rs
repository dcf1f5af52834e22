//! Steps on numbers: what is missing, and the scale.

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
