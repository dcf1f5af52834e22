//! How customers differ in buying and leaving.

/// How customers differ in buying and leaving; every variant draws the rate of orders from a gamma
/// distribution of shape `r` and mean `r / alpha` a day.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Buying {
    /// Customers leave at any time, at a rate drawn from a gamma distribution of shape `s` and mean
    /// `s / beta` a day (Schmittlein, Morrison, Colombo 1987).
    ParetoNbd {
        /// Shape of the order rates.
        r: f64,
        /// Days: `r / alpha` is the mean order rate.
        alpha: f64,
        /// Shape of the leaving rates.
        s: f64,
        /// Days: `s / beta` is the mean leaving rate.
        beta: f64,
    },
    /// Customers leave after a repeat order, with a probability drawn from a beta distribution
    /// (Fader, Hardie, Lee 2005).
    BgNbd {
        /// Shape of the order rates.
        r: f64,
        /// Days: `r / alpha` is the mean order rate.
        alpha: f64,
        /// First parameter of the leaving probabilities, whose mean is `a / (a + b)`.
        a: f64,
        /// Second parameter of the leaving probabilities.
        b: f64,
    },
    /// Nobody ever leaves.
    Nbd {
        /// Shape of the order rates.
        r: f64,
        /// Days: `r / alpha` is the mean order rate.
        alpha: f64,
    },
}

impl Buying {
    /// The parameters by name, each a positive number.
    pub(crate) fn parameters(&self) -> Vec<(&'static str, f64)> {
        match *self {
            Self::ParetoNbd { r, alpha, s, beta } => {
                vec![("r", r), ("alpha", alpha), ("s", s), ("beta", beta)]
            }
            Self::BgNbd { r, alpha, a, b } => vec![("r", r), ("alpha", alpha), ("a", a), ("b", b)],
            Self::Nbd { r, alpha } => vec![("r", r), ("alpha", alpha)],
        }
    }
}
