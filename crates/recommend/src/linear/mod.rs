//! Dense linear algebra in vector registers, as much of it as the models need.

mod gram;
mod invert;
mod kernel;
mod panels;
mod rows;
mod system;
mod tiles;

use std::sync::OnceLock;

use pulp::{Arch, WithSimd};

pub(crate) use gram::gram;
pub(crate) use invert::Symmetric;
pub(crate) use kernel::{add_scaled, dot, products};
pub(crate) use panels::{Allowed, Panels};
pub(crate) use rows::{LANES, Rows};
pub(crate) use system::System;

/// Runs the operation, compiled for the widest vector registers of the processor at hand.
pub(crate) fn dispatch<O: WithSimd>(operation: O) -> O::Output {
    static ARCH: OnceLock<Arch> = OnceLock::new();
    ARCH.get_or_init(Arch::new).dispatch(operation)
}
