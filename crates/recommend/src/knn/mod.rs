//! Item-based collaborative filtering.

mod item_knn;
mod model;
mod neighbours;
mod weighting;

pub use item_knn::ItemKnn;
pub use model::ItemKnnModel;
pub use weighting::Similarity;
