//! The crate seen from outside, in one program: each module is a theme, and linking happens once.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test fails by panicking, and says why it was skipped"
)]

mod allocations;
mod bayes;
mod bias_variance;
mod boosting;
mod bounds;
mod calibration;
mod class_weights;
mod common;
mod compare;
#[cfg(all(feature = "serde", feature = "rayon"))]
mod contract;
mod curves;
mod decompositions;
mod drift;
mod edges;
mod ensemble;
mod ensemble_numbers;
mod explain;
mod forests;
mod golden;
mod leakage;
mod limits;
mod logistic;
mod metrics;
mod neighbours;
mod numbers;
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
mod telco_folds;
mod trees;
mod verdicts;
