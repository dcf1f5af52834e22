//! The crate seen from outside, in one program: each module is a theme, and linking happens once.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

mod complete_journey;
mod constrained;
mod contract;
mod explanations;
mod hierarchy;
mod hostile;
mod intervention;
mod kmeans;
mod migration;
mod online_retail;
mod personas;
mod preparation;
mod profiles;
mod properties;
mod prototypes;
mod r_package;
mod rfm;
mod rfm_scores;
#[cfg(feature = "serde")]
mod rfm_state;
mod saved;
mod streams;
mod structure;
mod tracker;
mod tracker_hostile;
