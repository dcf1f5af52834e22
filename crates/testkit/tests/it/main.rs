//! The crate seen from outside, in one program: each module is a theme, and linking happens once.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test fails by panicking, and says why it was skipped"
)]

mod common;
mod data_views;
mod decisions;
mod fitting;
mod recommenders;
mod row_models;
