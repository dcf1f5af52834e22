//! What everyone buys, overall, by customer segment, and by category.

mod category;
mod overall;
mod segment;

pub use category::{CategoryPopularity, CategoryPopularityModel};
pub use overall::{Popularity, PopularityModel};
pub use segment::{SegmentPopularity, SegmentPopularityModel};
