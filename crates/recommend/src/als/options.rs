//! How sweeps are made, and where they start.

use crate::error::{Error, require};

/// The most factors a model may have.
pub(super) const MOST_FACTORS: usize = 4096;

/// How the equations of one customer, or of one item, are solved in a sweep.
///
/// With `d` factors and `n` interactions of the row. Requests are always answered exactly.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum AlsSolver {
    /// By Cholesky's method, O(n d² + d³): fewest sweeps, and fastest up to some 100 factors.
    #[default]
    Exact,
    /// By some steps of conjugate gradients from the last solution, O(steps × (n d + d²)).
    ConjugateGradient {
        /// Steps a row and sweep, at least 1, usually 3.
        n_steps: usize,
    },
    /// By blocks of factors, one after another, O(n d × block + d² + d × block²): for many factors (iALS++).
    Subspace {
        /// Factors of a block, at least 1, rounded up to a multiple of 16; usually 32 to 128.
        block: usize,
    },
}

/// Where the factors of items start.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum AlsInit {
    /// Normal, of deviation `std / √n_factors`.
    Normal {
        /// Above 0, at most 1e6; usually 0.1 to 1.
        std: f64,
    },
    /// Near the leading right singular vectors of the matrix with `(n_u n_i)^(-1/4)` where customer
    /// u wants item i, by subspace iteration from normal factors: as good after one or two sweeps
    /// as normal factors after ten or more, at O(interactions × d + items × d²) a step.
    ///
    /// Reference: N. Halko, P. Martinsson, J. Tropp (2011), "Finding structure with randomness".
    Spectral {
        /// Steps, at least 1; 3 are usually enough.
        n_iter: usize,
    },
}

impl AlsSolver {
    pub(super) fn validate(self) -> Result<(), Error> {
        match self {
            Self::Exact => Ok(()),
            Self::ConjugateGradient { n_steps } => {
                require(n_steps >= 1, "n_steps", "at least 1", n_steps as f64)
            }
            Self::Subspace { block } => {
                let holds = (1..=MOST_FACTORS).contains(&block);
                require(holds, "block", "1 to 4096", block as f64)
            }
        }
    }
}

impl AlsInit {
    pub(super) fn validate(self) -> Result<(), Error> {
        match self {
            Self::Normal { std } => {
                let expected = "a number above 0, at most 1e6";
                require(std > 0.0 && std <= 1e6, "std", expected, std)
            }
            Self::Spectral { n_iter } => {
                require(n_iter >= 1, "n_iter", "at least 1", n_iter as f64)
            }
        }
    }
}

impl Default for AlsInit {
    fn default() -> Self {
        Self::Normal { std: 0.1 }
    }
}
