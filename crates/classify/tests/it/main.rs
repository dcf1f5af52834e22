//! The crate seen from outside, in one program: each module is a theme, and linking happens once.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod boosting;
mod class_weights;
mod compare;
mod drift;
mod leakage;
mod metrics;
mod profit;
mod rows;
mod splits;
