//! Mutants must be found out.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Asserts that a check fails, and with the message that says why.
pub(crate) fn fails(message: &str, check: impl FnOnce()) {
    let panic = catch_unwind(AssertUnwindSafe(check)).expect_err(message);
    let found = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or_default();
    assert!(found.contains(message), "expected a message with {message:?}, found {found:?}");
}
