//! The crate seen from outside, in one program: each module is a theme, and linking happens once.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test fails by panicking, and says why it was skipped"
)]

mod contract;
mod faults;
mod golden;
mod properties;
