//! What a saved model must obey before it is let in.

/// An invariant that a saved model breaks.
#[derive(Debug, thiserror::Error)]
#[error("{what}: expected {expected}")]
pub(crate) struct Broken {
    pub(crate) what: &'static str,
    pub(crate) expected: &'static str,
}

/// Passes when `holds`, else names what is broken.
pub(crate) fn ensure(
    holds: bool,
    what: &'static str,
    expected: &'static str,
) -> Result<(), Broken> {
    if holds { Ok(()) } else { Err(Broken { what, expected }) }
}

pub(crate) fn check_finite(what: &'static str, values: &[f64]) -> Result<(), Broken> {
    ensure(values.iter().all(|value| value.is_finite()), what, "finite numbers")
}

pub(crate) fn check_distribution(what: &'static str, shares: &[f64]) -> Result<(), Broken> {
    let total: f64 = shares.iter().sum();
    let holds = shares.iter().all(|&share| share >= 0.0) && (total - 1.0).abs() < 1e-9;
    ensure(holds, what, "numbers of at least 0 that sum to 1")
}
