//! Customer analytics from a file of transactions to the next best action for every customer: all crates under one name.
//!
//! This crate re-exports and does nothing else: one module and one feature for each crate.
//!
#![cfg_attr(all(feature = "recommend", feature = "segment", feature = "simulate"), doc = "```")]
#![cfg_attr(
    not(all(feature = "recommend", feature = "segment", feature = "simulate")),
    doc = "```ignore"
)]
//! use patronage::core::{
//!     Calendar, CustomerIdx, Fit, HistoryEntry, InteractionTable, Interactions, ItemFilter,
//!     Recommender, Request, SegmenterExt, UtcOffset, Weight,
//! };
//! use patronage::{recommend::Popularity, segment, simulate::Shop};
//!
//! // A shop whose truth is known stands in for a file of transactions.
//! let shop = Shop::new(300).days(400).seed(7).open()?;
//! let (purchases, as_of, utc) = (shop.dataset()?.purchases, shop.period().end, UtcOffset::UTC);
//!
//! // Who are they? Recency, frequency and monetary value, scored and named.
//! let rfm = segment::Rfm::new(utc.date(as_of), &utc).table(&purchases)?;
//! let scores = segment::RfmScoring::default().fit(&rfm)?;
//! let model = segment::RfmSegmenter::new(scores, segment::SegmentRules::standard())?;
//! assert_eq!(model.assign(&rfm)?.len(), rfm.n_rows());
//!
//! // What would she like next? The three most bought items that she has not bought yet.
//! let bought = InteractionTable::from_purchases(&purchases, Weight::Binary)?;
//! let popular = Popularity::new().fit(&bought)?;
//! let history = HistoryEntry::from_items(bought.row(CustomerIdx::new(0)).items());
//! let request = Request { history: &history, customer: None, as_of };
//! assert_eq!(popular.top_k(&request, 3, &ItemFilter::default()).len(), 3);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # When not to use it
//!
//! In a service that needs one capability, depend on that crate alone: it compiles in seconds
//! and pulls a fraction of the dependencies. This crate is for programs that bring blocks together.
//!
//! # The crates
//!
//! | module | crate | what it is for |
//! |---|---|---|
//! | [`core`] | `patronage-core` | the shared vocabulary: ids, time, money, schemas, data views, model traits |
//! | `ingest` | `patronage-ingest` | files of transactions become one typed event log; every rejected row is accounted for |
//! | `text` | `patronage-text` | item text becomes item features: tokens and TF-IDF |
//! | `explore` | `patronage-explore` | who are my customers? key figures, cohorts, the dashboard page |
//! | `segment` | `patronage-segment` | how do I treat them? RFM scores, named segments, k-means with a chosen k |
//! | `classify` | `patronage-classify` | whom do I target? classifiers, calibration, evaluation, bias and variance |
//! | `recommend` | `patronage-recommend` | what is the best next offer? collaborative and content-based filtering |
//! | `act` | `patronage-act` | what do I do next? value × relevance × eligibility within a budget, explained |
//! | `simulate` | `patronage-simulate` | a simulated shop whose truth is known |
//! | `linfa` | `patronage-linfa` | any linfa model behind the traits of `core` |
//!
//! Every crate depends on `core` and on no other; they meet in programs like yours, through the
//! traits of `core` alone.
//!
//! # Features
//!
//! - `act`, `classify`, `explore`, `ingest`, `recommend`, `segment`, `simulate`, `text`: the module
//!   of that name. **On by default.**
//! - `linfa`: the module `linfa`. Off by default: it brings ndarray 0.16 and rand 0.8 into the tree and
//!   adds the better part of a minute to a clean build.
//! - `rayon`: every core is used where a crate can; no number changes. **On by default.**
//! - `serde`: fitted models can be saved and loaded. **On by default.**
//!
//! # References
//!
//! Each crate names its own.

#[cfg(feature = "act")]
#[doc(no_inline)]
pub use patronage_act as act;
#[cfg(feature = "classify")]
#[doc(no_inline)]
pub use patronage_classify as classify;
#[doc(no_inline)]
pub use patronage_core as core;
#[cfg(feature = "explore")]
#[doc(no_inline)]
pub use patronage_explore as explore;
#[cfg(feature = "ingest")]
#[doc(no_inline)]
pub use patronage_ingest as ingest;
#[cfg(feature = "linfa")]
#[doc(no_inline)]
pub use patronage_linfa as linfa;
#[cfg(feature = "recommend")]
#[doc(no_inline)]
pub use patronage_recommend as recommend;
#[cfg(feature = "segment")]
#[doc(no_inline)]
pub use patronage_segment as segment;
#[cfg(feature = "simulate")]
#[doc(no_inline)]
pub use patronage_simulate as simulate;
#[cfg(feature = "text")]
#[doc(no_inline)]
pub use patronage_text as text;
