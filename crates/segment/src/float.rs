//! The two kinds of floating-point numbers.

mod sealed {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
}

/// `f32` or `f64`; no other type can implement it.
pub trait Float:
    sealed::Sealed + Copy + std::fmt::Debug + PartialOrd + Send + Sync + 'static
{
    /// Whether no square of a number overflows or vanishes in double precision.
    #[doc(hidden)]
    const SQUARES_FIT: bool;

    /// The same number in double precision.
    fn to_f64(self) -> f64;

    /// The nearest number of this type.
    fn from_f64(number: f64) -> Self;
}

impl Float for f32 {
    const SQUARES_FIT: bool = true;

    #[inline(always)]
    fn to_f64(self) -> f64 {
        f64::from(self)
    }

    #[inline(always)]
    fn from_f64(number: f64) -> Self {
        number as Self
    }
}

impl Float for f64 {
    const SQUARES_FIT: bool = false;

    #[inline(always)]
    fn to_f64(self) -> f64 {
        self
    }

    #[inline(always)]
    fn from_f64(number: f64) -> Self {
        number
    }
}
