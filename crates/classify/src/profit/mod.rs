//! What a model is worth in money.

mod campaign;
mod curve;
mod cutoff;
mod emp;

pub use campaign::{Campaign, Prospects, Ranking};
pub use curve::{ProfitCurve, ProfitPoint};
pub use cutoff::BestCutoff;
pub use emp::{ChurnProfit, MaximumProfit};
