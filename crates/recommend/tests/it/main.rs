//! The crate seen from outside, in one program: each module is a theme.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod basket;
#[path = "../common/mod.rs"]
mod common;

mod als;
mod als_oracle;
mod ease;
mod pairwise;
mod ratings;
mod slim;
mod user_knn;
