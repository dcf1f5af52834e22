//! The shared vocabulary of patronage: ids, time, money, schemas, data views and model traits.
//!
//! Every capability crate depends on this one and on no sibling; blocks meet through these traits
//! alone. Nothing here does I/O, draws a random number or reads a clock.
//!
//! ```
//! use ndarray::array;
//! use patronage_core::{Column, FeatureTable, Schema, SegmentIdx, Segmenter, SegmenterExt};
//!
//! /// A user's own segmentation: big spenders and the rest.
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
//! let segments = BySpend(schema).assign(&customers)?;
//! assert_eq!(segments, [SegmentIdx::new(0), SegmentIdx::new(1)]);
//! # Ok::<(), patronage_core::Error>(())
//! ```
//!
//! # When not to use it
//!
//! Alone it computes nothing: take `patronage-segment`, `patronage-classify` or another
//! capability crate, which re-export what they need of it in their signatures.
//!
//! # Features
//!
//! - `serde`: derives serde for the vocabulary, and adds the saved-model envelope
//!   (`save`, `load`). Off by default.
//! - `sprs`: lets sprs matrices stand wherever an interaction view is expected. Off by default; it
//!   brings an older ndarray into the tree.
//!
//! # The traits
//!
//! | data view | taken by |
//! |---|---|
//! | [`Purchases`] | RFM, value, personas |
//! | [`Features`] | segmentation, classification, regression |
//! | [`Interactions`] | collaborative filtering |
//! | [`ItemFeatures`] | content-based filtering |
//! | [`Journeys`] | attribution |
//!
//! | model | one required verb |
//! |---|---|
//! | [`Fit`] | parameters + data → model |
//! | [`Seeded`] | the same estimator with another seed |
//! | [`Segmenter`], [`SoftSegmenter`] | row → segment; row → memberships |
//! | [`Classifier`], [`Calibrated`] | row → class probabilities; and the proof that one may bet on them |
//! | [`Regressor`] | row → number |
//! | [`Recommender`], [`RatingPredictor`] | request → scores; customer, item → rating |
//! | [`ValueModel`] | history → expected value |
//! | [`Value`], [`Relevance`], [`Eligibility`] | customer × action → factor, with its reason |

mod bind;
mod classifier;
mod csr;
mod decision;
mod derived;
#[cfg(feature = "serde")]
mod envelope;
mod error;
mod features;
mod fingerprint;
mod fit;
mod idmap;
mod index;
mod interactions;
mod item_features;
mod journeys;
mod labeled;
mod money;
mod probability;
mod purchase_table;
mod purchases;
mod recommender;
mod regressor;
mod schema;
mod segmenter;
mod time;
#[cfg(feature = "sprs")]
mod with_sprs;

pub use bind::{Bound, row_slice};
pub use classifier::{Calibrated, CalibrationRecord, Classifier, ClassifierExt, most_probable};
pub use csr::Csr;
pub use decision::{Eligibility, Explained, Relevance, Value, ValueModel, Verdict};
pub use derived::Derived;
#[cfg(feature = "serde")]
pub use envelope::{EnvelopeError, Provenance, SavedModel, load, save};
pub use error::{BoxError, Error, ErrorKind, LevelProblem};
pub use features::{FeatureTable, FeatureView, Features};
pub use fingerprint::{Fingerprint, Fingerprinter};
pub use fit::{Fit, Seeded};
pub use idmap::IdMap;
pub use index::{
    ActionIdx, CategoryIdx, ChannelIdx, ClassIdx, CustomerIdx, Index, ItemIdx, OrderIdx, SegmentIdx,
};
pub use interactions::{InteractionRow, InteractionTable, Interactions, Weight};
pub use item_features::{DenseItemFeatures, FeatureRow, ItemFeatures, SparseItemFeatures};
pub use journeys::{Journey, JourneyTable, Journeys, Outcome};
pub use labeled::{Label, Labeled};
pub use money::{Currency, Money};
pub use probability::Probability;
pub use purchase_table::{PurchaseTable, PurchaseTableBuilder};
pub use purchases::{Attribute, During, Line, Lines, Purchases};
pub use recommender::{
    HistoryEntry, ItemFilter, RatingPredictor, Recommender, Request, ScoredItem, Seen, rank,
    top_k_of,
};
pub use regressor::{Regressor, RegressorExt};
pub use schema::{Column, ColumnKind, Schema};
pub use segmenter::{Segmenter, SegmenterExt, SoftSegmenter, SoftSegmenterExt};
pub use time::{Calendar, Date, Span, Timestamp, UtcOffset, Window, days_in_month};
#[cfg(feature = "sprs")]
pub use with_sprs::SprsInteractions;
