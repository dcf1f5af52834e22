//! Contract tests for every trait of `patronage-core`.
