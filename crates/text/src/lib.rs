//! Tokens and TF-IDF for short commercial text: item descriptions become item features.
//!
//! ```
//! use patronage_core::{FeatureRow, ItemFeatures, ItemIdx};
//! use patronage_text::{ItemFeaturesBuilder, TfIdf};
//!
//! let names = ["white hanging heart holder", "red heart mug", "blue mug"];
//! let words = TfIdf::new().fit_texts(names)?;
//! let items = ItemFeaturesBuilder::new(3)
//!     .text(1.0, &words, names)?
//!     .category("category", 0.5, &[Some("LIGHTS"), Some("MUGS"), Some("MUGS")])?
//!     .build()?;
//! assert_eq!(items.feature_name(0), Some("blue"));
//! assert_eq!(items.feature_name(items.n_features() - 1), Some("category=MUGS"));
//!
//! // Two words and a category, ready for content-based filtering.
//! let FeatureRow::Sparse(columns, values) = items.row(ItemIdx::new(2)) else { unreachable!() };
//! assert_eq!(columns.len(), 3);
//! assert!(values.iter().all(|value| value.is_finite()));
//! # Ok::<(), patronage_text::Error>(())
//! ```
//!
//! # When not to use it
//!
//! It counts words: it knows no meaning, no stems and no languages without spaces between words
//! (use embeddings and `DenseItemFeatures` for those). Text is not normalised to a Unicode form:
//! `é` as one code point and as two are two words.
//!
//! # Features
//!
//! - `serde`: saves and loads fitted vectorisers. Off by default.
//!
//! # References
//!
//! - K. Spärck Jones (1972), "A statistical interpretation of term specificity and its application in retrieval".
//! - S. Robertson, H. Zaragoza (2009), "The Probabilistic Relevance Framework: BM25 and Beyond".
//! - Unicode Standard Annex 29, "Unicode Text Segmentation".

mod error;
mod item_features;
mod model;
mod stop_words;
mod tfidf;
mod tokenizer;

pub use error::{Error, ErrorKind};
pub use item_features::ItemFeaturesBuilder;
pub use model::TfIdfModel;
pub use stop_words::ENGLISH_STOP_WORDS;
pub use tfidf::{Norm, TermFrequency, TfIdf, Weighting};
pub use tokenizer::{Ngrams, Numbers, Tokenizer};
