//! Customer analytics, from a file of transactions to the next best action for every customer.
//!
//! The facade: one module a crate, nothing else. Take this crate to have everything; take single
//! crates (`patronage-segment`, …) to have one thing with few dependencies.
//!
//! | module | question | crate |
//! |---|---|---|
//! | [`core`] | – the shared vocabulary: ids, time, money, schemas, data views, model traits | `patronage-core` |
//! | [`ingest`] | – from files to one typed event log, every rejected row with its reasons | `patronage-ingest` |
//! | [`text`] | – tokens and TF-IDF: item text becomes item features | `patronage-text` |
//! | [`explore`] | Who are my customers? | `patronage-explore` |
//! | [`segment`] | How do I treat them? | `patronage-segment` |
//! | [`classify`] | Whom do I target? | `patronage-classify` |
//! | [`recommend`] | What is the best next offer? | `patronage-recommend` |
//! | [`act`] | What do I do next, for each one, within my budget? | `patronage-act` |
//! | `linfa` | – any linfa model behind the same traits | `patronage-linfa` |
//! | [`simulate`] | – a shop whose truth is known | `patronage-simulate` |
//!
//! # When not to use it
//!
//! In a service that needs one block: depend on that block's crate alone.
//!
//! # Features
//!
//! One for each crate but `core`; all but `linfa` are on by default. Beside them:
//!
//! - `rayon`: uses every core; no number changes. **On** by default.
//! - `serde`: saves and loads fitted models. **On** by default.

pub use patronage_core as core;

#[cfg(feature = "act")]
pub use patronage_act as act;
#[cfg(feature = "classify")]
pub use patronage_classify as classify;
#[cfg(feature = "explore")]
pub use patronage_explore as explore;
#[cfg(feature = "ingest")]
pub use patronage_ingest as ingest;
#[cfg(feature = "linfa")]
pub use patronage_linfa as linfa;
#[cfg(feature = "recommend")]
pub use patronage_recommend as recommend;
#[cfg(feature = "segment")]
pub use patronage_segment as segment;
#[cfg(feature = "simulate")]
pub use patronage_simulate as simulate;
#[cfg(feature = "text")]
pub use patronage_text as text;
