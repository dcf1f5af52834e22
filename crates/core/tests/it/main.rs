//! The crate seen from outside, in one program: each module is a theme, and linking happens once.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test fails by panicking, and says why it was skipped"
)]

mod contract;
mod csr;
#[cfg(feature = "serde")]
mod envelope;
mod forwarding;
mod id_map;
mod money;
mod purchases;
mod schema;
mod time;
mod top_k;
