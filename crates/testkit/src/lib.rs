//! Contract tests for every trait of `patronage-core`, and fixtures with known answers.
//!
//! One check a trait. A check panics with a message that names the broken promise: it is meant to
//! be called from a test, where a panic is how one fails.
//!
//! ```
//! use ndarray::array;
//! use patronage_core::{Column, FeatureTable, Schema, SegmentIdx, Segmenter};
//!
//! struct BySpend(Schema);
//!
//! impl Segmenter for BySpend {
//!     fn schema(&self) -> &Schema {
//!         &self.0
//!     }
//!     fn n_segments(&self) -> usize {
//!         2
//!     }
//!     fn segment(&self, row: &[f64]) -> SegmentIdx {
//!         SegmentIdx::new(u32::from(row[0] >= 1000.0))
//!     }
//! }
//!
//! let schema = Schema::new([Column::number("monetary")])?;
//! let customers = FeatureTable::new(schema.clone(), array![[20.0], [4310.0]])?;
//! patronage_testkit::check_segmenter(&BySpend(schema), &customers);
//! # Ok::<(), patronage_core::Error>(())
//! ```
//!
//! # When not to use it
//!
//! Outside tests: every check panics, and takes no care to be fast.
//!
//! # The checks
//!
//! | trait | check |
//! |---|---|
//! | `Purchases` | [`check_purchases`] |
//! | `Features` | [`check_features`] |
//! | `Interactions` | [`check_interactions`] |
//! | `ItemFeatures` | [`check_item_features`] |
//! | `Journeys` | [`check_journeys`] |
//! | `Segmenter`, `SoftSegmenter` | [`check_segmenter`], [`check_soft_segmenter`] |
//! | `Classifier`, `Calibrated` | [`check_classifier`], [`check_calibrated`] |
//! | `Regressor` | [`check_regressor`] |
//! | `Recommender`, `RatingPredictor` | [`check_recommender`], [`check_rating_predictor`] |
//! | `ValueModel` | [`check_value_model`] |
//! | `Value`, `Relevance`, `Eligibility` | [`check_value`], [`check_relevance`], [`check_eligibility`] |
//! | `Fit`, `Seeded` | [`check_fit_deterministic`], [`check_seeded`], [`check_same_on_any_pool`] |
//! | `SavedModel` | [`check_saved_model`] |
//! | `Send`, `Sync` | [`check_send_sync`] |

mod classifier;
mod decision;
mod draws;
mod fit;
mod fixtures;
mod journeys;
mod layouts;
mod recommender;
mod regressor;
mod rows;
mod saved;
mod schemas;
mod segmenter;
mod threads;
mod value_model;
mod views;

pub use classifier::{check_calibrated, check_classifier};
pub use decision::{check_eligibility, check_relevance, check_value};
pub use draws::Draws;
pub use fit::{check_fit_deterministic, check_same_on_any_pool, check_seeded, check_send_sync};
pub use fixtures::{
    Blobs, Rule, blobs, checkerboard, checkerboard_requests, labelled_by_rule, small_shop,
};
pub use journeys::check_journeys;
pub use recommender::{check_rating_predictor, check_recommender};
pub use regressor::check_regressor;
pub use rows::{extreme_rows, ordinary_rows, random_rows};
pub use saved::check_saved_model;
pub use schemas::wrong_schemas;
pub use segmenter::{check_segmenter, check_soft_segmenter};
pub use value_model::check_value_model;
pub use views::{check_features, check_interactions, check_item_features, check_purchases};
