//! The widest vector registers of the processor at hand, chosen when the program runs.

use std::sync::OnceLock;

use pulp::{Arch, WithSimd};

/// Runs the operation, compiled for the processor at hand.
pub(crate) fn dispatch<O: WithSimd>(operation: O) -> O::Output {
    static ARCH: OnceLock<Arch> = OnceLock::new();
    ARCH.get_or_init(Arch::new).dispatch(operation)
}
