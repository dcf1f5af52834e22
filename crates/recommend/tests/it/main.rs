//! The crate seen from outside, in one program: each module is a theme, and linking happens once.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test fails by panicking, and says why it was skipped"
)]

mod als;
mod als_oracle;
mod basket;
mod calibration;
mod checkerboard;
mod common;
mod contract;
mod ease;
mod edges;
mod evaluation;
mod events;
mod everyone;
mod features;
mod formulas;
#[cfg(feature = "serde")]
mod golden;
mod growing;
mod hybrid;
mod kernel;
mod kit;
mod metrics;
mod movielens;
mod oracle;
mod pairwise;
mod popularity;
mod ratings;
mod rerank;
mod sampled;
#[cfg(feature = "serde")]
mod saved;
mod serving;
mod similar;
mod slim;
mod splits;
mod tuning;
mod user_knn;
