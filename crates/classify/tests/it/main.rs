//! The crate seen from outside, in one program: each module is a theme, and linking happens once.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test fails by panicking, and says why it was skipped"
)]

mod bayes;
mod boosting;
mod calibration;
mod class_weights;
#[path = "../common/mod.rs"]
mod common;
mod compare;
mod curves;
mod decompositions;
mod drift;
mod ensemble;
mod explain;
mod leakage;
mod logistic;
mod metrics;
mod neighbours;
mod pictures;
mod prepare;
mod profit;
mod pruning;
mod rows;
#[cfg(feature = "serde")]
mod saved;
mod search;
#[cfg(feature = "serde")]
mod shap;
mod sixty;
mod splits;
mod telco;
mod verdicts;
