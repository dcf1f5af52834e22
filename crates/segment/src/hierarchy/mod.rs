//! Clusters within clusters.

mod bisecting;
mod bisecting_model;
mod dendrogram;
mod grouped;
mod nearer;
mod two_means;
mod ward;

pub use self::bisecting::{BisectingKMeans, SplitBy};
pub use self::bisecting_model::BisectingModel;
pub use self::dendrogram::{Dendrogram, Merge};
pub use self::grouped::Grouped;
pub use self::ward::Ward;
