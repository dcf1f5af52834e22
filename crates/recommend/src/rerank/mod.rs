//! Lists re-ranked for more than relevance: variety, a fair share of each category, margin.

mod category;
mod margin;
mod mmr;
mod reranked;
mod tiers;

pub use category::{CategoryCalibration, Divergence};
pub use margin::MarginAware;
pub use mmr::Mmr;
pub use reranked::{Relevance, Rerank, Reranked};
pub use tiers::popularity_tiers;
