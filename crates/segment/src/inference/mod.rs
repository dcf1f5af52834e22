//! Tests, intervals and the special functions behind them.

mod correction;
mod exact;
mod interval;
mod permutation;
mod rank;
mod special;

pub use correction::MultipleTesting;
pub(crate) use exact::fisher;
pub use interval::Interval;
pub(crate) use interval::{Counted, Z95, ratio_of_shares, score, wilson};
pub(crate) use permutation::Spread;
pub(crate) use rank::rank_contrasts;
pub(crate) use special::{Student, chi_square_sf, ln_choose, ln_gamma, normal_sf, normal_upper};
