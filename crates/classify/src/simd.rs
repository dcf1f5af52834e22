//! The widest vector registers of the processor at hand, chosen when the program runs.

use std::sync::OnceLock;

use pulp::{Arch, WithSimd};

/// Runs plain loops, compiled for the processor at hand. Results are the same on any: nothing is
/// reordered or fused, lanes only work side by side.
pub(crate) fn dispatch<O: WithSimd>(operation: O) -> O::Output {
    static ARCH: OnceLock<Arch> = OnceLock::new();
    ARCH.get_or_init(Arch::new).dispatch(operation)
}
