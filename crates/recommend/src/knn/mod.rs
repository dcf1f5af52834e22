//! Neighbours among items and among customers.

mod best;
mod item_knn;
mod model;
mod neighbours;
mod shared;
mod update;
mod user_knn;
mod user_model;
mod weighting;

pub use item_knn::ItemKnn;
pub use model::ItemKnnModel;
pub use user_knn::UserKnn;
pub use user_model::UserKnnModel;
pub use weighting::Similarity;
