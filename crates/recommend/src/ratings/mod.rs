//! Ratings on a scale: how much a customer would like an item, in the units she rates in.

mod baseline;
mod biased;
mod compare;
mod data;
mod evaluate;
mod factors;
mod knn;
mod nmf;
mod nmf_model;
mod scale;
mod serve;
mod slope_one;
mod svd;
mod svd_plus_plus;

pub use baseline::{RatingBaseline, RatingBaselineModel};
pub use compare::RatingComparison;
pub use evaluate::{RatingReport, Residual};
pub use factors::SgdOrder;
pub use knn::{Centre, Neighbours, RatingKnn, RatingKnnModel, RatingSimilarity};
pub use nmf::{Nmf, NmfUpdates};
pub use nmf_model::NmfModel;
pub use scale::RatingScale;
pub use slope_one::{SlopeOne, SlopeOneModel};
pub use svd::{BiasedMf, BiasedMfModel};
pub use svd_plus_plus::{SvdPlusPlus, SvdPlusPlusModel};
